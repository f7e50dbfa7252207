// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/use.h"

#include "vfio/host/cause.h"
#include "vfio/host/ram_record.h"
#include "vfio/host/record.h"
#include "vmm/base/own.h"

static bool is_parked(const char *name, struct err *err)
{
	struct vfio_record record;
	owned_fd int dir = vfio_records_open(false, err);

	if (dir < 0 || vfio_record_read(dir, name, &record, err) || !record.parked[0] ||
	    vfio_record_is_held(&record))
		return false;
	err_set(err, 0, "%s is parked with vfio-%s", name, record.bus);
	err_why(err, "%s", record.parked);
	err_fix(err, "sudo dais unbind %s", name);
	return true;
}

enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err)
{
	if (vfio_host_device_is_bound(host)) {
		err_set(err, 0, "%s is in use", host->name);
		if (vfio_cause_holder(err, host))
			return VFIO_USE_HELD;
	}
	if (is_parked(host->name, err) || vfio_ram_is_left(host->name, err))
		return VFIO_USE_PARKED;
	*err = (struct err){ 0 };
	return VFIO_USE_NONE;
}
