// SPDX-License-Identifier: GPL-2.0-only
/* Help and man page say the same as the tables of options and keys. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"

static char *read_all(FILE *f)
{
	static char text[65536];
	size_t n;

	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void expect_80_columns(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 80u, "%s", line);
}

Test(options_help, help_names_every_option_in_80_columns)
{
	FILE *f = tmpfile();
	char *text, key[64];

	options_print_help(command_find("run"), f);
	text = read_all(f);
	for (const struct option *option = vm_options; option->key; option++) {
		snprintf(key, sizeof(key), "--%s", option->key);
		cr_expect(strstr(text, key), "%s", key);
	}
	expect_80_columns(text);
}

Test(options_help, help_of_each_command_has_80_columns)
{
	for (const struct command *command = commands; command->name; command++) {
		FILE *f = tmpfile();

		options_print_help(command, f);
		expect_80_columns(read_all(f));
	}
}

Test(options_help, device_help_names_every_type_and_key_in_80_columns)
{
	FILE *f = tmpfile();
	char *text;

	options_print_device_help(f);
	text = read_all(f);
	for (size_t i = 0; device_classes[i]; i++) {
		cr_expect(strstr(text, device_classes[i]->name), "%s", device_classes[i]->name);
		for (const struct option *key = device_classes[i]->keys; key && key->key; key++)
			cr_expect(strstr(text, key->key), "%s", key->key);
	}
	expect_80_columns(text);
}

/*
 * Each option and key stands in the page in a line .BI "NAME" "ARGUMENT"; there are no other such
 * lines.
 */
static void expect_in_page(const char *page, const char *name, const char *separator,
			   const char *arg)
{
	char line[160];

	if (arg)
		snprintf(line, sizeof(line), "%s\" \"%s%s\"\n", name, separator, arg);
	else
		snprintf(line, sizeof(line), "%s\"\n", name);
	cr_expect(strstr(page, line), "docs/dais.1 lacks %s", line);
}

Test(options_help, man_page_names_every_option_and_key_and_no_other)
{
	FILE *f = fopen("docs/dais.1", "r");
	unsigned int n_known = 0, n_told = 0;
	char *page, name[64];

	cr_assert_not_null(f, "run the tests from the root of the tree");
	page = read_all(f);
	for (char *from = page, *to = page; (*to = *from); from++)
		to += *from != '\\';
	for (const struct option *option = vm_options; option->key; option++, n_known++) {
		snprintf(name, sizeof(name), "--%s", option->key);
		expect_in_page(page, name, " ", option->arg);
	}
	for (size_t i = 0; device_classes[i]; i++) {
		snprintf(name, sizeof(name), ".SS %s\n", device_classes[i]->name);
		cr_expect(strstr(page, name), "docs/dais.1 lacks %s", name);
		if (i && device_classes[i]->keys == device_classes[i - 1]->keys)
			continue; /* "the keys of …" */
		for (const struct option *key = device_classes[i]->keys; key && key->key; key++) {
			snprintf(name, sizeof(name), "\"%s", key->key);
			expect_in_page(page, name, "=", key->arg);
			n_known++;
		}
	}
	for (const char *p = page; (p = strstr(p, "\n.BI \"")); p++)
		n_told++;
	cr_expect_eq(n_told, n_known, "docs/dais.1 tells of %u, not of %u", n_told, n_known);
}
