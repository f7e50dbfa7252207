// SPDX-License-Identifier: GPL-2.0-only
/* Devices that are brought to rest by their registers: a PL330, an AHCI controller and a ZDMA. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/host/device.h"
#include "vfio/quiet.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define REGION (1ULL << 40) /* of the device's file */

static uint32_t regs[0x400];
static uint32_t stuck;        /* bits of a state that nothing clears */
static uint32_t zdma_isr;     /* what it has of interrupts */
static unsigned int n_writes; /* of 4 bytes */
static unsigned int n_sleeps;
static const char *node;
static struct err err;
static int fd;

static uint32_t *reg(off_t offset)
{
	cr_assert(offset >= (off_t)REGION && offset < (off_t)(REGION + sizeof(regs)));
	return &regs[(offset - (off_t)REGION) / 4];
}

/* DMAKILL of DBGINST0 */
static void pl330_execute(void)
{
	unsigned int channel = regs[0xd08 / 4] >> 8 & 7;

	cr_expect_eq(regs[0xd08 / 4] >> 16, 1);
	if (regs[0xd08 / 4] & 1)
		regs[0x100 / 4 + 2 * channel] = stuck;
	else
		regs[0] = stuck;
}

/* A port's DMA follows its bit for it, but where it is stuck; a reset helps. */
static void ahci_follow(void)
{
	for (unsigned int at = 0x118 / 4; at < n_elems(regs); at += 0x80 / 4) {
		uint32_t busy = regs[at] & 1 ? 0x8000 : stuck & 0x8000;

		regs[at] = (regs[at] & 0x11) | busy | (regs[at] & 0x10 ? 0x4000 : 0);
	}
	if (regs[1] & 1 && !(stuck & 1)) {
		stuck = regs[1] = 0;
		memset(&regs[0x100 / 4], 0, sizeof(regs) - 0x100);
	}
}

/* A channel of a ZDMA: enabled, its list has no end; a paused one is told to continue. */
static void zdma_follow(off_t offset)
{
	uint32_t isr = regs[0x100 / 4];

	if (offset == 0x100)
		regs[0x100 / 4] = zdma_isr & ~isr;
	zdma_isr = regs[0x100 / 4];
	if (!(regs[0x200 / 4] & 1) && (regs[0x11c / 4] == 2 || regs[0x110 / 4] & 2))
		regs[0x11c / 4] = stuck;
}

static ssize_t read_reg(int of, void *opaque, void *buf, size_t size, off_t offset)
{
	(void)of;
	(void)opaque;
	cr_assert_eq(size, 4);
	memcpy(buf, reg(offset), 4);
	return 4;
}

static ssize_t write_reg(int of, void *opaque, const void *buf, size_t size, off_t offset)
{
	(void)of;
	(void)opaque;
	cr_assert_eq(size, 4);
	memcpy(reg(offset), buf, 4);
	n_writes++;
	if (!strcmp(node, "arm,pl330") && offset == (off_t)REGION + 0xd04)
		pl330_execute();
	else if (!strcmp(node, "xlnx,zynqmp-dma-1.0"))
		zdma_follow(offset - (off_t)REGION);
	else if (strcmp(node, "arm,pl330"))
		ahci_follow();
	return 4;
}

static void count_sleep(void)
{
	n_sleeps++;
}

/* @names: what its compatible says */
static int quiet(const char *names, size_t size)
{
	static const struct fake_fd_ops ops = { .pread = read_reg, .pwrite = write_reg };
	struct vfio_host_device host;

	fake_sys_reset();
	fake_on_sleep(count_sleep);
	fake_host_device("platform", "1000.device", NULL, 1);
	if (size)
		fake_file_bytes("/sys/devices/platform/1000.device/of_node/compatible", names,
				size);
	cr_assert_eq(vfio_host_device_find(&host, "1000.device", &err), 0);
	node = names;
	n_writes = n_sleeps = 0;
	fd = fake_fd_new(&ops, NULL);
	return vfio_quiet(vfio_quiet_kind(&host, NULL), fd, REGION, sizeof(regs), &err);
}

#define QUIET(names) quiet(names, sizeof(names))

static void busy_pl330(void)
{
	memset(regs, 0, sizeof(regs));
	regs[0xe00 / 4] = 2 << 4; /* three channels */
	regs[0x20 / 4] = 0xff;
	regs[0x100 / 4] = 1;
	regs[0x110 / 4] = 0xf;
}

