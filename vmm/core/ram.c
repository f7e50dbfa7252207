// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ram.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/*
 * The free run of RAM addresses that begins at or after @from, in whole units of RAM_ALIGN; size 0
 * when there is none.
 */
static struct range free_run(const struct memmap *map, uint64_t from, const struct range *holes,
			     unsigned int n_holes)
{
	uint64_t end = map->ram.start + map->ram.size;
	bool moved;

	do {
		moved = false;
		from = round_up_to(from, RAM_ALIGN);
		for (unsigned int i = 0; i < n_holes && from < end; i++) {
			if (!range_overlaps(holes[i], (struct range){ from, RAM_ALIGN }))
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
	return (struct range){ from, round_down_to(end - from, RAM_ALIGN) };
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

int ram_plan(struct ram *ram, const struct memmap *map, uint64_t size, const struct range *holes,
	     unsigned int n_holes, struct err *err)
{
	struct range run = { map->ram.start, 0 };
	char wanted[32], room[32];

	*ram = (struct ram){ 0 };
	if (check_size(size, err))
		return err->code;
	while (ram->size < size && ram->n_banks < RAM_MAX_BANKS) {
		run = free_run(map, run.start + run.size, holes, n_holes);
		if (!run.size)
			break;
		if (run.size > size - ram->size)
			run.size = size - ram->size;
		ram->banks[ram->n_banks++] = (struct ram_bank){ .gpa = run, .fd = -1 };
		ram->size += run.size;
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
	*ram = (struct ram){ 0 };
	return err->code;
}

/* What one entry of a level-2 table maps: 2, 32 or 512 MiB, with host pages of 4, 16 or 64 KiB. */
static uint64_t block_size(void)
{
	uint64_t page = sys_page_size();

	return page * (page / sizeof(uint64_t));
}

static uint64_t n_pages(uint64_t page, const char *which)
{
	uint64_t n = 0;
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		 page >> 10, which);
	return file_read_u64(path, &n) ? 0 : n;
}

/* Say why @size bytes of huge pages could not be had. */
static int too_few_pages(uint64_t page, uint64_t size, const char *mem_path, struct err *err)
{
	uint64_t n_wanted = size / page, n_free = n_pages(page, "free_hugepages");
	uint64_t n_reserved = n_pages(page, "resv_hugepages");
	char text[32];

	n_free = n_free > n_reserved ? n_free - n_reserved : 0;
	err_why(err, "%" PRIu64 " huge pages of %s are needed, %" PRIu64 " are free", n_wanted,
		str_size(page, text), n_free);
	if (n_wanted > n_free)
		err_fix(err,
			"add the %" PRIu64 " that are missing: write %" PRIu64
			" to /sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
			n_wanted - n_free, n_pages(page, "nr_hugepages") + n_wanted - n_free,
			page >> 10);
	else
		err_fix(err, "raise the size= limit with which %s is mounted", mem_path);
	return err->code;
}

/* An unlinked file of @mem_path for a bank; its huge pages are *page bytes each. */
static int open_huge_file(struct ram_bank *bank, const char *mem_path, uint64_t *page,
			  struct err *err)
{
	char path[512], text[32];
	struct statfs st;
	int ret;

	if (snprintf(path, sizeof(path), "%s/dais-%d-%" PRIx64, mem_path, (int)getpid(),
		     bank->gpa.start) >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "mem-path = %s", mem_path);
	bank->fd = sys_create(path, O_RDWR | O_EXCL, 0600);
	if (bank->fd < 0)
		return err_set(err, bank->fd, "create %s", path);
	ret = sys_unlink(path);
	if (ret)
		return err_set(err, ret, "unlink %s", path);
	ret = sys_fstatfs(bank->fd, &st);
	if (ret)
		return err_set(err, ret, "fstatfs %s", path);
	if ((uint32_t)st.f_type != HUGETLBFS_MAGIC) {
		err_usage(err, "mem-path = %s: this is no hugetlbfs", mem_path);
		err_fix(err, "mount one (\"mount -t hugetlbfs none %s\"), or leave mem-path out",
			mem_path);
		return err->code;
	}
	*page = (uint64_t)st.f_bsize;
	if (is_aligned(bank->gpa.start | bank->gpa.size, *page))
		return 0;
	err_usage(err, "mem-path = %s: its pages are %s each", mem_path, str_size(*page, text));
	err_why(err,
		"a bank of guest RAM is 0x%" PRIx64 " bytes at 0x%" PRIx64
		", which is no multiple of that",
		bank->gpa.size, bank->gpa.start);
	err_fix(err, "change memory, or take a hugetlbfs of smaller pages");
	return err->code;
}

/*
 * Keep the RAM out of core dumps and children, and let it have huge pages where the kernel knows
 * them.
 */
static int advise(const struct ram_bank *bank, struct err *err)
{
	int ret = sys_madvise(bank->hva, bank->gpa.size, MADV_DONTDUMP);

	if (!ret)
		ret = sys_madvise(bank->hva, bank->gpa.size, MADV_DONTFORK);
	if (ret)
		return err_set(err, ret, "madvise guest RAM");
	if (bank->fd < 0 && sys_madvise(bank->hva, bank->gpa.size, MADV_HUGEPAGE))
		log_debug("guest RAM: the host kernel has no transparent huge pages");
	return 0;
}

/*
 * Addresses are reserved first, generously and without access, and the bank is put into them where
 * host and guest address are equal modulo the largest page. What is left around it is a guard.
 */
static int create_bank(struct ram_bank *bank, const char *mem_path, struct err *err)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, ret;
	uint64_t align = block_size(), page = sys_page_size();
	char size[32];
	void *hva;

	if (mem_path) {
		if (open_huge_file(bank, mem_path, &page, err))
			return err->code;
		if (page > align)
			align = page;
		flags = MAP_SHARED;
	}
	bank->map_size = bank->gpa.size + align;
	ret = sys_mmap(NULL, bank->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0, &bank->map);
	if (ret)
		return err_set(err, ret, "reserve addresses for %s of guest RAM",
			       str_size(bank->gpa.size, size));

	hva = (char *)bank->map + ((bank->gpa.start - (uintptr_t)bank->map) & (align - 1));
	ret = sys_mmap(hva, bank->gpa.size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, bank->fd, 0,
		       &bank->hva);
	if (!ret)
		return advise(bank, err);

	bank->hva = NULL;
	err_set(err, ret, "map %s of guest RAM", str_size(bank->gpa.size, size));
	if (ret == -ENOMEM && mem_path)
		return too_few_pages(page, bank->gpa.size, mem_path, err);
	if (ret == -ENOMEM) {
		err_why(err, "the host has not so much memory, or RLIMIT_AS forbids it");
		err_fix(err, "give the guest less memory");
	}
	return err->code;
}

int ram_create(struct ram *ram, const char *mem_path, struct err *err)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct ram_bank *bank = &ram->banks[i];

		assert(!bank->map && is_aligned(bank->gpa.start | bank->gpa.size, RAM_ALIGN));
		if (create_bank(bank, mem_path, err))
			return err->code;
		trace_line(TRACE_VM, "RAM: 0x%" PRIx64 " bytes at 0x%" PRIx64, bank->gpa.size,
			   bank->gpa.start);
	}
	return 0;
}

/*
 * Huge pages are not given up: a hole in the file would give back its reservation too, and others
 * could take the pages.
 */
int ram_clear(struct ram *ram, struct err *err)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct ram_bank *bank = &ram->banks[i];
		int ret;

		if (bank->fd >= 0) {
			memset(bank->hva, 0, bank->gpa.size);
			continue;
		}
		ret = sys_madvise(bank->hva, bank->gpa.size, MADV_DONTNEED);
		if (ret)
			return err_set(err, ret, "clear guest RAM");
	}
	return 0;
}

void *ram_ptr(const struct ram *ram, uint64_t gpa, uint64_t size)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];

		if (bank->hva && range_contains(bank->gpa, (struct range){ gpa, size }))
			return (char *)bank->hva + (gpa - bank->gpa.start);
	}
	return NULL;
}

void ram_destroy(struct ram *ram)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct ram_bank *bank = &ram->banks[i];

		if (bank->map)
			sys_munmap(bank->map, bank->map_size);
		bank->map = NULL;
		bank->hva = NULL;
		close_fd(&bank->fd);
	}
}
