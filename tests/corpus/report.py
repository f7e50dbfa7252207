# SPDX-License-Identifier: GPL-2.0-only
"""Counts the results over the corpus, and writes the table for people to read."""

import collections
import datetime
import os
import random
import re
import textwrap

import answers
import driven

Fact = collections.namedtuple(
    "Fact", "is_newest arch soc kvm path kind result reasons rules has_registers has_interrupts is_driven tree"
)

# 32-bit cores with the virtualization extensions; all 64-bit ones have them
KVM_CORES = ("arm,cortex-a7", "arm,cortex-a12", "arm,cortex-a15", "arm,cortex-a17", "arm,armv8")
RESULTS = ("passes", "needs-answer", "force", "refused")

# What a live plan reads on the board itself, in the words of REASONS
READ_LIVE = {"a clock's rate", "a regulator's voltage"}

# Node name → kind of device; the first that matches.
KINDS = (
    ("Ethernet", r"ethernet|xgmac|gmac|fec|dsa$"),
    ("MMC, SD", r"s?d?mmc|sdhci|mshc|dwmmc|sdio"),
    ("USB", r"usb|ehci|ohci|xhci|dwc3"),
    ("SATA, UFS, NAND", r"sata|ahci|ufs|nand"),
    ("PCIe", r"pcie?($|-)"),
    ("serial", r"serial|uart"),
    ("I2C", r"i2c|twsi|cci$"),
    ("SPI", r"q?spi|flexspi|fspi"),
    ("CAN", r"can"),
    ("DMA", r"dma|pdma|bam"),
    ("GPU", r"gpu|mali"),
    ("video, camera", r"video|vpu|codec|jpeg|camss|csi|isp|rga|vcodec|venc|vdec|mdp|mipi|cif|gsc|fimc"),
    ("display", r"display|hdmi|dsi|dpi|disp|vop|lcd|ldb|dc$|dp$|hdlcd|mixer|fimd|decon|ovl|rdma|wdma|ccorr|aal|gamma"),
    ("sound", r"sound|audio|i2s|sai|spdif|ssi|mcasp|asrc|esai|codec|afe|ac97|mcbsp|hda"),
    ("crypto, RNG", r"crypto|rng|caam|jr|trng|sham|aes|des$"),
    ("timer, PWM, watchdog", r"timer|pwm|watchdog|wdt|rtc|counter|ostm|epit|gpt"),
    ("GPIO, pin control", r"gpio|pinctrl|pinmux|eint"),
    ("clock, power, reset", r"clock|power|reset|pmu|prcm|gpc|cru|pmic|syscon|system-controller"),
    ("interrupt controller", r"interrupt-controller|intc|gic|msi|irq"),
    ("IOMMU", r"iommu|smmu|mmu"),
    ("ADC, thermal", r"adc|thermal|tsensor|tsens|temperature"),
    ("trace, debug", r"etm|etf|etr|funnel|replicator|tpiu|stm|cti|debug|ptm|etb|tmc"),
    ("remote processor, mailbox", r"remoteproc|mailbox|dsp|mhu|mbox|scu|rproc"),
)

