/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM64_PLACEMENT_H
#define ARCH_ARM64_PLACEMENT_H

#include <stdint.h>

#include "arch/arch.h"
#include "arch/arm64/image.h"
#include "vmm/base/err.h"

struct ram;

/* What has to stand in guest RAM. */
struct placement_sizes {
	uint64_t kernel; /* bytes; of a packed one, as far as its header tells */
	uint64_t initrd; /* bytes; 0: none */
};

/*
 * Places for kernel, initrd and device tree, by the rules of Documentation/arch/arm64/booting.rst.
 * All in the lowest bank that has room for them: the kernel at its start, the initrd at its end,
 * the tree below that. Where none has, the kernel in the lowest that it fits into, and the others
 * wherever there is room. @name: the kernel's, for messages.
 */
int placement_plan(const struct ram *ram, const struct image_header *header, const char *name,
		   const struct placement_sizes *sizes, struct arch_boot *boot, struct err *err);

#endif
