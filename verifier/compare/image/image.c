/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/image.h"

#include <inttypes.h>

#include "base/quote.h"
#include "compare/image/rules.h"
#include "compare/image/say.h"

#define FINDINGS_MAX 256 /* of one kind; one more has all the rest */
#define KINDS 4
#define TARGETS 2

/* Runs of one kind that were left out of the findings. */
struct rest {
	size_t told, left;
	uint64_t bytes;
};

/* A run that the next one may go on with, over several records. */
struct open {
	struct assay_image_run run; /* the first of them; length 0: there is none */
	uint64_t length;            /* bytes of the image in all of them */
	struct assay_run files;     /* where all of them stand */
};

struct job {
	struct assay_node *node;
	struct assay_image_side delivered, rebuilt;
	struct open open;
	bool missing; /* runs are of the rebuilt image */
	struct rest rest[KINDS];
	const struct assay_image_part *targets[TARGETS]; /* of the rebuilt file; NULL: none */
	bool told[TARGETS];
};

static void explain(const struct job *job, const struct assay_image_part *part, uint64_t from,
                    uint64_t length, enum assay_class class, const char *rule)
{
	assay_ledger_explain(&job->node->ledger, part->offset + from * part->stride,
	                     length * part->stride, class, rule);
}

static struct assay_finding place_of(const struct job *job, uint64_t offset, uint64_t length,
                                     enum assay_class class, const char *rule)
{
	return assay_node_place(job->node, offset, length, class, rule);
}

/* The ELF file of the two, which knows names; else the delivered one. */
static const struct assay_image_side *namer(const struct job *job)
{
	return job->rebuilt.is_elf ? &job->rebuilt : &job->delivered;
}

static uint64_t file_offset(const struct assay_image_part *part, uint64_t address)
{
	return part->offset + (address - part->address) * part->stride;
}

/* Where a run stands in both files. */
static struct assay_run place_in_files(const struct job *job, const struct assay_image_run *run)
{
	uint64_t here = file_offset(run->part, run->address);
	uint64_t length = run->length * run->part->stride;

	if (job->missing)
		return (struct assay_run){ 0, 0, here, length };
	if (run->other == NULL)
		return (struct assay_run){ here, length, 0, 0 };
	return (struct assay_run){ here, length, file_offset(run->other, run->address),
		                   run->length * run->other->stride };
}

static void say_open(const struct job *job, struct assay_buffer *text)
{
	const struct assay_image_run *run = &job->open.run;
	uint64_t length = job->open.length;
	uint8_t value = run->part->bytes[run->address - run->part->address];

	assay_image_say_place(text, namer(job), run->address);
	assay_buffer_add_str(text, ": ");
	if (run->kind == ASSAY_IMAGE_DIFFERS)
		assay_image_say_values(text, run, length);
	else if (run->kind == ASSAY_IMAGE_ADDED)
		assay_buffer_printf(text, "%" PRIu64 " byte%s only in the %s file", length,
		                    length == 1 ? "" : "s", job->missing ? "rebuilt" : "delivered");
	else
		assay_buffer_printf(text, "%" PRIu64 " byte%s of fill with %02x%s", length,
		                    length == 1 ? "" : "s", value,
		                    job->missing ? ", not in the delivered file" : "");
}

static void find_open(struct job *job)
{
	const struct assay_run *files = &job->open.files;
	bool filled = job->open.run.kind == ASSAY_IMAGE_FILLED;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_finding place = place_of(
		job, files->offset, files->length,
		filled ? ASSAY_CLASS_REPACKED : ASSAY_CLASS_UNEXPLAINED, ASSAY_IMAGE_FILL_RULE);
	struct assay_finding *finding;

	say_open(job, &text);
	finding = assay_comparison_find(assay_node_found(job->node), &place, "%s",
	                                assay_buffer_str(&text));
	if (!filled)
		assay_node_show_run(job->node, files, finding);
}

static void close_open(struct job *job)
{
	struct open *open = &job->open;
	struct rest *rest = &job->rest[open->run.kind];

	if (open->length == 0)
		return;
	if (rest->told++ < FINDINGS_MAX) {
		find_open(job);
	} else {
		rest->left++;
		rest->bytes += open->length;
	}
	open->length = 0;
}

