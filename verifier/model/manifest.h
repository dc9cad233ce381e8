/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest as plain structs: what was released, from which sources, built how, delivered as
 * what. manifest/ reads it from YAML; the schema is described in assay-manifest(5).
 *
 * Layer: model. All strings are owned by the manifest and are UTF-8 without control characters,
 * except that an item of argv may have line ends and tabs.
 */
#ifndef ASSAY_MODEL_MANIFEST_H
#define ASSAY_MODEL_MANIFEST_H

#include <stdint.h>
#include <string.h>

#include "model/exclusion.h"
#include "model/machine.h"
#include "model/tier.h"

/** What becomes of a source file in the build folder. */
enum assay_unpack {
	ASSAY_UNPACK_COPY,  /* copied as it is, under its name */
	ASSAY_UNPACK_TAR,   /* unpacked: any tar that libarchive reads, compressed or not */
	ASSAY_UNPACK_PATCH, /* applied with the toolchain's patch(1), in the order of the manifest */
};

/** A source file: pinned by digest and size. */
struct assay_source {
	char *name;    /* a plain file name, no slash */
	char *sha256;  /* 64 lower-case hexadecimal digits */
	uint64_t size; /* bytes */
	enum assay_unpack unpack;
	char *into;     /* folder below build.path, "." for itself */
	uint32_t strip; /* leading path components taken off (tar --strip-components, patch -p) */
};

struct assay_variable {
	char *name, *value;
};

/** One command, without a shell. */
struct assay_step {
	char **argv; /* a NULL pointer stands behind the last */
	unsigned argv_count;
	char *cwd; /* below build.path, "." for itself */
};

struct assay_user {
	uint32_t uid, gid;
	char *name;
	char *home; /* absolute */
};

/** When a build is stopped. Not visible inside. */
struct assay_limits {
	uint32_t wall;    /* seconds */
	uint32_t silence; /* seconds without a byte of output */
	uint64_t memory;  /* bytes of all processes together */
	uint32_t processes;
	uint64_t disk; /* bytes; also the size of the tmpfs at build.path, so it is visible */
	uint64_t log;  /* bytes of output */
};

/** A file that says what a build sees: assay-manifest(5), PROFILE. */
struct assay_profile_pin {
	char *file;   /* path beside the manifest: a hint, not part of the identity */
	char *sha256; /* of its bytes */
};

struct assay_build {
	struct assay_profile_pin *profile;  /* NULL: none is named */
	char *path;                         /* absolute; where the sources are */
	struct assay_variable *environment; /* complete; only SOURCE_DATE_EPOCH is added */
	unsigned environment_count;
	struct assay_step *steps;
	unsigned steps_count;
	struct assay_user user;
	uint32_t umask;             /* octal in the text: "0022" */
	uint64_t source_date_epoch; /* seconds since 1970-01-01 UTC */
	struct assay_machine machine;
	struct assay_limits limits;
};

/** The value of a variable of the environment; "" where it is not set. Borrowed. */
static inline const char *assay_build_variable(const struct assay_build *build, const char *name)
{
	for (unsigned i = 0; i < build->environment_count; i++)
		if (strcmp(build->environment[i].name, name) == 0)
			return build->environment[i].value;
	return "";
}

/** A file that the build must make. */
struct assay_output {
	char *name; /* how the rest of the manifest refers to it; a plain file name */
	char *path; /* below build.path; exactly one regular file */
};

/** A delivered artefact, and the output it must equal. */
struct assay_delivered {
	char *file; /* a plain file name: what was shipped */
	char *sha256;
	uint64_t size; /* bytes */
	char *member;  /* path inside it, "data.tar.xz!/usr/lib/x"; NULL for the whole file */
	char *output;  /* name of an output */
};

/** A tree that was reviewed, and where it is when it is built. */
struct assay_reviewed {
	char *at;   /* folder below build.path, "." for itself */
	char *tree; /* SHA-256, as a record of assay-review(1) has it */
};

/** Where a pinned file can be found. Not part of the identity. */
struct assay_hint {
	char *name;
	char *from; /* "debian:pool/…" (machine's apt mirrors), http(s)://…, or a path beside the manifest */
};

/** outputs are sorted by name, delivered by file, member and output: their order has no meaning. */
struct assay_manifest {
	char *schema;
	struct assay_product {
		char *name, *version;
	} product;
	struct assay_source *sources;
	unsigned sources_count;
	struct assay_reviewed *reviewed; /* the sources have to be these trees */
	unsigned reviewed_count;
	struct assay_toolchain_pin {
		char *lock; /* path beside the manifest: a hint, not part of the identity */
		char *id;   /* SHA-256 of the lock's canonical JSON */
		char *tree; /* SHA-256 of the materialised tree */
	} toolchain;
	struct assay_build build;
	struct assay_output *outputs;
	unsigned outputs_count;
	struct assay_delivered *delivered;
	unsigned delivered_count;
	struct assay_acceptance {
		enum assay_tier accept;
		struct assay_exclusion *exclusions; /* sorted by file */
		unsigned exclusions_count;
	} compare;
	struct assay_hint *hints;
	unsigned hints_count;
};

#endif
