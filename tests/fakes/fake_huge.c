// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_huge.h"

#include <assert.h>
#include <errno.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_tree.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define N_MAPPINGS 4096
#define N_PIPES    64
#define PIPE_SLOTS 16 /* of a new pipe */
#define NOWHERE    UINT64_MAX
#define OWN_FRAME  0x12345
#define STACK      (64 << 10) /* of those that call, at most */

struct huge_page {
	uint64_t pa, offset; /* NOWHERE: free */
	unsigned int n_refs;
	bool pinned;
};

struct huge_pipe {
	int fds[2];
	unsigned int n_ends, n_slots, n_used;
	size_t pages[FAKE_HUGE_PAGES];
};

static struct {
	uint64_t page;
	struct huge_page pages[FAKE_HUGE_PAGES];
	size_t n_pages, n_to_move;
	struct {
		struct range hva;
		uint64_t offset;
	} mappings[N_MAPPINGS];
	size_t n_mappings;
	struct huge_pipe pipes[N_PIPES];
	unsigned int n_pipes;
	bool hidden, no_tmpfile;
} huge;

static size_t count(bool (*is)(const struct huge_page *page))
{
	size_t n = 0;

	for (size_t i = 0; i < huge.n_pages; i++)
		n += is(&huge.pages[i]);
	return n;
}

static bool is_free(const struct huge_page *page)
{
	return page->offset == NOWHERE;
}

static bool is_used(const struct huge_page *page)
{
	return page->offset != NOWHERE;
}

static bool is_held(const struct huge_page *page)
{
	return page->n_refs > 0;
}

static bool is_pinned(const struct huge_page *page)
{
	return page->pinned;
}

size_t fake_huge_n_pinned(void)
{
	return count(is_pinned);
}

size_t fake_huge_n_free(void)
{
	return count(is_free);
}

size_t fake_huge_n_used(void)
{
	return count(is_used);
}

size_t fake_huge_n_held(void)
{
	return count(is_held);
}

bool fake_huge_move(uint64_t pa, uint64_t new_pa)
{
	for (size_t i = 0; i < huge.n_pages; i++) {
		if (huge.pages[i].pa != pa)
			continue;
		if (!huge.pages[i].n_refs)
			huge.pages[i].pa = new_pa;
		return huge.pages[i].pa == new_pa;
	}
	return false;
}

void fake_huge_move_after_look(size_t n)
{
	huge.n_to_move = n;
}

void fake_huge_hide(void)
{
	huge.hidden = true;
}

static struct huge_page *page_at(uint64_t offset)
{
	for (size_t i = 0; i < huge.n_pages; i++)
		if (huge.pages[i].offset == offset)
			return &huge.pages[i];
	return NULL;
}

/* A page given back is the last to be given out again, or a test of "others instead" proves
 * nothing. */
static void punch(uint64_t offset)
{
	struct huge_page *page = page_at(offset), moved;

	if (!page)
		return;
	moved = *page;
	moved.offset = NOWHERE;
	memmove(page, page + 1, (size_t)(&huge.pages[huge.n_pages] - (page + 1)) * sizeof(*page));
	huge.pages[huge.n_pages - 1] = moved;
}

static int file_fallocate(int fd, void *opaque, int mode, off_t offset, off_t size)
{
	(void)fd;
	(void)opaque;
	for (uint64_t at = (uint64_t)offset; at < (uint64_t)(offset + size); at += huge.page) {
		struct huge_page *page = page_at(at);

		if (mode & FALLOC_FL_PUNCH_HOLE) {
			punch(at);
			continue;
		}
		if (!page)
			page = page_at(NOWHERE);
		if (!page)
			return -ENOSPC;
		page->offset = at;
	}
	return 0;
}

static void file_mapped(int fd, void *opaque, void *addr, size_t size, off_t offset)
{
	(void)fd;
	(void)opaque;
	assert(huge.n_mappings < N_MAPPINGS);
	huge.mappings[huge.n_mappings].hva = (struct range){ (uintptr_t)addr, size };
	huge.mappings[huge.n_mappings++].offset = (uint64_t)offset;
}

static struct huge_page *page_of(uint64_t hva, uint64_t *in_page)
{
	for (size_t i = huge.n_mappings; i-- > 0;) {
		uint64_t offset = huge.mappings[i].offset + hva - huge.mappings[i].hva.start;

		if (!range_contains(huge.mappings[i].hva, (struct range){ hva, 1 }))
			continue;
		*in_page = offset % huge.page;
		return page_at(offset - *in_page);
	}
	return NULL;
}

int fake_huge_pin(uint64_t vaddr, uint64_t *size, uint64_t *pa)
{
	uint64_t in_page;
	struct huge_page *page = page_of(vaddr, &in_page);

	if (!page)
		return -EFAULT;
	page->pinned = true;
	*pa = page->pa + in_page;
	if (*size > huge.page - in_page)
		*size = huge.page - in_page;
	return 0;
}

