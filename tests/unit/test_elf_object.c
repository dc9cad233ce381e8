/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One small relocatable file, and what becomes of it when a field is changed: what is refused and
 * why, what is read, and what each byte is for. */
#include "testing.h"

#include <elf.h>
#include <string.h>

#include "elf/map.h"
#include "elf/note.h"

/* Where things are in the file. */
enum {
	TEXT = 64,             /* 32 bytes */
	RELOCS = TEXT + 32,    /* two of 24 bytes */
	SYMBOLS = RELOCS + 48, /* five of 24 bytes */
	GROUP = SYMBOLS + 120, /* flags and one member */
	STRINGS = GROUP + 8,   /* 7 bytes */
	NAMES = STRINGS + 8,   /* 60 bytes */
	NOTE = NAMES + 64,     /* 24 bytes: a build-id of 8 */
	TABLE = NOTE + 24,     /* eight of 64 bytes */
	SIZE = TABLE + 8 * 64,
};

#define EHDR(field) offsetof(Elf64_Ehdr, field)
#define SHDR(i, field) (TABLE + (i)*64 + offsetof(Elf64_Shdr, field))
#define SYM(i, field) (SYMBOLS + (i)*24 + offsetof(Elf64_Sym, field))
#define RELA(i, field) (RELOCS + (i)*24 + offsetof(Elf64_Rela, field))

static const char names[] = "\0.text\0.rela.text\0.symtab\0.strtab\0.group\0.shstrtab\0.note";

static void put(uint8_t *file, size_t offset, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		file[offset + i] = (uint8_t)(value >> 8 * i);
}

struct header {
	uint32_t name, type, link, info;
	uint64_t flags, offset, size, align, entry;
};

static void put_section(uint8_t *file, size_t i, struct header h)
{
	put(file, SHDR(i, sh_name), 4, h.name);
	put(file, SHDR(i, sh_type), 4, h.type);
	put(file, SHDR(i, sh_flags), 8, h.flags);
	put(file, SHDR(i, sh_offset), 8, h.offset);
	put(file, SHDR(i, sh_size), 8, h.size);
	put(file, SHDR(i, sh_link), 4, h.link);
	put(file, SHDR(i, sh_info), 4, h.info);
	put(file, SHDR(i, sh_addralign), 8, h.align);
	put(file, SHDR(i, sh_entsize), 8, h.entry);
}

static void put_symbol(uint8_t *file, size_t i, uint32_t name, uint8_t info, uint16_t section)
{
	put(file, SYM(i, st_name), 4, name);
	put(file, SYM(i, st_info), 1, info);
	put(file, SYM(i, st_shndx), 2, section);
}

static void put_sections(uint8_t *file)
{
	put_section(file, 1, (struct header){ 1, SHT_PROGBITS, 0, 0, SHF_ALLOC, TEXT, 32, 16, 0 });
	put_section(file, 2,
	            (struct header){ 7, SHT_RELA, 3, 1, SHF_INFO_LINK, RELOCS, 48, 8, 24 });
	put_section(file, 3, (struct header){ 18, SHT_SYMTAB, 4, 3, 0, SYMBOLS, 120, 8, 24 });
	put_section(file, 4, (struct header){ 26, SHT_STRTAB, 0, 0, 0, STRINGS, 7, 1, 0 });
	put_section(file, 5, (struct header){ 34, SHT_GROUP, 3, 3, 0, GROUP, 8, 4, 4 });
	put_section(file, 6,
	            (struct header){ 41, SHT_STRTAB, 0, 0, 0, NAMES, sizeof(names), 1, 0 });
	put_section(file, 7, (struct header){ 51, SHT_NOTE, 0, 0, SHF_ALLOC, NOTE, 24, 4, 0 });
}

