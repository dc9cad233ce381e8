/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON through jansson, with the two things that evidence needs: a strict reader and one
 * canonical way to write.
 *
 * Layer:  base.
 * Source: RFC 8259; RFC 8785 for the canonical form (keys sorted, no white space, no floats:
 *         our keys are ASCII, so sorting by bytes is sorting by UTF-16 code units).
 */
#ifndef ASSAY_BASE_JSON_H
#define ASSAY_BASE_JSON_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/strings.h"

static inline void assay_cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define ASSAY_AUTO_JSON ASSAY_AUTO(assay_cleanup_json)

/**
 * Read one JSON text, refusing duplicate keys and trailing bytes.
 *
 * Out:    *out, a new reference
 * Errors: ASSAY_E_FORMAT  with the line in the text
 */
ASSAY_CHECKED int assay_json_parse(struct assay_span text, json_t **out, struct assay_error *err);

/** Append the canonical form (RFC 8785 for our subset), without a newline. */
void assay_json_canonical(const json_t *json, struct assay_buffer *out);

/** Append a form for people: sorted keys, indented by 1, with a newline at the end. */
void assay_json_pretty(const json_t *json, struct assay_buffer *out);

/** SHA-256 of the canonical form. */
void assay_json_digest(const json_t *json, struct assay_sha256 *out);

/**
 * Append "key": value to an object. Text that is not UTF-8 is written with \xNN for each byte
 * that is not, so that hostile names cannot make the object fail.
 */
void assay_json_set_str(json_t *object, const char *key, const char *value);
void assay_json_set_int(json_t *object, const char *key, uint64_t value);
void assay_json_set_bool(json_t *object, const char *key, bool value);
void assay_json_set_sha256(json_t *object, const char *key, const struct assay_sha256 *value);

/** Append an owned value. */
void assay_json_set(json_t *object, const char *key, json_t *value);
void assay_json_append(json_t *array, json_t *value);

/** An array of strings. A new reference. */
json_t *assay_json_strings(const struct assay_strings *list);

/** A new string value; bytes that are not UTF-8 as above. */
json_t *assay_json_str(struct assay_span text);

#endif
