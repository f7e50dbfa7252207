/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_PLACEMENT_H
#define ARCH_COMMON_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "vmm/base/err.h"

struct ram;

/* What a boot protocol says of addresses. The base is where the kernel's own memory begins. */
struct placement_rules {
	uint64_t base_align;    /* the base is a multiple of this, which is one of 2 MiB */
	uint64_t dtb_window;    /* from the base on; the tree ends there … */
	bool dtb_anywhere;      /* … or, if that cannot be, anywhere */
	uint64_t initrd_align;  /* from the base, rounded down to such a multiple … */
	uint64_t initrd_window; /* … the initrd ends within so many bytes */
};

/* What has to stand in guest RAM. */
struct placement {
	const struct placement_rules *rules;
	const char *name;  /* the kernel's, for messages */
	uint64_t image_at; /* from the base to the image's first byte; what is before is its too */
	uint64_t image_size; /* bytes; of a packed one, as far as its header tells */
	uint64_t initrd;     /* bytes; 0: none */
};

/*
 * Places for kernel, initrd and device tree. All in the lowest bank that has room for them: the
 * kernel at its start, the initrd at its end, the tree below that. Where none has, the kernel in
 * the lowest that it fits into, and the others wherever there is room. Leaves boot->args zero.
 */
int placement_plan(const struct ram *ram, const struct placement *wish, struct arch_boot *boot,
		   struct err *err);

#endif
