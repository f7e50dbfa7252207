// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/option.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/base/arena.h"
#include "vmm/base/array.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/str.h"

/* A key without what may stand behind it. */
#define MAX_KEY 32

static size_t base_length(const struct option *option)
{
	return strcspn(option->key, ".[");
}

static bool is_in(const struct option *option, bool in_file)
{
	return option->key[0] && !(in_file && option->command_line_only);
}

const struct option *option_find(const struct option *options, const char *name, bool in_file)
{
	for (const struct option *option = options; option && option->key; option++) {
		size_t length = base_length(option);
		const char *form = option->key + length, *rest = name + length;
		uint64_t index;

		if (!is_in(option, in_file) || strncmp(option->key, name, length))
			continue;
		if (form[0] == '.' ? rest[0] == '.' && rest[1] : !rest[0])
			return option;
		if (form[0] == '[' && rest[0] == '.' && !str_to_u64(rest + 1, &index) &&
		    index < OPTION_MAX_INDEX)
			return option;
	}
	return NULL;
}

void option_suggest(const struct option *options, const char *wrong, bool in_file,
		    const char *dashes, const char *lister, struct err *err)
{
	char key[MAX_KEY], wanted[MAX_KEY], rest[128];
	struct nearest nearest;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)strcspn(wrong, ".="), wrong);
	nearest = nearest_to(wanted);
	for (const struct option *option = options; option && option->key; option++) {
		snprintf(key, sizeof(key), "%.*s", (int)base_length(option), option->key);
		if (is_in(option, in_file))
			nearest_try(&nearest, key);
	}
	snprintf(rest, sizeof(rest), "%s lists all", lister);
	err_suggest(err, &nearest, dashes, rest);
}

int option_set(void *target, const struct option *option, const char *name,
	       const struct option_value *value, struct err *err)
{
	int ret;

	if (value->text[0] || option->joins || !option->arg) {
		ret = option->set(target, option, value, err);
	} else {
		ret = err_usage(err, "no value");
		err_fix(err, "give %s", option->arg);
	}
	if (!ret && value->arena && value->arena->failed)
		ret = err_set(err, ENOMEM, "keep it");
	if (!ret || !name[0])
		return ret;
	if (value->where)
		return err_wrap(err, "%s: %s = %s", value->where, name, value->text);
	return err_wrap(err, "--%s %s", name, value->text);
}

int option_choice(const struct option *option, const char *text, size_t length)
{
	const char *at = option->arg;

	for (int i = 0;; i++) {
		size_t n = strcspn(at, "|[");

		if (n == length && strncmp(at, text, n) == 0)
			return i;
		if (at[n] != '|')
			return -1;
		at += n + 1;
	}
}

int option_unknown(const struct option *option, struct err *err)
{
	const char *end = strstr(option->arg, "[,");
	char list[256];
	struct text text = text_in(list);

	for (const char *at = BUILT(REMEDIES) ? option->arg : NULL; at;) {
		size_t n = strcspn(at, "|");
		const char *next = at[n] ? at + n + 1 : NULL;

		if (end && !next)
			n = (size_t)(end - at);
		text_add(&text, "%s%.*s",
			 at == option->arg ? ""
			 : next            ? ", "
					   : " or ",
			 (int)n, at);
		at = next;
	}
	err_usage(err, "unknown value");
	return err_fix(err, "give %s%s", list, end ? "; several with commas between" : "");
}

static void *field_of(void *target, const struct option *option)
{
	return (char *)target + option->field;
}

OPTION_SETTER(option_set_flag)
{
	*(bool *)field_of(target, option) = true;
	return 0;
}

OPTION_SETTER(option_set_bool)
{
	if (!str_to_bool(value->text, field_of(target, option)))
		return 0;
	return option_unknown(option, err);
}

OPTION_SETTER(option_set_choice)
{
	int choice = option_choice(option, value->text, strlen(value->text));

	if (choice < 0)
		return option_unknown(option, err);
	*(unsigned int *)field_of(target, option) = (unsigned int)choice;
	return 0;
}

static int read_number(const struct option *option, const char *text, uint64_t *number,
		       struct err *err)
{
	int ret = str_to_u64(text, number);

	if (ret == -EINVAL)
		err_usage(err, "not a number");
	else if (ret || *number > option->max)
		err_usage(err, "too large");
	else if (*number < option->min)
		err_usage(err, "too small");
	else
		return 0;
	return err_fix(err, "give a number from %" PRIu64 " to %" PRIu64, option->min, option->max);
}

OPTION_SETTER(option_set_number)
{
	uint64_t number;
	int ret = read_number(option, value->text, &number, err);

	if (!ret)
		*(unsigned int *)field_of(target, option) = (unsigned int)number;
	return ret;
}

OPTION_SETTER(option_set_u64)
{
	uint64_t number;
	int ret = read_number(option, value->text, &number, err);

	if (!ret)
		*(uint64_t *)field_of(target, option) = number;
	return ret;
}

/* As the table's user keeps texts. */
static const char *keep(const struct option_value *value)
{
	return value->arena ? arena_printf(value->arena, "%s", value->text) : value->text;
}

OPTION_SETTER(option_set_text)
{
	*(const char **)field_of(target, option) = keep(value);
	return 0;
}

const char *option_path(const struct option_value *value, const char *path)
{
	if (value->dir && path[0] != '/' && !passed_fd_which(path))
		return arena_printf(value->arena, "%s/%s", value->dir, path);
	return value->arena ? arena_printf(value->arena, "%s", path) : path;
}

OPTION_SETTER(option_set_path)
{
	*(const char **)field_of(target, option) = option_path(value, value->text);
	return 0;
}

OPTION_SETTER(option_add_text)
{
	struct option_list *list = field_of(target, option);
	const char **text = array_add(list->texts, list->n);

	if (!text)
		return err_set(err, ENOMEM, "read the command line");
	*text = keep(value);
	list->n++;
	return 0;
}
