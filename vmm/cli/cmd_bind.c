// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vfio/host/diagnosis.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/cli/commands.h"

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

	if (driver[0] && strncmp(driver, "vfio-", 5))
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

/* One of the two commands. */
struct job {
	const char *name;
	const char *help;
	int (*fn)(const struct work *work, const char *name, struct err *err);
	bool has_force;
};

/* Each device, also after one that failed. Returns the exit status of the first failure. */
static int work_on(const struct work *work, const struct job *job, int argc, char *const *argv)
{
	int status = EXIT_STATUS_OK;

	for (int i = 0; i < argc; i++) {
		struct err err;

		if (argv[i][0] == '-' || !job->fn(work, argv[i], &err))
			continue;
		err_print(&err);
		status = status ? status : err_exit_status(&err);
	}
	return status;
}

static int run(struct work *work, const struct job *job, int argc, char *const *argv)
{
	owned_fd int records = -1, lock = -1;
	struct err err;
	int ret;

	records = work->records = ret = vfio_records_open(true, &err);
	if (ret >= 0)
		lock = ret = vfio_records_lock(&err);
	if (ret >= 0)
		ret = vfio_recover(records, &err);
	if (ret < 0) {
		err_print(&err);
		return err_exit_status(&err);
	}
	return work_on(work, job, argc, argv);
}

static int command(const struct job *job, int argc, char *const *argv)
{
	struct work work = { .records = -1 };
	const char *unknown = NULL;
	bool help = false;
	struct err err;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-')
			n++;
		else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			help = true;
		else if (job->has_force && !strcmp(argv[i], "--force"))
			work.force = true;
		else
			unknown = argv[i];
	}
	if (help) {
		command_print_usage(job->name, stdout);
		printf("\n%s\n", job->help);
		return EXIT_STATUS_OK;
	}
	if (n && !unknown)
		return run(&work, job, argc, argv);
	if (unknown)
		err_usage(&err, "unknown option '%s'", unknown);
	else
		err_usage(&err, "dais %s without a device", job->name);
	err_fix(&err, "dais help %s tells what it takes", job->name);
	err_print(&err);
	return err_exit_status(&err);
}

int cmd_bind(int argc, char *const *argv)
{
	static const struct job job = {
		"bind",
		"Take devices from their drivers and give them to vfio-platform or vfio-amba, for\n"
		"guests. A device is named as in /sys/bus/platform/devices or /sys/bus/amba/devices.\n"
		"What was there before is kept in /run/dais, for dais unbind. One that the host\n"
		"cannot do without is refused, but for --force. dais run --bind does it for a run.\n",
		bind_one,
		true,
	};
	int status = command(&job, argc, argv);

	for (int i = 0; i < argc && !status; i++)
		if (argv[i][0] != '-')
			tell_siblings(argv[i]);
	return status;
}

int cmd_unbind(int argc, char *const *argv)
{
	static const struct job job = {
		"unbind",
		"Give devices back to the drivers that they had before dais bind, or, where dais\n"
		"does not know, to whichever driver of the host wants them. One that a process has\n"
		"open is refused.\n",
		unbind_one,
		false,
	};

	return command(&job, argc, argv);
}
