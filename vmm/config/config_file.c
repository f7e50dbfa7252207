// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <ctype.h>
#include <ini.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"

#define MAX_FILE_SIZE (1 << 20)
#define MAX_LINES     10000
/* inih cuts longer section names without a word. */
#define MAX_SECTION   48

/*
 * inih takes lines apart, and tells no line numbers (unless built otherwise). So it reads through
 * read_line(), which counts: the handler is called before the next line is read.
 */
struct config_file {
	struct vm_config *config;
	struct err *err; /* with a code that is not 0: read no further */
	const char *path;
	const char *dir;
	const char *next;             /* text that is not yet read */
	unsigned int line;            /* of the line read last, from 1 */
	unsigned int section;         /* line of the section's header; 0: before the first */
	unsigned int opened;          /* line of the header of the section that the handler is in */
	const struct option *options; /* of that section; NULL: of the last of config->devices */
	unsigned int *seen;           /* line of each of them; 0: not given */
	unsigned int seen_in_vm[OPTION_MAX], seen_in_host[OPTION_MAX];
};

static const char *where(struct config_file *file, unsigned int line)
{
	return arena_printf(&file->config->arena, "%s:%u", file->path, line);
}

static struct device_config *last_device(struct config_file *file)
{
	return &file->config->devices[file->config->n_devices - 1];
}

/* What a section must have by its end. */
static int end_section(struct config_file *file)
{
	if (file->section != file->opened) {
		err_usage(file->err, "%s:%u: the section is empty", file->path, file->section);
		return err_fix(file->err, "take it out, or give it keys");
	}
	if (file->section && !file->options && !last_device(file)->class) {
		err_usage(file->err, "%s:%u: device '%s' has no type", file->path, file->section,
			  last_device(file)->name);
		return err_fix(file->err,
			       "add a line \"type = …\"; dais run --device help lists the types");
	}
	return 0;
}

/* A header was read: "[name]". */
static int begin_section(struct config_file *file, const char *header)
{
	if (end_section(file))
		return file->err->code;
	file->section = file->line;
	if (strcspn(header + 1, "]") <= MAX_SECTION)
		return 0;
	err_usage(file->err, "%s:%u: the section's name is too long", file->path, file->line);
	return err_fix(file->err, "use at most %d characters", MAX_SECTION);
}

/*
 * As fgets(). Takes away what inih would not understand as meant: indentation (a continued line to
 * it), and comments by '#' behind a value.
 */
static char *read_line(char *buf, int size, void *opaque)
{
	struct config_file *file = opaque;
	const char *line = file->next;
	size_t n = strcspn(line, "\n");

	if (file->err->code || !*line)
		return NULL;
	if (file->line == MAX_LINES) {
		err_usage(file->err, "%s: the file has more than %d lines", file->path, MAX_LINES);
		err_fix(file->err, "a VM takes some hundred: is this the right file?");
		return NULL;
	}
	file->next += n + (line[n] == '\n');
	file->line++;
	for (; n && isspace((unsigned char)*line); n--)
		line++;
	for (size_t i = 1; i < n; i++) {
		if (line[i] == '#' && isspace((unsigned char)line[i - 1]))
			n = i;
	}
	if (n + 2 > (size_t)size) {
		err_usage(file->err, "%s:%u: the line is longer than %d characters", file->path,
			  file->line, size - 2);
		err_fix(file->err,
			"several \"append\" lines are joined; make other values shorter");
		return NULL;
	}
	memcpy(buf, line, n);
	buf[n] = '\n';
	buf[n + 1] = '\0';
	return *buf == '[' && begin_section(file, buf) ? NULL : buf;
}

static int unknown_section(struct config_file *file, const char *name)
{
	static const char *const known[] = { "vm", "host", "device" };
	struct nearest nearest = nearest_to(name);

	if (!file->section) {
		err_usage(file->err, "%s:%u: a key before the first section", file->path,
			  file->line);
		return err_fix(file->err, "begin the file with a line [vm]");
	}
	err_usage(file->err, "%s:%u: unknown section [%s]", file->path, file->section, name);
	err_why(file->err, "a file has the sections [vm], [host] and [device NAME]");
	for (size_t i = 0; i < n_elems(known); i++)
		nearest_try(&nearest, known[i]);
	return nearest.name[0] ? err_fix(file->err, "did you mean [%s]?", nearest.name)
			       : err_fix(file->err, "there are [vm], [host] and [device NAME]");
}

static int open_device(struct config_file *file, const char *name)
{
	const char *kept_name = arena_printf(&file->config->arena, "%s", name);
	const char *here = where(file, file->section);

	if (!*name) {
		err_usage(file->err, "%s:%u: the device has no name", file->path, file->section);
		return err_fix(file->err, "write [device NAME]");
	}
	return config_new_device(file->config, kept_name, here, file->err) ? 0 : file->err->code;
}