# Reason → what it is about; the first that matches.
REASONS = (
    ("its line is another device's, too", r"has the same line|is one line"),
    ("registers of an IOMMU, or of what the host has", r"has registers of|VFIO gives its region"),
    ("a timer that the kernel takes without a driver", r"timer that its kernel takes"),
    ("MSIs, a PCI function", r"its interrupts are MSIs|it is a PCI function"),
    ("interrupts of its children, which VFIO does not see", r"the device's own node only"),
    ("an IOMMU, or an MSI controller", r"it is an IOMMU|^msi-controller:"),
    ("an interrupt that VFIO cannot hand out", r"interrupts?:.*(PPI|controller|resolve|VFIO)|^interrupt"),
    ("its driver insists on a reset line", r"^([^ ]*/)?resets: its driver does not work"),
    ("its driver insists on its IOMMU", r"^([^ ]*/)?iommus: its driver does not work"),
    ("its driver insists on a DMA channel", r"^([^ ]*/)?dmas: its driver does not work"),
    ("its driver insists on a PHY", r"^([^ ]*/)?(phys|usb-phy|[^ ]*usbphy|nvidia,phy): its driver does not work"),
    ("its driver works by what it sets in a syscon", r": its driver does not work"),
    ("its driver insists on a syscon: memory stands in", r": its driver insists on it"),
    ("several power domains, which nobody holds", r"power-domains: the host's driver powers"),
    ("its driver works by what that of its parent has", r"of the node above it has"),
    ("the host uses it", r"the host (depends on|uses) it"),
    ("it has no registers", r"no registers|registers that VFIO"),
    ("it is a bus, its children are the devices", r"but its bus|are not of this device"),
    ("a PCI host bridge", r"PCI host bridge"),
    ("a clock's rate", r"^([^ ]*/)?clocks:"),
    ("a DMA channel of the host", r"^([^ ]*/)?dmas:"),
    ("a PHY of the host", r"^([^ ]*/)?(phys|usb-phy|phy-handle|phy|sfp|pcs-handle|.*phy.*):"),
    ("a regulator's voltage", r"^([^ ]*/)?[^ ]*-supply:"),
    ("a GPIO of the host", r"^([^ ]*/)?[^ ]*gpios?:"),
    ("its partner at the other end (graph)", r"remote-endpoint:"),
    ("reserved memory", r"^([^ ]*/)?(memory-region|sram|shmem)[^ ]*:"),
    ("a mailbox of the host", r"^([^ ]*/)?mboxes:"),
    ("a power domain or reset", r"^([^ ]*/)?(power-domains|resets):"),
    ("NVMEM", r"^([^ ]*/)?nvmem[^ ]*:"),
    ("a part of it that the guest cannot have", r"^[^ ]*/: "),
    ("a guess at a reference", r"one of its words is a phandle|looks like"),
    ("another node of the host (syscon and the like)", r"^[^ ]+: "),
)


# Written by hand: what a look at the sources has shown.
JUDGED = (
    "Of what is refused in the newest trees, 44 devices of 44 kinds were drawn at random on 2026-11-28 and judged by "
    "their bindings and by drivers of Linux 6.12: 41 are refused rightly; an I2C bus was refused for the supply of a "
    "PCIe bridge, and two displays for a connector behind an encoder, which have rules since. In the other direction, "
    "all drivers of 6.12 that end their probe without a reset line or a PHY were compared with what was dropped for "
    "devices of 700 trees: 60 were missing and are known since, which is why more is refused than before.")

LIFTED = (
    "Of what the host driver lifts, 30 devices were drawn at random (`corpus.py --lifted 30`) on 2026-11-29 and judged by "
    "their bindings and by drivers of Linux 6.12: 26 work. Two serial engines of Qualcomm's need what the driver of the "
    "node above them has, a GPIO bank of Rockchip's its pin controller: these are refused since. An MMC controller of "
    "MediaTek's looks for the states of its pins, and gets empty ones since. All drivers of what is lifted were then "
    "searched for uses of the parent's data, which has found two more kinds. What is left are mostly devices that the "
    "host itself uses, PHYs and syscons of the host, and 32-bit boards, whose KVM cannot hand SCMI's calls over.")

# What a guest gets for what its driver insists on: (of a property) node, property, reason.
RULES = (
    ("a number in /aliases", r"^aliases ", ""),
    ("`broken-cd` for a card's switch", r" broken-cd$", "for cd-gpios"),
    ("a syscon left out that its driver does without", "", r"does without it \(Linux"),
)


def rules_of(device):
    return tuple(name for name, where, why in RULES
                 if any(re.search(where, "%s %s" % (item["node"], item["property"])) and
                        re.search(why, item["reason"]) for item in device["properties"]))


# What follows is about another device.
ELSEWHERE = ", and that cannot be assigned either: "


def first_match(table, text, fallback):
    text = text.split(ELSEWHERE)[0]
    for name, pattern in table:
        if re.search(pattern, text):
            return name
    return fallback


def kind_of(path):
    name = path.rsplit("/", 1)[1].split("@")[0].lower()
    for kind, pattern in KINDS:
        if re.match("(.*[-_])?(%s)" % pattern, name):
            return kind
    return "other"


def is_newest(tree):
    """Whether it is of Debian's newest kernel, beside the one that the rest is of."""
    return "/newest/" in "/" + tree


