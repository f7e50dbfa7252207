// SPDX-License-Identifier: GPL-2.0-only
#include <linux/seccomp.h>

#include "vmm/base/range.h"
#include "vmm/sandbox/filter.h"
#include "vmm/sandbox/sandbox.h"

static void show_calls(FILE *out, enum sandbox_role role)
{
	static const char conditions[][20] = {
		[SANDBOX_ANY] = "",
		[SANDBOX_NOT_EXEC] = " (not executable)",
		[SANDBOX_OWN_PROCESS] = " (itself)",
		[SANDBOX_OWN_VMM] = " (its VMM)",
		[SANDBOX_READ_LIMIT] = " (to read it)",
	};

	for (const struct sandbox_call *call = sandbox_calls; call->name[0]; call++)
		if (call->roles & (1u << role) && sandbox_call_number(call) >= 0)
			fprintf(out, "  %-28s%s%s\n", call->name, call->why,
				conditions[call->constraint]);
}

static void show_ioctls(FILE *out, enum sandbox_role role)
{
	static const char files[][24] = {
		[SANDBOX_VM] = "the VM",
		[SANDBOX_OWN_VCPU] = "its vCPU",
		[SANDBOX_ANY_VCPU] = "vCPUs",
		[SANDBOX_KVM_DEVICE] = "the VGIC and KVM-VFIO",
		[SANDBOX_VHOST] = "the kernel's vhost, taps",
		[SANDBOX_VFIO_DEVICE] = "assigned devices",
		[SANDBOX_IOMMU] = "IOMMU address spaces",
		[SANDBOX_CONSOLE] = "the terminal",
	};

	for (const struct sandbox_ioctl *ioctl = sandbox_ioctls; ioctl->name[0]; ioctl++)
		if (ioctl->roles & (1u << role))
			fprintf(out, "  %-28s%s, on %s\n", ioctl->name, ioctl->why,
				files[ioctl->file]);
}

static void show_insn(FILE *out, unsigned int at, const struct sock_filter *insn)
{
	static const struct {
		uint16_t code;
		char text[8];
	} codes[] = {
		{ BPF_LD | BPF_W | BPF_ABS, "load" },     { BPF_ALU | BPF_AND | BPF_K, "and" },
		{ BPF_JMP | BPF_JEQ | BPF_K, "equal" },   { BPF_JMP | BPF_JGT | BPF_K, "above" },
		{ BPF_JMP | BPF_JGE | BPF_K, "atleast" }, { BPF_RET | BPF_K, "return" },
	};
	const char *text = "?";

	for (size_t i = 0; i < n_elems(codes); i++)
		if (codes[i].code == insn->code)
			text = codes[i].text;
	fprintf(out, "  %3u  %-8s%#x", at, text, insn->k);
	if (BPF_CLASS(insn->code) == BPF_JMP)
		fprintf(out, "  then %u else %u", at + 1 + insn->jt, at + 1 + insn->jf);
	if (insn->k == SANDBOX_MARK_PROCESS)
		fputs("  (the process)", out);
	if (insn->k == SANDBOX_MARK_OWN_VCPU)
		fputs("  (the thread's vCPU)", out);
	if (BPF_CLASS(insn->code) == BPF_RET)
		fputs(insn->k == SECCOMP_RET_ALLOW ? "  (allow)" : "  (kill)", out);
	fputc('\n', out);
}

void sandbox_show(FILE *out)
{
	struct sandbox_filter filter;

	fputs("Layers, in their order:\n", out);
	for (unsigned int i = 0; i < N_SANDBOX_LAYERS; i++)
		fprintf(out, "  %-16s%s%s\n", sandbox_layer_names[i], sandbox_layer_help(i),
			sandbox_layer_may_miss(i) ? "" : " (cannot be missing)");
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		fprintf(out, "\nThe %s may call:\n", sandbox_role_name(role));
		show_calls(out, role);
		fprintf(out, "\nThe %s may ask by ioctl:\n", sandbox_role_name(role));
		show_ioctls(out, role);
	}
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		fprintf(out, "\nThe seccomp program of the %s:\n", sandbox_role_name(role));
		sandbox_filter_make(&filter, role, SANDBOX_MARK_PROCESS, SANDBOX_MARK_OWN_VCPU,
				    SANDBOX_KILL);
		for (unsigned int i = 0; i < filter.n; i++)
			show_insn(out, i, &filter.insns[i]);
	}
}