static void make(uint8_t file[SIZE])
{
	static const uint8_t note[] = { 4, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	memset(file, 0, SIZE);
	memcpy(file, "\177ELF\2\1\1", 7);
	put(file, EHDR(e_type), 2, ET_REL);
	put(file, EHDR(e_machine), 2, EM_X86_64);
	put(file, EHDR(e_version), 4, 1);
	put(file, EHDR(e_shoff), 8, TABLE);
	put(file, EHDR(e_ehsize), 2, 64);
	put(file, EHDR(e_shentsize), 2, 64);
	put(file, EHDR(e_shnum), 2, 8);
	put(file, EHDR(e_shstrndx), 2, 6);
	memset(file + TEXT, 0x90, 32);
	put(file, RELA(0, r_offset), 8, 4);
	put(file, RELA(0, r_info), 8, ELF64_R_INFO(3ull, 2));
	put(file, RELA(0, r_addend), 8, (uint64_t)-4);
	put(file, RELA(1, r_offset), 8, 12);
	put(file, RELA(1, r_info), 8, ELF64_R_INFO(4ull, 4));
	put_symbol(file, 1, 0, ELF64_ST_INFO(STB_LOCAL, STT_SECTION), 1);
	put_symbol(file, 2, 1, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 1);
	put_symbol(file, 3, 3, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1);
	put_symbol(file, 4, 5, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF);
	put(file, GROUP, 4, GRP_COMDAT);
	put(file, GROUP + 4, 4, 1);
	memcpy(file + STRINGS, "\0f\0g\0h", 7);
	memcpy(file + NAMES, names, sizeof(names));
	memcpy(file + NOTE, note, sizeof(note));
	memset(file + NOTE + sizeof(note), 0xb1, 8);
	put_sections(file);
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
	{ "linked", EHDR(e_type), 2, ET_DYN, "not a relocatable file" },
	{ "version", EHDR(e_version), 4, 2, "e_version" },
	{ "header size", EHDR(e_ehsize), 2, 52, "e_ehsize" },
	{ "section header size", EHDR(e_shentsize), 2, 40, "e_shentsize" },
	{ "program headers", EHDR(e_phnum), 2, 1, "program headers" },
	{ "place of program headers", EHDR(e_phoff), 8, 64, "program headers" },
	{ "no table", EHDR(e_shoff), 8, 0, "end of the file" },
	{ "table past the end", EHDR(e_shnum), 2, 9, "end of the file" },
	{ "table far past the end", EHDR(e_shoff), 8, UINT64_MAX - 3, "end of the file" },
	{ "reserved number of sections", EHDR(e_shnum), 2, SHN_LORESERVE, "sections" },
	{ "extended number that is small", EHDR(e_shnum), 2, 0, "e_shnum is 0" },
	{ "extended names that are small", EHDR(e_shstrndx), 2, SHN_XINDEX, "e_shstrndx" },
	{ "section zero", SHDR(0, sh_addr), 8, 1, "section 0" },
	{ "size of section zero", SHDR(0, sh_size), 8, 8, "section 0" },
	{ "names in no section", EHDR(e_shstrndx), 2, 0, "e_shstrndx" },
	{ "names that are none", EHDR(e_shstrndx), 2, 1, "no strings" },
	{ "names that are loaded", SHDR(6, sh_flags), 8, SHF_ALLOC, "names of sections" },
	{ "names begin with one", NAMES, 1, 'x', "begin with an empty one" },
	{ "name past the names", SHDR(1, sh_name), 4, 60, "name" },
	{ "section past the end", SHDR(1, sh_size), 8, SIZE, "past the end" },
	{ "no bytes, so no end", SHDR(7, sh_type), 4, SHT_NOBITS, NULL },
	{ "over the header", SHDR(1, sh_offset), 8, 48, "have the same bytes" },
	{ "over the next section", SHDR(1, sh_size), 8, 33, "have the same bytes" },
	{ "over the table", SHDR(7, sh_size), 8, 25, "have the same bytes" },
	{ "odd alignment", SHDR(1, sh_addralign), 8, 24, "power of two" },
	{ "not aligned", SHDR(1, sh_addralign), 8, 128, "not aligned" },
	{ "two symbol tables", SHDR(7, sh_type), 4, SHT_SYMTAB, "two symbol tables" },
	{ "loaded symbols", SHDR(3, sh_flags), 8, SHF_ALLOC, "loaded" },
	{ "no symbol table", SHDR(3, sh_type), 4, SHT_PROGBITS, "not linked to the symbol table" },
	{ "symbols of another size", SHDR(3, sh_entsize), 8, 16, "whole entries" },
	{ "half a symbol", SHDR(3, sh_size), 8, 119, "whole entries" },
	{ "no symbols", SHDR(3, sh_size), 8, 0, "whole entries" },
	{ "names of symbols nowhere", SHDR(3, sh_link), 4, 0, "names of symbols" },
	{ "names of symbols past all", SHDR(3, sh_link), 4, 8, "names of symbols" },
	{ "names of symbols in code", SHDR(3, sh_link), 4, 1, "names of symbols" },
	{ "names of symbols loaded", SHDR(4, sh_flags), 8, SHF_ALLOC, "names of symbols" },
	{ "names of symbols begin with one", STRINGS, 1, 'x', "begin with an empty one" },
	{ "symbol zero", SYM(0, st_value), 8, 1, "symbol 0" },
	{ "one local too few", SHDR(3, sh_info), 4, 2, "in front" },
	{ "one local too many", SHDR(3, sh_info), 4, 4, "in front" },
	{ "no local", SHDR(3, sh_info), 4, 0, "number of local symbols" },
	{ "more local than symbols", SHDR(3, sh_info), 4, 6, "number of local symbols" },
	{ "local among others", SYM(4, st_info), 1, 0, "in front" },
	{ "name of a symbol past the names", SYM(2, st_name), 4, 7, "outside the names" },
	{ "name of a symbol without an end", STRINGS + 6, 1, 'x', "outside the names" },
	{ "symbol in no section", SYM(2, st_shndx), 2, 8, "no section 8" },
	{ "absolute symbol", SYM(2, st_shndx), 2, SHN_ABS, NULL },
	{ "symbol of another table", SYM(2, st_shndx), 2, SHN_XINDEX, "two numbers, or none" },
	{ "section numbers of another size", SHDR(7, sh_type), 4, SHT_SYMTAB_SHNDX, "loaded" },
	{ "relocations of no table", SHDR(2, sh_link), 4, 4, "not linked to the symbol table" },
	{ "relocations of nothing", SHDR(2, sh_info), 4, 0, "no section with content" },
	{ "relocations past all", SHDR(2, sh_info), 4, 8, "no section with content" },
	{ "relocations of symbols", SHDR(2, sh_info), 4, 3, "no section with content" },
	{ "relocations of themselves", SHDR(2, sh_info), 4, 2, "no section with content" },
	{ "relocations of another size", SHDR(2, sh_entsize), 8, 16, "whole entries" },
	{ "relocations of the other kind", SHDR(2, sh_type), 4, SHT_REL, "whole entries" },
	{ "half a relocation", SHDR(2, sh_size), 8, 47, "whole entries" },
	{ "relocation by no symbol", RELA(0, r_info), 8, 2, NULL },
	{ "relocation by one past all", RELA(1, r_info) + 4, 4, 5, "does not exist" },
	{ "group of no table", SHDR(5, sh_link), 4, 0, "no signature" },
	{ "group without signature", SHDR(5, sh_info), 4, 0, "no signature" },
	{ "signature past all", SHDR(5, sh_info), 4, 5, "no signature" },
	{ "group without flags", SHDR(5, sh_size), 8, 0, "whole entries" },
	{ "half a member", SHDR(5, sh_size), 8, 7, "whole entries" },
	{ "member that is none", GROUP + 4, 4, 0, "member" },
	{ "member past all", GROUP + 4, 4, 8, "member" },
	{ "group in itself", GROUP + 4, 4, 5, "member" },
};

static void test_malformed_files_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(changes); i++) {
		ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		uint8_t file[SIZE];
		int result;

		print_message("# %s\n", changes[i].what);
		make(file);
		put(file, changes[i].offset, changes[i].width, changes[i].value);
		result = assay_elf_object_parse(assay_span_of(file, SIZE), &object, &err);
		if (changes[i].why == NULL) {
			assert_int_equal(result, 0);
			continue;
		}
		assert_int_equal(result, -1);
		assert_int_equal(err.code, ASSAY_E_FORMAT);
		print_message("# %s\n", err.text);
		assert_non_null(strstr(err.text, changes[i].why));
	}
}

