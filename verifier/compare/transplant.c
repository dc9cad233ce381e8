/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/transplant.h"

#include <inttypes.h>

#include "base/memory.h"

#define SHIFTED "container/shifted@1"
#define OVERHEAD 16  /* bytes of the record that each value costs, however short it is; ours */
#define ZEROS_MIN 64 /* bytes of a run that is told by its place and size; ours */

/*
 * Why each of them is safe. What they have in common: the reader sees to it that the field holds
 * a well-formed value of its kind and nothing else (otherwise it must be equal); the value is in
 * the record; every other byte of the container is still compared.
 */
const struct assay_transplant_rule assay_transplant_rules[] = {
	/*
	 * The first of the streams that an apk package is made of: files with a signature of 1 KiB at
	 * most, each under the name of a key, with nothing else in their headers, and packed in 4 KiB
	 * at most. apk verifies them and installs none. Only a delivered package may have them alone.
	 */
	{ "apk/signature@1", "signatures in front of an apk package", true },
	/*
	 * A number in digits, seconds. A kernel that unpacks its first file system gives the file
	 * this time, or the time of day; nothing in it is decided by that. As for tar otherwise.
	 */
	{ "cpio/timestamps@1", "modification time in a cpio header" },
	/*
	 * The UUID of a file system and its journal (16 bytes), the seeds of hashes and checksums, and
	 * the number that tells an inode from an earlier one in its place (4 bytes). A system finds a
	 * file system by its UUID, which it then gets from the same vendor and which is none that another
	 * file system beside it has on either side; seeds decide how names are
	 * spread over blocks, which is checked. Every checksum depends on them and is computed again.
	 */
	{ "ext/identity@1", "UUID, seeds of hashes and checksums, inode generation in ext2/3/4" },
	/*
	 * Seconds of 32 bits, nanoseconds below a thousand million with two more bits of seconds, and
	 * the high bytes of those in the superblock, at most 3. Files get these times: as for tar.
	 * Times of checking and mounting decide when fsck looks again. Not the time of deletion.
	 */
	{ "ext/timestamps@1", "times in an ext2/3/4 superblock or inode" },
	/*
	 * Four bytes in the boot sector, which must have the mark that says so, and again in its copy:
	 * mkfs.fat takes them from the clock. A system finds a file system by them, as by a UUID: as for
	 * ext/identity@1.
	 */
	{ "fat/serial@1", "serial number of a FAT file system" },
	/*
	 * Dates and times that there are (MS-DOS form), or none, in a directory entry: 5, 4 and 2 bytes.
	 * Drivers show them as times of a file: as below for tar. Not those of deleted entries.
	 */
	{ "fat/timestamps@1", "times of creation, writing and access in a FAT directory entry" },
	/*
	 * One to three bytes behind a property of a node that holds a signature of the right length,
	 * and behind the last block of such a tree. mkimage puts the signature in, and libfdt moves
	 * what stands behind it without clearing the padding, so that bytes of the signature stay
	 * there. Every reader of device trees steps over them, and they are not signed.
	 */
	{ "fit/padding@1", "padding of properties in a signature node of a FIT" },
	/*
	 * In a signature node of a FIT: a value of exactly the length that the algorithm beside it
	 * has, and words of at most 64 letters and digits that name the key and the program that
	 * signed. U-Boot hands the value to the arithmetic of RSA or ECDSA and prints the names; the
	 * name of the key decides which key is tried first, and none but a right one will do. What was
	 * signed is compared, hashes of images are true, and the list of what was signed is the one
	 * that the configuration makes. Whether the signature is a good one is not looked at.
	 */
	{ "fit/signature@1", "signature, name of the key and of the signer in a FIT" },
	/*
	 * Four bytes, seconds, in the root or in a signature node. U-Boot prints it.
	 */
	{ "fit/timestamps@1", "time in a FIT and in its signature nodes" },
	/*
	 * Sixteen bytes that are a GUID of version 4, in the header of a GUID partition table or in an
	 * entry: 122 bits that are random for every disk that is made. What a partition is for is its
	 * type, which must be equal, as must its place, name and attributes. A boot loader or kernel
	 * may be told to find a partition by this GUID; where it is told so is compared, and no GUID
	 * that was known goes to another partition. Both tables must say the same, and their CRCs are
	 * computed again.
	 */
	{ "gpt/guids@1", "random GUID of a disk or partition" },
	/*
	 * Who packed the file: the operating system (one of the values that RFC 1952 defines) and
	 * the name before packing (printable, no slash, of equal length). What unpacks to memory, as
	 * kernels and boot loaders do, skips both; gzip -N, when a person asks for it, names the
	 * file that it writes so.
	 */
	{ "gzip/origin@1", "operating system and file name in a gzip header" },
	/*
	 * Four bytes, seconds. No program that unpacks decides anything by them; gzip -N sets the
	 * time of the file that it writes.
	 */
	{ "gzip/timestamps@1", "modification time in a gzip header" },
	/*
	 * Seven bytes (date, time, zone) in a directory record, or in a field of Rock Ridge behind it, and
	 * seventeen (digits and a zone) in a volume descriptor: each a time that there is, or zeros. As
	 * below for tar. When the volume was last changed is what a system finds it by, as by a UUID: as
	 * for ext/identity@1; none goes by its other times.
	 */
	{ "iso/timestamps@1", "times in ISO 9660 records and volume descriptors" },
	/*
	 * Four bytes, seconds, in the node of a name and three times in the latest node of an inode.
	 * Linux shows them as the times of a file or folder: as for tar below. Older nodes of the
	 * inode have the same times or must be equal. Checksums of nodes are computed again.
	 */
	{ "jffs2/timestamps@1", "times in the nodes of a JFFS2" },
	/* Four bytes, seconds. As for gzip. */
	{ "lzop/timestamps@1", "modification time in an lzop header" },
	/*
	 * Four bytes between boot code and partition table, random for every disk that is made. As
	 * for gpt/guids@1 otherwise.
	 */
	{ "mbr/disk-signature@1", "signature of a disk in its boot sector" },
	/*
	 * When a container image, a step of its making or a manifest was made: RFC 3339, at most 35
	 * characters, in the key "created" of a configuration or of its history, or the annotation for
	 * it. Programs show it to people, and remove old images by it where they are told to; what a
	 * container has and runs does not depend on it. Digests that follow from it must be true.
	 */
	{ "oci/timestamps@1", "time in the configuration or an annotation of a container image",
	  true },
	/*
	 * The certificate table at the end of a PE image, with the at most 7 zeros that bring it to its
	 * place, and the 8 bytes of the headers that say where it is. It holds Authenticode signatures
	 * in their strict form (formats/signature/authenticode.h) and nothing else; each has the digest
	 * that the image has, so that all bytes but these and the checksum are signed on both sides and
	 * compared here. Certificates in it are as for RAUC below. Firmware verifies it, or ignores it;
	 * it loads none of it. Only a delivered image may be signed alone.
	 */
	{ "pe/authenticode@1", "signature of a PE image, and where it is", true },
	/*
	 * Four bytes in the headers of a PE image: none, the sum of all bytes, or what that was before
	 * the image was signed. So it follows from the other bytes, or is zero; firmware and kernels do
	 * not look at it.
	 */
	{ "pe/checksum@1", "checksum of a PE image" },
	/*
	 * A detached CMS signature and its size at the end of a bundle, read strictly
	 * (formats/signature/cms.h); beside names, times and the value it may have four certificates
	 * of 4 KiB each, of which an extension may say anything. rauc verifies it and mounts what is
	 * in front of it.
	 */
	{ "rauc/signature@1", "signature at the end of a RAUC bundle", true },
	/*
	 * When and where a package was built, and from which source package: four bytes of seconds;
	 * a host name (letters, digits, dots, dashes, at most 255 bytes); both of these again, as the
	 * cookie; the 16 bytes of an MD5. rpm shows them to people and compares the time of two
	 * packages of one version to say which is newer, where a person asks for that; none is run
	 * or written to the system that it is installed on.
	 */
	{ "rpm/build@1", "time, host and source package of the build in an RPM header", true },
	/*
	 * The header in front of a package's own. It is taken as one value only when every byte of it
	 * is understood: sizes and digests of what stands behind it, which are true; zeros; and
	 * OpenPGP signatures in their strict form (formats/signature/openpgp.h), which hold a time, a
	 * key id and numbers of bounded size. rpm verifies them and goes by the other header. Only a
	 * delivered package may have a signature that the rebuilt one lacks.
	 */
	{ "rpm/signature@1", "signature header of an RPM package: digests and who signed", true },
	/* Four bytes for each file, seconds. rpm gives the file this time. As below for tar. */
	{ "rpm/timestamps@1", "times of files in an RPM header" },
	/*
	 * Four bytes, seconds, in the superblock and in each inode. The kernel shows the first to
	 * nobody and the others as the time of a file, as below for tar.
	 */
	{ "squashfs/timestamps@1", "time in a squashfs superblock or inode" },
	/*
	 * The member sw-description.sig, second in an update file: a detached CMS signature as in a
	 * RAUC bundle, or 256, 384 or 512 bytes of a plain RSA one. SWUpdate verifies it and installs
	 * only what sw-description names. Only a delivered file may have it alone.
	 */
	{ "swu/signature@1", "member with the signature of an SWUpdate file", true },
	/*
	 * The same in a pax header, in the records mtime, atime and ctime: at most eleven digits, and at
	 * most nine behind a point. As below; the length of the record, and of all records, follows.
	 */
	{ "tar/pax-timestamps@1", "times in a pax header of a tar archive", true },
	/*
	 * Eleven octal digits, seconds. An unpacker gives the file this time. Content, names, modes,
	 * owners and all else in the header are compared, its checksum must be true. Times decide
	 * what make rebuilds and whether an interpreter compiles a module again, from files that are
	 * equal on both sides.
	 */
	{ "tar/timestamps@1", "modification time in a tar header" },
	/*
	 * Four bytes, equal in all erase blocks of an image; the reader refuses others. Linux, too,
	 * attaches to none in which two differ, tells a person the number, and makes nothing else of
	 * it. The checksums of the headers are computed again.
	 */
	{ "ubi/image-sequence@1", "number of a UBI image, in the headers of erase blocks" },
	/*
	 * Seconds and nanoseconds of three times in the node of an inode: below a thousand million, and
	 * seconds of 35 bits. Files get these times: as for tar above. The checksum of the node is
	 * computed again.
	 */
	{ "ubifs/timestamps@1", "times in the inodes of a UBIFS" },
	/*
	 * Sixteen bytes in the superblock, random for every file system that is made. As for
	 * ext/identity@1: whoever is told to find a file system by it gets it from the same vendor, and it
	 * is none of another one beside it.
	 */
	{ "ubifs/uuid@1", "UUID of a UBIFS" },
	/*
	 * Four bytes, seconds, in the header of a legacy U-Boot image. U-Boot prints it and decides
	 * nothing by it. The header's CRC covers it and is computed again.
	 */
	{ "uimage/timestamps@1", "time in a legacy U-Boot image header" },
	/*
	 * At most 256 bytes behind each other, in the header of a tree of digests. Every digest is made
	 * with them, so the tree is made again, and must be the delivered one. Who has another salt has
	 * another root digest, too: where a boot loader or kernel is told which one, that is compared.
	 */
	{ "verity/salt@1", "salt of a dm-verity tree" },
	/* Sixteen bytes by which veritysetup names a device. As for ext/identity@1 otherwise. */
	{ "verity/uuid@1", "UUID in the header of a dm-verity tree" },
	/*
	 * A date and time that there are (MS-DOS form), and extended timestamps of the right length.
	 * An unpacker gives the file this time. As for tar otherwise.
	 */
	{ "zip/timestamps@1", "modification time in zip headers" },
	{ 0 },
};

