/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two artefacts that differ are never identical, and match only by rules. The input is two files
 * behind a length: four bytes, little-endian, of the first.
 *
 * With ASSAY_FUZZ_LIKE in the environment, the name of such an input, only those are looked at whose
 * first file is of the format of its first file.
 */
#include <fcntl.h>

#include "base/cursor.h"
#include "base/file.h"
#include "compare/compare.h"
#include "formats/reader.h"
#include "fuzz.h"
#include "repair.h"
#include "report/report.h"

/* Small, so that a bomb is a limit and not a slow run. */
static const struct assay_unpack_limits limits = { .depth = 6,
	                                           .members = 1000,
	                                           .bytes = 1 << 22,
	                                           .ratio = 1000,
	                                           .ratio_from = 1 << 16,
	                                           .tables = 1 << 20 };

static void check_ledgers(const struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		const struct assay_artefact *artefact = &comparison->artefacts[i];
		struct assay_error err = ASSAY_ERROR_INIT;
		uint64_t sums[ASSAY_CLASS_COUNT], total = 0;

		fuzz_assert(assay_ledger_check(&artefact->ledger, &err) == 0);
		assay_ledger_sum(&artefact->ledger, sums);
		for (int class = 0; class < ASSAY_CLASS_COUNT; class ++)
			total += sums[class];
		fuzz_assert(total == artefact->ledger.size);
		fuzz_assert(artefact->tier >=
		            assay_class_tier(assay_ledger_worst(&artefact->ledger)));
		fuzz_assert(artefact->tier <= comparison->tier);
	}
}

/* Whether any finding is of a class that only a rule gives. */
static bool has_rule(const struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *finding = &comparison->findings[i];

		fuzz_assert((finding->rule != NULL) == (finding->class != ASSAY_CLASS_UNEXPLAINED &&
		                                        finding->class != ASSAY_CLASS_IDENTICAL));
		if (finding->rule != NULL)
			return true;
	}
	return false;
}

/* Whether the delivered side may have a signature that the other lacks: never the other way round. */
static bool has_signature(const struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->transplant_count; i++)
		if (strstr(comparison->transplants[i].rule, "/signature@") != NULL)
			return true;
	return false;
}

/* Return: whether it matches by a signature. */
static bool check_pair(struct assay_span a, struct assay_span b, enum assay_tier *tier)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	const struct assay_side sides[2] = { { "a", a }, { "b", b } };
	const struct assay_compare_options options = { .limits = &limits };
	struct assay_error err = ASSAY_ERROR_INIT;
	bool equal = assay_span_equal(a, b);

	/* Whatever the bytes are, there is a verdict. */
	fuzz_assert(assay_compare(&sides[0], &sides[1], &options, &comparison, &err) == 0);
	check_ledgers(&comparison);
	fuzz_assert(equal == (comparison.tier == ASSAY_TIER_IDENTICAL));
	fuzz_assert(equal || comparison.finding_count > 0);
	if (!equal && comparison.tier < ASSAY_TIER_DIFFERENT)
		fuzz_assert(has_rule(&comparison));
	assay_report_text_all(&comparison, ASSAY_TIER_NORMALISED, &text);
	for (size_t i = 0; i < text.len; i++)
		fuzz_assert((unsigned char)text.ptr[i] >= 0x20 || text.ptr[i] == '\n');
	json = assay_report_json(&comparison, ASSAY_TIER_NORMALISED);
	*tier = comparison.tier;
	return comparison.tier < ASSAY_TIER_DIFFERENT && has_signature(&comparison);
}

static struct assay_span first_of(struct assay_span input)
{
	return assay_span_sub(input, 4, assay_load(input.ptr, 4, false));
}

/* Out: *reader, for the format that is wanted, looked up once. Return: false when all are */
static bool is_one_wanted(const struct assay_reader **reader)
{
	static const struct assay_reader *found;
	static bool known;
	const char *path = getenv("ASSAY_FUZZ_LIKE");
	ASSAY_AUTO_BYTES struct assay_bytes seed = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (path == NULL)
		return false;
	if (!known) {
		fuzz_assert(assay_file_read(AT_FDCWD, path, 16 << 20, &seed, &err) == 0);
		fuzz_assert(seed.len > 4);
		found = assay_reader_for(first_of(assay_span_of_bytes(&seed)));
		known = true;
	}
	*reader = found;
	return true;
}

static bool is_wanted(struct assay_span input)
{
	const struct assay_reader *reader;

	return !is_one_wanted(&reader) || assay_reader_for(first_of(input)) == reader;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assay_span all = assay_span_of(data, size), a, b;
	enum assay_tier there, back;
	bool signature;
	uint64_t length;

	if (size < 4 || !is_wanted(all))
		return 0;
	length = assay_load(data, 4, false);
	a = assay_span_sub(all, 4, length);
	b = assay_span_sub(all, 4 + a.len, size);
	signature = check_pair(a, b, &there);
	signature |= check_pair(b, a, &back);
	/* Which side is called delivered does not make a match. */
	fuzz_assert((there < ASSAY_TIER_DIFFERENT) == (back < ASSAY_TIER_DIFFERENT) || signature);
	return 0;
}

/* libFuzzer's own mutations; there only in its programs. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t first, len = LLVMFuzzerMutate(data, size, max);
	struct assay_bytes a, b;

	if (len < 4 || seed % 8 == 0)
		return len;
	first = (size_t)assay_load(data, 4, false) % (len - 3);
	a = (struct assay_bytes){ data + 4, first };
	b = (struct assay_bytes){ data + 4 + first, len - 4 - first };
	repair_checksums(&a, REPAIR_ALL);
	repair_checksums(&b, REPAIR_ALL);
	return len;
}
