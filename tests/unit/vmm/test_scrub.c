// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/host/tree.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/report/scrub.h"

static struct scrub scrub;

static void setup(void)
{
	fake_sys_reset();
	fake_file("/proc/sys/kernel/hostname", "lab7\n");
	fake_file("/proc/sys/kernel/domainname", "(none)\n");
	fake_file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	fake_file("/proc/cmdline",
		  "console=ttyAMA0,115200 root=/dev/mmcblk7p3 rw key=Sesame99 quiet a=b\n");
}

static void teardown(void)
{
	scrub_destroy(&scrub);
}

TestSuite(scrub, .init = setup, .fini = teardown);

static void expect(const char *line, const char *wanted)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(scrub_print(&scrub, line, out), 0);
	fclose(out);
	cr_expect_str_eq(text, wanted);
	free(text);
}

Test(scrub, what_is_private_goes)
{
	static const char *const lines[][2] = {
		{ "MAC 52:54:00:12:34:56, and 52-54-00-12-34-57.", "MAC <mac-1>, and <mac-2>." },
		{ "52:54:00:12:34:56", "<mac-1>" },
		{ "\tlocal-mac-address = [52 54 00 12 34 56];",
		  "\tlocal-mac-address = [<mac-3>];" },
		{ "x 192.168.7.21:22 y 10.0.0.1", "x <ip-1>:22 y <ip-2>" },
		{ "inet6 fe80::5054:ff:fe12:3456/64", "inet6 <ip-3>/64" },
		{ "2001:db8:0:1:2:3:4:5", "<ip-4>" },
		{ "root=UUID=0a1b2c3d-0000-4000-8000-0123456789ab", "root=UUID=<uuid-1>" },
		{ "on lab7, lab7.example and lab77", "on <host-1>, <host-1>.example and lab77" },
		{ "the root disk /dev/mmcblk7p3 is on it",
		  "the root disk <command-line-1> is on it" },
		{ "\"Sesame99\"", "\"<command-line-2>\"" },
		{ "0123456789abcdef0123456789abcdef", "<machine-id-1>" },
	};

	cr_assert_eq(scrub_create(&scrub, NULL), 0);
	for (size_t i = 0; i < n_elems(lines); i++)
		expect(lines[i][0], lines[i][1]);
}

/* What reports are full of, and tells nothing of whose host it is. */
Test(scrub, the_rest_stays)
{
	static const char *const lines[] = {
		"10000000.ahci soc:gpu 30b50000.mmc",
		"/soc@0/bus@30800000/mmc@30b50000 1f:2 usb:1",
		"6.12.95+deb12-arm64 7.3.4",
		"compatible = \"arm,gic-v3\";",
		"reg = <0 0x10000000 0 0x1000>;",
		"console=ttyAMA0,115200",
		"a=b ahci::port",
		"[52 54 00]",
	};

	cr_assert_eq(scrub_create(&scrub, NULL), 0);
	for (size_t i = 0; i < n_elems(lines); i++)
		expect(lines[i], lines[i]);
}

/* Nor is a name that is in every text, or nobody's. */
Test(scrub, short_and_common_names_stay)
{
	fake_file("/proc/sys/kernel/hostname", "localhost\n");
	fake_file("/proc/sys/kernel/domainname", "io\n");
	cr_assert_eq(scrub_create(&scrub, NULL), 0);
	expect("localhost, io", "localhost, io");
}

Test(scrub, serial_numbers_of_the_tree)
{
	struct host_tree *tree;
	struct err err;
	struct dt dt;
	void *blob;
	size_t size;

	dt_init(&dt);
	dt_prop_str(&dt, "serial-number", "XF-00042");
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	cr_assert_eq(host_tree_parse(blob, size, "a tree", &tree, &err), 0);
	cr_assert_eq(scrub_create(&scrub, tree), 0);
	expect("board XF-00042 rev 2", "board <serial-1> rev 2");
	host_tree_destroy(tree);
	dt_destroy(&dt);
	free(blob);
}
