// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/config/config.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"
#include "vmm/core/vcpu.h"

_Static_assert(VM_AFFINITY_WORDS == VCPU_AFFINITY_WORDS, "affinity is handed on as it is");
_Static_assert(VM_MAX_VCPUS == MEMMAP_GICV3_N_REDIST, "a redistributor for each vCPU");

#define MAX_ARGS 12

static struct vm_config config;
static struct err err;
static enum options_wish wish;

/* Arguments between spaces; '_' stands for a space in one. */
static int parse(const char *line)
{
	static char buf[1024];
	char *argv[MAX_ARGS + 1], *rest = buf;
	int argc = 0;

	cr_assert_lt(strlen(line), sizeof(buf));
	strcpy(buf, line);
	while ((argv[argc] = strsep(&rest, " "))) {
		for (char *p = argv[argc]; (p = strchr(p, '_'));)
			*p = ' ';
		cr_assert_lt(++argc, MAX_ARGS);
	}
	config_destroy(&config);
	config_init(&config);
	memset(&err, 0, sizeof(err));
	return options_parse(&config, argc, argv, &wish, &err);
}

static void setup(void)
{
	fake_sys_reset();
}

static void teardown(void)
{
	config_destroy(&config);
}

TestSuite(options, .init = setup, .fini = teardown);

Test(options, defaults)
{
	static const char *const names[] = { "pl011", "pl031", "pl061" };

	cr_assert_eq(parse("--kernel Image"), 0, "%s", err.what);
	cr_expect_eq(wish, OPTIONS_RUN);
	cr_expect_str_eq(config.kernel, "Image");
	cr_expect_null(config.initrd);
	cr_expect_null(config.append);
	cr_expect_null(config.affinity);
	cr_expect_eq(config.n_vcpus, 1u);
	cr_expect_eq(config.memory, 256ULL << 20);
	cr_expect_eq(config.irqchip, VGIC_AUTO);
	cr_expect_eq(config.iommu, VFIO_BACKEND_AUTO);
	cr_expect_eq(config.sve, ARCH_AUTO);
	cr_expect_str_eq(config.console, "stdio");
	cr_expect_eq(config.log_level, LOG_INFO);
	cr_assert_eq(config.n_devices, 3u);
	for (size_t i = 0; i < n_elems(names); i++) {
		cr_expect_str_eq(config.devices[i].name, names[i]);
		cr_expect_eq(config.devices[i].class, device_class_find(names[i]));
	}
}

Test(options, every_value_arrives)
{
	cr_assert_eq(parse("--kernel=a=b --initrd i --append console=ttyAMA0_quiet --cpus 512 "
			   "--memory 16T --mem-path /huge"),
		     0, "%s", err.what);
	cr_expect_str_eq(config.kernel, "a=b");
	cr_expect_str_eq(config.initrd, "i");
	cr_expect_str_eq(config.append, "console=ttyAMA0 quiet");
	cr_expect_eq(config.n_vcpus, 512u);
	cr_expect_eq(config.memory, 16ULL << 40);
	cr_expect_str_eq(config.mem_path, "/huge");

	cr_expect_eq(config.memory_base, RAM_ANYWHERE);
	cr_expect(!config.prealloc);

	cr_assert_eq(parse("--kernel k --memory-base 0x80000000 --memory-file /dev/mem,offset=3G "
			   "--prealloc yes"),
		     0, "%s", err.what);
	cr_expect_eq(config.memory_base, 2ULL << 30);
	cr_expect_str_eq(config.memory_file, "/dev/mem");
	cr_expect_eq(config.memory_offset, 3ULL << 30);
	cr_expect(config.prealloc);
	cr_assert_eq(parse("--kernel k --memory-file a,b"), 0, "%s", err.what);
	cr_expect_str_eq(config.memory_file, "a,b");
	cr_expect_eq(config.memory_offset, 0);

	cr_assert_eq(parse("--kernel k --irqchip gicv3 --pmu on --sve off --pauth auto"), 0);
	cr_expect_eq(config.irqchip, VGIC_V3);
	cr_expect_eq(config.pmu, ARCH_ON);
	cr_expect_eq(config.sve, ARCH_OFF);
	cr_expect_eq(config.pauth, ARCH_AUTO);

	cr_assert_eq(parse("--kernel k --iommu iommufd"), 0);
	cr_expect_eq(config.iommu, VFIO_BACKEND_IOMMUFD);
	cr_assert_eq(parse("--kernel k --iommu none --allow-unsafe-dma yes --mem-path /huge"), 0);
	cr_expect_eq(config.iommu, VFIO_BACKEND_NONE);
	cr_expect(config.allow_unsafe_dma);
	cr_expect(!config.allow_unsafe_reset && !config.allow_movable_memory);
	cr_assert_eq(parse("--kernel k --allow-unsafe-reset yes --allow-movable-memory yes"), 0);
	cr_expect(config.allow_unsafe_reset && config.allow_movable_memory);

	cr_assert_eq(parse("--kernel k --console file:log --rt-priority 99 --stop-timeout 0"), 0);
	cr_expect_str_eq(config.console, "file:log");
	cr_expect_eq(config.rt_priority, 99u);
	cr_expect_eq(config.stop_timeout, 0u);

	cr_expect(config.keeper);
	cr_assert_eq(parse("--kernel k --no-keeper --no-default-devices"), 0);
	cr_expect(!config.keeper && !config.default_devices && !config.bind);
	cr_expect_str_eq(config.name, "k");
	cr_assert_eq(parse("--kernel dir/k.conf --name disk --bind --stats s"), 0);
	cr_expect(config.bind);
	cr_expect_str_eq(config.name, "disk");

	cr_assert_eq(parse("--kernel k --dump-dtb d --trace mmio,vm --log-level debug"), 0);
	cr_expect_str_eq(config.dump_dtb, "d");
	cr_expect_eq(config.traces, (unsigned int)(TRACE_MMIO | TRACE_VM));
	cr_expect_eq(config.log_level, LOG_DEBUG);
}

