// SPDX-License-Identifier: GPL-2.0-only
/* Back ends that dais starts: what it looks at before, what becomes of the process, and its end. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/fakes/fake_confine.h"
#include "tests/fakes/fake_passed.h"
#include "tests/fakes/fake_process.h"
#include "tests/unit/devices/vhost_user_rig.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

#define IMAGE  "/images/a,b.img"
#define DIR_   "/srv/files"
#define DAEMON "/usr/bin/qemu-storage-daemon"
#define FSD    "/usr/libexec/virtiofsd"

static void set_up_own(void)
{
	set_up();
	setenv("PATH", "bin:/usr/bin", 1);
	fake_process.be_parent = true;
	fake_process.ends_by = SIGTERM;
	fake_file("/dev/null", "");
	fake_file(DAEMON, "");
	fake_file(FSD, "");
	fake_file(IMAGE, "raw data");
	fake_dir(DIR_);
	config.n_settings = 0;
	set_key("file", IMAGE);
}

TestSuite(back_end, .init = set_up_own, .fini = tear_down);

/* There is nobody at the other end. */
static void refuse(int code, const char *says)
{
	fake_fail_at(0, 0);
	cr_expect_eq(device_config_judge(&config, NULL, &err)
			     ?: config.class->create(&config, &vm, &device, &err),
		     code, "%s", err.what);
	cr_expect(err_says(&err, says), "%s: %s (%s)", err.what, err.why, err.fix);
	cr_expect_null(device);
	cr_expect_eq(fake_process.n_sent, 0);
}

static void share(void)
{
	config.class = &virtio_fs_class;
	config.n_settings = 0;
	set_key("share", DIR_);
	set_key("tag", "files");
	back_end.n_queues = 2;
}

static void destroy_ends_it(unsigned int n_signals, int last)
{
	device->class->destroy(device);
	device = NULL;
	cr_expect_eq(fake_process.n_sent, n_signals);
	cr_expect_eq(fake_process.sent[n_signals - 1], last);
	cr_expect(fake_process.is_reaped);
}

Test(back_end, one_is_started_and_ends_with_its_device)
{
	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	guest_start(VERSION_1);
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	/* what is of the VM ends, as in a VMM, and in a keeper before its VMM runs */
	device->class->quiesce(device);
	device->class->detach(device);
	cr_expect_eq(fake_process.n_sent, 0);
	cr_expect_not(fake_process.is_reaped);
	destroy_ends_it(1, SIGTERM);
}

Test(back_end, one_that_does_not_end_is_killed)
{
	fake_process.ends_by = SIGKILL;
	cr_assert_eq(create(), 0, "%s", err.what);
	destroy_ends_it(2, SIGKILL);
}

Test(back_end, one_that_ends_at_once)
{
	static const struct {
		int code, status;
		const char *says;
	} cases[] = {
		{ CLD_EXITED, 1, "has ended at once, with exit status 1" },
		{ CLD_KILLED, SIGSEGV, "has ended at once, by signal 11" },
	};

	fake_process.ends_by = 0;
	back_end.fault = FAKE_CLOSES;
	back_end.fault_at = VHOST_USER_GET_FEATURES;
	for (size_t i = 0; i < n_elems(cases); i++) {
		fake_process.code = cases[i].code;
		fake_process.status = cases[i].status;
		back_end.n_requests = 0;
		cr_expect_neq(create(), 0);
		cr_expect(err_says(&err, cases[i].says), "%s", err.what);
		cr_expect(err_says(&err, "it has told why before this line"));
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_expect_eq(fake_process.n_sent, 0);
		end_back_end();
	}
}

Test(back_end, one_that_speaks_nonsense_is_ended)
{
	back_end.fault = FAKE_OTHER;
	back_end.fault_at = VHOST_USER_GET_FEATURES;
	cr_expect_neq(create(), 0);
	cr_expect(err_says(&err, "the back end at " IMAGE), "%s", err.what);
	cr_expect(err_says(&err, "not answer as the vhost-user protocol"));
	cr_expect(fake_process.is_reaped);
}

Test(back_end, none_is_started_where_no_guest_is_to_run)
{
	fake_set_locked(1); /* by the VM that has it meanwhile */
	fake_remove(DAEMON);
	fake_process.be_parent = false;
	vm.only_described = true;
	cr_assert_eq(device_config_judge(&config, NULL, &err), 0);
	cr_assert_eq(config.class->create(&config, &vm, &device, &err), 0, "%s", err.what);
	cr_assert_eq(config.class->attach(device, &err), 0, "%s", err.what);
}

