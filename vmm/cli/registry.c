// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/registry.h"

#include <stddef.h>
#include <string.h>

#include "devices/classes.h"
#include "vfio/vfio.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/commands.h"
#include "vmm/cli/options.h"

const struct command commands[] = {
#ifdef CONFIG_RUN
	{ "run", "start a virtual machine", "[--OPTION VALUE]...", vm_options, cmd_run },
#endif
#ifdef CONFIG_CHECK
	{ "check", "tell what stands between this host and a run",
	  "[-c FILE]... [--json] [DEVICE]...\n"
	  "--irq DEVICE[,KEY=VALUE]... [OPTION-OF-RUN VALUE]...",
	  NULL, cmd_check },
#endif
#ifdef CONFIG_VFIO_PLATFORM
	{ "bind", "give devices of the host to VFIO, for guests", "[--force] DEVICE...", NULL,
	  cmd_bind },
	{ "unbind", "give devices back to the host's drivers", "DEVICE...", NULL, cmd_unbind },
#endif
#ifdef CONFIG_PLAN
	{ "list", "show the host's devices, and which of them a guest can have",
	  "[--all] [--json] [DEVICE]...", NULL, cmd_list },
	{ "plan", "tell what a guest would get of a device, and why",
	  "[-c FILE | --device TYPE[,KEY=VALUE]... | DEVICE... | --all]\n"
	  " [--host-dtb FILE | --live] [--json | --dot]",
	  NULL, cmd_plan },
#endif
#ifdef CONFIG_COMPLETION
	{ "complete", "tell a shell how a command line may go on", "[WORD]...", NULL,
	  cmd_complete },
#endif
	{ "version", "print the version", "", NULL, cmd_version },
	{ "help", "tell what the commands and options are", "[COMMAND]", NULL, cmd_help },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* Without CONFIG_RUN there is no choice of devices: configurations are only read. */
const struct device_class *const device_classes[] = {
#if defined(CONFIG_PL011) || !defined(CONFIG_RUN)
	&pl011_class,
#endif
#if defined(CONFIG_PL031) || !defined(CONFIG_RUN)
	&pl031_class,
#endif
#if defined(CONFIG_PL061) || !defined(CONFIG_RUN)
	&pl061_class,
#endif
#if defined(CONFIG_TEST_DEVICE) || !defined(CONFIG_RUN)
	&test_device_class,
#endif
#if defined(CONFIG_VFIO_PLATFORM) || !defined(CONFIG_RUN)
	&vfio_platform_class,
	&vfio_calxeda_xgmac_class,
	&vfio_amd_xgbe_class,
#endif
	NULL,
};

const struct device_class *device_class_find(const char *name)
{
	for (size_t i = 0; device_classes[i]; i++) {
		if (strcmp(device_classes[i]->name, name) == 0)
			return device_classes[i];
	}
	return NULL;
}

const char *device_class_nearest(const char *wrong)
{
	const char *names[n_elems(device_classes)];
	size_t n = 0;

	for (; device_classes[n]; n++)
		names[n] = device_classes[n]->name;
	names[n] = NULL;
	return str_nearest(wrong, names);
}
