// SPDX-License-Identifier: GPL-2.0-only
/* Devices without an IOMMU: the backend, and who may still write to which RAM. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "tests/unit/vfio/noiommu_rig.h"
#include "vfio/device.h"
#include "vfio/host/record.h"
#include "vfio/vfio.h"
#include "vmm/base/file.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/ram.h"

#define FILE_NAME FAKE_HUGE_DIR "/dais-1"

/* Who this process is, for records. */
static void write_self(unsigned int pid)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "%u (dais) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 77 0\n", pid);
	fake_file("/proc/self/stat", text);
}

static void begin(void)
{
	set_up();
	write_self((unsigned int)getpid());
}

TestSuite(noiommu, .init = begin);

Test(noiommu, devices_share_a_container_that_kvm_is_not_told_of)
{
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0, "%s", f.err.what);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_TWIN), 0, "%s", f.err.what);
	cr_expect_eq(fake_vfio.n_containers, 1);
	cr_expect_eq(fake_vfio.containers[0].n_members, 2);
	for (unsigned int i = 0; i < 3; i++)
		cr_expect_eq(f.handles[i].kvm_fd, -1);
	tear_down();
}

Test(noiommu, a_device_that_has_an_iommu_is_refused)
{
	fake_remove("/sys/kernel/iommu_groups/7/name");
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EINVAL);
	cr_expect(err_says(&f.err, FIXTURE_DISK " has an IOMMU"), "%s", f.err.what);
	cr_expect(strstr(f.err.fix, "iommu=auto"), "%s", f.err.fix);
	tear_down();
}

Test(noiommu, rights_are_named)
{
	fake_open_error("/dev/vfio/noiommu-7", EPERM);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EPERM);
	cr_expect(err_says(&f.err, "CAP_SYS_RAWIO"), "%s", f.err.why);
	tear_down();
}

Test(noiommu, each_failing_call_is_told_and_leaves_nothing)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		if (n > 1)
			begin();
		fake_fail_at(n, EIO);
		ret = fixture_vfio_open(&f, FIXTURE_DISK);
		if (!ret)
			ret = vfio_dma_map(f.vm.vfio, &ram, &f.err);
		/* but whether a group has an IOMMU may not be asked twice: then it is another's;
		   and where it has no file of its own, as far as one can see, it is its group's */
		cr_assert(ret || !fake_failed() || fake_vfio.containers[0].n_members == 1,
			  "call %u", n);
		tear_down();
		if (!fake_failed())
			break;
	}
}

Test(noiommu, map_looks_where_ram_is)
{
	make_ram();
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), 0, "%s", f.err.what);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	cr_assert_eq(vfio_dma_unmap(f.vm.vfio, &f.err), 0, "%s", f.err.what);

	/* as if nothing had held it */
	while (phys.n_pins)
		sys_close(phys.pins[--phys.n_pins]);
	cr_assert(fake_huge_move(GIB + 12 * PAGE, 5 * GIB));
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), -ESTALE);
	cr_expect(err_says(&f.err, "guest RAM at 0x41800000"), "%s", f.err.what);
	cr_expect(err_says(&f.err, "physical address 0x140000000"), "%s", f.err.why);
	cr_expect_eq(err_exit_status(&f.err), EXIT_STATUS_HOST);

	fake_huge_hide();
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), -EPERM);
	cr_expect(err_says(&f.err, "CAP_SYS_ADMIN"), "%s", f.err.why);
	tear_down();
}

Test(noiommu, ram_that_is_not_at_its_address_is_never_taken)
{
	cr_assert_eq(ram_add_bank(&ram, (struct range){ GIB, 8 * PAGE }, -1, 0, &err), 0);
	cr_assert_eq(ram_create(&ram, &err), 0);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), -ENODATA);
	cr_expect(strstr(f.err.fix, "mem-path"), "%s", f.err.fix);
	tear_down();
}

/* Two devices of the VM for vfio_ram_claim(), which only looks at what they are. */
static struct vfio_device disk, twin;

static int hold(unsigned int pid)
{
	int ret;

	disk.host = f.hosts[0];
	twin.host = f.hosts[2];
	disk.next = &twin;
	f.vm.vfio->devices = &disk;
	write_self(pid);
	ret = vfio_ram_claim(f.vm.vfio, FILE_NAME, "dais-1", &err);
	write_self((unsigned int)getpid());
	f.vm.vfio->devices = NULL;
	return ret;
}

