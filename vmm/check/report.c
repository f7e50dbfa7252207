// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"
#include "vmm/plan/print.h"

#define INDENT 8 /* column of a finding's text */

static const char *const severities[] = {
	[CHECK_FINE] = "fine",
	[CHECK_WARNS] = "warns",
	[CHECK_BLOCKS] = "blocks",
};

void check_say(struct check *check, enum check_severity severity, const char *fmt, ...)
{
	struct check_finding *finding = array_add(check->findings, check->n_findings);
	char *text, *fix;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&check->arena, fmt, ap);
	va_end(ap);
	if (!text || !finding) {
		check->arena.failed = true;
		return;
	}
	/* Names that somebody else has chosen may have that byte, and make no remedy by it. */
	fix = strstr(fmt, FIX) ? strrchr(text, FIX[0]) : NULL;
	if (fix)
		*fix++ = '\0';
	check->n_findings++;
	check->n_of[severity]++;
	*finding = (struct check_finding){ check->step, severity, text, fix ?: "" };
}

void check_say_err(struct check *check, enum check_severity severity, const struct check_vm *vm,
		   const struct err *err)
{
	check_say(check, severity, "%s%s%s%s%s" FIX "%s", vm ? vm->name : "", vm ? ": " : "",
		  err->what, err->why[0] ? ": " : "", err->why, err->fix);
}

static void print_finding(const struct check_finding *finding, FILE *out)
{
	char *text = str_printf("%s: %s", finding->check, finding->what);

	wrap_print(out, fprintf(out, "%s", severities[finding->severity]), INDENT,
		   text ?: finding->what);
	free(text);
	/* In one line, however long: it is to be copied. */
	if (finding->fix[0])
		fprintf(out, "%*sfix: %s\n", INDENT, "", finding->fix);
}

void check_print_text(const struct check *check, FILE *out)
{
	for (int severity = CHECK_BLOCKS; severity >= CHECK_FINE; severity--)
		for (unsigned int i = 0; i < check->n_findings; i++)
			if (check->findings[i].severity == (enum check_severity)severity)
				print_finding(&check->findings[i], out);
	fprintf(out, "blocks: %u, warns: %u, fine: %u\n", check->n_of[CHECK_BLOCKS],
		check->n_of[CHECK_WARNS], check->n_of[CHECK_FINE]);
}

int check_print_json(const struct check *check, FILE *out, struct err *err)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < check->n_findings; i++) {
		const struct check_finding *finding = &check->findings[i];

		json_array_append_new(array, json_pack("{s:s,s:s,s:o,s:o}", "check", finding->check,
						       "severity", severities[finding->severity],
						       "what", plan_json_text(finding->what), "fix",
						       plan_json_text(finding->fix)));
	}
	return plan_json_print(json_pack("{s:o,s:i,s:i}", "findings", array, "blocks",
					 (int)check->n_of[CHECK_BLOCKS], "warns",
					 (int)check->n_of[CHECK_WARNS]),
			       out, err);
}
