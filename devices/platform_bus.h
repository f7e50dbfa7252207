/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_PLATFORM_BUS_H
#define DEVICES_PLATFORM_BUS_H

#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"

#define PLATFORM_BUS_ANY         UINT64_MAX
#define PLATFORM_BUS_MAX_REGIONS 256

/*
 * Gives out guest addresses and SPIs; knows no device. Assigned addresses lie in the low window of
 * the memory map, or the high one when they do not fit. SPIs are given out from 0 upward.
 */
struct platform_bus {
	struct range windows[2];
	const struct ram *ram; /* regions are kept off its banks; NULL: there is none yet */
	struct {
		struct range gpa;
		const char *owner;
	} taken[PLATFORM_BUS_MAX_REGIONS];
	unsigned int n_taken;
	const char *spi_owner[SPI_MAX_COUNT]; /* NULL: free */
	unsigned int n_spis;
	/* bit n % 32 of word n / 32: SPI n may be up as a level before its guest knows of it */
	uint32_t levels[(SPI_MAX_COUNT + 31) / 32];
};

/*
 * @n_spis: SPIs that the VGIC has. @ram may reach into the windows when its addresses are not ours
 * to choose; it is planned, and outlives the bus; or NULL.
 */
void platform_bus_init(struct platform_bus *bus, const struct memmap *map, const struct ram *ram,
		       unsigned int n_spis);

/*
 * Place a region of @size bytes whose address modulo the host's page is @offset (a sub-page region
 * keeps its place in the page, and never shares a page with another). Aligned to its size rounded
 * up to a power of two, at least a page. @wanted pins the address (any that lies in a window,
 * congruent with @offset) or is PLATFORM_BUS_ANY. Pin first, then place: a pinned region that
 * overlaps an earlier one is an error that names both owners. @owner lives as long as the bus.
 */
int platform_bus_place(struct platform_bus *bus, const char *owner, uint64_t size, uint64_t offset,
		       uint64_t wanted, uint64_t *gpa, struct err *err);

/* Take an SPI: @wanted or PLATFORM_BUS_ANY. */
int platform_bus_take_spi(struct platform_bus *bus, const char *owner, uint64_t wanted,
			  uint32_t *spi, struct err *err);

#endif
