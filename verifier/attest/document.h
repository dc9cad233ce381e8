/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON that someone else made: limits, and fields by name.
 *
 * Layer:  attest.
 * Source: RFC 8259; duplicate keys are refused, because two readers could see two different things.
 * Limits: nesting of 64; the caller says how many bytes.
 */
#ifndef ASSAY_ATTEST_DOCUMENT_H
#define ASSAY_ATTEST_DOCUMENT_H

#include "base/json.h"

#define ASSAY_DOCUMENT_DEPTH 64

/**
 * Read one JSON object.
 *
 * In:     limit in bytes
 * Out:    *out, a new reference to an object
 * Errors: ASSAY_E_FORMAT  not JSON, not an object, a key twice, bytes behind the end
 *         ASSAY_E_LIMIT   too long or nested too deeply
 */
ASSAY_CHECKED int assay_document_parse(struct assay_span text, uint64_t limit, json_t **out,
                                       struct assay_error *err);

/**
 * Fields of an object. type: as json_typeof.
 *
 * Return: the value, borrowed; NULL when it is not there or has another type
 * Errors: ASSAY_E_FORMAT, naming the key
 */
ASSAY_CHECKED const json_t *assay_field(const json_t *object, const char *key, json_type type,
                                        struct assay_error *err);
ASSAY_CHECKED const char *assay_field_text(const json_t *object, const char *key,
                                           struct assay_error *err);

/** Text that may be missing: "" then, and for any other type. Never fails. */
const char *assay_field_or_empty(const json_t *object, const char *key);

/** A SHA-256 as 64 lower-case digits, in object[key]. */
ASSAY_CHECKED int assay_field_sha256(const json_t *object, const char *key,
                                     struct assay_sha256 *out, struct assay_error *err);

/** A time as RFC 3339 in UTC, "2022-11-25T06:31:44Z". Out: seconds since 1970-01-01 UTC */
ASSAY_CHECKED int assay_field_time(const json_t *object, const char *key, int64_t *out,
                                   struct assay_error *err);

#endif
