// SPDX-License-Identifier: GPL-2.0-only
#include "devices/console.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "devices/console_host.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/event_loop.h"
#include "vmm/core/vm.h"

#define INPUT_SIZE 4096
#define ESCAPE     0x01 /* Ctrl-a */

/* Delays of the timer. Output waits for more: a wake-up for each byte costs more than the byte. */
#define AT_ONCE         1 /* 0 would stop it */
#define OUTPUT_DELAY_NS 2000000

struct console {
	struct vm *vm;
	struct console_host host;
	struct {
		const struct console_uart *uart;
		void *opaque;
	} ports[CONSOLE_N_PORTS];
	struct event_timer timer; /* one-shot: look for output, and for room for input */

	/* Host to guest. */
	size_t n_input;
	bool escaped;   /* the last byte was the escape */
	bool in_direct; /* a plain file: always ready, epoll does not take it */
	struct event_source *in_source;

	/* Guest to host. */
	int ready_fd; /* epoll over out_fd, readable when that is ready; -1: a plain file */
	struct event_source *out_source;
	pthread_mutex_t lock; /* of what follows; only the main thread moves the tail */
	size_t head;          /* bytes ever put; index modulo the size */
	size_t tail;          /* bytes ever written to the host */
	bool full;
	bool deaf;              /* all output is dropped */
	enum console_port port; /* where there was output last */
	struct log_budget failures;

	/* At the end, and not zeroed: what is not used takes no memory. */
	uint8_t input[INPUT_SIZE];
	uint8_t ring[CONSOLE_RING_SIZE];
};

/* Any thread. No wake-up is missed: the main thread reads the timer, then looks for everything. */
static void wake_main(struct console *c, long delay_ns)
{
	event_timer_set(&c->timer, 0, 0, delay_ns);
}

/* --- guest to host */

/* With the lock: what there is room for. */
static size_t fill_ring(struct console *c, const uint8_t *bytes, size_t size)
{
	size_t room = CONSOLE_RING_SIZE - (c->head - c->tail), n = size < room ? size : room;

	for (size_t i = 0; i < n; i++)
		c->ring[c->head++ % CONSOLE_RING_SIZE] = bytes[i];
	c->full |= !c->host.lossy && n == room;
	return c->host.lossy ? size : n;
}

size_t console_write(struct console *c, enum console_port port, const void *bytes, size_t n)
{
	bool begins, moves;

	if (!c)
		return n;
	pthread_mutex_lock(&c->lock);
	moves = CONSOLE_N_PORTS > 1 && c->port != port;
	c->port = port;
	begins = c->head == c->tail;
	if (!c->deaf)
		n = fill_ring(c, bytes, n);
	begins &= c->head != c->tail;
	pthread_mutex_unlock(&c->lock);
	/* Input that waits for the one may be for the other. */
	if (begins || moves)
		wake_main(c, moves ? AT_ONCE : OUTPUT_DELAY_NS);
	return n;
}

bool console_is_full(struct console *c)
{
	if (!c)
		return false;
	owned_lock pthread_mutex_t *lock = take_lock(&c->lock);
	return c->full;
}

/* @n bytes of output are done with. Returns how many are left. */
static size_t output_done(struct console *c, size_t n)
{
	bool ready = false;
	size_t left;

	pthread_mutex_lock(&c->lock);
	c->tail += n;
	left = c->head - c->tail;
	if (c->full && left <= CONSOLE_RING_SIZE / 2) {
		c->full = false;
		ready = true;
	}
	pthread_mutex_unlock(&c->lock);
	for (unsigned int i = 0; i < CONSOLE_N_PORTS && ready; i++)
		if (c->ports[i].uart)
			c->ports[i].uart->transmit_ready(c->ports[i].opaque);
	return left;
}

static size_t output_fails(struct console *c, const char *why)
{
	size_t left;

	log_warn("console: output is lost from here on: %s", why);
	pthread_mutex_lock(&c->lock);
	c->deaf = true;
	left = c->head - c->tail;
	pthread_mutex_unlock(&c->lock);
	return output_done(c, left);
}