const struct assay_transplant_rule *assay_transplant_find(const char *id)
{
	for (const struct assay_transplant_rule *r = assay_transplant_rules; r->id != NULL; r++)
		if (id != NULL && strcmp(r->id, id) == 0)
			return r;
	return NULL;
}

static bool same_value(const struct assay_transplant *a, const struct assay_transplant *b)
{
	return strcmp(a->what, b->what) == 0 && strcmp(a->rule, b->rule) == 0 &&
	       a->zeros_at == b->zeros_at && a->zeros == b->zeros &&
	       assay_span_equal(assay_span_of_bytes(&a->value), assay_span_of_bytes(&b->value));
}

/* The same value of the same artefact, when it was recorded. */
static struct assay_transplant *recorded(struct assay_comparison *found,
                                         const struct assay_transplant *value)
{
	for (size_t i = found->transplant_count; i-- > 0;)
		if (same_value(&found->transplants[i], value))
			return &found->transplants[i];
	return NULL;
}

/* Whether the record has room. The first time that it has none is a finding. */
static bool has_room(struct assay_walk *walk, struct assay_node *node, uint64_t cost)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	bool was_full = walk->transplanted > ASSAY_TRANSPLANT_MAX;

	if (!was_full)
		walk->transplanted += cost;
	if (walk->transplanted <= ASSAY_TRANSPLANT_MAX)
		return true;
	if (!was_full)
		(void)assay_comparison_find(assay_node_found(node), &place,
		                            "more than %" PRIu64
		                            " bytes of values to transplant: no more are",
		                            ASSAY_TRANSPLANT_MAX);
	return false;
}

