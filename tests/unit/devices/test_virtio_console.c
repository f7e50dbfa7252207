// SPDX-License-Identifier: GPL-2.0-only
/* The virtio console between a guest's queues and the standard streams, which are pipes. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "tests/unit/devices/virtio_rig.h"
#include "vmm/base/range.h"

#define N    16 /* entries of each queue */
#define BASE (VIRTIO_BIT(VIRTIO_F_VERSION_1))

enum { RECEIVE, TRANSMIT };

static struct device_config config;
static int input, output; /* the ends of others */
static uint16_t n_added[2];

static void make_pipes(void)
{
	int in[2], out[2];

	cr_assert(!pipe(in) && !pipe(out));
	cr_assert(dup2(in[0], STDIN_FILENO) == STDIN_FILENO);
	cr_assert(dup2(out[1], STDOUT_FILENO) == STDOUT_FILENO);
	close(in[0]);
	close(out[1]);
	input = in[1];
	output = out[0];
	fcntl(output, F_SETFL, O_NONBLOCK);
}

static uint64_t place(unsigned int queue, unsigned int part)
{
	return RIG_RAM + 0x10000 * queue + 0x1000 * part;
}

static void *at(uint64_t gpa)
{
	return ram_ptr(&vm.ram, gpa, 1);
}

static struct vring_desc *desc(unsigned int queue, unsigned int i)
{
	return (struct vring_desc *)at(place(queue, 0)) + i;
}

static struct vring_avail *avail(unsigned int queue)
{
	return at(place(queue, 1));
}

static struct vring_used *used(unsigned int queue)
{
	return at(place(queue, 2));
}

static void kick(unsigned int queue)
{
	uint64_t one = 1;

	sys_write(virtio_of(device)->queues[queue].kick_fd, &one, sizeof(one));
}

static void add(unsigned int queue, uint16_t head)
{
	avail(queue)->ring[n_added[queue]++ % N] = head;
	avail(queue)->idx = n_added[queue];
}

static void stop_loop(void *opaque)
{
	event_loop_stop(opaque);
}

/* Until all is quiet; false: it never is. */
static bool serve(void)
{
	struct pollfd ready = { .fd = vm.loop.epoll_fd, .events = POLLIN };
	int stop_fd = eventfd(1, 0), n = 0;

	while (poll(&ready, 1, 5) == 1 && n++ < 2000) {
		struct event_source *stop;

		cr_assert_eq(event_loop_add(&vm.loop, stop_fd, stop_loop, &vm.loop, &stop, &err),
			     0);
		cr_assert_eq(event_loop_run(&vm.loop, &err), 0);
		event_loop_remove(&vm.loop, stop);
	}
	close(stop_fd);
	return n < 2000;
}

static void start(void)
{
	memset(n_added, 0, sizeof(n_added));
	memset(at(RIG_RAM), 0, 0x20000);
	guest_negotiate(BASE);
	for (unsigned int i = 0; i < 2; i++)
		guest_add_queue(i, N, place(i, 0), place(i, 1), place(i, 2));
	guest_ready();
	cr_assert(serve());
}

static int make(void)
{
	config = (struct device_config){ .name = "hvc", .class = &virtio_console_class };
	return console_create("stdio", NULL, &vm, &vm.console, &err)
		       ?: config.class->create(&config, &vm, &device, &err)
		       ?: config.class->attach(device, &err)
		       ?: config.class->arm(device, &err)
		       ?: console_start(vm.console, &err);
}

static void set_up(void)
{
	log_set_level(LOG_ERROR);
	rig_begin();
	make_pipes();
	cr_assert_eq(make(), 0, "%s", err.what);
	start();
}

static void tear_down(void)
{
	struct device *d = device;

	if (d) {
		d->class->quiesce(d);
		d->class->destroy(d);
		device = NULL;
	}
	console_destroy(vm.console);
	vm.console = NULL;
	rig_end();
	close(input);
	close(output);
}

