// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "tests/fakes/vfio/fake_host_bus.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"

#define DISK "10200000.sata"

static void setup(void)
{
	static struct fake_bus_device disk;

	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	fake_host_bus_reset();
	disk = (struct fake_bus_device){ .bus = "platform", .name = DISK, .group = 7 };
	fake_host_bus_add(&disk);
	fake_file("/proc/self/stat",
		  "7 (dais) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 77 20\n");
}

TestSuite(bind, .init = setup);

Test(bind, says_which_driver_it_took)
{
	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_OK);
	cr_expect_str_eq(command_text, DISK ": no driver -> vfio-platform\n");
	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_OK, "a second time");
	cr_expect_eq(run_command(cmd_unbind, DISK, NULL), EXIT_STATUS_OK);
	fake_host_bus_driver("platform", "vfio-dais");
	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_OK);
	cr_expect_str_eq(command_text, DISK ": no driver -> vfio-dais\n");
}

Test(bind, a_device_that_linux_own_driver_has_stays_with_it)
{
	char told[600] = "";

	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_OK);
	fake_host_bus_driver("platform", "vfio-dais");
	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_HOST);
	fflush(stderr);
	cr_expect_gt(fread(told, 1, sizeof(told) - 1, cr_get_redirected_stderr()), 0u);
	cr_expect(strstr(told, "dais: error: " DISK " stays with vfio-platform\n"), "%s", told);
	cr_expect(strstr(told, "dais: cause: it was bound to that before vfio-dais"), "%s", told);
	cr_expect(strstr(told, "dais: fix:   dais unbind " DISK "; dais bind " DISK "\n"), "%s",
		  told);
	cr_expect_eq(run_command(cmd_unbind, DISK, NULL), EXIT_STATUS_OK);
	cr_expect_eq(run_command(cmd_bind, DISK, NULL), EXIT_STATUS_OK);
	cr_expect_str_eq(command_text, DISK ": no driver -> vfio-dais\n");
}