static void name_ram(void)
{
	make_ram();
	cr_assert_eq(phys_ram_name(&phys, FILE_NAME, &err), 0);
	phys_ram_destroy(&phys);
}

static bool is_recorded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), VFIO_RAM_RECORDS "/%s", name);
	return file_exists("%s", path);
}

#define GONE 4000000 /* the number of no process */

static void is_collected(void)
{
	cr_assert_eq(vfio_ram_collect((uint64_t)getpid(), true, &err), 0, "%s", err.what);
	cr_expect_not(file_exists(FILE_NAME));
	cr_expect_not(is_recorded(FIXTURE_DISK));
	cr_expect_not(is_recorded(FIXTURE_TWIN));
	tear_down();
}

static void is_kept(void)
{
	cr_assert_eq(vfio_ram_collect((uint64_t)getpid(), true, &err), 0, "%s", err.what);
	cr_expect(file_exists(FILE_NAME));
}

Test(noiommu, nothing_to_collect)
{
	cr_expect_eq(vfio_ram_collect((uint64_t)getpid(), true, &err), 0);
	tear_down();
}

Test(noiommu, ram_is_released_when_its_devices_were_reset)
{
	unsigned int n_resets = fixture_vfio_devices[0].n_resets;

	name_ram();
	cr_assert_eq(hold(GONE), 0, "%s", err.what);
	is_collected();
	cr_expect_eq(fixture_vfio_devices[0].n_resets, n_resets + 1);
}

Test(noiommu, this_process_collects_what_it_claimed)
{
	name_ram();
	cr_assert_eq(hold((unsigned int)getpid()), 0, "%s", err.what);
	is_collected();
}

Test(noiommu, who_may_not_reset_knows_of_a_reset_before)
{
	name_ram();
	cr_assert_eq(hold(GONE), 0);
	vfio_ram_set_quiet(FIXTURE_DISK);
	cr_assert_eq(vfio_ram_collect(0, false, &err), 0);
	cr_expect(file_exists(FILE_NAME));
	cr_expect_not(is_recorded(FIXTURE_DISK));
	vfio_ram_set_quiet(FIXTURE_TWIN);
	vfio_ram_set_quiet("not-recorded");
	cr_assert_eq(vfio_ram_collect(0, false, &err), 0);
	is_collected();
}

static void cannot_release(void *opaque, const char *device, const struct err *e)
{
	(void)opaque;
	cr_assert_fail("%s: %s", device, e->what);
}

/* In the sandbox the record cannot be written: the reset is done again by the dais that collects.
 */
Test(noiommu, a_release_notes_the_reset_where_it_may)
{
	static const bool may_note[] = { false, true };

	name_ram();
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_assert_eq(hold(GONE), 0);
	for (size_t i = 0; i < n_elems(may_note); i++) {
		const char *record;

		disk.next = NULL;
		disk.handle = f.handles[0];
		disk.flags = VFIO_DEVICE_FLAGS_RESET;
		f.vm.vfio->devices = &disk;
		vfio_release(f.vm.vfio, may_note[i], cannot_release, cannot_release, NULL);
		f.vm.vfio->devices = NULL;
		record = fake_file_text(VFIO_RAM_RECORDS "/" FIXTURE_DISK);
		cr_expect_eq(!!strstr(record, "quiet=1\n"), may_note[i], "%s", record);
	}
	is_collected();
}

/* It is brought to rest when it is closed, or is not. */
Test(noiommu, a_release_does_not_know_of_a_device_of_vfio_dais_without_a_reset)
{
	const char *record;

	name_ram();
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_assert_eq(hold(GONE), 0);
	disk.next = NULL;
	disk.handle = f.handles[0];
	disk.flags = 0;
	strcpy(disk.host.driver, "vfio-dais");
	f.vm.vfio->devices = &disk;
	vfio_release(f.vm.vfio, true, cannot_release, cannot_release, NULL);
	f.vm.vfio->devices = NULL;
	record = fake_file_text(VFIO_RAM_RECORDS "/" FIXTURE_DISK);
	cr_expect(strstr(record, "quiet=0\n"), "%s", record);
	tear_down();
}

