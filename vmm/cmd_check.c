// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/check.h"
#include "vmm/commands.h"
#include "vmm/machine.h"

static const struct check {
	const char *option;
	const char *arg;
	const char *help;
	int (*run)(const char *value, struct err *err);
} checks[] = {
	{ "--irq", "DEVICE[,KEY=VALUE]...",
	  "Fire each interrupt of this device of the host, in every mode, through its real\n"
	  "      path to a small guest, without an event of the hardware. Opens the device,\n"
	  "      and so resets it where the kernel can.",
	  check_irq },
};

static void print_help(void)
{
	puts("usage: dais check --OPTION VALUE\n\nTry a part of this host.\n");
	for (size_t i = 0; i < n_elems(checks); i++)
		printf("  %s %s\n      %s\n", checks[i].option, checks[i].arg, checks[i].help);
}

static int run(int argc, char *const *argv, struct err *err)
{
	int ret;

	for (size_t i = 0; argc == 2 && i < n_elems(checks); i++) {
		if (strcmp(argv[0], checks[i].option))
			continue;
		log_set_level(LOG_ERROR);
		ret = machine_block_signals(err);
		return ret ? ret : checks[i].run(argv[1], err);
	}
	err_usage(err, "dais check wants one option and its value");
	err_fix(err, "dais help check lists them");
	return err->code;
}

int cmd_check(int argc, char *const *argv)
{
	struct err err;
	int ret;

	if (argc == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
		print_help();
		return EXIT_STATUS_OK;
	}
	ret = run(argc, argv, &err);
	if (ret >= 0)
		return ret ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
	err_print(&err);
	return err_exit_status(&err);
}
