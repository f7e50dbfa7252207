// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/options.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/config.h"
#include "vmm/core/ram.h"

/* In the order of the enums that they stand for. */
static const char *const switch_names[] = { "auto", "on", "off", NULL };
static const char *const irqchip_names[] = { "auto", "gicv2", "gicv3", NULL };
static const char *const log_level_names[] = { "error", "warn", "info", "debug", NULL };
static const char *const trace_names[] = { "mmio", "irq", "vfio", "vm", NULL };
static const char *const console_names[] = { "stdio", "none", "pty", NULL };

static void *field_of(struct vm_config *config, const struct vm_option *option)
{
	return (char *)config + option->field;
}

/* "auto, on or off" into @err's remedy. */
static void list_choices(const char *const *choices, const char *more, struct err *err)
{
	char list[256];
	size_t n = 0;

	for (size_t i = 0; choices[i]; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
				      i == 0 ? "" : (choices[i + 1] || more ? ", " : " or "),
				      choices[i]);
	if (more)
		snprintf(list + n, sizeof(list) - n, " or %s", more);
	err_fix(err, "give %s", list);
}

static int find_choice(const char *const *choices, const char *value)
{
	for (int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], value) == 0)
			return i;
	}
	return -EINVAL;
}

static int set_choice(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	int choice = find_choice(option->choices, value);

	(void)source;
	if (choice < 0) {
		err_usage(err, "unknown value");
		list_choices(option->choices, NULL, err);
		return err->code;
	}
	*(unsigned int *)field_of(config, option) = (unsigned int)choice;
	return 0;
}

static int set_bool(struct vm_config *config, const struct vm_option *option, const char *value,
		    const struct option_source *source, struct err *err)
{
	int ret = str_to_bool(value, field_of(config, option));

	(void)source;
	if (ret) {
		err_usage(err, "unknown value");
		err_fix(err, "give yes or no");
	}
	return ret;
}

static int set_number(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	uint64_t number;
	int ret = str_to_u64(value, &number);

	(void)source;
	if (ret == -EINVAL)
		err_usage(err, "not a number");
	else if (ret || number > option->max)
		ret = err_usage(err, "too large");
	else if (number < option->min)
		ret = err_usage(err, "too small");
	if (ret) {
		err_fix(err, "give a number from %u to %u", option->min, option->max);
		return ret;
	}
	*(unsigned int *)field_of(config, option) = (unsigned int)number;
	return 0;
}

static int set_memory(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	char least[32], most[32], step[32];
	uint64_t bytes;
	int ret = str_to_size(value, &bytes);

	(void)source;
	(void)option;
	if (ret == -EINVAL)
		err_usage(err, "not a size");
	else if (ret || bytes > VM_MAX_MEMORY)
		ret = err_usage(err, "too much memory");
	else if (bytes < RAM_MIN_SIZE)
		ret = err_usage(err, "too little memory");
	else if (!is_aligned(bytes, RAM_ALIGN))
		ret = err_usage(err, "not a multiple of %s", str_size(RAM_ALIGN, step));
	if (ret) {
		err_fix(err,
			"give %s to %s in steps of %s, as 512M or 4G; a bare number is in bytes",
			str_size(RAM_MIN_SIZE, least), str_size(VM_MAX_MEMORY, most),
			str_size(RAM_ALIGN, step));
		return ret;
	}
	config->memory = bytes;
	return 0;
}

static int keep_path(struct vm_config *config, const char *value,
		     const struct option_source *source, const char **path, struct err *err)
{
	if (source->dir && value[0] != '/')
		*path = config_keepf(config, err, "%s/%s", source->dir, value);
	else
		*path = config_keepf(config, err, "%s", value);
	return *path ? 0 : err->code;
}

static int set_path(struct vm_config *config, const struct vm_option *option, const char *value,
		    const struct option_source *source, struct err *err)
{
	return keep_path(config, value, source, field_of(config, option), err);
}

