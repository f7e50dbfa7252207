// SPDX-License-Identifier: GPL-2.0-only
/* The protocols for what a device needs. Section numbers are those of DEN0056E. */
#include <stddef.h>

#include "devices/scmi/parts.h"
#include "vmm/base/range.h"

/* The bit of a resource's attributes that says: …_NAME_GET tells more */
#define LONG_NAME(resource, bit) (scmi_has_long_name(resource) ? 1u << (bit) : 0)

/* --- power domains (4.3) */

#define POWER_ON       0x00000000
#define POWER_OFF      0x40000000 /* context is lost */
#define POWER_SYNC     (1u << 29)
#define POWER_LONGNAME 27

static enum scmi_status power_attributes(struct scmi_message *message, struct scmi_resource *domain)
{
	scmi_put(message, POWER_SYNC | LONG_NAME(domain, POWER_LONGNAME));
	scmi_put_name(message, domain->name, SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

/* flags, domain, state */
static enum scmi_status power_state_set(struct scmi_message *message, struct scmi_resource *domain)
{
	uint32_t state = message->in[2];

	if (message->in[0])
		return SCMI_NOT_SUPPORTED; /* asynchronous */
	if (state != POWER_ON && state != POWER_OFF)
		return SCMI_INVALID_PARAMETERS;
	return scmi_turn(domain, state == POWER_ON);
}

static enum scmi_status power_state_get(struct scmi_message *message, struct scmi_resource *domain)
{
	struct scmi_state state;
	enum scmi_status status = scmi_get(domain, &state);

	scmi_put(message, state.on ? POWER_ON : POWER_OFF);
	return status;
}

static const struct scmi_command power_commands[] = {
	{ 0x3, 1, power_attributes, 0 },
	{ 0x4, 3, power_state_set, 1 },
	{ 0x5, 1, power_state_get, 0 },
	{ 0x8, 1, scmi_name_get, 0 },
};

const struct scmi_protocol scmi_power = {
	.id = 0x11,
	.version = 0x30001,
	.commands = power_commands,
	.n_commands = n_elems(power_commands),
};

/* --- clocks (4.6) */

#define CLOCK_ENABLED    (1u << 0)
#define CLOCK_RESTRICTED (1u << 1) /* CLOCK_GET_PERMISSIONS tells how */
#define CLOCK_LONGNAME   29

#define RATES_ARE_A_RANGE (1u << 12)

#define RATE_ASYNC 0x3 /* and: do not tell when it is done */

#define STATE_MASK      0x3
#define STATE_OFF       0
#define STATE_ON        1
#define STATE_UNCHANGED 3
#define STATE_OEM_TYPE  0xff0000
#define GET_OEM_TYPE    0xff

#define STATE_CONTROL (1u << 31)
#define RATE_CONTROL  (1u << 29)

static enum scmi_status clock_attributes(struct scmi_message *message, struct scmi_resource *clock)
{
	struct scmi_state state;
	enum scmi_status status = scmi_get(clock, &state);

	scmi_put(message, (state.on ? CLOCK_ENABLED : 0) | CLOCK_RESTRICTED |
				  LONG_NAME(clock, CLOCK_LONGNAME));
	scmi_put_name(message, clock->name, SCMI_SHORT_NAME);
	scmi_put(message, 0); /* how long it takes to enable it is not known */
	return status;
}

/* clock, index: a range, whose step is 1 Hz; or the only rate. */
static enum scmi_status clock_rates(struct scmi_message *message, struct scmi_resource *clock)
{
	struct scmi_state state;
	enum scmi_status status;

	if (message->in[1])
		return SCMI_INVALID_PARAMETERS;
	if (clock->may & SCMI_MAY_SET) {
		scmi_put(message, RATES_ARE_A_RANGE | 3);
		scmi_put_u64(message, clock->min);
		scmi_put_u64(message, clock->max);
		scmi_put_u64(message, 1);
		return SCMI_SUCCESS;
	}
	status = scmi_get(clock, &state);
	scmi_put(message, 1);
	scmi_put_u64(message, state.value);
	return status;
}

/* flags, clock, rate */
static enum scmi_status clock_rate_set(struct scmi_message *message, struct scmi_resource *clock)
{
	if (message->in[0] & RATE_ASYNC)
		return SCMI_NOT_SUPPORTED;
	return scmi_set(clock, message->in[2] | (uint64_t)message->in[3] << 32);
}

static enum scmi_status clock_rate_get(struct scmi_message *message, struct scmi_resource *clock)
{
	struct scmi_state state;
	enum scmi_status status = scmi_get(clock, &state);

	scmi_put_u64(message, state.value);
	return status;
}

/* clock, attributes, value for what vendors have added */
static enum scmi_status clock_config_set(struct scmi_message *message, struct scmi_resource *clock)
{
	uint32_t state = message->in[1] & STATE_MASK;

	if (message->in[1] & STATE_OEM_TYPE)
		return SCMI_NOT_SUPPORTED;
	if (message->in[1] & ~STATE_MASK || state == 2)
		return SCMI_INVALID_PARAMETERS;
	return state == STATE_UNCHANGED ? SCMI_SUCCESS : scmi_turn(clock, state == STATE_ON);
}

/* clock, flags */
static enum scmi_status clock_config_get(struct scmi_message *message, struct scmi_resource *clock)
{
	struct scmi_state state;
	enum scmi_status status;

	if (message->in[1] & GET_OEM_TYPE)
		return SCMI_NOT_SUPPORTED;
	status = scmi_get(clock, &state);
	scmi_put(message, 0);
	scmi_put(message, state.on ? STATE_ON : STATE_OFF);
	scmi_put(message, 0);
	return status;
}

static enum scmi_status clock_permissions(struct scmi_message *message, struct scmi_resource *clock)
{
	scmi_put(message, (clock->may & SCMI_MAY_SWITCH ? STATE_CONTROL : 0) |
				  (clock->may & SCMI_MAY_SET ? RATE_CONTROL : 0));
	return SCMI_SUCCESS;
}

static const struct scmi_command clock_commands[] = {
	{ 0x3, 1, clock_attributes, 0 }, { 0x4, 2, clock_rates, 0 },
	{ 0x5, 4, clock_rate_set, 1 },   { 0x6, 1, clock_rate_get, 0 },
	{ 0x7, 3, clock_config_set, 0 }, { 0x8, 1, scmi_name_get, 0 },
	{ 0xb, 2, clock_config_get, 0 }, { 0xf, 1, clock_permissions, 0 },
};

const struct scmi_protocol scmi_clock = {
	.id = 0x14,
	.version = 0x30000,
	.commands = clock_commands,
	.n_commands = n_elems(clock_commands),
};

/* --- reset domains (4.8) */

#define RESET_LONGNAME 29

#define RESET_AUTONOMOUS (1u << 0)
#define RESET_ASSERT     (1u << 1)
#define RESET_ASYNC      (1u << 2)

static enum scmi_status reset_attributes(struct scmi_message *message, struct scmi_resource *line)
{
	scmi_put(message, LONG_NAME(line, RESET_LONGNAME));
	scmi_put(message, UINT32_MAX); /* how long it takes is not known */
	scmi_put_name(message, line->name, SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

/* domain, flags, state: of Arm's states there is one, a cold reset */
static enum scmi_status reset_run(struct scmi_message *message, struct scmi_resource *line)
{
	uint32_t flags = message->in[1];

	if (flags & RESET_ASYNC)
		return SCMI_NOT_SUPPORTED;
	if (flags > RESET_ASSERT || (flags & RESET_AUTONOMOUS && message->in[2]))
		return SCMI_INVALID_PARAMETERS;
	if (!(flags & RESET_AUTONOMOUS))
		return scmi_turn(line, !flags);
	if (!(line->may & SCMI_MAY_SWITCH))
		return SCMI_DENIED;
	return scmi_status_of(line->ops->pulse(line->opaque));
}

static const struct scmi_command reset_commands[] = {
	{ 0x3, 1, reset_attributes, 0 },
	{ 0x4, 3, reset_run, 0 },
	{ 0x6, 1, scmi_name_get, 0 },
};

const struct scmi_protocol scmi_reset = {
	.id = 0x16,
	.version = 0x30001,
	.commands = reset_commands,
	.n_commands = n_elems(reset_commands),
};

/* --- voltage domains (4.9) */

#define VOLTAGE_LONGNAME 30

#define MODE_OFF 0x0
#define MODE_ON  0x7

static enum scmi_status voltage_attributes(struct scmi_message *message,
					   struct scmi_resource *domain)
{
	scmi_put(message, LONG_NAME(domain, VOLTAGE_LONGNAME));
	scmi_put_name(message, domain->name, SCMI_SHORT_NAME);
	return SCMI_SUCCESS;
}

/* domain, index: the voltages from there on, as many as there is room for; or the only one */
static enum scmi_status voltage_levels(struct scmi_message *message, struct scmi_resource *domain)
{
	const size_t room = n_elems(message->out) - 1;
	uint32_t first = message->in[1];
	struct scmi_state state;
	enum scmi_status status;
	size_t n;

	if (domain->may & SCMI_MAY_SET) {
		if (first >= domain->n_levels)
			return SCMI_INVALID_PARAMETERS;
		n = domain->n_levels - first;
		scmi_put(message, n > room ? (uint32_t)((n - room) << 16 | room) : (uint32_t)n);
		for (size_t i = 0; i < n && i < room; i++)
			scmi_put(message, domain->levels[first + i]);
		return SCMI_SUCCESS;
	}
	if (first)
		return SCMI_INVALID_PARAMETERS;
	status = scmi_get(domain, &state);
	scmi_put(message, 1);
	scmi_put(message, (uint32_t)state.value);
	return status;
}

/* domain, mode */
static enum scmi_status voltage_config_set(struct scmi_message *message,
					   struct scmi_resource *domain)
{
	uint32_t mode = message->in[1];

	if (mode != MODE_OFF && mode != MODE_ON)
		return SCMI_INVALID_PARAMETERS;
	return scmi_turn(domain, mode == MODE_ON);
}

static enum scmi_status voltage_config_get(struct scmi_message *message,
					   struct scmi_resource *domain)
{
	struct scmi_state state;
	enum scmi_status status = scmi_get(domain, &state);

	scmi_put(message, state.on ? MODE_ON : MODE_OFF);
	return status;
}

/* domain, flags, voltage */
static enum scmi_status voltage_level_set(struct scmi_message *message,
					  struct scmi_resource *domain)
{
	if (message->in[1] & 1)
		return SCMI_NOT_SUPPORTED; /* asynchronous */
	return scmi_set(domain, message->in[2]);
}

static enum scmi_status voltage_level_get(struct scmi_message *message,
					  struct scmi_resource *domain)
{
	struct scmi_state state;
	enum scmi_status status = scmi_get(domain, &state);

	scmi_put(message, (uint32_t)state.value);
	return status;
}

static const struct scmi_command voltage_commands[] = {
	{ 0x3, 1, voltage_attributes, 0 }, { 0x4, 2, voltage_levels, 0 },
	{ 0x5, 2, voltage_config_set, 0 }, { 0x6, 1, voltage_config_get, 0 },
	{ 0x7, 3, voltage_level_set, 0 },  { 0x8, 1, voltage_level_get, 0 },
	{ 0x9, 1, scmi_name_get, 0 },
};

const struct scmi_protocol scmi_voltage = {
	.id = 0x17,
	.version = 0x20001,
	.commands = voltage_commands,
	.n_commands = n_elems(voltage_commands),
};
