// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "fdt/guest/graft_needs.h"
#include "vmm/base/range.h"

/* clang-format off */
static const struct graft_need needs[] = {
	/* Sound has no other way than DMA. */
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/", "*,*-i2s* *,*-spdif*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,sai.yaml", "fsl,*-sai" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,esai.yaml", "fsl,*-esai" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,ssi.yaml", "fsl,*-ssi" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,imx-asrc.yaml", "fsl,*asrc" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,micfil.yaml", "fsl,*-micfil" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,xcvr.yaml", "fsl,*-xcvr" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/fsl,aud2htx.yaml", "fsl,*-aud2htx" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/davinci-mcasp-audio.yaml", "ti,*-mcasp-audio" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/davinci-mcbsp.yaml", "ti,*mcbsp*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/ti,omap4-mcpdm.yaml", "ti,*-mcpdm" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/omap-dmic.txt", "ti,*-dmic" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/allwinner,sun50i-h6-dmic.yaml", "*,*-dmic" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/rockchip,pdm.yaml", "*,*pdm" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/allwinner,sun4i-a10-codec.yaml", "allwinner,*-codec" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/apple,mca.yaml", "apple,*mca" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/nvidia,tegra20-ac97.yaml", "nvidia,*-ac97" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "sound/nvidia,tegra210-admaif.yaml", "nvidia,*-admaif" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "crypto/starfive,jh7110-crypto.yaml", "starfive,jh7110-*" },
	/* These are a DMA engine's other half. */
	{ REFERENCE_DMA, GRAFT_REFUSE, "crypto/qcom-qce.yaml", "qcom,*qce qcom,crypto-*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "slimbus/qcom,slim-ngd.yaml", "qcom,slim-ngd*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "mtd/qcom,nandc.yaml", "qcom,*-nand" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "crypto/ti,sa2ul.yaml", "ti,*sa?ul" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "net/ti,k3-am654-cpsw-nuss.yaml", "ti,*-nuss" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "net/ti,icssg-prueth.yaml", "ti,*-icssg-prueth" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "media/ti,j721e-csi2rx-shim.yaml", "ti,*-csi2rx-shim" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "display/xlnx/xlnx,zynqmp-dpsub.yaml", "xlnx,zynqmp-dpsub*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "media/renesas,drif.yaml", "renesas,*-drif" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "media/st,stm32-dcmi.yaml", "st,stm32*-dcmi*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "mmc/owl-mmc.yaml", "actions,*-mmc" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "mtd/gpmi-nand.yaml", "fsl,*-gpmi-nand" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "mmc/mxs-mmc.yaml", "fsl,imx2[38]-*" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "serial/nvidia,tegra20-hsuart.yaml", "nvidia,*-hsuart" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "spi/nvidia,tegra20-slink.yaml", "nvidia,*-slink" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "spi/nvidia,tegra20-sflash.yaml", "nvidia,*-sflash" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "spi/nvidia,tegra114-spi.yaml", "nvidia,tegra*-spi" },
	{ REFERENCE_DMA, GRAFT_REFUSE, "display/allwinner,sun4i-a10-hdmi.yaml", "allwinner,*-hdmi" },
	{ REFERENCE_DMA, GRAFT_ASK, "crypto/atmel,at91sam9g46-aes.yaml", "atmel,*" },
	/* Drivers that end their probe without the reset control. */
	{ REFERENCE_RESET, GRAFT_ASK, "usb/nvidia,tegra124-xusb.yaml", "nvidia,tegra*" },
	{ REFERENCE_RESET, GRAFT_ASK, "spi/allwinner,sun6i-a31-spi.yaml", "allwinner,*" },
	{ REFERENCE_RESET, GRAFT_ASK, "net/starfive,jh7110-dwmac.yaml", "starfive,*" },
	{ REFERENCE_RESET, GRAFT_ASK, "display/rockchip/rockchip-vop.yaml", "rockchip,*-vop*" },
	{ REFERENCE_RESET, GRAFT_ASK, "thermal/rockchip-thermal.yaml", "rockchip,*-tsadc" },
	{ REFERENCE_RESET, GRAFT_ASK, "sound/rockchip,i2s-tdm.yaml", "*,*-i2s-tdm" },
	{ REFERENCE_RESET, GRAFT_ASK, "usb/amlogic,meson-g12a-usb-ctrl.yaml", "amlogic,*" },
	{ REFERENCE_RESET, GRAFT_ASK, "ufs/hisilicon,ufs.yaml", "hisilicon,*-ufs" },
	{ REFERENCE_RESET, GRAFT_ASK, "remoteproc/st,stm32-rproc.yaml", "*,*-rproc*" },
	{ REFERENCE_RESET, GRAFT_ASK, "remoteproc/qcom,sc7180-mss-pil.yaml", "qcom,*-mss-pil" },
	{ REFERENCE_RESET, GRAFT_ASK, "media/cdns,csi2rx.yaml", "cdns,*-csi2*" },
	/* Required in writing only: the driver core or another driver deals with it. */
	{ REFERENCE_RESET, GRAFT_DROP, "serial/renesas,scif.yaml", "renesas,*" },
	{ REFERENCE_RESET, GRAFT_DROP, "usb/brcm,bcm7445-ehci.yaml", "brcm,*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "serial/renesas,scif.yaml", "renesas,*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "net/ti,k3-am654-cpsw-nuss.yaml", "ti,am6* ti,j7*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "usb/mediatek,mtk-xhci.yaml", "mediatek,*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "serial/fsl-lpuart.yaml", "fsl,imx8q*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "display/rockchip/rockchip-vop.yaml", "rockchip,*" },
	{ REFERENCE_POWER_DOMAIN, GRAFT_DROP, "usb/qcom,dwc3.yaml", "qcom,*" },
	{ REFERENCE_SYSCON, GRAFT_REFUSE, "net/allwinner,sun8i-a83t-emac.yaml", "allwinner,*-emac" },
	{ REFERENCE_SYSCON, GRAFT_REFUSE, "usb/nvidia,tegra20-usb-phy.yaml", "nvidia,*" },
	{ REFERENCE_SYSCON, GRAFT_REFUSE, "net/stm32-dwmac.yaml", "st,*" },
	{ REFERENCE_SYSCON, GRAFT_REFUSE, "net/mediatek,net.yaml", "mediatek,*" },
	{ REFERENCE_SYSCON, GRAFT_REFUSE, "remoteproc/qcom,sc7180-mss-pil.yaml", "qcom,*-pil" },
	{ REFERENCE_IOMMU, GRAFT_DROP, "media/mediatek,vcodec-decoder.yaml", "mediatek,*" },
	{ REFERENCE_IOMMU, GRAFT_DROP, "media/qcom,venus-common.yaml", "qcom,*" },
	{ REFERENCE_PINCTRL, GRAFT_DROP, "memory-controllers/ti,gpmc.yaml", "ti,*-gpmc" },
};
/* clang-format on */

const struct graft_need *graft_need_find(enum reference_kind kind, const struct host_node *node)
{
	for (size_t i = 0; i < n_elems(needs); i++) {
		if (needs[i].kind == kind && host_node_matches(node, needs[i].patterns))
			return &needs[i];
	}
	return NULL;
}
