/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_GEN_SEARCH_H
#define VMM_SANDBOX_GEN_SEARCH_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A seccomp program while it is made, on the build machine, and its search: the comparisons of a
 * system call's number, which begin every program, until it is allowed, forbidden or judged by its
 * arguments.
 */

/* An instruction with absolute targets: only a jump has another one than the next instruction. */
struct insn {
	uint16_t code;
	uint32_t k;
	unsigned int yes, no;
};

#define LOAD  (BPF_LD | BPF_W | BPF_ABS)
#define AND   (BPF_ALU | BPF_AND | BPF_K)
#define EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define ABOVE (BPF_JMP | BPF_JGT | BPF_K)
#define JUMP  (BPF_JMP | BPF_JA)

/* Ours begins at 0, with the same head; what libseccomp made, at LIBSECCOMP. */
extern struct insn insns[BPF_MAXINSNS];
#define LIBSECCOMP 1024

/* libseccomp's programs begin with "load arch; equal ARCH?; load nr". */
#define N_HEAD 3

/* More than any architecture's, but for those that only it has (32-bit Arm's cacheflush). */
#define N_NUMBERS 512

static inline bool is_load_nr(const struct insn *insn)
{
	return insn->code == LOAD && insn->k == offsetof(struct seccomp_data, nr);
}

/* Ends the build with a sentence unless @ok. */
void check(bool ok, const char *what);

/*
 * Makes the search that stands behind our head: like libseccomp's, but quicker for the kernel, and
 * so that the call @first, unless it is negative, is asked for before all others.
 */
void make_search(int64_t first);

#endif
