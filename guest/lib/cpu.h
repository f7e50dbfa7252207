/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_CPU_H
#define GUEST_LIB_CPU_H

/* System registers, barriers and MMIO. */
#include <stdint.h>

#ifdef __arm__
#include "guest/arm/cpu.h"
#else

#define sysreg_read(reg)                                                       \
	({                                                                     \
		uint64_t sysreg_value_;                                        \
		asm volatile("mrs %0, " #reg : "=r"(sysreg_value_)::"memory"); \
		sysreg_value_;                                                 \
	})
#define sysreg_write(reg, value) \
	asm volatile("msr " #reg ", %x0" ::"rZ"((uint64_t)(value)) : "memory")

#define isb() asm volatile("isb" ::: "memory")
#define dsb() asm volatile("dsb sy" ::: "memory")
#define wfi() asm volatile("dsb sy; wfi" ::: "memory")

/*
 * One load or store each, with a plain base register: the forms whose syndrome is valid (Arm ARM,
 * ESR_ELx.ISV), so that a VMM can emulate them. The barriers order them against accesses to memory
 * that a device reads or writes.
 */
#define MMIO_ACCESSORS(bits, width, suffix)                                       \
	static inline uint##bits##_t mmio_read##bits(uintptr_t addr)              \
	{                                                                         \
		uint##bits##_t value;                                             \
		asm volatile("ldr" suffix " %" width "0, [%1]; dsb sy"            \
			     : "=r"(value)                                        \
			     : "r"(addr)                                          \
			     : "memory");                                         \
		return value;                                                     \
	}                                                                         \
	static inline void mmio_write##bits(uintptr_t addr, uint##bits##_t value) \
	{                                                                         \
		asm volatile("dsb sy; str" suffix " %" width "0, [%1]"            \
			     :                                                    \
			     : "rZ"(value), "r"(addr)                             \
			     : "memory");                                         \
	}

MMIO_ACCESSORS(8, "w", "b")
MMIO_ACCESSORS(16, "w", "h")
MMIO_ACCESSORS(32, "w", "")
MMIO_ACCESSORS(64, "x", "")

/* @width: 1, 2, 4 or 8 bytes. */
static inline uint64_t mmio_read(uintptr_t addr, unsigned int width)
{
	switch (width) {
	case 1:
		return mmio_read8(addr);
	case 2:
		return mmio_read16(addr);
	case 4:
		return mmio_read32(addr);
	default:
		return mmio_read64(addr);
	}
}

static inline void mmio_write(uintptr_t addr, unsigned int width, uint64_t value)
{
	switch (width) {
	case 1:
		mmio_write8(addr, (uint8_t)value);
		break;
	case 2:
		mmio_write16(addr, (uint16_t)value);
		break;
	case 4:
		mmio_write32(addr, (uint32_t)value);
		break;
	default:
		mmio_write64(addr, value);
		break;
	}
}

static inline void atomic_add(volatile uint32_t *counter, uint32_t n)
{
	uint32_t value, failed;

	asm volatile(
		"1: ldxr %w0, [%2]; add %w0, %w0, %w3; stxr %w1, %w0, [%2]; cbnz %w1, 1b; dmb ish"
		: "=&r"(value), "=&r"(failed)
		: "r"(counter), "r"(n)
		: "memory");
}

/* Index of the calling CPU; 0 is the boot CPU. */
static inline unsigned int cpu_id(void)
{
	return (unsigned int)sysreg_read(tpidr_el1);
}

static inline uint64_t cpu_mpidr(void)
{
	return sysreg_read(mpidr_el1) & 0xff00ffffffUL;
}

static inline uint64_t time_now(void)
{
	isb();
	return sysreg_read(cntvct_el0);
}

static inline uint64_t time_ticks(uint64_t ms)
{
	return ms * sysreg_read(cntfrq_el0) / 1000;
}

static inline void time_delay(uint64_t ms)
{
	uint64_t end = time_now() + time_ticks(ms);

	while (time_now() < end)
		;
}

static inline void irq_mask(void)
{
	asm volatile("msr daifset, #2" ::: "memory");
}

static inline void irq_unmask(void)
{
	asm volatile("msr daifclr, #2; isb" ::: "memory");
}

#endif /* __arm__ */

#endif
