/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the value of each key must be. */
#include "manifest/schema.h"

#include <stdio.h>

#include "base/memory.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define TIB (1024 * 1024 * MIB)

static const char *rule_schema(const char *text)
{
	return strcmp(text, "assay.manifest/1") == 0
	               ? NULL
	               : "not a schema that this version reads: assay.manifest/1";
}

/* Whether a path is the folder, or with below also anything in it. */
static bool is_in(const char *path, const char *folder, bool below)
{
	size_t len = strlen(folder);

	if (strncmp(path, folder, len) != 0)
		return false;
	return path[len] == '\0' || (below && path[len] == '/');
}

/* Folders of the toolchain's tree or of the kernel that a build folder would hide. */
static const char *rule_build_path(const char *text)
{
	static const struct {
		const char *folder;
		bool below;
	} taken[] = {
		{ "/bin", true },     { "/boot", true },  { "/dev", true },   { "/etc", true },
		{ "/lib", true },     { "/lib32", true }, { "/lib64", true }, { "/libx32", true },
		{ "/proc", true },    { "/run", true },   { "/sbin", true },  { "/sys", true },
		{ "/var/lib", true }, { "/usr", true },   { "/var", false },  { "/tmp", false },
	};
	const char *wrong = assay_rule_absolute_path(text);

	if (wrong != NULL || is_in(text, "/usr/src", true))
		return wrong; /* some distributions build below /usr/src, and nothing runs from there */
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(taken); i++)
		if (is_in(text, taken[i].folder, taken[i].below))
			return "a folder that the toolchain or the kernel needs";
	return NULL;
}

const char *assay_manifest_rule_variable(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t len = strspn(text, letters);

	if (len > 0)
		len += strspn(text + len,
		              "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_");
	if (len == 0 || text[len] != '\0')
		return "not the name of an environment variable: letters, digits and underscores";
	if (strcmp(text, "SOURCE_DATE_EPOCH") == 0)
		return "set from build.source_date_epoch, and from nowhere else";
	return NULL;
}

/* Source: useradd(8), CAVEATS: what Debian and upstream both take. */
static const char *rule_user(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (text[len] != '\0' || len > 32 || strchr("0123456789-", text[0]) != NULL)
		return "not a user name: lower-case letters, digits, _ and -, at most 32";
	return NULL;
}

/* Source: RFC 1123, 2.1. */
static const char *rule_hostname(const char *text)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return text[len] == '\0' && text[0] != '.' && text[0] != '-'
	               ? NULL
	               : "not a host name: letters, digits, dots and hyphens";
}

static const char *rule_kernel_release(const char *text)
{
	return strpbrk(text, " /") == NULL ? NULL : "a kernel release has no space and no slash";
}

/* "a!/b!/c": each part a path inside what the part before it names; "a!" is what a unpacks to. */
static const char *rule_member(const char *text)
{
	ASSAY_AUTO_FREE char *copy = assay_strdup(text);
	const char *wrong = NULL;

	for (char *part = copy; part != NULL && wrong == NULL;) {
		char *mark = strchr(part, '!');

		if (mark != NULL)
			*mark = '\0';
		wrong = assay_rule_relative_path(part);
		if (mark == NULL || mark[1] == '\0')
			break;
		if (mark[1] != '/')
			return "has a ! with neither a / nor the end behind it";
		part = mark + 2;
	}
	return wrong;
}

static const char *rule_from(const char *text)
{
	static const char mirrors[] = "debian:";
	static const char *const schemes[] = { "http://", "https://", "file:///" };

	if (strncmp(text, mirrors, strlen(mirrors)) == 0)
		return assay_rule_relative_path(text + strlen(mirrors));
	if (strstr(text, "://") == NULL)
		return NULL;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(schemes); i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return NULL;
	return "neither debian:PATH, nor http://, https:// or file:///, nor a path beside the "
	       "manifest";
}

