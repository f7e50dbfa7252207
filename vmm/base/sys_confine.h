/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_SYS_CONFINE_H
#define VMM_BASE_SYS_CONFINE_H

/*
 * The part of the door to the kernel (sys.h, whose rules hold) by which a process gives up what it
 * may do.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sock_fprog;

unsigned int sys_geteuid(void);
unsigned int sys_getegid(void);
int sys_unshare(int flags);
int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const char *data);
int sys_umount(const char *target, int flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_chroot(const char *path);
int sys_chdir(const char *path);
/* Version of Landlock's ABI, or a negative errno. */
int sys_landlock_version(void);
/* struct landlock_ruleset_attr of <linux/landlock.h>, as much of it as the kernel knows. */
int sys_landlock_create_ruleset(const void *attr, size_t size);
/* The rights @access, LANDLOCK_ACCESS_FS_*, to all below the directory @path. */
int sys_landlock_allow(int ruleset_fd, const char *path, uint64_t access);
int sys_landlock_restrict_self(int ruleset_fd);
/* SECCOMP_SET_MODE_FILTER for the calling thread. */
int sys_seccomp_filter(const struct sock_fprog *program);
/* The lowest number, a multiple of 64 and at most @end, below which @n_free numbers are no open
 * descriptor's. */
int sys_fd_limit(unsigned int n_free, unsigned int end);
/* Close all descriptors from @first to @last. */
int sys_close_range(unsigned int first, unsigned int last);

#endif
