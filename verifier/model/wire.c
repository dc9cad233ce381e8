/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/wire.h"

#include "base/memory.h"
#include "base/quote.h"

#define NAME_MAX_BYTES 128 /* of a rule, a cause, a format; all of ours are shorter */
#define NAMES_MAX 1024     /* different ones; there are fewer in the program */
#define EXCERPT_MAX 4096   /* bytes */
#define VALUE_MAX (64 << 10)

void assay_wire_number(struct assay_buffer *out, uint64_t number)
{
	uint8_t bytes[ASSAY_WIRE_NUMBER];

	assay_store(bytes, sizeof(bytes), false, number);
	assay_buffer_add(out, bytes, sizeof(bytes));
}

void assay_wire_set(struct assay_buffer *out, size_t at, uint64_t number)
{
	assay_store((uint8_t *)out->ptr + at, ASSAY_WIRE_NUMBER, false, number);
}

void assay_wire_bytes(struct assay_buffer *out, struct assay_span bytes)
{
	assay_wire_number(out, bytes.len);
	assay_buffer_add(out, bytes.ptr, bytes.len);
}

/* One more than the length, so that none is not an empty one. */
void assay_wire_text(struct assay_buffer *out, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	assay_wire_number(out, text != NULL ? len + 1 : 0);
	assay_buffer_add(out, text, len);
}

int assay_wire_get_number(struct assay_cursor *cur, uint64_t *out, struct assay_error *err)
{
	return assay_cursor_u64(cur, out, err);
}

int assay_wire_get_below(struct assay_cursor *cur, uint64_t limit, unsigned *out,
                         struct assay_error *err)
{
	uint64_t number;

	*out = 0;
	if (assay_cursor_u64(cur, &number, err) < 0)
		return -1;
	if (number >= limit)
		return assay_fail(err, ASSAY_E_FORMAT, "a number out of range");
	*out = (unsigned)number;
	return 0;
}

int assay_wire_get_count(struct assay_cursor *cur, uint64_t *out, struct assay_error *err)
{
	if (assay_cursor_u64(cur, out, err) < 0)
		return -1;
	if (*out > assay_cursor_left(cur) / 8)
		return assay_fail(err, ASSAY_E_FORMAT, "a list that is longer than what is there");
	return 0;
}

int assay_wire_get_bytes(struct assay_cursor *cur, uint64_t max, struct assay_bytes *out,
                         struct assay_error *err)
{
	struct assay_span span;
	uint64_t len;

	if (assay_cursor_u64(cur, &len, err) < 0 || assay_cursor_take(cur, len, &span, err) < 0)
		return -1;
	if (len > max)
		return assay_fail(err, ASSAY_E_FORMAT, "a value that is too long");
	*out = (struct assay_bytes){ assay_calloc(span.len + 1, 1), span.len };
	if (span.len > 0)
		memcpy(out->ptr, span.ptr, span.len);
	return 0;
}