static void test_every_shorter_file_is_refused(void **state)
{
	uint8_t file[SIZE];

	(void)state;
	make(file);
	for (size_t len = 0; len < SIZE; len++) {
		ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
		ASSAY_AUTO_FREE uint8_t *exact = malloc(len + 1); /* a sanitizer sees its end */
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_non_null(exact);
		memcpy(exact, file, len);
		assert_int_equal(assay_elf_object_parse(assay_span_of(exact, len), &object, &err),
		                 -1);
	}
}

static void test_what_is_read(void **state)
{
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_elf_reloc reloc;
	uint8_t file[SIZE];

	(void)state;
	make(file);
	assert_true(assay_elf_is_object(assay_span_of(file, SIZE)));
	assert_int_equal(assay_elf_object_parse(assay_span_of(file, SIZE), &object, &err), 0);
	assert_int_equal(object.symtab, 3);
	assert_int_equal(object.strtab, 4);
	assert_int_equal(object.shndx, 0);
	assert_int_equal(object.symbol_count, 5);
	assert_true(assay_span_is(object.symbols[3].name, "g"));
	assert_int_equal(object.symbols[3].section, 1);
	assert_int_equal(assay_elf_reloc_count(&object, 2), 2);
	reloc = assay_elf_reloc_at(&object, 2, 0);
	assert_int_equal(reloc.offset, 4);
	assert_int_equal(reloc.type, 2);
	assert_int_equal(reloc.symbol, 3);
	assert_int_equal(reloc.addend, (uint64_t)-4);
	assert_int_equal(reloc.symbol_at, RELA(0, r_info) + 4);
	assert_int_equal(reloc.symbol_width, 4);
	assert_int_equal(assay_elf_group_flags(&object, 5), GRP_COMDAT);
	assert_int_equal(assay_elf_group_count(&object, 5), 1);
	assert_int_equal(assay_elf_group_member(&object, 5, 0), 1);
}

