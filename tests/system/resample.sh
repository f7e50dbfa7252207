# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# A host with a GICv3 whose kernel does not resample level interrupts (Linux 6.19 and later without kernel/patches): the fault is
# there, and told of; and no guest meets it.
vfio_bind 10000000.edu
edu=vfio-platform,host=10000000.edu

dais check >"$out" 2>&1 </dev/null
says check-tells "KVM does not resample a level interrupt that a guest with a" "fix: boot a kernel with the resample patch"
expect check-irq 1 dais check --irq 10000000.edu
says check-irq-storms "irqfd    DATA_NONE: FAILED: it came again without cause"
for options in "" ",irq-mode=irqfd"; do
	mode=${options#*=}
	guest "${mode:=auto}" 0 edu-irq "n=1000" --device "$edu$options"
	says "$mode-says" "KVM does not resample on this host" "mode irqfd"
	says "$mode-exact" "1000 raised, 1000 interrupts, 0 without cause"
done
guest 2cpus 0 edu-irq "n=1000" --cpus 2 --device "$edu"
guest hold 0 irq-hold "" --device "$edu"
guest mask 0 irq-mask "" --device "$edu"
guest reset 0 edu-reset "n=3" --device "$edu"
