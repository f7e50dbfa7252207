// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers make of a reference that the guest cannot have, and what bindings require: read in
 * Linux 6.12, drivers/ and sound/, Documentation/devicetree/bindings/.
 */
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"

enum effect {
	/* The source is a driver: */
	INSISTED, /* it ends its probe, or moves no data: refused, or for a syscon a stand-in */
	OPTIONAL, /* it does without */
	ACTED,    /* it works by what it sets there: no stand-in helps */
	SOUGHT,   /* it ends without these pin states, which may be empty */
	PARENT,   /* of "compatible": it works by what the driver of the node above it has */
	/* The source is a binding: */
	REQUIRED, /* in writing only: drivers do without */
};

struct need {
	unsigned char kind; /* enum reference_kind: of what is pointed at */
	unsigned char effect;
	char source[BUILT_IF(PLAN, 35, 1)];
	char patterns[46]; /* of compatible: str_matches(); all of one vendor, or any */
};

/* clang-format off */
/* 0; a text that does not fit in its member, with the NUL, does not compile. */
#define FITS(member, text) \
	(0 * sizeof(char[sizeof(text) <= sizeof(((struct need *)0)->member) ? 1 : -1]))
#define NEED(of, makes, file, matches) \
	{ REFERENCE_##of + FITS(patterns, matches), makes + FITS(source, BUILT_IF(PLAN, file, "")), \
	  BUILT_IF(PLAN, file, ""), matches }
