/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/resolve.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "toolchain/apt.h"
#include "toolchain/intent.h"
#include "toolchain/lock.h"
#include "toolchain/uris.h"

#define UPDATE_MS 600000  /* to fetch the package lists of slow mirrors */
#define RESOLVE_MS 120000 /* apt's resolver takes seconds */
#define PREFERENCES_MAX (UINT64_C(1) << 20)
#define DSC_MAX (UINT64_C(1) << 20)

/*
 * Hooks of the machine's apt are for the machine's packages. apt-get prints one hash for each
 * package, and without ForceHash an MD5 one.
 */
static const char settings[] = "#clear APT::Update;\n"
			       "#clear AptCli::Hooks;\n"
			       "#clear DPkg;\n"
			       "APT::Update::Error-Mode \"any\";\n"
			       "APT::Install-Recommends \"false\";\n"
			       "APT::Install-Suggests \"false\";\n"
			       "APT::Sandbox::User \"root\";\n"
			       "Acquire::ForceHash \"SHA256\";\n"
			       "Acquire::Languages \"none\";\n";

/* See resolve.h; a negative priority keeps a package from being taken. apt_preferences(5) */
static const char preferences[] = "Package: usrmerge\nPin: release *\nPin-Priority: -1\n\n";

struct resolver {
	const struct assay_intent *intent;
	const char *const *sources;
	const struct assay_progress *progress;
	char *state;                  /* of this set of architectures */
	struct assay_strings options; /* of every apt-get */
	struct assay_strings mirrors;
};

static void resolver_fini(struct resolver *resolver)
{
	free(resolver->state);
	assay_strings_fini(&resolver->options);
	assay_strings_fini(&resolver->mirrors);
}

static int write_state(const struct resolver *resolver, const char *name, const char *text,
                       struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", resolver->state, name);

	return assay_file_write(AT_FDCWD, path, assay_span_of_str(text), 0644, err);
}

static int make_folders(const struct resolver *resolver, struct assay_error *err)
{
	static const char *const folders[] = { "lists/partial", "cache/archives/partial",
		                               "sources" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(folders); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", resolver->state, folders[i]);

		if (assay_mkdirs(AT_FDCWD, path, err) < 0)
			return -1;
	}
	return 0;
}

/* Where the machine keeps its preferences. Owner: caller; NULL: nowhere */
static char *preferences_path(struct assay_error *err)
{
	static const char *const argv[] = { "apt-config", "shell", "P", "Dir::Etc::preferences/f" };
	ASSAY_AUTO_STRINGS struct assay_strings args = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	const char *path;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(argv); i++)
		assay_strings_add(&args, argv[i]);
	if (assay_apt_run(&args, RESOLVE_MS, &text, err) < 0)
		return NULL;
	path = strchr(assay_buffer_str(&text), '\''); /* P='/etc/apt/preferences' */
	return path != NULL ? assay_strndup(path + 1, strcspn(path + 1, "'")) : assay_strdup("");
}

/* The machine's own preferences stay in force behind ours. */
static int write_preferences(const struct resolver *resolver, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes own = { 0 };
	ASSAY_AUTO_FREE char *path = preferences_path(err);

	if (path == NULL)
		return -1;
	assay_buffer_add_str(&text, preferences);
	if (access(path, F_OK) == 0 &&
	    assay_file_read(AT_FDCWD, path, PREFERENCES_MAX, &own, err) < 0)
		return -1;
	assay_buffer_add(&text, own.ptr, own.len);
	return write_state(resolver, "preferences", assay_buffer_str(&text), err);
}

static int write_settings(const struct resolver *resolver, struct assay_error *err)
{
	const struct assay_intent *intent = resolver->intent;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_buffer_add_str(&text, settings);
	if (intent->build_depends_count == 0)
		assay_buffer_add_str(&text, "#clear APT::Build-Essential;\n");
	assay_buffer_printf(&text,
	                    "#clear APT::Architectures;\nAPT::Architecture \"%s\";\n"
	                    "APT::Architectures { \"%s\";",
	                    intent->architecture, intent->architecture);
	for (unsigned i = 0; i < intent->foreign_count; i++)
		assay_buffer_printf(&text, " \"%s\";", intent->foreign[i]);
	assay_buffer_add_str(&text, " };\n");
	return write_state(resolver, "apt.conf", assay_buffer_str(&text), err);
}

