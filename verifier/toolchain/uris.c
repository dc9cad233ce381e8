/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/uris.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/quote.h"
#include "toolchain/schema.h"

static void free_package(struct assay_package *package)
{
	free(package->name);
	free(package->version);
	free(package->architecture);
	free(package->sha256);
	free(package->path);
}

void assay_package_list_fini(struct assay_package_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_package(&list->items[i]);
	free(list->items);
	*list = (struct assay_package_list){ 0 };
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	if (at == NULL)
		return -1;
	return at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

/* Undo %XX in place. */
static void unquote(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		int high = *from == '%' ? hex_value(from[1]) : -1;
		int low = high >= 0 ? hex_value(from[2]) : -1;

		*to++ = low >= 0 ? (char)(high << 4 | low) : *from;
		from += low >= 0 ? 2 : 0;
	}
	*to = '\0';
}

/* Split NAME_VERSION_ARCH.deb. */
static bool take_file_name(const char *file, struct assay_package *out)
{
	size_t name = strcspn(file, "_");
	const char *version = file[name] == '_' ? file + name + 1 : NULL;
	const char *arch = version != NULL ? strchr(version, '_') : NULL;
	size_t arch_len = arch != NULL ? strcspn(arch + 1, ".") : 0;

	if (arch == NULL || strcmp(arch + 1 + arch_len, ".deb") != 0)
		return false;
	out->name = assay_strndup(file, name);
	out->version = assay_strndup(version, (size_t)(arch - version));
	out->architecture = assay_strndup(arch + 1, arch_len);
	unquote(out->name);
	unquote(out->version);
	unquote(out->architecture);
	return assay_rule_package_name(out->name) == NULL &&
	       assay_rule_version(out->version) == NULL &&
	       assay_rule_architecture(out->architecture) == NULL;
}

/* What of a URI stands below its mirror. */
static bool take_path(const char *uri, const struct assay_strings *mirrors,
                      struct assay_package *out)
{
	size_t longest = 0;

	for (size_t i = 0; i < mirrors->count; i++) {
		size_t len = strlen(mirrors->items[i]);

		if (len > longest && strncmp(uri, mirrors->items[i], len) == 0 && uri[len] == '/')
			longest = len;
	}
	if (longest == 0)
		return false;
	uri += longest;
	uri += strspn(uri, "/");
	while (strncmp(uri, "./", 2) == 0) /* a flat repository: sources.list(5) */
		uri += 2;
	out->path = assay_strdup(uri);
	unquote(out->path);
	return assay_rule_relative_path(out->path) == NULL;
}

/* Cut the next word, up to a space, off a line. Owner: caller */
static char *next_word(const char **line)
{
	size_t len = strcspn(*line, " ");
	char *word = assay_strndup(*line, len);

	*line += len;
	*line += strspn(*line, " ");
	return word;
}

static bool parse_size(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

static bool parse_line(const char *line, const struct assay_strings *mirrors,
                       struct assay_package *out)
{
	static const char kind[] = "SHA256:";
	ASSAY_AUTO_FREE char *uri = next_word(&line);
	ASSAY_AUTO_FREE char *file = next_word(&line);
	ASSAY_AUTO_FREE char *size = next_word(&line);
	ASSAY_AUTO_FREE char *hash = next_word(&line);
	size_t len = strlen(uri);

	if (len < 2 || uri[0] != '\'' || uri[len - 1] != '\'' || !parse_size(size, &out->size) ||
	    strncmp(hash, kind, strlen(kind)) != 0 ||
	    assay_rule_sha256(hash + strlen(kind)) != NULL)
		return false;
	uri[len - 1] = '\0';
	out->sha256 = assay_strdup(hash + strlen(kind));
	return take_file_name(file, out) && take_path(uri + 1, mirrors, out);
}

static int add_line(const char *line, const struct assay_strings *mirrors,
                    struct assay_package_list *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(line);
	struct assay_package package = { 0 };

	if (*line != '\'')
		return 0;
	if (!parse_line(line, mirrors, &package)) {
		free_package(&package);
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "apt-get printed \"%s\", in which a package "
		                  "and its SHA-256 cannot be found",
		                  quoted);
	}
	assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
	out->items[out->count++] = package;
	return 0;
}

int assay_package_list_parse(const char *text, const struct assay_strings *mirrors,
                             struct assay_package_list *out, struct assay_error *err)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		ASSAY_AUTO_FREE char *line = assay_strndup(text, len);

		if (add_line(line, mirrors, out, err) < 0)
			return -1;
		text += len;
		text += *text == '\n';
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct assay_package *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->architecture, y->architecture);
}

void assay_package_list_sort(struct assay_package_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), by_name);
}