TestSuite(virtio_console, .init = set_up, .fini = tear_down);

static void put_desc(unsigned int queue, unsigned int i, uint64_t addr, uint32_t len,
		     uint16_t flags, uint16_t next)
{
	*desc(queue, i) = (struct vring_desc){ addr, len, flags, next };
}

static void print(const char *text)
{
	memcpy(at(place(0, 8)), text, strlen(text));
	put_desc(TRANSMIT, 3, place(0, 8), (uint32_t)strlen(text), 0, 0);
	add(TRANSMIT, 3);
	kick(TRANSMIT);
}

static void expect_output(const char *expected)
{
	char buf[256] = "";

	cr_assert(serve());
	cr_expect_eq(read(output, buf, sizeof(buf) - 1),
		     *expected ? (ssize_t)strlen(expected) : -1);
	cr_expect_str_eq(buf, expected);
}

Test(virtio_console, output_passes_and_interrupts_when_the_driver_wants_it)
{
	avail(TRANSMIT)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	print("hello\n");
	expect_output("hello\n");
	cr_expect_eq(used(TRANSMIT)->idx, 1);
	cr_expect_eq(used(TRANSMIT)->ring[0].id, 3);
	cr_expect_eq(guest_interrupts(), 0);
	avail(TRANSMIT)->flags = 0;
	/* a chain of two, and nothing */
	memcpy(at(place(0, 9)), "abcdef", 6);
	put_desc(TRANSMIT, 0, place(0, 9), 3, VRING_DESC_F_NEXT, 5);
	put_desc(TRANSMIT, 5, place(0, 9) + 3, 3, VRING_DESC_F_NEXT, 6);
	put_desc(TRANSMIT, 6, 0, 0, 0, 0);
	add(TRANSMIT, 0);
	kick(TRANSMIT);
	expect_output("abcdef");
	cr_expect_eq(used(TRANSMIT)->idx, 2);
	cr_expect_eq(guest_interrupts(), 1);
}

Test(virtio_console, input_waits_for_buffers)
{
	cr_assert_eq(write(input, "0123456789", 10), 10);
	cr_assert(serve());
	put_desc(RECEIVE, 1, place(0, 8), 4, VRING_DESC_F_WRITE, 0);
	put_desc(RECEIVE, 2, place(0, 9), 100, VRING_DESC_F_WRITE, 0);
	add(RECEIVE, 1);
	kick(RECEIVE);
	cr_assert(serve());
	cr_expect_eq(used(RECEIVE)->idx, 1);
	cr_expect_eq(used(RECEIVE)->ring[0].len, 4);
	cr_expect(!memcmp(at(place(0, 8)), "0123", 4));
	add(RECEIVE, 2);
	kick(RECEIVE);
	cr_assert(serve());
	cr_expect_eq(used(RECEIVE)->ring[1].id, 2);
	cr_expect_eq(used(RECEIVE)->ring[1].len, 6);
	cr_expect(!memcmp(at(place(0, 9)), "456789", 6));
	cr_expect_eq(guest_interrupts(), 2);
}

/* What a UART beside it got. */
static size_t uart_receive(void *opaque, const uint8_t *bytes, size_t n)
{
	(void)bytes;
	*(size_t *)opaque += n;
	return n;
}

Test(virtio_console, input_goes_where_there_was_output)
{
	static const struct console_uart uart = { .receive = uart_receive };
	size_t n_uart = 0;

	cr_assert(console_connect(vm.console, CONSOLE_UART, &uart, &n_uart));
	put_desc(RECEIVE, 1, place(0, 9), 100, VRING_DESC_F_WRITE, 0);
	add(RECEIVE, 1);
	cr_assert_eq(write(input, "ab", 2), 2);
	cr_assert(serve());
	cr_expect_eq(n_uart, 2);
	print("$ ");
	expect_output("$ ");
	cr_assert_eq(write(input, "c", 1), 1);
	cr_assert(serve());
	cr_expect_eq(n_uart, 2);
	cr_expect_eq(used(RECEIVE)->ring[0].len, 1);
	console_put(vm.console, '#');
	cr_assert_eq(write(input, "d", 1), 1);
	cr_assert(serve());
	cr_expect_eq(n_uart, 3);
	console_connect(vm.console, CONSOLE_UART, NULL, NULL);
}