Test(noiommu, a_device_that_cannot_be_reset_keeps_ram_until_its_own_driver_has_it)
{
	name_ram();
	cr_assert_eq(hold(GONE), 0);
	fixture_vfio_devices[2].no_reset = true;
	is_kept();
	cr_expect_not(is_recorded(FIXTURE_DISK), "it is quiet, whatever becomes of it");
	cr_expect(is_recorded(FIXTURE_TWIN));
	fixture_vfio_devices[2].no_reset = false;
	fixture_vfio_devices[2].reset_error = EIO;
	is_kept();
	fixture_vfio_devices[2].reset_error = 0;
	fake_remove("/sys/devices/platform/" FIXTURE_TWIN "/driver");
	is_kept();
	fake_host_device("platform", FIXTURE_TWIN, "its-own", 3);
	is_collected();
}

Test(noiommu, a_device_is_not_taken_again_while_it_may_write_to_other_ram)
{
	name_ram();
	cr_assert_eq(hold(GONE), 0);
	cr_assert_lt(hold(GONE), 0);
	cr_expect(err_says(&err, FIXTURE_DISK " may still write to " FILE_NAME), "%s", err.what);
	cr_expect(strstr(err.fix, "dais unbind " FIXTURE_DISK), "%s", err.fix);
	fake_remove(FILE_NAME);
	cr_expect_eq(hold(GONE), 0, "the user knew better");
	is_collected();
}

Test(noiommu, ram_of_a_living_process_is_left_alone)
{
	fake_file("/proc/4000001/stat",
		  "4000001 (dais) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 77 0\n");
	name_ram();
	cr_assert_eq(hold(4000001), 0);
	is_kept();
	cr_expect(is_recorded(FIXTURE_DISK) && is_recorded(FIXTURE_TWIN));
	fake_remove("/proc/4000001/stat");
	is_collected();
}

#define NEW_NAME "dais-2.new"

static int hold_new(unsigned int pid)
{
	int ret;

	fake_file(FAKE_HUGE_DIR "/" NEW_NAME, "");
	write_self(pid);
	ret = vfio_ram_claim_new(FAKE_HUGE_DIR "/" NEW_NAME, "dais-1", &err);
	write_self((unsigned int)getpid());
	return ret;
}

Test(noiommu, what_a_start_that_was_killed_leaves)
{
	fake_file("/proc/4000001/stat",
		  "4000001 (dais) S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 77 0\n");
	cr_assert_eq(hold_new(4000001), 0, "%s", err.what);
	cr_assert_eq(vfio_ram_collect(0, true, &err), 0);
	cr_expect(file_exists(FAKE_HUGE_DIR "/" NEW_NAME), "it still starts");
	fake_remove("/proc/4000001/stat");
	cr_assert_eq(vfio_ram_collect(0, false, &err), 0, "%s", err.what);
	cr_expect_not(file_exists(FAKE_HUGE_DIR "/" NEW_NAME));
	cr_expect_not(is_recorded(NEW_NAME));
	tear_down();
}

Test(noiommu, a_start_that_went_well_is_forgotten)
{
	cr_assert_eq(hold_new((unsigned int)getpid()), 0);
	cr_expect(is_recorded(NEW_NAME));
	cr_assert_eq(vfio_ram_forget_new(FAKE_HUGE_DIR "/" NEW_NAME, &err), 0);
	cr_expect_not(is_recorded(NEW_NAME));
	tear_down();
}

Test(noiommu, a_failing_call_of_settling_never_releases_what_is_not_quiet)
{
	bool failed = true;

	for (unsigned int n = 1; failed; n++) {
		if (n > 1)
			begin();
		name_ram();
		cr_assert_eq(hold(GONE), 0);
		fixture_vfio_devices[2].no_reset = true;
		fake_fail_at(n, EIO);
		vfio_ram_collect((uint64_t)getpid(), true, &err);
		failed = fake_failed();
		fake_fail_at(0, 0);
		cr_expect(file_exists(FILE_NAME), "call %u", n);
		cr_expect(is_recorded(FIXTURE_TWIN), "call %u", n);
		tear_down();
	}
	fixture_vfio_devices[2].no_reset = false;
}
