// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	fake_board("juno");
	fake_file("/vm.conf", "[device usb]\ntype = vfio-platform\nhost = 7ffb0000.usb\n"
			      "[device clock]\ntype = pl031\n");
}

TestSuite(complete, .init = setup);

/* The words of @line, the last of which may be empty: "run " has two. */
static void complete(const char *line)
{
	char words[8][128] = { "" };
	size_t n = 0, length;

	for (;; line += length + 1) {
		length = strcspn(line, " ");
		snprintf(words[n++], sizeof(words[0]), "%.*s", (int)length, line);
		if (!line[length])
			break;
	}
	cr_assert_eq(run_command(cmd_complete, words[0], n > 1 ? words[1] : NULL,
				 n > 2 ? words[2] : NULL, n > 3 ? words[3] : NULL, NULL),
		     EXIT_STATUS_OK);
}

/* What stands before the tabulator, with blanks between. */
static void join_texts(char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (char *line = strtok(command_text, "\n"); line; line = strtok(NULL, "\n"))
		n += (size_t)snprintf(text + n, size - n, "%s%.*s", n ? " " : "",
				      (int)strcspn(line, "\t"), line);
}

static const struct {
	const char *line, *texts;
} cases[] = {
	{ "un", "unbind" },
	{ "no-such-command ", "" },
	{ "version ", "" },
	{ "help pl", "plan" },

	/* Options of a VM, before and behind "=" */
	{ "run --irq", "--irqchip" },
	{ "run --irqchip ", "auto gicv2 gicv3" },
	{ "run --irqchip gic", "gicv2 gicv3" },
	{ "run --irqchip=gic", "--irqchip=gicv2 --irqchip=gicv3" },
	{ "run --iommu ", "auto iommufd type1 none" },
	{ "run --irqchip=gicv2 --pau", "--pauth" },
	{ "run --bind y", "yes" },
	{ "run --bind --name", "--name" },
	{ "run --no-ke", "--no-keeper" },
	{ "run --no-such=", "" },
	{ "run --cpus ", "" },
	{ "run -c ", ":files 0" },
	{ "run --kernel=/boot/I", ":files 9" },
	{ "run --mem-path ", ":directories 0" },
	{ "run --stats ", ":files 0 -" },
	{ "run --memory-file fd", ":files 0 fd:" },
	{ "run --console ", "stdio none pty file: fd:" },
	{ "run --console file:/tm", ":files 5" },
	{ "run --console=file:/tm", ":files 15" },
	{ "run --trace mmio,v", "mmio,vfio mmio,vm" },
	{ "run --sandbox-allow-missing limits,na", "limits,namespaces" },
	{ "run --sandbox-allow-missing sec", "" },

	/* Devices of a file */
	{ "run --config=/vm.conf --use ", "usb clock" },
	{ "run --config=/vm.conf --use=clock,u", "--use=clock,usb" },
	{ "run --config=/no.conf --use ", "" },
	{ "run --use ", "" },

	/* Devices and their keys */
	{ "run --device pl", "pl011, pl031, pl061," },
	{ "run --device vfio-platform,m",
	  "vfio-platform,mmap= vfio-platform,mmap-timeout= vfio-platform,mac=" },
	{ "run --device vfio-platform,cl", "vfio-platform,clock. vfio-platform,clocks=" },
	{ "run --device=vfio-platform,host=7ffb", "--device=vfio-platform,host=7ffb0000.usb" },
	{ "run --device vfio-platform,host=x,irq-mode.1=e",
	  "vfio-platform,host=x,irq-mode.1=eventfd" },
	{ "run --device vfio-platform,reset=",
	  "vfio-platform,reset=require vfio-platform,reset=best-effort "
	  "vfio-platform,reset=none" },
	{ "run --device vfio-platform,overlay=d", ":files 22" },
	{ "run --device pl011,i", "pl011,id=" },
	{ "run --device no-such,", "" },

	/* Other commands */
	{ "list 7ff", "7ffb0000.usb 7ffc0000.usb 7ff00000.dma-controller" },
	{ "list --", "--all --json --help" },
	{ "bind --force 7ffb", "7ffb0000.usb" },
	{ "unbind -", "--force --help" },
	{ "plan --host-dtb ", ":files 0" },
	{ "plan --device vfio-am", "vfio-amd-xgbe," },
	{ "check -c ", ":files 0" },
	{ "check --irq 7ffb", "7ffb0000.usb" },
};

Test(complete, offers_what_may_stand_there)
{
	for (size_t i = 0; i < n_elems(cases); i++) {
		char texts[1024];

		complete(cases[i].line);
		join_texts(texts, sizeof(texts));
		cr_expect_str_eq(texts, cases[i].texts, "%s: %s", cases[i].line, texts);
	}
}

/* @text stands at the begin of a line, with nothing or help behind it. */
static void expect_offered(const char *text)
{
	for (const char *at = command_text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, text, strlen(text)) && strchr("\t\n", at[strlen(text)]))
			return;
	cr_expect_fail("%s is not offered", text);
}

