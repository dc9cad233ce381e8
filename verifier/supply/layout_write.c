/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a layout: a tar archive with one layer in it, which is a tar archive itself.
 *
 * Source: POSIX.1-2017, pax: ustar headers, and records of extended ones for long names.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/quote.h"
#include "store/tree.h"
#include "supply/layout.h"
#include "supply/oci.h"

#define READ_BLOCK ((size_t)1 << 17) /* bytes */

/* Fields of a header and where they stand: POSIX.1-2017, pax, table 4-13. */
#define BLOCK 512
#define NAME_LEN 100
#define MODE_AT 100
#define SIZE_AT 124
#define TIME_AT 136
#define SUM_AT 148
#define TYPE_AT 156
#define LINK_AT 157
#define ID_DIGITS 7
#define LONG_DIGITS 11
#define SIZE_MAX_BYTES ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

static const struct {
	const char *debian, *architecture, *variant;
} architectures[] = {
	{ "amd64", "amd64", NULL },     { "arm64", "arm64", "v8" },
	{ "armel", "arm", "v6" },       { "armhf", "arm", "v7" },
	{ "i386", "386", NULL },        { "mips64el", "mips64le", NULL },
	{ "ppc64el", "ppc64le", NULL }, { "riscv64", "riscv64", NULL },
	{ "s390x", "s390x", NULL },
};

/* Where bytes go: to a file, or nowhere when only their digest is wanted. */
struct target {
	int fd; /* -1: nowhere */
	struct assay_hasher *hasher;
	uint64_t size;
};

static int emit(struct target *target, const void *ptr, size_t len, struct assay_error *err)
{
	assay_hasher_add(target->hasher, ptr, len);
	target->size += len;
	return target->fd < 0 ? 0 : assay_write_full(target->fd, assay_span_of(ptr, len), err);
}

static int emit_padding(struct target *target, uint64_t size, struct assay_error *err)
{
	static const uint8_t zeros[BLOCK];

	return emit(target, zeros, (size_t)((BLOCK - size % BLOCK) % BLOCK), err);
}

/* What a header says. */
struct member {
	const char *name;
	const char *link; /* "" for none */
	char type;        /* '0' file, '2' link, '5' folder, 'x' records */
	mode_t mode;
	uint64_t size;
};

static void put_octal(uint8_t *at, int digits, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%0*" PRIo64, digits, value);
	memcpy(at, text, (size_t)digits);
}

static int emit_header(struct target *target, const struct member *member, struct assay_error *err)
{
	uint8_t header[BLOCK] = { 0 };
	unsigned sum = 0;

	if (member->size > SIZE_MAX_BYTES)
		return assay_fail(err, ASSAY_E_LIMIT, "%" PRIu64 " bytes are too many for tar",
		                  member->size);
	memcpy(header, member->name, strnlen(member->name, NAME_LEN));
	put_octal(header + MODE_AT, ID_DIGITS, member->mode);
	put_octal(header + MODE_AT + 8, ID_DIGITS, 0);  /* uid */
	put_octal(header + MODE_AT + 16, ID_DIGITS, 0); /* gid */
	put_octal(header + SIZE_AT, LONG_DIGITS, member->size);
	put_octal(header + TIME_AT, LONG_DIGITS, ASSAY_TREE_MTIME);
	header[TYPE_AT] = (uint8_t)member->type;
	memcpy(header + LINK_AT, member->link, strnlen(member->link, NAME_LEN));
	memcpy(header + 257, "ustar\00000", 8);
	memset(header + SUM_AT, ' ', 8); /* counted as spaces while it is not there */
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	put_octal(header + SUM_AT, 6, sum);
	header[SUM_AT + 6] = '\0';
	return emit(target, header, BLOCK, err);
}

