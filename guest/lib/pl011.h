/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_PL011_H
#define GUEST_LIB_PL011_H

/* Arm DDI 0183: PrimeCell UART (PL011). */
#define PL011_DR       0x00
#define PL011_FR       0x18
#define PL011_FR_RXFE  (1 << 4)
#define PL011_FR_TXFF  (1 << 5)
#define PL011_LCRH     0x2c
#define PL011_LCRH_8N1 0x60 /* FIFOs off */
#define PL011_CR       0x30
#define PL011_CR_ON    0x301 /* RXE, TXE, UARTEN */
#define PL011_IMSC     0x38
#define PL011_INT_RX   (1 << 4)
#define PL011_ICR      0x44

#endif
