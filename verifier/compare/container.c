/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/container.h"

#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "compare/claims.h"
#include "compare/deb.h"
#include "compare/library.h"
#include "compare/member.h"
#include "compare/metadata.h"
#include "compare/parts.h"
#include "compare/renames.h"
#include "compare/sealed.h"
#include "compare/transplant.h"

/* A pair of containers at work. */
struct job {
	struct assay_walk *walk;
	const struct assay_container *container;
	struct assay_pairing pairing;
	struct assay_pairing renames; /* of those that pairing has no counterpart for */
	struct assay_node **children; /* for each delivered entry; NULL: it has no content */
	bool deb;
};

static bool is_equal(const struct job *job)
{
	return job->container->delivered == job->container->rebuilt;
}

/* "./usr/x" is shown as "/usr/x": inside an archive there is one root. */
static const char *shown_name(const char *name)
{
	return name[0] == '.' && name[1] == '/' ? name + 1 : name;
}

char *assay_container_path(const char *parent, const struct assay_entry *entry)
{
	const char *name = shown_name(entry->name);
	size_t len = strlen(parent);
	bool inside = len > 0 && parent[len - 1] == '!';

	if (entry->type == ASSAY_ENTRY_STREAM)
		return assay_asprintf("%s!", parent);
	if (inside && name[0] != '/')
		return assay_asprintf("%s/%s", parent, name);
	return assay_asprintf("%s%s%s", parent, inside || len == 0 ? "" : "!", name);
}

static enum assay_node_role role_of(const struct job *job, size_t index)
{
	const struct assay_node *parent = job->container->node;
	const struct assay_entry *entry = &job->container->delivered->entries[index];

	if (job->deb)
		return assay_deb_role(index);
	if (entry->type == ASSAY_ENTRY_STREAM)
		return parent->role;
	if (parent->role == ASSAY_NODE_DEB_CONTROL && assay_md5sums_is(entry->name))
		return ASSAY_NODE_DEB_MD5SUMS;
	return ASSAY_NODE_PLAIN;
}

static int compare_child(struct job *job, size_t index, struct assay_error *err)
{
	const struct assay_container *container = job->container;
	const struct assay_entry *entry = &container->delivered->entries[index];
	ASSAY_AUTO_FREE char *path = assay_container_path(container->node->path, entry);
	ASSAY_AUTO_NODE struct assay_node *child = NULL;
	const size_t entries[2] = { index, job->pairing.rebuilt_of[index] };

	assay_progress_tell(job->walk->options->progress, ASSAY_STAGE_COMPARE, index,
	                    container->delivered->entry_count, path);
	child = assay_node_new(path, assay_span_of(NULL, 0), assay_span_of(NULL, 0));
	child->role = role_of(job, index);
	if (assay_member_compare(job->walk, container, entries, child, err) < 0)
		return -1;
	job->children[index] = assay_steal(&child);
	return 0;
}

/* Whether an entry has content on both sides that was not compared yet, and there is something to
 * compare: of what is equal only that to which a package gives a role. */
static bool is_pending(const struct job *job, size_t index)
{
	const struct assay_container *container = job->container;
	size_t counterpart = job->pairing.rebuilt_of[index];

	return counterpart != ASSAY_UNPAIRED && job->children[index] == NULL &&
	       assay_entry_has_content(&container->delivered->entries[index]) &&
	       assay_entry_has_content(&container->rebuilt->entries[counterpart]) &&
	       !assay_is_sealed(container, index, counterpart) &&
	       !(is_equal(job) && role_of(job, index) == ASSAY_NODE_PLAIN);
}

/* What data.tar of a package is, before what says something about it. */
static int compare_data(struct job *job, struct assay_error *err)
{
	for (size_t i = 0; i < job->container->delivered->entry_count; i++)
		if (is_pending(job, i) && role_of(job, i) == ASSAY_NODE_DEB_DATA &&
		    compare_child(job, i, err) < 0)
			return -1;
	return 0;
}

/* Those that make no claim about one that was not compared yet. Return: how many */
static int compare_ready(struct job *job, struct assay_error *err)
{
	int compared = 0;

	for (size_t i = 0; i < job->container->delivered->entry_count; i++) {
		if (!is_pending(job, i) || assay_claims_wait(job->walk->claims, i))
			continue;
		if (compare_child(job, i, err) < 0)
			return -1;
		compared++;
	}
	return compared;
}

/* Claims are compared after what they are about; where those go in circles it is all the same. */
static int compare_children(struct job *job, struct assay_error *err)
{
	int compared = compare_data(job, err) < 0 ? -1 : 1;

	while (compared > 0)
		compared = compare_ready(job, err);
	for (size_t i = 0; compared == 0 && i < job->container->delivered->entry_count; i++)
		if (is_pending(job, i) && compare_child(job, i, err) < 0)
			return -1;
	return compared;
}

