// SPDX-License-Identifier: GPL-2.0-only
/* What goes wrong with a back end while the guest runs. */
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/virtio/vhost_user.h"
#include "tests/unit/devices/vhost_user_rig.h"
#include "vmm/base/range.h"

TestSuite(vhost_user_lost, .init = set_up, .fini = tear_down);

static void expect_broken(void)
{
	cr_expect(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	cr_expect_eq(guest_interrupts(), 1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_INTERRUPT_STATUS), 3);
}

Test(vhost_user_lost, back_ends_that_do_not_start)
{
	static const uint32_t at[] = { VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_ENABLE };

	for (size_t i = 0; i < n_elems(at); i++) {
		back_end.fault = i ? FAKE_CLOSES : FAKE_REFUSES;
		back_end.fault_at = at[i];
		back_end.n_requests = 0;
		cr_assert_eq(create_and_attach(), 0, "%s", err.what);
		guest_start(VERSION_1);
		expect_broken();
		/* … and it stays so */
		guest_start(VERSION_1);
		expect_broken();
		rig_end();
		end_back_end();
		rig_begin();
	}
}

Test(vhost_user_lost, one_that_does_not_stop)
{
	back_end.fault = FAKE_IS_QUIET;
	back_end.fault_at = VHOST_USER_GET_VRING_BASE;
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf);
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0);
	guest_interrupts();
	guest_start(VERSION_1);
	expect_broken();
}

Test(vhost_user_lost, one_that_refuses_a_configuration)
{
	back_end.fault = FAKE_CLOSES;
	back_end.fault_at = VHOST_USER_SET_CONFIG;
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	guest_write_wide(VIRTIO_MMIO_CONFIG + 32, 1, 1);
	expect_broken();
}

static void stop_loop(void *opaque)
{
	event_loop_stop(opaque);
}

/* Serve the event loop until the device is broken. */
static void serve_until_broken(void)
{
	int stop_fd = eventfd(1, 0);
	struct event_source *source;

	cr_assert_eq(event_loop_add(&vm.loop, stop_fd, stop_loop, &vm.loop, &source, &err), 0);
	while (!(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET))
		cr_assert_eq(event_loop_run(&vm.loop, &err), 0);
	event_loop_remove(&vm.loop, source);
	close(stop_fd);
}

Test(vhost_user_lost, one_that_dies)
{
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	fake_back_end_kill(&back_end);
	serve_until_broken();
	expect_broken();
	guest_write(VIRTIO_MMIO_STATUS, 0);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0);
}

Test(vhost_user_lost, one_that_speaks_unasked)
{
	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	guest_start(VERSION_1);
	cr_assert_eq(send(back_end.fd, "hello, world", 12, 0), 12);
	serve_until_broken();
	expect_broken();
}

Test(vhost_user_lost, one_that_finds_an_error_in_a_queue)
{
	uint64_t one = 1;
	int err_fd;

	cr_assert_eq(create_and_attach(), 0, "%s", err.what);
	err_fd = virtio_of(device)->err_fd;
	guest_start(VERSION_1);
	cr_assert_eq(write(err_fd, &one, sizeof(one)), (ssize_t)sizeof(one));
	serve_until_broken();
	expect_broken();
	told(VHOST_USER_GET_VRING_BASE);
	guest_start(VERSION_1);
	cr_expect_eq(guest_read(VIRTIO_MMIO_STATUS), 0xf, "it is there, and may be started again");
}

/* Each call fails once: nothing is left open. */
Test(vhost_user_lost, calls_that_fail)
{
	unsigned int n = 0;
	bool failed;

	rig_end();
	do {
		rig_begin();
		fake_back_end_init(&back_end);
		fake_fail_at(++n, EMFILE);
		if (!create_and_attach()) {
			guest_start(VERSION_1);
			guest_write(VIRTIO_MMIO_STATUS, 0);
		}
		failed = fake_failed();
		fake_fail_at(0, 0);
		rig_end();
		fake_back_end_kill(&back_end); /* if it was never reached */
		end_back_end();
	} while (failed);
	rig_begin();
}
