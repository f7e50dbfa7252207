// SPDX-License-Identifier: GPL-2.0-only
/* Back ends in the kernel, virtio-net on a tap and virtio-vsock, with drivers that are scripted. */
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>

#include "tests/unit/devices/vhost_kernel_rig.h"
#include "vmm/base/range.h"

TestSuite(vhost_kernel, .init = set_up, .fini = rig_end);

Test(vhost_kernel, a_network_card_on_a_tap)
{
	const uint64_t offloads = VIRTIO_BIT(VIRTIO_NET_F_CSUM) |
				  VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |
				  VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6);
	char *ram;

	set_key("mac", "52:54:00:12:34:56");
	cr_assert_eq(create(), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(fake_find_ioctl(VHOST_SET_OWNER, 0), UINT32_MAX, "by the VMM, after the fork");
	cr_assert_eq(config.class->attach(device, &err), 0, "%s", err.what);
	cr_expect_eq(device->n_ram_pieces, 0, "its RAM need not be shared");
	cr_expect_str_eq(kernel.ifr.ifr_name, "tap0");
	cr_expect_eq(kernel.ifr.ifr_flags, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	cr_expect_eq(kernel.header, 12);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 1);
	cr_expect_arr_eq(guest_page + VIRTIO_MMIO_CONFIG, "\x52\x54\x00\x12\x34\x56", 6);
	cr_expect_eq(virtio_of(device)->features & (offloads | MRG_RXBUF), offloads | MRG_RXBUF);
	cr_expect(virtio_of(device)->features & VIRTIO_BIT(VIRTIO_NET_F_MAC));
	cr_expect_not(virtio_of(device)->features & (1ULL << VHOST_F_LOG_ALL));
	cr_expect_eq(kernel.memory.nregions, 1);
	cr_expect_eq(kernel.memory.regions[0].guest_phys_addr, RIG_RAM);
	cr_expect_eq(kernel.memory.regions[0].memory_size, RAM_MIN_SIZE);
	ram = ram_ptr(&vm.ram, RIG_RAM, 1);
	cr_expect_eq(kernel.memory.regions[0].userspace_addr, (uintptr_t)ram);

	start(VERSION_1 | MRG_RXBUF | offloads | VIRTIO_BIT(VIRTIO_NET_F_MAC));
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(kernel.set_features, VERSION_1 | MRG_RXBUF, "no more than it knows");
	cr_expect_eq(kernel.offload, TUN_F_CSUM | TUN_F_TSO6);
	for (unsigned int i = 0; i < 2; i++) {
		cr_expect_eq(kernel.num[i], 64);
		cr_expect_eq(kernel.addr[i].desc_user_addr, (uintptr_t)ram + i * 0x10000);
		cr_expect_eq(kernel.addr[i].avail_user_addr, (uintptr_t)ram + i * 0x10000 + 0x1000);
		cr_expect_eq(kernel.addr[i].used_user_addr, (uintptr_t)ram + i * 0x10000 + 0x2000);
		cr_expect_eq(kernel.kick[i], virtio_of(device)->queues[i].kick_fd);
		cr_expect_eq(kernel.call[i], virtio_of(device)->call_fd);
		cr_expect_gt(kernel.backend[i], 0);
	}
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(kernel.backend[0], -1);
	cr_expect_eq(kernel.backend[1], -1);
}

/* It has addresses of dais, where a bank is one piece even if its pages are not one in their file.
 */
