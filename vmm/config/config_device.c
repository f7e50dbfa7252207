// SPDX-License-Identifier: GPL-2.0-only
/* One device of a configuration, from the text behind --device or from a file's section. */
#include <errno.h>
#include <string.h>

#include "vmm/base/array.h"
#include "vmm/base/str.h"
#include "vmm/cli/registry.h"
#include "vmm/config/config.h"

struct device_config *config_new_device(struct vm_config *config, const char *name,
					const char *where, struct err *err)
{
	struct device_config *device = array_add(config->devices, config->n_devices);

	if (!device) {
		err_set(err, ENOMEM, "read the configuration");
		return NULL;
	}
	config->n_devices++;
	device->name = name;
	device->where = where;
	return device;
}

int device_config_set_type(struct device_config *device, const char *type, const char *where,
			   struct err *err)
{
	struct nearest nearest = nearest_to(type);

	device->class = device_class_find(type);
	if (device->class)
		return 0;
	for (size_t i = 0; device_classes[i]; i++)
		nearest_try(&nearest, device_classes[i]->name);
	err_usage(err, "%s: there is no device type '%s'", where, type);
	err_why(err, "this dais was built without it, or the name is wrong");
	return err_suggest(err, &nearest, "", "--device help lists all types");
}

int device_config_add(struct device_config *device, const char *key, const char *value,
		      const char *where, struct err *err)
{
	if (device->n_settings == DEVICE_MAX_SETTINGS) {
		err_usage(err, "%s: too many keys of a device", where);
		return err_fix(err, "give at most %d", DEVICE_MAX_SETTINGS);
	}
	device->settings[device->n_settings++] =
		(struct device_setting){ .key = key, .value = value, .where = where };
	return 0;
}

/*
 * Cut *@rest at the next comma that is not doubled, and make single commas of doubled ones. NULL
 * when nothing is left.
 */
static char *next_part(char **rest)
{
	char *part = *rest, *from = part, *to = part;

	if (!part)
		return NULL;
	for (; *from && !(from[0] == ',' && from[1] != ','); from++) {
		if (*from == ',')
			from++;
		*to++ = *from;
	}
	*rest = *from ? from + 1 : NULL;
	*to = '\0';
	return part;
}

int config_add_device(struct vm_config *config, const char *text, const char *where,
		      struct err *err)
{
	/* The parts are cut out of one kept copy. */
	char *rest = arena_printf(&config->arena, "%s", text), *type, *part;
	struct device_config *device;
	int ret;

	if (!rest)
		return err_set(err, ENOMEM, "read the configuration");
	type = next_part(&rest);
	device = config_new_device(config, NULL, where, err);
	if (!device)
		return err->code;
	ret = device_config_set_type(device, type, where, err);
	while (!ret && (part = next_part(&rest))) {
		char *equals = strchr(part, '=');

		if (!equals || equals == part || !equals[1]) {
			err_usage(err, "%s: '%s' is not key=value", where, part);
			return err_fix(
				err,
				"write TYPE,key=value,key=value; a comma in a value is doubled");
		}
		*equals = '\0';
		if (strcmp(part, "id") == 0)
			device->name = equals + 1;
		else
			ret = device_config_add(device, part, equals + 1, where, err);
	}
	return ret;
}

int config_add_host_device(struct vm_config *config, const char *host, const char *where,
			   struct err *err)
{
	struct device_config *device = config_new_device(config, NULL, where, err);

	if (!device || device_config_set_type(device, "vfio-platform", where, err))
		return err->code;
	return device_config_add(device, "host", host, where, err);
}
