/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_MODULE_H
#define VFIO_HOST_MODULE_H

struct err;

/*
 * The driver that hands out devices of @bus, vfio_host_driver(), is there. Else the error tells
 * what is missing, and the way to it: VFIO, a module that is not installed, or not loaded, or one
 * that the kernel does not take (Secure Boot); or that it speaks an interface that this dais does
 * not know.
 */
int vfio_host_driver_check(const char *bus, struct err *err);

/* The last of these alone, of dais' own module where it is loaded. */
int vfio_host_module_check(struct err *err);

#endif
