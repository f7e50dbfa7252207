// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "vfio/host/owner.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"

static const char *driver_of(const struct vfio_host_device *host)
{
	return host->driver[0] ? host->driver : "no driver";
}

static int bind_one(int records, const char *name, bool force, struct err *err)
{
	struct vfio_host_device before, after;
	const char *wanted;
	int ret = vfio_host_device_find(&before, name, err) ?:
		  vfio_bind(records, name, force, err) ?:
		  vfio_host_device_find(&after, name, err);

	if (ret)
		return ret;
	wanted = vfio_host_driver(vfio_host_device_bus(&before));
	if (!strcmp(after.driver, wanted)) {
		printf("%s: %s -> %s\n", name, driver_of(&before), wanted);
		return 0;
	}
	err_set(err, 0, "%s stays with %s", name, after.driver);
	err_why(err,
		"it was bound to that before %s was loaded; a VM can have it, and nothing "
		"holds on what it needs",
		wanted);
	err_fix(err, "dais unbind %s; dais bind %s", name, name);
	return err_host(err);
}

static int unbind_one(int records, const char *name, bool force, struct err *err)
{
	struct vfio_host_device after;
	int went_back = vfio_unbind(records, name, force, err);
	int ret = went_back < 0 ? went_back : vfio_host_device_find(&after, name, err);

	if (!ret)
		printf("%s: %s %s\n", name, went_back ? "->" : "is with", driver_of(&after));
	return ret;
}

/* A guest can have a group only as a whole. */
static void tell_siblings(const char *name)
{
	struct vfio_host_device host;
	struct vfio_group_members members = { 0 };
	struct err err;

	members.group = vfio_host_device_find(&host, name, &err) ? -1 : host.group;
	for (const char *other; (other = vfio_group_next_member(&members));)
		if (!vfio_host_driver_shares_group(members.driver))
			log_warn(
				"%s, in the IOMMU group of %s, is with %s: no guest can have the "
				"group before that is unbound, or bound to VFIO as well: dais bind %s",
				other, name, members.driver, other);
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

const struct option unbind_options[] = {
	BIND_OPTION("force", NULL, option_set_flag, force,
		    "Give back also a device that is not seen to be at rest."),
	OPTIONS_HELP_ROW,
	BIND_DEVICE,
	{ .key = NULL },
};

/* One of the two commands. */
typedef int work_fn(int records, const char *name, bool force, struct err *err);

/*
 * Each device, also after one that failed. Returns the exit status of the first failure, or a
 * negative errno and @err.
 */
static int run(const struct bind_options *options, work_fn *fn, struct err *err)
{
	owned_fd int records = -1, lock = -1;
	int status = EXIT_STATUS_OK, ret = vfio_bindings_begin(&records, &lock, err);

	for (unsigned int i = 0; !ret && i < options->devices.n; i++) {
		struct err failed;

		if (!fn(records, options->devices.texts[i], options->force, &failed))
			continue;
		err_print(&failed);
		status = status ? status : err_exit_status(&failed);
	}
	return ret ? ret : status;
}

static int command(const char *name, const struct option *table, work_fn *fn, int argc,
		   char *const *argv, struct err *err)
{
	struct bind_options options = { 0 };
	enum options_wish wish;
	int ret = options_read(name, table, &options, NULL, argc, argv, NULL, &wish, err);

	if (!ret && !options_help(name, wish)) {
		if (options.devices.n) {
			ret = run(&options, fn, err);
		} else {
			ret = err_usage(err, "dais %s without a device", name);
			err_fix(err, "dais help %s tells what it takes", name);
		}
		for (unsigned int i = 0; i < options.devices.n && !ret && fn == bind_one; i++)
			tell_siblings(options.devices.texts[i]);
	}
	free(options.devices.texts);
	return ret;
}

int cmd_bind(int argc, char *const *argv, struct err *err)
{
	return command("bind", bind_options, bind_one, argc, argv, err);
}

int cmd_unbind(int argc, char *const *argv, struct err *err)
{
	return command("unbind", unbind_options, unbind_one, argc, argv, err);
}
