// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PrimeCell Real Time Clock (Arm DDI 0224) over the host's clock: seconds since 1970 until the
 * guest sets it. It runs from the start, as one does that has a battery, so the enable bit always
 * reads as set.
 */
#include <sys/timerfd.h>
#include <time.h>

#include "devices/classes.h"
#include "devices/emulated.h"
#include "vmm/base/sys.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

/* DDI 0224C, table 3-1. */
enum {
	RTCDR = 0x000,
	RTCMR = 0x004,
	RTCLR = 0x008,
	RTCCR = 0x00c,
	RTCIMSC = 0x010,
	RTCRIS = 0x014,
	RTCMIS = 0x018,
	RTCICR = 0x01c,
};

struct pl031 {
	struct emulated emu;
	uint32_t offset; /* RTCDR less the host's clock, modulo 2^32 */
	uint32_t mr, lr;
	bool ris, imsc;
};

static struct pl031 *to_pl031(struct emulated *emu)
{
	return container_of(emu, struct pl031, emu);
}

static void update_irq(struct pl031 *rtc)
{
	irq_line_set(&rtc->emu.irq, rtc->ris && rtc->imsc);
}

/*
 * The clock or the match changed: the timer goes off when RTCDR becomes RTCMR. The counter meets
 * every value once in 2^32 seconds; right now counts.
 */
static void set_alarm(struct pl031 *rtc)
{
	uint64_t now = sys_realtime_s();
	uint32_t left = rtc->mr - ((uint32_t)now + rtc->offset);

	event_timer_set(&rtc->emu.timer, TFD_TIMER_ABSTIME, now + left, 0);
}

static void pl031_on_timer(struct emulated *emu)
{
	to_pl031(emu)->ris = true;
	update_irq(to_pl031(emu));
}

static bool pl031_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	const struct pl031 *rtc = to_pl031(emu);

	switch (offset) {
	case RTCDR:
		*value = (uint32_t)sys_realtime_s() + rtc->offset;
		return true;
	case RTCMR:
		*value = rtc->mr;
		return true;
	case RTCLR:
		*value = rtc->lr;
		return true;
	case RTCCR:
		*value = 1;
		return true;
	case RTCIMSC:
		*value = rtc->imsc;
		return true;
	case RTCRIS:
		*value = rtc->ris;
		return true;
	case RTCMIS:
		*value = rtc->ris && rtc->imsc;
		return true;
	default:
		return offset == RTCICR;
	}
}

static bool pl031_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct pl031 *rtc = to_pl031(emu);

	switch (offset) {
	case RTCMR:
		rtc->mr = value;
		set_alarm(rtc);
		return true;
	case RTCLR:
		rtc->lr = value;
		rtc->offset = value - (uint32_t)sys_realtime_s();
		set_alarm(rtc);
		return true;
	case RTCIMSC:
		rtc->imsc = value & 1;
		break;
	case RTCICR:
		rtc->ris = rtc->ris && !(value & 1);
		break;
	default:
		return offset < RTCICR;
	}
	update_irq(rtc);
	return true;
}

static void pl031_reset(struct emulated *emu)
{
	struct pl031 *rtc = to_pl031(emu);

	rtc->offset = rtc->mr = rtc->lr = 0;
	rtc->ris = rtc->imsc = false;
}

static const struct emulated_type pl031_type = {
	.node = "rtc",
	.compatible = "arm,pl031",
	.gpa = MEMMAP_PL031,
	.object_size = sizeof(struct pl031),
	.peripheral_id = 0x00041031,
	.reset = pl031_reset,
	.on_timer = pl031_on_timer,
	.timer_clock = CLOCK_REALTIME,
	.read = pl031_read,
	.write = pl031_write,
};

const struct device_class pl031_class = {
	.name = "pl031",
	.help = "real-time clock, the host's time",
	EMULATED_CLASS(pl031_type),
	.attach = emulated_attach,
	.describe = emulated_describe,
	.destroy = emulated_destroy,
};