static const struct need needs[] = {
	/* Sound has no other way than DMA. */
	NEED(DMA, INSISTED, "soc-generic-dmaengine-pcm.c", "*,*-i2s* *,*-spdif* *,*-dmic *,*pdm"),
	NEED(DMA, INSISTED, "fsl_sai.c", "fsl,*-sai"),
	NEED(DMA, INSISTED, "fsl_ssi.c", "fsl,*-ssi"),
	NEED(DMA, INSISTED, "fsl_esai.c", "fsl,*-esai"),
	NEED(DMA, INSISTED, "fsl_asrc_dma.c", "fsl,*asrc"),
	NEED(DMA, INSISTED, "fsl_micfil.c", "fsl,*-micfil"),
	NEED(DMA, INSISTED, "fsl_xcvr.c", "fsl,*-xcvr"),
	NEED(DMA, INSISTED, "fsl_aud2htx.c", "fsl,*-aud2htx"),
	NEED(DMA, INSISTED, "davinci-mcasp.c", "ti,*-mcasp-audio"),
	NEED(DMA, INSISTED, "omap-mcbsp.c", "ti,*mcbsp*"),
	NEED(DMA, INSISTED, "omap-mcpdm.c", "ti,*-mcpdm"),
	NEED(DMA, INSISTED, "sun4i-codec.c", "allwinner,*-codec"),
	NEED(DMA, INSISTED, "stm32_sai_sub.c", "st,stm32-sai-sub-*"),
	NEED(DMA, INSISTED, "mca.c", "apple,*mca"),
	NEED(DMA, INSISTED, "mmp-sspa.c", "marvell,mmp-sspa"),
	NEED(DMA, INSISTED, "tegra20_ac97.c", "nvidia,*-ac97"),
	NEED(DMA, INSISTED, "tegra210_admaif.c", "nvidia,*-admaif"),
	/* These are a DMA engine's other half. */
	NEED(DMA, INSISTED, "jh7110-cryp.c", "starfive,jh7110-crypto"),
	NEED(DMA, INSISTED, "qce/dma.c", "qcom,*qce qcom,crypto-*"),
	NEED(DMA, INSISTED, "qcom-ngd-ctrl.c", "qcom,slim-ngd*"),
	NEED(DMA, INSISTED, "qcom_nandc.c", "qcom,*-nand"),
	NEED(DMA, INSISTED, "sa2ul.c", "ti,*sa?ul"),
	NEED(DMA, INSISTED, "am65-cpsw-nuss.c", "ti,*-nuss"),
	NEED(DMA, INSISTED, "icssg_prueth.c", "ti,*-icssg-prueth"),
	NEED(DMA, INSISTED, "j721e-csi2rx.c", "ti,*-csi2rx-shim"),
	NEED(DMA, INSISTED, "omap_hsmmc.c", "ti,*-hsmmc"),
	NEED(DMA, INSISTED, "zynqmp_disp.c", "xlnx,zynqmp-dpsub*"),
	NEED(DMA, INSISTED, "rcar_drif.c", "renesas,*-drif"),
	NEED(DMA, INSISTED, "stm32-dcmi.c", "st,stm32*-dcmi*"),
	NEED(DMA, INSISTED, "owl-mmc.c", "actions,*-mmc"),
	NEED(DMA, INSISTED, "gpmi-nand.c", "fsl,*-gpmi-nand"),
	NEED(DMA, INSISTED, "mxs-mmc.c", "fsl,imx2[38]-*"),
	NEED(DMA, INSISTED, "spi-tegra114.c", "nvidia,tegra*-spi"),
	NEED(DMA, INSISTED, "spi-tegra20-slink.c", "nvidia,*-slink"),
	NEED(DMA, INSISTED, "spi-tegra20-sflash.c", "nvidia,*-sflash"),
	NEED(DMA, INSISTED, "atmel-aes.c", "atmel,*-aes"),
	NEED(DMA, INSISTED, "atmel-tdes.c", "atmel,*-tdes"),

	/* By reset_control_get() without "optional", the error of which ends the probe. */
	NEED(RESET, INSISTED, "phy-sun4i-usb.c", "allwinner,*-usb-phy"),
	NEED(RESET, INSISTED, "sun6i-dma.c", "allwinner,*-dma"),
	NEED(RESET, INSISTED, "sun8i_thermal.c", "allwinner,*-ths"),
	NEED(RESET, INSISTED, "sun8i-ce-core.c", "allwinner,sun50i-*-crypto"),
	NEED(RESET, INSISTED, "sun8i-ce-core.c", "allwinner,sun8i-[hr]*-crypto"),
	NEED(RESET, INSISTED, "musb/sunxi.c", "allwinner,*-musb"),
	NEED(RESET, INSISTED, "spi-sun6i.c", "allwinner,sun6i-a31-spi allwinner,sun8i-*-spi"),
	NEED(RESET, INSISTED, "spi-sun6i.c", "allwinner,sun50i-*-spi"),
	NEED(RESET, INSISTED, "sunxi-rsb.c", "allwinner,*-rsb"),
	NEED(RESET, INSISTED, "i2c-sun6i-p2wi.c", "allwinner,*-p2wi"),
	NEED(RESET, INSISTED, "sunxi-cir.c", "allwinner,sun6i-a31-ir"),
	NEED(RESET, INSISTED, "sun8i-di.c", "allwinner,*-deinterlace"),
	NEED(RESET, INSISTED, "sun8i_rotate.c", "allwinner,*-rotate"),
	NEED(RESET, INSISTED, "sun4i_tcon.c", "allwinner,*-tcon*"),
	NEED(RESET, INSISTED, "sun8i_mixer.c", "allwinner,*-mixer*"),
	NEED(RESET, INSISTED, "sun4i_backend.c", "allwinner,*-display-backend"),
	NEED(RESET, INSISTED, "sun4i_frontend.c", "allwinner,*-display-frontend"),
	NEED(RESET, INSISTED, "sun8i_hdmi_phy.c", "allwinner,*-hdmi-phy"),
	NEED(RESET, INSISTED, "sun8i_dw_hdmi.c", "allwinner,*-dw-hdmi"),
	NEED(RESET, INSISTED, "sun6i_csi.c", "allwinner,*-csi"),
	NEED(RESET, INSISTED, "sun6i_mipi_dsi.c", "allwinner,*-mipi-dsi"),
	NEED(RESET, INSISTED, "i2c-aspeed.c", "aspeed,*-i2c-bus"),
	NEED(RESET, INSISTED, "aspeed_adc.c", "aspeed,*-adc*"),
	NEED(RESET, INSISTED, "aspeed_gfx_drv.c", "aspeed,*-gfx"),
	NEED(RESET, INSISTED, "peci-aspeed.c", "aspeed,*-peci"),
	NEED(RESET, INSISTED, "rockchip_thermal.c", "rockchip,*-tsadc"),
	NEED(RESET, INSISTED, "phy-rockchip-naneng-combphy.c", "rockchip,*-naneng-combphy"),
	NEED(RESET, INSISTED, "rk3288_crypto.c", "rockchip,*-crypto"),
	NEED(RESET, INSISTED, "rockchip-rng.c", "rockchip,rk3568-rng"),
	NEED(RESET, INSISTED, "phy-rockchip-typec.c", "rockchip,*-typec-phy"),
	NEED(RESET, INSISTED, "phy-rockchip-usbdp.c", "rockchip,*-usbdp-phy"),
	NEED(RESET, INSISTED, "phy-rockchip-inno-dsidphy.c", "rockchip,*-dsi-dphy rockchip,*-csi-dphy"),
	NEED(RESET, INSISTED, "rga/rga.c", "rockchip,*-rga"),
	NEED(RESET, INSISTED, "rockchip-otp.c", "rockchip,*-otp"),
	NEED(RESET, INSISTED, "rockchip_canfd-core.c", "rockchip,*-canfd"),
	NEED(RESET, INSISTED, "rockchip_drm_vop.c", "rockchip,*-vop*"),
	NEED(RESET, INSISTED, "analogix_dp-rockchip.c", "rockchip,*-dp rockchip,*-edp"),
	NEED(RESET, INSISTED, "rockchip_pdm.c", "rockchip,rk3568-pdm"),
	NEED(RESET, INSISTED, "phy-qcom-qmp-*.c", "qcom,*-q[mh]p-*"),
	NEED(RESET, INSISTED, "phy-qcom-qusb2.c", "qcom,*-qusb2-phy"),
	NEED(RESET, INSISTED, "phy-qcom-snps-eusb2.c", "qcom,*-snps-eusb2-phy"),
	NEED(RESET, INSISTED, "phy-qcom-snps-femto-v2.c", "qcom,*-usb-hs-phy qcom,usb-snps-hs-*"),
	NEED(RESET, INSISTED, "phy-qcom-m31.c", "qcom,*-usb-hsphy"),
	NEED(RESET, INSISTED, "phy-qcom-usb-hs-28nm.c", "qcom,usb-hs-28nm-* qcom,usb-ss-28nm-phy"),
	NEED(RESET, INSISTED, "ci_hdrc_msm.c", "qcom,ci-hdrc"),
	NEED(RESET, INSISTED, "qcom_q6v5_*.c", "qcom,*-pil"),
	NEED(RESET, INSISTED, "phy-meson-g12a-usb2.c", "amlogic,g12a-usb* amlogic,a1-usb2-phy"),
	NEED(RESET, INSISTED, "dwc3-meson-g12a.c", "amlogic,*-usb-ctrl"),
	NEED(RESET, INSISTED, "meson_dw_hdmi.c", "amlogic,*-dw-hdmi amlogic,*-dw-mipi-dsi"),
	NEED(RESET, INSISTED, "phy-meson-axg-pcie.c", "amlogic,axg-*-phy amlogic,*-ge2d"),
	NEED(RESET, INSISTED, "sdhci-tegra.c", "nvidia,*-sdhci"),
	NEED(RESET, INSISTED, "serial-tegra.c", "nvidia,*-hsuart"),
	NEED(RESET, INSISTED, "spi-tegra114.c", "nvidia,*-spi"),
	NEED(RESET, INSISTED, "pwm-tegra.c", "nvidia,*-pwm"),
	NEED(RESET, INSISTED, "tegra186-gpc-dma.c", "nvidia,*-gpcdma"),
	NEED(RESET, INSISTED, "phy/tegra/xusb.c", "nvidia,*-xusb-padctl"),
	NEED(RESET, INSISTED, "xhci-tegra.c", "nvidia,*-xusb"),
	NEED(RESET, INSISTED, "dwmac-dwc-qos-eth.c", "nvidia,*-eqos"),
	NEED(RESET, INSISTED, "dwmac-tegra.c", "nvidia,*-mgbe"),
	NEED(RESET, INSISTED, "ahci_tegra.c", "nvidia,*-ahci"),
	NEED(RESET, INSISTED, "soctherm.c", "nvidia,*-soctherm"),
	NEED(RESET, INSISTED, "tegra/dc.c", "nvidia,*-dc"),
	NEED(RESET, INSISTED, "vic.c", "nvidia,*-vic"),
	NEED(RESET, INSISTED, "dpaux.c", "nvidia,*-dpaux"),
	NEED(RESET, INSISTED, "tegra30-devfreq.c", "nvidia,*-actmon"),
	NEED(RESET, INSISTED, "i2c-stm32f7.c", "st,stm32f7-i2c st,stm32mp*-i2c"),
	NEED(RESET, INSISTED, "stm32_rproc.c", "st,*-m4"),
	NEED(RESET, INSISTED, "omap_remoteproc.c", "ti,dra7-dsp ti,*-ipu"),
	NEED(RESET, INSISTED, "ti_k3_dsp_remoteproc.c", "ti,*-dsp"),
	NEED(RESET, INSISTED, "phy-fsl-imx8m-pcie.c", "fsl,imx8m*-pcie-phy"),
	NEED(RESET, INSISTED, "nwl-dsi.c", "fsl,*-nwl-dsi"),
	NEED(RESET, INSISTED, "imx8mq-mipi-csi2.c", "fsl,*-mipi-csi2"),
	NEED(RESET, INSISTED, "lvts_thermal.c", "mediatek,*-lvts*"),
	NEED(RESET, INSISTED, "mtk-pmic-wrap.c", "mediatek,*-pwrap"),
	NEED(RESET, INSISTED, "mt8186-afe-pcm.c", "mediatek,*-sound"),
	NEED(RESET, INSISTED, "mt8195-afe-pcm.c", "mediatek,*-audio"),
	NEED(RESET, INSISTED, "vsp1_drv.c", "renesas,*vsp2"),
	NEED(RESET, INSISTED, "dwc3-xilinx.c", "xlnx,zynqmp-dwc3"),
	NEED(RESET, INSISTED, "vc4_hdmi.c", "brcm,bcm2711-hdmi?"),
	NEED(RESET, INSISTED, "v3d_drv.c", "brcm,2711-v3d"),
	NEED(RESET, INSISTED, "ufs-hisi.c", "hisilicon,*-ufs"),
	NEED(RESET, INSISTED, "phy-histb-combphy.c", "hisilicon,*-combphy hisilicon,*-usb2-phy"),
	NEED(RESET, INSISTED, "phy-cadence-torrent.c", "ti,*-serdes-10g ti,sierra-phy-*"),
	NEED(RESET, INSISTED, "sun8i-ss-core.c", "allwinner,sun8i-a83t-crypto"),
	NEED(RESET, INSISTED, "phy-sun6i-mipi-dphy.c", "allwinner,*-mipi-dphy"),
	NEED(RESET, INSISTED, "phy-sun50i-usb3.c", "allwinner,*-usb3-phy"),
	NEED(RESET, INSISTED, "sun6i-msgbox.c", "allwinner,*-msgbox"),
	NEED(RESET, INSISTED, "sun4i-lradc-keys.c", "allwinner,sun50i-r329-lradc"),
	NEED(RESET, INSISTED, "aspeed-pwm-tacho.c", "aspeed,*-pwm-tacho"),
	NEED(RESET, INSISTED, "aiu.c", "amlogic,aiu-*"),
	NEED(RESET, INSISTED, "axg-fifo.c", "amlogic,*-toddr amlogic,*-frddr"),
	NEED(RESET, INSISTED, "g12a-tohdmitx.c", "amlogic,*-tohdmitx"),
	NEED(RESET, INSISTED, "g12a-toacodec.c", "amlogic,*-toacodec"),
	NEED(RESET, INSISTED, "t9015.c", "amlogic,t9015"),
	NEED(RESET, INSISTED, "vdec/esparser.c", "amlogic,*-vdec"),
	NEED(RESET, INSISTED, "phy-meson-axg-mipi-dphy.c", "amlogic,*-mipi-dphy"),
	NEED(RESET, INSISTED, "ipu-common.c", "fsl,*-ipu"),
	NEED(RESET, INSISTED, "mt8188-afe-pcm.c", "mediatek,mt8188-afe"),
	NEED(RESET, INSISTED, "mt7530-mmio.c", "mediatek,mt7988-switch"),
	NEED(RESET, INSISTED, "phy-mtk-xfi-tphy.c", "mediatek,*-xfi-tphy"),
	NEED(RESET, INSISTED, "tegra20-apb-dma.c", "nvidia,*-apbdma"),
	NEED(RESET, INSISTED, "tegra/hdmi.c", "nvidia,*-hdmi"),
	NEED(RESET, INSISTED, "tegra/nvdec.c", "nvidia,tegra210-nvdec nvidia,tegra1*-nvdec"),
	NEED(RESET, INSISTED, "tegra/sor.c", "nvidia,*-sor nvidia,*-sor1"),
	NEED(RESET, INSISTED, "hda_tegra.c", "nvidia,*-hda"),
	NEED(RESET, INSISTED, "ravb_main.c", "renesas,etheravb-* renesas,*-gbeth"),
	NEED(RESET, INSISTED, "rtsn.c", "renesas,*-ethertsn"),
	NEED(RESET, INSISTED, "renesas-rpc-if.c", "renesas,*-rpc-if"),
	NEED(RESET, INSISTED, "i2c-rcar.c", "renesas,rcar-gen3-i2c renesas,rcar-gen4-i2c"),
	NEED(RESET, INSISTED, "rz-dmac.c", "renesas,rz-dmac"),
	NEED(RESET, INSISTED, "rz-mtu3.c", "renesas,rz-mtu3"),
	NEED(RESET, INSISTED, "rz-ssi.c", "renesas,rz-ssi"),
	NEED(RESET, INSISTED, "rzg2l_adc.c", "renesas,rzg2l-adc"),
	NEED(RESET, INSISTED, "rzg2l_thermal.c", "renesas,rzg2l-tsu"),
	NEED(RESET, INSISTED, "rzg2l_wdt.c", "renesas,rzg2l-wdt renesas,rzv2m-wdt"),
	NEED(RESET, INSISTED, "rzv2h_wdt.c", "renesas,r9a09g057-wdt"),
	NEED(RESET, INSISTED, "ti_k3_r5_remoteproc.c", "ti,*-r5f"),
	NEED(RESET, INSISTED, "ti_k3_m4_remoteproc.c", "ti,*-m4fss"),
	NEED(RESET, REQUIRED, "serial/renesas,hscif.yaml", "renesas,*hscif*"),
	NEED(RESET, REQUIRED, "serial/renesas,scifa.yaml", "renesas,rcar-gen2-scifa"),
	NEED(RESET, REQUIRED, "serial/renesas,scifb.yaml", "renesas,rcar-gen2-scifb"),
	NEED(RESET, REQUIRED, "serial/renesas,scif.yaml", "renesas,*scif renesas,*scif-*"),
	NEED(RESET, REQUIRED, "usb/brcm,bcm7445-ehci.yaml", "brcm,*-ehci"),

	/* By phy_get() without "optional", where no PHY is an error, too. */
	NEED(PHY, INSISTED, "ahci_imx.c", "fsl,imx8qm-ahci"),
	NEED(PHY, INSISTED, "chipidea/core.c", "fsl,*-usb"),
	NEED(PHY, INSISTED, "ci_hdrc_tegra.c", "nvidia,*-ehci nvidia,*-udc"),
	NEED(PHY, INSISTED, "sdhci-of-arasan.c", "arasan,sdhci-5.1"),
	NEED(PHY, INSISTED, "ufs-qcom.c", "qcom,*ufshc"),
	NEED(PHY, INSISTED, "ufs-exynos.c", "samsung,*-ufs"),
	NEED(PHY, INSISTED, "ufs-exynos.c", "google,*-ufs"),
	NEED(PHY, INSISTED, "msm/dp/dp_display.c", "qcom,*-dp qcom,*-edp"),
	NEED(PHY, INSISTED, "msm/dsi/dsi.c", "qcom,mdss-dsi-ctrl qcom,*-dsi-ctrl"),
	NEED(PHY, INSISTED, "msm/hdmi/hdmi.c", "qcom,hdmi-tx-*"),
	NEED(PHY, INSISTED, "cdns-mhdp8546-core.c", "ti,*-mhdp8546"),
	NEED(PHY, INSISTED, "cdns-dsi-core.c", "ti,*-dsi"),
	NEED(PHY, INSISTED, "cpsw.c", "ti,*-cpsw-switch ti,*-cpsw"),
	NEED(PHY, INSISTED, "musb_dsps.c", "ti,musb-*"),
	NEED(PHY, INSISTED, "omap2430.c", "ti,omap*-musb"),
	NEED(PHY, INSISTED, "musb/sunxi.c", "allwinner,*-musb"),
	NEED(PHY, INSISTED, "musb/mediatek.c", "mediatek,*-musb"),
	NEED(PHY, INSISTED, "mtk_hdmi.c", "mediatek,*-hdmi"),
	NEED(PHY, INSISTED, "mtk_dsi.c", "mediatek,*-dsi"),
	NEED(PHY, INSISTED, "cdn-dp-core.c", "rockchip,*-cdn-dp"),
	NEED(PHY, INSISTED, "rkisp1-csi.c", "rockchip,*-cif-isp"),
	NEED(PHY, INSISTED, "renesas_usbhs/rza2.c", "renesas,rza2-usbhs renesas,rzg2l-usbhs"),
	NEED(PHY, INSISTED, "rswitch.c", "renesas,*-ether-switch"),
	NEED(PHY, INSISTED, "sparx5_main.c", "microchip,sparx5-switch"),
	NEED(PHY, INSISTED, "snps_udc_plat.c", "brcm,*-udc"),

	/* The id by which the host's IOMMU knows it, or an IOMMU of the guest's. */
	NEED(IOMMU, INSISTED, "tegra186-gpc-dma.c", "nvidia,*-gpcdma"),
	NEED(IOMMU, INSISTED, "dwmac-tegra.c", "nvidia,*-mgbe"),
	NEED(IOMMU, INSISTED, "tegra-se-main.c", "nvidia,*-se-aes nvidia,*-se-hash"),
	NEED(IOMMU, INSISTED, "ipa_mem.c", "qcom,*-ipa"),
	NEED(IOMMU, INSISTED, "isp.c", "ti,omap3-isp"),
	NEED(IOMMU, INSISTED, "omap_remoteproc.c", "ti,*-dsp ti,*-ipu"),
	NEED(IOMMU, REQUIRED, "media/mediatek,vcodec-decoder.yaml", "mediatek,*-vcodec-dec"),
	NEED(IOMMU, REQUIRED, "media/qcom,venus-common.yaml", "qcom,*-venus"),

	NEED(POWER_DOMAIN, REQUIRED, "serial/renesas,hscif.yaml", "renesas,*hscif*"),
	NEED(POWER_DOMAIN, REQUIRED, "serial/renesas,scifa.yaml", "renesas,*scifa*"),
	NEED(POWER_DOMAIN, REQUIRED, "serial/renesas,scifb.yaml", "renesas,*scifb*"),
	NEED(POWER_DOMAIN, REQUIRED, "serial/renesas,scif.yaml", "renesas,*scif renesas,*scif-*"),
	NEED(POWER_DOMAIN, REQUIRED, "net/ti,k3-am654-cpsw-nuss.yaml", "ti,*-nuss"),
	NEED(POWER_DOMAIN, REQUIRED, "usb/mediatek,mtk-xhci.yaml", "mediatek,*-xhci"),
	NEED(POWER_DOMAIN, REQUIRED, "serial/fsl-lpuart.yaml", "fsl,imx8*-lpuart"),
	NEED(POWER_DOMAIN, REQUIRED, "display/rockchip/rockchip-vop.yaml", "rockchip,*-vop*"),
	NEED(POWER_DOMAIN, REQUIRED, "usb/qcom,dwc3.yaml", "qcom,*-dwc3"),
	NEED(PINCTRL, REQUIRED, "memory-controllers/ti,gpmc.yaml", "ti,*-gpmc"),

	/* By syscon_regmap_lookup_by_phandle(). */
	NEED(SYSCON, INSISTED, "dwmac-rk.c", "rockchip,*-gmac"),
	NEED(SYSCON, INSISTED, "dwmac-stm32.c", "st,*-dwmac"),
	NEED(SYSCON, INSISTED, "dwmac-sun8i.c", "allwinner,*-emac allwinner,*-gmac"),
	NEED(SYSCON, INSISTED, "dwmac-mediatek.c", "mediatek,*-gmac"),
	NEED(SYSCON, INSISTED, "phy-rockchip-naneng-combphy.c", "rockchip,*-naneng-combphy"),
	NEED(SYSCON, INSISTED, "phy-rockchip-inno-usb2.c", "rockchip,*-usb2phy"),
	NEED(SYSCON, INSISTED, "phy-rockchip-usbdp.c", "rockchip,*-usbdp-phy"),
	NEED(SYSCON, INSISTED, "phy-rockchip-typec.c", "rockchip,*-typec-phy"),
	NEED(SYSCON, INSISTED, "phy-rockchip-snps-pcie3.c", "rockchip,*-pcie3-phy"),
	NEED(SYSCON, INSISTED, "dw_hdmi-rockchip.c", "rockchip,*-dw-hdmi"),
	NEED(SYSCON, INSISTED, "dw-mipi-dsi-rockchip.c", "rockchip,*-mipi-dsi"),
	NEED(SYSCON, INSISTED, "cdn-dp-core.c", "rockchip,*-cdn-dp"),
	NEED(SYSCON, INSISTED, "analogix_dp-rockchip.c", "rockchip,*-dp rockchip,*-edp"),
	NEED(SYSCON, INSISTED, "rockchip_drm_vop2.c", "rockchip,rk3566-vop rockchip,rk3568-vop"),
	NEED(SYSCON, INSISTED, "imx_thermal.c", "fsl,*-tempmon"),
	NEED(SYSCON, INSISTED, "dw_hdmi-imx.c", "fsl,imx6*-hdmi"),
	NEED(SYSCON, INSISTED, "s3c2410_wdt.c", "samsung,*-wdt"),
	NEED(SYSCON, INSISTED, "s3c2410_wdt.c", "google,*-wdt"),
	NEED(SYSCON, INSISTED, "exynos_adc.c", "samsung,exynos*-adc*"),
	NEED(SYSCON, INSISTED, "phy-exynos5-usbdrd.c", "samsung,*-usbdrd-phy"),
	NEED(SYSCON, INSISTED, "phy-exynos5-usbdrd.c", "google,*-usb31drd-phy"),
	NEED(SYSCON, INSISTED, "phy-samsung-usb2.c", "samsung,*-usb2-phy"),
	NEED(SYSCON, INSISTED, "dwc3-am62.c", "ti,am62-usb"),
	NEED(SYSCON, INSISTED, "phy-omap-usb2.c", "ti,*-usb2 ti,*-usb2-phy2"),
	NEED(SYSCON, INSISTED, "phy-ti-pipe3.c", "ti,phy-pipe3-* ti,omap-usb3"),
	NEED(SYSCON, INSISTED, "pbias-regulator.c", "ti,pbias-*"),
	NEED(SYSCON, INSISTED, "isp.c", "ti,omap3-isp"),
	NEED(SYSCON, OPTIONAL, "phy-mxs-usb.c", "fsl,*-usbphy"),
	NEED(SYSCON, OPTIONAL, "rockchip_thermal.c", "rockchip,*-tsadc"),
	NEED(SYSCON, OPTIONAL, "sdhci-of-arasan.c", "rockchip,*-sdhci-5.1"),
	NEED(SYSCON, OPTIONAL, "cpsw-common.c", "ti,*-cpsw-switch ti,*-cpsw"),
	NEED(SYSCON, OPTIONAL, "c_can_platform.c", "ti,*-d_can"),
	NEED(SYSCON, OPTIONAL, "i2c-s3c2410.c", "samsung,*-i2c"),
	NEED(SYSCON, OPTIONAL, "stm32-adc-core.c", "st,*-adc-core"),
	NEED(SYSCON, OPTIONAL, "spi-ti-qspi.c", "ti,*-qspi"),
	/* drivers/pinctrl/devicetree.c makes a dummy of an empty state. */
	NEED(PINCTRL, SOUGHT, "mtk-sd.c", "mediatek,*-mmc"),
	NEED(PINCTRL, SOUGHT, "uniphier-sd.c", "socionext,uniphier-sd-*"),
	NEED(NONE, PARENT, "qcom-geni-se.c", "qcom,geni-i2c* qcom,geni-spi*"),
	NEED(NONE, PARENT, "qcom-geni-se.c", "qcom,geni-uart qcom,geni-debug-uart"),
	NEED(NONE, PARENT, "gpio-rockchip.c", "rockchip,*gpio-bank*"),
	NEED(NONE, PARENT, "mtk_vcodec_dec_hw.c", "mediatek,mtk-vcodec-*"),
	NEED(NONE, PARENT, "host1x/bus.c", "nvidia,*-vic nvidia,*-nvdec nvidia,*-nvenc"),
	/* What drivers choose by the board, which a guest is not, they write through it, too. */
	NEED(SYSCON, ACTED, "dwmac-imx.c", "nxp,imx8mp-dwmac-eqos nxp,imx93-dwmac-eqos"),
	NEED(SYSCON, ACTED, "qcom_q6v5_*.c", "qcom,*-pil"),
	NEED(SYSCON, ACTED, "stm32_rproc.c", "st,*-m4"),
	NEED(SYSCON, ACTED, "omap_remoteproc.c", "ti,*-dsp ti,*-ipu"),
};
/* clang-format on */