Test(options, the_last_of_several_counts)
{
	cr_assert_eq(parse("--kernel a --cpus 2 --append x --cpus 3 --append y"), 0);
	cr_expect_eq(config.n_vcpus, 3u);
	cr_expect_str_eq(config.append, "y");
}

Test(options, calls_for_help_are_seen_before_anything_is_read)
{
	cr_expect_eq(parse("--help"), 0);
	cr_expect_eq(wish, OPTIONS_HELP);
	cr_expect_eq(parse("--cpus 0 -h -c nowhere.conf"), 0);
	cr_expect_eq(wish, OPTIONS_HELP);
	cr_expect_eq(parse("--device help"), 0);
	cr_expect_eq(wish, OPTIONS_DEVICE_HELP);
}

Test(options, of_which_not_to_say_anything_is_a_third)
{
	static const struct {
		const char *line;
		enum arch_switch aarch32;
	} cases[] = {
		{ "--kernel k", ARCH_AUTO },
		{ "--kernel k --aarch32", ARCH_ON },
		{ "--aarch32 --kernel k", ARCH_ON },
		{ "--kernel k --aarch32=yes", ARCH_ON },
		{ "--kernel k --aarch32 no", ARCH_OFF },
		{ "--kernel k --no-aarch32", ARCH_OFF },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		cr_assert_eq(parse(cases[i].line), 0, "%s", cases[i].line);
		cr_expect_eq(config.aarch32, cases[i].aarch32, "%s", cases[i].line);
		config_destroy(&config);
	}
	cr_expect_eq(parse("--kernel k --aarch32 perhaps"), -EINVAL);
	cr_expect_str_eq(err.fix, "give yes or no");
}

