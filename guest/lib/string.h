/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_STRING_H
#define GUEST_LIB_STRING_H

/* What the compiler may call by itself, and what guests need of <string.h>. */
#include <stddef.h>

void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

#endif
