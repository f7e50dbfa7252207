// SPDX-License-Identifier: GPL-2.0-only
#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include "tests/unit/devices/vhost_user_rig.h"
#include "vmm/base/range.h"

TestSuite(vhost_user, .init = set_up, .fini = tear_down);

Test(vhost_user, a_disk_is_what_its_back_end_says)
{
	const struct virtio_blk_config *blk;

	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	blk = (const void *)(guest_page + VIRTIO_MMIO_CONFIG);
	cr_expect_eq(blk->capacity, 16384);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_NUM_MAX), 256);
	cr_expect_eq(virtio_of(device)->features, VERSION_1 |
							  VIRTIO_BIT(VIRTIO_RING_F_INDIRECT_DESC) |
							  VIRTIO_BIT(VIRTIO_BLK_F_FLUSH));
	cr_expect_eq(device->n_ram_pieces, 32);
	/* no more than both know; no more of the configuration than the oldest has */
	cr_expect_eq(told(VHOST_USER_SET_PROTOCOL_FEATURES)->u64,
		     back_end.protocol & ~(1ULL << 63));
	cr_expect_eq(told(VHOST_USER_GET_CONFIG)->config.size, 60);
	told(VHOST_USER_SET_OWNER);
	cr_expect_eq(find(VHOST_USER_SET_MEM_TABLE, 0), UINT32_MAX);
}

Test(vhost_user, a_driver_starts_it_and_a_reset_stops_it)
{
	const struct vhost_user_message *m;
	unsigned int n;

	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(told(VHOST_USER_SET_FEATURES)->u64,
		     VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES);
	m = told(VHOST_USER_SET_MEM_TABLE);
	cr_expect_eq(back_end.n_fds[find(VHOST_USER_SET_MEM_TABLE, 0)], 1);
	cr_expect_eq(m->memory.n, 1);
	cr_expect_eq(m->memory.regions[0].gpa, RIG_RAM);
	cr_expect_eq(m->memory.regions[0].user_address, RIG_RAM, "no address of dais'");
	cr_expect_eq(m->memory.regions[0].size, RAM_MIN_SIZE);
	cr_expect_eq(told(VHOST_USER_SET_VRING_NUM)->state.num, 128);
	cr_expect_eq(told(VHOST_USER_SET_VRING_BASE)->state.num, 0);
	m = told(VHOST_USER_SET_VRING_ADDR);
	cr_expect_eq(m->addr.desc_user_addr, RIG_RAM);
	cr_expect_eq(m->addr.avail_user_addr, RIG_RAM + 0x1000);
	cr_expect_eq(m->addr.used_user_addr, RIG_RAM + 0x2000);
	cr_expect_eq(back_end.n_fds[find(VHOST_USER_SET_VRING_KICK, 0)], 1);
	cr_expect_eq(back_end.n_fds[find(VHOST_USER_SET_VRING_CALL, 0)], 1);
	cr_expect_eq(back_end.n_fds[find(VHOST_USER_SET_VRING_ERR, 0)], 1);
	cr_expect_eq(told(VHOST_USER_SET_VRING_ENABLE)->state.num, 1);
	cr_expect_eq(find(VHOST_USER_GET_VRING_BASE, 0), UINT32_MAX);

	guest_write(VIRTIO_MMIO_STATUS, 0);
	told(VHOST_USER_GET_VRING_BASE);
	n = back_end.n_requests;
	guest_start(VERSION_1);
	/* memory it has already */
	cr_expect_eq(find(VHOST_USER_SET_MEM_TABLE, n), UINT32_MAX);
	cr_expect_neq(find(VHOST_USER_SET_VRING_KICK, n), UINT32_MAX);
}

