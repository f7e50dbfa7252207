/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_CHECK_GUEST_H
#define ARCH_COMMON_CHECK_GUEST_H

/*
 * A guest that tries interrupts: one page of code that enables one SPI, handles it some times, and
 * writes to the test device to end dais with status 0, or, where that is not, to memory that is
 * not there. It is a part of dais, so that a board can be tried with nothing but dais on it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "arch/common/vgic.h"
#include "vmm/core/memmap.h"

#define CHECK_GUEST_SIZE 4096
#define CHECK_GUEST_END  (MEMMAP_TEST_DEVICE + 4) /* where its last write goes */

/* What it shall do. */
struct check_guest {
	enum vgic_version gic;
	uint32_t spi;
	bool edge;
	unsigned int n;   /* interrupts to handle */
	uint64_t touch;   /* guest address that it accesses (32 bits) for each; 0: none */
	bool touch_write; /* … by writing 0, else by reading */
};

/* The kernel for machine_build(); its first instruction is where it begins. */
void check_guest_image(uint8_t image[CHECK_GUEST_SIZE]);
/* Tell the one that was loaded at @image what to do, before it runs. */
void check_guest_set(uint8_t image[CHECK_GUEST_SIZE], const struct check_guest *wish);

#endif
