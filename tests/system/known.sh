# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# What only the host's driver makes known of a device outlives the unbind (known.dtso): Calxeda's MAC driver makes a network
# interface of an edu, whose registers it takes for those of a MAC without an address.
net=10300000.edge
net_path=/sys/bus/platform/devices/$net
mac="local-mac-address = [02 00 00 00 00 17];"

# silent NAME TEXT: what was printed last does not have it
silent()
{
	if grep -qF -- "$2" "$out"; then
		fail "$1" "it says '$2'"
	else
		pass "$1"
	fi
}

# tree_has NAME BYTES: the tree that a guest would get
tree_has()
{
	dais run --kernel "$job/guest/hello.img" --device "vfio-platform,host=$net" --dump-dtb "$work/known.dtb" >"$out" 2>&1
	if od -An -v -tx1 "$work/known.dtb" | tr -d ' \n' | grep -q "$2"; then
		pass "$1"
	else
		fail "$1" "the guest's tree does not have $2"
	fi
}

echo calxedaxgmac >$net_path/driver_override
echo $net >/sys/bus/platform/drivers_probe
interface=$(ls $net_path/net)
expect known-random 0 dais plan $net
silent known-random-is-not-kept local-mac-address
ifconfig "$interface" hw ether 02:00:00:00:00:17
expect known-set 0 dais plan $net
says known-set-is-given "$mac"

expect known-bind 0 dais bind $net
expect known-bound 0 dais plan $net
says known-bound-is-given "$mac" "what the interface"
if grep -q '^rates=:0=24000000$' /run/dais/devices/$net; then
	pass known-rates
else
	fail known-rates "the record has $(grep ^rates /run/dais/devices/$net)"
fi
tree_has known-run 020000000017
expect known-user 0 dais plan --device vfio-platform,host=$net,mac=02:00:00:00:00:18
says known-user-decides "local-mac-address = [02 00 00 00 00 18];"

# It is none of the MACs that dais knows how to stop.
expect known-unbind 0 dais unbind --force $net
expect known-again 0 dais plan $net
silent known-again-is-random local-mac-address
echo $net >$net_path/driver/unbind

expect known-silent-bind 0 dais bind 10600000.silent
expect check-irq-of-nothing 3 dais check --irq 10600000.silent
says check-irq-of-nothing-says-so "nothing was tested" "no interrupt"

# Without vfio-dais, clocks=scmi has the guest read what the host has; else the clock is a fixed one.
vfio_bind $net
guest known-scmi 0 scmi "do=read compat=test,edge" --device "vfio-platform,host=$net,clocks=scmi"
says known-scmi-reads "scmi: a clock that is on: 0" "scmi: off: -3" "scmi: another rate: -3" "scmi: clock 0 24000000 Hz"
guest known-fixed 65 scmi "do=read compat=test,edge" --device "vfio-platform,host=$net"
expect known-scmi-plan 0 dais plan --device "vfio-platform,host=$net,clocks=scmi"
says known-scmi-plan-says "0 by SCMI, which stays at 24000000"
