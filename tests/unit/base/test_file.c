// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"

TestSuite(file, .init = fake_sys_reset);

Test(file, read_whole)
{
	owned_ptr char *data = NULL;
	size_t size;

	fake_file_bytes("/sys/a", "x\0y", 3);
	cr_assert_eq(file_read(&data, &size, 100, "/sys/a"), 0);
	cr_expect_eq(size, 3);
	cr_expect_arr_eq(data, "x\0y", 4);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(file, read_of_more_than_wanted_is_refused)
{
	static char big[10000];
	char *data = NULL;
	size_t size;

	fake_file_bytes("/big", big, sizeof(big));
	cr_expect_eq(file_read(&data, &size, 9999, "/big"), -EFBIG);
	cr_expect_eq(file_read(&data, &size, 10000, "/big"), 0);
	cr_expect_eq(size, 10000);
	free(data);
	cr_expect_eq(file_read(&data, &size, 1, "/none"), -ENOENT);
}

Test(file, what_a_user_names_must_be_a_regular_file)
{
	static const struct fake_fd_ops ops;
	static const struct {
		const char *path, *says;
	} bad[] = {
		{ "/none", "open the overlay /none: No such file" },
		{ "/dir", "the overlay /dir is not a regular file: it is a directory" },
		{ "/fifo", "the overlay /fifo is not a regular file: it is a FIFO" },
		{ "/big", "read the overlay /big: File too large: it may have 4 KiB at most" },
	};
	static char big[4097];
	char *data = NULL;
	struct err err;
	size_t size;

	fake_dir("/dir");
	fake_device("/fifo", &ops, NULL);
	fake_file_bytes("/big", big, sizeof(big));
	for (size_t i = 0; i < n_elems(bad); i++) {
		cr_expect_lt(file_read_given("overlay", bad[i].path, 4096, &data, &size, &err), 0);
		cr_expect(err_says(&err, bad[i].says), "%s: %s", err.what, err.why);
		cr_expect(err.fix[0]);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
	cr_expect_eq(file_read_given("overlay", "/big", 4097, &data, &size, &err), 0);
	cr_expect_eq(size, 4097);
	free(data);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(file, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1;; n++) {
		char *data = NULL;
		size_t size;
		int ret;

		fake_sys_reset();
		fake_file("/f", "text");
		fake_fail_at(n, EIO);
		ret = file_read(&data, &size, 100, "/f");
		cr_expect_eq(fake_n_open_fds(), 0);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			free(data);
			break;
		}
		cr_expect_eq(ret, -EIO);
		cr_expect_null(data);
	}
}

Test(file, lines_and_numbers)
{
	char line[8];
	uint64_t v;

	fake_file("/n", "42\nmore\n");
	cr_expect_eq(file_read_line(line, sizeof(line), "/n"), 0);
	cr_expect_str_eq(line, "42");
	cr_expect_eq(file_read_u64(&v, "/n"), 0);
	cr_expect_eq(v, 42);
	fake_file("/n", "forty\n");
	cr_expect_eq(file_read_u64(&v, "/n"), -EINVAL);
}

Test(file, link_names)
{
	char name[16];

	fake_file("/sys/bus/amba/drivers/vfio-amba/bind", "");
	fake_link("/sys/devices/9010000.pl031/driver", "../../bus/amba/drivers/vfio-amba");
	cr_expect_eq(file_link_name(name, sizeof(name), "/sys/devices/9010000.pl031/driver"), 0);
	cr_expect_str_eq(name, "vfio-amba");
	cr_expect(file_exists("/sys/devices/9010000.pl031/driver/bind"));
	cr_expect_not(file_exists("/sys/devices/9010000.pl031/driver/unbind"));
	cr_expect_eq(file_link_name(name, 4, "/sys/devices/9010000.pl031/driver"), -ENAMETOOLONG);
}

Test(file, paths_are_made_of_a_format)
{
	char line[16];
	uint64_t v;

	fake_file("/sys/cpu7/size", "0x20\n");
	fake_link("/sys/cpu7/driver", "../drivers/core");
	cr_expect_eq(file_read_line(line, sizeof(line), "/sys/cpu%d/%s", 7, "size"), 0);
	cr_expect_str_eq(line, "0x20");
	cr_expect_eq(file_read_u64(&v, "/sys/%s%u/size", "cpu", 7U), 0);
	cr_expect_eq(v, 0x20);
	cr_expect(file_exists("/sys/cpu%d/size", 7));
	cr_expect_not(file_exists("/sys/cpu%d/size", 8));
	cr_expect_eq(file_link_name(line, sizeof(line), "/sys/cpu%d/driver", 7), 0);
	cr_expect_str_eq(line, "core");
	cr_expect_eq(file_read_line(line, sizeof(line), "/sys/cpu%d/size", 8), -ENOENT);
	cr_expect_eq(file_read_u64(&v, "/sys/cpu%d/size", 8), -ENOENT);
	cr_expect_eq(file_link_name(line, sizeof(line), "/sys/cpu%d/driver", 8), -ENOENT);
	cr_expect_eq(fake_n_open_fds(), 0);
}

/* It must not be cut to the path of another one. */
Test(file, a_path_that_is_too_long_is_no_file)
{
	char path[PATH_MAX], line[16];
	uint64_t v;

	path[0] = '/';
	memset(path + 1, 'd', sizeof(path) - 2);
	path[sizeof(path) - 1] = '\0';
	fake_file(path, "1");
	cr_expect(file_exists("%s", path));
	cr_expect_not(file_exists("%s/size", path));
	cr_expect_eq(file_read_line(line, sizeof(line), "%s/size", path), -ENOENT);
	cr_expect_eq(file_read_u64(&v, "%s/size", path), -ENOENT);
	cr_expect_eq(file_link_name(line, sizeof(line), "%s/size", path), -ENOENT);
}

Test(file, lines_that_are_longer_than_the_buffer_are_cut)
{
	char line[4];

	fake_file("/n", "12345\n");
	cr_expect_eq(file_read_line(line, sizeof(line), "/n"), 0);
	cr_expect_str_eq(line, "123");
}

static unsigned int count_names(const char *path)
{
	owned_dir DIR *dir = file_open_dir("%s", path);
	unsigned int n = 0;

	for (const char *name; (name = file_next_name(dir)); n++)
		cr_expect(!strcmp(name, "a") || !strcmp(name, "b"), "%s", name);
	return n;
}

Test(file, names_of_a_directory)
{
	fake_file("/d/a", "");
	fake_file("/d/b/c", "");
	fake_file("/d/.hidden", "");
	cr_expect_eq(count_names("/d"), 2);
	cr_expect_eq(count_names("/none"), 0);
}

Test(file, pread_all_wants_all)
{
	char buf[8];
	int fd;

	fake_file("/f", "12345678");
	fd = sys_open("/f", 0);
	cr_expect_eq(file_pread_all(fd, buf, 4, 4), 0);
	cr_expect_arr_eq(buf, "5678", 4);
	cr_expect_eq(file_pread_all(fd, buf, 5, 4), -ENODATA);
	sys_close(fd);
}
