// SPDX-License-Identifier: GPL-2.0-only
#include "devices/scmi/scmi.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "vmm/base/range.h"

enum {
	SUCCESS,
	NOT_SUPPORTED = -1,
	INVALID = -2,
	DENIED = -3,
	NOT_FOUND = -4,
	BUSY = -6,
	HARDWARE = -9,
	PROTOCOL = -10
};

#define BASE    0x10
#define POWER   0x11
#define CLOCK   0x14
#define RESET   0x16
#define VOLTAGE 0x17

/* What the host has: one of them may fail. */
static struct thing {
	bool on;
	uint64_t value;
	unsigned int n_pulses;
	int error;
} things[8];

static int get(void *opaque, struct scmi_state *state)
{
	const struct thing *thing = opaque;

	*state = (struct scmi_state){ thing->on, thing->value };
	return thing->error;
}

static int turn(void *opaque, bool on)
{
	struct thing *thing = opaque;

	if (!thing->error)
		thing->on = on;
	return thing->error;
}

static int set(void *opaque, uint64_t value)
{
	struct thing *thing = opaque;

	if (!thing->error)
		thing->value = value;
	return thing->error;
}

static int pulse(void *opaque)
{
	((struct thing *)opaque)->n_pulses++;
	return 0;
}

static const struct scmi_ops ops = { get, turn, set, pulse };

static struct scmi scmi;

static void add(enum scmi_kind kind, unsigned int thing, const char *name, unsigned int may,
		uint64_t min, uint64_t max)
{
	struct scmi_resource resource = {
		.may = may, .min = min, .max = max, .ops = &ops, .opaque = &things[thing]
	};

	strcpy(resource.name, name);
	cr_assert(scmi_add(&scmi, kind, &resource) >= 0);
}

static const uint32_t two_levels[] = { 1800000, 3300000 };

static void setup(void)
{
	add(SCMI_CLOCK, 0, "10000000.mmc.core", SCMI_MAY_SWITCH | SCMI_MAY_SET, 400000, 5000000000);
	add(SCMI_CLOCK, 1, "bus", 0, 0, 0);
	add(SCMI_POWER, 2, "usb", SCMI_MAY_SWITCH, 0, 0);
	add(SCMI_POWER, 3, "a domain with a long name", 0, 0, 0);
	add(SCMI_RESET, 4, "core", SCMI_MAY_SWITCH, 0, 0);
	add(SCMI_RESET, 5, "shared", 0, 0, 0);
	add(SCMI_VOLTAGE, 6, "vqmmc", SCMI_MAY_SWITCH | SCMI_MAY_SET, 1800000, 3300000);
	add(SCMI_VOLTAGE, 7, "vmmc", 0, 0, 0);
	scmi.lists[SCMI_VOLTAGE].items[0].levels = two_levels;
	scmi.lists[SCMI_VOLTAGE].items[0].n_levels = 2;
	things[0] = (struct thing){ .on = true, .value = 4800000000 };
	things[1] = (struct thing){ .on = true, .value = 24000000 };
	things[7] = (struct thing){ .on = true, .value = 3300000 };
}

static void teardown(void)
{
	scmi_destroy(&scmi);
}

TestSuite(scmi, .init = setup, .fini = teardown);

#define MAX_WORDS 8

/* A message and what is answered. */
struct exchange {
	uint8_t protocol, message;
	unsigned int n_in;
	uint32_t in[MAX_WORDS];
	int status;
	unsigned int n_out;
	uint32_t out[MAX_WORDS];
};

static size_t send(const struct exchange *e, uint32_t out[SCMI_MAX_PAYLOAD / 4])
{
	uint32_t in[MAX_WORDS];
	uint8_t answer[SCMI_MAX_PAYLOAD];
	size_t size;

	for (unsigned int i = 0; i < e->n_in; i++)
		in[i] = htole32(e->in[i]);
	size = scmi_answer(&scmi, (uint32_t)(e->protocol << 10 | e->message | 0x155 << 18), in,
			   4 * e->n_in, answer);
	memcpy(out, answer, size);
	return size;
}

#define WHICH "message %ld: protocol %x, %x"

