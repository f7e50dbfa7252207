/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_MACHINE_MACHINE_H
#define VMM_MACHINE_MACHINE_H

#include "vmm/config/config.h"
#include "vmm/core/ram/phys_ram.h"
#include "vmm/core/vm.h"
#include "vmm/machine/keeper.h"

struct device;
struct resample_vm;
struct vfio_claims;
struct vfio_irq_count;

#define MACHINE_MAX_STAGES 32

/*
 * A guest with all that belongs to it. Order of calls:
 *
 *	machine_build()		everything but letting the vCPUs go
 *	machine_run()		in the VMM: until the guest or the user ends it; serves guest resets
 *	machine_destroy()	also after a machine_build() that failed
 */
struct machine {
	const struct vm_config *config; /* the caller's; outlives the machine */
	struct vm vm;
	struct boot_files files;
	struct arch_cpu_config cpus;
	struct arch_boot boot;     /* where the images stand since the last machine_boot() */
	struct resample_vm *tried; /* a VM that takes long to end; NULL: none */
	struct vfio_claims *claims;
	struct host_tree *host_tree; /* until the devices are taken */
	struct phys_ram phys;        /* with iommu=none */
	char *new_ram;           /* what its file is called until it has its name; NULL: nothing */
	struct device **devices; /* in the configuration's order */
	unsigned int n_devices;
	bool is_confined;      /* this process has entered its sandbox, if there is one */
	unsigned int n_stages; /* of machine_build() that were begun or left out */
	uint64_t stage_ns[MACHINE_MAX_STAGES]; /* how long each took, when it was done */
	unsigned int n_kept; /* the first so many are the keeper's to undo; 0: there is none */
	struct keeper keeper;
	int vmm_status; /* in the keeper: how the VMM ended, as machine_run() returns it */
	bool is_lost;   /* something of the host could not be brought back */
};

/* What a machine is built for; each has all stages of those before it. */
enum machine_goal {
	MACHINE_FOR_DEVICES, /* they are open, and no more: then machine_build_on() */
	MACHINE_FOR_TREE,    /* machine_describe() */
	MACHINE_FOR_TRIAL,   /* machine_run() of a guest of dais' own */
	MACHINE_FOR_RUN,     /* of any; only this one makes claims and has a keeper */
};

/*
 * The stages, their order and which of them @goal needs are the table in build.c. @machine need not
 * be initialised. Returns 0 in the VMM. With a keeper (config->keeper) it returns in both
 * processes: MACHINE_KEPT in the keeper, when the VMM has ended, whose status and @err are
 * machine->vmm_status and @err; then only machine_destroy() is left to do.
 */
#define MACHINE_KEPT 1
int machine_build(struct machine *machine, const struct vm_config *config, enum machine_goal goal,
		  struct err *err);
/*
 * A VMM that has a keeper leaves to it what the keeper has. False: something of the host could not
 * be brought back, which was told.
 */
bool machine_destroy(struct machine *machine);

/*
 * The other stages that @goal needs, of a machine for MACHINE_FOR_DEVICES: in a process that was
 * forked for it, whose machine_destroy() undoes just these.
 */
int machine_build_on(struct machine *machine, enum machine_goal goal, struct err *err);

/* For messages; i < machine->n_stages. */
const char *machine_stage_name(unsigned int i);

/* A stage of machine_build(), or a step of a guest reset; and what undoes a stage. */
typedef int machine_step(struct machine *machine, struct err *err);
typedef void machine_undo(struct machine *machine);

/*
 * The devices' create(), and attach() in the right order. What undoes them works also in the
 * keeper, which has the devices and nothing of the guest; of detached devices those stay that hold
 * something of the host.
 */
machine_step machine_take_devices, machine_attach_devices;
machine_undo machine_give_devices_back, machine_detach_devices;

/*
 * All devices in order: let interrupts come; and in reverse order: nothing comes any more. vCPUs
 * are parked. Between the two, registers as at power-on.
 */
machine_step machine_arm, machine_reset_devices;
machine_undo machine_quiesce;

/*
 * RAM as the configuration says, where devices' IOMMUs let it be; not before all are known, and
 * KVM's address bits. Then its pages, if the configuration wants them now.
 */
