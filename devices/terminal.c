// SPDX-License-Identifier: GPL-2.0-only
#include "devices/terminal.h"

#include <asm/ioctls.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/sys.h"

bool terminal_save(struct terminal *terminal)
{
	pid_t foreground;

	memset(terminal, 0, sizeof(*terminal));
	if (sys_ioctl(STDIN_FILENO, TCGETS, &terminal->saved))
		return true;
	/* Fails for a terminal that does not control us, where nobody does job control either. */
	terminal->ours = sys_ioctl(STDIN_FILENO, TIOCGPGRP, &foreground) || foreground == getpgrp();
	return terminal->ours;
}

void terminal_make_raw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag = (t->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

/* SIGTTOU would stop us should the shell have taken the terminal back meanwhile. */
static void set_modes(const struct termios *t)
{
	sigset_t ttou, old;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sys_sigmask(SIG_BLOCK, &ttou, &old);
	sys_ioctl(STDIN_FILENO, TCSETS, (void *)t);
	sys_sigmask(SIG_SETMASK, &old, NULL);
}

void terminal_set_raw(const struct terminal *terminal)
{
	struct termios t = terminal->saved;

	if (!terminal->ours)
		return;
	terminal_make_raw(&t);
	set_modes(&t);
}

void terminal_restore(const struct terminal *terminal)
{
	if (terminal->ours)
		set_modes(&terminal->saved);
}