Test(vhost_user, a_packed_queue_begins_with_its_wrap_counters_set)
{
	const struct vhost_user_message *m;
	unsigned int n;

	back_end.features |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	cr_expect(virtio_of(device)->features & VIRTIO_BIT(VIRTIO_F_RING_PACKED));
	guest_negotiate(VERSION_1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED));
	/* of any size; behind the descriptors are the events of driver and device, 4 bytes each */
	guest_add_queue(0, 100, RIG_RAM, RIG_RAM + 1600, RIG_RAM + 1604);
	guest_ready();
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(told(VHOST_USER_SET_FEATURES)->u64,
		     VERSION_1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VHOST_USER_F_PROTOCOL_FEATURES);
	cr_expect_eq(told(VHOST_USER_SET_VRING_NUM)->state.num, 100);
	cr_expect_eq(told(VHOST_USER_SET_VRING_BASE)->state.num, 0x80008000);
	m = told(VHOST_USER_SET_VRING_ADDR);
	cr_expect_eq(m->addr.desc_user_addr, RIG_RAM);
	cr_expect_eq(m->addr.avail_user_addr, RIG_RAM + 1600);
	cr_expect_eq(m->addr.used_user_addr, RIG_RAM + 1604);
	/* and the next driver's begins so, wherever the last one's has ended */
	n = back_end.n_requests;
	guest_start(VERSION_1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED));
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	n = find(VHOST_USER_SET_VRING_BASE, n);
	cr_assert_neq(n, UINT32_MAX);
	cr_expect_eq(back_end.requests[n].state.num, 0x80008000);
	guest_start(VERSION_1);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	n = find(VHOST_USER_SET_VRING_BASE, n + 1);
	cr_assert_neq(n, UINT32_MAX);
	cr_expect_eq(back_end.requests[n].state.num, 0, "a split one, which this driver wants");
}

Test(vhost_user, one_that_knows_no_more_than_it_must)
{
	back_end.features &= ~VHOST_USER_F_PROTOCOL_FEATURES;
	config.class = &vhost_user_class;
	set_key("type", "rng");
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 4);
	cr_expect_eq(device->n_ram_pieces, 8);
	guest_start(VERSION_1);
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(told(VHOST_USER_SET_FEATURES)->u64, VERSION_1);
	cr_expect_eq(find(VHOST_USER_GET_PROTOCOL_FEATURES, 0), UINT32_MAX);
	cr_expect_eq(find(VHOST_USER_SET_VRING_ENABLE, 0), UINT32_MAX);
	cr_expect_eq(told(VHOST_USER_SET_MEM_TABLE)->flags, VHOST_USER_VERSION);
}

Test(vhost_user, RAM_in_many_pieces)
{
	unsigned int n = 0;

	ram_destroy(&vm.ram);
	cr_assert_eq(ram_open(&vm.ram, &(struct ram_backing){ .is_shared = true }, &err), 0);
	for (uint64_t i = 0; i < 9; i++)
		cr_assert_eq(ram_add_bank(&vm.ram,
					  (struct range){ RIG_RAM + i * 2 * RAM_ALIGN, RAM_ALIGN },
					  vm.ram.fd, i * RAM_ALIGN, &err),
			     0, "%s", err.what);
	cr_assert_eq(ram_create(&vm.ram, &err), 0, "%s", err.what);
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(find(VHOST_USER_SET_MEM_TABLE, 0), UINT32_MAX);
	for (unsigned int i = 0; (i = find(VHOST_USER_ADD_MEM_REG, i)) != UINT32_MAX; i++, n++) {
		cr_expect_eq(back_end.requests[i].one.region.gpa, RIG_RAM + n * 2ULL * RAM_ALIGN);
		cr_expect_eq(back_end.requests[i].one.region.offset, n * RAM_ALIGN);
		cr_expect_eq(back_end.n_fds[i], 1);
	}
	cr_expect_eq(n, 9);
}

/*
 * As without an IOMMU: what follows each other in memory does not in the file. The last page is not
 * the guest's to its end, but is told whole.
 */
Test(vhost_user, RAM_at_physical_addresses)
{
	enum { PAGE = 2 * RAM_ALIGN };
	static const struct phys_page pages[] = { { RIG_RAM, 3 * PAGE },
						  { RIG_RAM + PAGE, 0 },
						  { RIG_RAM + 2 * PAGE, PAGE } };
	static const struct {
		uint64_t gpa, size, offset;
	} regions[] = { { RIG_RAM, PAGE, 3 * PAGE }, { RIG_RAM + PAGE, 2 * PAGE, 0 } };
	const struct vhost_user_message *m;

	ram_destroy(&vm.ram);
	cr_assert_eq(ram_open(&vm.ram, &(struct ram_backing){ .is_shared = true }, &err), 0);
	vm.ram.page = PAGE;
	cr_assert_eq(ram_insert_bank(&vm.ram,
				     &(struct ram_bank){ .gpa = { RIG_RAM, 3 * PAGE - RAM_ALIGN },
							 .fd = vm.ram.fd,
							 .pages = pages },
				     &err),
		     0, "%s", err.what);
	cr_assert_eq(ram_create(&vm.ram, &err), 0, "%s", err.what);
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	m = told(VHOST_USER_SET_MEM_TABLE);
	cr_assert_eq(m->memory.n, n_elems(regions));
	for (size_t i = 0; i < n_elems(regions); i++) {
		cr_expect_eq(m->memory.regions[i].gpa, regions[i].gpa);
		cr_expect_eq(m->memory.regions[i].size, regions[i].size);
		cr_expect_eq(m->memory.regions[i].offset, regions[i].offset);
	}
}

