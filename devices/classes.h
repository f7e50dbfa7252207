/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_CLASSES_H
#define DEVICES_CLASSES_H

/* The emulated devices, for vmm/cli/registry.c. Each sits at its fixed address of
 * vmm/core/memmap.h. */
#include "devices/device.h"

extern const struct device_class pl011_class;
extern const struct device_class pl031_class;
extern const struct device_class pl061_class;
extern const struct device_class test_device_class;

#endif
