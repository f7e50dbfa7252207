// SPDX-License-Identifier: GPL-2.0-only
/* Devices, KVM and a whole machine from descriptors that somebody else opened. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_passed.h"
#include "tests/fakes/fake_process.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_machine.h"
#include "tests/fixtures/fixture_vfio.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/log.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/sys.h"
#include "vmm/machine/machine.h"

static struct fixture_vfio f;
static struct passed_fds passed;
static struct err err;

TestSuite(passed_vfio);

static int pass(const char *path)
{
	int fd = fake_pass(path, O_RDWR);
	char which[16];

	snprintf(which, sizeof(which), "%d", fd);
	cr_assert_eq(passed_fds_add_devices(&passed, which, &err), 0, "%s", err.what);
	return fd;
}

static void begin(enum vfio_backend backend)
{
	log_set_level(LOG_ERROR);
	fixture_vfio_create(&f, backend);
	f.vm.vfio->passed = &passed;
}

static void end(void)
{
	passed_fds_destroy(&passed);
	fixture_vfio_destroy(&f);
}

Test(passed_vfio, each_backend_takes_its_own)
{
	static const struct {
		enum vfio_backend backend;
		const char *files[3];
		const struct vfio_iommu_ops *ops;
	} cases[] = {
		{ VFIO_BACKEND_TYPE1,
		  { "/dev/vfio/vfio", "/dev/vfio/7", "/dev/vfio/3" },
		  &vfio_type1_ops },
		{ VFIO_BACKEND_AUTO,
		  { "/dev/vfio/3", "/dev/vfio/vfio", "/dev/vfio/7" },
		  &vfio_type1_ops },
		{ VFIO_BACKEND_AUTO,
		  { "/dev/vfio/devices/vfio1", "/dev/iommu", "/dev/vfio/devices/vfio0" },
		  &vfio_iommufd_ops },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		unsigned int n_opens;

		begin(cases[i].backend);
		for (unsigned int k = 0; k < 3; k++)
			pass(cases[i].files[k]);
		n_opens = fake_n_device_opens();
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0, "%s", f.err.what);
		cr_expect_eq(f.vm.vfio->iommus->ops, cases[i].ops);
		cr_expect_eq(fake_n_device_opens(), n_opens);
		end();
	}
}

Test(passed_vfio, one_that_is_missing_is_named)
{
	static const struct {
		enum vfio_backend backend;
		const char *file, *missing;
	} cases[] = {
		{ VFIO_BACKEND_TYPE1, "/dev/vfio/7", "/dev/vfio/vfio" },
		{ VFIO_BACKEND_TYPE1, "/dev/vfio/vfio", "/dev/vfio/7" },
		{ VFIO_BACKEND_IOMMUFD, "/dev/iommu", "/dev/vfio/devices/vfio0" },
		{ VFIO_BACKEND_IOMMUFD, "/dev/vfio/devices/vfio0", "/dev/iommu" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		begin(cases[i].backend);
		pass(cases[i].file);
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EBADF);
		cr_expect(strstr(f.err.what, cases[i].missing), "%s", f.err.what);
		cr_expect(strstr(f.err.why, cases[i].file), "%s", f.err.why);
		end();
	}
}

/* Puts a group into a container, as a caller may. */
static void join(int group, int container)
{
	cr_assert_eq(sys_ioctl(container, VFIO_GET_API_VERSION, NULL), VFIO_API_VERSION);
	cr_assert_eq(sys_ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	/* the second time it is set already */
	sys_ioctl(container, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
}

Test(passed_vfio, a_group_leaves_the_callers_container)
{
	int container, group, elsewhere;

	for (unsigned int i = 0; i < 2; i++) {
		begin(VFIO_BACKEND_TYPE1);
		container = pass("/dev/vfio/vfio");
		group = pass("/dev/vfio/7");
		elsewhere = fake_pass("/dev/vfio/vfio", O_RDWR);
		join(group, i ? elsewhere : container);
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
		sys_close(elsewhere);
		end();
	}
}

Test(passed_vfio, a_group_that_cannot_leave_is_refused)
{
	bool is_told = false;

	for (unsigned int n = 1;; n++) {
		int container, ret;

		begin(VFIO_BACKEND_TYPE1);
		container = pass("/dev/vfio/vfio");
		join(pass("/dev/vfio/7"), container);
		fake_fail_at(n, EBUSY);
		ret = fixture_vfio_open(&f, FIXTURE_DISK);
		if (strstr(f.err.what, "VFIO_GROUP_UNSET_CONTAINER of /dev/vfio/7"))
			is_told = ret == -EBUSY && strstr(f.err.why, "uses a device of it");
		end();
		if (!fake_failed())
			break;
	}
	cr_expect(is_told);
}

Test(passed_vfio, a_container_with_another_group_is_refused)
{
	int container, other;

	begin(VFIO_BACKEND_TYPE1);
	container = pass("/dev/vfio/vfio");
	pass("/dev/vfio/7");
	other = fake_pass("/dev/vfio/3", O_RDWR);
	join(other, container);
	cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EINVAL);
	cr_expect(strstr(f.err.why, "another group"), "%s", f.err.why);
	sys_close(other);
	end();
}

Test(passed_vfio, a_device_that_is_bound_is_refused)
{
	struct cdev_bind bind = { .argsz = sizeof(bind) };
	struct ioas_alloc alloc = { .size = sizeof(alloc) };
	int device;

	begin(VFIO_BACKEND_IOMMUFD);
	bind.iommufd = pass("/dev/iommu");
	device = pass("/dev/vfio/devices/vfio0");
	cr_assert_eq(sys_ioctl(bind.iommufd, IOAS_ALLOC, &alloc), 0);
	cr_assert_eq(sys_ioctl(device, CDEV_BIND, &bind), 0);
	cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EINVAL);
	cr_expect(strstr(f.err.why, "bound it already"), "%s", f.err.why);
	cr_expect_eq(err_exit_status(&f.err), EXIT_STATUS_HOST);
	end();
}

