// SPDX-License-Identifier: GPL-2.0-only
/* Which devices the host lives on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vmm/base/range.h"

#define PLACE "/sys/devices/platform/a.dev"
#define NODE  "/sys/firmware/devicetree/base/a"

static void property(const char *name)
{
	char path[128];

	fake_link(PLACE "/of_node", NODE);
	snprintf(path, sizeof(path), NODE "/%s", name);
	fake_file(path, "");
}

static void console(void)
{
	fake_file("/proc/consoles", "tty0  -WU (E  p  )  4:1\nttyAMA0  -W- (EC p a)  204:64\n");
	fake_link("/sys/dev/char/204:64", "../../devices/platform/a.dev/tty/ttyAMA0");
}

static void virtio_console(void)
{
	fake_file("/proc/consoles", "hvc0  -W- (EC p  )  229:0\n");
	fake_link("/sys/class/virtio-ports/vport0p0",
		  "../../devices/platform/a.dev/virtio3/virtio-ports/vport0p0");
}

static void root_disk(void)
{
	fake_file("/proc/self/mountinfo",
		  "20 1 0:20 / /proc rw - proc proc rw\n22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	fake_link("/sys/dev/block/8:1", "../../devices/platform/a.dev/ata1/block/sda/sda1");
}

static void disk_under_a_mapping(void)
{
	fake_file("/proc/self/mountinfo", "22 1 253:0 / /home rw - ext4 /dev/dm-0 rw\n");
	fake_link("/sys/dev/block/253:0", "../../devices/virtual/block/dm-0");
	fake_file("/sys/class/block/dm-0/slaves/sda2/uevent", "");
	fake_link("/sys/class/block/sda2", "../../devices/platform/a.dev/ata1/block/sda/sda2");
}

static void route(void)
{
	fake_file("/proc/net/route", "Iface\tDestination\tGateway\nbr0\t00000000\t0202000A\n");
	fake_file("/sys/class/net/br0/lower_eth0/uevent", "");
	fake_link("/sys/class/net/eth0", "../../devices/platform/a.dev/net/eth0");
}

static void route6(void)
{
	fake_file(
		"/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe80000000000000000000000000fe01 00000400 00000001 00000000 00000003     eth0\n");
	fake_link("/sys/class/net/eth0", "../../devices/platform/a.dev/net/eth0");
}

static void consumer(void)
{
	fake_file(PLACE "/consumer:platform:b.eth/sync_state_only", "0\n");
	fake_link(PLACE "/consumer:platform:b.eth/consumer/driver",
		  "/sys/bus/platform/drivers/macb");
}

static void dma_client(void)
{
	fake_link("/sys/class/dma/dma0chan0", "../../devices/platform/a.dev/dma/dma0chan0");
	fake_file("/sys/devices/platform/a.dev/dma/dma0chan0/in_use", "0\n");
	fake_link("/sys/class/dma/dma0chan1", "../../devices/platform/a.dev/dma/dma0chan1");
	fake_file("/sys/devices/platform/a.dev/dma/dma0chan1/in_use", "1\n");
	fake_link("/sys/devices/platform/a.dev/dma/dma0chan1/slave",
		  "/sys/devices/platform/c.serial");
}

static void free_channel(void)
{
	fake_link("/sys/class/dma/dma0chan0", "../../devices/platform/a.dev/dma/dma0chan0");
	fake_file("/sys/devices/platform/a.dev/dma/dma0chan0/in_use", "0\n");
	fake_link("/sys/class/dma/dma1chan0", "../../devices/platform/a.dev2/dma/dma1chan0");
	fake_file("/sys/devices/platform/a.dev2/dma/dma1chan0/in_use", "1\n");
}

static void iommu(void)
{
	property("#iommu-cells");
}

static void interrupts(void)
{
	property("interrupt-controller");
}

static void early_clock(void)
{
	property("#clock-cells");
}

static void fixed_link_on(const char *release)
{
	fake_file("/proc/sys/kernel/osrelease", release);
	property("fixed-link/speed");
}

static void fixed_link(void)
{
	fixed_link_on("6.12.95+deb12-arm64\n");
}

static void fixed_link_7_2(void)
{
	fixed_link_on("7.2.1\n");
}

static void fixed_link_7_3(void)
{
	fixed_link_on("7.3.4+deb13-arm64\n");
}

static void fixed_link_and_bus(void)
{
	fixed_link();
	property("mdio/reg");
}

/* What looks like it, and is not. */
static void other_disk(void)
{
	fake_file("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\nnonsense\n");
	fake_link("/sys/dev/block/8:1", "../../devices/platform/a.dev2/ata1/block/sda/sda1");
}

static void other_route(void)
{
	fake_file("/proc/net/route", "Iface\tDestination\tGateway\neth0\t0002000A\t00000000\n");
	fake_link("/sys/class/net/eth0", "../../devices/platform/a.dev/net/eth0");
}

static void consumer_of_vfio(void)
{
	fake_link(PLACE "/consumer:platform:b.eth/consumer/driver",
		  "/sys/bus/platform/drivers/vfio-platform");
	fake_file(PLACE "/consumer:platform:c.x/sync_state_only", "1\n");
	fake_link(PLACE "/consumer:platform:c.x/consumer/driver", "/sys/bus/platform/drivers/x");
}

static void gpio(void)
{
	property("gpio-controller");
	interrupts();
}

Test(critical_use, what_the_host_lives_on_is_refused_with_the_reason)
{
	static const struct {
		void (*provoke)(void);
		const char *why; /* NULL: it can be had */
		const char *driver;
	} cases[] = {
		{ console, "ttyAMA0 is the host's console", "uart" },
		{ virtio_console, "hvc0 is the host's console", "virtio-mmio" },
		{ root_disk, "/ is mounted from a disk on it", "ahci" },
		{ disk_under_a_mapping, "/home is mounted from a disk on it", "ahci" },
		{ route, "default route goes by it (br0)", "macb" },
		{ route6, "default route goes by it (eth0)", "macb" },
		{ consumer, "b.eth (macb) depends on it", "clk" },
		{ dma_client, "c.serial uses its DMA channel dma0chan1", "pl330" },
		{ free_channel, NULL, "pl330" },
		{ iommu, "an IOMMU", "arm-smmu" },
		{ interrupts, "an interrupt controller", NULL },
		{ early_clock, "without a driver", NULL },
		{ fixed_link, "crashes when it is unbound", "macb" },
		{ fixed_link_7_2, "a fault in Linux 7.2", "macb" },
		{ fixed_link_7_3, NULL, "macb" },
		{ fixed_link_and_bus, NULL, "macb" },
		{ fixed_link, NULL, "fec" },
		{ other_disk, NULL, "ahci" },
		{ other_route, NULL, "macb" },
		{ consumer_of_vfio, NULL, "clk" },
		{ early_clock, NULL, "clk" },
		{ gpio, NULL, "pl061" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct vfio_host_device host;
		struct err err = { 0 };

		fake_sys_reset();
		fake_host_device("platform", "a.dev", cases[i].driver, 1);
		cases[i].provoke();
		cr_assert_eq(vfio_host_device_find(&host, "a.dev", &err), 0);
		cr_expect_eq(critical_use_check(&host, &err), cases[i].why ? -EINVAL : 0,
			     "case %u: %s", i, err.why);
		if (!cases[i].why)
			continue;
		cr_expect(strstr(err.why, cases[i].why), "case %u: %s", i, err.why);
		cr_expect(strstr(err.fix, "dais bind --force a.dev"));
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	}
}
