/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_CONSOLE_HOST_H
#define DEVICES_CONSOLE_HOST_H

/* The descriptors behind a console; only for console.c. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "devices/terminal.h"
#include "vmm/base/err.h"

struct passed_fds;

struct console_host {
	int in_fd;    /* -1: no input */
	int out_fd;   /* -1: output is dropped */
	int own[2];   /* descriptors that close with the console, -1: none */
	size_t chunk; /* a write of so many bytes does not block after out_fd was seen ready */
	bool lossy;   /* nobody may be reading */
	struct terminal terminal; /* in_fd, if it is one: raw mode, escape */
};

/* @host is filled in any case, for console_host_close(). @spec and @passed as for console_create().
 */
int console_host_open(struct console_host *host, const char *spec, struct passed_fds *passed,
		      struct err *err);
void console_host_close(struct console_host *host);

#endif
