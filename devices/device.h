/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct dt;
struct vm;

/* What may stand behind a key. */
enum device_key_suffix {
	DEVICE_KEY_ALONE,
	DEVICE_KEY_INDEXED, /* also key.0, key.1 …: for the n-th region or interrupt */
	DEVICE_KEY_NAMED,   /* only key.NAME, for something of the device that has a name */
};

/* A key that a device class takes, on the command line and in a file. */
struct device_key {
	const char *key;
	const char *arg; /* what stands behind "=", for help: "ADDR", "on|off" */
	const char *help;
	enum device_key_suffix suffix;
};

/*
 * One "key = value" the user gave; @where is "disk.conf:12" or "--device". Strings belong to the
 * configuration.
 */
struct device_setting {
	const char *key;
	const char *value;
	const char *where;
};

#define DEVICE_MAX_SETTINGS 64

struct device_config {
	const char *name; /* as the section or id= names it, else made from the class */
	const struct device_class *class;
	const char *where;
	struct device_setting settings[DEVICE_MAX_SETTINGS];
	unsigned int n_settings;
};

/*
 * NULL when the user did not give it. @index < 0: the plain key; else key.index, or the plain key
 * when that is not there.
 */
const struct device_setting *device_config_find(const struct device_config *config, const char *key,
						int index);
const char *device_config_str(const struct device_config *config, const char *key);
/*
 * Leave *value alone when not given; an error names key, value and where. UINT64_MAX is no number
 * that a user can mean: it stands for "not given" (PLATFORM_BUS_ANY).
 */
int device_config_u64(const struct device_config *config, const char *key, int index,
		      uint64_t *value, struct err *err);
int device_config_bool(const struct device_config *config, const char *key, int index, bool *value,
		       struct err *err);
/* *choice is an index into @names, which end with NULL. */
int device_config_choice(const struct device_config *config, const char *key, int index,
			 const char *const *names, unsigned int *choice, struct err *err);
/*
 * Call @place for each of @n devices: first those of which the user said where in the guest they
 * are to be, for what is placed freely must not take what another device was promised.
 */
int device_configs_place(const struct device_config *configs, unsigned int n,
			 int (*place)(void *opaque, unsigned int i, struct err *err), void *opaque,
			 struct err *err);
/* Each setting's key is one of the class's, given once; else an error that names the nearest. */
int device_config_check(const struct device_config *config, struct err *err);
/* For help: "", "[.N]" or ".NAME". */
const char *device_key_suffix_text(enum device_key_suffix suffix);

/* Base of every device; embedded as the first member of its own struct. */
struct device {
	const struct device_class *class;
	struct vm *vm;
	const char *name; /* the configuration's */
};

/*
 * A kind of device: one const object per file, listed in vmm/cli/registry.c. Calls in the order of
 * the members; those from quiesce on are for a guest reset or the end. All on the main thread. NULL
 * means "nothing to do", except create, attach and destroy.
 */
struct device_class {
	const char *name;
	const char *help;
	const struct device_key *keys; /* ends with a NULL key; NULL: none */

	/*
	 * Check the settings and take what it needs of the host (an assigned device is opened
	 * here). No KVM exists yet.
	 */
	int (*create)(const struct device_config *config, struct vm *vm, struct device **device,
		      struct err *err);
	/*
	 * Place regions and interrupts in the guest: platform bus, MMIO table, memslots. The VGIC
	 * is initialised.
	 */
	int (*attach)(struct device *device, struct err *err);
	/* Write the guest's device tree node, as a child of the root. */
	int (*describe)(struct device *device, struct dt *dt, struct err *err);
	/* From here on interrupts may arrive. Everything else is in place. */
	int (*arm)(struct device *device, struct err *err);
	/*
	 * Undo arm: the lines are masked and low, nothing arrives any more. vCPUs are parked. Also
	 * before destroy.
	 */
	void (*quiesce)(struct device *device);
	/* Registers as at power-on. Called after quiesce, for a guest reset; arm follows. */
	int (*reset)(struct device *device, struct err *err);
	/*
	 * Undo attach, also half of it, while the VM is still there; the device keeps what it has
	 * of the host, for destroy. NULL: nothing of it has to outlive the VM, destroy comes in its
	 * place.
	 */
	void (*detach)(struct device *device);
	/* NULL and half-built devices are fine. Needs nothing of the VM when detach came before. */
	void (*destroy)(struct device *device);

	/*
	 * Ask the guest to power off, as its power key does; at any time the vCPUs run. NULL: it
	 * cannot.
	 */
	void (*press_power_key)(struct device *device);
	/* Path of its node for /chosen/stdout-path: the guest's console. NULL: it is none. */
	const char *stdout_path;
};

/*
 * The clock node DT_PHANDLE_APB_PCLK, a child of the root, that every PrimeCell refers to, emulated
 * or assigned (bindings/clock/fixed-clock.yaml).
 */
void dt_describe_apb_pclk(struct dt *dt);

/* The helpers that walk all devices in order live in vmm/machine/build.c and vmm/machine/reset.c.
 */

#endif
