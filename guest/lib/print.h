/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_PRINT_H
#define GUEST_LIB_PRINT_H

/* The console: the PL011 that chosen/stdout-path names; without one, output is dropped. */

void print_init(void);

/* %s %c %d %u %x %lu %lx %%, without widths. */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

#endif