/* One write; does not block when the output was seen ready. Returns how many bytes are left. */
static size_t write_some(struct console *c)
{
	size_t n = output_done(c, 0), start = c->tail % CONSOLE_RING_SIZE;
	ssize_t written;

	if (!n)
		return 0;
	if (n > CONSOLE_RING_SIZE - start)
		n = CONSOLE_RING_SIZE - start;
	if (c->ready_fd >= 0 && n > c->host.chunk)
		n = c->host.chunk;
	written = sys_write(c->host.out_fd, &c->ring[start], n);
	if (written < 0 && written != -EAGAIN)
		return output_fails(c, strerror((int)-written));
	return output_done(c, written > 0 ? (size_t)written : 0);
}

/*
 * Have @fn called when @fd is ready, while @wanted. Not wanted is not watched at all: a hang-up
 * would be reported for ever. Returns as event_loop_add().
 */
static int watch(struct console *c, struct event_source **source, int fd, event_fn fn, bool wanted)
{
	struct err err;
	int ret = 0;

	if (wanted && !*source) {
		ret = event_loop_add(&c->vm->loop, fd, fn, c, source, &err);
		if (ret && ret != -EPERM)
			log_within(&c->failures, LOG_WARN, "console: %s", err.what);
	} else if (!wanted && *source) {
		event_loop_remove(&c->vm->loop, *source);
		*source = NULL;
	}
	return ret;
}

static void on_output(void *opaque)
{
	struct console *c = opaque;

	watch(c, &c->out_source, c->ready_fd, on_output, write_some(c) > 0);
}

