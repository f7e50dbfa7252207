// SPDX-License-Identifier: GPL-2.0-only
/* Opening devices: what may be wrong with the host, what the user is told, which backend is taken.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_vfio.h"
#include "vfio/vfio.h"

static struct fixture_vfio f;

static void no_container(void)
{
	fake_remove("/dev/vfio/vfio");
}

static void container_forbidden(void)
{
	fake_open_error("/dev/vfio/vfio", EACCES);
}

static void no_type1(void)
{
	fake_vfio.no_type1 = true;
}

static void no_remapping(void)
{
	fake_vfio.no_remapping = true;
}

static void group_forbidden(void)
{
	fake_open_error("/dev/vfio/7", EACCES);
}

static void no_group(void)
{
	fake_remove("/dev/vfio/7");
}

static void group_held(void)
{
	fake_busy("/dev/vfio/7");
	fake_link("/proc/12/fd/3", "/dev/vfio/71");
	fake_link("/proc/4121/fd/9", "/dev/vfio/7");
	fake_file_bytes("/proc/4121/cmdline", "dais\0run\0-c\0disk.conf", 22);
}

static void group_held_by_a_stranger(void)
{
	fake_busy("/dev/vfio/7");
}

static void not_viable(void)
{
	fake_vfio.not_viable[7] = true;
	fake_host_device("platform", "10300000.eth", "macb", 7);
	fake_file("/sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y\n");
}

static void no_iommufd(void)
{
	fake_remove("/dev/iommu");
}

static void iommufd_forbidden(void)
{
	fake_open_error("/dev/iommu", EACCES);
}

static void no_cdev(void)
{
	fake_remove("/sys/devices/platform/" FIXTURE_DISK "/vfio-dev/vfio0");
}

static void cdev_forbidden(void)
{
	fake_open_error("/dev/vfio/devices/vfio0", EACCES);
}

static void no_cdev_node(void)
{
	fake_remove("/dev/vfio/devices/vfio0");
}

/* By another of its files; who that is, /proc tells. */
static void cdev_held(void)
{
	cr_assert_eq(vfio_handle_open(f.vm.vfio, &f.hosts[0], &f.handles[2], &f.err), 0);
	fake_link("/proc/4121/fd/9", "/dev/vfio/devices/vfio0");
	fake_file("/proc/4121/cmdline", "qemu");
}

static void group_of_cdev_held(void)
{
	fixture_vfio_devices[0].open_error = EBUSY;
	fake_link("/proc/4121/fd/9", "/dev/vfio/7");
	fake_file("/proc/4121/cmdline", "qemu");
}

static void no_power(void)
{
	fixture_vfio_devices[0].open_error = EIO;
}

static void not_attached(void)
{
	fake_vfio.attach_error = ENODEV;
}

static const struct bad_host {
	enum vfio_backend backend;
	void (*make)(void);
	const char *what, *why, *fix;
} bad_hosts[] = {
	{ VFIO_BACKEND_TYPE1, no_container, "open /dev/vfio/vfio: No such file",
	  "no VFIO container", "modprobe vfio_iommu_type1" },
	{ VFIO_BACKEND_TYPE1, container_forbidden, "open /dev/vfio/vfio: Permission denied",
	  "may not", "chmod" },
	{ VFIO_BACKEND_TYPE1, no_type1, "no type1 IOMMU", "", "modprobe vfio_iommu_type1" },
	{ VFIO_BACKEND_TYPE1, no_remapping,
	  "VFIO_SET_IOMMU of /dev/vfio/7: Operation not permitted", "interrupt remapping",
	  "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts" },
	{ VFIO_BACKEND_TYPE1, group_forbidden, "open /dev/vfio/7: Permission denied", "may not",
	  "chown USER /dev/vfio/7" },
	{ VFIO_BACKEND_TYPE1, no_group, "open /dev/vfio/7: No such file", "no such group", "bind" },
	{ VFIO_BACKEND_TYPE1, group_held, "open /dev/vfio/7: Device or resource busy",
	  "held by pid 4121 (dais run -c disk.conf)", "another device" },
	{ VFIO_BACKEND_TYPE1, group_held_by_a_stranger, "busy", "another process", "stop" },
	{ VFIO_BACKEND_TYPE1, not_viable, "IOMMU group 7 is not viable", "10300000.eth (macb)",
	  "unbind" },
	{ VFIO_BACKEND_IOMMUFD, no_iommufd, "open /dev/iommu: No such file", "no iommufd",
	  "modprobe iommufd (CONFIG_IOMMUFD), or give iommu=type1" },
	{ VFIO_BACKEND_IOMMUFD, iommufd_forbidden, "open /dev/iommu: Permission denied", "may not",
	  "chmod" },
	{ VFIO_BACKEND_IOMMUFD, no_cdev, FIXTURE_DISK " has no file", "CONFIG_VFIO_DEVICE_CDEV",
	  "iommu=type1" },
	{ VFIO_BACKEND_IOMMUFD, cdev_forbidden, "open /dev/vfio/devices/vfio0: Permission denied",
	  "may not", "chown USER /dev/vfio/devices/vfio0" },
	{ VFIO_BACKEND_IOMMUFD, no_cdev_node, "open /dev/vfio/devices/vfio0: No such file",
	  "devtmpfs", "bind" },
	{ VFIO_BACKEND_IOMMUFD, no_remapping,
	  "VFIO_DEVICE_BIND_IOMMUFD of /dev/vfio/devices/vfio0: Operation not permitted",
	  "interrupt remapping", "/sys/module/iommufd/parameters/allow_unsafe_interrupts" },
	{ VFIO_BACKEND_IOMMUFD, not_viable,
	  "VFIO_DEVICE_BIND_IOMMUFD of /dev/vfio/devices/vfio0: Operation not permitted",
	  "10300000.eth (macb)", "unbind" },
	{ VFIO_BACKEND_IOMMUFD, cdev_held, "vfio0: Invalid argument", "is held by pid 4121 (qem",
	  "another device" },
	{ VFIO_BACKEND_IOMMUFD, group_of_cdev_held, "vfio0: Device or resource busy",
	  "is held by pid 4121", "another device" },
	{ VFIO_BACKEND_IOMMUFD, no_power, "VFIO_DEVICE_BIND_IOMMUFD", "power the device or reset",
	  "vfio_platform.reset_required=0" },
	{ VFIO_BACKEND_TYPE1, no_power, "open 10000000.ahci in /dev/vfio/7",
	  "power the device or reset", "vfio_platform.reset_required=0" },
	{ VFIO_BACKEND_IOMMUFD, not_attached, "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
	  "does not serve the device", "iommus" },
	{ VFIO_BACKEND_NONE, not_viable, "iommu=none", "", "iommu=auto" },
};

