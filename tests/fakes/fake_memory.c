// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tests/fakes/fake_confine.h"
#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define N_MAPPINGS 64

static struct range mappings[N_MAPPINGS];
static struct rlimit memlock;
static uint64_t max_files;
static bool populates_nothing;

void fake_memory_reset(void)
{
	for (unsigned int i = 0; i < N_MAPPINGS; i++)
		if (mappings[i].size)
			munmap((void *)(uintptr_t)mappings[i].start, mappings[i].size);
	memset(mappings, 0, sizeof(mappings));
	fake_set_memlock(RLIM_INFINITY, RLIM_INFINITY);
	fake_set_max_files(4096);
	populates_nothing = false;
}

static void count_mapping(struct range r)
{
	for (unsigned int i = 0; i < N_MAPPINGS; i++) {
		if (!mappings[i].size) {
			mappings[i] = r;
			return;
		}
	}
	assert(!"room for mappings");
}

int sys_mmap(void *hint, uint64_t size, int prot, int flags, int fd, off_t offset, void **addr)
{
	struct fake_fd *f = fake_fd_find(fd);
	void *p;

	fail_if_chosen();
	p = mmap(hint, size, prot,
		 (flags & ~(MAP_SHARED | MAP_PRIVATE | MAP_HUGETLB | MAP_POPULATE)) | MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (!(flags & MAP_FIXED))
		count_mapping((struct range){ (uintptr_t)p, round_up_to(size, 4096) });
	*addr = p;
	if (f && f->ops && f->ops->mapped)
		f->ops->mapped(fd, f->opaque, p, size, offset);
	return 0;
}

void sys_munmap(void *addr, size_t size)
{
	struct range hole = { (uintptr_t)addr, round_up_to(size, 4096) };

	for (unsigned int i = 0; i < N_MAPPINGS; i++) {
		struct range *m = &mappings[i], old = *m;

		if (!range_overlaps(old, hole))
			continue;
		m->size = hole.start > old.start ? hole.start - old.start : 0;
		if (range_last(hole) < range_last(old))
			count_mapping((struct range){ range_last(hole) + 1,
						      range_last(old) - range_last(hole) });
	}
	munmap(addr, size);
}

unsigned int fake_n_mappings(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_MAPPINGS; i++)
		n += mappings[i].size != 0;
	return n;
}

int sys_madvise(void *addr, size_t size, int advice)
{
	if (populates_nothing && advice == MADV_HUGEPAGE)
		return 0;
	/* a file's mapping is anonymous memory here */
	return madvise(addr, size, advice == MADV_REMOVE ? MADV_DONTNEED : advice) ? -errno : 0;
}

int sys_populate(void *addr, size_t size)
{
	fail_if_chosen();
	return !populates_nothing && madvise(addr, size, MADV_POPULATE_WRITE) ? -errno : 0;
}

void fake_populate_nothing(void)
{
	populates_nothing = true;
}

void fake_set_max_files(uint64_t hard)
{
	max_files = hard;
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	fail_if_chosen();
	*limit = resource == RLIMIT_MEMLOCK ? memlock : (struct rlimit){ 1024, max_files };
	return 0;
}

int sys_setrlimit(int resource, const struct rlimit *limit)
{
	fail_if_chosen();
	if (resource != RLIMIT_MEMLOCK) {
		fake_confine_limit(resource, limit->rlim_max);
		return 0;
	}
	if (limit->rlim_max > memlock.rlim_max)
		return -EPERM;
	memlock = *limit;
	return 0;
}

void fake_set_memlock(uint64_t soft, uint64_t hard)
{
	memlock = (struct rlimit){ soft, hard };
}

uint64_t fake_memlock(void)
{
	return memlock.rlim_cur;
}

/* A second passes between any two looks at the clock: whatever takes time takes long. */
uint64_t sys_monotonic_ns(void)
{
	static uint64_t now;

	return __atomic_add_fetch(&now, 1000000000, __ATOMIC_RELAXED);
}

unsigned int sys_n_cpus(void)
{
	return 2;
}
