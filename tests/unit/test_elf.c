/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One small ELF file, and what becomes of it when a field is changed: what is refused and why,
 * and what each byte is for. */
#include "testing.h"

#include <elf.h>
#include <string.h>

#include "elf/map.h"
#include "elf/note.h"

/* Where things are in the file. */
enum {
	PHDRS = 64,            /* four of 56 bytes */
	NOTE = PHDRS + 4 * 56, /* 36 bytes: a build-id of 20 */
	TEXT = 0x1000,         /* 32 bytes */
	DATA = 0x2000,         /* 16 bytes */
	COMMENT = DATA + 16,   /* 8 bytes */
	NAMES = COMMENT + 8,   /* 40 bytes */
	TABLE = NAMES + 48,    /* six of 64 bytes */
	SIZE = TABLE + 6 * 64,
};

#define BASE 0x400000u
#define PHDR(i, field) (PHDRS + (i)*56 + offsetof(Elf64_Phdr, field))
#define SHDR(i, field) (TABLE + (i)*64 + offsetof(Elf64_Shdr, field))
#define EHDR(field) offsetof(Elf64_Ehdr, field)

static const char names[] = "\0.note\0.text\0.data\0.comment\0.shstrtab";

static void put(uint8_t *file, size_t offset, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		file[offset + i] = (uint8_t)(value >> 8 * i);
}

static void put_segment(uint8_t *file, size_t i, uint32_t type, uint32_t flags, uint64_t offset,
                        uint64_t size)
{
	put(file, PHDR(i, p_type), 4, type);
	put(file, PHDR(i, p_flags), 4, flags);
	put(file, PHDR(i, p_offset), 8, offset);
	put(file, PHDR(i, p_vaddr), 8, BASE + offset);
	put(file, PHDR(i, p_filesz), 8, size);
	put(file, PHDR(i, p_memsz), 8, size);
	put(file, PHDR(i, p_align), 8, type == PT_LOAD ? 0x1000 : 4);
}

static void put_section(uint8_t *file, size_t i, uint32_t name, uint32_t type, uint64_t flags,
                        struct assay_elf_extent at)
{
	put(file, SHDR(i, sh_name), 4, name);
	put(file, SHDR(i, sh_type), 4, type);
	put(file, SHDR(i, sh_flags), 8, flags);
	put(file, SHDR(i, sh_addr), 8, (flags & SHF_ALLOC) != 0 ? BASE + at.offset : 0);
	put(file, SHDR(i, sh_offset), 8, at.offset);
	put(file, SHDR(i, sh_size), 8, at.length);
}

static void make(uint8_t file[SIZE])
{
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	memset(file, 0, SIZE);
	memcpy(file, "\177ELF\2\1\1", 7);
	put(file, EHDR(e_type), 2, ET_EXEC);
	put(file, EHDR(e_machine), 2, EM_X86_64);
	put(file, EHDR(e_version), 4, 1);
	put(file, EHDR(e_entry), 8, BASE + TEXT);
	put(file, EHDR(e_phoff), 8, PHDRS);
	put(file, EHDR(e_shoff), 8, TABLE);
	put(file, EHDR(e_ehsize), 2, 64);
	put(file, EHDR(e_phentsize), 2, 56);
	put(file, EHDR(e_phnum), 2, 4);
	put(file, EHDR(e_shentsize), 2, 64);
	put(file, EHDR(e_shnum), 2, 6);
	put(file, EHDR(e_shstrndx), 2, 5);
	put_segment(file, 0, PT_LOAD, PF_R | PF_X, 0, TEXT + 32);
	put_segment(file, 1, PT_LOAD, PF_R | PF_W, DATA, 16);
	put_segment(file, 2, PT_NOTE, PF_R, NOTE, 36);
	put_segment(file, 3, PT_GNU_STACK, PF_R | PF_W, 0, 0);
	memcpy(file + NOTE, note, sizeof(note));
	memset(file + NOTE + sizeof(note), 0xb1, 20);
	memset(file + TEXT, 0x90, 32);
	memset(file + DATA, 0xda, 16);
	memcpy(file + COMMENT, "GCC: 12", 8);
	memcpy(file + NAMES, names, sizeof(names));
	put_section(file, 1, 1, SHT_NOTE, SHF_ALLOC, (struct assay_elf_extent){ NOTE, 36 });
	put_section(file, 2, 7, SHT_PROGBITS, SHF_ALLOC, (struct assay_elf_extent){ TEXT, 32 });
	put_section(file, 3, 13, SHT_PROGBITS, SHF_ALLOC, (struct assay_elf_extent){ DATA, 16 });
	put_section(file, 4, 19, SHT_PROGBITS, 0, (struct assay_elf_extent){ COMMENT, 8 });
	put_section(file, 5, 28, SHT_STRTAB, 0, (struct assay_elf_extent){ NAMES, 40 });
}

