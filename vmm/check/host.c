// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"
#include "vmm/config/board.h"

/* What the [host] sections of VM files ask for. */

static void check_version(struct check *check, const struct check_vm *vm)
{
	const struct config_host *host = &vm->config.host;
	unsigned int major, minor, is;
	char release[96];

	if (!host->kernel ||
	    file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease") ||
	    sscanf(release, "%u.%u", &major, &minor) != 2)
		return;
	is = HOST_KERNEL(major, minor);
	if (is >= host->kernel_min && (!host->kernel_max || is <= host->kernel_max))
		return;
	check_say(check, CHECK_BLOCKS, "%s: it wants kernel %s%s, and this is %s", vm->name,
		  host->kernel, host->kernel_max ? "" : " or newer", release);
	check_fix(check, "boot such a kernel");
}

/* Call @f with each word of @list. */
static void for_each_word(struct check *check, const struct check_vm *vm, const char *list,
			  void (*f)(struct check *check, const struct check_vm *vm,
				    const char *word))
{
	owned_ptr char *words = str_dup(list ?: "");
	char *rest = words, *word;

	if (!words)
		check->out_of_memory = true;
	while ((word = strsep(&rest, " ")))
		if (*word)
			f(check, vm, word);
}

static void check_module(struct check *check, const struct check_vm *vm, const char *module)
{
	if (file_exists("/sys/module/%s", module))
		return;
	/* What is built in, and has no parameters, is not to be seen either. */
	check_say(check, CHECK_WARNS, "%s: the module %s is not loaded, or is a part of the kernel",
		  vm->name, module);
	check_fix(check, "sudo modprobe %s", module);
}

static void check_option(struct check *check, const struct check_vm *vm, const char *symbol)
{
	if (!check->options || check_has_option(check->options, symbol))
		return;
	check_say(check, CHECK_BLOCKS, "%s: the kernel has no CONFIG_%s", vm->name, symbol);
	check_fix(check, CHECK_FIX_OPTION, symbol);
}

void check_host(struct check *check)
{
	check_each_vm (check, vm) {
		struct err err;

		if (board_check(&vm->config, &err))
			check_say_err(check, CHECK_BLOCKS, NULL, &err);
		check_version(check, vm);
		for_each_word(check, vm, vm->config.host.modules, check_module);
		for_each_word(check, vm, vm->config.host.options, check_option);
	}
}
