// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "vmm/base/str.h"

const struct device_key vfio_platform_keys[] = {
	{ "host", "DEVICE",
	  "the host's device, as /sys/bus/platform/devices or /sys/bus/amba/devices names it",
	  DEVICE_KEY_ALONE },
	{ "gpa", "ADDR", "guest address of the (n-th) region; default: where there is room",
	  DEVICE_KEY_INDEXED },
	{ "spi", "N", "SPI of the (n-th) interrupt, from 0; default: the first that is free",
	  DEVICE_KEY_INDEXED },
	{ "mmap", "on|off", "off: trap each access to the (n-th) region; on: not, or fail",
	  DEVICE_KEY_INDEXED },
	{ "irq-mode", "auto|forward|irqfd|eventfd",
	  "how the (n-th) interrupt comes: auto, the best that the host has; eventfd is slow",
	  DEVICE_KEY_INDEXED },
	{ "eoi", "REGION:OFFSET[:write]",
	  "for eventfd: the register by which the guest acknowledges the (n-th) interrupt; write: by "
	  "writing it; default: any register",
	  DEVICE_KEY_INDEXED },
	{ "mmap-timeout", "MS",
	  "for eventfd: registers are mapped again after so long without an interrupt; default: 100",
	  DEVICE_KEY_ALONE },
	{ "reset", "require|best-effort|none",
	  "where the host's kernel has no reset handler for it: do not run, or run with a warning; none: do "
	  "not call one that there is; default: best-effort",
	  DEVICE_KEY_ALONE },
	{ "compatible", "TEXT",
	  "what the guest's device tree node says; default: what the host's says",
	  DEVICE_KEY_ALONE },
	{ "clock", "HZ", "rate of the clock of this name (or number), where the host does not tell",
	  DEVICE_KEY_NAMED },
	{ "supply", "MICROVOLT", "voltage of the supply of this name, where the host does not tell",
	  DEVICE_KEY_NAMED },
	{ "carveout", "guest|host[:FILE[@OFFSET]]",
	  "what stands in for the memory-region of this name, which the host reserves: guest RAM, or "
	  "the host's own memory",
	  DEVICE_KEY_NAMED },
	{ "drop", "PROPERTIES",
	  "these (with spaces between) the guest's driver can do without, although dais would ask",
	  DEVICE_KEY_ALONE },
	{ "keep", "PROPERTIES", "these are plain numbers, although they look like references",
	  DEVICE_KEY_ALONE },
	{ "force", "on|off", "on: pass it although other devices of the host depend on it",
	  DEVICE_KEY_ALONE },
	{ "overlay", "FILE", "device tree overlay (.dtbo) to put over the guest's node",
	  DEVICE_KEY_ALONE },
	{ "dt-symbol", "LABEL",
	  "the overlay's label for the device's node; default: the one that it leaves open",
	  DEVICE_KEY_ALONE },
	{ NULL, NULL, NULL, DEVICE_KEY_ALONE },
};

bool vfio_is_assigned(const struct device_config *config)
{
	return config->class->keys == vfio_platform_keys;
}

int vfio_setting_pin(const struct device_config *config, const char *key, unsigned int index,
		     uint64_t *pin, struct err *err)
{
	char indexed[32];

	*pin = PLATFORM_BUS_ANY;
	if (index == 0)
		return device_config_u64(config, key, 0, pin, err);
	snprintf(indexed, sizeof(indexed), "%s.%u", key, index);
	return device_config_u64(config, indexed, -1, pin, err);
}

/* All "KEY.NAME = NUMBER". */
static int read_named(const struct device_config *config, const char *key,
		      struct graft_answer *answers, unsigned int *n_answers, struct err *err)
{
	size_t length = strlen(key);

	for (unsigned int i = 0; i < config->n_settings; i++) {
		const struct device_setting *setting = &config->settings[i];
		struct graft_answer *answer = &answers[*n_answers];

		if (strncmp(setting->key, key, length) || setting->key[length] != '.')
			continue;
		answer->name = setting->key + length + 1;
		if (device_config_u64(config, setting->key, -1, &answer->value, err))
			return err->code;
		(*n_answers)++;
	}
	return 0;
}

#define CARVEOUT "carveout."

static bool is_own(const struct device_setting *setting)
{
	return strncmp(setting->key, CARVEOUT, strlen(CARVEOUT)) == 0 &&
	       strncmp(setting->value, "host", 4) == 0;
}

bool vfio_wants_own_memory(const struct device_config *config)
{
	for (unsigned int i = 0; i < config->n_settings; i++)
		if (is_own(&config->settings[i]))
			return true;
	return false;
}

