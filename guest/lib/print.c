// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdint.h>

#include "guest/lib/cpu.h"
#include "guest/lib/fdt.h"
#include "guest/lib/pl011.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

static uint64_t uart;

void print_init(void)
{
	uint64_t size;
	int node = fdt_path("/chosen");
	const char *path = node < 0 ? NULL : fdt_prop(node, "stdout-path", NULL);

	node = path ? fdt_path(path) : -1;
	if (node < 0 || !fdt_reg(node, 0, &uart, &size))
		return;
	mmio_write32(uart + PL011_CR, PL011_CR_ON);
}

static void put_char(char c)
{
	if (!uart)
		return;
	if (c == '\n')
		put_char('\r');
	while (mmio_read32(uart + PL011_FR) & PL011_FR_TXFF)
		;
	mmio_write32(uart + PL011_DR, (unsigned char)c);
}

static void put_string(const char *s)
{
	while (*s)
		put_char(*s++);
}

static void put_number(unsigned long value, unsigned int base)
{
	char digits[21];
	unsigned int n = sizeof(digits) - 1;

	digits[n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put_string(&digits[n]);
}

static void put_signed(int value)
{
	if (value < 0)
		put_char('-');
	put_number(value < 0 ? 0UL - (unsigned long)value : (unsigned long)value, 10);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (const char *f = format; *f; f++) {
		int is_long = f[0] == '%' && f[1] == 'l';

		if (*f != '%') {
			put_char(*f);
			continue;
		}
		f += 1 + is_long;
		if (*f == 's')
			put_string(va_arg(args, const char *));
		else if (*f == 'c')
			put_char((char)va_arg(args, int));
		else if (*f == 'd')
			put_signed(va_arg(args, int));
		else if (*f == 'u' || *f == 'x')
			put_number(is_long ? va_arg(args, unsigned long)
					   : va_arg(args, unsigned int),
				   *f == 'x' ? 16 : 10);
		else
			put_char(*f);
	}
	va_end(args);
}
