/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_LOG_H
#define VMM_BASE_LOG_H

#include <stdbool.h>

#include "vmm/base/built.h"

/*
 * Messages to stderr, a line each, "dais: …". Thread-safe; one write per line. A line for which
 * stderr has no room within a second is lost.
 */
enum log_level {
	LOG_ERROR,
	LOG_WARN, /* something the user asked for is not as good as it could be: never silent */
	LOG_INFO, /* what was chosen, default */
	LOG_DEBUG,
};

/* What --trace can show, a bit each. */
enum trace {
	TRACE_MMIO = 1 << 0, /* every trapped access */
	TRACE_IRQ = 1 << 1,  /* lines, wiring, masks */
	TRACE_VFIO = 1 << 2, /* ioctls and regions of assigned devices */
	TRACE_VM = 1 << 3,   /* build, reset and stop, step by step */
};

/* Set once by main before any thread exists. */
void log_set_level(enum log_level level);
void log_set_trace(unsigned int traces);
bool trace_on(enum trace trace);

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void trace_line(enum trace trace, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Without CONFIG_TRACE there is none. */
#define trace_line(...) (BUILT(TRACE) ? trace_line(__VA_ARGS__) : (void)0)

#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/*
 * For what a guest can provoke at will: LOG_BUDGET_MAX lines, the last of which says so, then none.
 * Lock-free. The struct lies, zeroed, in the object that complains.
 */
struct log_budget {
	unsigned int used; /* atomic */
};
#define LOG_BUDGET_MAX 8
void log_within(struct log_budget *budget, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
