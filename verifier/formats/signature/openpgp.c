/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/signature/openpgp.h"

#include "base/cursor.h"

#define SIGNATURE 2  /* RFC 4880, 4.3: tag of a packet */
#define OF_DATA 0    /* 5.2.1: signature of a binary document */
#define RSA_MAX 2048 /* bytes of a number: 16384 bits */
#define POINT_MAX 66 /* bytes of a coordinate: P-521 */

/* Algorithms, with how many numbers a signature consists of. 9.1 and RFC 9580, 9.1 */
static const struct {
	uint8_t id, numbers;
	uint16_t most; /* bytes of a number */
} algorithms[] = {
	{ 1, 1, RSA_MAX },    /* RSA */
	{ 3, 1, RSA_MAX },    /* RSA, for signatures only */
	{ 17, 2, POINT_MAX }, /* DSA */
	{ 19, 2, POINT_MAX }, /* ECDSA */
	{ 22, 2, POINT_MAX }, /* EdDSA */
};

/* Subpackets. 5.2.3.1; RFC 9580, 5.2.3.35 */
static const struct {
	uint8_t id, length;
	bool only_hashed;
} subpackets[] = {
	{ 2, 4, true },    /* when */
	{ 16, 8, false },  /* key id of the issuer */
	{ 33, 21, false }, /* version and fingerprint of the issuer's key */
};

static int fail(struct assay_error *err, const char *what)
{
	return assay_fail(err, ASSAY_E_FORMAT, "no plain OpenPGP signature: %s", what);
}

/* The length behind a packet's first byte. 4.2.1 and 4.2.2, without the ones of unknown size */
static int read_length(struct assay_cursor *cur, uint8_t first, uint64_t *out,
                       struct assay_error *err)
{
	static const uint8_t widths[] = { 1, 2, 4 };
	struct assay_span bytes;
	uint8_t byte;

	if ((first & 0x40) == 0) {
		if ((first & 3) == 3)
			return fail(err, "a packet without a length");
		if (assay_cursor_take(cur, widths[first & 3], &bytes, err) < 0)
			return -1;
		*out = assay_load(bytes.ptr, bytes.len, true);
		return 0;
	}
	if (assay_cursor_u8(cur, &byte, err) < 0)
		return -1;
	*out = byte;
	if (byte < 192)
		return 0;
	if (byte >= 224)
		return fail(err, "a packet in pieces, or a very long one");
	*out = (uint64_t)(byte - 192) << 8;
	if (assay_cursor_u8(cur, &byte, err) < 0)
		return -1;
	*out += byte + 192;
	return 0;
}

static int read_packet(struct assay_cursor *cur, struct assay_error *err)
{
	uint64_t length = 0;
	uint8_t first = 0;

	if (assay_cursor_u8(cur, &first, err) < 0)
		return -1;
	if ((first & 0x80) == 0 ||
	    ((first & 0x40) != 0 ? first & 0x3f : first >> 2 & 0xf) != SIGNATURE)
		return fail(err, "another kind of packet");
	if (read_length(cur, first, &length, err) < 0)
		return -1;
	return length == assay_cursor_left(cur) ? 0 : fail(err, "bytes behind it");
}

/* In: seen, a bit for each row of the table; those of one area are not in the other either */
static int read_subpacket(struct assay_cursor *cur, bool hashed, unsigned *seen,
                          struct assay_error *err)
{
	struct assay_span value;
	uint8_t length, id;

	if (assay_cursor_u8(cur, &length, err) < 0 || assay_cursor_u8(cur, &id, err) < 0)
		return -1;
	for (unsigned i = 0; i < ASSAY_ARRAY_LEN(subpackets); i++) {
		if (subpackets[i].id != (id & 0x7f) || length != subpackets[i].length + 1)
			continue;
		if ((*seen & 1u << i) != 0 || (subpackets[i].only_hashed && !hashed))
			break;
		*seen |= 1u << i;
		if (assay_cursor_take(cur, subpackets[i].length, &value, err) < 0)
			return -1;
		return id != 33 || value.ptr[0] == 4 ? 0 : fail(err, "an unknown fingerprint");
	}
	return fail(err, "a subpacket that says more than who and when");
}

static int read_area(struct assay_cursor *cur, bool hashed, unsigned *seen, struct assay_error *err)
{
	struct assay_cursor inner;
	struct assay_span area;
	uint16_t length;

	if (assay_cursor_u16(cur, &length, err) < 0 ||
	    assay_cursor_take(cur, length, &area, err) < 0)
		return -1;
	inner = assay_cursor_at(area, true);
	while (assay_cursor_left(&inner) > 0)
		if (read_subpacket(&inner, hashed, seen, err) < 0)
			return -1;
	return 0;
}

/* 3.2: a number of bits, and as many bytes as it takes; the first bit is set. */
static int read_number(struct assay_cursor *cur, size_t most, struct assay_error *err)
{
	struct assay_span value;
	uint16_t bits;

	if (assay_cursor_u16(cur, &bits, err) < 0 ||
	    assay_cursor_take(cur, ((uint64_t)bits + 7) / 8, &value, err) < 0)
		return -1;
	if (bits == 0 || value.len > most || value.ptr[0] >> ((bits - 1) % 8) != 1)
		return fail(err, "a number that is not written as it should be");
	return 0;
}

static int read_value(struct assay_cursor *cur, uint8_t algorithm, struct assay_error *err)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(algorithms); i++) {
		if (algorithms[i].id != algorithm)
			continue;
		for (unsigned n = 0; n < algorithms[i].numbers; n++)
			if (read_number(cur, algorithms[i].most, err) < 0)
				return -1;
		return assay_cursor_left(cur) == 0 ? 0 : fail(err, "bytes behind its value");
	}
	return fail(err, "an unknown algorithm");
}

/* 9.4: SHA-1, SHA-2; MD5 and RIPEMD-160 in old ones */
static bool is_hash(uint8_t id)
{
	return (id >= 1 && id <= 3) || (id >= 8 && id <= 11);
}

/* 5.2.2: 5 hashed bytes, type, time, key id, algorithms, two bytes of the digest */
static int read_version_3(struct assay_cursor *cur, struct assay_error *err)
{
	struct assay_span head;

	if (assay_cursor_take(cur, 18, &head, err) < 0)
		return -1;
	if (head.ptr[0] != 5 || head.ptr[1] != OF_DATA || !is_hash(head.ptr[15]))
		return fail(err, "not of data");
	return read_value(cur, head.ptr[14], err);
}

/* 5.2.3: type, algorithms, subpackets, two bytes of the digest */
static int read_version_4(struct assay_cursor *cur, struct assay_error *err)
{
	struct assay_span head, left;
	unsigned seen = 0;

	if (assay_cursor_take(cur, 3, &head, err) < 0)
		return -1;
	if (head.ptr[0] != OF_DATA || !is_hash(head.ptr[2]))
		return fail(err, "not of data");
	if (read_area(cur, true, &seen, err) < 0 || read_area(cur, false, &seen, err) < 0 ||
	    assay_cursor_take(cur, 2, &left, err) < 0)
		return -1;
	return read_value(cur, head.ptr[1], err);
}

int assay_openpgp_check(struct assay_span span, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(span, true);
	uint8_t version = 0;

	if (read_packet(&cur, err) < 0 || assay_cursor_u8(&cur, &version, err) < 0)
		return -1;
	if (version == 3)
		return read_version_3(&cur, err);
	return version == 4 ? read_version_4(&cur, err) : fail(err, "an unknown version");
}
