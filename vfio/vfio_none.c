// SPDX-License-Identifier: GPL-2.0-only
/* In place of the rest of this directory in a dais that was built without any IOMMU backend. */
#include <errno.h>
#include <stddef.h>

#include "vfio/host/claims.h"
#include "vfio/host/use.h"
#include "vfio/settings.h"
#include "vfio/vfio.h"

int vfio_create(struct vfio **vfio, enum vfio_backend backend, struct passed_fds *passed,
		struct err *err)
{
	(void)backend;
	(void)passed;
	(void)err;
	*vfio = NULL;
	return 0;
}

int vfio_reserved(struct vfio *vfio, const struct range **ranges, unsigned int *n_ranges,
		  struct err *err)
{
	(void)vfio;
	(void)err;
	*ranges = NULL;
	*n_ranges = 0;
	return 0;
}

int vfio_carve(struct vfio *vfio, const struct memmap *map, struct ram *ram, struct err *err)
{
	(void)vfio;
	(void)map;
	(void)ram;
	(void)err;
	return 0;
}

int vfio_allow_locking(const struct vfio *vfio, uint64_t size, struct err *err)
{
	(void)vfio;
	(void)size;
	(void)err;
	return 0;
}

unsigned int vfio_mapped(const struct vfio *vfio, struct vfio_mapped *mapped, unsigned int n_max)
{
	(void)vfio;
	(void)mapped;
	(void)n_max;
	return 0;
}

int vfio_dma_map(struct vfio *vfio, const struct ram *ram, struct err *err)
{
	(void)vfio;
	(void)ram;
	(void)err;
	return 0;
}

int vfio_dma_unmap(struct vfio *vfio, struct err *err)
{
	(void)vfio;
	(void)err;
	return 0;
}

int vfio_kvm_attach(struct vfio *vfio, struct vm *vm, struct err *err)
{
	(void)vfio;
	(void)vm;
	(void)err;
	return 0;
}

void vfio_kvm_detach(struct vfio *vfio)
{
	(void)vfio;
}

void vfio_release(struct vfio *vfio, bool may_note,
		  void (*failed)(void *opaque, const char *device, const struct err *err),
		  void *opaque)
{
	(void)vfio;
	(void)may_note;
	(void)failed;
	(void)opaque;
}

int vfio_nodes_plan(struct vfio *vfio, struct err *err)
{
	(void)vfio;
	(void)err;
	return 0;
}

int vfio_nodes_finish(struct vfio *vfio, void **blob, size_t *size, struct err *err)
{
	(void)vfio;
	(void)blob;
	(void)size;
	(void)err;
	return 0;
}

int vfio_check_resets(const struct vfio *vfio, struct err *err)
{
	(void)vfio;
	(void)err;
	return 0;
}

bool vfio_is_empty(const struct vfio *vfio)
{
	(void)vfio;
	return true;
}

unsigned int vfio_irq_counts(const struct vfio *vfio, struct vfio_irq_count *counts,
			     unsigned int n_max)
{
	(void)vfio;
	(void)counts;
	(void)n_max;
	return 0;
}

int vfio_irq_act(const struct vfio *vfio, unsigned int n, enum vfio_irq_action action)
{
	(void)vfio;
	(void)n;
	(void)action;
	return -ENOENT;
}

unsigned int vfio_files(const struct vfio *vfio, enum vfio_file kind, int *fds, unsigned int n_max)
{
	(void)vfio;
	(void)kind;
	(void)fds;
	(void)n_max;
	return 0;
}

void vfio_destroy(struct vfio *vfio)
{
	(void)vfio;
}

enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err)
{
	(void)host;
	(void)err;
	return VFIO_USE_NONE;
}

int vfio_claims_take(struct vfio_claims **claims, const char *const *names, unsigned int n_names,
		     bool bind, const char *vm, struct err *err)
{
	(void)names;
	(void)n_names;
	(void)bind;
	(void)vm;
	(void)err;
	*claims = NULL;
	return 0;
}

void vfio_claims_leave_bound(struct vfio_claims *claims, const char *device, const char *why)
{
	(void)claims;
	(void)device;
	(void)why;
}

int vfio_claims_return(struct vfio_claims *claims, struct err *err)
{
	(void)claims;
	(void)err;
	return 0;
}

void vfio_claims_forget(struct vfio_claims *claims)
{
	(void)claims;
}
