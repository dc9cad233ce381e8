/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor, aligned as the kernel wants it: cmsg(3). */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static ssize_t send_with(int socket, const void *ptr, size_t len, int fd)
{
	struct iovec iov = { (void *)(uintptr_t)ptr, len };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			                           .cmsg_level = SOL_SOCKET,
			                           .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(socket, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static ssize_t receive_with(int socket, void *ptr, size_t len, int *fd)
{
	struct iovec iov = { ptr, len };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = control.room,
		              .msg_controllen = sizeof(control.room) };
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*fd = -1;
	header = got >= 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return got;
}

int assay_message_send(int socket, const struct assay_message *message, int fd,
                       struct assay_error *err)
{
	if (send_with(socket, message, sizeof(*message), fd) != (ssize_t)sizeof(*message))
		return assay_fail_errno(err, "tell the other side of the container");
	return 0;
}

int assay_message_receive(int socket, struct assay_message *message, int *fd,
                          struct assay_error *err)
{
	int came = -1;
	ssize_t got = receive_with(socket, message, sizeof(*message), &came);

	if (fd != NULL)
		*fd = came;
	else if (came >= 0)
		(void)close(came);
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return 0;
	if (got < 0)
		return assay_fail_errno(err, "hear from the other side of the container");
	if (got != (ssize_t)sizeof(*message))
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "a message of %zd bytes between launcher and init", got);
	message->text[sizeof(message->text) - 1] = '\0';
	message->error.text[sizeof(message->error.text) - 1] = '\0';
	return 1;
}

int assay_fd_send(int socket, int fd)
{
	return send_with(socket, "", 1, fd) == 1 ? 0 : -1;
}

int assay_fd_receive(int socket)
{
	char byte;
	int fd;

	return receive_with(socket, &byte, 1, &fd) == 1 ? fd : -1;
}
