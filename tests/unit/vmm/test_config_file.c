// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "devices/device.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"
#include "vmm/config/config.h"

static struct vm_config config;
static struct err err;

static int load(const char *path, const char *text)
{
	fake_sys_reset();
	if (text)
		fake_file(path, text);
	config_destroy(&config);
	config_init(&config);
	memset(&err, 0, sizeof(err));
	return config_load(&config, path, &err);
}

static void teardown(void)
{
	config_destroy(&config);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(config_file, .fini = teardown);

/* A file of @n lines: a [vm] with a kernel, then this one again and again. */
static int load_many(const char *line, unsigned int n)
{
	static const char head[] = "[vm]\nkernel = k\n";
	char *text = malloc(sizeof(head) + (size_t)n * strlen(line)), *end = stpcpy(text, head);
	int ret;

	for (unsigned int i = 2; i < n; i++)
		end = stpcpy(end, line);
	ret = load("f.conf", text);
	free(text);
	return ret;
}

Test(config_file, lines_and_the_command_line_have_an_end)
{
	char line[160];

	cr_expect_eq(load_many("# comment\n", 10000), 0, "%s", err.what);
	cr_expect_eq(load_many("# comment\n", 10001), -EINVAL);
	cr_expect_str_eq(err.what, "f.conf: the file has more than 10000 lines");
	snprintf(line, sizeof(line), "append = %0127d\n", 1); /* 128 with the space between */
	cr_expect_eq(load_many(line, 2 + 513), 0, "%s", err.why);
	cr_expect_eq(load_many(line, 2 + 514), -EINVAL);
	cr_expect_str_eq(err.why, "the command line is longer than 65536 characters");
}

Test(config_file, a_whole_file)
{
	static const char text[] = "# the demo\n"
				   "[vm]\n"
				   "kernel = Image        # relative to this file\n"
				   "initrd = /abs/initrd  ; absolute\n"
				   "  memory = 512M\r\n"
				   "\tcpus=2\n"
				   "append = console=ttyAMA0\n"
				   "\n"
				   "append = root=/dev/sda quiet\n"
				   "console = file:log\n"
				   "[device disk]\n"
				   "host = 10000000.ahci\n"
				   "type = vfio-platform\n"
				   "gpa.0 = 0x20000000\n"
				   "[device  uart]\n"
				   "type = pl011";

	cr_assert_eq(load("vms/demo.conf", text), 0, "%s", err.what);
	cr_expect_str_eq(config.kernel, "vms/Image");
	cr_expect_str_eq(config.initrd, "/abs/initrd");
	cr_expect_eq(config.memory, 512ULL << 20);
	cr_expect_eq(config.n_vcpus, 2u);
	cr_expect_str_eq(config.append, "console=ttyAMA0 root=/dev/sda quiet");
	cr_expect_str_eq(config.console, "file:vms/log");
	cr_assert_eq(config.n_devices, 2u);
	cr_expect_str_eq(config.devices[0].name, "disk");
	cr_expect_str_eq(config.devices[0].class->name, "vfio-platform");
	cr_expect_str_eq(config.devices[0].where, "vms/demo.conf:11");
	cr_expect_str_eq(device_config_find(&config.devices[0], "host", -1)->where,
			 "vms/demo.conf:12");
	cr_expect_str_eq(device_config_str(&config.devices[0], "gpa.0"), "0x20000000");
	cr_expect_str_eq(config.devices[1].name, "uart");
}

Test(config_file, paths_of_a_file_without_directory_stay_as_they_are)
{
	cr_assert_eq(load("demo.conf", "[vm]\nkernel = Image\n"), 0);
	cr_expect_str_eq(config.kernel, "Image");
	cr_assert_eq(load("/demo.conf", "[vm]\nkernel = Image\n"), 0);
	cr_expect_str_eq(config.kernel, "/Image");
}

Test(config_file, a_byte_order_mark_and_an_empty_file_are_fine)
{
	cr_assert_eq(load("f", "\xef\xbb\xbf[vm]\ncpus = 3\n"), 0, "%s", err.what);
	cr_expect_eq(config.n_vcpus, 3u);
	cr_expect_eq(load("f", ""), 0);
	cr_expect_eq(load("f", "# nothing\n\n"), 0);
}

Test(config_file, what_a_host_section_may_say)
{
	static const char *const bad[][2] = {
		{ "[host]\nkernel = six\n", "kernel = six: this is no version" },
		{ "[host]\nkernel = 6.2-\n", "no version" },
		{ "[host]\nkernel = 6.2\nkernel = 6.3\n", "duplicate key 'kernel'" },
		{ "[host]\nmodule = vfio\n", "unknown key 'module'" },
	};

	cr_assert_eq(load("f", "[host]\ncompatible = a,b\nkernel = 4.5-5.6\n[vm]\ncpus = 2\n"), 0);
	cr_expect_str_eq(config.host.compatible, "a,b");
	cr_expect_eq(config.host.kernel_min, HOST_KERNEL(4u, 5u));
	cr_expect_eq(config.host.kernel_max, HOST_KERNEL(5u, 6u));
	cr_expect_eq(config.n_vcpus, 2u);
	for (size_t i = 0; i < n_elems(bad); i++) {
		cr_expect_eq(load("f", bad[i][0]), -EINVAL);
		cr_expect(err_says(&err, bad[i][1]), "%s", err.what);
	}
}

Test(config_file, use_takes_some_of_the_devices)
{
	static const char text[] = "[vm]\nkernel = k\ndefault-devices = no\nuse = b, c\n"
				   "[device a]\ntype = pl011\n[device b]\ntype = pl031\n"
				   "[device c]\ntype = pl061\n";

	cr_assert_eq(load("f", text), 0, "%s", err.what);
	cr_assert_eq(config_add_device(&config, "pl011,id=d", "--device", &err), 0);
	cr_assert_eq(config_finish(&config, &err), 0, "%s", err.what);
	cr_assert_eq(config.n_devices, 3u);
	cr_expect_str_eq(config.devices[0].name, "b");
	cr_expect_str_eq(config.devices[1].name, "c");
	cr_expect_str_eq(config.devices[2].name, "d");

	/* Only the file's can be named: those of the command line are wanted anyway. */
	cr_assert_eq(load("f", text), 0, "%s", err.what);
	cr_assert_eq(config_add_device(&config, "pl011,id=d", "--device", &err), 0);
	config.use = "d";
	cr_assert_eq(config_finish(&config, &err), -EINVAL);
	cr_expect(err_says(&err, "no device 'd'"), "%s", err.what);
}

/* Every example that is shipped can be run, with the consent that only its user can give. */
Test(config_file, the_boards_are_sound)
{
	glob_t boards;
	char text[8192];

	cr_assert_eq(glob("configs/boards/*.conf", 0, NULL, &boards), 0);
	for (size_t i = 0; i < boards.gl_pathc; i++) {
		const char *path = boards.gl_pathv[i];
		FILE *f = fopen(path, "r");

		cr_assert_not_null(f);
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
		cr_assert_eq(load(path, text), 0, "%s", err.what);
		config.allow_unsafe_dma = true;
		cr_expect_eq(config_finish(&config, &err), 0, "%s", err.what);
	}
	globfree(&boards);
}

#define LONG_60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

#define LONG_41 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddE"

/* A section's name has at most 48 characters: "device " and these. */
Test(config_file, the_longest_name_of_a_section)
{
	cr_assert_eq(load("f.conf", "[device " LONG_41 "]\ntype = pl011\n"), 0, "%s", err.what);
	cr_expect_str_eq(config.devices[0].name, LONG_41);
}

Test(config_file, errors_name_file_and_line)
{
	static const struct {
		const char *text;
		const char *what;
		const char *fix;
	} cases[] = {
		{ "[vm]\n\nmemry = 1G\n", "f.conf:3: unknown key 'memry'", "memory" },
		{ "[vm]\nzzzzzzzz = 1\n", "f.conf:2: unknown key 'zzzzzzzz'", "dais help run" },
		{ "[vm]\nconfig = x\n", "f.conf:2: unknown key 'config'", "" },
		{ "[vm]\ndevice = pl011\n", "f.conf:2: unknown key 'device'", "" },
		{ "[vm]\nhelp = x\n", "f.conf:2: unknown key 'help'", "" },
		{ "[vm]\ncpus = 2\ncpus = 3\n", "f.conf:3: duplicate key 'cpus'",
		  "one of the two" },
		{ "[vm]\ncpus = 2\n[device a]\ntype = pl011\n[vm]\ncpus = 3\n",
		  "f.conf:6: duplicate key 'cpus'", "" },
		{ "[vm]\nmemory = 3X\n", "f.conf:2: memory = 3X: not a size", "512M" },
		{ "[vm]\nmemory = 0\n", "f.conf:2: memory = 0: too little memory", "16 MiB" },
		{ "[vm]\ncpus = 0\n", "f.conf:2: cpus = 0: too small", "1 to 512" },
		{ "[vm]\nkernel =\n", "f.conf:2: kernel = : no value", "FILE" },
		{ "kernel = Image\n", "f.conf:1: a key before the first section", "[vm]" },
		{ "[vm]\nkernel Image\n", "f.conf:2: neither [section] nor key = value", "" },
		{ "[vm\nkernel = Image\n", "f.conf:1: neither [section] nor key = value", "" },
		{ "[vm]\nkernel Image\ncpus = 0\n", "f.conf:2: neither", "" },
		{ "[vm]\ncpus = 0\nkernel Image\n", "f.conf:2: cpus = 0", "" },
		{ "[vmm]\nkernel = Image\n", "f.conf:1: unknown section [vmm]", "[vm]" },
		{ "[machine]\nkernel = Image\n", "f.conf:1: unknown section [machine]",
		  "[device NAME]" },
		{ "[device]\ntype = pl011\n", "f.conf:1: the device has no name", "[device NAME]" },
		{ "[device ]\ntype = pl011\n", "f.conf:1: the device has no name",
		  "[device NAME]" },
		{ "[vm]\n[device a]\ntype = pl011\n", "f.conf:1: the section is empty", "keys" },
		{ "[vm]\ncpus = 1\n[device a]\n", "f.conf:3: the section is empty", "keys" },
		{ "[device " LONG_60 "]\ntype = pl011\n",
		  "f.conf:1: the section's name is too long", "48" },
		{ "[device " LONG_41 "a]\ntype = pl011\n",
		  "f.conf:1: the section's name is too long", "48" },
		{ "[device a]\nhost = x\n\n[vm]\ncpus = 1\n", "f.conf:1: device 'a' has no type",
		  "type =" },
		{ "[device a]\nhost = x\n", "f.conf:1: device 'a' has no type", "type =" },
		{ "[device a]\ntype = pl01\n", "f.conf:2: there is no device type 'pl01'",
		  "pl011" },
		{ "[device a]\ntype = pl011\ntype = pl031\n", "f.conf:3: duplicate key 'type'",
		  "" },
		{ "[device a]\ntype = pl011\nspi =\n", "f.conf:3: spi has no value", "" },
		{ "[vm]\nappend = " LONG_60 LONG_60 LONG_60 LONG_60 "\n",
		  "f.conf:2: the line is longer than", "append" },
		{ "[vm]\nappend = \x01\n", "f.conf: this is not a text file", "[vm]" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		cr_expect_lt(load("f.conf", cases[i].text), 0, "%s", cases[i].text);
		cr_expect(err_says(&err, cases[i].what), "%s%s", cases[i].text, err.what);
		cr_expect(strstr(err.fix, cases[i].fix), "%s%s", cases[i].text, err.fix);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE, "%s", cases[i].text);
	}
}

Test(config_file, what_shows_only_as_a_whole_names_file_and_line_too)
{
	static const struct {
		const char *text;
		const char *what;
		const char *why;
	} cases[] = {
		{ "[device a]\ntype = pl011\nsip = 3\n", "f.conf:3: unknown key 'sip'", "pl011" },
		{ "[device a]\ntype = vfio-platform\nhost = x\nhost = y\n",
		  "f.conf:4: duplicate key 'host'", "a" },
		{ "[device a]\ntype = pl011\n[device a]\ntype = pl031\n",
		  "f.conf:3: there is a device 'a' already", "f.conf:1" },
		{ "[vm]\ncpu-affinity = 7:1\n", "f.conf:2: cpu-affinity = 7:1: '7' are no vCPUs",
		  "" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		cr_assert_eq(load("f.conf", cases[i].text), 0, "%s", err.what);
		config.kernel = "k";
		cr_expect_lt(config_finish(&config, &err), 0, "%s", cases[i].text);
		cr_expect(err_says(&err, cases[i].what), "%s%s", cases[i].text, err.what);
		cr_expect(strstr(err.why, cases[i].why), "%s%s", cases[i].text, err.why);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
}

Test(config_file, too_many_keys_of_a_device)
{
	char text[4096] = "[device a]\ntype = pl011\n";
	size_t n = strlen(text);

	for (int i = 0; i <= DEVICE_MAX_SETTINGS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "key%d = 1\n", i);
	cr_expect_lt(load("f.conf", text), 0);
	cr_expect(strstr(err.what, "f.conf:67: too many keys"), "%s", err.what);
}

Test(config_file, a_file_that_cannot_be_read)
{
	cr_expect_eq(load("/none.conf", NULL), -ENOENT);
	cr_expect(strstr(err.what, "/none.conf: No such file"), "%s", err.what);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);

	fake_dir("/dir.conf");
	cr_expect_lt(config_load(&config, "/dir.conf", &err), 0);
	cr_expect(err_says(&err, "/dir.conf is not a regular file: it is a directory"), "%s",
		  err.what);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	fake_set_stat(S_IFIFO | 0600, 0, 0, 0);
	cr_expect_lt(load("/fifo.conf", "[vm]\n"), 0);
	fake_sys_reset();
	fake_file_bytes("/Image", "MZ\0\0\1\2\3", 7);
	cr_expect_lt(config_load(&config, "/Image", &err), 0);
	cr_expect(strstr(err.what, "/Image: this is not a text file"), "%s", err.what);

	for (unsigned int n = 1; n <= 3; n++) {
		fake_sys_reset();
		fake_file("/f.conf", "[vm]\ncpus = 2\n");
		fake_fail_at(n, EIO);
		cr_expect_eq(config_load(&config, "/f.conf", &err), -EIO);
		cr_expect(strstr(err.what, "/f.conf: Input/output error"), "%s", err.what);
		cr_expect_eq(fake_n_open_fds(), 0);
	}
}
