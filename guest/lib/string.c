// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/string.h"

/* Keeps the compiler from turning a loop into a call of the very function it is in. */
#define keep_loop() asm volatile("" ::: "memory")

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		((unsigned char *)to)[i] = (unsigned char)byte;
		keep_loop();
	}
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
		keep_loop();
	}
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if (to <= from)
		return memcpy(to, from, size);
	while (size--) {
		((unsigned char *)to)[size] = ((const unsigned char *)from)[size];
		keep_loop();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a, *q = b;

	for (size_t i = 0; i < size; i++)
		if (p[i] != q[i])
			return p[i] - q[i];
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
		keep_loop();
	}
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}
