// SPDX-License-Identifier: GPL-2.0-only
/* The transport, with a back end that only keeps what it is told. */
#include <inttypes.h>
#include <libfdt.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>

#include "tests/unit/devices/virtio_rig.h"
#include "vmm/base/range.h"

#define VERSION_1 VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define FEATURES  (VERSION_1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED) | 0x5)

static struct {
	unsigned int n_starts, n_stops, n_writes, offset, width;
	bool fails;
} back_end;

static int start(struct virtio *virtio, struct err *e)
{
	back_end.n_starts++;
	cr_expect(virtio->queues[0].is_ready);
	return back_end.fails ? err_set(e, EIO, "no back end") : 0;
}

static void stop(struct virtio *virtio)
{
	cr_expect(virtio->is_started);
	back_end.n_stops++;
}

static void write_config(struct virtio *virtio, unsigned int offset, unsigned int width)
{
	back_end.n_writes++;
	back_end.offset = offset;
	back_end.width = width;
	virtio->config[7] = 0x77; /* it has its own mind */
}

static const struct virtio_ops ops = { .start = start, .stop = stop, .write_config = write_config };
static const struct device_class class = { .name = "virtio-test", VIRTIO_CLASS };
static const struct device_config config = { .name = "test", .class = &class };

static struct virtio *create(void)
{
	struct virtio *v = calloc(1, sizeof(*v));

	virtio_init(v, &config, &vm, &ops);
	v->id = VIRTIO_ID_BLOCK;
	v->features = FEATURES;
	v->n_queues = 2;
	v->queue_size = 256;
	v->config_size = 12;
	memcpy(v->config, "twelve bytes", 12);
	device = &v->device;
	return v;
}

static void set_up(void)
{
	memset(&back_end, 0, sizeof(back_end));
	log_set_level(LOG_ERROR);
	rig_begin();
	create();
	cr_assert_eq(virtio_attach(device, &err), 0, "%s", err.what);
	cr_assert_eq(virtio_arm(device, &err), 0, "%s", err.what);
}

TestSuite(virtio, .init = set_up, .fini = rig_end);

Test(virtio, what_a_driver_finds)
{
	const struct kvm_userspace_memory_region *slot = &fake_kvm.memslots[0];
	const struct virtio *v = virtio_of(device);

	cr_expect_eq(slot->guest_phys_addr, v->gpa);
	cr_expect_eq(slot->userspace_addr, (uintptr_t)v->page.mem);
	cr_expect_eq(slot->flags, KVM_MEM_READONLY);
	cr_expect_eq(guest_read(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	cr_expect_eq(guest_read(VIRTIO_MMIO_VERSION), 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_ID), 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_NUM_MAX), 256);
	cr_expect_eq(guest_read(VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
	cr_expect_eq(guest_read(VIRTIO_MMIO_SHM_BASE_HIGH), UINT32_MAX);
	cr_expect(!memcmp(guest_page + VIRTIO_MMIO_CONFIG, "twelve bytes", 12));
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_FEATURES), 5);
	guest_write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_FEATURES), FEATURES >> 32);
	guest_write(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_DEVICE_FEATURES), 0);
	guest_write(VIRTIO_MMIO_QUEUE_SEL, 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
}

/* What costs no exit. */
Test(virtio, notifications_and_acknowledgements_go_to_eventfds)
{
	const struct virtio *v = virtio_of(device);
	const struct {
		unsigned int offset, value;
		int fd;
	} expected[] = {
		{ VIRTIO_MMIO_INTERRUPT_ACK, 1, v->ack_fd },
		{ VIRTIO_MMIO_QUEUE_NOTIFY, 0, v->queues[0].kick_fd },
		{ VIRTIO_MMIO_QUEUE_NOTIFY, 1, v->queues[1].kick_fd },
	};

	cr_assert_eq(fake_kvm.n_ioeventfds, n_elems(expected));
	for (size_t i = 0; i < n_elems(expected); i++) {
		const struct kvm_ioeventfd *it = &fake_kvm.ioeventfds[i];

		cr_expect_eq(it->addr, v->gpa + expected[i].offset);
		cr_expect_eq(it->len, 4);
		cr_expect_eq(it->datamatch, expected[i].value);
		cr_expect_eq(it->flags, KVM_IOEVENTFD_FLAG_DATAMATCH);
		cr_expect_eq(it->fd, expected[i].fd);
	}
	cr_assert_eq(fake_kvm.n_irqfds, 1);
	cr_expect_eq((int)fake_kvm.irqfds[0].fd, v->call_fd);
	cr_expect_eq(fake_kvm.irqfds[0].flags, 0);
}

