// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes/overlay.h"

#include <errno.h>
#include <stdlib.h>

#include "vfio/settings.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"

#define MAX_SIZE (16 << 20)

static struct overlay to_overlay(const struct vfio_overlay *overlay)
{
	return (struct overlay){ overlay->path, overlay->data, overlay->size };
}

int vfio_overlay_read(const struct device_config *config, struct vfio_overlay *overlay,
		      struct err *err)
{
	struct overlay file;
	int ret = vfio_overlay_path(config, &overlay->path, err);

	overlay->label = device_config_str(config, "dt-symbol");
	if (ret || !overlay->path)
		return ret;
	ret = file_read_given("overlay", overlay->path, MAX_SIZE, &overlay->data, &overlay->size,
			      err);
	if (!ret && !overlay->size) {
		ret = err_usage(err, "the overlay %s is empty", overlay->path);
		err_why(err, "a compiled overlay has 40 bytes at least");
		err_fix(err, "compile it with \"dtc -@ -O dtb\"");
	}
	if (ret)
		return err_prefix(err, "device %s", config->name);
	file = to_overlay(overlay);
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
	free(overlay->path);
	free(overlay->data);
	*overlay = (struct vfio_overlay){ 0 };
}

static size_t list_devices(const struct vfio_overlay_user *users, size_t n_users,
			   struct overlay_device *devices)
{
	size_t n = 0;

	for (size_t i = 0; i < n_users; i++) {
		const struct vfio_overlay *overlay = users[i].overlay;

		if (overlay->label)
			devices[n++] = (struct overlay_device){
				.label = overlay->label,
				.path = overlay->brings ? NULL : users[i].path,
				.facts = users[i].facts,
			};
	}
	return n;
}

int vfio_overlays_apply(const struct vfio_overlay_user *users, size_t n_users, void **blob,
			size_t *size, struct err *err)
{
	owned_ptr struct overlay_device *devices = calloc(n_users + 1, sizeof(*devices));
	size_t n;
	int ret = 0;

	if (!devices)
		return err_set(err, ENOMEM, "apply overlays");
	n = list_devices(users, n_users, devices);
	for (size_t i = 0; i < n_users && !ret; i++) {
		const struct overlay file = to_overlay(users[i].overlay);

		if (file.path)
			ret = overlay_apply(blob, size, &file, devices, n, err);
	}
	return ret;
}
