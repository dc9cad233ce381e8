/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/chance.h"

#include <string.h>

#define GAMMA UINT64_C(0x9e3779b97f4a7c15) /* figure 17: the golden ratio, odd */

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void assay_chance_fill(uint64_t seed, uint64_t stream, uint64_t position, void *out, size_t len)
{
	uint64_t start = mix(mix(seed + GAMMA) + (stream + 1) * GAMMA);
	uint8_t *p = out;

	for (uint64_t word = position / 8 + 1; len > 0; word++) {
		uint64_t value = mix(start + word * GAMMA);
		size_t some = len < sizeof(value) ? len : sizeof(value);

		/* The lowest byte first, on every machine. */
		for (size_t i = 0; i < some; i++)
			p[i] = (uint8_t)(value >> (8 * i));
		p += some;
		len -= some;
	}
}
