# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --append "iomem=relaxed fw_devlink.sync_state=timeout deferred_probe_timeout=1"
# host: --add "$(tests/testbed/debian-image --linux "$linux"):/job/debian-Image"
# host: --add "$(tests/system/scmi-initramfs "$logs" "$linux"):/job/scmi.cpio"
# Guests switch and set what their devices need, by SCMI. What comes of it is read where it is: in the PL061's pins, and in the memory
# that the reset controller and the power domains have for registers. The host's tree has scmi.dtso.
edu=vfio-platform,host=10000000.edu
edu_supply=$edu,supply.vdd=scmi,supply.vio=scmi

# edu_is NAME CLOCK MUX LINE DOMAIN: a 1: on; the mux has the fast clock; the line is asserted; the domain is off
edu_is()
{
	pin "$1-clock" 0 "$2"
	pin "$1-mux" 1 "$3"
	bits "$1-line" 0xb0000000 0x80 $(($4 << 7))
	bits "$1-domain" 0xb00010e8 0x40000 $(($5 << 18))
}

# sata_is NAME CLOCK MUX LINE DOMAIN RTC-DOMAIN
sata_is()
{
	pin "$1-clock" 4 "$2"
	pin "$1-mux" 5 "$3"
	bits "$1-line" 0xb0000000 0x8 $(($4 << 3))
	bits "$1-domain" 0xb00010e8 0x20000 $(($5 << 17))
	bits "$1-rtc-domain" 0xb00010e8 0x40000 $(($6 << 18))
}

# counter NAME: of the statistics in $work/stats, of all vCPUs
counter()
{
	awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }' "$work/stats"
}

# counted NAME {COUNTER VALUE}…
counted()
{
	name=$1
	shift
	while [ $# -gt 0 ]; do
		if [ "$(counter "$1")" != "$2" ]; then
			fail "$name" "$1: $(counter "$1"), not $2"
			return 1
		fi
		shift 2
	done
	pass "$name"
}

vfio_bind 10000000.edu 9010000.pl031
edu_is scmi-before 0 0 0 1
expect scmi-plan 0 dais plan --device $edu
says scmi-plan-says "mux by SCMI" "reset domains of SCMI" "power domains of SCMI"
guest scmi-show 0 scmi do=show --device $edu
says scmi-show-all "scmi: clock gated 24000000 Hz, gate" "scmi: clock mux 12000000 Hz, gate, rate" \
	"scmi: clock shared 12000000 Hz, gate" "scmi: reset line 0" "scmi: power domain 0 on"
guest scmi-refuse 0 scmi do=refuse --device $edu --stats "$work/stats"
counted scmi-refuse-counts errors 5 refused 0
guest scmi-off 0 scmi do=off --device $edu --stats "$work/stats"
counted scmi-off-counts errors 0 accesses_while_off 6
guest scmi-off-trapped 0 scmi do=off --device $edu,mmap=off
edu_is scmi-after 0 0 0 1
guest scmi-count-none 0 scmi "do=count n=0" --device $edu --stats "$work/stats"
mmio=$(counter mmio)
counted scmi-counts-none messages 0 hypercall 0
guest scmi-count 0 scmi "do=count n=1000" --device $edu --stats "$work/stats"
counted scmi-one-exit-each messages 1000 errors 0 refused 0 hypercall 1000 mmio "$mmio"
says scmi-summary "summary: SCMI: 1000 messages, 0 of them answered with an error, 0 calls refused, 0 accesses"
guest scmi-reset 0 scmi do=reset --device $edu --stats "$work/stats"
guest scmi-fuzz 0 scmi "do=fuzz" --cpus 2 --device $edu_supply --stats "$work/stats"
counted scmi-fuzz-counts hypercall $(($(counter messages) + $(counter refused)))
edu_is scmi-after-fuzz 0 0 0 1

# What a guest has off and set, the host sees; killed, all is as it was found.
start_guest scmi --append "do=keep" --device $edu
edu_is scmi-keep 0 1 1 1
kill_run
edu_is scmi-killed 0 0 0 1

# Supplies, where the user wants it; Debian's guests have no driver for them.
pin scmi-supply-before 6 0
pin scmi-voltage-before 7 1
start_guest scmi --append "do=voltage wait=1" --device $edu_supply
says scmi-voltages "scmi: 2 voltages from 1800000 uV, now 3300000 uV" "scmi: a voltage between: -2" \
	"scmi: a shared supply: -3" "scmi: the lowest voltage: 0"
pin scmi-supply-set 6 1
pin scmi-voltage-set 7 0
kill_run
pin scmi-supply-killed 6 0
pin scmi-voltage-killed 7 1
expect scmi-supply-plan 0 dais plan --device $edu_supply
says scmi-supply-plan-says REGULATOR_ARM_SCMI
guest scmi-voltage-not-allowed 66 scmi "do=voltage" --device "$edu_supply,allow.vdd=power"

# What the user does not allow.
guest scmi-not-allowed 66 scmi do=off --device "$edu,allow.gated=none"
guest scmi-fixed 65 scmi do=show --device "$edu,clocks=fixed"
refuses scmi-no-such-name 2 "allow.turbo" -- --kernel "$job/guest/scmi.img" --device "$edu,allow.turbo=gate"
kernel_is_quiet scmi-bare-metal-host-kernel

# A Linux guest, by its ordinary drivers. It waits for a line from here at each step.
vfio_unbind 10000000.edu
vfio_bind 10200000.sata
vfio_bind 10400000.multi
vfio_unbind 10400000.multi 2>/dev/null
sata_is scmi-linux-before 0 0 0 1 1
with_console dais run --kernel "$job/debian-Image" --initrd "$job/scmi.cpio" --memory 512M --append "console=ttyAMA0 quiet panic=-1" \
	--device vfio-platform,host=10200000.sata,compatible=generic-ahci --device vfio-platform,host=9010000.pl031

reached scmi-linux-works working
says scmi-linux-protocol "SCMI Protocol v2.1 'dais:'"
sata_is scmi-linux-working 1 1 0 0 0
echo >&9
reached scmi-linux-unbound unbound
sata_is scmi-linux-off 0 1 1 1 1
echo >&9
reached scmi-linux-again again
says scmi-linux-off-is-ones "guest: a register 0xFFFFFFFF"
sata_is scmi-linux-on 1 1 0 0 0
if [ "$(grep -c "guest: sha256 $disk_sum" "$out")" = 2 ]; then
	pass scmi-linux-reads
else
	fail scmi-linux-reads "the disk is another"
fi
echo >&9
wait "$dais_pid"
sata_is scmi-linux-after 0 0 0 1 1
kernel_is_quiet scmi-host-kernel