def facts(tree, plan):
    """One Fact a device of a tree."""
    compatible = tree.root.strings("compatible")
    cores = {core for node in tree.nodes for core in node.strings("compatible")
             if node.parent and node.parent.name == "cpus"}
    arch = "arm64" if "/arm64/" in plan["tree"] else "armhf"
    kvm = arch == "arm64" or any(core in KVM_CORES for core in cores)
    found = []
    for device in plan["devices"]:
        reasons = [r for r in device["reasons"] if not r.startswith("note:")]
        if device["result"] == "passes":
            reasons = []
        if device["result"] == "refused":  # not for what else would be asked
            reasons = [r for r in reasons if not answers.ASKED.search(r)] or reasons
        kinds = tuple(sorted({first_match(REASONS, text, "other") for text in reasons}))
        result = device["result"]
        if result == "needs-answer" and answers.must_be_forced(device):
            result = "force"
        found.append(Fact(
            is_newest(plan["tree"]), arch, compatible[-1] if compatible else "", kvm, device["path"],
            kind_of(device["path"]), result, kinds, rules_of(device), bool(device["regions"]),
            bool(device["interrupts"]), driven.passes(tree, device, arch), plan["tree"],
        ))
    return found


def unique(devices):
    """Boards of one SoC count once: by the result that most of them have."""
    groups = collections.defaultdict(list)
    for fact in devices:
        groups[fact.is_newest, fact.soc, fact.path].append(fact)
    merged = []
    for group in groups.values():
        most = collections.Counter((fact.result, fact.reasons) for fact in group)
        wanted = most.most_common(1)[0][0]
        alike = [f for f in group if (f.result, f.reasons) == wanted]
        is_driven = 2 * sum(f.is_driven for f in alike) > len(alike)
        merged.append(next(f for f in alike if f.is_driven == is_driven))
    return merged


def share(counts, results):
    total = sum(counts.values())
    return 100.0 * sum(counts[r] for r in results) / total if total else 0.0


def of_target(devices):
    return [f for f in unique(devices) if f.kvm and f.has_registers and f.has_interrupts]


def refused(devices):
    """Per cent, without the newest trees."""
    return share(collections.Counter(f.result for f in of_target(devices) if not f.is_newest), ("refused",))


def headline(devices):
    target = [f for f in of_target(devices) if not f.is_newest]
    counts = collections.Counter(f.result for f in target)
    return ("devices with registers and interrupts, SoCs that can run KVM, boards merged: %d; "
            "%.1f %% pass, %.1f %% need an answer, %.1f %% must be forced, %.1f %% are refused; "
            "%.1f %% pass with the host driver" % (
                (sum(counts.values()),) + tuple(share(counts, (r,)) for r in RESULTS) +
                (100.0 * sum(f.is_driven for f in target) / len(target) if target else 0,)))


def table(title, rows):
    yield "| %s | devices | pass | with the host driver | need an answer | … really | must be forced | refused |" % title
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, chosen in rows:
        counts = collections.Counter(f.result for f in chosen)
        cells = ["%d (%.0f %%)" % (counts[r], share(counts, (r,))) for r in RESULTS]
        n = sum(f.is_driven for f in chosen)
        cells.insert(1, "%d (%.0f %%)" % (n, 100.0 * n / len(chosen) if chosen else 0))
        cells.insert(3, str(sum(f.result == "needs-answer" and not READ_LIVE.issuperset(f.reasons) for f in chosen)))
        yield "| %s | %d | %s |" % (name, len(chosen), " | ".join(cells))
    yield ""


def lifted(devices):
    """Those that the host driver lets pass, in an order that does not change."""
    return sorted((f for f in devices if f.is_driven and f.result != "passes"),
                  key=lambda f: (f.soc, f.path))


def sample(devices, n):
    """Of those of SoCs that can run KVM; always the same ones."""
    found = lifted([f for f in of_target(devices) if not f.is_newest])
    return random.Random(16).sample(found, min(n, len(found)))


def reasons_table(devices, results):
    chosen = [f for f in devices if f.result in results]
    alone = collections.Counter(f.reasons[0] for f in chosen if len(f.reasons) == 1)
    any_ = collections.Counter(r for f in chosen for r in f.reasons)
    yield "| because of | devices | of these: because of nothing else |"
    yield "| --- | ---: | ---: |"
    for name, count in any_.most_common():
        yield "| %s | %d | %d |" % (name, count, alone[name])
    yield ""