static bool goes_on(const struct open *open, const struct assay_image_run *run,
                    const struct assay_run *files)
{
	return open->length > 0 && open->run.kind == run->kind &&
	       open->run.address + open->length == run->address &&
	       files->offset >= open->files.offset + open->files.length &&
	       files->rebuilt_offset >= open->files.rebuilt_offset + open->files.rebuilt_length;
}

static void tell_run(struct job *job, const struct assay_image_run *run)
{
	struct assay_run files = place_in_files(job, run);
	struct open *open = &job->open;

	if (goes_on(open, run, &files)) {
		open->length += run->length;
		open->files.length = files.offset + files.length - open->files.offset;
		open->files.rebuilt_length =
			files.rebuilt_offset + files.rebuilt_length - open->files.rebuilt_offset;
		return;
	}
	close_open(job);
	*open = (struct open){ *run, run->length, files };
}

static void find_rest(struct job *job)
{
	close_open(job);
	for (size_t i = 0; i < KINDS; i++) {
		const struct rest *rest = &job->rest[i];
		struct assay_finding place = place_of(
			job, 0, 0,
			i == ASSAY_IMAGE_FILLED ? ASSAY_CLASS_REPACKED : ASSAY_CLASS_UNEXPLAINED,
			ASSAY_IMAGE_FILL_RULE);

		if (rest->left > 0)
			(void)assay_comparison_find(assay_node_found(job->node), &place,
			                            "%zu more places, %" PRIu64 " bytes",
			                            rest->left, rest->bytes);
		job->rest[i] = (struct rest){ 0 };
	}
}

static void account_run(void *context, const struct assay_image_run *run)
{
	struct job *job = context;
	uint64_t from = run->address - run->part->address;

	if (run->kind == ASSAY_IMAGE_EQUAL)
		explain(job, run->part, from, run->length, ASSAY_CLASS_IDENTICAL, NULL);
	else if (run->kind == ASSAY_IMAGE_FILLED)
		explain(job, run->part, from, run->length, ASSAY_CLASS_REPACKED,
		        ASSAY_IMAGE_FILL_RULE);
	if (run->kind != ASSAY_IMAGE_EQUAL)
		tell_run(job, run);
}

static void account_missing(void *context, const struct assay_image_run *run)
{
	tell_run(context, run);
}

static bool same_format(const struct job *job)
{
	return strcmp(job->delivered.image.format, job->rebuilt.image.format) == 0;
}

static struct assay_span bytes_of(const struct assay_image *image,
                                  const struct assay_image_part *part)
{
	return assay_span_sub(image->file, part->offset, part->length);
}

/* The first part of a use and name; NULL: none. what NULL: of any name. */
static const struct assay_image_part *part_of(const struct assay_image *image,
                                              enum assay_image_use use, const char *what)
{
	for (size_t i = 0; i < image->part_count; i++)
		if (image->parts[i].use == use &&
		    (what == NULL || strcmp(image->parts[i].what, what) == 0))
			return &image->parts[i];
	return NULL;
}

/* A part that is no data: it takes the class, and unless it is identical people are told. */
static void judge(struct job *job, const struct assay_image_part *part, enum assay_class class,
                  const char *rule, const char *text)
{
	struct assay_finding place = place_of(job, part->offset, part->length, class, rule);

	if (class != ASSAY_CLASS_UNEXPLAINED)
		assay_ledger_explain(&job->node->ledger, part->offset, part->length, class,
		                     place.rule);
	if (text != NULL)
		(void)assay_comparison_find(assay_node_found(job->node), &place, "%s", text);
}

static void account_framing(struct job *job, const struct assay_image_part *part)
{
	struct assay_span there =
		assay_span_sub(job->rebuilt.image.file, part->offset, part->length);
	bool equal =
		same_format(job) && assay_span_equal(bytes_of(&job->delivered.image, part), there);

	judge(job, part, equal ? ASSAY_CLASS_IDENTICAL : ASSAY_CLASS_REPACKED,
	      equal ? NULL : ASSAY_IMAGE_FRAMING_RULE, NULL);
}

