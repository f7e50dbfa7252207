// SPDX-License-Identifier: GPL-2.0-only
/* What the host has of a device's interrupt lines and registers, too. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "fdt/host/shared.h"

/* Lines that are looked at and others that are named: real lines have up to 32 devices. */
#define MAX_LINES 64
#define MAX_NAMED 4

static bool is_below(const struct host_node *node, const struct host_node *above)
{
	while (node && node != above)
		node = node->parent;
	return node;
}

/* A minimal dais leaves it to its user, as it leaves lines to the kernel, which refuses them. */
static const char *kernel_timer(const struct graft *graft, const struct host_node *node)
{
	return GRAFT_REASONS ? host_kernel_timer(graft->tree, node) : NULL;
}

/* Who has the part of the host's that is the device's, too. */
struct other {
	const struct host_node *node;
	enum {
		OTHER_IDLE, /* as far as is known: a file does not tell of drivers */
		OTHER_IN_GUEST,
		OTHER_DRIVER,
		OTHER_KERNEL,
		OTHER_IOMMU,
	} holder;
	const char *what; /* of OTHER_KERNEL */
	char driver[64];
};

static void find_other(const struct graft *graft, const struct host_node *node, enum host_role role,
		       struct other *other)
{
	*other = (struct other){ .node = node };
	if (role == HOST_ROLE_IOMMU) {
		other->holder = OTHER_IOMMU;
	} else if (graft->marks[node->index].in_guest) {
		other->holder = OTHER_IN_GUEST;
	} else if (kernel_timer(graft, node)) {
		other->holder = OTHER_KERNEL;
		other->what = "a timer of the kernel's own";
	} else if (graft->host.driver &&
		   !graft->host.driver(graft->host.opaque, node, other->driver,
				       sizeof(other->driver)) &&
		   strncmp(other->driver, "vfio-", 5)) {
		other->holder = OTHER_DRIVER;
	}
}

/* Linux has one number for a line, and VFIO does not share it. */
static void refuse_line(struct graft *graft, struct graft_device *device, unsigned int index,
			const struct other *other)
{
	const char *path = graft_path(graft, other->node);
	char name[128];

	if (other->holder == OTHER_IOMMU)
		graft_add_reason(
			graft, device,
			"interrupt %u: the IOMMU %s has the same line, which VFIO asks for "
			"alone: it never gets it",
			index, path);
	else if (other->holder == OTHER_KERNEL)
		graft_add_reason(graft, device,
				 "interrupt %u: %s, %s, has the same line, which VFIO asks for "
				 "alone: it never gets it",
				 index, path, other->what);
	else if (other->holder == OTHER_IN_GUEST)
		graft_add_reason(
			graft, device,
			"interrupt %u: %s, which is assigned too, has the same line, which "
			"VFIO gives to one device: leave one of the two out",
			index, path);
	else
		graft_add_reason(graft, device,
				 "interrupt %u: %s has the same line, which VFIO asks for alone; "
				 "unbind its driver %s first: echo %s | sudo tee "
				 "/sys/bus/%s/drivers/%s/unbind",
				 index, path, other->driver,
				 host_node_device_name(other->node, name, sizeof(name)),
				 host_node_is_amba(other->node) ? "amba" : "platform",
				 other->driver);
}

/*
 * The other of line @i of @lines; false: there is none, or one before it was the same. What an
 * interrupt controller lists it may hand on, as STM32's EXTI does; and of a timer the kernel takes
 * the first interrupt alone, where SoCs list those of all its counters.
 */
static bool find_sharer(const struct graft *graft, const struct graft_device *device,
			const struct host_line *lines, size_t i, struct other *other)
{
	if (is_below(lines[i].node, device->node) || lines[i].role == HOST_ROLE_INTERRUPTS ||
	    (i && lines[i].node == lines[i - 1].node))
		return false;
	find_other(graft, lines[i].node, lines[i].role, other);
	return other->holder != OTHER_KERNEL || !lines[i].index;
}

