// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/log.h"

#include <unistd.h>

#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* A reader who has stopped misses lines after so long, and does not keep dais from stopping. */
#define PATIENCE_MS 1000

static enum log_level max_level = LOG_INFO;
static unsigned int traces_on;

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_trace(unsigned int traces)
{
	traces_on = traces;
}

bool trace_on(enum trace trace)
{
	return BUILT(TRACE) && traces_on & trace;
}

__attribute__((format(printf, 2, 0))) static void write_line(const char *tag, const char *fmt,
							     va_list ap)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "dais: %s", tag);

	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\n';
	if (sys_wait_writable(STDERR_FILENO, PATIENCE_MS))
		sys_write(STDERR_FILENO, line, (size_t)n + 1);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const tags[] = { [LOG_ERROR] = "error: ",
					    [LOG_WARN] = "warning: ",
					    [LOG_INFO] = "",
					    [LOG_DEBUG] = "debug: " };
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	write_line(tags[level], fmt, ap);
	va_end(ap);
}

#undef trace_line
void trace_line(enum trace trace, const char *fmt, ...)
{
	va_list ap;

	if (!trace_on(trace))
		return;
	va_start(ap, fmt);
	write_line("trace: ", fmt, ap);
	va_end(ap);
}

void log_within(struct log_budget *budget, enum log_level level, const char *fmt, ...)
{
	char text[900];
	unsigned int used = __atomic_load_n(&budget->used, __ATOMIC_RELAXED);

	if (level > max_level || used >= LOG_BUDGET_MAX)
		return;
	used = __atomic_fetch_add(&budget->used, 1, __ATOMIC_RELAXED);
	if (used >= LOG_BUDGET_MAX)
		return;
	str_format(text, sizeof(text), fmt);
	log_line(level, "%s%s", text, used == LOG_BUDGET_MAX - 1 ? " (not told again)" : "");
}