static bool tells_start(const struct assay_image *image)
{
	return image->start == ASSAY_IMAGE_START_LINEAR ||
	       image->start == ASSAY_IMAGE_START_SEGMENTED;
}

/* Whether the rebuilt file stands behind the delivered start address. */
static bool start_agrees(const struct job *job, const struct assay_image_part *part)
{
	const struct assay_image *a = &job->delivered.image, *b = &job->rebuilt.image;
	const struct assay_image_part *other = part_of(b, ASSAY_IMAGE_ENTRY, NULL);

	if (a->start == ASSAY_IMAGE_START_ZERO)
		return !tells_start(b) || b->entry == 0;
	if (b->start == ASSAY_IMAGE_START_NONE || a->entry != b->entry)
		return false;
	/* The same place, but another value for CS. */
	return a->start != ASSAY_IMAGE_START_SEGMENTED || b->start != ASSAY_IMAGE_START_SEGMENTED ||
	       other == NULL || assay_span_equal(bytes_of(a, part), bytes_of(b, other));
}

static void account_entry(struct job *job, const struct assay_image_part *part)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (start_agrees(job, part)) {
		account_framing(job, part);
		return;
	}
	assay_buffer_printf(&text, "start address 0x%" PRIx64 ": ", job->delivered.image.entry);
	if (job->rebuilt.image.start == ASSAY_IMAGE_START_NONE)
		assay_buffer_add_str(&text, "the rebuilt file has none; its ELF file would tell");
	else
		assay_buffer_printf(&text, "that of the rebuilt file is 0x%" PRIx64,
		                    job->rebuilt.image.entry);
	judge(job, part, ASSAY_CLASS_UNEXPLAINED, NULL, assay_buffer_str(&text));
}

static void say_hex(struct assay_buffer *text, struct assay_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		assay_buffer_printf(text, " %02x", bytes.ptr[i]);
}

/* What kinds of target there are. */
static const char *const targets[TARGETS] = { ASSAY_IMAGE_UF2_FAMILY, ASSAY_IMAGE_DFU_DEVICE };

/* Which device: in every block of UF2, but told once. */
static void account_target(struct job *job, const struct assay_image_part *part)
{
	const struct assay_image *a = &job->delivered.image, *b = &job->rebuilt.image;
	size_t kind = strcmp(part->what, targets[0]) == 0 ? 0 : 1;
	const struct assay_image_part *other = job->targets[kind];
	bool unexplained = other != NULL || (kind == 0 && same_format(job));
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (other != NULL && assay_span_equal(bytes_of(a, part), bytes_of(b, other))) {
		judge(job, part, ASSAY_CLASS_IDENTICAL, NULL, NULL);
		return;
	}
	assay_buffer_printf(&text, "%s: delivered", part->what);
	say_hex(&text, bytes_of(a, part));
	assay_buffer_add_str(&text, other != NULL ? ", rebuilt"
	                                          : ", which the rebuilt file does "
	                                            "not say");
	if (other != NULL)
		say_hex(&text, bytes_of(b, other));
	judge(job, part, unexplained ? ASSAY_CLASS_UNEXPLAINED : ASSAY_CLASS_TRANSPLANTED,
	      assay_image_use_rule(part->use), job->told[kind] ? NULL : assay_buffer_str(&text));
	job->told[kind] = true;
}

