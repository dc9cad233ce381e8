/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int assay_capabilities_keep(uint64_t kept, struct assay_error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int cap = 0;

	/* EINVAL: there are no more; prctl(2). */
	while (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
		cap++;
	if (errno != EINVAL)
		return assay_fail_errno(err, "drop capability %d", cap);
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted = (uint32_t)(kept >> (32 * i));
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, sets) < 0)
		return assay_fail_errno(err, "drop capabilities");
	return 0;
}

int assay_capabilities_use(uint64_t used, struct assay_error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, sets) < 0)
		return assay_fail_errno(err, "ask for capabilities");
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted & (uint32_t)(used >> (32 * i));
	return syscall(SYS_capset, &header, sets) < 0 ? assay_fail_errno(err, "set capabilities")
	                                              : 0;
}
