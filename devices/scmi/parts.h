/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_SCMI_PARTS_H
#define DEVICES_SCMI_PARTS_H

/* What the files beside it share. */
#include "devices/scmi/scmi.h"

/* 4.1.4 */
enum scmi_status {
	SCMI_SUCCESS = 0,
	SCMI_NOT_SUPPORTED = -1,
	SCMI_INVALID_PARAMETERS = -2,
	SCMI_DENIED = -3,
	SCMI_NOT_FOUND = -4,
	SCMI_BUSY = -6,
	SCMI_HARDWARE_ERROR = -9,
	SCMI_PROTOCOL_ERROR = -10,
};

/* A message on its way: words as this machine has them */
struct scmi_message {
	struct scmi *scmi;
	enum scmi_kind kind; /* of the protocol; the base protocol has none */
	uint32_t in[SCMI_MAX_PAYLOAD / 4];
	uint32_t out[SCMI_MAX_PAYLOAD / 4 - 1]; /* behind the status */
	size_t n_out;
};

/* One command of a protocol */
struct scmi_command {
	uint8_t id;
	uint8_t n_in; /* words that its payload has */
	/* of the resource that the word @in[id_at] says; NULL: it is about none */
	enum scmi_status (*run)(struct scmi_message *message, struct scmi_resource *resource);
	int8_t id_at; /* -1: none */
};

struct scmi_protocol {
	uint8_t id;
	uint32_t version;
	uint32_t attributes; /* beside the number of resources */
	const struct scmi_command *commands;
	size_t n_commands;
};

extern const struct scmi_protocol scmi_power, scmi_clock, scmi_reset, scmi_voltage;

/* Bytes of a name in the attributes of a resource */
#define SCMI_SHORT_NAME 16

/* message.c */
void scmi_put(struct scmi_message *message, uint32_t word);
void scmi_put_u64(struct scmi_message *message, uint64_t value);
/* @size bytes, 16 or 64, the last of which is a 0 */
void scmi_put_name(struct scmi_message *message, const char *name, size_t size);
/* Whether its name is longer than SCMI_SHORT_NAME */
bool scmi_has_long_name(const struct scmi_resource *resource);

/* What both ways of an operation share: may it, and the status of what came of it */
enum scmi_status scmi_turn(const struct scmi_resource *resource, bool on);
enum scmi_status scmi_set(const struct scmi_resource *resource, uint64_t value);
enum scmi_status scmi_get(const struct scmi_resource *resource, struct scmi_state *state);
enum scmi_status scmi_status_of(int ret);

/* …_NAME_GET of each protocol: flags, then the whole name */
enum scmi_status scmi_name_get(struct scmi_message *message, struct scmi_resource *resource);

#endif
