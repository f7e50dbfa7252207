// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/option_values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"
#include "vmm/core/ram/ram.h"

static void *field_of(struct vm_config *config, const struct vm_option *option)
{
	return (char *)config + option->field;
}

/* "auto, on or off" into @err's remedy. */
static void list_choices(const char *const *choices, const char *more, struct err *err)
{
	char list[256];
	size_t n = 0;

	for (size_t i = 0; choices[i]; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
				      i == 0 ? "" : (choices[i + 1] || more ? ", " : " or "),
				      choices[i]);
	if (more)
		snprintf(list + n, sizeof(list) - n, " or %s", more);
	err_fix(err, "give %s", list);
}

static int find_choice(const char *const *choices, const char *value)
{
	for (int i = 0; choices[i]; i++) {
		if (strcmp(choices[i], value) == 0)
			return i;
	}
	return -EINVAL;
}

int option_set_choice(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	int choice = find_choice(option->choices, value);

	(void)source;
	if (choice < 0) {
		err_usage(err, "unknown value");
		list_choices(option->choices, NULL, err);
		return err->code;
	}
	*(unsigned int *)field_of(config, option) = (unsigned int)choice;
	return 0;
}

int option_set_bool(struct vm_config *config, const struct vm_option *option, const char *value,
		    const struct option_source *source, struct err *err)
{
	int ret = str_to_bool(value, field_of(config, option));

	(void)source;
	if (ret) {
		err_usage(err, "unknown value");
		err_fix(err, "give yes or no");
	}
	return ret;
}

int option_set_switch(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	enum arch_switch *field = field_of(config, option);
	bool on;

	(void)source;
	if (str_to_bool(value, &on)) {
		err_usage(err, "unknown value");
		err_fix(err, "give yes or no");
		return err->code;
	}
	*field = on ? ARCH_ON : ARCH_OFF;
	return 0;
}

int option_set_number(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	uint64_t number;
	int ret = str_to_u64(value, &number);

	(void)source;
	if (ret == -EINVAL)
		err_usage(err, "not a number");
	else if (ret || number > option->max)
		ret = err_usage(err, "too large");
	else if (number < option->min)
		ret = err_usage(err, "too small");
	if (ret) {
		err_fix(err, "give a number from %u to %u", option->min, option->max);
		return ret;
	}
	*(unsigned int *)field_of(config, option) = (unsigned int)number;
	return 0;
}

int option_set_memory(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	char least[32], most[32], step[32];
	uint64_t bytes;
	int ret = str_to_size(value, &bytes);

	(void)source;
	(void)option;
	if (ret == -EINVAL)
		err_usage(err, "not a size");
	else if (ret || bytes > VM_MAX_MEMORY)
		ret = err_usage(err, "too much memory");
	else if (bytes < RAM_MIN_SIZE)
		ret = err_usage(err, "too little memory");
	else if (!is_aligned(bytes, RAM_ALIGN))
		ret = err_usage(err, "not a multiple of %s", str_size(RAM_ALIGN, step));
	if (ret) {
		err_fix(err,
			"give %s to %s in steps of %s, as 512M or 4G; a bare number is in bytes",
			str_size(RAM_MIN_SIZE, least), str_size(VM_MAX_MEMORY, most),
			str_size(RAM_ALIGN, step));
		return ret;
	}
	config->memory = bytes;
	return 0;
}

static bool names_fd(const char *value)
{
	return strncmp(value, PASSED_FD_PREFIX, strlen(PASSED_FD_PREFIX)) == 0;
}

static int keep_path(struct vm_config *config, const char *value,
		     const struct option_source *source, const char **path, struct err *err)
{
	if (source->dir && value[0] != '/' && !names_fd(value))
		*path = config_keepf(config, err, "%s/%s", source->dir, value);
	else
		*path = config_keepf(config, err, "%s", value);
	return *path ? 0 : err->code;
}

