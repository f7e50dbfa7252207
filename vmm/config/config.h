/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CONFIG_CONFIG_H
#define VMM_CONFIG_CONFIG_H

#include "arch/arch.h"
#include "arch/common/vgic.h"
#include "devices/device.h"
#include "vfio/vfio.h"
#include "vmm/base/arena.h"
#include "vmm/base/log.h"
#include "vmm/sandbox/sandbox.h"

#define VM_MAX_VCPUS  512 /* what the memory map has redistributors for: MEMMAP_GICV3_N_REDIST */
#define VM_MAX_MEMORY (16ULL << 40) /* bytes; more is a slip of the pen */

/* Words of 64 host CPUs per vCPU in vm_config.affinity, as struct vcpu_start wants them. */
#define VM_AFFINITY_WORDS 16

/* A version of Linux as a number that can be compared. */
#define HOST_KERNEL(major, minor) ((major)*1000 + (minor))

/* What the [host] section of a file wants of the host; NULL: nothing. Lists have spaces between. */
struct config_host {
	const char *compatible;  /* the board: one of these, of the root of its device tree */
	const char *kernel;      /* "6.2", "4.5-5.6" … */
	unsigned int kernel_min; /* … as HOST_KERNEL(), both included */
	unsigned int kernel_max; /* 0: any */
	const char *modules;     /* to be loaded */
	const char *options;     /* of the kernel's configuration, without CONFIG_ */
};

struct passed_fds;

/*
 * What the user wants of a VM: plain data, filled from a file and the command line, then complete
 * and consistent after config_finish(). NULL: not given. Paths are usable from the current
 * directory. All strings, here and in the devices, live until config_destroy().
 */
struct vm_config {
	const char *name;   /* of the VM, for messages; never NULL after config_finish() */
	const char *kernel; /* never NULL after config_finish() */
	const char *initrd;
	const char *append;
	unsigned int n_vcpus;
	uint64_t memory;      /* bytes, a multiple of RAM_ALIGN */
	uint64_t memory_base; /* where RAM begins; RAM_ANYWHERE: not given */
	const char *mem_path; /* hugetlbfs directory */
	const char *memory_file;
	uint64_t memory_offset; /* in memory_file */
	bool prealloc;
	/* with iommu=none: the user knows what may happen */
	bool allow_unsafe_dma;
	bool allow_unsafe_reset;
	bool allow_movable_memory;
	enum vgic_version irqchip;
	enum vfio_backend iommu;
	enum arch_switch pmu;
	enum arch_switch sve;
	enum arch_switch pauth;
	enum arch_switch aarch32;
	/* n_vcpus bit sets of host CPUs, none empty; NULL: anywhere */
	uint64_t (*affinity)[VM_AFFINITY_WORDS];
	unsigned int rt_priority;  /* 0: ordinary scheduling */
	const char *console;       /* as console_create() takes it */
	bool keeper;               /* a process of its own brings the devices back */
	bool bind;                 /* bind the devices for the run */
	bool default_devices;      /* config_finish() shall add them */
	unsigned int stop_timeout; /* seconds */
	struct sandbox_config sandbox;
	const char *fds;           /* descriptors that were passed: WHICH,… (passed_fds.h) */
	struct passed_fds *passed; /* those; whoever finds them sets it. NULL: none */
	const char *dump_dtb;
	const char *stats;   /* "-": the standard output */
	unsigned int traces; /* enum trace, ORed */
	enum log_level log_level;

	struct device_config *devices; /* the file's, the command line's, the default ones */
	unsigned int n_devices;

	const char *use;             /* names of the file's devices to take; NULL: all */
	unsigned int n_file_devices; /* so many of the devices, the first, are a file's */
	struct config_host host;
	bool force_board; /* run although config_host.compatible is another board */

	const char *affinity_text; /* for config_finish(), which knows the number of vCPUs */
	const char *affinity_where;
	struct arena arena; /* owns every string */
};

/* The defaults. */
void config_init(struct vm_config *config);

/*
 * Read a file of [vm] and [device NAME] sections into @config. An error names file and line. Comes
 * before whatever overrides the file's values.
 */
int config_load(struct vm_config *config, const char *path, struct err *err);

/*
 * Add the device of "TYPE,key=value,…" (a comma in a value is doubled; id=NAME names the device).
 * @where as in struct device_setting.
 */
int config_add_device(struct vm_config *config, const char *text, const char *where,
		      struct err *err);

/* The same for the host's device @host, a kept string, to be assigned as it is. */
int config_add_host_device(struct vm_config *config, const char *host, const char *where,
			   struct err *err);

/* The VM's name is that of the file @path, without directory and ".conf"; NULL without memory,
 * which the arena tells. */
void config_name_after(struct vm_config *config, const char *path);

/*
 * Everything is said: check what only shows as a whole (a kernel is there, cpu-affinity fits the
 * vCPUs, each device's keys are its class's, names are unique) and add the default devices that
 * this dais was built with.
 */
int config_finish(struct vm_config *config, struct err *err);

/* The part of it that is about devices, for those who start no guest. */
int config_finish_devices(struct vm_config *config, struct err *err);

/* Those of this process's descriptors that @config names. */
int config_find_passed(const struct vm_config *config, struct passed_fds *passed, struct err *err);

/*
 * The host is one of those that the file is for: a word of [host] compatible stands in the root's
 * "compatible" of the host's device tree, or the file names none. -EINVAL and @err: it is another,
 * which is named.
 */
int board_check(const struct vm_config *config, struct err *err);

void config_destroy(struct vm_config *config);

/*
 * A device without class and settings, good until the next is added; config_finish() makes a name
 * when @name is NULL. The strings, here and below, must be kept ones. NULL and @err filled when
 * memory ran out.
 */
struct device_config *config_new_device(struct vm_config *config, const char *name,
					const char *where, struct err *err);
/* Its class by name, or an error that says which is the nearest. */
int device_config_set_type(struct device_config *device, const char *type, const char *where,
			   struct err *err);
/* The keys of the [host] section; their target is struct vm_config. */
extern const struct option host_options[];
int device_config_add(struct device_config *device, const char *key, const char *value,
		      const char *where, struct err *err);

#endif
