// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "arch/arch.h"
#include "arch/common/vgic.h"
#include "devices/device.h"
#include "devices/emulated.h"
#include "fdt/builder.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/machine/machine.h"

/* Linux mixes rng-seed into its entropy pool, and places itself by kaslr-seed (dt-schema:
 * chosen.yaml). */
static int write_seeds(struct dt *dt, struct err *err)
{
	struct {
		uint8_t rng[64];
		uint64_t kaslr;
	} seeds;
	int ret = sys_getrandom(&seeds, sizeof(seeds));

	if (ret)
		return err_set(err, ret, "get random seeds for the guest");
	dt_prop(dt, "rng-seed", seeds.rng, sizeof(seeds.rng));
	dt_prop_u64(dt, "kaslr-seed", seeds.kaslr);
	return 0;
}

static const char *console_path(const struct machine *m)
{
	const char *console = NULL;

	for (unsigned int i = 0; BUILT(PL011) && i < m->n_devices && !console; i++)
		console = m->devices[i]->class->stdout_path;
	return console;
}

static bool names_console(const char *append)
{
	static const char key[] = "console=";

	for (const char *p = append; p && (p = strstr(p, key)); p++)
		if (p == append || p[-1] == ' ')
			return true;
	return false;
}

/* The user's, and the console of a device that is to be it where the user names none. */
static void write_bootargs(const struct machine *m, struct dt *dt)
{
	const char *append = m->config->append, *console = NULL;

	for (unsigned int i = 0; BUILT(VIRTIO_CONSOLE) && i < m->n_devices && !console; i++)
		console = m->devices[i]->default_console;
	if (console && !names_console(append)) {
		owned_ptr char *text =
			str_printf("%s%sconsole=%s", append ?: "", append ? " " : "", console);

		dt_prop_str(dt, "bootargs", text ?: "");
	} else if (append) {
		dt_prop_str(dt, "bootargs", append);
	}
}

static int write_chosen(const struct machine *m, struct dt *dt, struct err *err)
{
	const char *console = console_path(m);
	int ret;

	dt_begin_node(dt, "chosen");
	write_bootargs(m, dt);
	if (console)
		dt_prop_str(dt, "stdout-path", console);
	if (m->boot.initrd_size) {
		dt_prop_u64(dt, "linux,initrd-start", m->boot.initrd);
		dt_prop_u64(dt, "linux,initrd-end", m->boot.initrd + m->boot.initrd_size);
	}
	ret = write_seeds(dt, err);
	dt_end_node(dt);
	return ret;
}

static void write_memory(const struct ram *ram, struct dt *dt)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		dt_begin_node(dt, "memory@%llx", (unsigned long long)ram->banks[i].gpa.start);
		dt_prop_str(dt, "device_type", "memory");
		dt_prop_reg(dt, &ram->banks[i].gpa, 1);
		dt_end_node(dt);
	}
}

static int write_devices(const struct machine *m, struct dt *dt, struct err *err)
{
	for (unsigned int i = 0; i < m->n_devices; i++) {
		struct device *device = m->devices[i];
		int ret = device->class->describe ? device->class->describe(device, dt, err) : 0;

		if (ret)
			return err_prefix(err, "device %s", device->name);
	}
	return 0;
}

int machine_describe(struct machine *m, void **blob, size_t *size, struct err *err)
{
	owned_ptr void *tree = NULL;
	size_t tree_size = 0;
	struct dt dt;
	int ret;

	dt_init(&dt);
	dt_prop_str(&dt, "compatible", "linux,dummy-virt");
	dt_prop_str(&dt, "model", "dais");
	dt_prop_u32(&dt, "interrupt-parent", DT_PHANDLE_GIC);
	ret = write_chosen(m, &dt, err) ?: vfio_nodes_plan(m->vm.vfio, console_path(m), err);
	write_memory(&m->vm.ram, &dt);
	arch_describe(&m->vm, &m->cpus, vfio_tree(m->vm.vfio), &dt);
	vgic_describe(m->vm.vgic, &dt);
	dt_describe_apb_pclk(&dt);
	ret = ret ?: write_devices(m, &dt, err) ?: dt_finish(&dt, &tree, &tree_size, err);
	dt_destroy(&dt);
	ret = ret ?: vfio_nodes_finish(m->vm.vfio, &tree, &tree_size, err);
	if (ret)
		return ret;
	*blob = take_ptr(&tree);
	*size = tree_size;
	return 0;
}

int machine_boot(struct machine *m, struct err *err)
{
	owned_ptr void *dtb = NULL;
	size_t size;

	memset(&m->boot, 0, sizeof(m->boot));
	return arch_boot_load(&m->vm, &m->cpus, &m->files, &m->boot, err)
		       ?: machine_describe(m, &dtb, &size, err)
		       ?: arch_boot_set_entry(&m->vm, &m->boot, dtb, size, err);
}
