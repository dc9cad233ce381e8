/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/tlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "attest/tlog_index.h"
#include "base/file.h"
#include "base/memory.h"

#define HEIGHT 8 /* tlog-tiles, "Merkle Tree" */
#define WIDTH ASSAY_TLOG_WIDTH
#define LEVELS 8        /* of tiles: 8 times 8 bits of an index */
#define ENTRIES (-1)    /* in the place of a level: the bundles of entries */
#define ENTRY_MAX 65535 /* bytes: an entry's length has 16 bits */
#define BUNDLE_MAX ((uint64_t)WIDTH * (2 + ENTRY_MAX))

/* The tile at the right end of a level, which is not full. */
struct edge {
	struct assay_sha256 hashes[WIDTH];
	unsigned count;
	uint64_t tile; /* its number */
	bool changed;
};

struct assay_tlog {
	int fd;
	struct assay_bytes checkpoint;
	struct assay_checkpoint was; /* what it says; size 0 for a new log */
	uint64_t size;               /* with what was appended */
	struct edge edges[LEVELS];
	struct assay_buffer bundle; /* the entries at the right end */
};

/* "tile/0/x001/234", with ".p/17" for a partial one of 17. */
static void tile_path(int level, uint64_t tile, unsigned width, struct assay_buffer *out)
{
	uint64_t parts[8];
	size_t count = 0;

	do {
		parts[count++] = tile % 1000;
		tile /= 1000;
	} while (tile > 0);
	if (level == ENTRIES)
		assay_buffer_add_str(out, "tile/entries");
	else
		assay_buffer_printf(out, "tile/%d", level);
	while (count > 0) {
		count--;
		assay_buffer_printf(out, "/%s%03" PRIu64, count > 0 ? "x" : "", parts[count]);
	}
	if (width < WIDTH)
		assay_buffer_printf(out, ".p/%u", width);
}

static int read_tile(const struct assay_tlog *log, int level, uint64_t tile, unsigned width,
                     struct assay_bytes *out, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	uint64_t limit = level == ENTRIES ? BUNDLE_MAX : (uint64_t)width * ASSAY_SHA256_SIZE;

	tile_path(level, tile, width, &path);
	if (assay_file_read(log->fd, assay_buffer_str(&path), limit, out, err) < 0)
		return -1;
	if (level != ENTRIES && out->len != limit)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: has %zu bytes, not %" PRIu64,
		                  assay_buffer_str(&path), out->len, limit);
	return 0;
}

static int write_tile(const struct assay_tlog *log, int level, uint64_t tile, unsigned width,
                      struct assay_span bytes, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	ASSAY_AUTO_FREE char *folder = NULL;

	tile_path(level, tile, width, &path);
	folder = assay_path_folder(assay_buffer_str(&path));
	if (assay_mkdirs(log->fd, folder, err) < 0)
		return -1;
	return assay_file_write(log->fd, assay_buffer_str(&path), bytes, 0666, err);
}

static struct assay_span edge_span(const struct edge *edge)
{
	return assay_span_of(edge->hashes, edge->count * sizeof(edge->hashes[0]));
}

/* How many hashes a level has in a log of this size, and how many of them the tile has. */
static unsigned tile_width(uint64_t size, unsigned level, uint64_t tile)
{
	uint64_t hashes = size >> (HEIGHT * level), before = tile * WIDTH;

	if (hashes <= before)
		return 0;
	return hashes - before < WIDTH ? (unsigned)(hashes - before) : WIDTH;
}

static int load_edges(struct assay_tlog *log, struct assay_error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
		struct edge *edge = &log->edges[level];

		edge->tile = (log->size >> (HEIGHT * level)) / WIDTH;
		edge->count = tile_width(log->size, level, edge->tile);
		if (edge->count == 0)
			continue;
		if (read_tile(log, (int)level, edge->tile, edge->count, &bytes, err) < 0)
			return -1;
		memcpy(edge->hashes, bytes.ptr, bytes.len);
	}
	return 0;
}

static int load_bundle(struct assay_tlog *log, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	unsigned width = tile_width(log->size, 0, log->size / WIDTH);

	if (width == 0)
		return 0;
	if (read_tile(log, ENTRIES, log->size / WIDTH, width, &bytes, err) < 0)
		return -1;
	assay_buffer_add(&log->bundle, bytes.ptr, bytes.len);
	return 0;
}

static int load(struct assay_tlog *log, struct assay_error *err)
{
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };
	struct stat st;

	if (fstatat(log->fd, "checkpoint", &st, 0) < 0 && errno == ENOENT)
		return 0;
	if (assay_file_read(log->fd, "checkpoint", ASSAY_NOTE_MAX, &log->checkpoint, err) < 0 ||
	    assay_note_parse(assay_span_of_bytes(&log->checkpoint), &note, err) < 0 ||
	    assay_checkpoint_parse(note.text, &log->was, err) < 0)
		return assay_fail_in(err, "checkpoint");
	log->size = log->was.tree.size;
	if (log->size >> 56 != 0)
		return assay_fail(err, ASSAY_E_LIMIT, "checkpoint: more entries than any log has");
	return 0;
}