static void add_options(struct resolver *resolver)
{
	static const char *const places[] = { "Dir::State=%s", "Dir::State::status=%s/status",
		                              "Dir::State::extended_states=%s/extended_states",
		                              "Dir::Cache=%s/cache",
		                              "Dir::Etc::preferences=%s/preferences" };

	assay_strings_add(&resolver->options, "-c");
	assay_strings_printf(&resolver->options, "%s/apt.conf", resolver->state);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(places); i++) {
		size_t stem = strcspn(places[i], "%");

		assay_strings_add(&resolver->options, "-o");
		assay_strings_printf(&resolver->options, "%.*s%s%s", (int)stem, places[i],
		                     resolver->state, places[i] + stem + 2);
	}
}

/* The folder of one set of architectures: apt-get update removes the lists of all others. */
static void name_state(struct resolver *resolver, const char *state)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };

	assay_buffer_printf(&path, "%s/%s", state, resolver->intent->architecture);
	for (unsigned i = 0; i < resolver->intent->foreign_count; i++)
		assay_buffer_printf(&path, "+%s", resolver->intent->foreign[i]);
	resolver->state = assay_strdup(assay_buffer_str(&path));
}

static int prepare(struct resolver *resolver, struct assay_error *err)
{
	if (make_folders(resolver, err) < 0 || write_state(resolver, "status", "", err) < 0 ||
	    write_settings(resolver, err) < 0 || write_preferences(resolver, err) < 0)
		return -1;
	add_options(resolver);
	return assay_apt_mirrors(&resolver->options, &resolver->mirrors, err);
}

/* Run apt-get with our options and what else is in more. */
static int run_apt_get(const struct resolver *resolver, const struct assay_strings *more,
                       uint64_t timeout_ms, struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings argv = { 0 };

	assay_strings_add(&argv, "apt-get");
	for (size_t i = 0; i < resolver->options.count; i++)
		assay_strings_add(&argv, resolver->options.items[i]);
	for (size_t i = 0; i < more->count; i++)
		assay_strings_add(&argv, more->items[i]);
	return assay_apt_run(&argv, timeout_ms, out, err);
}

static int update_lists(const struct resolver *resolver, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings more = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer ignored = { 0 };

	assay_progress_tell(resolver->progress, ASSAY_STAGE_RESOLVE, 0, 0, "package lists");
	assay_strings_add(&more, "-q");
	assay_strings_add(&more, "update");
	if (run_apt_get(resolver, &more, UPDATE_MS, &ignored, err) < 0)
		return assay_fail_in(err, "the package lists cannot be fetched");
	return 0;
}

/* Ask for the packages of one command: install or build-dep, with its arguments. */
static int list_packages(const struct resolver *resolver, const struct assay_strings *command,
                         struct assay_package_list *out, struct assay_error *err)
{
	static const char *const before[] = { "-qq", "-y", "--print-uris" };
	ASSAY_AUTO_STRINGS struct assay_strings more = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(before); i++)
		assay_strings_add(&more, before[i]);
	for (size_t i = 0; i < command->count; i++)
		assay_strings_add(&more, command->items[i]);
	if (run_apt_get(resolver, &more, RESOLVE_MS, &text, err) < 0)
		return -1;
	return assay_package_list_parse(assay_buffer_str(&text), &resolver->mirrors, out, err);
}

static int list_wanted(const struct resolver *resolver, struct assay_package_list *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings command = { 0 };

	if (resolver->intent->packages_count == 0)
		return 0;
	assay_strings_add(&command, "install");
	for (unsigned i = 0; i < resolver->intent->packages_count; i++)
		assay_strings_add(&command, resolver->intent->packages[i]);
	return list_packages(resolver, &command, out, err);
}

static int list_build_depends(const struct resolver *resolver, unsigned index,
                              struct assay_package_list *out, struct assay_error *err)
{
	const struct assay_build_depends *depends = &resolver->intent->build_depends[index];
	/* apt-get takes a .dsc by a path that ends in its name. */
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/sources/%s", resolver->state, depends->dsc);
	ASSAY_AUTO_STRINGS struct assay_strings command = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (assay_file_read(AT_FDCWD, resolver->sources[index], DSC_MAX, &text, err) < 0 ||
	    assay_file_write(AT_FDCWD, path, assay_span_of_bytes(&text), 0644, err) < 0)
		return assay_fail_in(err, "%s", depends->dsc);
	assay_strings_add(&command, "build-dep");
	if (depends->host_architecture != NULL)
		assay_strings_printf(&command, "--host-architecture=%s",
		                     depends->host_architecture);
	if (depends->profiles != NULL)
		assay_strings_printf(&command, "--build-profiles=%s", depends->profiles);
	if (depends->binaries != NULL) /* Build-Depends-Indep or -Arch is for the others */
		assay_strings_add(&command, strcmp(depends->binaries, "any") == 0 ? "--arch-only"
		                                                                  : "--indep-only");
	assay_strings_add(&command, path);
	if (list_packages(resolver, &command, out, err) < 0)
		return assay_fail_in(err, "build-dependencies of %s", depends->dsc);
	return 0;
}

