// SPDX-License-Identifier: GPL-2.0-only
/*
 * What noiommu.sh does to huge pages.
 *
 *	huge scatter DIR N KEEP DROP	takes N pages of the hugetlbfs, then gives back DROP of
 *every KEEP + DROP
 *	huge move FILE			has the kernel try to move each page of FILE; prints how
 *many moved, of how many huge guard DIR N MIB		fills N huge pages and MIB of ordinary
 *memory with a pattern, says "ready", waits for a line, and says "intact" if all is as it was
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static size_t page_of(int fd)
{
	struct statfs st;

	check(fstatfs(fd, &st) == 0, "fstatfs");
	return (size_t)st.f_bsize;
}

static char *map(int fd, size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	check(p != MAP_FAILED, "mmap");
	return p;
}

static uint64_t frame_of(const char *p)
{
	static int fd = -1;
	uint64_t entry = 0;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY);
	check(pread(fd, &entry, 8, (off_t)((uintptr_t)p / (size_t)sysconf(_SC_PAGESIZE) * 8)) == 8,
	      "pagemap");
	return entry & ((1ULL << 55) - 1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = **(const uint64_t *const *)a, y = **(const uint64_t *const *)b;

	return (x > y) - (x < y);
}

/* By physical address, so that what is free afterwards is in pieces. */
static int scatter(const char *dir, int n, int keep, int drop)
{
	int fd = open(dir, O_TMPFILE | O_RDWR, 0600);
	size_t page = page_of(fd);
	uint64_t *frames = calloc((size_t)n, sizeof(*frames));
	uint64_t **order = calloc((size_t)n, sizeof(*order));
	char *p;

	check(frames && order && fallocate(fd, 0, 0, (off_t)page * n) == 0, "fallocate");
	p = map(fd, page * (size_t)n);
	for (int i = 0; i < n; i++) {
		p[(size_t)i * page] = 1;
		frames[i] = frame_of(p + (size_t)i * page);
		order[i] = &frames[i];
	}
	qsort(order, (size_t)n, sizeof(*order), compare);
	for (int i = 0; i < n; i++)
		if (i % (keep + drop) >= keep)
			check(madvise(p + (size_t)(order[i] - frames) * page, page, MADV_REMOVE) ==
				      0,
			      "MADV_REMOVE");
	puts("ready");
	fflush(stdout);
	return getchar() == EOF;
}

static int try_to_move(const char *file)
{
	int fd = open(file, O_RDWR), n = 0, n_moved = 0;
	struct stat st;
	size_t page;
	char *p;

	check(fd >= 0 && fstat(fd, &st) == 0, file);
	page = page_of(fd);
	p = map(fd, (size_t)st.st_size);
	for (size_t at = 0; at < (size_t)st.st_size; at += page) {
		blkcnt_t n_blocks;
		uint64_t before;

		check(fstat(fd, &st) == 0, file);
		n_blocks = st.st_blocks;
		*(volatile char *)(p + at);
		check(fstat(fd, &st) == 0, file);
		/* a hole until now: not a page of the guest's */
		if (st.st_blocks > n_blocks) {
			check(madvise(p + at, page, MADV_REMOVE) == 0, "MADV_REMOVE");
			continue;
		}
		n++;
		before = frame_of(p + at);
		madvise(p + at, page, MADV_SOFT_OFFLINE);
		*(volatile char *)(p + at);
		n_moved += frame_of(p + at) != before;
	}
	printf("%d of %d moved\n", n_moved, n);
	return 0;
}

static void fill(uint64_t *p, size_t size, int verify)
{
	for (size_t i = 0; i < size / sizeof(*p); i++) {
		uint64_t word = (i ^ (uintptr_t)p) * 0x9e3779b97f4a7c15;

		if (!verify) {
			p[i] = word;
		} else if (p[i] != word) {
			printf("byte %zx of frame %llx is overwritten: %llx\n",
			       i * sizeof(*p) % 4096, (unsigned long long)frame_of((char *)&p[i]),
			       (unsigned long long)p[i]);
			exit(1);
		}
	}
}

static int guard(const char *dir, size_t n, size_t mib)
{
	int fd = open(dir, O_TMPFILE | O_RDWR, 0600);
	size_t huge = n * page_of(fd), small = mib << 20;
	char *a = NULL, *b = map(-1, small);

	if (huge) {
		check(fallocate(fd, 0, 0, (off_t)huge) == 0, "fallocate");
		a = map(fd, huge);
	}
	fill((uint64_t *)a, huge, 0);
	fill((uint64_t *)b, small, 0);
	puts("ready");
	fflush(stdout);
	getchar();
	fill((uint64_t *)a, huge, 1);
	fill((uint64_t *)b, small, 1);
	puts("intact");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "scatter"))
		return scatter(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	if (argc == 3 && !strcmp(argv[1], "move"))
		return try_to_move(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "guard"))
		return guard(argv[2], (size_t)atoi(argv[3]), (size_t)atoi(argv[4]));
	return 2;
}
