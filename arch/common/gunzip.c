// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/gunzip.h"

#include <limits.h>
#include <stdbool.h>
#include <zlib.h>

#include "vmm/base/own.h"

#define GZIP_ONLY \
	(16 + MAX_WBITS) /* windowBits of inflateInit2(): a gzip header and checksum, no other */

struct gunzip {
	z_stream stream;
	bool ended;
	int fd;
	uint64_t offset; /* of the next input */
	uint64_t left;   /* input not yet read */
	const char *name;
	uint8_t in[64 << 10];
};

int gunzip_open(int fd, uint64_t offset, uint64_t size, const char *name, struct gunzip **gunzip,
		struct err *err)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (!g || inflateInit2(&g->stream, GZIP_ONLY) != Z_OK) {
		free(g);
		return err_set(err, ENOMEM, "unpack %s", name);
	}
	g->fd = fd;
	g->offset = offset;
	g->left = size;
	g->name = name;
	*gunzip = g;
	return 0;
}

/* More compressed bytes for the stream. */
static int fill(struct gunzip *g, struct err *err)
{
	size_t want = g->left < sizeof(g->in) ? g->left : sizeof(g->in);
	ssize_t n = sys_pread(g->fd, g->in, want, (off_t)g->offset);

	if (n < 0)
		return err_set(err, (int)n, "read %s", g->name);
	if (n == 0) {
		err_usage(err, "unpack %s: the file is truncated", g->name);
		err_why(err, "its gzip stream goes on where the file ends");
		return err_fix(err, "copy or download it again");
	}
	g->offset += (uint64_t)n;
	g->left -= (uint64_t)n;
	g->stream.next_in = g->in;
	g->stream.avail_in = (uInt)n;
	return 0;
}

ssize_t gunzip_read(struct gunzip *g, void *buf, size_t size, struct err *err)
{
	size_t done = 0;

	while (done < size && !g->ended) {
		size_t room = size - done < INT_MAX ? size - done : INT_MAX;
		int ret;

		if (!g->stream.avail_in) {
			ret = fill(g, err);
			if (ret < 0)
				return ret;
		}
		g->stream.next_out = (Bytef *)buf + done;
		g->stream.avail_out = (uInt)room;
		ret = inflate(&g->stream, Z_NO_FLUSH);
		done += room - g->stream.avail_out;
		g->ended = ret == Z_STREAM_END;
		if (ret == Z_MEM_ERROR)
			return err_set(err, ENOMEM, "unpack %s", g->name);
		if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR) {
			err_usage(err, "unpack %s: the gzip stream is corrupt", g->name);
			err_why(err, "zlib: %s", g->stream.msg ? g->stream.msg : zError(ret));
			return err_fix(err, "copy or download it again");
		}
	}
	return (ssize_t)done;
}

void gunzip_close(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->stream);
	free(g);
}
