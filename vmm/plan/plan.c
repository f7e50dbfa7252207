// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/plan.h"

#include <linux/vfio.h>

#include "fdt/builder.h"
#include "fdt/guest/tree.h"
#include "vfio/device.h"
#include "vfio/iommu/iommu.h"
#include "vfio/vfio.h"
#include "vmm/base/array.h"
#include "vmm/base/built.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"
#include "vmm/core/vm.h"

/* A driverless device joins its IOMMU group when it is bound: then only its node tells. */
static bool has_direct_dma(const struct plan *plan, const struct plan_device *device)
{
	int group = device->live.found ? device->live.host.group : -1;

	if (plan->nodes.backend == VFIO_BACKEND_NONE)
		return true;
	return group < 0 ? !host_node_has_iommu(plan->nodes.tree, device->node.host)
			 : vfio_host_group_is_noiommu(group);
}

/* What VFIO would tell of it, by the host's tree. */
static int read_facts(struct plan *plan, struct plan_device *device, struct err *err)
{
	device->node.direct_dma = has_direct_dma(plan, device);
	return vfio_node_use_tree(&device->node, err);
}

static int read_device(struct plan *plan, struct plan_device *device,
		       const struct device_config *config, struct err *err)
{
	struct vfio_node *node = &device->node;
	int ret = vfio_node_read(node, config, err);

	if (!ret)
		ret = vfio_node_look_up(&plan->nodes, node, err);
	if (!ret)
		ret = vfio_node_check_names(&plan->nodes, node, err);
	if (ret)
		return ret;
	if (plan->nodes.live)
		host_live_device(plan->nodes.live, node->host, &device->live);
	if (device->live.found)
		str_copy(node->name, sizeof(node->name), device->live.host.name);
	return read_facts(plan, device, err);
}

static int read_devices(struct plan *plan, const struct vm_config *config, struct err *err)
{
	struct vfio_node **link = &plan->nodes.first;
	int ret = 0;

	plan->devices = calloc(config->n_devices + 1, sizeof(*plan->devices));
	if (!plan->devices)
		return err_set(err, ENOMEM, "plan %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices && !ret; i++) {
		struct plan_device *device = &plan->devices[plan->n_devices];

		if (!vfio_is_assigned(&config->devices[i]))
			continue;
		plan->n_devices++;
		ret = read_device(plan, device, &config->devices[i], err);
		*link = &device->node;
		link = &device->node.next;
	}
	return ret;
}

/*
 * Guest addresses and SPIs as machine_attach_devices() and the classes give them out, and
 * carve-outs as machine_make_ram(), where no IOMMU reserves addresses of RAM.
 */

/* What KVM offers on every arm64 host: KVM_CAP_ARM_VM_IPA_SIZE of type 0. */
#define DEFAULT_IPA_BITS 40

struct placing {
	struct plan *plan;
	const struct vm_config *config;
	struct platform_bus bus;
};

static int place(void *opaque, unsigned int i, struct err *err)
{
	struct placing *p = opaque;
	const struct device_config *config = &p->config->devices[i];
	struct vfio_node *node = p->plan->nodes.first;
	uint64_t gpa;
	uint32_t spi;
	int ret = 0;

	while (node && node->config != config)
		node = node->next;
	/* Others have one SPI each, and a page of registers, but for emulated ones at fixed
	 * addresses. */
	if (!node && config->class->keys != emulated_keys)
		ret = platform_bus_place(&p->bus, config->name, sys_page_size(), 0,
					 PLATFORM_BUS_ANY, &gpa, err);
	if (!node)
		return ret
			       ?: platform_bus_take_spi(&p->bus, config->name,
							device_config_get(config, "spi", -1, number,
									  PLATFORM_BUS_ANY),
							&spi, err);
	/* What has no room is refused alone. */
	if (!node->err.what[0])
		vfio_node_place(&p->plan->nodes, node, &p->bus, &node->err);
	return 0;
}

static int carve(struct vfio_nodes *nodes, const struct vm_config *config, const struct memmap *map,
		 struct err *err)
{
	struct iova_list holes = { 0 };
	struct ram ram;
	int ret = vfio_nodes_reserve(nodes, &holes, err);

	ram_init(&ram);
	if (!ret && nodes->carveouts.n)
		ret = ram_plan(&ram, map, config->memory, holes.ranges, holes.n_ranges, err);
	if (!ret)
		ret = vfio_carveouts_place(&nodes->carveouts, map, &ram, err);
	ram_destroy(&ram);
	free(holes.ranges);
	return ret;
}

