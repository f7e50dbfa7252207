// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vfio/host/record.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"

#define NAME "10200000.sata"
#define FILE VFIO_RECORDS "/" NAME

static const struct device_record example = {
	.name = NAME,
	.bus = "platform",
	.bound = VFIO_BOUND_BY_RUN,
	.driver = "ahci",
	.driver_override = "",
	.owner = { .pid = 4121, .start = 77, .vm = "disk" },
	.left_bound = "it does not answer",
	.mac = "02:00:00:00:00:01",
	.rates = "100000000 24000000",
	.voltages = "1800000",
};

static int dir;

/* proc_pid_stat(5): number, name, state, then numbers; the start is the 22nd field. */
static void process(const char *name, const char *pid, char state, const char *start)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	snprintf(text, sizeof(text),
		 "%s (a) b 1 (c) %c 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %s 20 21\n", pid,
		 state, start);
	fake_file(path, text);
}

static void setup(void)
{
	struct err err;

	fake_sys_reset();
	process("self", "4121", 'R', "77");
	process("4121", "4121", 'S', "77");
	dir = records_open(RECORD_OF_DEVICE, true, &err);
	cr_assert_geq(dir, 0);
}

static void teardown(void)
{
	sys_close(dir);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(vfio_record, .init = setup, .fini = teardown);

Test(vfio_record, what_is_written_is_read)
{
	struct device_record record;
	struct err err;

	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &example, &err), 0);
	cr_expect_str_eq(fake_file_text(FILE), "name=" NAME "\n"
					       "bus=platform\n"
					       "driver=ahci\n"
					       "driver_override=\n"
					       "pid=4121\n"
					       "start=77\n"
					       "vm=disk\n"
					       "left_bound=it does not answer\n"
					       "mac=02:00:00:00:00:01\n"
					       "rates=100000000 24000000\n"
					       "voltages=1800000\n"
					       "bound=run\n");
	cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), 0);
	cr_expect_eq(memcmp(&record, &example, sizeof(record)), 0);
	cr_expect_eq(record_remove(RECORD_OF_DEVICE, dir, NAME, &err), 0);
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), -ENOENT);
	cr_expect_eq(record_remove(RECORD_OF_DEVICE, dir, NAME, &err), 0,
		     "there is none to remove");
}

Test(vfio_record, a_text_cannot_add_lines)
{
	struct device_record record = example;
	struct err err;

	strcpy(record.owner.vm, "a\npid=1");
	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &record, &err), 0);
	cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), 0);
	cr_expect_str_eq(record.owner.vm, "a?pid=1");
	cr_expect_eq(record.owner.pid, 4121);
}

Test(vfio_record, nonsense_is_no_record)
{
	static const struct {
		const char *text;
		int ret;
	} cases[] = {
		{ "name=" NAME "\nbus=amba\nsomething-of-tomorrow=1\n", 0 },
		{ "name=" NAME "\n", -EINVAL },
		{ "name=other\nbus=amba\n", -EINVAL },
		{ "name=" NAME "\nbus=pci\n", -EINVAL },
		{ "name=" NAME "\nbus=amba\ndriver=../x\n", -EINVAL },
		{ "name=" NAME "\nbus=amba\npid=-1\n", -EINVAL },
		{ "name=" NAME "\nbus=amba\nbound=maybe\n", -EINVAL },
		{ "name=" NAME "\nbus=amba-but-much-longer\n", -ERANGE },
		{ "name=" NAME "\nbus\n", -EINVAL },
		{ "", -EINVAL },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct device_record record;
		struct err err;

		fake_file(FILE, cases[i].text);
		cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), cases[i].ret,
			     "%s", cases[i].text);
		cr_expect(!cases[i].ret || strstr(err.fix, "remove the file"));
	}
}

Test(vfio_record, what_is_no_file_is_no_record)
{
	static const struct fake_fd_ops fifo;
	struct device_record record, *records = NULL;
	unsigned int n;
	struct err err;

	fake_dir(FILE);
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), -EISDIR);
	cr_expect(strstr(err.why, "not as dais writes it"), "%s", err.why);
	cr_expect(strstr(err.what, FILE) && strstr(err.fix, "rm -r " FILE));
	cr_expect_eq(records_list(RECORD_OF_DEVICE, RECORD_BROKEN_WARNS, &records, &n, &err), 0);
	cr_expect_eq(n, 0);
	free(records);
	cr_expect_eq(records_list(RECORD_OF_DEVICE, RECORD_BROKEN_FAILS, &records, &n, &err),
		     -EISDIR);
	free(records);
	fake_remove(FILE);
	fake_device(FILE, &fifo, NULL);
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), -EINVAL);
	cr_expect(strstr(err.why, "not as dais writes it"), "%s", err.why);
	fake_remove(FILE);
	fake_link(FILE, "/etc/passwd");
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), -ELOOP);
	cr_expect(strstr(err.why, "not as dais writes it"), "%s", err.why);
	fake_remove(FILE);
	fake_file(FILE, "");
	cr_expect_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), -EINVAL);
	cr_expect(strstr(err.why, "not as dais writes it"), "%s", err.why);
}