/* One row is one field, another value, and a part of the reason; NULL: still well formed. */
static const struct {
	const char *what;
	size_t offset, width;
	uint64_t value;
	const char *why;
} changes[] = {
	{ "nothing", 0, 1, 0x7f, NULL },
	{ "magic", 1, 1, 'X', "not an ELF file" },
	{ "class", EI_CLASS, 1, 3, "class 3" },
	{ "class of 32 bits", EI_CLASS, 1, ELFCLASS32, "not the size" },
	{ "byte order", EI_DATA, 1, 0, "byte order 0" },
	{ "other byte order", EI_DATA, 1, ELFDATA2MSB, "not a linked file" },
	{ "version in ident", EI_VERSION, 1, 2, "version 2" },
	{ "relocatable", EHDR(e_type), 2, ET_REL, "not a linked file" },
	{ "core", EHDR(e_type), 2, ET_CORE, "not a linked file" },
	{ "shared object", EHDR(e_type), 2, ET_DYN, NULL },
	{ "version", EHDR(e_version), 4, 0, "e_version" },
	{ "header size", EHDR(e_ehsize), 2, 65, "e_ehsize" },
	{ "program header size", EHDR(e_phentsize), 2, 64, "e_phentsize" },
	{ "section header size", EHDR(e_shentsize), 2, 40, "e_shentsize" },
	{ "no program headers", EHDR(e_phnum), 2, 0, "no program headers" },
	{ "many program headers", EHDR(e_phnum), 2, PN_XNUM, "extended numbering" },
	{ "program headers past the end", EHDR(e_phoff), 8, SIZE - 100, "program headers are not" },
	{ "program headers far past it", EHDR(e_phoff), 8, UINT64_MAX - 7,
	  "program headers are not" },
	{ "program headers in the header", EHDR(e_phoff), 8, 32, "program headers are not" },
	{ "segment past the end", PHDR(1, p_filesz), 8, SIZE, "past the end" },
	{ "segment far past the end", PHDR(1, p_offset), 8, UINT64_MAX - 1, "past the end" },
	{ "note past the end", PHDR(2, p_filesz), 8, UINT64_MAX, "past the end" },
	{ "more file than memory", PHDR(1, p_memsz), 8, 15, "p_memsz" },
	{ "odd alignment", PHDR(1, p_align), 8, 0x1800, "power of two" },
	{ "huge alignment", PHDR(1, p_align), 8, 1ull << 31, "huge" },
	{ "incongruent", PHDR(1, p_vaddr), 8, BASE + DATA + 8, "modulo" },
	{ "around the address space", PHDR(1, p_memsz), 8, UINT64_MAX, "wraps" },
	{ "overlap in memory", PHDR(1, p_vaddr), 8, BASE + TEXT, "overlap in memory" },
	{ "overlap in the file", PHDR(1, p_offset), 8, TEXT, "overlap in the file" },
	{ "not sorted", PHDR(0, p_vaddr), 8, BASE + 0x10000, NULL },
	{ "one loadable segment less", PHDR(1, p_type), 4, PT_NULL, NULL },
	{ "unused header with nonsense", PHDR(3, p_type), 4, PT_NULL, NULL },
	{ "no table but a place", EHDR(e_shnum), 2, 0, "e_shoff" },
	{ "table past the end", EHDR(e_shnum), 2, 7, "section headers are not" },
	{ "many sections", EHDR(e_shnum), 2, SHN_LORESERVE, "sections" },
	{ "many names", EHDR(e_shstrndx), 2, SHN_XINDEX, "e_shstrndx" },
	{ "reserved names", EHDR(e_shstrndx), 2, SHN_XINDEX - 1, "e_shstrndx" },
	{ "names in no section", EHDR(e_shstrndx), 2, 0, "e_shstrndx" },
	{ "names past the table", EHDR(e_shstrndx), 2, 6, "e_shstrndx" },
	{ "names that are none", EHDR(e_shstrndx), 2, 4, "no strings" },
	{ "section zero", SHDR(0, sh_size), 8, 1, "section 0" },
	{ "section past the end", SHDR(4, sh_size), 8, SIZE, "past the end" },
	{ "section far past the end", SHDR(4, sh_offset), 8, UINT64_MAX - 3, "past the end" },
	{ "no bytes, so no end", SHDR(4, sh_type), 4, SHT_NOBITS, NULL },
	{ "name past the names", SHDR(4, sh_name), 4, 40, "name" },
	{ "names without an end", NAMES + 39, 1, 'x', NULL },
};

