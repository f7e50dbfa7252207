/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_RECORD_H
#define VFIO_HOST_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

/*
 * What dais has done to the host's devices and must undo, and who has them now: one file a device,
 * VFIO_RECORDS/NAME, of "key=value" lines. A file is whole or not there; anyone may read it. It
 * outlives its writer, whatever ends that one, but not the next boot, and so do the bindings that
 * it tells of. Unknown keys are ignored, missing ones are empty.
 *
 * Only who may write to VFIO_RECORDS makes records. A run that may not, with devices that are
 * bound already, does without.
 */
#define VFIO_RECORDS "/run/dais/devices"

/* Whose binding to the VFIO driver is to be undone, and when. */
enum vfio_bound {
	VFIO_BOUND_ALREADY, /* nobody's: it was there before dais; "no" in the file */
	VFIO_BOUND_BY_BIND, /* by "dais bind": until "dais unbind" */
	VFIO_BOUND_BY_RUN,  /* by "dais run": until that run's end */
};

struct vfio_record {
	char name[128]; /* of the device, and the file's */
	char bus[16];   /* "platform" or "amba" */
	enum vfio_bound bound;
	char driver[64];          /* that the device had before; empty: none */
	char driver_override[64]; /* before; empty: none */
	uint64_t pid;             /* of the process that has the device; 0: none */
	uint64_t start;           /* when that one began: field 22 of proc_pid_stat(5) */
	char vm[128];             /* its VM's name, for messages */
	char ram_file[256];       /* guest RAM that a device without IOMMU may still write to */
	char left_bound[256];     /* why the device could not be given back; empty: it is not */
};

/*
 * The directory, made if @make. Returns an fd, with which records are read and written also where
 * the path leads nowhere any more. An error is about rights, or about a host that has no /run;
 * -ENOENT without @make: there is none, so no record either.
 */
int vfio_records_open(bool make, struct err *err);
/* The same of another directory of such records, in that of VFIO_RECORDS. */
int vfio_records_open_in(const char *path, bool make, struct err *err);

/*
 * Keep every other dais from changing records and bindings until the returned fd is closed; waits
 * for one that does for a while. VFIO_RECORDS exists.
 */
int vfio_records_lock(struct err *err);

/* -ENOENT: there is none of this name. */
int vfio_record_read(int dir, const char *name, struct vfio_record *record, struct err *err);
int vfio_record_write(int dir, const struct vfio_record *record, struct err *err);
/* 0 also when there is none. */
int vfio_record_remove(int dir, const char *name, struct err *err);

/*
 * All records, also for those who may only read; none is not an error. One that cannot be read is
 * left out with a warning. The caller frees *records, also after an error.
 */
int vfio_records_list(struct vfio_record **records, unsigned int *n_records, struct err *err);
/* Of another directory; with @all, one that cannot be read is an error. */
int vfio_records_list_in(const char *path, bool all, struct vfio_record **records,
			 unsigned int *n_records, struct err *err);

/* This process has the device from now on, for the VM @vm. Changes @record only. */
int vfio_record_own(struct vfio_record *record, const char *vm, struct err *err);
/* Whether the process that has the device lives. */
bool vfio_record_is_owned(const struct vfio_record *record);

#endif
