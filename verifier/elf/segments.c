/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "elf/layout.h"
#include "elf/parse.h"

/* The largest alignment that toolchains are asked for is that of 1 GiB pages. */
#define ALIGN_MAX ((uint64_t)1 << 30)

/* A run of bytes of the file or of memory, with the program header that it comes from. */
struct extent {
	uint64_t start, end; /* end is the first byte behind it */
	size_t segment;
};

static struct assay_elf_segment read_segment(const struct assay_elf *elf, uint64_t at)
{
	const struct assay_elf_record *record = &assay_elf_segment_record;

	return (struct assay_elf_segment){
		.type = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_P_TYPE),
		.flags = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_P_FLAGS),
		.offset = assay_elf_get(elf, record, at, ASSAY_ELF_P_OFFSET),
		.vaddr = assay_elf_get(elf, record, at, ASSAY_ELF_P_VADDR),
		.paddr = assay_elf_get(elf, record, at, ASSAY_ELF_P_PADDR),
		.filesz = assay_elf_get(elf, record, at, ASSAY_ELF_P_FILESZ),
		.memsz = assay_elf_get(elf, record, at, ASSAY_ELF_P_MEMSZ),
		.align = assay_elf_get(elf, record, at, ASSAY_ELF_P_ALIGN),
	};
}

/* What the gABI demands of every loadable segment, and every loader takes for granted. */
static const char *load_fault(const struct assay_elf *elf, const struct assay_elf_segment *segment)
{
	uint64_t space = elf->width == ASSAY_ELF_32 ? UINT32_MAX : UINT64_MAX;

	if (segment->filesz > segment->memsz)
		return "p_filesz is larger than p_memsz";
	if (segment->memsz > space - segment->vaddr)
		return "it wraps around the address space";
	if (segment->align > 1 && (segment->offset - segment->vaddr) % segment->align != 0)
		return "p_offset and p_vaddr differ modulo p_align";
	return NULL;
}

static const char *segment_fault(const struct assay_elf *elf,
                                 const struct assay_elf_segment *segment)
{
	if (segment->type == PT_NULL)
		return NULL; /* unused; its other fields mean nothing */
	if (segment->filesz > 0 && !assay_span_holds(elf->file, segment->offset, segment->filesz))
		return "it reaches past the end of the file";
	if ((segment->align & (segment->align - 1)) != 0)
		return "p_align is not a power of two";
	if (segment->align > ALIGN_MAX)
		return "p_align is huge";
	return segment->type == PT_LOAD ? load_fault(elf, segment) : NULL;
}

static int by_start(const void *left, const void *right)
{
	const struct extent *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->segment < b->segment ? -1 : a->segment > b->segment;
}

static int check_disjoint(struct extent *extents, size_t count, const char *where,
                          struct assay_error *err)
{
	qsort(extents, count, sizeof(*extents), by_start);
	for (size_t i = 1; i < count; i++)
		if (extents[i].start < extents[i - 1].end)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "program headers %zu and %zu overlap in %s",
			                  extents[i - 1].segment, extents[i].segment, where);
	return 0;
}

static int by_address(const void *left, const void *right, void *context)
{
	const struct assay_elf *elf = context;
	size_t i = *(const size_t *)left, k = *(const size_t *)right;

	if (elf->segments[i].vaddr != elf->segments[k].vaddr)
		return elf->segments[i].vaddr < elf->segments[k].vaddr ? -1 : 1;
	return i < k ? -1 : i > k;
}

/* The gABI wants ascending addresses. Images for machines whose memory lies below their flash have
 * another order (GNU ld sorts by load address), and what programs them does not mind. */
static int list_loads(struct assay_elf *elf, struct assay_error *err)
{
	elf->loads = assay_calloc(elf->segment_count, sizeof(*elf->loads));
	for (size_t i = 0; i < elf->segment_count; i++) {
		if (elf->segments[i].type == PT_LOAD)
			elf->loads[elf->load_count++] = i;
		if (elf->segments[i].type == PT_TLS && elf->tls == NULL)
			elf->tls = &elf->segments[i];
	}
	if (elf->load_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no loadable segment");
	qsort_r(elf->loads, elf->load_count, sizeof(*elf->loads), by_address, elf);
	for (size_t i = 1; i < elf->load_count; i++)
		elf->unsorted |= elf->loads[i] < elf->loads[i - 1];
	elf->filled = assay_calloc(elf->load_count, sizeof(*elf->filled));
	for (size_t i = 0; i < elf->load_count; i++)
		if (elf->segments[elf->loads[i]].filesz > 0)
			elf->filled[elf->filled_count++] = elf->loads[i];
	return 0;
}

/* Two segments over the same bytes: what is loaded would depend on the loader. */
static int check_loads(const struct assay_elf *elf, struct assay_error *err)
{
	ASSAY_AUTO_FREE struct extent *file = assay_calloc(elf->load_count, sizeof(*file));
	ASSAY_AUTO_FREE struct extent *memory = assay_calloc(elf->load_count, sizeof(*memory));
	size_t in_file = 0, in_memory = 0;

	for (size_t i = 0; i < elf->load_count; i++) {
		size_t index = elf->loads[i];
		const struct assay_elf_segment *s = &elf->segments[index];

		if (s->filesz > 0)
			file[in_file++] =
				(struct extent){ s->offset, s->offset + s->filesz, index };
		if (s->memsz > 0)
			memory[in_memory++] =
				(struct extent){ s->vaddr, s->vaddr + s->memsz, index };
	}
	if (check_disjoint(file, in_file, "the file", err) < 0)
		return -1;
	return check_disjoint(memory, in_memory, "memory", err);
}

int assay_elf_parse_segments(struct assay_elf *elf, struct assay_error *err)
{
	uint64_t size = assay_elf_segment_record.size[elf->width];

	if (elf->segment_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no program headers");
	/* Their number would stand in a section header, which loaders do not look at: Linux refuses
	 * such a file, others take the number as it stands. */
	if (elf->segment_count == PN_XNUM)
		return assay_fail(err, ASSAY_E_FORMAT, "extended numbering of program headers");
	if (elf->phoff < assay_elf_header_record.size[elf->width] ||
	    !assay_span_holds(elf->file, elf->phoff, assay_elf_segment_table_size(elf)))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the program headers are not between the ELF header and the end "
		                  "of the file");
	elf->segments = assay_calloc(elf->segment_count, sizeof(*elf->segments));
	for (size_t i = 0; i < elf->segment_count; i++) {
		const char *fault;

		elf->segments[i] = read_segment(elf, elf->phoff + i * size);
		fault = segment_fault(elf, &elf->segments[i]);
		if (fault != NULL)
			return assay_fail_at(err, ASSAY_E_FORMAT, elf->phoff + i * size,
			                     "program header %zu: %s", i, fault);
	}
	if (list_loads(elf, err) < 0)
		return -1;
	return check_loads(elf, err);
}
