/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_SYSTEM_HOSTILE_H
#define TESTS_SYSTEM_HOSTILE_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PAGE          4096UL
#define REGION        (1ULL << 40) /* from one to the next, in the device's file */
/* Of an edu: two registers of 32 bits; and what follows all of them */
#define IRQ_REGISTERS 0x60
#define NO_REGISTERS  0x1000

/* What the threads of a round work on. Descriptors may be closed under their hands. */
struct victim {
	int fd, group, container; /* -1: none */
	const char *name;
	/*
	 * An edu answers a read or write of less than four bytes with an abort. By a mapping that
	 * is SIGBUS; in the kernel, which does it for pread(), it is the end of the host.
	 */
	bool words_only;
};

struct worker {
	uint64_t state; /* of its random numbers; not 0 */
	struct victim *victim;
};

/* Less than @n, which is not 0 */
uint32_t hostile_random(struct worker *worker, uint32_t n);

/* One that programs stumble over */
uint64_t hostile_odd_number(struct worker *worker);

/* SIGBUS and SIGSEGV of this thread end what it touches, and nothing else. */
void hostile_catch(void);

/* Before the threads: memory for them to pass on, some of which is not there. */
void hostile_prepare(struct worker *worker);

/* Anything; and something with a mapping */
void hostile_op(struct worker *worker);
void hostile_map(struct worker *worker);

#endif
