/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_REGISTRY_H
#define VMM_CLI_REGISTRY_H

struct device_class;

/* Every kind of device that this dais was built with; ends with NULL. */
extern const struct device_class *const device_classes[];

/* The class of this name, or NULL. */
const struct device_class *device_class_find(const char *name);
/* The class that may have been meant by a name that there is not, or NULL. */
const char *device_class_nearest(const char *wrong);

#endif