int assay_tlog_open(const char *path, bool write, struct assay_tlog **out, struct assay_error *err)
{
	ASSAY_AUTO_TLOG struct assay_tlog *log = assay_calloc(1, sizeof(*log));

	if (write && assay_mkdirs(AT_FDCWD, path, err) < 0)
		return -1;
	log->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->fd < 0)
		return assay_fail_errno(err, "open folder %s", path);
	if (write && flock(log->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? assay_fail(err, ASSAY_E_USAGE,
		                                         "%s: in use by another process", path)
		                            : assay_fail_errno(err, "lock %s", path);
	if (load(log, err) < 0 ||
	    (write && (load_edges(log, err) < 0 || load_bundle(log, err) < 0)))
		return assay_fail_in(err, "%s", path);
	*out = assay_steal(&log);
	return 0;
}

void assay_tlog_close(struct assay_tlog *log)
{
	if (log == NULL)
		return;
	if (log->fd >= 0)
		(void)close(log->fd);
	assay_bytes_fini(&log->checkpoint);
	assay_buffer_fini(&log->bundle);
	free(log);
}

struct assay_span assay_tlog_checkpoint(const struct assay_tlog *log)
{
	return assay_span_of_bytes(&log->checkpoint);
}

uint64_t assay_tlog_size(const struct assay_tlog *log)
{
	return log->size;
}

/* The hash over all of a full tile. */
static void tile_root(const struct edge *edge, struct assay_sha256 *out)
{
	struct assay_sha256 row[WIDTH];

	memcpy(row, edge->hashes, sizeof(row));
	for (unsigned count = WIDTH; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			assay_merkle_node(&row[2 * i], &row[2 * i + 1], &row[i]);
	*out = row[0];
}

/* Put a hash at the right end of a level; a tile that gets full puts one on the level above. */
static int push(struct assay_tlog *log, const struct assay_sha256 *hash, struct assay_error *err)
{
	struct assay_sha256 carry = *hash;

	for (unsigned level = 0; level < LEVELS; level++) {
		struct edge *edge = &log->edges[level];

		edge->hashes[edge->count++] = carry;
		edge->changed = true;
		if (edge->count < WIDTH)
			return 0;
		if (write_tile(log, (int)level, edge->tile, WIDTH, edge_span(edge), err) < 0)
			return -1;
		tile_root(edge, &carry);
		*edge = (struct edge){ .tile = edge->tile + 1 };
	}
	return assay_fail(err, ASSAY_E_LIMIT, "the log is full");
}

int assay_tlog_append(struct assay_tlog *log, struct assay_span entry, struct assay_error *err)
{
	struct assay_sha256 leaf;
	uint8_t length[2];

	if (entry.len > ENTRY_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "an entry has at most %d bytes", ENTRY_MAX);
	length[0] = (uint8_t)(entry.len >> 8);
	length[1] = (uint8_t)entry.len;
	assay_buffer_add(&log->bundle, length, sizeof(length));
	assay_buffer_add(&log->bundle, entry.ptr, entry.len);
	assay_merkle_leaf(entry, &leaf);
	if (push(log, &leaf, err) < 0)
		return -1;
	log->size++;
	if (log->size % WIDTH != 0)
		return 0;
	if (write_tile(log, ENTRIES, log->size / WIDTH - 1, WIDTH, assay_buffer_span(&log->bundle),
	               err) < 0)
		return -1;
	assay_buffer_fini(&log->bundle);
	return 0;
}

/* A complete subtree, from the tile that holds its lowest row. */
static int node(void *data, unsigned level, uint64_t index, struct assay_sha256 *out,
                struct assay_error *err)
{
	const struct assay_tlog *log = data;
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	unsigned tile_level = level / HEIGHT, above = level % HEIGHT;
	uint64_t first = index << above, tile = first / WIDTH;
	unsigned count = 1u << above, width = tile_width(log->size, tile_level, tile);
	struct assay_sha256 row[WIDTH];

	if (first % WIDTH + count > width)
		return assay_fail(err, ASSAY_E_FORMAT, "a tile is not as wide as it should be");
	if (read_tile(log, (int)tile_level, tile, width, &bytes, err) < 0)
		return -1;
	memcpy(row, bytes.ptr + first % WIDTH * sizeof(row[0]), count * sizeof(row[0]));
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			assay_merkle_node(&row[2 * i], &row[2 * i + 1], &row[i]);
	*out = row[0];
	return 0;
}

static int read_bundle(void *data, uint64_t number, struct assay_bytes *out,
                       struct assay_error *err)
{
	return read_tile(data, ENTRIES, number, WIDTH, out, err);
}

static struct assay_tlog_bundles bundles_of(struct assay_tlog *log)
{
	return (struct assay_tlog_bundles){ .fd = log->fd, .read = read_bundle, .data = log };
}

static struct assay_merkle_source source_of(struct assay_tlog *log)
{
	return (struct assay_merkle_source){ .node = node, .data = log };
}

static int write_edges(struct assay_tlog *log, struct assay_error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct edge *edge = &log->edges[level];

		if (!edge->changed || edge->count == 0)
			continue;
		if (write_tile(log, (int)level, edge->tile, edge->count, edge_span(edge), err) < 0)
			return -1;
		edge->changed = false;
	}
	if (log->bundle.len == 0)
		return 0;
	return write_tile(log, ENTRIES, log->size / WIDTH, (unsigned)(log->size % WIDTH),
	                  assay_buffer_span(&log->bundle), err);
}

/* Never sign what does not go on from what was signed before. */
static int check_past(struct assay_tlog *log, struct assay_error *err)
{
	struct assay_merkle_source source = source_of(log);
	struct assay_sha256 root;

	if (log->was.tree.size == 0)
		return 0;
	if (assay_merkle_root(&source, log->was.tree.size, &root, err) < 0)
		return -1;
	if (!assay_sha256_equal(&root, &log->was.tree.root))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the tiles do not have the root that the checkpoint states: "
		                  "nothing was signed");
	return 0;
}

