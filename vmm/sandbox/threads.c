// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/threads.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "arch/common/vgic.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

/* The files of a machine that are asked by ioctl; of one without VM, in the keeper, the devices'.
 */
struct files {
	int *all; /* the lists below lie in it */
	unsigned int n;
	struct sandbox_fds fds;
};

static void add(struct files *files, enum sandbox_fd_kind kind, int fd)
{
	struct sandbox_fd_list *list = &files->fds.kinds[kind];

	if (!list->n_fds)
		list->fds = &files->all[files->n];
	files->all[files->n++] = fd;
	list->n_fds++;
}

static void add_vfio(struct files *files, enum sandbox_fd_kind kind, const struct vfio *vfio,
		     enum vfio_file file)
{
	struct sandbox_fd_list *list = &files->fds.kinds[kind];
	unsigned int n = vfio_files(vfio, file, &files->all[files->n], UINT_MAX);

	if (!list->n_fds)
		list->fds = &files->all[files->n];
	files->n += n;
	list->n_fds += n;
}

static int collect(struct files *files, const struct machine *m, struct err *err)
{
	const struct vm *vm = &m->vm;
	size_t n = vm->n_vcpus + 3; /* the VM, the VGIC, the terminal */

	for (unsigned int file = 0; file < N_VFIO_FILES; file++)
		n += vfio_files(vm->vfio, file, NULL, 0);
	files->all = calloc(n, sizeof(*files->all));
	if (!files->all)
		return err_set(err, ENOMEM, "list open files");
	add(files, SANDBOX_FD_CONSOLE, STDIN_FILENO);
	if (vm->vgic) {
		add(files, SANDBOX_FD_VM, vm->fd);
		for (unsigned int i = 0; i < vm->n_vcpus; i++)
			add(files, SANDBOX_FD_VCPU, vm->vcpus[i].fd);
		add(files, SANDBOX_FD_KVM_DEVICE, vm->vgic->fd);
	}
	add_vfio(files, SANDBOX_FD_KVM_DEVICE, vm->vfio, VFIO_FILE_KVM);
	add_vfio(files, SANDBOX_FD_VFIO_DEVICE, vm->vfio, VFIO_FILE_DEVICE);
	add_vfio(files, SANDBOX_FD_IOMMU, vm->vfio, VFIO_FILE_IOMMU);
	assert(files->n <= n);
	return 0;
}

static enum sandbox_verdict verdict_of(const struct machine *m)
{
	return m->config->sandbox.mode == SANDBOX_DEBUG ? SANDBOX_TRAP : SANDBOX_KILL;
}

static int make_vcpus(struct sandbox_threads *threads, struct files *files, const struct machine *m,
		      struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < m->vm.n_vcpus && !ret; i++) {
		files->fds.kinds[SANDBOX_FD_OWN_VCPU] =
			(struct sandbox_fd_list){ &m->vm.vcpus[i].fd, 1 };
		ret = sandbox_filter_make(&threads->vcpus[threads->n_vcpus++], SANDBOX_VCPU,
					  &files->fds, verdict_of(m), err);
	}
	return ret;
}

int sandbox_threads_make(struct sandbox_threads *threads, const struct machine *m, struct err *err)
{
	struct files files = { 0 };
	int ret;

	*threads = (struct sandbox_threads){ 0 };
	if (m->config->sandbox.mode == SANDBOX_OFF)
		return 0;
	threads->vcpus = calloc(m->vm.n_vcpus, sizeof(*threads->vcpus));
	if (!threads->vcpus)
		return err_set(err, ENOMEM, "make seccomp filters");
	ret = collect(&files, m, err);
	if (!ret)
		ret = sandbox_filter_make(&threads->main, SANDBOX_MAIN, &files.fds, verdict_of(m),
					  err);
	if (!ret)
		ret = make_vcpus(threads, &files, m, err);
	free(files.all);
	return ret;
}

int sandbox_enter_vcpu(void *opaque, unsigned int index)
{
	const struct sandbox_threads *threads = opaque;

	return index < threads->n_vcpus ? sandbox_filter_load(&threads->vcpus[index]) : 0;
}

int sandbox_enter_main(const struct sandbox_threads *threads, struct err *err)
{
	int ret = threads->main.n_insns ? sandbox_filter_load(&threads->main) : 0;

	return ret ? err_set(err, ret, "load the seccomp filter of the main loop") : 0;
}

int sandbox_enter_keeper(const struct machine *m, struct err *err)
{
	struct sandbox_filter filter = { 0 };
	struct files files = { 0 };
	int ret;

	if (m->config->sandbox.mode == SANDBOX_OFF)
		return 0;
	ret = collect(&files, m, err);
	if (!ret)
		ret = sandbox_filter_make(&filter, SANDBOX_KEEPER, &files.fds, verdict_of(m), err);
	if (!ret)
		ret = sandbox_confine_keeper(&m->config->sandbox, err);
	if (!ret && verdict_of(m) == SANDBOX_TRAP)
		ret = sandbox_debug_start();
	if (!ret)
		ret = sandbox_filter_load(&filter);
	if (ret && !err->what[0])
		err_set(err, ret, "load the seccomp filter of the keeper");
	sandbox_filter_destroy(&filter);
	free(files.all);
	return ret;
}

void sandbox_threads_destroy(struct sandbox_threads *threads)
{
	while (threads->n_vcpus)
		sandbox_filter_destroy(&threads->vcpus[--threads->n_vcpus]);
	free(take_ptr(&threads->vcpus));
	sandbox_filter_destroy(&threads->main);
}
