/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Change every byte of small containers, one at a time, with checksums made true again (fuzz/repair.h): no change may match, except bits of a compressed stream that unpack to the same and
 * values that are transplanted.
 * The containers are the seeds of fuzz_compare.
 */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../fuzz/repair.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/memory.h"
#include "compare/compare.h"

#define BLOCK 512

static const struct {
	const char *name;
	unsigned few; /* percent of the changes that may match: bits of a compressed stream that do
	                 not matter to what it unpacks to, numbers of a file system */
} seeds[] = {
	{ "android-boot", 0 },  { "ar", 0 },        { "deb", 0 },           { "deb-stale", 5 },
	{ "deb-xz", 5 },        { "gzip", 5 },      { "nested", 5 },        { "plain", 0 },
	{ "tar", 0 },           { "xz", 5 },        { "zstd", 5 },          { "tar-pax", 0 },
	{ "tar-long-name", 0 }, { "bzip2", 5 },     { "lzma", 15 },         { "lz4", 5 },
	{ "lz4-legacy", 5 },    { "cpio", 15 },     { "cpio-crc", 15 },     { "cpio-odc", 10 },
	{ "cpio-old", 5 },      { "zip", 5 },       { "romfs", 0 },         { "ubi", 1 },
	{ "cramfs", 5 },        { "squashfs", 5 },  { "ext2", 1 },          { "ext4", 1 },
	{ "fdt", 15 },          { "fit", 5 },       { "fit-external", 15 }, { "fip", 15 },
	{ "flash", 0 },         { "gpt", 0 },       { "mbr", 0 },           { "sparse", 5 },
	{ "trx", 0 },           { "uboot-env", 0 }, { "uimage", 0 },        { "uimage-multi", 0 },
	{ "rpm", 0 },           { "lzop", 5 },      { "apk", 5 },           { "ipk", 5 },
	{ "swu", 15 },          { "rauc", 5 },      { "fat12", 0 },         { "fat32", 1 },
	{ "verity", 0 },        { "pe", 1 },        { "pe-signed", 0 },     { "tar-map", 0 },
	{ "tar-sparse", 0 },    { "jffs2", 8 },
};

static const uint8_t changes[] = { 0x01, 0x80, 0x20 };

/* The first file of a seed. */
static struct assay_bytes load_seed(const char *name)
{
	ASSAY_AUTO_BYTES struct assay_bytes seed = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_bytes out = { 0 };
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/compare/%s",
	               getenv("top_srcdir") != NULL ? getenv("top_srcdir") : ".", name);
	if (assay_file_read(AT_FDCWD, path, 1 << 20, &seed, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(seed.len > 4);
	out.len = (size_t)assay_load(seed.ptr, 4, false);
	assert_true(out.len <= seed.len - 4);
	out.ptr = assay_calloc(out.len, 1);
	memcpy(out.ptr, seed.ptr + 4, out.len);
	return out;
}

static enum assay_tier tier_of(struct assay_span delivered, struct assay_span rebuilt)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison result = { 0 };
	const struct assay_side sides[2] = { { "a", delivered }, { "b", rebuilt } };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_compare(&sides[0], &sides[1], NULL, &result, &err) < 0)
		fail_msg("%s", err.text);
	return result.tier;
}

/* Whether a byte is one of those at from, up to to, behind a magic. */
static bool is_behind(struct assay_span file, size_t at, const char *magic, size_t from, size_t to)
{
	size_t len = strlen(magic);

	for (size_t back = from; back < to && back <= at; back++)
		if (assay_span_starts(assay_span_sub(file, at - back, len), magic, len))
			return true;
	return false;
}

/*
 * seeds.py: times, UUID and seeds, and nothing else; but no time of mounting and no high bytes of
 * times are set, nor what of an inode of 256 bytes is a time, nor its generation.
 */
static bool is_opaque_in_ext(struct assay_span file, size_t at)
{
	size_t table = (size_t)assay_load(file.ptr + 2048 + 8, 4, false) * 1024;
	size_t size = (size_t)assay_load(file.ptr + 1112, 2, false), in = (at - table) % size;

	if (file.ptr[at] == 0x5a || (at >= 1068 && at < 1072) || (at >= 1652 && at < 1656))
		return true;
	return at >= table && at < table + 16 * size &&
	       ((in >= 100 && in < 104) || (in >= 132 && in < 152));
}

/* The signature in the signature header of an RPM package, from its hash algorithm on: a length, two
 * subpackets (of which the first has these bytes in front), two bytes and a number; seeds.py. */
static bool is_in_signature(struct assay_span file, size_t at)
{
	const uint8_t *mark = memmem(file.ptr, file.len, "\5\2", 2);
	size_t start = mark != NULL ? (size_t)(mark - file.ptr) : 0;

	return start > 3 && at >= start - 3 && at < start + 38;
}

