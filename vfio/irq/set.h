/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_SET_H
#define VFIO_IRQ_SET_H

#include <stdint.h>

struct vfio_irq;

/*
 * VFIO_DEVICE_SET_IRQS for one interrupt; @action is one of VFIO_IRQ_SET_ACTION_*. They return as
 * sys_ioctl and set no message.
 */

/* The one eventfd that a platform interrupt takes for @action; -1: none any more. */
int vfio_irq_set_fd(const struct vfio_irq *irq, uint32_t action, int32_t fd);
/* @n 1: do the action now; 0: with VFIO_IRQ_SET_ACTION_TRIGGER, disable the interrupt. */
int vfio_irq_set_none(const struct vfio_irq *irq, uint32_t action, uint32_t n);
/* Do the action now, said in the other of the two ways that the kernel has for it. */
int vfio_irq_set_bool(const struct vfio_irq *irq, uint32_t action);

#endif
