# SPDX-License-Identifier: GPL-2.0-only
#
# The one Makefile of dais; "make help" lists what it does. Nothing here may need, while make reads it, what
# scripts/setup installs: "make check" on a bare machine begins by installing.

VERSION := 0.1.0

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

all:

# ---- What is built, where, by what

machine := $(shell uname -m)
native  := $(if $(filter aarch64 arm64,$(machine)),arm64,$(if $(filter armv7% armv8l,$(machine)),arm,none))
ARCH    ?= $(native)
$(if $(filter arm arm64 none,$(ARCH)),,$(error ARCH=$(ARCH) is unknown: use arm64, arm or none))

O      ?= build
B      := $(O)/$(ARCH)
comma  := ,
PREFIX ?= /usr/local
V      ?= 0
Q      := $(if $(filter 1,$(V)),,@)
silent := $(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS))))
say     = $(if $(silent),,$(if $(Q),@printf '  %-8s%s\n' '$1' '$2'))

DAIS_CACHE ?= $(if $(HOME),$(HOME)/.cache/dais,$(error HOME is not set: set it, or DAIS_CACHE=DIRECTORY, for what is fetched once))
DAIS_CACHE := $(DAIS_CACHE)
export DAIS_CACHE

# Names of targets, which make parts at spaces
$(foreach v,CURDIR O DAIS_CACHE,$(if $(word 2,$($(v))),$(error make cannot build with a space in a path, and $(v) is "$($(v))": \
	use another directory)))

ifneq ($(ARCH),$(native))
ifeq ($(ARCH),arm64)
CROSS_COMPILE ?= aarch64-linux-gnu-
SYSROOT       ?= $(DAIS_CACHE)/sysroot-arm64
endif
ifeq ($(ARCH),arm)
CROSS_COMPILE ?= arm-linux-gnueabihf-
SYSROOT       ?= $(DAIS_CACHE)/sysroot-armhf
endif
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
OBJCOPY := $(CROSS_COMPILE)objcopy
STRIP   := $(CROSS_COMPILE)strip
target  := $(if $(findstring clang,$(CC)),$(if $(CROSS_COMPILE),--target=$(CROSS_COMPILE:-=))) \
	   $(if $(SYSROOT),--sysroot=$(SYSROOT)) $(if $(filter arm,$(ARCH)),-march=armv7-a -mfpu=vfpv3-d16)

# ---- Flags

warnings := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla
cppflags  = -I. -I$(1)/include -include $(1)/include/config.h -D_GNU_SOURCE= -DDAIS_VERSION=\"$(VERSION)\"

CPPFLAGS := -D_FORTIFY_SOURCE=2
# 64-bit offsets and times; <linux/kvm.h>, which the kernel does not install there any more
CPPFLAGS += $(if $(filter arm,$(ARCH)),-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Iarch/arm/uapi)
CFLAGS   := -std=gnu11 -Os -g -fPIE -fomit-frame-pointer -pthread -fstack-protector-strong -ffunction-sections -fdata-sections \
	    -fno-asynchronous-unwind-tables -fno-unwind-tables $(warnings) \
	    -ffile-prefix-map=$(CURDIR)=. # the same program from any directory
LDFLAGS  := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed,--gc-sections,-O2
# GNU ld pads the file before the read-only relocations, for pages of 64 KiB: a fifth of this one. lld packs relative
# relocations, too, from version 15 on, which glibc 2.36 reads: a tenth. gcc looks for it in its own directories only.
lld      := $(or $(lastword $(sort $(wildcard /usr/lib/llvm-*/bin/ld.lld))),$(realpath $(shell command -v ld.lld)))
lld_15   := $(if $(lld),$(shell $(lld) --version 2>/dev/null | grep -E 'LLD (1[5-9]|[2-9][0-9])'))
LDFLAGS  += $(if $(lld),-fuse-ld=lld -B$(dir $(lld))) $(if $(lld_15),-Wl$(comma)-z$(comma)pack-relative-relocs)
cc_flags  = $(target) $(call cppflags,$(B)) $(CPPFLAGS) $(CFLAGS) $(EXTRA_CFLAGS)

