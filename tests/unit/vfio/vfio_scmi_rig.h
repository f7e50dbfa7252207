/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_VFIO_VFIO_SCMI_RIG_H
#define TESTS_UNIT_VFIO_VFIO_SCMI_RIG_H

/* A device of vfio-dais, and a guest that sends messages. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/region.h"
#include "vfio/vfio.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

#define NODE    "/sys/firmware/devicetree/base/soc/10000000.ahci/"
#define CRU     "/sys/firmware/devicetree/base/cru/"
#define DENIED  (-3)
#define INVALID (-2)

enum { CLOCK_GATE, CLOCK_BUS, LINE, DOMAIN, SUPPLY, N_THINGS };

static struct fake_vfio_device disk;
static struct device *device;
static struct vfio_device *vdev;
static struct vm vm;
static struct err err;

/* --- what the driver sees of the VM when it is told something */

static unsigned int n_told;
static int answer_errno;
static bool was_mapped;

static inline bool is_mapped(void)
{
	return vdev->regions[0].areas[0].now == VFIO_TRAP_NOTHING;
}

static inline int told(const struct vfio_dais_control *arg)
{
	(void)arg;
	n_told++;
	was_mapped = is_mapped();
	return answer_errno;
}

static inline void begin(void)
{
	static const unsigned char phandle[] = { 0, 0, 0, 77 }, one[] = { 0, 0, 0, 1 };
	static const unsigned char two[] = { 0, 0, 0, 77, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, 2 };
	static const unsigned char three[] = { 0, 0, 0, 77, 0, 0, 0, 3 };
	static const char names[] = "gate\0bus";

	cr_redirect_stderr();
	fake_vm_create(&vm);
	disk = (struct fake_vfio_device){
		.name = "10000000.ahci",
		.group = 1,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
		.controlled = told,
		.n_controls = N_THINGS,
		.controls = {
			[CLOCK_GATE] = { .kind = VFIO_DAIS_HELD_CLOCK,
					 .may = VFIO_DAIS_MAY_SWITCH | VFIO_DAIS_MAY_SET,
					 .state = VFIO_DAIS_STATE_ON,
					 .value = 24000000,
					 .min = 1000000,
					 .max = 48000000 },
			[CLOCK_BUS] = { .kind = VFIO_DAIS_HELD_CLOCK,
					.index = 1,
					.may = VFIO_DAIS_MAY_SWITCH,
					.state = VFIO_DAIS_STATE_ON,
					.value = 100000000 },
			[LINE] = { .kind = VFIO_DAIS_HELD_RESET,
				   .may = VFIO_DAIS_MAY_SWITCH,
				   .state = VFIO_DAIS_STATE_ON },
			[SUPPLY] = { .kind = VFIO_DAIS_HELD_SUPPLY,
				     .index = 1,
				     .may = VFIO_DAIS_MAY_SWITCH | VFIO_DAIS_MAY_SET,
				     .state = VFIO_DAIS_STATE_ON,
				     .value = 3300000,
				     .min = 1800000,
				     .max = 3300000 },
			[DOMAIN] = { .kind = VFIO_DAIS_HELD_DOMAIN,
				     .may = VFIO_DAIS_MAY_SWITCH,
				     .state = VFIO_DAIS_STATE_ON },
		},
	};
	fake_vfio_add(&disk);
	fake_link("/sys/bus/platform/devices/10000000.ahci/driver",
		  "/sys/bus/platform/drivers/vfio-dais");
	fake_file("/sys/bus/platform/drivers/vfio-dais/bind", "");
	fake_file("/sys/module/vfio_dais/version", "4\n");
	fake_file_bytes(CRU "phandle", phandle, 4);
	fake_file_bytes(CRU "#clock-cells", one, 4);
	fake_file_bytes(CRU "#reset-cells", one, 4);
	fake_file_bytes(CRU "#power-domain-cells", one, 4);
	fake_file_bytes(NODE "clocks", two, sizeof(two));
	fake_file_bytes(NODE "clock-names", names, sizeof(names));
	fake_file_bytes(NODE "resets", three, sizeof(three));
	fake_file_bytes(NODE "power-domains", three, sizeof(three));
	fake_file_bytes(NODE "vcc-supply", phandle, sizeof(phandle));
	fake_file_bytes(NODE "vdd-supply", phandle, sizeof(phandle));
}

static inline void end(void)
{
	if (device)
		device->class->destroy(device);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

static inline int start(const char *key, const char *value)
{
	static struct device_config config;

	config = (struct device_config){
		.class = &vfio_platform_class,
		.name = "disk",
		.where = "x",
		.settings = { { .key = "host", .value = "10000000.ahci", .where = "x" },
			      { .key = key, .value = value, .where = "x" } },
		.n_settings = key ? 2 : 1,
	};
	cr_assert_eq(device_config_judge(&config, NULL, &err), 0, "%s", err.what);
	cr_assert_eq(vfio_platform_class.create(&config, &vm, &device, &err), 0, "%s", err.what);
	vdev = (struct vfio_device *)device;
	cr_assert_eq(device->class->attach(device, &err), 0, "%s", err.what);
	return vfio_nodes_plan(vm.vfio, NULL, &err);
}

/* The status of a message; @value: what is behind it. */
static inline int send(unsigned int protocol, unsigned int message, unsigned int n, uint32_t a,
		       uint32_t b, uint32_t c, uint32_t *value)
{
	const uint32_t in[] = { a, b, c, 0 };
	uint32_t out[SCMI_MAX_PAYLOAD / 4];

	scmi_answer(&vm.vfio->scmi.platform, protocol << 10 | message, in, 4 * n, (uint8_t *)out);
	if (value)
		*value = out[1];
	return (int)out[0];
}

static inline int clock_set(uint32_t clock, uint32_t hz)
{
	return send(0x14, 5, 4, 0, clock, hz, NULL);
}

static inline int clock_turn(uint32_t clock, bool on)
{
	return send(0x14, 7, 3, clock, on, 0, NULL);
}

static inline int line_assert(bool assert)
{
	return send(0x16, 4, 3, 0, assert ? 2 : 0, 0, NULL);
}

static inline int domain_turn(bool on)
{
	return send(0x11, 4, 3, 0, 0, on ? 0 : 0x40000000, NULL);
}

static inline void use_vfio_platform(void)
{
	fake_link("/sys/bus/platform/devices/10000000.ahci/driver",
		  "/sys/bus/platform/drivers/vfio-platform");
}

#endif
