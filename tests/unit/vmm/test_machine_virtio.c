// SPDX-License-Identifier: GPL-2.0-only
/* A machine with a disk that another process serves, beside an assigned device. */
#include <criterion/criterion.h>
#include <libfdt.h>
#include <linux/virtio_mmio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/classes.h"
#include "devices/virtio/registers.h"
#include "devices/virtio/virtio.h"
#include "tests/fakes/fake_back_end.h"
#include "tests/fakes/fake_huge.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fixtures/fixture_machine.h"
#include "tests/unit/err_says.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/cli/options.h"
#include "vmm/core/mmio.h"
#include "vmm/machine/machine.h"

static struct fake_back_end back_end;
static struct vm_config config;
static struct machine machine;
static struct err err;

/* @line: the options of a run, which lie there afterwards. */
static void configure(char *line)
{
	enum options_wish wish;
	char *argv[32];
	int n = 0;

	while ((argv[n] = strsep(&line, " ")))
		n++;
	config_init(&config);
	cr_assert_eq(options_parse(&config, n, argv, &wish, &err), 0, "%s", err.what);
}

static void set_up(void)
{
	static char line[] = "--kernel /boot/Image --memory 32M --console none --keeper no "
			     "--device vfio-platform,host=10000000.ahci "
			     "--device virtio-blk,socket=/run/disk.sock";

	log_set_level(LOG_ERROR);
	fixture_host();
	configure(line);
	fake_file("/sys/kernel/iommu_groups/1/reserved_regions",
		  "0x0000000041000000 0x00000000410fffff reserved\n");
	fake_back_end_init(&back_end);
	fake_back_end_start(&back_end, "/run/disk.sock");
}

static void tear_down(void)
{
	machine_destroy(&machine);
	fake_back_end_kill(&back_end);
	fake_back_end_join(&back_end);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	config_destroy(&config);
	fake_sys_reset();
}

TestSuite(machine_virtio, .init = set_up, .fini = tear_down);

Test(machine_virtio, RAM_is_shared_and_mapped_for_DMA_and_survives_a_reset)
{
	owned_ptr void *tree = NULL;
	size_t size;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_assert_eq(machine.vm.ram.n_banks, 2);
	for (unsigned int i = 0; i < 2; i++)
		cr_expect_eq(machine.vm.ram.banks[i].fd, machine.vm.ram.fd);
	cr_expect(machine.vm.ram.is_memfd);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 2);
	cr_expect_eq(fake_kvm.n_irqfds, 2);
	cr_assert_eq(machine_describe(&machine, &tree, &size, &err), 0, "%s", err.what);
	cr_expect_geq(fdt_node_offset_by_compatible(tree, -1, "virtio,mmio"), 0);
	cr_expect_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	cr_expect_eq(fake_kvm.n_irqfds, 2);
}

static int tell(enum machine_goal goal, void **tree)
{
	size_t size;

	cr_assert_eq(machine_build(&machine, &config, goal, &err), 0, "%s", err.what);
	cr_assert_eq(machine_describe(&machine, tree, &size, &err), 0, "%s", err.what);
	machine_destroy(&machine);
	return fdt_node_offset_by_compatible(*tree, -1, "virtio,mmio");
}

/* Some serve one connection, and then no more. */
Test(machine_virtio, the_tree_alone_needs_no_back_end)
{
	owned_ptr void *dumped = NULL, *guests = NULL;
	int dumped_node = tell(MACHINE_FOR_TREE, &dumped), node;

	cr_expect_eq(fake_back_end_find(&back_end, VHOST_USER_GET_FEATURES, 0), UINT32_MAX);
	node = tell(MACHINE_FOR_RUN, &guests);
	cr_expect_neq(fake_back_end_find(&back_end, VHOST_USER_GET_FEATURES, 0), UINT32_MAX);
	cr_assert_geq(node, 0);
	cr_expect_str_eq(fdt_get_name(dumped, dumped_node, NULL), fdt_get_name(guests, node, NULL));
	cr_expect_arr_eq(fdt_getprop(dumped, dumped_node, "interrupts", NULL),
			 fdt_getprop(guests, node, "interrupts", NULL), 12);
}

Test(machine_virtio, RAM_in_more_pieces_than_the_back_end_takes)
{
	back_end.n_slots = 1;
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), -EINVAL);
	cr_expect(err_says(&err, "guest RAM is in 2 pieces, the back end of"), "%s", err.what);
	cr_expect(strstr(err.fix, "mem-path="), "%s", err.fix);
	cr_expect_null(machine.vm.ram.banks[0].hva, "nothing was taken");
}

