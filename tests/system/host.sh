# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034
#
# For the case files beside it, which run in one shell on the host, emulated or not: how a case is run and judged. A result is a
# line "@@ pass|fail|skip NAME REASON"; the runner collects them. $job is the directory with dais, guests and images.
job=${job:-/job}
if [ -e /lib/testbed.sh ]; then
	# shellcheck source=/dev/null
	. /lib/testbed.sh
fi
PATH=$job:$PATH
work=$(mktemp -d)
out=$work/out

# The backend that guests get, behind the name of each result; the runner sets it. Empty: auto.
iommu=

pass()
{
	echo "@@ pass $1${iommu:+-$iommu}"
}

# fail NAME REASON…: what dais and the guest said follows
fail()
{
	name=$1
	shift
	echo "@@ fail $name${iommu:+-$iommu} $*"
	[ ! -e "$out" ] || sed 's/^/    /' "$out"
}

skip()
{
	name=$1
	shift
	echo "@@ skip $name${iommu:+-$iommu} $*"
}

# expect NAME STATUS COMMAND…: the command ends with this status within a minute. Its output is in $out afterwards.
expect()
{
	name=$1 wanted=$2
	shift 2
	: >"$out"
	timeout "${time_limit:-60}" "$@" >"$out" 2>&1 </dev/null
	status=$?
	if [ "$status" = "$wanted" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status, expected $wanted"
		return 1
	fi
}

# says NAME TEXT…: the output just made has each of these texts
says()
{
	name=$1
	shift
	for text; do
		if ! grep -qF -- "$text" "$out"; then
			fail "$name" "does not say '$text'"
			return 1
		fi
	done
	pass "$name"
}

# json NAME COMMAND…: what the command prints is JSON. There is no parser here: the runner has one, and judges
json()
{
	name=$1
	shift
	"$@" 2>&1 </dev/null | sed "s/^/@json $name /"
}

# refuses NAME STATUS TEXT… -- ARGUMENTS…: dais run ends with this status and a three-line message that has each of these texts
refuses()
{
	name=$1 wanted=$2
	shift 2
	texts=
	while [ "$1" != -- ]; do
		texts="$texts$1
"
		shift
	done
	shift
	timeout 60 dais run "$@" >"$out" 2>&1 </dev/null
	status=$?
	if [ "$status" != "$wanted" ]; then
		fail "$name" "exit status $status, expected $wanted"
	elif [ "$(grep -c '^dais: error: ' "$out")" != 1 ]; then
		fail "$name" "not one error message"
	elif [ "$(grep -c '^dais: cause: ' "$out")" != 1 ] || [ "$(grep -c '^dais: fix: ' "$out")" != 1 ]; then
		fail "$name" "not three lines: error, cause and fix"
	elif [ "$(printf '%s' "$texts" | while IFS= read -r text; do
		grep -qF -- "$text" "$out" || echo "$text"
	done)" ]; then
		fail "$name" "does not say all of: $texts"
	else
		pass "$name"
	fi
}

# guest NAME STATUS IMAGE ARGUMENTS [OPTION…]: a bare-metal guest with the test device
guest()
{
	name=$1 wanted=$2 image=$3 arguments=$4
	shift 4
	expect "$name" "$wanted" dais run --kernel "$job/guest/$image.img" --memory 64M --device test-device \
		${iommu:+--iommu $iommu} --append "$arguments" "$@"
}

# linux NAME STATUS TEST [OPTION…]: the test is a word of the kernel's command line, which /test in the guest obeys
linux()
{
	name=$1 wanted=$2 test=$3
	shift 3
	time_limit=120 expect "$name" "$wanted" dais run --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M --cpus 2 \
		${iommu:+--iommu $iommu} --append "console=ttyAMA0 quiet panic=-1 test=$test" "$@"
}

# start TEXT COMMAND…: in the background, until it has said TEXT (120 s at most); its process is $dais_pid
start()
{
	text=$1
	shift
	: >"$out"
	"$@" >"$out" 2>&1 </dev/null &
	dais_pid=$!
	n=0
	until grep -qF "$text" "$out"; do
		n=$((n + 1))
		if [ $n = 1200 ]; then
			fail "start-$1" "does not say '$text'"
			return 1
		fi
		sleep 0.1
	done
}

# serve_disk IMAGE SOCKET: Debian's qemu-storage-daemon (testbed/back-ends) does; its process is $server
serve_disk()
{
	rm -f "$2"
	LD_LIBRARY_PATH=$job/back-ends/lib "$job/back-ends/qemu-storage-daemon" --blockdev "file,filename=$1,node-name=disk" \
		--export "vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path=$2" >"$work/server" 2>&1 &
	server=$!
	n=0
	until [ -S "$2" ] || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	[ -S "$2" ] || fail serve-disk "$(cat "$work/server")"
}

# with_console COMMAND…: in the background; what goes to descriptor 9 it reads. Its process is $dais_pid
with_console()
{
	rm -f "$work/console"
	mkfifo "$work/console"
	exec 9<>"$work/console"
	: >"$out"
	"$@" <"$work/console" >"$out" 2>&1 &
	dais_pid=$!
}

# reached NAME TEXT: the guest says it, within 90 seconds
reached()
{
	n=0
	until grep -q "guest: $2" "$out" || [ $n = 900 ] || ! kill -0 "$dais_pid" 2>/dev/null; do
		n=$((n + 1))
		sleep 0.1
	done
	says "$1" "guest: $2"
}

disk_sum=$(cut -d ' ' -f 1 "$job/disk.sha256" 2>/dev/null)

# host_reads_disk: the host's own driver takes the AHCI controller, and all that it reads is as it was. Leaves no driver bound.
# QEMU's controller maps a command's table of segments at once, which fails, and ends QEMU, if an IOMMU makes two pages of it that
# are not neighbours. A table of 256 KiB, 4 segments, never lies in two; Linux 7.3 reads 4 MiB at once if it may.
host_reads_disk()
{
	attached=$(dmesg | grep -c "Attached SCSI disk")
	vfio_unbind 10200000.sata
	echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
	echo 10200000.sata >/sys/bus/platform/drivers_probe
	n=0 sum=
	# The file is there before the driver has attached the disk. Who changes the disk's queue until then may wait for the driver
	# for ever, and it for him (seen on Debian's 6.12).
	until [ "$sum" = "$disk_sum" ] || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
		[ "$(dmesg | grep -c "Attached SCSI disk")" -gt "$attached" ] || continue
		echo 256 >/sys/block/sda/queue/max_sectors_kb
		sum=$( (sha256sum </dev/sda) 2>/dev/null | cut -d ' ' -f 1)
	done
	echo 10200000.sata >/sys/bus/platform/drivers/ahci/unbind
	[ "$sum" = "$disk_sum" ]
}

# kill_run: kill -9 of the run in the background, and so of its VMM; returns when both are gone
kill_run()
{
	kill -9 "$dais_pid"
	wait "$dais_pid" 2>/dev/null
	while pidof dais >/dev/null; do
		sleep 0.1
	done
}

# vmm: the process of the VM that belongs to the run in the background
vmm()
{
	for process in $(pidof dais); do
		! grep -q "^$process (.*) [^ ] $dais_pid " "/proc/$process/stat" || echo "$process"
	done
}

# start_guest IMAGE [OPTION…]: a bare-metal guest that says when it is ready
start_guest()
{
	image=$1
	shift
	start ready dais run ${iommu:+--iommu $iommu} --kernel "$job/guest/$image.img" --memory 64M --device test-device "$@"
}

gic=2
! dais run --kernel "$job/guest/hello.img" --irqchip gicv3 >/dev/null 2>&1 </dev/null || gic=3

# QEMU 7.2's GICv2 does not deactivate an SPI for a vCPU on another CPU than the one that took it, so that a forwarded interrupt
# comes once and never again (10.0 is right). irq.sh pins its guests and forwards all the same.
forward_switch=/sys/module/kvm/parameters/forward_irqs
[ "$gic" = 3 ] || [ ! -e $forward_switch ] || [ ! -e /lib/testbed.sh ] || echo N >$forward_switch

# KVM's own warning on Linux 6.19 to 7.3 (docs/kernels.md), which comes once: the log without it
without_known_warning()
{
	awk '/WARNING: kernel\/smp.c/ && !known { known = 1; held = "" }
		known == 1 {
			held = held $0 "\n"
			if (/---\[ end trace/) {
				known = 2
				if (held !~ /vgic_irqfd_set_irq/)
					printf "%s", held
			}
			next
		}
		{ print }
		END { if (known == 1) printf "%s", held }'
}

# kernel_is_quiet NAME: no warning, no stuck interrupt in the host's kernel log since the last call
kernel_is_quiet()
{
	dmesg -c | without_known_warning >"$out"
	if grep -qE 'WARNING|BUG|Oops|nobody cared|Call trace' "$out"; then
		fail "$1" "the host's kernel complains"
	else
		pass "$1"
	fi
}

# bits NAME REGISTER MASK WANTED: what a register of the host's has
bits()
{
	value=$(($(devmem "$2" 32) & $3))
	if [ "$value" = $(($4)) ]; then
		pass "$1"
	else
		fail "$1" "$2 has $(printf '%#x' "$value") in $3, not $4"
	fi
}

# pin NAME PIN WANTED: of the host's PL061, whose data register for one pin is at 4 << the pin
pin()
{
	bits "$1" $((0x9030000 + (4 << $2))) $((1 << $2)) $(($3 << $2))
}

# hold DEVICE: it is open from here on, by $holder, until let_go; what its driver holds is in $out
hold()
{
	rm -f "$work/in"
	mkfifo "$work/in"
	: >"$out"
	"$job/held" "$1" <"$work/in" >>"$out" 2>&1 &
	holder=$!
	exec 8>"$work/in"
	n=0
	until grep -q '^open' "$out" || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
}

let_go()
{
	exec 8>&-
	wait "$holder"
}
