# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# What vfio-dais bears: it is not unloaded under a user, an unbind waits for the last close, and no user does harm (hostile.c). The
# virtio transport has no IOMMU. /job/seconds, if it is there: for how long that goes on.
edge=10300000.edge multi=10400000.multi virtio=a000800.virtio_mmio
echo Y >/sys/module/vfio_dais/parameters/allow_dma_without_iommu
vfio_bind $edge $multi $virtio

hold $edge
if rmmod vfio_dais 2>"$out"; then
	fail hostile-unload-while-open "it is unloaded"
else
	pass hostile-unload-while-open
fi
expect hostile-unbind-while-open 3 timeout 20 dais unbind $edge
says hostile-unbind-names-the-owner "pid $holder"
# Not by a builtin of this shell, for which the shell would keep descriptor 8.
sh -c "echo $edge >/sys/bus/platform/drivers/vfio-dais/unbind" 8>&- &
waiting=$!
sleep 1
if kill -0 $waiting 2>/dev/null; then
	pass hostile-unbind-waits
else
	fail hostile-unbind-waits "it is done while the device is open"
fi
let_go
wait $waiting
if [ -e /sys/bus/platform/devices/$edge/driver ]; then
	fail hostile-unbind-ends "it is bound"
else
	pass hostile-unbind-ends
fi

# Bound, opened, killed, unbound
rounds=20
[ -z "$full" ] || rounds=200
done=0
while [ $done -lt $rounds ]; do
	vfio_bind $edge || break
	hold $edge
	grep -q '^open' "$out" || break
	kill -9 "$holder"
	let_go 2>/dev/null
	echo $edge >/sys/bus/platform/drivers/vfio-dais/unbind || break
	done=$((done + 1))
done
if [ $done = $rounds ]; then
	pass hostile-rounds
else
	fail hostile-rounds "the ${done}th of $rounds went wrong"
fi
kernel_is_quiet hostile-rounds-kernel

vfio_bind $edge
# A livelock of interrupts would leave a processor to nobody, whoever asks for it.
expect hostile-crossed 0 hostile crossed $multi
says hostile-crossed-both "both were up"
for processor in 0 1; do
	expect hostile-crossed-processor-$processor 0 timeout 20 taskset $((processor + 1)) true
done
seconds=$(cat "$job/seconds" 2>/dev/null || echo 0)
time_limit=$((seconds + 300)) expect hostile-user 0 hostile "${hostile_seed:-1}" $rounds "$seconds" $edge $multi $virtio
cat "$out"
for thread in $(pidof hostile | tr ' ' '\n' | sed 's,.*,/proc/&/task/*,'); do
	echo "$thread: $(tr '\n' ' ' <"$thread/stack")" # of what hangs
done
says hostile-user-was-there "rounds"
kernel_is_quiet hostile-user-kernel
for device in $edge $multi $virtio; do
	if [ -e /sys/bus/platform/drivers/vfio-dais/"$device" ]; then
		pass "hostile-bound-$device"
	else
		fail "hostile-bound-$device" "it is not bound any more"
	fi
done
if [ -e /sys/kernel/debug/kmemleak ]; then
	sleep 6 # what is younger than five seconds is none
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak >"$out"
	if grep -q -e vfio -e 'dv_' "$out"; then
		fail hostile-leaks "memory of VFIO's is lost"
	else
		pass hostile-leaks
	fi
fi

# Everything goes again, since somebody says that all is quiet: these devices have no reset.
for file in /sys/bus/platform/devices/*/vfio-dais/at_work; do
	echo 0 >"$file"
done
vfio_unbind $edge $multi $virtio
if rmmod vfio_dais 2>"$out"; then
	pass hostile-unload
else
	fail hostile-unload "it stays: $(cat "$out")"
fi
kernel_is_quiet hostile-unload-kernel
