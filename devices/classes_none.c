// SPDX-License-Identifier: GPL-2.0-only
/* The emulated devices in a dais that cannot run guests: what "dais plan" reads in their
 * configurations. */
#include <stddef.h>

#include "devices/classes.h"

static const struct device_key keys[] = {
	{ "spi", "N", "shared peripheral interrupt, 0 upward; default: a free one",
	  DEVICE_KEY_ALONE },
	{ NULL, NULL, NULL, DEVICE_KEY_ALONE },
};

const struct device_class pl011_class = { .name = "pl011", .keys = keys };
const struct device_class pl031_class = { .name = "pl031", .keys = keys };
const struct device_class pl061_class = { .name = "pl061", .keys = keys };
const struct device_class test_device_class = { .name = "test-device", .keys = keys };