/* "LEN KEY=VALUE\n", whose length counts its own digits. */
static void add_record(struct assay_buffer *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
	char digits[24];

	while (len != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", len))
		len = rest + strlen(digits);
	assay_buffer_printf(out, "%zu %s=%s\n", len, key, value);
}

/* The header of a member, with records before it for what does not fit. */
static int emit_member(struct target *target, const struct member *member, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer records = { 0 };
	struct member before = { .name = "././@PaxHeader", .link = "", .type = 'x', .mode = 0644 };

	if (strlen(member->name) > NAME_LEN)
		add_record(&records, "path", member->name);
	if (strlen(member->link) > NAME_LEN)
		add_record(&records, "linkpath", member->link);
	before.size = records.len;
	if (records.len > 0 && (emit_header(target, &before, err) < 0 ||
	                        emit(target, records.ptr, records.len, err) < 0 ||
	                        emit_padding(target, records.len, err) < 0))
		return -1;
	return emit_header(target, member, err);
}

static int emit_end(struct target *target, struct assay_error *err)
{
	static const uint8_t zeros[2 * BLOCK];

	return emit(target, zeros, sizeof(zeros), err);
}

static int emit_bytes(struct target *target, const char *name, struct assay_span bytes,
                      struct assay_error *err)
{
	const struct member member = {
		.name = name, .link = "", .type = '0', .mode = 0644, .size = bytes.len
	};

	return emit_member(target, &member, err) < 0 ||
	                       emit(target, bytes.ptr, bytes.len, err) < 0 ||
	                       emit_padding(target, bytes.len, err) < 0
	               ? -1
	               : 0;
}

/* --- The layer --- */

static int emit_content(struct target *target, int rootfd, const struct assay_tree_entry *entry,
                        struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(READ_BLOCK, 1);
	ASSAY_AUTO_CLOSE int fd = openat(rootfd, entry->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t size = (uint64_t)entry->st.st_size, left = size;
	ssize_t got = 0;

	if (fd < 0)
		return assay_fail_errno(err, "open");
	while (left > 0 && (got = read(fd, block, left < READ_BLOCK ? left : READ_BLOCK)) > 0) {
		if (emit(target, block, (size_t)got, err) < 0)
			return -1;
		left -= (uint64_t)got;
	}
	if (got < 0)
		return assay_fail_errno(err, "read");
	if (left > 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "became shorter");
	return emit_padding(target, size, err);
}

static int emit_entry(struct target *target, int rootfd, const struct assay_tree_entry *entry,
                      struct assay_error *err)
{
	ASSAY_AUTO_FREE char *folder = assay_asprintf("%s/", entry->path);
	struct member member = {
		.name = entry->path, .link = "", .type = '0', .mode = entry->st.st_mode & 07777
	};
	char link[4096] = "";

	if (S_ISDIR(entry->st.st_mode)) {
		member.name = folder;
		member.type = '5';
	} else if (S_ISLNK(entry->st.st_mode)) {
		ssize_t len = readlinkat(rootfd, entry->path, link, sizeof(link) - 1);

		if (len < 0)
			return assay_fail_errno(err, "read the link");
		link[len] = '\0';
		member.link = link;
		member.type = '2';
		member.mode = 0777;
	} else {
		member.size = (uint64_t)entry->st.st_size;
	}
	if (emit_member(target, &member, err) < 0)
		return -1;
	return member.type == '0' ? emit_content(target, rootfd, entry, err) : 0;
}

static int emit_layer(struct target *target, int rootfd, const struct assay_tree_scan *scan,
                      struct assay_error *err)
{
	for (size_t i = 0; i < scan->count; i++)
		if (emit_entry(target, rootfd, &scan->entries[i], err) < 0) {
			ASSAY_AUTO_FREE char *quoted = assay_quoted(scan->entries[i].path);

			return assay_fail_in(err, "%s", quoted);
		}
	return emit_end(target, err);
}

/* Digest and size of the layer; where fd is not -1, its bytes too. */
static int make_layer(int fd, int rootfd, const struct assay_tree_scan *scan,
                      struct assay_oci_blob *out, struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	struct target target = { .fd = fd, .hasher = hasher };

	if (emit_layer(&target, rootfd, scan, err) < 0)
		return -1;
	assay_hasher_finish(hasher, &out->sha256);
	out->size = target.size;
	return 0;
}

/* --- The documents --- */

static void set_digest(json_t *object, const char *key, const struct assay_sha256 *digest)
{
	char hex[ASSAY_SHA256_HEX], text[ASSAY_SHA256_HEX + 8];

	assay_sha256_hex(digest, hex);
	(void)snprintf(text, sizeof(text), "sha256:%s", hex);
	assay_json_set_str(object, key, text);
}

static json_t *describe(const char *type, const struct assay_oci_blob *blob)
{
	json_t *json = json_object();

	assay_json_set_str(json, "mediaType", type);
	set_digest(json, "digest", &blob->sha256);
	assay_json_set_int(json, "size", blob->size);
	return json;
}

/* Take a document over as text. Out: *blob, when not NULL: what describes it */
static void finish_document(json_t *json, struct assay_buffer *text, struct assay_oci_blob *blob)
{
	assay_json_canonical(json, text);
	json_decref(json);
	if (blob == NULL)
		return;
	assay_sha256(assay_buffer_span(text), &blob->sha256);
	blob->size = text->len;
}

static int make_config(const char *debian, const struct assay_oci_blob *layer,
                       struct assay_buffer *text, struct assay_oci_blob *out,
                       struct assay_error *err)
{
	json_t *json = NULL, *rootfs, *ids;
	char hex[ASSAY_SHA256_HEX], id[ASSAY_SHA256_HEX + 8];
	size_t i = 0;

	while (i < ASSAY_ARRAY_LEN(architectures) && strcmp(architectures[i].debian, debian) != 0)
		i++;
	if (i == ASSAY_ARRAY_LEN(architectures))
		return assay_fail(err, ASSAY_E_USAGE, "images have no name for architecture %s",
		                  debian);
	json = json_object();
	rootfs = json_object();
	ids = json_array();
	assay_sha256_hex(&layer->sha256, hex);
	(void)snprintf(id, sizeof(id), "sha256:%s", hex);
	assay_json_append(ids, assay_json_str(assay_span_of_str(id)));
	assay_json_set_str(rootfs, "type", "layers");
	assay_json_set(rootfs, "diff_ids", ids);
	assay_json_set_str(json, "architecture", architectures[i].architecture);
	if (architectures[i].variant != NULL)
		assay_json_set_str(json, "variant", architectures[i].variant);
	assay_json_set_str(json, "created", "1980-01-01T00:00:00Z"); /* ASSAY_TREE_MTIME */
	assay_json_set_str(json, "os", "linux");
	assay_json_set(json, "config", json_object());
	assay_json_set(json, "rootfs", rootfs);
	finish_document(json, text, out);
	return 0;
}

static void make_manifest(const struct assay_oci_blob *config, const struct assay_oci_blob *layer,
                          struct assay_buffer *text, struct assay_oci_blob *out)
{
	json_t *json = json_object(), *layers = json_array();

	assay_json_append(layers, describe(ASSAY_OCI_LAYER, layer));
	assay_json_set_int(json, "schemaVersion", 2);
	assay_json_set_str(json, "mediaType", ASSAY_OCI_MANIFEST);
	assay_json_set(json, "config", describe(ASSAY_OCI_CONFIG, config));
	assay_json_set(json, "layers", layers);
	finish_document(json, text, out);
}

static void make_index(const struct assay_oci_blob *manifest, struct assay_buffer *text)
{
	json_t *json = json_object(), *list = json_array();

	assay_json_append(list, describe(ASSAY_OCI_MANIFEST, manifest));
	assay_json_set_int(json, "schemaVersion", 2);
	assay_json_set(json, "manifests", list);
	finish_document(json, text, NULL);
}

/* --- The layout --- */

/* What goes into it. */
struct documents {
	struct assay_buffer config, manifest, index;
	struct assay_oci_blob layer_blob, config_blob, manifest_blob;
};

static void documents_fini(struct documents *documents)
{
	assay_buffer_fini(&documents->config);
	assay_buffer_fini(&documents->manifest);
	assay_buffer_fini(&documents->index);
}

static char *blob_name(const struct assay_oci_blob *blob)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&blob->sha256, hex);
	return assay_asprintf("blobs/sha256/%s", hex);
}