Test(virtio, a_driver_starts_the_back_end_and_a_reset_stops_it)
{
	struct virtio *v = virtio_of(device);

	guest_start(VERSION_1 | 4);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_READY), 1);
	cr_expect_eq(back_end.n_starts, 1);
	cr_expect_eq(v->accepted, VERSION_1 | 4);
	cr_expect_eq(v->queues[0].size, 128);
	cr_expect_eq(v->queues[0].used, RIG_RAM + 0x2000);
	cr_expect(!v->queues[1].is_ready);

	/* nothing of it changes while it serves */
	guest_write(VIRTIO_MMIO_QUEUE_NUM, 64);
	guest_write(VIRTIO_MMIO_QUEUE_READY, 0);
	guest_write(VIRTIO_MMIO_DRIVER_FEATURES, 1);
	guest_write(VIRTIO_MMIO_STATUS, 1);
	cr_expect_eq(v->queues[0].size, 128);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_READY), 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	cr_expect_eq(v->accepted, VERSION_1 | 4);

	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(back_end.n_stops, 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_READY), 0);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(back_end.n_stops, 1);
	guest_start(VERSION_1);
	cr_expect_eq(back_end.n_starts, 2);
}

Test(virtio, features_that_do_not_meet)
{
	static const uint64_t wrong[] = { 0, 5, VERSION_1 | 2, VERSION_1 | 1ULL << 40 };

	for (size_t i = 0; i < n_elems(wrong); i++) {
		guest_negotiate(wrong[i]);
		cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 3);
		guest_ready();
		cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 3);
	}
	cr_expect_eq(back_end.n_starts, 0);
}

Test(virtio, what_may_be_offered)
{
	const uint64_t never = VIRTIO_BIT(24) | VIRTIO_BIT(26) | VIRTIO_BIT(27) | VIRTIO_BIT(30) |
			       VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM) | VIRTIO_BIT(37) |
			       VIRTIO_BIT(38) | VIRTIO_BIT(39) | VIRTIO_BIT(40) | VIRTIO_BIT(41);
	const uint64_t passed = VERSION_1 | 0xffffff | VIRTIO_BIT(28) | VIRTIO_BIT(29) |
				VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(63);

	cr_expect_eq(virtio_offered(passed | never), passed);
	cr_expect_eq(virtio_offered(passed & ~VERSION_1), 0);
}

Test(virtio, queues_that_cannot_be)
{
	static const struct {
		uint64_t features, desc, avail, used;
		uint32_t size;
		bool is_sound;
	} cases[] = {
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1002, RIG_RAM + 0x2004, 256, true },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + 0x2000, 0, false },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + 0x2000, 3, false },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + 0x2000, 512, false },
		{ VERSION_1, RIG_RAM + 8, RIG_RAM + 0x1000, RIG_RAM + 0x2000, 16, false },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1001, RIG_RAM + 0x2000, 16, false },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + 0x2002, 16, false },
		{ VERSION_1, 0, RIG_RAM + 0x1000, RIG_RAM + 0x2000, 16, false },
		{ VERSION_1, RIG_RAM, UINT64_MAX - 1, RIG_RAM + 0x2000, 16, false },
		{ VERSION_1, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + RAM_MIN_SIZE - 128, 16, false },
		{ FEATURES, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + RAM_MIN_SIZE - 4, 3, true },
		{ FEATURES, RIG_RAM, RIG_RAM + 0x1002, RIG_RAM + 0x2000, 3, false },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		unsigned int n = back_end.n_starts;

		guest_negotiate(cases[i].features);
		guest_add_queue(0, cases[i].size, cases[i].desc, cases[i].avail, cases[i].used);
		cr_expect_eq(guest_read(VIRTIO_MMIO_QUEUE_READY), cases[i].is_sound, "case %zu", i);
		guest_ready();
		cr_expect_eq(back_end.n_starts, n + cases[i].is_sound, "case %zu", i);
		cr_expect_eq(!(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET),
			     cases[i].is_sound, "case %zu", i);
	}
}

Test(virtio, a_back_end_that_does_not_start_or_is_lost)
{
	back_end.fails = true;
	guest_start(VERSION_1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf | VIRTIO_CONFIG_S_NEEDS_RESET);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	cr_expect_eq(guest_interrupts(), 1);
	guest_write(VIRTIO_MMIO_INTERRUPT_ACK, 3);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	/* it is for the device to say */
	guest_write(VIRTIO_MMIO_STATUS, 0);
	guest_write(VIRTIO_MMIO_STATUS, 1 | VIRTIO_CONFIG_S_NEEDS_RESET);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 1);
	cr_expect_eq(back_end.n_stops, 0);

	back_end.fails = false;
	guest_start(VERSION_1);
	err_set(&err, 0, "it is gone");
	virtio_lost(virtio_of(device), &err);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf | VIRTIO_CONFIG_S_NEEDS_RESET);
	cr_expect_eq(guest_interrupts(), 1);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(back_end.n_stops, 0);
}

