/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_STR_H
#define VMM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text from the user or the host, checked. All return 0, -EINVAL (malformed) or -ERANGE (too
 * large). */
int str_to_u64(const char *s, uint64_t *value); /* decimal or 0x…; no sign, no trailing text */
int str_to_size(const char *s,
		uint64_t *bytes);            /* the same with one of K M G T (binary) behind it */
int str_to_bool(const char *s, bool *value); /* yes/no on/off true/false 1/0 */
/* CPU list as the kernel prints it ("0-3,8"), as a bit set of @n_bits bits; -ERANGE beyond. */
int str_to_cpu_list(const char *s, uint64_t *bits, unsigned int n_bits);

/*
 * The name of @names (NULL-terminated) that is nearest to @wrong by edit distance, or NULL when
 * none is near enough to be worth a guess (more than a third of its letters differ).
 */
const char *str_nearest(const char *wrong, const char *const *names);

/* @s matches one of @patterns: for fnmatch(3), with one space between two, no '?' at an end. */
bool str_matches(const char *s, const char *patterns);

/* As strdup and asprintf, but NULL only when out of memory. The caller frees. */
char *str_dup(const char *s);
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Copy, always terminated; returns false when it was cut. */
bool str_copy(char *dst, size_t size, const char *src);

/* "512 MiB", "4 KiB", "100 bytes": exact, for messages. Returns @buf. */
const char *str_size(uint64_t bytes, char buf[32]);

#endif
