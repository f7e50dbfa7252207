// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual SCMI platform, message by message, for an edu whose node has clocks, reset lines and
 * power domains: "gated" is a clock that can be gated, "mux" one of two rates, "shared" one that
 * another device of the host has, too.
 *
 * Arguments: do=
 *	show	what the platform has
 *	refuse	what it has to refuse, each with the right status
 *	read	of clocks that cannot be changed, what is read, and what is refused
 *	off	the device is switched off and on again by each of its resources; its registers are
 *		ones meanwhile
 *	keep	all is switched off, the other rate is set, and the guest waits (prints "ready")
 *	reset	the same, and a guest reset: all is as it was found
 *	voltage	of two supplies that SCMI serves the voltage is asked for and set, then the guest
 *		waits (wait=1; prints "ready")
 *	count	n=1000 messages that are answered, and nothing else
 *	fuzz	n=3000 messages of any length, token and content by each CPU at once, seed=1
 * Exit codes: 1: no platform; 2: an answer is wrong; 3: the device is not off, or not on again;
 *   4: the platform is gone afterwards.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/smp.h"
#include "guest/lib/string.h"

/* Arm DEN0056E: the shared page (5.1.2), statuses (4.1.4), protocols */
#define CHANNEL_STATUS 0x04
#define LENGTH         0x14
#define HEADER         0x18
#define PAYLOAD        0x1c
#define MAX_WORDS      20

enum { BASE = 0x10, POWER = 0x11, CLOCK = 0x14, RESET = 0x16, VOLTAGE = 0x17 };
enum { SUCCESS = 0, INVALID = -2, DENIED = -3, NOT_FOUND = -4 };

#define VERSION    0
#define ATTRIBUTES 1

#define POWER_ON  0
#define POWER_OFF 0x40000000

#define LIVENESS 0x04

static uintptr_t page;
static unsigned long function;
static struct edu edu;
static volatile uint32_t n_done;

static uint32_t word(unsigned int n)
{
	return mmio_read32(page + PAYLOAD + 4 * n);
}

static int ring(void)
{
	return psci_call(function, 0, 0, 0);
}

/* A message of @n words; its status. */
static int send(unsigned int protocol, unsigned int message, unsigned int n, uint32_t a, uint32_t b,
		uint32_t c, uint32_t d)
{
	const uint32_t words[] = { a, b, c, d };

	CHECK(mmio_read32(page + CHANNEL_STATUS) & 1, 2, "the channel is not free");
	mmio_write32(page + CHANNEL_STATUS, 0);
	mmio_write32(page + LENGTH, 4 + 4 * n);
	mmio_write32(page + HEADER, protocol << 10 | message);
	for (unsigned int i = 0; i < n; i++)
		mmio_write32(page + PAYLOAD + 4 * i, words[i]);
	CHECK(!ring(), 2, "the call is refused");
	CHECK(mmio_read32(page + CHANNEL_STATUS) == 1, 2, "the channel is not free again");
	return (int)word(0);
}

static unsigned int count(unsigned int protocol)
{
	return send(protocol, VERSION, 0, 0, 0, 0, 0)      ? 0
	       : send(protocol, ATTRIBUTES, 0, 0, 0, 0, 0) ? 0
							   : word(1) & 0xffff;
}

/* The name without that of the device: "10000000.edu:mux" */
static const char *name_of(unsigned int protocol, unsigned int id)
{
	static char name[65];
	unsigned int start = 0;

	CHECK(!send(protocol,
		    protocol == RESET     ? 6
		    : protocol == VOLTAGE ? 9
					  : 8,
		    1, id, 0, 0, 0),
	      2, "no name of %u", id);
	for (unsigned int i = 0; i < 64; i++) {
		name[i] = (char)mmio_read8(page + PAYLOAD + 8 + i);
		if (name[i] == ':')
			start = i + 1;
	}
	return name + start;
}

static uint32_t find(unsigned int protocol, const char *name)
{
	for (uint32_t i = 0; i < count(protocol); i++)
		if (!strcmp(name_of(protocol, i), name))
			return i;
	CHECK(0, 1, "there is no %s", name);
	return 0;
}

static uint32_t clock_named(const char *name)
{
	return find(CLOCK, name);
}

static uint32_t rate(uint32_t clock)
{
	CHECK(!send(CLOCK, 6, 1, clock, 0, 0, 0), 2, "no rate of clock %u", clock);
	return word(1);
}

static int set_rate(uint32_t clock, uint32_t hz)
{
	return send(CLOCK, 5, 4, 0, clock, hz, 0);
}

static int turn_clock(uint32_t clock, bool on)
{
	return send(CLOCK, 7, 3, clock, on, 0, 0);
}