static void exchange(const struct exchange *list, size_t n)
{
	for (const struct exchange *e = list; e < list + n; e++) {
		uint32_t out[SCMI_MAX_PAYLOAD / 4];
		size_t size = send(e, out);
		long at = e - list;

		cr_expect_eq((int)le32toh(out[0]), e->status, WHICH, at, e->protocol, e->message);
		cr_expect_eq(size, 4 * (1 + e->n_out), WHICH, at, e->protocol, e->message);
		for (unsigned int i = 0; i < e->n_out; i++)
			cr_expect_eq(le32toh(out[1 + i]), e->out[i], "message %ld, word %u", at, i);
	}
}

#define EXCHANGE(list) exchange(list, n_elems(list))

Test(scmi, what_all_protocols_answer)
{
	static const struct exchange list[] = {
		/* versions */
		{ BASE, 0, 0, {}, SUCCESS, 1, { 0x20001 } },
		{ POWER, 0, 0, {}, SUCCESS, 1, { 0x30001 } },
		{ CLOCK, 0, 0, {}, SUCCESS, 1, { 0x30000 } },
		{ RESET, 0, 0, {}, SUCCESS, 1, { 0x30001 } },
		{ VOLTAGE, 0, 0, {}, SUCCESS, 1, { 0x20001 } },
		{ 0x12, 0, 0, {}, NOT_SUPPORTED, 0, {} },
		{ 0x13, 0, 0, {}, NOT_SUPPORTED, 0, {} },
		/* how many there are; of the base protocol: four protocols, one agent */
		{ BASE, 1, 0, {}, SUCCESS, 1, { 0x104 } },
		{ POWER, 1, 0, {}, SUCCESS, 4, { 2, 0, 0, 0 } },
		{ CLOCK, 1, 0, {}, SUCCESS, 1, { 2 } },
		{ RESET, 1, 0, {}, SUCCESS, 1, { 2 } },
		{ VOLTAGE, 1, 0, {}, SUCCESS, 1, { 2 } },
		/* which messages there are */
		{ CLOCK, 2, 1, { 5 }, SUCCESS, 1, { 0 } },
		{ CLOCK, 2, 1, { 0 }, SUCCESS, 1, { 0 } },
		{ CLOCK, 2, 1, { 0x10 }, SUCCESS, 1, { 0 } },
		{ CLOCK, 2, 1, { 9 }, NOT_FOUND, 0, {} }, /* notifications */
		{ CLOCK, 2, 1, { 0x105 }, NOT_FOUND, 0, {} },
		{ RESET, 2, 1, { 5 }, NOT_FOUND, 0, {} },
		{ CLOCK, 9, 2, { 0, 1 }, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 0xff, 0, {}, NOT_SUPPORTED, 0, {} },
		/* another version of the protocol */
		{ CLOCK, 0x10, 1, { 0x30000 }, SUCCESS, 0, {} },
		{ CLOCK, 0x10, 1, { 0x20000 }, NOT_SUPPORTED, 0, {} },
		/* too short, too long */
		{ CLOCK, 0, 1, { 0 }, PROTOCOL, 0, {} },
		{ CLOCK, 1, 2, { 0 }, PROTOCOL, 0, {} },
		{ CLOCK, 2, 0, {}, PROTOCOL, 0, {} },
		{ CLOCK, 0x10, 0, {}, PROTOCOL, 0, {} },
		{ CLOCK, 5, 3, { 0, 0, 1 }, PROTOCOL, 0, {} },
		{ CLOCK, 5, 5, { 0, 0, 1 }, PROTOCOL, 0, {} },
	};

	EXCHANGE(list);
}

Test(scmi, base)
{
	static const struct exchange list[] = {
		{ BASE, 3, 0, {}, SUCCESS, 4, { 0x73696164, 0, 0, 0 } }, /* dais */
		{ BASE, 4, 0, {}, SUCCESS, 4, { 0, 0, 0, 0 } },
		{ BASE, 5, 0, {}, SUCCESS, 1, { 1 } },
		{ BASE, 6, 1, { 0 }, SUCCESS, 2, { 4, 0x17161411 } },
		{ BASE, 6, 1, { 3 }, SUCCESS, 2, { 1, 0x17 } },
		{ BASE, 6, 1, { 4 }, SUCCESS, 1, { 0 } },
		{ BASE, 6, 1, { 5 }, INVALID, 0, {} },
		{ BASE, 7, 1, { 0 }, SUCCESS, 5, { 0, 0x74616c70, 0x6d726f66, 0, 0 } },
		{ BASE, 7, 1, { 1 }, SUCCESS, 5, { 1, 0x73657567, 0x74, 0, 0 } },
		{ BASE, 7, 1, { 0xffffffff }, SUCCESS, 5, { 1, 0x73657567, 0x74, 0, 0 } },
		{ BASE, 7, 1, { 2 }, NOT_FOUND, 0, {} },
		{ BASE, 8, 1, { 1 }, NOT_SUPPORTED, 0, {} },
	};

	EXCHANGE(list);
}

