// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct err err;

static void set_up(void)
{
	fake_vm_create_bare(&vm);
	fake_kvm.vgic_initialised = true;
}

static void tear_down(void)
{
	vm_destroy(&vm);
	cr_assert_eq(fake_n_open_fds(), 0);
}

TestSuite(irq_line, .init = set_up, .fini = tear_down);

Test(irq_line, kvm_is_told_of_changes_only)
{
	struct irq_line line = { .vm = &vm, .spi = 5 };

	irq_line_set(&line, false);
	irq_line_set(&line, true);
	irq_line_set(&line, true);
	irq_line_set(&line, false);
	cr_assert_eq(fake_kvm.n_lines, 2);
	for (unsigned int i = 0; i < 2; i++) {
		cr_assert_eq(fake_kvm.lines[i].irq, 1u << 24 | 37);
		cr_assert_eq(fake_kvm.lines[i].level, 1 - i);
	}
}

Test(irq_line, a_line_that_the_vgic_lacks_is_reported)
{
	struct irq_line line = { .vm = &vm, .spi = 987 };
	char text[256] = "";

	cr_redirect_stderr();
	fake_kvm_fail(KVM_IRQ_LINE, EINVAL);
	irq_line_set(&line, true);
	fread(text, 1, sizeof(text) - 1, cr_get_redirected_stderr());
	cr_assert(strstr(text, "SPI 987"), "%s", text);
}

Test(irq_line, irqfds_level_and_edge)
{
	cr_assert_eq(irqfd_add(&vm, 3, 40, 41, &err), 0);
	cr_assert_eq(irqfd_add(&vm, 4, 42, -1, &err), 0);
	cr_assert_eq(fake_kvm.n_irqfds, 2);
	cr_assert_eq(fake_kvm.irqfds[0].gsi, 3);
	cr_assert_eq(fake_kvm.irqfds[0].flags, KVM_IRQFD_FLAG_RESAMPLE);
	cr_assert_eq(fake_kvm.irqfds[0].resamplefd, 41);
	cr_assert_eq(fake_kvm.irqfds[1].flags, 0);
	irqfd_remove(&vm, 3, 40);
	cr_assert_eq(fake_kvm.n_irqfds, 1);
	cr_assert_eq(fake_kvm.irqfds[0].fd, 42);
}

Test(irq_line, too_early_is_an_error_that_names_the_spi)
{
	fake_kvm.vgic_initialised = false;
	cr_assert_eq(irqfd_add(&vm, 3, 40, 41, &err), -EAGAIN);
	cr_assert(strstr(err.what, "SPI 3"), "%s", err.what);
}
