/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_TEST_DEVICE_ABI_H
#define DEVICES_TEST_DEVICE_ABI_H

/*
 * Registers of the test device, as a guest sees them; our own device, this file is its
 * specification. Device tree node: compatible = "dais,test-device"; one region of TEST_SIZE bytes;
 * one level interrupt. All registers are 32 bits wide and little-endian unless it says otherwise.
 * Reads of write-only or unknown offsets give 0; writes to read-only or unknown offsets are
 * ignored. Included by assembler and bare-metal guests too: nothing but #define here.
 */
#define TEST_COMPATIBLE "dais,test-device"
#define TEST_SIZE       0x1000

#define TEST_ID   0x00 /* RO: TEST_ID_VALUE */
#define TEST_EXIT 0x04 /* WO: end dais with status 0 if the value is 0, else 64 + (value & 63) */
#define TEST_SCRATCH \
	0x08 /* RW: 8 bytes; takes accesses of 1, 2, 4 and 8 bytes at any aligned place */
#define TEST_LAST_ACCESS \
	0x10               /* RO: the last access to TEST_SCRATCH: offset << 8 | width in bytes */
#define TEST_IRQ      0x14 /* RW: bit 0 is the level of the interrupt line; 0 after a guest reset */
#define TEST_N_RESETS 0x18 /* RO: guest resets since dais started */
#define TEST_KEEP     0x20 /* RW: 16 bytes in four registers that survive a guest reset */
#define TEST_DOORBELL \
	0x30 /* WO: counts 32-bit writes; each is taken in the kernel, where that can */
#define TEST_N_RINGS                                                                 \
	0x34 /* RO: 32-bit writes to TEST_DOORBELL since the start or the last reset \
	      */

#define TEST_ID_VALUE  0x64616973 /* "dais" */
#define TEST_EXIT_BASE 64
#define TEST_EXIT_MASK 63

#endif
