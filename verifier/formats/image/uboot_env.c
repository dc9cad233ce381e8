/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * U-Boot environments: variables behind a CRC, and in one of two copies a byte that tells which of
 * them counts.
 *
 * U-Boot reads variables into a table, so that their order means nothing and each has one value.
 * Only variables of U-Boot's own that say how others are set (".flags", ".callbacks") must be there
 * before those; where there are any the order counts. So it does where a name begins with blanks,
 * which U-Boot skips, so that it may be another's name, and where there may be more variables than
 * the table has room for. There is no magic: an environment is told by its CRC, over text that looks
 * like one.
 *
 * Source: U-Boot, include/env_internal.h: struct environment_s; env/common.c; lib/hashtable.c:
 *         himport_r; tools/mkenvimage.c.
 * Limits: of the sizes that an environment may have, multiples of 512 bytes up to 256 KiB are
 *         tried, and the whole file.
 */
#include "formats/image/uboot_env.h"

#include <ctype.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define CRC 4
#define STEP 512
#define SIZE_MAX_ENV (UINT64_C(256) << 10)
#define ROOM_MIN 64      /* CONFIG_ENV_MIN_ENTRIES */
#define ROOM_MAX 512     /* CONFIG_ENV_MAX_ENTRIES */
#define NAME_MAX_LEN 128 /* bytes; ours: U-Boot's own have 30 at most */

/* One variable as it stands in the file. */
struct variable {
	struct assay_span name, value;
	uint64_t at;
};

struct variables {
	struct variable *items; /* owned */
	size_t count, cap;
	bool ordered; /* their order counts */
};

/* --- how an environment is told --- */

/* Whether text begins with a name and "=": what U-Boot lets people set. */
static bool begins_like_one(struct assay_span text)
{
	for (size_t i = 0; i < text.len && i < NAME_MAX_LEN; i++) {
		if (text.ptr[i] == '=')
			return i > 0;
		if (!isgraph(text.ptr[i]))
			return false;
	}
	return false;
}

/* The size at which the CRC is true. Return: 0 when there is none */
static uint64_t find_size(struct assay_span span, uint64_t header)
{
	uint32_t wanted = (uint32_t)assay_load(span.ptr, CRC, false), crc = 0;
	uint64_t at = header;

	while (at < span.len && at < SIZE_MAX_ENV) {
		uint64_t next = (at / STEP + 1) * STEP;
		struct assay_span piece = assay_span_sub(span, at, next - at);

		crc = assay_crc32_more(crc, piece);
		at += piece.len;
		if (crc == wanted)
			return at;
	}
	return 0;
}

bool assay_uboot_env_is(struct assay_span span, struct assay_uboot_env *out)
{
	for (out->header = CRC; out->header <= CRC + 1; out->header++) {
		struct assay_span text = assay_span_sub(span, out->header, span.len);

		if (!begins_like_one(text))
			continue;
		out->size = find_size(span, out->header);
		if (out->size > 0)
			return true;
	}
	return false;
}

static bool probe(struct assay_span span)
{
	struct assay_uboot_env env;

	return assay_uboot_env_is(span, &env);
}

/* --- variables --- */

static int add_variable(struct variables *variables, struct assay_span text, uint64_t at,
                        struct assay_error *err)
{
	const uint8_t *equals = memchr(text.ptr, '=', text.len);
	struct variable *variable;

	if (equals == NULL || equals == text.ptr)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a variable without a name or value");
	assay_grow(&variables->items, &variables->cap, variables->count, sizeof(*variables->items));
	variable = &variables->items[variables->count++];
	variable->at = at;
	variable->name = assay_span_of(text.ptr, (size_t)(equals - text.ptr));
	variable->value = assay_span_sub(text, variable->name.len + 1, text.len);
	variables->ordered |= text.ptr[0] == '.' || isblank(text.ptr[0]);
	return 0;
}

