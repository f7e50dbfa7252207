// SPDX-License-Identifier: GPL-2.0-only
/*
 * programs ARCH [names]: for the build machine. Prints, as C, the seccomp program of each role for
 *the architecture ARCH (aarch64, arm, x86_64), which libseccomp makes of vmm/sandbox/policy.c:
 *
 *	sandbox_insns[]		all programs, one after the other
 *	sandbox_starts[]	where each begins, and the end of the last
 *	sandbox_numbers[]	of the calls of sandbox_calls[]; negative: ARCH has no such call
 *
 * or the names of all system calls, a string for --sandbox=debug.
 *
 * What libseccomp makes is kept but for two things. Its search for the call is replaced, where
 * ioctl() is asked for first, for KVM_RUN, and all others as it is cheapest for the kernel, which
 * runs a program that is loaded once for each number there is (seccomp_cache_prepare() of
 * kernel/seccomp.c). And comparisons that are always true are left out: libseccomp looks at the
 * upper half of an argument also where none of its bits counts.
 */
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/base/fd_range.h"
#include "vmm/base/range.h"
#include "vmm/sandbox/filter.h"
#include "vmm/sandbox/gen/search.h"

static const struct arch {
	const char *name, *macro;
	uint32_t token;
	bool is_64bit;
} arches[] = {
	{ "aarch64", "__aarch64__", SCMP_ARCH_AARCH64, true },
	{ "arm", "__arm__", SCMP_ARCH_ARM, false },
	{ "x86_64", "__x86_64__", SCMP_ARCH_X86_64, true }, /* unit tests */
};

/* Negative: the architecture has no such call. */
static int number_of(const struct sandbox_call *call, const struct arch *arch)
{
	return seccomp_syscall_resolve_name_arch(arch->token, call->name);
}

static bool is_for(unsigned int roles, enum sandbox_role role, const struct arch *arch)
{
	return roles & (1u << role) && !(roles & ONLY_32BIT && arch->is_64bit);
}

/* Of what the kernel takes for 32 bits the upper half says nothing. */
#define LOWER_IS(n, mask, value) \
	SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, (uint64_t)(uint32_t)(mask), (uint64_t)(uint32_t)(value))

static void add_calls(scmp_filter_ctx ctx, enum sandbox_role role, const struct arch *arch)
{
	const struct scmp_arg_cmp constraints[][2] = {
		[SANDBOX_ANY] = { { 0 } },
		[SANDBOX_NOT_EXEC] = { LOWER_IS(2, PROT_EXEC, 0) },
		[SANDBOX_OWN_PROCESS] = { LOWER_IS(0, -1, SANDBOX_MARK_PROCESS) },
		[SANDBOX_OWN_VMM] = { LOWER_IS(0, -1, SANDBOX_MARK_PROCESS) },
		[SANDBOX_READ_LIMIT] = { LOWER_IS(0, -1, 0), SCMP_CMP64(2, SCMP_CMP_EQ, 0, 0) },
	};
	static const unsigned char n_constraints[] = { 0, 1, 1, 1, 2 };

	for (const struct sandbox_call *call = sandbox_calls; call->name[0]; call++) {
		/* rules are added by the build machine's numbers, and translated */
		int nr = seccomp_syscall_resolve_name(call->name);

		check(nr != __NR_SCMP_ERROR, call->name);
		/* a row without a constraint would swallow those of another, without an error */
		for (const struct sandbox_call *other = sandbox_calls; other < call; other++)
			check(strcmp(other->name, call->name) ||
				      !(other->roles & call->roles & FOR_ALL),
			      "a system call has two rows for one role");
		if (number_of(call, arch) >= 0 && is_for(call->roles, role, arch))
			check(!seccomp_rule_add_exact_array(ctx, SCMP_ACT_ALLOW, nr,
							    n_constraints[call->constraint],
							    constraints[call->constraint]),
			      call->name);
	}
}