# Guests run before any MMU or vector unit is on, and have no C library.
guest_flags := $(filter-out --sysroot=%,$(target)) -std=gnu11 -O2 -g -I. -Iguest -ffreestanding -fno-pic \
	       -fno-stack-protector -fno-asynchronous-unwind-tables -march=armv8-a -mgeneral-regs-only \
	       -mstrict-align -mno-outline-atomics $(warnings)
guest_ldflags := -nostdlib -static -Wl,--build-id=none,-z,noexecstack,-z,max-page-size=4096 \
		 -Wl,-T,guest/guest.lds $(if $(findstring clang,$(CC)),,-Wl,--no-warn-rwx-segments)

# 32-bit ones, for both kinds of hosts
arm_cc           := $(if $(findstring clang,$(CC)),$(CC) --target=arm-linux-gnueabihf,arm-linux-gnueabihf-gcc)
arm_guest_flags  := $(filter-out --target=% -m%,$(guest_flags)) -march=armv7ve -marm -mfloat-abi=soft -mno-unaligned-access
arm_guest_ldflags := $(subst guest/guest.lds,guest/arm/guest.lds,$(guest_ldflags))

# ---- Configuration: $(B)/.config is the user's, config.mk and config.h are made from it

# Not any python3 of the PATH: Debian's, which has Debian's Kconfiglib.
PYTHON ?= /usr/bin/python3

kconfig = ARCH=$(1) KCONFIG_CONFIG=$(2)/.config srctree=. KCONFIG_CONFIG_HEADER= $(PYTHON) -m $(3)
no_config_goals := bench bench-irq bench-linux bench-sandbox bench-scale bench-start bench-virtio check check-boards check-corpus check-full check-kernel check-midway check-native clean deb demo fuzz help format lint setup \
		   unit %config
ifneq ($(filter-out $(no_config_goals),$(or $(MAKECMDGOALS),all)),)
include $(B)/config.mk
endif

$(B)/.config:
	@mkdir -p $(@D)
	$(call say,CONFIG,configs/defconfig)
	$(Q)$(call kconfig,$(ARCH),$(@D),defconfig) configs/defconfig >$(@D)/.defconfig.log || \
		{ cat $(@D)/.defconfig.log; echo "Kconfig failed: scripts/setup installs what it needs"; exit 1; } >&2

%/config.mk: %/.config Kconfig
	@mkdir -p $(@D)/include
	$(Q)$(call kconfig,$(if $(filter $(U),$*),arm64,$(ARCH)),$*,genconfig) \
		--header-path $*/include/config.h --config-out $@
	@touch $@

%/include/config.h: %/config.mk ;

# The seccomp programs: a program of the build machine makes them with libseccomp (HOSTCC builds it)
HOSTCC       ?= $(if $(findstring clang,$(CC)),clang,gcc)
seccomp_arch  = $(if $(filter arm64,$(ARCH)),aarch64,$(if $(filter arm,$(ARCH)),arm,x86_64))

%/host/seccomp-programs: vmm/sandbox/gen/programs.c vmm/sandbox/gen/search.c vmm/sandbox/gen/search.h \
		vmm/sandbox/policy.c vmm/sandbox/policy.h vmm/sandbox/filter.h vmm/base/fd_range.h vmm/base/built.h arch/common/kvm_arm.h %/include/config.h
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOSTCC) -std=gnu11 -O1 $(warnings) -I. -include $*/include/config.h -D_GNU_SOURCE $(if $(filter arm,$(native)),-Iarch/arm/uapi) -o $@ $(filter %.c,$^) -lseccomp

$(B)/include/sandbox_programs.h: $(B)/host/seccomp-programs | $(B)/config.mk
	@mkdir -p $(@D)
	$(Q)$< $(seccomp_arch) >$@

# What --sandbox=debug calls them
$(B)/include/syscall_names.h: $(B)/host/seccomp-programs | $(B)/config.mk
	@mkdir -p $(@D)
	$(Q)$< $(seccomp_arch) names >$@

menuconfig oldconfig olddefconfig:
	@mkdir -p $(B)
	$(Q)$(call kconfig,$(ARCH),$(B),$@)

