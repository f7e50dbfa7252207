/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_MMIO_H
#define VMM_CORE_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"

/*
 * What answers trapped accesses. Called on vCPU threads, several at once: the owner locks what it
 * must. @offset is relative to the region, @width 1, 2, 4 or 8 bytes; the access lies wholly inside
 * the region. Values are numbers in host order, zero-extended.
 */
struct mmio_ops {
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned int width);
	void (*write)(void *opaque, uint64_t offset, unsigned int width, uint64_t value);
};

/* The bits of a value that an access of @width bytes has. */
static inline uint64_t mmio_mask(unsigned int width)
{
	return UINT64_MAX >> (64 - 8 * width);
}

struct mmio_region {
	struct range gpa;
	const char *name; /* for messages; lives as long as the region */
	const struct mmio_ops *ops;
	void *opaque;
	unsigned int memslot_mapped; /* not 0: memslots overlay it, so a trap is the exception */
};

#define MMIO_MAX_REGIONS 256

/*
 * Regions sorted by address. Built by one thread, then sealed: from then on it is constant and
 * mmio_access() takes no lock.
 */
struct mmio_table {
	struct mmio_region regions[MMIO_MAX_REGIONS];
	unsigned int n_regions;
	bool sealed;
	uint64_t n_unclaimed; /* atomic: accesses that no region answered */
	struct log_budget unclaimed_log;
};

/*
 * Fails when the region is empty or wraps, overlaps one that is there (both are named), or the
 * table is full.
 */
int mmio_table_add(struct mmio_table *table, const struct mmio_region *region, struct err *err);
void mmio_table_seal(struct mmio_table *table);

/*
 * One access by a guest; @data is in the guest's memory order, as in struct kvm_run. An access that
 * no region answers reads as zero and writes nothing, as an empty bus would; it is counted, and
 * logged within a budget. An access that begins in one region and ends outside counts as
 * unanswered. Shown under --trace mmio.
 */
void mmio_access(struct mmio_table *table, uint64_t gpa, uint8_t data[8], unsigned int width,
		 bool is_write);

#endif
