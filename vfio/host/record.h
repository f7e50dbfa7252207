/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_RECORD_H
#define VFIO_HOST_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct vfio;

/*
 * What dais has done to the host's devices and must undo: one file a device, DIRECTORY/NAME, of
 * "key=value" lines. A file is whole or not there; anyone may read it. It outlives its writer,
 * whatever ends that one, but not the next boot, and so do the bindings that it tells of. Unknown
 * keys are ignored, missing ones are empty or 0.
 *
 * Only a user who may write to these directories makes records. A run that may not, with devices
 * that are bound already, does without.
 */
#define VFIO_RECORDS     "/run/dais/devices" /* struct device_record */
#define VFIO_RAM_RECORDS "/run/dais/ram"     /* struct ram_record */

enum record_kind { RECORD_OF_DEVICE, RECORD_OF_RAM };

/* The process that has a device. Its start tells it from a later process of its number. */
struct record_owner {
	uint64_t pid;   /* 0: none */
	uint64_t start; /* field 22 of proc_pid_stat(5) */
	char vm[128];   /* its VM's name, for messages */
};

/* Which binding to the VFIO driver is to be undone, and when. */
enum vfio_bound {
	VFIO_BOUND_ALREADY, /* none: it was there before dais; "no" in the file */
	VFIO_BOUND_BY_BIND, /* by "dais bind": until "dais unbind" */
	VFIO_BOUND_BY_RUN,  /* by "dais run": until that run's end */
};

struct device_record {
	char name[128]; /* of the device, and the file's */
	char bus[16];   /* "platform" or "amba" */
	enum vfio_bound bound;
	char driver[64];          /* that the device had before; empty: none */
	char driver_override[64]; /* before; empty: none */
	/* What its driver knew (known.h), as text: "12:34:56:78:9a:bc"; "INDEX=HZ" of each clock;
	 * "PATH=MICROVOLT" of each regulator */
	char mac[18];
	char rates[1024], voltages[512];
	struct record_owner owner;
	char left_bound[256]; /* why the device could not be given back; empty: it was not tried */
};

struct ram_record {
	char name[128]; /* of the device or, while it is made, of the file of guest RAM */
	struct record_owner owner;
	char ram_file[256]; /* which the device may write to */
	uint64_t quiet;     /* not 0: it was reset since, and writes no more */
};

/*
 * Open the directory of @kind, made if @make. Returns an fd, with which records are read and
 * written also where the path leads nowhere any more. An error is about rights, or about a host
 * that has no /run; -ENOENT without @make: there is none, so no record either.
 */
int records_open(enum record_kind kind, bool make, struct err *err);

/*
 * Keep every other dais from changing records and bindings until the returned fd is closed; waits
 * for one that does for a while. A directory of records exists.
 */
int records_lock(struct err *err);

/* @record is of @kind's type. -ENOENT: there is none of this name. */
int record_read(enum record_kind kind, int dir, const char *name, void *record, struct err *err);
int record_write(enum record_kind kind, int dir, const void *record, struct err *err);
/* 0 also when there is none. */
int record_remove(enum record_kind kind, int dir, const char *name, struct err *err);

/* What becomes of a record that cannot be read. */
enum record_broken {
	RECORD_BROKEN_FAILS, /* it is an error */
	RECORD_BROKEN_WARNS, /* it is left out, with a warning */
	RECORD_BROKEN_SKIPS, /* it is left out: somebody else warns, once */
};

/*
 * All records of @kind into an array (vmm/base/array.h), of whose pointer @list is the address;
 * none is not an error. The caller frees the array, also after an error.
 */
int records_list(enum record_kind kind, enum record_broken broken, void *list, unsigned int *n,
		 struct err *err);

/* This process, for the VM @vm. */
int record_own(struct record_owner *owner, const char *vm, struct err *err);
/* Whether the process lives. */
bool record_is_owned(const struct record_owner *owner);

/* ---- Records of RAM */

/*
 * Which devices without an IOMMU may write to which file of guest RAM: a record a
 * device. The file goes back to the host when each of its devices is known to be quiet: it was
 * reset by its handler, or a driver of the host has taken it over. Until then it stays, whatever
 * process has died; a user who knows better removes it.
 */

/*
 * All devices of @vfio may write to the file @path from now on, for the VM of this process, whose
 * name is @vm. Fails when one may still write to another, of an earlier VM.
 */
int vfio_ram_claim(const struct vfio *vfio, const char *path, const char *vm, struct err *err);

/*
 * This process makes the file @path for guest RAM, which no device knows of: when the process is
 * gone, the dais that collects removes it. vfio_ram_forget_new() ends that, after the file got its
 * name.
 */
int vfio_ram_claim_new(const char *path, const char *vm, struct err *err);
int vfio_ram_forget_new(const char *path, struct err *err);

/* The device @name has just been reset by its handler: its record, if it has one, says so. */
void vfio_ram_set_quiet(const char *name);

/*
 * The device @name may still write to the RAM of a VM that has ended, and no process has it: @err
 * tells. Reads only.
 */
bool vfio_ram_is_left(const char *name, struct err *err);

/*
 * Look at the devices of processes that are gone, and of process @own, and remove the files that
 * none of them can write to any more. Tells what was removed, and of what could not be, why. The
 * caller has the lock of the records. @may_reset: of a device that is bound to VFIO and not known
 * to be quiet, open it and have it reset, which a process in the sandbox cannot.
 */
int vfio_ram_collect(uint64_t own, bool may_reset, struct err *err);

#endif
