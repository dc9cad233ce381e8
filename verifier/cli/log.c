/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/log.h"

#include <fcntl.h>

#include "attest/document.h"
#include "attest/envelope.h"
#include "base/file.h"

struct assay_log_options assay_log_opt;

int assay_cli_log_open(bool write, struct assay_tlog **out, struct assay_error *err)
{
	if (assay_log_opt.folder == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--log: say which folder the log is in");
	return assay_tlog_open(assay_log_opt.folder, write, out, err);
}

int assay_cli_log_entry(const char *path, struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_sha256 digest;
	bool is_envelope;

	if (assay_map_open(path, &map, err) < 0)
		return -1;
	is_envelope = assay_envelope_parse(map.span, &envelope, &ignored) == 0;
	assay_sha256(is_envelope ? assay_span_of_bytes(&envelope.payload) : map.span, &digest);
	assay_tlog_entry(is_envelope ? "statement" : "file", &digest, out);
	return 0;
}

int assay_cli_checkpoint(const char *path, struct assay_bytes *text, struct assay_merkle_tree *tree,
                         struct assay_error *err)
{
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };
	struct assay_checkpoint checkpoint;

	if (assay_file_read(AT_FDCWD, path, ASSAY_NOTE_MAX, text, err) < 0)
		return -1;
	if (assay_note_parse(assay_span_of_bytes(text), &note, err) < 0 ||
	    assay_checkpoint_parse(note.text, &checkpoint, err) < 0)
		return assay_fail_in(err, "%s", path);
	*tree = checkpoint.tree;
	return 0;
}
