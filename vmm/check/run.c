// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "vfio/settings.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/range.h"
#include "vmm/check/check.h"
#include "vmm/cli/options.h"

/* What is wrong with a file is a finding; then nothing else is known of the VM. */
static void read_file(struct check *check, struct check_vm *vm, const char *path)
{
	char *const argv[] = { (char *)"-c", (char *)path };
	enum options_wish wish;
	struct err err;

	vm->name = path;
	vm->is_file = true;
	if (options_parse(&vm->config, (int)n_elems(argv), argv, &wish, &err)) {
		check_say_err(check, CHECK_BLOCKS, vm, &err);
		config_destroy(&vm->config);
		config_init(&vm->config);
		vm->is_file = false;
	}
}

static void read_device(struct check *check, struct check_vm *vm, const char *device)
{
	struct err err;

	vm->name = device;
	if (config_add_host_device(&vm->config, device, device, &err) ||
	    config_finish_devices(&vm->config, &err))
		check_say_err(check, CHECK_BLOCKS, vm, &err);
}

/* Those of the host that the VM wants. */
static void find_devices(struct check *check, struct check_vm *vm)
{
	for (unsigned int i = 0; i < vm->config.n_devices; i++) {
		const struct device_config *config = &vm->config.devices[i];
		struct check_device *device;

		if (!config->class || !vfio_is_assigned(config))
			continue;
		device = array_add(check->devices, check->n_devices);
		if (!device) {
			check->arena.failed = true;
			return;
		}
		check->n_devices++;
		vm->n_devices++;
		*device = (struct check_device){ .check = check, .vm = vm, .config = config };
	}
}

static void read_vms(struct check *check, const struct check_request *request)
{
	unsigned int n = request->files.n + request->devices.n;

	check->step = "files";
	check->vms = calloc(n + 1, sizeof(*check->vms));
	if (!check->vms) {
		check->arena.failed = true;
		n = 0;
	}
	for (unsigned int i = 0; i < n && !check->arena.failed; i++) {
		struct check_vm *vm = &check->vms[check->n_vms++];

		config_init(&vm->config);
		if (i < request->files.n)
			read_file(check, vm, request->files.texts[i]);
		else
			read_device(check, vm, request->devices.texts[i - request->files.n]);
		find_devices(check, vm);
	}
}

static void check_images(struct check *check)
{
	check_each_vm (check, vm) {
		struct arch_cpu_config cpus = { .aarch32 = vm->config.aarch32 };
		struct boot_files files = BOOT_FILES_NONE;
		struct err err;

		if (vm->is_file &&
		    (boot_files_open(&files, vm->config.kernel, vm->config.initrd, &err) ||
		     arch_boot_probe(&files, &cpus, &err)))
			check_say_err(check, CHECK_BLOCKS, vm, &err);
		/* for the steps that follow */
		vm->config.aarch32 = cpus.aarch32;
		boot_files_close(&files);
	}
}

/* In this order they run, and the findings of one severity are told. */
static const struct {
	const char *name;
	check_part *run;
} steps[] = {
	{ "images", check_images },
	{ "fd", check_passed },     /* finds them, for all that follow */
	{ "kernel", check_kernel }, /* reads its configuration, for all that follow */
	{ "host", check_host },
	{ "kvm", check_kvm },
	{ "gic", check_gic },
	{ "resample", check_resample },
	{ "virtio", check_virtio },
	{ "memlock", check_memlock },
	{ "hugepages", check_hugepages },
	{ "devices", check_devices }, /* looks them up, for all that follow */
	{ "use", check_use },
	{ "drivers", check_drivers },
	{ "iommu", check_iommu },
	{ "noiommu", check_noiommu },
	{ "unsafe-interrupts", check_unsafe_interrupts },
	{ "reset", check_reset },
	{ "nodes", check_nodes },
	{ "forward", check_forward },
	{ "plan", check_plans }, /* plans them, for all that follow */
	{ "memory", check_memory },
	{ "power", check_power },
	{ "set", check_set },
	{ "sandbox", check_sandbox },
};

int check_run(struct check *check, const struct check_request *request, struct err *err)
{
	int ret;

	*check = (struct check){ 0 };
	vm_init(&check->vm);
	ret = vfio_nodes_read_host(&check->tree, &check->live, err);
	if (ret)
		return ret;
	file_read_line(check->release, sizeof(check->release), "/proc/sys/kernel/osrelease");
	read_vms(check, request);
	for (size_t i = 0; i < n_elems(steps) && !check->arena.failed; i++) {
		check->step = steps[i].name;
		steps[i].run(check);
	}
	return check->arena.failed ? err_set(err, ENOMEM, "check this host") : 0;
}

void check_destroy(struct check *check)
{
	free(check->findings);
	arena_free(&check->arena);
	check_each_vm (check, vm) {
		plan_destroy(&vm->plan);
		passed_fds_destroy(&vm->passed);
		config_destroy(&vm->config);
	}
	free(check->vms);
	free(check->devices);
	free(check->options);
	host_live_destroy(check->live);
	host_tree_destroy(check->tree);
	vm_destroy(&check->vm);
}
