// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/range.h"

/* The first chunk is small, for those that need little; the next ones double up to the last. */
#define FIRST_SIZE ((size_t)4 << 10)
#define LAST_SIZE  ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t memory[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t wanted)
{
	size_t size = arena->chunks ? 2 * arena->chunks->size : FIRST_SIZE;
	struct arena_chunk *chunk;

	if (size > LAST_SIZE)
		size = LAST_SIZE;
	if (size < wanted)
		size = wanted;
	chunk = wanted < SIZE_MAX / 2 ? calloc(1, sizeof(*chunk) + size) : NULL;
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	chunk->size = size;
	chunk->next = arena->chunks;
	return arena->chunks = chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t align = _Alignof(max_align_t);
	size_t wanted = size < SIZE_MAX - align ? round_up_to(size, align) : size;

	if (!chunk || chunk->size - chunk->used < wanted)
		chunk = add_chunk(arena, wanted);
	if (!chunk)
		return NULL;
	chunk->used += wanted;
	return (char *)chunk->memory + chunk->used - wanted;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	text = arena_alloc(arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
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