def versions(*directory):
    with open(os.path.join(*directory, "versions"), encoding="utf-8") as file:
        return ", ".join(file.read().split("\n")[:-1])


def lines(every, names, corpus):
    devices = [f for f in every if not f.is_newest]
    newest = [f for f in every if f.is_newest]
    target = of_target(devices)
    merged = unique(devices)
    yield "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
    yield "# What can be passed through, on real boards"
    yield ""
    yield ("Written by `make check-corpus` on %s, from the %d device trees in Debian's %s. "
           "`dais plan --host-dtb TREE --all` plans each platform and AMBA device of each tree, "
           "one at a time and without any option. Boards of one SoC are merged: a device counts once, "
           "with the result that it has on most of them." % (
               datetime.date.today().isoformat(), sum(not is_newest(name) for name in names), versions(corpus)))
    yield ""
    yield ("*Passes*: the finished node is made from the tree alone. *Needs an answer*: the user must "
           "give an option that the plan names, such as a clock's rate. *Really*: also on the board itself, "
           "where dais reads rates and voltages. *Must be forced*: that too, but one of the answers is `force`, for "
           "another device of the host uses it and would lose it. *Refused*: it cannot work, and the plan says why.")
    yield ""
    yield ("*With the host driver*: what passes, still without any option, on the board itself where the host's kernel "
           "has vfio-dais ([module.md](module.md)), and its guest has Debian's kernel. Each clock, reset line and power "
           "domain of the device's node is then served by SCMI ([scmi.md](scmi.md)), its supplies are held on and their "
           "voltages read, and all else has a rule already. A device does not count if a node below its own has a clock "
           "or a supply that can go off: nobody holds that.")
    yield ""
    yield from table("", (
        ("with registers and interrupts, on SoCs that can run KVM", target),
        ("… arm64", [f for f in target if f.arch == "arm64"]),
        ("… armhf", [f for f in target if f.arch == "armhf"]),
        ("all devices, all SoCs", merged),
        ("all devices of all boards, not merged", devices),
    ))
    yield ("And of the %d device trees in Debian's newest, %s:" % (
        sum(is_newest(name) for name in names), versions(corpus, "newest")))
    yield ""
    yield from table("", (
        ("with registers and interrupts, all arm64", of_target(newest)),
        ("all devices", unique(newest)),
        ("all devices of all boards, not merged", newest),
    ))
    yield JUDGED
    yield ""
    yield "The tables below are of the very first line."
    yield ""
    yield "## By kind of device (by its node's name)"
    yield ""
    kinds = collections.Counter(f.kind for f in target)
    yield from table("kind", [(kind, [f for f in target if f.kind == kind])
                              for kind, _ in kinds.most_common()])
    yield "## What drivers insist on, and get"
    yield ""
    yield "| what | devices |"
    yield "| --- | ---: |"
    for name, _, _ in RULES:
        yield "| %s | %d |" % (name, sum(name in f.rules for f in target))
    yield ""
    yield "## What the host driver lifts"
    yield ""
    yield from reasons_table(lifted(target), RESULTS)
    yield LIFTED
    yield ""
    yield "## Why an answer is needed"
    yield ""
    yield from reasons_table(target, ("needs-answer",))
    yield "## Why to be forced"
    yield ""
    yield from reasons_table(target, ("force",))
    yield "## Why refused"
    yield ""
    yield from reasons_table(target, ("refused",))


def write(devices, names, corpus, path):
    with open(path, "w", encoding="utf-8") as file:
        text = "\n".join(line if line[:1] in "|#<" else textwrap.fill(line, 118, break_on_hyphens=False)
                         for line in lines(devices, names, corpus))
        file.write(text.rstrip("\n") + "\n")


def dump(devices, path):
    with open(path, "w", encoding="utf-8") as file:
        for f in devices:
            file.write("\t".join((f.soc, f.path, f.kind, f.result, str(int(f.has_interrupts and f.has_registers)),
                                  str(int(f.kvm)), "; ".join(f.reasons), str(int(f.is_driven)), f.tree)) + "\n")
