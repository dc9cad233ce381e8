/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merkle trees, notes and checkpoints against published vectors, and against a tree that is computed
 * here from its definition. The vectors are left out where they are not there. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "attest/base64.h"
#include "attest/document.h"
#include "attest/tlog.h"
#include "attest/witness.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/strings.h"
#include "testing.h"

#define LEAVES 70 /* more than a power of two, with subtrees on several levels */

static char *vector_path(const char *name)
{
	const char *top = getenv("top_srcdir");

	return assay_asprintf("%s/../shared/vectors/%s", top != NULL ? top : ".", name);
}

/* The hash over leaves [start, start + count), as RFC 6962, 2.1 defines it. Recursion: log2. */
static void defined_hash(uint64_t start, uint64_t count, struct assay_sha256 *out)
{
	struct assay_sha256 left, right;
	uint64_t half = 1;

	if (count == 0) {
		assay_merkle_empty(out);
		return;
	}
	if (count == 1) {
		assay_merkle_leaf(assay_span_of(&start, sizeof(start)), out);
		return;
	}
	while (half * 2 < count)
		half *= 2;
	defined_hash(start, half, &left);
	defined_hash(start + half, count - half, &right);
	assay_merkle_node(&left, &right, out);
}

static int defined_node(void *data, unsigned level, uint64_t index, struct assay_sha256 *out,
                        struct assay_error *err)
{
	(void)data;
	(void)err;
	defined_hash(index << level, UINT64_C(1) << level, out);
	return 0;
}

static const struct assay_merkle_source defined = { .node = defined_node };

static void test_roots(void **state)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	for (uint64_t size = 0; size <= LEAVES; size++) {
		struct assay_sha256 root, wanted;

		defined_hash(0, size, &wanted);
		assert_int_equal(assay_merkle_root(&defined, size, &root, &err), 0);
		assert_true(assay_sha256_equal(&root, &wanted));
	}
}

/* Every leaf of every size is proved, and not at another index or in another tree. */
static void test_inclusion(void **state)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	for (uint64_t size = 1; size <= LEAVES; size++) {
		struct assay_sha256 root;

		defined_hash(0, size, &root);
		for (uint64_t index = 0; index < size; index++) {
			struct assay_merkle_proof proof = { .count = 0 };
			struct assay_sha256 leaf;

			defined_hash(index, 1, &leaf);
			assert_int_equal(assay_merkle_prove(&defined, index, size, &proof, &err),
			                 0);
			assert_true(assay_merkle_includes(&leaf, index, size, &proof, &root));
			assert_false(assay_merkle_includes(&leaf, index + 1, size, &proof, &root));
			assert_false(assay_merkle_includes(&root, index, size, &proof, &root) &&
			             size > 1);
			assert_false(assay_merkle_includes(&leaf, index, 0, &proof, &root));
			proof.count += 1;
			assert_false(assay_merkle_includes(&leaf, index, size, &proof, &root));
		}
	}
}

static void test_extension(void **state)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	for (uint64_t size = 1; size <= LEAVES; size++)
		for (uint64_t old = 1; old <= size; old++) {
			struct assay_merkle_proof proof = { .count = 0 };
			struct assay_merkle_tree a = { .size = old }, b = { .size = size };

			defined_hash(0, old, &a.root);
			defined_hash(0, size, &b.root);
			assert_int_equal(
				assay_merkle_prove_extension(&defined, old, size, &proof, &err), 0);
			assert_true(assay_merkle_extends(&a, &b, &proof));
			a.root.bytes[7] ^= 1;
			assert_false(assay_merkle_extends(&a, &b, &proof));
			a.root.bytes[7] ^= 1;
			b.root.bytes[31] ^= 0x80;
			assert_false(assay_merkle_extends(&a, &b, &proof));
		}
}

