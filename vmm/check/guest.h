/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CHECK_GUEST_H
#define VMM_CHECK_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/common/vgic.h"

/*
 * The guest of "dais check": one page of code that enables one SPI, handles it some times, and
 * ends dais by the test device with status 0. It is a part of dais, so that a board can be tried
 * with nothing but dais on it.
 */
#define CHECK_GUEST_SIZE 4096

/* What it shall do. */
struct check_guest {
	enum vgic_version gic;
	uint32_t spi;
	bool edge;
	unsigned int n;   /* interrupts to handle */
	uint64_t touch;   /* guest address that it accesses (32 bits) for each; 0: none */
	bool touch_write; /* … by writing 0, else by reading */
};

/* The kernel for machine_build(). */
void check_guest_image(uint8_t image[CHECK_GUEST_SIZE]);
/* Tell the one that was loaded at @image what to do, before it runs. */
void check_guest_set(uint8_t image[CHECK_GUEST_SIZE], const struct check_guest *wish);

#endif
