// SPDX-License-Identifier: GPL-2.0-only
/* Where guest RAM lies in the guest's address space, and pieces of it that are set apart. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "vmm/base/array.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/ram.h"

/*
 * The free run of RAM addresses that begins at or after @from, in whole @units; size 0 when there
 * is none.
 */
static struct range free_run(const struct memmap *map, uint64_t from, uint64_t unit,
			     const struct range *holes, unsigned int n_holes)
{
	uint64_t end = map->ram.start + map->ram.size;
	bool moved;

	do {
		moved = false;
		from = round_up_to(from, unit);
		for (unsigned int i = 0; i < n_holes && from < end; i++) {
			if (!range_overlaps(holes[i], (struct range){ from, unit }))
				continue;
			if (range_last(holes[i]) >= end)
				return (struct range){ end, 0 };
			from = range_last(holes[i]) + 1;
			moved = true;
		}
	} while (moved);
	if (from >= end)
		return (struct range){ end, 0 };

	for (unsigned int i = 0; i < n_holes; i++)
		if (holes[i].size && holes[i].start >= from && holes[i].start < end)
			end = holes[i].start;
	return (struct range){ from, round_down_to(end - from, unit) };
}

static int check_size(uint64_t size, struct err *err)
{
	char text[32], least[32], unit[32];

	if (size >= RAM_MIN_SIZE && is_aligned(size, RAM_ALIGN))
		return 0;
	err_usage(err, "memory = %s", str_size(size, text));
	err_why(err, "guest memory is at least %s, in multiples of %s",
		str_size(RAM_MIN_SIZE, least), str_size(RAM_ALIGN, unit));
	return err_fix(err, "give memory a size such as 512M");
}

/* What banks begin at multiples of. */
static uint64_t bank_unit(const struct ram *ram)
{
	return ram->page > RAM_ALIGN ? ram->page : RAM_ALIGN;
}

static void forget_banks(struct ram *ram)
{
	free(ram->banks);
	ram->banks = NULL;
	ram->n_banks = 0;
	ram->size = 0;
}

int ram_set_apart(struct ram *ram, struct range place, struct err *err)
{
	return array_append(ram->carveouts, ram->n_carveouts, &place)
		       ? err_set(err, ENOMEM, "carve out guest RAM")
		       : 0;
}

int ram_insert_bank(struct ram *ram, const struct ram_bank *bank, struct err *err)
{
	struct range gpa = bank->gpa;
	struct ram_bank *at = array_add(ram->banks, ram->n_banks);

	if (!at)
		return err_set(err, ENOMEM, "plan guest RAM");
	/* As a whole: carve-outs and boot images find no room in it. */
	if (bank->is_foreign && ram_set_apart(ram, gpa, err))
		return err->code;
	assert(range_valid(gpa) &&
	       (bank->is_foreign || is_aligned(gpa.start | gpa.size, RAM_ALIGN)));
	for (; at > ram->banks && at[-1].gpa.start > gpa.start; at--)
		*at = at[-1];
	*at = *bank;
	ram->n_banks++;
	ram->size += gpa.size;
	assert(at == ram->banks || !range_overlaps(at[-1].gpa, gpa));
	assert(at + 1 == ram->banks + ram->n_banks || !range_overlaps(at[1].gpa, gpa));
	return 0;
}

int ram_add_bank(struct ram *ram, struct range gpa, int fd, uint64_t offset, struct err *err)
{
	return ram_insert_bank(ram, &(struct ram_bank){ .gpa = gpa, .fd = fd, .offset = offset },
			       err);
}

int ram_plan(struct ram *ram, const struct memmap *map, uint64_t size, const struct range *holes,
	     unsigned int n_holes, struct err *err)
{
	struct range run = { map->ram.start, 0 };
	uint64_t unit = bank_unit(ram);
	char wanted[32], room[32];

	forget_banks(ram);
	if (check_size(size, err))
		return err->code;
	while (ram->size < size) {
		/* Only the last bank's end is no multiple of the unit. */
		run = free_run(map, run.start + run.size, unit, holes, n_holes);
		if (!run.size)
			break;
		if (run.size > size - ram->size)
			run.size = size - ram->size;
		if (ram_add_bank(ram, run, ram->fd, ram->backing.offset + ram->size, err)) {
			forget_banks(ram);
			return err->code;
		}
	}
	if (ram->size == size)
		return 0;

	err_usage(err, "memory = %s: there is room for %s", str_size(size, wanted),
		  str_size(ram->size, room));
	err_why(err,
		"RAM lies between 0x%" PRIx64 " and 0x%" PRIx64 " of a %u-bit address space, "
		"around %u ranges that the host reserves",
		map->ram.start, map->ram.start + map->ram.size, map->ipa_bits, n_holes);
	err_fix(err, "give the guest at most %s", room);
	forget_banks(ram);
	return err->code;
}

