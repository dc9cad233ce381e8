/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/interrupts.h"

#include <sys/signalfd.h>
#include <unistd.h>

/* Those that the caller does not ignore: a job in the background does, and nohup(1). */
int assay_interrupts_begin(struct assay_interrupts *interrupts, struct assay_error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(signals); i++)
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			(void)sigaddset(&set, signals[i]);
	interrupts->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (interrupts->fd < 0)
		return assay_fail_errno(err, "watch for signals");
	(void)pthread_sigmask(SIG_BLOCK, &set, &interrupts->saved);
	return 0;
}

void assay_interrupts_end(struct assay_interrupts *interrupts)
{
	if (interrupts->fd < 0)
		return;
	(void)close(interrupts->fd);
	interrupts->fd = -1;
	(void)pthread_sigmask(SIG_SETMASK, &interrupts->saved, NULL);
}

uint32_t assay_interrupts_take(const struct assay_interrupts *interrupts)
{
	struct signalfd_siginfo info;

	return read(interrupts->fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? info.ssi_signo
	                                                                          : 0;
}
