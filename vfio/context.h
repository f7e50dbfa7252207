/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_CONTEXT_H
#define VFIO_CONTEXT_H

#include "vfio/iommu/iommu.h"
#include "vfio/nodes/nodes.h"
#include "vfio/scmi.h"
#include "vfio/vfio.h"
#include "vmm/base/err.h"

struct vfio_device;
struct vfio_host_device;

/* Inside of vfio.h's struct vfio; for the files of this directory. */
struct vfio {
	enum vfio_backend backend;
	struct passed_fds *passed;   /* may be NULL */
	struct vfio_iommu *iommus;   /* as few as the kernel allows, all mapped alike */
	struct vfio_handle *handles; /* open devices, the last one first */
	struct vfio_device *devices; /* those that were created, in that order */
	struct iova_list reserved;
	int kvm_fd;        /* KVM-VFIO device, -1: none */
	int interrupts_fd; /* HOST_IRQ_FILE, -1: it cannot be read */
	char *irq_lines;   /* of it, when the last device had been opened; NULL: not read yet */
	size_t irq_lines_size;
	/* describe.c: the host's tree and what becomes of it; NULL before they are needed */
	struct host_tree *tree;
	struct host_live *live;
	struct vfio_nodes nodes;
	struct vfio_scmi scmi;
};

/* The node of a device that is not open yet, if the host has a tree: else it is missed later. */
int vfio_node_find(struct vfio *vfio, struct vfio_node *node, struct err *err);

/* Read which memory of the host the devices are to have, and add it to vfio->reserved. */
int vfio_reserve_carveouts(struct vfio *vfio, struct err *err);

/*
 * Open @host, which is bound, in an address space that it shares with as many devices of @vfio as
 * the kernel allows. Both stay where they are until the handle is closed, which tells KVM, too.
 */
int vfio_handle_open(struct vfio *vfio, const struct vfio_host_device *host,
		     struct vfio_handle *handle, struct err *err);
/* One that is not open is fine. */
void vfio_handle_close(struct vfio *vfio, struct vfio_handle *handle);

/* vfio_pin() for all of @ram, which must be at its guest address: the devices may be told of it. */
int vfio_pin_ram(struct vfio *vfio, const struct ram *ram, struct err *err);

/* The remedy of an error: @needed bytes can be locked (vfio/iommu/locked.c). */
void vfio_fix_locking(uint64_t needed, struct err *err);

#endif