static int load_proof(const json_t *json, struct assay_merkle_proof *out)
{
	const json_t *list = json_object_get(json, "proof");
	struct assay_error err = ASSAY_ERROR_INIT;

	out->count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (out->count == ASSAY_MERKLE_PROOF_MAX ||
		    assay_note_hash(assay_span_of_str(text), &out->hashes[out->count++], &err) < 0)
			return -1;
	}
	return 0;
}

static bool hash_of(const json_t *json, const char *key, struct assay_sha256 *out)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	return assay_note_hash(assay_span_of_str(assay_field_or_empty(json, key)), out, &err) == 0;
}

/* Vectors whose roots do not matter have shorter ones; a digest stands for each. */
static bool root_of(const json_t *json, const char *key, struct assay_sha256 *out)
{
	if (!hash_of(json, key, out))
		assay_sha256(assay_span_of_str(assay_field_or_empty(json, key)), out);
	return true;
}

static uint64_t number_of(const json_t *json, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(json, key));
}

static bool inclusion_holds(const json_t *json)
{
	struct assay_merkle_proof proof;
	struct assay_sha256 leaf, root;

	return load_proof(json, &proof) == 0 && hash_of(json, "leafHash", &leaf) &&
	       hash_of(json, "root", &root) &&
	       assay_merkle_includes(&leaf, number_of(json, "leafIdx"), number_of(json, "treeSize"),
	                             &proof, &root);
}

static bool consistency_holds(const json_t *json)
{
	struct assay_merkle_tree a = { .size = number_of(json, "size1") };
	struct assay_merkle_tree b = { .size = number_of(json, "size2") };
	struct assay_merkle_proof proof;

	return load_proof(json, &proof) == 0 && root_of(json, "root1", &a.root) &&
	       root_of(json, "root2", &b.root) && assay_merkle_extends(&a, &b, &proof);
}

/* Collect the files two folders deep. */
static void list_vectors(const char *folder, struct assay_strings *out)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", folder, entry->d_name);
		struct stat st;

		if (entry->d_name[0] == '.' || stat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			list_vectors(path, out);
		else
			assay_strings_add(out, path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	assay_strings_sort(out);
}

static void run_vectors(const char *folder, bool (*holds)(const json_t *json), size_t wanted)
{
	ASSAY_AUTO_FREE char *path = vector_path(folder);
	ASSAY_AUTO_STRINGS struct assay_strings files = { 0 };
	size_t good = 0;

	list_vectors(path, &files);
	if (files.count == 0) {
		print_message("# left out: no vectors in %s\n", path);
		return;
	}
	for (size_t i = 0; i < files.count; i++) {
		ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
		ASSAY_AUTO_JSON json_t *json = NULL;
		struct assay_error err = ASSAY_ERROR_INIT;
		bool bad;

		assert_int_equal(assay_file_read(AT_FDCWD, files.items[i], 1 << 20, &file, &err),
		                 0);
		print_message("# %s\n", files.items[i]);
		if (assay_json_parse(assay_span_of_bytes(&file), &json, &err) < 0) {
			/* A number beyond 63 bits; such a proof is refused before it gets here. */
			assert_non_null(strstr((char *)file.ptr, "18446744073709551615"));
			assert_non_null(strstr((char *)file.ptr, "\"wantErr\": true"));
			continue;
		}
		bad = json_is_true(json_object_get(json, "wantErr"));
		/* An old tree of size 0 proves nothing, whatever a vector says of it. */
		if (json_object_get(json, "size1") != NULL && number_of(json, "size1") == 0)
			bad = true;
		assert_int_equal(holds(json), !bad);
		good += !bad;
	}
	assert_true(files.count >= wanted && good > 0 && good < files.count);
	print_message("# %zu vectors, %zu of them good\n", files.count, good);
}

static void test_published_inclusion(void **state)
{
	(void)state;
	run_vectors("merkle/inclusion", inclusion_holds, 98);
}

static void test_published_consistency(void **state)
{
	(void)state;
	run_vectors("merkle/consistency", consistency_holds, 98);
}

static int read_vector(const char *name, struct assay_bytes *out)
{
	ASSAY_AUTO_FREE char *path = vector_path(name);
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_file_read(AT_FDCWD, path, 1 << 20, out, &err) == 0)
		return 0;
	print_message("# left out: %s\n", err.text);
	return -1;
}