/* In a package or an update file; bytes_used: what is behind a file system signs it. */
static bool is_opaque_in_package(struct assay_span file, size_t at)
{
	if (assay_span_starts(file, "\xed\xab\xee\xdb", 4))
		return is_in_signature(file, at);
	if (assay_span_starts(file, "MZ", 2)) /* seeds.py: where PE32+ says that certificates are */
		return at >= assay_load(file.ptr + 296, 4, false) &&
		       assay_load(file.ptr + 296, 4, false) > 0;
	return assay_span_starts(file, "hsqs", 4) && at >= assay_load(file.ptr + 40, 8, false);
}

/* In what a disk or flash memory holds. */
static bool is_opaque_in_image(struct assay_span file, size_t at)
{
	if (assay_span_starts(assay_span_sub(file, 1080, 2), "\x53\xef", 2))
		return is_opaque_in_ext(file, at);
	if (assay_span_starts(file, "hsqs", 4) || assay_span_starts(file, "\xd0\x0d\xfe\xed", 4) ||
	    assay_span_starts(file, "\xeb\x3c\x90", 3) || /* the jump of FAT12 */
	    assay_span_starts(file, "\xeb\x58\x90", 3) || /* of FAT32 */
	    assay_span_starts(assay_span_sub(file, 2048, 6), "verity", 6) ||
	    assay_span_starts(file, "\x85\x19", 2) || assay_span_starts(file, "\x19\x85", 2))
		return file.ptr[at] == 0x5a; /* seeds.py: of nothing else */
	return assay_span_starts(assay_span_sub(file, 510, 2), "\x55\xaa", 2) && at >= 440 &&
	       at < 444;
}

/* Whether a byte belongs to a time, or the system in a gzip header: those are transplanted. */
static bool is_opaque(struct assay_span file, size_t at)
{
	static const struct {
		const char *magic;
		size_t from, to;
	} times[] = {
		{ "070701", 46, 54 },          { "070702", 46, 54 }, { "070707", 48, 59 },
		{ "\xc7\x71", 16, 20 },        { "PK\1\2", 12, 16 }, { "PK\3\4", 10, 14 },
		{ "\x27\x05\x19\x56", 8, 12 }, { "mtime=", 6, 26 },
	};
	size_t start = at - at % BLOCK;

	if (is_opaque_in_image(file, at) || is_opaque_in_package(file, at))
		return true;
	for (size_t i = at < 9 ? 0 : at - 9; i <= at; i++)
		if (assay_span_starts(assay_span_sub(file, i, 3), "\x1f\x8b\x08", 3))
			return (at - i >= 4 && at - i < 8) || at - i == 9;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(times); i++)
		if (is_behind(file, at, times[i].magic, times[i].from, times[i].to))
			return true;
	return assay_span_starts(assay_span_sub(file, start + 257, 5), "ustar", 5) &&
	       at - start >= 136 && at - start < 148;
}

/* Change one byte, compare both ways, change it back. Return: whether it matched */
static bool try_change(struct assay_bytes *file, struct assay_span original, size_t at,
                       uint8_t bits)
{
	enum assay_tier there, back;

	file->ptr[at] ^= bits;
	repair_checksums(file, at);
	there = tier_of(assay_span_of_bytes(file), original);
	back = tier_of(original, assay_span_of_bytes(file));
	memcpy(file->ptr, original.ptr, original.len);
	assert_int_not_equal(there, ASSAY_TIER_IDENTICAL);
	assert_int_not_equal(back, ASSAY_TIER_IDENTICAL);
	assert_int_equal(there < ASSAY_TIER_DIFFERENT, back < ASSAY_TIER_DIFFERENT);
	if (there == ASSAY_TIER_TRANSPLANTED) {
		assert_true(is_opaque(original, at));
		return false;
	}
	if (there < ASSAY_TIER_DIFFERENT)
		assert_int_equal(there, ASSAY_TIER_REPACKED);
	return there < ASSAY_TIER_DIFFERENT;
}

/* Bytes from one that is changed to the next: 1, or odd when a sample is enough (HACKING.md). */
static size_t step_in(size_t length)
{
	const char *sample = getenv("ASSAY_TEST_SAMPLE");
	size_t count = sample != NULL ? (size_t)strtoul(sample, NULL, 10) : 0;

	return count == 0 || length <= count ? 1 : length / count | 1;
}

static void test_every_byte(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(seeds); i++) {
		ASSAY_AUTO_BYTES struct assay_bytes original = load_seed(seeds[i].name);
		ASSAY_AUTO_BYTES struct assay_bytes file = load_seed(seeds[i].name);
		size_t matches = 0, before = tried, step = step_in(file.len);

		for (size_t at = 0; at < file.len; at += step)
			for (size_t k = 0; k < ASSAY_ARRAY_LEN(changes); k++, tried++)
				matches += try_change(&file, assay_span_of_bytes(&original), at,
				                      changes[k]);
		print_message("# %s: %zu changes, %zu unpack to the same\n", seeds[i].name,
		              tried - before, matches);
		assert_true(step > 1 || matches * 100 <= (tried - before) * seeds[i].few);
	}
	assert_true(tried > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_byte) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