static void judge_line(struct graft *graft, struct graft_device *device, unsigned int index,
		       const struct host_line *lines, size_t n)
{
	for (size_t i = 0, n_named = 0; i < n && n_named < MAX_NAMED; i++) {
		struct other other;

		if (!find_sharer(graft, device, lines, i, &other) || other.holder == OTHER_IDLE)
			continue;
		device->out.result = GRAFT_REFUSED;
		device->clashes |= other.holder == OTHER_IN_GUEST;
		refuse_line(graft, device, index, &other);
		n_named++;
	}
}

/* Those that do not stand against it now; NULL: none. */
static const char *name_idle(struct graft *graft, const struct graft_device *device,
			     unsigned int index)
{
	size_t n, n_idle = 0;
	const struct host_line *lines = host_lines_find(graft->tree, &device->host.irqs[index], &n);
	const char *text = NULL;

	for (size_t i = 0; i < n && i < MAX_LINES; i++) {
		struct other other;

		if (!find_sharer(graft, device, lines, i, &other) || other.holder != OTHER_IDLE ||
		    n_idle++ >= MAX_NAMED)
			continue;
		text = arena_printf(&graft->arena, "%s%s%s", text ?: "", text ? ", " : "",
				    graft_path(graft, lines[i].node));
	}
	if (n_idle > MAX_NAMED)
		text = arena_printf(&graft->arena, "%s and %zu more", text ?: "",
				    n_idle - MAX_NAMED);
	return text;
}

/* Their registers are those of what is on them (drivers/bus/simple-pm-bus.c). */
#define BUSES      "simple-bus simple-pm-bus *,aips-bus"
/* Blocks of registers that nodes beside them, or below, have their parts of. */
#define CONTAINERS "syscon simple-mfd"

/*
 * What is above a device, or a syscon around it, has the device's registers among its own, which is
 * how it should be; not where it has no others.
 */
static bool is_harmless(const struct graft_device *device, const struct host_window *window,
			struct range range)
{
	bool is_part = range_contains(window->range, range) && window->range.size > range.size;

	if (window->role == HOST_ROLE_IOMMU)
		return false;
	if (is_below(window->node, device->node) || host_node_matches(window->node, BUSES))
		return true;
	return (is_part || window->role == HOST_ROLE_DEVICE)
		       ? is_below(device->node, window->node) ||
				 (is_part && host_node_matches(window->node, CONTAINERS))
		       : false;
}

/* A provider of the device alone, such as a gate for its clock, is no more than a part of it. */
static bool serves_others(const struct graft *graft, const struct graft_device *device,
			  const struct host_node *node)
{
	struct reference_user user;
	size_t at = 0;

	while (reference_next_user(graft->tree, node, &at, &user))
		if (!is_below(user.node, device->node) && !graft->marks[user.node->index].in_guest)
			return true;
	return false;
}

static void find_owner(struct graft *graft, const struct graft_device *device,
		       const struct host_window *window, struct other *other)
{
	find_other(graft, window->node, window->role, other);
	if (other->holder == OTHER_IN_GUEST)
		return;
	if (window->role == HOST_ROLE_INTERRUPTS || host_node_has(window->node, "msi-controller"))
		other->what = "an interrupt controller";
	else if (window->role == HOST_ROLE_PROVIDER && serves_others(graft, device, window->node))
		other->what = "which gives others clocks, resets or power";
	if (other->what)
		other->holder = OTHER_KERNEL;
}

static void refuse_window(struct graft *graft, struct graft_device *device, unsigned int index,
			  const struct host_window *window)
{
	const char *path = graft_path(graft, window->node);
	struct other other;

	find_owner(graft, device, window, &other);
	if (other.holder == OTHER_IN_GUEST || (other.holder == OTHER_IDLE && device->answers.force))
		return;
	device->out.result = GRAFT_REFUSED;
	if (other.holder == OTHER_IOMMU)
		graft_add_reason(graft, device,
				 "its region %u has registers of %s, an IOMMU: a guest that has "
				 "them is confined by nothing",
				 index, path);
	else if (other.holder == OTHER_KERNEL)
		graft_add_reason(graft, device,
				 "its region %u has registers of %s, %s: they are the host's",
				 index, path, other.what);
	else if (other.holder == OTHER_DRIVER)
		graft_add_reason(
			graft, device,
			"its region %u has registers of %s, which the host's driver %s uses", index,
			path, other.driver);
	else
		graft_add_reason(
			graft, device,
			"its region %u has registers of another device, %s: give force=on, if "
			"the host does without that",
			index, path);
}

