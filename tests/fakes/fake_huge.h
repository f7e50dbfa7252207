/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_HUGE_H
#define TESTS_FAKES_FAKE_HUGE_H

/*
 * A hugetlbfs whose pages have physical addresses of the test's choice, /proc/self/pagemap that
 * tells them, and pipes that hold references to them. After fake_sys_reset().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_HUGE_DIR   "/huge"
#define FAKE_HUGE_PAGES 256

/* The pages that are free, in the order in which they will be given out. */
void fake_huge_make(uint64_t page, const uint64_t *pas, size_t n);

/* One more comes back from whoever had it. */
void fake_huge_add(uint64_t pa);

size_t fake_huge_n_free(void);
/* Those that a file has, and those of them that a pipe refers to. */
size_t fake_huge_n_used(void);
size_t fake_huge_n_held(void);

/*
 * As vfio-dais does: the page of @vaddr is held, at *pa, and *size no more than it has from there
 * on. What begins in the range is let go. 0 or -EFAULT.
 */
int fake_huge_pin(uint64_t vaddr, uint64_t *size, uint64_t *pa);
void fake_huge_unpin(uint64_t pa, uint64_t size);
size_t fake_huge_n_pinned(void);

/* The kernel moves the page at @pa, if nothing holds it. */
bool fake_huge_move(uint64_t pa, uint64_t new_pa);
/* The next @n pages move when they have been looked up once. */
void fake_huge_move_after_look(size_t n);

/* A kernel before 5.13: files there have names. */
void fake_huge_no_tmpfile(void);

/* /proc/self/pagemap without CAP_SYS_ADMIN: frame numbers are 0. */
void fake_huge_hide(void);

#endif