/* Text as a span. ptr is NULL for none. */
static int take_text(struct assay_cursor *cur, struct assay_span *out, struct assay_error *err)
{
	uint64_t len;

	*out = (struct assay_span){ 0 };
	if (assay_cursor_u64(cur, &len, err) < 0)
		return -1;
	if (len == 0)
		return 0;
	if (assay_cursor_take(cur, len - 1, out, err) < 0)
		return -1;
	if (out->len == 0)
		out->ptr = (const uint8_t *)"";
	if (memchr(out->ptr, '\0', out->len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "text with a NUL in it");
	return 0;
}

int assay_wire_get_text(struct assay_cursor *cur, bool maybe_null, char **out,
                        struct assay_error *err)
{
	struct assay_span text;

	*out = NULL;
	if (take_text(cur, &text, err) < 0)
		return -1;
	if (text.ptr == NULL)
		return maybe_null ? 0 : assay_fail(err, ASSAY_E_FORMAT, "no text");
	*out = assay_strndup((const char *)text.ptr, text.len);
	return 0;
}

int assay_wire_get_name(struct assay_cursor *cur, struct assay_strings *names, const char **out,
                        struct assay_error *err)
{
	struct assay_span text;

	*out = NULL;
	if (take_text(cur, &text, err) < 0)
		return -1;
	if (text.ptr == NULL)
		return 0;
	for (size_t i = 0; i < names->count; i++) {
		if (assay_span_is(text, names->items[i])) {
			*out = names->items[i];
			return 0;
		}
	}
	if (text.len > NAME_MAX_BYTES || names->count >= NAMES_MAX ||
	    assay_quote_plain(text) != text.len)
		return assay_fail(err, ASSAY_E_FORMAT, "a name that is none");
	assay_strings_printf(names, "%.*s", (int)text.len, (const char *)text.ptr);
	*out = names->items[names->count - 1];
	return 0;
}

/* --- ledgers ------------------------------------------------------------------------------ */

#define RANGE_LENGTH (3 * ASSAY_WIRE_NUMBER) /* at least: length, class, the rule's length */

static void write_ledger(struct assay_buffer *out, const struct assay_ledger *ledger)
{
	assay_wire_number(out, ledger->size);
	assay_wire_number(out, ledger->coalesced);
	assay_wire_number(out, ledger->count);
	for (size_t i = 0; i < ledger->count; i++) {
		assay_wire_number(out, ledger->ranges[i].length);
		assay_wire_number(out, ledger->ranges[i].class);
		assay_wire_text(out, ledger->ranges[i].rule);
	}
}

static int read_range(struct assay_cursor *cur, struct assay_strings *names, uint64_t offset,
                      struct assay_range *out, struct assay_error *err)
{
	unsigned class;

	if (assay_wire_get_number(cur, &out->length, err) < 0 ||
	    assay_wire_get_below(cur, ASSAY_CLASS_COUNT, &class, err) < 0 ||
	    assay_wire_get_name(cur, names, &out->rule, err) < 0)
		return -1;
	out->offset = offset;
	out->class = (enum assay_class) class;
	return 0;
}

static int read_ledger(struct assay_cursor *cur, struct assay_strings *names,
                       struct assay_ledger *out, struct assay_error *err)
{
	uint64_t count, offset = 0;

	if (assay_wire_get_number(cur, &out->size, err) < 0 ||
	    assay_wire_get_number(cur, &out->coalesced, err) < 0 ||
	    assay_wire_get_count(cur, &count, err) < 0)
		return -1;
	if (count > assay_cursor_left(cur) / RANGE_LENGTH)
		return assay_fail(err, ASSAY_E_FORMAT, "more ranges than there are");
	out->cap = (size_t)count;
	out->ranges = assay_calloc(out->cap, sizeof(*out->ranges));
	while (out->count < out->cap) {
		struct assay_range *range = &out->ranges[out->count++];

		if (read_range(cur, names, offset, range, err) < 0)
			return -1;
		if (__builtin_add_overflow(offset, range->length, &offset))
			return assay_fail(err, ASSAY_E_FORMAT, "a range past all bounds");
	}
	return assay_ledger_check(out, err);
}

/* --- the parts of a comparison ------------------------------------------------------------ */

static void write_subject(struct assay_buffer *out, const struct assay_subject *subject)
{
	assay_wire_text(out, subject->name);
	assay_wire_number(out, subject->size);
	assay_buffer_add(out, subject->sha256.bytes, ASSAY_SHA256_SIZE);
}

static int read_subject(struct assay_cursor *cur, struct assay_subject *out,
                        struct assay_error *err)
{
	struct assay_span digest;

	if (assay_wire_get_text(cur, false, &out->name, err) < 0 ||
	    assay_wire_get_number(cur, &out->size, err) < 0 ||
	    assay_cursor_take(cur, ASSAY_SHA256_SIZE, &digest, err) < 0)
		return -1;
	memcpy(out->sha256.bytes, digest.ptr, ASSAY_SHA256_SIZE);
	return 0;
}

static void write_artefact(struct assay_buffer *out, const struct assay_artefact *artefact)
{
	assay_wire_text(out, artefact->path);
	assay_wire_text(out, artefact->format);
	assay_wire_number(out, artefact->tier);
	write_ledger(out, &artefact->ledger);
}

static int read_artefact(struct assay_cursor *cur, struct assay_comparison *to,
                         struct assay_error *err)
{
	struct assay_artefact *out;
	unsigned tier;

	assay_grow(&to->artefacts, &to->artefact_cap, to->artefact_count, sizeof(*to->artefacts));
	out = &to->artefacts[to->artefact_count++];
	*out = (struct assay_artefact){ 0 };
	if (assay_wire_get_text(cur, false, &out->path, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->format, err) < 0 ||
	    assay_wire_get_below(cur, ASSAY_TIER_INCONCLUSIVE + 1, &tier, err) < 0 ||
	    read_ledger(cur, &to->names, &out->ledger, err) < 0)
		return -1;
	if (out->format == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "an artefact without a format");
	out->tier = assay_tier_worse((enum assay_tier)tier,
	                             assay_class_tier(assay_ledger_worst(&out->ledger)));
	return 0;
}

static void write_excerpt(struct assay_buffer *out, const struct assay_excerpt *excerpt)
{
	assay_wire_bytes(out, assay_span_of_bytes(&excerpt->bytes));
	assay_wire_number(out, excerpt->before);
	assay_wire_number(out, excerpt->length);
}

static int read_excerpt(struct assay_cursor *cur, struct assay_excerpt *out,
                        struct assay_error *err)
{
	unsigned before, length;

	if (assay_wire_get_bytes(cur, EXCERPT_MAX, &out->bytes, err) < 0 ||
	    assay_wire_get_below(cur, out->bytes.len + 1, &before, err) < 0 ||
	    assay_wire_get_below(cur, EXCERPT_MAX + 1, &length, err) < 0)
		return -1;
	if (length > out->bytes.len - before)
		length = (unsigned)(out->bytes.len - before);
	out->before = before;
	out->length = length;
	return 0;
}

static void write_finding(struct assay_buffer *out, const struct assay_finding *finding)
{
	assay_wire_text(out, finding->artefact);
	assay_wire_number(out, finding->offset);
	assay_wire_number(out, finding->length);
	assay_wire_number(out, finding->class);
	assay_wire_text(out, finding->rule);
	assay_wire_text(out, finding->cause);
	assay_wire_text(out, finding->item);
	assay_wire_text(out, finding->text);
	write_excerpt(out, &finding->delivered);
	write_excerpt(out, &finding->rebuilt);
}

/* Its text was quoted by the writer, and its rule and class belong together. */
static int check_finding(const struct assay_finding *finding, struct assay_error *err)
{
	struct assay_span text = assay_span_of_str(finding->text);
	bool may_have_rule = finding->class != ASSAY_CLASS_UNEXPLAINED &&
	                     finding->class != ASSAY_CLASS_IDENTICAL;

	if (assay_quote_plain(text) != text.len || (finding->rule != NULL && !may_have_rule))
		return assay_fail(err, ASSAY_E_FORMAT, "a finding that is none");
	return 0;
}

/* Whether it names no reason: one that stands for what was left out, and no other. */
static bool lacks_reason(const struct assay_finding *finding)
{
	if (finding->class == ASSAY_CLASS_IDENTICAL)
		return finding->cause == NULL;
	return finding->class != ASSAY_CLASS_UNEXPLAINED && finding->rule == NULL;
}

static int check_findings(const struct assay_comparison *comparison, struct assay_error *err)
{
	if (comparison->finding_count > ASSAY_FINDINGS_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "more findings than are told");
	for (size_t i = 0; i < comparison->finding_count; i++)
		if (lacks_reason(&comparison->findings[i]) && comparison->findings_left_out == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "a finding without a rule");
	return 0;
}

static int read_finding(struct assay_cursor *cur, struct assay_comparison *to,
                        struct assay_error *err)
{
	struct assay_finding *out;
	unsigned class;

	assay_grow(&to->findings, &to->finding_cap, to->finding_count, sizeof(*to->findings));
	out = &to->findings[to->finding_count++];
	*out = (struct assay_finding){ 0 };
	if (assay_wire_get_text(cur, false, &out->artefact, err) < 0 ||
	    assay_wire_get_number(cur, &out->offset, err) < 0 ||
	    assay_wire_get_number(cur, &out->length, err) < 0 ||
	    assay_wire_get_below(cur, ASSAY_CLASS_COUNT, &class, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->rule, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->cause, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->item, err) < 0 ||
	    assay_wire_get_text(cur, false, &out->text, err) < 0 ||
	    read_excerpt(cur, &out->delivered, err) < 0 ||
	    read_excerpt(cur, &out->rebuilt, err) < 0)
		return -1;
	out->class = (enum assay_class) class;
	return check_finding(out, err);
}

static void write_transplant(struct assay_buffer *out, const struct assay_transplant *transplant)
{
	assay_wire_text(out, transplant->artefact);
	assay_wire_number(out, transplant->offset);
	assay_wire_text(out, transplant->rule);
	assay_wire_text(out, transplant->what);
	assay_wire_bytes(out, assay_span_of_bytes(&transplant->value));
	assay_wire_number(out, transplant->zeros_at);
	assay_wire_number(out, transplant->zeros);
	assay_wire_number(out, transplant->count);
}

static int read_transplant(struct assay_cursor *cur, struct assay_comparison *to,
                           struct assay_error *err)
{
	struct assay_transplant *out;

	assay_grow(&to->transplants, &to->transplant_cap, to->transplant_count,
	           sizeof(*to->transplants));
	out = &to->transplants[to->transplant_count++];
	*out = (struct assay_transplant){ 0 };
	if (assay_wire_get_text(cur, false, &out->artefact, err) < 0 ||
	    assay_wire_get_number(cur, &out->offset, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->rule, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->what, err) < 0 ||
	    assay_wire_get_bytes(cur, VALUE_MAX, &out->value, err) < 0 ||
	    assay_wire_get_number(cur, &out->zeros_at, err) < 0 ||
	    assay_wire_get_number(cur, &out->zeros, err) < 0 ||
	    assay_wire_get_number(cur, &out->count, err) < 0)
		return -1;
	if (out->rule == NULL || out->what == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a transplant without a rule");
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------- */

void assay_wire_write(const struct assay_comparison *comparison, struct assay_buffer *out)
{
	write_subject(out, &comparison->delivered);
	write_subject(out, &comparison->rebuilt);
	assay_wire_number(out, comparison->artefact_count);
	for (size_t i = 0; i < comparison->artefact_count; i++)
		write_artefact(out, &comparison->artefacts[i]);
	assay_wire_number(out, comparison->finding_count);
	for (size_t i = 0; i < comparison->finding_count; i++)
		write_finding(out, &comparison->findings[i]);
	assay_wire_number(out, comparison->transplant_count);
	for (size_t i = 0; i < comparison->transplant_count; i++)
		write_transplant(out, &comparison->transplants[i]);
	assay_wire_number(out, comparison->findings_left_out);
}

typedef int read_item(struct assay_cursor *cur, struct assay_comparison *to,
                      struct assay_error *err);

static int read_list(struct assay_cursor *cur, read_item *read, struct assay_comparison *to,
                     struct assay_error *err)
{
	uint64_t count;

	if (assay_wire_get_count(cur, &count, err) < 0)
		return -1;
	for (uint64_t i = 0; i < count; i++)
		if (read(cur, to, err) < 0)
			return -1;
	return 0;
}

int assay_wire_read(struct assay_span span, struct assay_comparison *out, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(span, false);

	if (read_subject(&cur, &out->delivered, err) < 0 ||
	    read_subject(&cur, &out->rebuilt, err) < 0 ||
	    read_list(&cur, read_artefact, out, err) < 0 ||
	    read_list(&cur, read_finding, out, err) < 0 ||
	    read_list(&cur, read_transplant, out, err) < 0 ||
	    assay_wire_get_number(&cur, &out->findings_left_out, err) < 0)
		return -1;
	if (assay_cursor_left(&cur) != 0 || out->artefact_count == 0 ||
	    *out->artefacts[0].path != '\0')
		return assay_fail(err, ASSAY_E_FORMAT, "bytes too many, or no artefact");
	if (check_findings(out, err) < 0)
		return -1;
	return assay_comparison_conclude(out, err);
}
