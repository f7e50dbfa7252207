/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_CONSOLE_H
#define DEVICES_CONSOLE_H

/*
 * The host's side of the guest's serial line: bytes each way between a UART and the standard
 * streams, a pseudo-terminal or a file. Output goes into a ring that the main thread drains, so a
 * reader who stopped holds up neither a vCPU nor the main loop: the UART then shows a full FIFO.
 * Input is read only as fast as the UART takes it. A guest can have a virtio console beside the
 * UART: the output of both is mixed, and input goes to that one where there was output last. In
 * order:
 *
 *	console_create()	from the configuration; says what is wrong with it
 *	console_connect()	by the UART, and the virtio console
 *	console_start()		last before the guest runs: raw mode, event sources
 *	console_drain()		when the guest has stopped
 *	console_destroy()	gives the terminal back
 *
 * All on the main thread, unless it says "any thread". NULL stands for a console that takes all
 * and gives nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/built.h"
#include "vmm/base/err.h"

struct console;
struct passed_fds;
struct vm;

#define CONSOLE_RING_SIZE 65536 /* bytes of output that wait for the host */
#define CONSOLE_DRAIN_MS  1000

enum console_port { CONSOLE_UART, CONSOLE_VIRTIO, CONSOLE_ALL_PORTS };

/* Of this build */
#define CONSOLE_IS_BUILT (BUILT(PL011) || BUILT(VIRTIO_CONSOLE))
#define CONSOLE_N_PORTS  (BUILT(VIRTIO_CONSOLE) ? CONSOLE_ALL_PORTS : 1)

/* What a UART, or a virtio console, does for its console. Called on the main thread, without any
 * lock of the console. */
struct console_uart {
	/*
	 * Takes up to @n bytes and returns how many; after fewer it calls console_resume() when it
	 * has room again.
	 */
	size_t (*receive)(void *opaque, const uint8_t *bytes, size_t n);
	/* The console is not full any more, after console_is_full() was true. */
	void (*transmit_ready)(void *opaque);
	/* Write what the guest has sent and the kernel still has; NULL: that cannot be. */
	void (*flush)(void *opaque);
};

/*
 * @spec is one of
 *
 *	stdio	the standard streams. A terminal as standard input is put in raw mode (its output
 *		processing stays) and has an escape: Ctrl-a x stops the guest, Ctrl-a h helps,
 *		Ctrl-a Ctrl-a sends Ctrl-a. In the background there is no input.
 *	none	output is dropped
 *	pty	a new pseudo-terminal; its name is logged. Nobody may be there to read it, so what
 *		does not fit is dropped.
 *	file:F	output to file F, which is truncated; no input
 *	fd:W	a descriptor of @passed. Output goes to what it is; input comes from a terminal,
 *		which is put in raw mode and left so, or a socket.
 */
int console_create(const char *spec, struct passed_fds *passed, struct vm *vm,
		   struct console **console, struct err *err);

/*
 * @uart and @opaque live until the next call for this port; NULL disconnects. False: another one is
 * connected there.
 */
bool console_connect(struct console *console, enum console_port port,
		     const struct console_uart *uart, void *opaque);

/*
 * Does nothing when nothing is connected. Blocks SIGPIPE, SIGTTIN and SIGTTOU for the calling
 * thread and those it creates.
 */
int console_start(struct console *console, struct err *err);

/*
 * Any thread; never blocks. Returns how many of the @n bytes it took: after fewer,
 * console_is_full() is true, and transmit_ready() will be called.
 */
size_t console_write(struct console *console, enum console_port port, const void *bytes, size_t n);
/* The same for a byte of the UART's, which is dropped when the console is full. */
static inline void console_put(struct console *console, uint8_t byte)
{
	console_write(console, CONSOLE_UART, &byte, 1);
}
/* Any thread. From the moment the ring is full until half of it is free. */
bool console_is_full(struct console *console);
/* Any thread: the UART has room for input. */
void console_resume(struct console *console);

/*
 * Write out what the guest printed last, for CONSOLE_DRAIN_MS at most; what is left then, and all
 * output that follows, is dropped. vCPUs are parked, for good.
 */
void console_drain(struct console *console);

void console_destroy(struct console *console);

#endif
