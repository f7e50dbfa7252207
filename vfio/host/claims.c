// SPDX-License-Identifier: GPL-2.0-only
/* Claims and bindings of vfio/host/owner.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vfio/host/bind.h"
#include "vfio/host/owner.h"
#include "vfio/quiet.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

struct vfio_claims {
	int records; /* -1: none are kept */
	unsigned int n_restores;
	struct vfio_restore restores[];
};

/* No process has the device any more, but it stays as it is bound. */
static int set_free(int records, struct device_record *record, struct err *err)
{
	record->owner.pid = record->owner.start = 0;
	return record->bound == VFIO_BOUND_ALREADY
		       ? record_remove(RECORD_OF_DEVICE, records, record->name, err)
		       : record_write(RECORD_OF_DEVICE, records, record, err);
}

/* ---- What a process that is gone has left */

/* vfio-dais tells by itself, when the driver is restored; to open a device gives it another try. */
static int check_rest(const struct vfio_host_device *host, struct err *err)
{
	char at_work[8];
	struct err why;
	int ret = 0;

	if (!vfio_host_device_is_bound(host))
		return 0;
	if (!vfio_host_device_is_for_dais(host))
		ret = vfio_bring_to_rest(host, &why);
	else if (!file_read_line(at_work, sizeof(at_work), "%s/vfio-dais/at_work", host->path) &&
		 at_work[0])
		vfio_bring_to_rest(host, &why);
	return ret ? vfio_stays(host->name, host->driver, why.what, err) : 0;
}

static int recover(int records, struct device_record *record, struct err *err)
{
	uint64_t pid = record->owner.pid;
	struct vfio_host_device host;
	struct err unwritten;
	char owner[256];

	/* The VMM may live a little longer than its keeper. */
	if (!vfio_host_device_find(&host, record->name, err) &&
	    vfio_find_owner(&host, owner, sizeof(owner))) {
		log_warn("%s was left by pid %" PRIu64 ", but %s has it now", record->name, pid,
			 owner);
		return 0;
	}
	if (record->bound == VFIO_BOUND_BY_RUN) {
		if (check_rest(&host, err)) {
			str_copy(record->left_bound, sizeof(record->left_bound), err->why);
			return set_free(records, record, &unwritten) ?: err->code;
		}
		if (vfio_restore(records, record, false, err))
			return err_prefix(err, "%s, left by pid %" PRIu64, record->name, pid);
		log_info("%s, left by VM %s (pid %" PRIu64 "), is back with %s", record->name,
			 record->owner.vm, pid, record->driver[0] ? record->driver : "no driver");
		return 0;
	}
	log_info("%s was left by VM %s (pid %" PRIu64 ")", record->name, record->owner.vm, pid);
	return set_free(records, record, err);
}

static int recover_all(int records, struct err *err)
{
	owned_ptr struct device_record *list = NULL;
	unsigned int n;
	int ret = records_list(RECORD_OF_DEVICE, RECORD_BROKEN_WARNS, &list, &n, err);

	for (unsigned int i = 0; !ret && i < n; i++) {
		struct err failed;

		if (list[i].owner.pid && !record_is_owned(&list[i].owner) &&
		    recover(records, &list[i], &failed))
			log_warn("%s: %s", failed.what, failed.why);
	}
	return ret ? ret : vfio_ram_collect(0, true, err);
}

/* ---- Bind and unbind by hand */

static int open_and_lock(int *records, int *lock, struct err *err)
{
	*records = records_open(RECORD_OF_DEVICE, true, err);
	if (*records < 0)
		return *records;
	*lock = records_lock(err);
	return *lock < 0 ? *lock : 0;
}

int vfio_bindings_begin(int *records, int *lock, struct err *err)
{
	int ret = open_and_lock(records, lock, err);

	return ret ? ret : recover_all(*records, err);
}

int vfio_bind(int records, const char *name, bool force, struct err *err)
{
	const struct device_record claim = { .bound = VFIO_BOUND_BY_BIND };
	int ret = vfio_host_bind(records, name, &claim, force, err);

	return ret < 0 ? ret : 0;
}

int vfio_unbind(int records, const char *name, bool force, struct err *err)
{
	struct vfio_host_device host;
	struct device_record record = { 0 };
	int ret = vfio_host_device_find(&host, name, err);

	if (!ret)
		ret = device_record_read(records, &host, &record, err);
	if (ret < 0)
		return ret;
	if (ret && !vfio_host_device_is_bound(&host))
		return 0;
	if (record.left_bound[0])
		log_info("%s was left bound to VFIO: %s", name, record.left_bound);
	err_set(err, EBUSY, "unbind %s, which would wait for its last user", name);
	if (vfio_diagnose_owner(err, &host, false))
		return err_host(err);
	ret = force ? 0 : check_rest(&host, err);
	if (!ret)
		ret = vfio_restore(records, &record, force, err);
	return ret ? ret : 1;
}

