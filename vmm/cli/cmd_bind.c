// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vfio/host/diagnosis.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/cli/commands.h"
#include "vmm/cli/options.h"

/* What is the same for each device of one command. */
struct work {
	int records;
	bool force;
};

static int bind_one(const struct work *work, const char *name, struct err *err)
{
	const struct vfio_record claim = { .bound = VFIO_BOUND_BY_BIND };
	struct vfio_host_device before;
	int ret = vfio_host_device_find(&before, name, err);

	if (!ret)
		ret = vfio_host_bind(work->records, name, &claim, work->force, err);
	if (ret < 0)
		return ret;
	printf("%s: %s -> vfio-%s\n", name, before.driver[0] ? before.driver : "no driver",
	       vfio_host_device_bus(&before));
	return 0;
}

static int go_back(const struct work *work, const struct vfio_record *record, struct err *err)
{
	struct vfio_host_device host;
	int ret = vfio_give_back(work->records, record, err);

	if (!ret)
		ret = vfio_host_device_find(&host, record->name, err);
	if (!ret)
		printf("%s: -> %s\n", record->name, host.driver[0] ? host.driver : "no driver");
	return ret;
}

static int unbind_one(const struct work *work, const char *name, struct err *err)
{
	struct vfio_host_device host;
	struct vfio_record record;
	int ret = vfio_host_device_find(&host, name, err);

	if (ret)
		return ret;
	ret = vfio_record_read(work->records, name, &record, err);
	if (ret == -ENOENT && !vfio_host_device_is_bound(&host)) {
		printf("%s: is with %s\n", name, host.driver[0] ? host.driver : "no driver");
		return 0;
	}
	if (ret == -ENOENT) {
		record = (struct vfio_record){ .bound = VFIO_BOUND_ALREADY };
		str_copy(record.name, sizeof(record.name), name);
		str_copy(record.bus, sizeof(record.bus), vfio_host_device_bus(&host));
	} else if (ret) {
		return ret;
	}
	if (record.left_bound[0])
		log_info("%s was left bound to VFIO: %s", name, record.left_bound);
	err_set(err, EBUSY, "unbind %s, which would wait for its last user", name);
	if (vfio_diagnose_owner(err, &host))
		return err_host(err);
	return go_back(work, &record, err);
}

/* A guest can have a group only as a whole. */
static void tell_sibling(void *opaque, const char *name, const char *driver)
{
	const struct vfio_host_device *host = opaque;

	if (!vfio_host_driver_shares_group(driver))
		log_warn("%s, in the IOMMU group of %s, is with %s: no guest can have the group "
			 "before that is unbound, or bound to VFIO as well: dais bind %s",
			 name, host->name, driver, name);
}

static void tell_siblings(const char *name)
{
	struct vfio_host_device host;
	struct err err;

	if (!vfio_host_device_find(&host, name, &err) && host.group >= 0)
		vfio_host_group_for_each(host.group, tell_sibling, &host);
}

/* What the command line says. */
struct bind_options {
	struct option_list devices;
	bool force;
};

#define BIND_OPTION(...) OPTION(struct bind_options, __VA_ARGS__)
#define BIND_DEVICE      BIND_OPTION("", "DEVICE", option_add_text, devices, "")

const struct option bind_options[] = {
	BIND_OPTION("force", NULL, option_set_flag, force,
		    "Take also a device that the host cannot do without."),
	OPTIONS_HELP_ROW,
	BIND_DEVICE,
	{ .key = NULL },
};

const struct option unbind_options[] = { OPTIONS_HELP_ROW, BIND_DEVICE, { .key = NULL } };

/* One of the two commands. */
typedef int work_fn(const struct work *work, const char *name, struct err *err);

/* Each device, also after one that failed. Returns the exit status of the first failure. */
static int work_on(const struct work *work, work_fn *fn, const struct option_list *devices)
{
	int status = EXIT_STATUS_OK;

	for (unsigned int i = 0; i < devices->n; i++) {
		struct err err;

		if (!fn(work, devices->texts[i], &err))
			continue;
		err_print(&err);
		status = status ? status : err_exit_status(&err);
	}
	return status;
}

/* The exit status, or a negative errno and @err. */
static int run(const struct bind_options *options, work_fn *fn, struct err *err)
{
	struct work work = { .force = options->force };
	owned_fd int records = -1, lock = -1;
	int ret;

	records = work.records = ret = vfio_records_open(true, err);
	if (ret >= 0)
		lock = ret = vfio_records_lock(err);
	if (ret >= 0)
		ret = vfio_recover(records, err);
	return ret < 0 ? ret : work_on(&work, fn, &options->devices);
}

static int command(const char *name, const struct option *table, work_fn *fn, int argc,
		   char *const *argv)
{
	struct bind_options options = { 0 };
	enum options_wish wish;
	struct err err;
	int ret = options_read(name, table, &options, NULL, argc, argv, NULL, &wish, &err);

	if (!ret && !options_help(name, wish)) {
		if (options.devices.n) {
			ret = run(&options, fn, &err);
		} else {
			ret = err_usage(&err, "dais %s without a device", name);
			err_fix(&err, "dais help %s tells what it takes", name);
		}
		for (unsigned int i = 0; i < options.devices.n && !ret && fn == bind_one; i++)
			tell_siblings(options.devices.texts[i]);
	}
	free(options.devices.texts);
	if (ret >= 0)
		return ret;
	err_print(&err);
	return err_exit_status(&err);
}

int cmd_bind(int argc, char *const *argv)
{
	return command("bind", bind_options, bind_one, argc, argv);
}

int cmd_unbind(int argc, char *const *argv)
{
	return command("unbind", unbind_options, unbind_one, argc, argv);
}
