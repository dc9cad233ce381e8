/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.json of a bundle: OCI Runtime Specification 1.0.2. */
#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/rlimits.h"
#include "rebuild/runtime/runtime.h"

#define SPEC "1.0.2"

static json_t *list_of(const char *const *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		assay_json_append(list, assay_json_str(assay_span_of_str(items[i])));
	return list;
}

/* --- The process --- */

static json_t *user(const struct assay_runtime *runtime)
{
	const struct assay_build *build = &runtime->request->manifest->build;
	json_t *json = json_object();

	/* A user can map one id, and the runtime needs that to be root's. */
	assay_json_set_int(json, "uid", runtime->is_root ? build->user.uid : 0);
	assay_json_set_int(json, "gid", runtime->is_root ? build->user.gid : 0);
	assay_json_set_int(json, "umask", build->umask);
	return json;
}

static json_t *capabilities(void)
{
	static const char *const sets[] = { "bounding", "effective", "inheritable", "permitted",
		                            "ambient" };
	json_t *json = json_object();

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(sets); i++)
		assay_json_set(json, sets[i], json_array());
	return json;
}

/* Those that have a number: "no limit" is one that JSON libraries of others do not agree on. */
static json_t *rlimits(const struct assay_runtime *runtime)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		struct rlimit value = assay_rlimit_wanted(
			&assay_rlimits[i], runtime->request->manifest->build.limits.processes);
		ASSAY_AUTO_FREE char *type = assay_asprintf("RLIMIT_%s", assay_rlimits[i].name);
		json_t *json;

		if (value.rlim_max == RLIM_INFINITY)
			continue;
		for (char *p = type; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		json = json_object();
		assay_json_set_str(json, "type", type);
		assay_json_set_int(json, "soft", value.rlim_cur);
		assay_json_set_int(json, "hard", value.rlim_max);
		assay_json_append(list, json);
	}
	return list;
}

static json_t *process(const struct assay_runtime *runtime, const struct assay_runtime_step *step)
{
	const struct assay_build *build = &runtime->request->manifest->build;
	ASSAY_AUTO_FREE char *cwd = strcmp(step->cwd, ".") == 0
	                                    ? assay_strdup(build->path)
	                                    : assay_asprintf("%s/%s", build->path, step->cwd);
	json_t *json = json_object();

	assay_json_set_bool(json, "terminal", false);
	assay_json_set(json, "user", user(runtime));
	assay_json_set(json, "args", list_of(step->argv, step->argv_count));
	assay_json_set(json, "env", assay_json_strings(&runtime->plan.environment));
	assay_json_set_str(json, "cwd", cwd);
	assay_json_set(json, "capabilities", capabilities());
	assay_json_set(json, "rlimits", rlimits(runtime));
	assay_json_set_bool(json, "noNewPrivileges", true);
	return json;
}

/* --- The mounts --- */

static void add_mount(json_t *list, const char *to, const char *type, const char *from,
                      const char *const *options, size_t count)
{
	json_t *json = json_object();

	assay_json_set_str(json, "destination", to);
	assay_json_set_str(json, "type", type);
	assay_json_set_str(json, "source", from);
	assay_json_set(json, "options", list_of(options, count));
	assay_json_append(list, json);
}

static void add_bind(json_t *list, const char *to, const char *from, bool writable)
{
	const char *options[] = { "rbind", "nosuid", "nodev", writable ? "rw" : "ro" };

	add_mount(list, to, "bind", from, options, ASSAY_ARRAY_LEN(options));
}

/* What runtimes let others be put over; all else in /proc they refuse: runc, checkProcMount. */
static const char *const proc_files[] = { "proc/cpuinfo", "proc/loadavg", "proc/meminfo",
	                                  "proc/stat",    "proc/swaps",   "proc/uptime" };

static bool is_proc_file(const char *path)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(proc_files); i++)
		if (strcmp(proc_files[i], path) == 0)
			return true;
	return false;
}

