/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_MEMMAP_H
#define VMM_CORE_MEMMAP_H

/* clang-format off */
/*
 * The guest's physical address space. Every address constant of dais derives from this file.
 *
 *	0x0000_0000 ┌──────────────────────────────┐
 *	            │ nothing: null pointers fault │
 *	0x0800_0000 ├──────────────────────────────┤ as IOVA: the host's MSI window (Linux's
 *	            │ nothing                      │ MSI_IOVA_BASE), so no RAM, ever
 *	0x0900_0000 ├──────────────────────────────┤
 *	            │ emulated devices             │ slots of 64 KiB: the largest page fits
 *	0x0a00_0000 ├──────────────────────────────┤
 *	            │ GIC distributor              │
 *	0x0a01_0000 ├──────────────────────────────┤
 *	            │ GICv2 CPU interface          │
 *	0x0c00_0000 ├──────────────────────────────┤
 *	            │ GICv3 redistributors         │ 128 KiB per vCPU, 512 of them
 *	0x1000_0000 ├──────────────────────────────┤
 *	            │ platform bus, low window     │ assigned devices, 32-bit addresses
 *	0x4000_0000 ├──────────────────────────────┤
 *	            │ RAM                          │ up to half of the address space, or
 *	            │                              │ all of it, where it has 32 bits
 *	  half      ├──────────────────────────────┤
 *	            │ platform bus, high window    │ what the low window has no room for
 *	  end       └──────────────────────────────┘ 1 << ipa_bits
 */
/* clang-format on */

#include "vmm/base/range.h"

/*
 * RAM whose address is not ours to choose (phys_ram.h) may lie anywhere but between these; the
 * platform bus then leaves its windows to it where they overlap.
 */
#define MEMMAP_FIXED      0x08000000ULL
#define MEMMAP_FIXED_SIZE 0x08000000ULL

#define MEMMAP_SLOT_SIZE      0x00010000ULL /* one emulated device; the largest page size of arm64 */
#define MEMMAP_PL011          0x09000000ULL
#define MEMMAP_PL031          0x09010000ULL
#define MEMMAP_PL061          0x09020000ULL
#define MEMMAP_TEST_DEVICE    0x09030000ULL
#define MEMMAP_GIC_DIST       0x0a000000ULL
#define MEMMAP_GICV2_CPU      0x0a010000ULL
#define MEMMAP_GICV3_REDIST   0x0c000000ULL
#define MEMMAP_GICV3_N_REDIST 512
#define MEMMAP_BUS_LOW        0x10000000ULL
#define MEMMAP_BUS_LOW_SIZE   0x30000000ULL
#define MEMMAP_RAM            0x40000000ULL

/* The parts whose size depends on the host. */
struct memmap {
	unsigned int ipa_bits;
	struct range ram;      /* RAM may lie here */
	struct range bus_low;  /* platform bus windows */
	struct range bus_high; /* with 32 bits: at the end, of size 0 */
};

/*
 * @ipa_bits: size of the guest's physical address space, 32 to 52: what KVM offers
 * (KVM_CAP_ARM_VM_IPA_SIZE) or, for a 32-bit guest, 32.
 */
void memmap_init(struct memmap *map, unsigned int ipa_bits);

#endif
