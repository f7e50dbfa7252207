// SPDX-License-Identifier: GPL-2.0-only
/* read-disk DEVICE N: reads N blocks of 4 KiB, one request after the other, past the cache, and
 * prints the nanoseconds of each: of the guest of tests/bench/virtio. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096

static unsigned long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECT) : -1;
	int n = argc == 3 ? atoi(argv[2]) : 0;
	unsigned long long begun;
	void *block;

	if (fd < 0 || n < 1 || posix_memalign(&block, BLOCK, BLOCK))
		return 1;
	begun = now();
	for (int i = 0; i < n; i++)
		if (pread(fd, block, BLOCK, (off_t)(i % 1024) * BLOCK) != BLOCK)
			return 1;
	printf("%llu\n", (now() - begun) / (unsigned long long)n);
	return 0;
}