int option_set_memory_base(struct vm_config *config, const struct vm_option *option,
			   const char *value, const struct option_source *source, struct err *err)
{
	char step[32];
	int ret = str_to_size(value, &config->memory_base);

	(void)source;
	(void)option;
	if (ret || !is_aligned(config->memory_base, RAM_ALIGN)) {
		ret = err_usage(err, ret ? "not an address" : "not a multiple of %s",
				str_size(RAM_ALIGN, step));
		err_fix(err, "give an address such as 0x80000000, or 2G");
	}
	return ret;
}

int option_set_memory_file(struct vm_config *config, const struct vm_option *option,
			   const char *value, const struct option_source *source, struct err *err)
{
	static const char key[] = ",offset=";
	const char *comma = strstr(value, key);
	const char *file = config_keepf(config, err, "%.*s",
					comma ? (int)(comma - value) : (int)strlen(value), value);

	(void)option;
	if (!file)
		return err->code;
	config->memory_offset = 0;
	if (comma && str_to_size(comma + strlen(key), &config->memory_offset)) {
		err_usage(err, "the offset is not a size");
		err_fix(err, "give FILE,offset=N with N as 0x80000000 or 2G");
		return err->code;
	}
	return keep_path(config, file, source, &config->memory_file, err);
}

int option_set_text(struct vm_config *config, const struct vm_option *option, const char *value,
		    const struct option_source *source, struct err *err)
{
	const char *text = config_keepf(config, err, "%s", value);

	(void)source;
	if (!text)
		return err->code;
	*(const char **)field_of(config, option) = text;
	return 0;
}

int option_set_path(struct vm_config *config, const struct vm_option *option, const char *value,
		    const struct option_source *source, struct err *err)
{
	return keep_path(config, value, source, field_of(config, option), err);
}

int option_set_stats(struct vm_config *config, const struct vm_option *option, const char *value,
		     const struct option_source *source, struct err *err)
{
	const struct option_source anywhere = { source->where, NULL };

	return option_set_path(config, option, value, strcmp(value, "-") ? source : &anywhere, err);
}

int option_set_append(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	const char *text;

	(void)option;
	if (source->where && config->append)
		text = config_keepf(config, err, "%s %s", config->append, value);
	else
		text = config_keepf(config, err, "%s", value);
	if (!text)
		return err->code;
	config->append = text;
	return 0;
}

int option_set_console(struct vm_config *config, const struct vm_option *option, const char *value,
		       const struct option_source *source, struct err *err)
{
	const char *path;

	if (find_choice(option->choices, value) >= 0 || names_fd(value)) {
		config->console = config_keepf(config, err, "%s", value);
		return config->console ? 0 : err->code;
	}
	if (strncmp(value, "file:", 5) != 0 || !value[5]) {
		err_usage(err, "unknown value");
		list_choices(option->choices, "file:FILE or fd:WHICH", err);
		return err->code;
	}
	if (keep_path(config, value + 5, source, &path, err))
		return err->code;
	config->console = config_keepf(config, err, "file:%s", path);
	return config->console ? 0 : err->code;
}

/* Only kept: it is read when the number of vCPUs is known. */
int option_set_affinity(struct vm_config *config, const struct vm_option *option, const char *value,
			const struct option_source *source, struct err *err)
{
	(void)option;
	if (source->where)
		config->affinity_where =
			config_keepf(config, err, "%s: cpu-affinity = %s", source->where, value);
	else
		config->affinity_where = config_keepf(config, err, "--cpu-affinity %s", value);
	config->affinity_text = config_keepf(config, err, "%s", value);
	return config->affinity_where && config->affinity_text ? 0 : err->code;
}

int option_set_trace(struct vm_config *config, const struct vm_option *option, const char *value,
		     const struct option_source *source, struct err *err)
{
	unsigned int traces = 0;

	(void)source;
	for (const char *p = value; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char name[16];
		int choice;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, ","), p);
		choice = find_choice(option->choices, name);
		if (choice < 0) {
			err_usage(err, "unknown trace '%s'", name);
			list_choices(option->choices, "several with commas between", err);
			return err->code;
		}
		traces |= 1u << choice;
	}
	config->traces = traces;
	return 0;
}

int option_set_device(struct vm_config *config, const struct vm_option *option, const char *value,
		      const struct option_source *source, struct err *err)
{
	(void)option;
	(void)source;
	return config_add_device(config, value, "--device", err);
}
