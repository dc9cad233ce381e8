/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sources of the manifest into the build folder, in the manifest's order, each checked
 * against its pin on the way in: what is built is what was pinned, whatever became of the store
 * in between.
 *
 * Init itself copies bytes, and sets times without following a link. What reads the bytes
 * (libarchive, patch) runs as a process without rights, and never holds a descriptor of a file of
 * the host.
 *
 * Layer: rebuild. Runs in init.
 */
#ifndef ASSAY_REBUILD_SOURCES_H
#define ASSAY_REBUILD_SOURCES_H

#include "rebuild/container.h"

/**
 * Unpack or copy a source.
 *
 * Errors: as assay_untar; ASSAY_E_PIN  other bytes than pinned
 */
ASSAY_CHECKED int assay_source_place(const struct assay_container *container, unsigned index,
                                     struct assay_error *err);

/** A patch in memory that nobody can change, at its start. Return: fd, -1. Errors: ASSAY_E_PIN */
ASSAY_CHECKED int assay_source_patch(const struct assay_container *container, unsigned index,
                                     struct assay_error *err);

/** Take the inventory of the build folder, as text. Return: a file in memory, -1 */
ASSAY_CHECKED int assay_sources_inventory(const struct assay_container *container,
                                          struct assay_error *err);

/** Give everything in the build folder the time of SOURCE_DATE_EPOCH. Nothing else runs now. */
ASSAY_CHECKED int assay_sources_settle(const struct assay_container *container,
                                       struct assay_error *err);

/** The same, where the build folder is somewhere else. */
ASSAY_CHECKED int assay_sources_settle_in(int dir, const struct assay_build *build,
                                          assay_others others, struct assay_error *err);

#endif
