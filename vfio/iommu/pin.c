// SPDX-License-Identifier: GPL-2.0-only
/* Pages that dais' own driver pins for devices without an IOMMU: kernel/module/uapi/vfio_dais.h. */
#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>

#include "kernel/module/uapi/vfio_dais.h"
#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/pagemap.h"
#include "vmm/core/ram/ram.h"

/* struct vfio_device_feature of linux/vfio.h, with what this one has for data */
struct feature_pin {
	uint32_t argsz, flags;
	struct vfio_dais_pin pin;
};

struct feature_unpin {
	uint32_t argsz, flags;
	struct vfio_dais_unpin unpin;
};

/* *size: in: of what is to be pinned; out: so much of it, from @hva on, is together at *pa. */
static int pin(const struct vfio_handle *handle, const char *hva, uint32_t flags, uint64_t *size,
	       uint64_t *pa, struct err *err)
{
	struct feature_pin feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DAIS_FEATURE_PIN,
		.pin = { .vaddr = (uintptr_t)hva, .size = *size, .flags = flags },
	};
	int ret = sys_ioctl(handle->fd, VFIO_DEVICE_FEATURE, &feature);

	trace_line(TRACE_VFIO, "%s: pin %#" PRIx64 " bytes: %d, at %#llx", handle->host->name,
		   *size, ret, (unsigned long long)feature.pin.pa);
	if (ret >= 0 && feature.pin.size && feature.pin.size <= *size) {
		*size = feature.pin.size;
		*pa = feature.pin.pa;
		return 0;
	}
	err_set(err, ret < 0 ? ret : -EPROTO, "pin guest RAM for %s", handle->host->name);
	if (ret == -EPERM) {
		err_why(err, "for a device without an IOMMU vfio-dais wants CAP_SYS_RAWIO");
		err_fix(err, "run dais as root");
	} else if (ret == -EFAULT) {
		err_why(err, "the kernel cannot hold this memory where it is");
		err_fix(err, "take guest RAM from a hugetlbfs (mem-path)");
	}
	return err_host(err);
}

bool vfio_can_pin(const struct vfio *vfio)
{
	for (const struct vfio_handle *handle = vfio->handles; handle; handle = handle->next)
		if (handle->can_pin)
			return true;
	return false;
}

int vfio_pin(const struct vfio *vfio, void *hva, uint64_t size, uint64_t *pa, struct err *err)
{
	for (const struct vfio_handle *handle = vfio->handles; handle; handle = handle->next) {
		uint64_t n = size;
		int ret = handle->can_pin ? pin(handle, hva, 0, &n, pa, err) : 0;

		if (ret)
			return ret;
		if (n != size)
			return err_set(err, EPROTO, "pin a page of %#" PRIx64 " bytes for %s", size,
				       handle->host->name);
	}
	return 0;
}

/* What cannot be let go is held until the devices are quiet. */
void vfio_unpin(const struct vfio *vfio, uint64_t pa, uint64_t size)
{
	struct feature_unpin feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DAIS_FEATURE_UNPIN,
		.unpin = { .pa = pa, .size = size },
	};

	for (const struct vfio_handle *handle = vfio->handles; handle; handle = handle->next)
		if (handle->can_pin)
			sys_ioctl(handle->fd, VFIO_DEVICE_FEATURE, &feature);
}

static int pin_bank(const struct vfio_handle *handle, const struct ram_bank *bank, struct err *err)
{
	struct pagemap_misfit misfit = { 0 };

	for (uint64_t n; misfit.offset < bank->gpa.size; misfit.offset += n) {
		int ret;

		n = bank->gpa.size - misfit.offset;
		ret = pin(handle, (char *)bank->hva + misfit.offset, VFIO_DAIS_PIN_USE, &n,
			  &misfit.pa, err);
		if (ret)
			return ret;
		if (misfit.pa != bank->gpa.start + misfit.offset)
			return vfio_misplaced(bank->gpa, &misfit, -ESTALE, err);
	}
	return 0;
}

int vfio_pin_ram(struct vfio *vfio, const struct ram *ram, struct err *err)
{
	for (struct vfio_handle *handle = vfio->handles; handle; handle = handle->next) {
		if (!handle->can_pin || handle->has_pinned)
			continue;
		for (unsigned int i = 0; i < ram->n_banks; i++) {
			int ret = pin_bank(handle, &ram->banks[i], err);

			if (ret)
				return ret;
		}
		handle->has_pinned = true;
	}
	return 0;
}
