/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Toolchains as plain structs. The intent says what is wanted; the lock says which bytes that
 * is: each package by SHA-256, and the digest of the tree that they make. The schema is described
 * in assay-toolchain(5).
 *
 * Layer: model. All strings are owned by the struct.
 */
#ifndef ASSAY_MODEL_TOOLCHAIN_H
#define ASSAY_MODEL_TOOLCHAIN_H

#include <stdint.h>

/** A source package whose build-dependencies are wanted. */
struct assay_build_depends {
	char *dsc; /* file name of the .dsc */
	char *sha256;
	uint64_t size;           /* bytes */
	char *from;              /* as struct assay_hint: "debian:pool/…" */
	char *host_architecture; /* NULL: the same as the toolchain's */
	char *profiles;          /* build profiles, "cross,nocheck"; NULL: none */
	char *binaries; /* "any" as for -B, "all" as for -A of dpkg-buildpackage(1); NULL: both */
};

struct assay_intent {
	char *schema;
	char *name;
	char *architecture; /* Debian's name of what the programs run on: amd64 */
	char **foreign;     /* further architectures that packages may come from */
	unsigned foreign_count;
	char **packages; /* NAME, NAME:ARCH or NAME=VERSION */
	unsigned packages_count;
	struct assay_build_depends *build_depends;
	unsigned build_depends_count;
	struct assay_tree_link *links;
	unsigned links_count;
	struct assay_tree_file *files;
	unsigned files_count;
	char **directories;
	unsigned directories_count;
};

/** One package of the lock. */
struct assay_package {
	char *name;
	char *version;
	char *architecture;
	char *sha256;
	uint64_t size; /* bytes */
	char *path;    /* below a mirror: pool/main/… */
};

/** A symbolic link that maintainer scripts would have made. */
struct assay_tree_link {
	char *path; /* below the tree, no leading slash */
	char *target;
};

/** A file that maintainer scripts would have made. */
struct assay_tree_file {
	char *path;
	char *content; /* text */
	uint32_t mode; /* permission bits; octal in the text */
};

/** What the lock's packages, links, files and directories come to. */
struct assay_lock_tree {
	char *algorithm; /* "assay-tree/1" */
	char *sha256;    /* NULL in a lock that is being made */
	uint64_t entries;
	uint64_t bytes; /* of file content */
};

/** A blob of an OCI image. */
struct assay_lock_blob {
	char *sha256;
	uint64_t size; /* bytes */
};

/** Of packages, or of an image: then there is no intent and no package. */
struct assay_lock {
	char *schema;
	char *name;
	char *intent; /* SHA-256 of the intent's canonical JSON: another one is stale; NULL: an image */
	char *architecture;
	struct assay_lock_blob
		*image; /* its manifest, its configuration, its layers in their order */
	unsigned image_count;
	struct assay_package *packages; /* sorted by name, architecture */
	unsigned packages_count;
	struct assay_tree_link *links;
	unsigned links_count;
	struct assay_tree_file *files;
	unsigned files_count;
	char **directories; /* empty folders: mount points */
	unsigned directories_count;
	struct assay_lock_tree tree;
};

#endif