static int turn_domain(uint32_t domain, bool on)
{
	return send(POWER, 4, 3, 0, domain, on ? POWER_ON : POWER_OFF, 0);
}

static int turn_line(uint32_t line, bool on)
{
	return send(RESET, 4, 3, line, on ? 0 : 2, 0, 0);
}

static void show(void)
{
	CHECK(!send(BASE, 3, 0, 0, 0, 0, 0) && word(1) == 0x73696164, 1, "it is not dais'");
	for (uint32_t i = 0; i < count(CLOCK); i++) {
		uint32_t hz = rate(i), may;

		CHECK(!send(CLOCK, 0xf, 1, i, 0, 0, 0), 2, "no permissions");
		may = word(1);
		print("scmi: clock %s %u Hz%s%s\n", name_of(CLOCK, i), hz,
		      may >> 31 ? ", gate" : "", may >> 29 & 1 ? ", rate" : "");
	}
	for (uint32_t i = 0; i < count(RESET); i++)
		print("scmi: reset line %s\n", name_of(RESET, i));
	for (uint32_t i = 0; i < count(POWER); i++) {
		const char *name = name_of(POWER, i);

		print("scmi: power domain %s", name);
		CHECK(!send(POWER, 5, 1, i, 0, 0, 0), 2, "no state");
		print(" %s\n", word(1) ? "off" : "on");
	}
}

static void expect(int status, int wanted, const char *what)
{
	CHECK(status == wanted, 2, "%s: status %d, not %d", what, status, wanted);
	print("scmi: %s: %d\n", what, status);
}

static void refuse(void)
{
	uint32_t mux = clock_named("mux"), shared = clock_named("shared"), before = rate(mux);

	expect(set_rate(count(CLOCK), 1000000), NOT_FOUND, "a clock of nobody");
	expect(turn_line(count(RESET), true), NOT_FOUND, "a reset line of nobody");
	expect(turn_domain(count(POWER), true), NOT_FOUND, "a power domain of nobody");
	expect(set_rate(shared, 1000000), DENIED, "a shared clock");
	expect(set_rate(mux, 0xfffffff0), INVALID, "a rate out of range");
	expect(set_rate(mux, before), SUCCESS, "the rate that it has");
	CHECK(rate(mux) == before, 2, "the rate is another");
}

static void read_only(void)
{
	for (uint32_t i = 0; i < count(CLOCK); i++) {
		expect(turn_clock(i, true), SUCCESS, "a clock that is on");
		expect(turn_clock(i, false), DENIED, "off");
		expect(set_rate(i, rate(i) / 2), DENIED, "another rate");
	}
	CHECK(!count(RESET), 2, "there are reset lines");
	show();
}

static void expect_off(const char *what)
{
	CHECK(mmio_read32(edu.regs + LIVENESS) == 0xffffffff, 3,
	      "%s is off, and the device answers", what);
	mmio_write32(edu.regs + LIVENESS, 0x12345678);
}

static void expect_on(const char *what)
{
	mmio_write32(edu.regs + LIVENESS, 0x5a5a5a5a);
	CHECK(mmio_read32(edu.regs + LIVENESS) == ~0x5a5a5a5au, 3,
	      "%s is on again, and the device does not answer", what);
}

static void off(void)
{
	uint32_t gated = clock_named("gated");

	expect_on("all");
	CHECK(!turn_clock(gated, false), 2, "the clock is not switched");
	expect_off("the clock");
	CHECK(!turn_domain(0, false), 2, "the domain is not switched");
	CHECK(!turn_clock(gated, true), 2, "the clock is not switched");
	expect_off("the domain");
	CHECK(!turn_domain(0, true), 2, "the domain is not switched");
	expect_on("the domain");
	CHECK(!turn_line(0, false), 2, "the line is not asserted");
	expect_off("the line");
	CHECK(!turn_line(0, true), 2, "the line is asserted");
	expect_on("the line");
	CHECK(!send(RESET, 4, 3, 0, 1, 0, 0), 2, "no pulse");
	expect_on("after a pulse, all");
}

static void all_off(void)
{
	uint32_t mux = clock_named("mux");

	CHECK(!set_rate(mux, (uint32_t)arg_number("rate", 48000000)), 2, "the rate is not set");
	for (uint32_t i = 0; i < count(CLOCK); i++)
		CHECK(!turn_clock(i, false), 2, "clock %u", i);
	for (uint32_t i = 0; i < count(RESET); i++)
		CHECK(!turn_line(i, false), 2, "line %u", i);
	for (uint32_t i = 0; i < count(POWER); i++)
		CHECK(!turn_domain(i, false), 2, "domain %u", i);
}

static void keep(void)
{
	all_off();
	print("ready\n");
	for (;;)
		wfi();
}