/* What RAM at a fixed place may not touch. NULL: nothing of these is there. */
static const char *find_window(const struct memmap *map, struct range ram, struct range *window)
{
	const struct {
		struct range range;
		const char *name;
	} windows[] = {
		{ { MEMMAP_PL011, MEMMAP_BUS_LOW - MEMMAP_PL011 },
		  "the window for emulated devices and the GIC" },
		{ map->bus_low, "the window for assigned devices" },
		{ map->bus_high, "the window for assigned devices" },
	};

	for (size_t i = 0; i < n_elems(windows); i++) {
		*window = windows[i].range;
		if (range_overlaps(*window, ram))
			return windows[i].name;
	}
	return NULL;
}

static int no_place(struct range ram, struct range other, const char *what, struct err *err)
{
	err_usage(err, "memory-base = 0x%" PRIx64 ": RAM from 0x%" PRIx64 " to 0x%" PRIx64,
		  ram.start, ram.start, range_last(ram));
	err_why(err, "0x%" PRIx64 " to 0x%" PRIx64 " is %s", other.start, range_last(other), what);
	return err_fix(
		err,
		"change memory-base or memory, or leave memory-base out: RAM is then laid around "
		"what cannot be RAM");
}

int ram_plan_at(struct ram *ram, const struct memmap *map, uint64_t base, uint64_t size,
		const struct range *holes, unsigned int n_holes, struct err *err)
{
	uint64_t end = range_last(map->bus_high) + 1, unit = bank_unit(ram);
	struct range run = { base, size }, window;
	const char *name;
	char text[32];

	forget_banks(ram);
	if (check_size(size, err))
		return err->code;
	if (!is_aligned(base, unit)) {
		err_usage(err, "memory-base = 0x%" PRIx64, base);
		err_why(err, "it is no multiple of %s", str_size(unit, text));
		return err_fix(err, "give memory-base as 0x80000000");
	}
	if (!range_valid(run) || range_last(run) >= end)
		return no_place(run, (struct range){ end, -end },
				"beyond the guest's address space", err);
	name = find_window(map, run, &window);
	if (name)
		return no_place(run, window, name, err);
	for (unsigned int i = 0; i < n_holes; i++)
		if (range_overlaps(holes[i], run))
			return no_place(run, holes[i],
					"reserved by the host's IOMMU: it maps nothing there", err);
	return ram_add_bank(ram, run, ram->fd, ram->backing.offset, err);
}

#define GIB (1ULL << 30)

/* The highest place in @bank below @end; size 0: there is none. */
static struct range find_place(const struct ram *ram, const struct range *bank, uint64_t size,
			       uint64_t align, uint64_t end)
{
	struct range place = { 0, size };
	bool moved;

	if (end > bank->start + bank->size)
		end = bank->start + bank->size;
	do {
		moved = false;
		if (end < size || round_down_to(end - size, align) < bank->start)
			return (struct range){ 0, 0 };
		place.start = round_down_to(end - size, align);
		for (unsigned int i = 0; i < ram->n_carveouts && !moved; i++) {
			moved = range_overlaps(ram->carveouts[i], place);
			if (moved)
				end = ram->carveouts[i].start;
		}
	} while (moved);
	return place;
}

static int no_room_to_carve(uint64_t size, uint64_t align, bool low, struct err *err)
{
	char sizes[2][32];

	err_usage(err, "a carve-out of %s finds no room in guest memory", str_size(size, sizes[0]));
	err_why(err, "it must lie in one piece at a multiple of %s%s", str_size(align, sizes[1]),
		low ? ", below 4 GiB" : "");
	return err_fix(err, "give the guest more memory, or leave the carve-out out");
}

int ram_carve(struct ram *ram, uint64_t size, uint64_t align, bool low, struct range *place,
	      struct err *err)
{
	*place = (struct range){ 0, 0 };
	if (align < MEMMAP_SLOT_SIZE)
		align = MEMMAP_SLOT_SIZE;
	for (unsigned int i = ram->n_banks; i-- > 0 && !place->size;)
		*place = find_place(ram, &ram->banks[i].gpa, size, align,
				    low ? 4 * GIB : UINT64_MAX);
	if (!place->size)
		return no_room_to_carve(size, align, low, err);
	return ram_set_apart(ram, *place, err);
}

struct range ram_boot_run(const struct ram *ram, unsigned int i)
{
	struct range run = ram->banks[i].gpa;

	for (unsigned int k = 0; k < ram->n_carveouts; k++)
		if (range_overlaps(run, ram->carveouts[k]))
			run.size = ram->carveouts[k].start - run.start;
	return run;
}
