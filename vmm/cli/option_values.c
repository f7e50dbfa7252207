// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/cli/option_values.h"

#include <errno.h>
#include <string.h>

#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"
#include "vmm/core/ram/ram.h"

int option_set_config(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	(void)option;
	return config_load(target, value->text, err);
}

int option_set_switch(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	enum arch_switch *field = (enum arch_switch *)((char *)target + option->field);
	bool on;

	if (str_to_bool(value->text, &on)) {
		err_usage(err, "unknown value");
		return option_fix_choices(option, err);
	}
	*field = on ? ARCH_ON : ARCH_OFF;
	return 0;
}

int option_set_bits(void *target, const struct option *option, const struct option_value *value,
		    struct err *err)
{
	unsigned int bits = 0;

	for (const char *at = value->text; at;) {
		size_t n = strcspn(at, ",");
		int choice = option_choice(option, at, n);

		if (choice < 0) {
			err_usage(err, "unknown %s '%.*s'", option->key, (int)n, at);
			return option_fix_choices(option, err);
		}
		bits |= 1u << choice;
		at = at[n] ? at + n + 1 : NULL;
	}
	*(unsigned int *)((char *)target + option->field) = bits;
	return 0;
}

int option_set_memory(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	struct vm_config *config = target;
	char least[32], most[32], step[32];
	uint64_t bytes;
	int ret = str_to_size(value->text, &bytes);

	(void)option;
	str_size(RAM_ALIGN, step);
	if (ret == -EINVAL)
		err_usage(err, "not a size");
	else if (ret || bytes > VM_MAX_MEMORY)
		ret = err_usage(err, "too much memory");
	else if (bytes < RAM_MIN_SIZE)
		ret = err_usage(err, "too little memory");
	else if (!is_aligned(bytes, RAM_ALIGN))
		ret = err_usage(err, "not a multiple of %s", step);
	if (ret) {
		err_fix(err,
			"give %s to %s in steps of %s, as 512M or 4G; a bare number is in bytes",
			str_size(RAM_MIN_SIZE, least), str_size(VM_MAX_MEMORY, most), step);
		return ret;
	}
	config->memory = bytes;
	return 0;
}

int option_set_memory_base(void *target, const struct option *option,
			   const struct option_value *value, struct err *err)
{
	struct vm_config *config = target;
	char step[32];
	int ret = str_to_size(value->text, &config->memory_base);

	(void)option;
	if (ret || !is_aligned(config->memory_base, RAM_ALIGN)) {
		ret = err_usage(err, ret ? "not an address" : "not a multiple of %s",
				str_size(RAM_ALIGN, step));
		err_fix(err, "give an address such as 0x80000000, or 2G");
	}
	return ret;
}

int option_set_memory_file(void *target, const struct option *option,
			   const struct option_value *value, struct err *err)
{
	static const char key[] = ",offset=";
	struct vm_config *config = target;
	const char *comma = strstr(value->text, key);
	size_t length = comma ? (size_t)(comma - value->text) : strlen(value->text);
	const char *file = arena_printf(&config->arena, "%.*s", (int)length, value->text);

	(void)option;
	config->memory_offset = 0;
	if (comma && str_to_size(comma + strlen(key), &config->memory_offset)) {
		err_usage(err, "the offset is not a size");
		err_fix(err, "give FILE,offset=N with N as 0x80000000 or 2G");
		return err->code;
	}
	config->memory_file = file ? option_path(value, file) : NULL;
	return 0;
}

int option_set_stats(void *target, const struct option *option, const struct option_value *value,
		     struct err *err)
{
	const struct option_value standard_output = { value->text, value->where, NULL,
						      value->arena };

	return option_set_path(target, option, strcmp(value->text, "-") ? value : &standard_output,
			       err);
}

int option_set_append(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	struct vm_config *config = target;
	const char *before = value->where ? config->append : NULL;

	(void)option;
	(void)err;
	config->append = arena_printf(&config->arena, "%s%s%s", before ?: "", before ? " " : "",
				      value->text);
	return 0;
}

int option_set_console(void *target, const struct option *option, const struct option_value *value,
		       struct err *err)
{
	static const char file[] = "file:", fd[] = PASSED_FD_PREFIX;
	struct vm_config *config = target;

	if (strncmp(value->text, file, strlen(file)) == 0 && value->text[strlen(file)]) {
		const char *path = option_path(value, value->text + strlen(file));

		config->console = path ? arena_printf(&config->arena, "%s%s", file, path) : NULL;
		return 0;
	}
	if (strncmp(value->text, fd, strlen(fd)) == 0 ||
	    option_choice(option, value->text, strlen(value->text)) >= 0)
		return option_set_text(target, option, value, err);
	err_usage(err, "unknown value");
	return option_fix_choices(option, err);
}

/* Only kept: it is read when the number of vCPUs is known. */
int option_set_affinity(void *target, const struct option *option, const struct option_value *value,
			struct err *err)
{
	struct vm_config *config = target;

	config->affinity_where =
		value->where ? arena_printf(&config->arena, "%s: %s = %s", value->where,
					    option->key, value->text)
			     : arena_printf(&config->arena, "--%s %s", option->key, value->text);
	return option_set_text(target, option, value, err);
}

int option_set_device(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	(void)option;
	return config_add_device(target, value->text, "--device", err);
}
