// SPDX-License-Identifier: GPL-2.0-only
/* Devices that a run has, and what becomes of those of a run that is gone. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_host_bus.h"
#include "tests/unit/err_says.h"
#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define DISK "10200000.sata"
#define RTC  "9010000.pl031"

static struct fake_bus_device disk, rtc;
static const char *const names[] = { DISK, RTC };
static struct vfio_claims *claims;
static struct err err;

/* The process that tests of a kill are in; another one has another number. */
static void be_process(unsigned int pid)
{
	char text[128], path[64];

	snprintf(text, sizeof(text),
		 "%u (dais) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 77 20\n", pid);
	fake_file("/proc/self/stat", text);
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fake_file(path, text);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	fake_file_bytes(path, "dais\0run", 9);
}

static void end_process(unsigned int pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fake_remove(path);
}

static void setup(void)
{
	fake_sys_reset();
	fake_host_bus_reset();
	fake_host_bus_driver("platform", "ahci");
	fake_host_bus_driver("amba", "rtc-pl031");
	disk = (struct fake_bus_device){
		.bus = "platform", .name = DISK, .wanted_by = "ahci", .group = 7, .driver = "ahci"
	};
	rtc = (struct fake_bus_device){
		.bus = "amba", .name = RTC, .group = 2, .driver = "vfio-amba"
	};
	fake_host_bus_add(&disk);
	fake_host_bus_add(&rtc);
	be_process(4121);
	claims = NULL;
}

TestSuite(vfio_claims, .init = setup);

static int take(bool bind)
{
	return vfio_claims_take(&claims, names, n_elems(names), bind, "disk", &err);
}

static int give(void)
{
	int ret = vfio_claims_return(claims, &err);

	vfio_claims_forget(claims);
	claims = NULL;
	cr_expect_eq(fake_n_open_fds(), 0);
	return ret;
}

/* What the next command finds and finishes. */
static int recover(void)
{
	owned_fd int records = -1, lock = -1;

	return vfio_bindings_begin(&records, &lock, &err);
}

static const char *record_of(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), VFIO_RECORDS "/%s", name);
	return fake_file_text(path);
}

Test(vfio_claims, bound_for_a_run_and_given_back)
{
	cr_assert_eq(take(true), 0, "%s: %s", err.what, err.why);
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(strstr(record_of(DISK), "driver=ahci\n") &&
		  strstr(record_of(DISK), "pid=4121\n") && strstr(record_of(DISK), "vm=disk\n") &&
		  strstr(record_of(DISK), "bound=run\n"));
	cr_expect(strstr(record_of(RTC), "pid=4121\n") && strstr(record_of(RTC), "bound=no\n"));
	cr_expect_eq(give(), 0);
	cr_expect_str_eq(disk.driver, "ahci");
	cr_expect_str_eq(rtc.driver, "vfio-amba", "it was so before");
	cr_expect_null(record_of(DISK));
	cr_expect_null(record_of(RTC));
}

Test(vfio_claims, what_dais_bind_has_bound_stays)
{
	const struct device_record claim = { .bound = VFIO_BOUND_BY_BIND };
	int dir = records_open(RECORD_OF_DEVICE, true, &err);

	cr_assert_eq(vfio_host_bind(dir, DISK, &claim, false, &err), 1);
	sys_close(dir);
	cr_assert_eq(take(true), 0);
	cr_expect_eq(give(), 0);
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(strstr(record_of(DISK), "pid=0\n") && strstr(record_of(DISK), "driver=ahci\n"));
}

/* The restore opens nothing: it works where no path leads anywhere any more. */
Test(vfio_claims, the_restore_opens_nothing)
{
	cr_assert_eq(take(true), 0);
	fake_open_error("/sys/devices/platform/" DISK "/driver_override", EACCES);
	fake_open_error("/sys/bus/platform/drivers/vfio-platform/unbind", EACCES);
	fake_open_error("/sys/bus/platform/drivers/ahci/bind", EACCES);
	fake_open_error("/run/dais/lock", EACCES);
	cr_expect_eq(give(), 0, "%s", err.what);
	cr_expect_str_eq(disk.driver, "ahci");
	cr_expect_null(record_of(DISK));
}

