// SPDX-License-Identifier: GPL-2.0-only
#include "arch/arm64/pmu.h"

#include <errno.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define PMU_DIR   "/sys/bus/event_source/devices"
#define PMU_MAX   16
#define CPU_WORDS VCPU_AFFINITY_WORDS

/* A PMU of CPU cores on the host. */
struct host_pmu {
	char name[64];
	uint64_t cpus[CPU_WORDS];
};

/* Those that every kernel has, and which are none of cores (kernel/events/core.c). */
static bool is_software(const char *name)
{
	static const char names[][12] = { "software", "tracepoint", "breakpoint", "kprobe",
					  "uprobe" };

	for (size_t i = 0; i < n_elems(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return name[0] == '.';
}

/* False for what is no PMU of cores: only those have "cpus" (drivers/perf/arm_pmu.c). */
static bool read_pmu(const char *name, struct host_pmu *pmu)
{
	char line[4096];

	return file_read_line(line, sizeof(line), PMU_DIR "/%s/cpus", name) >= 0 &&
	       str_to_cpu_list(line, pmu->cpus, CPU_WORDS * 64) >= 0 &&
	       str_copy(pmu->name, sizeof(pmu->name), name);
}

static unsigned int read_pmus(struct host_pmu pmus[PMU_MAX])
{
	DIR *dir = sys_opendir(PMU_DIR);
	const struct dirent *entry;
	unsigned int n = 0;

	if (!dir)
		return 0;
	while (n < PMU_MAX && (entry = sys_readdir(dir)))
		if (!is_software(entry->d_name) && read_pmu(entry->d_name, &pmus[n]))
			n++;
	sys_closedir(dir);
	return n;
}

static bool all_vcpus_inside(const struct vm *vm, const uint64_t *affinity,
			     const struct host_pmu *pmu)
{
	for (unsigned int v = 0; v < vm->n_vcpus; v++)
		for (unsigned int w = 0; w < CPU_WORDS; w++)
			if (affinity[v * CPU_WORDS + w] & ~pmu->cpus[w])
				return false;
	return true;
}

/* No PMU of the host serves all vCPUs: say which there are. */
static int no_single_pmu(struct arch_cpu_config *config, const struct host_pmu *pmus,
			 unsigned int n, struct err *err)
{
	char names[512];
	struct text list = text_in(names);

	for (unsigned int i = 0; i < n; i++)
		text_add(&list, "%s%s", i ? ", " : "", pmus[i].name);
	if (config->pmu == ARCH_AUTO) {
		log_warn(
			"no PMU for the guest: the host has several (%s) and the vCPUs are not bound to the cores of one",
			names);
		config->pmu = ARCH_OFF;
		return 0;
	}
	err_usage(err, "pmu=on");
	err_why(err,
		"the host has several PMUs (%s), and the vCPUs are not bound to the cores of one",
		names);
	return err_fix(err, "cpu-affinity with host CPUs of one of them only (" PMU_DIR
			    "/NAME/cpus), or pmu=auto");
}

int pmu_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	owned_ptr struct host_pmu *pmus = NULL;
	unsigned int n;
	uint64_t type;
	int ret;

	config->pmu_type = -1;
	if (config->pmu == ARCH_OFF)
		return 0;
	pmus = calloc(PMU_MAX, sizeof(*pmus));
	if (!pmus)
		return err_set(err, ENOMEM, "list the host's PMUs");

	n = read_pmus(pmus);
	if (n > 1) {
		unsigned int i = 0;

		while (i < n &&
		       !(config->affinity && all_vcpus_inside(vm, config->affinity, &pmus[i])))
			i++;
		if (i == n)
			return no_single_pmu(config, pmus, n, err);
		ret = file_read_u64(&type, PMU_DIR "/%s/type", pmus[i].name);
		if (ret < 0)
			return err_set(err, ret, "find the type of PMU %s", pmus[i].name);
		config->pmu_type = (int)type;
	}
	config->pmu = ARCH_ON;
	return 0;
}
