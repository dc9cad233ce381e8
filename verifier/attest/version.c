/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/version.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static int order(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? (unsigned char)c : (unsigned char)c + 256;
}

static int compare_text(const char **a, const char **b)
{
	while ((**a != '\0' && !isdigit((unsigned char)**a)) ||
	       (**b != '\0' && !isdigit((unsigned char)**b))) {
		int difference = order(**a) - order(**b);

		if (difference != 0)
			return difference;
		(*a)++;
		(*b)++;
	}
	return 0;
}

static const char *digits(const char *p, size_t *len)
{
	while (*p == '0')
		p++;
	*len = strspn(p, "0123456789");
	return p;
}

static int compare_number(const char **a, const char **b)
{
	size_t len_a, len_b;
	const char *x = digits(*a, &len_a), *y = digits(*b, &len_b);

	*a = x + len_a;
	*b = y + len_b;
	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	return strncmp(x, y, len_a);
}

int assay_version_compare(const char *a, const char *b)
{
	int difference = 0;

	while (difference == 0 && (*a != '\0' || *b != '\0')) {
		difference = compare_text(&a, &b);
		if (difference == 0)
			difference = compare_number(&a, &b);
	}
	return difference;
}