/* --- what is looked at before */

Test(back_end, images_that_are_not_what_is_said_of_them)
{
	static const struct {
		const char *head;
		size_t size;
		const char *format; /* NULL: none is given */
		const char *says, *fix;
	} cases[] = {
		{ "QFI\xfb\0\0\0\3", 8, NULL, "the image is qcow2, and not raw",
		  "file=" IMAGE ",format=qcow2" },
		{ "QFI\xfb\0\0\0\3", 8, "raw", "format= says otherwise than its header",
		  "file=" IMAGE ",format=qcow2" },
		{ "", 0, "qcow2", "the image is raw, and not qcow2", "file=" IMAGE ",format=raw" },
		{ "KDMV", 4, NULL, "the image is vmdk, and not raw", "qemu-img convert -O qcow2" },
		{ "vhdxfile", 8, "qcow2", "is vhdx, and not qcow2", "file=" IMAGE ".qcow2" },
	};
	char head[128] = "";

	for (size_t i = 0; i < n_elems(cases); i++) {
		fake_file_bytes(IMAGE, cases[i].head, cases[i].size);
		config.n_settings = 1;
		if (cases[i].format)
			set_key("format", cases[i].format);
		refuse(-EINVAL, cases[i].says);
		cr_expect(strstr(err.fix, cases[i].fix), "%s", err.fix);
	}
	memcpy(head + 64, "\x7f\x10\xda\xbe", 4);
	fake_file_bytes(IMAGE, head, sizeof(head));
	refuse(-EINVAL, "is vdi");
}

Test(back_end, images_directories_and_programs_that_are_not_there)
{
	fake_access_error(IMAGE, EACCES);
	refuse(-EACCES, "for reading and writing");
	cr_expect(strstr(err.fix, "readonly=on"), "%s", err.fix);
	set_key("readonly", "on");
	refuse(-EACCES, "open the image " IMAGE " for reading: ");
	fake_remove(IMAGE);
	refuse(-ENOENT, "open the image");
	cr_expect(strstr(err.fix, "qemu-img create -f qcow2 " IMAGE), "%s", err.fix);
	fake_dir(IMAGE);
	refuse(-EINVAL, "no file and no block device");
	fake_remove(IMAGE);
	fake_file(IMAGE, "");
	fake_remove(DAEMON);
	refuse(-ENOENT, "find qemu-storage-daemon, which serves file=");
	cr_expect(strstr(err.fix, "apt install qemu-utils"), "%s", err.fix);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	share();
	fake_remove(FSD);
	refuse(-ENOENT, "find virtiofsd");
	cr_expect(strstr(err.fix, "apt install virtiofsd"), "%s", err.fix);
	fake_remove(DIR_);
	refuse(-ENOENT, "share=" DIR_);
	fake_file(DIR_, "");
	refuse(-ENOTDIR, "share=" DIR_);
}

Test(back_end, an_image_of_another_vm)
{
	fake_set_locked(1);
	refuse(-EWOULDBLOCK, "another VM has it");
	cr_expect(strstr(err.fix, "qemu-img create -f qcow2 -F raw -b " IMAGE), "%s", err.fix);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
}

Test(back_end, keys_that_do_not_go_together)
{
	set_key("socket", SOCKET);
	refuse(-EINVAL, "socket=" SOCKET " goes with no key");
	config.settings[0] = config.settings[1];
	config.n_settings = 1;
	set_key("format", "qcow2");
	refuse(-EINVAL, "socket=" SOCKET " goes with no key");
	config.n_settings = 0;
	refuse(-EINVAL, "there is no socket=PATH, and no file=IMAGE");
	config.class = &virtio_fs_class;
	set_key("tag", "files");
	refuse(-EINVAL, "there is no socket=PATH, and no share=DIR");
}

Test(back_end, a_system_call_that_fails_leaves_nothing)
{
	const unsigned int n_open = fake_n_open_fds();
	unsigned int n = 0;

	cr_assert_eq(device_config_judge(&config, NULL, &err), 0);
	do {
		fake_process.n_sent = 0;
		back_end.n_requests = 0;
		fake_back_end_start(&back_end, SOCKET);
		fake_fail_at(++n, EMFILE);
		if (config.class->create(&config, &vm, &device, &err))
			cr_expect(!device && fake_n_open_fds() == n_open, "call %u", n);
		fake_fail_at(0, 0);
		if (device)
			device->class->destroy(device);
		fake_back_end_kill(&back_end);
		fake_back_end_join(&back_end);
	} while (!device && n < 100);
	device = NULL;
	cr_expect(n > 10 && n < 100, "%u calls", n);
}

