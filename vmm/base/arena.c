// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t memory[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = NULL;

	if (size <= SIZE_MAX - sizeof(*chunk))
		chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->memory;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena_alloc(arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	arena->failed = false;
}