Test(vhost_user, its_configuration_is_written)
{
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_write_wide(VIRTIO_MMIO_CONFIG + 32, 1, 1);
	cr_expect_eq(told(VHOST_USER_SET_CONFIG)->config.offset, 32);
	cr_expect_eq(told(VHOST_USER_SET_CONFIG)->config.size, 1);
	cr_expect_eq(told(VHOST_USER_SET_CONFIG)->config.bytes[0], 1);
	/* what it makes of it is what the guest sees */
	cr_expect_eq(guest_page[VIRTIO_MMIO_CONFIG + 32], 0);
}

/* --- what goes wrong before anything starts */

Test(vhost_user, back_ends_that_are_none)
{
	static const struct {
		uint64_t features, protocol, n_queues;
		uint32_t config_size;
		const char *says;
	} cases[] = {
		{ VHOST_USER_F_PROTOCOL_FEATURES, 0x8209, 1, 96, "nothing of VIRTIO 1.0" },
		{ VERSION_1, 0x8209, 1, 96, "does not tell its configuration" },
		{ VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES, 1, 1, 96,
		  "does not tell its configuration" },
		{ VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES, 0x8209, 1, 12,
		  "it is one of another type" },
		{ VERSION_1 | VHOST_USER_F_PROTOCOL_FEATURES, 0x8209, 0, 96, "has 0 queues" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		back_end.features = cases[i].features;
		back_end.protocol = cases[i].protocol;
		back_end.n_queues = cases[i].n_queues;
		back_end.config_size = cases[i].config_size;
		back_end.n_requests = 0;
		cr_expect_neq(create(), 0);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect_null(device);
		end_back_end();
	}
}

Test(vhost_user, answers_that_are_none)
{
	static const struct {
		enum fake_fault fault;
		uint32_t at;
		const char *says;
	} cases[] = {
		{ FAKE_CLOSES, VHOST_USER_GET_FEATURES, "has closed the connection" },
		{ FAKE_CLOSES, VHOST_USER_GET_CONFIG, "has closed the connection" },
		{ FAKE_IS_QUIET, VHOST_USER_GET_FEATURES, "only one at a time" },
		{ FAKE_OTHER, VHOST_USER_GET_PROTOCOL_FEATURES,
		  "not answer as the vhost-user protocol" },
		{ FAKE_NO_REPLY, VHOST_USER_GET_QUEUE_NUM,
		  "not answer as the vhost-user protocol" },
		{ FAKE_LONG, VHOST_USER_GET_MAX_MEM_SLOTS,
		  "not answer as the vhost-user protocol" },
		{ FAKE_SHORT, VHOST_USER_GET_CONFIG, "has closed the connection" },
		{ FAKE_EMPTY, VHOST_USER_GET_FEATURES, "has 0 bytes, not 8" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		back_end.fault = cases[i].fault;
		back_end.fault_at = cases[i].at;
		back_end.n_requests = 0;
		cr_expect_neq(create(), 0, "case %zu", i);
		cr_expect(err_says(&err, SOCKET), "%s", err.what);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect_null(device);
		end_back_end();
	}
}

Test(vhost_user, sockets_that_are_none)
{
	cr_assert_eq(device_config_judge(&config, NULL, &err), 0);
	cr_expect_neq(config.class->create(&config, &vm, &device, &err), 0);
	cr_expect(err_says(&err, "has not been started"), "%s", err.why);
	cr_expect(strstr(err.fix, "qemu-storage-daemon --blockdev"), "%s", err.fix);
	cr_expect(strstr(err.fix, "addr.path=" SOCKET), "%s", err.fix);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	fake_file(SOCKET, "");
	cr_expect_neq(config.class->create(&config, &vm, &device, &err), 0);
	cr_expect(err_says(&err, "this is no socket"), "%s", err.why);
}

Test(vhost_user, keys)
{
	static const struct {
		const struct device_class *class;
		const char *key, *value, *second, *value2, *says;
	} cases[] = {
		{ &virtio_blk_class, "spi", "3", NULL, NULL, "there is no socket=PATH" },
		{ &virtio_blk_class, "socket", "a", "queue-size", "100", "no power of two" },
		{ &virtio_blk_class, "queues", "0", NULL, NULL, "queues=0" },
		{ &vhost_user_class, "socket", "a", NULL, NULL, "there is no type=N|NAME" },
		{ &vhost_user_class, "socket", "a", "type", "disc", "has the type disc" },
		{ &vhost_user_class, "socket", "a", "type", "70000", "has the type 70000" },
		{ &vhost_user_class, "socket", "a", "type", "0", "has the type 0" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		config.class = cases[i].class;
		config.n_settings = 0;
		set_key(cases[i].key, cases[i].value);
		if (cases[i].second)
			set_key(cases[i].second, cases[i].value2);
		cr_expect_neq(device_config_judge(&config, NULL, &err)
				      ?: config.class->create(&config, &vm, &device, &err),
			      0);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
}

Test(vhost_user, types_by_name_and_by_number)
{
	static const struct {
		const char *type, *size;
		uint32_t id, n_queues, config_size;
	} cases[] = {
		{ "blk", NULL, 2, 4, 60 },  { "2", NULL, 2, 4, 60 },   { "gpio", NULL, 41, 4, 8 },
		{ "0x29", NULL, 41, 4, 8 }, { "77", "12", 77, 4, 12 }, { "77", NULL, 77, 4, 0 },
	};

	back_end.n_queues = 4;
	config.class = &vhost_user_class;
	for (size_t i = 0; i < n_elems(cases); i++) {
		config.n_settings = 1;
		back_end.n_requests = 0;
		set_key("type", cases[i].type);
		if (cases[i].size)
			set_key("config-size", cases[i].size);
		cr_assert_eq(create(), 0, "%s", err.what);
		cr_expect_eq(virtio_of(device)->id, cases[i].id);
		cr_expect_eq(virtio_of(device)->n_queues, cases[i].n_queues);
		cr_expect_eq(virtio_of(device)->config_size, cases[i].config_size);
		config.class->destroy(device);
		device = NULL;
		end_back_end();
	}
}

/* --- what has a configuration of dais' own */

Test(vhost_user, a_network_card_asks_for_no_configuration_and_counts_no_queues)
{
	config.class = &virtio_net_class;
	set_key("mac", "52:54:00:12:34:56");
	/* as passt, but for a control queue, which no back end of dais' has */
	back_end.n_queues = 1;
	back_end.protocol &= ~VHOST_USER_PROTOCOL_F_CONFIG;
	back_end.features |= VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ);
	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(virtio_of(device)->n_queues, 2);
	cr_expect_not(virtio_of(device)->features & VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ));
	cr_expect_eq(guest_page[VIRTIO_MMIO_CONFIG], 0x52);
	guest_start(VERSION_1 | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_MAC));
	cr_assert_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_CONFIG, 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(told(VHOST_USER_SET_FEATURES)->u64,
		     VERSION_1 | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			     VHOST_USER_F_PROTOCOL_FEATURES);
	cr_expect_eq(find(VHOST_USER_GET_QUEUE_NUM, 0), UINT32_MAX);
	cr_expect_eq(find(VHOST_USER_GET_CONFIG, 0), UINT32_MAX);
	cr_expect_eq(find(VHOST_USER_SET_CONFIG, 0), UINT32_MAX);
}

Test(vhost_user, a_shared_directory_has_the_tag_of_its_user)
{
	config.class = &virtio_fs_class;
	set_key("tag", "src");
	back_end.n_queues = 3;
	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 26);
	cr_expect_str_eq((char *)guest_page + VIRTIO_MMIO_CONFIG, "src");
	cr_expect_eq(guest_read(VIRTIO_MMIO_CONFIG + 36), 2);
	cr_expect_eq(find(VHOST_USER_GET_CONFIG, 0), UINT32_MAX);
}
