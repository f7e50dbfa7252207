// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ram/pagemap.h"

#include <fcntl.h>

#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#define PATH    "/proc/self/pagemap"
#define PRESENT (1ULL << 63)
#define PFN     ((1ULL << 55) - 1)

#define N_AT_ONCE 512

int pagemap_open(struct err *err)
{
	int fd = sys_open(PATH, O_RDONLY);

	if (fd >= 0)
		return fd;
	err_set(err, fd, "open " PATH);
	err_why(err, "the host's kernel does not tell where guest RAM is");
	err_fix(err, "CONFIG_PROC_PAGE_MONITOR=y in the host's kernel");
	return err_host(err);
}

static int read_entries(int fd, const char *hva, uint64_t *entries, uint64_t n)
{
	return file_pread_all(fd, entries, n * sizeof(*entries),
			      (uintptr_t)hva / sys_page_size() * sizeof(*entries));
}

/* Frame 0 is that of memory at address 0, which boards have, and what is shown to those who may
 * not know: but then every page is there, that of the stack too. */
static int entry_to_pa(int fd, uint64_t entry, uint64_t *pa)
{
	uint64_t own = 0;
	int ret = 0;

	if (!(entry & PRESENT))
		return -ENODATA;
	*pa = (entry & PFN) * sys_page_size();
	if (!*pa)
		ret = read_entries(fd, (const char *)&own, &own, 1);
	return ret ? ret : *pa || own & PFN ? 0 : -EPERM;
}

int pagemap_find(int fd, const void *hva, uint64_t *pa)
{
	uint64_t entry;
	int ret = read_entries(fd, hva, &entry, 1);

	return ret ? ret : entry_to_pa(fd, entry, pa);
}

int pagemap_check(int fd, const void *hva, struct range pa, struct pagemap_misfit *found)
{
	uint64_t entries[N_AT_ONCE], page = sys_page_size(), n_left = pa.size / page;

	*found = (struct pagemap_misfit){ 0 };
	while (n_left) {
		uint64_t n = n_left < N_AT_ONCE ? n_left : N_AT_ONCE;
		int ret = read_entries(fd, (const char *)hva + found->offset, entries, n);

		for (uint64_t i = 0; i < n && !ret; i++) {
			ret = entry_to_pa(fd, entries[i], &found->pa);
			if (!ret && found->pa != pa.start + found->offset)
				ret = -ESTALE;
			if (!ret)
				found->offset += page;
		}
		if (ret)
			return ret;
		n_left -= n;
	}
	return 0;
}
