/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_ARM_CPU_H
#define GUEST_ARM_CPU_H

/*
 * guest/lib/cpu.h for 32-bit guests: the same names. System registers have those of arm64; here
 * they are registers of cp15 (Arm ARM, part G, "AArch32 System register encodings").
 */
#include <stdint.h>

#define REG_mpidr_el1       32, "p15, 0, %0, c0, c0, 5"
#define REG_sctlr_el1       32, "p15, 0, %0, c1, c0, 0"
#define REG_tpidr_el1       32, "p15, 0, %0, c13, c0, 4"
#define REG_cntfrq_el0      32, "p15, 0, %0, c14, c0, 0"
#define REG_cntv_ctl_el0    32, "p15, 0, %0, c14, c3, 1"
#define REG_cntvct_el0      64, "p15, 1, %Q0, %R0, c14"
#define REG_cntv_cval_el0   64, "p15, 3, %Q0, %R0, c14"
#define REG_icc_pmr_el1     32, "p15, 0, %0, c4, c6, 0"
#define REG_icc_iar1_el1    32, "p15, 0, %0, c12, c12, 0"
#define REG_icc_eoir1_el1   32, "p15, 0, %0, c12, c12, 1"
#define REG_icc_sre_el1     32, "p15, 0, %0, c12, c12, 5"
#define REG_icc_igrpen1_el1 32, "p15, 0, %0, c12, c12, 7"
#define REG_icc_sgi1r_el1   64, "p15, 0, %Q0, %R0, c12"

#define cp_read32(where)                                                \
	({                                                              \
		uint32_t cp_value_;                                     \
		asm volatile("mrc " where : "=r"(cp_value_)::"memory"); \
		(uint64_t) cp_value_;                                   \
	})
#define cp_read64(where)                                                 \
	({                                                               \
		uint64_t cp_value_;                                      \
		asm volatile("mrrc " where : "=r"(cp_value_)::"memory"); \
		cp_value_;                                               \
	})
#define cp_write32(value, where) asm volatile("mcr " where ::"r"((uint32_t)(value)) : "memory")
#define cp_write64(value, where) asm volatile("mcrr " where ::"r"((uint64_t)(value)) : "memory")

#define cp_read_(bits, where)         cp_read##bits(where)
#define cp_read(...)                  cp_read_(__VA_ARGS__)
#define cp_write_(value, bits, where) cp_write##bits(value, where)
#define cp_write(value, ...)          cp_write_(value, __VA_ARGS__)

#define sysreg_read(reg)         cp_read(REG_##reg)
#define sysreg_write(reg, value) cp_write(value, REG_##reg)

#define isb() asm volatile("isb" ::: "memory")
#define dsb() asm volatile("dsb sy" ::: "memory")
#define wfi() asm volatile("dsb sy; wfi" ::: "memory")

/* One load or store each, of a form whose syndrome is valid. */
#define MMIO_ACCESSORS(bits, suffix)                                              \
	static inline uint##bits##_t mmio_read##bits(uintptr_t addr)              \
	{                                                                         \
		uint##bits##_t value;                                             \
		asm volatile("ldr" suffix " %0, [%1]; dsb sy"                     \
			     : "=r"(value)                                        \
			     : "r"(addr)                                          \
			     : "memory");                                         \
		return value;                                                     \
	}                                                                         \
	static inline void mmio_write##bits(uintptr_t addr, uint##bits##_t value) \
	{                                                                         \
		asm volatile("dsb sy; str" suffix " %0, [%1]"                     \
			     :                                                    \
			     : "r"(value), "r"(addr)                              \
			     : "memory");                                         \
	}

MMIO_ACCESSORS(8, "b")
MMIO_ACCESSORS(16, "h")
MMIO_ACCESSORS(32, "")

/* There is no such access with a valid syndrome. */
static inline uint64_t mmio_read64(uintptr_t addr)
{
	return mmio_read32(addr) | (uint64_t)mmio_read32(addr + 4) << 32;
}

static inline void mmio_write64(uintptr_t addr, uint64_t value)
{
	mmio_write32(addr, (uint32_t)value);
	mmio_write32(addr + 4, (uint32_t)(value >> 32));
}

static inline uint64_t cpu_mpidr(void)
{
	return sysreg_read(mpidr_el1) & 0xffffff;
}

static inline uint64_t time_now(void)
{
	isb();
	return sysreg_read(cntvct_el0);
}

/* Without a division of 64 bits, which only a library has. */
static inline uint64_t time_ticks(uint64_t ms)
{
	return ms * ((uint32_t)sysreg_read(cntfrq_el0) / 1000);
}

static inline void time_delay(uint64_t ms)
{
	uint64_t end = time_now() + time_ticks(ms);

	while (time_now() < end)
		;
}

static inline void irq_mask(void)
{
	asm volatile("cpsid i" ::: "memory");
}

static inline void irq_unmask(void)
{
	asm volatile("cpsie i; isb" ::: "memory");
}

#endif
