// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* REGION:OFFSET[:write]: the region into choice, the offset into number, write into on. */
static OPTION_SETTER(set_eoi)
{
	struct device_setting *setting = target;
	char text[64], *next = text;
	bool whole = str_copy(text, sizeof(text), value->text);
	const char *region = strsep(&next, ":"), *offset = strsep(&next, ":");
	uint64_t number;

	if (!whole || !offset || str_to_u64(region, &number) || number >= OPTION_MAX_INDEX ||
	    str_to_u64(offset, &setting->number) || (next && strcmp(next, "write"))) {
		err_usage(err, "unknown value");
		return err_fix(err, "give REGION:OFFSET or REGION:OFFSET:write, as 0:0x64");
	}
	setting->choice = (unsigned int)number;
	setting->on = next;
	return 0;
}

/* guest, host, host:FILE, host:FILE@OFFSET: host into on, the file into text, the offset into
 * number. */
static OPTION_SETTER(set_carveout)
{
	struct device_setting *setting = target;
	const char *file = value->text + strlen("host:"), *at;

	if (!BUILT(CARVEOUT))
		return err_not_built(err, "CARVEOUT");
	setting->on = !strncmp(value->text, "host", 4);
	if (!strcmp(value->text, "guest") || !strcmp(value->text, "host"))
		return 0;
	if (strncmp(value->text, "host:", strlen("host:")) || !file[0]) {
		err_usage(err, "what stands in for this memory is guest RAM, or the host's own");
		return err_fix(err, "give guest, host or host:FILE@OFFSET");
	}
	at = strrchr(file, '@');
	if (at && str_to_size(at + 1, &setting->number)) {
		err_usage(err, "the offset '%s' is no size", at + 1);
		return err_fix(err, "give host:FILE@OFFSET with an offset such as 0x10000 or 2M");
	}
	setting->text = file;
	if (at && value->arena)
		setting->text = arena_printf(value->arena, "%.*s", (int)(at - file), file);
	return 0;
}

/* Six bytes in hex, of one interface: the lowest bit of the first tells groups. */
static OPTION_SETTER(set_mac)
{
	struct device_setting *setting = target;
	const char *text = value->text;

	setting->number = 0;
	for (unsigned int i = 0; i < 6; i++, text += 3)
		if (!isxdigit(text[0]) || !isxdigit(text[1]) || text[2] != (i < 5 ? ':' : '\0'))
			break;
		else
			setting->number = setting->number << 8 | strtoul(text, NULL, 16);
	if (text != value->text + 18 || !setting->number || setting->number >> 40 & 1) {
		err_usage(err, "this is no address of an interface");
		return err_fix(err, "give six bytes, the first even: 02:00:00:00:00:01");
	}
	return 0;
}

/* Words with commas or spaces between: a bit each into number. */
static OPTION_SETTER(set_allowed)
{
	static const char words[][8] = { "rate", "gate", "reset", "power", "voltage", "none" };
	struct device_setting *setting = target;
	const char *at = value->text;

	if (!BUILT(SCMI))
		return err_not_built(err, "SCMI");
	setting->number = 0;
	do {
		size_t length = strcspn(at, ", "), i = 0;

		while (i < n_elems(words) &&
		       (strlen(words[i]) != length || strncmp(words[i], at, length)))
			i++;
		if (i == n_elems(words)) {
			err_usage(err, "unknown word '%.*s'", (int)length, at);
			return err_fix(err, "give rate, gate, reset, power and voltage, or none");
		}
		setting->number |= (1 << i) & 0x1f;
		at += length;
		at += strspn(at, ", ");
	} while (*at);
	return 0;
}

/* scmi: GRAFT_SUPPLY_BY_SCMI */
__attribute__((unused)) static OPTION_SETTER(set_supply)
{
	struct device_setting *setting = target;

	if (strcmp(value->text, "scmi"))
		return option_set_u64(target, option, value, err);
	setting->number = GRAFT_SUPPLY_BY_SCMI;
	return 0;
}

