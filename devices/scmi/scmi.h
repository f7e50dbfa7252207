/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_SCMI_SCMI_H
#define DEVICES_SCMI_SCMI_H

/*
 * The platform side of the System Control and Management Interface (Arm DEN0056E, version 3.2):
 * protocols base, power domain, clock, reset domain and voltage, as far as Linux 6.12 to 7.3 ask
 * for them (drivers/firmware/arm_scmi). It answers messages; how they come is channel.h's matter,
 * and what they act on is its owner's.
 *
 * No notifications and no delayed responses: each message is answered when it is sent.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scmi_kind { SCMI_POWER, SCMI_CLOCK, SCMI_RESET, SCMI_VOLTAGE, N_SCMI_KINDS };

/* What the guest may do to a resource, beside asking for its state */
#define SCMI_MAY_SWITCH 0x1 /* on and off; of a reset line: assert, deassert, pulse */
#define SCMI_MAY_SET    0x2 /* another rate or voltage, from min to max */

#define SCMI_NAME_SIZE 64

struct scmi_state {
	bool on;        /* of a reset line: it is not asserted */
	uint64_t value; /* Hz, uV; 0 where there is none */
};

/*
 * Each returns 0 or a negative errno, which the guest is told of: EACCES as DENIED, ERANGE and
 * EINVAL as INVALID_PARAMETERS, EBUSY as BUSY, EOPNOTSUPP as NOT_SUPPORTED, all others as
 * HARDWARE_ERROR. Called by a thread of a vCPU, one at a time.
 */
struct scmi_ops {
	int (*get)(void *opaque, struct scmi_state *state);
	int (*turn)(void *opaque, bool on);
	int (*set)(void *opaque, uint64_t value);
	int (*pulse)(void *opaque); /* of reset lines */
};

struct scmi_resource {
	char name[SCMI_NAME_SIZE];
	unsigned int may;  /* SCMI_MAY_* */
	uint64_t min, max; /* values that it takes: Hz, uV */
	/* Of a voltage that may be set, all that it takes, in ascending order; it outlives the
	 * platform */
	const uint32_t *levels;
	size_t n_levels;
	const struct scmi_ops *ops;
	void *opaque; /* of @ops; it outlives the platform */
};

/* The number of a resource in a message is its place in the list of its kind. */
struct scmi {
	struct scmi_list {
		struct scmi_resource *items;
		size_t n_items;
	} lists[N_SCMI_KINDS];
	uint64_t n_messages; /* answered, and of these with an error */
	uint64_t n_errors;
};

/* The number of the protocol, as the guest's tree has it in reg. */
unsigned int scmi_protocol_id(enum scmi_kind kind);

/* A copy of @resource at the end of its list: its number there, or -ENOMEM. */
int scmi_add(struct scmi *scmi, enum scmi_kind kind, const struct scmi_resource *resource);
void scmi_destroy(struct scmi *scmi);

/* A message and its answer, without header: as many bytes as Linux has room for (smc.c). */
#define SCMI_MAX_PAYLOAD 128

/*
 * Answer the message with this header and payload of @size bytes, at most SCMI_MAX_PAYLOAD: writes
 * @answer, its status first. Returns how many bytes that is. Little endian, both.
 */
size_t scmi_answer(struct scmi *scmi, uint32_t header, const void *payload, size_t size,
		   uint8_t answer[SCMI_MAX_PAYLOAD]);

#endif
