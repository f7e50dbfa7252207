/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_CPU_LIMIT_H
#define TESTS_UNIT_CPU_LIMIT_H

#include <criterion/criterion.h>
#include <sys/resource.h>

/* This test may take so many seconds of processor time: on a busy machine too. */
static inline void cpu_limit(unsigned int seconds)
{
	cr_assert_eq(setrlimit(RLIMIT_CPU, &(struct rlimit){ seconds, seconds + 1 }), 0);
}

#endif