machine_step machine_make_ram, machine_prepare_ram, machine_map_dma;
/* Where RAM is in @map, around @holes; of the configuration it wants the memory's size and base. */
int machine_plan_ram(struct ram *ram, const struct memmap *map, const struct vm_config *config,
		     const struct range *holes, unsigned int n_holes, struct err *err);

/* Note for which VM the configuration's devices are, and bind them if it says so; give them back
 * when they are closed (vfio/host/owner.h). */
machine_step machine_claim;
machine_undo machine_return;

/*
 * Stage of machine_build(): set vm->kvm.no_resample, where a device's interrupt hangs on it. The
 * answer is kept below /run/dais until the host boots again, where dais may write there.
 */
int machine_try_resample(struct machine *machine, struct err *err);

/*
 * Load the images into zeroed RAM, write the device tree and set vCPU 0 to the entry. For the first
 * boot and every reset; seeds are fresh each time.
 */
machine_step machine_boot;

/* The guest's device tree as it is now; the caller frees *blob (*size bytes). */
int machine_describe(struct machine *machine, void **blob, size_t *size, struct err *err);

/*
 * For devices without an IOMMU; nothing for others. The file of RAM is opened before the devices
 * and given back after them, when they are known to be quiet; pages are taken when the devices are,
 * whose driver may pin them; it gets a name, and the devices their records, before the guest may
 * tell them of it.
 */
machine_step machine_open_physical, machine_take_physical, machine_name_physical;
machine_undo machine_give_physical_back;
/* RAM that a dais which is gone could not give back; vfio_ram_collect(). */
void machine_collect_physical(uint64_t own, bool may_reset);

/* vCPUs run: stop them and bring everything back to power-on, then let them go again. */
machine_step machine_reset;

/*
 * The signals that end a run: SIGTERM, SIGINT and SIGHUP, but SIGHUP not when it is ignored
 * (nohup).
 */
void machine_stop_signals(sigset_t *signals);

/*
 * Leave those to the main loop, and SIGPIPE to nobody. Before machine_build(): later threads
 * inherit it.
 */
int machine_block_signals(struct err *err);

/*
 * Let the vCPUs go and serve console, signals and resets; machine_block_signals() came before. A
 * signal that came during the build ends the run before it begins. Returns with parked vCPUs: the
 * exit status (>= 0), or a negative errno and @err. With EXIT_STATUS_GUEST_CRASH, or
 * EXIT_STATUS_FAILURE where it is the host that lets no vCPU go on, @err has what happened.
 */
int machine_run(struct machine *machine, struct err *err);

/* Log what it did: exits per vCPU and reason, interrupts per assigned device. Before
 * machine_destroy(). */
void machine_summarize(const struct machine *machine);

/*
 * The interrupts of all assigned devices (vfio_irq_counts()); the caller frees *counts. Returns how
 * many there are, which stays the same for all of a machine's life; 0 also without memory.
 */
unsigned int machine_irq_counts(const struct machine *machine, struct vfio_irq_count **counts);

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

/*
 * Looks for level interrupts of assigned devices that came and that nobody handles: one whose count
 * stands still while its line in the guest's GIC is up. Each is told of once.
 *
 * Once in a period the host's counts are read. Only for an interrupt that has come and then came no
 * more are the vCPUs parked, for as long as it takes to read its line, and once or twice for each
 * pause that the device makes.
 */
struct watch {
	struct machine *machine;
	struct event_timer timer;
	struct watched {
		uint64_t n; /* count at the last look */
		enum watch_state {
			WATCH_MOVES, /* it has come since the look before, or never */
			WATCH_FINE,  /* came no more, and its line is down */
			WATCH_UP,    /* came no more, and its line was up */
			WATCH_TOLD,
		} state;
	} * irqs; /* as machine_irq_counts() has them */
	unsigned int n_irqs;
};

/* Main thread; the event loop is there. Does nothing for a machine without assigned devices. */
int watch_start(struct watch *watch, struct machine *machine, struct err *err);
void watch_stop(struct watch *watch); /* also after a start that failed */

/* One look, the vCPUs run; exposed for tests. */
void watch_look(struct watch *watch);

#endif
