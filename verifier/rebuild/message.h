/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What launcher and init tell each other, over one socket that the build never sees.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_MESSAGE_H
#define ASSAY_REBUILD_MESSAGE_H

#include <stdint.h>

#include "base/error.h"

enum assay_message_type {
	/* The launcher to the stage that becomes init. */
	ASSAY_MSG_MAPPED, /* the ids are mapped: go on */
	/* The stage, then init, to the launcher. */
	ASSAY_MSG_UNSHARED, /* the namespaces are there: map the ids */
	ASSAY_MSG_UNPINNED, /* index: pin; text: why */
	ASSAY_MSG_SURVEY,   /* with a descriptor: what can be seen inside */
	ASSAY_MSG_SOURCES,  /* with a descriptor: the inventory of the sources */
	ASSAY_MSG_USED,     /* with a descriptor: which of them were opened */
	ASSAY_MSG_STEP,     /* index: step that begins; count: of how many; text: what it runs */
	ASSAY_MSG_REFUSAL,  /* text: what was refused to whom; count: how often */
	ASSAY_MSG_ENDED,    /* outcome, index: step, status, count: largest memory; text: detail */
	ASSAY_MSG_TROUBLE,  /* error */
	ASSAY_MSG_WANT,     /* index: output, to be answered with ASSAY_MSG_FILE */
	ASSAY_MSG_OUTPUT,   /* index: output that is written */
	/* The launcher to init. */
	ASSAY_MSG_FILE, /* with a descriptor to write the output to */
	ASSAY_MSG_STOP, /* kill the build and report */
};

/** One message. Both ends are the same program. */
struct assay_message {
	uint32_t type;
	uint32_t index;
	int32_t status;
	uint32_t outcome;
	uint64_t count;
	struct assay_error error;
	char text[512];
};

/** Send a message, with a descriptor when fd is not -1. */
ASSAY_CHECKED int assay_message_send(int socket, const struct assay_message *message, int fd,
                                     struct assay_error *err);

/**
 * Receive a message.
 *
 * Out:    *fd the descriptor that came with it, or -1; when fd is NULL none is taken
 * Return: 1 with *message, 0 when the other end is closed, -1 on error
 */
ASSAY_CHECKED int assay_message_receive(int socket, struct assay_message *message, int *fd,
                                        struct assay_error *err);

/** Send a bare descriptor, with one byte. Return: -1 with errno */
int assay_fd_send(int socket, int fd);

/** Receive it. Return: the descriptor, -1 */
int assay_fd_receive(int socket);

#endif
