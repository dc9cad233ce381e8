/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From text to a tree: libyaml's events, with everything refused that a manifest does not need. */
#include "base/yaml.h"

#include <fcntl.h>
#include <stdarg.h>
#include <yaml.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"

#define DEPTH_MAX 16u
#define NODES_MAX 131072u /* ten times what a lock with 900 packages has */
#define KEYS_MAX 1024u    /* in one mapping: keeps the search for duplicates short */
#define SHOWN_MAX 60u     /* bytes of input in a message */

/** A tree in the making. */
struct reader {
	struct assay_yaml *yaml;
	struct assay_yaml_node *at; /* the mapping or sequence that is open; NULL outside */
	char *key;                  /* read, and waiting for its value; owned */
	uint32_t key_line;
	unsigned depth;
	bool seen; /* a document has begun */
	struct assay_error *err;
};

char *assay_yaml_shown(const char *text)
{
	ASSAY_AUTO_FREE char *cut = NULL;
	ASSAY_AUTO_FREE char *quoted = NULL;
	size_t len = SHOWN_MAX;

	if (strlen(text) <= SHOWN_MAX)
		return assay_quoted(text);
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a UTF-8 character */
	cut = assay_strndup(text, len);
	quoted = assay_quoted(cut);
	return assay_asprintf("%s…", quoted);
}

/* Recursion: the depth is bounded by DEPTH_MAX. */
void assay_yaml_path(const struct assay_yaml_node *node, struct assay_buffer *out)
{
	ASSAY_AUTO_FREE char *key = NULL;
	unsigned index = 0;

	if (node == NULL || node->parent == NULL)
		return;
	assay_yaml_path(node->parent, out);
	if (node->key != NULL) {
		key = assay_yaml_shown(node->key);
		assay_buffer_printf(out, "%s%s", node->parent->parent != NULL ? "." : "", key);
		return;
	}
	for (const struct assay_yaml_node *n = node->parent->first; n != node; n = n->next)
		index++;
	assay_buffer_printf(out, "[%u]", index);
}

ASSAY_PRINTF(5, 0)
static int fail_at(const char *name, uint32_t line, const struct assay_buffer *path,
                   struct assay_error *err, const char *fmt, va_list args)
{
	char what[512];

	(void)vsnprintf(what, sizeof(what), fmt, args);
	return assay_fail(err, ASSAY_E_FORMAT, "%s:%u: %s%s%s", name, line, assay_buffer_str(path),
	                  path->len > 0 ? ": " : "", what);
}

int assay_yaml_fail(const struct assay_yaml *yaml, const struct assay_yaml_node *node,
                    struct assay_error *err, const char *fmt, ...)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	va_list args;

	assay_yaml_path(node, &path);
	va_start(args, fmt);
	(void)fail_at(yaml->name, node != NULL ? node->line : 1, &path, err, fmt, args);
	va_end(args);
	return -1;
}

int assay_yaml_fail_key(const struct assay_yaml *yaml, const struct assay_yaml_node *mapping,
                        const char *key, struct assay_error *err, const char *fmt, ...)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	ASSAY_AUTO_FREE char *shown = assay_yaml_shown(key);
	va_list args;

	assay_yaml_path(mapping, &path);
	assay_buffer_printf(&path, "%s%s", path.len > 0 ? "." : "", shown);
	va_start(args, fmt);
	(void)fail_at(yaml->name, mapping->line, &path, err, fmt, args);
	va_end(args);
	return -1;
}

/* Refuse at a line that may not have a node yet; path: that of what is open there. */
static int refuse(const struct reader *r, const yaml_mark_t *mark, const char *what)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	ASSAY_AUTO_FREE char *key = r->key != NULL ? assay_yaml_shown(r->key) : NULL;

	assay_yaml_path(r->at, &path);
	if (key != NULL)
		assay_buffer_printf(&path, "%s%s", path.len > 0 ? "." : "", key);
	else if (r->at != NULL && r->at->kind == ASSAY_YAML_SEQUENCE)
		assay_buffer_printf(&path, "[%u]", r->at->count);
	return assay_fail(r->err, ASSAY_E_FORMAT, "%s:%zu: %s%s%s", r->yaml->name, mark->line + 1,
	                  assay_buffer_str(&path), path.len > 0 ? ": " : "", what);
}

static bool is_space(uint8_t byte)
{
	return byte == '\t' || byte == '\n' || byte == '\r';
}

