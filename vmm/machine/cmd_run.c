// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <string.h>

#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/machine/machine.h"

static int dump_tree(struct machine *m, int fd, struct err *err)
{
	owned_ptr char *blob = NULL;
	size_t size;
	int ret = machine_describe(m, (void **)&blob, &size, err);

	if (ret)
		return ret;
	ret = file_write_all(fd, blob, size);
	return ret ? err_set(err, ret, "write %s", m->config->dump_dtb) : 0;
}

/* Open before the machine is built, which ends with dais shut in. */
static int open_outputs(const struct vm_config *config, int *dump_fd, int *stats_fd,
			struct err *err)
{
	if (config->dump_dtb) {
		*dump_fd = sys_create(config->dump_dtb, O_WRONLY | O_TRUNC, 0644);
		if (*dump_fd < 0)
			return err_set(err, *dump_fd, "create %s", config->dump_dtb);
	}
	return config->stats && BUILT(STATS) ? stats_open(config->stats, stats_fd, err) : 0;
}

static int run(const struct vm_config *config, struct err *err)
{
	owned_fd int dump_fd = -1, stats_fd = -1;
	struct err of_stats = { 0 };
	struct machine machine;
	int ret = open_outputs(config, &dump_fd, &stats_fd, err);

	if (ret)
		return ret;
	ret = machine_build(&machine, config, config->dump_dtb ? MACHINE_FOR_TREE : MACHINE_FOR_RUN,
			    err);
	if (ret == MACHINE_KEPT) {
		ret = machine.vmm_status;
	} else if (!ret && config->dump_dtb) {
		ret = dump_tree(&machine, dump_fd, err);
	} else if (!ret) {
		ret = machine_run(&machine, err);
		if (BUILT(SUMMARY))
			machine_summarize(&machine);
		/* Also of a run that failed, whose error goes before one of the statistics. */
		if (BUILT(STATS) && config->stats && stats_write(&machine, stats_fd, &of_stats) &&
		    !err->what[0]) {
			*err = of_stats;
			ret = err->code;
		}
	}
	return machine_destroy(&machine) || ret ? ret : EXIT_STATUS_FAILURE;
}

/* Which descriptors were passed; what else is open came by accident, and is closed. */
static int find_passed(struct vm_config *config, struct passed_fds *passed, struct err *err)
{
	const char *const paths[] = {
		config->kernel,
		config->initrd,
		config->memory_file,
		config->dump_dtb,
		config->stats,
		strncmp(config->console, "file:", 5) ? NULL : config->console + 5,
	};
	int ret = config_find_passed(config, passed, err);

	if (!ret)
		passed_fds_close_others(passed, paths, n_elems(paths));
	config->passed = passed;
	return ret;
}

/* What this dais was built without. */
static int check_built(const struct vm_config *config, enum options_wish wish, struct err *err)
{
	if (!BUILT(SANDBOX_SHOW) &&
	    (wish == OPTIONS_SANDBOX_SHOW || config->sandbox.mode == SANDBOX_DEBUG))
		return err_not_built(err, "SANDBOX_SHOW");
	if (!BUILT(STATS) && config->stats)
		return err_not_built(err, "STATS");
	if (!BUILT(BIND) && config->bind)
		return err_not_built(err, "BIND");
	return 0;
}

int cmd_run(int argc, char *const *argv, struct err *err)
{
	struct passed_fds passed = { 0 };
	struct vm_config config;
	enum options_wish wish;
	int ret;

	config_init(&config);
	ret = options_parse(&config, argc, argv, &wish, err) ?: check_built(&config, wish, err);
	if (!ret && wish == OPTIONS_SANDBOX_SHOW && BUILT(SANDBOX_SHOW)) {
		sandbox_show(stdout);
	} else if (!ret && !options_help("run", wish)) {
		log_set_level(config.log_level);
		log_set_trace(config.traces);
		ret = config.force_board ? 0 : board_check(&config, err);
		ret = ret ?: find_passed(&config, &passed, err)
			      ?: machine_block_signals(err)
			      ?: run(&config, err);
	}
	passed_fds_destroy(&passed);
	config_destroy(&config);
	/* how the guest or the VMM ended, where that has a status of its own */
	if (ret >= 0 && err->what[0])
		err_print(err);
	return ret;
}