static void expect_error(const struct bad_host *bad)
{
	cr_expect(strstr(f.err.what, bad->what), "%s: %s", bad->what, f.err.what);
	cr_expect(strstr(f.err.why, bad->why), "%s: %s", bad->what, f.err.why);
	cr_expect(strstr(f.err.fix, bad->fix), "%s: %s", bad->what, f.err.fix);
}

Test(vfio_open, a_host_that_is_not_ready)
{
	for (unsigned int i = 0; i < n_elems(bad_hosts); i++) {
		const struct bad_host *bad = &bad_hosts[i];

		fixture_vfio_create(&f, bad->backend);
		bad->make();
		cr_expect_lt(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", bad->what);
		cr_expect_eq(err_exit_status(&f.err),
			     bad->backend == VFIO_BACKEND_NONE ? EXIT_STATUS_USAGE
							       : EXIT_STATUS_HOST,
			     "%s", bad->what);
		expect_error(bad);
		fixture_vfio_destroy(&f);
	}
}

static bool is_through(enum vfio_backend backend, const char *name)
{
	const struct vfio_iommu_ops *ops =
		backend == VFIO_BACKEND_IOMMUFD ? &vfio_iommufd_ops : &vfio_type1_ops;

	cr_assert_eq(fixture_vfio_open(&f, name), 0, "%s", f.err.what);
	return f.vm.vfio->iommus->ops == ops && !f.vm.vfio->iommus->next;
}

static const char *read_stderr(void)
{
	static char said[8192];

	fflush(stderr);
	said[fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr())] = '\0';
	return said;
}

Test(vfio_open, auto_takes_iommufd_and_says_so)
{
	cr_redirect_stderr();
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	cr_expect(is_through(VFIO_BACKEND_IOMMUFD, FIXTURE_DISK));
	cr_expect(is_through(VFIO_BACKEND_IOMMUFD, FIXTURE_EDU));
	fixture_vfio_destroy(&f);
	cr_expect(strstr(read_stderr(), FIXTURE_DISK ": DMA through iommufd\n"));
}

static void only_iommufd_forbids(void)
{
	fake_vfio.no_iommufd_remapping = true;
}

Test(vfio_open, auto_takes_type1_and_says_why)
{
	static const struct {
		void (*make)(void);
		const char *said[2];
	} cases[] = {
		{ no_iommufd,
		  { "DMA through type1, not iommufd: open /dev/iommu: No such file",
		    "modprobe iommufd" } },
		{ no_cdev,
		  { "not iommufd: 10000000.ahci has no file", "CONFIG_VFIO_DEVICE_CDEV" } },
		{ cdev_forbidden, { "vfio0: Permission denied", "chown USER" } },
		{ only_iommufd_forbids,
		  { "Operation not permitted", "iommufd.allow_unsafe_interrupts=1" } },
	};

	const char *said;

	cr_redirect_stderr();
	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
		cases[i].make();
		cr_expect(is_through(VFIO_BACKEND_TYPE1, FIXTURE_DISK));
		/* one address space, although iommufd would do for this one */
		fake_vfio.no_iommufd_remapping = false;
		cr_expect(is_through(VFIO_BACKEND_TYPE1, FIXTURE_EDU));
		fixture_vfio_destroy(&f);
	}
	said = read_stderr();
	for (unsigned int i = 0; i < n_elems(cases); i++)
		cr_expect(strstr(said, cases[i].said[0]) && strstr(said, cases[i].said[1]),
			  "%s: %s", cases[i].said[0], said);
}

Test(vfio_open, a_second_device_that_has_to_go_another_way)
{
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	cr_expect(is_through(VFIO_BACKEND_IOMMUFD, FIXTURE_DISK));
	fake_remove("/sys/devices/platform/" FIXTURE_EDU "/vfio-dev/vfio1");
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0);
	cr_expect_eq(f.vm.vfio->iommus->ops, &vfio_type1_ops);
	cr_expect_eq(f.vm.vfio->iommus->next->ops, &vfio_iommufd_ops);
	fixture_vfio_destroy(&f);
}

Test(vfio_open, auto_tries_nothing_else_when_the_device_is_busy)
{
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	group_of_cdev_held();
	cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EBUSY);
	cr_expect(strstr(f.err.what, "vfio0: Device or resource busy"), "%s", f.err.what);
	fixture_vfio_destroy(&f);
}

Test(vfio_open, the_error_of_auto_is_that_of_the_last)
{
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	no_remapping();
	cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EPERM);
	cr_expect(strstr(f.err.fix, "vfio_iommu_type1.allow_unsafe"), "%s", f.err.fix);
	fixture_vfio_destroy(&f);
}
