// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_host_bus.h"
#include "tests/unit/err_says.h"
#include "vfio/host/bind.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

/* As they are before dais: what each test ends with when all is undone. */
static const struct fake_bus_device fresh[] = {
	{ .bus = "platform",
	  .name = "10200000.sata",
	  .wanted_by = "ahci",
	  .group = 7,
	  .driver = "ahci" },
	{ .bus = "platform",
	  .name = "10300000.dma",
	  .wanted_by = "pl330",
	  .group = 8,
	  .driver = "ahci",
	  .driver_override = "ahci" },
	{ .bus = "platform", .name = "10400000.none", .group = 9 },
	{ .bus = "amba",
	  .name = "9010000.pl031",
	  .wanted_by = "rtc-pl031",
	  .group = 2,
	  .driver = "rtc-pl031" },
};
static struct fake_bus_device device;
static const char *const us = "4121 (dais) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 77 20\n";

static void begin(const struct fake_bus_device *as)
{
	fake_sys_reset();
	fake_host_bus_reset();
	fake_host_bus_driver("platform", "ahci");
	fake_host_bus_driver("amba", "rtc-pl031");
	device = *as;
	fake_host_bus_add(&device);
	fake_file("/proc/self/stat", us);
	fake_file("/proc/4121/stat", us);
}

static int dir;

static int open_records(void)
{
	struct err err;

	fake_fail_at(0, 0);
	dir = records_open(RECORD_OF_DEVICE, true, &err);
	cr_assert_geq(dir, 0);
	return dir;
}

static int bind_device(struct err *err)
{
	const struct device_record claim = { .bound = VFIO_BOUND_BY_BIND };

	return vfio_host_bind(dir, device.name, &claim, false, err);
}

static int unbind_device(struct err *err)
{
	struct vfio_restore restore;
	struct device_record record;
	int ret = record_read(RECORD_OF_DEVICE, dir, device.name, &record, err);

	if (!ret)
		ret = vfio_restore_open(&restore, dir, &record, err);
	if (ret)
		return ret;
	ret = vfio_restore_run(&restore, err);
	vfio_restore_close(&restore);
	return ret;
}

/* With VFIO, and what was before is known. */
static void expect_bound(const struct fake_bus_device *as)
{
	struct device_record record;
	struct err err;
	char vfio[32];

	snprintf(vfio, sizeof(vfio), "vfio-%s", as->bus);
	cr_expect_str_eq(device.driver, vfio);
	cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, as->name, &record, &err), 0, "%s",
		     err.what);
	cr_expect_str_eq(record.driver, as->driver);
	cr_expect_str_eq(record.driver_override, as->driver_override);
	cr_expect_str_eq(record.left_bound, "");
}

static void expect_back(const struct fake_bus_device *as)
{
	struct device_record record;
	struct err err;

	cr_expect_str_eq(device.driver, as->driver);
	cr_expect_str_eq(device.driver_override, as->driver_override);
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, as->name, &record, &err), -ENOENT);
}

Test(vfio_bind, there_and_back)
{
	for (unsigned int i = 0; i < n_elems(fresh); i++) {
		struct err err;

		begin(&fresh[i]);
		open_records();
		cr_assert_eq(bind_device(&err), 1, "%s: %s", err.what, err.why);
		expect_bound(&fresh[i]);
		cr_expect_eq(bind_device(&err), 0, "a second time");
		expect_bound(&fresh[i]);
		cr_assert_eq(unbind_device(&err), 0, "%s: %s", err.what, err.why);
		expect_back(&fresh[i]);
		sys_close(dir);
		cr_expect_eq(fake_n_open_fds(), 0);
	}
}

Test(vfio_bind, dais_own_driver_is_taken_where_it_is_loaded)
{
	for (unsigned int i = 0; i < n_elems(fresh); i++) {
		struct err err;

		begin(&fresh[i]);
		fake_host_bus_driver(fresh[i].bus, "vfio-dais");
		open_records();
		cr_assert_eq(bind_device(&err), 1, "%s: %s", err.what, err.why);
		cr_expect_str_eq(device.driver, "vfio-dais");
		cr_expect_eq(bind_device(&err), 0, "a second time");
		cr_assert_eq(unbind_device(&err), 0, "%s: %s", err.what, err.why);
		expect_back(&fresh[i]);
		sys_close(dir);
		cr_expect_eq(fake_n_open_fds(), 0);
	}
}

