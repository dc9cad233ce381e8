/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/secret.h"

#include <errno.h>

#include "base/memory.h"

void assay_secret_fini(struct assay_secret *secret)
{
	if (secret->ptr != NULL)
		explicit_bzero(secret->ptr, secret->len);
	free(secret->ptr);
	*secret = (struct assay_secret){ 0 };
}

void assay_secret_set(struct assay_secret *secret, struct assay_span bytes)
{
	assay_secret_fini(secret);
	secret->ptr = assay_calloc(bytes.len + 1, 1);
	secret->len = bytes.len;
	if (bytes.len > 0)
		memcpy(secret->ptr, bytes.ptr, bytes.len);
}

int assay_secret_read(int fd, size_t limit, struct assay_secret *out, struct assay_error *err)
{
	/* All at once: a buffer that grows would leave copies behind. */
	ASSAY_AUTO_SECRET struct assay_secret room = { assay_calloc(limit + 2, 1), limit + 1 };
	size_t len = 0;

	for (;;) {
		ssize_t got = read(fd, room.ptr + len, limit + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return assay_fail_errno(err, "read");
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > limit)
			return assay_fail(err, ASSAY_E_LIMIT, "more than %zu bytes", limit);
	}
	assay_secret_set(out, assay_span_of(room.ptr, len));
	return 0;
}
