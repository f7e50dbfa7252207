// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "devices/device.h"
#include "vmm/options.h"
#include "vmm/registry.h"

#define WIDTH  80
#define INDENT 26

/* Words of @text in columns INDENT to WIDTH; the cursor stands at column @column. */
static void print_wrapped(FILE *out, int column, const char *text)
{
	bool first = true;

	if (column > INDENT - 2) {
		fputc('\n', out);
		column = 0;
	}
	while (*text) {
		int n = (int)strcspn(text, " ");

		if (first) {
			column += fprintf(out, "%*s", INDENT - column, "");
		} else if (column + 1 + n > WIDTH) {
			column = fprintf(out, "\n%*s", INDENT, "") - 1;
		} else {
			column += fprintf(out, " ");
		}
		column += fprintf(out, "%.*s", n, text);
		text += n + (text[n] == ' ');
		first = false;
	}
	fputc('\n', out);
}

void options_print_help(FILE *out)
{
	fputs("usage: dais run [--OPTION VALUE]...\n\n"
	      "Start a virtual machine. Each option but those marked * may also stand in the\n"
	      "[vm] section of a file, as \"option = value\", where relative paths are relative\n"
	      "to the file.\n\n",
	      out);
	for (const struct vm_option *option = vm_options; option->key; option++) {
		int column = fprintf(out, "%c ", option->command_line_only ? '*' : ' ');

		if (option->letter)
			column += fprintf(out, "-%c, ", option->letter);
		column += fprintf(out, "--%s", option->key);
		if (option->arg)
			column += fprintf(out, " %s", option->arg);
		print_wrapped(out, column, option->help);
	}
}

void options_print_device_help(FILE *out)
{
	fputs("Types of devices, for --device TYPE,KEY=VALUE... or, in a file:\n\n"
	      "  [device NAME]\n"
	      "  type = TYPE\n"
	      "  KEY = VALUE\n\n"
	      "KEY[.N] is KEY for all regions or interrupts of a device, KEY.0 for the first.\n\n",
	      out);
	for (size_t i = 0; device_classes[i]; i++) {
		const struct device_class *class = device_classes[i];

		print_wrapped(out, fprintf(out, "%s", class->name), class->help);
		for (const struct device_key *key = class->keys; key && key->key; key++)
			print_wrapped(out,
				      fprintf(out, "  %s%s=%s", key->key,
					      key->indexed ? "[.N]" : "", key->arg),
				      key->help);
	}
	if (!device_classes[0])
		fputs("none: this dais was built without devices\n", out);
}
