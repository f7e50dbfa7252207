# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# What dais report writes, and what it does not.
# host: --append board_key=Sesame-open-8
edge=10300000.edge
report=$work/report.txt

hostname lab-7-secret
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
ip link set lo up
ip address add 192.168.77.3/32 dev lo 2>/dev/null
vfio_bind 10000000.edu

expect report 0 dais report --output "$report" 10000000.edu $edge
cp "$report" "$out"
says report-parts "==== dais list 10000000.edu $edge" "==== dais plan" "==== dais check" "exit status: " "/dts-v1/;" "edge@10300000 {" \
	"\"report\": 1" "\"findings\": [" "kernel: $(uname -r)" "device: 10000000.edu driver=vfio-platform" "<mac-1>"
expect report-exists 2 dais report --output "$report" $edge

# private NAME TEXT: no part of the report has it
private()
{
	if grep -qi -- "$2" "$report"; then
		cp "$report" "$out"
		fail "report-no-$1" "it says '$2'"
	else
		pass "report-no-$1"
	fi
}

private host-name lab-7-secret
private serial-number SN-4711
private mac "52 54 00 a1 b2 c3"
private mac-words "0x525400a1"
private uuid 0a1b2c3d
private machine-id 0123456789abcdef0123
private command-line Sesame
private seed "kaslr-seed = <0x[1-9a-f]"
for address in $(cat /sys/class/net/*/address) $(ip -o address | awk '{ sub(/\/.*/, "", $4); print $4 }'); do
	case $address in 00:00:00:00:00:00 | 127.0.0.1 | ::1) continue ;; esac
	private "address-$address" "$address"
done

# It opens nothing, so it may be asked for beside a run; the JSON is checked where python3 is: it is the last part.
sed '1,/^==== json/d' "$report" >"$work/report.json"
json report-json cat "$work/report.json"

rm "$report"
time_limit=120 expect report-run 0 dais report --run --output "$report" 10000000.edu
cp "$report" "$out"
says report-run-says "==== dais check --irq 10000000.edu" "irqfd    DATA_NONE: ok, " " exits to KVM, "
kernel_is_quiet report-host-kernel