/* A device is with the driver that had it, not with the one that would be taken now. */
Test(vfio_bind, a_module_that_is_loaded_later_changes_nothing)
{
	struct err err;

	begin(&fresh[0]);
	open_records();
	cr_assert_eq(bind_device(&err), 1, "%s: %s", err.what, err.why);
	fake_host_bus_driver("platform", "vfio-dais");
	cr_expect_eq(bind_device(&err), 0, "it is bound");
	expect_bound(&fresh[0]);
	cr_assert_eq(unbind_device(&err), 0, "%s: %s", err.what, err.why);
	expect_back(&fresh[0]);
	sys_close(dir);
}

/* Killed between any two system calls, then done again: it is as if nothing had happened. */
Test(vfio_bind, a_bind_that_was_cut_off_is_finished_by_the_next)
{
	for (unsigned int i = 0; i < n_elems(fresh); i++) {
		bool stopped = true;

		for (unsigned int n = 1; stopped; n++) {
			struct err err;

			begin(&fresh[i]);
			open_records();
			fake_stop_at(n);
			bind_device(&err);
			stopped = fake_failed();
			sys_close(dir);
			cr_expect_eq(fake_n_open_fds(), 0);

			open_records();
			cr_assert_geq(bind_device(&err), 0, "call %u: %s: %s", n, err.what,
				      err.why);
			expect_bound(&fresh[i]);
			cr_assert_eq(unbind_device(&err), 0);
			expect_back(&fresh[i]);
			sys_close(dir);
		}
	}
}

Test(vfio_bind, an_unbind_that_was_cut_off_is_finished_by_the_next)
{
	for (unsigned int i = 0; i < n_elems(fresh); i++) {
		bool stopped = true;

		for (unsigned int n = 1; stopped; n++) {
			struct device_record record;
			struct err err;

			begin(&fresh[i]);
			open_records();
			cr_assert_eq(bind_device(&err), 1);
			fake_stop_at(n);
			unbind_device(&err);
			stopped = fake_failed();
			sys_close(dir);
			cr_expect_eq(fake_n_open_fds(), 0);

			open_records();
			if (!record_read(RECORD_OF_DEVICE, dir, device.name, &record, &err))
				cr_assert_eq(unbind_device(&err), 0, "call %u: %s: %s", n, err.what,
					     err.why);
			expect_back(&fresh[i]);
			sys_close(dir);
		}
	}
}

/* Cut off on the restore back, then wanted again: what was there before is still known. */
Test(vfio_bind, a_bind_after_half_an_unbind_remembers_the_first_driver)
{
	for (unsigned int n = 1;; n++) {
		struct err err;

		begin(&fresh[0]);
		open_records();
		cr_assert_eq(bind_device(&err), 1);
		fake_stop_at(n);
		unbind_device(&err);
		if (!fake_failed())
			break;
		fake_fail_at(0, 0);
		cr_assert_geq(bind_device(&err), 0);
		expect_bound(&fresh[0]);
		cr_assert_eq(unbind_device(&err), 0);
		expect_back(&fresh[0]);
		sys_close(dir);
	}
	sys_close(dir);
}

/* One call that fails: the bind succeeds all the same, or the device is with its driver again. */
Test(vfio_bind, every_failure_leaves_the_device_somewhere)
{
	for (unsigned int i = 0; i < n_elems(fresh); i++) {
		bool failed = true;

		for (unsigned int n = 1; failed; n++) {
			struct err err;
			int ret;

			begin(&fresh[i]);
			open_records();
			fake_fail_at(n, EIO);
			ret = bind_device(&err);
			failed = fake_failed();
			fake_fail_at(0, 0);
			if (ret >= 0)
				expect_bound(&fresh[i]);
			else
				cr_expect_str_eq(device.driver, fresh[i].driver, "call %u", n);
			sys_close(dir);
			cr_expect_eq(fake_n_open_fds(), 0);
		}
	}
}

static void no_module(void)
{
	fake_remove("/sys/bus/platform/drivers/vfio-platform/bind");
	fake_remove("/sys/bus/platform/drivers/vfio-platform/unbind");
	fake_remove("/sys/bus/platform/drivers/vfio-platform");
	fake_file("/sys/class/vfio-dev/vfio0/uevent", "");
}

static void no_reset_handler(void)
{
	device.probe_fails = ENOENT;
}

static void no_iommu(void)
{
	device.probe_fails = EINVAL;
}