Test(virtio, the_configuration)
{
	uint32_t generation = guest_read(VIRTIO_MMIO_CONFIG_GENERATION);
	struct virtio *v = virtio_of(device);

	guest_write_wide(VIRTIO_MMIO_CONFIG + 4, 2, 0x4142);
	cr_expect_eq(back_end.offset, 4);
	cr_expect_eq(back_end.width, 2);
	cr_expect(!memcmp(guest_page + VIRTIO_MMIO_CONFIG, "twelBA\x20\x77ytes", 12));
	cr_expect_neq(guest_read(VIRTIO_MMIO_CONFIG_GENERATION), generation);
	guest_write_wide(VIRTIO_MMIO_CONFIG + 8, 8, 0);
	guest_write_wide(VIRTIO_MMIO_CONFIG + 12, 1, 0);
	cr_expect_eq(back_end.n_writes, 1);

	/* before there is a driver it is not told */
	generation = guest_read(VIRTIO_MMIO_CONFIG_GENERATION);
	v->config[0] = 1;
	virtio_config_changed(v);
	cr_expect_eq(guest_page[VIRTIO_MMIO_CONFIG], 1);
	cr_expect_neq(guest_read(VIRTIO_MMIO_CONFIG_GENERATION), generation);
	cr_expect_eq(guest_interrupts(), 0);
	guest_start(VERSION_1);
	virtio_config_changed(v);
	cr_expect_eq(guest_interrupts(), 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	guest_write(VIRTIO_MMIO_INTERRUPT_ACK, 2);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
}

Test(virtio, nonsense_changes_nothing)
{
	uint8_t before[sizeof(guest_page)];

	guest_start(VERSION_1);
	memcpy(before, guest_page, sizeof(before));
	for (unsigned int offset = 0; offset < VIRTIO_MMIO_CONFIG; offset++) {
		if (offset == VIRTIO_MMIO_STATUS)
			continue;
		for (unsigned int width = 1; width <= 8; width *= 2)
			if (width != 4 || offset % 4 || offset >= VIRTIO_MMIO_QUEUE_USED_HIGH + 4)
				guest_write_wide(offset, width, UINT64_MAX);
	}
	guest_write(VIRTIO_MMIO_QUEUE_NOTIFY, 77);
	guest_write(VIRTIO_MMIO_CONFIG + 0x800, 1);
	cr_expect(!memcmp(before, guest_page, sizeof(before)));
	cr_expect_eq(back_end.n_writes, 0);
}

/* As vmm/machine/reset.c does it. */
Test(virtio, a_guest_reset)
{
	guest_start(VERSION_1);
	guest_interrupts();
	virtio_lost(virtio_of(device), &err);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	guest_start(VERSION_1);
	virtio_config_changed(virtio_of(device));
	virtio_quiesce(device);
	cr_expect_eq(back_end.n_stops, 1);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_eq(virtio_reset_device(device, &err), 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	cr_expect_eq(virtio_arm(device, &err), 0);
	cr_expect_eq(fake_kvm.n_irqfds, 1);
	cr_expect_eq(guest_interrupts(), 0);
	virtio_quiesce(device);
	virtio_quiesce(device);
	cr_expect_eq(back_end.n_stops, 1);
}

Test(virtio, its_node)
{
	struct dt dt;
	void *blob;
	size_t size;
	char path[64];
	const fdt32_t *irq;
	int node;

	dt_init(&dt);
	cr_assert_eq(virtio_describe(device, &dt, &err), 0);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	dt_destroy(&dt);
	snprintf(path, sizeof(path), "/virtio@%" PRIx64, virtio_of(device)->gpa);
	node = fdt_path_offset(blob, path);
	cr_assert_gt(node, 0);
	cr_expect_str_eq(fdt_getprop(blob, node, "compatible", NULL), "virtio,mmio");
	cr_expect(fdt_getprop(blob, node, "dma-coherent", NULL));
	irq = fdt_getprop(blob, node, "interrupts", NULL);
	cr_expect_eq(fdt32_to_cpu(irq[1]), virtio_of(device)->spi);
	cr_expect_eq(fdt32_to_cpu(irq[2]), DT_IRQ_EDGE_RISING);
	free(blob);
}

Test(virtio_host, without_read_only_memory_all_traps, .init = rig_begin, .fini = rig_end)
{
	uint8_t data[8];

	log_set_level(LOG_ERROR);
	create();
	fake_kvm_fail(KVM_SET_USER_MEMORY_REGION, EINVAL);
	cr_assert_eq(virtio_attach(device, &err), 0, "%s", err.what);
	mmio_access(&vm.mmio, virtio_of(device)->gpa, data, 4, false);
	cr_expect(!memcmp(data, "virt", 4));
	mmio_access(&vm.mmio, virtio_of(device)->gpa + VIRTIO_MMIO_CONFIG + 1, data, 1, false);
	cr_expect_eq(data[0], 'w');
	guest_start(VERSION_1);
	mmio_access(&vm.mmio, virtio_of(device)->gpa + VIRTIO_MMIO_STATUS, data, 4, false);
	cr_expect_eq(data[0], 0xf);
}

/* Each call fails once: nothing is left open. Whether memory can be read-only is no error. */
Test(virtio_host, calls_that_fail)
{
	unsigned int n = 0, n_errors = 0;
	bool failed;

	log_set_level(LOG_ERROR);
	do {
		int ret;

		rig_begin();
		create();
		fake_fail_at(++n, EMFILE);
		ret = virtio_attach(device, &err) ?: virtio_arm(device, &err);
		failed = fake_failed();
		fake_fail_at(0, 0);
		n_errors += ret != 0;
		rig_end();
	} while (failed);
	cr_expect_eq(n_errors, n - 2);
}