const struct option vfio_platform_keys[] = {
	DEVICE_KEY(
		"host", "DEVICE", option_set_text, text,
		"the host's device, as /sys/bus/platform/devices or /sys/bus/amba/devices names it"),
	DEVICE_KEY("gpa[.N]", "ADDR", option_set_u64, number,
		   "guest address of the (n-th) region; default: where there is room",
		   .max = PLATFORM_BUS_ANY - 1),
	DEVICE_KEY("spi[.N]", "N", option_set_u64, number,
		   "SPI of the (n-th) interrupt, from 0; default: the first that is free",
		   .max = SPI_MAX_COUNT - 1),
	DEVICE_KEY("mmap[.N]", "on|off", option_set_bool, on,
		   "off: trap each access to the (n-th) region; on: not, or fail"),
	DEVICE_KEY(
		"irq-mode[.N]", "auto|forward|irqfd|eventfd", option_set_choice, choice,
		"how the (n-th) interrupt comes: auto, the best that the host has; eventfd is slow"),
	DEVICE_KEY(
		"eoi[.N]", "REGION:OFFSET[:write]", set_eoi, number,
		"for eventfd, or a KVM that does not resample: the register by which the guest acknowledges the "
		"(n-th) interrupt; write: by writing it; default: any register"),
	DEVICE_KEY(
		"mmap-timeout", "MS", option_set_number, choice,
		"for eventfd: registers are mapped again after so long without an interrupt; default: 100",
		.min = 1, .max = 60000),
	DEVICE_KEY(
		"reset", "require|best-effort|none", option_set_choice, choice,
		"where the host's kernel has no reset handler for it: do not run, or run with a warning; none: do "
		"not call one that there is; default: best-effort"),
	DEVICE_KEY("compatible", "TEXT", option_set_text, text,
		   "what the guest's device tree node says; default: what the host's says"),
	DEVICE_KEY("clock.NAME", "HZ", option_set_u64, number,
		   "rate of the clock of this name (or number), where the host does not tell",
		   .min = 1, .max = UINT32_MAX),
	DEVICE_KEY(
		"supply.NAME", "MICROVOLT|scmi", BUILT_IF(SCMI, set_supply, option_set_u64), number,
		"voltage of the supply of this name, where the host does not tell; scmi: the guest "
		"switches and sets it itself, where vfio-dais has the device",
		.min = 1, .max = UINT32_MAX),
	DEVICE_KEY(
		"clocks", "scmi|fixed", option_set_choice, choice,
		"scmi: the guest switches and sets the device's clocks, reset lines and power domains itself, "
		"where vfio-dais has the device, else it only reads clocks and the power domain; fixed: "
		"it cannot; default: scmi with vfio-dais, else fixed"),
	DEVICE_KEY(
		"allow.NAME", "rate,gate,reset,power,voltage|none", set_allowed, number,
		"what of that the guest may do with the clock, reset line, power domain or supply of this name (or number); "
		"default: all that the host can"),
	DEVICE_KEY("mac", "ADDRESS", set_mac, number,
		   "MAC address of the guest's interface; default: that of the host's"),
	DEVICE_KEY(
		"carveout.NAME", "guest|host[:FILE[@OFFSET]]", set_carveout, number,
		"what stands in for the memory-region of this name, which the host reserves: guest RAM, or "
		"the host's own memory"),
	DEVICE_KEY(
		"syscon.NAME", "shadow", option_set_choice, choice,
		"memory stands in for the registers of the host's that the property of this name points at; "
		"what the guest writes there stays in the guest"),
	DEVICE_KEY(
		"drop", "PROPERTIES", option_set_text, text,
		"these (with spaces between) the guest's driver can do without, although dais would ask",
		.joins = true),
	DEVICE_KEY("keep", "PROPERTIES", option_set_text, text,
		   "these are plain numbers, although they look like references", .joins = true),
	DEVICE_KEY("force", "on|off", option_set_bool, on,
		   "on: pass it although other devices of the host depend on it"),
	DEVICE_KEY(
		"overlay", "FILE", option_set_path, text,
		"device tree overlay (.dtbo) to put over the guest's node, or a partial tree for Xen"),
	DEVICE_KEY(
		"dt-symbol", "LABEL", option_set_text, text,
		"the overlay's label for the device's node; default: the one that it leaves open"),
	{ .key = NULL },
};

