// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vfio/host/module.h"
#include "vfio/host/owner.h"
#include "vfio/vfio.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/check/check.h"

/* Whether a VM of the set wants a device of this bus. */
static bool wants_bus(const struct check *check, bool amba)
{
	check_each_device (check, device)
		if (device->found && device->host.amba == amba)
			return true;
	return false;
}

void check_drivers(struct check *check)
{
	static const char *const buses[] = { "platform", "amba" };
	struct err errs[n_elems(buses)] = { 0 };

	for (size_t i = 0; i < n_elems(buses); i++) {
		enum check_severity severity = wants_bus(check, i) ? CHECK_BLOCKS : CHECK_WARNS;
		const char *driver = vfio_host_driver(buses[i]);

		if (!vfio_host_driver_check(buses[i], &errs[i]))
			check_say(
				check, CHECK_FINE, "%s bus: the driver %s is there%s", buses[i],
				driver,
				strcmp(driver, "vfio-amba")
					? ""
					: ", which Linux 7.3 calls deprecated and warns of in its log");
		/* One module serves both. */
		else if (!i || strcmp(errs[i].what, errs[0].what) ||
			 (severity == CHECK_BLOCKS && !wants_bus(check, false)))
			check_say_err(check, severity, NULL, &errs[i]);
	}
}

/* What "auto" tries, in this order. */
static const struct {
	enum vfio_backend backend;
	const char *name, *module, *control;
} backends[] = {
	{ VFIO_BACKEND_IOMMUFD, "iommufd", "iommufd", "/dev/iommu" },
	{ VFIO_BACKEND_TYPE1, "type1", "vfio_iommu_type1", "/dev/vfio/vfio" },
};

void check_iommu(struct check *check)
{
	enum check_severity severity = check->n_devices ? CHECK_BLOCKS : CHECK_WARNS;
	owned_dir DIR *iommus = file_open_dir("/sys/class/iommu");
	bool there[n_elems(backends)];
	unsigned int wanted = 0; /* a bit for each backend */

	check_each_vm (check, vm)
		if (vm->n_devices)
			wanted |= 1u << vm->config.iommu;
	if (!file_next_name(iommus) && wanted != 1u << VFIO_BACKEND_NONE)
		check_say(check, severity,
			  "no IOMMU works on this host: nothing would keep a device's DMA in the "
			  "guest's memory" FIX
			  "dmesg | grep -i -e iommu -e smmu; enable the IOMMU's driver and "
			  "its node in the device tree; or iommu = none");
	for (size_t i = 0; i < n_elems(backends); i++)
		there[i] = file_exists("%s", backends[i].control);
	if (!there[0] && !there[1]) {
		check_say(check, severity,
			  "there is neither /dev/vfio/vfio nor /dev/iommu" FIX
			  "sudo modprobe -a vfio vfio_iommu_type1 iommufd");
		return;
	}
	check_say(check, CHECK_FINE, "IOMMU backends: %s%s%s", there[0] ? backends[0].name : "",
		  there[0] && there[1] ? ", " : "", there[1] ? backends[1].name : "");
	for (size_t i = 0; i < n_elems(backends); i++) {
		if (there[i] || !(wanted & 1u << backends[i].backend))
			continue;
		check_say(check, CHECK_BLOCKS,
			  "iommu = %s, and there is no %s" FIX "sudo modprobe %s", backends[i].name,
			  backends[i].control, backends[i].module);
	}
}

/* The device's file for the backend; false: there is none. */
static bool find_file(const struct check_device *device, size_t backend, char *path, size_t size)
{
	if (backends[backend].backend == VFIO_BACKEND_TYPE1) {
		snprintf(path, size, "/dev/vfio/%d", device->host.group);
		return file_exists("%s", path);
	}
	return vfio_host_device_cdev(&device->host, path, size) && !strstr(path, "/noiommu-") &&
	       file_exists("%s", path);
}

/*
 * iommu_group_has_isolated_msi() of Linux: a platform device whose MSIs go through an ITS is
 * isolated; the amba bus gives its devices no MSI domain.
 */
