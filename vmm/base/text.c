// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

struct text text_start(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

void text_add(struct text *text, const char *fmt, ...)
{
	size_t room = text->size - text->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->buf + text->used, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	text->cut |= (size_t)n >= room;
	text->used += (size_t)n < room ? (size_t)n : room - 1;
}

void text_add_escaped(struct text *text, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !text->cut; i++) {
		unsigned char c = (unsigned char)bytes[i];

		text_add(text, isprint(c) && c != '\\' ? "%c" : "\\x%02x", c);
	}
}
