// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/config/config.h"

#include <limits.h>
#include <string.h>

#include "devices/virtio/back_end.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/registry.h"
#include "vmm/core/ram/ram.h"

void config_init(struct vm_config *config)
{
	*config = (struct vm_config){
		.n_vcpus = 1,
		.memory = 256ULL << 20,
		.memory_base = RAM_ANYWHERE,
		.console = "stdio",
		.keeper = true,
		.default_devices = true,
		.stop_timeout = 30,
		.log_level = LOG_INFO,
		.sandbox = { .uid = SANDBOX_NOBODY, .gid = SANDBOX_NOBODY },
	};
}

void config_destroy(struct vm_config *config)
{
	free(config->devices);
	free(config->affinity);
	arena_free(&config->arena);
	memset(config, 0, sizeof(*config));
}

/* "LIST", or "VCPUS:LIST,VCPUS:LIST…" where a piece without vCPUs goes on with the list before it.
 */
static int read_affinity(struct vm_config *config, char *text, struct err *err)
{
	uint64_t vcpus[VM_MAX_VCPUS / 64], cpus[VM_AFFINITY_WORDS];
	bool known = !strchr(text, ':');

	memset(vcpus, 0xff, sizeof(vcpus));
	for (char *piece = strsep(&text, ","); piece; piece = strsep(&text, ",")) {
		char *colon = strchr(piece, ':');

		if (colon) {
			*colon = '\0';
			if (str_to_cpu_list(piece, vcpus, config->n_vcpus)) {
				err_usage(err, "'%s' are no vCPUs", piece);
				return err_fix(err, "name vCPUs from 0 to %u", config->n_vcpus - 1);
			}
			piece = colon + 1;
			known = true;
		}
		if (!known || str_to_cpu_list(piece, cpus, 64 * VM_AFFINITY_WORDS)) {
			err_usage(err, "'%s' are no host CPUs", piece);
			return err_fix(err, "write 0-3,6 for all vCPUs, or 0:0-1,1:2 for each");
		}
		for (unsigned int v = 0; v < config->n_vcpus; v++) {
			if (!(vcpus[v / 64] >> (v % 64) & 1))
				continue;
			for (unsigned int w = 0; w < VM_AFFINITY_WORDS; w++)
				config->affinity[v][w] |= cpus[w];
		}
	}
	return 0;
}

static int finish_affinity(struct vm_config *config, struct err *err)
{
	owned_ptr char *text = NULL;

	if (!config->affinity_text)
		return 0;
	text = strdup(config->affinity_text);
	config->affinity = calloc(config->n_vcpus, sizeof(*config->affinity));
	if (!text || !config->affinity)
		return err_set(err, ENOMEM, "read the configuration");
	if (read_affinity(config, text, err))
		return err_prefix(err, "%s", config->affinity_where);
	for (unsigned int v = 0; v < config->n_vcpus; v++) {
		uint64_t any = 0;

		for (unsigned int w = 0; w < VM_AFFINITY_WORDS; w++)
			any |= config->affinity[v][w];
		if (!any) {
			err_usage(err, "%s: no host CPU for vCPU %u", config->affinity_where, v);
			return err_fix(err, "name all %u vCPUs, or give one list for all",
				       config->n_vcpus);
		}
	}
	return 0;
}

static bool has_class(const struct vm_config *config, const struct device_class *class)
{
	for (unsigned int i = 0; i < config->n_devices; i++)
		if (config->devices[i].class == class)
			return true;
	return false;
}

static int add_default_devices(struct vm_config *config, struct err *err)
{
	static const char *const types[] = { "pl011", "pl031", "pl061" };
	bool no_console = strcmp(config->console, "none") == 0;

	for (size_t i = no_console ? 1 : 0; i < n_elems(types); i++) {
		const struct device_class *class = device_class_find(types[i]);
		struct device_config *device;

		if (!class || has_class(config, class))
			continue;
		device = config_new_device(config, NULL, "default-devices", err);
		if (!device)
			return err->code;
		device->class = class;
	}
	return 0;
}

/* The device of this name among the first @n, or NULL. */
static const struct device_config *find_device(const struct vm_config *config, unsigned int n,
					       const char *name)
{
	for (const struct device_config *d = config->devices; d < config->devices + n; d++)
		if (d->name && strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

static int check_names(const struct vm_config *config, struct err *err)
{
	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct device_config *device = &config->devices[i];
		const struct device_config *other =
			device->name ? find_device(config, i, device->name) : NULL;

		if (!other)
			continue;
		err_usage(err, "%s: there is a device '%s' already", device->where, device->name);
		err_why(err, "it was given by %s", other->where);
		return err_fix(err, "give each device a name of its own");
	}
	return 0;
}

/* After the host's device that it stands for, else after its class. */
static void make_name(struct vm_config *config, struct device_config *device)
{
	const char *base = device_config_str(device, "host") ?: device->class->name;
	const char *name = base;

	for (unsigned int n = 2; name && find_device(config, config->n_devices, name); n++)
		name = arena_printf(&config->arena, "%s-%u", base, n);
	device->name = name;
}

/* Also of those that config->use leaves out: what is wrong in a file is told. */
static int judge_devices(struct vm_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < config->n_devices && !ret; i++)
		ret = device_config_judge(&config->devices[i], &config->arena, err);
	return ret;
}

int config_finish_devices(struct vm_config *config, struct err *err)
{
	int ret = judge_devices(config, err)
			  ?: check_names(config, err)
			  ?: (config->default_devices ? add_default_devices(config, err) : 0);

	for (unsigned int i = 0; !ret && i < config->n_devices; i++)
		if (!config->devices[i].name)
			make_name(config, &config->devices[i]);
	return !ret && config->arena.failed ? err_set(err, ENOMEM, "read the configuration") : ret;
}