static bool has_isolated_msi(const struct check_device *device)
{
	const struct host_node *node = device->node, *parent = NULL;

	if (node && !device->host.amba)
		parent = host_tree_by_phandle(device->check->tree,
					      host_node_u32(node, "msi-parent", 0));
	return parent && host_node_is_compatible(parent, "arm,gic-v3-its");
}

static bool is_unsafe_refused(size_t backend)
{
	return check_parameter_is(backends[backend].module, "allow_unsafe_interrupts", 'N');
}

/* As far as can be seen without opening it. */
static bool works(const struct check_device *device, size_t backend)
{
	char path[64];

	return check_may_open(device->vm, backends[backend].control) == 0 &&
	       find_file(device, backend, path, sizeof(path)) &&
	       check_may_open(device->vm, path) == 0 &&
	       (!is_unsafe_refused(backend) || has_isolated_msi(device));
}

/* Of an obstacle to this backend: "auto" needs one of the two. Fine: the device's VM has no use for
 * it. */
static enum check_severity severity_of(const struct check_device *device, size_t backend)
{
	enum vfio_backend wanted = device->vm->config.iommu;

	if (!device->found)
		return CHECK_FINE;
	if (wanted == VFIO_BACKEND_AUTO)
		return works(device, !backend) ? CHECK_WARNS : CHECK_BLOCKS;
	return wanted == backends[backend].backend ? CHECK_BLOCKS : CHECK_FINE;
}

void check_unsafe_interrupts(struct check *check)
{
	for (size_t i = 0; i < n_elems(backends); i++) {
		enum check_severity worst = CHECK_WARNS;
		const char *who = NULL;

		if (!is_unsafe_refused(i))
			continue;
		check_each_device (check, device) {
			enum check_severity severity = severity_of(device, i);

			if (severity == CHECK_FINE || has_isolated_msi(device))
				continue;
			who = device->host.name;
			worst = severity > worst ? severity : worst;
		}
		check_say(check, worst,
			  "%s.allow_unsafe_interrupts is off: with iommu=%s VFIO refuses %s, whose "
			  "MSIs nobody isolates; a wired interrupt cannot be forged" FIX
			  "echo Y | sudo tee /sys/module/%s/parameters/allow_unsafe_interrupts",
			  backends[i].module, backends[i].name, who ?: "devices",
			  backends[i].module);
	}
}

static void say_reset_required(struct check *check, enum check_severity severity, const char *who)
{
	check_say(check, severity,
		  "vfio_platform.reset_required is on: the driver refuses %s for which the kernel "
		  "has no reset handler" FIX "%s",
		  who,
		  /* a module that was loaded: Documentation/ABI/stable/sysfs-module */
		  file_exists("/sys/module/vfio_platform/initstate")
			  ? "sudo modprobe -r vfio-platform && sudo modprobe vfio-platform "
			    "reset_required=0"
			  : "add vfio_platform.reset_required=0 to the kernel's command line");
}

void check_reset(struct check *check)
{
	unsigned int n = 0;

	if (!check_parameter_is("vfio_platform", "reset_required", 'Y'))
		return;
	check_each_device (check, device) {
		struct live_device live;

		if (!device->node || device->host.amba || vfio_host_device_is_bound(&device->host))
			continue;
		host_live_device(check->live, device->node, &live);
		if (live.reset_handler >= LIVE_HANDLER_NO_LINE)
			continue;
		say_reset_required(
			check, live.reset_handler == LIVE_HANDLER_NONE ? CHECK_BLOCKS : CHECK_WARNS,
			device->host.name);
		n++;
	}
	if (!n && !check->n_devices)
		say_reset_required(check, CHECK_WARNS, "devices of the platform bus");
}

static void check_file(struct check *check, const struct check_vm *vm, const char *path,
		       const char *remedy)
{
	int ret = check_may_open(vm, path);

	if (ret == -EBADF) {
		check_say_not_passed(check, vm, path);
	} else if (ret == -EACCES) {
		check_say(check, CHECK_BLOCKS, "%s: this user may not open %s" FIX "sudo %s %s",
			  vm->name, path, remedy, path);
	}
}