/* The kernel gives pages out downwards: each is a piece. */
Test(machine_virtio, RAM_at_physical_addresses)
{
	static char line[] = "--kernel /boot/Image --memory 32M --keeper no --iommu none "
			     "--allow-unsafe-dma yes --mem-path " FAKE_HUGE_DIR
			     " --device virtio-blk,socket=/run/disk.sock";
	uint64_t pages[16];

	config_destroy(&config);
	configure(line);
	for (size_t i = 0; i < n_elems(pages); i++)
		pages[i] = (1ULL << 30) + (n_elems(pages) - i) * RAM_ALIGN;
	fake_huge_make(RAM_ALIGN, pages, n_elems(pages));
	back_end.n_slots = n_elems(pages) - 1;
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), -EINVAL, "%s",
		     err.what);
	cr_expect(err_says(&err, "guest RAM is in 16 pieces, the back end of"), "%s", err.what);
	cr_expect(strstr(err.fix, "mem-path=, of larger huge pages"), "%s", err.fix);
	cr_expect_null(machine.vm.ram.banks[0].hva, "nothing was taken");
}

Test(machine_virtio, is_in_the_statistics)
{
	static const char *const parts[] = { "\"type\": 2", "\"served\": false", "\"starts\": 3",
					     "\"failures\": 2", "\"accesses\": 1" };
	struct virtio *virtio = NULL;
	int fd;

	cr_assert_eq(stats_open("/tmp/stats", &fd, &err), 0, "%s", err.what);
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	for (unsigned int i = 0; i < machine.n_devices; i++)
		if (machine.devices[i]->class == &virtio_blk_class)
			virtio = virtio_of(machine.devices[i]);
	cr_assert_not_null(virtio);
	virtio_mmio_ops.write(virtio, VIRTIO_MMIO_QUEUE_SEL, 4, 0);
	virtio->n_starts = 3;
	virtio->n_failures = 2;
	cr_assert_eq(stats_write(&machine, fd, &err), 0, "%s", err.what);
	sys_close(fd);
	for (unsigned int i = 0; i < n_elems(parts); i++)
		cr_expect(strstr(fake_file_text("/tmp/stats"), parts[i]), "%s in %s", parts[i],
			  fake_file_text("/tmp/stats"));
}

/* hvc0, unless the user names another console. */
Test(machine_console, is_hvc0_where_the_user_wants_it)
{
	static const struct {
		const char *device, *append, *bootargs;
	} cases[] = {
		{ "virtio-console", NULL, NULL },
		{ "virtio-console", "quiet", "quiet" },
		{ "virtio-console,default=on", NULL, "console=hvc0" },
		{ "virtio-console,default=on", "quiet netconsole=@/",
		  "quiet netconsole=@/ console=hvc0" },
		{ "virtio-console,default=on", "quiet console=ttyS0", "quiet console=ttyS0" },
		{ "virtio-console,default=on", "console=ttyAMA0", "console=ttyAMA0" },
	};

	log_set_level(LOG_ERROR);
	for (size_t i = 0; i < n_elems(cases); i++) {
		char *const argv[] = {
			(char *)"--kernel",      (char *)"/boot/Image",   (char *)"--memory",
			(char *)"32M",           (char *)"--keeper",      (char *)"no",
			(char *)"--device",      (char *)cases[i].device, (char *)"--append",
			(char *)cases[i].append,
		};
		owned_ptr void *tree = NULL;
		enum options_wish wish;
		const char *bootargs;
		size_t size;

		fixture_host();
		config_init(&config);
		cr_assert_eq(options_parse(&config, (int)n_elems(argv) - (cases[i].append ? 0 : 2),
					   argv, &wish, &err),
			     0, "%s", err.what);
		cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s",
			     err.what);
		cr_expect(!machine.vm.ram.is_memfd, "nobody else needs it");
		cr_assert_eq(machine_describe(&machine, &tree, &size, &err), 0, "%s", err.what);
		bootargs = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", NULL);
		if (cases[i].bootargs)
			cr_expect_str_eq(bootargs, cases[i].bootargs);
		else
			cr_expect_null(bootargs);
		cr_expect_str_eq(
			fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "stdout-path", NULL),
			"/pl011@9000000");
		machine_destroy(&machine);
		config_destroy(&config);
		fake_sys_reset();
	}
}