/* --- what becomes of the process, which here is the test's own, and ends where a program would
 * begin
 */

#define BEGAN 42

#define OWNER 1234

static const char *begins; /* program and arguments */
static unsigned int user;  /* that it becomes; 0: it stays who it is */

static bool has_no_new_privs, is_to_have = true;

static void on_prctl(int option)
{
	has_no_new_privs |= option == PR_SET_NO_NEW_PRIVS;
}

static void on_exec(const char *path, char *const *argv)
{
	char buf[1000];
	struct text text = text_in(buf);
	sigset_t blocked;

	text_add(&text, "%s", path);
	while (*++argv)
		text_add(&text, " %s", *argv);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (strcmp(buf, begins) != 0 || sigismember(&blocked, SIGTERM) ||
	    has_no_new_privs != is_to_have || fake_process.death_signal != SIGKILL ||
	    fake_closed.n != 1 || fake_closed.ranges[0].start != 5 || fake_process.uid != user ||
	    fake_process.n_dropped != (user == OWNER ? FAKE_N_CAPS : 0))
		fprintf(stderr, "%s: signal %d, user %u\n", buf, fake_process.death_signal,
			fake_process.uid);
	else
		_exit(BEGAN);
}

static void become(const char *what)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	begins = what;
	fake_process.be_parent = false;
	fake_process.on_exec = on_exec;
	fake_process.on_prctl = on_prctl;
	fake_closed.n = 0;
	create();
}

#define EXPORT(writable, n)                                                                   \
	" --export vhost-user-blk,id=disk,node-name=disk,writable=" writable ",num-queues=" n \
	",addr.type=fd,addr.str=4"

Test(back_end, a_user_s_daemon, .exit_code = BEGAN)
{
	fake_confine.uid = 1000;
	become(DAEMON " --blockdev driver=raw,node-name=disk,read-only=off,file.driver=file,"
		      "file.filename=/images/a,,b.img" EXPORT("on", "1"));
}

/* Root's has the image's user and no capabilities. */
Test(back_end, root_s_daemon, .exit_code = BEGAN)
{
	fake_file_bytes(IMAGE, "QFI\xfb", 4);
	fake_owner(IMAGE, OWNER, 0600);
	fake_confine.uid = 0;
	set_key("format", "qcow2");
	set_key("readonly", "on");
	set_key("queues", "2");
	back_end.n_queues = 2;
	user = OWNER;
	become(DAEMON " --blockdev driver=qcow2,node-name=disk,read-only=on,file.driver=file,"
		      "file.filename=/images/a,,b.img" EXPORT("off", "2"));
}

Test(back_end, one_of_a_block_device, .exit_code = BEGAN)
{
	fake_confine.uid = 1000;
	fake_set_stat(S_IFBLK | 0600, 0, 0, 0);
	become(DAEMON " --blockdev driver=raw,node-name=disk,read-only=off,file.driver=host_device,"
		      "file.filename=/images/a,,b.img" EXPORT("on", "1"));
}

Test(back_end, virtiofsd, .exit_code = BEGAN)
{
	share();
	become(FSD " --shared-dir " DIR_ " --fd=4 --sandbox=namespace --log-level=warn");
}

/* A user's may need a program that is set-user-ID. */
Test(back_end, virtiofsd_that_writes_nothing, .exit_code = BEGAN)
{
	share();
	fake_confine.uid = 1000;
	is_to_have = false;
	set_key("readonly", "on");
	become(FSD " --shared-dir " DIR_ " --fd=4 --sandbox=namespace --log-level=warn --readonly");
}

/* dais has died before it could be told. */
Test(back_end, an_orphan_is_not_started, .exit_code = EXIT_STATUS_FAILURE)
{
	fake_process.parent_gone = true;
	fake_confine.uid = 1000;
	become("");
}

Test(back_end, a_program_that_does_not_run, .exit_code = EXIT_STATUS_FAILURE)
{
	fake_confine.uid = 1000;
	become("no other");
}
