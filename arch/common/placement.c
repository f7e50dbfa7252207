// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/placement.h"

#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/ram.h"

#define MIB (1ULL << 20)

/* arm64 says both; a 32-bit kernel maps two sections of 1 or 2 MiB (arch/arm/kernel/head.S). */
#define DTB_ALIGN    (2 * MIB)
#define DTB_MAX      (2 * MIB)
#define INITRD_ALIGN (64ULL << 10) /* the largest page */

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Bytes that a kernel takes from its base on. */
static uint64_t kernel_extent(const struct placement *wish)
{
	return round_up_to(wish->image_at + wish->image_size, DTB_ALIGN);
}

static uint64_t extent_of_all(const struct placement *wish)
{
	return kernel_extent(wish) + DTB_MAX + round_up_to(wish->initrd, RAM_ALIGN);
}

static struct range initrd_window(const struct placement *wish, uint64_t base)
{
	return (struct range){ round_down_to(base, wish->rules->initrd_align),
			       wish->rules->initrd_window };
}

/* arm64: the kernel "as close as possible to the base of DRAM". */
static bool place_all(struct range bank, const struct placement *wish, struct arch_boot *boot)
{
	uint64_t base = round_up_to(bank.start, wish->rules->base_align);
	uint64_t end, initrd;

	if (!range_contains(bank, (struct range){ base, extent_of_all(wish) }))
		return false;
	end = min(range_last(bank), range_last(initrd_window(wish, base))) + 1;
	if (extent_of_all(wish) > end - base)
		return false;
	initrd = round_down_to(end - wish->initrd, INITRD_ALIGN);
	*boot = (struct arch_boot){
		.entry = base + wish->image_at,
		.initrd = wish->initrd ? initrd : 0,
		.initrd_size = wish->initrd,
		.dtb = round_down_to(min(initrd, base + wish->rules->dtb_window) - DTB_MAX,
				     DTB_ALIGN),
		.dtb_max = DTB_MAX,
	};
	boot->kernel_max = boot->dtb - boot->entry;
	return boot->dtb >= boot->entry + wish->image_size;
}

/*
 * The lowest place for @size bytes in a bank, which none of the @n_taken ranges covers. They are
 * few and each begins and ends at multiples of DTB_ALIGN, but for a bank's own end.
 */
static bool find_room(const struct ram *ram, uint64_t size, uint64_t align, struct range within,
		      const struct range *taken, unsigned int n_taken, uint64_t *gpa)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct range run = ram_boot_run(ram, i);
		struct range at = { round_up_to(run.start, align), size };

		for (unsigned int k = 0; k < n_taken;) {
			if (range_overlaps(taken[k], at)) {
				at.start = round_up_to(range_last(taken[k]) + 1, align);
				k = 0;
			} else {
				k++;
			}
		}
		if (range_contains(run, at) && range_contains(within, at)) {
			*gpa = at.start;
			return true;
		}
	}
	return false;
}

static bool place_apart(const struct ram *ram, const struct placement *wish, struct arch_boot *boot)
{
	const struct range anywhere = { 0, UINT64_MAX };
	const struct placement_rules *rules = wish->rules;
	struct range taken[2], near;
	uint64_t base, initrd = 0, dtb;
	unsigned int i = 0;

	if (!find_room(ram, kernel_extent(wish), rules->base_align, anywhere, NULL, 0, &base))
		return false;
	while (!range_contains(ram->banks[i].gpa, (struct range){ base, 1 }))
		i++;
	taken[0] = (struct range){ base, kernel_extent(wish) };
	near = (struct range){ base, rules->dtb_window };
	if (!find_room(ram, DTB_MAX, DTB_ALIGN, rules->dtb_anywhere ? anywhere : near, taken, 1,
		       &dtb))
		return false;
	taken[1] = (struct range){ dtb, DTB_MAX };
	if (wish->initrd && !find_room(ram, wish->initrd, INITRD_ALIGN, initrd_window(wish, base),
				       taken, 2, &initrd))
		return false;
	*boot = (struct arch_boot){
		.entry = base + wish->image_at,
		.initrd = initrd,
		.initrd_size = wish->initrd,
		.dtb = dtb,
		.dtb_max = DTB_MAX,
	};
	/* What stands behind it in its bank ends what is free for it. */
	boot->kernel_max = range_last(ram_boot_run(ram, i)) + 1 - boot->entry;
	if (dtb > boot->entry)
		boot->kernel_max = min(boot->kernel_max, dtb - boot->entry);
	if (initrd > boot->entry)
		boot->kernel_max = min(boot->kernel_max, initrd - boot->entry);
	return true;
}

static int no_room(const struct ram *ram, const struct placement *wish, struct err *err)
{
	uint64_t largest = 0, align = wish->rules->base_align, need;
	char text[4][32];

	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (ram_boot_run(ram, i).size > largest)
			largest = ram_boot_run(ram, i).size;
	if (ram->n_banks == 1)
		err_usage(err, "the kernel %s does not fit into the guest's %s of memory",
			  wish->name, str_size(largest, text[0]));
	else
		err_usage(err,
			  "the kernel %s does not fit into the guest's memory: %u pieces, the "
			  "largest %s",
			  wish->name, ram->n_banks, str_size(largest, text[0]));
	err_why(err, "it needs %s%s%s, the initrd %s, the device tree %s",
		str_size(wish->image_at + wish->image_size, text[1]),
		align > RAM_ALIGN ? " from a multiple of " : "",
		align > RAM_ALIGN ? str_size(align, text[0]) : "", str_size(wish->initrd, text[2]),
		str_size(DTB_MAX, text[3]));
	need = round_up_to(extent_of_all(wish), ram->page > RAM_ALIGN ? ram->page : RAM_ALIGN);
	if (ram->n_banks == 1)
		return err_fix(err, "--memory %lluM or more", (unsigned long long)(need / MIB));
	return err_fix(err,
		       "--memory %lluM or more, in one piece: huge pages follow each other when "
		       "they are reserved at boot (hugepages=%llu), or are larger (hugepagesz=1G)",
		       (unsigned long long)(need / MIB),
		       (unsigned long long)(need / (ram->page ?: RAM_ALIGN)));
}

int placement_plan(const struct ram *ram, const struct placement *wish, struct arch_boot *boot,
		   struct err *err)
{
	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (place_all(ram_boot_run(ram, i), wish, boot))
			return 0;
	if (place_apart(ram, wish, boot))
		return 0;
	return no_room(ram, wish, err);
}
