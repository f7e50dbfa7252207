/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_LAYOUT_H
#define GUEST_LIB_LAYOUT_H

/* What start.S and the C code share; nothing but #define here. */

#define MAX_CPUS   32
#define STACK_SIZE 4096

/*
 * Arm ARM, VMSAv8-64 block descriptors at level 1 (1 GiB): valid, access flag, inner shareable,
 * MAIR index (0: Normal write-back, 1: Device-nGnRE, 2: Normal non-cacheable); execute never is
 * bit 53.
 */
#define PTE_NORMAL 0x701
#define PTE_DEVICE 0x405
#define PTE_NC     0x709
#define PTE_XN     0x20000000000000
#define BLOCK_SIZE 0x40000000UL

#endif
