// SPDX-License-Identifier: GPL-2.0-only
/* Guest RAM from a file. */
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/ram.h"

/* /dev/mem: Documentation/admin-guide/devices.txt */
#define MEM_MAJOR 1
#define MEM_MINOR 1

static uint64_t n_pages(uint64_t page, const char *which)
{
	uint64_t n = 0;

	file_read_u64(&n, "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s", page >> 10, which);
	return n;
}

uint64_t ram_free_pages(uint64_t page)
{
	uint64_t n_free = n_pages(page, "free_hugepages"), n_used = n_pages(page, "resv_hugepages");

	return n_free > n_used ? n_free - n_used : 0;
}

bool ram_lacks_pages(uint64_t page, uint64_t size, uint64_t n_taken, struct err *err)
{
	uint64_t n_wanted = (size + page - 1) / page, n_free = ram_free_pages(page);
	char text[32];

	n_free = n_free > n_taken ? n_free - n_taken : 0;
	err_why(err, "%" PRIu64 " huge pages of %s are needed, %" PRIu64 " are free%s", n_wanted,
		str_size(page, text), n_free, n_taken ? " behind the VMs before it" : "");
	if (n_wanted <= n_free)
		return false;
	err_fix(err,
		"add the %" PRIu64 " that are missing: echo %" PRIu64
		" | sudo tee /sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
		n_wanted - n_free, n_pages(page, "nr_hugepages") + n_wanted - n_free, page >> 10);
	return true;
}

int ram_file_too_few_pages(const struct ram *ram, uint64_t size, struct err *err)
{
	if (!ram_lacks_pages(ram->page, size, 0, err))
		err_fix(err, "raise the size= limit with which %s is mounted",
			ram->backing.hugetlbfs ?: ram->backing.file);
	return err->code;
}

int ram_hugetlbfs_page(int fd, const char *path, uint64_t *page, struct err *err)
{
	struct statfs st;
	int ret = fd < 0 ? fd : sys_fstatfs(fd, &st);

	if (ret) {
		err_set(err, ret, "mem-path = %s", path);
	} else if ((uint32_t)st.f_type == HUGETLBFS_MAGIC) {
		*page = (uint64_t)st.f_bsize;
		return 0;
	} else {
		err_usage(err, "mem-path = %s: this is no hugetlbfs", path);
	}
	return err_fix(
		err,
		"mount one: sudo mkdir -p %s && sudo mount -t hugetlbfs none %s; or leave mem-path "
		"out",
		path, path);
}

static int open_hugetlbfs(struct ram *ram, struct err *err)
{
	const char *directory = ram->backing.hugetlbfs;
	char path[512];
	int ret;

	if (snprintf(path, sizeof(path), "%s/dais-%d", directory, (int)getpid()) >=
	    (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "mem-path = %s", directory);
	ram->fd = sys_create(path, O_RDWR | O_EXCL, 0600);
	if (ram->fd < 0)
		return err_set(err, ram->fd, "create %s", path);
	ret = sys_unlink(path);
	return ret ? err_set(err, ret, "unlink %s", path) : 0;
}

/* A file without blocks is all holes: it reads as zeroes, and need not be filled with them. */
static int open_file(struct ram *ram, struct err *err)
{
	const char *path = ram->backing.file;
	struct stat st;
	int ret;

	ram->fd = passed_fds_open(ram->backing.passed, path, O_RDWR, err);
	if (ram->fd < 0) {
		err_set(err, ram->fd, "memory-file = %s", path);
		err_why(err, "guest RAM is to be this file, for reading and writing");
		return err_fix(err,
			       "make one (truncate -s SIZE %s), or give this user the right to it",
			       path);
	}
	ret = sys_fstat(ram->fd, &st);
	if (ret)
		return err_set(err, ret, "memory-file = %s: fstat", path);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
		err_usage(err, "memory-file = %s: this is no memory", path);
		err_why(err, "it is neither a regular file nor a character device");
		return err_fix(err, "name a file of a tmpfs or hugetlbfs, or a device of memory");
	}
	ram->is_dirty = !S_ISREG(st.st_mode) || st.st_blocks > 0;
	return 0;
}

/* In the place of the file that told the size of the pages, if there is one. */
static int open_memfd(struct ram *ram, struct err *err)
{
	const bool is_huge = ram->page > sys_page_size();
	unsigned int flags = MFD_ALLOW_SEALING;

	if (is_huge)
		flags |= MFD_HUGETLB | (unsigned int)__builtin_ctzll(ram->page) << MAP_HUGE_SHIFT;
	close_fd(&ram->fd);
	ram->fd = sys_memfd_create("dais-ram", flags);
	if (ram->fd < 0)
		return err_set(err, ram->fd, "make guest RAM that other processes can map");
	ram->is_memfd = true;
	return 0;
}

/* Whoever gets it may not take pages away under dais. */
static int seal_memfd(const struct ram *ram, uint64_t size, struct err *err)
{
	int ret = sys_ftruncate(ram->fd, (off_t)size);

	if (!ret)
		ret = sys_fcntl(ram->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return ret < 0 ? err_set(err, ret, "make guest RAM of %" PRIu64 " bytes", size) : 0;
}

static int open_backing(struct ram *ram, const struct ram_backing *backing, struct err *err)
{
	const char *path = backing->hugetlbfs, *file = backing->file;
	struct statfs st;
	int ret;

	assert(ram->fd < 0 && !ram->n_banks);
	ram->backing = *backing;
	if (!path && !file)
		return 0;
	ret = path ? open_hugetlbfs(ram, err) : open_file(ram, err);
	if (ret)
		return ret;
	if (path)
		return ram_hugetlbfs_page(ram->fd, path, &ram->page, err);
	ret = sys_fstatfs(ram->fd, &st);
	if (!ret && (uint32_t)st.f_type == HUGETLBFS_MAGIC)
		ram->page = (uint64_t)st.f_bsize;
	return ret ? err_set(err, ret, "fstatfs %s", file) : 0;
}

int ram_open(struct ram *ram, const struct ram_backing *backing, struct err *err)
{
	int ret = open_backing(ram, backing, err);

	return !ret && BUILT(VIRTIO) && backing->is_shared && !backing->file ? open_memfd(ram, err)
									     : ret;
}

static uint64_t end_in_file(const struct ram *ram)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];
		uint64_t last = bank->offset + round_up_to(bank->gpa.size, ram->page);

		if (bank->fd == ram->fd && last > end)
			end = last;
	}
	return end;
}