/* By the first letter of its vendor: most rows are not looked at any further. */
static bool may_match(const struct host_property *compatible, const char *patterns)
{
	const char *name;

	for (unsigned int i = 0; (name = host_property_string(compatible, i)); i++)
		if (*name == *patterns || *patterns == '*')
			return true;
	return false;
}

static const struct need *find_need(enum reference_kind kind, const struct host_node *node)
{
	const struct host_property *compatible = host_node_find(node, "compatible");

	for (size_t i = 0; compatible && i < n_elems(needs); i++)
		if (needs[i].kind == kind && may_match(compatible, needs[i].patterns) &&
		    host_node_matches(node, needs[i].patterns))
			return &needs[i];
	return NULL;
}

/* Whose driver reads this: for PHYs of the ports of a switch, what is above them. */
static const struct host_node *find_driven(const struct graft_place *place)
{
	const struct host_node *node = place->node;

	while (place->kind == REFERENCE_PHY && !host_node_has(node, "compatible") && node->parent)
		node = node->parent;
	return node;
}

static bool may_need(const struct graft_place *place)
{
	if (place->kind == REFERENCE_NONE)
		return place->role == GRAFT_ROLE_DEVICE && place->item->verdict == GRAFT_COPY &&
		       !strcmp(place->property->name, "compatible");
	return place->item->verdict == GRAFT_DROP || place->item->verdict == GRAFT_ASK;
}

