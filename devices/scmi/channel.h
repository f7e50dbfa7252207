/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_SCMI_CHANNEL_H
#define DEVICES_SCMI_CHANNEL_H

/*
 * How the guest talks to the platform of scmi.h: a page that it shares with dais, and a hypercall
 * that says that a message is there (bindings/firmware/arm,scmi.yaml, "arm,scmi-smc";
 * DEN0056E, 5.1, shared memory based transport). The page is no RAM: devices do not reach it.
 */
#include "devices/scmi/scmi.h"
#include "vmm/base/err.h"

struct dt;
struct vm;

/* The function: a fast call of 32 bits from the range of SiP services, which KVM has none of. */
#define SCMI_SMC_ID 0x82000010u

struct scmi_channel {
	struct scmi *scmi;
	void *page;
	uint64_t gpa;
	unsigned int busy;  /* atomic: a vCPU's message is being answered */
	uint64_t n_refused; /* calls while it was, or with a message that is too long */
};

/*
 * The page, at an address of the platform bus, and the call, which KVM hands to dais from now on:
 * before the first KVM_RUN. @scmi outlives it.
 */
int scmi_channel_create(struct scmi_channel *channel, struct scmi *scmi, struct vm *vm,
			struct err *err);
void scmi_channel_destroy(struct scmi_channel *channel);

/* The channel is free, as after power-on; the vCPUs are parked. */
void scmi_channel_reset(struct scmi_channel *channel);

/* The nodes /firmware/scmi, with a protocol for each kind of resource that there is, and the page.
 */
void scmi_channel_describe(const struct scmi_channel *channel, struct dt *dt);

/*
 * What the call does to the channel @opaque, on the thread of the vCPU that made it: answer the
 * message that is in the page. Returns what the call returns, 0 or SMCCC's -1 (DEN0028): the
 * channel is another vCPU's now.
 */
int64_t scmi_channel_ring(void *opaque);

#endif