/* An entry that only one side has. Its bytes, if it is the delivered side, stay unexplained. */
static void find_alone(struct job *job, const struct assay_contents *contents, size_t index)
{
	struct assay_node *node = job->container->node;
	const struct assay_entry *entry = &contents->entries[index];
	bool delivered = contents == job->container->delivered;
	size_t twin = (delivered ? job->renames.rebuilt_of : job->renames.delivered_of)[index];
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_FREE char *name = assay_quoted(entry->name), *alike = NULL;

	if (twin != ASSAY_UNPAIRED)
		alike = assay_quoted(
			(delivered ? job->container->rebuilt : job->container->delivered)
				->entries[twin]
				.name);
	for (size_t i = 0; delivered && i < entry->part_count; i++)
		place.length += contents->parts[entry->first_part + i].length;
	if (delivered && entry->part_count > 0)
		place.offset = contents->parts[entry->first_part].offset;
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "%s: only in the %s file (%" PRIu64 " bytes)%s%s", name,
	                            delivered ? "delivered" : "rebuilt", assay_entry_size(entry),
	                            alike != NULL ? ", with the content of the other file's " : "",
	                            alike != NULL ? alike : "");
}

static void find_moved(struct job *job)
{
	const struct assay_pairing *pairing = &job->pairing;
	const struct assay_contents *delivered = job->container->delivered;
	struct assay_node *node = job->container->node;
	const char *rule =
		job->container->rebuilt->order_rule != NULL ? delivered->order_rule : NULL;
	struct assay_finding place = assay_node_place(
		node, 0, 0, rule != NULL ? ASSAY_CLASS_REPACKED : ASSAY_CLASS_UNEXPLAINED, rule);
	ASSAY_AUTO_FREE char *name = NULL;

	if (pairing->moved == 0)
		return;
	name = assay_quoted(delivered->entries[pairing->first_moved].name);
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "members stand in another order (%zu, the first is %s)",
	                            pairing->moved, name);
}

static void compare_entry(struct job *job, size_t index)
{
	const struct assay_container *container = job->container;
	const struct assay_entry *entry = &container->delivered->entries[index];
	ASSAY_AUTO_FREE char *name =
		*entry->name != '\0' ? assay_quoted(shown_name(entry->name)) : NULL;
	struct assay_metadata metadata = { job->walk, container, &job->pairing };
	struct assay_parts parts = {
		.walk = job->walk,
		.node = container->node,
		.delivered = container->delivered,
		.rebuilt = container->rebuilt,
		.content = job->children[index],
		.name = name,
	};

	assay_parts_compare(&parts, index, job->pairing.rebuilt_of[index]);
	assay_metadata_compare(&metadata, index, job->pairing.rebuilt_of[index], name);
}

/* The worst class of all that bytes of role METADATA may describe. */
static enum assay_class worst_of(const struct job *job)
{
	enum assay_class worst = ASSAY_CLASS_IDENTICAL;
	const struct assay_comparison *found = job->container->node->found;

	for (size_t i = 0; i < found->finding_count; i++)
		if (found->findings[i].class > worst)
			worst = found->findings[i].class;
	for (size_t i = 0; i < job->container->delivered->entry_count; i++)
		if (job->children[i] != NULL && job->children[i]->class > worst)
			worst = job->children[i]->class;
	return worst;
}

/* Last, when everything else was compared. */
static void compare_metadata(struct job *job, struct assay_parts *parts)
{
	const struct assay_contents *delivered = job->container->delivered;
	enum assay_class worst;

	if (!delivered->metadata && !job->container->rebuilt->metadata)
		return;
	worst = worst_of(job);
	for (size_t i = 0; i < delivered->entry_count; i++) {
		parts->worst = worst;
		if (job->pairing.rebuilt_of[i] != ASSAY_UNPAIRED &&
		    !assay_is_sealed(job->container, i, job->pairing.rebuilt_of[i]))
			assay_parts_compare_metadata(parts, i, job->pairing.rebuilt_of[i]);
	}
	parts->worst = worst;
	assay_parts_compare_metadata(parts, ASSAY_NO_ENTRY, ASSAY_NO_ENTRY);
}