/* Up to an empty one. Out: *end, behind that */
static int find_variables(struct assay_span env, uint64_t at, struct variables *variables,
                          uint64_t *end, struct assay_error *err)
{
	uint64_t room;

	for (;;) {
		struct assay_span rest = assay_span_sub(env, at, env.len);
		const uint8_t *nul = rest.len > 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;
		struct assay_span text;

		if (nul == NULL)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "variables without an end");
		text = assay_span_of(rest.ptr, (size_t)(nul - rest.ptr));
		if (text.len == 0)
			break;
		if (add_variable(variables, text, at, err) < 0)
			return -1;
		at += text.len + 1;
	}
	*end = at + 1;
	/* Source: himport_r: how large it makes the table. */
	room = ROOM_MIN + env.len / 8;
	variables->ordered |= variables->count > (room < ROOM_MAX ? room : ROOM_MAX);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct variable *x = a, *y = b;
	size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.ptr, y->name.ptr, len);

	if (order != 0)
		return order;
	return x->name.len < y->name.len ? -1 : x->name.len > y->name.len;
}

/* A variable that is set twice has the value that came last, unless something reads it before. */
static int sort_variables(struct variables *variables, struct assay_error *err)
{
	struct variable *sorted = variables->items;
	ASSAY_AUTO_FREE struct variable *copy =
		assay_calloc(variables->count + 1, sizeof(*variables->items));

	if (variables->ordered) {
		memcpy(copy, variables->items, variables->count * sizeof(*copy));
		sorted = copy;
	}
	qsort(sorted, variables->count, sizeof(*sorted), by_name);
	for (size_t i = 1; i < variables->count; i++)
		if (by_name(&sorted[i - 1], &sorted[i]) == 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, sorted[i].at,
			                     "a variable that is set twice");
	return 0;
}

static int emit(const struct variables *variables, struct assay_budget *budget,
                struct assay_contents *out, struct assay_error *err)
{
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->items[i];
		uint64_t at = variable->at + variable->name.len + 1;

		if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0 ||
		    assay_contents_text(out, &out->entries[i].name, variable->name, err) < 0)
			return -1;
		out->entries[i].content = variable->value;
		(void)assay_contents_part_at(out, i, ASSAY_ROLE_METADATA, "name", variable->at,
		                             variable->name.len + 1);
		(void)assay_contents_part_at(out, i, ASSAY_ROLE_CONTENT, "value", at,
		                             variable->value.len);
		(void)assay_contents_part_at(out, i, ASSAY_ROLE_METADATA, "end",
		                             at + variable->value.len, 1);
	}
	return 0;
}

static int read_variables(const struct assay_uboot_env *env, struct assay_budget *budget,
                          struct variables *variables, struct assay_contents *out,
                          struct assay_error *err)
{
	uint64_t end = 0;
	uint8_t pad;

	if (find_variables(assay_span_sub(out->span, 0, env->size), env->header, variables, &end,
	                   err) < 0 ||
	    sort_variables(variables, err) < 0)
		return -1;
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "CRC", CRC);
	if (env->header > CRC)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "flag", 1);
	assay_contents_number(out, ASSAY_NO_ENTRY, "size", ASSAY_FORM_NUMBER, env->size);
	if (emit(variables, budget, out, err) < 0)
		return -1;
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of variables",
	                             end - 1, 1);
	pad = out->span.ptr[end < env->size ? end : 0];
	assay_contents_fill(out, ASSAY_NO_ENTRY, "bytes of no variable", env->size - end,
	                    pad == 0xff ? pad : 0);
	assay_contents_end(out, "bytes behind the environment");
	return 0;
}

static int read_env(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct assay_uboot_env env = { 0 };
	struct variables variables = { 0 };
	int result;

	if (!assay_uboot_env_is(out->span, &env))
		return assay_fail(err, ASSAY_E_FORMAT, "no environment");
	result = read_variables(&env, budget, &variables, out, err);
	free(variables.items);
	return result;
}

const struct assay_reader assay_reader_uboot_env = {
	.name = "uboot-env",
	.repack_rule = "uboot-env/repacked@1",
	.probe = probe,
	.read = read_env,
};
