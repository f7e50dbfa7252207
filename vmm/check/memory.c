// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"

#define MAX_HOLES 64

/* What the IOMMU keeps for itself before the devices of the VM, as far as sysfs tells. */
static unsigned int find_holes(const struct check_vm *vm, struct range *holes)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < vm->plan.n_devices; i++) {
		const struct live_device *live = &vm->plan.devices[i].live;

		for (unsigned int k = 0; k < live->n_reserved && n < MAX_HOLES; k++)
			holes[n++] = live->reserved[k].iova;
	}
	return n;
}

/* It fits into the guest's address space, as a run lays it out: plan_ram() in build_ram.c. */
static void check_place(struct check *check, const struct check_vm *vm)
{
	const struct vm_config *config = &vm->config;
	struct range holes[MAX_HOLES];
	unsigned int n_holes = find_holes(vm, holes);
	struct memmap map;
	struct ram ram;
	struct err err;
	int ret;

	memmap_init(&map, arch_ipa_bits(config->aarch32, check->vm.kvm.caps.ipa_bits));
	ram_init(&ram);
	if (config->memory_base == RAM_ANYWHERE)
		ret = ram_plan(&ram, &map, config->memory, holes, n_holes, &err);
	else
		ret = ram_plan_at(&ram, &map, config->memory_base, config->memory, holes, n_holes,
				  &err);
	if (ret)
		check_say_err(check, CHECK_BLOCKS, vm, &err);
	ram_destroy(&ram);
}

static void check_memory_file(struct check *check, const struct check_vm *vm)
{
	const char *path = vm->config.memory_file;
	bool is_passed = path && !strncmp(path, PASSED_FD_PREFIX, strlen(PASSED_FD_PREFIX));
	int ret = path && !is_passed ? sys_access(path, R_OK | W_OK) : 0;

	if (!ret)
		return;
	check_say(check, CHECK_BLOCKS, "%s: memory-file = %s: %s", vm->name, path,
		  strerrordesc_np(-ret));
	check_fix(check, "ls -l %s", path);
}

void check_memory(struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++) {
		const struct check_vm *vm = &check->vms[i];

		if (vm->is_file && check->vm.fd >= 0)
			check_place(check, vm);
		check_memory_file(check, vm);
	}
}

static bool may_lock_all(void)
{
	owned_ptr char *text = NULL;
	const char *line;
	size_t size;

	if (file_read("/proc/self/status", 65536, &text, &size))
		return false;
	line = strstr(text, "CapEff:");
	return line && strtoull(line + strlen("CapEff:"), NULL, 16) >> CAP_IPC_LOCK & 1;
}

/* It reaches all of the VM's RAM, so that RAM must stay where it is. */
static bool has_dma(const struct check_vm *vm)
{
	return vm->is_file && vm->n_devices && vm->config.iommu != VFIO_BACKEND_NONE;
}

static void fix_memlock(struct check *check, uint64_t size)
{
	check_fix(check, "sudo prlimit --pid $$ --memlock=%" PRIu64 ":%" PRIu64, size, size);
}

/* As vfio_allow_locking() counts: iommufd's limit is for all processes of the user. */
void check_memlock(struct check *check)
{
	struct rlimit limit = { 0 };
	uint64_t sum = 0, largest = 0;
	char have[32], want[32];

	if (may_lock_all() || sys_getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_max == RLIM_INFINITY) {
		check_say(check, CHECK_FINE, "guest RAM may be locked in memory, however large");
		return;
	}
	str_size(limit.rlim_max, have);
	check_say(check, CHECK_FINE, "%s of guest RAM may be locked in memory", have);
	for (unsigned int i = 0; i < check->n_vms; i++) {
		const struct check_vm *vm = &check->vms[i];

		if (!has_dma(vm))
			continue;
		sum += vm->config.memory;
		largest = vm->config.memory > largest ? vm->config.memory : largest;
		if (vm->config.memory <= limit.rlim_max)
			continue;
		check_say(check, CHECK_BLOCKS,
			  "%s: all of its RAM, %s, must be locked in memory for its devices, and "
			  "RLIMIT_MEMLOCK is %s",
			  vm->name, str_size(vm->config.memory, want), have);
		fix_memlock(check, vm->config.memory);
	}
	if (sum <= limit.rlim_max || sum == largest)
		return;
	check_say(check, CHECK_WARNS,
		  "the RAM of all these VMs, %s, must be locked in memory, and RLIMIT_MEMLOCK is "
		  "%s, which with iommufd is for all processes of a user",
		  str_size(sum, want), have);
	fix_memlock(check, sum);
}

/* The size of the pages of a hugetlbfs, 0: it is none, and that was said. */
static uint64_t huge_page(struct check *check, const struct check_vm *vm)
{
	const char *dir = vm->config.mem_path;
	owned_fd int fd = sys_open(dir, O_RDONLY | O_DIRECTORY);
	struct statfs st;
	int ret = fd < 0 ? fd : sys_fstatfs(fd, &st);

	if (!ret && fd >= 0 && (uint32_t)st.f_type == HUGETLBFS_MAGIC)
		return (uint64_t)st.f_bsize;
	check_say(check, CHECK_BLOCKS, "%s: mem-path = %s: %s", vm->name, dir,
		  ret ? strerrordesc_np(-ret) : "this is no hugetlbfs");
	check_fix(check, "sudo mkdir -p %s && sudo mount -t hugetlbfs hugetlbfs %s", dir, dir);
	return 0;
}

static uint64_t n_pages(uint64_t page, const char *which)
{
	char path[128];
	uint64_t n = 0;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		 page >> 10, which);
	file_read_u64(&n, "%s", path);
	return n;
}

/* The VMs take their pages from one pool, one after the other. */
static uint64_t n_taken_before(const struct check *check, const uint64_t *pages, unsigned int i)
{
	uint64_t n = 0;

	for (unsigned int k = 0; k < i; k++)
		if (pages[k] == pages[i])
			n += (check->vms[k].config.memory + pages[k] - 1) / pages[k];
	return n;
}

static void check_pool(struct check *check, const uint64_t *pages, unsigned int i)
{
	const struct check_vm *vm = &check->vms[i];
	uint64_t page = pages[i], n_wanted = (vm->config.memory + page - 1) / page;
	uint64_t n_free = n_pages(page, "free_hugepages");
	uint64_t n_used = n_pages(page, "resv_hugepages") + n_taken_before(check, pages, i);
	char size[32];

	n_free = n_free > n_used ? n_free - n_used : 0;
	if (n_wanted <= n_free)
		return;
	check_say(check, CHECK_BLOCKS,
		  "%s: %" PRIu64 " huge pages of %s are needed, and %" PRIu64 " are free%s",
		  vm->name, n_wanted, str_size(page, size), n_free,
		  n_taken_before(check, pages, i) ? " behind the VMs before it" : "");
	check_fix(check,
		  "echo %" PRIu64 " | sudo tee /sys/kernel/mm/hugepages/hugepages-%" PRIu64
		  "kB/nr_hugepages",
		  n_pages(page, "nr_hugepages") + n_wanted - n_free, page >> 10);
}

void check_hugepages(struct check *check)
{
	owned_ptr uint64_t *pages = calloc(check->n_vms + 1, sizeof(*pages));

	if (!pages) {
		check->out_of_memory = true;
		return;
	}
	for (unsigned int i = 0; i < check->n_vms; i++) {
		if (!check->vms[i].config.mem_path)
			continue;
		pages[i] = huge_page(check, &check->vms[i]);
		if (pages[i])
			check_pool(check, pages, i);
	}
}
