/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf_oracle.h"

#include <elf.h>
#include <string.h>

#include "base/cursor.h"

#define PAGE 4096
#define BUILD_ID_MAX 64 /* bytes */

struct elf_view elf_view_of(const struct fuzz_file *file)
{
	fuzz_assert(file->len >= 52 && memcmp(file->bytes, "\177ELF", 4) == 0);
	return (struct elf_view){ file, file->bytes[4] == 2, file->bytes[5] == 2 };
}

uint64_t elf_view_at(const struct elf_view *view, uint64_t offset, size_t width)
{
	fuzz_assert(offset <= view->file->len && width <= view->file->len - offset);
	return assay_load(view->file->bytes + offset, width, view->big);
}

static uint64_t phoff(const struct elf_view *view)
{
	return view->wide ? elf_view_at(view, 32, 8) : elf_view_at(view, 28, 4);
}

static uint64_t phnum(const struct elf_view *view)
{
	return elf_view_at(view, view->wide ? 56 : 44, 2);
}

static uint64_t field(const struct elf_view *view, uint64_t index, size_t narrow, size_t wide)
{
	uint64_t start = phoff(view) + index * (view->wide ? 56 : 32);
	size_t width = narrow == 0 || narrow == 24 ? 4 : view->wide ? 8 : 4;

	return elf_view_at(view, start + (view->wide ? wide : narrow), width);
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

bool elf_view_in_build_id(const struct elf_view *view, uint64_t offset)
{
	for (uint64_t back = 0; back < BUILD_ID_MAX && back + 16 <= offset; back++) {
		uint64_t note = offset - back - 16;

		if (memcmp(view->file->bytes + note + 12, "GNU", 4) == 0 &&
		    elf_view_at(view, note, 4) == 4 &&
		    elf_view_at(view, note + 8, 4) == NT_GNU_BUILD_ID &&
		    elf_view_at(view, note + 4, 4) > back &&
		    elf_view_at(view, note + 4, 4) <= BUILD_ID_MAX)
			return true;
	}
	return false;
}

/* e_shoff, and e_shentsize to e_shstrndx, which are the last of the header. */
static bool in_table_field(const struct elf_view *view, uint64_t offset)
{
	if (view->wide)
		return (offset >= 40 && offset < 48) || (offset >= 58 && offset < 64);
	return (offset >= 32 && offset < 36) || (offset >= 46 && offset < 52);
}

static void check_same(const struct elf_view *a, const struct elf_view *b, uint64_t start,
                       uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		fuzz_assert(byte_of(a->file, i) == byte_of(b->file, i) || in_table_field(a, i) ||
		            (elf_view_in_build_id(a, i) && elf_view_in_build_id(b, i)));
}

static bool all_executable(const struct elf_view *view)
{
	bool found = false;

	for (uint64_t i = 0; i < phnum(view); i++) {
		if (field(view, i, P_TYPE) != PT_GNU_STACK)
			continue;
		found = true;
		if ((field(view, i, P_FLAGS) & PF_X) != 0)
			return true;
	}
	return !found;
}

void elf_oracle_linked(const struct fuzz_pair *pair)
{
	struct elf_view a = elf_view_of(&pair->delivered), b = elf_view_of(&pair->rebuilt);
	bool all = all_executable(&a);

	check_same(&a, &b, 0, a.wide ? 64 : 52);
	check_same(&a, &b, phoff(&a), phoff(&a) + phnum(&a) * (a.wide ? 56 : 32));
	for (uint64_t i = 0; i < phnum(&a); i++) {
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
