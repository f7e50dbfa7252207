# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of board.sh, for host.sh
#
# What a user of a board does with its devices, each in turn; and that the host has them again.
# shellcheck source=/dev/null
. ./board.sh
. ./host.sh
# shellcheck source=/dev/null
. ./dmatest.sh
time_limit=300
board=$(basename ./*.conf .conf)
# The consents that the board's file wants are given here. The device that a model lacks is its last.
conf=/tmp/$board.conf
sed "s/^#allow/allow/; s,^kernel = Image,kernel = $PWD/Image,; ${lacks:+/^\[device $lacks\]/,\$d}" "$board.conf" >"$conf"
# A kernel of our making has vfio-platform instead.
[ -e /sys/module/vfio_dais ] || sed -i "/^modules = vfio_dais/d" "$conf"
# DEVICE_keys are what dais plan asks for where no driver of the host's has told it.
for device in $devices; do
	eval "keys=\${${device}_keys:-}"
	for key in $keys; do
		sed -i "/^\[device $device\]/a $key" "$conf"
	done
done

# works DEVICE: with the host's own driver
works()
{
	n=0
	case $1 in
	sd)
		until card=$(ls /dev/mmcblk? 2>/dev/null) || [ $n = 200 ]; do
			n=$((n + 1))
			usleep 100000
		done
		[ "$(dd if="$card" bs=1k count="$(sed -n 's/  kib$//p' card.sha256)" 2>/dev/null | sha256sum | cut -d ' ' -f 1)" = "$(sed -n 's/  card$//p' card.sha256)" ]
		;;
	dma) [ -n "$(dmatest)" ] ;;
	ethernet)
		until [ -e /sys/class/net/eth0 ] || [ $n = 200 ]; do
			n=$((n + 1))
			usleep 100000
		done
		ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0
		until ping -c 1 -W 1 10.0.2.2 >/dev/null 2>&1 || [ $n = 220 ]; do
			n=$((n + 1))
		done
		ping -c 2 10.0.2.2 >"$out" 2>&1
		status=$?
		ip link set eth0 down
		return $status
		;;
	esac
}

# host_works NAME DEVICE DRIVER HOST: without a DRIVER the host has none
host_works()
{
	: >"$out"
	if [ "$(basename "$(readlink "/sys/bus/platform/devices/$4/driver")")" = "$3" ] && { [ -z "$3" ] || works "$2"; }; then
		pass "$1"
	else
		fail "$1" "the host's driver does not work: $(readlink "/sys/bus/platform/devices/$4/driver")"
	fi
}

# run_guest NAME STATUS DEVICE TEST OPTION…
run_guest()
{
	name=$1 wanted=$2 use=$3 word=$4
	shift 4
	expect "$name" "$wanted" dais run -c "$conf" --use "$use" --kernel Image --initrd guest.cpio \
		--append "console=ttyAMA0 quiet panic=-1 test=$word" --stats /tmp/stats "$@"
}

# each DEVICE TEXT…: what the guest says of it. Of a device whose driver comes late the host has none before. A board does more_of_DEVICE
# beside, while it is bound.
each()
{
	device=$1
	shift
	eval "host=\$$device driver=\${${device}_driver:-} late=\${${device}_late:-} keys=\${${device}_keys:-} warns=\${${device}_warns:-}"
	[ -n "$late" ] || host_works "$device-before" "$device" "$driver" "$host"
	expect "$device-list" 0 dais list "$host"
	[ -z "$keys" ] || expect "$device-plan-asks" 3 dais plan "$host"
	expect "$device-plan" 0 dais plan -c "$conf"
	[ -z "$warns" ] || says "$device-plan-warns" "$warns"
	expect "$device-bind" 0 dais bind "$host"
	sed "s/^use .*/use = $device/" "$conf" >/tmp/one.conf
	expect "$device-check" 0 dais check -c /tmp/one.conf
	start=$(cut -d . -f 1 /proc/uptime)
	run_guest "$device-run" 0 "$device" write --cpus 2
	says "$device-works" "$@"
	echo "@row | $board | $device | $host | $(($(cut -d . -f 1 /proc/uptime) - start)) s |" \
		"$(sed -n 's/.*guest: interrupts //p' "$out") | $(sed -n 's/.*"exits": \([0-9]*\).*/\1/p' /tmp/stats | head -n 1) |"
	run_guest "$device-one-cpu" 0 "$device" again --cpus 1
	says "$device-one-cpu-works" "$@"
	killed_in_flight
	[ "$device" != sd ] || {
		run_guest sd-reboot 0 sd reboot --cpus 2
		says sd-reboots "guest: reboots" "guest: was rebooted" "$@"
	}
	! type "more_of_$device" >/dev/null 2>&1 || "more_of_$device"
	expect "$device-unbind" 0 dais unbind "$host"
	for module in ${late:+/late/*.ko}; do
		insmod "$module"
	done
	host_works "$device-after" "$device" "$driver" "$host"
	[ "$device" != sd ] || {
		dd if="$card" bs=512 skip=16384 count=1 2>/dev/null >"$out"
		says sd-written "written by the guest"
	}
	[ -z "$late" ] || {
		expect "$device-bind-refused" 3 dais bind "$host"
		says "$device-bind-refused-says" "$late"
	}
	case $late in
	rmmod*)
		$late
		expect "$device-bind-after-rmmod" 0 dais bind "$host"
		expect "$device-unbind-again" 0 dais unbind "$host"
		;;
	esac
}

# reached TEXT: the guest says it, within two minutes
reached()
{
	n=0
	until grep -q "guest: $1" "$out" || [ $n = 1200 ]; do
		n=$((n + 1))
		usleep 100000
	done
}

# Of $device: the keeper gives it back, and the next guest has it.
killed_in_flight()
{
	dais run -c "$conf" --use "$device" --kernel Image --initrd guest.cpio --append "console=ttyAMA0 quiet panic=-1 test=forever" \
		>"$out" 2>&1 </dev/null &
	reached "goes on"
	for pid in $(pidof dais); do
		kill -9 "$pid"
	done
	wait
	# The VMM, which is not this shell's child, has the device until the kernel has taken it down.
	n=0
	while pidof dais >/dev/null && [ $n -lt 300 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	expect "$device-list-after-kill" 0 dais list "$host"
}

if [ -e /sys/module/vfio_dais ]; then
	echo Y >/sys/module/vfio_dais/parameters/allow_dma_without_iommu
else
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
fi
echo 288 >/proc/sys/vm/nr_hugepages
case " $devices " in *" sd "*) each sd "guest: card is read right" "guest: card is written" ;; esac
case " $devices " in *" dma "*) each dma "guest: dmatest: 20 tests, 0 failures" ;; esac
case " $devices " in *" ethernet "*) each ethernet "guest: ping is answered" "guest: file is loaded right" ;; esac