static int place_devices(struct plan *plan, const struct vm_config *config, struct err *err)
{
	owned_ptr struct placing *p = calloc(1, sizeof(*p));
	struct memmap map;
	int ret;

	if (!p)
		return err_set(err, ENOMEM, "place devices");
	p->plan = plan;
	p->config = config;
	memmap_init(&map, arch_ipa_bits(config->aarch32, DEFAULT_IPA_BITS));
	platform_bus_init(&p->bus, &map, NULL, SPI_MAX_COUNT);
	ret = carve(&plan->nodes, config, &map, err);
	return ret ? ret : device_configs_place(config->devices, config->n_devices, place, p, err);
}

/* What a guest's tree has besides its devices, as far as they point at it. */
static void write_surroundings(const struct plan *plan, struct dt *dt)
{
	static const struct {
		const char *cells;
		uint32_t phandle;
	} scmi[] = { { "#clock-cells", DT_PHANDLE_SCMI_CLOCK },
		     { "#reset-cells", DT_PHANDLE_SCMI_RESET },
		     { "#power-domain-cells", DT_PHANDLE_SCMI_POWER } };

	dt_prop_u32(dt, "interrupt-parent", DT_PHANDLE_GIC);
	dt_begin_node(dt, "intc");
	dt_prop_empty(dt, "interrupt-controller");
	dt_prop_u32(dt, "#interrupt-cells", 3);
	dt_prop_u32(dt, "phandle", DT_PHANDLE_GIC);
	dt_end_node(dt);
	dt_describe_apb_pclk(dt);
	for (unsigned int i = 0; BUILT(SCMI) && i < n_elems(scmi); i++) {
		dt_begin_node(dt, "protocol@%u", i);
		dt_prop_u32(dt, scmi[i].cells, 1);
		dt_prop_u32(dt, "phandle", scmi[i].phandle);
		dt_end_node(dt);
	}
	for (const struct vfio_node *node = plan->nodes.first; node; node = node->next)
		for (unsigned int i = 0; node->is_served && i < node->answers.n_scmi_supplies;
		     i++) {
			dt_begin_node(dt, "regulator@%x", node->scmi.supplies + i);
			dt_prop_u32(dt, "phandle",
				    DT_PHANDLE_SCMI_SUPPLY + node->scmi.supplies + i);
			dt_end_node(dt);
		}
}

static int write_tree(const struct plan *plan, void **blob, size_t *size, struct err *err)
{
	struct dt dt;
	int ret = 0;

	dt_init(&dt);
	write_surroundings(plan, &dt);
	for (const struct vfio_node *node = plan->nodes.first; node && !ret; node = node->next)
		if (node->result == GRAFT_PASSES)
			ret = vfio_node_write(&plan->nodes, node, &dt, err);
	graft_write_shared(plan->nodes.graft, &dt);
	if (!ret)
		ret = dt_finish(&dt, blob, size, err);
	dt_destroy(&dt);
	return ret ? ret : vfio_nodes_overlay(&plan->nodes, blob, size, err);
}

static int print_nodes(const struct plan *plan, struct plan_device *device, const void *blob,
		       size_t size, struct err *err)
{
	const struct graft_node *bus = graft_outcome(plan->nodes.graft, device->node.number)->bus;
	const struct graft_node *lists[] = { vfio_node_outcome(&plan->nodes, &device->node),
					     device->node.overlay.nodes };
	owned_ptr const char **names = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_elems(lists); i++) {
		for (const struct graft_node *node = lists[i]; node; node = node->next) {
			const char **name = array_add(names, n);

			if (!name)
				return err_set(err, ENOMEM, "plan %s", device->node.name);
			*name = n++ || !bus ? node->name : bus->name;
		}
	}
	return dt_print(blob, size, names, n, &device->text, err);
}

/* What points at a device that does not pass yet points at nothing. */
static bool is_whole(const struct plan *plan)
{
	const struct vfio_node *node = plan->nodes.first;

	while (node && node->result == GRAFT_PASSES)
		node = node->next;
	return !node;
}

static int finish_nodes(struct plan *plan, struct err *err)
{
	owned_ptr void *blob = NULL;
	size_t size;
	int ret = write_tree(plan, &blob, &size, err);

	if (ret)
		return ret;
	ret = is_whole(plan) ? dt_check(blob, size, err) : 0;
	if (ret == -ENOMEM)
		return ret;
	/* One that is not sound is a verdict on all that are in it: "dais run" refuses it, too. */
	for (struct vfio_node *node = plan->nodes.first; node && ret; node = node->next) {
		if (node->result == GRAFT_PASSES) {
			node->result = GRAFT_REFUSED;
			node->err = *err;
		}
	}
	ret = 0;
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		if (plan->devices[i].node.result == GRAFT_PASSES)
			ret = print_nodes(plan, &plan->devices[i], blob, size, err);
	return ret;
}

