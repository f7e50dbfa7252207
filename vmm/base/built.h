/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_BUILT_H
#define VMM_BASE_BUILT_H

/*
 * BUILT(PLAN): a constant, 1 when the build's configuration has CONFIG_PLAN=y, else 0. For "if" and
 * "?:" in front of what a symbol leaves out: that is compiled and checked all the same, and the
 * linker drops what nothing calls any more.
 */
#define BUILT(symbol)                BUILT_VALUE(CONFIG_##symbol)
#define BUILT_VALUE(value)           BUILT_SHIFT(value)
#define BUILT_SHIFT(value)           BUILT_PAIR(BUILT_SHIFT_##value)
#define BUILT_SHIFT_1                0,
#define BUILT_PAIR(shift)            BUILT_SECOND(shift 1, 0, 0)
#define BUILT_SECOND(first, it, ...) it

#endif
