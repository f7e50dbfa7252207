/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_PHYS_RAM_H
#define VMM_CORE_RAM_PHYS_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/core/ram/ram.h"

struct ram;

/*
 * Guest RAM for devices without an IOMMU: huge pages at guest addresses that are their physical
 * addresses. Nothing keeps such a device from writing to a page that is no longer the guest's, so
 * the pages
 *
 *	- belong to a file, which gets a name before the guest runs and keeps it until each device
 *	  is known to be quiet: when all processes have died, the host cannot take the pages back;
 *	- are held where they are by references in pipes: a page with a reference that the kernel
 *	  did not expect is not migrated (folio_migrate_mapping() in mm/migrate.c), neither for a
 *	  contiguous allocation nor to offline it. Measured on Linux 6.12: without such a reference
 *	  even pages of 1 GiB move (MADV_SOFT_OFFLINE). A pipe, like any descriptor, works in a
 *	  child too. Where the devices' driver pins memory, it does both.
 *
 * Order of calls: phys_ram_init(), phys_ram_open(), phys_ram_take(), phys_ram_add_banks(),
 *phys_ram_name(), phys_ram_release() when the devices are quiet; phys_ram_destroy() from any state
 *on, which leaves a name that was given.
 */
struct phys_ram {
	int fd; /* -1: none */
	uint64_t page;
	struct phys_page *pages; /* sorted by address */
	size_t n_pages;
	int *pins; /* pipes with a reference to each page */
	size_t n_pins;
	char *path; /* NULL: it has no name */
	/*
	 * Of a hugetlbfs that can only make files with a name: what it is until phys_ram_name(), or
	 * phys_ram_destroy(), in this process or another that has forked. NULL: none
	 */
	char *temporary;
};

struct phys_ram_wish {
	const char *hugetlbfs; /* directory */
	uint64_t size;         /* bytes, a multiple of RAM_ALIGN */
	unsigned int ipa_bits; /* addresses beyond cannot be given to the guest */
	bool may_move;         /* go on, with a warning, when pages cannot be held */
	/*
	 * Called before a file is made that has a name (struct phys_ram's temporary) from the
	 * beginning: whoever is told of it here can remove it after a SIGKILL. Returns 0, or a
	 * negative errno and @err; then it is not made. NULL: nobody is told.
	 */
	int (*announce)(void *opaque, const char *path, struct err *err);
	/*
	 * Hold the huge page of @size bytes that is mapped at @hva where it is, and tell where that
	 * is; unpin() lets go of it. NULL: pipes and /proc/self/pagemap are for that.
	 */
	int (*pin)(void *opaque, void *hva, uint64_t size, uint64_t *pa, struct err *err);
	void (*unpin)(void *opaque, uint64_t pa, uint64_t size);
	void *opaque;
};

void phys_ram_init(struct phys_ram *ram);

/* A file without pages; of @wish, that concerns hugetlbfs and announce(). */
int phys_ram_open(struct phys_ram *ram, const struct phys_ram_wish *wish, struct err *err);

/*
 * Take zeroed pages for @wish, others instead of those that a guest cannot have at their address
 * (memmap.h, ipa_bits), and hold them. Says how many are missing. Without pin() it needs
 * CAP_SYS_ADMIN.
 */
int phys_ram_take(struct phys_ram *ram, const struct phys_ram_wish *wish, struct err *err);

/* A bank for each run of pages that follow each other, @size bytes in all. */
int phys_ram_add_banks(const struct phys_ram *phys, uint64_t size, struct ram *ram,
		       struct err *err);

/* The file gets the name @path, which is in the hugetlbfs and must be free. */
int phys_ram_name(struct phys_ram *ram, const char *path, struct err *err);

/* Take the name away again: with phys_ram_destroy() the pages go back to the host. */
int phys_ram_release(struct phys_ram *ram, struct err *err);

void phys_ram_destroy(struct phys_ram *ram);

#endif
