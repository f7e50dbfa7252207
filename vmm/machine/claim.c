// SPDX-License-Identifier: GPL-2.0-only
/* The devices of the host that a run claims. */
#include <errno.h>
#include <stdlib.h>

#include "devices/device.h"
#include "vfio/host/owner.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/own.h"
#include "vmm/machine/machine.h"

int machine_claim(struct machine *m, struct err *err)
{
	const struct vm_config *config = m->config;
	owned_ptr const char **names = calloc(config->n_devices + 1, sizeof(*names));
	int ret = vfio_nodes_check_settings(config->devices, config->n_devices, err);
	unsigned int n = 0;

	if (ret)
		return ret;
	/* Without a keeper the VMM is confined at the end and could not rebind: take no claims. */
	if (!config->keeper)
		return 0;
	if (!names)
		return err_set(err, ENOMEM, "list %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct device_config *device = &config->devices[i];

		if (vfio_is_assigned(device) && device_config_str(device, "host"))
			names[n++] = device_config_str(device, "host");
	}
	return vfio_claims_take(&m->claims, names, n, config->bind, config->name, err);
}

void machine_return(struct machine *m)
{
	struct err err;

	if (vfio_claims_return(m->claims, &err)) {
		err_print(&err);
		m->is_lost = true;
	}
	vfio_claims_forget(m->claims);
	m->claims = NULL;
}