static struct assay_span trimmed(const struct assay_bytes *bytes)
{
	size_t len = bytes->len;

	while (len > 0 && bytes->ptr[len - 1] == '\n')
		len--;
	return assay_span_of(bytes->ptr, len);
}

/* Source: C2SP signed-note, its example; libjcat's checkpoint of the LVFS. */
static const struct {
	const char *note, *verifier;
	uint64_t size; /* of a checkpoint; 0: it is none */
} note_vectors[] = {
	{ "note/example.note", "note/example.vkey", 0 },
	{ "libjcat/test.btcheckpoint", "libjcat/test.btverifier", 4 },
};

static void test_published_notes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(note_vectors); i++) {
		ASSAY_AUTO_BYTES struct assay_bytes text = { 0 }, key = { 0 };
		ASSAY_AUTO_NOTE struct assay_note note = { 0 }, changed = { 0 };
		ASSAY_AUTO_NOTE_VERIFIER struct assay_note_verifier verifier = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_checkpoint checkpoint;
		uint64_t time = 0;

		if (read_vector(note_vectors[i].note, &text) < 0 ||
		    read_vector(note_vectors[i].verifier, &key) < 0)
			return;
		assert_int_equal(assay_note_verifier_parse(trimmed(&key), &verifier, &err), 0);
		assert_int_equal(assay_note_parse(assay_span_of_bytes(&text), &note, &err), 0);
		assert_int_equal(assay_note_verify(&note, &verifier, &time, &err), 1);
		assert_int_equal(assay_checkpoint_parse(note.text, &checkpoint, &err),
		                 note_vectors[i].size > 0 ? 0 : -1);
		if (note_vectors[i].size > 0)
			assert_int_equal(checkpoint.tree.size, note_vectors[i].size);
		text.ptr[0] ^= 1;
		assert_int_equal(assay_note_parse(assay_span_of_bytes(&text), &changed, &err), 0);
		assert_int_equal(assay_note_verify(&changed, &verifier, &time, &err), -1);
		verifier.id ^= 1; /* an unknown key is none, and no failure */
		assert_int_equal(assay_note_verify(&changed, &verifier, &time, &err), 0);
	}
}

#define SIG "\n\xe2\x80\x94 x AAAAAAAA\n"

static const struct {
	const char *text;
	bool good;
} notes[] = {
	{ "a\n" SIG, true },
	{ "a\n\nb\n" SIG, true },
	{ "a\n" SIG "\xe2\x80\x94 y AAAAAAAA\n", true },
	{ "", false },
	{ "a\n", false },
	{ "a\n\n", false },
	{ "a" SIG, false },
	{ "a\n\n- x AAAAAAAA\n", false },
	{ "a\n\n\xe2\x80\x94 x AAAAAAAA", false },
	{ "a\n\n\xe2\x80\x94 x AAAA\n", false },
	{ "a\n\n\xe2\x80\x94 x+y AAAAAAAA\n", false },
	{ "a\n\n\xe2\x80\x94  AAAAAAAA\n", false },
	{ "a\n\n\xe2\x80\x94 x AAAA AAAA\n", false },
	{ "a\tb\n" SIG, false },
	{ "a\r\n" SIG, false },
	{ "a\xff\n" SIG, false },
	{ "a\n" SIG "b\n", false },
};

static void test_notes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(notes); i++) {
		ASSAY_AUTO_NOTE struct assay_note note = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		print_message("# note %zu\n", i);
		assert_int_equal(assay_note_parse(assay_span_of_str(notes[i].text), &note, &err),
		                 notes[i].good ? 0 : -1);
	}
}

