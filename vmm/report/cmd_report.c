// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fdt/guest/tree.h"
#include "fdt/host/excerpt.h"
#include "vfio/host/device.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/err.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/sys.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/report/scrub.h"

#define REPORT_VERSION 1
#define MAX_OUTPUT     (64UL << 20) /* bytes that a command prints */

/* What the command line says. */
struct report_options {
	struct option_list devices;
	const char *output; /* "-": the standard output */
	bool run;
};

#define REPORT_OPTION(...) OPTION(struct report_options, __VA_ARGS__)

const struct option report_options[] = {
	REPORT_OPTION("output", "FILE", option_set_text, output,
		      "Write to this file, which must not be there yet, in place of "
		      "dais-report.txt; \"-\" is the standard output.",
		      .letter = 'o'),
	REPORT_OPTION(
		"run", NULL, option_set_flag, run,
		"Also fire the interrupts of each device (dais check --irq) and tell what "
		"exits that took. The devices must be bound to VFIO. Opens them, and so resets "
		"them where the kernel can."),
	OPTIONS_HELP_ROW,
	REPORT_OPTION("", "DEVICE", option_add_text, devices, ""),
	{ .key = NULL },
};

/* A report in the making. */
struct report {
	const struct report_options *options;
	struct scrub scrub;
	struct host_tree *tree;
	struct host_live *live;
	FILE *out;
};

static int print_text(struct report *report, char *text, struct err *err)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		if (!text && !*line)
			break;
		if (scrub_print(&report->scrub, line, report->out))
			return err_set(err, ENOMEM, "write a report");
		fputc('\n', report->out);
	}
	return 0;
}

/*
 * A command of dais', argv[0], in a process of its own: it prints to @fd, and its errors and exit
 * status, too, with @errors.
 */
static void run_command(command_main *command, char *const *argv, int fd, bool errors)
{
	struct err err = { 0 };
	int argc = 1, status;

	while (argv[argc])
		argc++;
	if (sys_dup2(fd, STDOUT_FILENO) < 0 ||
	    sys_dup2(errors ? fd : sys_open("/dev/null", O_WRONLY), STDERR_FILENO) < 0)
		exit(EXIT_STATUS_FAILURE);
	status = command(argc - 1, argv + 1, &err);
	fflush(stdout);
	if (status < 0) {
		err_print(&err);
		status = err_exit_status(&err);
	}
	fprintf(stderr, "exit status: %d\n", status);
	exit(status);
}

/* What it prints is *text, which the caller frees; of the text of one that has died the rest is
 * missing. */
static int capture(command_main *command, char *const *argv, bool errors, char **text,
		   struct err *err)
{
	owned_fd int fd = sys_memfd_create("dais-report", 0);
	siginfo_t end;
	size_t size;
	pid_t pid;
	int ret = fd;

	if (fd >= 0) {
		fflush(NULL);
		pid = sys_fork();
		if (!pid)
			run_command(command, argv, fd, errors);
		ret = pid < 0 ? pid : sys_waitid(P_PID, (id_t)pid, &end, WEXITED);
	}
	ret = ret < 0 ? ret : file_read_again(fd, MAX_OUTPUT, text, &size);
	return ret < 0 ? err_set(err, ret, "run dais %s in a process of its own", argv[0]) : 0;
}

static void print_head(struct report *report, const char *what)
{
	fprintf(report->out, "\n==== %s\n", what);
}