static void check_backend(const struct check_device *device, size_t backend)
{
	const struct check_vm *vm = device->vm;
	struct check *check = device->check;
	char path[64], other[64];

	if (severity_of(device, backend) != CHECK_BLOCKS)
		return;
	if (!find_file(device, backend, path, sizeof(path))) {
		if (vm->config.iommu == VFIO_BACKEND_AUTO &&
		    find_file(device, !backend, other, sizeof(other)))
			return; /* what stands in the way is told of the other one */
		check_say(check, CHECK_BLOCKS,
			  "%s: %s has no file below /dev/vfio for iommu=%s" FIX
			  "ls -l /dev/vfio /dev/vfio/devices; dmesg | grep vfio",
			  vm->name, device->host.name, backends[backend].name);
	} else {
		check_file(check, vm, path, "chown $USER");
	}
	check_file(check, vm, backends[backend].control, "chmod 666");
}

void check_nodes(struct check *check)
{
	check_each_device (check, device) {
		struct err err;

		if (!device->found || !vfio_host_device_is_bound(&device->host) ||
		    device->host.group < 0)
			continue;
		err_set(&err, 0, "%s", device->host.name);
		if (vfio_diagnose_owner(&err, &device->host, false))
			check_say_err(check, CHECK_BLOCKS, device->vm, &err);
		for (size_t n = 0; n < n_elems(backends); n++)
			check_backend(device, n);
	}
}

static bool is_wanted(const struct check *check, const char *name)
{
	check_each_device (check, device)
		if (device->found && !strcmp(device->host.name, name))
			return true;
	return false;
}

/* A wanted one that is held is told by check_nodes(), with the VM that wants it. */
static void tell_use(struct check *check, const char *name)
{
	struct vfio_host_device host;
	enum vfio_use use;
	struct err err;

	if (vfio_host_device_find(&host, name, &err))
		return;
	use = vfio_device_use(&host, &err);
	if (use == VFIO_USE_LEFT_BOUND)
		check_say_err(check, CHECK_WARNS, NULL, &err);
	else if (use == VFIO_USE_OWNED && !is_wanted(check, name))
		check_say(check, CHECK_FINE, "%s: %s", err.what, err.why);
}

void check_use(struct check *check)
{
	struct vfio_host_names names = { 0 };

	vfio_warn_of_records();
	for (const char *name; (name = vfio_host_next_name(&names));)
		tell_use(check, name);
}

/*
 * drivers/vfio/container.c: without the parameter no container takes a group without an IOMMU;
 * vfio-dais binds no such device.
 */
static void check_noiommu_mode(const struct check_device *device)
{
	const char *parameter, *module = vfio_host_noiommu_parameter(&device->host, &parameter);
	struct check *check = device->check;

	if (check_parameter_is(module, parameter, 'Y'))
		return;
	if (check_parameter_is(module, parameter, 'N')) {
		check_say(check, CHECK_BLOCKS,
			  "%s: iommu = none, and %s.%s is off: VFIO hands out no device that no "
			  "IOMMU confines" FIX VFIO_NOIOMMU_FIX,
			  device->vm->name, module, parameter, module, parameter);
	} else {
		check_say(check, CHECK_BLOCKS,
			  "%s: iommu = none, and this host's VFIO has no %s" FIX_OPTION,
			  device->vm->name, parameter, "VFIO_NOIOMMU");
	}
}

void check_noiommu(struct check *check)
{
	const char *told = "", *parameter;
	const struct check_vm *vm = NULL;
	struct err err;

	check_each_device (check, device) {
		if (device->vm->config.iommu != VFIO_BACKEND_NONE || !device->found)
			continue;
		vfio_host_noiommu_parameter(&device->host, &parameter);
		if (device->vm != vm || strcmp(told, parameter))
			check_noiommu_mode(device);
		vm = device->vm;
		told = parameter;
		if (device->host.group >= 0 && vfio_host_device_check_noiommu(&device->host, &err))
			check_say_err(check, CHECK_BLOCKS, device->vm, &err);
	}
}
