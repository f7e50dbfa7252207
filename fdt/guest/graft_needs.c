// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stddef.h>

#include "fdt/guest/graft_policy.h"
#include "vmm/base/range.h"

static const struct graft_need needs[] = {
	/* Sound has no other way than DMA. */
	{ REFERENCE_DMA, "*,*-i2s*", GRAFT_REFUSE, "sound/" },
	{ REFERENCE_DMA, "*,*-spdif*", GRAFT_REFUSE, "sound/" },
	{ REFERENCE_DMA, "fsl,*-sai", GRAFT_REFUSE, "sound/fsl,sai.yaml" },
	{ REFERENCE_DMA, "fsl,*-esai", GRAFT_REFUSE, "sound/fsl,esai.yaml" },
	{ REFERENCE_DMA, "fsl,*-ssi", GRAFT_REFUSE, "sound/fsl,ssi.yaml" },
	{ REFERENCE_DMA, "fsl,*asrc", GRAFT_REFUSE, "sound/fsl,imx-asrc.yaml" },
	{ REFERENCE_DMA, "fsl,*-micfil", GRAFT_REFUSE, "sound/fsl,micfil.yaml" },
	{ REFERENCE_DMA, "fsl,*-xcvr", GRAFT_REFUSE, "sound/fsl,xcvr.yaml" },
	{ REFERENCE_DMA, "fsl,*-aud2htx", GRAFT_REFUSE, "sound/fsl,aud2htx.yaml" },
	{ REFERENCE_DMA, "ti,*-mcasp-audio", GRAFT_REFUSE, "sound/davinci-mcasp-audio.yaml" },
	{ REFERENCE_DMA, "ti,*mcbsp*", GRAFT_REFUSE, "sound/davinci-mcbsp.yaml" },
	{ REFERENCE_DMA, "ti,*-mcpdm", GRAFT_REFUSE, "sound/ti,omap4-mcpdm.yaml" },
	{ REFERENCE_DMA, "ti,*-dmic", GRAFT_REFUSE, "sound/omap-dmic.txt" },
	{ REFERENCE_DMA, "*,*-dmic", GRAFT_REFUSE, "sound/allwinner,sun50i-h6-dmic.yaml" },
	{ REFERENCE_DMA, "*,*pdm", GRAFT_REFUSE, "sound/rockchip,pdm.yaml" },
	{ REFERENCE_DMA, "allwinner,*-codec", GRAFT_REFUSE,
	  "sound/allwinner,sun4i-a10-codec.yaml" },
	{ REFERENCE_DMA, "apple,*mca", GRAFT_REFUSE, "sound/apple,mca.yaml" },
	{ REFERENCE_DMA, "nvidia,*-ac97", GRAFT_REFUSE, "sound/nvidia,tegra20-ac97.yaml" },
	{ REFERENCE_DMA, "nvidia,*-admaif", GRAFT_REFUSE, "sound/nvidia,tegra210-admaif.yaml" },
	{ REFERENCE_DMA, "starfive,jh7110-*", GRAFT_REFUSE, "crypto/starfive,jh7110-crypto.yaml" },
	/* These are a DMA engine's other half. */
	{ REFERENCE_DMA, "qcom,*qce", GRAFT_REFUSE, "crypto/qcom-qce.yaml" },
	{ REFERENCE_DMA, "qcom,crypto-*", GRAFT_REFUSE, "crypto/qcom-qce.yaml" },
	{ REFERENCE_DMA, "qcom,slim-ngd*", GRAFT_REFUSE, "slimbus/qcom,slim-ngd.yaml" },
	{ REFERENCE_DMA, "qcom,*-nand", GRAFT_REFUSE, "mtd/qcom,nandc.yaml" },
	{ REFERENCE_DMA, "ti,*sa?ul", GRAFT_REFUSE, "crypto/ti,sa2ul.yaml" },
	{ REFERENCE_DMA, "ti,*-nuss", GRAFT_REFUSE, "net/ti,k3-am654-cpsw-nuss.yaml" },
	{ REFERENCE_DMA, "ti,*-icssg-prueth", GRAFT_REFUSE, "net/ti,icssg-prueth.yaml" },
	{ REFERENCE_DMA, "ti,*-csi2rx-shim", GRAFT_REFUSE, "media/ti,j721e-csi2rx-shim.yaml" },
	{ REFERENCE_DMA, "xlnx,zynqmp-dpsub*", GRAFT_REFUSE,
	  "display/xlnx/xlnx,zynqmp-dpsub.yaml" },
	{ REFERENCE_DMA, "renesas,*-drif", GRAFT_REFUSE, "media/renesas,drif.yaml" },
	{ REFERENCE_DMA, "st,stm32*-dcmi*", GRAFT_REFUSE, "media/st,stm32-dcmi.yaml" },
	{ REFERENCE_DMA, "actions,*-mmc", GRAFT_REFUSE, "mmc/owl-mmc.yaml" },
	{ REFERENCE_DMA, "fsl,*-gpmi-nand", GRAFT_REFUSE, "mtd/gpmi-nand.yaml" },
	{ REFERENCE_DMA, "fsl,imx2[38]-*", GRAFT_REFUSE, "mmc/mxs-mmc.yaml" },
	{ REFERENCE_DMA, "nvidia,*-hsuart", GRAFT_REFUSE, "serial/nvidia,tegra20-hsuart.yaml" },
	{ REFERENCE_DMA, "nvidia,*-slink", GRAFT_REFUSE, "spi/nvidia,tegra20-slink.yaml" },
	{ REFERENCE_DMA, "nvidia,*-sflash", GRAFT_REFUSE, "spi/nvidia,tegra20-sflash.yaml" },
	{ REFERENCE_DMA, "nvidia,tegra*-spi", GRAFT_REFUSE, "spi/nvidia,tegra114-spi.yaml" },
	{ REFERENCE_DMA, "allwinner,*-hdmi", GRAFT_REFUSE,
	  "display/allwinner,sun4i-a10-hdmi.yaml" },
	{ REFERENCE_DMA, "atmel,*", GRAFT_ASK, "crypto/atmel,at91sam9g46-aes.yaml" },

	/* Drivers that end their probe without the reset control. */
	{ REFERENCE_RESET, "nvidia,tegra*", GRAFT_ASK, "usb/nvidia,tegra124-xusb.yaml" },
	{ REFERENCE_RESET, "allwinner,*", GRAFT_ASK, "spi/allwinner,sun6i-a31-spi.yaml" },
	{ REFERENCE_RESET, "starfive,*", GRAFT_ASK, "net/starfive,jh7110-dwmac.yaml" },
	{ REFERENCE_RESET, "rockchip,*-vop*", GRAFT_ASK, "display/rockchip/rockchip-vop.yaml" },
	{ REFERENCE_RESET, "rockchip,*-tsadc", GRAFT_ASK, "thermal/rockchip-thermal.yaml" },
	{ REFERENCE_RESET, "*,*-i2s-tdm", GRAFT_ASK, "sound/rockchip,i2s-tdm.yaml" },
	{ REFERENCE_RESET, "amlogic,*", GRAFT_ASK, "usb/amlogic,meson-g12a-usb-ctrl.yaml" },
	{ REFERENCE_RESET, "hisilicon,*-ufs", GRAFT_ASK, "ufs/hisilicon,ufs.yaml" },
	{ REFERENCE_RESET, "*,*-rproc*", GRAFT_ASK, "remoteproc/st,stm32-rproc.yaml" },
	{ REFERENCE_RESET, "qcom,*-mss-pil", GRAFT_ASK, "remoteproc/qcom,sc7180-mss-pil.yaml" },
	{ REFERENCE_RESET, "cdns,*-csi2*", GRAFT_ASK, "media/cdns,csi2rx.yaml" },
	/* Required in writing only: the driver core or another driver deals with it. */
	{ REFERENCE_RESET, "renesas,*", GRAFT_DROP, "serial/renesas,scif.yaml" },
	{ REFERENCE_RESET, "brcm,*", GRAFT_DROP, "usb/brcm,bcm7445-ehci.yaml" },
	{ REFERENCE_POWER_DOMAIN, "renesas,*", GRAFT_DROP, "serial/renesas,scif.yaml" },
	{ REFERENCE_POWER_DOMAIN, "ti,am6*", GRAFT_DROP, "net/ti,k3-am654-cpsw-nuss.yaml" },
	{ REFERENCE_POWER_DOMAIN, "ti,j7*", GRAFT_DROP, "net/ti,k3-am654-cpsw-nuss.yaml" },
	{ REFERENCE_POWER_DOMAIN, "mediatek,*", GRAFT_DROP, "usb/mediatek,mtk-xhci.yaml" },
	{ REFERENCE_POWER_DOMAIN, "fsl,imx8q*", GRAFT_DROP, "serial/fsl-lpuart.yaml" },
	{ REFERENCE_POWER_DOMAIN, "rockchip,*", GRAFT_DROP, "display/rockchip/rockchip-vop.yaml" },
	{ REFERENCE_POWER_DOMAIN, "qcom,*", GRAFT_DROP, "usb/qcom,dwc3.yaml" },
	{ REFERENCE_SYSCON, "allwinner,*-emac", GRAFT_REFUSE,
	  "net/allwinner,sun8i-a83t-emac.yaml" },
	{ REFERENCE_SYSCON, "nvidia,*", GRAFT_REFUSE, "usb/nvidia,tegra20-usb-phy.yaml" },
	{ REFERENCE_SYSCON, "st,*", GRAFT_REFUSE, "net/stm32-dwmac.yaml" },
	{ REFERENCE_SYSCON, "mediatek,*", GRAFT_REFUSE, "net/mediatek,net.yaml" },
	{ REFERENCE_SYSCON, "qcom,*-pil", GRAFT_REFUSE, "remoteproc/qcom,sc7180-mss-pil.yaml" },
	{ REFERENCE_IOMMU, "mediatek,*", GRAFT_DROP, "media/mediatek,vcodec-decoder.yaml" },
	{ REFERENCE_IOMMU, "qcom,*", GRAFT_DROP, "media/qcom,venus-common.yaml" },
	{ REFERENCE_PINCTRL, "ti,*-gpmc", GRAFT_DROP, "memory-controllers/ti,gpmc.yaml" },
};

static bool matches(const struct host_node *node, const char *pattern)
{
	const struct host_property *compatible = host_node_find(node, "compatible");
	const char *string;

	for (unsigned int i = 0; compatible && (string = host_property_string(compatible, i));
	     i++) {
		if (fnmatch(pattern, string, 0) == 0)
			return true;
	}
	return false;
}

const struct graft_need *graft_need_find(enum reference_kind kind, const struct host_node *node)
{
	for (size_t i = 0; i < n_elems(needs); i++) {
		if (needs[i].kind == kind && matches(node, needs[i].compatible))
			return &needs[i];
	}
	return NULL;
}
