/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_ERR_H
#define VMM_BASE_ERR_H

#include <errno.h> /* for all who fill a struct err */

#include "vmm/base/built.h"

struct nearest;

/*
 * What went wrong, as the user will read it. The function that fails fills the caller's struct err
 * and returns a negative errno; callers pass both on untouched, or put what they were doing in
 * front of it. Only main and the subcommands print it.
 *
 *	dais: error: attach 10000000.ahci: open /dev/vfio/7: Device or resource busy
 *	dais: cause: the group is held by pid 4121
 *	dais: fix:   stop that VM, or assign another device
 */
struct err {
	int code;       /* negative errno of the failure; 0: nothing failed */
	int status;     /* exit status that this failure asks for, enum exit_status; 0:
			   EXIT_STATUS_FAILURE */
	char what[512]; /* what was tried and what the system said of it */
	char why[512];  /* the cause, as far as it is known; may be empty */
	char fix[1024]; /* what the user can do; may be empty */
};

/* Exit statuses of the program: a contract with scripts. */
enum exit_status {
	EXIT_STATUS_OK = 0,          /* the guest powered off */
	EXIT_STATUS_FAILURE = 1,     /* dais failed */
	EXIT_STATUS_USAGE = 2,       /* bad command line or configuration */
	EXIT_STATUS_HOST = 3,        /* the host is not ready */
	EXIT_STATUS_GUEST_CRASH = 4, /* the guest crashed */
};

/*
 * Fill @err: what failed, with ": strerror(code)" put behind it when @code is not 0. @code is a
 * positive or negative errno. Clears why, fix and status. Returns the negative errno (-EINVAL if
 * @code is 0), so that "return err_set(err, errno, …)" reads well. @err may not be NULL.
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same without strerror, for what is wrong with what the user gave: code -EINVAL,
 * EXIT_STATUS_USAGE. */
int err_usage(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * What the user asks for takes CONFIG_@symbol, which this dais was built without (built.h). Returns
 * as err_usage().
 */
int err_not_built(struct err *err, const char *symbol);

/*
 * Add the cause or the remedy to an error just set. Without CONFIG_REMEDIES neither is told. Return
 * err->code.
 */
int err_why(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int err_fix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline int err_code(const struct err *err)
{
	return err->code;
}
#define err_why(err, ...) (BUILT(REMEDIES) ? err_why(err, __VA_ARGS__) : err_code(err))
#define err_fix(err, ...) (BUILT(REMEDIES) ? err_fix(err, __VA_ARGS__) : err_code(err))

/* A remedy for a wrong name: "did you mean PREFIXname? @rest", if one is near, else @rest. Returns
 * err->code. */
int err_suggest(struct err *err, const struct nearest *nearest, const char *prefix,
		const char *rest);

/* The host is not ready: the program will end with EXIT_STATUS_HOST. Returns err->code. */
int err_host(struct err *err);

/* Put "context: " in front of what failed. Returns err->code. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The error so far is the cause of another, which @fmt names. When a cause is known already, it
 * stays and this is err_prefix(). Returns err->code.
 */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The status that the program ends with for this error; never 0. */
int err_exit_status(const struct err *err);

/* Print the three lines (or fewer) to stderr. */
void err_print(const struct err *err);

#endif
