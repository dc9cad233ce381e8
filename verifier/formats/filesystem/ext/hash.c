/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hashes of names in indexed directories.
 *
 * Source: Linux fs/ext4/hash.c.
 */
#include "formats/filesystem/ext/inode.h"

#define DELTA 0x9e3779b9 /* TEA's */
#define K2 0x5a827999    /* of MD4 */
#define K3 0x6ed9eba1
#define SIGNED_VERSIONS 3 /* versions from here on take bytes without a sign */

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static uint32_t byte_of(struct assay_span name, size_t i, bool sign)
{
	return sign ? (uint32_t)(int32_t)(int8_t)name.ptr[i] : name.ptr[i];
}

/* Words of a name, filled up with its length. */
static void to_words(struct assay_span name, uint32_t *words, size_t count, bool sign)
{
	uint32_t pad = (uint32_t)name.len | (uint32_t)name.len << 8, value;
	size_t len = name.len < count * 4 ? name.len : count * 4;

	pad |= pad << 16;
	value = pad;
	for (size_t i = 0; i < len; i++) {
		value = byte_of(name, i, sign) + (value << 8);
		if (i % 4 != 3)
			continue;
		*words++ = value;
		value = pad;
		count--;
	}
	if (count > 0) {
		*words++ = value;
		count--;
	}
	for (; count > 0; count--)
		*words++ = pad;
}

static uint32_t legacy(struct assay_span name, bool sign)
{
	uint32_t hash, a = 0x12a3fe2d, b = 0x37abe8f9;

	for (size_t i = 0; i < name.len; i++) {
		hash = b + (a ^ byte_of(name, i, sign) * 7152373);
		if (hash & 0x80000000)
			hash -= 0x7fffffff;
		b = a;
		a = hash;
	}
	return a << 1;
}

static void tea(uint32_t state[4], const uint32_t in[4])
{
	uint32_t sum = 0, a = state[0], b = state[1];

	for (int i = 0; i < 16; i++) {
		sum += DELTA;
		a += ((b << 4) + in[0]) ^ (b + sum) ^ ((b >> 5) + in[1]);
		b += ((a << 4) + in[2]) ^ (a + sum) ^ ((a >> 5) + in[3]);
	}
	state[0] += a;
	state[1] += b;
}

static uint32_t mix(unsigned round, uint32_t x, uint32_t y, uint32_t z)
{
	if (round == 0)
		return z ^ (x & (y ^ z));
	return round == 1 ? (x & y) + ((x ^ y) & z) : x ^ y ^ z;
}

static void half_md4(uint32_t state[4], const uint32_t in[8])
{
	static const uint8_t order[3][8] = { { 0, 1, 2, 3, 4, 5, 6, 7 },
		                             { 1, 3, 5, 7, 0, 2, 4, 6 },
		                             { 3, 7, 2, 6, 1, 5, 0, 4 } };
	static const uint8_t shifts[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	static const uint32_t constants[3] = { 0, K2, K3 };
	uint32_t v[4] = { state[0], state[1], state[2], state[3] };

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 8; i++) {
			uint32_t *a = &v[(4 - i) % 4];
			uint32_t b = v[(5 - i) % 4], c = v[(6 - i) % 4], d = v[(7 - i) % 4];

			*a += mix(round, b, c, d) + in[order[round][i]] + constants[round];
			*a = rotate(*a, shifts[round][i % 4]);
		}
	}
	for (int i = 0; i < 4; i++)
		state[i] += v[i];
}

static uint32_t in_pieces(unsigned kind, uint32_t state[4], struct assay_span name, bool sign)
{
	size_t piece = kind == 1 ? 32 : 16;

	for (size_t at = 0; at < name.len; at += piece) {
		struct assay_span rest = assay_span_sub(name, at, name.len);
		uint32_t words[8];

		to_words(rest, words, piece / 4, sign);
		if (kind == 1)
			half_md4(state, words);
		else
			tea(state, words);
	}
	return kind == 1 ? state[1] : state[0];
}

uint32_t ext_hash(unsigned version, const uint32_t seed[4], struct assay_span name)
{
	uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 }, hash;
	bool sign = version < SIGNED_VERSIONS;

	for (int i = 0; i < 4; i++) {
		if (seed[i] == 0)
			continue;
		memcpy(state, seed, sizeof(state));
		break;
	}
	if (version % SIGNED_VERSIONS == 0)
		hash = legacy(name, sign);
	else
		hash = in_pieces(version % SIGNED_VERSIONS, state, name, sign);
	hash &= ~UINT32_C(1);
	/* EXT4_HTREE_EOF_32BIT is kept for the end. */
	return hash == 0xfffffffe ? 0xfffffffc : hash;
}
