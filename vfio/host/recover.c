// SPDX-License-Identifier: GPL-2.0-only
/* vfio_recover() of vfio/host/bind.h. */
#include <inttypes.h>

#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vfio/host/ram_record.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"

/* @record: of a process that is gone. */
static int recover(int records, struct vfio_record *record, struct err *err)
{
	uint64_t pid = record->pid;
	struct vfio_host_device host;
	char owner[256];
	int ret;

	/* The VMM may live a little longer than its keeper. */
	if (!vfio_host_device_find(&host, record->name, err) &&
	    vfio_find_owner(&host, owner, sizeof(owner))) {
		log_warn("%s was left by pid %" PRIu64 ", but %s has it now", record->name, pid,
			 owner);
		return 0;
	}
	if (record->bound == VFIO_BOUND_BY_RUN) {
		ret = vfio_give_back(records, record, err);
		if (!ret)
			log_info("%s, left by VM %s (pid %" PRIu64 "), is back with %s",
				 record->name, record->vm, pid,
				 record->driver[0] ? record->driver : "no driver");
		return ret ? err_prefix(err, "%s, left by pid %" PRIu64, record->name, pid) : 0;
	}
	log_info("%s was left by VM %s (pid %" PRIu64 ")", record->name, record->vm, pid);
	record->pid = record->start = 0;
	return record->bound == VFIO_BOUND_ALREADY ? vfio_record_remove(records, record->name, err)
						   : vfio_record_write(records, record, err);
}

int vfio_recover(int records, struct err *err)
{
	owned_ptr struct vfio_record *list = NULL;
	unsigned int n;
	int ret = vfio_records_list(&list, &n, err);

	for (unsigned int i = 0; !ret && i < n; i++) {
		struct err failed;

		if (list[i].pid && !vfio_record_is_owned(&list[i]) &&
		    recover(records, &list[i], &failed))
			log_warn("%s: %s", failed.what, failed.why);
	}
	return ret ? ret : vfio_ram_collect(0, true, err);
}