/* Refuse bytes that a person who reviews the file would not see. */
static int check_bytes(const struct assay_yaml *yaml, struct assay_error *err)
{
	struct assay_span text = assay_span_of_bytes(&yaml->text);
	uint32_t line = 1;

	for (size_t i = 0; i < text.len; i++) {
		i += assay_quote_plain(assay_span_sub(text, i, text.len));
		if (i < text.len && !is_space(text.ptr[i]))
			return assay_fail_at(err, ASSAY_E_FORMAT, i,
			                     "%s:%u: byte 0x%02x is not plain UTF-8 text",
			                     yaml->name, line, text.ptr[i]);
		if (i < text.len && text.ptr[i] == '\n')
			line++;
	}
	return 0;
}

static struct assay_yaml_node *add_node(struct reader *r, enum assay_yaml_kind kind,
                                        const yaml_mark_t *mark)
{
	struct assay_yaml_node *node;

	if (++r->yaml->nodes > NODES_MAX) {
		(void)refuse(r, mark, "too many values in the file (limit 131072)");
		return NULL;
	}
	node = assay_calloc(1, sizeof(*node));
	node->kind = kind;
	node->line = r->key != NULL ? r->key_line : (uint32_t)mark->line + 1;
	node->key = assay_steal(&r->key);
	node->parent = r->at;
	if (r->at == NULL)
		r->yaml->root = node;
	else if (r->at->last == NULL)
		r->at->first = node;
	else
		r->at->last->next = node;
	if (r->at != NULL) {
		r->at->last = node;
		r->at->count++;
	}
	return node;
}

static int take_key(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (r->at->count == KEYS_MAX)
		return refuse(r, &event->start_mark, "too many keys in one mapping (limit 1024)");
	for (const struct assay_yaml_node *n = r->at->first; n != NULL; n = n->next)
		if (strcmp(n->key, text) == 0) {
			uint32_t line = (uint32_t)event->start_mark.line + 1;
			struct assay_yaml_node twin = *n;

			twin.line = line;
			twin.parent = r->at;
			return assay_yaml_fail(r->yaml, &twin, r->err,
			                       "duplicate key, first on line %u", n->line);
		}
	r->key = assay_strdup(text);
	r->key_line = (uint32_t)event->start_mark.line + 1;
	return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct assay_yaml_node *node;

	if (event->data.scalar.anchor != NULL)
		return refuse(r, &event->start_mark, "anchors are refused");
	if (event->data.scalar.tag != NULL)
		return refuse(r, &event->start_mark, "tags are refused");
	/* Escapes such as "\0" or "\u202e" must not bring in what check_bytes keeps out. */
	if (!assay_quote_is_text(assay_span_of(text, event->data.scalar.length)))
		return refuse(r, &event->start_mark, "control or invisible characters are refused");
	if (r->at != NULL && r->at->kind == ASSAY_YAML_MAPPING && r->key == NULL)
		return take_key(r, event);
	node = add_node(r, ASSAY_YAML_SCALAR, &event->start_mark);
	if (node == NULL)
		return -1;
	node->text = assay_strndup(text, event->data.scalar.length);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

/* A mapping or sequence begins. */
static int begin(struct reader *r, const yaml_event_t *event, enum assay_yaml_kind kind)
{
	struct assay_yaml_node *node;

	if (r->at != NULL && r->at->kind == ASSAY_YAML_MAPPING && r->key == NULL)
		return refuse(r, &event->start_mark, "a key must be text");
	if (++r->depth > DEPTH_MAX)
		return refuse(r, &event->start_mark, "nested too deeply (limit 16)");
	node = add_node(r, kind, &event->start_mark);
	if (node == NULL)
		return -1;
	r->at = node;
	return 0;
}

static int on_mapping(struct reader *r, const yaml_event_t *event)
{
	if (event->data.mapping_start.anchor != NULL)
		return refuse(r, &event->start_mark, "anchors are refused");
	if (event->data.mapping_start.tag != NULL)
		return refuse(r, &event->start_mark, "tags are refused");
	return begin(r, event, ASSAY_YAML_MAPPING);
}

static int on_sequence(struct reader *r, const yaml_event_t *event)
{
	if (event->data.sequence_start.anchor != NULL)
		return refuse(r, &event->start_mark, "anchors are refused");
	if (event->data.sequence_start.tag != NULL)
		return refuse(r, &event->start_mark, "tags are refused");
	return begin(r, event, ASSAY_YAML_SEQUENCE);
}

static int on_end(struct reader *r, const yaml_event_t *event)
{
	(void)event;
	r->at = r->at->parent;
	r->depth--;
	return 0;
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
	return refuse(r, &event->start_mark, "aliases are refused");
}

static int on_document(struct reader *r, const yaml_event_t *event)
{
	if (r->seen)
		return refuse(r, &event->start_mark, "a second document begins here");
	if (event->data.document_start.version_directive != NULL ||
	    event->data.document_start.tag_directives.start !=
	            event->data.document_start.tag_directives.end)
		return refuse(r, &event->start_mark, "directives are refused");
	r->seen = true;
	return 0;
}

static int on_nothing(struct reader *r, const yaml_event_t *event)
{
	(void)r;
	(void)event;
	return 0;
}

static int (*const handlers[])(struct reader *r, const yaml_event_t *event) = {
	[YAML_NO_EVENT] = on_nothing,           [YAML_STREAM_START_EVENT] = on_nothing,
	[YAML_STREAM_END_EVENT] = on_nothing,   [YAML_DOCUMENT_START_EVENT] = on_document,
	[YAML_DOCUMENT_END_EVENT] = on_nothing, [YAML_ALIAS_EVENT] = on_alias,
	[YAML_SCALAR_EVENT] = on_scalar,        [YAML_SEQUENCE_START_EVENT] = on_sequence,
	[YAML_SEQUENCE_END_EVENT] = on_end,     [YAML_MAPPING_START_EVENT] = on_mapping,
	[YAML_MAPPING_END_EVENT] = on_end,
};

/* Take one event. Return: 1, 0 at the end of the stream, -1 on error */
static int next_event(struct reader *r, yaml_parser_t *parser)
{
	yaml_event_t event;
	int result;

	if (!yaml_parser_parse(parser, &event))
		return refuse(r, &parser->problem_mark,
		              parser->problem != NULL ? parser->problem : "cannot be read");
	result = handlers[event.type](r, &event);
	if (result == 0)
		result = event.type != YAML_STREAM_END_EVENT;
	yaml_event_delete(&event);
	return result;
}

static int read_events(struct reader *r)
{
	yaml_parser_t parser;
	int got;

	if (!yaml_parser_initialize(&parser))
		return assay_fail(r->err, ASSAY_E_SYSTEM, "cannot start a YAML parser");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, r->yaml->text.ptr, r->yaml->text.len);
	while ((got = next_event(r, &parser)) > 0)
		;
	yaml_parser_delete(&parser);
	free(r->key);
	return got;
}

