// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/fakes/fake_process.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"

#define report(...) run_command(cmd_report, __VA_ARGS__)

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	fake_process_reset();
	fake_process.be_parent = true;
	fake_process.code = CLD_EXITED;
	fake_file("/proc/sys/kernel/hostname", "lab7\n");
}

TestSuite(report, .init = setup);

static void expect_says(const char *text)
{
	cr_expect(strstr(command_text, text), "'%s' is not in:\n%s", text, command_text);
}

/* What the commands print is seen in tests/system; here they are processes that print nothing. */
Test(report, all_parts_are_there)
{
	static const char *const parts[] = {
		"==== system",
		"kernel: ",
		"device: 7ffb0000.usb driver=ohci-platform",
		"==== dais list 7ffb0000.usb\n",
		"==== dais plan 7ffb0000.usb\n",
		"==== dais check 7ffb0000.usb\n",
		"==== tree",
		"/dts-v1/;",
		"\tusb@7ffb0000 {",
		"interrupt-controller",
		"==== json",
		"\"report\": 1",
		"\"plan\": null",
	};

	fake_board("juno");
	cr_assert_eq(report("--output", "-", "7ffb0000.usb", NULL), EXIT_STATUS_OK);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		expect_says(parts[i]);
	cr_expect_not(strstr(command_text, "--irq"));
	cr_expect_not(strstr(command_text, "ethernet@"),
		      "what says nothing of the device is there");
}

Test(report, run_fires_interrupts)
{
	fake_board("juno");
	cr_assert_eq(report("--run", "--output", "-", "7ffb0000.usb", "7ffc0000.usb", NULL),
		     EXIT_STATUS_OK);
	expect_says("==== dais check --irq 7ffb0000.usb\n");
	expect_says("==== dais check --irq 7ffc0000.usb\n");
}

Test(report, what_is_wrong_with_the_command_line)
{
	fake_board("juno");
	cr_expect_eq(report("--output", "-", NULL), EXIT_STATUS_USAGE);
	fake_file("/tmp/there", "");
	cr_expect_eq(report("--output", "/tmp/there", "7ffb0000.usb", NULL), EXIT_STATUS_USAGE);
	fake_open_error("/none/x", EACCES);
	cr_expect_eq(report("--output", "/none/x", "7ffb0000.usb", NULL), EXIT_STATUS_FAILURE);
}

Test(report, without_a_tree)
{
	cr_expect_eq(report("--output", "-", "1000.x", NULL), EXIT_STATUS_HOST);
}

/* What cannot be read is missing, or told; nothing is lost (run_command() counts descriptors). */
Test(report, each_call_fails)
{
	fake_board("juno");
	for (unsigned int n = 1; n == 1 || fake_failed(); n++) {
		int status;

		fake_fail_at(n, EIO);
		status = report("--output", "-", "7ffb0000.usb", NULL);
		cr_assert(status == EXIT_STATUS_OK || status == EXIT_STATUS_FAILURE ||
				  status == EXIT_STATUS_HOST || status == EXIT_STATUS_USAGE,
			  "call %u: status %d", n, status);
	}
}