bool graft_judge_need(struct graft_place *place)
{
	struct graft_item *item = place->item;
	const struct need *need = NULL;

	if (may_need(place))
		need = find_need(place->kind, find_driven(place));
	if (!need)
		return false;
	if (need->effect == SOUGHT) {
		graft_set(place, GRAFT_REPLACE,
			  "an empty state: its driver looks for it (Linux 6.12, %s)", need->source);
		graft_value(item, "", 0);
		return false;
	}
	if (need->effect == PARENT) {
		graft_set(
			place, GRAFT_REFUSE,
			"its driver works by what that of the node above it has (Linux 6.12, %s), "
			"and the guest does not have that node",
			need->source);
		return false;
	}
	if (need->effect == REQUIRED) {
		item->required = item->verdict == GRAFT_DROP;
		item->binding = need->source;
		return false;
	}
	if (need->effect == INSISTED && need->kind == REFERENCE_SYSCON && item->n_options) {
		graft_set(place, GRAFT_ASK,
			  "its driver insists on it (Linux 6.12, %s), and the registers stay the "
			  "host's: %s",
			  need->source, graft_target_names(place));
		return true;
	}
	item->binding = NULL;
	item->n_options = 0;
	if (need->effect == OPTIONAL)
		graft_set(place, GRAFT_DROP, "its driver does without it (Linux 6.12, %s): %s",
			  need->source, graft_target_names(place));
	else
		graft_set(place, GRAFT_REFUSE,
			  "its driver does not work without it (Linux 6.12, %s), and the guest "
			  "does not have %s",
			  need->source, graft_target_names(place));
	if (need->kind == REFERENCE_PHY)
		graft_ask_provider(
			place, arena_printf(&place->graft->arena,
					    "its driver does not work without it (Linux 6.12, %s)",
					    need->source)
				       ?: "");
	return need->effect != OPTIONAL;
}