static const struct {
	const char *text;
	bool good;
} checkpoints[] = {
	{ "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", true },
	{ "o\n18446744073709551615\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n", true },
	{ "o\n18446744073709551616\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
	{ "o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
	{ "o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
	{ "o\n\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
	{ "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
	{ "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", false },
	{ "o\n1\nAAAA\n", false },
	{ "o\n1\n", false },
};

static void test_checkpoints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(checkpoints); i++) {
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_checkpoint got;

		print_message("# checkpoint %zu\n", i);
		assert_int_equal(
			assay_checkpoint_parse(assay_span_of_str(checkpoints[i].text), &got, &err),
			checkpoints[i].good ? 0 : -1);
	}
}

/* A log of more than one tile on two levels, written in steps, has the defined roots, and what it
 * proves holds. */
static void test_tiles(void **state)
{
	static const uint64_t steps[] = { 1, 7, 255, 256, 257, 700, 66000 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	char folder[] = "/tmp/assay-log-XXXXXX";
	struct assay_merkle_tree last = { .size = 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(assay_key_generate(ASSAY_KEY_ED25519, 0, &key, &err), 0);
	for (size_t step = 0; step < ASSAY_ARRAY_LEN(steps); step++) {
		ASSAY_AUTO_TLOG struct assay_tlog *log = NULL;
		ASSAY_AUTO_NOTE struct assay_note note = { 0 };
		struct assay_merkle_proof proof = { .count = 0 };
		struct assay_checkpoint now;
		struct assay_sha256 root;
		uint64_t index = 0;

		assert_int_equal(assay_tlog_open(folder, true, &log, &err), 0);
		assert_int_equal(assay_tlog_size(log), last.size);
		for (uint64_t i = assay_tlog_size(log); i < steps[step]; i++)
			assert_int_equal(assay_tlog_append(log, assay_span_of(&i, sizeof(i)), &err),
			                 0);
		assert_int_equal(assay_tlog_commit(log, "o", key, &err), 0);
		assert_int_equal(assay_note_parse(assay_tlog_checkpoint(log), &note, &err), 0);
		assert_int_equal(assay_checkpoint_parse(note.text, &now, &err), 0);
		defined_hash(0, steps[step], &root);
		assert_int_equal(now.tree.size, steps[step]);
		assert_true(assay_sha256_equal(&now.tree.root, &root));
		if (last.size > 0) {
			assert_int_equal(assay_tlog_prove_extension(log, last.size, &proof, &err),
			                 0);
			assert_true(assay_merkle_extends(&last, &now.tree, &proof));
		}
		for (uint64_t i = 0; i < steps[step]; i += 1 + steps[step] / 13) {
			struct assay_sha256 leaf;

			assert_int_equal(assay_tlog_prove(log, i, &proof, &err), 0);
			defined_hash(i, 1, &leaf);
			assert_true(assay_merkle_includes(&leaf, i, now.tree.size, &proof, &root));
			assert_int_equal(
				assay_tlog_find(log, assay_span_of(&i, sizeof(i)), &index, &err),
				1);
			assert_int_equal(index, i);
		}
		last = now.tree;
	}
	assert_int_equal(assay_remove_tree(AT_FDCWD, folder, &err), 0);
}

/* Source: sigstore-conformance, bundles over a.txt that are signed with a managed key. The key has to
 * verify the signature, and the proof has to lead from the entry to the root of the checkpoint. */
static const struct {
	const char *name;
	bool key_fits;
} bundle_vectors[] = {
	{ "managed-key-happy-path", true },
	{ "managed-key-and-trusted-root", true },
	{ "managed-key-wrong-key_fail", false },
};

/* Numbers are text there, since some JSON readers have only 53 bits. */
static uint64_t text_number(const json_t *json, const char *key)
{
	uint64_t out = UINT64_MAX;

	(void)assay_note_number(assay_span_of_str(assay_field_or_empty(json, key)), &out);
	return out;
}

static void check_entry(const json_t *entry)
{
	const json_t *said = json_object_get(entry, "inclusionProof");
	const char *note = assay_field_or_empty(json_object_get(said, "checkpoint"), "envelope");
	ASSAY_AUTO_JSON json_t *renamed = json_object();
	ASSAY_AUTO_BYTES struct assay_bytes body = { 0 };
	ASSAY_AUTO_NOTE struct assay_note parsed = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_checkpoint checkpoint;
	struct assay_merkle_proof proof;
	struct assay_sha256 leaf, root;

	assert_int_equal(json_object_set(renamed, "proof", json_object_get(said, "hashes")), 0);
	assert_int_equal(load_proof(renamed, &proof), 0);
	assert_int_equal(assay_base64_parse(assay_span_of_str(assay_field_or_empty(
						    entry, "canonicalizedBody")),
	                                    &body, &err),
	                 0);
	assay_merkle_leaf(assay_span_of_bytes(&body), &leaf);
	assert_true(hash_of(said, "rootHash", &root));
	assert_int_equal(assay_note_parse(assay_span_of_str(note), &parsed, &err), 0);
	assert_int_equal(assay_checkpoint_parse(parsed.text, &checkpoint, &err), 0);
	assert_true(assay_sha256_equal(&checkpoint.tree.root, &root));
	assert_int_equal(checkpoint.tree.size, text_number(said, "treeSize"));
	assert_true(assay_merkle_includes(&leaf, text_number(said, "logIndex"),
	                                  checkpoint.tree.size, &proof, &root));
	leaf.bytes[0] ^= 1;
	assert_false(assay_merkle_includes(&leaf, text_number(said, "logIndex"),
	                                   checkpoint.tree.size, &proof, &root));
}

static void check_bundle(size_t index)
{
	ASSAY_AUTO_FREE char *bundle_name = assay_asprintf(
		"sigstore-managed-key/%s/bundle.sigstore.json", bundle_vectors[index].name);
	ASSAY_AUTO_FREE char *key_name =
		assay_asprintf("sigstore-managed-key/%s/key.pub", bundle_vectors[index].name);
	ASSAY_AUTO_BYTES struct assay_bytes bundle = { 0 }, pem = { 0 }, text = { 0 }, sig = { 0 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *material;
	bool fits;

	if (read_vector(bundle_name, &bundle) < 0 || read_vector(key_name, &pem) < 0 ||
	    read_vector("sigstore-managed-key/a.txt", &text) < 0)
		return;
	print_message("# %s\n", bundle_vectors[index].name);
	assert_int_equal(assay_json_parse(assay_span_of_bytes(&bundle), &json, &err), 0);
	/* The wrong one is not even a point of its curve. */
	fits = assay_key_read(assay_span_of_bytes(&pem), NULL, &key, &err) == 0;
	assert_int_equal(
		assay_base64_parse(assay_span_of_str(assay_field_or_empty(
					   json_object_get(json, "messageSignature"), "signature")),
	                           &sig, &err),
		0);
	fits = fits && assay_key_verify(key, assay_span_of_bytes(&text), assay_span_of_bytes(&sig));
	assert_int_equal(fits, bundle_vectors[index].key_fits);
	text.ptr[0] ^= 1;
	assert_false(fits &&
	             assay_key_verify(key, assay_span_of_bytes(&text), assay_span_of_bytes(&sig)));
	material = json_object_get(json, "verificationMaterial");
	check_entry(json_array_get(json_object_get(material, "tlogEntries"), 0));
}

static void test_published_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(bundle_vectors); i++)
		check_bundle(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_inclusion),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_published_inclusion),
		cmocka_unit_test(test_published_consistency),
		cmocka_unit_test(test_published_notes),
		cmocka_unit_test(test_published_bundles),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_checkpoints),
		cmocka_unit_test(test_tiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
