/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FIXTURE_USE_H
#define TESTS_FAKES_FIXTURE_USE_H

/*
 * What dais left behind on the board "midway": process 77 has fff50000.ethernet, fff51000.ethernet
 * could not be given back, and fff35000.rtc may still write to the RAM of a VM that has ended.
 */
#include "tests/fakes/fake_sys.h"
#include "vfio/host/ram_record.h"
#include "vfio/host/record.h"

static inline void fake_use(void)
{
	static const char *const files[][2] = {
		{ "/proc/self/stat", "5 (dais) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 600 0\n" },
		{ "/proc/77/stat", "77 (dais) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0\n" },
		{ "/proc/77/cmdline", "dais" },
		{ VFIO_RECORDS "/fff50000.ethernet",
		  "name=fff50000.ethernet\nbus=platform\npid=77\nstart=500\nvm=disk\n" },
		{ VFIO_RECORDS "/fff51000.ethernet",
		  "name=fff51000.ethernet\nbus=platform\nparked=no reset handler\n" },
		{ VFIO_RAM_RECORDS "/fff35000.rtc",
		  "name=fff35000.rtc\nbus=platform\nvm=old\nram_file=/huge/dais-1\n" },
		{ "/huge/dais-1", "" },
	};

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		fake_file(files[i][0], files[i][1]);
}

#endif