static struct vm_config config;
static struct machine machine;

static void begin_machine(const char *keeper)
{
	static const char *const files[] = { "/dev/kvm", "/dev/iommu", "/dev/vfio/vfio",
					     "/dev/vfio/devices/vfio0", "/dev/vfio/devices/vfio1" };

	log_set_level(LOG_WARN);
	fixture_host();
	fixture_config(&config, keeper);
	for (unsigned int i = 0; i < n_elems(files); i++)
		pass(files[i]);
	config.passed = &passed;
}

static void end_machine(void)
{
	machine_destroy(&machine);
	passed_fds_destroy(&passed);
	config_destroy(&config);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(passed_vfio, a_machine_opens_nothing_of_dev)
{
	char said[1024] = "";
	unsigned int n_opens;

	cr_redirect_stderr();
	begin_machine("no");
	n_opens = fake_n_device_opens();
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s: %s", err.what,
		     err.why);
	cr_expect_eq(fake_n_device_opens(), n_opens);
	fflush(stderr);
	said[fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr())] = '\0';
	cr_expect(strstr(said, "(/dev/vfio/vfio) was passed and is not used"), "%s", said);
	for (unsigned int i = 0; i < passed.n; i++)
		cr_expect_eq(passed.list[i].fd, -1, "%s", passed.list[i].path);
	end_machine();
}

Test(passed_vfio, the_keeper_has_no_kvm)
{
	begin_machine("yes");
	fake_process.be_parent = true;
	fake_process.code = CLD_EXITED;
	cr_expect_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), MACHINE_KEPT);
	for (unsigned int i = 0; i < passed.n; i++)
		cr_expect_eq(passed.list[i].fd, -1, "%s", passed.list[i].path);
	end_machine();
}

Test(passed_vfio, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		begin_machine("no");
		cr_redirect_stderr();
		fake_fail_at(n, EIO);
		ret = machine_build(&machine, &config, MACHINE_FOR_RUN, &err);
		cr_assert(fake_failed() || !ret, "call %u: %s", n, err.what);
		end_machine();
		if (!fake_failed())
			break;
	}
}
