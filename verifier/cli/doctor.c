/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay doctor: can this host honour a pinned build, and if not, what is to be done. */
#include <inttypes.h>

#include "cli/command.h"
#include "cli/output.h"
#include "rebuild/doctor.h"
#include "store/store.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	{ .name = NULL },
};

static const char *const states[] = {
	[ASSAY_PINNED] = "pinned",
	[ASSAY_NOT_PINNED] = "NOT PINNED",
	[ASSAY_ON_REQUEST] = "on request",
	[ASSAY_NEVER] = "never",
};

/* First what is wrong, then what is fine, then what is beyond us: people read from the top. */
static const enum assay_finding_state order[] = { ASSAY_NOT_PINNED, ASSAY_PINNED, ASSAY_ON_REQUEST,
	                                          ASSAY_NEVER };

static void write_row(const struct assay_diagnosis *diagnosis, size_t pin, struct assay_buffer *out)
{
	const struct assay_checkup *row = &diagnosis->pins[pin];

	assay_buffer_printf(out, "%-11s %-12s %s\n", states[row->state], assay_pins[pin].key,
	                    row->why != NULL ? row->why : assay_pins[pin].how);
	if (row->todo != NULL)
		assay_buffer_printf(out, "%-24s to do: %s\n", "", row->todo);
}

static void write_text(const struct assay_diagnosis *diagnosis, struct assay_buffer *out)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(order); i++)
		for (size_t pin = 0; pin < ASSAY_PIN_COUNT; pin++)
			if (diagnosis->pins[pin].state == order[i])
				write_row(diagnosis, pin, out);
	assay_buffer_printf(out,
	                    "\nLinux %s, %" PRIu32 " processors, %" PRIu64
	                    " MiB of memory available, %" PRIu64 " MiB free in the store.\n",
	                    diagnosis->kernel, diagnosis->cpus, diagnosis->memory >> 20,
	                    diagnosis->disk >> 20);
	if (diagnosis->level == NULL)
		assay_buffer_add_str(out, "No build can run on this host.\n");
	else
		assay_buffer_printf(out, "Builds on this host reach level %s.\n", diagnosis->level);
}

static json_t *row_json(const struct assay_diagnosis *diagnosis, size_t pin)
{
	static const char *const names[] = { [ASSAY_PINNED] = "pinned",
		                             [ASSAY_NOT_PINNED] = "not-pinned",
		                             [ASSAY_ON_REQUEST] = "on-request",
		                             [ASSAY_NEVER] = "beyond" };
	const struct assay_checkup *row = &diagnosis->pins[pin];
	json_t *json = json_object();

	assay_json_set_str(json, "key", assay_pins[pin].key);
	assay_json_set_str(json, "state", names[row->state]);
	assay_json_set_str(json, "how", assay_pins[pin].how);
	if (assay_pins[pin].manifest != NULL)
		assay_json_set_str(json, "manifest", assay_pins[pin].manifest);
	if (row->why != NULL)
		assay_json_set_str(json, "why", row->why);
	if (row->todo != NULL)
		assay_json_set_str(json, "todo", row->todo);
	return json;
}

static json_t *make_json(const struct assay_diagnosis *diagnosis)
{
	json_t *json = json_object(), *pins = json_array(), *host = json_object();

	assay_json_set_str(json, "schema", "assay.doctor/1");
	assay_json_set(json, "level",
	               diagnosis->level != NULL ? json_string(diagnosis->level) : json_null());
	for (size_t pin = 0; pin < ASSAY_PIN_COUNT; pin++)
		assay_json_append(pins, row_json(diagnosis, pin));
	assay_json_set(json, "pins", pins);
	assay_json_set_str(host, "kernel", diagnosis->kernel);
	assay_json_set_int(host, "cpus", diagnosis->cpus);
	assay_json_set_int(host, "memory", diagnosis->memory);
	assay_json_set_int(host, "disk", diagnosis->disk);
	assay_json_set(json, "host", host);
	return json;
}

static int run(int argc ASSAY_UNUSED, char *argv[] ASSAY_UNUSED, struct assay_error *err)
{
	ASSAY_AUTO_DIAGNOSIS struct assay_diagnosis diagnosis = { 0 };
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (assay_store_open(assay_common.store, &store, err) < 0 ||
	    assay_doctor(assay_store_path(store), &diagnosis, err) < 0)
		return -1;
	write_text(&diagnosis, &text);
	json = make_json(&diagnosis);
	if (assay_output_write(json, &text, err) < 0)
		return -1;
	return diagnosis.level != NULL && strcmp(diagnosis.level, "L1") == 0 ? ASSAY_EXIT_MATCH
	                                                                     : ASSAY_EXIT_TROUBLE;
}

const struct assay_command assay_cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "say what this host can pin, and what to do about what it cannot",
	.example = "assay doctor\nassay doctor --json - | jq .level",
	.options = options,
	.min_args = 0,
	.max_args = 0,
	.run = run,
};
