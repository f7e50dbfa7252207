// SPDX-License-Identifier: GPL-2.0-only
/* In place of platform.c in a dais that cannot run guests: what "dais plan" reads in their
 * configurations. */
#include "vfio/settings.h"
#include "vfio/vfio.h"

const struct device_class vfio_platform_class = {
	.name = "vfio-platform",
	.keys = vfio_platform_keys,
};

const struct device_class vfio_calxeda_xgmac_class = {
	.name = "vfio-calxeda-xgmac",
	.keys = vfio_platform_keys,
};

const struct device_class vfio_amd_xgbe_class = {
	.name = "vfio-amd-xgbe",
	.keys = vfio_platform_keys,
};
