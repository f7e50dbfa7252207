// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/policy.h"

#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <sys/ioctl.h>

#include "arch/common/kvm_arm.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/built.h"

const char *sandbox_role_name(enum sandbox_role role)
{
	static const char *const names[N_SANDBOX_ROLES] = {
		[SANDBOX_MAIN] = "main loop",
		[SANDBOX_VCPU] = "vCPU",
		[SANDBOX_KEEPER] = "keeper",
	};

	return names[role];
}

/* clang-format off */
#define CALL(name, roles, why)               { #name, roles, SANDBOX_ANY, why }
#define CALL_IF(name, condition, roles, why) { #name, roles, SANDBOX_##condition, why }

const struct sandbox_call sandbox_calls[] = {
	/* descriptors that are open already */
	CALL(read,                 FOR_ALL,    "console input, timers, eventfds, signals"),
	CALL(write,                FOR_ALL,    "console output, eventfds, messages"),
	CALL(writev,               FOR_ALL,    "messages of the C library"),
	CALL(sendmsg,              BUILT_IF(VIRTIO, FOR_MAIN, 0), "requests to those who serve virtio devices, with eventfds"),
	CALL(pread64,              FOR_ALL,    "trapped registers; statistics; images and places of RAM at a guest reset"),
	CALL(pwrite64,             FOR_ALL,    "trapped registers; the lock of records"),
	CALL(close,                FOR_ALL,    "the end"),
	CALL(fstat,                FOR_MAIN | FOR_KEEPER, "the C library, before it writes to a file; directories"),
	CALL(lseek,                FOR_MAIN | FOR_KEEPER, "the C library, on files that it writes; sysfs files that are read again"),
	/* files by their path, in the keeper only: sysfs and its records */
	CALL(openat,               FOR_KEEPER, "records; the driver of a device"),
	CALL(readlinkat,           FOR_KEEPER, "which driver a device has"),
	CALL(getdents64,           FOR_KEEPER, "directories"),
	CALL(unlinkat,             FOR_KEEPER, "records; guest RAM of a device without IOMMU"),
	CALL(renameat,             FOR_KEEPER, "records"),
	CALL(renameat2,            FOR_KEEPER, "records, where there is no renameat"),
	CALL(fchmod,               FOR_KEEPER, "records"),
	CALL(fchmodat,             FOR_KEEPER, "records"),
	CALL(mkdirat,              FOR_KEEPER, "records"),
	CALL(flock,                FOR_KEEPER, "records"),
	/* the VMM, in the keeper only */
	CALL(waitid,               FOR_KEEPER, "the end of the VMM"),
	CALL(pidfd_send_signal,    BUILT_IF(VIRTIO_BACK_ENDS, FOR_KEEPER, 0), "the end of what serves a disk or a directory"),
	CALL(rt_sigtimedwait,      FOR_KEEPER, "signals, which it passes on"),
	CALL_IF(kill, OWN_VMM,     FOR_KEEPER, "signals, which it passes on"),
	/* waiting */
	CALL(ppoll,                FOR_ALL,    "a message to a reader who is slow"),
	CALL(epoll_pwait,          FOR_MAIN,   "the main loop"),
	CALL(epoll_ctl,            FOR_MAIN,   "console flow control; sources that come and go"),
	CALL(timerfd_settime,      FOR_VMM,    "alarms of the PL031, bursts of the PL011, quiet times of mode eventfd"),
	CALL(futex,                FOR_ALL,    "locks; parking of vCPUs"),
	CALL(restart_syscall,      FOR_ALL,    "a wait that a stop signal interrupted"),
	CALL(clock_gettime,        FOR_ALL,    "time, where the vDSO cannot tell"),
	CALL(gettimeofday,         FOR_ALL,    "time, on a C library that asks in the old way"),
	/* signals */
	CALL(rt_sigprocmask,       FOR_ALL,    "terminal modes; the end of a thread"),
	CALL(rt_sigreturn,         FOR_VCPU,   "after the signal that stops a vCPU"),
	CALL_IF(tgkill, OWN_PROCESS, FOR_MAIN, "stops a vCPU; abort()"),
	CALL(getpid,               FOR_VMM,    "pthread_kill()"),
	CALL(gettid,               FOR_VMM,    "pthread_kill(), abort()"),
	/* memory, never executable */
	CALL(brk,                  FOR_ALL,    "malloc()"),
	CALL_IF(mprotect, NOT_EXEC, FOR_VMM,   "malloc() in a thread"),
	CALL(mremap,               FOR_ALL,    "realloc()"),
	CALL(munmap,               FOR_ALL,    "free(), thread stacks, regions at the end"),
	CALL(madvise,              FOR_VMM,    "RAM at a guest reset, thread stacks"),
	/* the rest */
	CALL_IF(prlimit64, READ_LIMIT, FOR_MAIN, "the message of a DMA mapping that fails"),
	CALL(getrandom,            FOR_VMM,    "seeds of a guest after a reset; malloc()"),
	CALL(eventfd2,             FOR_MAIN,   "interrupts that are wired again after a guest reset"),
	CALL(exit,                 FOR_VMM,    "the end of a thread"),
	CALL(exit_group,           FOR_ALL,    "the end"),
	/* each architecture has one of these */
	CALL_IF(mmap, NOT_EXEC,    FOR_ALL,    "malloc()"),
	CALL(newfstatat,           FOR_MAIN | FOR_KEEPER, "fstat(); whether a device is there"),
	/* 32-bit ones: other names, and time in 64 bits where the kernel has it */
	CALL_IF(mmap2, NOT_EXEC,   FOR_ALL,    "malloc()"),
	CALL(fstat64,              FOR_MAIN | FOR_KEEPER, "fstat()"),
	CALL(fstatat64,            FOR_MAIN | FOR_KEEPER, "fstat(); whether a device is there"),
	CALL(statx,                FOR_MAIN | FOR_KEEPER | ONLY_32BIT, "fstat(); whether a device is there"),
	CALL(_llseek,              FOR_MAIN | FOR_KEEPER, "lseek()"),
	CALL(ppoll_time64,         FOR_ALL,    "ppoll()"),
	CALL(futex_time64,         FOR_ALL,    "futex()"),
	CALL(clock_gettime64,      FOR_ALL,    "clock_gettime()"),
	CALL(timerfd_settime64,    FOR_VMM,    "timerfd_settime()"),
	CALL(rt_sigtimedwait_time64, FOR_KEEPER, "rt_sigtimedwait()"),
	CALL(sigreturn,            FOR_VCPU,   "after the signal that stops a vCPU"),
	/* those that are older than the calls that replace these */
	CALL(poll,                 FOR_ALL,    "ppoll()"),
	CALL(epoll_wait,           FOR_MAIN,   "epoll_pwait()"),
	CALL(cacheflush,           FOR_VMM,    "the compiler's, on 32-bit Arm"),
	{ "", 0, 0, "" },
};

