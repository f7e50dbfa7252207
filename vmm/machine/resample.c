// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/resample.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/machine/machine.h"

#define KEPT     "/run/dais/resample"
#define KEPT_NEW KEPT ".new"
#define SIZE     256 /* bytes; a file is less */

/* What the file has but for the answer: it is another kernel's, or another boot's, if that differs.
 */
static int write_key(char key[SIZE], enum vgic_version gic)
{
	char boot[64], release[96];
	int ret = file_read_line(boot, sizeof(boot), "/proc/sys/kernel/random/boot_id")
			  ?: file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease");

	if (!ret)
		snprintf(key, SIZE, "%s %s GICv%d ", boot, release, gic == VGIC_V2 ? 2 : 3);
	return ret;
}

/* Only what root alone can have written. */
static bool read_kept(const char *key, bool *works)
{
	owned_fd int fd = sys_open(KEPT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	char text[SIZE];
	struct stat st;
	ssize_t n;

	if (fd < 0 || sys_fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		return false;
	n = sys_read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	if (strncmp(text, key, strlen(key)))
		return false;
	*works = !strcmp(text + strlen(key), "yes\n");
	return *works || !strcmp(text + strlen(key), "no\n");
}

/* Without a right to it, or a directory, it is tried anew each time. */
static void keep(const char *key, bool works)
{
	owned_fd int fd = sys_create(KEPT_NEW, O_WRONLY | O_TRUNC | O_NOFOLLOW, 0644);
	char text[SIZE + 8];
	int n = snprintf(text, sizeof(text), "%s%s\n", key, works ? "yes" : "no");

	if (fd < 0)
		return;
	if (sys_fchmod(fd, 0644) || file_write_all(fd, text, (size_t)n) ||
	    sys_renameat(AT_FDCWD, KEPT_NEW, AT_FDCWD, KEPT))
		sys_unlink(KEPT_NEW);
}

int machine_try_resample(struct machine *m, struct err *err)
{
	struct vm *vm = &m->vm;
	const enum vgic_version gic = vm->vgic->version;
	bool works = true, has_key;
	char key[SIZE];

	/* A host with a GICv2 alone has other code. */
	if (!BUILT(VFIO_IRQ_PROBE) || !vm->vfio || !vfio_wants_resample(vm->vfio, vm) ||
	    !vgic_host_has(vm, VGIC_V3))
		return 0;
	has_key = !write_key(key, gic);
	if (has_key && read_kept(key, &works)) {
		trace_line(TRACE_VM, KEPT ": %s", works ? "yes" : "no");
	} else {
		if (resample_try(&vm->kvm, gic, &m->tried, &works, err)) {
			log_warn("%s", err->what);
			return 0;
		}
		if (has_key)
			keep(key, works);
	}
	vm->kvm.no_resample = !works;
	return 0;
}