static void add_ioctls(scmp_filter_ctx ctx, enum sandbox_role role, const struct arch *arch)
{
	static const struct number {
		uint32_t first, mask;
	} ranges[] = FD_RANGES, own_vcpu = { SANDBOX_MARK_OWN_VCPU, ~0u }, console = { 0, ~0u };
	int nr = seccomp_syscall_resolve_name("ioctl");

	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++) {
		struct number fd = i->file == SANDBOX_OWN_VCPU  ? own_vcpu
				   : i->file == SANDBOX_CONSOLE ? console
								: ranges[SANDBOX_FD_RANGE(i->file)];

		if (is_for(i->roles, role, arch))
			check(!seccomp_rule_add_exact(ctx, SCMP_ACT_ALLOW, nr, 2,
						      LOWER_IS(0, fd.mask, fd.first),
						      LOWER_IS(1, -1, i->request)),
			      i->name);
	}
}

/* By libseccomp: for an unknown instruction set and all that is not allowed, the process dies. */
static FILE *export(enum sandbox_role role, const struct arch *arch)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	FILE *file = tmpfile();

	check(ctx && file, "seccomp_init");
	if (arch->token != seccomp_arch_native())
		check(!seccomp_arch_add(ctx, arch->token) &&
			      !seccomp_arch_remove(ctx, seccomp_arch_native()),
		      "seccomp_arch_add");
	check(!seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) &&
		      !seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2),
	      "seccomp_attr_set");
	add_calls(ctx, role, arch);
	add_ioctls(ctx, role, arch);
	check(!seccomp_export_bpf(ctx, fileno(file)), "seccomp_export_bpf");
	seccomp_release(ctx);
	rewind(file);
	return file;
}

static void read_program(FILE *file)
{
	unsigned int n = LIBSECCOMP;
	struct sock_filter i;

	while (fread(&i, sizeof(i), 1, file) == 1) {
		bool jumps = BPF_CLASS(i.code) == BPF_JMP, always = i.code == JUMP;
		unsigned int yes = always ? i.k : i.jt, no = always ? i.k : i.jf;

		check(++n < BPF_MAXINSNS, "a program is too long");
		insns[n - 1] =
			(struct insn){ i.code, i.k, n + (jumps ? yes : 0), n + (jumps ? no : 0) };
	}
	fclose(file);
	memcpy(insns, &insns[LIBSECCOMP], N_HEAD * sizeof(*insns));
	for (unsigned int at = 0; at < N_HEAD; at++) {
		insns[at].yes = at + 1;
		if (insns[at].code == LOAD)
			insns[at].no = at + 1;
	}
	check(insns[1].code == EQUAL && is_load_nr(&insns[2]), "another head");
}

/* Where it goes on for one who comes to @i, without "load; and 0; equal 0?" and plain jumps. */
static unsigned int skip(unsigned int i)
{
	for (;;) {
		const struct insn *insn = &insns[i];

		if (insn->code == JUMP)
			i = insn->yes;
		else if (insn->code == LOAD && insn[1].code == AND && insn[1].k == 0 &&
			 insn[2].code == EQUAL && insn[2].k == 0)
			i = insn[2].yes;
		else
			return i;
	}
}

/* Leave out what nothing leads to; all jumps are forward. Prints the rest; returns how many. */
static unsigned int print(void)
{
	unsigned int places[BPF_MAXINSNS] = { 0 }, n = 0;
	bool reached[BPF_MAXINSNS] = { true };

	for (unsigned int i = 0; i < BPF_MAXINSNS; i++) {
		struct insn *insn = &insns[i];

		if (!reached[i])
			continue;
		places[i] = n++;
		if (BPF_CLASS(insn->code) == BPF_RET)
			continue;
		insn->yes = skip(insn->yes);
		insn->no = skip(insn->no);
		reached[insn->yes] = reached[insn->no] = true;
	}
	check(n <= SANDBOX_MAX_INSNS, "a program is longer than SANDBOX_MAX_INSNS");
	for (unsigned int i = 0; i < BPF_MAXINSNS; i++) {
		const struct insn *insn = &insns[i];
		bool jumps = BPF_CLASS(insn->code) == BPF_JMP;
		unsigned int yes = places[insn->yes] - places[i] - 1;
		unsigned int no = places[insn->no] - places[i] - 1;

		if (!reached[i])
			continue;
		check(jumps ? yes <= UINT8_MAX && no <= UINT8_MAX
			    : BPF_CLASS(insn->code) == BPF_RET || !yes,
		      "a jump is too far");
		check((insn->k != SANDBOX_MARK_PROCESS && insn->k != SANDBOX_MARK_OWN_VCPU) ||
			      insn->code == EQUAL,
		      "a mark outside of a comparison");
		printf("\t{ 0x%02x, %u, %u, 0x%x },\n", insn->code, jumps ? yes : 0, jumps ? no : 0,
		       insn->k);
	}
	return n;
}

