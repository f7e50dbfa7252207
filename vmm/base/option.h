/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_OPTION_H
#define VMM_BASE_OPTION_H

/*
 * What a user can say, as tables: options of a command, keys of a section of a file, keys of a
 * device. The parser of the command line, that of files, the help and the completion of shells are
 * made from the same tables, and docs/dais.1 is checked against them. A table ends with a NULL key.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct arena;
struct option;

/* A value as it was given. */
struct option_value {
	const char *text;    /* "" for an option that takes none */
	const char *where;   /* "disk.conf:12", for messages; NULL: the command line */
	const char *dir;     /* relative paths are relative to it; NULL: the current directory */
	struct arena *arena; /* keeps what outlives @text; NULL: @text itself is kept */
};

/*
 * Judge @value and put it into @target, whose type the table's user knows. An error need not name
 * source, key and value: option_set() does. OPTION_SETTER(name), then a body, defines one.
 */
#define OPTION_SETTER(name)                                                \
	int name(__attribute__((unused)) void *target,                     \
		 __attribute__((unused)) const struct option *option,      \
		 __attribute__((unused)) const struct option_value *value, \
		 __attribute__((unused)) struct err *err)
typedef OPTION_SETTER(option_setter);

struct option {
	/* Of a device, also "KEY[.N]" (of all, or of the n-th region or interrupt) or "KEY.NAME".
	   "": a word of the command line that belongs to no option. */
	const char *key;
	const char *arg;            /* what stands for the value in help: "FILE", "auto|on|off",
				       "NAME[,NAME]..."; NULL: none */
	const char *help;           /* one paragraph; wrapped where it is shown; NULL: none */
	option_setter *set;         /* NULL: the parser itself sees to it */
	uint64_t min, max;          /* numbers that it takes */
	unsigned int field;         /* what @set sets: an offset in the target */
	char letter;                /* short form on the command line, or 0 */
	bool command_line_only : 1; /* not in a file */
	bool first : 1; /* a file, given once and set before the others, which override it */
	bool joins : 1; /* several in a file are one value, and it may be empty */
	bool ends : 1;  /* what stands behind it and its value are no options of the table */
};

/* A paragraph that only explains; a small dais leaves it out. */
#define HELP(text) (BUILT(HELP) ? text : NULL)

/* A row of a table: @field is the member of @target, a type, that @set sets; then the other
 * members. */
#define OPTION(target, key_, arg_, set_, field_, help_, ...)                              \
	{                                                                                 \
		.key = key_, .arg = arg_, .set = set_, .field = offsetof(target, field_), \
		.help = HELP(help_), ##__VA_ARGS__                                        \
	}

/* A table has no more rows. */
#define OPTION_MAX 64

/* One index of a key is below this. No node of a device tree has nearly as many regions. */
#define OPTION_MAX_INDEX 256

/* The option that @name is, with index or name as its key says, or NULL. @in_file: of those that a
 * file may hold. */
const struct option *option_find(const struct option *options, const char *name, bool in_file);
/* For an error that says that there is no @wrong (up to a "=" or "."): "did you mean DASHESkey?",
 * if one is near, and that @lister tells all. */
void option_suggest(const struct option *options, const char *wrong, bool in_file,
		    const char *dashes, const char *lister, struct err *err);
/*
 * Set one; an error says source, key and value. @name: as it was given, with its index. An empty
 * value is an error but for an option that joins.
 */
int option_set(void *target, const struct option *option, const char *name,
	       const struct option_value *value, struct err *err);

/* The index of @text (up to @length) among the alternatives of @option's arg ("auto|on|off"); -1.
 */
int option_choice(const struct option *option, const char *text, size_t length);
/* The error of a value that is none of them: "give auto, on or off". */
int option_unknown(const struct option *option, struct err *err);

/* Setters of a field. Bools: yes and no in any spelling of str_to_bool(). */
option_setter option_set_flag;   /* bool: true */
option_setter option_set_bool;   /* bool */
option_setter option_set_choice; /* unsigned int or enum: the index */
option_setter option_set_number; /* unsigned int, from min to max */
option_setter option_set_u64;    /* uint64_t, from min to max */
option_setter option_set_text;   /* const char *, kept */
option_setter option_set_path;   /* the same, relative to the file's directory; not fd:WHICH */
option_setter option_add_text;   /* struct option_list: one more */

/* Texts that were given one after the other; starts zeroed, the user frees @texts. */
struct option_list {
	const char **texts;
	unsigned int n;
};

/* @path, of @value, as it can be opened: relative to the file that says it. Kept in its arena. */
const char *option_path(const struct option_value *value, const char *path);

#endif