Test(scmi, clocks)
{
	static const struct exchange list[] = {
		/* enabled, has permissions, a long name: cut to 15 letters */
		{ CLOCK,
		  3,
		  1,
		  { 0 },
		  SUCCESS,
		  6,
		  { 0x20000003, 0x30303031, 0x30303030, 0x636d6d2e, 0x006f632e, 0 } },
		{ CLOCK, 3, 1, { 1 }, SUCCESS, 6, { 3, 0x737562, 0, 0, 0, 0 } },
		{ CLOCK, 3, 1, { 2 }, NOT_FOUND, 0, {} },
		{ CLOCK, 4, 2, { 0, 0 }, SUCCESS, 7, { 0x1003, 400000, 0, 0x2a05f200, 1, 1, 0 } },
		{ CLOCK, 4, 2, { 0, 3 }, INVALID, 0, {} },
		{ CLOCK, 4, 2, { 1, 0 }, SUCCESS, 3, { 1, 24000000, 0 } },
		{ CLOCK, 4, 2, { 7, 0 }, NOT_FOUND, 0, {} },
		{ CLOCK, 6, 1, { 0 }, SUCCESS, 2, { 0x1e1a3000, 1 } },
		{ CLOCK, 6, 1, { 2 }, NOT_FOUND, 0, {} },
		/* rates */
		{ CLOCK, 5, 4, { 0, 0, 400000, 0 }, SUCCESS, 0, {} },
		{ CLOCK, 6, 1, { 0 }, SUCCESS, 2, { 400000, 0 } },
		{ CLOCK, 5, 4, { 0, 0, 399999, 0 }, INVALID, 0, {} },
		{ CLOCK, 5, 4, { 0, 0, 0x2a05f201, 1 }, INVALID, 0, {} },
		{ CLOCK, 5, 4, { 0xc, 0, 500000, 0 }, SUCCESS, 0, {} }, /* how to round */
		{ CLOCK, 5, 4, { 1, 0, 500000, 0 }, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 5, 4, { 2, 0, 500000, 0 }, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 5, 4, { 0, 1, 24000000, 0 }, DENIED, 0, {} },
		{ CLOCK, 5, 4, { 0, 2, 24000000, 0 }, NOT_FOUND, 0, {} },
		/* on and off */
		{ CLOCK, 7, 3, { 0, 0, 0 }, SUCCESS, 0, {} },
		{ CLOCK, 0xb, 2, { 0, 0 }, SUCCESS, 3, { 0, 0, 0 } },
		{ CLOCK, 7, 3, { 0, 1, 0 }, SUCCESS, 0, {} },
		{ CLOCK, 7, 3, { 0, 3, 0 }, SUCCESS, 0, {} },
		{ CLOCK, 0xb, 2, { 0, 0 }, SUCCESS, 3, { 0, 1, 0 } },
		{ CLOCK, 7, 3, { 0, 2, 0 }, INVALID, 0, {} },
		{ CLOCK, 7, 3, { 0, 0x101, 0 }, INVALID, 0, {} },
		{ CLOCK, 7, 3, { 0, 0x10003, 50 }, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 0xb, 2, { 0, 1 }, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 7, 3, { 1, 0, 0 }, DENIED, 0, {} },
		{ CLOCK, 7, 3, { 1, 1, 0 }, SUCCESS, 0, {} },
		{ CLOCK, 0xf, 1, { 0 }, SUCCESS, 1, { 0xa0000000 } },
		{ CLOCK, 0xf, 1, { 1 }, SUCCESS, 1, { 0 } },
	};

	EXCHANGE(list);
	cr_expect_eq(things[0].value, 500000);
}