/* Takes over the text. */
static int parse(const char *name, struct assay_bytes *text, struct assay_yaml **out,
                 struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = assay_calloc(1, sizeof(*yaml));
	struct reader r = { .yaml = yaml, .err = err };

	yaml->name = assay_strdup(name);
	yaml->text = *text;
	*text = (struct assay_bytes){ 0 };
	if (check_bytes(yaml, err) < 0 || read_events(&r) < 0)
		return -1;
	if (yaml->root == NULL)
		return assay_yaml_fail(yaml, NULL, err, "the file is empty");
	*out = assay_steal(&yaml);
	return 0;
}

int assay_yaml_read(const char *path, uint64_t limit, struct assay_yaml **out,
                    struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (assay_file_read(AT_FDCWD, path, limit, &text, err) < 0)
		return -1;
	return parse(path, &text, out, err);
}

int assay_yaml_parse(const char *name, struct assay_span text, struct assay_yaml **out,
                     struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes copy = { 0 };

	copy.ptr = assay_calloc(text.len + 1, 1);
	copy.len = text.len;
	if (text.len > 0)
		memcpy(copy.ptr, text.ptr, text.len);
	return parse(name, &copy, out, err);
}

/* The depth is bounded by DEPTH_MAX. */
static void free_node(struct assay_yaml_node *node)
{
	struct assay_yaml_node *next;

	for (struct assay_yaml_node *n = node->first; n != NULL; n = next) {
		next = n->next;
		free_node(n);
	}
	free(node->key);
	free(node->text);
	free(node);
}

void assay_yaml_free(struct assay_yaml *yaml)
{
	if (yaml == NULL)
		return;
	if (yaml->root != NULL)
		free_node(yaml->root);
	assay_bytes_fini(&yaml->text);
	free(yaml->name);
	free(yaml);
}
