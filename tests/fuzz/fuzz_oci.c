/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents of an image: the first byte says which. What is taken names each layer once, in a packing
 * that is known, and as many of them as there may be; what is refused is refused with a reason.
 */
#include <archive.h>

#include "base/memory.h"
#include "fuzz.h"
#include "supply/oci.h"

static void check_layers(const struct assay_oci_image *image)
{
	fuzz_assert(image->layer_count > 0 && image->layer_count <= ASSAY_OCI_LAYERS_MAX);
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct assay_oci_layer *layer = &image->layers[i];

		fuzz_assert(layer->filter == ARCHIVE_FILTER_NONE ||
		            layer->filter == ARCHIVE_FILTER_GZIP ||
		            layer->filter == ARCHIVE_FILTER_ZSTD);
		for (size_t k = 0; k < i; k++)
			fuzz_assert(!assay_sha256_equal(&layer->blob.sha256,
			                                &image->layers[k].blob.sha256));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_FREE struct assay_oci_image *image = assay_calloc(1, sizeof(*image));
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_oci_blob blob;
	struct assay_span text;
	int got;

	if (size == 0)
		return 0;
	text = assay_span_of(data + 1, size - 1);
	if (data[0] == 'i') {
		got = assay_oci_index(text, &blob, &err);
	} else if (data[0] == 'm') {
		got = assay_oci_manifest(text, image, &err);
		if (got == 0)
			check_layers(image);
	} else {
		image->layer_count = data[0] % (ASSAY_OCI_LAYERS_MAX + 1);
		got = assay_oci_config(text, image, &err);
		fuzz_assert(got < 0 || image->architecture != NULL);
	}
	fuzz_assert(got == 0 || err.text[0] != '\0');
	return 0;
}