/*
 * What /proc/iomem says of memory (Documentation/filesystems/proc.rst). On arm64,
 * request_standard_resources() of arch/arm64/kernel/setup.c makes it: "System RAM" is what the
 * kernel has in its memory map, "reserved" in it what was reserved at boot and is left alone;
 * "reserved" by itself is what the device tree says no-map of.
 */
enum memory_kind {
	MEMORY_NOT_MAPPED,
	MEMORY_IN_USE,
	MEMORY_RESERVED,
	MEMORY_UNKNOWN,
};

static enum memory_kind find_memory(char *text, struct range memory)
{
	enum memory_kind kind = MEMORY_NOT_MAPPED;
	bool is_hidden = true;

	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		bool is_inner = line[0] == ' ', is_ram, is_reserved;
		uint64_t first, last;
		int at = 0;

		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %n", &first, &last, &at) < 2 || !at)
			continue;
		is_hidden &= !last;
		is_ram = !is_inner && strcmp(line + at, "System RAM") == 0;
		is_reserved = is_inner && strcmp(line + at, "reserved") == 0;
		if (last < first ||
		    !range_overlaps((struct range){ first, last - first + 1 }, memory))
			continue;
		if (is_ram && kind == MEMORY_NOT_MAPPED)
			kind = MEMORY_IN_USE;
		if (is_reserved && kind == MEMORY_IN_USE && first <= memory.start &&
		    last >= range_last(memory))
			kind = MEMORY_RESERVED;
	}
	return is_hidden ? MEMORY_UNKNOWN : kind;
}

/*
 * Whether the host's kernel leaves [start, start + size) of its physical memory alone and yet has
 * it in its memory map. A process that may not see the addresses gets no error.
 */
static int check_physical(const char *path, struct range memory, struct err *err)
{
	owned_ptr char *text = file_text(1 << 20, "/proc/iomem");
	enum memory_kind kind = MEMORY_UNKNOWN;

	if (text)
		kind = find_memory(text, memory);
	if (kind == MEMORY_RESERVED)
		return 0;
	if (kind == MEMORY_UNKNOWN) {
		log_warn("memory-file = %s: /proc/iomem does not tell whether the host uses this "
			 "memory itself",
			 path);
		return 0;
	}
	err_usage(err, "memory-file = %s: 0x%" PRIx64 " to 0x%" PRIx64 " is no memory for a guest",
		  path, memory.start, range_last(memory));
	if (kind == MEMORY_IN_USE)
		err_why(err, "the host's kernel uses it: in /proc/iomem it is System RAM, and not "
			     "all of it is reserved");
	else
		err_why(err, "the host's kernel has it not in its memory map (/proc/iomem does not "
			     "call it System RAM), and KVM then lets no guest execute from it");
	return err_fix(err,
		       "reserve it in the host's device tree: a node of /reserved-memory without "
		       "no-map");
}

int ram_file_check(const struct ram *ram, struct err *err)
{
	const char *path = ram->backing.file;
	uint64_t end = end_in_file(ram), offset = ram->backing.offset;
	struct stat st;
	char text[32];
	int ret;

	if (BUILT(VIRTIO) && ram->is_memfd)
		return seal_memfd(ram, end, err);
	if (!path)
		return 0;
	if (!is_aligned(offset, ram->page)) {
		err_usage(err, "memory-file = %s,offset=0x%" PRIx64, path, offset);
		err_why(err, "the offset is no multiple of its pages, which are %s",
			str_size(ram->page, text));
		return err_fix(err, "change the offset");
	}
	ret = sys_fstat(ram->fd, &st);
	if (ret)
		return err_set(err, ret, "memory-file = %s: fstat", path);
	if (S_ISCHR(st.st_mode))
		return st.st_rdev == makedev(MEM_MAJOR, MEM_MINOR)
			       ? check_physical(path, (struct range){ offset, end - offset }, err)
			       : 0;
	if ((uint64_t)st.st_size >= end)
		return 0;
	err_usage(err, "memory-file = %s: the file is too small", path);
	err_why(err, "guest RAM is %" PRIu64 " bytes of it from %" PRIu64 " on, it has %" PRIu64,
		end - offset, offset, (uint64_t)st.st_size);
	if (passed_fd_which(path))
		err_fix(err,
			"let whoever passes it make it %" PRIu64 " bytes long, or give the guest "
			"less memory",
			end);
	else
		err_fix(err, "truncate -s %" PRIu64 " %s, or give the guest less memory", end,
			path);
	return err->code;
}

int ram_file_map_failed(const struct ram *ram, uint64_t size, struct err *err)
{
	const char *path = ram->backing.file;

	if (err->code == -ENOMEM && ram->page > sys_page_size())
		return ram_file_too_few_pages(ram, size, err);
	if (!path)
		return err->code;
	err_why(err, "%s does not let all of it be mapped from 0x%" PRIx64 " on", path,
		ram->backing.offset);
	return err_fix(err, "change memory-file, its offset, or memory");
}