/* ---- Claims of a run */

static int find_free(struct vfio_host_device *host, const char *name, struct err *err)
{
	int ret = vfio_host_device_find(host, name, err);

	if (ret)
		return ret;
	err_set(err, EBUSY, "take %s", name);
	return vfio_diagnose_owner(err, host, true) ? err_host(err) : 0;
}

static int take_one(struct vfio_claims *claims, const struct vfio_host_device *host,
		    const char *name, const struct device_record *claim, bool bind, struct err *err)
{
	struct vfio_restore *restore = &claims->restores[claims->n_restores];
	struct device_record record;
	struct err other;
	int ret, bound = 0;

	if (bind)
		bound = vfio_host_bind(claims->records, name, claim, false, err);
	if (bound < 0)
		return bound;
	if (bound)
		log_info("%s is bound to %s for this run", name,
			 vfio_host_driver(vfio_host_device_bus(host)));
	ret = device_record_read(claims->records, host, &record, err);
	if (ret >= 0) {
		record.owner = claim->owner;
		record.left_bound[0] = '\0';
		ret = record_write(RECORD_OF_DEVICE, claims->records, &record, err);
	}
	if (!ret && record.bound == VFIO_BOUND_BY_RUN)
		ret = vfio_restore_open(restore, claims->records, &record, err);
	else if (!ret)
		*restore = (struct vfio_restore){ record, claims->records, -1, -1, -1, -1, -1, -1,
						  false };
	if (!ret)
		claims->n_restores++;
	else if (bound && vfio_unbind(claims->records, name, true, &other) < 0)
		err_print(&other); /* the one that is returned tells why it goes back */
	return ret;
}

static int take_all(struct vfio_claims *claims, struct vfio_host_device *hosts,
		    const char *const *names, unsigned int n_names, bool bind, const char *vm,
		    struct err *err)
{
	struct device_record claim = { .bound = VFIO_BOUND_BY_RUN };
	owned_fd int lock = -1;
	int ret = record_own(&claim.owner, vm, err);

	if (!ret)
		ret = open_and_lock(&claims->records, &lock, err);
	if (ret && ret != -EWOULDBLOCK && !bind) {
		log_debug("no records of devices are kept: %s", err->what);
		close_fd(&claims->records);
		return 0;
	}
	if (!ret)
		ret = recover_all(claims->records, err);
	/* All before the first is taken: each look reads all records. */
	for (unsigned int i = 0; !ret && i < n_names; i++)
		ret = find_free(&hosts[i], names[i], err);
	for (unsigned int i = 0; !ret && i < n_names; i++)
		ret = take_one(claims, &hosts[i], names[i], &claim, bind, err);
	return ret;
}

int vfio_claims_take(struct vfio_claims **claims, const char *const *names, unsigned int n_names,
		     bool bind, const char *vm, struct err *err)
{
	struct vfio_claims *c = calloc(1, sizeof(*c) + n_names * sizeof(c->restores[0]));
	owned_ptr struct vfio_host_device *hosts = calloc(n_names + 1, sizeof(*hosts));
	struct err own, other;
	int ret;

	if (!c || !hosts) {
		free(c);
		return err_set(err, ENOMEM, "claim %u devices", n_names);
	}
	c->records = -1;
	/* On the way to success, too, calls fail. */
	ret = n_names ? take_all(c, hosts, names, n_names, bind, vm, &own) : 0;
	if (!ret) {
		*claims = c;
		return 0;
	}
	*err = own;
	if (vfio_claims_return(c, &other))
		err_print(&other);
	vfio_claims_forget(c);
	return ret;
}

void vfio_claims_leave_bound(struct vfio_claims *claims, const char *device, bool if_returned,
			     const char *why)
{
	for (unsigned int i = 0; claims && i < claims->n_restores; i++) {
		struct device_record *record = &claims->restores[i].record;

		if (!strcmp(record->name, device) &&
		    (!if_returned || record->bound == VFIO_BOUND_BY_RUN))
			str_copy(record->left_bound, sizeof(record->left_bound), why);
	}
}

static int return_one(struct vfio_restore *restore, struct err *err)
{
	struct device_record *record = &restore->record;
	bool by_run = record->bound == VFIO_BOUND_BY_RUN;
	char driver[64];

	if (!record->left_bound[0])
		return by_run ? vfio_restore_run(restore, err)
			      : set_free(restore->records, record, err);
	vfio_restore_leave_bound(restore, record->left_bound);
	vfio_restore_driver(restore, driver, sizeof(driver));
	return by_run ? vfio_stays(record->name, driver, record->left_bound, err) : 0;
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
