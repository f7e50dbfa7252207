/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_END_H
#define GUEST_LIB_END_H

/*
 * How a guest ends: through the test device, code 0 for a pass and 1 to 63 for a failure. Without a
 * test device it prints "exit CODE" and powers off.
 */
#include <stdbool.h>
#include <stdint.h>

#define EXIT_NO_DEVICE 62 /* the device or argument that the guest needs is not there */
#define EXIT_EXCEPTION 63 /* an exception that nobody expected */

/* Maps and finds the test device, if there is one. */
void end_init(void);

/* Address of the test device's registers; 0 without one. */
uintptr_t test_device(void);

/* The same, for guests that cannot do without. */
uintptr_t test_device_or_fail(void);

_Noreturn void end(unsigned int code);

/* Each guest's own part; what it returns is the code to end with. */
int guest_main(void);

#define CHECK(condition, code, ...)                  \
	do {                                         \
		if (!(condition)) {                  \
			print("FAIL: " __VA_ARGS__); \
			print("\n");                 \
			end(code);                   \
		}                                    \
	} while (0)

#endif