Test(vhost_kernel, RAM_at_physical_addresses)
{
	static const struct phys_page pages[] = { { RIG_RAM, RAM_ALIGN },
						  { RIG_RAM + RAM_ALIGN, 0 } };
	char *ram;

	ram_destroy(&vm.ram);
	cr_assert_eq(ram_open(&vm.ram, &(struct ram_backing){ .is_shared = true }, &err), 0);
	vm.ram.page = RAM_ALIGN;
	cr_assert_eq(ram_insert_bank(&vm.ram,
				     &(struct ram_bank){ .gpa = { RIG_RAM, 2 * RAM_ALIGN },
							 .fd = vm.ram.fd,
							 .pages = pages },
				     &err),
		     0, "%s", err.what);
	cr_assert_eq(ram_create(&vm.ram, &err), 0, "%s", err.what);
	cr_expect_eq(ram_pieces(&vm.ram, NULL, 0), 2);
	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(kernel.memory.nregions, 1);
	ram = ram_ptr(&vm.ram, RIG_RAM, 1);
	cr_expect_eq(kernel.memory.regions[0].memory_size, 2 * RAM_ALIGN);
	cr_expect_eq(kernel.memory.regions[0].userspace_addr, (uintptr_t)ram);
}

Test(vhost_kernel, a_vsock)
{
	set_class(&virtio_vsock_class, "cid", "7");
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	cr_expect_eq(kernel.cid, 7);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 19);
	cr_expect_eq(guest_read(VIRTIO_MMIO_CONFIG), 7);
	start(VERSION_1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(kernel.running, 1);
	device->class->quiesce(device);
	cr_expect_eq(kernel.running, 0);
	cr_expect_eq(device->class->reset(device, &err), 0);
	cr_expect_eq(device->class->arm(device, &err), 0);
	start(VERSION_1);
	cr_expect_eq(kernel.running, 1, "and again after a guest reset");
}

static void stop_loop(void *opaque)
{
	if (guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET)
		event_loop_stop(opaque);
}

/* Serve the event loop until the device is broken. */
static void serve(void)
{
	struct event_source *source;
	owned_fd int fd = sys_eventfd(1, 0);

	cr_assert_eq(event_loop_add(&vm.loop, fd, stop_loop, &vm.loop, &source, &err), 0);
	cr_assert_eq(event_loop_run(&vm.loop, &err), 0);
	event_loop_remove(&vm.loop, source);
}

