/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rules.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/digest.h"

const char *assay_rule_sha256(const char *text)
{
	struct assay_sha256 digest;

	return assay_sha256_parse(text, &digest) ? NULL
	                                         : "not a SHA-256 digest: it has 64 hexadecimal "
	                                           "digits in lower case";
}

/* What is wrong with one component of a path, NULL when nothing is. */
static const char *bad_component(const char *part, size_t len)
{
	if (len == 0)
		return "has an empty part: slashes stand between names, one at a time";
	if (len == 1 && part[0] == '.')
		return "has a part \".\": write the path without it";
	if (len == 2 && part[0] == '.' && part[1] == '.')
		return "has a part \"..\": it may not lead out of its folder";
	if (len > NAME_MAX)
		return "has a part of more than 255 bytes";
	return NULL;
}

const char *assay_rule_file_name(const char *text)
{
	if (strchr(text, '/') != NULL)
		return "not a plain file name: it has a slash";
	return bad_component(text, strlen(text));
}

const char *assay_rule_relative_path(const char *text)
{
	const char *wrong = NULL;
	const char *part = text;

	if (*text == '/')
		return "an absolute path, where a relative one is needed";
	if (strlen(text) >= PATH_MAX)
		return "a path of more than 4095 bytes";
	while (wrong == NULL) {
		size_t len = strcspn(part, "/");

		wrong = bad_component(part, len);
		if (part[len] == '\0')
			break;
		part += len + 1;
	}
	return wrong;
}

const char *assay_rule_folder(const char *text)
{
	return strcmp(text, ".") == 0 ? NULL : assay_rule_relative_path(text);
}

const char *assay_rule_absolute_path(const char *text)
{
	if (*text != '/')
		return "a relative path, where an absolute one is needed";
	return assay_rule_relative_path(text + 1);
}
