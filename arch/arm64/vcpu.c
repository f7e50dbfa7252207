// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/port.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define BIT(n) (1U << (n))

#define PMU_DIR   "/sys/bus/event_source/devices"
#define PMU_MAX   16
#define CPU_WORDS VCPU_AFFINITY_WORDS

const bool arch_is_32bit = false;

/* r0 to r2 of a 32-bit guest are x0 to x2 for KVM. */
const struct arch_port arch_port = {
	.pc_reg = KVMARM_REG_PC,
	.mpidr_reg = KVMARM_REG_MPIDR_EL1,
	.arg_regs = { KVMARM_REG_X(0), KVMARM_REG_X(1), KVMARM_REG_X(2) },
	.mpidr_affinity = 0xff00ffffff, /* Aff3 to Aff0 */
	.power_off = BIT(KVMARM_FEATURE_POWER_OFF),
	.timer = "arm,armv8-timer",
};

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
	return false;
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
	owned_dir DIR *dir = file_open_dir(PMU_DIR);
	unsigned int n = 0;

	for (const char *name; n < PMU_MAX && (name = file_next_name(dir));)
		n += !is_software(name) && read_pmu(name, &pmus[n]);
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

/*
 * Decide config->pmu (no longer ARCH_AUTO on success) and config->pmu_type. On a host with several
 * PMUs (big.LITTLE) a guest's counters only count on the cores of one, so there the vCPUs must be
 * bound to those of one; else there is no vPMU, which is an error for ARCH_ON and a warning for
 * ARCH_AUTO.
 */
static int choose_pmu(struct vm *vm, struct arch_cpu_config *config, struct err *err)
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

/* Decide one switch by what the host has; @bits join the features when it is on. */
static int choose(enum arch_switch *wanted, const char *name, bool host_has, uint32_t bits,
		  uint32_t *features, struct err *err)
{
	if (*wanted == ARCH_ON && !host_has) {
		err_set(err, ENOTSUP, "%s=on", name);
		err_why(err, "KVM on this host cannot give it to a guest");
		err_fix(err, "%s=auto, or a host that has it", name);
		return err_host(err);
	}
	if (*wanted == ARCH_AUTO && !host_has)
		log_debug("%s: off, the host cannot give it to a guest", name);
	if (*wanted == ARCH_AUTO)
		*wanted = host_has ? ARCH_ON : ARCH_OFF;
	if (*wanted == ARCH_ON)
		*features |= bits;
	return 0;
}

int arch_check_aarch32(const struct kvm_caps *caps, struct err *err)
{
	if (caps->el1_32bit)
		return 0;
	err_set(err, ENOTSUP, "a 32-bit guest (a zImage, or aarch32=yes)");
	err_why(err, "this processor's EL1 is 64-bit only: KVM has no KVM_CAP_ARM_EL1_32BIT");
	err_fix(err, "an arm64 kernel (an arm64 Image), or a host with AArch32 at EL1, such as a "
		     "Cortex-A53, A57 or A72");
	return err_host(err);
}

/* Of an AArch32 guest; what that has not stays off. */
static int choose_width(const struct kvm_caps *caps, struct arch_cpu_config *config,
			uint32_t *features, struct err *err)
{
	const bool wants_more = config->sve == ARCH_ON || config->pauth == ARCH_ON;

	if (arch_check_aarch32(caps, err))
		return err->code;
	if (wants_more) {
		err_usage(err, "%s=on for a 32-bit guest",
			  config->sve == ARCH_ON ? "sve" : "pauth");
		err_why(err, "AArch32 has nothing of the kind");
		return err_fix(err, "leave it out");
	}
	config->sve = config->pauth = ARCH_OFF;
	*features |= BIT(KVMARM_FEATURE_EL1_32BIT);
	return 0;
}

/*
 * The generic target serves every core, so that vCPUs may move between the kinds of a big.LITTLE
 * host.
 */
int arch_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	const struct kvm_caps *caps = &vm->kvm.caps;
	uint32_t features = BIT(KVMARM_FEATURE_PSCI_0_2);
	int ret = 0;

	if (config->aarch32 == ARCH_ON)
		ret = choose_width(caps, config, &features, err);
	if (ret >= 0 && caps->pmu_v3)
		ret = choose_pmu(vm, config, err);
	if (ret >= 0)
		ret = choose(&config->pmu, "pmu", caps->pmu_v3, BIT(KVMARM_FEATURE_PMU_V3),
			     &features, err);
	if (ret >= 0)
		ret = choose(&config->sve, "sve", caps->sve, BIT(KVMARM_FEATURE_SVE), &features,
			     err);
	if (ret >= 0)
		ret = choose(&config->pauth, "pauth", caps->pauth,
			     BIT(KVMARM_FEATURE_PTRAUTH_ADDRESS) |
				     BIT(KVMARM_FEATURE_PTRAUTH_GENERIC),
			     &features, err);
	config->kvm_target = KVMARM_TARGET_GENERIC_V8;
	config->kvm_features = features;
	return ret;
}

const char *arch_cpu_compatible(const struct arch_cpu_config *config)
{
	(void)config;
	return "arm,armv8";
}
