// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where KVM does not resample (arch/common/resample.h). An exit between the guest's taking an
 * interrupt and its end is all that KVM misses, and a handler's access to its device is one when it
 * traps. That costs less than mode eventfd, which wakes the main loop as well (docs/bench-irq.md).
 * Reads trap, too: a handler that finds nothing to do writes nothing, and without an exit its
 * interrupt comes again and again. Who says eoi=…:write takes that for the speed.
 */
#include <inttypes.h>

#include "fdt/host/tree.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/irq/irq.h"
#include "vfio/irq/user.h"
#include "vfio/region.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

/*
 * A register of the device's first region that Linux's driver writes whenever it handles an
 * interrupt, before it returns from its handler; in drivers/ and include/linux/ of Linux 7.3.
 * What is within the first 4 KiB would do for any other there.
 */
static const struct {
	const char *compatibles; /* as host_node_matches() has them */
	uint64_t offset;
} written[] = {
	{ "*ahci*", 0x08 },                  /* ata/ahci.h: HOST_IRQ_STAT */
	{ "arm,pl011", 0x44 },               /* amba/serial.h: UART011_ICR */
	{ "arm,pl031", 0x1c },               /* rtc/rtc-pl031.c: RTC_ICR */
	{ "arm,pl330", 0x2c },               /* dma/pl330.c: INTCLR */
	{ "calxeda,hb-xgmac", 0xf14 },       /* net/ethernet/calxeda/xgmac.c: XGMAC_DMA_STATUS */
	{ "amd,xgbe-*", 0x3160 },            /* net/ethernet/amd/xgbe/xgbe-common.h: DMA_CH_SR */
	{ "*-gem cdns,*gem *macb", 0x2c },   /* net/ethernet/cadence/macb.h: MACB_IDR */
	{ "*sdhci* *dwcmshc *usdhc", 0x30 }, /* mmc/host/sdhci.h: SDHCI_INT_STATUS */
	{ "snps,dwmac*", 0x1014 },           /* stmmac/dwmac_dma.h: DMA_STATUS; dwmac4: same page */
	{ "snps,dwxgmac*", 0x3160 },         /* stmmac/dwxgmac2.h: XGMAC_DMA_CH_STATUS */
	{ "generic-xhci xhci-platform", 0x24 }, /* usb/host/xhci.h: USBSTS */
	{ "generic-ehci", 0x14 },               /* usb/ehci_def.h: status */
	{ "generic-ohci", 0x0c },               /* usb/host/ohci.h: intrstatus */
	{ "fsl,*-fec", 0x04 },                  /* net/ethernet/freescale/fec.h: FEC_IEVENT */
	{ "qemu,edu", 0x64 }, /* QEMU, docs/specs/edu.rst: interrupt acknowledge */
};

static bool is_compatible(const struct vfio_node *node, const char *patterns)
{
	const char *given = node->answers.graft.compatible;

	return given ? str_matches(given, patterns)
		     : node->host && host_node_matches(node->host, patterns);
}

/* What eoi= says, or the table. */
static struct vfio_irq_eoi find_register(const struct vfio_irq *irq, const struct vfio_device *vdev)
{
	if (irq->eoi.known || !vdev->n_regions)
		return irq->eoi;
	for (size_t i = 0; i < n_elems(written); i++)
		if (written[i].offset < vdev->regions[0].size &&
		    is_compatible(&vdev->node, written[i].compatibles))
			return (struct vfio_irq_eoi){ true, false, 0, written[i].offset };
	return irq->eoi;
}

int vfio_irq_make_trappable(struct vfio_device *vdev, const struct vfio_irq_eoi *eoi, bool always,
			    struct err *err)
{
	int ret = 0;

	if (eoi->known)
		return vfio_region_trappable(&vdev->regions[eoi->region], eoi->offset,
					     eoi->by_write ? VFIO_TRAP_WRITES : VFIO_TRAP_ALL,
					     always, err);
	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		ret = vfio_region_trappable(&vdev->regions[i], VFIO_REGION_ALL, VFIO_TRAP_ALL,
					    always, err);
	return ret;
}

int vfio_irq_trap_always(struct vfio_irq *irq, struct vfio_device *vdev, struct err *err)
{
	const struct vfio_irq_eoi eoi = find_register(irq, vdev);
	const char *accesses = eoi.by_write ? "writes" : "accesses";
	uint64_t n_bytes = sys_page_size();
	bool is_mapped = false;

	for (unsigned int i = 0; i < vdev->n_regions; i++)
		is_mapped |= vdev->regions[i].n_areas && (!eoi.known || i == eoi.region);
	if (!BUILT(VFIO_IRQ_PROBE) || !is_mapped)
		return 0;
	if (eoi.known)
		log_within(&irq->log, LOG_WARN,
			   "%s: KVM does not resample on this host, so %s to register %#" PRIx64
			   " of region %u trap, and to the %" PRIu64
			   " others of its page: about %u times the work of an irqfd",
			   irq->name, accesses, eoi.offset, eoi.region, n_bytes / 4 - 1,
			   eoi.by_write ? 3 : 4);
	else
		log_within(&irq->log, LOG_WARN,
			   "%s: KVM does not resample on this host, so %s to all registers of %s "
			   "trap: 4 times the work of an irqfd and more; eoi=REGION:OFFSET:write "
			   "makes it less",
			   irq->name, accesses, vdev->host.name);
	return vfio_irq_make_trappable(vdev, &eoi, true, err);
}

bool vfio_wants_resample(const struct vfio *vfio, const struct vm *vm)
{
	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		for (unsigned int i = 0; i < vdev->n_irqs; i++)
			if (vfio_irq_needs_resample(&vdev->irqs[i], vm))
				return true;
	return false;
}