static void flush_output(struct console *c)
{
	int ret;

	if (c->ready_fd < 0) {
		/* The rest in the next round, so that nothing else has to wait. */
		if (write_some(c))
			wake_main(c, AT_ONCE);
		return;
	}
	ret = watch(c, &c->out_source, c->ready_fd, on_output, output_done(c, 0) > 0);
	if (ret)
		output_fails(c, strerror(-ret));
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void console_drain(struct console *c)
{
	uint64_t now, end = now_ms() + CONSOLE_DRAIN_MS;
	struct epoll_event event;
	size_t left;
	int n = 1;

	if (!CONSOLE_IS_BUILT || !c)
		return;
	for (unsigned int i = 0; i < CONSOLE_N_PORTS; i++)
		if (c->ports[i].uart && c->ports[i].uart->flush)
			c->ports[i].uart->flush(c->ports[i].opaque);
	left = output_done(c, 0);
	while (left && (now = now_ms()) < end) {
		if (c->ready_fd >= 0)
			n = sys_epoll_wait(c->ready_fd, &event, 1, (int)(end - now));
		if (n > 0)
			left = write_some(c);
		else if (n != -EINTR)
			break;
	}
	if (left)
		output_fails(c, "nobody reads it");
}

/* --- host to guest */

static void on_input(void *opaque);

static unsigned int input_port(struct console *c)
{
	if (CONSOLE_N_PORTS == 1)
		return 0;
	owned_lock pthread_mutex_t *lock = take_lock(&c->lock);
	return c->ports[c->port].uart ? c->port : CONSOLE_N_PORTS - 1 - c->port;
}

static void feed_guest(struct console *c)
{
	const unsigned int port = input_port(c);
	size_t n = 0;

	if (c->n_input)
		n = c->ports[port].uart->receive(c->ports[port].opaque, c->input, c->n_input);
	c->n_input -= n;
	memmove(c->input, c->input + n, c->n_input);
}

/* One byte from the host: at most two go into the input, the second only after an escape. */
static void take_byte(struct console *c, uint8_t byte)
{
	bool escaped = c->escaped;

	c->escaped = false;
	if (c->host.terminal.ours && byte == ESCAPE && !escaped) {
		c->escaped = true;
	} else if (escaped && byte == 'x') {
		vm_request(c->vm, VM_REQUEST_STOP);
	} else if (escaped && byte == 'h') {
		log_info("console: Ctrl-a x stops the guest, Ctrl-a h shows this, "
			 "Ctrl-a Ctrl-a sends Ctrl-a");
	} else {
		if (escaped && byte != ESCAPE)
			c->input[c->n_input++] = ESCAPE;
		c->input[c->n_input++] = byte;
	}
}

static void read_some(struct console *c, size_t room)
{
	uint8_t bytes[INPUT_SIZE];
	ssize_t n = sys_read(c->host.in_fd, bytes, room);

	for (ssize_t i = 0; i < n; i++)
		take_byte(c, bytes[i]);
	if (!n || (n < 0 && n != -EAGAIN)) {
		watch(c, &c->in_source, -1, NULL, false);
		c->host.in_fd = -1;
	}
}

/* Room for what one read gives, with the byte that an escape from the read before may add. */
static size_t input_room(const struct console *c)
{
	return c->host.in_fd < 0 || c->n_input >= INPUT_SIZE - 1 ? 0 : INPUT_SIZE - 1 - c->n_input;
}

static void move_input(struct console *c, bool is_ready)
{
	size_t room = input_room(c);
	int ret;

	if (is_ready && room)
		read_some(c, room);
	feed_guest(c);
	room = input_room(c);
	if (!c->in_direct) {
		ret = watch(c, &c->in_source, c->host.in_fd, on_input, room > 0);
		if (ret && ret != -EPERM)
			c->host.in_fd = -1;
		c->in_direct = ret == -EPERM;
	}
	if (c->in_direct && room)
		wake_main(c, AT_ONCE);
}

static void on_input(void *opaque)
{
	move_input(opaque, true);
}

void console_resume(struct console *c)
{
	if (c)
		wake_main(c, AT_ONCE);
}

/* --- life */

static void on_timer(void *opaque)
{
	struct console *c = opaque;

	event_timer_take(&c->timer);
	flush_output(c);
	move_input(c, c->in_direct);
}

int console_create(const char *spec, struct passed_fds *passed, struct vm *vm,
		   struct console **console, struct err *err)
{
	struct console *c;
	int ret;

	/* nothing that it could be connected to */
	if (!CONSOLE_IS_BUILT)
		return 0;
	c = malloc(sizeof(*c));
	if (!c)
		return err_set(err, ENOMEM, "create the console");
	memset(c, 0, offsetof(struct console, input));
	c->vm = vm;
	c->ready_fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	ret = console_host_open(&c->host, spec, passed, err);
	c->deaf = c->host.out_fd < 0;
	if (!ret)
		ret = event_timer_create(&vm->loop, CLOCK_MONOTONIC, on_timer, c, &c->timer,
					 "console", err);
	if (ret)
		console_destroy(c);
	else
		*console = c;
	return ret;
}

bool console_connect(struct console *c, enum console_port port, const struct console_uart *uart,
		     void *opaque)
{
	if (!c)
		return true;
	if (uart && c->ports[port].uart)
		return false;
	c->ports[port].uart = uart;
	c->ports[port].opaque = opaque;
	return true;
}

static int watch_output(struct console *c, struct err *err)
{
	struct epoll_event event = { .events = EPOLLOUT };
	int ret;

	c->ready_fd = sys_epoll_create();
	if (c->ready_fd < 0)
		return err_set(err, c->ready_fd, "console: epoll_create");
	ret = sys_epoll_ctl(c->ready_fd, EPOLL_CTL_ADD, c->host.out_fd, &event);
	if (ret)
		close_fd(&c->ready_fd);
	return ret && ret != -EPERM ? err_set(err, ret, "console: wait for the output") : 0;
}

int console_start(struct console *c, struct err *err)
{
	sigset_t blocked;
	int ret = 0;

	if (!CONSOLE_IS_BUILT || !c || !(c->ports[0].uart || c->ports[CONSOLE_N_PORTS - 1].uart))
		return 0;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGPIPE);
	sigaddset(&blocked, SIGTTIN);
	sigaddset(&blocked, SIGTTOU);
	ret = sys_sigmask(SIG_BLOCK, &blocked, NULL);
	if (ret)
		return err_set(err, ret, "console: block signals");
	if (!c->deaf)
		ret = watch_output(c, err);
	if (ret)
		return ret;
	terminal_set_raw(&c->host.terminal);
	if (c->host.terminal.ours)
		log_info("console: Ctrl-a x stops the guest, Ctrl-a h helps");
	wake_main(c, AT_ONCE);
	return 0;
}

void console_destroy(struct console *c)
{
	if (!CONSOLE_IS_BUILT || !c)
		return;
	console_drain(c);
	watch(c, &c->in_source, -1, NULL, false);
	watch(c, &c->out_source, -1, NULL, false);
	event_timer_destroy(&c->vm->loop, &c->timer);
	close_fd(&c->ready_fd);
	console_host_close(&c->host);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
