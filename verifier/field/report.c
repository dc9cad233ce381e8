/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/report.h"

#include <inttypes.h>

/* --- for people ---------------------------------------------------------------------------- */

static void add_release(const struct assay_reference *const *releases, size_t pack,
                        struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s %s", releases[pack]->product, releases[pack]->version);
}

static void add_slots(const struct assay_found *found,
                      const struct assay_reference *const *releases, struct assay_buffer *out)
{
	for (size_t i = 0; i < found->slot_count; i++) {
		const struct assay_found_slot *slot = &found->slots[i];

		assay_buffer_printf(out, "slot %-4s ", slot->name);
		if (slot->pack != ASSAY_FOUND_NONE)
			add_release(releases, slot->pack, out);
		else
			assay_buffer_add_str(out,
			                     slot->empty ? "empty" : "no release that is known");
		assay_buffer_add_str(out, "\n");
	}
}

static void add_ranges(const struct assay_found_row *row, struct assay_buffer *out)
{
	for (size_t i = 0; i < row->range_count; i++)
		assay_buffer_printf(out, "  unexplained at 0x%" PRIx64 ", %" PRIu64 " bytes\n",
		                    row->ranges[i].offset, row->ranges[i].length);
	if (row->ranges_left_out > 0)
		assay_buffer_printf(out, "  and in %zu more places\n", row->ranges_left_out);
}

/* A partition has bytes; a file or a digest has not. */
static void add_row(const struct assay_found_row *row, struct assay_buffer *out)
{
	if (row->size > 0)
		assay_buffer_printf(out,
		                    "%-9s  %-17s 0x%09" PRIx64 " %11" PRIu64 " %11" PRIu64
		                    " %11" PRIu64 " %11" PRIu64 " %11" PRIu64 "%s%s\n",
		                    assay_found_state_name(row->state), row->name, row->offset,
		                    row->size, row->match, row->padding, row->excluded,
		                    row->unexplained, row->note != NULL ? "  " : "",
		                    row->note != NULL ? row->note : "");
	else
		assay_buffer_printf(out, "%-9s  %s%s%s\n", assay_found_state_name(row->state),
		                    row->name, row->note != NULL ? ": " : "",
		                    row->note != NULL ? row->note : "");
	if (row->state == ASSAY_FOUND_DIFFERENT)
		add_ranges(row, out);
}

void assay_found_text(const struct assay_found *found,
                      const struct assay_reference *const *releases, struct assay_buffer *out)
{
	if (found->tree != NULL)
		assay_buffer_printf(out, "tree      %s: %" PRIu64 " match, %" PRIu64 " excluded\n",
		                    found->tree, found->matched, found->excluded);
	for (size_t i = 0; i < found->not_compared.count; i++)
		assay_buffer_printf(out, "unknown   %s\n", found->not_compared.items[i]);
	add_slots(found, releases, out);
	if (found->count > 0 && found->rows[0].size > 0)
		assay_buffer_printf(out, "%-9s  %-17s %11s %11s %11s %11s %11s %11s\n", "",
		                    "partition", "offset", "size", "match", "padding", "excluded",
		                    "unexplained");
	for (size_t i = 0; i < found->count; i++)
		add_row(&found->rows[i], out);
	if (found->rows_left_out > 0)
		assay_buffer_printf(out, "and %zu more\n", found->rows_left_out);
	if (found->oob > 0)
		assay_buffer_printf(out, "excluded   %" PRIu64 " bytes beside the pages (OOB)\n",
		                    found->oob);
}

/* --- for machines -------------------------------------------------------------------------- */

static void set_release(const struct assay_reference *const *releases, size_t pack, json_t *out)
{
	if (pack == ASSAY_FOUND_NONE)
		return;
	assay_json_set_str(out, "product", releases[pack]->product);
	assay_json_set_str(out, "version", releases[pack]->version);
}

static void set_bytes(const struct assay_found_row *row, json_t *out)
{
	json_t *bytes = json_object(), *ranges = json_array();

	assay_json_set_int(out, "offset", row->offset);
	assay_json_set_int(bytes, "total", row->size);
	assay_json_set_int(bytes, "match", row->match);
	assay_json_set_int(bytes, "padding", row->padding);
	assay_json_set_int(bytes, "excluded", row->excluded);
	assay_json_set_int(bytes, "unexplained", row->unexplained);
	assay_json_set(out, "bytes", bytes);
	for (size_t i = 0; i < row->range_count; i++) {
		json_t *range = json_object();

		assay_json_set_int(range, "offset", row->ranges[i].offset);
		assay_json_set_int(range, "length", row->ranges[i].length);
		assay_json_append(ranges, range);
	}
	assay_json_set(out, "unexplained", ranges);
	assay_json_set_int(out, "rangesLeftOut", row->ranges_left_out);
}

static json_t *row_json(const struct assay_found_row *row,
                        const struct assay_reference *const *releases)
{
	json_t *out = json_object();

	assay_json_set_str(out, "name", row->name);
	assay_json_set_str(out, "state", assay_found_state_name(row->state));
	if (row->slot != NULL)
		assay_json_set_str(out, "slot", row->slot);
	if (row->note != NULL)
		assay_json_set_str(out, "note", row->note);
	set_release(releases, row->pack, out);
	if (row->size > 0)
		set_bytes(row, out);
	return out;
}

json_t *assay_found_json(const struct assay_found *found,
                         const struct assay_reference *const *releases)
{
	json_t *out = json_object(), *rows = json_array(), *slots = json_array();
	json_t *not_compared = json_array();

	set_release(releases, found->pack, out);
	if (found->tree != NULL)
		assay_json_set_str(out, "tree", found->tree);
	for (size_t i = 0; i < found->slot_count; i++) {
		json_t *slot = json_object();

		assay_json_set_str(slot, "name", found->slots[i].name);
		assay_json_set_bool(slot, "empty", found->slots[i].empty);
		set_release(releases, found->slots[i].pack, slot);
		assay_json_append(slots, slot);
	}
	for (size_t i = 0; i < found->count; i++)
		assay_json_append(rows, row_json(&found->rows[i], releases));
	assay_json_set(out, "slots", slots);
	assay_json_set(out, "rows", rows);
	for (size_t i = 0; i < found->not_compared.count; i++)
		assay_json_append(not_compared, json_string(found->not_compared.items[i]));
	assay_json_set(out, "notCompared", not_compared);
	assay_json_set_int(out, "rowsLeftOut", found->rows_left_out);
	assay_json_set_int(out, "matched", found->matched);
	assay_json_set_int(out, "excluded", found->excluded);
	assay_json_set_int(out, "outOfBand", found->oob);
	return out;
}