/* A file of the plan over the one of that name. */
static void add_files(const struct assay_runtime *runtime, json_t *list)
{
	const struct assay_plan *plan = &runtime->plan;

	for (size_t i = 0; i < plan->file_count; i++) {
		const char *path = plan->files[i].path;
		ASSAY_AUTO_FREE char *to = assay_asprintf("/%s", path);
		ASSAY_AUTO_FREE char *from =
			assay_asprintf("%s/files/%s", runtime->request->runtime_dir, path);

		if (strncmp(path, "proc/", 5) != 0 || is_proc_file(path))
			add_bind(list, to, from, false);
	}
}

static json_t *mounts(const struct assay_runtime *runtime)
{
	static const char *const proc[] = { "nosuid", "noexec", "nodev" };
	static const char *const dev[] = { "nosuid", "strictatime", "mode=755", "size=64k" };
	static const struct {
		const char *to, *name; /* to NULL: build.path */
	} own[] = { { "/tmp", "tmp" }, { "/dev/shm", "shm" }, { NULL, "build" } };
	const struct assay_rebuild_request *request = runtime->request;
	json_t *list = json_array();

	for (size_t i = 0; i < runtime->entries.count; i++) {
		ASSAY_AUTO_FREE char *to = assay_asprintf("/%s", runtime->entries.items[i]);
		ASSAY_AUTO_FREE char *from =
			assay_asprintf("%s/%s", request->tree, runtime->entries.items[i]);

		add_bind(list, to, from, false);
	}
	add_mount(list, "/proc", "proc", "proc", proc, ASSAY_ARRAY_LEN(proc));
	add_mount(list, "/dev", "tmpfs", "tmpfs", dev, ASSAY_ARRAY_LEN(dev));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(own); i++) {
		ASSAY_AUTO_FREE char *from =
			assay_asprintf("%s/%s", request->runtime_dir, own[i].name);

		add_bind(list, own[i].to != NULL ? own[i].to : request->manifest->build.path, from,
		         true);
	}
	add_files(runtime, list);
	return list;
}

/* --- Linux --- */

static json_t *mapping(uint32_t outside)
{
	json_t *list = json_array(), *json = json_object();

	assay_json_set_int(json, "containerID", 0);
	assay_json_set_int(json, "hostID", outside);
	assay_json_set_int(json, "size", 1);
	assay_json_append(list, json);
	return list;
}

static json_t *namespaces(bool with_user)
{
	static const char *const types[] = { "pid", "network", "ipc", "uts", "mount", "user" };
	json_t *list = json_array();

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types) - !with_user; i++) {
		json_t *json = json_object();

		assay_json_set_str(json, "type", types[i]);
		assay_json_append(list, json);
	}
	return list;
}

/* Everything in /proc that is about the machine and has no pinned file over it is hidden. */
static json_t *masked_paths(void)
{
	ASSAY_AUTO_STRINGS struct assay_strings paths = { 0 };
	DIR *stream = opendir("/proc");
	const struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("proc/%s", entry->d_name);

		if (entry->d_name[strspn(entry->d_name, "0123456789.")] != '\0' &&
		    entry->d_type != DT_LNK && !is_proc_file(path))
			assay_strings_printf(&paths, "/%s", path);
	}
	if (stream != NULL)
		(void)closedir(stream);
	assay_strings_sort(&paths);
	return assay_json_strings(&paths);
}

static json_t *linux_part(const struct assay_runtime *runtime)
{
	json_t *json = json_object();

	if (!runtime->is_root) {
		assay_json_set(json, "uidMappings", mapping(geteuid()));
		assay_json_set(json, "gidMappings", mapping(getegid()));
	}
	assay_json_set(json, "namespaces", namespaces(!runtime->is_root));
	assay_json_set(json, "maskedPaths", masked_paths());
	return json;
}

json_t *assay_runtime_config(const struct assay_runtime *runtime,
                             const struct assay_runtime_step *step)
{
	json_t *json = json_object(), *root = json_object();

	assay_json_set_str(root, "path", "root");
	assay_json_set_bool(root, "readonly", true);
	assay_json_set_str(json, "ociVersion", SPEC);
	assay_json_set(json, "process", process(runtime, step));
	assay_json_set(json, "root", root);
	assay_json_set_str(json, "hostname", runtime->request->manifest->build.machine.hostname);
	assay_json_set(json, "mounts", mounts(runtime));
	assay_json_set(json, "linux", linux_part(runtime));
	return json;
}
