// SPDX-License-Identifier: GPL-2.0-only
/* What two VMs, or two devices, of the set both want, and only one can have. */
#include <inttypes.h>
#include <string.h>

#include "vmm/base/sys.h"
#include "vmm/check/check.h"

/* A pair of devices of the set; their VMs may be one. */
struct pair {
	const struct check_device *device[2];
	char vms[512];     /* "a.conf and b.conf" */
	char devices[264]; /* "10000000.edu and 10200000.sata" */
};

#define ONE_AT_A_TIME "run one of the two at a time"

static void check_same(struct check *check, const struct pair *pair)
{
	const struct vfio_host_device *a = &pair->device[0]->host, *b = &pair->device[1]->host;

	if (!strcmp(a->name, b->name)) {
		check_say(check, CHECK_BLOCKS, "%s: %s is wanted twice" FIX ONE_AT_A_TIME,
			  pair->vms, a->name);
	} else if (a->group >= 0 && a->group == b->group &&
		   pair->device[0]->vm != pair->device[1]->vm) {
		check_say(check, CHECK_BLOCKS,
			  "%s: %s are in one IOMMU group, %d, which only one VM can have" FIX
				  ONE_AT_A_TIME ", or make one VM of them",
			  pair->vms, pair->devices, a->group);
	}
}

static bool is_same_line(const struct host_irq_fact *a, const struct host_irq_fact *b)
{
	return a->kind == HOST_IRQ_OK && b->kind == HOST_IRQ_OK && a->controller == b->controller &&
	       !memcmp(a->specifier, b->specifier, a->n_line_cells * sizeof(a->specifier[0]));
}

/* vfio_platform_irq_init() of Linux asks for an interrupt that it does not share. */
static void check_same_line(struct check *check, const struct pair *pair)
{
	const struct host_facts *a = &pair->device[0]->plan->node.facts;
	const struct host_facts *b = &pair->device[1]->plan->node.facts;

	for (unsigned int i = 0; i < a->n_irqs; i++) {
		for (unsigned int k = 0; k < b->n_irqs; k++) {
			const struct host_irq_fact *irq = &a->irqs[i];
			char spi[24] = "";

			if (!is_same_line(irq, &b->irqs[k]))
				continue;
			if (irq->is_gic)
				snprintf(spi, sizeof(spi), "SPI %" PRIu32, irq->specifier[1]);
			check_say(check, CHECK_BLOCKS,
				  "%s: %s share the host's %s%s, which VFIO gives to one" FIX
				  "leave one of the two devices out",
				  pair->vms, pair->devices, spi[0] ? spi : "line of ",
				  spi[0] ? "" : irq->controller->name);
		}
	}
}

static struct range whole_pages(struct range range)
{
	uint64_t page = sys_page_size(), start = round_down_to(range.start, page);

	return (struct range){ start, round_up_to(range.start + range.size, page) - start };
}

static void check_same_page(struct check *check, const struct pair *pair)
{
	const struct host_facts *a = &pair->device[0]->plan->node.facts;
	const struct host_facts *b = &pair->device[1]->plan->node.facts;

	for (unsigned int i = 0; i < a->n_regions; i++) {
		for (unsigned int k = 0; k < b->n_regions; k++) {
			struct range x = a->regions[i], y = b->regions[k];
			bool overlap = range_overlaps(x, y);

			if (!x.size || !y.size || !range_overlaps(whole_pages(x), whole_pages(y)))
				continue;
			check_say(check, overlap ? CHECK_BLOCKS : CHECK_WARNS,
				  "%s: %s have %s, 0x%" PRIx64 FIX "%s", pair->vms, pair->devices,
				  overlap ? "registers at the same address"
					  : "registers in one page of the host, so that both are "
					    "trapped, which is slow",
				  x.start > y.start ? x.start : y.start,
				  overlap ? ONE_AT_A_TIME : "");
		}
	}
}