Test(complete, offers_every_command_option_type_and_key)
{
	char text[160];

	complete("");
	for (const struct command *command = commands; command->name; command++)
		expect_offered(command->name);
	complete("run ");
	for (const struct option *option = vm_options; option->key; option++) {
		snprintf(text, sizeof(text), "--%s", option->key);
		expect_offered(text);
	}
	complete("run --no-");
	for (const struct option *option = vm_options; option->key; option++) {
		snprintf(text, sizeof(text), "--no-%s", option->key);
		if (option->set == option_set_bool)
			expect_offered(text);
	}
	for (size_t i = 0; device_classes[i]; i++) {
		const struct device_class *class = device_classes[i];

		snprintf(text, sizeof(text), "run --device %s,", class->name);
		complete(text);
		for (const struct option *key = class->keys; key->key; key++) {
			int length = (int)strcspn(key->key, ".[");

			snprintf(text, sizeof(text), "%s,%.*s%c", class->name, length, key->key,
				 key->key[length] == '.' ? '.' : '=');
			expect_offered(text);
		}
	}
}

/* Of docs/dais.1, what stands behind this command in the synopsis, without backslashes. */
static void read_synopsis(const char *command, char *text, size_t size)
{
	FILE *f = fopen("docs/dais.1", "r");
	char line[1024], start[64];
	bool inside = false;
	size_t n = 0;

	cr_assert(f);
	snprintf(start, sizeof(start), ".B dais %s\n", command);
	while (fgets(line, sizeof(line), f) && strcmp(line, ".SH DESCRIPTION\n")) {
		if (!strncmp(line, ".B dais ", 8))
			inside = !strcmp(line, start);
		for (const char *c = line; inside && *c && n < size - 1; c++)
			if (*c != '\\')
				text[n++] = *c;
	}
	text[n] = '\0';
	fclose(f);
}

/* A usage has the options that the help tells, the page tells them, and the command knows them. The
 * value is a file, and a type of devices. */
Test(complete, usages_agree_with_the_commands)
{
	fake_file("pl031", "[vm]\nname = x\n");
	for (const struct command *command = commands; command->name; command++) {
		char help[4096], page[1024], option[32], offered[128];

		if (command->options == vm_options || !strchr(command->usage, '-'))
			continue;
		cr_expect_eq(run_command(command->main, "--help", NULL), EXIT_STATUS_OK);
		str_copy(help, sizeof(help), command_text);
		snprintf(offered, sizeof(offered), "%s -", command->name);
		complete(offered);
		for (const char *at = help; (at = strstr(at, "\n  -")); at += 2)
			if (sscanf(at, " -%*[a-z], %31[a-z-]", option) ||
			    sscanf(at, " %31[a-z-]", option))
				expect_offered(option);
		join_texts(help, sizeof(help));
		read_synopsis(command->name, page, sizeof(page));
		for (char *word = strtok(help, " "); word; word = strtok(NULL, " ")) {
			const char *in_page = strcmp(word, "--config") ? word : "-c";

			cr_expect(!strcmp(word, "--help") || strstr(page, in_page),
				  "docs/dais.1 lacks %s %s", command->name, word);
			cr_expect_eq(run_command(command->main, word, "pl031", "--help", NULL),
				     EXIT_STATUS_OK, "%s %s: %s", command->name, word,
				     command_text);
		}
	}
}

/* "-c F", "--config F" and "--config=F" mean the same to each command that takes a file. */
Test(complete, every_command_takes_a_file_in_each_form)
{
	static command_main *const mains[] = { cmd_run, cmd_check, cmd_plan };

	fake_file("/bad.conf", "[vm]\ncpsu = 2\n");
	for (size_t i = 0; i < n_elems(mains); i++) {
		int status = run_command(mains[i], "-c", "/bad.conf", NULL);

		cr_expect_neq(status, EXIT_STATUS_OK);
		cr_expect_eq(run_command(mains[i], "--config", "/bad.conf", NULL), status);
		cr_expect_eq(run_command(mains[i], "--config=/bad.conf", NULL), status);
		if (mains[i] == cmd_check)
			cr_expect(strstr(command_text, "/bad.conf:2"), "%s", command_text);
		cr_expect_eq(run_command(mains[i], "--confg=/bad.conf", NULL), EXIT_STATUS_USAGE);
	}
	cr_expect_eq(run_command(cmd_plan, "-c", "/vm.conf", "--config=/vm.conf", NULL),
		     EXIT_STATUS_USAGE);
	cr_expect_eq(run_command(cmd_plan, "--device", "help", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "irq-mode"), "%s", command_text);
	cr_expect_eq(run_command(cmd_help, "help", NULL), EXIT_STATUS_OK);
	cr_expect_eq(run_command(cmd_bind, "--json", "7ffb0000.usb", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(run_command(cmd_list, "--all=yes", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(run_command(cmd_check, "--irq", "7ffb0000.usb", "--help", NULL),
		     EXIT_STATUS_OK);
}

Test(complete, help_is_one_sentence)
{
	complete("run --keep");
	cr_expect_str_eq(
		command_text,
		"--keeper\tWhether a process of its own waits for the end of the VM, however "
		"it comes, and then brings devices and terminal back\n");
}