Test(vfio_record, a_record_of_ram_is_of_its_own_kind)
{
	const struct ram_record ram = { .name = NAME,
					.owner = { .pid = 4121, .start = 77, .vm = "disk" },
					.ram_file = "/dev/hugepages/dais",
					.quiet = 1 };
	struct ram_record read;
	struct err err;
	int ram_dir = records_open(RECORD_OF_RAM, true, &err);

	cr_assert_eq(record_write(RECORD_OF_RAM, ram_dir, &ram, &err), 0);
	cr_expect_str_eq(fake_file_text(VFIO_RAM_RECORDS "/" NAME), "name=" NAME "\n"
								    "pid=4121\n"
								    "start=77\n"
								    "vm=disk\n"
								    "ram_file=/dev/hugepages/dais\n"
								    "quiet=1\n");
	cr_assert_eq(record_read(RECORD_OF_RAM, ram_dir, NAME, &read, &err), 0);
	cr_expect_eq(memcmp(&read, &ram, sizeof(read)), 0);
	sys_close(ram_dir);
}

Test(vfio_record, all_of_them)
{
	struct device_record *records, other = example;
	unsigned int n;
	struct err err;

	strcpy(other.name, "9010000.pl031");
	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &example, &err), 0);
	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &other, &err), 0);
	fake_file(VFIO_RECORDS "/.10200000.sata", "half a reco");
	fake_file(VFIO_RECORDS "/nonsense", "");
	cr_expect_eq(records_list(RECORD_OF_DEVICE, RECORD_BROKEN_WARNS, &records, &n, &err), 0);
	cr_assert_eq(n, 2);
	cr_expect_str_eq(records[0].name, NAME);
	cr_expect_str_eq(records[1].name, "9010000.pl031");
	free(records);
}

Test(vfio_record, without_the_directory_there_are_none)
{
	struct device_record *records;
	unsigned int n;
	struct err err;

	fake_remove(VFIO_RECORDS);
	cr_expect_eq(records_list(RECORD_OF_DEVICE, RECORD_BROKEN_WARNS, &records, &n, &err), 0);
	cr_expect_eq(n, 0);
	cr_expect_eq(records_open(RECORD_OF_DEVICE, false, &err), -ENOENT);
	fake_fail_at(1, EACCES);
	cr_expect_eq(records_open(RECORD_OF_DEVICE, true, &err), -EACCES);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.fix, "root"));
}

Test(vfio_record, an_owner_is_a_process_and_not_its_number)
{
	struct record_owner owner = { 0 };
	struct err err;

	cr_expect_not(record_is_owned(&owner));
	cr_assert_eq(record_own(&owner, "disk", &err), 0);
	cr_expect_eq(owner.pid, 4121);
	cr_expect_eq(owner.start, 77);
	cr_expect_str_eq(owner.vm, "disk");
	cr_expect(record_is_owned(&owner));
	process("4121", "4121", 'Z', "77");
	cr_expect_not(record_is_owned(&owner), "a zombie");
	process("4121", "4121", 'S', "78");
	cr_expect_not(record_is_owned(&owner), "another one");
	fake_remove("/proc/4121/stat");
	cr_expect_not(record_is_owned(&owner), "gone");
	fake_file("/proc/4121/stat", "4121 (a) S 1");
	cr_expect_not(record_is_owned(&owner), "cut off");
}

Test(vfio_record, the_lock_is_waited_for_but_not_for_ever)
{
	struct err err;
	int fd;

	fake_set_locked(3);
	fd = records_lock(&err);
	cr_assert_geq(fd, 0);
	cr_expect_eq(fake_slept_ms(), 60);
	cr_expect_str_eq(fake_file_text("/run/dais/lock"), "4121\n");
	sys_close(fd);

	fake_set_locked(100000);
	cr_expect_lt(records_lock(&err), 0);
	cr_expect_eq(fake_slept_ms(), 60 + 10000);
	cr_expect(err_says(&err, "another dais is at work on devices: pid 4121"));
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
}

/* After any failure the file has the old text or the new one. */
Test(vfio_record, every_failure_leaves_a_whole_record)
{
	struct device_record changed = example, record;
	struct err err;

	changed.owner.pid = 0;
	for (unsigned int n = 1;; n++) {
		int ret;

		cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &example, &err), 0);
		fake_fail_at(n, EIO);
		ret = record_write(RECORD_OF_DEVICE, dir, &changed, &err);
		if (!fake_failed())
			break;
		cr_expect_eq(ret, -EIO);
		cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), 0, "call %u",
			     n);
		cr_expect_eq(memcmp(&record, &example, sizeof(record)), 0);
	}
	fake_fail_at(0, 0);
	cr_assert_eq(record_read(RECORD_OF_DEVICE, dir, NAME, &record, &err), 0);
	cr_expect_eq(record.owner.pid, 0);
}
