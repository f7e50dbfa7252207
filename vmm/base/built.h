/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_BUILT_H
#define VMM_BASE_BUILT_H

/*
 * BUILT(PLAN): a constant, 1 when the build's configuration has CONFIG_PLAN=y, else 0. For "if" and
 * "?:" in front of what a symbol leaves out: that is compiled and checked all the same, and the
 * linker drops what nothing calls any more. BUILT_IF(PLAN, yes, no): one of the two, for
 * initialisers.
 */
#define BUILT(symbol)                BUILT_IF(symbol, 1, 0)
#define BUILT_IF(symbol, yes, no)    BUILT_VALUE(CONFIG_##symbol, yes, no)
#define BUILT_VALUE(value, yes, no)  BUILT_SHIFT(value, yes, no)
#define BUILT_SHIFT(value, yes, no)  BUILT_PAIR(BUILT_SHIFT_##value, yes, no)
#define BUILT_SHIFT_1                0,
#define BUILT_PAIR(shift, yes, no)   BUILT_SECOND(shift yes, no, 0)
#define BUILT_SECOND(first, it, ...) it

#endif
