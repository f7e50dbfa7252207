// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fdt/guest/graft_parts.h"

struct graft_chunk {
	struct graft_chunk *next;
	max_align_t memory[];
};

void *graft_alloc(struct graft_arena *arena, size_t size)
{
	struct graft_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->memory;
}

char *graft_printf(struct graft_arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = graft_alloc(arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

void graft_arena_free(struct graft_arena *arena)
{
	while (arena->chunks) {
		struct graft_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	arena->failed = false;
}
