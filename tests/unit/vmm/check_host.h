/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_VMM_CHECK_HOST_H
#define TESTS_UNIT_VMM_CHECK_HOST_H

/* For tests of "dais check": a host on which all is well, and what is found on it. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

#define check(...) run_command(cmd_check, __VA_ARGS__)

#define TYPE1_UNSAFE   "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
#define IOMMUFD_UNSAFE "/sys/module/iommufd/parameters/allow_unsafe_interrupts"
#define RESET_REQUIRED "/sys/module/vfio_platform/parameters/reset_required"
#define POOL           "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define BOUND          "fff50000.ethernet" /* the board's device that VFIO has … */
#define UNBOUND        "fff51000.ethernet" /* … and one that its own driver has */
#define GROUP          "/dev/vfio/0"       /* BOUND's */

#define VM           "[vm]\nkernel = Image\nmemory = 64M\n"
#define DEVICE(name) "[device " name "]\ntype = vfio-platform\nhost = " name "\n"
#define OPTIONS_BUT_KVM                                                            \
	"CONFIG_VFIO=y\nCONFIG_VFIO_PLATFORM=m\nCONFIG_VFIO_AMBA=m\n"              \
	"CONFIG_VFIO_IOMMU_TYPE1=y\nCONFIG_IOMMUFD=m\nCONFIG_VFIO_DEVICE_CDEV=y\n" \
	"CONFIG_HUGETLBFS=y\nCONFIG_DEBUG_FS=y\nCONFIG_SECCOMP_FILTER=y\n"         \
	"CONFIG_SECURITY_LANDLOCK=y\nCONFIG_USER_NS=y\n"
#define OPTIONS "# Linux\nCONFIG_KVM=y\n" OPTIONS_BUT_KVM

/* A Midway on which /vm.conf runs. */
static inline void make_host(void)
{
	/* Enough of an arm64 Image to be taken for one */
	static const char image[64] = { [56] = 'A', 'R', 'M', 'd' };
	static const char *const files[][2] = {
		{ "/vm.conf", VM DEVICE(BOUND) },
		{ "/boot/config-6.12.0", OPTIONS },
		{ "/sys/class/vfio-dev/vfio0/uevent", "" },
		{ "/proc/self/status", "Name:\tdais\nCapEff:\t0000000000004000\nNoNewPrivs:\t0\n" },
		{ "/proc/sys/kernel/seccomp/actions_avail", "kill_process errno\n" },
		{ "/proc/sys/user/max_user_namespaces", "1000\n" },
		{ "/dev/iommu", "" },
		{ GROUP, "" },
		{ "/sys/class/iommu/smmu/uevent", "" },
		{ "/sys/bus/amba/drivers/vfio-amba/bind", "" },
		{ TYPE1_UNSAFE, "Y\n" },
		{ IOMMUFD_UNSAFE, "Y\n" },
		{ RESET_REQUIRED, "N\n" },
		{ POOL "free_hugepages", "40\n" },
		{ POOL "nr_hugepages", "64\n" },
		{ POOL "resv_hugepages", "8\n" },
		{ "/huge/file", "" },
	};

	fake_sys_reset();
	fake_kvm_reset();
	fake_vfio_reset();
	fake_board("midway");
	for (size_t i = 0; i < n_elems(files); i++)
		fake_file(files[i][0], files[i][1]);
	fake_file_bytes("/Image", image, sizeof(image));
}

static inline const char *string_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

/* What was printed as JSON has a finding of this severity with these texts; NULL: no remedy. */
static inline void expect_finding(const char *severity, const char *what, const char *fix)
{
	json_error_t error;
	json_t *root = json_loads(command_text, 0, &error), *finding;
	bool found = false;
	size_t i;

	cr_assert_not_null(root, "%s: %s", error.text, command_text);
	json_array_foreach(json_object_get(root, "findings"), i, finding)
	{
		if (strcmp(string_in(finding, "severity"), severity) ||
		    !strstr(string_in(finding, "what"), what))
			continue;
		found = true;
		if (fix)
			cr_expect(strstr(string_in(finding, "fix"), fix), "%s: %s", what,
				  string_in(finding, "fix"));
		else
			cr_expect(json_is_null(json_object_get(finding, "fix")), "%s", what);
	}
	cr_expect(found, "%s: %s: %s", severity, what, command_text);
	json_decref(root);
}

/* How many findings of this severity were printed as JSON. */
static inline unsigned int count(const char *severity)
{
	json_t *root = json_loads(command_text, 0, NULL);
	unsigned int n = (unsigned int)json_integer_value(json_object_get(root, severity));

	cr_assert_not_null(root, "%s", command_text);
	json_decref(root);
	return n;
}

#endif
