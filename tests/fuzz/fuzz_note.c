/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A note's text and signatures lie in it, and a checkpoint that was read is written the same. */
#include "attest/note.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, origin = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_checkpoint checkpoint, again;

	if (assay_note_parse(assay_span_of(data, size), &note, &err) < 0)
		return 0;
	fuzz_assert(note.count > 0 && note.text.len > 0 && note.text.len < size);
	fuzz_assert(note.text.ptr[note.text.len - 1] == '\n');
	if (assay_checkpoint_parse(note.text, &checkpoint, &err) < 0)
		return 0;
	assay_buffer_add(&origin, checkpoint.origin.ptr, checkpoint.origin.len);
	assay_checkpoint_write(assay_buffer_str(&origin), &checkpoint.tree, &text);
	fuzz_assert(assay_checkpoint_parse(assay_buffer_span(&text), &again, &err) == 0);
	fuzz_assert(again.tree.size == checkpoint.tree.size &&
	            assay_sha256_equal(&again.tree.root, &checkpoint.tree.root));
	return 0;
}
