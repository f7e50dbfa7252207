// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/host/device.h"
#include "vmm/base/sys.h"

static struct fake_vfio_device disk = {
	.name = "10000000.ahci",
	.group = 7,
	.n_regions = 2,
	.regions = { { .size = 0x1000 }, { .size = 0x200, .page_offset = 0xc00 } },
	.n_irqs = 2,
	.irqs = { { .level = true }, { .level = false } },
};
static struct fake_vfio_device rtc = {
	.name = "9010000.pl031",
	.amba = true,
	.group = 2,
	.n_regions = 1,
	.regions = { { .size = 0x1000 } },
};

static void setup(void)
{
	fake_sys_reset();
	fake_vfio_reset();
	fake_vfio_add(&disk);
	fake_vfio_add(&rtc);
	fake_host_device("platform", "10100000.eth", "macb", 3);
	fake_host_device("platform", "10110000.dma", NULL, -1);
}

TestSuite(vfio_host, .init = setup);

Test(vfio_host, finds_devices_on_both_buses)
{
	struct vfio_host_device host;
	struct err err;

	cr_assert_eq(vfio_host_device_find(&host, "10000000.ahci", &err), 0);
	cr_expect(!host.amba && host.dt_coherent);
	cr_expect_eq(host.group, 7);
	cr_expect_str_eq(host.driver, "vfio-platform");
	cr_expect_str_eq(host.path, "/sys/bus/platform/devices/10000000.ahci");
	cr_expect_eq(vfio_host_device_check_bound(&host, &err), 0);

	cr_assert_eq(vfio_host_device_find(&host, "9010000.pl031", &err), 0);
	cr_expect(host.amba);
	cr_expect_eq(host.group, 2);
	cr_expect_eq(vfio_host_device_check_bound(&host, &err), 0);

	cr_assert_eq(vfio_host_device_find(&host, "10110000.dma", &err), 0);
	cr_expect(!host.dt_coherent);
	cr_expect_eq(host.group, -1);
	cr_expect_str_eq(host.driver, "");
}

Test(vfio_host, an_unknown_device_is_a_wrong_setting_and_the_nearest_is_named)
{
	static const char *const names[] = { "", ".", "../amba", "1000000.ahci",
					     "10000000.ahci/x" };
	struct vfio_host_device host;
	struct err err;

	for (unsigned int i = 0; i < n_elems(names); i++) {
		cr_expect_lt(vfio_host_device_find(&host, names[i], &err), 0, "%s", names[i]);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
	vfio_host_device_find(&host, "1000000.ahci", &err);
	cr_expect(strstr(err.what, "no device 1000000.ahci"));
	cr_expect_str_eq(err.fix, "did you mean 10000000.ahci?");
	vfio_host_device_find(&host, "9010000.pl030", &err);
	cr_expect_str_eq(err.fix, "did you mean 9010000.pl031?");
	vfio_host_device_find(&host, "qwertyuiop", &err);
	cr_expect(!strstr(err.fix, "did you mean"));
}

Test(vfio_host, an_unbound_device_comes_with_the_command_that_binds_it)
{
	struct vfio_host_device host;
	struct err err;

	cr_assert_eq(vfio_host_device_find(&host, "10100000.eth", &err), 0);
	cr_expect_lt(vfio_host_device_check_bound(&host, &err), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.why, "macb"));
	cr_expect(strstr(err.fix, "dais bind 10100000.eth"));

	cr_assert_eq(vfio_host_device_find(&host, "10110000.dma", &err), 0);
	cr_expect_lt(vfio_host_device_check_bound(&host, &err), 0);
	cr_expect(strstr(err.why, "no driver"));
}

Test(vfio_host, a_device_without_iommu_group_is_refused)
{
	struct vfio_host_device host;
	struct err err;

	fake_host_device("platform", "10120000.x", "vfio-platform", -1);
	cr_assert_eq(vfio_host_device_find(&host, "10120000.x", &err), 0);
	cr_expect_lt(vfio_host_device_check_bound(&host, &err), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.what, "no IOMMU group"));
}

Test(vfio_host, page_offset_comes_from_the_node)
{
	struct vfio_host_device host;
	struct err err;

	cr_assert_eq(vfio_host_device_find(&host, "10000000.ahci", &err), 0);
	cr_expect_eq(vfio_host_device_page_offset(&host, 0), 0);
	cr_expect_eq(vfio_host_device_page_offset(&host, 1), 0xc00);
	cr_expect_eq(vfio_host_device_page_offset(&host, 2), 0, "beyond reg");
	fake_remove("/sys/firmware/devicetree/base/soc/#size-cells");
	fake_remove("/sys/firmware/devicetree/base/soc/#address-cells");
	cr_expect_eq(vfio_host_device_page_offset(&host, 1), 0);
}

Test(vfio_host, group_members_and_their_drivers)
{
	char buf[200], small[20];

	fake_host_device("platform", "10200000.sib", NULL, 7);
	fake_host_device("platform", "10300000.sib", "macb", 7);
	vfio_host_group_members(7, buf, sizeof(buf));
	cr_expect(strstr(buf, "10000000.ahci (vfio-platform)"));
	cr_expect(strstr(buf, "10200000.sib (no driver)"));
	cr_expect(strstr(buf, "10300000.sib (macb)"));
	vfio_host_group_members(7, small, sizeof(small));
	cr_expect_eq(strlen(small), sizeof(small) - 1);
	vfio_host_group_members(6, buf, sizeof(buf));
	cr_expect_str_eq(buf, "");
}

static void read_irqs(int fd, const struct vfio_host_device *host, struct host_irq_list *list)
{
	size_t size = 0;
	char *lines = host_irq_lines(fd, &size);

	host_irq_find(lines, size, host, list);
	free(lines);
}

Test(vfio_host, interrupt_lines_of_a_device)
{
	static const char text[] =
		"           CPU0       CPU1\n"
		" 12:        100          1     GICv3  27 Level     vfio-irq[12](10000000.ahci)\n"
		" 13:         30          4     GICv3  37 Edge      vfio-irq[13](10000000.ahci), shared\n"
		" 14:          9          9     GICv3  38 Level     vfio-irq[14](10000000.ahci2)\n"
		" 15:          5          6     GICv3  39 Level     vfio-irq[15](vfio-amba-00041031)\n"
		"IPI0:  vfio-irq[1](10000000.ahci)\n";
	struct vfio_host_device host = { .name = "10000000.ahci" };
	struct host_irq_list list;
	int fd;

	fake_file("/proc/interrupts", text);
	fd = sys_open("/proc/interrupts", O_RDONLY);
	read_irqs(fd, &host, &list);
	cr_assert_eq(list.n_irqs, 2);
	cr_expect_eq(list.irqs[0].number, 12);
	cr_expect_eq(list.irqs[0].count, 101);
	cr_expect_eq(list.irqs[1].number, 13);
	cr_expect_eq(list.irqs[1].count, 34);

	host.amba = true;
	read_irqs(fd, &host, &list);
	cr_assert_eq(list.n_irqs, 1);
	cr_expect_eq(list.irqs[0].count, 11);

	/* dais' own driver names devices of both buses alike. */
	strcpy(host.driver, "vfio-dais");
	read_irqs(fd, &host, &list);
	cr_assert_eq(list.n_irqs, 2);
	cr_expect_eq(list.irqs[0].number, 12);

	sys_close(fd);
	read_irqs(-1, &host, &list);
	cr_expect_eq(list.n_irqs, 0);
}
