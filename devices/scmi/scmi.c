// SPDX-License-Identifier: GPL-2.0-only
/* Section numbers are those of DEN0056E. */
#include "devices/scmi/scmi.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/scmi/parts.h"
#include "vmm/base/array.h"
#include "vmm/base/range.h"

/* 4.1.2: the header */
#define MESSAGE_ID(header)   ((header)&0xff)
#define MESSAGE_TYPE(header) ((header) >> 8 & 3)
#define PROTOCOL_ID(header)  ((header) >> 10 & 0xff)

#define TYPE_COMMAND 0

/* 4.1.5, 4.2: messages of each protocol */
#define VERSION            0x0
#define ATTRIBUTES         0x1
#define MESSAGE_ATTRIBUTES 0x2
#define NEGOTIATE_VERSION  0x10

static const struct scmi_protocol *const protocols[N_SCMI_KINDS] = {
	[SCMI_POWER] = &scmi_power,
	[SCMI_CLOCK] = &scmi_clock,
	[SCMI_RESET] = &scmi_reset,
	[SCMI_VOLTAGE] = &scmi_voltage,
};

unsigned int scmi_protocol_id(enum scmi_kind kind)
{
	return protocols[kind]->id;
}

int scmi_add(struct scmi *scmi, enum scmi_kind kind, const struct scmi_resource *resource)
{
	struct scmi_list *list = &scmi->lists[kind];
	return array_append(list->items, list->n_items, resource) ?: (int)list->n_items - 1;
}

void scmi_destroy(struct scmi *scmi)
{
	for (unsigned int i = 0; i < N_SCMI_KINDS; i++)
		free(scmi->lists[i].items);
	*scmi = (struct scmi){ 0 };
}

/* --- the base protocol (4.2), of which the others are listed */

#define BASE_ID      0x10
#define BASE_VERSION 0x20001

#define PLATFORM_AGENT 0
#define GUEST_AGENT    1
#define THIS_AGENT     0xffffffff

static bool has_protocol(const struct scmi *scmi, unsigned int kind)
{
	return scmi->lists[kind].n_items;
}

static unsigned int n_protocols(const struct scmi *scmi)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_SCMI_KINDS; i++)
		n += has_protocol(scmi, i);
	return n;
}

