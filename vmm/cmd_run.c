// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/commands.h"
#include "vmm/config.h"
#include "vmm/machine.h"
#include "vmm/options.h"
#include "vmm/stats.h"

static int dump_tree(struct machine *m, const char *path, struct err *err)
{
	owned_ptr char *blob = NULL;
	owned_fd int fd = -1;
	size_t size;
	int ret = machine_describe(m, (void **)&blob, &size, err);

	if (ret)
		return ret;
	fd = sys_create(path, O_WRONLY | O_TRUNC, 0644);
	if (fd < 0)
		return err_set(err, fd, "create %s", path);
	ret = file_write_all(fd, blob, size);
	return ret ? err_set(err, ret, "write %s", path) : 0;
}

/* Also of a run that failed; its error goes before one of the statistics. */
static int write_stats(const struct machine *m, const char *path, int result, struct err *err)
{
	struct err own;
	int ret = stats_write(m, path, &own);

	if (!ret || err->what[0])
		return result;
	*err = own;
	return ret;
}

static int run(const struct vm_config *config, struct err *err)
{
	struct machine machine;
	int ret;

	ret = machine_build(&machine, config, err);
	if (ret == MACHINE_KEPT) {
		ret = machine.vmm_status;
	} else if (!ret && config->dump_dtb) {
		ret = dump_tree(&machine, config->dump_dtb, err);
	} else if (!ret) {
		ret = machine_run(&machine, err);
		machine_summarize(&machine);
		if (config->stats)
			ret = write_stats(&machine, config->stats, ret, err);
	}
	machine_destroy(&machine);
	return ret == EXIT_STATUS_OK && machine.is_lost ? EXIT_STATUS_FAILURE : ret;
}

int cmd_run(int argc, char *const *argv)
{
	struct err err = { 0 };
	struct vm_config config;
	enum options_wish wish;
	int ret;

	config_init(&config);
	ret = options_parse(&config, argc, argv, &wish, &err);
	if (!ret && wish == OPTIONS_HELP) {
		options_print_help(stdout);
	} else if (!ret && wish == OPTIONS_DEVICE_HELP) {
		options_print_device_help(stdout);
	} else if (!ret) {
		log_set_level(config.log_level);
		log_set_trace(config.traces);
		ret = machine_block_signals(&err);
		if (!ret)
			ret = run(&config, &err);
	}
	config_destroy(&config);
	if (err.what[0])
		err_print(&err);
	return ret < 0 ? err_exit_status(&err) : ret;
}
