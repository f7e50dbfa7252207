// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/registry.h"

#include <stddef.h>
#include <string.h>

#include "devices/classes.h"
#include "vfio/vfio.h"
#include "vmm/cli/options.h"

const struct command commands[] = {
#ifdef CONFIG_RUN
	{ "run", "start a virtual machine", "[--OPTION VALUE]...",
	  HELP("Start a virtual machine. Each option but those marked * may also stand in the "
	       "[vm] section of a file, as \"option = value\", where relative paths are relative "
	       "to the file."),
	  vm_options, cmd_run },
#endif
#ifdef CONFIG_CHECK
	{ "check", "tell what stands between this host and a run",
	  "[-c FILE]... [--json] [DEVICE]...\n"
	  "       dais check --irq DEVICE[,KEY=VALUE]... [OPTION-OF-RUN VALUE]...",
	  HELP("Tell everything that stands between this host and a run of these VMs, all at "
	       "once, each with a remedy: what blocks a run (then the exit status is 3), what "
	       "makes it worse than it could be, and what is fine. Several VMs are meant to run "
	       "at the same time: what two of them want is told, too. Nothing is changed, and no "
	       "device is opened."),
	  check_options, cmd_check },
#endif
#ifdef CONFIG_BIND
	{ "bind", "give devices of the host to VFIO, for guests", "[--force] DEVICE...",
	  HELP("Take devices from their drivers and give them to vfio-platform or vfio-amba, for "
	       "guests. A device is named as in /sys/bus/platform/devices or /sys/bus/amba/devices. "
	       "What was there before is kept in /run/dais, for dais unbind. One that the host "
	       "cannot do without is refused, but for --force. dais run --bind does it for a run."),
	  bind_options, cmd_bind },
	{ "unbind", "give devices back to the host's drivers", "[--force] DEVICE...",
	  HELP("Give devices back to the drivers that they had before dais bind, or, where dais "
	       "does not know, to whichever driver of the host wants them. One that a process has "
	       "open is refused, and one that is not seen to be at rest, but for --force."),
	  unbind_options, cmd_unbind },
#endif
#ifdef CONFIG_PLAN
	{ "list", "show the host's devices, and which of them a guest can have",
	  "[--all] [--json] [DEVICE]...",
	  HELP("List the host's platform and AMBA devices: driver, IOMMU group, whether the "
	       "kernel has a reset handler for it, whether its DMA is coherent, registers, "
	       "interrupts, and whether a guest can have it: ready (bound to VFIO), assignable "
	       "(dais plan tells what the guest gets), needs-answer, no-iommu, or no, and why. "
	       "No device is opened. DEVICE is a part of a device's name, or a pattern with * and ?."),
	  list_options, cmd_list },
	{ "plan", "tell what a guest would get of a device, and why",
	  "[-c FILE | --device TYPE[,KEY=VALUE]... | DEVICE... | --all]\n"
	  "                 [--host-dtb FILE | --live] [--json | --dot]",
	  HELP("Tell what a guest would get of devices of the host, and why: each property of "
	       "the host's node, the guest's node, and whether the device can be passed (else "
	       "the exit status is 3). Nothing is opened or changed. A device is named as in "
	       "/sys/bus/platform/devices, or by its node's name or path."),
	  plan_options, cmd_plan },
#endif
#ifdef CONFIG_REPORT
	{ "report", "write a file about devices of this host, for somebody who does not have it",
	  "[--run] [--output FILE] DEVICE...",
	  HELP("Write one file with what dais list, plan and check say of devices, as text and as "
	       "JSON, and an excerpt of the host's device tree that dais plan --host-dtb can read "
	       "when dtc has compiled it. Host names, serial numbers, MAC and IP addresses, UUIDs, "
	       "/chosen and what stands on the kernel's command line are replaced. Nothing is "
	       "bound, opened or changed, but for --run."),
	  report_options, cmd_report },
#endif
#ifdef CONFIG_COMPLETION
	{ "complete", "tell a shell how a command line may go on", "[WORD]...", NULL, NULL,
	  cmd_complete },
#endif
	{ "version", "print the version", "", NULL, NULL, cmd_version },
	{ "help", "tell what the commands and options are", "[COMMAND]", NULL, help_options,
	  cmd_help },
	{ .name = NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

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
#if defined(CONFIG_VIRTIO_CONSOLE) || !defined(CONFIG_RUN)
	&virtio_console_class,
#endif
#if defined(CONFIG_VIRTIO_BLK) || !defined(CONFIG_RUN)
	&virtio_blk_class,
#endif
#if defined(CONFIG_VIRTIO_NET) || !defined(CONFIG_RUN)
	&virtio_net_class,
#endif
#if defined(CONFIG_VIRTIO_VSOCK) || !defined(CONFIG_RUN)
	&virtio_vsock_class,
#endif
#if defined(CONFIG_VIRTIO_FS) || !defined(CONFIG_RUN)
	&virtio_fs_class,
#endif
#if defined(CONFIG_VHOST_USER) || !defined(CONFIG_RUN)
	&vhost_user_class,
#endif
	&vfio_platform_class,  &vfio_calxeda_xgmac_class, &vfio_amd_xgbe_class, NULL,
};

const struct device_class *device_class_find(const char *name)
{
	for (size_t i = 0; device_classes[i]; i++)
		if (strcmp(device_classes[i]->name, name) == 0)
			return device_classes[i];
	return NULL;
}
