# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# native: yes
# host: --append hugepages=64
# What needs no assigned device: one bare-metal guest per behaviour (guest/README.md).
n_cpus=$([ "$gic" = 3 ] && echo 16 || echo 8)

guest hello 0 hello ""
guest mmio-widths 0 mmio-widths ""
guest unmapped 0 unmapped ""
guest timer 0 timer ""
guest line-irq 0 line-irq ""
guest pl031 0 pl031 ""
guest smp-2 0 smp "cpus=2" --cpus 2
guest "smp-$n_cpus" 0 smp "cpus=$n_cpus" --cpus "$n_cpus"
guest psci-off 0 psci-off ""
guest psci-cpu 0 psci-cpu "" --cpus 2
guest psci-reset 0 psci-reset "" --cpus 2
if [ -w /dev/hugepages ] && [ "$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages || echo 0)" -ge 32 ]; then
	guest psci-reset-hugetlb 0 psci-reset "" --mem-path /dev/hugepages
else
	skip psci-reset-hugetlb "this host has not 32 free huge pages of 2 MiB for this user"
fi
guest gic-reset 0 gic-reset "" --cpus 2
guest fuzz-emulated 0 fuzz-emulated ""
guest crash-no-syndrome 4 crash "how=ldp" && says crash-no-syndrome-message "dais: error:" "dais: cause:"
guest placed 0 smp "cpus=2" --cpus 2 --cpu-affinity "0:0,1:1"
if [ "$(id -u)" = 0 ]; then
	guest real-time 0 smp "cpus=2" --cpus 2 --rt-priority 1
else
	skip real-time "real-time priorities need root"
fi

# The exit code of the test device is the exit status: smp finds one CPU where it was told to expect two.
guest exit-code 65 smp "cpus=2"

expect dump-dtb 0 dais run --kernel "$job/guest/hello.img" --memory 64M --dump-dtb "$work/guest.dtb"
if [ "$(od -An -tx1 -N4 "$work/guest.dtb" | tr -d ' \n')" = d00dfeed ]; then
	pass dump-dtb-is-a-tree
else
	fail dump-dtb-is-a-tree "no device tree in the file"
fi

# The doorbell of the test device is the kernel's: a thousand rings cost no exit to user space.
guest doorbell-none 0 doorbell "n=0" --stats "$work/stats.0"
guest doorbell 0 doorbell "n=1000" --stats "$work/stats.1000"
if [ "$(grep '"mmio"' "$work/stats.0")" = "$(grep '"mmio"' "$work/stats.1000")" ]; then
	pass doorbell-exits
else
	fail doorbell-exits "$(grep -h '"mmio"' "$work/stats.0" "$work/stats.1000" | tr -d '\n')"
fi