static int set_stats(struct vm_config *config, const struct vm_option *option, const char *value,
		     const struct option_source *source, struct err *err)
{
	const struct option_source anywhere = { source->where, NULL };

	return set_path(config, option, value, strcmp(value, "-") ? source : &anywhere, err);
}

static int set_append(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	const char *text;

	(void)option;
	if (source->where && config->append)
		text = config_keepf(config, err, "%s %s", config->append, value);
	else
		text = config_keepf(config, err, "%s", value);
	if (!text)
		return err->code;
	config->append = text;
	return 0;
}

static int set_console(struct vm_config *config, const struct vm_option *option, const char *value,
		       const struct option_source *source, struct err *err)
{
	const char *path;

	if (find_choice(option->choices, value) >= 0) {
		config->console = config_keepf(config, err, "%s", value);
		return config->console ? 0 : err->code;
	}
	if (strncmp(value, "file:", 5) != 0 || !value[5]) {
		err_usage(err, "unknown value");
		list_choices(option->choices, "file:FILE", err);
		return err->code;
	}
	if (keep_path(config, value + 5, source, &path, err))
		return err->code;
	config->console = config_keepf(config, err, "file:%s", path);
	return config->console ? 0 : err->code;
}

/* Only kept: it is read when the number of vCPUs is known. */
static int set_affinity(struct vm_config *config, const struct vm_option *option, const char *value,
			const struct option_source *source, struct err *err)
{
	(void)option;
	if (source->where)
		config->affinity_where =
			config_keepf(config, err, "%s: cpu-affinity = %s", source->where, value);
	else
		config->affinity_where = config_keepf(config, err, "--cpu-affinity %s", value);
	config->affinity_text = config_keepf(config, err, "%s", value);
	return config->affinity_where && config->affinity_text ? 0 : err->code;
}

static int set_trace(struct vm_config *config, const struct vm_option *option, const char *value,
		     const struct option_source *source, struct err *err)
{
	unsigned int traces = 0;

	(void)source;
	for (const char *p = value; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char name[16];
		int choice;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, ","), p);
		choice = find_choice(option->choices, name);
		if (choice < 0) {
			err_usage(err, "unknown trace '%s'", name);
			list_choices(option->choices, "several with commas between", err);
			return err->code;
		}
		traces |= 1u << choice;
	}
	config->traces = traces;
	return 0;
}

static int set_device(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	(void)option;
	(void)source;
	return config_add_device(config, value, "--device", err);
}

#define FIELD(member) offsetof(struct vm_config, member)

