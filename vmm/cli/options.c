// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/options.h"

#include <string.h>

#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/option_values.h"
#include "vmm/config/config.h"

/* In the order of the enums that they stand for. */
static const char *const switch_names[] = { "auto", "on", "off", NULL };
static const char *const irqchip_names[] = { "auto", "gicv2", "gicv3", NULL };
static const char *const iommu_names[] = { "auto", "iommufd", "type1", "none", NULL };
static const char *const log_level_names[] = { "error", "warn", "info", "debug", NULL };
static const char *const trace_names[] = { "mmio", "irq", "vfio", "vm", NULL };
static const char *const sandbox_names[] = { "on", "off", "show", "debug", NULL };
static const char *const console_names[] = { "stdio", "none", "pty", NULL };

#define FIELD(member) offsetof(struct vm_config, member)

const struct vm_option vm_options[] = {
	{ .key = "config",
	  .letter = 'c',
	  .arg = "FILE",
	  .command_line_only = true,
	  .help = "Read the VM from this file. What the command line says, before or behind it, overrides the "
		  "file; its devices are added to the file's." },
	{ .key = "name",
	  .arg = "TEXT",
	  .set = option_set_text,
	  .field = FIELD(name),
	  .help = "What others who want its devices are told of this VM. Default: the file's name, or the kernel's." },
	{ .key = "kernel",
	  .arg = "FILE",
	  .set = option_set_path,
	  .field = FIELD(kernel),
	  .help = "The guest's kernel: an arm64 Image, plain or compressed by gzip, or a 32-bit kernel's zImage." },
	{ .key = "initrd",
	  .arg = "FILE",
	  .set = option_set_path,
	  .field = FIELD(initrd),
	  .help = "The initial RAM disk." },
	{ .key = "append",
	  .arg = "TEXT",
	  .set = option_set_append,
	  .joins = true,
	  .help = "The kernel's command line. In a file it may be given several times: the texts are joined." },
	{ .key = "cpus",
	  .arg = "N",
	  .set = option_set_number,
	  .field = FIELD(n_vcpus),
	  .min = 1,
	  .max = VM_MAX_VCPUS,
	  .help = "The number of vCPUs. Default: 1." },
	{ .key = "memory",
	  .arg = "SIZE",
	  .set = option_set_memory,
	  .help = "The guest's RAM, as 512M or 4G; at least 16M, in steps of 2M. Default: 256M." },
	{ .key = "memory-base",
	  .arg = "ADDR",
	  .set = option_set_memory_base,
	  .help = "Where the RAM begins in the guest, in one piece; a multiple of 2M, or of its pages where they are "
		  "larger. Default: 0x40000000, around what the host's IOMMU reserves." },
	{ .key = "mem-path",
	  .arg = "DIR",
	  .set = option_set_path,
	  .field = FIELD(mem_path),
	  .help = "Take the RAM from this hugetlbfs directory, whatever the size of its pages." },
	{ .key = "memory-file",
	  .arg = "FILE|fd:WHICH[,offset=N]",
	  .set = option_set_memory_file,
	  .help = "The RAM is this file, from offset on: one of a tmpfs or hugetlbfs, or a device of memory such as "
		  "/dev/mem; or a descriptor (see --fd). Its content is lost." },
	{ .key = "prealloc",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(prealloc),
	  .help = "Take all pages of the RAM from the host before the guest starts, so that it never waits for one. "
		  "With assigned devices that is done in any case. Default: no." },
	{ .key = "irqchip",
	  .arg = "auto|gicv2|gicv3",
	  .set = option_set_choice,
	  .field = FIELD(irqchip),
	  .choices = irqchip_names,
	  .help = "The interrupt controller. Default: auto, a GICv3 where the host has one, else a GICv2." },
	{ .key = "iommu",
	  .arg = "auto|iommufd|type1|none",
	  .set = option_set_choice,
	  .field = FIELD(iommu),
	  .choices = iommu_names,
	  .help = "How assigned devices reach the RAM: through the kernel's iommufd, through VFIO's type1 containers, "
		  "or without an IOMMU. Default: auto, the first of iommufd and type1 that the host has." },
	{ .key = "allow-unsafe-dma",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(allow_unsafe_dma),
	  .help = "Consent to iommu=none: the guest, through a device, can read and write all memory of the host. "
		  "Default: no." },
	{ .key = "allow-unsafe-reset",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(allow_unsafe_reset),
	  .help = "With iommu=none, take devices for which the host's kernel has no reset handler, too: they may go "
		  "on writing to the guest's memory after its end, which is kept until their own driver has them "
		  "again. Default: no." },
	{ .key = "allow-movable-memory",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(allow_movable_memory),
	  .help = "With iommu=none, run even if the guest's memory cannot be held at its physical address. "
		  "Default: no." },
	{ .key = "fd",
	  .arg = "WHICH[,WHICH]...",
	  .set = option_set_text,
	  .field = FIELD(fds),
	  .help = "Take /dev/kvm, /dev/iommu and files of /dev/vfio from these descriptors, and open none of them. WHICH "
		  "is a number, or a name of LISTEN_FDNAMES, as systemd passes it." },
	{ .key = "device",
	  .arg = "TYPE[,KEY=VALUE]...",
	  .set = option_set_device,
	  .command_line_only = true,
	  .help = "Add a device; may be given several times. A comma in a value is doubled; id=NAME names the "
		  "device. \"--device help\" lists types and keys." },
	{ .key = "use",
	  .arg = "NAME[,NAME]...",
	  .set = option_set_text,
	  .field = FIELD(use),
	  .help = "Of the file's devices, take only these, named as in their sections. Default: all." },
	{ .key = "force-board",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(force_board),
	  .command_line_only = true,
	  .help = "Run although the file's [host] section names another board. Default: no." },
	{ .key = "bind",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(bind),
	  .help = "Take assigned devices from their drivers for this run, as dais bind does, and give them back "
		  "at its end. Default: no." },
	{ .key = "default-devices",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(default_devices),
	  .help = "Whether the guest has a pl011 (unless console is none), a pl031 and a pl061 without asking "
		  "for them. Default: yes." },
	{ .key = "console",
	  .arg = "stdio|none|pty|file:FILE|fd:WHICH",
	  .set = option_set_console,
	  .choices = console_names,
	  .help = "Where the pl011 leads; fd: a terminal, socket, pipe or file that was passed (see --fd). On stdio, "
		  "Ctrl-a x stops the guest and Ctrl-a h helps. Default: stdio." },
	{ .key = "cpu-affinity",
	  .arg = "LIST",
	  .set = option_set_affinity,
	  .help = "Host CPUs that vCPUs may run on: one list for all (0-3,6), or lists with vCPUs before them "
		  "(0:0-1,1:4,6 gives CPUs 4 and 6 to vCPU 1; 0-1:0-3,2-3:4-5). Default: any." },
	{ .key = "rt-priority",
	  .arg = "N",
	  .set = option_set_number,
	  .field = FIELD(rt_priority),
	  .min = 0,
	  .max = 99,
	  .help = "Run vCPUs under SCHED_FIFO with this priority. Default: 0, not." },
	{ .key = "pmu",
	  .arg = "auto|on|off",
	  .set = option_set_choice,
	  .field = FIELD(pmu),
	  .choices = switch_names,
	  .help = "Performance counters for the guest. Default: auto, where the host can." },
	{ .key = "sve",
	  .arg = "auto|on|off",
	  .set = option_set_choice,
	  .field = FIELD(sve),
	  .choices = switch_names,
	  .help = "The Scalable Vector Extension. Default: auto, where the host can." },
	{ .key = "pauth",
	  .arg = "auto|on|off",
	  .set = option_set_choice,
	  .field = FIELD(pauth),
	  .choices = switch_names,
	  .help = "Pointer authentication. Default: auto, where the host can." },
	{ .key = "aarch32",
	  .arg = "yes|no",
	  .set = option_set_switch,
	  .field = FIELD(aarch32),
	  .help = "Whether the guest is a 32-bit one, on a host whose processor has AArch32 at EL1. Default: yes for "
		  "a zImage, no for an arm64 Image; another kernel than that is refused." },
	{ .key = "stop-timeout",
	  .arg = "SECONDS",
	  .set = option_set_number,
	  .field = FIELD(stop_timeout),
	  .min = 0,
	  .max = 86400,
	  .help = "How long a guest that was asked to power off may take before it is stopped. Default: 30. "
		  "0: it is not asked." },
	{ .key = "keeper",
	  .arg = "yes|no",
	  .set = option_set_bool,
	  .field = FIELD(keeper),
	  .help = "Whether a process of its own waits for the end of the VM, however it comes, and then brings "
		  "devices and terminal back. Default: yes. no is for debuggers." },
	{ .key = "sandbox",
	  .arg = "on|off|show|debug",
	  .set = option_set_choice,
	  .field = FIELD(sandbox.mode),
	  .choices = sandbox_names,
	  .help = "Whether dais gives up all that a running guest does not need of it. show: print what "
		  "each part keeps, and why; debug: name a system call that is not allowed before the end. "
		  "Default: on." },
	{ .key = "sandbox-allow-missing",
	  .arg = "LAYER[,LAYER]...",
	  .set = option_set_may_miss,
	  .help = "Run even if the host does not have these layers of the sandbox; \"--sandbox show\" lists "
		  "them." },
	{ .key = "user",
	  .arg = "USER[:GROUP]",
	  .set = option_set_user,
	  .help = "Whom dais becomes when root starts it: names or numbers. Default: 65534, nobody." },
	{ .key = "dump-dtb",
	  .arg = "FILE",
	  .set = option_set_path,
	  .field = FIELD(dump_dtb),
	  .help = "Build the machine, write the guest's device tree to this file, and end." },
	{ .key = "stats",
	  .arg = "FILE|-",
	  .set = option_set_stats,
	  .field = FIELD(stats),
	  .help = "At the end, write to this file (-: to the standard output), as JSON, what the guest did: "
		  "exits of each vCPU, and the mode and the counts of each assigned interrupt." },
	{ .key = "trace",
	  .arg = "LIST",
	  .set = option_set_trace,
	  .choices = trace_names,
	  .help = "Show on stderr what happens: mmio (every trapped access), irq, vfio, vm; several with commas "
		  "between." },
	{ .key = "log-level",
	  .arg = "error|warn|info|debug",
	  .set = option_set_choice,
	  .field = FIELD(log_level),
	  .choices = log_level_names,
	  .help = "What to tell on stderr. Default: info." },
	{ .key = "help", .letter = 'h', .command_line_only = true, .help = "This help." },
	{ .key = NULL },
};

const struct vm_option *option_find(const char *key, bool in_file)
{
	for (const struct vm_option *option = vm_options; option->key; option++) {
		if (strcmp(option->key, key) == 0 && !(in_file && option->command_line_only))
			return option;
	}
	return NULL;
}

const char *option_nearest(const char *wrong, bool in_file)
{
	const char *names[n_elems(vm_options)];
	size_t n = 0;

	for (const struct vm_option *option = vm_options; option->key; option++) {
		if (!(in_file && option->command_line_only))
			names[n++] = option->key;
	}
	names[n] = NULL;
	return str_nearest(wrong, names);
}

int option_set(struct vm_config *config, const struct vm_option *option, const char *value,
	       const struct option_source *source, struct err *err)
{
	int ret;

	if (value[0] || option->set == option_set_append) {
		ret = option->set(config, option, value, source, err);
	} else {
		ret = err_usage(err, "no value");
		err_fix(err, "give %s", option->arg);
	}
	if (!ret)
		return 0;
	if (source->where)
		return err_wrap(err, "%s: %s = %s", source->where, option->key, value);
	return err_wrap(err, "--%s %s", option->key, value);
}