/* As far as the verdict. */
static int judge(struct plan *plan, const struct vm_config *config, struct err *err)
{
	int ret = read_devices(plan, config, err);

	for (unsigned int i = 0; i < config->n_devices && !plan->nodes.console; i++)
		plan->nodes.console = config->devices[i].class->stdout_path;
	if (!ret)
		ret = place_devices(plan, config, err);
	return ret ? ret : vfio_nodes_graft(&plan->nodes, err);
}

static int judge_driven(struct plan *plan, const struct vm_config *config, struct err *err)
{
	const struct vfio_node *node = plan->nodes.first;

	while (node && !vfio_node_has_held(node))
		node = node->next;
	if (!node)
		return 0;
	plan->driven = calloc(1, sizeof(*plan->driven));
	if (!plan->driven)
		return err_set(err, ENOMEM, "plan %s", node->name);
	plan->driven->nodes = (struct vfio_nodes){ .tree = plan->nodes.tree,
						   .backend = plan->nodes.backend,
						   .for_dais = true };
	return judge(plan->driven, config, err);
}

static int create(struct plan *plan, const struct vm_config *config, struct err *err)
{
	int ret = judge(plan, config, err);

	if (BUILT(SCMI) && !ret && !plan->nodes.tree->live)
		ret = judge_driven(plan, config, err);
	for (unsigned int i = 0; i < plan->n_devices && plan->nodes.live && !ret; i++) {
		struct plan_device *device = &plan->devices[i];

		ret = host_power_collect(&device->power, plan->nodes.live, &device->live,
					 vfio_node_graft(&plan->nodes, &device->node));
		if (ret)
			err_set(err, ret, "plan %s", device->node.name);
	}
	return ret ? ret : finish_nodes(plan, err);
}

int plan_create(struct plan *plan, const struct host_tree *tree, struct host_live *live,
		const struct vm_config *config, struct err *err)
{
	*plan = (struct plan){
		.nodes = { .tree = tree, .live = live, .backend = config->iommu },
	};
	return create(plan, config, err);
}

int plan_create_alone(struct plan *plan, const struct host_tree *tree, struct host_live *live,
		      const char *host, const char *where, struct err *err)
{
	*plan = (struct plan){ .nodes = { .tree = tree, .live = live } };
	config_init(&plan->alone);
	return config_add_host_device(&plan->alone, host, where, err)
		       ?: config_finish_devices(&plan->alone, err)
		       ?: create(plan, &plan->alone, err);
}

void plan_destroy(struct plan *plan)
{
	vfio_nodes_destroy(&plan->nodes);
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		struct plan_device *device = &plan->devices[i];

		free(device->text);
		host_power_destroy(&device->power);
		vfio_node_destroy(&device->node);
	}
	free(plan->devices);
	if (plan->driven)
		plan_destroy(plan->driven);
	free(plan->driven);
	config_destroy(&plan->alone);
	*plan = (struct plan){ 0 };
}

const char *plan_reason(const struct plan *plan, const struct plan_device *device, unsigned int n)
{
	if (device->node.err.what[0] && n-- == 0)
		return device->node.err.what;
	if (device->node.err.why[0] && n-- == 0)
		return device->node.err.why;
	if (device->node.number < 0 || vfio_node_is_answered(&plan->nodes, &device->node))
		return NULL;
	return graft_device_reason(plan->nodes.graft, device->node.number, n);
}

static int ask(struct plan_device *device, struct vm *vm, struct err *err)
{
	const struct device_class *class = device->node.config->class;
	struct device *opened = NULL;
	const struct vfio_device *vdev;
	int ret = class->create(device->node.config, vm, &opened, err);

	if (ret)
		return ret;
	vdev = (const struct vfio_device *)opened;
	device->vfio = (struct plan_vfio){
		.asked = true,
		.n_regions = vdev->n_regions,
		.n_irqs = vdev->n_irqs,
		.can_reset = vdev->flags & VFIO_DEVICE_FLAGS_RESET,
	};
	class->destroy(opened);
	return 0;
}

int plan_ask_vfio(struct plan *plan, struct err *err)
{
	owned_ptr struct vm *vm = NULL;
	int ret;

	if (!BUILT(VFIO)) {
		err_usage(err, "--live: this dais was built without VFIO");
		return err_fix(err, "leave --live out");
	}
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return err_set(err, ENOMEM, "ask VFIO");
	vm_init(vm);
	ret = fd_ranges_allow(err) ?: vfio_create(&vm->vfio, VFIO_BACKEND_AUTO, NULL, err);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		ret = ask(&plan->devices[i], vm, err);
	vfio_destroy(vm->vfio);
	return ret;
}
