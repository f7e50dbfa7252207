/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_CONTEXT_H
#define VFIO_CONTEXT_H

#include "vfio/iommu.h"
#include "vmm/base/err.h"

struct graft;
struct host_live;
struct host_tree;
struct vfio_device;
struct vfio_group;
struct vfio_host_device;

/* Inside of vfio.h's struct vfio; for the files of this directory. */
struct vfio {
	struct vfio_iommu *iommus;   /* as few as the kernel allows, all mapped alike */
	struct vfio_group *groups;   /* each is attached to one of them */
	struct vfio_device *devices; /* those that were created, in that order */
	struct iova_list reserved;
	int kvm_fd; /* KVM-VFIO device, -1: none */
	/* nodes.c: the host's tree and what becomes of it; NULL before vfio_nodes_plan() */
	struct host_tree *tree;
	struct host_live *live;
	struct graft *graft;
};

/*
 * The group of @host, opened and attached to an address space, now or earlier. It stays @vfio's,
 * until vfio_destroy().
 */
int vfio_get_group(struct vfio *vfio, const struct vfio_host_device *host,
		   struct vfio_group **group, struct err *err);

#endif
