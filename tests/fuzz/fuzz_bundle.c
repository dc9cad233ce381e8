/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bundle that was read has sorted names that lead nowhere else, is written as the same bytes, and
 * its files lie in it. One that fits its index is one that names each of its files. */
#include <sys/mman.h>

#include "attest/bundle.h"
#include "base/memory.h"
#include "base/rules.h"
#include "fuzz.h"

/* Through a file in memory: that is how bundles are written. */
static void write_again(const struct assay_bundle *bundle, struct assay_span archive)
{
	ASSAY_AUTO_CLOSE int fd = memfd_create("bundle", MFD_CLOEXEC);
	ASSAY_AUTO_FREE uint8_t *again = assay_calloc(archive.len + 1, 1);
	struct assay_error err = ASSAY_ERROR_INIT;

	fuzz_assert(fd >= 0 && assay_bundle_write(bundle, fd, &err) == 0);
	fuzz_assert(pread(fd, again, archive.len + 1, 0) == (ssize_t)archive.len);
	fuzz_assert(memcmp(again, archive.ptr, archive.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_BUNDLE struct assay_bundle bundle = { 0 };
	ASSAY_AUTO_BUNDLE_INDEX struct assay_bundle_index index = { 0 };
	struct assay_span archive = assay_span_of(data, size);
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_bundle_read(archive, &bundle, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return 0;
	}
	for (size_t i = 0; i < bundle.count; i++) {
		const struct assay_bundle_file *file = &bundle.files[i];

		fuzz_assert(assay_rule_relative_path(file->name) == NULL);
		fuzz_assert(i == 0 || strcmp(bundle.files[i - 1].name, file->name) < 0);
		fuzz_assert(file->bytes.len <= size);
	}
	write_again(&bundle, archive);
	if (assay_bundle_check(&bundle, &index, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT ||
		            err.code == ASSAY_E_TRUST);
		return 0;
	}
	fuzz_assert(json_array_size(index.statement.subjects) == bundle.count - 1);
	return 0;
}
