// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/check_guest.h"

#include <string.h>

#include "arch/arch.h"
#include "vmm/base/range.h"
#include "vmm/core/irq_line.h"

/* Behind the code, which knows where. The GIC is set up by a list of 32-bit writes. */
struct parameters {
	uint64_t test_device, touch, gicc, n, touch_write;
	struct {
		uint64_t gpa, value;
	} writes[8]; /* ends with gpa 0 */
};
#define PARAMETERS_OFFSET sizeof(arch_check_guest)

_Static_assert(PARAMETERS_OFFSET + sizeof(struct parameters) <= CHECK_GUEST_SIZE, "one page");

/* GIC architecture specifications: Arm IHI 0048 (v2), IHI 0069 (v3). */
#define GICD_CTLR           0x0000
#define GICD_CTLR_V2_ENABLE 0x1  /* group 0, where v2's SPIs are after a reset */
#define GICD_CTLR_V3_ENABLE 0x12 /* ARE_NS, EnableGrp1 */
#define GICD_ISENABLER      0x0100
#define GICD_ITARGETSR      0x0800
#define GICD_ICFGR          0x0c00
#define GICC_CTLR           0x0
#define GICC_PMR            0x4

void check_guest_image(uint8_t image[CHECK_GUEST_SIZE])
{
	memset(image, 0, CHECK_GUEST_SIZE);
	memcpy(image, arch_check_guest, sizeof(arch_check_guest));
}

void check_guest_set(uint8_t image[CHECK_GUEST_SIZE], const struct check_guest *wish)
{
	const uint32_t intid = SPI_TO_INTID(wish->spi);
	const bool v2 = wish->gic == VGIC_V2;
	struct parameters p = {
		.test_device = MEMMAP_TEST_DEVICE,
		.touch = wish->touch,
		.gicc = v2 ? MEMMAP_GICV2_CPU : 0,
		.n = wish->n,
		.touch_write = wish->touch_write,
		.writes = {
			{ MEMMAP_GIC_DIST + GICD_CTLR, v2 ? GICD_CTLR_V2_ENABLE : GICD_CTLR_V3_ENABLE },
			/* two bits for each interrupt; bit 1: edge */
			{ MEMMAP_GIC_DIST + GICD_ICFGR + intid / 16 * 4,
			  wish->edge ? 2u << intid % 16 * 2 : 0 },
			{ MEMMAP_GIC_DIST + GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32 },
		},
	};

	if (v2) {
		/* a byte for each interrupt: CPUs, of which there is one */
		p.writes[3].gpa = MEMMAP_GIC_DIST + GICD_ITARGETSR + round_down_to(intid, 4);
		p.writes[3].value = 1u << intid % 4 * 8;
		p.writes[4].gpa = MEMMAP_GICV2_CPU + GICC_PMR;
		p.writes[4].value = 0xff;
		p.writes[5].gpa = MEMMAP_GICV2_CPU + GICC_CTLR;
		p.writes[5].value = 1;
	}
	memcpy(image + PARAMETERS_OFFSET, &p, sizeof(p));
}
