/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_REPORT_SCRUB_H
#define VMM_REPORT_SCRUB_H

/*
 * Takes out of a text what tells whose host it is: its name, serial and machine numbers, values of
 * the kernel's command line, MAC and IP addresses, UUIDs. Each gets a name in brackets that can
 * stand in JSON, too, the same one wherever it stands: "<mac-2>".
 */
#include <regex.h>
#include <stdio.h>

#include "fdt/host/tree.h"
#include "vmm/base/arena.h"

struct scrub_word {
	const char *kind; /* "host", "serial" … */
	const char *text; /* as it stands on this host, or, of what was met, in a text */
	unsigned int number;
};

struct scrub {
	struct scrub_word *words; /* what is known to be private, and what was met */
	unsigned int n_words, n_known;
	regex_t *patterns; /* of the table in scrub.c */
	struct arena arena;
};

/* What this host is asked for, and @tree (NULL: none) has. -ENOMEM. scrub_destroy() also after an
 * error. */
int scrub_create(struct scrub *scrub, const struct host_tree *tree);
void scrub_destroy(struct scrub *scrub);

/* Print the line @line without what is private. -ENOMEM. */
int scrub_print(struct scrub *scrub, const char *line, FILE *out);

#endif
