/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct assay_common_options assay_common;

static int parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t value;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0)
		return -1;
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit != NULL)
		end++;
	if (*end != '\0')
		return -1;
	for (const char *u = units; unit != NULL && u <= unit; u++)
		if (__builtin_mul_overflow(value, 1024, &value))
			return -1;
	*out = value;
	return 0;
}

static int store_value(const struct assay_option *option, const char *text, struct assay_error *err)
{
	switch (option->kind) {
	case ASSAY_OPTION_FLAG:
		*(bool *)option->value = true;
		return 0;
	case ASSAY_OPTION_TEXT:
		*(const char **)option->value = text;
		return 0;
	case ASSAY_OPTION_SIZE:
		if (parse_size(text, option->value) == 0)
			return 0;
		return assay_fail(err, ASSAY_E_USAGE, "--%s: \"%s\" is not a size", option->name,
		                  text);
	case ASSAY_OPTION_TIER:
		if (assay_tier_parse_accept(text, option->value))
			return 0;
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--%s: \"%s\" is none of identical, transplanted, repacked, "
		                  "normalised",
		                  option->name, text);
	}
	return -1;
}

/* Find the row for "--name", "--name=value" or "-x". *value: what follows "=", or NULL. */
static const struct assay_option *find(const struct assay_option *options, const char *arg,
                                       const char **value)
{
	size_t len = strcspn(arg, "=");

	*value = arg[len] == '=' ? arg + len + 1 : NULL;
	for (const struct assay_option *o = options; o != NULL && o->name != NULL; o++) {
		if (arg[1] == '-' && strlen(o->name) == len - 2 &&
		    strncmp(o->name, arg + 2, len - 2) == 0)
			return o;
		if (arg[1] != '-' && arg[1] == o->letter && arg[2] == '\0')
			return o;
	}
	return NULL;
}

/* Handle argv[0]. Return: how many arguments it took, -1 on error */
static int take_option(const struct assay_option *options, int argc, char *argv[],
                       struct assay_error *err)
{
	const char *value;
	const struct assay_option *option = find(options, argv[0], &value);
	int used = 1;

	if (option == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "unknown option %s", argv[0]);
	if (option->kind == ASSAY_OPTION_FLAG && value != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--%s takes no value", option->name);
	if (option->kind != ASSAY_OPTION_FLAG && value == NULL) {
		if (argc < 2)
			return assay_fail(err, ASSAY_E_USAGE, "--%s needs a value: %s",
			                  option->name, option->arg);
		value = argv[1];
		used = 2;
	}
	return store_value(option, value, err) < 0 ? -1 : used;
}

int assay_options_parse(const struct assay_option *options, int argc, char *argv[], bool *help,
                        struct assay_error *err)
{
	int i = 0;

	*help = false;
	while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0') {
		int used = 1;

		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			*help = true;
		else
			used = take_option(options, argc - i, argv + i, err);
		if (used < 0)
			return -1;
		i += used;
	}
	return i;
}

void assay_options_print(const struct assay_option *options, FILE *out)
{
	char left[64];

	for (const struct assay_option *o = options; o != NULL && o->name != NULL; o++) {
		(void)snprintf(left, sizeof(left), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
		               o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		               o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
		(void)fprintf(out, "  %-28s %s\n", left, o->help);
	}
	(void)fprintf(out, "  %-28s %s\n", "-h, --help", "show this help");
}
