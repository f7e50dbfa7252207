// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/wrap.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define WIDTH 80

static int put(FILE *out, const char *text, int n)
{
	for (int i = 0; i < n; i++)
		fputc(iscntrl((unsigned char)text[i]) ? '?' : text[i], out);
	return n;
}

int wrap_put(FILE *out, const char *text)
{
	return put(out, text, (int)strlen(text));
}

void wrap_print(FILE *out, int column, int indent, const char *text)
{
	bool first = true;

	if (column > indent - 2) {
		fputc('\n', out);
		column = 0;
	}
	while (*text) {
		int n = (int)strcspn(text, " ");

		if (first) {
			column += fprintf(out, "%*s", indent - column, "");
		} else if (column + 1 + n > WIDTH) {
			column = fprintf(out, "\n%*s", indent, "") - 1;
		} else {
			column += fprintf(out, " ");
		}
		column += put(out, text, n);
		text += n + (text[n] == ' ');
		first = false;
	}
	fputc('\n', out);
}
