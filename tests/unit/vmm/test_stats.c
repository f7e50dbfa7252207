// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/context.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

static struct machine machine;
static struct fake_vfio_device dev;
static struct device *device;
static struct err err;

/* As much of a machine as the statistics look at: one vCPU, one device that was armed. */
static void make_machine(void)
{
	struct vm *vm = &machine.vm;

	log_set_level(LOG_ERROR);
	fake_vm_create(vm);
	cr_assert_eq(vcpus_create(vm, 1, &err), 0);
	vm->vcpus[0].n_exits[VCPU_EXIT_MMIO] = 7;
	device = fake_vm_add_device(vm, &dev);
	cr_assert(fake_vfio_raise(&dev, 0));
}

/* 2.5 GiB in pages of 1 GiB, which the device reaches. */
static void make_ram(void)
{
	struct ram *ram = &machine.vm.ram;

	ram->page = 1 << 30;
	cr_assert_eq(ram_add_bank(ram, (struct range){ 0x80000000, 2ULL << 30 }, -1, 0, &err), 0);
	cr_assert_eq(ram_add_bank(ram, (struct range){ 0x180000000, 512 << 20 }, -1, 0, &err), 0);
	cr_assert_eq(vfio_dma_map(machine.vm.vfio, ram, &err), 0, "%s", err.what);
}

static void end(void)
{
	vfio_platform_class.destroy(device);
	vcpus_destroy(&machine.vm);
	fake_vm_destroy(&machine.vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(stats, say_what_happened)
{
	static const char *const parts[] = {
		"\"guest_resets\": 0",
		"\"vcpu\": 0",
		"\"mmio\": 7",
		"\"device\": \"10000000.dev\"",
		"\"spi\": 0",
		"\"trigger\": \"level\"",
		"\"mode\": \"irqfd\"",
		"\"why\": \"the host's kernel cannot forward interrupts\"",
		"\"host_interrupts\": 1",
		"\"user_wakeups\": 0",
		"\"size\": 2684354560",
		"\"banks\": 2",
		"\"page\": 1073741824",
		"\"wasted\": 536870912",
		"\"locked\": 2684354560",
		"\"backend\": \"iommufd\"",
		"\"mapped\": 2684354560",
		"\"scmi\": null",
		"\"virtio\": []",
	};
	const char *text;
	int fd;

	make_machine();
	make_ram();
	cr_assert_eq(stats_open("/tmp/stats", &fd, &err), 0, "%s", err.what);
	cr_assert_eq(stats_write(&machine, fd, &err), 0, "%s", err.what);
	sys_close(fd);
	text = fake_file_text("/tmp/stats");
	cr_assert_not_null(text);
	for (unsigned int i = 0; i < n_elems(parts); i++)
		cr_expect(strstr(text, parts[i]), "%s in %s", parts[i], text);
	cr_expect_eq(text[strlen(text) - 1], '\n');
	end();
}

static char *summary(char *text, size_t size)
{
	cr_redirect_stderr();
	log_set_level(LOG_INFO);
	machine_summarize(&machine);
	fflush(stderr);
	text[fread(text, 1, size - 1, cr_get_redirected_stderr())] = '\0';
	return text;
}

/* The summary, too. */
Test(stats, scmi)
{
	static const char *const parts[] = { "\"messages\": 1000", "\"errors\": 2",
					     "\"refused\": 3", "\"accesses_while_off\": 0" };
	struct vfio_scmi *scmi;
	char text[4096];
	int fd;

	make_machine();
	scmi = &machine.vm.vfio->scmi;
	scmi->channel.page = text;
	scmi->platform.n_messages = 1000;
	scmi->platform.n_errors = 2;
	scmi->channel.n_refused = 3;
	cr_assert_eq(stats_open("/tmp/stats", &fd, &err), 0, "%s", err.what);
	cr_assert_eq(stats_write(&machine, fd, &err), 0, "%s", err.what);
	sys_close(fd);
	for (unsigned int i = 0; i < n_elems(parts); i++)
		cr_expect(strstr(fake_file_text("/tmp/stats"), parts[i]), "%s", parts[i]);
	cr_expect(strstr(summary(text, sizeof(text)),
			 "summary: SCMI: 1000 messages, 2 of them answered with an error, "
			 "3 calls refused, 0 accesses to devices that were off"),
		  "%s", text);
	scmi->channel.page = NULL;
	end();
}

/* The summary, too. */
Test(stats, of_more_interrupts_than_anybody_has)
{
	char text[16384];
	const char *at = text;
	unsigned int n;
	int fd;

	log_set_level(LOG_ERROR);
	fake_vm_create(&machine.vm);
	platform_bus_init(machine.vm.bus, &machine.vm.memmap, NULL, 128);
	device = fake_vm_add_device_with(&machine.vm, &dev, FAKE_VFIO_MAX_IRQS);
	summary(text, sizeof(text));
	for (n = 0; (at = strstr(at, ": interrupt ")); n++)
		at++;
	cr_expect_eq(n, FAKE_VFIO_MAX_IRQS);
	cr_expect(strstr(text, "interrupt 99 (SPI 99, edge, irqfd)"), "%s", text);
	cr_assert_eq(stats_open("/tmp/stats", &fd, &err), 0, "%s", err.what);
	cr_assert_eq(stats_write(&machine, fd, &err), 0, "%s", err.what);
	sys_close(fd);
	cr_expect(strstr(fake_file_text("/tmp/stats"), "\"index\": 99"));
	end();
}

Test(stats, a_file_that_cannot_be_written_is_an_error)
{
	int fd;

	fake_open_error("/tmp/stats", EACCES);
	cr_expect_eq(stats_open("/tmp/stats", &fd, &err), -EACCES);
	cr_expect(strstr(err.what, "/tmp/stats"));
	make_machine();
	cr_expect_lt(stats_write(&machine, -1, &err), 0);
	cr_expect(strstr(err.what, "statistics"));
	end();
}
