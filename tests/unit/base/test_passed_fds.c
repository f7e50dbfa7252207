// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_passed.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/log.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/sys.h"
#include "vmm/cli/registry.h"

static struct passed_fds passed;
static struct err err;
static int kvm, group, image;

static void set_up(void)
{
	fake_sys_reset();
	fake_device("/dev/kvm", NULL, NULL);
	fake_device("/dev/vfio/7", NULL, NULL);
	fake_device("/dev/null", NULL, NULL);
	fake_file("/boot/Image", "");
	kvm = fake_pass("/dev/kvm", O_RDWR);
	group = fake_pass("/dev/vfio/7", O_RDWR);
	image = fake_pass("/boot/Image", O_RDONLY);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
}

static void tear_down(void)
{
	passed_fds_destroy(&passed);
	fake_sys_reset();
}

TestSuite(passed_fds, .init = set_up, .fini = tear_down);

static int add(const char *fmt, ...)
{
	char which[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(which, sizeof(which), fmt, ap);
	va_end(ap);
	return passed_fds_add_devices(&passed, which, &err);
}

Test(passed_fds, each_file_of_dev_is_found_by_what_it_is)
{
	unsigned int n_opens = fake_n_device_opens();

	cr_assert_eq(add("%d,%d", group, kvm), 0, "%s", err.what);
	cr_expect_eq(passed_fds_open(&passed, "/dev/kvm", O_RDWR, &err), kvm);
	cr_expect_eq(passed_fds_open(&passed, "/dev/vfio/7", O_RDWR, &err), group);
	cr_expect_eq(fake_n_device_opens(), n_opens);
	/* taken: the next is another */
	cr_expect_eq(passed_fds_open(&passed, "/dev/kvm", O_RDWR, &err), -EBADF);
	sys_close(kvm);
	sys_close(group);
}

Test(passed_fds, with_one_file_of_dev_no_other_is_opened)
{
	unsigned int n_opens = fake_n_device_opens();

	cr_assert_eq(add("%d", kvm), 0, "%s", err.what);
	cr_expect_eq(passed_fds_open(&passed, "/dev/vfio/7", O_RDWR, &err), -EBADF);
	cr_expect_eq(fake_n_device_opens(), n_opens);
	cr_expect(strstr(err.what, "/dev/vfio/7 is not among"), "%s", err.what);
	cr_expect(strstr(err.why, "they are /dev/kvm (1000)"), "%s", err.why);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
}

Test(passed_fds, without_any_all_is_opened)
{
	struct passed_fds *const none[] = { NULL, &passed };

	for (unsigned int i = 0; i < n_elems(none); i++) {
		int fd = passed_fds_open(none[i], "/dev/kvm", O_RDWR, &err);

		cr_assert_geq(fd, 0);
		sys_close(fd);
	}
}

Test(passed_fds, what_cannot_be_said)
{
	int null = fake_pass("/dev/null", O_RDWR), ro = fake_pass("/dev/kvm", O_RDONLY);
	const struct {
		int first;
		const char *rest, *what, *why;
	} cases[] = {
		{ null, "", "is of no use", "it is /dev/null" },
		{ image, "", "is of no use", "it is /boot/Image" },
		{ ro, "", "is not for reading and writing", "/dev/kvm was not opened" },
		{ kvm, ",999", "descriptor 999 is not open", "Bad file descriptor" },
		{ kvm, ",1000", "is given twice", "it is '1000' as well" },
		{ kvm, ",2", "descriptor 2 is a standard stream", "uses it" },
		{ kvm, ",99999999999999999999", "is not open", "Bad file descriptor" },
		{ kvm, ",", "no descriptor has the name ''", "LISTEN_FDNAMES" },
		{ kvm, ",kvm", "no descriptor has the name 'kvm'", "LISTEN_PID" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		cr_expect_lt(add("%d%s", cases[i].first, cases[i].rest), 0, "%u", i);
		cr_expect(strstr(err.what, cases[i].what), "%s", err.what);
		cr_expect(strstr(err.why, cases[i].why), "%s", err.why);
		cr_expect(!strncmp(err.what, "fd = ", 5) && err.fix[0]);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		free(passed.list);
		passed = (struct passed_fds){ 0 };
	}
}

/* As systemd does: descriptors from 3 on, a name for each. 100 is one that this process has not. */
static void listen(const char *names)
{
	char pid[16], all[512] = "";

	for (int i = 3; i < 100; i++)
		strcat(all, "x:");
	strcat(all, names);
	setenv("LISTEN_FDNAMES", all, 1);
	setenv("LISTEN_FDS", "100", 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
}

Test(passed_fds, names_of_the_service_manager)
{
	listen("kvm:disk::disk");
	cr_expect_eq(listen_fd_next("x", -1), 3);
	cr_expect_eq(listen_fd_next("x", 3), 4);
	cr_expect_eq(listen_fd_next("kvm", -1), 100);
	cr_expect_eq(listen_fd_next("kvm", 100), -1);
	cr_expect_eq(listen_fd_next("", -1), 102);
	cr_expect_eq(listen_fd_next("kv", -1), -1);
	/* the last has a name, but is not there */
	cr_expect_eq(listen_fd_next("disk", 101), -1);
	setenv("LISTEN_FDS", "101", 1);
	cr_expect_eq(listen_fd_next("disk", 101), 103);
	/* for somebody else */
	setenv("LISTEN_PID", "1", 1);
	cr_expect_eq(listen_fd_next("kvm", -1), -1);
	setenv("LISTEN_PID", "nonsense", 1);
	cr_expect_eq(listen_fd_next("kvm", -1), -1);
}

Test(passed_fds, all_of_a_name_are_meant)
{
	listen("vm:vm:ram");
	fake_pass_at(100, "/dev/kvm");
	fake_pass_at(101, "/dev/iommu");
	fake_pass_at(102, "/dev/vfio/7");
	cr_assert_eq(add("vm"), 0, "%s", err.what);
	cr_expect_eq(passed.n, 2);
	cr_expect_str_eq(passed.list[0].path, "/dev/kvm");
	cr_expect_str_eq(passed.list[1].path, "/dev/iommu");
	cr_assert_eq(passed_fds_add(&passed, "memory-file", "fd:ram", &err), 0, "%s", err.what);
	cr_expect_eq(passed_fds_open(&passed, "fd:ram", O_RDWR, &err), 102);
	sys_close(102);
	cr_expect_eq(passed_fds_add(&passed, "console", "fd:vm", &err), -EINVAL);
	cr_expect(strstr(err.what, "console = fd:vm: several descriptors"), "%s", err.what);
	cr_expect_lt(add("gruop"), 0);
	cr_expect(strstr(err.why, "x:vm:vm:ram"), "%s", err.why);
}

Test(passed_fds, those_that_an_option_names)
{
	char spec[16];

	cr_assert_eq(passed_fds_add(&passed, "memory-file", "/dev/shm/ram", &err), 0);
	cr_assert_eq(passed_fds_add(&passed, "memory-file", NULL, &err), 0);
	cr_expect_eq(passed.n, 0);
	snprintf(spec, sizeof(spec), "fd:%d", image);
	cr_assert_eq(passed_fds_add(&passed, "memory-file", spec, &err), 0);
	cr_expect(!passed.has_devices);
	cr_expect_lt(passed_fds_add(&passed, "console", spec, &err), 0);
	cr_expect(strstr(err.what, "is given twice"), "%s", err.what);
	cr_expect_lt(passed_fds_add(&passed, "console", "fd:", &err), 0);
	cr_expect_eq(passed_fds_open(&passed, spec, O_RDWR, &err), image);
	sys_close(image);
}

Test(passed_fds, unused_ones_are_told_and_closed)
{
	char said[512] = "";
	unsigned int n = fake_n_open_fds();

	cr_redirect_stderr();
	log_set_level(LOG_WARN);
	cr_assert_eq(add("%d,%d", kvm, group), 0);
	sys_close(passed_fds_open(&passed, "/dev/kvm", O_RDWR, &err));
	passed_fds_close(&passed, true);
	passed_fds_close(&passed, true);
	passed_fds_close(NULL, true);
	cr_expect_eq(fake_n_open_fds(), n - 2);
	fflush(stderr);
	said[fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr())] = '\0';
	cr_expect(strstr(said, "1001 (/dev/vfio/7) was passed and is not used"), "%s", said);
	cr_expect(!strstr(said, "/dev/kvm"), "%s", said);
}

Test(passed_fds, each_failing_call_is_an_error)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		fake_fail_at(n, EIO);
		ret = add("%d,%d", kvm, group);
		cr_assert(fake_failed() ? ret < 0 : !ret, "call %u", n);
		cr_assert(!ret || strstr(err.what, "fd = "), "%s", err.what);
		free(passed.list);
		passed = (struct passed_fds){ 0 };
		if (!fake_failed())
			break;
	}
}

