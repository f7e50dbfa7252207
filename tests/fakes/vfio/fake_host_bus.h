/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_VFIO_FAKE_HOST_BUS_H
#define TESTS_FAKES_VFIO_FAKE_HOST_BUS_H

/*
 * The platform and the amba bus as the kernel's driver core works them: driver_override, bind,
 * unbind and drivers_probe do what they do there, over the tree of fake_sys.h. A device that is
 * bound to a VFIO driver has its file /dev/vfio/GROUP, by which it can be opened and reset.
 */
#include <stdbool.h>

struct fake_bus_device {
	const char *bus, *name;
	const char *wanted_by; /* the driver that matches it; NULL: none */
	int group;
	char driver[64]; /* bound to it; empty: none */
	char driver_override[64];
	int probe_fails;    /* the next probe by a VFIO driver fails with this errno */
	int defers;         /* so many probes by another driver are put off (EPROBE_DEFER) */
	bool no_reset;      /* VFIO has no reset for it */
	int open_error;     /* positive errno of VFIO_GROUP_GET_DEVICE_FD */
	int node_comes_in;  /* sleeps until the file under /dev is there; < 0: never */
	unsigned int moves; /* binds and unbinds that were done */
	unsigned int n_resets;
};

/* Begin anew, after fake_sys_reset(): both buses with their VFIO drivers. */
void fake_host_bus_reset(void);
void fake_host_bus_driver(const char *bus, const char *driver);
/* @device is the caller's, at rest, and outlives the test. */
void fake_host_bus_add(struct fake_bus_device *device);

#endif
