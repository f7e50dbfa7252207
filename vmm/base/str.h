/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_STR_H
#define VMM_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Text from the user or the host, checked. All return 0, -EINVAL (malformed) or -ERANGE (too
 * large). */
int str_to_u64(const char *s, uint64_t *value); /* decimal or 0x…; no sign, no trailing text */
/* The same with one of K M G T (binary) behind it. */
int str_to_size(const char *s, uint64_t *bytes);
int str_to_bool(const char *s, bool *value); /* yes/no on/off true/false 1/0 */
/* CPU list as the kernel prints it ("0-3,8"), as a bit set of @n_bits bits; -ERANGE beyond. */
int str_to_cpu_list(const char *s, uint64_t *bits, unsigned int n_bits);

#define NAME_MAX_LEN 63

/*
 * For a remedy (CONFIG_REMEDIES): of all names that are tried the nearest to a wrong one by edit
 * distance, or "" when none is near enough to be worth a guess (more than a third of its letters
 * differ, or it has more than NAME_MAX_LEN).
 */
struct nearest {
	const char *wrong;
	unsigned int distance; /* only what is nearer is worth it */
	char name[NAME_MAX_LEN + 1];
};

struct nearest nearest_to(const char *wrong);
void nearest_try(struct nearest *nearest, const char *name);

/* @s matches one of @patterns: for fnmatch(3), with one space between two, no '?' at an end. */
bool str_matches(const char *s, const char *patterns);

/* As asprintf, but NULL when out of memory. The caller frees. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* vsnprintf() of the arguments behind @fmt, the last named parameter of the function around it. */
#define str_format(buf, size, fmt)                                       \
	({                                                               \
		va_list str_format_ap;                                   \
		int str_format_n;                                        \
		va_start(str_format_ap, fmt);                            \
		str_format_n = vsnprintf(buf, size, fmt, str_format_ap); \
		va_end(str_format_ap);                                   \
		str_format_n;                                            \
	})

/* Copy, always terminated; returns false when it was cut. */
bool str_copy(char *dst, size_t size, const char *src);

/* "512 MiB", "4 KiB", "100 bytes": exact, for messages. Returns @buf. */
const char *str_size(uint64_t bytes, char buf[32]);

/*
 * Text made piece by piece in a buffer of the caller's: always terminated, never beyond its end.
 *
 *	char buf[128];
 *	struct text list = text_in(buf);
 *
 *	text_add(&list, "%s%s", list.used ? ", " : "", name);
 */
struct text {
	char *buf;
	size_t size; /* of the buffer, in bytes; at least 1 */
	size_t used; /* without the NUL */
	bool cut;    /* something did not fit */
};

#define text_in(array) text_start(array, sizeof(array))

struct text text_start(char *buf, size_t size);
void text_add(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * @n bytes that somebody else has chosen (a tree's, a process's), harmless on a terminal, in a log
 * and in JSON: what is not printable ASCII, and the backslash, becomes "\\xNN".
 */
void text_add_escaped(struct text *text, const char *bytes, size_t n);

/*
 * Words of @text in columns @indent to 80, then a newline; the cursor stands at column @column.
 * What stands before it gets a line of its own when it leaves no gap.
 */
void wrap_print(FILE *out, int column, int indent, const char *text);

/* @text with control characters as "?": what others have named goes to a terminal. Returns its
 * length. */
int wrap_put(FILE *out, const char *text);

#endif