const struct assay_yaml_rule assay_manifest_rules[] = {
	{ .path = "schema", .wrong = rule_schema },
	{ .path = "sources[].name", .wrong = assay_rule_file_name, .unique = true },
	{ .path = "sources[].sha256", .wrong = assay_rule_sha256 },
	{ .path = "sources[].size", .min = 1, .max = TIB },
	{ .path = "sources[].into", .wrong = assay_rule_folder },
	{ .path = "sources[].strip",
	  .max = 64 }, /* deeper names do not fit into PATH_MAX usefully */
	{ .path = "reviewed[].at", .wrong = assay_rule_folder, .unique = true },
	{ .path = "reviewed[].tree", .wrong = assay_rule_sha256 },
	{ .path = "toolchain.id", .wrong = assay_rule_sha256 },
	{ .path = "toolchain.tree", .wrong = assay_rule_sha256 },
	{ .path = "build.profile.sha256", .wrong = assay_rule_sha256 },
	{ .path = "build.path", .wrong = rule_build_path },
	{ .path = "build.steps[].cwd", .wrong = assay_rule_folder },
	/* 0 is root, 65534 nobody and what the kernel shows for an unmapped user, 65535 is -1 in
	 * old interfaces: user_namespaces(7), setreuid(2). */
	{ .path = "build.user.uid", .min = 1, .max = 65533 },
	{ .path = "build.user.gid", .min = 1, .max = 65533 },
	{ .path = "build.user.name", .wrong = rule_user },
	{ .path = "build.user.home", .wrong = assay_rule_absolute_path },
	{ .path = "build.umask", .max = 0777 },                     /* umask(2) */
	{ .path = "build.source_date_epoch", .max = 253402300799 }, /* 9999-12-31, RFC 3339, 1 */
	{ .path = "build.machine.hostname", .wrong = rule_hostname },
	{ .path = "build.machine.kernel_release", .wrong = rule_kernel_release },
	{ .path = "build.machine.cpus", .min = 1, .max = 8192 }, /* NR_CPUS, kernel x86 Kconfig */
	{ .path = "build.machine.memory", .min = 16 * MIB, .max = 64 * TIB }, /* 46 bits */
	{ .path = "build.machine.clock.start", .max = 253402300799 }, /* as source_date_epoch */
	{ .path = "build.limits.wall", .min = 1, .max = 30 * 86400 },
	{ .path = "build.limits.silence", .min = 1, .max = 30 * 86400 },
	{ .path = "build.limits.memory", .min = 16 * MIB, .max = 64 * TIB },
	{ .path = "build.limits.processes", .min = 2, .max = 4194304 }, /* proc_pid_max(5): 2^22 */
	{ .path = "build.limits.disk", .min = MIB, .max = 64 * TIB },
	{ .path = "build.limits.log", .min = 4 * KIB, .max = 16 * 1024 * MIB },
	{ .path = "outputs[].name", .wrong = assay_rule_file_name, .unique = true },
	{ .path = "outputs[].path", .wrong = assay_rule_relative_path, .unique = true },
	{ .path = "delivered[].file", .wrong = assay_rule_file_name },
	{ .path = "delivered[].sha256", .wrong = assay_rule_sha256 },
	{ .path = "delivered[].size", .min = 1, .max = TIB },
	{ .path = "delivered[].member", .wrong = rule_member },
	{ .path = "compare.exclusions[].file", .wrong = assay_rule_file_name },
	{ .path = "compare.exclusions[].artefact", .wrong = rule_member },
	{ .path = "compare.exclusions[].offset", .max = TIB },
	{ .path = "compare.exclusions[].size", .min = 1, .max = TIB },
	{ .path = "hints[].name", .wrong = assay_rule_file_name },
	{ .path = "hints[].from", .wrong = rule_from },
};
const size_t assay_manifest_rule_count = ASSAY_ARRAY_LEN(assay_manifest_rules);
