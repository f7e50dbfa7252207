/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_TEXT_H
#define VMM_BASE_TEXT_H

/*
 * Text made piece by piece in a buffer of the caller's: always terminated, never beyond its end.
 *
 *	char buf[128];
 *	struct text list = text_in(buf);
 *
 *	text_add(&list, "%s%s", list.used ? ", " : "", name);
 */
#include <stdbool.h>
#include <stddef.h>

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

#endif