Test(vfio_claims, the_vmm_forgets_what_the_keeper_has)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_forget(claims);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(record_of(DISK));
}

Test(vfio_claims, a_device_that_was_not_reset_is_left_bound)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_leave_bound(claims, DISK, false, "no reset");
	vfio_claims_leave_bound(claims, "unknown", false, "nobody's");
	cr_expect_lt(give(), 0);
	cr_expect(err_says(&err, "stays with vfio-platform: no reset"));
	cr_expect(strstr(err.fix, "dais unbind " DISK));
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(strstr(record_of(DISK), "left_bound=no reset\n") &&
		  strstr(record_of(DISK), "pid=0\n"));

	be_process(5000);
	cr_assert_eq(take(true), 0, "left bound is not taken");
	cr_expect(strstr(record_of(DISK), "left_bound=\n"));
	cr_expect_eq(give(), 0);
	cr_expect_str_eq(disk.driver, "ahci");
}

Test(vfio_claims, without_the_right_to_records_a_run_does_without)
{
	fake_open_error("/run/dais/lock", EACCES);
	cr_assert_eq(vfio_claims_take(&claims, &names[1], 1, false, "disk", &err), 0);
	cr_expect_null(record_of(RTC));
	cr_expect_eq(give(), 0);
	cr_expect_eq(take(true), -EACCES, "but not with --bind");
	cr_expect(strstr(err.fix, "root"));
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(vfio_claims, the_second_vm_is_told_who_has_the_device)
{
	struct vfio_claims *second;

	cr_assert_eq(take(true), 0);
	be_process(5000);
	cr_expect_eq(vfio_claims_take(&second, names, 1, true, "other", &err), -EBUSY);
	cr_expect(err_says(&err, "held by VM disk, pid 4121 (dais run)"), "%s", err.why);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(record_of(DISK), "pid=4121\n"));
	give();
}

/* A sibling in the group, and a program that keeps no records. */
Test(vfio_claims, who_has_the_group_has_the_device)
{
	struct fake_bus_device sibling = { .bus = "platform", .name = "10210000.sib", .group = 7 };
	const char *const name = sibling.name;
	static const struct fake_fd_ops node = { 0 };
	struct vfio_host_device host;
	char owner[100];

	fake_host_bus_add(&sibling);
	cr_assert_eq(vfio_host_device_find(&host, DISK, &err), 0);
	cr_expect_not(vfio_find_owner(&host, owner, sizeof(owner)));
	cr_assert_eq(vfio_claims_take(&claims, &name, 1, true, "sib", &err), 0);
	cr_expect_not(vfio_find_owner(&host, owner, sizeof(owner)), "it is us");
	be_process(5000);
	cr_expect(vfio_find_owner(&host, owner, sizeof(owner)));
	cr_expect_str_eq(owner, "VM sib, pid 4121 (dais run)");
	give();

	fake_device("/dev/vfio/7", &node, NULL);
	fake_link("/proc/77/fd/5", "/dev/vfio/7");
	fake_file_bytes("/proc/77/cmdline", "qemu\0-M", 8);
	cr_expect(vfio_find_owner(&host, owner, sizeof(owner)));
	cr_expect_str_eq(owner, "pid 77 (qemu -M)");
}

