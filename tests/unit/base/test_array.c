// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"

struct pair {
	uint64_t key;
	char name[5];
};

Test(array, grows_by_one_and_keeps_what_it_has)
{
	struct pair *list = NULL;
	size_t n = 0;

	for (; n < 1000; n++) {
		struct pair *p = array_add(list, n);

		cr_assert_eq(p, &list[n]);
		cr_assert_eq(p->key, 0);
		cr_assert_eq(p->name[4], 0);
		*p = (struct pair){ n, "full" };
	}
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(list[i].key, i);
	free(list);
}

Test(array, takes_copies)
{
	struct pair *list = NULL;
	size_t n = 0;

	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(array_append(list, n, (&(struct pair){ i, "copy" })), 0);
	cr_assert_eq(n, 100);
	for (size_t i = 0; i < n; i++)
		cr_assert(list[i].key == i && !strcmp(list[i].name, "copy"));
	free(list);
}

Test(array, a_place_that_was_given_up_is_zeroed_again)
{
	for (size_t left = 0; left < 20; left++) {
		uint32_t *list = NULL;

		for (size_t n = 0; n < 20; n++)
			*(uint32_t *)array_add(list, n) = UINT32_MAX;
		for (size_t n = left; n < 40; n++) {
			cr_assert_eq(*array_add(list, n), 0);
			list[n] = (uint32_t)n;
		}
		for (size_t i = 0; i < 40; i++)
			cr_assert_eq(list[i], i < left ? UINT32_MAX : i);
		free(list);
	}
}

/* As without the sanitizer, which otherwise ends the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

Test(array, without_memory_nothing_changes)
{
	size_t n = (size_t)1 << (sizeof(size_t) * 8 - 2); /* as if it had so many */
	uint64_t one = 1, *list = &one;

	cr_expect_null(array_add(list, n));
	cr_expect_eq(list, &one);
	cr_expect_eq(one, 1);
}
