// SPDX-License-Identifier: GPL-2.0-only
#include "devices/platform_bus.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/base/str.h"
#include "vmm/base/sys.h"

void platform_bus_init(struct platform_bus *bus, const struct memmap *map, const struct ram *ram,
		       unsigned int n_spis)
{
	memset(bus, 0, sizeof(*bus));
	bus->windows[0] = map->bus_low;
	bus->windows[1] = map->bus_high;
	bus->ram = ram;
	bus->n_spis = n_spis < SPI_MAX_COUNT ? n_spis : SPI_MAX_COUNT;
}

/* Somebody's addresses. */
struct claim {
	struct range gpa; /* size 0: there is none */
	const char *owner;
};

/* What overlaps @pages. */
static struct claim find_overlap(const struct platform_bus *bus, struct range pages)
{
	for (unsigned int i = 0; i < bus->n_taken; i++)
		if (range_overlaps(bus->taken[i].gpa, pages))
			return (struct claim){ bus->taken[i].gpa, bus->taken[i].owner };
	for (unsigned int i = 0; bus->ram && i < bus->ram->n_banks; i++)
		if (range_overlaps(bus->ram->banks[i].gpa, pages))
			return (struct claim){ bus->ram->banks[i].gpa, "RAM" };
	return (struct claim){ 0 };
}

static bool in_a_window(const struct platform_bus *bus, struct range pages)
{
	for (unsigned int i = 0; i < n_elems(bus->windows); i++)
		if (range_valid(pages) && range_contains(bus->windows[i], pages))
			return true;
	return false;
}

/* First fit. All sizes are below 2^63 and addresses below 2^52, so nothing here wraps. */
static bool find_place(const struct platform_bus *bus, struct range window, uint64_t align,
		       struct range *pages)
{
	pages->start = round_up_to(window.start, align);
	while (range_contains(window, *pages)) {
		struct claim claim = find_overlap(bus, *pages);

		if (!claim.gpa.size)
			return true;
		pages->start = round_up_to(range_last(claim.gpa) + 1, align);
	}
	return false;
}

static int no_room(const struct platform_bus *bus, const char *owner, uint64_t size,
		   struct err *err)
{
	char buf[32];

	err_set(err, ENOSPC, "%s: no guest addresses for a region of %s", owner,
		str_size(size, buf));
	if (bus->windows[1].size)
		err_why(err,
			"the windows 0x%" PRIx64 "-0x%" PRIx64 " and 0x%" PRIx64 "-0x%" PRIx64
			" have no free, aligned range of this size",
			bus->windows[0].start, range_last(bus->windows[0]), bus->windows[1].start,
			range_last(bus->windows[1]));
	else
		err_why(err,
			"the window 0x%" PRIx64 "-0x%" PRIx64
			" of a 32-bit guest has no free, aligned range of this size",
			bus->windows[0].start, range_last(bus->windows[0]));
	return err_fix(err, "assign fewer devices, or pin regions closer together with gpa=");
}

static int check_pinned(const struct platform_bus *bus, const char *owner, uint64_t offset,
			uint64_t wanted, struct range pages, struct err *err)
{
	uint64_t page = sys_page_size();
	struct claim claim;

	if ((wanted & (page - 1)) != offset) {
		err_usage(err, "%s: gpa=0x%" PRIx64 " does not keep the region's place in a page",
			  owner, wanted);
		err_why(err,
			"the host maps pages of 0x%" PRIx64
			" bytes, and the region begins 0x%" PRIx64 " bytes into one",
			page, offset);
		return err_fix(
			err, "choose an address whose remainder modulo 0x%" PRIx64 " is 0x%" PRIx64,
			page, offset);
	}
	if (!in_a_window(bus, pages)) {
		err_usage(err, "%s: gpa=0x%" PRIx64 " is not a place for an assigned device", owner,
			  wanted);
		err_why(err,
			"the region must lie within 0x%" PRIx64 "-0x%" PRIx64 " or 0x%" PRIx64
			"-0x%" PRIx64,
			bus->windows[0].start, range_last(bus->windows[0]), bus->windows[1].start,
			range_last(bus->windows[1]));
		return err_fix(err, "choose an address there, or leave gpa= out");
	}
	claim = find_overlap(bus, pages);
	if (claim.gpa.size) {
		err_usage(err, "%s: gpa=0x%" PRIx64 " overlaps %s", owner, wanted, claim.owner);
		err_why(err, "%s has 0x%" PRIx64 "-0x%" PRIx64 ", in whole pages", claim.owner,
			claim.gpa.start, range_last(claim.gpa));
		return err_fix(err, "pin both regions apart, or leave gpa= out");
	}
	return 0;
}

int platform_bus_place(struct platform_bus *bus, const char *owner, uint64_t size, uint64_t offset,
		       uint64_t wanted, uint64_t *gpa, struct err *err)
{
	uint64_t page = sys_page_size();
	struct range pages;
	int ret;

	if (bus->n_taken == PLATFORM_BUS_MAX_REGIONS)
		return err_set(err, ENOSPC, "%s: more than %d regions of assigned devices", owner,
			       PLATFORM_BUS_MAX_REGIONS);
	if (!size)
		return err_set(err, EINVAL, "%s: a region of no bytes", owner);
	if (size > INT64_MAX / 2)
		return no_room(bus, owner, size, err);
	pages.size = round_up_to(offset + size, page);
	if (wanted != PLATFORM_BUS_ANY) {
		pages.start = round_down_to(wanted, page);
		ret = check_pinned(bus, owner, offset, wanted, pages, err);
		if (ret)
			return ret;
	} else if (!find_place(bus, bus->windows[0], round_up_power_of_two(pages.size), &pages) &&
		   !find_place(bus, bus->windows[1], round_up_power_of_two(pages.size), &pages)) {
		return no_room(bus, owner, size, err);
	}
	bus->taken[bus->n_taken].gpa = pages;
	bus->taken[bus->n_taken++].owner = owner;
	*gpa = pages.start + offset;
	return 0;
}

int platform_bus_take_spi(struct platform_bus *bus, const char *owner, uint64_t wanted,
			  uint32_t *spi, struct err *err)
{
	uint64_t i = wanted;

	if (wanted == PLATFORM_BUS_ANY) {
		for (i = 0; i < bus->n_spis && bus->spi_owner[i]; i++)
			;
		if (i == bus->n_spis) {
			err_set(err, ENOSPC, "%s: no interrupt is left for it", owner);
			err_why(err, "all %u shared peripheral interrupts are taken", bus->n_spis);
			return err_fix(err, "assign fewer devices");
		}
	}
	if (i >= bus->n_spis) {
		err_usage(err, "%s: spi=%" PRIu64 " does not exist", owner, wanted);
		err_why(err, "this guest has SPIs 0 to %u (INTID less 32)", bus->n_spis - 1);
		return err_fix(err, "choose one of these, or leave spi= out");
	}
	if (bus->spi_owner[i]) {
		err_usage(err, "%s: spi=%" PRIu64, owner, wanted);
		err_why(err, "it is taken by %s", bus->spi_owner[i]);
		return err_fix(err, "choose another, or leave spi= out");
	}
	bus->spi_owner[i] = owner;
	*spi = (uint32_t)i;
	return 0;
}