bool vfio_is_assigned(const struct device_config *config)
{
	return config->class->keys == vfio_platform_keys;
}

/* The name behind KEY. of this setting, NULL: it is another key's. */
static const char *named(const struct device_setting *setting, const char *key)
{
	size_t length = strlen(key);

	return strncmp(setting->key, key, length) || setting->key[length] != '.'
		       ? NULL
		       : setting->key + length + 1;
}

bool vfio_wants_own_memory(const struct device_config *config)
{
	for (unsigned int i = 0; BUILT(CARVEOUT) && i < config->n_settings; i++)
		if (named(&config->settings[i], "carveout") && config->settings[i].on)
			return true;
	return false;
}

/* The words of "WORD WORD…", in a copy. */
static void read_words(const char *value, struct vfio_answers *answers, const char **list,
		       unsigned int *n)
{
	char *rest = arena_printf(&answers->arena, "%s", value), *word;

	while (rest && (word = strsep(&rest, " ")) && *n < DEVICE_MAX_SETTINGS)
		if (*word)
			list[(*n)++] = word;
}

int vfio_answers_read(const struct device_config *config, struct vfio_answers *answers,
		      struct err *err)
{
	struct graft_answers *graft = &answers->graft;

	memset(answers, 0, sizeof(*answers));
	if (strcmp(config->class->name, "vfio-platform"))
		graft->class = config->class->name;
	graft->compatible = device_config_str(config, "compatible");
	graft->force = device_config_get(config, "force", -1, on, false);
	graft->mac = device_config_get(config, "mac", -1, number, 0);
	answers->fixed_clocks = BUILT(SCMI) && device_config_get(config, "clocks", -1, choice, 0);
	answers->scmi_clocks = BUILT(SCMI) && !device_config_get(config, "clocks", -1, choice, 1);
	graft->clocks = answers->clocks;
	graft->supplies = answers->supplies;
	graft->drop = answers->drop;
	graft->keep = answers->keep;
	for (unsigned int i = 0; i < config->n_settings; i++) {
		const struct device_setting *s = &config->settings[i];
		const char *name;

		if ((name = named(s, "clock")))
			answers->clocks[graft->n_clocks++] =
				(struct graft_answer){ name, s->number };
		else if ((name = named(s, "supply"))) {
			answers->supplies[graft->n_supplies++] =
				(struct graft_answer){ name, s->number };
			answers->n_scmi_supplies +=
				BUILT(SCMI) && s->number == GRAFT_SUPPLY_BY_SCMI;
		} else if ((name = named(s, "carveout")))
			answers->carveouts[answers->n_carveouts++] =
				(struct vfio_carveout_answer){ name, s->on, s->text, s->number };
		else if (BUILT(SCMI) && (name = named(s, "allow")))
			answers->allowed[answers->n_allowed++] =
				(struct graft_answer){ name, s->number };
		else if ((name = named(s, "syscon")))
			answers->syscons[answers->n_syscons++] = name;
		else if (!strcmp(s->key, "drop"))
			read_words(s->value, answers, answers->drop, &graft->n_drop);
		else if (!strcmp(s->key, "keep"))
			read_words(s->value, answers, answers->keep, &graft->n_keep);
	}
	return answers->arena.failed ? err_set(err, ENOMEM, "%s", config->name) : 0;
}

void vfio_answers_destroy(struct vfio_answers *answers)
{
	answers->n_carveouts = answers->n_syscons = 0;
	arena_free(&answers->arena);
}