/*
 * All together, by exact version: what was resolved one by one must be installable at once, and
 * what apt then prints is the lock.
 */
static int list_together(const struct resolver *resolver, const struct assay_package_list *parts,
                         struct assay_package_list *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings specs = { 0 }, command = { 0 };

	for (size_t i = 0; i < parts->count; i++) {
		const struct assay_package *p = &parts->items[i];
		bool all = strcmp(p->architecture, "all") == 0;

		assay_strings_printf(&specs, "%s%s%s=%s", p->name, all ? "" : ":",
		                     all ? "" : p->architecture, p->version);
	}
	assay_strings_sort(&specs);
	assay_strings_add(&command, "install");
	for (size_t i = 0; i < specs.count; i++)
		assay_strings_add(&command, specs.items[i]);
	if (list_packages(resolver, &command, out, err) < 0)
		return assay_fail_in(err, "all packages together");
	assay_package_list_sort(out);
	return 0;
}

/* A deep copy through JSON would do as well; the lists are small and flat. */
static void copy_additions(const struct assay_intent *intent, struct assay_lock *lock)
{
	lock->links = assay_calloc(intent->links_count, sizeof(*lock->links));
	lock->links_count = intent->links_count;
	for (unsigned i = 0; i < intent->links_count; i++) {
		lock->links[i].path = assay_strdup(intent->links[i].path);
		lock->links[i].target = assay_strdup(intent->links[i].target);
	}
	lock->files = assay_calloc(intent->files_count, sizeof(*lock->files));
	lock->files_count = intent->files_count;
	for (unsigned i = 0; i < intent->files_count; i++) {
		lock->files[i] = intent->files[i];
		lock->files[i].path = assay_strdup(intent->files[i].path);
		lock->files[i].content = assay_strdup(intent->files[i].content);
	}
	lock->directories = assay_calloc(intent->directories_count, sizeof(*lock->directories));
	lock->directories_count = intent->directories_count;
	for (unsigned i = 0; i < intent->directories_count; i++)
		lock->directories[i] = assay_strdup(intent->directories[i]);
}

static struct assay_lock *make_lock(const struct assay_intent *intent,
                                    struct assay_package_list *packages)
{
	struct assay_lock *lock = assay_calloc(1, sizeof(*lock));
	char hex[ASSAY_SHA256_HEX];
	struct assay_sha256 id;

	assay_intent_id(intent, &id);
	assay_sha256_hex(&id, hex);
	lock->schema = assay_strdup("assay.toolchain/1");
	lock->name = assay_strdup(intent->name);
	lock->intent = assay_strdup(hex);
	lock->architecture = assay_strdup(intent->architecture);
	lock->packages = packages->items;
	lock->packages_count = (unsigned)packages->count;
	*packages = (struct assay_package_list){ 0 };
	copy_additions(intent, lock);
	lock->tree.algorithm = assay_strdup("assay-tree/1");
	return lock;
}

static int resolve(struct resolver *resolver, struct assay_package_list *out,
                   struct assay_error *err)
{
	ASSAY_AUTO_PACKAGE_LIST struct assay_package_list parts = { 0 };

	if (prepare(resolver, err) < 0 || update_lists(resolver, err) < 0 ||
	    list_wanted(resolver, &parts, err) < 0)
		return -1;
	for (unsigned i = 0; i < resolver->intent->build_depends_count; i++) {
		assay_progress_tell(resolver->progress, ASSAY_STAGE_RESOLVE, i,
		                    resolver->intent->build_depends_count,
		                    resolver->intent->build_depends[i].dsc);
		if (list_build_depends(resolver, i, &parts, err) < 0)
			return -1;
	}
	if (parts.count == 0)
		return assay_fail(err, ASSAY_E_USAGE, "no packages are wanted");
	return list_together(resolver, &parts, out, err);
}

int assay_resolve(const struct assay_intent *intent, const char *state, const char *const *sources,
                  const struct assay_progress *progress, struct assay_lock **out,
                  struct assay_error *err)
{
	struct resolver resolver = { .intent = intent, .sources = sources, .progress = progress };
	ASSAY_AUTO_PACKAGE_LIST struct assay_package_list packages = { 0 };
	int result;

	name_state(&resolver, state);
	result = resolve(&resolver, &packages, err);
	resolver_fini(&resolver);
	if (result < 0)
		return assay_fail_in(err, "intent %s", intent->name);
	*out = make_lock(intent, &packages);
	return 0;
}
