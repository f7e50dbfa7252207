// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/use.h"

#include "vfio/host/diagnosis.h"
#include "vfio/host/ram_record.h"
#include "vfio/host/record.h"
#include "vmm/base/own.h"

static bool is_left_bound(const char *name, struct err *err)
{
	struct vfio_record record;
	owned_fd int dir = vfio_records_open(false, err);

	if (dir < 0 || vfio_record_read(dir, name, &record, err) || !record.left_bound[0] ||
	    vfio_record_is_owned(&record))
		return false;
	err_set(err, 0, "%s is still bound to vfio-%s, as a VM left it", name, record.bus);
	err_why(err, "%s", record.left_bound);
	err_fix(err, "sudo dais unbind %s", name);
	return true;
}

enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err)
{
	if (vfio_host_device_is_bound(host)) {
		err_set(err, 0, "%s is in use", host->name);
		if (vfio_diagnose_owner(err, host))
			return VFIO_USE_OWNED;
	}
	if (is_left_bound(host->name, err) || vfio_ram_is_left(host->name, err))
		return VFIO_USE_LEFT_BOUND;
	*err = (struct err){ 0 };
	return VFIO_USE_NONE;
}