/* Mark the file's device of this name. */
static int use_device(const struct vm_config *config, const char *name, bool *used, struct err *err)
{
	const struct device_config *device = find_device(config, config->n_file_devices, name);

	if (device) {
		used[device - config->devices] = true;
		return 0;
	}
	err_usage(err, "use = %s: the file has no device '%s'", config->use, name);
	return err_fix(err, "name devices by their sections: [device NAME]");
}

/* Of the file's devices, only those stay that config->use names. */
static int select_devices(struct vm_config *config, struct err *err)
{
	char *rest = arena_printf(&config->arena, "%s", config->use), *name;
	owned_ptr bool *used = calloc(config->n_devices + 1, sizeof(*used));
	unsigned int n = 0;

	if (!rest || !used)
		return err_set(err, ENOMEM, "read the configuration");
	while ((name = strsep(&rest, " ,")))
		if (*name && use_device(config, name, used, err))
			return err->code;
	for (unsigned int i = 0; i < config->n_devices; i++)
		if (i >= config->n_file_devices || used[i])
			config->devices[n++] = config->devices[i];
	config->n_devices = n;
	return 0;
}

void config_name_after(struct vm_config *config, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	config->name =
		arena_printf(&config->arena, "%.*s",
			     dot && !strcmp(dot, ".conf") ? (int)(dot - name) : INT_MAX, name);
}

/* Devices that reach all memory are nothing to get by accident. */
static int check_unsafe(const struct vm_config *config, struct err *err)
{
	if (config->iommu != VFIO_BACKEND_NONE)
		return 0;
	if (!config->allow_unsafe_dma) {
		err_usage(err, "iommu=none without allow-unsafe-dma=yes");
		err_why(err,
			"nothing then stands between the guest's devices and the host's memory: "
			"whoever controls the guest can read and write all of it, and a bug in "
			"a driver of the guest can destroy it");
		return err_fix(
			err,
			"where there is an IOMMU, iommu=auto; else, for a guest that you trust "
			"as you trust the host's kernel, allow-unsafe-dma=yes");
	}
	if (config->mem_path ? config->memory_base == RAM_ANYWHERE
			     : config->memory_file && config->memory_base != RAM_ANYWHERE)
		return 0;
	err_usage(err, "iommu=none with neither mem-path alone nor memory-file and memory-base");
	err_why(err, "without an IOMMU the guest's RAM must be at its physical address");
	return err_fix(
		err, "give a hugetlbfs, whose pages dais finds: mem-path=/dev/hugepages; or memory "
		     "that is reserved for this, as memory-file with its address as memory-base");
}

/* A confined process may send no signals. */
static int check_back_ends(const struct vm_config *config, struct err *err)
{
	for (unsigned int i = 0; BUILT(VIRTIO_BACK_ENDS) && i < config->n_devices; i++) {
		if (config->keeper || config->sandbox.mode == SANDBOX_OFF ||
		    !back_end_serves(&config->devices[i]))
			continue;
		err_usage(err, "%s without a keeper", config->devices[i].name);
		err_why(err, "it is the keeper that ends what serves %s",
			back_end_serves(&config->devices[i]));
		return err_fix(err, "leave --no-keeper out, or start that yourself: socket=PATH");
	}
	return 0;
}

int config_finish(struct vm_config *config, struct err *err)
{
	if (!config->kernel) {
		err_usage(err, "there is no kernel to start");
		err_why(err, "neither the command line nor a file names one");
		return err_fix(err, "give --kernel FILE, or \"kernel = FILE\" in the [vm] section "
				    "of a --config file");
	}
	if (config->mem_path && config->memory_file) {
		err_usage(err, "mem-path = %s and memory-file = %s", config->mem_path,
			  config->memory_file);
		err_why(err, "each says where all of the guest's memory comes from");
		return err_fix(err, "leave one of them out");
	}
	if (config->fds && (config->bind || config->iommu == VFIO_BACKEND_NONE)) {
		err_usage(err, "--fd %s with --bind or iommu=none", config->fds);
		err_why(err, "these take rights that no descriptor gives");
		return err_fix(err, "leave out one or the other");
	}
	if (config->bind && !config->keeper) {
		err_usage(err, "--bind without a keeper");
		err_why(err, "it is the keeper that gives the devices back");
		return err_fix(err, "leave --no-keeper out, or bind the devices before: dais bind");
	}
	if (!config->name)
		config_name_after(config, config->kernel);
	return check_unsafe(config, err)
		       ?: finish_affinity(config, err)
		       ?: (config->use ? judge_devices(config, err) ?: select_devices(config, err) : 0)
		       ?: config_finish_devices(config, err)
		       ?: check_back_ends(config, err);
}

int config_find_passed(const struct vm_config *config, struct passed_fds *passed, struct err *err)
{
	int ret = (config->fds ? passed_fds_add_devices(passed, config->fds, err) : 0)
			  ?: passed_fds_add(passed, "memory-file", config->memory_file, err)
			  ?: passed_fds_add(passed, "console", config->console, err);

	for (unsigned int i = 0; BUILT(VIRTIO_NET) && i < config->n_devices && !ret; i++) {
		const struct device_config *device = &config->devices[i];
		const char *which = device_config_str(device, "fd");
		owned_ptr char *spec = which ? str_printf(PASSED_FD_PREFIX "%s", which) : NULL;

		ret = passed_fds_add(passed, device->name, spec, err);
	}
	return ret;
}
