/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_OWN_H
#define VMM_BASE_OWN_H

/*
 * Ownership of local file descriptors, directories and memory: closed or freed when the variable
 * goes out of scope, unless handed over with take_fd() or take_ptr(). A lock is held by doing
 * nothing else with it, hence "unused".
 *
 *	owned_fd int fd = sys_open(path, O_RDWR);
 *	…
 *	obj->fd = take_fd(&fd);
 *
 *	owned_lock pthread_mutex_t *lock = take_lock(&obj->lock);
 */
#include <pthread.h>
#include <stdlib.h>

#include "vmm/base/sys.h"

static inline void own_close_fd(int *fd)
{
	if (*fd >= 0)
		sys_close(*fd);
}

static inline void own_close_dir(DIR **dir)
{
	if (*dir)
		sys_closedir(*dir);
}

static inline void own_free_ptr(void *pptr)
{
	free(*(void **)pptr);
}

static inline void own_unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

static inline pthread_mutex_t *take_lock(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	return mutex;
}

#define owned_fd   __attribute__((cleanup(own_close_fd), unused))
#define owned_dir  __attribute__((cleanup(own_close_dir)))
#define owned_ptr  __attribute__((cleanup(own_free_ptr)))
#define owned_lock __attribute__((cleanup(own_unlock), unused))

/* Hand over: return the value and leave "nothing" (-1, NULL) behind. */
static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

#define take_ptr(pptr)                                    \
	({                                                \
		__typeof__(*(pptr)) take_ptr_v = *(pptr); \
		*(pptr) = NULL;                           \
		take_ptr_v;                               \
	})

/* Close and forget; does nothing for a negative fd. */
static inline void close_fd(int *fd)
{
	own_close_fd(fd);
	*fd = -1;
}

#endif
