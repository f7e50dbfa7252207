// SPDX-License-Identifier: GPL-2.0-only
/* Where guest RAM lies in the guest's address space. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/str.h"
#include "vmm/core/ram.h"

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
	err_fix(err, "give memory a size such as 512M");
	return err->code;
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

static int add_bank(struct ram *ram, const struct ram_bank *bank, struct err *err)
{
	struct range gpa = bank->gpa;
	struct ram_bank *banks = reallocarray(ram->banks, ram->n_banks + 1, sizeof(*banks));
	unsigned int i = ram->n_banks;

	if (!banks)
		return err_set(err, ENOMEM, "plan guest RAM");
	assert(range_valid(gpa) && is_aligned(gpa.start | gpa.size, RAM_ALIGN));
	ram->banks = banks;
	for (; i > 0 && banks[i - 1].gpa.start > gpa.start; i--)
		;
	assert(i == 0 || !range_overlaps(banks[i - 1].gpa, gpa));
	assert(i == ram->n_banks || !range_overlaps(banks[i].gpa, gpa));
	memmove(&banks[i + 1], &banks[i], (ram->n_banks - i) * sizeof(*banks));
	banks[i] = *bank;
	ram->n_banks++;
	ram->size += gpa.size;
	return 0;
}

int ram_add_bank(struct ram *ram, struct range gpa, int fd, uint64_t offset, struct err *err)
{
	return add_bank(ram, &(struct ram_bank){ .gpa = gpa, .fd = fd, .offset = offset }, err);
}

int ram_add_scattered(struct ram *ram, struct range gpa, int fd, const uint64_t *offsets,
		      struct err *err)
{
	return add_bank(ram, &(struct ram_bank){ .gpa = gpa, .fd = fd, .offsets = offsets }, err);
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
		if (ram_add_bank(ram, run, ram->fd, ram->size, err)) {
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
