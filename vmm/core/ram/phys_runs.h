/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_PHYS_RUNS_H
#define VMM_CORE_RAM_PHYS_RUNS_H

/* Huge pages by their physical addresses, and what follows without a gap. */
#include <stddef.h>
#include <stdint.h>

#include "vmm/core/ram/ram.h"

/* NULL when a guest may have a page of @size bytes at @pa, else why not. */
const char *phys_page_unfit(uint64_t pa, uint64_t size, unsigned int ipa_bits);

void phys_pages_sort(struct phys_page *pages, size_t n);

/* How many of the first of @n sorted pages of @size bytes follow each other. */
size_t phys_run_length(const struct phys_page *pages, size_t n, uint64_t size);

/* What was chosen: pieces, and the pages of the longest. */
struct phys_choice {
	size_t n_runs, longest;
};

/*
 * Sort @n pages so that the first @n_wanted, n of them at most, are in as few runs as they can be,
 * the longest first.
 */
int phys_pages_choose(struct phys_page *pages, size_t n, size_t n_wanted, uint64_t size,
		      struct phys_choice *choice);

/* Log the runs of @pages of @page bytes, sorted here; of each, why a guest cannot have it, if so.
 */
void phys_pages_show(struct phys_page *pages, size_t n, uint64_t page, unsigned int ipa_bits);

#endif
