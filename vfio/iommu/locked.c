// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory the kernel lets be locked. type1 counts what each container maps against the
 * process's RLIMIT_MEMLOCK (vfio_lock_acct() of drivers/vfio/vfio_iommu_type1.c); iommufd counts
 * what each IOMMU_IOAS_MAP maps, of all processes of the user
 * (iopt_pages_update_pinned() of drivers/iommu/iommufd/pages.c). Both let CAP_IPC_LOCK pass.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

#include "vfio/context.h"
#include "vfio/vfio.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

/* The number behind "\nKEY:" in /proc/self/status; 0 when there is none. */
static uint64_t read_status(const char *key, int base)
{
	owned_ptr char *text = file_text(1 << 16, "/proc/self/status");
	const char *line = text ? strstr(text, key) : NULL;

	return line ? strtoull(line + strlen(key), NULL, base) : 0;
}

static bool may_lock_all(void)
{
	return read_status("\nCapEff:", 16) >> CAP_IPC_LOCK & 1;
}

void vfio_fix_locking(uint64_t needed, struct err *err)
{
	err_fix(err,
		"allow %" PRIu64 " bytes: ulimit -l %" PRIu64
		" (where that is refused: sudo prlimit --pid $$ --memlock=%" PRIu64 ":%" PRIu64
		"; a systemd unit: LimitMEMLOCK=%" PRIu64 "; for a user: \"USER - memlock %" PRIu64
		"\" in /etc/security/limits.conf), or "
		"give dais CAP_IPC_LOCK, or the guest less memory",
		needed, (needed + 1023) / 1024, needed, needed, needed, (needed + 1023) / 1024);
}

static int too_low(uint64_t needed, uint64_t limit, struct err *err)
{
	char text[2][32];

	err_set(err, ENOMEM, "lock %s of memory for DMA", str_size(needed, text[0]));
	err_why(err,
		"devices reach all guest RAM, so it must stay where it is; RLIMIT_MEMLOCK is %s, "
		"and this user may not raise it",
		str_size(limit, text[1]));
	vfio_fix_locking(needed, err);
	return err_host(err);
}

uint64_t vfio_lockable(void)
{
	struct rlimit limit = { 0 };

	return may_lock_all() || sys_getrlimit(RLIMIT_MEMLOCK, &limit) ||
			       limit.rlim_max == RLIM_INFINITY
		       ? UINT64_MAX
		       : limit.rlim_max;
}

int vfio_check_locking(uint64_t size, struct err *err)
{
	uint64_t limit = vfio_lockable();

	return size <= limit ? 0 : too_low(size, limit, err);
}

int vfio_allow_locking(const struct vfio *vfio, uint64_t size, struct err *err)
{
	uint64_t needed = 0;
	struct rlimit limit;
	int ret;

	for (const struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next)
		needed += size;
	if (!needed)
		return 0;
	needed += read_status("\nVmLck:", 10) * 1024;
	ret = sys_getrlimit(RLIMIT_MEMLOCK, &limit);
	if (ret)
		return err_set(err, ret, "read RLIMIT_MEMLOCK");
	/* RLIM_INFINITY is the largest number. */
	if (limit.rlim_cur >= needed)
		return 0;
	ret = sys_setrlimit(
		RLIMIT_MEMLOCK,
		&(struct rlimit){ .rlim_cur = needed,
				  .rlim_max = limit.rlim_max < needed ? needed : limit.rlim_max });
	/* A capability will do as well, but a sandboxed process has none when it maps again after a
	   guest reset. */
	if (ret && may_lock_all())
		return 0;
	if (ret)
		return too_low(needed, limit.rlim_max < needed ? limit.rlim_max : limit.rlim_cur,
			       err);
	trace_line(TRACE_VFIO, "RLIMIT_MEMLOCK raised from %" PRIu64 " to %" PRIu64,
		   (uint64_t)limit.rlim_cur, needed);
	return 0;
}

unsigned int vfio_mapped(const struct vfio *vfio, struct vfio_mapped *mapped, unsigned int n_max)
{
	unsigned int n = 0;

	for (const struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next, n++)
		if (n < n_max)
			mapped[n] = (struct vfio_mapped){ iommu->ops->name, iommu->mapped };
	return n;
}