/* The longest run of zeros in a value; 0 when it is not long enough to say less about it. */
static uint64_t find_zeros(struct assay_span value, uint64_t *at)
{
	uint64_t best = ZEROS_MIN - 1, run = 0;

	*at = 0;
	for (uint64_t i = 0; i < value.len; i++) {
		run = value.ptr[i] == 0 ? run + 1 : 0;
		if (run > best) {
			best = run;
			*at = i + 1 - run;
		}
	}
	return best < ZEROS_MIN ? 0 : best;
}

/* A value as it is recorded: room that a format reserves and nothing uses is told by its size. */
static void pack_value(struct assay_transplant *record)
{
	struct assay_bytes whole = record->value, packed = { assay_calloc(whole.len + 1, 1), 0 };
	uint64_t behind;

	record->zeros = find_zeros(assay_span_of_bytes(&whole), &record->zeros_at);
	behind = record->zeros_at + record->zeros;
	packed.len = whole.len - record->zeros;
	if (packed.len > 0) {
		memcpy(packed.ptr, whole.ptr, record->zeros_at);
		memcpy(packed.ptr + record->zeros_at, whole.ptr + behind, whole.len - behind);
	}
	record->value = packed;
}

bool assay_transplant_note(struct assay_walk *walk, struct assay_node *node,
                           const struct assay_transplant *value)
{
	struct assay_comparison *found = assay_node_found(node);
	struct assay_transplant record = *value, *same;

	pack_value(&record);
	same = recorded(found, &record);
	if (same != NULL)
		same->count++;
	if (same != NULL || !has_room(walk, node, record.value.len + OVERHEAD)) {
		assay_bytes_fini(&record.value);
		return same != NULL;
	}
	assay_grow(&found->transplants, &found->transplant_cap, found->transplant_count,
	           sizeof(*found->transplants));
	record.artefact = assay_strdup(node->path);
	record.count = 1;
	found->transplants[found->transplant_count++] = record;
	return true;
}

