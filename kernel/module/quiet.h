/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How devices are brought to rest, and reset, by their own registers: a table by compatible, and
 * what works its steps off. The module does so for devices that it has, dais for those that
 * vfio-platform has: this file is a part of both, included once in each.
 *
 * All registers have 32 bits, and are in the first region of the device.
 */
#ifndef VFIO_DAIS_QUIET_H
#define VFIO_DAIS_QUIET_H

#include <linux/types.h>

enum quiet_action {
	QUIET_END,    /* of the steps */
	QUIET_SET,    /* the bits of @mask become @value; all 32 of them: without a read */
	QUIET_WAIT,   /* until they are @value, at most @ms milliseconds */
	QUIET_WHILE,  /* as long as they are @value, likewise */
	QUIET_UNLESS, /* the unit is left alone if they are @value */
};

struct quiet_step {
	__u8 action; /* enum quiet_action */
	__u8 each;   /* of each unit: its number … */
	__u8 stride; /* … times this is added to @offset … */
	__u8 shift;  /* … and, shifted by this, if it is not 0, to @value */
	__u16 offset;
	__u16 ms;
	__u32 mask;
	__u32 value;
	const char *what; /* is the case when a wait was in vain */
};

/* A kind of device. Some consist of several like units: channels, ports, queues. */
struct quiet_kind {
	/* When they are done, no interrupt is up and no DMA under way: they end with a look. */
	const struct quiet_step *rest;
	const struct quiet_step *reset; /* NULL: there is none */
	__u8 based;       /* offsets count from where the first byte of all registers says */
	__u8 counted;     /* @units_mask has one less than there are units; else a bit for each */
	__u16 units;      /* the register that tells of them, from the first on */
	__u32 units_mask; /* 0: there are none */
};

/* Registers, by their offset: 0 or a negative errno */
struct quiet_access {
	int (*read)(void *opaque, __u32 offset, __u32 *value);
	int (*write)(void *opaque, __u32 offset, __u32 value);
	void (*sleep_ms)(unsigned int ms);
	void *opaque;
};

#include "quiet_kinds.h"

#define QUIET_NO_ACCESS "its registers cannot be reached"

/* 0, or what is the case; @done: this was the last of the unit's steps */
static inline const char *quiet_do(const struct quiet_access *a, const struct quiet_step *step,
				   __u32 base, unsigned int unit, int *done)
{
	__u32 offset = base + step->offset + unit * step->stride;
	__u32 value = step->value + (step->shift ? unit << step->shift : 0), now = 0;

	if (step->action == QUIET_SET) {
		if (~step->mask && a->read(a->opaque, offset, &now))
			return QUIET_NO_ACCESS;
		now = (now & ~step->mask) | value;
		return a->write(a->opaque, offset, now) ? QUIET_NO_ACCESS : NULL;
	}
	for (unsigned int ms = 0; ms <= step->ms; ms++) {
		if (ms)
			a->sleep_ms(1);
		if (a->read(a->opaque, offset, &now))
			return QUIET_NO_ACCESS;
		if (((now & step->mask) == value) == (step->action != QUIET_WHILE)) {
			*done = step->action == QUIET_UNLESS;
			return NULL;
		}
	}
	return step->action == QUIET_UNLESS ? NULL : step->what;
}

/* NULL: all is done; else what is the case that ought not to be */
static inline const char *quiet_run(const struct quiet_access *a, const struct quiet_kind *kind,
				    const struct quiet_step *steps)
{
	const __u32 first = kind->units_mask & -kind->units_mask;
	__u32 base = 0, units = 0;

	if ((kind->based && a->read(a->opaque, 0, &base)) ||
	    (first && a->read(a->opaque, kind->units, &units)))
		return QUIET_NO_ACCESS;
	base &= 0xff;
	units &= kind->units_mask;
	if (kind->counted)
		units = (2U << units / first) - 1;
	for (const struct quiet_step *end; steps->action != QUIET_END; steps = end) {
		end = steps + 1;
		while (steps->each && end->each)
			end++;
		for (unsigned int unit = 0; unit < 32; unit++) {
			int done = steps->each ? !(units & 1U << unit) : unit > 0;

			for (const struct quiet_step *step = steps; step < end && !done; step++) {
				const char *what = quiet_do(a, step, base, unit, &done);

				if (what)
					return what;
			}
		}
	}
	return NULL;
}

/* Bring a device of this kind to rest: by a reset, if nothing else helps. As quiet_run(). */
static inline const char *quiet_rest(const struct quiet_access *a, const struct quiet_kind *kind)
{
	const char *what = quiet_run(a, kind, kind->rest);

	if (!what || !kind->reset || quiet_run(a, kind, kind->reset))
		return what;
	return quiet_run(a, kind, kind->rest);
}

#endif
