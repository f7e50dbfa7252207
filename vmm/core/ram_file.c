// SPDX-License-Identifier: GPL-2.0-only
/* Guest RAM from a file. */
#include "vmm/core/ram_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/ram.h"

static uint64_t n_pages(uint64_t page, const char *which)
{
	uint64_t n = 0;
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		 page >> 10, which);
	return file_read_u64(path, &n) ? 0 : n;
}

int ram_file_too_few_pages(const struct ram *ram, uint64_t size, struct err *err)
{
	uint64_t page = ram->page, n_wanted = (size + page - 1) / page;
	uint64_t n_free = n_pages(page, "free_hugepages");
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
		err_fix(err, "raise the size= limit with which %s is mounted",
			ram->backing.hugetlbfs);
	return err->code;
}

static int open_huge_file(struct ram *ram, struct err *err)
{
	const char *directory = ram->backing.hugetlbfs;
	char path[512];
	struct statfs st;
	int ret;

	if (snprintf(path, sizeof(path), "%s/dais-%d", directory, (int)getpid()) >=
	    (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "mem-path = %s", directory);
	ram->fd = sys_create(path, O_RDWR | O_EXCL, 0600);
	if (ram->fd < 0)
		return err_set(err, ram->fd, "create %s", path);
	ret = sys_unlink(path);
	if (ret)
		return err_set(err, ret, "unlink %s", path);
	ret = sys_fstatfs(ram->fd, &st);
	if (ret)
		return err_set(err, ret, "fstatfs %s", path);
	if ((uint32_t)st.f_type != HUGETLBFS_MAGIC) {
		err_usage(err, "mem-path = %s: this is no hugetlbfs", directory);
		err_fix(err, "mount one (\"mount -t hugetlbfs none %s\"), or leave mem-path out",
			directory);
		return err->code;
	}
	ram->page = (uint64_t)st.f_bsize;
	return 0;
}

int ram_file_open(struct ram *ram, struct err *err)
{
	return ram->backing.hugetlbfs ? open_huge_file(ram, err) : 0;
}
