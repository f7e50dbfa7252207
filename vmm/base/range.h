/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_RANGE_H
#define VMM_BASE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of addresses [start, start + size) in bytes. Valid when size > 0 and the end does not wrap
 * past 2^64. */
struct range {
	uint64_t start;
	uint64_t size;
};

static inline bool range_valid(struct range r)
{
	return r.size > 0 && r.start + (r.size - 1) >= r.start;
}

/* Address of the last byte; only for a valid range. */
static inline uint64_t range_last(struct range r)
{
	return r.start + (r.size - 1);
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.size && b.size && a.start <= range_last(b) && b.start <= range_last(a);
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return range_valid(inner) && outer.size && inner.start >= outer.start &&
	       range_last(inner) <= range_last(outer);
}

/* @align is a power of two. Rounding up may wrap to 0: check the result where the value is not
 * ours. */
static inline uint64_t round_up_to(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

static inline uint64_t round_down_to(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

static inline bool is_aligned(uint64_t v, uint64_t align)
{
	return (v & (align - 1)) == 0;
}

static inline bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* Smallest power of two >= v, for 1 <= v <= 2^63. */
static inline uint64_t round_up_power_of_two(uint64_t v)
{
	return v <= 1 ? 1 : 1ULL << (64 - __builtin_clzll(v - 1));
}

#define n_elems(a) (sizeof(a) / sizeof((a)[0]))

/* The struct that embeds @ptr as its member @member. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
