// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vmm/base/arena.h"

Test(arena, memory_is_zeroed_aligned_and_apart)
{
	struct arena arena = { 0 };
	uint8_t *parts[100];

	for (size_t i = 0; i < 100; i++) {
		parts[i] = arena_alloc(&arena, i);
		cr_assert_not_null(parts[i]);
		cr_assert_eq((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < i; k++)
			cr_assert_eq(parts[i][k], 0);
		memset(parts[i], (int)i, i);
	}
	for (size_t i = 0; i < 100; i++)
		for (size_t k = 0; k < i; k++)
			cr_assert_eq(parts[i][k], i);
	arena_free(&arena);
	cr_expect_null(arena.chunks);
}

Test(arena, text_of_any_length)
{
	struct arena arena = { 0 };
	char *none = arena_printf(&arena, "%s", ""), *some = arena_printf(&arena, "%08000d", 7);

	cr_assert(none && some);
	cr_expect_str_empty(none);
	cr_expect_eq(strlen(some), 8000);
	cr_expect_eq(some[7999], '7');
	cr_expect_not(arena.failed);
	arena_free(&arena);
}

Test(arena, a_failure_is_told_until_it_is_freed)
{
	struct arena arena = { 0 };

	cr_expect_null(arena_alloc(&arena, SIZE_MAX));
	cr_expect(arena.failed);
	cr_expect_not_null(arena_alloc(&arena, 1));
	cr_expect(arena.failed);
	arena_free(&arena);
	cr_expect_not(arena.failed);
	cr_expect_not_null(arena_alloc(&arena, 1), "it can be used again");
	cr_expect_not(arena.failed);
	arena_free(&arena);
}
