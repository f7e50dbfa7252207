/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CHECK_CHECK_H
#define VMM_CHECK_CHECK_H

/*
 * "dais check": everything that stands between this host, a set of VMs, and a run, as findings. It
 * reads files, opens /dev/kvm for a virtual machine that is thrown away, and opens nothing of VFIO:
 * the first open of a device resets it.
 */
#include <stdio.h>

#include "vfio/host/live.h"
#include "vmm/base/passed_fds.h"
#include "vmm/core/vm.h"
#include "vmm/plan/plan.h"

enum check_severity {
	CHECK_FINE,
	CHECK_WARNS,  /* a run is possible, but not as good as it could be, or not for every VM */
	CHECK_BLOCKS, /* a run will fail */
	N_CHECK_SEVERITIES
};

struct check_finding {
	const char *check; /* the part that found it: a name of the table in vmm/check/run.c */
	enum check_severity severity;
	const char *what; /* and why */
	const char *fix; /* a command to copy, or what to do where there is no command; may be "" */
};

/* A device of the host that a VM wants. */
struct check_device {
	struct check *check;
	struct check_vm *vm;
	const struct device_config *config;
	bool found; /* … and then @host is filled */
	struct vfio_host_device host;
	const struct host_node *node;   /* in check->tree; NULL: it has none */
	const struct plan_device *plan; /* NULL: it was not planned */
};

/* One VM of the set. */
struct check_vm {
	const char *name; /* the file that describes it, or the device that was named alone */
	bool is_file;     /* else nothing is known of it but the device */
	struct vm_config config;
	struct passed_fds passed; /* those of @config.fds that this process has, too */
	unsigned int n_devices;   /* in struct check */
	struct plan plan;
	uint64_t hugepage; /* bytes; 0: it has none */
};

struct check {
	const char *step;       /* the part that runs */
	struct host_tree *tree; /* NULL: the host has none */
	struct host_live *live;
	char release[96]; /* of the kernel; empty: unknown */
	char *options;    /* its configuration; NULL: unknown */
	struct check_vm *vms;
	unsigned int n_vms;
	struct check_device *devices; /* of all of them, in the VMs' order */
	unsigned int n_devices;
	struct vm vm; /* thrown away; vm.fd -1: there is no KVM for this user */
	struct check_finding *findings;
	unsigned int n_findings, n_of[N_CHECK_SEVERITIES];
	struct arena
		arena; /* the findings'; an allocation of a part that failed is told by it, too */
};

/* Loops: struct check_vm *vm, struct check_device *device. */
#define check_each_vm(check, vm) \
	for (struct check_vm *vm = (check)->vms; vm < (check)->vms + (check)->n_vms; vm++)
#define check_each_device(check, device)                     \
	for (struct check_device *device = (check)->devices; \
	     device < (check)->devices + (check)->n_devices; device++)

/* What the command line names. */
struct check_request {
	struct option_list files, devices;
};

/*
 * All checks of the table; an error only when memory ran out or the host's tree cannot be read.
 * check_destroy() also after an error.
 */
int check_run(struct check *check, const struct check_request *request, struct err *err);
void check_destroy(struct check *check);

void check_print_text(const struct check *check, FILE *out);
int check_print_json(const struct check *check, FILE *out, struct err *err);

/*
 * For the checks: one finding. In what @fmt makes, the remedy stands behind FIX, if there is one;
 * that of FIX_OPTION is a symbol of the kernel's configuration.
 */
#define FIX "\x1f"
#define FIX_OPTION \
	FIX "scripts/config -e %s && make olddefconfig, in the kernel's sources; build and boot it"
void check_say(struct check *check, enum check_severity severity, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What a run would fail with. @vm: whose; NULL: anybody's. */
void check_say_err(struct check *check, enum check_severity severity, const struct check_vm *vm,
		   const struct err *err);

/* A parameter of a module is Y or N; false: there is no such file, or it says something else. */
bool check_parameter_is(const char *module, const char *parameter, char value);
/*
 * Whether @vm may have this file of /dev: 0, or a negative errno: this user may not open it, or
 * (-EBADF) descriptors are passed to the VM, and it is not among them. Unknown ones will be right.
 */
int check_may_open(const struct check_vm *vm, const char *path);
/* The latter is a finding. */
void check_say_not_passed(struct check *check, const struct check_vm *vm, const char *path);

/* The parts, of which vmm/check/run.c's table has the order. */
typedef void check_part(struct check *check);
check_part check_passed, check_kvm, check_gic, check_resample, check_forward;
check_part check_kernel, check_host, check_sandbox;
check_part check_virtio, check_memory, check_memlock, check_hugepages;
check_part check_devices, check_plans, check_power, check_set;
check_part check_use, check_drivers, check_iommu, check_noiommu, check_unsafe_interrupts,
	check_reset, check_nodes;

/*
 * "dais check --irq": fire each interrupt of @device ("HOST[,KEY=VALUE]...", as behind --device
 * vfio-platform,host=) without an event of the hardware, through its real path to a guest, in every
 * mode. @options: what the VM needs for that beside the device, as behind "dais run". Prints what
 * it finds. Returns 0: all is well; 1: something is not, and was printed; or a
 * negative errno and @err: it could not be tried.
 */
int check_irq(const char *device, int n_options, char *const *options, struct err *err);

#endif
