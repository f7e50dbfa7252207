// SPDX-License-Identifier: GPL-2.0-only
/* What the protocols share: the words of an answer, and operations on a resource. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "devices/scmi/parts.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

void scmi_put(struct scmi_message *message, uint32_t word)
{
	if (message->n_out < n_elems(message->out))
		message->out[message->n_out++] = word;
}

void scmi_put_u64(struct scmi_message *message, uint64_t value)
{
	scmi_put(message, (uint32_t)value);
	scmi_put(message, (uint32_t)(value >> 32));
}

void scmi_put_name(struct scmi_message *message, const char *name, size_t size)
{
	char padded[SCMI_NAME_SIZE] = "";
	uint32_t word;

	str_copy(padded, size, name);
	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, padded + i, sizeof(word));
		scmi_put(message, le32toh(word));
	}
}

bool scmi_has_long_name(const struct scmi_resource *resource)
{
	return strlen(resource->name) >= SCMI_SHORT_NAME;
}

enum scmi_status scmi_status_of(int ret)
{
	switch (-ret) {
	case 0:
		return SCMI_SUCCESS;
	case EACCES:
		return SCMI_DENIED;
	case EINVAL:
	case ERANGE:
		return SCMI_INVALID_PARAMETERS;
	case EBUSY:
		return SCMI_BUSY;
	case EOPNOTSUPP:
		return SCMI_NOT_SUPPORTED;
	default:
		return SCMI_HARDWARE_ERROR;
	}
}

/*
 * To have on what is on changes nothing: older guests do not ask for the permissions of a clock, as
 * drivers/clk/clk-scmi.c of Linux 6.12 does, and a driver does not work whose clk_prepare_enable()
 * is refused.
 */
enum scmi_status scmi_turn(const struct scmi_resource *resource, bool on)
{
	struct scmi_state state;

	if (!(resource->may & SCMI_MAY_SWITCH))
		return on && scmi_get(resource, &state) == SCMI_SUCCESS && state.on ? SCMI_SUCCESS
										    : SCMI_DENIED;
	return scmi_status_of(resource->ops->turn(resource->opaque, on));
}

enum scmi_status scmi_set(const struct scmi_resource *resource, uint64_t value)
{
	if (!(resource->may & SCMI_MAY_SET))
		return SCMI_DENIED;
	if (value < resource->min || value > resource->max)
		return SCMI_INVALID_PARAMETERS;
	return scmi_status_of(resource->ops->set(resource->opaque, value));
}

enum scmi_status scmi_get(const struct scmi_resource *resource, struct scmi_state *state)
{
	*state = (struct scmi_state){ 0 };
	return scmi_status_of(resource->ops->get(resource->opaque, state));
}

enum scmi_status scmi_name_get(struct scmi_message *message, struct scmi_resource *resource)
{
	scmi_put(message, 0);
	scmi_put_name(message, resource->name, SCMI_NAME_SIZE);
	return SCMI_SUCCESS;
}
