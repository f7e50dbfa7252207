// SPDX-License-Identifier: GPL-2.0-only
#include "devices/scmi/channel.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "devices/platform_bus.h"
#include "fdt/builder.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

#define SMCCC_NOT_SUPPORTED (-1)

/* DEN0056E, 5.1.2: the layout of the page */
#define CHANNEL_FREE  (1u << 0)
#define CHANNEL_ERROR (1u << 1)
struct shared_page {
	uint32_t reserved;
	uint32_t status;
	uint32_t reserved2[2];
	uint32_t flags;
	uint32_t length; /* of header and payload */
	uint32_t header;
	uint8_t payload[SCMI_MAX_PAYLOAD];
};

static struct shared_page *page_of(const struct scmi_channel *channel)
{
	return channel->page;
}

void scmi_channel_reset(struct scmi_channel *channel)
{
	memset(channel->page, 0, sizeof(struct shared_page));
	page_of(channel)->status = htole32(CHANNEL_FREE);
	sys_sync_cache(channel->page, sizeof(struct shared_page));
}

int scmi_channel_create(struct scmi_channel *channel, struct scmi *scmi, struct vm *vm,
			struct err *err)
{
	const size_t size = sys_page_size();
	int ret;

	*channel = (struct scmi_channel){ .scmi = scmi };
	ret = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0,
		       &channel->page);
	if (ret) {
		channel->page = NULL;
		return err_set(err, ret, "make the page of the SCMI channel");
	}
	scmi_channel_reset(channel);
	ret = platform_bus_place(vm->bus, "SCMI channel", size, 0, PLATFORM_BUS_ANY, &channel->gpa,
				 err);
	if (!ret)
		ret = vm_memslot_add(vm, channel->gpa, size, channel->page, false, "SCMI channel",
				     err);
	if (ret < 0)
		return ret;
	ret = vm_take_hypercall(vm, &(struct hypercall){ SCMI_SMC_ID, scmi_channel_ring, channel },
				err);
	if (!ret)
		return 0;
	err_why(err, "KVM can do so since Linux 6.4, on 64-bit hosts");
	return err_fix(err, "a newer kernel, or clocks=fixed for the assigned devices");
}

void scmi_channel_destroy(struct scmi_channel *channel)
{
	if (channel->page)
		sys_munmap(channel->page, sys_page_size());
	channel->page = NULL;
}

/*
 * The guest may write to the page meanwhile: nothing is read from it twice, and what it makes of
 * its own message there is its own matter.
 */
int64_t scmi_channel_ring(void *opaque)
{
	struct scmi_channel *channel = opaque;
	struct shared_page *page = channel->page, message;
	uint8_t answer[SCMI_MAX_PAYLOAD];
	size_t length;

	if (__atomic_exchange_n(&channel->busy, 1, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_add(&channel->n_refused, 1, __ATOMIC_RELAXED);
		return SMCCC_NOT_SUPPORTED;
	}
	sys_sync_cache(page, sizeof(*page));
	memcpy(&message, page, sizeof(message));
	length = le32toh(message.length);
	if (length >= sizeof(message.header) &&
	    length <= sizeof(message.header) + SCMI_MAX_PAYLOAD) {
		length = scmi_answer(channel->scmi, le32toh(message.header), message.payload,
				     length - sizeof(message.header), answer);
		memcpy(page->payload, answer, length);
		page->length = htole32((uint32_t)(sizeof(message.header) + length));
		page->status = htole32(CHANNEL_FREE);
	} else {
		__atomic_fetch_add(&channel->n_refused, 1, __ATOMIC_RELAXED);
		page->status = htole32(CHANNEL_FREE | CHANNEL_ERROR);
	}
	sys_sync_cache(page, sizeof(*page));
	__atomic_store_n(&channel->busy, 0, __ATOMIC_RELEASE);
	return 0;
}

/* Linux sets a voltage within these limits only (drivers/regulator/of_regulator.c). */
static void describe_regulators(const struct scmi_list *list, struct dt *dt)
{
	dt_begin_node(dt, "regulators");
	dt_prop_u32(dt, "#address-cells", 1);
	dt_prop_u32(dt, "#size-cells", 0);
	for (uint32_t i = 0; i < list->n_items; i++) {
		const struct scmi_resource *item = &list->items[i];

		dt_begin_node(dt, "regulator@%x", i);
		dt_prop_u32(dt, "reg", i);
		dt_prop_str(dt, "regulator-name", item->name);
		if (item->may & SCMI_MAY_SET) {
			dt_prop_u32(dt, "regulator-min-microvolt", (uint32_t)item->min);
			dt_prop_u32(dt, "regulator-max-microvolt", (uint32_t)item->max);
		}
		dt_prop_u32(dt, "phandle", DT_PHANDLE_SCMI_SUPPLY + i);
		dt_end_node(dt);
	}
	dt_end_node(dt);
}

/* bindings/firmware/arm,scmi.yaml */
static void describe_protocol(const struct scmi_channel *channel, enum scmi_kind kind,
			      struct dt *dt)
{
	static const struct {
		const char *cells;
		uint32_t phandle;
	} kinds[N_SCMI_KINDS] = {
		[SCMI_POWER] = { "#power-domain-cells", DT_PHANDLE_SCMI_POWER },
		[SCMI_CLOCK] = { "#clock-cells", DT_PHANDLE_SCMI_CLOCK },
		[SCMI_RESET] = { "#reset-cells", DT_PHANDLE_SCMI_RESET },
		[SCMI_VOLTAGE] = { NULL, 0 },
	};

	if (!channel->scmi->lists[kind].n_items)
		return;
	dt_begin_node(dt, "protocol@%x", scmi_protocol_id(kind));
	dt_prop_u32(dt, "reg", scmi_protocol_id(kind));
	if (kinds[kind].cells) {
		dt_prop_u32(dt, kinds[kind].cells, 1);
		dt_prop_u32(dt, "phandle", kinds[kind].phandle);
	} else {
		describe_regulators(&channel->scmi->lists[kind], dt);
	}
	dt_end_node(dt);
}

void scmi_channel_describe(const struct scmi_channel *channel, struct dt *dt)
{
	const struct range page = { channel->gpa, sys_page_size() };

	dt_begin_node(dt, "scmi-shmem@%llx", (unsigned long long)channel->gpa);
	dt_prop_str(dt, "compatible", "arm,scmi-shmem");
	dt_prop_reg(dt, &page, 1);
	dt_prop_u32(dt, "phandle", DT_PHANDLE_SCMI_SHMEM);
	dt_end_node(dt);

	dt_begin_node(dt, "firmware");
	dt_begin_node(dt, "scmi");
	dt_prop_str(dt, "compatible", "arm,scmi-smc");
	dt_prop_u32(dt, "arm,smc-id", SCMI_SMC_ID);
	dt_prop_u32(dt, "shmem", DT_PHANDLE_SCMI_SHMEM);
	dt_prop_u32(dt, "#address-cells", 1);
	dt_prop_u32(dt, "#size-cells", 0);
	for (unsigned int i = 0; i < N_SCMI_KINDS; i++)
		describe_protocol(channel, i, dt);
	dt_end_node(dt);
	dt_end_node(dt);
}