/* What the digits of a header say. Return: false when a rule may not have it. */
static bool read_header(struct assay_span digits, char text[ASSAY_IMAGE_HEADER_MAX + 1])
{
	size_t length = digits.len / 2;

	if (length > ASSAY_IMAGE_HEADER_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char pair[3] = { (char)digits.ptr[2 * i], (char)digits.ptr[2 * i + 1], '\0' };

		text[i] = (char)strtoul(pair, NULL, 16);
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	text[length] = '\0';
	return true;
}

static void account_header(struct job *job, const struct assay_image_part *part)
{
	struct assay_span digits = bytes_of(&job->delivered.image, part);
	const struct assay_image_part *other =
		part_of(&job->rebuilt.image, ASSAY_IMAGE_HEADER, part->what);
	char header[ASSAY_IMAGE_HEADER_MAX + 1];
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (other != NULL && assay_span_equal(digits, bytes_of(&job->rebuilt.image, other))) {
		judge(job, part, ASSAY_CLASS_IDENTICAL, NULL, NULL);
		return;
	}
	if (!read_header(digits, header)) {
		judge(job, part, ASSAY_CLASS_UNEXPLAINED, NULL,
		      "S0 header: too long for a name, or not printable");
		return;
	}
	assay_buffer_add_str(&text, "S0 header: \"");
	assay_quote(&text, assay_span_of_str(header));
	assay_buffer_add_str(&text, "\"");
	judge(job, part, ASSAY_CLASS_NORMALISED, assay_image_use_rule(part->use),
	      assay_buffer_str(&text));
}

/* The bytes of all parts that must be equal, one behind the other. */
static void collect_extra(const struct assay_image *image, struct assay_buffer *out)
{
	for (size_t i = 0; i < image->part_count; i++) {
		struct assay_span bytes = bytes_of(image, &image->parts[i]);

		if (image->parts[i].use == ASSAY_IMAGE_EXTRA)
			assay_buffer_add(out, bytes.ptr, bytes.len);
	}
}

/* What an ELF file has beside its segments is not asked of a flat image. */
static bool has_extra(const struct assay_image_side *side)
{
	return !side->is_elf && part_of(&side->image, ASSAY_IMAGE_EXTRA, NULL) != NULL;
}

static void account_extra(struct job *job)
{
	const struct assay_image *a = &job->delivered.image;
	const struct assay_image_part *first = part_of(a, ASSAY_IMAGE_EXTRA, NULL);
	ASSAY_AUTO_BUFFER struct assay_buffer ours = { 0 }, theirs = { 0 };
	struct assay_finding place =
		place_of(job, first != NULL ? first->offset : 0, first != NULL ? first->length : 0,
	                 ASSAY_CLASS_UNEXPLAINED, NULL);
	bool equal;

	if (job->delivered.is_elf) {
		place.cause = "image/elf-against-flat";
		(void)assay_comparison_find(
			assay_node_found(job->node), &place,
			"the delivered file is an ELF file and the rebuilt one is not: its "
			"headers, start address, sections and symbols have nothing to be "
			"compared with; rebuild the ELF file");
		return;
	}
	if (first == NULL && !has_extra(&job->rebuilt))
		return;
	collect_extra(a, &ours);
	if (has_extra(&job->rebuilt))
		collect_extra(&job->rebuilt.image, &theirs);
	equal = assay_span_equal(assay_buffer_span(&ours), assay_buffer_span(&theirs));
	for (size_t i = 0; equal && i < a->part_count; i++)
		if (a->parts[i].use == ASSAY_IMAGE_EXTRA)
			judge(job, &a->parts[i], ASSAY_CLASS_IDENTICAL, NULL, NULL);
	if (!equal)
		(void)assay_comparison_find(assay_node_found(job->node), &place,
		                            "%s: %zu bytes delivered, %zu rebuilt, which differ",
		                            first != NULL ? first->what : "extension tags",
		                            ours.len, theirs.len);
}

/* What a rebuilt file of the same kind says and the delivered one does not. */
static void find_unsaid(struct job *job)
{
	const struct assay_image *a = &job->delivered.image, *b = &job->rebuilt.image;
	struct assay_finding place = place_of(job, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	if (part_of(a, ASSAY_IMAGE_ENTRY, NULL) == NULL && tells_start(b) && !job->rebuilt.is_elf &&
	    same_format(job))
		(void)assay_comparison_find(assay_node_found(job->node), &place,
		                            "only the rebuilt file has a start address");
	if (same_format(job) && part_of(a, ASSAY_IMAGE_TARGET, ASSAY_IMAGE_UF2_FAMILY) == NULL &&
	    part_of(b, ASSAY_IMAGE_TARGET, ASSAY_IMAGE_UF2_FAMILY) != NULL)
		(void)assay_comparison_find(assay_node_found(job->node), &place,
		                            "only the rebuilt file has a UF2 family");
}

static void account_part(void *context, const struct assay_image_part *part)
{
	static void (*const ways[])(struct job *, const struct assay_image_part *) = {
		[ASSAY_IMAGE_DATA] = NULL,
		[ASSAY_IMAGE_FRAMING] = account_framing,
		[ASSAY_IMAGE_ENTRY] = account_entry,
		[ASSAY_IMAGE_TARGET] = account_target,
		[ASSAY_IMAGE_HEADER] = account_header,
		[ASSAY_IMAGE_EXTRA] = NULL, /* all of them together */
	};

	if (ways[part->use] != NULL)
		ways[part->use](context, part);
}

/* In the order of the file, so that the ledger grows at its end. */
static void account(struct job *job)
{
	const struct assay_image_visit visit = { account_run, account_part, job };
	const struct assay_image_visit missing = { account_missing, NULL, job };

	for (size_t i = 0; i < TARGETS; i++)
		job->targets[i] = part_of(&job->rebuilt.image, ASSAY_IMAGE_TARGET, targets[i]);
	assay_image_walk(&job->delivered.image, &job->rebuilt.image, &visit);
	find_rest(job);
	job->missing = true;
	assay_image_walk_missing(&job->rebuilt, &job->delivered.image, &missing);
	find_rest(job);
	account_extra(job);
	find_unsaid(job);
}

/* That two files are not the same file, whatever else there is to say. */
static void find_forms(struct job *job)
{
	struct assay_finding place =
		place_of(job, 0, 0, ASSAY_CLASS_REPACKED, ASSAY_IMAGE_FRAMING_RULE);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_buffer_add_str(&text, "compared by address: delivered ");
	assay_image_say_side(&text, &job->delivered);
	assay_buffer_add_str(&text, "; rebuilt ");
	assay_image_say_side(&text, &job->rebuilt);
	(void)assay_comparison_find(assay_node_found(job->node), &place, "%s",
	                            assay_buffer_str(&text));
}

/* A raw binary lies where the other file says, and nothing stands behind that. */
static void find_base(struct job *job)
{
	struct assay_finding place =
		place_of(job, 0, 0, ASSAY_CLASS_TRANSPLANTED, ASSAY_IMAGE_BASE_RULE);

	if (job->rebuilt.is_raw && !job->delivered.is_raw)
		(void)assay_comparison_find(assay_node_found(job->node), &place,
		                            "load address 0x%" PRIx64
		                            ": the rebuilt raw binary has none",
		                            assay_image_at(&job->rebuilt.image, 0)->address);
}

static int read_sides(struct assay_walk *walk, struct job *job, const char **side,
                      struct assay_error *err)
{
	struct assay_node *node = job->node;

	*side = "delivered";
	if (assay_image_side_init(&job->delivered, node->delivered, *side, &walk->budgets[0], err) <
	    0)
		return -1;
	*side = "rebuilt";
	if (assay_image_side_init(&job->rebuilt, node->rebuilt, *side, &walk->budgets[1], err) <
	            0 ||
	    assay_image_side_lay(&job->rebuilt, &job->delivered, err) < 0)
		return -1;
	*side = "delivered";
	return assay_image_side_lay(&job->delivered, &job->rebuilt, err);
}

void assay_node_compare_image(struct assay_walk *walk, struct assay_node *node)
{
	struct job job = { .node = node };
	struct assay_error err = ASSAY_ERROR_INIT;
	const char *side;

	if (read_sides(walk, &job, &side, &err) < 0) {
		assay_node_inconclusive(node, "the %s file cannot be read as an image: %s%s", side,
		                        err.code == ASSAY_E_LIMIT ? "limit: " : "", err.text);
		assay_node_compare_bytes(node);
	} else {
		node->format = job.delivered.image.format;
		find_forms(&job);
		find_base(&job);
		account(&job);
	}
	assay_image_side_fini(&job.delivered);
	assay_image_side_fini(&job.rebuilt);
}
