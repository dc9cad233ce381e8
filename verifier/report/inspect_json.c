/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/quote.h"
#include "report/inspect.h"

static json_t *quoted(const char *text)
{
	ASSAY_AUTO_FREE char *printable = assay_quoted(text);

	return assay_json_str(assay_span_of_str(printable));
}

static json_t *text_or_null(const char *text)
{
	return text != NULL ? assay_json_str(assay_span_of_str(text)) : json_null();
}

static void set_number(json_t *object, const char *key, bool there, uint64_t value)
{
	if (there)
		assay_json_set_int(object, key, value);
	else
		assay_json_set(object, key, json_null());
}

static json_t *range(const struct assay_inspected_range *from)
{
	json_t *out = json_object();

	assay_json_set_int(out, "offset", from->offset);
	assay_json_set_int(out, "length", from->length);
	assay_json_set_str(out, "kind", from->kind);
	assay_json_set(out, "what", text_or_null(from->what));
	assay_json_set(out, "rule", text_or_null(from->rule));
	assay_json_set_bool(out, "disputed", from->disputed);
	/* A number in JSON has 53 bits for most readers, and addresses have 64. */
	if (from->has_address) {
		ASSAY_AUTO_FREE char *hex = assay_asprintf("0x%jx", (uintmax_t)from->address);

		assay_json_set_str(out, "address", hex);
	} else {
		assay_json_set(out, "address", json_null());
	}
	return out;
}

static json_t *artefact(const struct assay_inspected *from)
{
	json_t *out = json_object(), *ranges = json_array(), *attributes = json_array();

	for (size_t i = 0; i < from->attributes.count; i++)
		assay_json_append(attributes,
		                  assay_json_str(assay_span_of_str(from->attributes.items[i])));
	for (size_t i = 0; i < from->range_count; i++)
		assay_json_append(ranges, range(&from->ranges[i]));
	assay_json_set(out, "path", quoted(from->path));
	assay_json_set_str(out, "format", from->format);
	assay_json_set(out, "about", text_or_null(from->about));
	assay_json_set(out, "trouble", text_or_null(from->trouble));
	assay_json_set_int(out, "depth", from->depth);
	assay_json_set_int(out, "size", from->size);
	set_number(out, "offset", from->has_offset, from->offset);
	assay_json_set_sha256(out, "sha256", &from->sha256);
	assay_json_set(out, "attributes", attributes);
	assay_json_set(out, "ranges", ranges);
	return out;
}

json_t *assay_report_inspect_json(const struct assay_inspection *inspection, const char *name)
{
	json_t *out = json_object(), *artefacts = json_array();

	for (size_t i = 0; i < inspection->count; i++)
		assay_json_append(artefacts, artefact(&inspection->artefacts[i]));
	assay_json_set_str(out, "schema", "assay.inspect/1");
	assay_json_set(out, "name", quoted(name));
	assay_json_set(out, "artefacts", artefacts);
	return out;
}
