// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "devices/device.h"
#include "vmm/base/str.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"

#define INDENT 26

void options_print_help(const struct command *command, FILE *out)
{
	fprintf(out, "usage: dais %s %s\n", command->name, command->usage);
	if (command->about)
		wrap_print(out, 0, 0, command->about);
	putc('\n', out);
	for (const struct option *option = command->options; option && option->key; option++) {
		int column;

		if (!option->key[0])
			continue;
		column = fprintf(out, "%c ", option->command_line_only && option->set ? '*' : ' ');
		if (option->letter)
			column += fprintf(out, "-%c, ", option->letter);
		column += fprintf(out, "--%s", option->key);
		if (option->arg)
			column += fprintf(out, " %s", option->arg);
		wrap_print(out, column, INDENT, option->help ?: "");
	}
}

bool options_help(const char *name, enum options_wish wish)
{
	if (wish == OPTIONS_HELP)
		options_print_help(command_find(name), stdout);
	else if (wish == OPTIONS_DEVICE_HELP)
		options_print_device_help(stdout);
	return wish == OPTIONS_HELP || wish == OPTIONS_DEVICE_HELP;
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

		wrap_print(out, fprintf(out, "%s", class->name), INDENT, class->help);
		if (i && class->keys == device_classes[i - 1]->keys) {
			fprintf(out, "  the keys of %s\n", device_classes[i - 1]->name);
			continue;
		}
		for (const struct option *key = class->keys; key && key->key; key++)
			wrap_print(out, fprintf(out, "  %s=%s", key->key, key->arg), INDENT,
				   key->help ?: "");
	}
}
