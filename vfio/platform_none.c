// SPDX-License-Identifier: GPL-2.0-only
/* In place of platform.c in a dais that cannot run guests: what "dais plan" reads in their
 * configurations. */
#include "vfio/settings.h"
#include "vfio/vfio.h"

#define ASSIGNED(name_)                                    \
	{                                                  \
		.name = name_, .keys = vfio_platform_keys, \
	}

const struct device_class vfio_platform_class = ASSIGNED("vfio-platform");
const struct device_class vfio_calxeda_xgmac_class = ASSIGNED("vfio-calxeda-xgmac");
const struct device_class vfio_amd_xgbe_class = ASSIGNED("vfio-amd-xgbe");
