// SPDX-License-Identifier: GPL-2.0-only
/* What is loaded into guest RAM, by several threads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/core/ram/ram.h"

#define MIB (1UL << 20)

/* A file of bytes that tell where they are; the first @n_wait readers wait for each other. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	unsigned int n_wait, n_waiting, n_reads;
	bool alone; /* nobody else came for a minute */
	size_t size;
	off_t broken; /* a read of this place fails */
} file = { .lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER };

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at ^ at >> 8 ^ at >> 16);
}

static void wait_for_others(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	pthread_mutex_lock(&file.lock);
	file.n_reads++;
	if (file.n_waiting < file.n_wait) {
		file.n_waiting++;
		pthread_cond_broadcast(&file.arrived);
		while (file.n_waiting < file.n_wait && !file.alone)
			file.alone = pthread_cond_timedwait(&file.arrived, &file.lock, &end);
	}
	pthread_mutex_unlock(&file.lock);
}

static ssize_t read_file(int fd, void *opaque, void *buf, size_t size, off_t offset)
{
	size_t at = (size_t)offset, n = at < file.size ? file.size - at : 0;

	(void)fd;
	(void)opaque;
	wait_for_others();
	if (offset <= file.broken && file.broken < offset + (off_t)size)
		return -EIO;
	n = n < size ? n : size;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = byte_at(at + i);
	return (ssize_t)n;
}

static unsigned int n_threads = 3;
static uint8_t *buf;

static void set_up(void)
{
	fake_sys_reset();
	file.broken = -1;
	file.size = 32 * MIB;
	buf = malloc(32 * MIB);
}

static void tear_down(void)
{
	free(buf);
}

TestSuite(ram_read, .init = set_up, .fini = tear_down);

static int read_all(size_t size, uint64_t offset)
{
	static const struct fake_fd_ops ops = { .pread = read_file };

	file.n_reads = 0;
	memset(buf, 0xa5, size + 1);
	return ram_read_file(n_threads, buf, size, fake_fd_new(&ops, NULL), offset);
}

/* Pieces of a size that nobody outside knows, and what is between. */
Test(ram_read, all_of_it_is_there)
{
	static const size_t sizes[] = { 0, 1, 4 * MIB, 4 * MIB + 1, 13 * MIB + 4097 };

	for (n_threads = 0; n_threads <= 3; n_threads++) {
		for (size_t i = 0; i < n_elems(sizes); i++) {
			cr_assert_eq(read_all(sizes[i], 4096), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				if (buf[k] != byte_at(4096 + k))
					cr_assert_fail("%u threads: byte %zu of %zu", n_threads, k,
						       sizes[i]);
			cr_expect_eq(buf[sizes[i]], 0xa5);
		}
	}
}

Test(ram_read, by_all_threads_at_once)
{
	file.n_wait = 3;
	cr_assert_eq(read_all(16 * MIB, 0), 0);
	cr_expect_not(file.alone, "one thread reads all");
}

/* To start a thread takes longer than to copy what is little. */
Test(ram_read, what_is_little_is_read_at_once)
{
	cr_assert_eq(read_all(MIB, 0), 0);
	cr_expect_eq(file.n_reads, 1);
}

Test(ram_read, errors_of_any_thread_are_told)
{
	file.broken = 10 * MIB;
	cr_expect_eq(read_all(16 * MIB, 0), -EIO);
	file.broken = -1;
	file.size = 16 * MIB - 1;
	cr_expect_eq(read_all(16 * MIB, 0), -ENODATA);
}
