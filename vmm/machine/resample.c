// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/resample.h"

#include <stdio.h>
#include <string.h>

#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/kept.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/machine/machine.h"

#define KEPT KEPT_DIR "/resample"

/* Which kernel gives the answer, of which GIC's code. */
static void write_key(char *key, size_t size, enum vgic_version gic)
{
	char release[96] = "";

	file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease");
	snprintf(key, size, "%s GICv%d ", release, gic == VGIC_V2 ? 2 : 3);
}

static bool read_kept(const char *key, bool *works)
{
	owned_ptr char *text = NULL;
	const char *answer;
	size_t size;

	if (!kept_read(KEPT, 256, &text, &size) || strncmp(text, key, strlen(key)))
		return false;
	answer = text + strlen(key);
	*works = !strcmp(answer, "yes\n");
	return *works || !strcmp(answer, "no\n");
}

static void keep(const char *key, bool works)
{
	char text[160];
	int n = snprintf(text, sizeof(text), "%s%s\n", key, works ? "yes" : "no");

	kept_write(KEPT, text, (size_t)n);
}

int machine_try_resample(struct machine *m, struct err *err)
{
	struct vm *vm = &m->vm;
	const enum vgic_version gic = vm->vgic->version;
	bool works = true;
	char key[128];

	/* A host with a GICv2 alone has other code. */
	if (!BUILT(VFIO_IRQ_PROBE) || !vm->vfio || !vfio_wants_resample(vm->vfio, vm) ||
	    !vgic_host_has(vm, VGIC_V3))
		return 0;
	write_key(key, sizeof(key), gic);
	if (read_kept(key, &works)) {
		trace_line(TRACE_VM, KEPT ": %s", works ? "yes" : "no");
	} else if (resample_try(&vm->kvm, gic, &m->tried, &works, err)) {
		log_warn("%s", err->what);
		return 0;
	} else {
		keep(key, works);
	}
	vm->kvm.no_resample = !works;
	return 0;
}
