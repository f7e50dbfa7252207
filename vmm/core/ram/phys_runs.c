// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ram/phys_runs.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/memmap.h"

/* More runs than this in a map that is shown would help nobody. */
#define MAP_LINES 40

const char *phys_page_unfit(uint64_t pa, uint64_t size, unsigned int ipa_bits)
{
	const struct range page = { pa, size };

	if (!range_contains((struct range){ 0, 1ULL << ipa_bits }, page))
		return "beyond the addresses that the guest can have";
	if (range_overlaps((struct range){ MEMMAP_FIXED, MEMMAP_FIXED_SIZE }, page))
		return "where the guest has its interrupt controller and emulated devices";
	return NULL;
}

static int compare_pages(const void *a, const void *b)
{
	uint64_t x = ((const struct phys_page *)a)->pa, y = ((const struct phys_page *)b)->pa;

	return (x > y) - (x < y);
}

void phys_pages_sort(struct phys_page *pages, size_t n)
{
	if (n)
		qsort(pages, n, sizeof(*pages), compare_pages);
}

size_t phys_run_length(const struct phys_page *pages, size_t n, uint64_t size)
{
	size_t i = n ? 1 : 0;

	while (i < n && pages[i].pa == pages[i - 1].pa + size)
		i++;
	return i;
}

struct run {
	size_t first, n;
};

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1)
			    : (x->first > y->first) - (x->first < y->first);
}

int phys_pages_choose(struct phys_page *pages, size_t n, size_t n_wanted, uint64_t size,
		      struct phys_choice *choice)
{
	owned_ptr struct phys_page *sorted = calloc(n + 1, sizeof(*sorted));
	owned_ptr struct run *runs = calloc(n + 1, sizeof(*runs));
	size_t n_runs = 0, n_put = 0;

	*choice = (struct phys_choice){ 0 };
	if (!sorted || !runs)
		return -ENOMEM;
	phys_pages_sort(pages, n);
	for (size_t i = 0; i < n; i += runs[n_runs++].n)
		runs[n_runs] = (struct run){ i, phys_run_length(&pages[i], n - i, size) };
	qsort(runs, n_runs, sizeof(*runs), compare_runs);
	for (size_t i = 0; i < n_runs; n_put += runs[i++].n) {
		choice->n_runs += n_put < n_wanted;
		memcpy(&sorted[n_put], &pages[runs[i].first], runs[i].n * sizeof(*pages));
	}
	choice->longest = n_runs ? runs[0].n : 0;
	memcpy(pages, sorted, n * sizeof(*pages));
	return 0;
}

void phys_pages_show(struct phys_page *pages, size_t n, uint64_t page, unsigned int ipa_bits)
{
	unsigned int n_lines = 0;
	char text[32];

	phys_pages_sort(pages, n);
	for (size_t i = 0, run; i < n && n_lines++ < MAP_LINES; i += run) {
		const char *unfit = phys_page_unfit(pages[i].pa, page, ipa_bits);

		run = phys_run_length(&pages[i], n - i, page);
		log_info("  0x%010" PRIx64 "-0x%010" PRIx64 " %s%s%s", pages[i].pa,
			 pages[i].pa + run * page - 1, str_size(run * page, text),
			 unfit ? ", " : "", unfit ? unfit : "");
	}
}
