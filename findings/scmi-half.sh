#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's arm64 kernel 7.3 speaks SCMI, but has drivers for half of what firmware offers by it: for clocks, reset lines and
# power domains, none for frequencies of processors, pin states, sensors and voltages, and no transport by virtio. All 35
# boards with i.MX94 and i.MX95 have SCMI for their pin controller, and Linux defers the probe of each device that names a pin
# state of a controller without a driver (drivers/pinctrl/devicetree.c, by source); the processors of 107 boards, Snapdragon
# X laptops among them, have no cpufreq. A VMM that offers SCMI's voltages, or SCMI by virtio, offers a Debian guest nothing.
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports). dais: its SCMI platform
# (docs/scmi.md) has clocks, reset lines and power domains, by smc; supplies are fixed regulators in the guest.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
modules=$work/trixie-backports-arm64/usr/lib/modules/7.3.4+deb13-arm64
for symbol in ARM_SCMI_{CPUFREQ,TRANSPORT_VIRTIO} PINCTRL_{,IMX_}SCMI {SENSORS,REGULATOR}_ARM_SCMI; do
	grep -x "# CONFIG_$symbol is not set" "$modules/config"
done
for symbol in ARM_SCMI_{PROTOCOL,POWER_DOMAIN,TRANSPORT_SMC} COMMON_CLK_SCMI RESET_SCMI; do
	grep -x "CONFIG_$symbol=y" "$modules/config"
done
python3 - "$modules" <<'END'
import pathlib, sys
import tree

pins, frequencies, users = set(), set(), 0
for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    blob = tree.Tree(path.read_bytes())
    for protocol in blob.nodes:
        firmware = protocol.parent
        if not firmware or not any(name.startswith("arm,scmi") for name in firmware.strings("compatible")):
            continue
        if protocol.name == "protocol@13" and protocol.is_available():
            frequencies.add(path.name)
        if protocol.name == "protocol@19" and protocol.is_available():
            pins.add(path.name)
            states = {node.cell("phandle") for node in protocol.subtree()} - {None}
            users += sum(node.is_available() and node.cell("pinctrl-0") in states for node in blob.nodes)
print(f"SCMI has the frequencies of {len(frequencies)} boards and the pins of {len(pins)}, for {users} devices")
sys.exit((len(frequencies), len(pins), users) != (107, 35, 910))
END
