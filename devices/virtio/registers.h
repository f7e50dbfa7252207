/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_REGISTERS_H
#define DEVICES_VIRTIO_REGISTERS_H

/* The registers of a virtio device (VIRTIO 1.2, 4.2.2): a part of the transport, virtio.h. */
#include <stdint.h>

struct mmio_ops;
struct virtio;

/* virtio->page is there: what never changes, and then as virtio_registers_reset(). */
void virtio_registers_init(struct virtio *virtio);
/* As at power-on; the back end is stopped before. Main thread, with the lock. */
void virtio_registers_reset(struct virtio *virtio);
/* Have the back end stop, if it serves. Main thread, with the lock. */
void virtio_stop(struct virtio *virtio);

/* Trapped accesses, on the vCPUs' threads; the opaque is the struct virtio. */
extern const struct mmio_ops virtio_mmio_ops;

#endif