Test(vfio_quiet, all_threads_of_a_pl330_are_stopped)
{
	stuck = 0;
	busy_pl330();
	cr_assert_eq(QUIET("arm,pl330\0arm,primecell"), 0, "%s", err.what);
	cr_expect_eq(regs[0x20 / 4] | regs[0x100 / 4] | regs[0x108 / 4] | regs[0x110 / 4], 0);
	cr_expect_eq(n_writes, 1 + 2 * 3 + 3 + 3, "the idle channel is left alone");
	cr_expect_eq(n_sleeps, 0);
	stuck = 8; /* it is killing, and goes on */
	busy_pl330();
	cr_expect_lt(QUIET("arm,pl330"), 0);
	cr_expect_str_eq(err.what, "it may still be at work: a channel does not stop");
	cr_expect_geq(n_sleeps, 1000);
}

static void busy_ahci(void)
{
	memset(regs, 0, sizeof(regs));
	regs[0x0c / 4] = 5; /* ports 0 and 2 */
	regs[0x04 / 4] = 0x80000002;
	regs[0x118 / 4] = regs[0x218 / 4] = 0xc011;
	regs[0x198 / 4] = 0xc011; /* which is none */
	regs[0x114 / 4] = 7;
}

Test(vfio_quiet, all_ports_of_an_ahci_controller_are_stopped)
{
	stuck = 0;
	busy_ahci();
	cr_assert_eq(QUIET("vendor,board-ahci\0generic-ahci"), 0, "%s", err.what);
	cr_expect_eq(regs[0x118 / 4] | regs[0x218 / 4] | regs[0x114 / 4], 0);
	cr_expect_eq(regs[0x198 / 4], 0xc011);
	cr_expect_eq(regs[0x04 / 4], 0x80000000, "it was not reset");
	stuck = 0x8000;
	busy_ahci();
	cr_expect_eq(QUIET("generic-ahci"), 0, "a reset helps: %s", err.what);
	stuck = 0x8001;
	busy_ahci();
	cr_expect_lt(QUIET("generic-ahci"), 0);
	cr_expect_str_eq(err.what, "it may still be at work: a port works on commands");
}

/* @state: of its status */
static int quiet_zdma(uint32_t state)
{
	memset(regs, 0, sizeof(regs));
	regs[0x100 / 4] = zdma_isr = 0x404;
	regs[0x110 / 4] = 0xc0;
	regs[0x11c / 4] = state;
	regs[0x200 / 4] = 1;
	return QUIET("xlnx,zynqmp-dma-1.0");
}

/* Its last transfer has ended, well or by an error; one that is paused ends, too. */
Test(vfio_quiet, a_channel_of_a_zdma_is_stopped)
{
	for (uint32_t state = 0; state <= 3; state++) {
		stuck = state & 2 ? 3 : 0;
		cr_assert_eq(quiet_zdma(state), 0, "%u: %s", state, err.what);
		cr_expect_eq(regs[0x10c / 4], 0xfff);
		cr_expect_eq(regs[0x11c / 4], stuck);
		cr_expect_eq(regs[0x100 / 4] | regs[0x200 / 4], 0);
		cr_expect_eq(regs[0x110 / 4], 0x80);
		cr_expect_eq(n_sleeps, 0);
	}
	stuck = 2; /* a list without an end */
	cr_expect_lt(quiet_zdma(2), 0);
	cr_expect_str_eq(err.what, "it may still be at work: a transfer is under way");
	cr_expect_eq(n_sleeps, 1000);
	cr_expect_eq(regs[0x100 / 4], 0x404, "it is left as it is");
	stuck = 1;
	cr_expect_lt(quiet_zdma(1), 0);
	cr_expect_str_eq(err.what, "it may still be at work: it is paused");
}

Test(vfio_quiet, what_is_not_known_is_said)
{
	cr_expect_lt(QUIET("vendor,board"), 0);
	cr_expect(strstr(err.what, "how a device of its kind is stopped is not known"));
	cr_expect_lt(QUIET("arm,pl33"), 0);
	cr_expect_lt(quiet("", 0), 0, "it has no node");
	busy_ahci();
	cr_expect_eq(n_writes, 0);
}

/* A region that is too small, and registers that VFIO does not give */
Test(vfio_quiet, registers_that_cannot_be_reached)
{
	struct vfio_host_device host;

	stuck = 0;
	busy_pl330();
	cr_assert_eq(QUIET("arm,pl330"), 0);
	cr_assert_eq(vfio_host_device_find(&host, "1000.device", &err), 0);
	cr_expect_lt(vfio_quiet(vfio_quiet_kind(&host, NULL), fd, REGION, 0xe00, &err), 0);
	cr_expect_str_eq(err.what, "it may still be at work: its registers cannot be reached");
	fake_fail_at(1, EIO);
	cr_expect_lt(vfio_quiet(vfio_quiet_kind(&host, NULL), -1, REGION, sizeof(regs), &err), 0);
}
