// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PrimeCell GPIO (Arm DDI 0190B) with one thing connected: the power key, on line 3, high while
 * it is pressed.
 */
#include <sys/epoll.h>
#include <time.h>

#include "devices/classes.h"
#include "devices/emulated.h"
#include "fdt/builder.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/event_loop.h"
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
	int timer_fd; /* the end of the press; -1 before attach */
	struct event_source *source;
	uint8_t input; /* what comes from outside */
	uint8_t output;
	uint8_t dir; /* 1: output */
	uint8_t is, ibe, iev, ie, afsel;
	uint8_t pins;  /* as they were last seen, to find edges */
	uint8_t edges; /* latched edge interrupts */
};

static struct pl061 *to_pl061(struct emulated *emu)
{
	return container_of(emu, struct pl061, emu);
}

static uint8_t pins(const struct pl061 *gpio)
{
	return (gpio->output & gpio->dir) | (gpio->input & ~gpio->dir);
}

/* Levels are not latched: the line itself must go. */
static uint8_t raw_status(const struct pl061 *gpio)
{
	uint8_t active = ~(gpio->pins ^ gpio->iev);

	return (gpio->is & active) | (~gpio->is & gpio->edges);
}

/* Something changed: look for edges, and drive the interrupt. */
static void update(struct pl061 *gpio)
{
	uint8_t now = pins(gpio), changed = now ^ gpio->pins;

	gpio->pins = now;
	gpio->edges |= changed & ~gpio->is & (gpio->ibe | ~(now ^ gpio->iev));
	irq_line_set(&gpio->emu.irq, raw_status(gpio) & gpio->ie);
}

static bool pl061_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	const struct pl061 *gpio = to_pl061(emu);

	switch (offset) {
	case GPIODIR:
		*value = gpio->dir;
		return true;
	case GPIOIS:
		*value = gpio->is;
		return true;
	case GPIOIBE:
		*value = gpio->ibe;
		return true;
	case GPIOIEV:
		*value = gpio->iev;
		return true;
	case GPIOIE:
		*value = gpio->ie;
		return true;
	case GPIORIS:
		*value = raw_status(gpio);
		return true;
	case GPIOMIS:
		*value = raw_status(gpio) & gpio->ie;
		return true;
	case GPIOAFSEL:
		*value = gpio->afsel;
		return true;
	case GPIOIC:
		return true;
	default:
		*value = offset < GPIODIR ? pins(gpio) & offset >> 2 : 0;
		return offset < GPIODIR;
	}
}

static void write_data(struct pl061 *gpio, uint64_t offset, uint32_t value)
{
	uint8_t mask = (uint8_t)(offset >> 2) & gpio->dir;

	gpio->output = (gpio->output & ~mask) | (value & mask);
}

static bool pl061_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct pl061 *gpio = to_pl061(emu);
	uint8_t bits = (uint8_t)value;

	switch (offset) {
	case GPIODIR:
		gpio->dir = bits;
		break;
	case GPIOIS:
		gpio->is = bits;
		break;
	case GPIOIBE:
		gpio->ibe = bits;
		break;
	case GPIOIEV:
		gpio->iev = bits;
		break;
	case GPIOIE:
		gpio->ie = bits;
		break;
	case GPIOIC:
		gpio->edges &= ~bits;
		break;
	case GPIOAFSEL:
		gpio->afsel = bits;
		break;
	case GPIORIS:
	case GPIOMIS:
		break;
	default:
		if (offset > GPIODIR)
			return false;
		write_data(gpio, offset, value);
	}
	update(gpio);
	return true;
}

/* --- the power key, on the main thread */

static void set_timer(struct pl061 *gpio, time_t seconds)
{
	struct itimerspec when = { .it_value = { .tv_sec = seconds } };

	/* Cannot fail for a timer of our own and a valid time. */
	(void)sys_timerfd_settime(gpio->timer_fd, 0, &when);
}

static void set_key(struct pl061 *gpio, bool pressed)
{
	set_timer(gpio, pressed ? PRESS_S : 0);
	pthread_mutex_lock(&gpio->emu.lock);
	gpio->input = pressed << POWER_KEY_LINE;
	update(gpio);
	pthread_mutex_unlock(&gpio->emu.lock);
}

static void on_release(void *opaque, uint32_t events)
{
	(void)events;
	set_key(opaque, false);
}

static void pl061_press_power_key(struct device *device)
{
	set_key(container_of(device, struct pl061, emu.device), true);
}

/* --- life */

static const struct emulated_type pl061_type = {
	.node = "gpio",
	.compatible = "arm,pl061",
	.gpa = MEMMAP_PL061,
	.object_size = sizeof(struct pl061),
	.peripheral_id = 0x00041061,
	.read = pl061_read,
	.write = pl061_write,
};

static int pl061_create(const struct device_config *config, struct vm *vm, struct device **device,
			struct err *err)
{
	struct emulated *emu;
	int ret = emulated_create(&pl061_type, config, vm, &emu, err);

	if (ret)
		return ret;
	to_pl061(emu)->timer_fd = -1;
	*device = &emu->device;
	return 0;
}

static int pl061_attach(struct device *device, struct err *err)
{
	struct pl061 *gpio = container_of(device, struct pl061, emu.device);
	int ret;

	gpio->timer_fd = sys_timerfd_create(CLOCK_MONOTONIC);
	if (gpio->timer_fd < 0)
		return err_set(err, gpio->timer_fd, "%s: make a timer", device->name);
	ret = event_loop_add(&device->vm->loop, gpio->timer_fd, EPOLLIN, on_release, gpio,
			     &gpio->source, err);
	return ret ? ret : emulated_attach(&gpio->emu, NULL, err);
}

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

static int pl061_reset(struct device *device, struct err *err)
{
	struct pl061 *gpio = container_of(device, struct pl061, emu.device);

	(void)err;
	set_timer(gpio, 0);
	pthread_mutex_lock(&gpio->emu.lock);
	gpio->input = gpio->output = gpio->dir = gpio->afsel = 0;
	gpio->is = gpio->ibe = gpio->iev = gpio->ie = 0;
	gpio->pins = gpio->edges = 0;
	pthread_mutex_unlock(&gpio->emu.lock);
	return 0;
}

static void pl061_destroy(struct device *device)
{
	struct pl061 *gpio = container_of(device, struct pl061, emu.device);

	if (!device)
		return;
	if (gpio->source)
		event_loop_remove(&device->vm->loop, gpio->source);
	close_fd(&gpio->timer_fd);
	emulated_destroy(device);
}

const struct device_class pl061_class = {
	.name = "pl061",
	.help = "GPIO with the power key",
	.keys = emulated_keys,
	.create = pl061_create,
	.attach = pl061_attach,
	.describe = pl061_describe,
	.quiesce = emulated_quiesce,
	.reset = pl061_reset,
	.destroy = pl061_destroy,
	.press_power_key = pl061_press_power_key,
};
