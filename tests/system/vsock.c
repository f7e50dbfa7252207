// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock echo PORT: sends back what comes from its first connection; says "listens" when it does.
 * vsock send CID PORT: sends its input, and prints what comes back. 64 KiB at most, which the
 * kernel's buffers hold: all is sent before anything is read.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h> /* needs the one above */

static void copy(int from, int to)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			err(1, "write");
	if (n)
		err(1, "read");
}

int main(int argc, char **argv)
{
	const int is_echo = argc == 3 && !strcmp(argv[1], "echo");
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (!is_echo && argc != 4)
		errx(2, "usage: vsock echo PORT, vsock send CID PORT");
	address.svm_port = (unsigned int)atoi(argv[argc - 1]);
	if (!is_echo)
		address.svm_cid = (unsigned int)atoi(argv[2]);
	if (fd < 0)
		err(1, "socket");
	alarm(600);
	if (is_echo) {
		if (bind(fd, (void *)&address, sizeof(address)) || listen(fd, 1))
			err(1, "listen");
		puts("listens");
		fflush(stdout);
		fd = accept(fd, NULL, NULL);
		if (fd < 0)
			err(1, "accept");
		copy(fd, fd);
		return 0;
	}
	if (connect(fd, (void *)&address, sizeof(address)))
		err(1, "connect");
	copy(STDIN_FILENO, fd);
	shutdown(fd, SHUT_WR);
	copy(fd, STDOUT_FILENO);
	return 0;
}
