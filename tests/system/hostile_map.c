// SPDX-License-Identifier: GPL-2.0-only
/* Mappings, of hostile_ops.c */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/system/hostile.h"

static __thread sigjmp_buf caught;
static __thread volatile sig_atomic_t catching;

static void on_fault(int signal)
{
	if (!catching)
		_exit(signal == SIGBUS ? 100 : 101);
	siglongjmp(caught, 1);
}

void hostile_catch(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/* Not inlined, so that nothing of the caller's is in a register that a fault would restore. */
__attribute__((noinline)) static void access_word(volatile uint32_t *word, bool writes)
{
	catching = 1;
	if (!sigsetjmp(caught, 1)) {
		if (writes)
			*word = 1;
		else
			(void)*word;
	}
	catching = 0;
}

static void touch(struct worker *w, unsigned char *map, size_t size)
{
	uint32_t room = size < 1u << 30 ? (uint32_t)size : 1u << 30;
	size_t at = room ? hostile_random(w, room) & ~(size_t)3 : 0;
	bool writes = hostile_random(w, 2);

	if (writes)
		at = (at & ~(PAGE - 1)) + IRQ_REGISTERS + (at & 4);
	access_word((volatile uint32_t *)(map + at), writes);
}

static void fork_and_touch(struct worker *w, unsigned char *map, size_t size)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		touch(w, map, size);
		if (hostile_random(w, 2))
			usleep(hostile_random(w, 3000));
		munmap(map, size / 2);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void hostile_map(struct worker *w)
{
	static const int protections[] = { PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE, PROT_NONE,
					   PROT_READ | PROT_WRITE | PROT_EXEC };
	size_t size = (1 + hostile_random(w, 8)) * PAGE;
	uint64_t at = hostile_random(w, 3) ? hostile_random(w, 260) * PAGE : hostile_odd_number(w);
	int flags = hostile_random(w, 5) ? MAP_SHARED : MAP_PRIVATE;
	unsigned char *map, *moved;

	if (!hostile_random(w, 6))
		size = 0x100000;
	if (!hostile_random(w, 10))
		size = hostile_odd_number(w);
	if (!hostile_random(w, 6))
		flags |= MAP_POPULATE;
	map = mmap(NULL, size, protections[hostile_random(w, 5)], flags, w->victim->fd, (off_t)at);
	if (map == MAP_FAILED)
		return;
	touch(w, map, size);
	switch (hostile_random(w, 7)) {
	case 0:
		moved = mremap(map, size, size + PAGE * hostile_random(w, 300), MREMAP_MAYMOVE);
		map = moved == MAP_FAILED ? map : moved;
		break;
	case 1:
		moved = mremap(map, size, PAGE, MREMAP_MAYMOVE);
		map = moved == MAP_FAILED ? map : moved;
		size = PAGE;
		break;
	case 2:
		mprotect(map, size, protections[hostile_random(w, 5)]);
		break;
	case 3:
		madvise(map, size, (int)hostile_random(w, 26));
		break;
	case 4:
		fork_and_touch(w, map, size);
		break;
	case 5:
		/* with nothing known of its old size: two mappings of the same */
		moved = mremap(map, 0, size, MREMAP_MAYMOVE);
		if (moved != MAP_FAILED) {
			touch(w, moved, size);
			munmap(moved, size);
		}
		break;
	}
	touch(w, map, size);
	/*
	 * It is the buffer of no system call: the kernel's copying may take any width there, a byte
	 * where a longer access was refused (__arch_copy_to_user() of arm64), and dies of one that
	 * the device does not bear.
	 */
	if (hostile_random(w, 8)) /* else it goes with the process */
		munmap(map, size);
}
