// SPDX-License-Identifier: GPL-2.0-only
#include "devices/scmi/channel.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define CLOCK_ATTRIBUTES (0x14 << 10 | 3)
#define CLOCK_RATE_GET   (0x14 << 10 | 6)
#define N_WORDS          16

static struct vm vm;
static struct err err;
static struct scmi scmi;
static struct scmi_channel channel;

static int get(void *opaque, struct scmi_state *state)
{
	(void)opaque;
	*state = (struct scmi_state){ true, 24000000 };
	return 0;
}

static const struct scmi_ops ops = { .get = get };

/*
 * The page as the guest sees it, past the cache: what it wrote is not in dais' page before that is
 * synced, and what dais writes is not in its own.
 */
static uint32_t guest[N_WORDS];
static unsigned int n_syncs;

static void synced(const void *p, size_t size)
{
	cr_assert_eq(p, channel.page);
	cr_expect(size >= 28 + SCMI_MAX_PAYLOAD);
	if (n_syncs++ % 2)
		memcpy(guest, channel.page, sizeof(guest));
	else
		memcpy(channel.page, guest, sizeof(guest));
}

static void setup(void)
{
	const struct scmi_resource clock = { .name = "core", .ops = &ops };

	fake_vm_create(&vm);
	cr_assert_eq(scmi_add(&scmi, SCMI_CLOCK, &clock), 0);
	cr_assert_eq(scmi_channel_create(&channel, &scmi, &vm, &err), 0, "%s", err.what);
	memcpy(guest, channel.page, sizeof(guest));
	fake_cache_synced = synced;
}

static void teardown(void)
{
	fake_cache_synced = NULL;
	scmi_channel_destroy(&channel);
	scmi_destroy(&scmi);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(scmi_channel, .init = setup, .fini = teardown);

static void write_message(uint32_t length, uint32_t header, uint32_t word)
{
	guest[1] = 0;
	guest[5] = htole32(length);
	guest[6] = htole32(header);
	guest[7] = htole32(word);
}

Test(scmi_channel, is_free_at_first)
{
	cr_expect_eq(le32toh(guest[1]), 1);
}

Test(scmi_channel, a_message_is_answered)
{
	write_message(8, CLOCK_RATE_GET | 0x2a << 18, 0);
	cr_expect_eq(scmi_channel_ring(&channel), 0);
	cr_expect_eq(n_syncs, 2, "once before it is read, once after it is answered");
	cr_expect_eq(le32toh(guest[1]), 1);
	cr_expect_eq(le32toh(guest[5]), 16);
	cr_expect_eq(le32toh(guest[6]), CLOCK_RATE_GET | 0x2a << 18, "the token stays");
	cr_expect_eq(le32toh(guest[7]), 0);
	cr_expect_eq(le32toh(guest[8]), 24000000);
	cr_expect_eq(le32toh(guest[9]), 0);
}

Test(scmi_channel, lengths)
{
	static const struct {
		uint32_t length, status;
	} cases[] = { { 0, 3 },   { 3, 3 },   { 4, 1 },         { 7, 1 },
		      { 132, 1 }, { 133, 3 }, { UINT32_MAX, 3 } };

	for (size_t i = 0; i < n_elems(cases); i++) {
		write_message(cases[i].length, CLOCK_ATTRIBUTES, 0);
		cr_expect_eq(scmi_channel_ring(&channel), 0);
		cr_expect_eq(le32toh(guest[1]), cases[i].status, "length %u", cases[i].length);
	}
	cr_expect_eq(channel.n_refused, 4);
}

/* While a message is on its way no other vCPU's is taken. */
static int get_and_call(void *opaque, struct scmi_state *state)
{
	(void)opaque;
	(void)state;
	cr_expect_eq(scmi_channel_ring(&channel), -1);
	return 0;
}

Test(scmi_channel, one_vcpu_at_a_time)
{
	static const struct scmi_ops busy_ops = { .get = get_and_call };

	scmi.lists[SCMI_CLOCK].items[0].ops = &busy_ops;
	write_message(8, CLOCK_RATE_GET, 0);
	cr_expect_eq(scmi_channel_ring(&channel), 0);
	cr_expect_eq(channel.n_refused, 1);
	cr_expect_eq(n_syncs, 2);
	write_message(8, CLOCK_RATE_GET, 0);
	scmi.lists[SCMI_CLOCK].items[0].ops = &ops;
	cr_expect_eq(scmi_channel_ring(&channel), 0);
}

Test(scmi_channel, a_guest_reset_frees_it)
{
	write_message(8, CLOCK_RATE_GET, 0);
	n_syncs = 1;
	scmi_channel_reset(&channel);
	for (unsigned int i = 0; i < N_WORDS; i++)
		cr_expect_eq(le32toh(guest[i]), i == 1, "word %u", i);
}

Test(scmi_channel, what_the_guest_is_told)
{
	void *blob = NULL;
	size_t size;
	struct dt dt;
	int scmi_node, clock, shmem;

	dt_init(&dt);
	scmi_channel_describe(&channel, &dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	dt_destroy(&dt);
	scmi_node = fdt_path_offset(blob, "/firmware/scmi");
	cr_expect_str_eq(fdt_getprop(blob, scmi_node, "compatible", NULL), "arm,scmi-smc");
	cr_expect_eq(fdt32_ld(fdt_getprop(blob, scmi_node, "arm,smc-id", NULL)), SCMI_SMC_ID);
	shmem = fdt_node_offset_by_phandle(blob,
					   fdt32_ld(fdt_getprop(blob, scmi_node, "shmem", NULL)));
	cr_expect_str_eq(fdt_getprop(blob, shmem, "compatible", NULL), "arm,scmi-shmem");
	cr_expect_eq(fdt64_ld(fdt_getprop(blob, shmem, "reg", NULL)), channel.gpa);
	clock = fdt_node_offset_by_phandle(blob, DT_PHANDLE_SCMI_CLOCK);
	cr_expect_str_eq(fdt_get_name(blob, clock, NULL), "protocol@14");
	cr_expect_eq(fdt32_ld(fdt_getprop(blob, clock, "#clock-cells", NULL)), 1);
	cr_expect_eq(fdt_subnode_offset(blob, scmi_node, "protocol@11"), -FDT_ERR_NOTFOUND,
		     "nothing of what there is not");
	free(blob);
}

Test(scmi_channel, a_call_of_the_guest_is_one_exit)
{
	uint64_t result = 7;

	cr_assert_eq(vcpus_create(&vm, 1, &err), 0, "%s", err.what);
	vm.result_reg = 42;
	vm.vcpus[0].run->exit_reason = KVM_EXIT_HYPERCALL;
	write_message(8, CLOCK_RATE_GET, 0);
	cr_expect(vcpu_handle_exit(&vm.vcpus[0], 0));
	cr_expect_eq(vcpu_get_reg(&vm.vcpus[0], 42, &result), 0);
	cr_expect_eq(result, 0);
	cr_expect_eq(vm.vcpus[0].n_exits[VCPU_EXIT_HYPERCALL], 1);
	vcpus_destroy(&vm);
}
