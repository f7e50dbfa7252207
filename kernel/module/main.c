// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VFIO bus driver for platform and AMBA devices. It takes a device only when told to, by the
 * device's driver_override.
 */
#include <linux/amba/bus.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/stringify.h>

#include "vfio_dais.h"

#define DV_NAME "vfio-dais"

static bool is_amba(const struct dv_device *dv)
{
	return dv->flags & VFIO_DEVICE_FLAGS_AMBA;
}

struct resource *dv_bus_resource(struct dv_device *dv, unsigned int i)
{
	struct platform_device *pdev;

	if (is_amba(dv))
		return i ? NULL : &to_amba_device(dv_dev(dv))->res;
	pdev = to_platform_device(dv_dev(dv));
	for (unsigned int k = 0; k < pdev->num_resources; k++) {
		unsigned long type = resource_type(&pdev->resource[k]);

		if ((type == IORESOURCE_MEM || type == IORESOURCE_IO) && !i--)
			return &pdev->resource[k];
	}
	return NULL;
}

int dv_bus_irq(struct dv_device *dv, unsigned int i)
{
	struct amba_device *adev;

	if (!is_amba(dv))
		return platform_get_irq_optional(to_platform_device(dv_dev(dv)), i);
	adev = to_amba_device(dv_dev(dv));
	return i < AMBA_NR_IRQS && adev->irq[i] ? (int)adev->irq[i] : -ENXIO;
}

static int dv_init(struct vfio_device *vdev)
{
	struct dv_device *dv = to_dv(vdev);

	mutex_init(&dv->irq_lock);
	mutex_init(&dv->reset_lock);
	mutex_init(&dv->control_lock);
	init_rwsem(&dv->access);
	return 0;
}

static void dv_release(struct vfio_device *vdev)
{
	struct dv_device *dv = to_dv(vdev);

	dv_irqs_free(dv);
	dv_regions_free(dv);
}

static int dv_open(struct vfio_device *vdev)
{
	struct dv_device *dv = to_dv(vdev);
	int ret;

	ret = dv_pins_open(dv);
	if (ret)
		return ret;
	ret = dv_regions_open(dv);
	if (ret)
		return ret;
	ret = dv_held_on(dv);
	if (ret)
		goto err_held;
	if (dv_can_reset(dv)) {
		ret = dv_reset(dv);
		if (ret)
			goto err_reset;
		dv_pins_settle(dv, true);
	}
	ret = dv_control_open(dv);
	if (ret)
		goto err_reset;
	/* Last: what the device does from here on is what user space has it do. */
	ret = dv_irqs_open(dv);
	if (ret)
		goto err_irqs;
	dv_regions_set_reachable(dv, true);
	return 0;

err_irqs:
	dv_control_close(dv);
err_reset:
	dv_held_off(dv);
err_held:
	dv_regions_close(dv);
	return ret;
}

static void dv_close(struct vfio_device *vdev)
{
	struct dv_device *dv = to_dv(vdev);

	dv_irqs_close(dv);
	dv_regions_set_reachable(dv, false);
	dv_control_close(dv);
	dv_bring_to_rest(dv);
	dv_pins_settle(dv, !dv->at_work);
	dv_held_off(dv);
	dv_regions_close(dv);
}