static int report_system(struct report *report, struct err *err)
{
	const struct host_node *root = report->tree->nodes[0];
	const struct host_property *model = host_node_find(root, "model");
	const struct host_property *compatible = host_node_find(root, "compatible");
	const char *board;
	char line[256];
	struct utsname name;
	int ret = 0;

	fprintf(report->out,
		"# What dais " DAIS_VERSION
		" finds on a host. Names, serial numbers, addresses and the\n"
		"# kernel's command line are replaced; look through it before you send it.\n");
	print_head(report, "system");
	if (!uname(&name))
		fprintf(report->out, "kernel: %s %s\n", name.release, name.machine);
	fprintf(report->out, "pages: %zu bytes\nprocessors: %u\n", sys_page_size(), sys_n_cpus());
	snprintf(line, sizeof(line), "model: %s",
		 model ? host_property_string(model, 0) ?: "?" : "?");
	ret = print_text(report, line, err);
	for (unsigned int i = 0; compatible && (board = host_property_string(compatible, i)); i++)
		fprintf(report->out, "compatible: %s\n", board);
	for (unsigned int i = 0; i < report->options->devices.n; i++) {
		struct vfio_host_device host;

		if (!vfio_host_device_find(&host, report->options->devices.texts[i], err))
			fprintf(report->out, "device: %s driver=%s group=%d\n", host.name,
				host.driver[0] ? host.driver : "-", host.group);
	}
	return ret;
}

/* A file of the host, if it is there. */
static int report_file(struct report *report, const char *path, struct err *err)
{
	owned_ptr char *text = file_text(MAX_OUTPUT, "%s", path);

	if (!text || !*text)
		return 0;
	print_head(report, path);
	return print_text(report, text, err);
}

static int report_command(struct report *report, command_main *command, char *const *argv,
			  struct err *err)
{
	owned_ptr char *text = NULL;
	int ret = capture(command, argv, true, &text, err);

	if (ret)
		return ret;
	fputs("\n==== dais", report->out);
	for (; *argv; argv++)
		fprintf(report->out, " %s", *argv);
	fputc('\n', report->out);
	return print_text(report, text, err);
}

static int report_tree(struct report *report, struct err *err)
{
	const struct host_tree *tree = report->tree;
	owned_ptr bool *marked = calloc(tree->n_nodes, sizeof(*marked));
	owned_ptr char *text = NULL;
	size_t size;
	FILE *dts;
	int ret = marked ? 0 : err_set(err, ENOMEM, "write a report");

	for (unsigned int i = 0; i < report->options->devices.n && !ret; i++) {
		const struct host_node *node =
			host_live_node(tree, report->options->devices.texts[i]);

		if (node)
			ret = host_excerpt_mark(tree, node, marked, err);
	}
	if (ret)
		return ret;
	dts = open_memstream(&text, &size);
	if (!dts)
		return err_set(err, ENOMEM, "write a report");
	dt_print_excerpt(tree, marked, dts);
	if (fclose(dts))
		return err_set(err, ENOMEM, "write a report");
	print_head(report, "tree (a source that dtc reads)");
	return print_text(report, text, err);
}

#define MAX_ARGS 66 /* a command, --json, as many devices as dais assigns to a guest, NULL */

static const struct {
	const char *name;
	command_main *main;
} commands_told[] = { { "list", cmd_list }, { "plan", cmd_plan }, { "check", cmd_check } };

static int report_json(struct report *report, char **argv, struct err *err)
{
	int ret = 0;

	print_head(report, "json");
	fprintf(report->out, "{\"report\": %d", REPORT_VERSION);
	for (size_t i = 0; i < n_elems(commands_told) && !ret; i++) {
		owned_ptr char *text = NULL;

		argv[0] = (char *)commands_told[i].name;
		ret = capture(commands_told[i].main, argv, false, &text, err);
		if (ret)
			break;
		fprintf(report->out, ",\n\"%s\": ", commands_told[i].name);
		if (*text == '{')
			ret = print_text(report, text, err);
		else
			fputs("null\n", report->out); /* why is said above */
	}
	fputs("}\n", report->out);
	return ret;
}