/* What the user must find in the message: what is wrong, and the way out. */
Test(options, usage_errors)
{
	static const struct {
		const char *line;
		const char *what;
		const char *fix;
	} cases[] = {
		{ "", "unexpected argument ''", "dais help run" },
		{ "--cpus 2", "no kernel", "--kernel FILE" },
		{ "--kernel k --iommu none", "without allow-unsafe-dma", "iommu=auto" },
		{ "--kernel k --iommu none --allow-unsafe-dma yes", "neither mem-path",
		  "hugetlbfs" },
		{ "Image", "unexpected argument 'Image'", "dais help run" },
		{ "--kernl Image", "unknown option '--kernl'", "--kernel" },
		{ "--kernl=Image", "unknown option '--kernl'", "--kernel" },
		{ "--no-kernel", "unknown option '--no-kernel'", "dais help run" },
		{ "--frobnicate", "unknown option '--frobnicate'", "dais help run" },
		{ "-k Image", "unknown option '-k'", "dais help run" },
		{ "--kernel", "--kernel without a value", "--kernel FILE" },
		{ "-c", "-c without a value", "-c FILE" },
		{ "--help=me", "--help=me", "give --help" },
		{ "--kernel=", "--kernel : no value", "FILE" },
		{ "--cpus 0", "--cpus 0: too small", "1 to 512" },
		{ "--cpus 513", "--cpus 513: too large", "1 to 512" },
		{ "--cpus -1", "--cpus -1: not a number", "1 to 512" },
		{ "--cpus 99999999999999999999", "too large", "1 to 512" },
		{ "--memory 0", "--memory 0: too little memory", "16 MiB" },
		{ "--memory 512", "--memory 512: too little memory", "bytes" },
		{ "--memory 17M", "--memory 17M: not a multiple of 2 MiB", "2 MiB" },
		{ "--memory 17T", "--memory 17T: too much memory", "16 TiB" },
		{ "--memory 99999999T", "too much memory", "16 TiB" },
		{ "--memory-base 0x80100000", "0x80100000: not a multiple of 2 MiB", "0x80000000" },
		{ "--memory-base top", "--memory-base top: not an address", "0x80000000" },
		{ "--memory-file f,offset=x", "the offset is not a size", "FILE,offset=N" },
		{ "--kernel k --mem-path a --memory-file b", "each says where", "leave one" },
		{ "--memory lots", "--memory lots: not a size", "512M" },
		{ "--irqchip gicv4", "--irqchip gicv4: unknown value", "auto, gicv2 or gicv3" },
		{ "--sve yes", "--sve yes: unknown value", "auto, on or off" },
		{ "--kernel k --bind --fd 3,4", "--fd 3,4 with --bind", "leave out" },
		{ "--kernel k --iommu none --fd 3", "rights that no descriptor", "leave out" },
		{ "--kernel k --bind --no-keeper", "gives the devices back", "dais bind" },
		{ "--default-devices perhaps", "unknown value", "yes or no" },
		{ "--console tty", "--console tty: unknown value",
		  "stdio, none, pty, file:FILE or fd:WHICH" },
		{ "--console file:", "unknown value", "file:FILE" },
		{ "--trace mmio,nothing", "unknown trace 'nothing'", "mmio, irq, vfio or vm" },
		{ "--trace mmio,", "unknown trace ''", "mmio" },
		{ "--rt-priority 100", "too large", "0 to 99" },
		{ "--log-level loud", "unknown value", "error, warn, info or debug" },
		{ "-c a.conf -c b.conf", "--config b.conf", "one file" },
		{ "--config", "--config without a value", "--config FILE" },
		{ "--device pl01", "no device type 'pl01'", "pl011" },
		{ "--device frobnicator", "no device type 'frobnicator'", "--device help" },
		{ "--device pl011,spi", "'spi' is not key=value", "TYPE,key=value" },
		{ "--device pl011,=1", "'=1' is not key=value", "TYPE,key=value" },
		{ "--kernel k --device vfio-platform,hots=x", "hots", "host" },
		{ "--kernel k --device pl011,id=a --device pl031,id=a", "device 'a' already",
		  "name" },
		{ "--kernel k --cpu-affinity x", "'x' are no host CPUs", "0-3,6" },
		{ "--kernel k --cpu-affinity 1024", "'1024' are no host CPUs", "0-3,6" },
		{ "--kernel k --cpu-affinity 1:0", "'1' are no vCPUs", "0 to 0" },
		{ "--kernel k --cpus 2 --cpu-affinity 0:1", "no host CPU for vCPU 1", "all 2" },
		{ "--kernel k --cpus 2 --cpu-affinity 3,1:1", "'3' are no host CPUs", "0:0-1" },
		{ "--kernel k --cpu-affinity 0:", "'' are no host CPUs", "0:0-1" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		cr_expect_lt(parse(cases[i].line), 0, "%s", cases[i].line);
		cr_expect(err_says(&err, cases[i].what), "%s: %s", cases[i].line, err.what);
		cr_expect(strstr(err.fix, cases[i].fix), "%s: %s", cases[i].line, err.fix);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE, "%s", cases[i].line);
	}
}