Test(scmi, power_domains)
{
	static const struct exchange list[] = {
		{ POWER, 3, 1, { 0 }, SUCCESS, 5, { 0x20000000, 0x627375, 0, 0, 0 } },
		{ POWER, 3, 1, { 9 }, NOT_FOUND, 0, {} },
		{ POWER, 5, 1, { 0 }, SUCCESS, 1, { 0x40000000 } },
		{ POWER, 4, 3, { 0, 0, 0 }, SUCCESS, 0, {} },
		{ POWER, 5, 1, { 0 }, SUCCESS, 1, { 0 } },
		{ POWER, 4, 3, { 0, 0, 0x40000000 }, SUCCESS, 0, {} },
		{ POWER, 4, 3, { 1, 0, 0 }, NOT_SUPPORTED, 0, {} },
		{ POWER, 4, 3, { 0, 0, 1 }, INVALID, 0, {} },
		{ POWER, 4, 3, { 0, 1, 0 }, DENIED, 0, {} },
		{ POWER, 4, 3, { 0, 2, 0 }, NOT_FOUND, 0, {} },
	};

	EXCHANGE(list);
}

Test(scmi, a_long_name_is_told_apart)
{
	const struct exchange attributes = { POWER, 3, 1, { 1 }, 0, 0, {} };
	const struct exchange name = { POWER, 8, 1, { 1 }, 0, 0, {} };
	uint32_t out[SCMI_MAX_PAYLOAD / 4];

	send(&attributes, out);
	cr_expect_eq(le32toh(out[1]), 0x28000000);
	cr_expect_str_eq((const char *)&out[2], "a domain with a");
	cr_expect_eq(send(&name, out), 4 + 4 + SCMI_NAME_SIZE);
	cr_expect_str_eq((const char *)&out[2], "a domain with a long name");
}

Test(scmi, resets)
{
	static const struct exchange list[] = {
		{ RESET, 3, 1, { 0 }, SUCCESS, 6, { 0, 0xffffffff, 0x65726f63, 0, 0, 0 } },
		{ RESET, 4, 3, { 0, 2, 0 }, SUCCESS, 0, {} },
		{ RESET, 4, 3, { 0, 1, 0 }, SUCCESS, 0, {} },
		{ RESET, 4, 3, { 0, 0, 0 }, SUCCESS, 0, {} },
		{ RESET, 4, 3, { 0, 4, 0 }, NOT_SUPPORTED, 0, {} },
		{ RESET, 4, 3, { 0, 3, 0 }, INVALID, 0, {} },
		{ RESET, 4, 3, { 0, 8, 0 }, INVALID, 0, {} },
		{ RESET, 4, 3, { 0, 1, 1 }, INVALID, 0, {} }, /* no such state */
		{ RESET, 4, 3, { 1, 1, 0 }, DENIED, 0, {} },
		{ RESET, 4, 3, { 1, 2, 0 }, DENIED, 0, {} },
		{ RESET, 4, 3, { 2, 2, 0 }, NOT_FOUND, 0, {} },
	};

	EXCHANGE(list);
	cr_expect(things[4].on);
	cr_expect_eq(things[4].n_pulses, 1);
	cr_expect_eq(things[5].n_pulses, 0);
}

/* More than an answer has room for: how many remain is in the upper half of its first word. */
Test(scmi, many_voltages)
{
	static const struct exchange list[] = {
		{ VOLTAGE, 4, 2, { 0, 0 }, SUCCESS, 31, { 10 << 16 | 30, 600000, 600001 } },
		{ VOLTAGE, 4, 2, { 0, 30 }, SUCCESS, 11, { 10, 600030, 600031 } },
	};
	uint32_t levels[40];

	for (uint32_t i = 0; i < 40; i++)
		levels[i] = 600000 + i;
	scmi.lists[SCMI_VOLTAGE].items[0].levels = levels;
	scmi.lists[SCMI_VOLTAGE].items[0].n_levels = 40;
	for (size_t i = 0; i < n_elems(list); i++) {
		uint32_t out[SCMI_MAX_PAYLOAD / 4];

		cr_expect_eq(send(&list[i], out), 4 * (1 + list[i].n_out));
		cr_expect_eq(le32toh(out[0]), 0);
		for (unsigned int w = 0; w < 3; w++)
			cr_expect_eq(le32toh(out[1 + w]), list[i].out[w]);
	}
}

