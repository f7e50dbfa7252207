/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_PASSED_H
#define TESTS_FAKES_FAKE_PASSED_H

/* Descriptors that somebody opened before the program started. */
#include "vmm/base/range.h"

/* Open @path with @flags; the kernel says what it is, if it is in /dev. Returns the number. */
int fake_pass(const char *path, int flags);
/* A real descriptor of that number, which the kernel is made to call @path; it can do nothing. */
void fake_pass_at(int number, const char *path);

/* What sys_close_range() was asked for since fake_sys_reset(): nothing is closed. */
struct fake_closed {
	struct range ranges[8];
	unsigned int n;
};
extern struct fake_closed fake_closed;

void fake_passed_reset(void);

#endif
