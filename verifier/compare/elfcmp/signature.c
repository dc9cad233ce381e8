/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/signature.h"

#include "base/cursor.h"

/* include/linux/module_signature.h: MODULE_SIG_STRING, without a NUL */
static const char mark[] = "~Module signature appended~\n";
#define MARK_SIZE (sizeof(mark) - 1)

/* The same: struct module_signature. All but its last two fields are for forms of signature that
 * the kernel refuses since 4.3 (mod_check_sig wants zeros). */
#define INFO_SIZE 12
#define ID_TYPE 2 /* offset of the byte that says what kind of signature it is */
#define PKEY_ID_PKCS7 2
#define SIZE_OFFSET 8 /* of the signature's size, 4 bytes, big-endian */

static int check_info(struct assay_span info, struct assay_error *err)
{
	if (info.ptr[ID_TYPE] != PKEY_ID_PKCS7)
		return assay_fail(err, ASSAY_E_FORMAT, "id_type is %u, not %d", info.ptr[ID_TYPE],
		                  PKEY_ID_PKCS7);
	for (size_t i = 0; i < SIZE_OFFSET; i++)
		if (i != ID_TYPE && info.ptr[i] != 0)
			return assay_fail(err, ASSAY_E_FORMAT, "byte %zu of 12 is not zero", i);
	return 0;
}

int assay_elf_signature_split(struct assay_span file, struct assay_elf_signed *out,
                              struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(file, true);
	struct assay_span info, cms;
	uint64_t behind = MARK_SIZE + INFO_SIZE, size;

	*out = (struct assay_elf_signed){ .body = file };
	if (file.len < behind || memcmp(file.ptr + file.len - MARK_SIZE, mark, MARK_SIZE) != 0)
		return 0;
	if (assay_cursor_seek(&cur, file.len - behind, err) < 0 ||
	    assay_cursor_take(&cur, INFO_SIZE, &info, err) < 0 || check_info(info, err) < 0)
		return -1;
	size = assay_load(info.ptr + SIZE_OFFSET, 4, true);
	if (size == 0 || size >= file.len - behind)
		return assay_fail(err, ASSAY_E_FORMAT, "its size is not one that fits");
	cms = assay_span_sub(file, file.len - behind - size, size);
	if (assay_cms_read_detached(cms, &out->cms, err) < 0)
		return -1;
	out->body = assay_span_sub(file, 0, file.len - behind - size);
	out->signature = assay_span_sub(file, out->body.len, size + behind);
	return 0;
}