int assay_tlog_commit(struct assay_tlog *log, const char *origin, const struct assay_key *key,
                      struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, note = { 0 };
	struct assay_merkle_source source = source_of(log);
	struct assay_merkle_tree tree = { .size = log->size };
	const struct assay_tlog_bundles bundles = bundles_of(log);
	uint64_t before = log->was.tree.size / WIDTH, now = log->size / WIDTH;

	if (write_edges(log, err) < 0 || check_past(log, err) < 0 ||
	    assay_tlog_index_write(&bundles, before, now, err) < 0 ||
	    assay_merkle_root(&source, log->size, &tree.root, err) < 0)
		return -1;
	assay_checkpoint_write(origin, &tree, &text);
	if (assay_note_sign(origin, key, assay_buffer_span(&text), &note, err) < 0 ||
	    assay_file_write(log->fd, "checkpoint", assay_buffer_span(&note), 0666, err) < 0)
		return -1;
	assay_tlog_index_clean(&bundles, before, now);
	assay_bytes_fini(&log->checkpoint);
	log->checkpoint = assay_buffer_steal(&note);
	log->was.origin = assay_span_of(NULL, 0);
	log->was.tree = tree;
	return 0;
}

/* A proof that does not hold would only be found in the field. */
static int damaged(struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_TRUST,
	                  "the log is damaged: its tiles do not prove what its checkpoint says");
}

int assay_tlog_prove(struct assay_tlog *log, uint64_t index, struct assay_merkle_proof *out,
                     struct assay_error *err)
{
	struct assay_merkle_source source = source_of(log);
	struct assay_sha256 leaf;

	if (index >= log->was.tree.size)
		return assay_fail(err, ASSAY_E_USAGE, "the log has %" PRIu64 " entries",
		                  log->was.tree.size);
	if (node(log, 0, index, &leaf, err) < 0 ||
	    assay_merkle_prove(&source, index, log->was.tree.size, out, err) < 0)
		return -1;
	if (!assay_merkle_includes(&leaf, index, log->was.tree.size, out, &log->was.tree.root))
		return damaged(err);
	return 0;
}

int assay_tlog_prove_extension(struct assay_tlog *log, uint64_t old_size,
                               struct assay_merkle_proof *out, struct assay_error *err)
{
	struct assay_merkle_source source = source_of(log);

	if (old_size == 0 || old_size > log->size)
		return assay_fail(err, ASSAY_E_USAGE, "the log has %" PRIu64 " entries", log->size);
	return assay_merkle_prove_extension(&source, old_size, log->size, out, err);
}

int assay_tlog_find(struct assay_tlog *log, struct assay_span entry, uint64_t *index,
                    struct assay_error *err)
{
	const struct assay_tlog_bundles bundles = bundles_of(log);
	ASSAY_AUTO_BYTES struct assay_bytes newest = { 0 };
	uint64_t full = log->size / WIDTH;
	unsigned width = tile_width(log->size, 0, full), found = WIDTH;

	if (width > 0) {
		if (read_tile(log, ENTRIES, full, width, &newest, err) < 0)
			return -1;
		found = assay_tlog_find_in(assay_span_of_bytes(&newest), entry);
	}
	if (found == WIDTH)
		return assay_tlog_index_find(&bundles, full, entry, index, err);
	*index = full * WIDTH + found;
	return 1;
}

void assay_tlog_entry(const char *kind, const struct assay_sha256 *digest, struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	assay_buffer_printf(out, "%s sha256:%s\n", kind, hex);
}
