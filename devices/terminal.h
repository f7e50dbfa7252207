/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_TERMINAL_H
#define DEVICES_TERMINAL_H

/* The terminal that is standard input, if it is one. */
#include <asm/termbits.h> /* the kernel's struct termios, as TCGETS has it; excludes <termios.h> */
#include <stdbool.h>

struct terminal {
	bool ours; /* there is one, and we are in its foreground: what follows is valid */
	struct termios saved;
};

/* Remember its modes. False: there is one, but we were started in its background. */
bool terminal_save(struct terminal *terminal);

/* Input as it is typed, without echo or signals, in @t. */
void terminal_make_raw(struct termios *t);
void terminal_set_raw(const struct terminal *terminal);

/* The modes as they were saved; also from another process than the one that changed them. */
void terminal_restore(const struct terminal *terminal);

#endif
