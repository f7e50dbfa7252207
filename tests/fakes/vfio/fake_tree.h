/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_VFIO_FAKE_TREE_H
#define TESTS_FAKES_VFIO_FAKE_TREE_H

/* The file tree behind fake_sys.h: for the fakes only. Tests use fake_file() and its like. */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fake_fd_ops;

#define FAKE_MAJOR 240 /* of every fake device: one for local use */

enum fake_kind { FAKE_DIR, FAKE_FILE, FAKE_LINK, FAKE_DEVICE, FAKE_ERROR };

struct fake_entry {
	char *path; /* absolute, no link in it but perhaps the last component */
	enum fake_kind kind;
	char *data; /* a file's content, a link's target; NUL-terminated */
	size_t size;
	const struct fake_fd_ops *ops;
	void *opaque;
	int code;
	bool busy;          /* cannot be opened: -EBUSY */
	int access_code;    /* of access(); 0: granted */
	unsigned int uid;   /* whose it is … */
	mode_t mode;        /* … and who may do what with it */
	unsigned int minor; /* of a device, a number of its own */
	ino_t inode;        /* another one whenever a test makes the file anew */
};

void fake_tree_reset(void);
/* Follows links on the way, and the last one when @follow. -ENOENT, -ELOOP. */
int fake_tree_find(const char *path, bool follow, struct fake_entry **entry);
/* Give the entry @path the name @new_path, in place of what has it. */
int fake_tree_rename(const char *path, const char *new_path);
void fake_tree_write(struct fake_entry *file, const void *data, size_t size, size_t offset);

struct fake_dir {
	char path[PATH_MAX];
	unsigned int next;
	struct dirent dirent;
	int fd;
};
struct fake_dir *fake_dir_open(const char *path); /* malloc'ed; NULL with errno */
struct dirent *fake_dir_next(struct fake_dir *dir);

#endif
