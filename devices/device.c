// SPDX-License-Identifier: GPL-2.0-only
#include "devices/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fdt/builder.h"
#include "vmm/base/str.h"

#define APB_PCLK_HZ 24000000 /* UARTCLK too: what guests expect of a PL011 */

static const struct device_setting *find_exact(const struct device_config *config, const char *key)
{
	for (unsigned int i = 0; i < config->n_settings; i++)
		if (!strcmp(config->settings[i].key, key))
			return &config->settings[i];
	return NULL;
}

const struct device_setting *device_config_find(const struct device_config *config, const char *key,
						int index)
{
	const struct device_setting *setting = NULL;
	char indexed[64];

	if (index >= 0) {
		snprintf(indexed, sizeof(indexed), "%s.%d", key, index);
		setting = find_exact(config, indexed);
	}
	return setting ? setting : find_exact(config, key);
}

const char *device_config_str(const struct device_config *config, const char *key)
{
	const struct device_setting *setting = device_config_find(config, key, -1);

	return setting ? setting->value : NULL;
}

static bool is_pinned(const struct device_config *config)
{
	for (unsigned int i = 0; i < config->n_settings; i++) {
		const char *key = config->settings[i].key;

		if (strncmp(key, "gpa", 3) == 0 || strncmp(key, "spi", 3) == 0)
			return true;
	}
	return false;
}

int device_configs_place(const struct device_config *configs, unsigned int n,
			 int (*place)(void *opaque, unsigned int i, struct err *err), void *opaque,
			 struct err *err)
{
	int ret = 0;

	for (int pinned = 1; pinned >= 0; pinned--)
		for (unsigned int i = 0; i < n && !ret; i++)
			if (is_pinned(&configs[i]) == pinned)
				ret = place(opaque, i, err);
	return ret;
}

static int bad_value(const struct device_setting *setting, const char *wanted, struct err *err)
{
	err_usage(err, "%s: %s=%s", setting->where, setting->key, setting->value);
	err_why(err, "'%s' is not %s", setting->value, wanted);
	err_fix(err, "give %s", wanted);
	return err->code;
}

int device_config_u64(const struct device_config *config, const char *key, int index,
		      uint64_t *value, struct err *err)
{
	const struct device_setting *setting = device_config_find(config, key, index);

	if (setting && (str_to_u64(setting->value, value) || *value == UINT64_MAX))
		return bad_value(setting, "a number (decimal or 0x…)", err);
	return 0;
}

int device_config_bool(const struct device_config *config, const char *key, int index, bool *value,
		       struct err *err)
{
	const struct device_setting *setting = device_config_find(config, key, index);

	if (setting && str_to_bool(setting->value, value))
		return bad_value(setting, "on or off", err);
	return 0;
}

int device_config_choice(const struct device_config *config, const char *key, int index,
			 const char *const *names, unsigned int *choice, struct err *err)
{
	const struct device_setting *setting = device_config_find(config, key, index);
	char list[128] = "one of";
	size_t used = strlen(list);

	if (!setting)
		return 0;
	for (unsigned int i = 0; names[i]; i++) {
		if (strcmp(names[i], setting->value) == 0) {
			*choice = i;
			return 0;
		}
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s %s",
						 i ? "," : "", names[i]);
	}
	return bad_value(setting, list, err);
}

const char *device_key_suffix_text(enum device_key_suffix suffix)
{
	static const char *const texts[] = {
		[DEVICE_KEY_ALONE] = "",
		[DEVICE_KEY_INDEXED] = "[.N]",
		[DEVICE_KEY_NAMED] = ".NAME",
	};

	return texts[suffix];
}

static bool key_matches(const struct device_key *known, const char *key)
{
	size_t size = strlen(known->key);
	uint64_t index;

	if (strncmp(key, known->key, size))
		return false;
	if (known->suffix == DEVICE_KEY_NAMED)
		return key[size] == '.' && key[size + 1];
	return !key[size] || (known->suffix == DEVICE_KEY_INDEXED && key[size] == '.' &&
			      !str_to_u64(key + size + 1, &index));
}

static int unknown_key(const struct device_class *class, const struct device_setting *setting,
		       struct err *err)
{
	const char *names[DEVICE_MAX_SETTINGS + 1] = { NULL };
	const char *nearest;
	unsigned int n = 0;

	for (const struct device_key *key = class->keys; key && key->key && n < DEVICE_MAX_SETTINGS;
	     key++)
		names[n++] = key->key;
	nearest = str_nearest(setting->key, names);
	err_usage(err, "%s: unknown key '%s'", setting->where, setting->key);
	err_why(err, "a %s has none of this name", class->name);
	if (nearest)
		err_fix(err, "did you mean %s?", nearest);
	else
		err_fix(err, "\"dais run --device help\" lists the keys of each device");
	return err->code;
}

int device_config_check(const struct device_config *config, struct err *err)
{
	for (unsigned int i = 0; i < config->n_settings; i++) {
		const struct device_setting *setting = &config->settings[i];
		const struct device_key *key = config->class->keys;

		while (key && key->key && !key_matches(key, setting->key))
			key++;
		if (!key || !key->key)
			return unknown_key(config->class, setting, err);
		if (find_exact(config, setting->key) != setting) {
			err_usage(err, "%s: duplicate key '%s'", setting->where, setting->key);
			err_why(err, "device %s has it already", config->name);
			err_fix(err, "keep one of the two");
			return err->code;
		}
	}
	return 0;
}

void dt_describe_apb_pclk(struct dt *dt)
{
	dt_begin_node(dt, "apb-pclk");
	dt_prop_str(dt, "compatible", "fixed-clock");
	dt_prop_u32(dt, "#clock-cells", 0);
	dt_prop_u32(dt, "clock-frequency", APB_PCLK_HZ);
	dt_prop_str(dt, "clock-output-names", "clk24mhz");
	dt_prop_u32(dt, "phandle", DT_PHANDLE_APB_PCLK);
	dt_end_node(dt);
}