/* The build machine's numbers and the target's: asked of the target's compiler. */
static void print_checks(const struct arch *arch)
{
	printf("\n#ifdef %s\n", arch->macro);
	for (const struct sandbox_call *call = sandbox_calls; call->name[0]; call++) {
		int nr = number_of(call, arch);

		printf("#ifdef SYS_%s\nstatic_assert(SYS_%s == %d, \"\");\n#endif\n", call->name,
		       call->name, nr);
	}
	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++)
		printf("static_assert((uint32_t)%s == 0x%xu, \"\");\n", i->name, i->request);
	printf("#endif\n");
}

/* The name of call 0, a NUL, that of call 1 …: nothing where @arch has none. */
static int print_names(const struct arch *arch)
{
	for (int nr = 0; nr < N_NUMBERS; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(arch->token, nr);

		printf("\"%s\\0\"\n", name ? name : "");
		free(name);
	}
	return fflush(stdout) || ferror(stdout);
}

int main(int argc, char **argv)
{
	unsigned int starts[N_SANDBOX_ROLES + 1] = { 0 };
	const struct arch *arch = NULL;
	int ioctl;

	for (size_t i = 0; i < n_elems(arches); i++)
		if (argc > 1 && !strcmp(argv[1], arches[i].name))
			arch = &arches[i];
	check(arch && argc <= 3, "usage: programs aarch64|arm|x86_64 [names]");
	if (argc == 3)
		return print_names(arch);
	/* Not what this kernel can do, which may be none of it (qemu-user): seccomp_init() would
	 * fail. */
	seccomp_api_set(3);
	ioctl = seccomp_syscall_resolve_name_arch(arch->token, "ioctl");
	printf("/* Made by vmm/sandbox/gen/programs.c. */\n"
	       "#include <assert.h>\n#include <linux/filter.h>\n#include <linux/if_tun.h>\n#include <linux/kvm.h>\n"
	       "#include <linux/vfio.h>\n#include <linux/vhost.h>\n#include <stdint.h>\n#include <sys/ioctl.h>\n"
	       "#include <sys/syscall.h>\n#include \"arch/common/kvm_arm.h\"\n"
	       "#include \"vfio/iommu/iommufd_uapi.h\"\n");
	printf("static const struct sock_filter sandbox_insns[] = {\n");
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		read_program(export(role, arch));
		make_search(role == SANDBOX_KEEPER ? -1 : ioctl);
		printf("\t/* %s */\n", sandbox_role_name(role));
		starts[role + 1] = starts[role] + print();
	}
	printf("};\nstatic const uint16_t sandbox_starts[] = {");
	for (unsigned int role = 0; role <= N_SANDBOX_ROLES; role++)
		printf(" %u,", starts[role]);
	printf(" };\nstatic const int32_t sandbox_numbers[] = {\n");
	for (const struct sandbox_call *call = sandbox_calls; call->name[0]; call++) {
		int nr = number_of(call, arch);

		if (call->roles & ONLY_32BIT && arch->is_64bit)
			nr = -1;
		printf("\t%d, /* %s */\n", nr < 0 ? -1 : nr, call->name);
	}
	printf("};\n");
	print_checks(arch);
	return fflush(stdout) || ferror(stdout);
}
