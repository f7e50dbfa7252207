/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_VM_H
#define VMM_CORE_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/core/event_loop.h"
#include "vmm/core/kvm.h"
#include "vmm/core/memmap.h"
#include "vmm/core/mmio.h"
#include "vmm/core/ram/ram.h"

struct vcpu;
struct vgic;
struct platform_bus;
struct console;
struct vfio;

/* Why the vCPUs do not run (any more); a later request of higher value replaces an earlier one. */
enum vm_request {
	VM_REQUEST_NONE,
	VM_REQUEST_RESET,    /* the guest asked for a reset (PSCI SYSTEM_RESET) */
	VM_REQUEST_POWEROFF, /* the guest powered itself off (PSCI SYSTEM_OFF) */
	VM_REQUEST_EXIT,     /* the test device ended the run; status in vm->exit_status */
	VM_REQUEST_CRASH,    /* the guest crashed, or a vCPU cannot go on; vm->crash says why */
	VM_REQUEST_STOP,     /* the user or a signal stopped it */
};

/* A call of the guest's by HVC that dais serves; all others are KVM's (PSCI and more). */
struct hypercall {
	uint32_t function;
	int64_t (*call)(void *opaque); /* what it returns in x0; on the thread of the vCPU */
	void *opaque;
};

/* What the thread of a vCPU has the main thread do: vm_run_on_main(). */
struct vm_errand {
	void (*run)(void *opaque);
	void *opaque;
	struct vm_errand *next;
	bool is_done;
};

/*
 * One guest. The core owns what is written out here; the pointers belong to upper layers, and
 * build.c alone creates and destroys those. Zeroed by vm_init(), which also sets every fd to -1, so
 * that each destroy function works from there on.
 */
struct vm {
	struct kvm kvm;
	int fd; /* the KVM VM */
	struct memmap memmap;
	struct ram ram;
	struct mmio_table mmio;
	struct event_loop loop;
	uint32_t n_memslots;
	size_t coalesced; /* coalesced.h: where the ring is behind a vCPU's state; 0: there is none
			   */

	struct vcpu *vcpus; /* array of n_vcpus */
	unsigned int n_vcpus;
	uint64_t pc_reg;     /* id of the program counter, for messages; 0: not told yet */
	uint64_t result_reg; /* of the register that a call returns its result in */
	struct hypercall hypercall;

	/* stop, park and reset: see vm_request() and vcpus_park() */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int request_fd;            /* eventfd: a request is there, for the main loop */
	unsigned int request;      /* enum vm_request; atomic */
	uint8_t *at_work;          /* AT_WORK_*, or NULL; build.c's */
	int exit_status;           /* with VM_REQUEST_EXIT and _CRASH; under lock */
	struct err crash;          /* with VM_REQUEST_CRASH; under lock */
	unsigned int park;         /* atomic: vCPU threads are to leave KVM_RUN and wait */
	unsigned int quit;         /* under lock: … and to end */
	unsigned int n_parked;     /* under lock */
	struct vm_errand *errands; /* under lock: not begun */
	unsigned int n_resets;     /* guest resets so far; main thread writes, any reads (atomic) */

	struct vgic *vgic;
	struct platform_bus *bus;
	struct console *console;
	struct vfio *vfio;
	struct passed_fds *passed; /* for who is given one; NULL: none were; build.c's */
	/* Its tree is all that is wanted: nobody has to serve its devices. build.c's */
	bool only_described;
};

void vm_init(struct vm *vm);

/* KVM_CREATE_VM: of the address space that KVM offers. Returns as sys_ioctl. */
int kvm_vm_create(const struct kvm *kvm);
/* The same with vm->kvm, which is open, as what dais is for; also vm->request_fd. */
int vm_create(struct vm *vm, struct err *err);

/*
 * Put [hva, hva + size) at @gpa in stage 2. All page-aligned. Returns the slot number (>= 0) or a
 * negative errno; slots are given out in order and never reused. @what names it in messages.
 * @read_only: writes trap (KVM_MEM_READONLY).
 */
int vm_memslot_add(struct vm *vm, uint64_t gpa, uint64_t size, void *hva, bool read_only,
		   const char *what, struct err *err);
/*
 * Empty a slot that vm_memslot_add() gave (@hva NULL), or fill an empty one again, at the same
 * place. While it is empty, accesses there trap. The vCPUs may run. Returns as sys_ioctl.
 */
int vm_memslot_change(struct vm *vm, int slot, uint64_t gpa, uint64_t size, void *hva,
		      bool read_only);

/*
 * KVM_CREATE_DEVICE (returns the descriptor, the caller's; 0 for @test_only), and attributes of
 * such a device or vCPU fd. Return as sys_ioctl; set no message.
 */
int kvm_device_create(struct vm *vm, uint32_t type, bool test_only);
int kvm_attr_set(int fd, uint32_t group, uint64_t attr, const void *value);
int kvm_attr_get(int fd, uint32_t group, uint64_t attr, void *value);
bool kvm_attr_has(int fd, uint32_t group, uint64_t attr);

/*
 * KVM hands this call to dais: once, before the first KVM_RUN (KVM's filter:
 * Documentation/virt/kvm/ devices/vm.rst, group KVM_ARM_VM_SMCCC_CTRL). An error where KVM cannot:
 * kernels before 6.4, and 32-bit ones.
 */
int vm_take_hypercall(struct vm *vm, const struct hypercall *hypercall, struct err *err);

/*
 * Ask the main thread to stop or reset the guest; makes vm->request_fd readable. Any thread; the
 * first request of the highest value wins. A vCPU that asked, and any other at its next exit, parks
 * itself. vm_request_crash() copies @err; the program ends with its status, or
 * EXIT_STATUS_GUEST_CRASH.
 */
void vm_request(struct vm *vm, enum vm_request request);
void vm_request_exit(struct vm *vm, int exit_status);
void vm_request_crash(struct vm *vm, const struct err *err);
/* The request that is pending; main thread. Empties vm->request_fd. */
enum vm_request vm_request_pending(struct vm *vm);
/* Forget a reset that has been served, before vcpus_release(); a higher request stays. */
void vm_request_clear_reset(struct vm *vm);

/*
 * On the thread of a vCPU: have the main thread call @run, which may ask of the kernel what a vCPU
 * may not, and wait until it has. The main thread does so in its loop, and while it parks vCPUs.
 * The caller holds no lock that is taken on the main thread.
 */
void vm_run_on_main(struct vm *vm, void (*run)(void *opaque), void *opaque);
/*
 * Main thread, with vm->lock, which is given up meanwhile: run one that waits; vm->request_fd tells
 * when. False: none does.
 */
bool vm_run_errand(struct vm *vm);

/*
 * Closes and frees all that the core owns here: event loop, VM, RAM, and vm->kvm. vCPUs must be
 * gone. After vm_init() it can be called at any state of the build, once.
 */
void vm_destroy(struct vm *vm);

#endif
