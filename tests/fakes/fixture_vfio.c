// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fixture_vfio.h"

#include <assert.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vfio/host/device.h"
#include "vfio/vfio.h"

struct fake_vfio_device fixture_vfio_devices[] = {
	{ .name = FIXTURE_DISK, .group = 7 },
	{ .name = FIXTURE_EDU, .group = 3 },
	{ .name = FIXTURE_TWIN, .group = 3 },
};

void fixture_vfio_create(struct fixture_vfio *f, enum vfio_backend backend)
{
	memset(f, 0, sizeof(*f));
	fake_vm_create(&f->vm);
	f->vm.vfio->backend = backend;
	for (unsigned int i = 0; i < n_elems(fixture_vfio_devices); i++) {
		fixture_vfio_devices[i].open_error = 0;
		fake_vfio_add(&fixture_vfio_devices[i]);
		assert(vfio_host_device_find(&f->hosts[i], fixture_vfio_devices[i].name, &f->err) ==
		       0);
		f->handles[i].fd = -1;
	}
}

int fixture_vfio_open(struct fixture_vfio *f, const char *name)
{
	unsigned int i = 0;

	while (strcmp(fixture_vfio_devices[i].name, name))
		i++;
	return vfio_handle_open(f->vm.vfio, &f->hosts[i], &f->handles[i], &f->err);
}

void fixture_vfio_destroy(struct fixture_vfio *f)
{
	for (unsigned int i = 0; i < n_elems(fixture_vfio_devices); i++)
		vfio_handle_close(f->vm.vfio, &f->handles[i]);
	fake_vm_destroy(&f->vm);
	assert(fake_n_open_fds() == 0);
	assert(fake_n_mappings() == 0);
	assert(fake_failed() || fake_vfio.containers[0].n_members == 0);
}
