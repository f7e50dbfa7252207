/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FIXTURE_VFIO_H
#define TESTS_FAKES_FIXTURE_VFIO_H

#include "tests/fakes/fake_vfio.h"
#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vmm/base/err.h"
#include "vmm/core/vm.h"

/* A VM of fake_vfio.h and three bound devices, a disk in group 7 and two in group 3. */
struct fixture_vfio {
	struct vm vm;
	struct vfio_host_device hosts[3];
	struct vfio_handle handles[3];
	struct err err;
};

extern struct fake_vfio_device fixture_vfio_devices[3];

#define FIXTURE_DISK "10000000.ahci"
#define FIXTURE_EDU  "10100000.edu"
#define FIXTURE_TWIN "10200000.twin"

/* Resets all fakes first. */
void fixture_vfio_create(struct fixture_vfio *f, enum vfio_backend backend);
/* vfio_handle_open() of one of them. */
int fixture_vfio_open(struct fixture_vfio *f, const char *name);
/* Closes all. Nothing may be left open then. */
void fixture_vfio_destroy(struct fixture_vfio *f);

#endif
