// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/options.h"

#include <string.h>

#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"
#include "vmm/core/ram/ram.h"

OPTION_SETTER(option_set_config)
{
	return config_load(target, value->text, err);
}

/* enum arch_switch, of yes or no: ARCH_AUTO if it is not given. */
static OPTION_SETTER(set_switch)
{
	enum arch_switch *field = (enum arch_switch *)((char *)target + option->field);
	bool on;

	if (str_to_bool(value->text, &on))
		return option_unknown(option, err);
	*field = on ? ARCH_ON : ARCH_OFF;
	return 0;
}

/* Bits, of choices with commas between. */
static OPTION_SETTER(set_bits)
{
	unsigned int bits = 0;

	for (const char *at = value->text; at;) {
		size_t n = strcspn(at, ",");
		int choice = option_choice(option, at, n);

		if (choice < 0) {
			option_unknown(option, err);
			snprintf(err->what, sizeof(err->what), "unknown %s '%.*s'", option->key,
				 (int)n, at);
			return err->code;
		}
		bits |= 1u << choice;
		at = at[n] ? at + n + 1 : NULL;
	}
	*(unsigned int *)((char *)target + option->field) = bits;
	return 0;
}

static OPTION_SETTER(set_memory)
{
	struct vm_config *config = target;
	char least[32], most[32], step[32];
	uint64_t bytes;
	int ret = str_to_size(value->text, &bytes);

	str_size(RAM_ALIGN, step);
	if (ret == -EINVAL)
		err_usage(err, "not a size");
	else if (ret || bytes > VM_MAX_MEMORY)
		err_usage(err, "too much memory");
	else if (bytes < RAM_MIN_SIZE)
		err_usage(err, "too little memory");
	else if (!is_aligned(bytes, RAM_ALIGN))
		err_usage(err, "not a multiple of %s", step);
	else {
		config->memory = bytes;
		return 0;
	}
	return err_fix(err,
		       "give %s to %s in steps of %s, as 512M or 4G; a bare number is in bytes",
		       str_size(RAM_MIN_SIZE, least), str_size(VM_MAX_MEMORY, most), step);
}

static OPTION_SETTER(set_memory_base)
{
	struct vm_config *config = target;
	char step[32];
	int ret = str_to_size(value->text, &config->memory_base);

	if (ret || !is_aligned(config->memory_base, RAM_ALIGN)) {
		ret = err_usage(err, ret ? "not an address" : "not a multiple of %s",
				str_size(RAM_ALIGN, step));
		err_fix(err, "give an address such as 0x80000000, or 2G");
	}
	return ret;
}

static OPTION_SETTER(set_memory_file)
{
	static const char key[] = ",offset=";
	struct vm_config *config = target;
	const char *comma = strstr(value->text, key);
	size_t length = comma ? (size_t)(comma - value->text) : strlen(value->text);
	const char *file = arena_printf(&config->arena, "%.*s", (int)length, value->text);

	config->memory_offset = 0;
	if (comma && str_to_size(comma + strlen(key), &config->memory_offset)) {
		err_usage(err, "the offset is not a size");
		return err_fix(err, "give FILE,offset=N with N as 0x80000000 or 2G");
	}
	config->memory_file = file ? option_path(value, file) : NULL;
	return 0;
}

static OPTION_SETTER(set_stats)
{
	struct option_value given = *value;

	if (strcmp(value->text, "-") == 0)
		given.dir = NULL;
	return option_set_path(target, option, &given, err);
}

/* COMMAND_LINE_SIZE is 2048 in arch/arm64/include/uapi/asm/setup.h of Linux 6.12. */
#define MAX_APPEND 65536

static OPTION_SETTER(set_append)
{
	struct vm_config *config = target;
	const char *before = value->where ? config->append : NULL;

	if (before && strlen(before) > MAX_APPEND) {
		err_usage(err, "the command line is longer than %d characters", MAX_APPEND);
		return err_fix(err, "Linux takes 2048 of them on arm64, 1024 on 32-bit Arm");
	}
	config->append = arena_printf(&config->arena, "%s%s%s", before ?: "", before ? " " : "",
				      value->text);
	return 0;
}

static OPTION_SETTER(set_console)
{
	static const char file[] = "file:";
	struct vm_config *config = target;

	if (strncmp(value->text, file, strlen(file)) == 0 && value->text[strlen(file)]) {
		const char *path = option_path(value, value->text + strlen(file));

		config->console = path ? arena_printf(&config->arena, "%s%s", file, path) : NULL;
		return 0;
	}
	if (passed_fd_which(value->text) ||
	    option_choice(option, value->text, strlen(value->text)) >= 0)
		return option_set_text(target, option, value, err);
	return option_unknown(option, err);
}

