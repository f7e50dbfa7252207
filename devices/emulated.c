// SPDX-License-Identifier: GPL-2.0-only
#include "devices/emulated.h"

#include <inttypes.h>

#include "devices/platform_bus.h"
#include "fdt/builder.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

/* Identification registers of a PrimeCell, the same in every TRM: a byte each. */
#define PRIMECELL_PERIPH_ID 0xfe0
#define PRIMECELL_CELL_ID   0xff0
#define PRIMECELL_ID_VALUE  0xb105f00d

static bool primecell_id(const struct emulated_type *type, uint64_t offset, uint32_t *value)
{
	unsigned int byte = (unsigned int)(offset & 0xc) / 4;

	if (!type->peripheral_id || offset < PRIMECELL_PERIPH_ID)
		return false;
	*value = (offset < PRIMECELL_CELL_ID ? type->peripheral_id : PRIMECELL_ID_VALUE) >>
			 (8 * byte) &
		 0xff;
	return true;
}

int emulated_create(const struct device_config *config, struct vm *vm, struct device **device,
		    struct err *err)
{
	const struct emulated_type *type = config->class->emulated;
	struct emulated *e = calloc(1, type->object_size);

	if (!e)
		return err_set(err, ENOMEM, "create %s", config->name);
	e->device = (struct device){
		.class = config->class, .vm = vm, .name = config->name, .n_spis = 1
	};
	e->type = type;
	e->wanted_spi = device_config_get(config, "spi", -1, number, PLATFORM_BUS_ANY);
	e->irq.vm = vm;
	pthread_mutex_init(&e->lock, NULL);
	type->reset(e);
	*device = &e->device;
	return 0;
}

static void on_timer(void *opaque)
{
	struct emulated *emu = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&emu->lock);

	if (event_timer_take(&emu->timer))
		emu->type->on_timer(emu);
}

static int make_page(struct emulated *emu, struct err *err)
{
	const struct emulated_type *type = emu->type;
	int ret =
		register_page_create(&emu->page, emu->device.vm, type->gpa, emu->device.name, err);
	uint32_t value;

	for (unsigned int at = PRIMECELL_PERIPH_ID; !ret && at < EMULATED_SIZE; at += 4)
		if (primecell_id(type, at, &value))
			register_page_put(&emu->page, at, value);
	return ret;
}

int emulated_attach(struct device *device, struct err *err)
{
	struct emulated *emu = container_of(device, struct emulated, device);
	const struct emulated_type *type = emu->type;
	struct vm *vm = device->vm;
	struct mmio_region region = {
		.gpa = { type->gpa, EMULATED_SIZE },
		.name = device->name,
		.ops = type->ops ? type->ops : &emulated_mmio_ops,
		.opaque = emu,
	};
	int ret = type->on_timer ? event_timer_create(&vm->loop, type->timer_clock, on_timer, emu,
						      &emu->timer, device->name, err)
				 : 0;

	if (!ret)
		ret = platform_bus_take_spi(vm->bus, device->name, emu->wanted_spi, &emu->irq.spi,
					    err);
	if (!ret)
		ret = mmio_table_add(&vm->mmio, &region, err);
	if (!ret && type->look)
		ret = make_page(emu, err);
	return ret;
}

int emulated_reset(struct device *device, struct err *err)
{
	struct emulated *emu = container_of(device, struct emulated, device);
	owned_lock pthread_mutex_t *lock = take_lock(&emu->lock);

	(void)err;
	if (emu->timer.source)
		event_timer_set(&emu->timer, 0, 0, 0);
	emu->type->reset(emu);
	return 0;
}

void emulated_quiesce(struct device *device)
{
	struct emulated *emu = container_of(device, struct emulated, device);
	owned_lock pthread_mutex_t *lock = take_lock(&emu->lock);

	irq_line_set(&emu->irq, false);
}

void emulated_destroy(struct device *device)
{
	struct emulated *emu = container_of(device, struct emulated, device);

	if (!device)
		return;
	event_timer_destroy(&device->vm->loop, &emu->timer);
	register_page_destroy(&emu->page);
	pthread_mutex_destroy(&emu->lock);
	free(emu);
}

void emulated_update(struct emulated *emu, unsigned int first, bool is_up)
{
	const struct emulated_type *type = emu->type;
	uint32_t value;

	if (!is_up)
		irq_line_set(&emu->irq, false);
	/* while the line is up the page tells why */
	for (unsigned int offset = first; offset <= type->last_shown; offset += 4)
		if (type->look(emu, offset, &value))
			register_page_put(&emu->page, offset, value);
	if (is_up)
		irq_line_set(&emu->irq, true);
}

static void log_nonsense(struct emulated *emu, const char *what, uint64_t offset)
{
	log_within(&emu->nonsense_log, LOG_DEBUG,
		   "%s: guest %s offset 0x%" PRIx64 ", where nothing is", emu->device.name, what,
		   offset);
}

static uint64_t read_any(void *opaque, uint64_t offset, unsigned int width)
{
	struct emulated *emu = opaque;
	uint64_t reg = round_down_to(offset, 4);
	uint32_t value = 0;
	bool found;

	pthread_mutex_lock(&emu->lock);
	found = primecell_id(emu->type, reg, &value) || emu->type->read(emu, reg, &value);
	pthread_mutex_unlock(&emu->lock);
	if (!found)
		log_nonsense(emu, "reads", offset);
	return (uint64_t)value >> 8 * (offset - reg) & mmio_mask(width);
}

static void write_any(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	struct emulated *emu = opaque;
	bool found = false;

	if (is_aligned(offset, 4)) {
		pthread_mutex_lock(&emu->lock);
		found = emu->type->write(emu, offset, (uint32_t)(value & mmio_mask(width)));
		pthread_mutex_unlock(&emu->lock);
	}
	if (!found)
		log_nonsense(emu, "writes", offset);
}

const struct mmio_ops emulated_mmio_ops = { .read = read_any, .write = write_any };

/* bindings/arm/primecell.yaml: the functional clock first, then that of the bus. */
static void describe_clocks(const struct emulated_type *type, struct dt *dt)
{
	const uint32_t clocks[] = { DT_PHANDLE_APB_PCLK, DT_PHANDLE_APB_PCLK };
	const char *const names[] = { type->clock, "apb_pclk" };
	unsigned int skip = type->clock ? 0 : 1;

	dt_prop_cells(dt, "clocks", clocks + skip, n_elems(clocks) - skip);
	dt_prop_strs(dt, "clock-names", names + skip, n_elems(names) - skip);
}

void emulated_begin_node(const struct emulated *emu, struct dt *dt)
{
	const struct emulated_type *type = emu->type;
	const char *const compatible[] = { type->compatible, "arm,primecell" };
	const struct range reg = { type->gpa, EMULATED_SIZE };

	dt_begin_node(dt, "%s@%" PRIx64, type->node, type->gpa);
	dt_prop_strs(dt, "compatible", compatible, type->peripheral_id ? 2 : 1);
	dt_prop_reg(dt, &reg, 1);
	dt_prop_interrupt(dt, DT_GIC_SPI, emu->irq.spi, DT_IRQ_LEVEL_HIGH);
	if (!type->peripheral_id)
		return;
	/* so that the guest need not read eight registers for it: bindings/arm/primecell.yaml */
	dt_prop_u32(dt, "arm,primecell-periphid", type->peripheral_id);
	describe_clocks(type, dt);
}

int emulated_describe(struct device *device, struct dt *dt, struct err *err)
{
	(void)err;
	emulated_begin_node(container_of(device, struct emulated, device), dt);
	dt_end_node(dt);
	return 0;
}