static int set_voltage(uint32_t supply, uint32_t uv)
{
	return send(VOLTAGE, 7, 3, supply, 0, uv, 0);
}

static int turn_supply(uint32_t supply, bool on)
{
	return send(VOLTAGE, 5, 2, supply, on ? 7 : 0, 0, 0);
}

static void voltage(void)
{
	uint32_t vdd = find(VOLTAGE, "vdd"), first;

	CHECK(!send(VOLTAGE, 4, 2, vdd, 0, 0, 0), 2, "no voltages");
	first = word(2);
	print("scmi: %u voltages from %u uV, ", word(1), first);
	CHECK(!send(VOLTAGE, 8, 1, vdd, 0, 0, 0), 2, "no voltage");
	print("now %u uV\n", word(1));
	expect(set_voltage(vdd, first + 1), INVALID, "a voltage between");
	expect(set_voltage(find(VOLTAGE, "vio"), first), DENIED, "a shared supply");
	expect(set_voltage(vdd, first), SUCCESS, "the lowest voltage");
	CHECK(!turn_supply(vdd, false), 2, "the supply is not switched");
	expect_off("the supply");
	CHECK(!turn_supply(vdd, true), 2, "the supply is not switched");
	expect_on("the supply");
	CHECK(!send(VOLTAGE, 8, 1, vdd, 0, 0, 0) && word(1) == first, 2, "the voltage is another");
	print("ready\n");
	while (arg_number("wait", 0))
		wfi();
}

/* The second time, after the guest reset, all is found on. */
static void reset(void)
{
	uintptr_t dev = test_device_or_fail();
	uint32_t first = mmio_read32(dev + TEST_KEEP), mux = clock_named("mux");

	if (mmio_read32(dev + TEST_N_RESETS)) {
		CHECK(rate(mux) == first, 2, "after a reset %u Hz", rate(mux));
		expect_on("after a reset, all");
		return;
	}
	mmio_write32(dev + TEST_KEEP, rate(mux));
	all_off();
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

/* xorshift64 (Marsaglia 2003) */
static uint64_t random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fuzz_one(void)
{
	uint64_t state = (arg_number("seed", 1) + cpu_id()) | 1UL << 63;

	for (uint64_t n = arg_number("n", 3000); n; n--) {
		static const uint8_t protocols[] = { BASE, POWER, CLOCK, RESET, VOLTAGE, 0x13 };
		uint64_t r = random(&state);
		uint32_t length = r >> 8 & 1 ? 4 + 4 * (uint32_t)(r >> 9 & 7) : (uint32_t)(r >> 32);
		uint32_t header = r & 1 ? (uint32_t)protocols[(r >> 1) % 6] << 10 | (r >> 16 & 0x1f)
					: (uint32_t)random(&state);

		mmio_write32(page + LENGTH, r >> 12 & 7 ? length : (uint32_t)r);
		mmio_write32(page + HEADER, header | (uint32_t)random(&state) << 18);
		for (unsigned int i = 0; i < MAX_WORDS; i++)
			mmio_write32(page + PAYLOAD + 4 * i,
				     r >> i & 1 ? (uint32_t)random(&state)
						: (uint32_t)(random(&state) & 3));
		ring();
	}
	atomic_add(&n_done, 1);
}

static void fuzz(void)
{
	for (unsigned int cpu = 1; cpu < smp_n_cpus(); cpu++)
		CHECK(!smp_start(cpu, fuzz_one), 1, "CPU %u does not start", cpu);
	fuzz_one();
	while (n_done < smp_n_cpus())
		;
	mmio_write32(page + CHANNEL_STATUS, 1);
	CHECK(!send(BASE, VERSION, 0, 0, 0, 0, 0) && word(1) == 0x20001, 4, "it does not answer");
	print("scmi: alive\n");
}

static void count_messages(void)
{
	for (uint64_t n = arg_number("n", 1000); n; n--)
		CHECK(!send(BASE, VERSION, 0, 0, 0, 0, 0), 2, "no version");
}

int guest_main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} what[] = { { "show", show },
		     { "refuse", refuse },
		     { "read", read_only },
		     { "off", off },
		     { "keep", keep },
		     { "reset", reset },
		     { "count", count_messages },
		     { "voltage", voltage },
		     { "fuzz", fuzz } };
	const char *wanted = arg_string("do", "show");
	int node = fdt_find_compatible(-1, "arm,scmi-smc");

	CHECK(node >= 0, 1, "there is no SCMI");
	function = fdt_cell(fdt_prop(node, "arm,smc-id", 0), 0);
	page = mmu_region(fdt_find_compatible(-1, "arm,scmi-shmem"), 0, 0);
	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	for (unsigned int i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		if (!strcmp(wanted, what[i].name))
			what[i].run();
	return 0;
}