/* The host's own memory, carveout.NAME=host. */
static void check_same_carveout(struct check *check, const struct pair *pair)
{
	const struct device_config *a = pair->device[0]->config, *b = pair->device[1]->config;

	for (unsigned int i = 0; i < a->n_settings; i++) {
		const struct device_setting *setting = &a->settings[i];
		const char *other = device_config_str(b, setting->key);

		if (!strncmp(setting->key, "carveout.", 9) && !strncmp(setting->value, "host", 4) &&
		    other && !strncmp(other, "host", 4))
			check_say(check, CHECK_BLOCKS,
				  "%s: %s both have %s=host, the same memory of the host" FIX
				  "%s=guest, in one of the two",
				  pair->vms, pair->devices, setting->key, setting->key);
	}
}

static void check_pair(struct check *check, const struct check_device *a,
		       const struct check_device *b)
{
	struct pair pair = { .device = { a, b } };
	bool one_vm = a->vm == b->vm;

	if (!a->found || !b->found)
		return;
	snprintf(pair.vms, sizeof(pair.vms), "%s%s%s", a->vm->name, one_vm ? "" : " and ",
		 one_vm ? "" : b->vm->name);
	snprintf(pair.devices, sizeof(pair.devices), "%s and %s", a->host.name, b->host.name);
	check_same(check, &pair);
	if (!one_vm && a->config && b->config)
		check_same_carveout(check, &pair);
	if (!a->plan || !b->plan || a->plan->node.host == b->plan->node.host)
		return;
	check_same_line(check, &pair);
	if (!one_vm)
		check_same_page(check, &pair);
}

/* Two guests would write to the same memory. */
static void check_memory_files(struct check *check, const struct check_vm *a,
			       const struct check_vm *b)
{
	const struct vm_config *x = &a->config, *y = &b->config;

	if (!x->memory_file || !y->memory_file || strcmp(x->memory_file, y->memory_file) ||
	    !range_overlaps((struct range){ x->memory_offset, x->memory },
			    (struct range){ y->memory_offset, y->memory }))
		return;
	check_say(check, CHECK_BLOCKS,
		  "%s and %s: both have their RAM in the same part of %s" FIX
		  "memory-file = %s, with an offset of 0x%" PRIx64 " or more, in one of the "
		  "two",
		  a->name, b->name, x->memory_file, x->memory_file, y->memory_offset + y->memory);
}

/* The lowest host CPU that vCPUs of both are bound to; -1: none. */
static int shared_cpu(const struct vm_config *a, const struct vm_config *b)
{
	for (unsigned int w = 0; w < VM_AFFINITY_WORDS; w++) {
		uint64_t cpus[2] = { 0 };

		for (unsigned int v = 0; v < a->n_vcpus; v++)
			cpus[0] |= a->affinity[v][w];
		for (unsigned int v = 0; v < b->n_vcpus; v++)
			cpus[1] |= b->affinity[v][w];
		if (cpus[0] & cpus[1])
			return (int)(64 * w) + __builtin_ctzll(cpus[0] & cpus[1]);
	}
	return -1;
}

static void check_cpus(struct check *check, const struct check_vm *a, const struct check_vm *b)
{
	bool real_time = a->config.rt_priority || b->config.rt_priority;
	int cpu =
		a->config.affinity && b->config.affinity ? shared_cpu(&a->config, &b->config) : -1;

	if (cpu < 0)
		return;
	check_say(check, CHECK_WARNS,
		  "%s and %s: both have vCPUs on host CPU %d%s" FIX
		  "cpu-affinity = other CPUs, in one of the two",
		  a->name, b->name, cpu,
		  real_time ? ", where one with rt-priority starves the other" : "");
}

void check_set(struct check *check)
{
	check_each_device (check, a)
		for (const struct check_device *b = a + 1; b < check->devices + check->n_devices;
		     b++)
			check_pair(check, a, b);
	check_each_vm (check, a) {
		for (const struct check_vm *b = a + 1; b < check->vms + check->n_vms; b++) {
			check_memory_files(check, a, b);
			check_cpus(check, a, b);
		}
	}
}