/* On a host with thousands of processes it takes long to look at what each has open. */
Test(vfio_claims, who_can_open_the_group_is_alone)
{
	static const struct fake_fd_ops node = { 0 };

	fake_device("/dev/vfio/7", &node, NULL);
	fake_link("/proc/77/fd/5", "/dev/vfio/7");
	fake_file_bytes("/proc/77/cmdline", "qemu", 5);
	cr_assert_eq(take(false), 0, "/proc is not asked: %s", err.what);
	cr_expect_eq(give(), 0);
	fake_busy("/dev/vfio/7");
	cr_expect_eq(take(false), -EBUSY);
	cr_expect(err_says(&err, "held by pid 77 (qemu)"), "%s", err.why);
	cr_expect_eq(fake_n_open_fds(), 0);
}

/* A plain file may have that name, in a mount namespace of its own, and the device another. */
Test(vfio_claims, an_owner_has_the_device_open_and_not_its_name)
{
	struct vfio_host_device host;
	char owner[100];

	cr_assert_eq(take(true), 0);
	vfio_claims_forget(claims);
	fake_remove(VFIO_RECORDS "/" DISK);
	cr_assert_eq(vfio_host_device_find(&host, DISK, &err), 0);
	fake_link("/proc/77/fd/5", "/dev/../dev/vfio/7");
	fake_file("/proc/77/cmdline", "x\033[2J\n");
	cr_expect(vfio_find_owner(&host, owner, sizeof(owner)));
	cr_expect_str_eq(owner, "pid 77 (x\\x1b[2J\\x0a)");
	fake_remove("/proc/77/fd/5");
	fake_link("/proc/77/fd/5", "/dev/vfio/7");
	fake_remove("/dev/vfio/7");
	fake_file("/dev/vfio/7", "");
	cr_expect_not(vfio_find_owner(&host, owner, sizeof(owner)), "%s", owner);
}

/* Killed at any call of a whole run's way there and back: the next dais finishes it. */
static void killed_at(unsigned int n, bool *reached)
{
	setup();
	fake_stop_at(n);
	if (!take(true))
		vfio_claims_return(claims, &err);
	*reached = fake_failed();
	fake_fail_at(0, 0);
	vfio_claims_forget(claims);
	claims = NULL;
	end_process(4121);
}

Test(vfio_claims, the_next_dais_finishes_what_a_killed_one_left)
{
	bool reached = true;

	for (unsigned int n = 1; reached; n++) {
		killed_at(n, &reached);
		be_process(5000);
		cr_assert_eq(recover(), 0, "call %u: %s", n, err.what);
		/* What the killed one has left bound itself waits for "dais unbind". */
		cr_expect_str_eq(disk.driver, "ahci", "call %u: %s", n, disk.driver);
		cr_expect_str_eq(disk.driver_override, "");
		cr_expect_null(record_of(DISK), "call %u", n);
		cr_expect_null(record_of(RTC), "call %u", n);
		cr_expect_eq(fake_n_open_fds(), 0);
	}
}

Test(vfio_claims, a_device_that_somebody_still_has_is_left_alone)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_forget(claims);
	end_process(4121);
	be_process(5000);
	fake_link("/proc/4122/fd/5", "/dev/vfio/7");
	cr_expect_eq(recover(), 0);
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(strstr(record_of(DISK), "pid=4121\n"), "until it is gone, too");
	fake_remove("/proc/4122/fd/5");
	cr_expect_eq(recover(), 0);
	cr_expect_str_eq(disk.driver, "ahci");
}

Test(vfio_claims, one_that_cannot_be_recovered_does_not_block_the_rest)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_forget(claims);
	end_process(4121);
	be_process(5000);
	fake_remove("/sys/bus/platform/drivers/ahci/bind");
	cr_expect_eq(recover(), 0);
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect_null(record_of(RTC));
}

Test(vfio_claims, every_failing_call_leaves_the_devices_where_they_were)
{
	for (unsigned int n = 1;; n++) {
		int ret;
		bool failed;

		setup();
		fake_fail_at(n, EIO);
		ret = take(true);
		failed = fake_failed();
		fake_fail_at(0, 0);
		if (!ret)
			cr_expect_eq(give(), 0);
		/* Only where even what was noted could not be read again. */
		cr_expect_str_eq(disk.driver, "ahci", "call %u", n);
		cr_expect_eq(fake_n_open_fds(), 0);
		if (!failed)
			break;
	}
}