static int emit_blob(struct target *target, const struct assay_oci_blob *blob,
                     const struct assay_buffer *text, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = blob_name(blob);

	return emit_bytes(target, name, assay_buffer_span(text), err);
}

static int emit_folder(struct target *target, const char *name, struct assay_error *err)
{
	const struct member member = { .name = name, .link = "", .type = '5', .mode = 0755 };

	return emit_header(target, &member, err);
}

/* The layer as a member. It is read again: it must come out as it did. */
static int emit_layer_blob(struct target *target, int rootfd, const struct assay_tree_scan *scan,
                           const struct assay_oci_blob *blob, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = blob_name(blob);
	const struct member member = {
		.name = name, .link = "", .type = '0', .mode = 0644, .size = blob->size
	};
	struct assay_oci_blob again;

	if (emit_header(target, &member, err) < 0 ||
	    make_layer(target->fd, rootfd, scan, &again, err) < 0)
		return -1;
	if (!assay_sha256_equal(&again.sha256, &blob->sha256))
		return assay_fail(err, ASSAY_E_SYSTEM, "the tree changed while it was written");
	return emit_padding(target, blob->size, err);
}

static int emit_layout(struct target *target, int rootfd, const struct assay_tree_scan *scan,
                       const struct documents *documents, struct assay_error *err)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

	if (emit_bytes(target, "oci-layout", assay_span_of_str(version), err) < 0 ||
	    emit_bytes(target, "index.json", assay_buffer_span(&documents->index), err) < 0 ||
	    emit_folder(target, "blobs/", err) < 0 ||
	    emit_folder(target, "blobs/sha256/", err) < 0 ||
	    emit_blob(target, &documents->manifest_blob, &documents->manifest, err) < 0 ||
	    emit_blob(target, &documents->config_blob, &documents->config, err) < 0 ||
	    emit_layer_blob(target, rootfd, scan, &documents->layer_blob, err) < 0)
		return -1;
	return emit_end(target, err);
}

int assay_layout_export(const struct assay_tree *tree, const char *architecture, int fd,
                        struct assay_sha256 *manifest, struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	ASSAY_AUTO(documents_fini) struct documents documents = { 0 };
	ASSAY_AUTO_CLOSE int rootfd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct target target = { .fd = fd, .hasher = hasher };

	if (rootfd < 0)
		return assay_fail_errno(err, "open %s", tree->path);
	if (assay_tree_scan(rootfd, &scan, err) < 0 ||
	    make_layer(-1, rootfd, &scan, &documents.layer_blob, err) < 0 ||
	    make_config(architecture, &documents.layer_blob, &documents.config,
	                &documents.config_blob, err) < 0)
		return -1;
	make_manifest(&documents.config_blob, &documents.layer_blob, &documents.manifest,
	              &documents.manifest_blob);
	make_index(&documents.manifest_blob, &documents.index);
	*manifest = documents.manifest_blob.sha256;
	return emit_layout(&target, rootfd, &scan, &documents, err);
}
