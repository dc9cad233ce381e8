/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/varying.h"

#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "rebuild/doctor.h"
#include "rebuild/others.h"
#include "rebuild/rebuild.h"
#include "rebuild/vary/search.h"

static int parse_list(const char *list, assay_axes *out, struct assay_error *err)
{
	for (; *list != '\0'; list += *list == ',') {
		size_t len = strcspn(list, ",");
		assay_axes axis = assay_axes_find(list, len);
		ASSAY_AUTO_FREE char *name = assay_strndup(list, len);
		ASSAY_AUTO_FREE char *quoted = assay_quoted(name);

		if (axis == 0)
			return assay_fail(err, ASSAY_E_USAGE,
			                  "no axis is called \"%s\": assay-vary(1) has a list",
			                  quoted);
		*out |= axis;
		list += len;
	}
	return 0;
}

int assay_cli_axes(struct assay_varying *varying, const char *only, const char *except,
                   struct assay_error *err)
{
	assay_axes wanted = 0, unwanted = 0;
	int ends[2] = { -1, -1 };
	cpu_set_t cpus;

	varying->host.now = (uint64_t)assay_clock_wall();
	varying->host.cpus =
		sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ? 1 : (uint32_t)CPU_COUNT(&cpus);
	ends[0] = assay_others_terminal(&ends[1]);
	varying->host.terminal = ends[0] >= 0;
	assay_cleanup_close(&ends[0]);
	assay_cleanup_close(&ends[1]);
	varying->axes = assay_axes_possible(varying->inputs->manifest, &varying->host);
	if ((only != NULL && parse_list(only, &wanted, err) < 0) ||
	    (except != NULL && parse_list(except, &unwanted, err) < 0))
		return -1;
	if (only != NULL)
		varying->axes &= wanted;
	varying->axes &= ~unwanted;
	return varying->axes != 0
	               ? 0
	               : assay_fail(err, ASSAY_E_USAGE, "no axis is left that can be varied here");
}

static void add_names(assay_axes axes, struct assay_strings *names)
{
	for (unsigned i = 0; i < assay_axis_count; i++)
		if (axes >> i & 1)
			assay_strings_add(names, assay_axis_table[i].name);
	assay_strings_sort(names);
}

/* A fresh folder vary/NAME. Owner: caller frees *outputs and *log. */
static int make_folder(const struct assay_varying *varying, const char *name, char **outputs,
                       char **log, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *folder = assay_asprintf("vary/%s", name);
	ASSAY_AUTO_FREE char *inner = assay_asprintf("%s/outputs", folder);

	if (assay_remove_tree(varying->dir->fd, folder, err) < 0 ||
	    assay_mkdirs(varying->dir->fd, inner, err) < 0)
		return -1;
	*outputs = assay_asprintf("%s/%s", varying->dir->path, inner);
	*log = assay_asprintf("%s/%s/build.log", varying->dir->path, folder);
	return 0;
}

/* What a build in the folder vary/NAME needs. */
struct order {
	struct assay_variation variation;
	struct assay_rebuild_request request;
	char *outputs, *log;
};

static void fini_order(struct order *order)
{
	assay_variation_fini(&order->variation);
	free(order->outputs);
	free(order->log);
}

/* In: manifest, which differs from the first one in its surroundings only */
static int make_order(const struct assay_varying *varying, const char *name,
                      const struct assay_manifest *manifest, struct order *out,
                      struct assay_error *err)
{
	if (make_folder(varying, name, &out->outputs, &out->log, err) < 0)
		return -1;
	out->request = (struct assay_rebuild_request){ .manifest = manifest,
		                                       .tree = varying->inputs->tree.path,
		                                       .sources = varying->inputs->source_fds,
		                                       .output_dir = out->outputs,
		                                       .log_path = out->log,
		                                       .others = out->variation.others,
		                                       .progress = varying->progress };
	return 0;
}

static int vary_order(const struct assay_varying *varying, const char *name, assay_axes axes,
                      unsigned round, struct order *out, struct assay_error *err)
{
	assay_variation_make(varying->inputs->manifest, axes, &varying->host, round,
	                     &out->variation);
	return make_order(varying, name, &out->variation.manifest, out, err);
}

int assay_cli_build_as(const struct assay_varying *varying, const char *name,
                       const struct assay_manifest *manifest, struct assay_error *err)
{
	ASSAY_AUTO(fini_order) struct order order = { 0 };
	struct assay_built built;

	if (make_order(varying, name, manifest, &order, err) < 0 ||
	    assay_cli_carry_out(&order.request, &built, err) < 0)
		return -1;
	return built.outcome == ASSAY_OUTCOME_BUILT;
}

/* A set of axes to build with, and where. */
struct wish {
	const char *name;
	assay_axes axes;
	unsigned round;
};

/* Build one, and a second one at the same time; second may be NULL. */
static int build_both(const struct assay_varying *varying, const struct wish *first,
                      const struct wish *second, struct assay_built *built, struct assay_error *err)
{
	ASSAY_AUTO(fini_order) struct order one = { 0 }, other = { 0 };
	ASSAY_AUTO_ASIDE struct assay_aside aside = { 0 };

	if (vary_order(varying, first->name, first->axes, first->round, &one, err) < 0)
		return -1;
	if (second != NULL &&
	    (vary_order(varying, second->name, second->axes, second->round, &other, err) < 0 ||
	     assay_aside_begin(&other.request, &aside, err) < 0))
		return -1;
	if (assay_cli_carry_out(&one.request, &built[0], err) < 0)
		return -1;
	return second == NULL ? 0 : assay_aside_end(&aside, &built[1], err);
}

