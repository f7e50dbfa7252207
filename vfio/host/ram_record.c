// SPDX-License-Identifier: GPL-2.0-only
/* Records of RAM of vfio/host/record.h. */
#include <errno.h>
#include <string.h>

#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/device.h"
#include "vfio/host/record.h"
#include "vfio/quiet.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

static int still_writes(const struct ram_record *record, struct err *err)
{
	err_set(err, 0, "%s may still write to %s", record->name, record->ram_file);
	err_why(err, "VM %s had it without an IOMMU, and has left it so", record->owner.vm);
	err_fix(err,
		"give it to its own driver, which resets it: dais unbind %s; or, if you know that it "
		"is quiet: rm %s",
		record->name, record->ram_file);
	return err_host(err);
}

/* By the user's hand; what cannot be looked at is not gone. */
static bool is_gone(const char *path)
{
	struct stat st;

	return sys_stat(path, &st) == -ENOENT;
}

/* The record @name of this process, for @vm, which has its RAM in @path. */
static int write_owned(int dir, const char *name, bool quiet, const char *path, const char *vm,
		       struct err *err)
{
	struct ram_record record = { .quiet = quiet };
	int ret;

	str_copy(record.name, sizeof(record.name), name);
	if (!str_copy(record.ram_file, sizeof(record.ram_file), path))
		return err_set(err, ENAMETOOLONG, "mem-path = %s", path);
	ret = record_own(&record.owner, vm, err);
	return ret ? ret : record_write(RECORD_OF_RAM, dir, &record, err);
}

/* In the place of a device's name. */
static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int vfio_ram_claim_new(const char *path, const char *vm, struct err *err)
{
	owned_fd int dir = records_open(RECORD_OF_RAM, true, err);

	return dir < 0 ? dir : write_owned(dir, file_name(path), true, path, vm, err);
}

int vfio_ram_forget_new(const char *path, struct err *err)
{
	owned_fd int dir = records_open(RECORD_OF_RAM, false, err);

	return dir < 0 ? dir : record_remove(RECORD_OF_RAM, dir, file_name(path), err);
}

int vfio_ram_claim(const struct vfio *vfio, const char *path, const char *vm, struct err *err)
{
	owned_fd int dir = records_open(RECORD_OF_RAM, true, err);
	int ret = dir < 0 ? dir : 0;

	for (const struct vfio_device *d = vfio->devices; d && !ret; d = d->next) {
		struct ram_record record;
		struct err unread;

		ret = record_read(RECORD_OF_RAM, dir, d->host.name, &record, &unread);
		if (!ret && !is_gone(record.ram_file))
			return still_writes(&record, err);
		if (ret && ret != -ENOENT)
			*err = unread;
		else
			ret = write_owned(dir, d->host.name, false, path, vm, err);
	}
	return ret;
}

void vfio_ram_set_quiet(const char *name)
{
	struct ram_record record;
	struct err err;
	owned_fd int dir = records_open(RECORD_OF_RAM, false, &err);

	if (dir < 0 || record_read(RECORD_OF_RAM, dir, name, &record, &err))
		return;
	record.quiet = true;
	if (record_write(RECORD_OF_RAM, dir, &record, &err))
		err_print(&err);
}

/* 0: it is known to be. */
static int is_quiet(const struct ram_record *record, bool may_reset, struct err *err)
{
	struct vfio_host_device host;
	int ret;

	if (record->quiet)
		return 0;
	ret = vfio_host_device_find(&host, record->name, err);
	if (ret)
		return ret;
	if (vfio_host_device_is_bound(&host))
		return may_reset ? vfio_bring_to_rest(&host, err)
				 : err_set(err, 0, "it was not reset");
	return host.driver[0] ? 0 : err_set(err, ENOTSUP, "it has no driver");
}

bool vfio_ram_is_left(const char *name, struct err *err)
{
	struct ram_record record;
	owned_fd int dir = records_open(RECORD_OF_RAM, false, err);

	if (!BUILT(VFIO_NOIOMMU) || dir < 0 ||
	    record_read(RECORD_OF_RAM, dir, name, &record, err) || record_is_owned(&record.owner) ||
	    is_gone(record.ram_file) || !is_quiet(&record, false, err))
		return false;
	still_writes(&record, err);
	return true;
}

/* The record goes last: after a kill in between, the file is looked for again. */
static int forget(int dir, struct ram_record *list, unsigned int n, unsigned int i, struct err *err)
{
	unsigned int n_users = 0;

	/* Others, of processes that live or not, may write to the file, too. */
	for (unsigned int k = 0; k < n; k++)
		n_users += !strcmp(list[k].ram_file, list[i].ram_file);
	if (n_users == 1 && !is_gone(list[i].ram_file)) {
		int ret = sys_unlink(list[i].ram_file);

		if (ret)
			return err_set(err, ret, "remove %s", list[i].ram_file);
		log_info("%s, guest RAM of VM %s, has gone back to the host", list[i].ram_file,
			 list[i].owner.vm);
	}
	list[i].ram_file[0] = '\0';
	return record_remove(RECORD_OF_RAM, dir, list[i].name, err);
}

int vfio_ram_collect(uint64_t own, bool may_reset, struct err *err)
{
	owned_ptr struct ram_record *list = NULL;
	owned_fd int dir = -1;
	unsigned int n = 0;
	int ret = BUILT(VFIO_NOIOMMU)
			  ? records_list(RECORD_OF_RAM, RECORD_BROKEN_FAILS, &list, &n, err)
			  : 0;

	if (ret || !n)
		return ret;
	dir = records_open(RECORD_OF_RAM, false, err);
	if (dir < 0)
		return dir;
	for (unsigned int i = 0; i < n && !ret; i++) {
		struct err why;

		if (list[i].owner.pid != own && record_is_owned(&list[i].owner))
			continue;
		if (is_gone(list[i].ram_file) || !is_quiet(&list[i], may_reset, &why)) {
			ret = forget(dir, list, n, i, err);
			continue;
		}
		still_writes(&list[i], err);
		log_warn("%s, which is kept: %s. %s", err->what, why.what, err->fix);
		*err = (struct err){ 0 };
	}
	return ret;
}
