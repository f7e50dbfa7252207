/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_ARENA_H
#define VMM_BASE_ARENA_H

/*
 * Memory that is freed all at once, for what lives and dies together. Zeroed at first; after a
 * failure it says so until it is freed, so that its user may look once, at the end.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;
	bool failed; /* out of memory, once at least */
};

/* Zeroed and aligned for any type; NULL: out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* @size bytes at @data with a NUL behind them; NULL: out of memory. */
void *arena_copy(struct arena *arena, const void *data, size_t size);
/* As asprintf; NULL: out of memory. */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void arena_free(struct arena *arena);

#endif
