/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_MACHINE_STATS_H
#define VMM_MACHINE_STATS_H

#include <stdbool.h>

#include "vmm/base/err.h"
#include "vmm/core/kvm.h"

struct machine;
struct vcpu;

/*
 * KVM's own counts of a vCPU's exits, most of which never come to user space; the first is their
 * sum. False: this host does not tell.
 */
#define MACHINE_N_VCPU_EXITS 10
bool machine_vcpu_exits(const struct vcpu *vcpu, struct kvm_stat stats[MACHINE_N_VCPU_EXITS]);

/*
 * Open @path ("-": the standard output) for stats_write(): before the machine is built, which shuts
 * the process in. On success *fd is the caller's.
 */
int stats_open(const char *path, int *fd, struct err *err);

/*
 * Write what @machine did so far to @fd as one JSON object; its members are told in dais(1). Before
 * machine_destroy(), vCPUs parked.
 */
int stats_write(const struct machine *machine, int fd, struct err *err);

#endif
