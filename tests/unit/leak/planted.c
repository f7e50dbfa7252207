// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tests that pass by Criterion's count, one of which leaks. tests/unit/run must call the leaky
 * one a failure and the other not: else no leak in any unit test would ever be seen.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

static void *volatile last;

Test(planted, leak)
{
	last = malloc(42);
	cr_assert(last);
	last = NULL;
}

Test(planted, clean)
{
	last = malloc(42);
	cr_assert(last);
	free(last);
}
