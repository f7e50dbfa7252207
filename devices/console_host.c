// SPDX-License-Identifier: GPL-2.0-only
#include "devices/console_host.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/*
 * An open file of our own for the same terminal or pipe, so that O_NONBLOCK is ours alone: the
 * inherited one is shared with the shell and all who write there. Where it cannot be had (a
 * terminal of another user, a socket) writes are small, and follow a poll.
 */
static void open_stdout(struct console_host *host)
{
	struct termios t;
	struct stat st;
	int fd;

	host->out_fd = STDOUT_FILENO;
	host->chunk = PIPE_BUF;
	if (sys_fstat(STDOUT_FILENO, &st) || !(S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return;
	fd = sys_open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		host->out_fd = host->own[0] = fd;
	else if (!sys_ioctl(STDOUT_FILENO, TCGETS, &t))
		host->chunk = 1; /* ready means room for one byte */
}

static void open_stdio(struct console_host *host)
{
	open_stdout(host);
	if (terminal_save(&host->terminal))
		host->in_fd = STDIN_FILENO;
	else
		log_info("console: started in the background, so without input");
}

/* Without echo, or the guest would read what it wrote. */
static int make_raw(int fd)
{
	struct termios t;
	int ret = sys_ioctl(fd, TCGETS, &t);

	if (ret)
		return ret;
	terminal_make_raw(&t);
	t.c_oflag &= ~(tcflag_t)OPOST;
	return sys_ioctl(fd, TCSETS, &t);
}

static int open_pty(struct console_host *host, struct err *err)
{
	char name[32];
	int unlocked = 0, number, fd, ret;

	fd = sys_posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, fd, "console: make a pseudo-terminal");
	host->own[0] = fd;
	ret = sys_ioctl(fd, TIOCSPTLCK, &unlocked);
	if (!ret)
		ret = sys_ioctl(fd, TIOCGPTN, &number);
	if (ret)
		return err_set(err, ret, "console: unlock the pseudo-terminal");
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	/* Kept open: a master whose last reader left reads and polls as hung up. */
	host->own[1] = sys_open(name, O_RDWR | O_NOCTTY);
	if (host->own[1] < 0)
		return err_set(err, host->own[1], "console: open %s", name);
	ret = make_raw(host->own[1]);
	if (ret)
		return err_set(err, ret, "console: set modes of %s", name);
	host->in_fd = host->out_fd = fd;
	host->lossy = true;
	log_info("console is %s", name);
	return 0;
}

static int open_file(struct console_host *host, const char *path, struct err *err)
{
	/* O_NONBLOCK: a FIFO that nobody reads is an error, not a wait. */
	int fd = sys_create(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_NONBLOCK, 0644);

	if (fd < 0) {
		err_set(err, fd, "console: open %s", path);
		if (fd == -ENXIO)
			err_why(err, "it is a FIFO that nobody reads, or a socket");
		return err->code;
	}
	host->out_fd = host->own[0] = fd;
	return 0;
}

static int no_console(const char *spec, const char *why, struct err *err)
{
	err_usage(err, "console = %s cannot be used", spec);
	err_why(err, "%s", why);
	return err_fix(err, "pass a terminal or a socket, or a pipe or a file to write to");
}

static int open_passed(struct console_host *host, const char *spec, struct passed_fds *passed,
		       struct err *err)
{
	int fd = passed_fds_open(passed, spec, O_RDWR, err), flags, ret;
	struct stat st;

	if (fd < 0)
		return err_set(err, fd, "console: open %s", spec);
	host->own[0] = fd;
	flags = sys_fcntl(fd, F_GETFL, 0);
	ret = flags < 0 ? flags : sys_fstat(fd, &st);
	if (!ret)
		ret = sys_fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (ret)
		return err_set(err, ret, "console: %s", spec);
	if (S_ISSOCK(st.st_mode) || (S_ISCHR(st.st_mode) && !make_raw(fd)))
		host->in_fd = fd;
	else if (!S_ISFIFO(st.st_mode) && !S_ISREG(st.st_mode))
		return no_console(spec, "it is no terminal, socket, pipe or file", err);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return no_console(spec, "it is open for reading only", err);
	if ((flags & O_ACCMODE) == O_WRONLY)
		host->in_fd = -1;
	host->out_fd = fd;
	return 0;
}

int console_host_open(struct console_host *host, const char *spec, struct passed_fds *passed,
		      struct err *err)
{
	static const char *const names[] = { "stdio", "none", "pty", "file:", "fd:" };
	struct nearest nearest = nearest_to(spec);

	memset(host, 0, sizeof(*host));
	host->in_fd = host->out_fd = -1;
	for (unsigned int i = 0; i < n_elems(host->own); i++)
		host->own[i] = -1;
	host->chunk = PIPE_BUF;

	if (!strcmp(spec, "none"))
		return 0;
	if (!strcmp(spec, "pty"))
		return open_pty(host, err);
	if (!strncmp(spec, "file:", 5) && spec[5])
		return open_file(host, spec + 5, err);
	if (passed_fd_which(spec))
		return open_passed(host, spec, passed, err);
	if (!strcmp(spec, "stdio")) {
		open_stdio(host);
		return 0;
	}
	for (size_t i = 0; i < n_elems(names); i++)
		nearest_try(&nearest, names[i]);
	err_usage(err, "console=%s is not known", spec);
	return err_suggest(err, &nearest, "",
			   "A console is stdio, none, pty, file:PATH or fd:WHICH");
}

void console_host_close(struct console_host *host)
{
	terminal_restore(&host->terminal);
	for (unsigned int i = 0; i < n_elems(host->own); i++)
		close_fd(&host->own[i]);
}