static const struct host_window *next_window(const struct graft *graft,
					     const struct graft_device *device, unsigned int index,
					     size_t *at)
{
	struct range range = device->host.regions[index];
	const struct host_window *window;

	do {
		window = host_windows_next(graft->tree, range, at);
	} while (window && (window->node == device->node || is_harmless(device, window, range)));
	return window;
}

/*
 * By what VFIO maps: its sizes, where it has opened the device. What the host's tree does not have
 * of it could be anything.
 */
static void judge_windows(struct graft *graft, struct graft_device *device)
{
	for (unsigned int i = 0; i < device->facts.n_regions; i++) {
		const struct host_window *window;
		size_t at = SIZE_MAX;

		if (i >= device->host.n_regions ||
		    device->host.regions[i].size != device->facts.regions[i].size) {
			device->out.result = GRAFT_REFUSED;
			graft_add_reason(graft, device,
					 "VFIO gives its region %u 0x%" PRIx64
					 " bytes, and the host's tree says 0x%" PRIx64
					 ": what else is there is not known",
					 i, device->facts.regions[i].size,
					 i < device->host.n_regions ? device->host.regions[i].size
								    : 0);
			continue;
		}
		while ((window = next_window(graft, device, i, &at)))
			refuse_window(graft, device, i, window);
	}
}

void graft_judge_shared(struct graft *graft, struct graft_device *device)
{
	const char *timer = kernel_timer(graft, device->node);

	if (timer && !device->answers.force) {
		device->out.result = GRAFT_REFUSED;
		graft_add_reason(graft, device,
				 "the host depends on it: a timer that its kernel takes without a "
				 "driver (drivers/clocksource/%s)",
				 timer);
	}
	judge_windows(graft, device);
	for (unsigned int i = 0; i < device->host.n_irqs && GRAFT_REASONS; i++) {
		size_t n;
		const struct host_line *lines =
			host_lines_find(graft->tree, &device->host.irqs[i], &n);

		judge_line(graft, device, i, lines, n < MAX_LINES ? n : MAX_LINES);
	}
}

static void note_forced(struct graft *graft, struct graft_device *device)
{
	const char *timer = kernel_timer(graft, device->node);

	if (timer)
		graft_add_reason(
			graft, device,
			"note: forced, although it is a timer that the host's kernel takes "
			"without a driver (drivers/clocksource/%s)",
			timer);
	for (unsigned int i = 0; i < device->facts.n_regions && i < device->host.n_regions; i++) {
		const struct host_window *window;
		size_t at = SIZE_MAX, n = 0;

		while (n < MAX_NAMED && (window = next_window(graft, device, i, &at))) {
			struct other other;

			find_owner(graft, device, window, &other);
			if (other.holder != OTHER_IDLE)
				continue;
			n++;
			graft_add_reason(graft, device,
					 "note: forced, although its region %u has registers of %s",
					 i, graft_path(graft, window->node));
		}
	}
}

void graft_note_shared(struct graft *graft, struct graft_device *device)
{
	const char *shares = NULL;

	for (unsigned int i = 0; i < device->host.n_irqs; i++) {
		const char *idle = name_idle(graft, device, i);

		if (!idle)
			continue;
		shares = arena_printf(&graft->arena, "%s%sinterrupt %u: %s has the same line",
				      shares ?: "", shares ? "; " : "", i, idle);
		graft_add_reason(graft, device,
				 "note: interrupt %u: %s has the same line, which VFIO asks for "
				 "alone: no driver and no other guest may have that then",
				 i, idle);
	}
	device->out.shares = shares;
	if (device->answers.force)
		note_forced(graft, device);
}
