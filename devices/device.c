// SPDX-License-Identifier: GPL-2.0-only
#include "devices/device.h"

#include <stdio.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "fdt/builder.h"
#include "vmm/base/arena.h"

#define APB_PCLK_HZ 24000000 /* UARTCLK too: what guests expect of a PL011 */

const struct option emulated_keys[] = {
	DEVICE_KEY("spi", "N", option_set_u64, number,
		   "shared peripheral interrupt, 0 upward; default: a free one",
		   .max = SPI_MAX_COUNT - 1),
	{ .key = NULL },
};

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

uint64_t device_config_spis_end(const struct device_config *config)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < config->n_settings; i++)
		if (strncmp(config->settings[i].key, "spi", 3) == 0 &&
		    config->settings[i].number >= end)
			end = config->settings[i].number + 1;
	return end;
}

static int unknown_key(const struct device_class *class, const struct device_setting *setting,
		       struct err *err)
{
	err_usage(err, "%s: unknown key '%s'", setting->where, setting->key);
	err_why(err, "a %s has none of this name", class->name);
	option_suggest(class->keys, setting->key, false, "", "\"dais run --device help\"", err);
	return err->code;
}

/* Paths are relative to the file in "DIR/disk.conf:12". */
static int judge_value(struct device_setting *setting, const struct option *key,
		       struct arena *arena, struct err *err)
{
	const char *slash = arena ? strrchr(setting->where, '/') : NULL;
	const struct option_value value = {
		.text = setting->value,
		.where = setting->where,
		.dir = slash ? arena_printf(arena, "%.*s", (int)(slash - setting->where),
					    setting->where)
			     : NULL,
		.arena = arena,
	};
	int ret = option_set(setting, key, "", &value, err);

	return ret ? err_wrap(err, "%s: %s=%s", setting->where, setting->key, setting->value) : 0;
}

int device_config_judge(struct device_config *config, struct arena *arena, struct err *err)
{
	for (unsigned int i = 0; i < config->n_settings; i++) {
		struct device_setting *setting = &config->settings[i];
		const struct option *key = option_find(config->class->keys, setting->key, false);

		if (!key)
			return unknown_key(config->class, setting, err);
		if (!key->joins && find_exact(config, setting->key) != setting) {
			err_usage(err, "%s: duplicate key '%s'", setting->where, setting->key);
			err_why(err, "the device has it already");
			return err_fix(err, "keep one of the two");
		}
		if (judge_value(setting, key, arena, err))
			return err->code;
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