/* "guest", "host", "host:FILE", "host:FILE@OFFSET"; the file's name is put into *words. */
static int read_carveout(const struct device_setting *setting, struct vfio_carveout_answer *answer,
			 char **words, struct err *err)
{
	const char *file = setting->value + strlen("host:"), *at;

	*answer = (struct vfio_carveout_answer){
		.name = setting->key + strlen(CARVEOUT),
		.own = is_own(setting),
	};
	if (strcmp(setting->value, "guest") == 0 || strcmp(setting->value, "host") == 0)
		return 0;
	if (strncmp(setting->value, "host:", strlen("host:")) || !file[0]) {
		err_usage(err, "%s: %s=%s", setting->where, setting->key, setting->value);
		err_why(err, "what stands in for this memory is guest RAM, or the host's own");
		err_fix(err, "give guest, host or host:FILE@OFFSET");
		return err->code;
	}
	at = strrchr(file, '@');
	if (at && str_to_size(at + 1, &answer->offset)) {
		err_usage(err, "%s: %s=%s", setting->where, setting->key, setting->value);
		err_why(err, "the offset '%s' is no size", at + 1);
		err_fix(err, "give host:FILE@OFFSET with an offset such as 0x10000 or 2M");
		return err->code;
	}
	*words = at ? str_printf("%.*s", (int)(at - file), file) : str_dup(file);
	answer->file = *words;
	return *words ? 0 : err_set(err, ENOMEM, "%s", setting->key);
}

/* All "carveout.NAME = …". */
static int read_carveouts(const struct device_config *config, struct vfio_answers *answers,
			  struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < config->n_settings && !ret; i++) {
		unsigned int n = answers->n_carveouts;

		if (strncmp(config->settings[i].key, CARVEOUT, strlen(CARVEOUT)))
			continue;
		ret = read_carveout(&config->settings[i], &answers->carveouts[n],
				    &answers->files[n], err);
		answers->n_carveouts++;
	}
	return ret;
}

/* The words of "KEY = WORD WORD…", in a copy that *words owns. */
static int read_words(const struct device_config *config, const char *key, char **words,
		      const char **list, unsigned int *n, struct err *err)
{
	const char *value = device_config_str(config, key);
	char *rest, *word;

	if (!value)
		return 0;
	*words = rest = str_dup(value);
	if (!rest)
		return err_set(err, ENOMEM, "%s", config->name);
	while ((word = strsep(&rest, " ")) && *n < DEVICE_MAX_SETTINGS)
		if (*word)
			list[(*n)++] = word;
	return 0;
}

int vfio_answers_read(const struct device_config *config, struct vfio_answers *answers,
		      struct err *err)
{
	struct graft_answers *graft = &answers->graft;
	int ret;

	memset(answers, 0, sizeof(*answers));
	if (strcmp(config->class->name, "vfio-platform"))
		graft->class = config->class->name;
	graft->compatible = device_config_str(config, "compatible");
	graft->clocks = answers->clocks;
	graft->supplies = answers->supplies;
	graft->drop = answers->drop;
	graft->keep = answers->keep;
	ret = device_config_bool(config, "force", -1, &graft->force, err);
	if (!ret)
		ret = read_named(config, "clock", answers->clocks, &graft->n_clocks, err);
	if (!ret)
		ret = read_named(config, "supply", answers->supplies, &graft->n_supplies, err);
	if (!ret)
		ret = read_carveouts(config, answers, err);
	if (!ret)
		ret = read_words(config, "drop", &answers->words[0], answers->drop, &graft->n_drop,
				 err);
	if (!ret)
		ret = read_words(config, "keep", &answers->words[1], answers->keep, &graft->n_keep,
				 err);
	return ret;
}

void vfio_answers_destroy(struct vfio_answers *answers)
{
	for (unsigned int i = 0; i < answers->n_carveouts; i++)
		free(answers->files[i]);
	answers->n_carveouts = 0;
	free(answers->words[0]);
	free(answers->words[1]);
	answers->words[0] = answers->words[1] = NULL;
}

int vfio_overlay_path(const struct device_config *config, char **path, struct err *err)
{
	const struct device_setting *setting = device_config_find(config, "overlay", -1);
	const char *slash;

	*path = NULL;
	if (!setting)
		return 0;
	/* "DIR/disk.conf:12", or no file's */
	slash = strrchr(setting->where, '/');
	if (slash && setting->value[0] != '/')
		*path = str_printf("%.*s/%s", (int)(slash - setting->where), setting->where,
				   setting->value);
	else
		*path = str_dup(setting->value);
	return *path ? 0 : err_set(err, ENOMEM, "%s", config->name);
}