static enum scmi_status base_vendor(struct scmi_message *message, struct scmi_resource *none)
{
	(void)none;
	scmi_put_name(message, "dais", SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

static enum scmi_status base_sub_vendor(struct scmi_message *message, struct scmi_resource *none)
{
	(void)none;
	scmi_put_name(message, "", SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

static enum scmi_status base_implementation(struct scmi_message *message,
					    struct scmi_resource *none)
{
	(void)none;
	scmi_put(message, 1);
	return SCMI_SUCCESS;
}

/* A byte for each protocol, the first @in[0] left out */
static enum scmi_status base_protocols(struct scmi_message *message, struct scmi_resource *none)
{
	const struct scmi *scmi = message->scmi;
	uint32_t skip = message->in[0], n = 0, word = 0;

	(void)none;
	if (skip > n_protocols(scmi))
		return SCMI_INVALID_PARAMETERS;
	for (unsigned int i = 0; i < N_SCMI_KINDS; i++) {
		if (!has_protocol(scmi, i) || (skip && skip--))
			continue;
		word |= (uint32_t)protocols[i]->id << 8 * n++;
	}
	_Static_assert(N_SCMI_KINDS <= sizeof(word), "they fit in one word");
	scmi_put(message, n);
	if (n)
		scmi_put(message, word);
	return SCMI_SUCCESS;
}

static enum scmi_status base_agent(struct scmi_message *message, struct scmi_resource *none)
{
	uint32_t agent = message->in[0] == THIS_AGENT ? GUEST_AGENT : message->in[0];

	(void)none;
	if (agent != PLATFORM_AGENT && agent != GUEST_AGENT)
		return SCMI_NOT_FOUND;
	scmi_put(message, agent);
	scmi_put_name(message, agent == PLATFORM_AGENT ? "platform" : "guest", SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

static const struct scmi_command base_commands[] = {
	{ 0x3, 0, base_vendor, -1 },         { 0x4, 0, base_sub_vendor, -1 },
	{ 0x5, 0, base_implementation, -1 }, { 0x6, 1, base_protocols, -1 },
	{ 0x7, 1, base_agent, -1 },
};

static const struct scmi_protocol base = {
	.id = BASE_ID,
	.version = BASE_VERSION,
	.attributes = 1 << 8, /* one agent */
	.commands = base_commands,
	.n_commands = n_elems(base_commands),
};

/* --- what all protocols have */

static const struct scmi_protocol *find_protocol(struct scmi_message *message, uint8_t id)
{
	if (id == BASE_ID)
		return &base;
	for (unsigned int i = 0; i < N_SCMI_KINDS; i++) {
		message->kind = i;
		if (protocols[i]->id == id && has_protocol(message->scmi, i))
			return protocols[i];
	}
	return NULL;
}

static const struct scmi_command *find_command(const struct scmi_protocol *protocol, uint8_t id)
{
	for (size_t i = 0; i < protocol->n_commands; i++)
		if (protocol->commands[i].id == id)
			return &protocol->commands[i];
	return NULL;
}

static enum scmi_status attributes(struct scmi_message *message,
				   const struct scmi_protocol *protocol)
{
	size_t n = protocol == &base ? n_protocols(message->scmi)
				     : message->scmi->lists[message->kind].n_items;

	scmi_put(message, protocol->attributes | (uint32_t)n);
	/* No statistics in shared memory: no address and no length (4.3.2.2) */
	for (unsigned int i = 0; protocol == &scmi_power && i < 3; i++)
		scmi_put(message, 0);
	return SCMI_SUCCESS;
}

/* Of a command that is not optional, none has attributes: no fast channels. */
static enum scmi_status message_attributes(struct scmi_message *message,
					   const struct scmi_protocol *protocol)
{
	uint32_t id = message->in[0];

	if (id > UINT8_MAX || (id > MESSAGE_ATTRIBUTES && id != NEGOTIATE_VERSION &&
			       !find_command(protocol, (uint8_t)id)))
		return SCMI_NOT_FOUND;
	scmi_put(message, 0);
	return SCMI_SUCCESS;
}

/* Of those that a guest may want, only what it is told of: older forms of messages are not had. */
static enum scmi_status negotiate(struct scmi_message *message,
				  const struct scmi_protocol *protocol)
{
	return message->in[0] == protocol->version ? SCMI_SUCCESS : SCMI_NOT_SUPPORTED;
}

static enum scmi_status run_command(struct scmi_message *message,
				    const struct scmi_protocol *protocol, uint8_t id, size_t n_in)
{
	const struct scmi_command *command = find_command(protocol, id);
	const struct scmi_list *list = &message->scmi->lists[message->kind];
	struct scmi_resource *resource = NULL;

	if (!command)
		return SCMI_NOT_SUPPORTED;
	if (n_in != command->n_in)
		return SCMI_PROTOCOL_ERROR;
	if (command->id_at >= 0) {
		uint32_t number = message->in[command->id_at];

		if (number >= list->n_items)
			return SCMI_NOT_FOUND;
		resource = &list->items[number];
	}
	return command->run(message, resource);
}

static enum scmi_status run(struct scmi_message *message, uint32_t header, size_t size)
{
	const struct scmi_protocol *protocol = find_protocol(message, (uint8_t)PROTOCOL_ID(header));
	uint8_t id = MESSAGE_ID(header);

	if (MESSAGE_TYPE(header) != TYPE_COMMAND || size % 4)
		return SCMI_PROTOCOL_ERROR;
	if (!protocol)
		return SCMI_NOT_SUPPORTED;
	if (id == VERSION || id == ATTRIBUTES) {
		if (size)
			return SCMI_PROTOCOL_ERROR;
		if (id == ATTRIBUTES)
			return attributes(message, protocol);
		scmi_put(message, protocol->version);
		return SCMI_SUCCESS;
	}
	if (id == MESSAGE_ATTRIBUTES || id == NEGOTIATE_VERSION) {
		if (size != 4)
			return SCMI_PROTOCOL_ERROR;
		return id == NEGOTIATE_VERSION ? negotiate(message, protocol)
					       : message_attributes(message, protocol);
	}
	return run_command(message, protocol, id, size / 4);
}

size_t scmi_answer(struct scmi *scmi, uint32_t header, const void *payload, size_t size,
		   uint8_t answer[SCMI_MAX_PAYLOAD])
{
	struct scmi_message message = { .scmi = scmi };
	enum scmi_status status;
	uint32_t word;

	memcpy(message.in, payload, size);
	for (size_t i = 0; i < n_elems(message.in); i++)
		message.in[i] = le32toh(message.in[i]);
	status = run(&message, header, size);
	scmi->n_messages++;
	if (status != SCMI_SUCCESS) {
		scmi->n_errors++;
		message.n_out = 0; /* 4.1.4: what else is returned has no meaning */
	}
	word = htole32((uint32_t)status);
	memcpy(answer, &word, sizeof(word));
	for (size_t i = 0; i < message.n_out; i++) {
		word = htole32(message.out[i]);
		memcpy(answer + 4 * (i + 1), &word, sizeof(word));
	}
	return 4 * (message.n_out + 1);
}