static const struct vfio_device_ops dv_ops = {
	.name = DV_NAME,
	.init = dv_init,
	.release = dv_release,
	.open_device = dv_open,
	.close_device = dv_close,
	.ioctl = dv_ioctl,
	DV_REGION_INFO_OP.device_feature = dv_feature,
	.read = dv_read,
	.write = dv_write,
	.mmap = dv_mmap,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

/* The same, of a device without an IOMMU */
static struct vfio_device_ops dv_noiommu_ops __ro_after_init;

/* What is missing is found now: who binds a device that cannot be opened is to be told. */
static int dv_probe(struct device *dev, u32 flags)
{
	bool has_iommu = !dv_is_without_iommu(dev);
	struct dv_device *dv =
		vfio_alloc_device(dv_device, vdev, dev, has_iommu ? &dv_ops : &dv_noiommu_ops);
	int ret;

	if (IS_ERR(dv))
		return PTR_ERR(dv);
	dv->flags = flags;
	ret = dv_regions_init(dv);
	if (ret)
		goto err_device;
	ret = dv_irqs_init(dv);
	if (ret)
		goto err_device;
	ret = dv_held_get(dv);
	if (ret)
		goto err_device;
	dev_set_drvdata(dev, dv);
	dv_found(dv);
	if (!has_iommu)
		ret = dv_pins_get(dv);
	if (ret)
		goto err_held;
	ret = has_iommu ? vfio_register_group_dev(&dv->vdev)
			: vfio_register_emulated_iommu_dev(&dv->vdev);
	if (ret)
		goto err_pins;
	return 0;

err_pins:
	dv_pins_put(dv);
err_held:
	dv_leave(dv);
	dv_held_put(dv);
err_device:
	vfio_put_device(&dv->vdev);
	return ret;
}

/* Returns when nobody has the device open any more. */
static void dv_remove(struct device *dev)
{
	struct dv_device *dv = dev_get_drvdata(dev);

	vfio_unregister_group_dev(&dv->vdev);
	dv_pins_put(dv);
	dv_leave(dv);
	dv_held_put(dv);
	vfio_put_device(&dv->vdev);
}

static int dv_platform_probe(struct platform_device *pdev)
{
	int ret;

	pm_runtime_enable(&pdev->dev);
	ret = dv_probe(&pdev->dev, VFIO_DEVICE_FLAGS_PLATFORM);
	if (ret)
		pm_runtime_disable(&pdev->dev);
	return ret;
}

static void dv_platform_remove(struct platform_device *pdev)
{
	dv_remove(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
}

static struct platform_driver dv_platform_driver = {
	.probe = dv_platform_probe,
	.remove = dv_platform_remove,
	.driver = {
		.name = DV_NAME,
		.dev_groups = dv_attribute_groups,
	},
	.driver_managed_dma = true,
};

/* The bus has enabled runtime PM and holds on what is bound; it is to be on while it is open. */
static int dv_amba_probe(struct amba_device *adev, const struct amba_id *id)
{
	int ret = dv_probe(&adev->dev, VFIO_DEVICE_FLAGS_AMBA);

	if (!ret)
		pm_runtime_put(&adev->dev);
	return ret;
}

static void dv_amba_remove(struct amba_device *adev)
{
	dv_remove(&adev->dev);
	pm_runtime_get_noresume(&adev->dev);
}

static const struct amba_id dv_amba_ids[] = {
	{ 0, 0 },
};

static struct amba_driver dv_amba_driver = {
	.probe = dv_amba_probe,
	.remove = dv_amba_remove,
	.id_table = dv_amba_ids,
	.drv = {
		.name = DV_NAME,
		.dev_groups = dv_attribute_groups,
	},
	.driver_managed_dma = true,
};

static int __init dv_module_init(void)
{
	int ret = dv_noiommu_init();

	if (ret)
		return ret;
	dv_noiommu_ops = dv_ops;
	dv_noiommu_ops.bind_iommufd = vfio_iommufd_emulated_bind;
	dv_noiommu_ops.unbind_iommufd = vfio_iommufd_emulated_unbind;
	dv_noiommu_ops.attach_ioas = vfio_iommufd_emulated_attach_ioas;
	dv_noiommu_ops.detach_ioas = vfio_iommufd_emulated_detach_ioas;
	ret = platform_driver_register(&dv_platform_driver);
	if (ret)
		goto err_platform;
	ret = amba_driver_register(&dv_amba_driver);
	if (ret)
		goto err_amba;
	return 0;

err_amba:
	platform_driver_unregister(&dv_platform_driver);
err_platform:
	dv_noiommu_exit();
	return ret;
}

static void __exit dv_module_exit(void)
{
	amba_driver_unregister(&dv_amba_driver);
	platform_driver_unregister(&dv_platform_driver);
	dv_noiommu_exit();
}

module_init(dv_module_init);
module_exit(dv_module_exit);
MODULE_AUTHOR("dais developers");
MODULE_DESCRIPTION("VFIO for platform and AMBA devices, with what they need kept on");
MODULE_LICENSE("GPL");
MODULE_VERSION(__stringify(VFIO_DAIS_VERSION));