static void test_malformed_files_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(changes); i++) {
		ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		uint8_t file[SIZE];
		int result;

		print_message("# %s\n", changes[i].what);
		make(file);
		put(file, changes[i].offset, changes[i].width, changes[i].value);
		result = assay_elf_parse(assay_span_of(file, SIZE), &elf, &err);
		if (changes[i].why == NULL) {
			assert_int_equal(result, 0);
			continue;
		}
		assert_int_equal(result, -1);
		assert_int_equal(err.code, ASSAY_E_FORMAT);
		assert_non_null(strstr(err.text, changes[i].why));
	}
}

static void test_every_shorter_file_is_refused(void **state)
{
	uint8_t file[SIZE];

	(void)state;
	make(file);
	for (size_t len = 0; len < SIZE; len++) {
		ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
		ASSAY_AUTO_FREE uint8_t *exact = malloc(len + 1); /* a sanitizer sees its end */
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_non_null(exact);
		memcpy(exact, file, len);
		assert_int_equal(assay_elf_parse(assay_span_of(exact, len), &elf, &err), -1);
	}
}

static void assert_map(const struct assay_elf_map *map, const struct assay_elf_range *expected,
                       size_t count)
{
	assert_int_equal(map->count, count);
	for (size_t i = 0; i < count; i++) {
		print_message("# range %zu at %#lx\n", i, (unsigned long)expected[i].offset);
		assert_int_equal(map->ranges[i].offset, expected[i].offset);
		assert_int_equal(map->ranges[i].length, expected[i].length);
		assert_int_equal(map->ranges[i].kind, expected[i].kind);
		assert_int_equal(map->ranges[i].segment, expected[i].segment);
		assert_int_equal(map->ranges[i].section, expected[i].section);
		assert_int_equal(map->ranges[i].disputed, expected[i].disputed);
	}
}

#define NONE ASSAY_ELF_NONE

static void test_map_of_a_plain_file(void **state)
{
	static const struct assay_elf_range expected[] = {
		{ 0, 64, ASSAY_ELF_HEADER, 0, NONE, false },
		{ PHDRS, 224, ASSAY_ELF_SEGMENT_TABLE, 0, NONE, false },
		{ NOTE, 36, ASSAY_ELF_SEGMENT, 0, 1, false },
		{ NOTE + 36, TEXT - NOTE - 36, ASSAY_ELF_SEGMENT, 0, NONE, false },
		{ TEXT, 32, ASSAY_ELF_SEGMENT, 0, 2, false },
		{ TEXT + 32, 0x1000 - 32, ASSAY_ELF_PAGE, 0, NONE, false },
		{ DATA, 16, ASSAY_ELF_SEGMENT, 1, 3, false },
		{ COMMENT, 8, ASSAY_ELF_SECTION, NONE, 4, false },
		{ NAMES, 40, ASSAY_ELF_SECTION, NONE, 5, false },
		{ NAMES + 40, 8, ASSAY_ELF_PADDING, NONE, NONE, false },
		{ TABLE, 6 * 64, ASSAY_ELF_SECTION_TABLE, NONE, NONE, false },
	};
	ASSAY_AUTO_ELF_MAP struct assay_elf_map map = { 0 };
	ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint8_t file[SIZE];

	(void)state;
	make(file);
	assert_int_equal(assay_elf_parse(assay_span_of(file, SIZE), &elf, &err), 0);
	assay_elf_map_init(&elf, &map);
	assert_map(&map, expected, ASSAY_ARRAY_LEN(expected));
	assert_false(map.any_disputed);
	assert_int_equal(map.end, SIZE);
}

