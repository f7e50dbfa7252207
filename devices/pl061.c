// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PrimeCell GPIO (Arm DDI 0190B) with one thing connected: the power key, on line 3, high while
 * it is pressed.
 */
#include <string.h>
#include <time.h>

#include "devices/classes.h"
#include "devices/emulated.h"
#include "fdt/builder.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

#define POWER_KEY_LINE 3
#define KEY_POWER      116 /* linux/input-event-codes.h */
/*
 * Well over the time by which a slow guest's driver looks again to be sure (gpio-keys: 5 ms), below
 * a "long press".
 */
#define PRESS_S        1

/*
 * DDI 0190B, table 3-1. Below GPIODIR is the data register; address bits 9:2 select which lines an
 * access is for.
 */
enum {
	GPIODIR = 0x400,
	GPIOIS = 0x404,
	GPIOIBE = 0x408,
	GPIOIEV = 0x40c,
	GPIOIE = 0x410,
	GPIORIS = 0x414,
	GPIOMIS = 0x418,
	GPIOIC = 0x41c,
	GPIOAFSEL = 0x420,
};

/* A bit per line in each. */
struct pl061 {
	struct emulated emu;
	uint8_t input; /* what comes from outside */
	uint8_t output;
	uint8_t regs[(GPIOAFSEL - GPIODIR) / 4 + 1]; /* that read as they were written */
	uint8_t pins;                                /* as they were last seen, to find edges */
	uint8_t edges;                               /* latched edge interrupts */
};

#define REG(gpio, offset) ((gpio)->regs[((offset)-GPIODIR) / 4])

static bool is_plain(uint64_t offset)
{
	return (offset >= GPIODIR && offset <= GPIOIE) || offset == GPIOAFSEL;
}

static struct pl061 *to_pl061(struct emulated *emu)
{
	return container_of(emu, struct pl061, emu);
}

static uint8_t pins(const struct pl061 *gpio)
{
	uint8_t outputs = REG(gpio, GPIODIR);

	return (gpio->output & outputs) | (gpio->input & ~outputs);
}

/* Levels are not latched: the line itself must go. */
static uint8_t raw_status(const struct pl061 *gpio)
{
	uint8_t active = ~(gpio->pins ^ REG(gpio, GPIOIEV)), levels = REG(gpio, GPIOIS);

	return (levels & active) | (~levels & gpio->edges);
}

static bool pl061_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	const struct pl061 *gpio = to_pl061(emu);

	if (offset < GPIODIR)
		*value = pins(gpio) & offset >> 2;
	else if (is_plain(offset))
		*value = REG(gpio, offset);
	else if (offset == GPIORIS)
		*value = raw_status(gpio);
	else if (offset == GPIOMIS)
		*value = raw_status(gpio) & REG(gpio, GPIOIE);
	else if (offset == GPIOIC)
		*value = 0;
	else
		return false;
	return true;
}

/* Something changed: look for edges, and drive the interrupt. */
static void update(struct pl061 *gpio)
{
	uint8_t now = pins(gpio), changed = now ^ gpio->pins;

	gpio->pins = now;
	gpio->edges |=
		changed & ~REG(gpio, GPIOIS) & (REG(gpio, GPIOIBE) | ~(now ^ REG(gpio, GPIOIEV)));
	emulated_update(&gpio->emu, changed ? 0 : GPIODIR, raw_status(gpio) & REG(gpio, GPIOIE));
}

static bool pl061_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct pl061 *gpio = to_pl061(emu);

	if (offset < GPIODIR) {
		uint8_t mask = (uint8_t)(offset >> 2) & REG(gpio, GPIODIR);

		gpio->output = (gpio->output & ~mask) | (value & mask);
	} else if (is_plain(offset)) {
		REG(gpio, offset) = (uint8_t)value;
	} else if (offset == GPIOIC) {
		gpio->edges &= ~value;
	} else {
		return offset == GPIORIS || offset == GPIOMIS;
	}
	update(gpio);
	return true;
}

/* --- the power key, on the main thread */

static void set_key(struct pl061 *gpio, bool pressed)
{
	event_timer_set(&gpio->emu.timer, 0, pressed ? PRESS_S : 0, 0);
	gpio->input = pressed << POWER_KEY_LINE;
	update(gpio);
}

static void pl061_release(struct emulated *emu)
{
	set_key(to_pl061(emu), false);
}

static void pl061_press_power_key(struct device *device)
{
	struct pl061 *gpio = container_of(device, struct pl061, emu.device);
	owned_lock pthread_mutex_t *lock = take_lock(&gpio->emu.lock);

	set_key(gpio, true);
}

/* --- life */

static void pl061_reset(struct emulated *emu)
{
	struct pl061 *gpio = to_pl061(emu);

	memset(gpio->regs, 0, sizeof(gpio->regs));
	gpio->input = gpio->output = gpio->pins = gpio->edges = 0;
	emulated_update(emu, 0, false);
}

static const struct emulated_type pl061_type = {
	.node = "gpio",
	.compatible = "arm,pl061",
	.gpa = MEMMAP_PL061,
	.object_size = sizeof(struct pl061),
	.peripheral_id = 0x00041061,
	.reset = pl061_reset,
	.on_timer = pl061_release,
	.timer_clock = CLOCK_MONOTONIC,
	.read = pl061_read,
	.write = pl061_write,
	.look = pl061_read,
	.last_shown = GPIOAFSEL,
};

/* bindings/gpio/pl061-gpio.yaml and bindings/input/gpio-keys.yaml. */
static int pl061_describe(struct device *device, struct dt *dt, struct err *err)
{
	const uint32_t phandle = dt_new_phandle(dt);
	const uint32_t active_high = 0;
	const uint32_t gpios[] = { phandle, POWER_KEY_LINE, active_high };

	(void)err;
	emulated_begin_node(container_of(device, struct emulated, device), dt);
	dt_prop_empty(dt, "gpio-controller");
	dt_prop_u32(dt, "#gpio-cells", 2);
	dt_prop_empty(dt, "interrupt-controller");
	dt_prop_u32(dt, "#interrupt-cells", 2);
	dt_prop_u32(dt, "phandle", phandle);
	dt_end_node(dt);

	dt_begin_node(dt, "gpio-keys");
	dt_prop_str(dt, "compatible", "gpio-keys");
	dt_begin_node(dt, "key-power");
	dt_prop_str(dt, "label", "power");
	dt_prop_u32(dt, "linux,code", KEY_POWER);
	dt_prop_cells(dt, "gpios", gpios, n_elems(gpios));
	dt_end_node(dt);
	dt_end_node(dt);
	return 0;
}

const struct device_class pl061_class = {
	.name = "pl061",
	.help = "GPIO with the power key",
	EMULATED_CLASS(pl061_type),
	.attach = emulated_attach,
	.describe = pl061_describe,
	.destroy = emulated_destroy,
	.press_power_key = pl061_press_power_key,
};
