/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/package.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"

#define CONTROL_FILES_MAX 256

void assay_unpacked_package_fini(struct assay_unpacked_package *package)
{
	for (size_t i = 0; i < package->file_count; i++) {
		free(package->files[i].name);
		assay_bytes_fini(&package->files[i].content);
	}
	free(package->files);
	assay_map_fini(&package->map);
	assay_strings_fini(&package->replaces);
	assay_strings_fini(&package->paths);
	*package = (struct assay_unpacked_package){ 0 };
}

/* Read a file of control.tar whole; its size was checked against what control.tar may hold. */
static int read_control_file(const struct assay_tarball_entry *entry, struct assay_bytes *out,
                             struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	ssize_t got;

	bytes.ptr = assay_calloc(entry->size + 1, 1);
	while (bytes.len < entry->size) {
		got = assay_tarball_read(entry, bytes.ptr + bytes.len, entry->size - bytes.len,
		                         err);
		if (got < 0)
			return -1;
		if (got == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "is cut short");
		bytes.len += (size_t)got;
	}
	*out = bytes;
	bytes = (struct assay_bytes){ 0 };
	return 0;
}

static int take_control_file(void *context, const struct assay_tarball_entry *entry,
                             struct assay_error *err)
{
	struct assay_unpacked_package *package = context;
	struct assay_control_file *file;

	if (*entry->path == '\0')
		return 0;
	if (entry->type != ASSAY_TARBALL_FILE || assay_rule_file_name(entry->path) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a plain file");
	if (package->file_count == CONTROL_FILES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d control files",
		                  CONTROL_FILES_MAX);
	for (size_t i = 0; i < package->file_count; i++)
		if (strcmp(package->files[i].name, entry->path) == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "is there twice");
	assay_grow(&package->files, &package->file_cap, package->file_count,
	           sizeof(*package->files));
	file = &package->files[package->file_count];
	*file = (struct assay_control_file){ .executable = (entry->mode & 0111) != 0 };
	if (read_control_file(entry, &file->content, err) < 0)
		return -1;
	file->name = assay_strdup(entry->path);
	package->file_count++;
	return 0;
}

bool assay_control_is(struct assay_span line, const char *name)
{
	size_t len = strlen(name);

	return line.len > len && line.ptr[len] == ':' &&
	       strncasecmp((const char *)line.ptr, name, len) == 0;
}

static unsigned count_field(const struct assay_unpacked_package *package, const char *name)
{
	struct assay_span rest = package->control, line;
	unsigned count = 0;

	while (assay_span_line(&rest, &line))
		count += assay_control_is(line, name);
	return count;
}

/* The stanza, without what stands behind its last line. It becomes a part of dpkg's status. */
static int find_control(struct assay_unpacked_package *package, struct assay_error *err)
{
	struct assay_span text = { 0 };

	for (size_t i = 0; i < package->file_count; i++)
		if (strcmp(package->files[i].name, "control") == 0)
			text = assay_span_of_bytes(&package->files[i].content);
	while (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (text.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "control is missing or empty");
	if (memchr(text.ptr, '\0', text.len) != NULL ||
	    memmem(text.ptr, text.len, "\n\n", 2) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "control is not one paragraph of text");
	package->control = text;
	if (count_field(package, "Package") != 1 || count_field(package, "Status") != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "control has not one Package, or a Status");
	return 0;
}

char *assay_package_field(const struct assay_unpacked_package *package, const char *name)
{
	struct assay_span rest = package->control, line;

	while (assay_span_line(&rest, &line)) {
		if (!assay_control_is(line, name))
			continue;
		line = assay_span_sub(line, strlen(name) + 1, line.len);
		while (line.len > 0 && strchr(" \t", line.ptr[0]) != NULL)
			line = assay_span_sub(line, 1, line.len);
		while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]) != NULL)
			line.len--;
		return assay_strndup((const char *)line.ptr, line.len);
	}
	return NULL;
}

static int check_field(const struct assay_unpacked_package *package, const char *name,
                       const char *pinned, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *value = assay_package_field(package, name);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(value != NULL ? value : "");

	if (value != NULL && strcmp(value, pinned) == 0)
		return 0;
	return assay_fail(err, ASSAY_E_PIN, "its %s is \"%s\", the lock says \"%s\"", name, quoted,
	                  pinned);
}

/* "a (<< 1), b:any | c" names a, b and c. */
static void take_names(const char *list, struct assay_strings *out)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";

	while (*list != '\0') {
		list += strspn(list, " \t,|");
		if (*list == '\0')
			break;
		assay_strings_printf(out, "%.*s", (int)strspn(list, letters), list);
		list += strcspn(list, ",|");
	}
}

static void take_fields(struct assay_unpacked_package *package)
{
	ASSAY_AUTO_FREE char *multi_arch = assay_package_field(package, "Multi-Arch");
	ASSAY_AUTO_FREE char *replaces = assay_package_field(package, "Replaces");
	ASSAY_AUTO_FREE char *size = assay_package_field(package, "Installed-Size");

	package->multi_arch_same = multi_arch != NULL && strcmp(multi_arch, "same") == 0;
	if (replaces != NULL)
		take_names(replaces, &package->replaces);
	if (size != NULL)
		package->installed_size = (uint64_t)strtoul(size, NULL, 10) << 10; /* KiB */
	if (package->installed_size > package->deb.data.bytes_max)
		package->installed_size = package->deb.data.bytes_max;
}

static int open_package(const struct assay_store *store, struct assay_unpacked_package *out,
                        struct assay_error *err)
{
	const struct assay_package *pin = out->pin;
	struct assay_sha256 digest;

	if (!assay_sha256_parse(pin->sha256, &digest))
		return assay_fail(err, ASSAY_E_USAGE, "its SHA-256 is malformed");
	if (assay_store_map_blob(store, &digest, &out->map, err) < 0 ||
	    assay_deb_open(out->map.span, &out->deb, err) < 0 ||
	    assay_tarball_walk(&out->deb.control, take_control_file, out, err) < 0 ||
	    find_control(out, err) < 0)
		return -1;
	if (out->map.span.len != pin->size)
		return assay_fail(err, ASSAY_E_PIN,
		                  "it has %zu bytes, not as many as the lock says",
		                  out->map.span.len);
	if (check_field(out, "Package", pin->name, err) < 0 ||
	    check_field(out, "Version", pin->version, err) < 0 ||
	    check_field(out, "Architecture", pin->architecture, err) < 0)
		return -1;
	take_fields(out);
	return 0;
}

int assay_unpacked_package_open(const struct assay_store *store, struct assay_unpacked_package *out,
                                struct assay_error *err)
{
	if (open_package(store, out, err) < 0)
		return assay_fail_in(err, "package %s %s %s", out->pin->name, out->pin->version,
		                     out->pin->architecture);
	return 0;
}