static void broken(void)
{
	device.probe_fails = EIO;
}

static void no_node(void)
{
	device.node_comes_in = -1;
}

static void not_root(void)
{
	fake_open_error("/sys/bus/platform/drivers/ahci/unbind", EACCES);
}

static void suppressed(void)
{
	fake_remove("/sys/bus/platform/drivers/ahci/unbind");
}

static void suppressed_by_a_module(void)
{
	suppressed();
	fake_link("/sys/bus/platform/drivers/ahci/module", "/sys/module/ahci_platform");
}

Test(vfio_bind, what_keeps_a_device_from_vfio_is_told_and_undone)
{
	static const struct {
		void (*provoke)(void);
		const char *says, *fix;
	} cases[] = {
		{ no_module, "the host has no driver vfio-platform", "apt install dais-dkms" },
		{ no_reset_handler, "no reset handler", "vfio_platform.reset_required=0" },
		{ no_iommu, "no IOMMU of this host", "iommus" },
		{ broken, "the driver does not take it", "dmesg" },
		{ no_node, "no file for it under /dev/vfio", "devtmpfs" },
		{ not_root, "may not bind devices", "root" },
		{ suppressed, "suppress_bind_attrs", "initcall_blacklist=" },
		{ suppressed_by_a_module, "suppress_bind_attrs", "rmmod ahci_platform" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct err err;

		begin(&fresh[0]);
		open_records();
		cases[i].provoke();
		cr_expect_lt(bind_device(&err), 0);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect(strstr(err.fix, cases[i].fix), "%s", err.fix);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_expect_str_eq(device.driver, "ahci");
		sys_close(dir);
	}
}

Test(vfio_bind, the_file_under_dev_may_come_later)
{
	struct err err;

	begin(&fresh[0]);
	open_records();
	device.node_comes_in = 5;
	cr_expect_eq(bind_device(&err), 1);
	cr_expect_eq(fake_slept_ms(), 5 * 20);
	sys_close(dir);
}

Test(vfio_bind, a_probe_of_the_old_driver_may_be_put_off)
{
	struct err err;

	begin(&fresh[0]);
	open_records();
	cr_assert_eq(bind_device(&err), 1);
	device.defers = 1;
	fake_file("/sys/kernel/debug/devices_deferred",
		  "10300000.dma\n10200000.sata\tplatform: supplier 1000.phy not ready\n");
	cr_expect_lt(unbind_device(&err), 0, "nobody probes again here");
	cr_expect(err_says(&err, "devices_deferred): platform: supplier 1000.phy not ready"), "%s",
		  err.why);
	cr_expect(strstr(err.fix, "dais unbind 10200000.sata"));
	cr_expect_eq(unbind_device(&err), 0);
	expect_back(&fresh[0]);
	sys_close(dir);
}

Test(vfio_bind, a_driver_that_is_no_longer_there_is_named)
{
	struct err err;

	begin(&fresh[0]);
	open_records();
	cr_assert_eq(bind_device(&err), 1);
	fake_remove("/sys/bus/platform/drivers/ahci/bind");
	cr_expect_eq(unbind_device(&err), -ENOENT);
	cr_expect(strstr(err.fix, "modprobe ahci"));
	expect_bound(&fresh[0]);
	sys_close(dir);
}

/* Somebody gave the device another driver since: the record is of no use. */
Test(vfio_bind, an_outdated_record_is_not_believed)
{
	static const char probe[] = "10200000.sata";
	struct device_record record;
	struct err err;
	int fd;

	begin(&fresh[0]);
	open_records();
	cr_assert_eq(bind_device(&err), 1);
	fd = sys_open("/sys/bus/platform/drivers/vfio-platform/unbind", 0);
	cr_assert_eq(sys_pwrite(fd, probe, strlen(probe), 0), (ssize_t)strlen(probe));
	sys_close(fd);
	strcpy(device.driver_override, "other");
	fake_host_bus_driver("platform", "other");
	fd = sys_open("/sys/bus/platform/drivers_probe", 0);
	cr_assert_eq(sys_pwrite(fd, probe, strlen(probe), 0), (ssize_t)strlen(probe));
	sys_close(fd);
	cr_assert_str_eq(device.driver, "other");

	cr_assert_eq(bind_device(&err), 1);
	cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, device.name, &record, &err), 0);
	cr_expect_str_eq(record.driver, "other");
	cr_expect_str_eq(record.driver_override, "other");
	sys_close(dir);
}
