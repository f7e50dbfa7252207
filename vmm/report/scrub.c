// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/report/scrub.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

#define HEX    "[[:xdigit:]]"
#define BYTE   "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
/* What stands before and behind: it is no part of a longer word. */
#define BEFORE "(^|[^[:alnum:]:.-])"
#define BEHIND "($|[^[:alnum:]:-])"

/* What can be known by its form; in this order. The second pair of brackets is what is private. */
static const struct {
	const char *kind, *pattern;
} forms[] = {
	{ "uuid", BEFORE "(" HEX "{8}(-" HEX "{4}){3}-" HEX "{12})" BEHIND },
	{ "mac", BEFORE "(" HEX "{2}([:-]" HEX "{2}){5})" BEHIND },
	/* The bytes of a guest's local-mac-address, as dtc and JSON have them */
	{ "mac", "(mac-address = \\[)([^]]*)()" },
	{ "ip", BEFORE "(" HEX "{1,4}(:" HEX "{1,4}){7})" BEHIND },
	{ "ip", BEFORE "((" HEX "{1,4}:){1,7}:(" HEX "{1,4}(:" HEX "{1,4}){0,6})?)" BEHIND },
	{ "ip", BEFORE "(" BYTE "(\\." BYTE "){3})($|[^[:alnum:]])" },
};

/* Text of fewer letters would be found everywhere. */
#define MIN_LENGTH 3

static const struct scrub_word *find_word(const struct scrub *scrub, const char *text, size_t n)
{
	for (unsigned int i = 0; i < scrub->n_words; i++)
		if (strlen(scrub->words[i].text) == n && !strncmp(scrub->words[i].text, text, n))
			return &scrub->words[i];
	return NULL;
}

static const struct scrub_word *add_word(struct scrub *scrub, const char *kind, const char *text,
					 size_t n)
{
	const struct scrub_word *known = find_word(scrub, text, n);
	struct scrub_word *word;

	if (known)
		return known;
	word = array_add(scrub->words, scrub->n_words);
	if (!word)
		return NULL;
	word->kind = kind;
	word->text = arena_copy(&scrub->arena, text, n);
	word->number = 1;
	for (unsigned int i = 0; i < scrub->n_words; i++)
		word->number += !strcmp(scrub->words[i].kind, kind);
	scrub->n_words += word->text != NULL;
	return word->text ? word : NULL;
}

static void add_known(struct scrub *scrub, const char *kind, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	if (n >= MIN_LENGTH && strncmp(text, "localhost", n) != 0 &&
	    strncmp(text, "(none)", n) != 0)
		scrub->arena.failed |= !add_word(scrub, kind, text, n);
}

static void add_line_of(struct scrub *scrub, const char *kind, const char *path)
{
	char line[256];

	if (!file_read_line(line, sizeof(line), "%s", path))
		add_known(scrub, kind, line);
}

/* Of "root=UUID=…" what stands behind the first "="; words like "rw" and "console" are everybody's.
 */
static void add_command_line(struct scrub *scrub)
{
	char *line = file_text(64UL << 10, "/proc/cmdline"), *rest = line;

	for (char *word; (word = strsep(&rest, " \n"));) {
		const char *value = strchr(word, '=');

		if (value && strlen(value + 1) >= 6 && strncmp(word, "console=", 8) != 0)
			add_known(scrub, "command-line", value + 1);
	}
	free(line);
}

static void add_serial_numbers(struct scrub *scrub, const struct host_tree *tree)
{
	for (uint32_t i = 0; tree && i < tree->n_nodes; i++)
		for (size_t k = 0; k < tree->nodes[i]->n_properties; k++) {
			const struct host_property *p = &tree->nodes[i]->properties[k];

			if (strstr(p->name, "serial-n") && host_property_is_strings(p))
				add_known(scrub, "serial", (const char *)p->value);
		}
}

int scrub_create(struct scrub *scrub, const struct host_tree *tree)
{
	*scrub = (struct scrub){ .patterns = calloc(n_elems(forms), sizeof(regex_t)) };
	if (!scrub->patterns)
		return -ENOMEM;
	for (size_t i = 0; i < n_elems(forms); i++)
		if (regcomp(&scrub->patterns[i], forms[i].pattern, REG_EXTENDED))
			scrub->arena.failed = true;
	add_line_of(scrub, "host", "/proc/sys/kernel/hostname");
	add_line_of(scrub, "domain", "/proc/sys/kernel/domainname");
	add_line_of(scrub, "machine-id", "/etc/machine-id");
	add_serial_numbers(scrub, tree);
	add_command_line(scrub);
	scrub->n_known = scrub->n_words;
	return scrub->arena.failed ? -ENOMEM : 0;
}

void scrub_destroy(struct scrub *scrub)
{
	for (size_t i = 0; scrub->patterns && i < n_elems(forms); i++)
		regfree(&scrub->patterns[i]);
	free(scrub->patterns);
	free(scrub->words);
	arena_free(&scrub->arena);
}

/* Something private in a line. */
struct find {
	const char *at;
	size_t n;
	const char *kind;
};

static void find_known(const struct scrub *scrub, const char *line, struct find *find)
{
	for (unsigned int i = 0; i < scrub->n_known; i++) {
		const struct scrub_word *word = &scrub->words[i];
		const size_t n = strlen(word->text);

		for (const char *at = line; (at = strstr(at, word->text)); at++) {
			bool is_word = (at == line || !isalnum((unsigned char)at[-1])) &&
				       !isalnum((unsigned char)at[n]);

			if (!is_word || (find->at && at >= find->at))
				continue;
			*find = (struct find){ at, n, word->kind };
			break;
		}
	}
}

static void find_form(const struct scrub *scrub, const char *line, bool begins, struct find *find)
{
	for (size_t i = 0; i < n_elems(forms); i++) {
		regmatch_t match[3];
		const char *at;

		if (regexec(&scrub->patterns[i], line, n_elems(match), match,
			    begins ? 0 : REG_NOTBOL))
			continue;
		at = line + match[2].rm_so;
		if (match[2].rm_eo > match[2].rm_so && (!find->at || at < find->at))
			*find = (struct find){ at, (size_t)(match[2].rm_eo - match[2].rm_so),
					       forms[i].kind };
	}
}

int scrub_print(struct scrub *scrub, const char *line, FILE *out)
{
	for (bool begins = true;; begins = false) {
		const struct scrub_word *word;
		struct find find = { 0 };

		find_known(scrub, line, &find);
		find_form(scrub, line, begins, &find);
		if (!find.at)
			break;
		word = add_word(scrub, find.kind, find.at, find.n);
		if (!word)
			return -ENOMEM;
		fprintf(out, "%.*s<%s-%u>", (int)(find.at - line), line, word->kind, word->number);
		line = find.at + find.n;
	}
	fputs(line, out);
	return 0;
}
