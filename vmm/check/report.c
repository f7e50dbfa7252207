// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"
#include "vmm/cli/wrap.h"
#include "vmm/plan/json.h"

#define INDENT 8 /* column of a finding's text */

static const char *const severities[] = {
	[CHECK_FINE] = "fine",
	[CHECK_WARNS] = "warns",
	[CHECK_BLOCKS] = "blocks",
};

unsigned int check_count(const struct check *check, enum check_severity severity)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < check->n_findings; i++)
		n += check->findings[i].severity == severity;
	return n;
}

/* Into *text; NULL when memory ran out. */
__attribute__((format(printf, 3, 0))) static void format(struct check *check, char **text,
							 const char *fmt, va_list ap)
{
	if (vasprintf(text, fmt, ap) < 0)
		*text = NULL;
	check->out_of_memory |= !*text;
}

void check_say(struct check *check, enum check_severity severity, const char *fmt, ...)
{
	struct check_finding *finding = array_add(check->findings, check->n_findings);
	va_list ap;

	check->out_of_memory |= !finding;
	if (!finding)
		return;
	check->n_findings++;
	finding->check = check->step;
	finding->severity = severity;
	va_start(ap, fmt);
	format(check, &finding->what, fmt, ap);
	va_end(ap);
}

void check_fix(struct check *check, const char *fmt, ...)
{
	va_list ap;

	if (check->out_of_memory)
		return;
	va_start(ap, fmt);
	format(check, &check->findings[check->n_findings - 1].fix, fmt, ap);
	va_end(ap);
}

void check_fix_option(struct check *check, const char *symbol)
{
	check_fix(check,
		  "scripts/config -e %s && make olddefconfig, in the kernel's sources; build and "
		  "boot it",
		  symbol);
}

void check_say_err(struct check *check, enum check_severity severity, const struct check_vm *vm,
		   const struct err *err)
{
	check_say(check, severity, "%s%s%s%s%s", vm ? vm->name : "", vm ? ": " : "", err->what,
		  err->why[0] ? ": " : "", err->why);
	if (err->fix[0])
		check_fix(check, "%s", err->fix);
}

static void print_finding(const struct check_finding *finding, FILE *out)
{
	char *text = str_printf("%s: %s", finding->check, finding->what);

	wrap_print(out, fprintf(out, "%s", severities[finding->severity]), INDENT,
		   text ?: finding->what);
	free(text);
	/* In one line, however long: it is to be copied. */
	if (finding->fix)
		fprintf(out, "%*sfix: %s\n", INDENT, "", finding->fix);
}

void check_print_text(const struct check *check, FILE *out)
{
	for (int severity = CHECK_BLOCKS; severity >= CHECK_FINE; severity--)
		for (unsigned int i = 0; i < check->n_findings; i++)
			if (check->findings[i].severity == (enum check_severity)severity)
				print_finding(&check->findings[i], out);
	fprintf(out, "blocks: %u, warns: %u, fine: %u\n", check_count(check, CHECK_BLOCKS),
		check_count(check, CHECK_WARNS), check_count(check, CHECK_FINE));
}

int check_print_json(const struct check *check, FILE *out, struct err *err)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < check->n_findings; i++) {
		const struct check_finding *finding = &check->findings[i];

		json_array_append_new(array, json_pack("{s:s,s:s,s:o,s:o}", "check", finding->check,
						       "severity", severities[finding->severity],
						       "what", plan_json_text(finding->what), "fix",
						       plan_json_text(finding->fix ?: "")));
	}
	return plan_json_print(json_pack("{s:o,s:i,s:i}", "findings", array, "blocks",
					 (int)check_count(check, CHECK_BLOCKS), "warns",
					 (int)check_count(check, CHECK_WARNS)),
			       out, err);
}
