/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/database.h"

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/quote.h"

#define DATABASE "var/lib/dpkg"

/* Files that dpkg wants to find, even empty. */
static const struct {
	const char *path;
	const char *content;
} fixed_files[] = {
	{ DATABASE "/available", "" },
	{ DATABASE "/diversions", "" },
	{ DATABASE "/statoverride", "" },
	{ DATABASE "/info/format", "1\n" },
};
static const char *const fixed_folders[] = { DATABASE "/triggers", DATABASE "/updates" };

static int write_new(struct assay_writer *writer, const char *path, struct assay_span content,
                     mode_t mode, struct assay_error *err)
{
	int result = assay_writer_file(writer, path, content, mode, err);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);

	if (result == ASSAY_WRITER_EXISTS)
		return assay_fail(err, ASSAY_E_FORMAT, "a package has a file %s of its own",
		                  quoted);
	return result < 0 ? assay_fail_in(err, "%s", quoted) : 0;
}

/* The package's stanza with its Status, which dpkg keeps behind the name. */
static void add_stanza(struct assay_buffer *status, const struct assay_unpacked_package *package)
{
	struct assay_span rest = package->control, line;

	assay_buffer_printf(status, "Package: %s\nStatus: install ok installed\n",
	                    package->pin->name);
	while (assay_span_line(&rest, &line)) {
		if (assay_control_is(line, "Package"))
			continue;
		assay_buffer_add(status, line.ptr, line.len);
		assay_buffer_add_str(status, "\n");
	}
	assay_buffer_add_str(status, "\n");
}

static int write_list(struct assay_writer *writer, const char *stem,
                      const struct assay_unpacked_package *package, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s.list", stem);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_buffer_add_str(&text, "/.\n");
	for (size_t i = 0; i < package->paths.count; i++)
		assay_buffer_printf(&text, "/%s\n", package->paths.items[i]);
	return write_new(writer, path, assay_buffer_span(&text), 0644, err);
}

static int write_info(struct assay_writer *writer, const struct assay_unpacked_package *package,
                      struct assay_error *err)
{
	ASSAY_AUTO_FREE char *stem = assay_asprintf(
		DATABASE "/info/%s%s%s", package->pin->name, package->multi_arch_same ? ":" : "",
		package->multi_arch_same ? package->pin->architecture : "");

	if (write_list(writer, stem, package, err) < 0)
		return -1;
	for (size_t i = 0; i < package->file_count; i++) {
		const struct assay_control_file *file = &package->files[i];
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s.%s", stem, file->name);

		if (strcmp(file->name, "control") != 0 &&
		    write_new(writer, path, assay_span_of_bytes(&file->content),
		              file->executable ? 0755 : 0644, err) < 0)
			return -1;
	}
	return 0;
}

/* dpkg's list of architectures: its own first, then those that packages come from. */
static int write_architectures(struct assay_writer *writer, const char *architecture,
                               const struct assay_unpacked_package *packages, size_t count,
                               struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings foreign = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	for (size_t i = 0; i < count; i++)
		if (strcmp(packages[i].pin->architecture, "all") != 0 &&
		    strcmp(packages[i].pin->architecture, architecture) != 0)
			assay_strings_add(&foreign, packages[i].pin->architecture);
	if (foreign.count == 0)
		return 0;
	assay_strings_sort(&foreign);
	assay_buffer_printf(&text, "%s\n", architecture);
	for (size_t i = 0; i < foreign.count; i++)
		assay_buffer_printf(&text, "%s\n", foreign.items[i]);
	return write_new(writer, DATABASE "/arch", assay_buffer_span(&text), 0644, err);
}

static int write_all(struct assay_writer *writer, const char *architecture,
                     const struct assay_unpacked_package *packages, size_t count,
                     struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer status = { 0 };

	for (size_t i = 0; i < count; i++) {
		add_stanza(&status, &packages[i]);
		if (write_info(writer, &packages[i], err) < 0)
			return -1;
	}
	if (write_new(writer, DATABASE "/status", assay_buffer_span(&status), 0644, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fixed_files); i++)
		if (write_new(writer, fixed_files[i].path,
		              assay_span_of_str(fixed_files[i].content), 0644, err) < 0)
			return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fixed_folders); i++)
		if (assay_writer_folder(writer, fixed_folders[i], err) < 0)
			return -1;
	return write_architectures(writer, architecture, packages, count, err);
}

int assay_database_write(int rootfd, const char *architecture,
                         const struct assay_unpacked_package *packages, size_t count,
                         struct assay_error *err)
{
	ASSAY_AUTO_WRITER struct assay_writer writer = ASSAY_WRITER_INIT(rootfd);

	return write_all(&writer, architecture, packages, count, err) < 0
	               ? assay_fail_in(err, "dpkg's database")
	               : 0;
}