static void compare_entries(struct job *job)
{
	const struct assay_container *container = job->container;
	struct assay_metadata metadata = { job->walk, container, &job->pairing };
	struct assay_parts own = {
		.walk = job->walk,
		.node = container->node,
		.delivered = container->delivered,
		.rebuilt = container->rebuilt,
	};

	/* The parts of entries stand in any order, those of a file system most of all. */
	assay_ledger_gather(&container->node->ledger);
	for (size_t i = 0; i < container->delivered->entry_count; i++) {
		size_t k = job->pairing.rebuilt_of[i];

		if (assay_is_sealed(container, i, k))
			assay_sealed_compare(job->walk, container, i, k);
		else if (k == ASSAY_UNPAIRED)
			find_alone(job, container->delivered, i);
		else
			compare_entry(job, i);
	}
	for (size_t i = 0; i < container->rebuilt->entry_count; i++)
		if (job->pairing.delivered_of[i] == ASSAY_UNPAIRED)
			find_alone(job, container->rebuilt, i);
	find_moved(job);
	own.around = worst_of(job);
	assay_parts_compare(&own, ASSAY_NO_ENTRY, ASSAY_NO_ENTRY);
	assay_metadata_compare(&metadata, ASSAY_NO_ENTRY, ASSAY_NO_ENTRY, NULL);
	assay_metadata_check(&metadata);
	assay_library_check(container, &job->pairing);
	compare_metadata(job, &own);
	own.around = worst_of(job);
	assay_parts_compare_totals(&own);
	assay_ledger_settle(&container->node->ledger);
}

/* How the contents of a pair compare. Without a child there is none, or on one side only. */
static enum assay_class class_of_pair(const struct job *job, size_t index)
{
	const struct assay_entry *a = &job->container->delivered->entries[index];
	size_t k = job->pairing.rebuilt_of[index];

	if (job->children[index] != NULL)
		return job->children[index]->class;
	if (is_equal(job))
		return ASSAY_CLASS_IDENTICAL;
	if (k == ASSAY_UNPAIRED || assay_entry_has_content(a) ||
	    assay_entry_has_content(&job->container->rebuilt->entries[k]))
		return ASSAY_CLASS_UNEXPLAINED;
	return ASSAY_CLASS_IDENTICAL;
}

static void note_digests(struct job *job)
{
	const struct assay_contents *delivered = job->container->delivered;
	const struct assay_contents *rebuilt = job->container->rebuilt;
	struct assay_md5sums *md5sums = job->walk->md5sums;

	if (md5sums == NULL || job->container->node->role != ASSAY_NODE_DEB_DATA ||
	    (delivered->entry_count > 0 && delivered->entries[0].type == ASSAY_ENTRY_STREAM))
		return;
	for (size_t i = 0; i < delivered->entry_count; i++) {
		size_t k = job->pairing.rebuilt_of[i];

		assay_md5sums_note(md5sums, &delivered->entries[i],
		                   k != ASSAY_UNPAIRED ? &rebuilt->entries[k] : NULL,
		                   class_of_pair(job, i));
	}
	for (size_t i = 0; i < rebuilt->entry_count; i++)
		if (job->pairing.delivered_of[i] == ASSAY_UNPAIRED)
			assay_md5sums_note(md5sums, NULL, &rebuilt->entries[i],
			                   ASSAY_CLASS_UNEXPLAINED);
	assay_md5sums_complete(md5sums);
}

static void adopt_children(struct job *job)
{
	for (size_t i = 0; i < job->container->delivered->entry_count; i++)
		if (job->children[i] != NULL)
			assay_node_adopt(job->container->node, assay_steal(&job->children[i]));
}

static int run(struct job *job, struct assay_error *err)
{
	struct assay_claims claims = { job->walk->claims, job->container, &job->pairing,
		                       job->children };
	int result;

	job->walk->depth++;
	job->walk->claims = &claims;
	result = compare_children(job, err);
	job->walk->claims = claims.outer;
	job->walk->depth--;
	if (result == 0 && !is_equal(job))
		compare_entries(job);
	if (result == 0)
		note_digests(job);
	if (result == 0 && !is_equal(job))
		assay_transplant_prove(job->walk, job->container, job->children);
	adopt_children(job);
	return result;
}

int assay_container_compare(struct assay_walk *walk, const struct assay_container *container,
                            struct assay_error *err)
{
	ASSAY_AUTO_MD5SUMS struct assay_md5sums *own = NULL;
	struct assay_md5sums *outer = walk->md5sums;
	struct job job = { .walk = walk, .container = container };
	int result;

	job.deb = assay_deb_is(container);
	container->node->format = job.deb ? "deb" : assay_contents_format(container->delivered);
	if (job.deb)
		walk->md5sums = own = assay_md5sums_new();
	job.children = assay_calloc(container->delivered->entry_count, sizeof(struct assay_node *));
	assay_pairing_make(&job.pairing, container->delivered, container->rebuilt);
	assay_renames_find(walk, container, &job.pairing, &job.renames);
	result = run(&job, err);
	walk->md5sums = outer;
	assay_pairing_fini(&job.pairing);
	assay_pairing_fini(&job.renames);
	free(job.children);
	return result;
}