#define IOCTL(request, file, roles, why) { (uint32_t)(request), #request, SANDBOX_##file, roles, why }

const struct sandbox_ioctl sandbox_ioctls[] = {
	IOCTL(KVM_RUN,                    OWN_VCPU,    FOR_VCPU, "the guest"),
	IOCTL(KVM_GET_ONE_REG,            OWN_VCPU,    FOR_VCPU, "where a guest crashed"),
	IOCTL(KVM_GET_ONE_REG,            ANY_VCPU,    FOR_MAIN, "a guest reset"),
	IOCTL(KVM_SET_ONE_REG,            ANY_VCPU,    FOR_VMM,  "a guest reset; what a call of the guest returns (SCMI)"),
	IOCTL(KVMARM_VCPU_INIT,           ANY_VCPU,    FOR_MAIN, "a guest reset"),
	IOCTL(KVM_IRQ_LINE,               VM,          FOR_VMM,  "interrupts of emulated devices, mode eventfd"),
	IOCTL(KVM_IRQFD,                  VM,          FOR_MAIN, "a guest reset; the end"),
	IOCTL(KVM_IOEVENTFD,              VM,          FOR_MAIN | BUILT_IF(PL011, FOR_VCPU, 0), "a UART is set up; the end"),
	IOCTL(KVM_SET_USER_MEMORY_REGION, VM,          FOR_VMM,  "mode eventfd traps a page for a while; a device that goes off (SCMI); a UART with input"),
	IOCTL(KVM_REGISTER_COALESCED_MMIO, VM,         BUILT_IF(PL011, FOR_MAIN, 0), "a guest begins to print"),
	IOCTL(KVM_UNREGISTER_COALESCED_MMIO, VM,       BUILT_IF(PL011, FOR_MAIN, 0), "it has printed"),
	IOCTL(KVM_SET_DEVICE_ATTR,        KVM_DEVICE,  FOR_MAIN, "a guest reset; forwarded interrupts"),
	IOCTL(KVM_GET_DEVICE_ATTR,        KVM_DEVICE,  FOR_MAIN, "a guest reset; a line that stays up"),
	IOCTL(KVM_HAS_DEVICE_ATTR,        KVM_DEVICE,  FOR_MAIN, "forwarded interrupts"),
	IOCTL(VHOST_SET_FEATURES,          VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "features of virtio devices that the kernel serves"),
	IOCTL(VHOST_SET_VRING_NUM,         VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "their queues, when a driver of the guest's begins"),
	IOCTL(VHOST_SET_VRING_BASE,        VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "their queues"),
	IOCTL(VHOST_SET_VRING_ADDR,        VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "their queues"),
	IOCTL(VHOST_SET_VRING_CALL,        VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "their interrupts"),
	IOCTL(VHOST_SET_VRING_ERR,         VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "their errors"),
	IOCTL(VHOST_SET_VRING_KICK,        VHOST,       BUILT_IF(VHOST, FOR_MAIN, 0), "what the guest notifies"),
	IOCTL(VHOST_NET_SET_BACKEND,       VHOST,       BUILT_IF(VIRTIO_NET, FOR_MAIN, 0), "the tap of a network card begins and ends"),
	IOCTL(TUNSETOFFLOAD,               VHOST,       BUILT_IF(VIRTIO_NET, FOR_MAIN, 0), "checksums and long packets that the guest's driver takes"),
	IOCTL(VHOST_VSOCK_SET_RUNNING,     VHOST,       BUILT_IF(VIRTIO_VSOCK, FOR_MAIN, 0), "a vsock begins and ends"),
	IOCTL(VFIO_DEVICE_SET_IRQS,       VFIO_DEVICE, FOR_ALL,  "masks, unmasks, wires interrupts"),
	IOCTL(VFIO_DEVICE_RESET,          VFIO_DEVICE, FOR_MAIN | FOR_KEEPER, "a guest reset; the end"),
	IOCTL(VFIO_DEVICE_FEATURE,        VFIO_DEVICE, FOR_VMM,  "a guest's clocks, reset lines and power domains (vfio-dais)"),
	IOCTL(VFIO_IOMMU_MAP_DMA,         IOMMU,       FOR_MAIN, "a guest reset (type1)"),
	IOCTL(VFIO_IOMMU_UNMAP_DMA,       IOMMU,       FOR_MAIN | FOR_KEEPER, "a guest reset; the end (type1)"),
	IOCTL(IOAS_MAP,                   IOMMU,       FOR_MAIN, "a guest reset (iommufd)"),
	IOCTL(IOAS_UNMAP,                 IOMMU,       FOR_MAIN | FOR_KEEPER, "a guest reset; the end (iommufd)"),
	IOCTL(TCGETS,                     CONSOLE,     FOR_MAIN | FOR_KEEPER, "the terminal's modes"),
	IOCTL(TCSETS,                     CONSOLE,     FOR_MAIN | FOR_KEEPER, "the terminal's modes, given back"),
	{ 0, "", 0, 0, "" },
};
/* clang-format on */