static int write_report(struct report *report, struct err *err)
{
	const struct option_list *devices = &report->options->devices;
	char *argv[MAX_ARGS] = { NULL };
	int ret = report_system(report, err);

	for (unsigned int i = 0; i < devices->n; i++)
		argv[i + 1] = (char *)devices->texts[i];
	for (size_t i = 0; i < n_elems(commands_told) && !ret; i++) {
		argv[0] = (char *)commands_told[i].name;
		ret = report_command(report, commands_told[i].main, argv, err);
	}
	for (unsigned int i = 0; report->options->run && i < devices->n && !ret; i++) {
		char *const irq[] = { (char *)"check", (char *)"--irq", argv[i + 1], NULL };

		ret = report_command(report, cmd_check, irq, err);
	}
	ret = ret ?: report_file(report, "/sys/kernel/debug/devices_deferred", err);
	ret = ret ?: report_tree(report, err);
	memmove(argv + 2, argv + 1, devices->n * sizeof(*argv));
	argv[1] = (char *)"--json";
	return ret ?: report_json(report, argv, err);
}

static int check_options_given(const struct report_options *options, struct err *err)
{
	if (!options->devices.n) {
		err_usage(err, "there is no device to report on");
		return err_fix(err, "name devices; dais list shows the host's");
	}
	if (options->devices.n > MAX_ARGS - 3) {
		err_usage(err, "%u devices are more than a report takes", options->devices.n);
		return err_fix(err, "name at most %d", MAX_ARGS - 3);
	}
	return 0;
}

/* Before the work: what cannot be written is told at once. */
static int open_output(const char *path, int *fd, struct err *err)
{
	*fd = sys_create(path, O_WRONLY | O_EXCL, 0600);
	if (*fd >= 0)
		return 0;
	if (*fd != -EEXIST)
		return err_set(err, *fd, "write to %s", path);
	err_usage(err, "%s is there already", path);
	return err_fix(err, "remove it, or name another file: --output FILE");
}

/* The whole of it, or nothing. */
static int put_out(const char *path, int fd, const char *text, size_t size, struct err *err)
{
	int ret = fd < 0 ? 0 : file_write_all(fd, text, size);

	if (ret)
		return err_set(err, ret, "write to %s", path);
	if (fd < 0)
		fputs(text, stdout); /* what cannot be written, main() tells */
	else
		printf("%s: look through it before you send it\n", path);
	return 0;
}

static int make_text(struct report *report, char **text, size_t *size, struct err *err)
{
	int ret;

	report->out = open_memstream(text, size);
	if (!report->out)
		return err_set(err, ENOMEM, "write a report");
	ret = write_report(report, err);
	return fclose(report->out) && !ret ? err_set(err, ENOMEM, "write a report") : ret;
}

static int report(const struct report_options *options, struct err *err)
{
	struct report report = { .options = options };
	const char *path = options->output ?: "dais-report.txt";
	owned_ptr char *text = NULL;
	owned_fd int fd = -1;
	size_t size = 0;
	int ret = vfio_nodes_read_host(&report.tree, &report.live, err);

	if (!ret && !report.tree) {
		err_set(err, 0, "this host has no device tree");
		err_why(err, "there is no " VFIO_HOST_TREE);
		ret = err_host(err);
	}
	if (!ret && scrub_create(&report.scrub, report.tree))
		ret = err_set(err, ENOMEM, "write a report");
	if (!ret && strcmp(path, "-") != 0)
		ret = open_output(path, &fd, err);
	ret = ret ?: make_text(&report, &text, &size, err) ?: put_out(path, fd, text, size, err);
	if (ret && fd >= 0)
		sys_unlink(path);
	scrub_destroy(&report.scrub);
	host_live_destroy(report.live);
	host_tree_destroy(report.tree);
	return ret;
}

int cmd_report(int argc, char *const *argv, struct err *err)
{
	struct report_options options = { 0 };
	enum options_wish wish;
	int ret = options_read("report", report_options, &options, NULL, argc, argv, NULL, &wish,
			       err);

	if (!ret && !options_help("report", wish))
		ret = check_options_given(&options, err) ?: report(&options, err);
	free(options.devices.texts);
	return ret;
}
