/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_TREE_VALUES_H
#define FDT_HOST_TREE_VALUES_H

/*
 * The values of the running kernel's properties, kept until the host boots again (vmm/base/kept.h):
 * to open, read and close a file for each is much of what a tree costs. The kernel changes no
 * value: it puts another property in the old one's place (__of_update_property() in
 * drivers/of/base.c, Linux 4.14 to 7.3), with another file, and no inode of sysfs gets the number
 * of one before it (__kernfs_new_node() in fs/kernfs/dir.c; before 5.5, and on 32-bit hosts, of
 * the last two billion). So the number tells the value, whatever overlays and drivers do.
 *
 *	tree_values_open()
 *	tree_values_find(), and where it finds none, tree_values_add()	for each
 *	tree_values_close()	which writes the file when one was added
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As it stands in the file, which no other host reads; the next one is at a multiple of 8 bytes. */
struct tree_value {
	uint64_t inode;
	uint32_t dev;  /* the file system that the inode is of */
	uint32_t size; /* bytes */
	uint8_t value[];
};

struct tree_values {
	const char *path; /* of the file; NULL: nothing is kept */
	char *data;       /* what is in it, and what was added */
	size_t size;      /* bytes … */
	size_t n_known;   /* … of which so many were in it before */
	uint32_t dev;
	size_t next; /* where the one is that is asked for next, most likely */
};

/* @path outlives @values. @dev: the file system that the inodes are of. */
void tree_values_open(struct tree_values *values, const char *path, dev_t dev);
/* Good until the next call. NULL: it is not known. */
const struct tree_value *tree_values_find(struct tree_values *values, uint64_t inode);
/* @value is copied. Without memory for it, it is not kept. */
void tree_values_add(struct tree_values *values, uint64_t inode, const void *value, size_t size);
void tree_values_close(struct tree_values *values);

#endif
