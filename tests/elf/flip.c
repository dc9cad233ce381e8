/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Change every byte of an ELF file, one at a time, and hold the answer against the judge's map
 * (judge.py): from both sides, since what was delivered may be either of the two.
 *
 * Usage: flip FILE MAP [COUNT]. With COUNT, that many bytes, drawn by a fixed seed. Prints the first
 * exceptions and a count of each kind of answer; exits with 1 when there is an exception.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "compare/elfcmp/elf.h"

#define FILE_MAX_LEN ((uint64_t)1 << 24) /* bytes */
#define SHOWN_MAX 10

/* One keeps most text printable, the other none. */
static const uint8_t masks[] = { 0x01, 0x80 };

struct count {
	size_t compared, normalised, exceptions;
};

static enum assay_tier tier_of(struct assay_span delivered, struct assay_span rebuilt,
                               struct assay_error *err)
{
	struct assay_node *node = assay_node_new("", delivered, rebuilt);
	enum assay_tier tier;

	assay_node_compare_elf(node);
	assay_node_settle(node);
	tier = assay_ledger_check(&node->ledger, err) < 0 ? ASSAY_TIER_INCONCLUSIVE : node->tier;
	assay_node_free(node);
	return tier;
}

static bool is_printable(uint8_t byte)
{
	return byte == 0 || byte == '\t' || byte == '\n' || (byte >= 0x20 && byte < 0x7f);
}

static bool is_right(char letter, uint8_t value, enum assay_tier tier)
{
	bool normalised = tier == ASSAY_TIER_NORMALISED;

	if (!normalised && tier != ASSAY_TIER_DIFFERENT)
		return false; /* in particular not identical */
	switch (letter) {
	case 'M':
		return normalised;
	case 'T':
		return normalised == is_printable(value);
	case 'A':
		return true;
	default:
		return !normalised;
	}
}

static void flip(struct assay_span file, uint8_t *copy, size_t at, char letter, struct count *count)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(masks); i++) {
		struct assay_span changed = assay_span_of(copy, file.len);
		struct assay_error err = ASSAY_ERROR_INIT;
		enum assay_tier tiers[2];

		copy[at] ^= masks[i];
		tiers[0] = tier_of(changed, file, &err);
		tiers[1] = tier_of(file, changed, &err);
		for (size_t k = 0; k < ASSAY_ARRAY_LEN(tiers); k++) {
			count->compared++;
			count->normalised += tiers[k] == ASSAY_TIER_NORMALISED;
			if (is_right(letter, copy[at], tiers[k]))
				continue;
			if (count->exceptions++ < SHOWN_MAX)
				(void)printf("# offset %zu, %02x -> %02x, %s: judge %c, assay %s\n",
				             at, file.ptr[at], copy[at],
				             k == 0 ? "delivered" : "rebuilt", letter,
				             assay_tier_name(tiers[k]));
		}
		copy[at] = file.ptr[at];
	}
}

/* xorshift64 (Marsaglia, "Xorshift RNGs", 2003): the same bytes on every machine. */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* sample: how many bytes to change; 0 for each of them once */
static void flip_all(struct assay_span file, struct assay_span map, uint8_t *copy, size_t sample,
                     struct count *count)
{
	uint64_t state = file.len;

	for (size_t i = 0; i < (sample > 0 ? sample : file.len); i++) {
		size_t at = sample > 0 ? (size_t)(draw(&state) % file.len) : i;

		flip(file, copy, at, (char)map.ptr[at], count);
	}
}

static int run(const char *path, const char *map_path, size_t sample, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes copy = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes map = { 0 };
	struct count count = { 0 };

	if (assay_file_read(AT_FDCWD, path, FILE_MAX_LEN, &file, err) < 0 ||
	    assay_file_read(AT_FDCWD, path, FILE_MAX_LEN, &copy, err) < 0 ||
	    assay_file_read(AT_FDCWD, map_path, FILE_MAX_LEN, &map, err) < 0)
		return -1;
	if (map.len != file.len || file.len == 0)
		return assay_fail(err, ASSAY_E_USAGE, "the map is not one of this file");
	if (tier_of(assay_span_of_bytes(&file), assay_span_of_bytes(&copy), err) !=
	    ASSAY_TIER_IDENTICAL)
		return assay_fail(err, ASSAY_E_FORMAT, "the file does not equal itself");
	flip_all(assay_span_of_bytes(&file), assay_span_of_bytes(&map), copy.ptr, sample, &count);
	(void)printf(
		"# %zu bytes, %zu comparisons: %zu normalised, %zu different, %zu exceptions\n",
		file.len, count.compared, count.normalised, count.compared - count.normalised,
		count.exceptions);
	return count.exceptions > 0;
}

int main(int argc, char *argv[])
{
	struct assay_error err = ASSAY_ERROR_INIT;
	bool usable = argc == 3 || argc == 4;
	size_t sample = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int status = usable ? run(argv[1], argv[2], sample, &err) : -1;

	if (status < 0)
		(void)fprintf(stderr, "flip: %s\n", usable ? err.text : "wants FILE MAP [COUNT]");
	return status < 0 ? 2 : status;
}