Test(scmi, voltages)
{
	static const struct exchange list[] = {
		{ VOLTAGE, 3, 1, { 0 }, SUCCESS, 5, { 0, 0x6d6d7176, 0x63, 0, 0 } },
		{ VOLTAGE, 4, 2, { 0, 0 }, SUCCESS, 3, { 2, 1800000, 3300000 } },
		{ VOLTAGE, 4, 2, { 0, 1 }, SUCCESS, 2, { 1, 3300000 } },
		{ VOLTAGE, 4, 2, { 0, 2 }, INVALID, 0, {} },
		{ VOLTAGE, 4, 2, { 1, 0 }, SUCCESS, 2, { 1, 3300000 } },
		{ VOLTAGE, 4, 2, { 1, 1 }, INVALID, 0, {} },
		{ VOLTAGE, 5, 2, { 0, 7 }, SUCCESS, 0, {} },
		{ VOLTAGE, 6, 1, { 0 }, SUCCESS, 1, { 7 } },
		{ VOLTAGE, 5, 2, { 0, 0 }, SUCCESS, 0, {} },
		{ VOLTAGE, 6, 1, { 0 }, SUCCESS, 1, { 0 } },
		{ VOLTAGE, 5, 2, { 0, 1 }, INVALID, 0, {} },
		{ VOLTAGE, 5, 2, { 1, 0 }, DENIED, 0, {} },
		{ VOLTAGE, 5, 2, { 1, 7 }, SUCCESS, 0, {} },
		{ VOLTAGE, 7, 3, { 0, 0, 1800000 }, SUCCESS, 0, {} },
		{ VOLTAGE, 8, 1, { 0 }, SUCCESS, 1, { 1800000 } },
		{ VOLTAGE, 7, 3, { 0, 0, 1799999 }, INVALID, 0, {} },
		{ VOLTAGE, 7, 3, { 0, 0, (uint32_t)-5 }, INVALID, 0, {} },
		{ VOLTAGE, 7, 3, { 0, 1, 1800000 }, NOT_SUPPORTED, 0, {} },
		{ VOLTAGE, 7, 3, { 1, 0, 1800000 }, DENIED, 0, {} },
		{ VOLTAGE, 8, 1, { 2 }, NOT_FOUND, 0, {} },
	};

	EXCHANGE(list);
}

Test(scmi, what_the_host_says_to_it)
{
	static const struct {
		int error, status;
	} cases[] = {
		{ -EACCES, DENIED }, { -ERANGE, INVALID },           { -EINVAL, INVALID },
		{ -EBUSY, BUSY },    { -EOPNOTSUPP, NOT_SUPPORTED }, { -EIO, HARDWARE },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		const struct exchange list[] = {
			{ CLOCK, 5, 4, { 0, 0, 500000, 0 }, cases[i].status, 0, {} },
			{ CLOCK, 7, 3, { 0, 0, 0 }, cases[i].status, 0, {} },
			{ CLOCK, 6, 1, { 0 }, cases[i].status, 0, {} },
		};

		things[0].error = cases[i].error;
		EXCHANGE(list);
	}
	cr_expect_eq(scmi.n_messages, 3 * n_elems(cases));
	cr_expect_eq(scmi.n_errors, 3 * n_elems(cases));
}

Test(scmi, what_is_not_there_has_no_protocol)
{
	static const struct exchange list[] = {
		{ BASE, 1, 0, {}, SUCCESS, 1, { 0x100 } },
		{ BASE, 6, 1, { 0 }, SUCCESS, 1, { 0 } },
		{ CLOCK, 0, 0, {}, NOT_SUPPORTED, 0, {} },
		{ CLOCK, 3, 1, { 0 }, NOT_SUPPORTED, 0, {} },
	};

	scmi_destroy(&scmi);
	EXCHANGE(list);
}

Test(scmi, no_command)
{
	uint8_t answer[SCMI_MAX_PAYLOAD];

	for (uint32_t type = 1; type < 4; type++) {
		cr_expect_eq(scmi_answer(&scmi, BASE << 10 | type << 8, "", 0, answer), 4);
		cr_expect_eq((int8_t)answer[0], PROTOCOL);
	}
	cr_expect_eq(scmi_answer(&scmi, CLOCK << 10 | 6, "\0\0\0", 3, answer), 4);
	cr_expect_eq((int8_t)answer[0], PROTOCOL);
}