void fake_huge_unpin(uint64_t pa, uint64_t size)
{
	for (size_t i = 0; i < huge.n_pages; i++)
		if (range_contains((struct range){ pa, size },
				   (struct range){ huge.pages[i].pa, 1 }))
			huge.pages[i].pinned = false;
}

static bool is_stack(uint64_t hva)
{
	uint64_t here = (uintptr_t)__builtin_frame_address(0);

	return hva > here - STACK && hva < here + STACK;
}

static ssize_t pagemap_pread(int fd, void *opaque, void *buf, size_t size, off_t offset)
{
	uint64_t *entries = buf, in_page = 0, host = sys_page_size();

	(void)fd;
	(void)opaque;
	for (size_t i = 0; i < size / sizeof(*entries); i++) {
		uint64_t hva = ((uint64_t)offset / sizeof(*entries) + i) * host;
		struct huge_page *page = page_of(hva, &in_page);

		entries[i] = page ? 1ULL << 63 : 0;
		if (!page && !huge.hidden && is_stack(hva))
			entries[i] = 1ULL << 63 | OWN_FRAME;
		if (page && !huge.hidden)
			entries[i] |= (page->pa + in_page) / host;
		if (page && huge.n_to_move && huge.n_to_move--)
			page->pa += 1ULL << 32;
	}
	return (ssize_t)size;
}

static const struct fake_fd_ops file_ops = { .fallocate = file_fallocate, .mapped = file_mapped };
static const struct fake_fd_ops pagemap_ops = { .pread = pagemap_pread };

void fake_huge_add(uint64_t pa)
{
	assert(huge.n_pages < FAKE_HUGE_PAGES);
	huge.pages[huge.n_pages++] = (struct huge_page){ .pa = pa, .offset = NOWHERE };
}

void fake_huge_make(uint64_t page, const uint64_t *pas, size_t n)
{
	assert(n <= FAKE_HUGE_PAGES);
	memset(&huge, 0, sizeof(huge));
	huge.page = page;
	for (size_t i = 0; i < n; i++)
		huge.pages[huge.n_pages++] = (struct huge_page){ .pa = pas[i], .offset = NOWHERE };
	fake_set_statfs(HUGETLBFS_MAGIC, (long)page);
	fake_device(FAKE_HUGE_DIR, &file_ops, NULL);
	fake_device("/proc/self/pagemap", &pagemap_ops, NULL);
}

int sys_open_tmpfile(const char *dir, mode_t mode)
{
	(void)mode;
	return huge.no_tmpfile ? -EOPNOTSUPP : sys_open(dir, 0);
}

/* sys_create() makes no huge pages: the file is there before. */
void fake_huge_no_tmpfile(void)
{
	char path[64];

	huge.no_tmpfile = true;
	snprintf(path, sizeof(path), FAKE_HUGE_DIR "/dais-%d.new", (int)getpid());
	fake_device(path, &file_ops, NULL);
}

int sys_link(int fd, const char *path)
{
	struct fake_entry *e;

	fail_if_chosen();
	if (fake_tree_find(path, true, &e) == 0)
		return -EEXIST;
	assert(fake_fd_find(fd));
	fake_device(path, fake_fd_find(fd)->ops, NULL);
	return 0;
}

static void pipe_closed(int fd, void *opaque)
{
	struct huge_pipe *p = opaque;

	(void)fd;
	if (--p->n_ends)
		return;
	while (p->n_used)
		huge.pages[p->pages[--p->n_used]].n_refs--;
}

static const struct fake_fd_ops pipe_ops = { .close = pipe_closed };

int sys_pipe(int fds[2])
{
	struct huge_pipe *p = &huge.pipes[huge.n_pipes];

	fail_if_chosen();
	assert(huge.n_pipes < N_PIPES);
	huge.n_pipes++;
	*p = (struct huge_pipe){ .n_ends = 2, .n_slots = PIPE_SLOTS };
	for (unsigned int i = 0; i < 2; i++)
		fds[i] = p->fds[i] = fake_fd_new(&pipe_ops, p);
	return 0;
}

static struct huge_pipe *pipe_of(int fd)
{
	for (unsigned int i = 0; i < huge.n_pipes; i++)
		if (huge.pipes[i].n_ends && huge.pipes[i].fds[1] == fd)
			return &huge.pipes[i];
	return NULL;
}

int sys_set_pipe_size(int fd, int size)
{
	struct huge_pipe *p = pipe_of(fd);

	fail_if_chosen();
	assert(p);
	p->n_slots = (unsigned int)((size_t)size / sys_page_size());
	return size;
}

ssize_t sys_vmsplice(int fd, void *addr, size_t size)
{
	struct huge_pipe *p = pipe_of(fd);
	uint64_t in_page;
	struct huge_page *page = page_of((uintptr_t)addr, &in_page);

	fail_if_chosen();
	assert(p && page);
	if (p->n_used == p->n_slots)
		return -EAGAIN;
	page->n_refs++;
	p->pages[p->n_used++] = (size_t)(page - huge.pages);
	return (ssize_t)size;
}
