/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_FDS_H
#define TESTS_FAKES_FAKE_FDS_H

/* The descriptors and counters behind fake_sys.h: for the fakes only. */
#include <stdbool.h>
#include <stddef.h>

struct fake_entry;
struct fake_fd_ops;
struct stat;
struct statfs;

/* An open descriptor: of our own tree, or a real one (eventfd, epoll, …) that is only counted. */
struct fake_fd {
	bool used;
	int real; /* -1: a fake one */
	const struct fake_fd_ops *ops;
	void *opaque;
	struct fake_entry *file;
	size_t pos;
	int flags; /* O_*, as it was opened */
};

/* Count this call; not 0: it is the one to fail, with this errno. */
int fake_call_code(void);

#define fail_if_chosen()                            \
	do {                                        \
		int chosen_code = fake_call_code(); \
		if (chosen_code)                    \
			return -chosen_code;        \
	} while (0)

int fake_fd_add(struct fake_fd value);
/* A real descriptor keeps its own number, so that epoll and poll work on it. -errno when @real < 0.
 */
int fake_fd_real(int real);
struct fake_fd *fake_fd_find(int fd);
void fake_fd_forget(struct fake_fd *fd);
void fake_log_ioctl(int fd, unsigned long request);
void fake_statfs(struct statfs *st);
/* False: fake_set_stat() was not called. */
bool fake_stat(struct stat *st);
void fake_memory_reset(void);
void fake_dirs_reset(void);
void fake_events_reset(void);

#endif