/* A reader who has stopped: nothing is lost, and the main loop sleeps. */
Test(virtio_console, output_waits_for_its_reader)
{
	const uint32_t size = 100000;
	uint8_t *bytes = at(RIG_RAM + 0x100000), *got = calloc(1, 10 * size);
	size_t n_read = 0;

	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7);
	put_desc(TRANSMIT, 0, RIG_RAM + 0x100000, size / 2, VRING_DESC_F_NEXT, 1);
	put_desc(TRANSMIT, 1, RIG_RAM + 0x100000 + size / 2, size / 2, 0, 0);
	for (unsigned int i = 0; i < 4; i++)
		add(TRANSMIT, 0);
	kick(TRANSMIT);
	cr_assert(serve());
	cr_expect_lt(used(TRANSMIT)->idx, 4);
	for (unsigned int i = 0; i < 1000 && n_read < 4 * size; i++) {
		ssize_t n = read(output, got + n_read, 10 * size - n_read);

		n_read += n > 0 ? (size_t)n : 0;
		cr_assert(serve());
	}
	cr_expect_eq(n_read, 4 * size);
	for (unsigned int i = 0; i < 4; i++)
		cr_expect(!memcmp(got + i * size, bytes, size), "round %u", i);
	cr_expect_eq(used(TRANSMIT)->idx, 4);
	free(got);
}

/* Requests of nothing, more than the main loop is to take at once. */
Test(virtio_console, no_more_than_a_queue_at_a_time)
{
	put_desc(TRANSMIT, 0, 0, 0, 0, 0);
	for (unsigned int i = 0; i < N; i++)
		add(TRANSMIT, 0);
	kick(TRANSMIT);
	cr_assert(serve());
	cr_expect_eq(used(TRANSMIT)->idx, N);
}

/* Each is one line, and the device of no use until it is reset. */
static const struct {
	unsigned int queue;
	struct vring_desc desc;
	uint16_t head, idx;
	const char *says;
} wrong[] = {
	{ TRANSMIT, { RIG_RAM, 1, 0, 0 }, 0, N + 1, "queue 1: has 17 requests in 16 entries" },
	{ TRANSMIT, { RIG_RAM, 1, 0, 0 }, N, 1, "queue 1: names entry 16 of 16" },
	{ TRANSMIT, { RIG_RAM, 1, 1, N }, 0, 1, "queue 1: names entry 16 of 16" },
	{ TRANSMIT, { 0, 1, 0, 0 }, 0, 1, "queue 1: has 1 bytes at 0x0, which is not RAM" },
	{ TRANSMIT, { UINT64_MAX, 9, 0, 0 }, 0, 1, "which is not RAM" },
	{ TRANSMIT, { RIG_RAM, UINT32_MAX, 0, 0 }, 0, 1, "which is not RAM" },
	{ TRANSMIT, { RIG_RAM, 1, 2, 0 }, 0, 1, "has a descriptor with flags 0x2" },
	{ TRANSMIT, { RIG_RAM, 16, 4, 0 }, 0, 1, "has a descriptor with flags 0x4" },
	{ TRANSMIT, { RIG_RAM, 0, 1, 0 }, 0, 1, "has a chain that does not end" },
	{ RECEIVE, { RIG_RAM, 1, 0, 0 }, 0, 1, "queue 0: has a descriptor with flags 0x0" },
	{ RECEIVE, { 64, 1, 2, 0 }, 0, 1, "queue 0: has 1 bytes at 0x40, which is not RAM" },
	{ RECEIVE, { RIG_RAM, 0, 3, 0 }, 0, 1, "queue 0: has a chain that does not end" },
	{ RECEIVE, { RIG_RAM, 0, 2, 0 }, 0, UINT16_MAX, "has 65535 requests" },
};