/* A copy of the rebuilt file in the making. */
struct graft {
	const struct assay_contents *delivered, *rebuilt;
	struct assay_node *const *children;
	uint8_t *image;
};

static void copy(struct graft *graft, const struct assay_contents *from, uint64_t at, uint64_t to,
                 uint64_t length)
{
	if (length > 0)
		memcpy(graft->image + to, from->span.ptr + at, length);
}

static void graft_fields(struct graft *graft, const struct assay_part *a)
{
	for (const struct assay_field *field = a->fields; field->what != NULL; field++)
		if (field->role == ASSAY_ROLE_OPAQUE)
			copy(graft, graft->delivered, a->offset + field->offset,
			     a->offset + field->offset, field->length);
}

/* The bytes of a child that was changed itself. Return: false when they cannot be had */
static bool graft_content(struct graft *graft, const struct assay_part *a)
{
	const struct assay_node *child = graft->children[a->entry];

	if (child == NULL || child->class == ASSAY_CLASS_IDENTICAL)
		return true;
	if (!assay_span_holds(assay_span_of_bytes(&child->image), a->content, a->length))
		return false;
	if (a->length > 0)
		memcpy(graft->image + a->offset, child->image.ptr + a->content, a->length);
	return true;
}

static bool is_value(const struct assay_part *part)
{
	return part->role == ASSAY_ROLE_OPAQUE && part->fields == NULL;
}

