// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/mmio.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Index of the first region that ends beyond @gpa. */
static unsigned int find_index(const struct mmio_table *table, uint64_t gpa)
{
	unsigned int low = 0, high = table->n_regions;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (range_last(table->regions[mid].gpa) < gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int mmio_table_add(struct mmio_table *table, const struct mmio_region *region, struct err *err)
{
	const struct range gpa = region->gpa;
	struct mmio_region *at;

	assert(!table->sealed);
	if (!range_valid(gpa))
		return err_set(err, 0,
			       "%s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are no range of addresses",
			       region->name, gpa.size, gpa.start);
	if (table->n_regions == MMIO_MAX_REGIONS)
		return err_set(err, 0,
			       "%s: there are %u register regions already, the most that "
			       "one guest can have",
			       region->name, MMIO_MAX_REGIONS);

	at = &table->regions[find_index(table, gpa.start)];
	if (at < &table->regions[table->n_regions] && range_overlaps(at->gpa, gpa)) {
		err_usage(err,
			  "%s at 0x%" PRIx64 "-0x%" PRIx64 " overlaps %s at 0x%" PRIx64
			  "-0x%" PRIx64,
			  region->name, gpa.start, range_last(gpa), at->name, at->gpa.start,
			  range_last(at->gpa));
		err_why(err, "an emulated device has a fixed place, where there is room for one");
		return err_fix(err, "leave one of the two out");
	}
	memmove(at + 1, at, (size_t)((char *)&table->regions[table->n_regions] - (char *)at));
	*at = *region;
	table->n_regions++;
	return 0;
}

void mmio_table_seal(struct mmio_table *table)
{
	table->sealed = true;
}

static void report_unclaimed(struct mmio_table *table, uint64_t gpa, unsigned int width,
			     bool is_write)
{
	__atomic_add_fetch(&table->n_unclaimed, 1, __ATOMIC_RELAXED);
	if (trace_on(TRACE_MMIO))
		trace_line(TRACE_MMIO, "%-5s nothing at 0x%" PRIx64 " width %u",
			   is_write ? "write" : "read", gpa, width);
	log_within(&table->unclaimed_log, LOG_WARN,
		   "the guest %s %u bytes at 0x%" PRIx64 ", where nothing is",
		   is_write ? "wrote" : "read", width, gpa);
}

void mmio_access(struct mmio_table *table, uint64_t gpa, uint8_t data[8], unsigned int width,
		 bool is_write)
{
	unsigned int i = find_index(table, gpa);
	const struct mmio_region *region = &table->regions[i];
	uint64_t value = 0, offset;

	if (i == table->n_regions || !range_contains(region->gpa, (struct range){ gpa, width })) {
		report_unclaimed(table, gpa, width, is_write);
		if (!is_write)
			memset(data, 0, 8);
		return;
	}

	/* The guest is little-endian towards devices (KVM has swapped already where it runs
	   big-endian), and so are hosts. */
	offset = gpa - region->gpa.start;
	if (is_write) {
		memcpy(&value, data, width);
		region->ops->write(region->opaque, offset, width, value);
	} else {
		value = region->ops->read(region->opaque, offset, width);
		memcpy(data, &value, width);
	}
	if (trace_on(TRACE_MMIO))
		trace_line(TRACE_MMIO, "%-5s %s+0x%" PRIx64 " width %u: 0x%0*" PRIx64 "%s",
			   is_write ? "write" : "read", region->name, offset, width, (int)width * 2,
			   value, region->memslot_mapped ? " (outside its mapping)" : "");
}
