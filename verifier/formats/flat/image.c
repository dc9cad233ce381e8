/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/flat/image.h"

#include <inttypes.h>

#include "base/memory.h"
#include "formats/flat/dfu.h"

static const struct assay_image_reader *const readers[] = {
	&assay_image_ihex,
	&assay_image_srec,
	&assay_image_uf2,
};

const struct assay_image_reader *assay_image_reader_for(struct assay_span file)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(readers); i++)
		if (readers[i]->probe(file))
			return readers[i];
	return NULL;
}

void assay_image_fini(struct assay_image *image)
{
	free(image->parts);
	free(image->order);
	assay_bytes_fini(&image->decoded);
	*image = (struct assay_image){ 0 };
}

static bool continues(const struct assay_image_part *last, enum assay_image_use use,
                      const char *what)
{
	return use == ASSAY_IMAGE_FRAMING && last->use == use && strcmp(last->what, what) == 0;
}

struct assay_image_part *assay_image_add(struct assay_image *image, enum assay_image_use use,
                                         const char *what, uint64_t length)
{
	struct assay_image_part *part =
		image->part_count > 0 ? &image->parts[image->part_count - 1] : NULL;
	uint64_t offset = image->end;

	if (length > image->file.len - offset) {
		image->overrun = true;
		length = image->file.len - offset;
	}
	image->end += length;
	if (part != NULL && continues(part, use, what)) {
		part->length += length;
		return part;
	}
	assay_grow(&image->parts, &image->part_cap, image->part_count, sizeof(*image->parts));
	part = &image->parts[image->part_count++];
	*part = (struct assay_image_part){
		.offset = offset,
		.length = length,
		.use = use,
		.what = what,
	};
	return part;
}

void assay_image_add_data(struct assay_image *image, uint64_t address, struct assay_span bytes,
                          unsigned stride)
{
	struct assay_image_part *part =
		assay_image_add(image, ASSAY_IMAGE_DATA, "data", (uint64_t)bytes.len * stride);

	part->address = address;
	part->count = bytes.len;
	part->bytes = bytes.ptr;
	part->stride = stride;
	image->data_count++;
}

static int by_address(const void *left, const void *right, void *context)
{
	const struct assay_image_part *parts = context;
	size_t i = *(const size_t *)left, k = *(const size_t *)right;

	if (parts[i].address != parts[k].address)
		return parts[i].address < parts[k].address ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void sort(struct assay_image *image)
{
	size_t count = 0;

	image->order = assay_calloc(image->data_count, sizeof(*image->order));
	for (size_t i = 0; i < image->part_count; i++)
		if (image->parts[i].use == ASSAY_IMAGE_DATA)
			image->order[count++] = i;
	qsort_r(image->order, count, sizeof(*image->order), by_address, image->parts);
}

static int check_addresses(const struct assay_image *image, struct assay_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < image->data_count; i++) {
		const struct assay_image_part *part = assay_image_at(image, i);

		if (part->count == 0 || part->count > UINT64_MAX - part->address)
			return assay_fail_at(err, ASSAY_E_FORMAT, part->offset,
			                     "data past the end of all addresses");
		if (part->address < end)
			return assay_fail_at(err, ASSAY_E_FORMAT, part->offset,
			                     "address 0x%" PRIx64 " is there twice", part->address);
		end = assay_image_part_end(part);
	}
	return 0;
}

int assay_image_finish(struct assay_image *image, struct assay_error *err)
{
	if (image->overrun)
		return assay_fail_at(err, ASSAY_E_FORMAT, image->end, "a part past the end");
	if (image->end != image->file.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, image->end,
		                     "bytes that the reader does not account for");
	if (image->data_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no data for any address");
	sort(image);
	return check_addresses(image, err);
}

size_t assay_image_index(const struct assay_image *image, uint64_t address)
{
	size_t low = 0, high = image->data_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (assay_image_part_end(assay_image_at(image, mid)) <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int assay_image_read(const struct assay_image_reader *reader, struct assay_span file,
                     struct assay_budget *budget, struct assay_image *out, struct assay_error *err)
{
	uint64_t suffix = assay_dfu_has_suffix(file) ? ASSAY_DFU_SUFFIX : 0;

	*out = (struct assay_image){
		.format = reader->name,
		.file = file,
		.body = assay_span_sub(file, 0, file.len - suffix),
	};
	if (reader->read(budget, out, err) < 0)
		return -1;
	assay_dfu_add(out);
	return assay_image_finish(out, err);
}