defconfigs := $(notdir $(wildcard configs/*defconfig))
$(defconfigs):
	@mkdir -p $(B)
	$(Q)$(call kconfig,$(ARCH),$(B),defconfig) configs/$@

# ---- Sources: every .c file of every room, and those of one architecture. What a symbol leaves out, nothing calls
# (vmm/cli/registry.c, BUILT()), and the linker drops it. Listed here is what needs a library that a dais without the
# symbol does not have, or more than reading where no guest can run, with its stand-in NAME_none.c.

# in(DIRECTORY…): all that is below, in their rooms; but for programs of the build machine
in     = $(foreach d,$(1),$(filter-out vmm/sandbox/gen/%,$(wildcard $(addprefix $(d),/*.c /*/*.c /*/*/*.c))))
every := $(sort $(call in,vmm fdt arch devices vfio))
none  := $(filter %_none.c,$(every))

if-$(CONFIG_ARCH_ARM64) += $(call in,arch/arm64)
if-$(CONFIG_ARCH_ARM)   += $(call in,arch/arm)
if-$(CONFIG_RUN)        += $(wildcard devices/pl0*.c) devices/test_device.c vfio/platform.c
if-$(CONFIG_VIRTIO)     += $(filter-out devices/virtio/keys.c,$(call in,devices/virtio))
if-$(CONFIG_PLAN)       += $(call in,vmm/plan)
if-$(CONFIG_CHECK)      += $(call in,vmm/check)
if-$(CONFIG_REPORT)     += $(call in,vmm/report)
if-$(CONFIG_IMAGE_GZIP) += arch/common/gunzip.c
if-$(CONFIG_STATS)      += vmm/machine/stats.c

ifndef CONFIG_RUN
stand_ins += devices/classes_none.c vfio/platform_none.c
endif
ifndef CONFIG_IMAGE_GZIP
stand_ins += arch/common/gunzip_none.c
endif

srcs = $(filter-out $(if-) $(none),$(every)) $(stand_ins)
objs = $(srcs:%.c=$(B)/obj/%.o)
# inih is less than what the dynamic loader would need for it; libcap-ng in the program would be 15 KB of it, libfdt 23.
# The loader looks for a name in the libraries' order, and most names are libc's.
libs = -lc -lfdt -l:libinih.a $(if $(CONFIG_RUN),-lcap-ng) $(if $(CONFIG_STATS)$(CONFIG_PLAN),-ljansson) $(if $(CONFIG_IMAGE_GZIP),-lz)

all: $(B)/dais
ifeq ($(ARCH),arm64)
all: guests $(B)/test/held $(B)/test/hold-fds $(B)/test/hostile $(B)/test/huge $(B)/test/pl330 $(B)/test/read-disk $(B)/test/sandbox-probe $(B)/test/open-tap $(B)/test/pass-fds $(B)/test/vsock
endif

ifeq ($(ARCH),arm)
all: arm-guests
endif

$(B)/dais: $(objs)
	$(call say,LD,$@)
	$(Q)$(CC) $(target) $(CFLAGS) $(LDFLAGS) -o $@ $(objs) $(libs)

$(B)/obj/%.o: %.c $(B)/.flags | $(SYSROOT:%=%/.complete)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cc_flags) -MMD -MP -c -o $@ $<

$(B)/obj/vmm/sandbox/debug.o print-cc: $(B)/include/syscall_names.h
$(B)/obj/vmm/sandbox/filter.o print-cc: $(B)/include/sandbox_programs.h

# Another compiler, other flags: build again.
$(B)/.flags: FORCE | $(B)/config.mk
	@echo '$(CC) $(cc_flags) $(LDFLAGS) $(guest_flags) $(guest_ldflags)' | cmp -s - $@ || \
		echo '$(CC) $(cc_flags) $(LDFLAGS) $(guest_flags) $(guest_ldflags)' >$@

$(DAIS_CACHE)/sysroot-%/.complete: scripts/sysroot
	$(call say,SYSROOT,$(@D))
	$(Q)scripts/sysroot $* $(@D)

# ---- Bare-metal guests: guest/NAME.c becomes $(B)/guest/NAME.img

