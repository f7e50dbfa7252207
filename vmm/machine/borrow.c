// SPDX-License-Identifier: GPL-2.0-only
/* The devices that a run borrows from the host. */
#include <errno.h>
#include <stdlib.h>

#include "devices/device.h"
#include "vfio/host/loans.h"
#include "vfio/settings.h"
#include "vmm/base/own.h"
#include "vmm/machine/machine.h"

int machine_borrow(struct machine *m, struct err *err)
{
	const struct vm_config *config = m->config;
	owned_ptr const char **names = calloc(config->n_devices + 1, sizeof(*names));
	unsigned int n = 0;

	/* Whoever ends it then is confined, and cannot undo it. */
	if (!config->keeper || config->dump_dtb)
		return 0;
	if (!names)
		return err_set(err, ENOMEM, "list %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct device_config *device = &config->devices[i];

		if (vfio_is_assigned(device) && device_config_str(device, "host"))
			names[n++] = device_config_str(device, "host");
	}
	return vfio_loans_take(&m->loans, names, n, config->bind, config->name, err);
}

void machine_return(struct machine *m)
{
	struct err err;

	if (vfio_loans_return(m->loans, &err)) {
		err_print(&err);
		m->is_lost = true;
	}
	vfio_loans_forget(m->loans);
	m->loans = NULL;
}