/* Whether two builds at once leave each what the manifest gives it. */
static bool has_room(const struct assay_varying *varying)
{
	const struct assay_build *build = &varying->inputs->manifest->build;
	uint64_t memory = assay_doctor_memory();

	return varying->host.cpus / 2 >= build->machine.cpus &&
	       memory / 4 >= build->limits.memory && memory / 4 >= build->limits.disk;
}

/*
 * Take what a build has shown. What was built beside and not asked for does not count: the record
 * is the same on a machine that builds one after the other.
 *
 * Return: whether the output is another one than the first build's
 */
static int take(struct assay_varying *varying, assay_axes axes, const struct assay_built *built)
{
	varying->record->builds++;
	if (built->outcome != ASSAY_OUTCOME_BUILT && __builtin_popcountll(axes) == 1)
		varying->failing |= axes;
	return !assay_sha256_equal(&built->digest, &varying->built.digest);
}

static int test(void *context, assay_axes axes, assay_axes next, struct assay_error *err)
{
	struct assay_varying *varying = context;
	const struct wish one = { "test", axes, 1 }, other = { "test-next", next, 1 };
	bool both = next != 0 && has_room(varying);
	struct assay_built built[2] = { 0 };

	if (varying->ahead == axes) {
		varying->ahead = 0;
		return take(varying, axes, &varying->ahead_built);
	}
	if (build_both(varying, &one, both ? &other : NULL, built, err) < 0)
		return -1;
	varying->ahead = both ? next : 0;
	varying->ahead_built = built[1];
	return take(varying, axes, &built[0]);
}

/* One build alone. Return: as take, or -1 */
static int build(struct assay_varying *varying, const struct wish *wish, struct assay_error *err)
{
	struct assay_built built[2] = { 0 };

	return build_both(varying, wish, NULL, built, err) < 0
	               ? -1
	               : take(varying, wish->axes, &built[0]);
}

/*
 * Two builds were not the same: are two with one time of day? Then it is that which they write down.
 *
 * Return: 0, -1 on error
 */
static int try_clock(struct assay_varying *varying, struct assay_error *err)
{
	struct assay_manifest manifest = *varying->inputs->manifest;
	struct assay_clock_pin clock = { .mode = ASSAY_CLOCK_FIXED,
		                         .start = manifest.build.source_date_epoch };
	struct assay_built built[2];

	if (manifest.build.machine.clock != NULL)
		return 0;
	manifest.build.machine.clock = &clock;
	for (unsigned i = 0; i < ASSAY_ARRAY_LEN(built); i++) {
		ASSAY_AUTO(fini_order) struct order order = { 0 };

		if (make_order(varying, "clock", &manifest, &order, err) < 0 ||
		    assay_cli_carry_out(&order.request, &built[i], err) < 0)
			return -1;
		varying->record->builds++;
		if (built[i].outcome != ASSAY_OUTCOME_BUILT)
			return 0;
	}
	varying->record->clock = assay_sha256_equal(&built[0].digest, &built[1].digest);
	return 0;
}

/* Once more with nothing changed, and with everything. Return: whether it goes on, -1 */
static int begin(struct assay_varying *varying, struct assay_error *err)
{
	const struct wish again = { "again", 0, 1 }, all = { "all", varying->axes, 1 };
	bool both = has_room(varying);
	struct assay_built built[2] = { 0 };

	if (build_both(varying, &again, both ? &all : NULL, built, err) < 0)
		return -1;
	varying->record->repeats = !take(varying, 0, &built[0]);
	if (!varying->record->repeats)
		return try_clock(varying, err);
	if (!both && build_both(varying, &all, NULL, built + 1, err) < 0)
		return -1;
	varying->record->varies = take(varying, varying->axes, &built[1]) != 0;
	varying->blind = built[1].outcome != ASSAY_OUTCOME_BUILT;
	return varying->record->varies;
}

int assay_cli_vary(struct assay_varying *varying, struct assay_variation_record *record,
                   struct assay_error *err)
{
	struct wish all = { "all", 0, 1 }, second = { "second", 0, 2 };
	assay_axes guilty;
	int goes_on;

	varying->record = record;
	assay_cli_digest(varying->first, &varying->built);
	record->builds = 1;
	add_names(varying->axes, &record->varied);
	goes_on = begin(varying, err);
	if (goes_on <= 0)
		return goes_on;
	if (assay_vary_search(varying->axes, test, varying, &guilty, err) < 0)
		return -1;
	add_names(guilty, &record->axes);
	add_names(varying->failing, &record->failed);
	all.axes = second.axes = guilty & ~varying->failing;
	if (all.axes == 0)
		return 0;
	if (varying->blind && build(varying, &all, err) < 0)
		return -1;
	/* Once more with other values, to see more of the places where it shows. */
	return build(varying, &second, err) < 0 ? -1 : 0;
}