Test(options, devices)
{
	cr_assert_eq(
		parse("--kernel k --device vfio-platform,host=1000.eth,gpa.1=0x20000000 "
		      "--device vfio-platform,host=1000.eth,id=a,,b --device pl011 --console none"),
		0, "%s: %s", err.what, err.fix);
	cr_assert_eq(config.n_devices, 5u);
	cr_expect_str_eq(config.devices[0].name, "1000.eth");
	cr_expect_str_eq(config.devices[0].where, "--device");
	cr_expect_str_eq(device_config_str(&config.devices[0], "host"), "1000.eth");
	cr_expect_str_eq(device_config_find(&config.devices[0], "gpa", 1)->value, "0x20000000");
	cr_expect_str_eq(config.devices[1].name, "a,b");
	cr_expect_str_eq(config.devices[2].name, "pl011");
	cr_expect_str_eq(config.devices[3].name, "pl031");
	cr_expect_str_eq(config.devices[4].name, "pl061");
}

/* The sandbox is what keeps a process from ending another. */
Test(options, what_dais_starts_has_a_keeper)
{
	cr_expect_neq(parse("--kernel k --device virtio-blk,file=/i --no-keeper"), 0);
	cr_expect(err_says(&err, "ends what serves /i"), "%s: %s", err.what, err.why);
	cr_expect(strstr(err.fix, "socket=PATH"), "%s", err.fix);
	config_destroy(&config);
	config_init(&config);
	cr_expect_eq(parse("--kernel k --device virtio-blk,file=/i --no-keeper --sandbox off"), 0,
		     "%s", err.what);
}

Test(options, names_are_made_unique)
{
	cr_assert_eq(parse("--kernel k --device vfio-platform,host=a --device vfio-platform,host=a "
			   "--device vfio-platform,host=b,id=a-2 --default-devices no"),
		     0, "%s", err.what);
	cr_assert_eq(config.n_devices, 3u);
	cr_expect_str_eq(config.devices[0].name, "a");
	cr_expect_str_eq(config.devices[1].name, "a-3");
	cr_expect_str_eq(config.devices[2].name, "a-2");
}

Test(options, default_devices_give_way)
{
	cr_assert_eq(parse("--kernel k --device pl031,id=clock --console none"), 0);
	cr_assert_eq(config.n_devices, 2u);
	cr_expect_str_eq(config.devices[0].name, "clock");
	cr_expect_str_eq(config.devices[1].name, "pl061");
	cr_assert_eq(parse("--kernel k --default-devices no"), 0);
	cr_expect_eq(config.n_devices, 0u);
}

Test(options, affinity)
{
	static const struct {
		const char *text;
		uint64_t cpus[4]; /* first word of vCPUs 0 to 3 */
	} cases[] = {
		{ "0-3,6", { 0x4f, 0x4f, 0x4f, 0x4f } },
		{ "0:0-1,1:2,2:3,4,3:5", { 0x3, 0x4, 0x18, 0x20 } },
		{ "2-3:4-5,0-1:0,7", { 0x81, 0x81, 0x30, 0x30 } },
	};
	char line[128];

	for (size_t i = 0; i < n_elems(cases); i++) {
		snprintf(line, sizeof(line), "--cpu-affinity %s --kernel k --cpus 4",
			 cases[i].text);
		cr_assert_eq(parse(line), 0, "%s", err.what);
		for (unsigned int v = 0; v < 4; v++)
			cr_expect_eq(config.affinity[v][0], cases[i].cpus[v], "%s: vCPU %u",
				     cases[i].text, v);
	}
	cr_assert_eq(parse("--kernel k --cpu-affinity 1023"), 0);
	cr_expect_eq(config.affinity[0][15], 1ULL << 63);
}

Test(options, the_command_line_overrides_the_file_whatever_the_order)
{
	fake_file("/vm/disk.conf", "[vm]\nkernel = Image\ncpus = 2\nappend = a\n"
				   "[device disk]\ntype = vfio-platform\nhost = x.ahci\n");
	cr_assert_eq(parse("--cpus 4 --append b -c /vm/disk.conf --device test-device"), 0, "%s",
		     err.what);
	cr_expect_str_eq(config.kernel, "/vm/Image");
	cr_expect_eq(config.n_vcpus, 4u);
	cr_expect_str_eq(config.append, "b");
	cr_assert_eq(config.n_devices, 5u);
	cr_expect_str_eq(config.devices[0].name, "disk");
	cr_expect_str_eq(config.devices[1].name, "test-device");
	cr_expect_lt(parse("-c /vm/disk.conf --device pl011,id=disk"), 0);
	cr_expect(strstr(err.why, "/vm/disk.conf:5"), "%s", err.why);
}
