/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/receiver.h"

#include <sys/stat.h>

#include "base/memory.h"

int assay_receiver_restart(struct assay_receiver *receiver, struct assay_error *err)
{
	assay_hasher_free(receiver->hasher);
	receiver->hasher = assay_hasher_new();
	receiver->have = 0;
	receiver->resumed = 0;
	receiver->too_long = false;
	if (ftruncate(receiver->fd, 0) < 0 || lseek(receiver->fd, 0, SEEK_SET) < 0)
		return assay_fail_errno(err, "store %s: empty a part",
		                        assay_store_path(receiver->store));
	return 0;
}

/* Digest what an earlier process left. */
static int digest_part(struct assay_receiver *receiver, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(1, 1 << 17);
	ssize_t got;

	while ((got = read(receiver->fd, block, 1 << 17)) > 0) {
		assay_hasher_add(receiver->hasher, block, (size_t)got);
		receiver->have += (uint64_t)got;
	}
	receiver->resumed = receiver->have;
	return got < 0 ? assay_fail_errno(err, "read a part") : 0;
}

static int open_part(struct assay_receiver *receiver, struct assay_error *err)
{
	struct stat st;

	receiver->fd = assay_store_open_part(receiver->store, &receiver->item->sha256, err);
	if (receiver->fd < 0)
		return -1;
	if (fstat(receiver->fd, &st) < 0)
		return assay_fail_errno(err, "stat a part");
	receiver->hasher = assay_hasher_new();
	if ((uint64_t)st.st_size >= receiver->item->size)
		return assay_receiver_restart(receiver, err);
	return digest_part(receiver, err);
}

int assay_receiver_open(struct assay_receiver *receiver, enum assay_receiver_state *state,
                        struct assay_error *err)
{
	char name[96];
	int got;

	assay_store_blob_lock_name(&receiver->item->sha256, name);
	got = assay_store_take_lock(receiver->store, name, false, &receiver->lock, err);
	if (got <= 0) {
		*state = ASSAY_RECEIVER_BUSY;
		return got;
	}
	if (assay_store_has_blob(receiver->store, &receiver->item->sha256)) {
		assay_receiver_close(receiver);
		*state = ASSAY_RECEIVER_HAS;
		return 0;
	}
	*state = ASSAY_RECEIVER_OPEN;
	return open_part(receiver, err);
}

void assay_receiver_close(struct assay_receiver *receiver)
{
	if (receiver->fd >= 0)
		(void)close(receiver->fd);
	receiver->fd = -1;
	assay_hasher_free(receiver->hasher);
	receiver->hasher = NULL;
	assay_store_unlock(&receiver->lock);
}

bool assay_receiver_take(struct assay_receiver *receiver, struct assay_span block)
{
	receiver->too_long = block.len > receiver->item->size - receiver->have;
	if (receiver->too_long)
		return false;
	if (assay_write_full(receiver->fd, block, &receiver->err) < 0) {
		(void)assay_fail_in(&receiver->err, "store %s", assay_store_path(receiver->store));
		return false;
	}
	assay_hasher_add(receiver->hasher, block.ptr, block.len);
	receiver->have += block.len;
	return true;
}

int assay_receiver_finish(struct assay_receiver *receiver, struct assay_sha256 *found,
                          struct assay_error *err)
{
	assay_hasher_finish(receiver->hasher, found);
	if (assay_sha256_equal(found, &receiver->item->sha256) &&
	    receiver->have == receiver->item->size) {
		if (assay_store_commit_part(receiver->store, receiver->fd, found, err) < 0)
			return -1;
		assay_receiver_close(receiver);
		return 1;
	}
	return assay_receiver_restart(receiver, err) < 0 ? -1 : 0;
}
