// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vfio/host/diagnosis.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

struct vfio_claims {
	int records; /* -1: none are kept */
	unsigned int n_restores;
	struct vfio_restore restores[];
};

/* Put @claim's process into the device's record, which may have to be made. */
static int note(const struct vfio_host_device *host, const struct vfio_record *claim, int records,
		struct vfio_record *record, struct err *err)
{
	int ret = vfio_record_read(records, host->name, record, err);

	if (ret == -ENOENT) {
		*record = (struct vfio_record){ .bound = VFIO_BOUND_ALREADY };
		str_copy(record->name, sizeof(record->name), host->name);
		str_copy(record->bus, sizeof(record->bus), vfio_host_device_bus(host));
	} else if (ret) {
		return ret;
	}
	record->pid = claim->pid;
	record->start = claim->start;
	memcpy(record->vm, claim->vm, sizeof(record->vm));
	record->left_bound[0] = '\0';
	return vfio_record_write(records, record, err);
}

/* The device was bound a moment ago, and cannot be kept. The error that says why is the one to
 * tell. */
static void unbind(int records, const char *name)
{
	struct vfio_record record;
	struct err err;

	if (vfio_record_read(records, name, &record, &err) ||
	    vfio_give_back(records, &record, &err))
		err_print(&err);
}

static int take_one(struct vfio_claims *claims, const char *name, const struct vfio_record *claim,
		    bool bind, struct err *err)
{
	struct vfio_restore *restore = &claims->restores[claims->n_restores];
	struct vfio_host_device host;
	struct vfio_record record;
	int ret = vfio_host_device_find(&host, name, err), bound = 0;

	if (ret)
		return ret;
	err_set(err, EBUSY, "take %s", name);
	if (vfio_diagnose_owner(err, &host))
		return err_host(err);
	if (bind)
		bound = vfio_host_bind(claims->records, name, claim, false, err);
	if (bound < 0)
		return bound;
	if (bound)
		log_info("%s is bound to vfio-%s for this run", name, vfio_host_device_bus(&host));
	ret = note(&host, claim, claims->records, &record, err);
	*restore = (struct vfio_restore){ record, claims->records, -1, -1, -1, -1 };
	if (!ret && record.bound == VFIO_BOUND_BY_RUN)
		ret = vfio_restore_open(restore, claims->records, &record, err);
	if (!ret)
		claims->n_restores++;
	else if (bound)
		unbind(claims->records, name);
	return ret;
}

static int take_all(struct vfio_claims *claims, const char *const *names, unsigned int n_names,
		    bool bind, const char *vm, struct err *err)
{
	struct vfio_record claim = { .bound = VFIO_BOUND_BY_RUN };
	owned_fd int lock = -1;
	int ret = vfio_record_own(&claim, vm, err);

	if (!ret)
		claims->records = ret = vfio_records_open(true, err);
	if (ret >= 0)
		lock = ret = vfio_records_lock(err);
	if (ret < 0 && ret != -EWOULDBLOCK && !bind) {
		log_debug("no records of devices are kept: %s", err->what);
		close_fd(&claims->records);
		return 0;
	}
	if (ret >= 0)
		ret = vfio_recover(claims->records, err);
	for (unsigned int i = 0; ret >= 0 && i < n_names; i++)
		ret = take_one(claims, names[i], &claim, bind, err);
	return ret;
}

int vfio_claims_take(struct vfio_claims **claims, const char *const *names, unsigned int n_names,
		     bool bind, const char *vm, struct err *err)
{
	struct vfio_claims *l = calloc(1, sizeof(*l) + n_names * sizeof(l->restores[0]));
	struct err own, other;
	int ret;

	if (!l)
		return err_set(err, ENOMEM, "take %u devices", n_names);
	l->records = -1;
	/* On the restore to success, too, calls fail. */
	ret = n_names ? take_all(l, names, n_names, bind, vm, &own) : 0;
	if (ret < 0) {
		*err = own;
		if (vfio_claims_return(l, &other))
			err_print(&other);
		vfio_claims_forget(l);
		return ret;
	}
	*claims = l;
	return 0;
}

void vfio_claims_leave_bound(struct vfio_claims *claims, const char *device, const char *why)
{
	for (unsigned int i = 0; claims && i < claims->n_restores; i++) {
		struct vfio_record *record = &claims->restores[i].record;

		if (!strcmp(record->name, device))
			str_copy(record->left_bound, sizeof(record->left_bound), why);
	}
}

static int return_one(struct vfio_restore *restore, struct err *err)
{
	struct vfio_record *record = &restore->record;

	if (record->left_bound[0]) {
		vfio_restore_leave_bound(restore, record->left_bound);
		err_set(err, 0, "%s stays with vfio-%s", record->name, record->bus);
		err_why(err, "%s", record->left_bound);
		err_fix(err, "dais unbind %s gives it to its driver all the same", record->name);
		return record->bound == VFIO_BOUND_BY_RUN ? err_host(err) : 0;
	}
	if (record->bound == VFIO_BOUND_BY_RUN)
		return vfio_restore_run(restore, err);
	record->pid = record->start = 0;
	return record->bound == VFIO_BOUND_ALREADY
		       ? vfio_record_remove(restore->records, record->name, err)
		       : vfio_record_write(restore->records, record, err);
}

int vfio_claims_return(struct vfio_claims *claims, struct err *err)
{
	struct err next;
	int first = 0;

	while (claims && claims->n_restores) {
		struct vfio_restore *restore = &claims->restores[--claims->n_restores];
		int ret = return_one(restore, first ? &next : err);

		if (ret && first)
			err_print(&next);
		first = first ? first : ret;
		vfio_restore_close(restore);
	}
	return first;
}

void vfio_claims_forget(struct vfio_claims *claims)
{
	if (!claims)
		return;
	while (claims->n_restores)
		vfio_restore_close(&claims->restores[--claims->n_restores]);
	close_fd(&claims->records);
	free(claims);
}
