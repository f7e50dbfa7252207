// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of guest RAM that are set apart. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "vmm/base/str.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"

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

static int no_room(uint64_t size, uint64_t align, bool low, struct err *err)
{
	char sizes[2][32];

	err_usage(err, "a carve-out of %s finds no room in guest memory", str_size(size, sizes[0]));
	err_why(err, "it must lie in one piece at a multiple of %s%s", str_size(align, sizes[1]),
		low ? ", below 4 GiB" : "");
	err_fix(err, "give the guest more memory, or leave the carve-out out");
	return err->code;
}

static int set_apart(struct ram *ram, struct range place, struct err *err)
{
	struct range *bigger =
		reallocarray(ram->carveouts, ram->n_carveouts + 1, sizeof(*ram->carveouts));

	if (!bigger)
		return err_set(err, ENOMEM, "carve out guest RAM");
	ram->carveouts = bigger;
	ram->carveouts[ram->n_carveouts++] = place;
	return 0;
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
		return no_room(size, align, low, err);
	return set_apart(ram, *place, err);
}

/* The bank is set apart as a whole: carve-outs and boot images find no room in it. */
int ram_add_foreign(struct ram *ram, struct range gpa, int fd, uint64_t offset, struct err *err)
{
	const struct ram_bank bank = {
		.gpa = gpa,
		.fd = fd,
		.offset = offset,
		.is_foreign = true,
	};
	int ret = set_apart(ram, gpa, err);

	return ret ? ret : ram_insert_bank(ram, &bank, err);
}

struct range ram_boot_run(const struct ram *ram, unsigned int i)
{
	struct range run = ram->banks[i].gpa;

	for (unsigned int k = 0; k < ram->n_carveouts; k++)
		if (range_overlaps(run, ram->carveouts[k]))
			run.size = ram->carveouts[k].start - run.start;
	return run;
}