Test(virtio_console, a_hostile_guest, .timeout = 60)
{
	char text[16];

	cr_redirect_stderr();
	cr_assert_eq(write(input, "x", 1), 1);
	for (size_t i = 0; i < n_elems(wrong); i++) {
		start();
		*desc(wrong[i].queue, 0) = wrong[i].desc;
		avail(wrong[i].queue)->ring[0] = wrong[i].head;
		avail(wrong[i].queue)->idx = wrong[i].idx;
		kick(wrong[i].queue);
		cr_assert(serve(), "case %zu", i);
		cr_expect(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET, "case %zu",
			  i);
		cr_expect_eq(guest_interrupts(), 1, "case %zu", i);
		cr_expect_eq(virtio_of(device)->n_failures, i + 1);
		cr_expect_eq(virtio_of(device)->n_starts, i + 2);
		kick(TRANSMIT);
		kick(RECEIVE);
		cr_assert(serve(), "case %zu", i);
	}
	start();
	cr_expect(!(guest_read(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET));
	/* a chain may be printed up to where it is wrong */
	cr_expect_eq(read(output, text, sizeof(text)), 1);
	print("well");
	expect_output("well");
}

Test(virtio_console, what_is_said_of_it)
{
	for (size_t i = 0; i < n_elems(wrong); i++) {
		char text[4096] = "";
		int pipes[2], saved = dup(STDERR_FILENO);

		cr_assert_eq(pipe(pipes), 0);
		virtio_of(device)->failures = (struct log_budget){ 0 };
		start();
		/* the host has input that waits, if it is not to be told of */
		if (wrong[i].queue == RECEIVE)
			cr_assert_eq(write(input, "x", 1), 1);
		dup2(pipes[1], STDERR_FILENO);
		*desc(wrong[i].queue, 0) = wrong[i].desc;
		avail(wrong[i].queue)->ring[0] = wrong[i].head;
		avail(wrong[i].queue)->idx = wrong[i].idx;
		kick(wrong[i].queue);
		cr_assert(serve());
		dup2(saved, STDERR_FILENO);
		close(pipes[1]);
		cr_expect_gt(read(pipes[0], text, sizeof(text) - 1), 0, "case %zu", i);
		cr_expect(strstr(text, wrong[i].says), "%s, not %s", text, wrong[i].says);
		cr_expect_eq(strchr(text, '\n'), strrchr(text, '\n'), "one line: %s", text);
		close(pipes[0]);
		close(saved);
	}
}

Test(virtio_console, a_guest_reset)
{
	print("one");
	expect_output("one");
	print("not served");
	device->class->quiesce(device);
	cr_expect_eq(device->class->reset(device, &err), 0);
	cr_expect_eq(device->class->arm(device, &err), 0);
	expect_output("");
	start();
	print("two");
	expect_output("two");
}

Test(virtio_console, there_is_one)
{
	struct device *first = device, *second = NULL;

	config.name = "other";
	cr_assert_eq(config.class->create(&config, &vm, &second, &err), 0);
	device = second;
	cr_expect_eq(config.class->attach(second, &err), -EINVAL);
	cr_expect(err_says(&err, "there is another virtio-console"), "%s", err.what);
	config.class->destroy(second);
	device = first;
	print("still there");
	expect_output("still there");
}

Test(virtio_console_host, calls_that_fail)
{
	unsigned int n = 0;
	bool failed;
	int ret;

	log_set_level(LOG_ERROR);
	do {
		rig_begin();
		make_pipes();
		fake_fail_at(++n, EMFILE);
		ret = make();
		failed = fake_failed();
		fake_fail_at(0, 0);
		cr_expect(ret || !failed || device);
		tear_down();
	} while (failed);
	cr_expect_eq(ret, 0, "%s", err.what);
}
