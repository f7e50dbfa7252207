/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_DEVICE_H
#define DEVICES_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/option.h"

struct dt;
struct emulated_type;
struct vm;

/*
 * One "key = value" the user gave; @where is "disk.conf:12" or "--device". Strings belong to the
 * configuration. The keys of a class are options whose target is this struct: their setters put
 * what the value means into the members below @where, and a user of the key knows into which.
 */
struct device_setting {
	const char *key; /* with its index or name: "gpa.1", "clock.bus" */
	const char *value;
	const char *where;
	const char *text;
	uint64_t number;
	unsigned int choice;
	bool on;
};

/* A row of such a table; @field: a member of struct device_setting. */
#define DEVICE_KEY(...) OPTION(struct device_setting, __VA_ARGS__)

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
/* One of its members; @otherwise when it is not given. */
#define device_config_get(config, key, index, member, otherwise)                                \
	({                                                                                      \
		const struct device_setting *device_config_setting =                            \
			device_config_find(config, key, index);                                 \
		device_config_setting ? device_config_setting->member                           \
				      : (__typeof__(device_config_setting->member))(otherwise); \
	})
/*
 * Call @place for each of @n devices: first those of which the user said where in the guest they
 * are to be, for what is placed freely must not take what another device was promised.
 */
int device_configs_place(const struct device_config *configs, unsigned int n,
			 int (*place)(void *opaque, unsigned int i, struct err *err), void *opaque,
			 struct err *err);
/* The number behind the highest SPI that the user chose for it; 0: none. */
uint64_t device_config_spis_end(const struct device_config *config);
/*
 * Judge all settings: each key is one of the class's, given once (unless it joins), with a value
 * that makes sense by itself; else an error that names the place, and the nearest key. @arena keeps
 * what is made of values; NULL: paths are not made relative, texts are kept as they are.
 */
int device_config_judge(struct device_config *config, struct arena *arena, struct err *err);

/* Base of every device; embedded as the first member of its own struct. */
struct device {
	const struct device_class *class;
	struct vm *vm;
	const char *name;    /* the configuration's */
	unsigned int n_spis; /* that attach will take, at most */
	/* Other processes are to have guest RAM, in so many pieces at most; 0: none. By create. */
	unsigned int n_ram_pieces;
	/* By create: its kernel's console= where the user names none. NULL: it is none. */
	const char *default_console;
};

/*
 * A kind of device: one const object per file, listed in vmm/cli/registry.c. Calls in the order of
 * the members; those from quiesce on are for a guest reset or the end. All on the main thread. NULL
 * means "nothing to do", except create, attach and destroy.
 */
struct device_class {
	const char *name;
	const char *help;
	const struct option *keys;            /* their target: struct device_setting; NULL: none */
	const struct emulated_type *emulated; /* devices/emulated.h; NULL: it is another */

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

/* The key "spi", for emulated devices, which have no others, and no other devices these. */
extern const struct option emulated_keys[];

/*
 * The clock node DT_PHANDLE_APB_PCLK, a child of the root, that every PrimeCell refers to, emulated
 * or assigned (bindings/clock/fixed-clock.yaml).
 */
void dt_describe_apb_pclk(struct dt *dt);

/* The helpers that walk all devices in order live in vmm/machine/build.c and vmm/machine/reset.c.
 */

#endif