static bool graft_part(struct graft *graft, const struct assay_part *a, const struct assay_part *b)
{
	if (a->role != b->role || (a->fields == NULL) != (b->fields == NULL))
		return false;
	if (is_value(a)) {
		copy(graft, graft->delivered, a->offset, a->offset, a->length);
		return true;
	}
	copy(graft, graft->rebuilt, b->offset, a->offset, a->length);
	if (a->fields != NULL)
		graft_fields(graft, a);
	else if (a->role == ASSAY_ROLE_CONTENT && a->entry != ASSAY_NO_ENTRY)
		return graft_content(graft, a);
	return true;
}

/* Whether a part belongs to an entry that is one value as a whole. */
static bool is_sealed(const struct assay_contents *contents, const struct assay_part *part)
{
	return part->entry != ASSAY_NO_ENTRY && contents->entries[part->entry].opaque != NULL;
}

/* The next part of the rebuilt file that is of no such entry. NULL: there is none */
static const struct assay_part *next_part(const struct graft *graft, size_t *next)
{
	const struct assay_contents *rebuilt = graft->rebuilt;

	while (*next < rebuilt->part_count && is_sealed(rebuilt, &rebuilt->parts[*next]))
		(*next)++;
	return *next < rebuilt->part_count ? &rebuilt->parts[(*next)++] : NULL;
}

/* Whether every part has one on the other side, of its size where that may not be another one. */
static bool same_layout(const struct graft *graft)
{
	const struct assay_contents *a = graft->delivered;
	size_t next = 0;

	for (size_t i = 0; i < a->part_count; i++) {
		const struct assay_part *x = &a->parts[i], *y;

		if (is_sealed(a, x))
			continue;
		y = next_part(graft, &next);
		if (y == NULL || (x->entry == ASSAY_NO_ENTRY) != (y->entry == ASSAY_NO_ENTRY) ||
		    (x->length != y->length && !(is_value(x) && is_value(y))))
			return false;
	}
	return next_part(graft, &next) == NULL;
}

/* Return: whether the delivered bytes come out */
static bool make_image(struct graft *graft)
{
	const struct assay_contents *a = graft->delivered;
	size_t next = 0;

	for (size_t i = 0; i < a->part_count; i++) {
		const struct assay_part *part = &a->parts[i];

		if (is_sealed(a, part))
			copy(graft, a, part->offset, part->offset, part->length);
		else if (!graft_part(graft, part, next_part(graft, &next)))
			return false;
	}
	if (a->reader->recompute != NULL)
		a->reader->recompute(a, graft->image);
	return memcmp(graft->image, a->span.ptr, a->span.len) == 0;
}

/* Whatever was transplanted is of another class. */
static void reclass(struct assay_node *node, enum assay_class class, const char *rule)
{
	for (size_t i = 0; i < node->ledger.count; i++) {
		struct assay_range *range = &node->ledger.ranges[i];

		if (range->class != ASSAY_CLASS_TRANSPLANTED)
			continue;
		range->class = class;
		range->rule = rule;
	}
}

static void refuse(struct assay_node *node)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "transplanting does not give the delivered bytes");
	reclass(node, ASSAY_CLASS_UNEXPLAINED, NULL);
}

/*
 * A member has another size with its value than without (a signature that the rebuilt one lacks),
 * so what stands behind it stands elsewhere. The members match and so does all that is said about
 * them, which is less than that the bytes come out.
 */
static void settle_for_less(struct assay_node *node)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_REPACKED, SHIFTED);

	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "members have other sizes and stand at other places");
	reclass(node, ASSAY_CLASS_REPACKED, SHIFTED);
}

void assay_transplant_prove(struct assay_walk *walk, const struct assay_container *container,
                            struct assay_node *const *children)
{
	struct assay_node *node = container->node;
	struct assay_budget *budget = &walk->budgets[1];
	struct graft graft = { container->delivered, container->rebuilt, children, NULL };

	if (assay_node_worst(node) != ASSAY_CLASS_TRANSPLANTED)
		return;
	if (node->delivered.len > budget->limits.bytes - budget->bytes) {
		assay_node_inconclusive(node, "limit: more than %" PRIu64 " bytes unpacked",
		                        budget->limits.bytes);
		return;
	}
	if (!same_layout(&graft)) {
		settle_for_less(node);
		return;
	}
	budget->bytes += node->delivered.len;
	graft.image = assay_calloc(node->delivered.len, 1);
	node->image = (struct assay_bytes){ graft.image, node->delivered.len };
	if (!make_image(&graft)) {
		refuse(node);
		assay_bytes_fini(&node->image);
	}
}
