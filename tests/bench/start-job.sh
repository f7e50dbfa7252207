# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2086,SC2154 # words; sizes and backends are set by tests/bench/start
#
# Inside the emulated host: measures starts; prints lines "@@ BACKEND PAGES MIB FIGURE VALUE". $sizes: MiB of RAM, $backends.
# shellcheck source=/dev/null
. /lib/testbed.sh
vfio_bind 10000000.edu
tracing=/sys/kernel/tracing
mkdir /tmp/1g
mount -t hugetlbfs -o pagesize=1G none /tmp/1g
echo 1 >$tracing/events/sched/sched_process_exec/enable
echo 1 >$tracing/events/kvm/kvm_entry/enable

# start_one BACKEND PAGES MIB: the second of two starts, when everything that is read is in the host's memory
start_one()
{
	options="--memory $3M"
	case $1 in
	none) ;;
	*) options="$options --iommu $1 --device vfio-platform,host=10000000.edu" ;;
	esac
	case $2 in
	4K) echo never >/sys/kernel/mm/transparent_hugepage/enabled ;;
	THP) echo madvise >/sys/kernel/mm/transparent_hugepage/enabled ;;
	2M) options="$options --mem-path /dev/hugepages" ;;
	1G) options="$options --mem-path /tmp/1g" ;;
	esac
	for round in 1 2; do
		echo >$tracing/trace
		echo 1 >$tracing/tracing_on
		/job/dais run --kernel /job/guest/psci-off.img --default-devices no $options --stats /tmp/stats >/tmp/out 2>&1 </dev/null || {
			echo "@@ $1 $2 $3 failed 1"
			cat /tmp/out
			return
		}
		echo 0 >$tracing/tracing_on
	done
	total=$(awk '{ for (i = 1; i < NF; i++) if ($(i + 1) ~ /^(sched_process_exec|kvm_entry):/) at[$(i + 1)] = at[$(i + 1)] ? at[$(i + 1)] : $i }
		END { printf "%.0f", (at["kvm_entry:"] - at["sched_process_exec:"]) * 1e9 }' $tracing/trace)
	pinning=$(sed -n 's/.*"\(prepare RAM\|map RAM for DMA\)": \([0-9]*\).*/\2/p' /tmp/stats | awk '{ sum += $1 } END { print sum }')
	echo "@@ $1 $2 $3 total $total"
	echo "@@ $1 $2 $3 pinning $pinning"
	echo "@@ $1 $2 $3 rest $((total - pinning))"
	sed -n "s/.*\"\(.*\)\": \([0-9]*\),*$/\1:\2/p" /tmp/stats | sed -n '/open the images/,$p' | tr ' ' '-' |
		while IFS=: read -r stage value; do
			echo "@@ $1 $2 $3 stage-$stage $value"
		done
}

# resident: KiB of the VMM beside guest RAM while a guest waits
resident()
{
	/job/dais run --kernel /job/guest/spin.img --memory 128M >/tmp/out 2>&1 </dev/null &
	pid=$!
	until grep -q ready /tmp/out; do sleep 0.1; done
	vmm=$(grep -l "^PPid:[^0-9]*$pid\$" /proc/[0-9]*/status | cut -d / -f 3)
	# Guest RAM is the mapping of its size.
	for process in $vmm $pid; do
		awk '/^[0-9a-f]+-/ { next } /^Size:/ { ram = $2 == 131072 } /^Rss:/ && !ram { sum += $2 } END { print sum }' /proc/$process/smaps
	done | { read -r of_vmm; read -r of_keeper; echo "@@ none THP 128 resident-kib $of_vmm"; echo "@@ none THP 128 keeper-kib $of_keeper"; }
	kill -9 $pid
}

for mib in $sizes; do
	for backend in $backends; do
		for pages in 4K THP 2M 1G; do
			# Pages of 1 GiB are cleared whole, whatever the guest has of them.
			[ $pages != 1G ] || [ $mib -ge 1024 ] || continue
			start_one $backend $pages $mib
		done
	done
done
resident
echo "@@ end end 0 end 0"
