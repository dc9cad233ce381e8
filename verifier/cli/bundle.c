/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "attest/document.h"
#include "attest/journal.h"
#include "base/memory.h"
#include "cli/journal.h"
#include "manifest/manifest.h"

void assay_cli_bundle_close(struct assay_opened_bundle *opened)
{
	assay_manifest_free(opened->manifest);
	assay_bundle_index_fini(&opened->index);
	assay_bundle_fini(&opened->bundle);
	assay_map_fini(&opened->map);
	*opened = (struct assay_opened_bundle){ 0 };
}

static int open_manifest(struct assay_opened_bundle *opened, struct assay_error *err)
{
	const json_t *predicate = opened->index.statement.predicate;
	const struct assay_bundle_file *file =
		assay_bundle_find(&opened->bundle, ASSAY_BUNDLE_MANIFEST);
	struct assay_sha256 named;

	if (file == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "has no %s", ASSAY_BUNDLE_MANIFEST);
	if (assay_field_sha256(json_object_get(json_object_get(predicate, "manifest"), "digest"),
	                       "sha256", &named, err) < 0)
		return assay_fail_in(err, "%s: manifest", ASSAY_BUNDLE_INDEX);
	if (assay_manifest_parse(ASSAY_BUNDLE_MANIFEST, file->bytes, &opened->manifest, err) < 0)
		return -1;
	assay_manifest_id(opened->manifest, &opened->manifest_id);
	if (!assay_sha256_equal(&named, &opened->manifest_id))
		return assay_fail(err, ASSAY_E_TRUST, "%s is not the manifest that the index names",
		                  ASSAY_BUNDLE_MANIFEST);
	opened->inputs = json_is_true(json_object_get(predicate, "inputs"));
	return 0;
}

static int check_journal(const struct assay_bundle *bundle, struct assay_error *err)
{
	const struct assay_bundle_file *journal = assay_bundle_find(bundle, ASSAY_JOURNAL_NAME);
	const struct assay_bundle_file *provenance =
		assay_bundle_find(bundle, "provenance.intoto.json");
	struct assay_journal_head head;

	if (journal == NULL)
		return 0;
	if (assay_journal_check(journal->bytes, &head, err) < 0 ||
	    (provenance != NULL &&
	     assay_cli_journal_named(journal->bytes, provenance->bytes, err) < 0))
		return assay_fail_in(err, "%s", ASSAY_JOURNAL_NAME);
	return 0;
}

int assay_cli_bundle_open(const char *path, struct assay_opened_bundle *out,
                          struct assay_error *err)
{
	if (assay_map_open(path, &out->map, err) < 0)
		return -1;
	if (assay_bundle_read(out->map.span, &out->bundle, err) < 0 ||
	    assay_bundle_check(&out->bundle, &out->index, err) < 0 || open_manifest(out, err) < 0 ||
	    check_journal(&out->bundle, err) < 0 || assay_cli_bundle_agree(&out->bundle, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

static int write_to(const struct assay_bundle *bundle, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);

	if (fd < 0)
		return assay_fail_errno(err, "create %s", path);
	if (assay_bundle_write(bundle, fd, err) < 0)
		return assay_fail_in(err, "%s", path);
	return fsync(fd) < 0 ? assay_fail_errno(err, "sync %s", path) : 0;
}

int assay_cli_bundle_write(const struct assay_bundle *bundle, const char *path,
                           struct assay_error *err)
{
	ASSAY_AUTO_FREE char *temp = assay_asprintf("%s.%d.tmp", path, (int)getpid());
	int failed;

	(void)unlink(temp);
	failed = write_to(bundle, temp, err);
	if (failed == 0 && rename(temp, path) < 0)
		failed = assay_fail_errno(err, "rename to %s", path);
	if (failed < 0)
		(void)unlink(temp);
	return failed;
}
