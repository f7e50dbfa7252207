// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes/overlay.h"

#include <stdlib.h>

#include "fdt/guest/overlay.h"
#include "vfio/settings.h"
#include "vmm/base/file.h"

#define MAX_SIZE (16 << 20)

int vfio_overlay_read(const struct device_config *config, struct vfio_overlay *overlay,
		      struct err *err)
{
	struct overlay file;
	const struct device_setting *setting = device_config_find(config, "overlay", -1);
	int ret;

	overlay->label = device_config_str(config, "dt-symbol");
	if (!setting)
		return 0;
	overlay->path = setting->text;
	ret = file_read_given("overlay", overlay->path, MAX_SIZE, &overlay->data, &overlay->size,
			      err);
	if (!ret && !overlay->size) {
		ret = err_usage(err, "the overlay %s is empty", overlay->path);
		err_why(err, "a compiled overlay has 40 bytes at least");
		err_fix(err, "compile it with \"dtc -@ -O dtb\"");
	}
	if (ret)
		return err_prefix(err, "device %s", config->name);
	file = (struct overlay){ overlay->path, overlay->data, overlay->size };
	if (!overlay->label)
		overlay->label = overlay_label(&file);
	if (!overlay->label) {
		err_usage(err,
			  "device %s: overlay %s does not tell which of its labels is the device's",
			  config->name, overlay->path);
		err_fix(err, "add dt-symbol=LABEL");
		return err->code;
	}
	ret = overlay_check(&file, overlay->label, err);
	overlay->brings = !ret && overlay_brings(&file, overlay->label);
	return ret;
}

void vfio_overlay_destroy(struct vfio_overlay *overlay)
{
	free(overlay->data);
	*overlay = (struct vfio_overlay){ 0 };
}
