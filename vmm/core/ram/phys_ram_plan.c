// SPDX-License-Identifier: GPL-2.0-only
/* Which physical pages a guest can have at their own address, and its banks of them. */
#include <assert.h>
#include <stdlib.h>

#include "vmm/core/memmap.h"
#include "vmm/core/ram/phys_ram.h"
#include "vmm/core/ram/ram.h"

const char *phys_page_unfit(uint64_t pa, uint64_t size, unsigned int ipa_bits)
{
	const struct range page = { pa, size };

	if (!range_contains((struct range){ 0, 1ULL << ipa_bits }, page))
		return "beyond the addresses that the guest can have";
	if (range_overlaps((struct range){ MEMMAP_FIXED, MEMMAP_FIXED_SIZE }, page))
		return "where the guest has its interrupt controller and emulated devices";
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct phys_page *)a)->pa, y = ((const struct phys_page *)b)->pa;

	return (x > y) - (x < y);
}

void phys_pages_sort(struct phys_page *pages, size_t n)
{
	qsort(pages, n, sizeof(*pages), compare);
}

size_t phys_pages_run(const struct phys_page *pages, size_t n, uint64_t size)
{
	size_t i = n ? 1 : 0;

	while (i < n && pages[i].pa == pages[i - 1].pa + size)
		i++;
	return i;
}

int phys_ram_add_banks(const struct phys_ram *phys, uint64_t size, struct ram *ram, struct err *err)
{
	ram->page = phys->page;
	for (size_t i = 0, n; i < phys->n_pages && size; i += n) {
		struct range run = { .start = phys->pages[i].pa };
		int ret;

		n = phys_pages_run(&phys->pages[i], phys->n_pages - i, phys->page);
		/* The last page may be more than is wanted. */
		run.size = n * phys->page < size ? n * phys->page : size;
		size -= run.size;
		ret = ram_add_scattered(ram, run, phys->fd, &phys->offsets[i], err);
		if (ret)
			return ret;
	}
	assert(!size);
	return 0;
}
