/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_IOEVENTFD_H
#define VMM_CORE_IOEVENTFD_H

#include <stdint.h>

#include "vmm/base/err.h"

struct vm;

/*
 * KVM_IOEVENTFD: a write of @width bytes (1, 2, 4 or 8), of any value, at @gpa adds one to the
 * eventfd @fd in the kernel: no exit to user space. Needs caps.ioeventfd.
 */
int ioeventfd_add(struct vm *vm, uint64_t gpa, unsigned int width, int fd, struct err *err);
void ioeventfd_remove(struct vm *vm, uint64_t gpa, unsigned int width, int fd);

#endif