/* A run took the disk and is gone, with its keeper; nobody has looked after it. */
static void leave_disk(void)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_forget(claims);
	claims = NULL;
	end_process(4121);
	be_process(5000);
}

static int unbind(bool force)
{
	owned_fd int records = -1, lock = -1;

	cr_assert_eq(vfio_bindings_begin(&records, &lock, &err), 0, "%s", err.what);
	return vfio_unbind(records, DISK, force, &err);
}

Test(vfio_claims, a_device_is_at_rest_before_it_goes_back)
{
	leave_disk();
	cr_assert_eq(recover(), 0);
	cr_expect_eq(disk.n_resets, 1);
	cr_expect_str_eq(disk.driver, "ahci");

	setup();
	disk.no_reset = true;
	leave_disk();
	cr_assert_eq(recover(), 0, "it blocks nothing");
	cr_expect_str_eq(disk.driver, "vfio-platform");
	cr_expect(strstr(record_of(DISK), "left_bound=it may still be at work: ") &&
		  strstr(record_of(DISK), "pid=0\n"));
	cr_expect_lt(unbind(false), 0);
	cr_expect(err_says(&err, DISK " stays with vfio-platform: it may still be at work: "));
	cr_expect(strstr(err.fix, "dais unbind " DISK) && strstr(err.fix, "--force"));
	cr_expect_str_eq(disk.driver, "vfio-platform");
	disk.no_reset = false;
	disk.open_error = EIO;
	cr_expect_lt(unbind(false), 0);
	cr_expect(strstr(err.why, "cannot be opened"), "%s", err.why);
	cr_expect_eq(unbind(true), 1, "%s", err.what);
	cr_expect_str_eq(disk.driver, "ahci");
	cr_expect_null(record_of(DISK));
	cr_expect_eq(fake_n_open_fds(), 0);
}

/* What stays bound by its owner's will is not left bound. */
Test(vfio_claims, a_device_at_work_is_told_of_where_it_would_go_back)
{
	cr_assert_eq(take(true), 0);
	vfio_claims_leave_bound(claims, DISK, true, "at work");
	vfio_claims_leave_bound(claims, RTC, true, "at work");
	cr_expect_lt(give(), 0);
	cr_expect(err_says(&err, DISK " stays with vfio-platform: at work"));
	cr_expect_null(record_of(RTC));
}

#define AT_WORK "/sys/devices/platform/" DISK "/vfio-dais/at_work"

Test(vfio_claims, vfio_dais_tells_what_it_has_seen)
{
	fake_host_bus_driver("platform", "vfio-dais");
	fake_file(AT_WORK, "a channel does not stop\n");
	cr_assert_eq(take(true), 0);
	cr_expect_str_eq(disk.driver, "vfio-dais");
	cr_expect_lt(give(), 0);
	cr_expect(err_says(&err, DISK " stays with vfio-dais: it may still be at work: "
				      "a channel does not stop"));
	cr_expect(strstr(record_of(DISK), "left_bound=it may still be at work: a channel"));
	cr_expect_lt(unbind(false), 0);
	cr_expect_eq(disk.n_resets, 1, "it was tried once more");
	cr_expect_str_eq(disk.driver, "vfio-dais");
	cr_expect_eq(unbind(true), 1, "%s", err.what);
	cr_expect_eq(fake_file_text(AT_WORK)[0], '0');
	cr_expect_str_eq(disk.driver, "ahci");

	setup();
	fake_host_bus_driver("platform", "vfio-dais");
	fake_file(AT_WORK, "\n");
	cr_assert_eq(take(true), 0);
	cr_expect_eq(give(), 0, "%s", err.what);
	cr_expect_str_eq(disk.driver, "ahci");
}
