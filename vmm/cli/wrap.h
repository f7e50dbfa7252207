/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_WRAP_H
#define VMM_CLI_WRAP_H

#include <stdio.h>

/*
 * Words of @text in columns @indent to 80, then a newline; the cursor stands at column @column.
 * What stands before it gets a line of its own when it leaves no gap.
 */
void wrap_print(FILE *out, int column, int indent, const char *text);

/* @text with control characters as "?": what others have named goes to a terminal. Returns its
 * length. */
int wrap_put(FILE *out, const char *text);

#endif