static bool closed(unsigned int i, uint64_t first, uint64_t last)
{
	return i < fake_closed.n && fake_closed.ranges[i].start == first &&
	       range_last(fake_closed.ranges[i]) == last;
}

Test(passed_fds, what_came_by_accident_is_closed)
{
	const char *const paths[] = { "/dev/fd/9", NULL, "/proc/self/fd/10", "/boot/Image",
				      "/dev/fd/x" };

	cr_assert_eq(add("%d,%d", group, kvm), 0);
	passed_fds_close_others(&passed, paths, n_elems(paths));
	cr_expect_eq(fake_closed.n, 3);
	cr_expect(closed(0, 3, 8));
	cr_expect(closed(1, 11, 999));
	cr_expect(closed(2, 1002, INT_MAX - 1));
	/* no more than is asked of a kernel without the call */
	fake_fail_at(1, ENOSYS);
	passed_fds_close_others(&passed, paths, n_elems(paths));
	cr_expect_eq(fake_closed.n, 3);
}

static int run(const char *option, const char *value)
{
	char *argv[] = { (char *)"--kernel", (char *)"/dev/fd/5",   (char *)"--memory-file",
			 (char *)"/none",    (char *)"--log-level", (char *)"error",
			 (char *)option,     (char *)value };

	int ret = cmd_run(n_elems(argv), argv, &err);

	return ret < 0 ? err_exit_status(&err) : ret;
}

Test(passed_fds, run_closes_all_but_what_its_options_name)
{
	char spec[16];

	cr_redirect_stderr();
	snprintf(spec, sizeof(spec), "fd:%d", image);
	cr_expect_neq(run("--console", spec), 0); /* there is no such kernel */
	cr_expect(closed(0, 3, 4));
	cr_expect(closed(1, 6, (uint64_t)image - 1));
	cr_expect(closed(2, (uint64_t)image + 1, INT_MAX - 1));
	cr_expect_eq(run("--fd", "77"), EXIT_STATUS_USAGE);
	cr_expect_eq(run("--console", "fd:77"), EXIT_STATUS_USAGE);
	cr_expect_eq(run("--memory-file", "fd:77"), EXIT_STATUS_USAGE);
	cr_expect_eq(fake_closed.n, 3, "nothing is closed before all is understood");
}