/* .comment is over the data; .text is nowhere; bytes follow the table; the stack is executable. */
static void test_map_of_a_lying_file(void **state)
{
	static const struct assay_elf_range expected[] = {
		{ 0, 64, ASSAY_ELF_HEADER, 0, NONE, false },
		{ PHDRS, 224, ASSAY_ELF_SEGMENT_TABLE, 0, NONE, false },
		{ NOTE, 36, ASSAY_ELF_SEGMENT, 0, 1, false },
		{ NOTE + 36, TEXT + 32 - NOTE - 36, ASSAY_ELF_SEGMENT, 0, NONE, false },
		{ TEXT + 32, 0x1000 - 32, ASSAY_ELF_PAGE, 0, NONE, false },
		{ DATA, 8, ASSAY_ELF_SEGMENT, 1, 3, false },
		{ DATA + 8, 8, ASSAY_ELF_SEGMENT, 1, 4, true },
		{ COMMENT, 8, ASSAY_ELF_PAGE, 1, 2, true },
		{ NAMES, 40, ASSAY_ELF_PAGE, 1, 5, false },
		{ NAMES + 40, SIZE + 16 - NAMES - 40, ASSAY_ELF_PAGE, 1, NONE, false },
	};
	ASSAY_AUTO_ELF_MAP struct assay_elf_map map = { 0 };
	ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint8_t file[SIZE + 16] = { 0 };

	(void)state;
	make(file);
	put(file, SHDR(4, sh_offset), 8, DATA + 8);
	put(file, SHDR(2, sh_offset), 8, COMMENT);
	put(file, SHDR(2, sh_size), 8, 8);
	put(file, PHDR(3, p_flags), 4, PF_R | PF_W | PF_X);
	assert_int_equal(assay_elf_parse(assay_span_of(file, sizeof(file)), &elf, &err), 0);
	assay_elf_map_init(&elf, &map);
	assert_map(&map, expected, ASSAY_ARRAY_LEN(expected));
	assert_true(map.disputed[2] && map.disputed[3] && map.disputed[4]);
	assert_false(map.disputed[1] || map.disputed[5]);
	assert_int_equal(map.end, SIZE);
}

static void test_build_id_is_found_by_the_program_headers(void **state)
{
	static const struct {
		const char *what;
		size_t offset, width;
		uint64_t value;
		bool found;
	} rows[] = {
		{ "as it is", 0, 1, 0x7f, true },
		{ "other type", NOTE + 8, 4, 1, false },
		{ "other owner", NOTE + 14, 1, 'X', false },
		{ "owner without a NUL", NOTE, 4, 3, false },
		{ "longer than the segment", NOTE + 4, 4, 21, false },
		{ "huge", NOTE + 4, 4, UINT32_MAX, false },
		{ "huge owner", NOTE, 4, UINT32_MAX, false },
		{ "no such segment", PHDR(2, p_type), 4, PT_NULL, false },
		{ "segment cut short", PHDR(2, p_filesz), 8, 35, false },
		{ "half a note behind it", PHDR(2, p_filesz), 8, 40, false },
		{ "section header has no say", SHDR(1, sh_type), 4, SHT_PROGBITS, true },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_elf_extent at;
		uint8_t file[SIZE];

		print_message("# %s\n", rows[i].what);
		make(file);
		put(file, rows[i].offset, rows[i].width, rows[i].value);
		assert_int_equal(assay_elf_parse(assay_span_of(file, SIZE), &elf, &err), 0);
		assert_int_equal(assay_elf_find_build_id(&elf, &at), rows[i].found);
		if (rows[i].found) {
			assert_int_equal(at.offset, NOTE + 16);
			assert_int_equal(at.length, 20);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_files_are_refused),
		cmocka_unit_test(test_every_shorter_file_is_refused),
		cmocka_unit_test(test_map_of_a_plain_file),
		cmocka_unit_test(test_map_of_a_lying_file),
		cmocka_unit_test(test_build_id_is_found_by_the_program_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