guest_lib := $(patsubst %,$(B)/obj/%.o,$(basename guest/start.S $(wildcard guest/lib/*.c guest/lib/*.S)))
guests: $(patsubst guest/%.c,$(B)/guest/%.img,$(wildcard guest/*.c))

$(B)/guest/%.img: $(B)/obj/guest/%.elf
	@mkdir -p $(@D)
	$(call say,GUEST,$@)
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/obj/guest/%.elf: $(B)/obj/guest/%.o $(guest_lib) guest/guest.lds
	$(Q)$(CC) $(guest_flags) $(guest_ldflags) -o $@ $< $(guest_lib)

# guest/arm/NAME.c, and those of guest/ that run there too, become $(B)/guest/arm-NAME.img
arm_guest_lib := $(patsubst %,$(B)/obj/arm/%.o,guest/arm/start.S guest/arm/start.c \
		   $(patsubst %,guest/lib/%.c,end fdt gic irq print string))
arm-guests: $(patsubst %,$(B)/guest/arm-%.img,hello timer line-irq)

$(B)/guest/arm-%.img: $(B)/obj/arm/%.elf
	@mkdir -p $(@D)
	$(call say,GUEST,$@)
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/obj/arm/%.elf: $(B)/obj/arm/guest/arm/%.c.o $(arm_guest_lib) guest/arm/guest.lds
	$(Q)$(arm_cc) $(arm_guest_flags) $(arm_guest_ldflags) -o $@ $< $(arm_guest_lib)

$(B)/obj/arm/%.elf: $(B)/obj/arm/guest/%.c.o $(arm_guest_lib) guest/arm/guest.lds
	$(Q)$(arm_cc) $(arm_guest_flags) $(arm_guest_ldflags) -o $@ $< $(arm_guest_lib)

$(B)/obj/arm/%.o: % $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(arm_cc) $(arm_guest_flags) -MMD -MP -c -o $@ $<

$(B)/obj/guest/%.o: guest/%.c $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(guest_flags) -MMD -MP -c -o $@ $<

$(B)/obj/guest/%.o: guest/%.S $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(guest_flags) -MMD -MP -c -o $@ $<

# With the very filters of dais
$(B)/test/sandbox-probe: tests/system/sandbox-probe.c $(B)/.flags \
			 $(filter $(B)/obj/vmm/base/% $(patsubst %,$(B)/obj/vmm/sandbox/%.o,filter policy debug sandbox) $(B)/obj/vmm/cli/option_sandbox.o,$(objs))
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cc_flags) $(LDFLAGS) -o $@ $(filter-out %/.flags,$^) $(libs)

# A program for system tests: tests/system/NAME.c becomes $(B)/test/NAME
$(B)/test/hostile: tests/system/hostile_ops.c tests/system/hostile_map.c tests/system/hostile.h kernel/module/uapi/vfio_dais.h
$(B)/test/read-disk $(B)/test/vsock: test_ldflags := -static # for guests, too
$(B)/test/%: tests/system/%.c $(B)/.flags | $(SYSROOT:%=%/.complete)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(target) -std=gnu11 -O2 -D_GNU_SOURCE -I. $(warnings) $(test_ldflags) -o $@ $(filter %.c,$^)

# Numbers of the kernel's ABI, as this target has them and, by the kernel's own headers, the build machine
$(B)/test/abi: tests/arm/abi.c $(B)/obj/vmm/base/sys.o $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(cc_flags) $(LDFLAGS) -o $@ $(filter-out %/.flags,$^)

# ---- Unit tests, on the build machine: every source of an arm64 dais with all symbols on, but for the door to
# the kernel, which tests/fakes/ stands in for; main() is dais_main() there; tests/unit/ROOM/NAME.c becomes $(U)/ROOM/NAME

U           := $(O)/unit
unit_cc     ?= gcc
# Empty, for a quick try: then leaks are not seen, and planted-leak-is-found fails
SANITIZE    ?= -fsanitize=address,undefined -fno-sanitize-recover=all
unit_flags  := $(call cppflags,$(U)) -std=gnu11 -O1 -g -pthread -fno-omit-frame-pointer \
	       $(SANITIZE) $(warnings) \
	       -Wno-format-truncation -Wno-maybe-uninitialized # wrong too often under the sanitizers
unit_srcs   := $(filter-out vmm/base/sys.c arch/arm/% $(none),$(every)) $(call in,tests/fakes) $(wildcard tests/fixtures/*.c)
unit_objs   := $(unit_srcs:%.c=$(U)/obj/%.o)
unit_tests  := $(patsubst tests/unit/%.c,$(U)/%,$(wildcard tests/unit/*/test_*.c))

unit_trees  := $(patsubst tests/unit/%.dts,$(U)/%.dtb,$(wildcard tests/unit/trees/*.dts))

unit-build: $(unit_tests) $(unit_trees) $(U)/leak/planted
unit: unit-build
	@O=$(O) tests/unit/run $(U)

$(U)/obj/tests/fixtures/fixture_tree.o: unit_flags += -DTREES=\"$(abspath $(U)/trees)\"
$(U)/obj/vmm/sandbox/debug.o: $(U)/include/syscall_names.h
# Unit tests look at the programs of all architectures
$(U)/include/sandbox_programs.h: $(U)/host/seccomp-programs | $(U)/config.mk
	@mkdir -p $(@D)
	$(Q)for arch in aarch64 arm x86_64; do $< $$arch >$(@D)/sandbox_programs_$$arch.h || exit; done
	$(Q)cp $(@D)/sandbox_programs_$(if $(filter aarch64 arm64,$(machine)),aarch64,$(if $(filter arm%,$(machine)),arm,x86_64)).h $@
$(U)/include/syscall_names.h: $(U)/host/seccomp-programs | $(U)/config.mk
	@mkdir -p $(@D)
	$(Q)$< $(if $(filter aarch64 arm64,$(machine)),aarch64,$(if $(filter arm%,$(machine)),arm,x86_64)) names >$@
$(U)/obj/vmm/sandbox/filter.o $(U)/obj/tests/unit/vmm/test_sandbox_filter.o: $(U)/include/sandbox_programs.h

$(U)/obj/vmm/cli/main.o: unit_flags += -Dmain=dais_main -Wno-missing-prototypes

$(U)/.config:
	@mkdir -p $(@D)
	$(Q)$(call kconfig,arm64,$(@D),allyesconfig) >/dev/null

# Instead of arch/arm64
$(U)/arch/test_arm: $(patsubst %.c,$(U)/obj/%.o,$(wildcard arch/arm/*.c))

$(U)/libdais.a: $(unit_objs)
	$(Q)rm -f $@ && ar rcs $@ $^

$(U)/%: $(U)/obj/tests/unit/%.o $(U)/libdais.a
	@mkdir -p $(@D)
	$(call say,UNIT,$@)
	$(Q)$(unit_cc) $(unit_flags) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcriterion -lfdt -linih -ljansson -lz

$(U)/abi: $(U)/obj/tests/arm/abi.o
	$(Q)$(unit_cc) $(unit_flags) -o $@ $^

$(U)/trees/%.dtb: tests/unit/trees/%.dts
	@mkdir -p $(@D)
	$(Q)dtc -qq -@ -o $@ $<

$(U)/obj/%.o: %.c $(U)/include/config.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(unit_cc) $(unit_flags) -MMD -MP -c -o $@ $<

# ---- Fuzzing: tests/fuzz/NAME.c with the sources that it is about; FUZZ is what tests/fuzz/run takes

Z            := $(O)/fuzz
FUZZ         ?= --seconds 600
fuzz_cc      ?= clang
fuzz_flags   := $(call cppflags,$(U)) -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
		-fsanitize=fuzzer,address,undefined $(warnings)
fuzz_targets := $(patsubst tests/fuzz/%.c,$(Z)/%,$(wildcard tests/fuzz/*.c))
fuzz_seeds   := $(patsubst tests/unit/trees/%.dts,$(Z)/seeds/%.dtb,$(wildcard tests/unit/trees/*.dts))

fuzz: $(fuzz_targets) $(fuzz_seeds)
	@O=$(O) tests/fuzz/run $(Z) $(FUZZ)

$(Z)/device_tree $(Z)/overlay: $(patsubst %.c,$(Z)/obj/%.o,$(call in,fdt vmm/base))
$(Z)/image: $(patsubst %.c,$(Z)/obj/%.o,$(addprefix arch/common/,image.c zimage.c gunzip.c) vmm/core/ram/ram_work.c $(call in,vmm/base))
# The options are those of the whole program
$(Z)/config: $(patsubst %.c,$(Z)/obj/%.o,$(filter-out arch/arm/% $(none),$(every)))

$(Z)/obj/vmm/cli/main.o: fuzz_flags += -Dmain=dais_main -Wno-missing-prototypes
$(Z)/obj/vmm/sandbox/debug.o: $(U)/include/syscall_names.h
$(Z)/obj/vmm/sandbox/filter.o: $(U)/include/sandbox_programs.h

$(fuzz_targets): $(Z)/%: $(Z)/obj/tests/fuzz/%.o
	$(call say,FUZZ,$@)
	$(Q)$(fuzz_cc) $(fuzz_flags) -o $@ $^ -lfdt -linih -ljansson -lz -lcap-ng

$(Z)/seeds/%.dtb: tests/unit/trees/%.dts
	@mkdir -p $(@D)
	$(Q)dtc -qq -o $@ $<

$(Z)/obj/%.o: %.c $(U)/include/config.h
	@mkdir -p $(@D)
	$(Q)$(fuzz_cc) $(fuzz_flags) -MMD -MP -c -o $@ $<

# ---- The host's kernel module

module:
	@scripts/module "$(KDIR)" "$(O)/module"

# ---- Checks

lint:
	@O=$(O) tests/lint/run

check:
	@O=$(O) scripts/check

check-full:
	@O=$(O) scripts/check --full

check-corpus:
	@scripts/setup build corpus
	@O=$(O) tests/corpus/run

# A 32-bit host; KERNEL=zImage: one with KVM
check-midway:
	@scripts/setup build armhf testbed corpus
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm
	@O=$(O) KERNEL=$(KERNEL) tests/midway/run

demo:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64 $(O)/arm64/dais
	@O=$(O) scripts/demo

# What interrupts cost, on emulated hosts; build/bench/irq.json and the table of docs/bench-irq.md
bench-irq:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/irq

# What the sandbox costs, on an emulated host; build/bench/sandbox.json and the table of docs/bench-sandbox.md
bench-sandbox:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/sandbox

# What a start costs, on an emulated host; build/bench/start.json and the table of docs/bench-start.md
bench-start:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/start

# What grows with devices, vCPUs and RAM, on an emulated host; build/bench/scale.json and the tables of docs/bench-scale.md
bench-scale:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/scale

# What a disk and a console by virtio cost, on an emulated host, beside QEMU; build/bench/virtio.json and the tables of
# docs/bench-virtio.md
bench-virtio:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/virtio

# What a Linux guest costs from start to end, on an emulated host, beside QEMU; build/bench/linux.json and the table of
# docs/bench.md
bench-linux:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/bench/linux

# All of them, one after the other
bench: bench-linux bench-start bench-scale bench-irq bench-virtio bench-sandbox

# The kernel patches: they apply, checkpatch and W=1 are content, stress tests under lockdep and KASAN
check-kernel:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/kernel/check

# Boards that QEMU models, as hosts; the table of docs/boards.md
check-boards:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) tests/boards/run

# On an arm64 machine: what it can test with its own KVM, and with the devices of DAIS_TEST_DEVICES (tests/system/native)
check-native:
	@scripts/setup build cross testbed
	@$(MAKE) -j"$$(nproc)" O=$(O) ARCH=arm64
	@O=$(O) DAIS_REQUIRE_KVM=1 tests/system/run native

setup:
	@scripts/setup

format:
	$(Q)clang-format -i $$(tests/lint/files c)

# ---- The rest

zshdir = $(PREFIX)/share/zsh/site-functions
to     = $(DESTDIR)$(PREFIX)
put    = install -D -m 644 $(1) $(to)/$(2)
# What names the prefix
put_text = install -d $(dir $(to)/$(2)) && sed 's,/usr/local,$(PREFIX),' $(1) >$(to)/$(2)

install: $(B)/dais
	install -D -m 755 -s --strip-program=$(STRIP) $(B)/dais $(to)/bin/dais
	$(call put_text,docs/dais.1,share/man/man1/dais.1)
	$(call put_text,docs/dais.conf.5,share/man/man5/dais.conf.5)
	$(call put,contrib/completion/dais.bash,share/bash-completion/completions/dais)
	install -D -m 644 contrib/completion/_dais $(DESTDIR)$(zshdir)/_dais
	$(call put_text,contrib/systemd/dais@.service,lib/systemd/system/dais@.service)
	$(call put,contrib/systemd/sysusers.conf,lib/sysusers.d/dais.conf)
	$(call put,contrib/systemd/tmpfiles.conf,lib/tmpfiles.d/dais.conf)
	$(call put,contrib/udev/70-dais.rules,lib/udev/rules.d/70-dais.rules)
	$(call put,contrib/systemd/passed.conf,share/doc/dais/examples/passed.conf)
	$(call put,README.md,share/doc/dais/README.md)
	install -D -m 644 -t $(to)/share/doc/dais/docs $(addprefix docs/,arm32.md boards.md devices.md messages.md module.md no-iommu.md scmi.md)
	install -D -m 644 -t $(to)/share/dais/boards $(wildcard configs/boards/*.conf)

# Debian packages: $(O)/deb/dais_VERSION_ARCHITECTURE.deb
# The sources of the kernel module, as DKMS wants them
dkms_files := $(wildcard kernel/module/*.[ch] kernel/module/uapi/*.h) kernel/module/Kbuild
install-dkms:
	for file in $(dkms_files:kernel/module/%=%); do \
		install -D -m 644 kernel/module/$$file $(DESTDIR)/usr/src/dais-$(VERSION)/$$file || exit 1; done

deb:
	@scripts/setup build cross armhf deb
	@O=$(O) scripts/deb arm64 armhf

clean:
	rm -rf $(O)

# For the lints: how the compiler is called here, and for which files.
print-cc:
	@echo $(CC) $(cc_flags)
print-guest-cc:
	@echo $(CC) $(guest_flags)
print-arm-guest-cc:
	@echo $(arm_cc) $(arm_guest_flags)
print-sysroot:
	@echo $(SYSROOT)
print-srcs:
	@printf '%s\n' $(srcs)

help:
	@sed -n 's/^#: \?//p' Makefile

#: make [all]            build/ARCH/dais; for arm64 also the bare-metal test guests
#: make install          to DESTDIR PREFIX (/usr/local)
#: make deb              Debian packages for arm64 and armhf, in build/deb/
#: make module           build/module/vfio_dais.ko, for the kernel with the build directory KDIR=DIR; default: this one
#: make clean            removes build/
#:
#: make defconfig        everything; minimal_defconfig: only what passthrough needs
#: make menuconfig       choose by hand; also oldconfig, olddefconfig
#:
#: make demo             a Linux guest with a real AHCI controller, on an emulated Arm machine; Debian's own kernel in both
#: make check            builds, lints, unit and system tests; check-full: the long rounds too
#: make lint | unit      only these
#: make bench            all of the following benches; docs/bench.md tells what they found
#: make bench-linux      what a Linux guest costs from start to end, beside QEMU
#: make bench-irq        what an interrupt of an assigned device costs, in each mode
#: make bench-sandbox    what the sandbox costs a start and an exit to user space
#: make bench-start      what a start costs, from exec to the first KVM_RUN
#: make bench-scale      what grows with devices, vCPUs and RAM: plan, start, end, memory
#: make bench-virtio     what a disk and a console by virtio cost, beside QEMU
#: make check-kernel     the patches of kernel/, under the kernel's own checkers
#: make check-boards     boards that QEMU models, as hosts: their own devices, from bind to unbind
#: make check-native     on an arm64 machine with KVM: only what it tests by itself, DAIS_TEST_DEVICES="NAME..." included
#: make check-midway     KERNEL=zImage: dais for 32-bit Arm on an emulated Calxeda Midway with this kernel
#: make check-corpus     plans every device of Debian's device trees, writes docs/corpus.md
#: make fuzz             device trees, overlays, kernels and VM files made by libFuzzer, each for FUZZ="--seconds 600"
#: make setup            installs the Debian packages that all of this needs (check and demo do it)
#: make format           clang-format
#:
#: ARCH=arm64|arm|none   of the machine that will run dais; default: this one (x86-64 is "none": no guests)
#: O=DIR                 instead of build/
#: CC=clang              another compiler; CROSS_COMPILE=PREFIX- another tool chain; SYSROOT=DIR its libraries
#: V=1                   shows the commands

.PHONY: all module install-dkms guests arm-guests unit unit-build fuzz lint check check-corpus check-full check-kernel check-midway check-native bench bench-irq bench-linux bench-sandbox bench-scale bench-start bench-virtio demo setup format install deb clean \
	help FORCE \
	menuconfig oldconfig olddefconfig $(defconfigs) print-cc print-guest-cc print-arm-guest-cc print-srcs print-sysroot

-include $(shell find $(B)/obj $(U)/obj $(Z)/obj -name '*.d' 2>/dev/null)
