/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two ELF files made from one (edits.h).
 *
 * Claims: no crash; a sound ledger; equal files and no others are identical, both ways round; and
 * if it is a match, either way, everything that is loaded is equal by a computation of its own
 * (the oracle below), but for up to 64 bytes behind the head of a GNU build-id note and the four
 * header fields about section headers.
 */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "edits.h"
#include "fuzz.h"

#define PAGE 4096
#define BUILD_ID_MAX 64

/* --- the oracle: what is loaded, without any of assay's ELF code --- */

/* The few fields that the oracle needs, by offset in 32 and 64 bits. */
struct view {
	const struct fuzz_file *file;
	bool wide, big;
	uint64_t phoff, phnum, phentsize;
};

static uint64_t at(const struct view *view, uint64_t offset, size_t width)
{
	fuzz_assert(offset <= view->file->len && width <= view->file->len - offset);
	return assay_load(view->file->bytes + offset, width, view->big);
}

static struct view look(const struct fuzz_file *file)
{
	struct view view = { .file = file, .wide = true };

	fuzz_assert(file->len >= 52 && memcmp(file->bytes, "\177ELF", 4) == 0);
	view.wide = file->bytes[4] == 2;
	view.big = file->bytes[5] == 2;
	view.phoff = view.wide ? at(&view, 32, 8) : at(&view, 28, 4);
	view.phentsize = view.wide ? 56 : 32;
	view.phnum = at(&view, view.wide ? 56 : 44, 2);
	fuzz_assert(at(&view, 16, 2) == ET_EXEC || at(&view, 16, 2) == ET_DYN);
	return view;
}

static uint64_t field(const struct view *view, uint64_t index, size_t narrow, size_t wide)
{
	uint64_t start = view->phoff + index * view->phentsize;
	size_t width = narrow == 0 || narrow == 24 ? 4 : view->wide ? 8 : 4;

	return at(view, start + (view->wide ? wide : narrow), width);
}

#define P_TYPE 0, 0
#define P_FLAGS 24, 4
#define P_OFFSET 4, 8
#define P_FILESZ 16, 32

/* A byte behind the end is the zero that fills the last page. */
static uint8_t byte_of(const struct fuzz_file *file, uint64_t offset)
{
	return offset < file->len ? file->bytes[offset] : 0;
}

/* Whether a byte lies in the value of a GNU build-id, going by the bytes in front of it alone. */
static bool in_build_id(const struct view *view, uint64_t offset)
{
	for (uint64_t back = 0; back < BUILD_ID_MAX && back + 16 <= offset; back++) {
		uint64_t note = offset - back - 16;

		if (memcmp(view->file->bytes + note + 12, "GNU", 4) == 0 &&
		    at(view, note, 4) == 4 && at(view, note + 8, 4) == NT_GNU_BUILD_ID &&
		    at(view, note + 4, 4) > back && at(view, note + 4, 4) <= BUILD_ID_MAX)
			return true;
	}
	return false;
}

/* e_shoff, and e_shentsize to e_shstrndx, which are the last of the header. */
static bool in_table_field(const struct view *view, uint64_t offset)
{
	if (view->wide)
		return (offset >= 40 && offset < 48) || (offset >= 58 && offset < 64);
	return (offset >= 32 && offset < 36) || (offset >= 46 && offset < 52);
}

static void check_same(const struct view *a, const struct view *b, uint64_t start, uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		fuzz_assert(byte_of(a->file, i) == byte_of(b->file, i) || in_table_field(a, i) ||
		            (in_build_id(a, i) && in_build_id(b, i)));
}

static bool all_executable(const struct view *view)
{
	bool found = false;

	for (uint64_t i = 0; i < view->phnum; i++) {
		if (field(view, i, P_TYPE) != PT_GNU_STACK)
			continue;
		found = true;
		if ((field(view, i, P_FLAGS) & PF_X) != 0)
			return true;
	}
	return !found;
}

static void check_loaded(const struct fuzz_file *delivered, const struct fuzz_file *rebuilt)
{
	struct view a = look(delivered), b = look(rebuilt);
	bool all = all_executable(&a);

	check_same(&a, &b, 0, a.wide ? 64 : 52);
	check_same(&a, &b, a.phoff, a.phoff + a.phnum * a.phentsize);
	for (uint64_t i = 0; i < a.phnum; i++) {
		uint64_t start = field(&a, i, P_OFFSET), end = start + field(&a, i, P_FILESZ);

		if (field(&a, i, P_TYPE) == PT_NULL || start == end)
			continue;
		if (field(&a, i, P_TYPE) == PT_LOAD &&
		    (all || (field(&a, i, P_FLAGS) & PF_X) != 0)) {
			start = start / PAGE * PAGE;
			end = (end + PAGE - 1) / PAGE * PAGE;
		}
		check_same(&a, &b, start, end);
	}
}

/* Those have a target of their own. */
static bool is_relocatable(const struct fuzz_file *file)
{
	return file->len >= 52 &&
	       assay_load(file->bytes + 16, 2, file->bytes[5] == ELFDATA2MSB) == ET_REL;
}

/* --- the claims --- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file delivered, rebuilt;
	enum assay_tier tier, back;
	bool equal;

	fuzz_make_files(data, size, &delivered, &rebuilt);
	equal = delivered.len == rebuilt.len &&
	        memcmp(delivered.bytes, rebuilt.bytes, delivered.len) == 0;
	tier = fuzz_tier_of(&delivered, &rebuilt);
	fuzz_assert((tier == ASSAY_TIER_IDENTICAL) == equal);
	back = fuzz_tier_of(&rebuilt, &delivered);
	fuzz_assert((back == ASSAY_TIER_IDENTICAL) == equal);
	if ((tier <= ASSAY_TIER_NORMALISED || back <= ASSAY_TIER_NORMALISED) && !equal &&
	    !is_relocatable(&delivered))
		check_loaded(&delivered, &rebuilt);
	return 0;
}