const struct vm_option vm_options[] = {
	{ .key = "config",
	  .letter = 'c',
	  .arg = "FILE",
	  .command_line_only = true,
	  .help = "Read the VM from this file. What the command line says, before or behind it, overrides the "
		  "file; its devices are added to the file's." },
	{ .key = "kernel",
	  .arg = "FILE",
	  .set = set_path,
	  .field = FIELD(kernel),
	  .help = "The guest's kernel: an arm64 Image, plain or compressed by gzip." },
	{ .key = "initrd",
	  .arg = "FILE",
	  .set = set_path,
	  .field = FIELD(initrd),
	  .help = "The initial RAM disk." },
	{ .key = "append",
	  .arg = "TEXT",
	  .set = set_append,
	  .joins = true,
	  .help = "The kernel's command line. In a file it may be given several times: the texts are joined." },
	{ .key = "cpus",
	  .arg = "N",
	  .set = set_number,
	  .field = FIELD(n_vcpus),
	  .min = 1,
	  .max = VM_MAX_VCPUS,
	  .help = "The number of vCPUs. Default: 1." },
	{ .key = "memory",
	  .arg = "SIZE",
	  .set = set_memory,
	  .help = "The guest's RAM, as 512M or 4G; at least 16M, in steps of 2M. Default: 256M." },
	{ .key = "mem-path",
	  .arg = "DIR",
	  .set = set_path,
	  .field = FIELD(mem_path),
	  .help = "Take the RAM from this hugetlbfs directory." },
	{ .key = "irqchip",
	  .arg = "auto|gicv2|gicv3",
	  .set = set_choice,
	  .field = FIELD(irqchip),
	  .choices = irqchip_names,
	  .help = "The interrupt controller. Default: auto, a GICv3 where the host has one, else a GICv2." },
	{ .key = "device",
	  .arg = "TYPE[,KEY=VALUE]...",
	  .set = set_device,
	  .command_line_only = true,
	  .help = "Add a device; may be given several times. A comma in a value is doubled; id=NAME names the "
		  "device. \"--device help\" lists types and keys." },
	{ .key = "default-devices",
	  .arg = "yes|no",
	  .set = set_bool,
	  .field = FIELD(default_devices),
	  .help = "Whether the guest has a pl011 (unless console is none), a pl031 and a pl061 without asking "
		  "for them. Default: yes." },
	{ .key = "console",
	  .arg = "stdio|none|pty|file:FILE",
	  .set = set_console,
	  .choices = console_names,
	  .help = "Where the pl011 leads. On stdio, Ctrl-a x stops the guest and Ctrl-a h helps. Default: "
		  "stdio." },
	{ .key = "cpu-affinity",
	  .arg = "LIST",
	  .set = set_affinity,
	  .help = "Host CPUs that vCPUs may run on: one list for all (0-3,6), or lists with vCPUs before them "
		  "(0:0-1,1:4,6 gives CPUs 4 and 6 to vCPU 1; 0-1:0-3,2-3:4-5). Default: any." },
	{ .key = "rt-priority",
	  .arg = "N",
	  .set = set_number,
	  .field = FIELD(rt_priority),
	  .min = 0,
	  .max = 99,
	  .help = "Run vCPUs under SCHED_FIFO with this priority. Default: 0, not." },
	{ .key = "pmu",
	  .arg = "auto|on|off",
	  .set = set_choice,
	  .field = FIELD(pmu),
	  .choices = switch_names,
	  .help = "Performance counters for the guest. Default: auto, where the host can." },
	{ .key = "sve",
	  .arg = "auto|on|off",
	  .set = set_choice,
	  .field = FIELD(sve),
	  .choices = switch_names,
	  .help = "The Scalable Vector Extension. Default: auto, where the host can." },
	{ .key = "pauth",
	  .arg = "auto|on|off",
	  .set = set_choice,
	  .field = FIELD(pauth),
	  .choices = switch_names,
	  .help = "Pointer authentication. Default: auto, where the host can." },
	{ .key = "stop-timeout",
	  .arg = "SECONDS",
	  .set = set_number,
	  .field = FIELD(stop_timeout),
	  .min = 0,
	  .max = 86400,
	  .help = "How long a guest that was asked to power off may take before it is stopped. Default: 30. "
		  "0: it is not asked." },
	{ .key = "dump-dtb",
	  .arg = "FILE",
	  .set = set_path,
	  .field = FIELD(dump_dtb),
	  .help = "Build the machine, write the guest's device tree to this file, and end." },
	{ .key = "stats",
	  .arg = "FILE|-",
	  .set = set_stats,
	  .field = FIELD(stats),
	  .help = "At the end, write to this file (-: to the standard output), as JSON, what the guest did: "
		  "exits of each vCPU, and the mode and the counts of each assigned interrupt." },
	{ .key = "trace",
	  .arg = "LIST",
	  .set = set_trace,
	  .choices = trace_names,
	  .help = "Show on stderr what happens: mmio (every trapped access), irq, vfio, vm; several with commas "
		  "between." },
	{ .key = "log-level",
	  .arg = "error|warn|info|debug",
	  .set = set_choice,
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

	if (value[0] || option->set == set_append) {
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
