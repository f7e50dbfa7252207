// SPDX-License-Identifier: GPL-2.0-only
#include "arch/arm64/placement.h"

#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/ram.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

#define DTB_ALIGN     (2 * MIB)
#define DTB_MAX       (2 * MIB)
#define DTB_WINDOW    (512 * MIB)   /* for "versions prior to v4.2" */
#define INITRD_ALIGN  (64ULL << 10) /* the largest page */
#define INITRD_WINDOW (32 * GIB)    /* from a multiple of 1 GiB, the kernel in it */

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Bytes of a bank that an image takes: from the bank's start, which is 2 MiB-aligned. */
static uint64_t kernel_extent(const struct image_header *header,
			      const struct placement_sizes *sizes)
{
	return round_up_to(header->text_offset + sizes->kernel, DTB_ALIGN);
}

static uint64_t extent_of_all(const struct image_header *header,
			      const struct placement_sizes *sizes)
{
	return kernel_extent(header, sizes) + DTB_MAX + round_up_to(sizes->initrd, RAM_ALIGN);
}

/* The kernel "as close as possible to the base of DRAM". */
static bool place_all(struct range bank, const struct image_header *header,
		      const struct placement_sizes *sizes, struct arch_boot *boot)
{
	uint64_t base = bank.start;
	uint64_t end = min(base + bank.size, round_down_to(base, GIB) + INITRD_WINDOW);
	uint64_t initrd;

	if (extent_of_all(header, sizes) > end - base)
		return false;
	initrd = round_down_to(end - sizes->initrd, INITRD_ALIGN);
	*boot = (struct arch_boot){
		.entry = base + header->text_offset,
		.initrd = sizes->initrd ? initrd : 0,
		.initrd_size = sizes->initrd,
		.dtb = round_down_to(min(initrd, base + DTB_WINDOW) - DTB_MAX, DTB_ALIGN),
		.dtb_max = DTB_MAX,
	};
	boot->kernel_max = boot->dtb - boot->entry;
	return boot->dtb >= boot->entry + sizes->kernel;
}

/*
 * The lowest place for @size bytes in a bank, which none of the @n_taken ranges covers. They are
 * few and each begins and ends at multiples of DTB_ALIGN, but for a bank's own end.
 */
static bool find_room(const struct ram *ram, uint64_t size, struct range within,
		      const struct range *taken, unsigned int n_taken, uint64_t *gpa)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct range run = ram_boot_run(ram, i), at = { run.start, size };

		for (unsigned int k = 0; k < n_taken;) {
			if (range_overlaps(taken[k], at)) {
				at.start = range_last(taken[k]) + 1;
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

static bool place_apart(const struct ram *ram, const struct image_header *header,
			const struct placement_sizes *sizes, struct arch_boot *boot)
{
	const struct range anywhere = { 0, UINT64_MAX };
	unsigned int i = 0;
	struct range taken[2], window;
	uint64_t base, initrd = 0, dtb;

	if (!find_room(ram, kernel_extent(header, sizes), anywhere, NULL, 0, &base))
		return false;
	while (ram->banks[i].gpa.start != base)
		i++;
	taken[0] = (struct range){ base, kernel_extent(header, sizes) };
	window = (struct range){ round_down_to(base, GIB), INITRD_WINDOW };
	if (!find_room(ram, DTB_MAX, anywhere, taken, 1, &dtb))
		return false;
	taken[1] = (struct range){ dtb, DTB_MAX };
	if (sizes->initrd && !find_room(ram, sizes->initrd, window, taken, 2, &initrd))
		return false;
	*boot = (struct arch_boot){
		.entry = base + header->text_offset,
		.initrd = initrd,
		.initrd_size = sizes->initrd,
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

static int no_room(const struct ram *ram, const struct image_header *header, const char *name,
		   const struct placement_sizes *sizes, struct err *err)
{
	uint64_t largest = 0;
	char text[4][32];

	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (ram_boot_run(ram, i).size > largest)
			largest = ram_boot_run(ram, i).size;
	if (ram->n_banks == 1)
		err_usage(err, "the kernel %s does not fit into the guest's %s of memory", name,
			  str_size(largest, text[0]));
	else
		err_usage(err,
			  "the kernel %s does not fit into the guest's memory: %u pieces, the "
			  "largest %s",
			  name, ram->n_banks, str_size(largest, text[0]));
	err_why(err, "it needs %s, the initrd %s, the device tree %s",
		str_size(header->text_offset + sizes->kernel, text[1]),
		str_size(sizes->initrd, text[2]), str_size(DTB_MAX, text[3]));
	err_fix(err, "--memory %lluM or more%s",
		(unsigned long long)(extent_of_all(header, sizes) / MIB),
		ram->n_banks == 1 ? "" : ", in one piece");
	return err->code;
}

int placement_plan(const struct ram *ram, const struct image_header *header, const char *name,
		   const struct placement_sizes *sizes, struct arch_boot *boot, struct err *err)
{
	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (place_all(ram_boot_run(ram, i), header, sizes, boot))
			return 0;
	if (place_apart(ram, header, sizes, boot))
		return 0;
	return no_room(ram, header, name, sizes, err);
}