static int open_section(struct config_file *file, const char *name)
{
	bool is_vm = strcmp(name, "vm") == 0;

	file->opened = file->section;
	file->options = is_vm ? vm_options : strcmp(name, "host") ? NULL : host_options;
	file->seen = is_vm ? file->seen_in_vm : file->seen_in_host;
	if (file->options)
		return 0;
	if (strncmp(name, "device", 6) == 0 && (!name[6] || name[6] == ' '))
		return open_device(file, name + 6 + strspn(name + 6, " "));
	return unknown_section(file, name);
}

static int set_key(struct config_file *file, const char *section, const char *key,
		   const char *value)
{
	const struct option_value given = {
		.text = value,
		.where = where(file, file->line),
		.dir = file->dir,
		.arena = &file->config->arena,
	};
	const struct option *option = option_find(file->options, key, true);
	unsigned int *seen;

	if (!option) {
		err_usage(file->err, "%s:%u: unknown key '%s'", file->path, file->line, key);
		err_why(file->err, "the [%s] section has none of this name", section);
		option_suggest(file->options, key, true, "",
			       file->options == vm_options ? "dais help run" : "dais.conf(5)",
			       file->err);
		return file->err->code;
	}
	assert(option - file->options < OPTION_MAX);
	seen = file->seen + (option - file->options);
	if (*seen && !option->joins) {
		err_usage(file->err, "%s:%u: duplicate key '%s'", file->path, file->line, key);
		err_why(file->err, "line %u has it already", *seen);
		return err_fix(file->err, "keep one of the two");
	}
	*seen = file->line;
	return option_set(file->config, option, key, &given, file->err);
}

/* Names as a plan gives them for the command line, pasted here: none has two commas of its own. */
static void halve_commas(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (text[0] != ',' || text[1] != ',')
			*to++ = *text;
	*to = '\0';
}

static int set_device_key(struct config_file *file, const char *key, const char *value)
{
	struct device_config *device = last_device(file);
	const char *here = where(file, file->line);
	char *kept_key = arena_printf(&file->config->arena, "%s", key);
	char *kept_value = arena_printf(&file->config->arena, "%s", value);

	if (!here || !kept_key || !kept_value)
		return err_set(file->err, ENOMEM, "read configuration %s", file->path);
	halve_commas(kept_key);
	if (strcmp(key, "drop") == 0 || strcmp(key, "keep") == 0)
		halve_commas(kept_value);
	if (!*value)
		return err_usage(file->err, "%s: %s has no value", here, key);
	if (strcmp(key, "type") != 0)
		return device_config_add(device, kept_key, kept_value, here, file->err);
	if (device->class)
		return err_usage(file->err, "%s: duplicate key 'type'", here);
	return device_config_set_type(device, kept_value, here, file->err);
}

static int handle_key(void *opaque, const char *section, const char *key, const char *value)
{
	struct config_file *file = opaque;

	if (file->err->code)
		return false;
	if ((!file->section || file->opened != file->section) && open_section(file, section))
		return false;
	return !(file->options ? set_key(file, section, key, value)
			       : set_device_key(file, key, value));
}

/* Text has no control characters; an image, a device tree or an archive given by mistake has. */
static int check_text(const char *path, const char *text, size_t size, struct err *err)
{
	for (size_t i = 0; i < size; i++) {
		if (iscntrl((unsigned char)text[i]) && !strchr("\t\r\n", text[i] ?: 1)) {
			err_usage(err, "%s: this is not a text file", path);
			err_why(err, "byte %zu is 0x%02x", i, (unsigned char)text[i]);
			return err_fix(err,
				       "--config wants a file of [vm] and [device NAME] sections");
		}
	}
	return 0;
}

static int parse(struct config_file *file)
{
	int bad_line = ini_parse_stream(read_line, file, handle_key, file);

	if (bad_line > 0 && (!file->err->code || (unsigned int)bad_line < file->line))
		return err_usage(file->err, "%s:%d: neither [section] nor key = value", file->path,
				 bad_line);
	if (bad_line < 0)
		return err_set(file->err, ENOMEM, "read configuration %s", file->path);
	return file->err->code ? file->err->code : end_section(file);
}

int config_load(struct vm_config *config, const char *path, struct err *err)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	const char *slash = strrchr(path, '/');
	owned_ptr char *dir = slash ? str_printf("%.*s", (int)(slash - path), path) : NULL;
	struct config_file file = { .config = config, .err = err, .path = path, .dir = dir };
	owned_ptr char *text = NULL;
	size_t size = 0;
	int ret = slash && !dir ? err_set(err, ENOMEM, "read configuration %s", path)
				: file_read_given("configuration", path, MAX_FILE_SIZE, &text,
						  &size, err);

	if (ret || !text)
		return ret;
	file.next = text;
	err->code = 0;
	if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0)
		file.next += strlen(byte_order_mark);
	/* Unless the file says otherwise. */
	if (!config->name)
		config_name_after(config, path);
	ret = check_text(path, text, size, err) ?: parse(&file);
	config->n_file_devices = config->n_devices;
	return ret;
}