/* 64-bit MIPS has the symbol in front, in either byte order. */
static void test_relocations_of_mips(void **state)
{
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_elf_reloc reloc;
	uint8_t file[SIZE];

	(void)state;
	make(file);
	put(file, EHDR(e_machine), 2, EM_MIPS);
	for (size_t i = 0; i < 2; i++) {
		put(file, RELA(i, r_info), 4, 3 + i);
		put(file, RELA(i, r_info) + 4, 4, 0x05120000); /* ssym, type3, type2, type */
	}
	assert_int_equal(assay_elf_object_parse(assay_span_of(file, SIZE), &object, &err), 0);
	reloc = assay_elf_reloc_at(&object, 2, 1);
	assert_int_equal(reloc.symbol, 4);
	assert_int_equal(reloc.type, 0x05120000);
	assert_int_equal(reloc.symbol_at, RELA(1, r_info));
}

static void test_map(void **state)
{
	static const struct assay_elf_range expected[] = {
		{ 0, 64, ASSAY_ELF_HEADER, ASSAY_ELF_NONE, ASSAY_ELF_NONE, false },
		{ TEXT, 32, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 1, false },
		{ RELOCS, 48, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 2, false },
		{ SYMBOLS, 120, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 3, false },
		{ GROUP, 8, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 5, false },
		{ STRINGS, 7, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 4, false },
		{ STRINGS + 7, 1, ASSAY_ELF_PADDING, ASSAY_ELF_NONE, ASSAY_ELF_NONE, false },
		{ NAMES, sizeof(names), ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 6, false },
		{ NAMES + sizeof(names), 64 - sizeof(names), ASSAY_ELF_PADDING, ASSAY_ELF_NONE,
		  ASSAY_ELF_NONE, false },
		{ NOTE, 24, ASSAY_ELF_SECTION, ASSAY_ELF_NONE, 7, false },
		{ TABLE, 512, ASSAY_ELF_SECTION_TABLE, ASSAY_ELF_NONE, ASSAY_ELF_NONE, false },
		{ SIZE, 3, ASSAY_ELF_TRAILING, ASSAY_ELF_NONE, ASSAY_ELF_NONE, false },
	};
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	ASSAY_AUTO_ELF_MAP struct assay_elf_map map = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint8_t file[SIZE + 3] = { 0 };

	(void)state;
	make(file);
	assert_int_equal(assay_elf_object_parse(assay_span_of(file, sizeof(file)), &object, &err),
	                 0);
	assay_elf_object_map(&object, &map);
	assert_int_equal(map.end, SIZE);
	assert_int_equal(map.count, ASSAY_ARRAY_LEN(expected));
	for (size_t i = 0; i < map.count; i++) {
		print_message("# range %zu\n", i);
		assert_int_equal(map.ranges[i].offset, expected[i].offset);
		assert_int_equal(map.ranges[i].length, expected[i].length);
		assert_int_equal(map.ranges[i].kind, expected[i].kind);
		assert_int_equal(map.ranges[i].section, expected[i].section);
		assert_int_equal(map.ranges[i].segment, expected[i].segment);
	}
}

static void test_a_build_id_is_all_of_its_section(void **state)
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
		{ "short", NOTE + 4, 4, 7, false },
		{ "longer than the section", NOTE + 4, 4, 9, false },
		{ "something behind it", SHDR(7, sh_size), 8, 20, false },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_elf_extent at;
		uint8_t file[SIZE];

		print_message("# %s\n", rows[i].what);
		make(file);
		put(file, rows[i].offset, rows[i].width, rows[i].value);
		assert_int_equal(assay_elf_object_parse(assay_span_of(file, SIZE), &object, &err),
		                 0);
		assert_int_equal(assay_elf_only_build_id(&object.elf, &object.elf.sections[7], &at),
		                 rows[i].found);
		if (rows[i].found) {
			assert_int_equal(at.offset, NOTE + 16);
			assert_int_equal(at.length, 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_files_are_refused),
		cmocka_unit_test(test_every_shorter_file_is_refused),
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_relocations_of_mips),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_a_build_id_is_all_of_its_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