Test(vhost_kernel, an_error_in_a_queue_and_one_at_the_start)
{
	uint64_t one = 1;

	set_class(&virtio_vsock_class, "cid", "7");
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	start(VERSION_1);
	sys_write(kernel.err_fd, &one, sizeof(one));
	serve();
	cr_expect(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	cr_expect_eq(kernel.running, 0);
	for (unsigned int i = 0; i < 2; i++) {
		kernel.fails_at = i ? VHOST_SET_VRING_ADDR : VHOST_VSOCK_SET_RUNNING;
		kernel.code = -EFAULT;
		start(VERSION_1);
		cr_expect(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	}
}

static const struct {
	const struct device_class *class;
	const char *key, *value;
	unsigned long at;
	int code;
	const char *says, *fix;
} refusals[] = {
	{ &virtio_net_class, "tap", "tap0", TUNSETIFF, -EBUSY, "another process has it", "" },
	{ &virtio_net_class, "tap", "tap0", TUNSETIFF, -EPERM, "it is another user's",
	  "ip tuntap add dev tap0" },
	{ &virtio_net_class, "tap", "tap0", TUNSETIFF, -EINVAL, "it is no tap", "ip tuntap add" },
	{ &virtio_net_class, "tap", "tap0", TUNSETVNETHDRSZ, -EINVAL, "it is no tap", "" },
	{ &virtio_net_class, "tap", "tap1", 0, 0, "find the tap tap1", "ip tuntap add dev tap1" },
	{ &virtio_vsock_class, "cid", "7", VHOST_VSOCK_SET_GUEST_CID, -EADDRINUSE,
	  "another guest of this host has it", "cid=8" },
	{ &virtio_vsock_class, "cid", "7", VHOST_GET_FEATURES, -EIO, "VHOST_GET_FEATURES", "" },
};

Test(vhost_kernel, what_a_host_refuses)
{
	for (size_t i = 0; i < n_elems(refusals); i++) {
		set_class(refusals[i].class, refusals[i].key, refusals[i].value);
		kernel.fails_at = refusals[i].at;
		kernel.code = refusals[i].code;
		cr_expect_neq(create(), 0, "case %zu", i);
		cr_expect(err_says(&err, refusals[i].says), "%s: %s", err.what, err.why);
		cr_expect(strstr(err.fix, refusals[i].fix), "%s", err.fix);
		cr_expect_null(device);
	}
}

Test(vhost_kernel, what_the_driver_refuses_when_it_gets_guest_RAM)
{
	static const struct {
		unsigned long at;
		int code;
		const char *says;
	} cases[] = {
		{ VHOST_SET_OWNER, -EBUSY, "VHOST_SET_OWNER" },
		{ VHOST_SET_MEM_TABLE, -E2BIG, "in 1 pieces, more than" },
		{ VHOST_SET_MEM_TABLE, -ENOMEM, "VHOST_SET_MEM_TABLE" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		kernel.fails_at = cases[i].at;
		kernel.code = cases[i].code;
		cr_assert_eq(create(), 0, "%s", err.what);
		cr_expect_eq(config.class->attach(device, &err), cases[i].code);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		config.class->destroy(device);
		device = NULL;
	}
}

Test(vhost_kernel, drivers_that_are_not_there_or_too_old)
{
	kernel.features = MRG_RXBUF;
	cr_expect_eq(create(), -ENOTSUP);
	cr_expect(err_says(&err, "nothing of VIRTIO 1.0"), "%s", err.why);
	fake_open_error("/dev/vhost-net", EACCES);
	cr_expect_eq(create(), -EACCES);
	cr_expect(strstr(err.fix, "setfacl"), "%s", err.fix);
	fake_open_error("/dev/vhost-net", ENOENT);
	cr_expect_eq(create(), -ENOENT);
	cr_expect_str_eq(err.fix, "modprobe vhost_net");
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	set_class(&virtio_vsock_class, "cid", "3");
	fake_open_error("/dev/vhost-vsock", ENODEV);
	cr_expect_eq(create(), -ENODEV);
	cr_expect_str_eq(err.fix, "modprobe vhost_vsock");
}

Test(vhost_kernel, a_host_without_taps)
{
	fake_open_error("/dev/net/tun", ENOENT);
	cr_expect_eq(create(), -ENOENT);
	cr_expect_str_eq(err.fix, "modprobe tun");
	cr_expect_null(device);
}

Test(vhost_kernel, keys)
{
	static const struct {
		const struct device_class *class;
		const char *key, *value, *second, *value2, *says;
	} cases[] = {
		{ &virtio_net_class, "spi", "3", NULL, NULL,
		  "one of tap=NAME, fd=WHICH and socket=PATH" },
		{ &virtio_net_class, "tap", "tap0", "socket", "a", "one of tap=NAME, fd" },
		{ &virtio_net_class, "tap", "../tap0", NULL, NULL, "has this name" },
		{ &virtio_net_class, "tap", "a-name-of-more-than-15", NULL, NULL, "has this name" },
		{ &virtio_net_class, "tap", "tap0", "mac", "53:54:00:12:34:56", "no address" },
		{ &virtio_net_class, "tap", "tap0", "mac", "52:54:00:12:34", "no address" },
		{ &virtio_net_class, "tap", "tap0", "mac", "52:54:00:12:34:567", "no address" },
		{ &virtio_vsock_class, "spi", "3", NULL, NULL, "there is no cid=N" },
		{ &virtio_vsock_class, "cid", "2", NULL, NULL, "cid=2" },
		{ &virtio_vsock_class, "cid", "4294967295", NULL, NULL, "cid=4294967295" },
		{ &virtio_fs_class, "socket", "a", NULL, NULL, "there is no tag=T" },
		{ &virtio_fs_class, "socket", "a", "tag", "a-tag-of-more-than-36-characters-in-it",
		  "there is no tag=T" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		set_class(cases[i].class, cases[i].key, cases[i].value);
		if (cases[i].second)
			set_key(cases[i].second, cases[i].value2);
		cr_expect_neq(create(), 0, "case %zu", i);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
}