/* Only kept: it is read when the number of vCPUs is known. */
static OPTION_SETTER(set_affinity)
{
	struct vm_config *config = target;

	config->affinity_where =
		value->where ? arena_printf(&config->arena, "%s: %s = %s", value->where,
					    option->key, value->text)
			     : arena_printf(&config->arena, "--%s %s", option->key, value->text);
	return option_set_text(target, option, value, err);
}

OPTION_SETTER(option_set_device)
{
	return config_add_device(target, value->text, "--device", err);
}

#define VM_OPTION(...) OPTION(struct vm_config, __VA_ARGS__)

const struct option vm_options[] = {
	VM_OPTION(
		"config", "FILE", option_set_config, devices,
		"Read the VM from this file. What the command line says, before or behind it, overrides the "
		"file; its devices are added to the file's.",
		.letter = 'c', .command_line_only = true, .first = true),
	VM_OPTION(
		"name", "TEXT", option_set_text, name,
		"What others who want its devices are told of this VM. Default: the file's name, or the kernel's."),
	VM_OPTION(
		"kernel", "FILE", option_set_path, kernel,
		"The guest's kernel: an arm64 Image, plain or compressed by gzip, or a 32-bit kernel's zImage."),
	VM_OPTION("initrd", "FILE", option_set_path, initrd, "The initial RAM disk."),
	VM_OPTION(
		"append", "TEXT", set_append, append,
		"The kernel's command line. In a file it may be given several times: the texts are joined.",
		.joins = true),
	VM_OPTION("cpus", "N", option_set_number, n_vcpus, "The number of vCPUs. Default: 1.",
		  .min = 1, .max = VM_MAX_VCPUS),
	VM_OPTION("memory", "SIZE", set_memory, memory,
		  "The guest's RAM, as 512M or 4G; at least 16M, in steps of 2M. Default: 256M."),
	VM_OPTION(
		"memory-base", "ADDR", set_memory_base, memory_base,
		"Where the RAM begins in the guest, in one piece; a multiple of 2M, or of its pages where they are "
		"larger. Default: 0x40000000, around what the host's IOMMU reserves."),
	VM_OPTION("mem-path", "DIR", option_set_path, mem_path,
		  "Take the RAM from this hugetlbfs directory, whatever the size of its pages."),
	VM_OPTION(
		"memory-file", "FILE|fd:WHICH[,offset=N]", set_memory_file, memory_file,
		"The RAM is this file, from offset on: one of a tmpfs or hugetlbfs, or a device of memory such as "
		"/dev/mem; or a descriptor (see --fd). Its content is lost."),
	VM_OPTION(
		"prealloc", "yes|no", option_set_bool, prealloc,
		"Take all pages of the RAM from the host before the guest starts, so that it never waits for one. "
		"With assigned devices that is done in any case. Default: no."),
	VM_OPTION(
		"irqchip", "auto|gicv2|gicv3", option_set_choice, irqchip,
		"The interrupt controller. Default: auto, a GICv3 where the host has one, else a GICv2."),
	VM_OPTION(
		"iommu", "auto|iommufd|type1|none", option_set_choice, iommu,
		"How assigned devices reach the RAM: through the kernel's iommufd, through VFIO's type1 containers, "
		"or without an IOMMU. Default: auto, the first of iommufd and type1 that the host has."),
	VM_OPTION(
		"allow-unsafe-dma", "yes|no", option_set_bool, allow_unsafe_dma,
		"Consent to iommu=none: the guest, through a device, can read and write all memory of the host. "
		"Default: no."),
	VM_OPTION(
		"allow-unsafe-reset", "yes|no", option_set_bool, allow_unsafe_reset,
		"With iommu=none, take devices for which the host's kernel has no reset handler, too: they may go "
		"on writing to the guest's memory after its end, which is kept until their own driver has them "
		"again. Default: no."),
	VM_OPTION(
		"allow-movable-memory", "yes|no", option_set_bool, allow_movable_memory,
		"With iommu=none, run even if the guest's memory cannot be held at its physical address. "
		"Default: no."),
	VM_OPTION(
		"fd", "WHICH[,WHICH]...", option_set_text, fds,
		"Take /dev/kvm, /dev/iommu and files of /dev/vfio from these descriptors, and open none of them. WHICH "
		"is a number, or a name of LISTEN_FDNAMES, as systemd passes it."),
	VM_OPTION(
		"device", "TYPE[,KEY=VALUE]...", option_set_device, devices,
		"Add a device; may be given several times. A comma in a value is doubled; id=NAME names the "
		"device. \"--device help\" lists types and keys.",
		.command_line_only = true),
	VM_OPTION(
		"use", "NAME[,NAME]...", option_set_text, use,
		"Of the file's devices, take only these, named as in their sections. Default: all."),
	VM_OPTION("force-board", "yes|no", option_set_bool, force_board,
		  "Run although the file's [host] section names another board. Default: no.",
		  .command_line_only = true),
	VM_OPTION(
		"bind", "yes|no", option_set_bool, bind,
		"Take assigned devices from their drivers for this run, as dais bind does, and give them back "
		"at its end. Default: no."),
	VM_OPTION(
		"default-devices", "yes|no", option_set_bool, default_devices,
		"Whether the guest has a pl011 (unless console is none), a pl031 and a pl061 without asking "
		"for them. Default: yes."),
	VM_OPTION(
		"console", "stdio|none|pty|file:FILE|fd:WHICH", set_console, console,
		"Where the pl011 leads; fd: a terminal, socket, pipe or file that was passed (see --fd). On stdio, "
		"Ctrl-a x stops the guest and Ctrl-a h helps. Default: stdio."),
	VM_OPTION(
		"cpu-affinity", "LIST", set_affinity, affinity_text,
		"Host CPUs that vCPUs may run on: one list for all (0-3,6), or lists with vCPUs before them "
		"(0:0-1,1:4,6 gives CPUs 4 and 6 to vCPU 1; 0-1:0-3,2-3:4-5). Default: any."),
	VM_OPTION("rt-priority", "N", option_set_number, rt_priority,
		  "Run vCPUs under SCHED_FIFO with this priority. Default: 0, not.", .min = 0,
		  .max = 99),
	VM_OPTION("pmu", "auto|on|off", option_set_choice, pmu,
		  "Performance counters for the guest. Default: auto, where the host can."),
	VM_OPTION("sve", "auto|on|off", option_set_choice, sve,
		  "The Scalable Vector Extension. Default: auto, where the host can."),
	VM_OPTION("pauth", "auto|on|off", option_set_choice, pauth,
		  "Pointer authentication. Default: auto, where the host can."),
	VM_OPTION(
		"aarch32", "yes|no", set_switch, aarch32,
		"Whether the guest is a 32-bit one, on a host whose processor has AArch32 at EL1. Default: yes for "
		"a zImage, no for an arm64 Image; another kernel than that is refused."),
	VM_OPTION(
		"stop-timeout", "SECONDS", option_set_number, stop_timeout,
		"How long a guest that was asked to power off may take before it is stopped. Default: 30. "
		"0: it is not asked.",
		.min = 0, .max = 86400),
	VM_OPTION(
		"keeper", "yes|no", option_set_bool, keeper,
		"Whether a process of its own waits for the end of the VM, however it comes, and then brings "
		"devices and terminal back. Default: yes. no is for debuggers."),
	VM_OPTION(
		"sandbox", "on|off|show|debug", option_set_choice, sandbox.mode,
		"Whether dais gives up all that a running guest does not need of it. show: print what "
		"each part keeps, and why; debug: name a system call that is not allowed before the end. "
		"Default: on."),
	VM_OPTION(
		"sandbox-allow-missing", "LAYER[,LAYER]...", option_set_may_miss, sandbox.may_miss,
		"Run even if the host does not have these layers of the sandbox; \"--sandbox show\" lists "
		"them."),
	VM_OPTION(
		"user", "USER[:GROUP]", option_set_user, sandbox.uid,
		"Whom dais becomes when root starts it: names or numbers. Default: 65534, nobody."),
	VM_OPTION("dump-dtb", "FILE", option_set_path, dump_dtb,
		  "Build the machine, write the guest's device tree to this file, and end. "
		  "Processes that serve virtio devices are left alone."),
	VM_OPTION(
		"stats", "FILE|-", set_stats, stats,
		"At the end, write to this file (-: to the standard output), as JSON, what the guest did: "
		"exits of each vCPU, and the mode and the counts of each assigned interrupt."),
	VM_OPTION("trace", "mmio|irq|vfio|vm[,...]", set_bits, traces,
		  "Show on stderr what happens; mmio is every trapped access."),
	VM_OPTION("log-level", "error|warn|info|debug", option_set_choice, log_level,
		  "What to tell on stderr. Default: info."),
	OPTIONS_HELP_ROW,
	{ .key = NULL },
};

bool option_is_switch(const struct option *option)
{
	return option->set == option_set_bool || option->set == set_switch;
}
