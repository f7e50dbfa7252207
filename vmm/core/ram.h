/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_H
#define VMM_CORE_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"

#define RAM_MAX_BANKS 16
#define RAM_MIN_SIZE  (16ULL << 20)
#define RAM_ALIGN     (2ULL << 20) /* sizes and banks: a block mapping of stage 2 with 4 KiB pages */

/* One run of guest RAM. */
struct ram_bank {
	struct range gpa;
	void *hva; /* NULL until ram_create(); hva and gpa are equal modulo RAM_ALIGN */
	int fd;    /* the file behind it, -1 for anonymous memory */
	void *map; /* the mapping as made (it may be larger than the bank) */
	size_t map_size;
};

/* All RAM of a guest, sorted by address. */
struct ram {
	struct ram_bank banks[RAM_MAX_BANKS];
	unsigned int n_banks;
	uint64_t size; /* bytes, sum of the banks */
};

/*
 * Lay @size bytes out from map->ram.start upward, around the @n_holes ranges of @holes (sorted or
 * not; what may not be RAM: IOVA ranges that the host reserves). Fails when @size is not a multiple
 * of RAM_ALIGN, below RAM_MIN_SIZE, or does not fit, with the room that there is.
 */
int ram_plan(struct ram *ram, const struct memmap *map, uint64_t size, const struct range *holes,
	     unsigned int n_holes, struct err *err);

/*
 * Make the planned RAM: zeroed, shared with nobody, not dumped (MADV_DONTDUMP), not forked
 * (MADV_DONTFORK), with transparent huge pages. @mem_path: a hugetlbfs directory to take the pages
 * from (an unlinked file there), or NULL for anonymous memory. On error what was made stays in @ram
 * for ram_destroy().
 */
int ram_create(struct ram *ram, const char *mem_path, struct err *err);

/*
 * All bytes zero again. No DMA mapping of this RAM may exist: its pages are given up where that is
 * cheaper.
 */
int ram_clear(struct ram *ram, struct err *err);

/* Host address of [gpa, gpa + size) when it lies in one bank, else NULL. Takes no lock. */
void *ram_ptr(const struct ram *ram, uint64_t gpa, uint64_t size);

void ram_destroy(struct ram *ram);

#endif
