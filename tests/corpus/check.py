# SPDX-License-Identifier: GPL-2.0-only
"""Checks what "dais plan --all --json" says of one tree: against Linux's rules (linux.py), dtc, and
what can be seen in the tree."""

import functools
import re
import subprocess

import answers
import linux
import tree as device_tree

TRIGGERS = {1: "edge-rising", 2: "edge-falling", 3: "edge-both", 4: "level-high", 8: "level-low"}
# Properties by which a node is used by the one that has them, so that the host needs it; not: what
# describes a wire in both directions (remote-endpoint), and the marks in /aliases and /chosen.
USES = re.compile(
    r"(clocks|resets|power-domains|interrupts-extended|interrupt-parent|iommus|msi-parent|dmas|"
    r"pinctrl-\d+|.*-supply|(.*-)?gpios?|phys|pwms|mboxes|io-channels|interconnects|hwlocks|nvmem|"
    r"nvmem-cells|thermal-sensors|iommu-map|msi-map|interrupt-map)$"
)
# The first cell of what these hold, in a guest's tree, is a phandle.
PHANDLES = re.compile(
    r"(clocks|resets|power-domains|interrupt-parent|iommus|dmas|pinctrl-\d+|.*-supply|phys|"
    r"phy-handle|memory-region|nvmem-cells|mboxes|interconnects|operating-points-v2|"
    r"remote-endpoint|(.*-)?gpios?|assigned-clocks|assigned-clock-parents|msi-parent)$"
)
NOT_PHANDLES = re.compile(r"(.*,)?(n|nr-)gpios?$|gpio$")  # and in a gpio-hog, gpios is not
# A guest's tree around the nodes: what "dais plan" leaves out of its text.
SURROUNDINGS = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	interrupt-parent = <1>;
	intc@0 { reg = <0 0 0 1>; interrupt-controller; #interrupt-cells = <3>;
		#address-cells = <0>; phandle = <1>; };
	apb-pclk { #clock-cells = <0>; phandle = <2>; };
	pl011@9000000 { reg = <0 0x9000000 0 0x1000>; };
%s};
"""
WARNING = re.compile(r"Warning \(([a-z_]+)\): (/\S*?)(?::|\s)")


# What a device that no IOMMU serves is below, if buses of the host have dma-ranges for it.
DMA_BUS = "dma-bus-"


def dtc(source, form):
    """What dtc makes of a tree, None when it refuses it; and what it says."""
    result = subprocess.run(
        ["dtc", "-I", form, "-O", "dtb", "-o", "-", "-"],
        input=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    return result.stdout if result.returncode == 0 else None, result.stderr.decode("latin-1")


def warnings_of(blob):
    """[(kind, path)]. Of a blob, for source that has numbers for phandles is one warning more."""
    return WARNING.findall(dtc(blob, "dtb")[1])


@functools.lru_cache(maxsize=100000)
def compile_nodes(text):
    """Kinds of dtc's warnings on a device's nodes, what else is wrong with them, and where its memory is."""
    blob, said = dtc((SURROUNDINGS % text).encode(), "dts")
    if blob is None:
        return frozenset(), ("dtc does not accept the node: " + said.strip().splitlines()[0],), ()
    tree = device_tree.Tree(blob)
    problems = [*foreign_phandles(tree), *overlaps(tree), *child_interrupts(tree)]
    buses = [node for node in tree.root.children if node.name.startswith(DMA_BUS)]
    memory = linux.dma_ranges(buses[0].children[0]) if buses else []
    return frozenset(kind for kind, _ in warnings_of(blob)), tuple(problems), tuple(memory)


def foreign_phandles(tree):
    for node in tree.nodes:
        for name in node.properties:
            if not PHANDLES.match(name) or NOT_PHANDLES.match(name) or "gpio-hog" in node:
                continue
            phandle = node.cell(name, 0)
            if phandle not in (0, 0xFFFFFFFF) and phandle not in tree.by_phandle:
                yield "%s of the finished node points at nothing (0x%x)" % (name, phandle)


def child_interrupts(tree):
    """VFIO offers a device's own interrupts only."""
    for top in tree.root.children:
        device = top.children[0] if top.name.startswith(DMA_BUS) else top
        for node in device.subtree():
            if node is not device and ("interrupts" in node or "interrupts-extended" in node):
                parent = linux.interrupt_parent(tree, node)
                if not parent or parent.path == "/intc@0":
                    yield "%s of the finished node has an interrupt" % node.name


def overlaps(tree):
    names = [node.name for node in tree.root.children]
    if len(set(names)) != len(names):
        yield "two finished nodes have one name"


class Check:
    """One tree's plan. problems: (path, text)."""

    def __init__(self, path, plan):
        with open(path, "rb") as file:
            blob = file.read()
        self.tree = device_tree.Tree(blob)
        self.plan = plan
        self.problems = []
        self.blob = blob
        self.users = None

    def problem(self, device, text):
        self.problems.append((device["path"], text))

    def run(self):
        known = set()
        for device in self.plan["devices"]:
            node = self.tree.by_path.get(device["path"])
            if not node:
                self.problem(device, "the tree has no such node")
                continue
            known.add(device["path"])
            self.check_regions(device, node)
            self.check_interrupts(device, node)
            self.check_properties(device, node)
            self.check_nodes(device)
            if device["result"] != "refused":
                self.check_possible(device, node)
        for node in linux.devices(self.tree):
            if node.path not in known and linux.regions(node) and not linux.is_pci(node):
                self.problem({"path": node.path}, "Linux makes a device of it, and it is not listed")
        return self.problems

    def check_regions(self, device, node):
        """Not of what is below a PCI function, where dais shows the BAR's ranges, and refuses it."""
        if any("a part of a PCI function" in reason for reason in device["reasons"]):
            return
        said = [(int(r["address"], 16), int(r["size"], 16)) for r in device["regions"]]
        wanted = [tuple(r) for r in linux.regions(node)]
        if said != wanted:
            self.problem(device, "regions: %s, Linux has %s" % (hexes(said), hexes(wanted)))

    def check_interrupts(self, device, node):
        wanted = linux.interrupts(self.tree, node)
        if len(wanted) != len(device["interrupts"]):
            self.problem(
                device, "%d interrupts, Linux has %d" % (len(device["interrupts"]), len(wanted))
            )
            return
        for said, irq in zip(device["interrupts"], wanted):
            text = wrong_interrupt(said, irq)
            if text:
                self.problem(device, "interrupt %d: %s" % (said["index"], text))

    def check_properties(self, device, node):
        """Each property of the node, and of each child that has a verdict, has one."""
        said = {}
        for item in device["properties"]:
            said.setdefault(item["host"], set()).add(item["property"])
        if not said and device["result"] == "refused":
            return
        for below in node.subtree():
            missing = set(below.properties) - said.get(below.path, set())
            if missing and (below is node or below.path in said):
                if "" in said.get(below.path, ()):
                    continue
                self.problem(device, "no verdict on %s %s" % (below.path, sorted(missing)))

    def check_nodes(self, device):
        if device["result"] == "passes":
            self.problems += [(device["path"], text) for text in self.node_problems(device)]
        elif device["node"]:
            self.problem(device, "it has a finished node, but does not pass")

    def node_problems(self, device):
        """Of the finished node of a device that passes."""
        if not device["node"]:
            yield "it passes, but has no node"
            return
        node = self.tree.by_path[device["path"]]
        kinds, problems, memory = compile_nodes(device["node"])
        yield from problems
        if memory != (() if "iommus" in node else tuple(linux.dma_ranges(node))):
            yield "its memory is not where it is on the host: %s" % (memory,)
        new = kinds - self.host_kinds(node, [below.path for below in node.subtree()])
        if new:
            yield "dtc warns of what it does not in the host's: %s" % sorted(new)

    @functools.cached_property
    def host_warnings(self):
        return warnings_of(self.blob)

    def host_kinds(self, node, own):
        paths = set(own)
        for name in node.properties:
            if name in ("clocks",) or name.endswith("-supply"):
                target = self.tree.by_phandle.get(node.cell(name))
                paths.add(target.path if target else "")
        return {kind for kind, path in self.host_warnings if path in paths}

    def check_possible(self, device, node):
        """What passes, or could pass with an answer, has nothing in the tree that forbids it."""
        if not device["regions"]:
            self.problem(device, "passes without registers")
        for irq in device["interrupts"]:
            if irq["kind"] in ("ppi", "unresolved"):
                self.problem(device, "passes with interrupt %d %s" % (irq["index"], irq["kind"]))
        user = self.user_of(node)
        if user and not any("the host uses it" in reason for reason in device["reasons"]):
            self.problem(device, "passes, but the host uses it: %s" % user)
        if node.name in ("cpus", "memory"):
            self.problem(device, "passes, but is no device")

    def user_of(self, node):
        if self.users is None:
            self.users = find_users(self.tree)
        own = set(map(id, node.subtree()))
        above = set(map(id, node.ancestors()))
        for below in node.subtree():
            for user, name in self.users.get(id(below), ()):
                if id(user) not in own and id(user) not in above and available(user):
                    return "%s (%s)" % (user.path, name)
        return None


def available(node):
    return node.is_available() and all(above.is_available() for above in node.ancestors())


def find_users(tree):
    """id of a node → [(node that points at it, property)], by what is surely a phandle."""
    users = {}
    for node in tree.nodes:
        for name in node.properties:
            if not USES.match(name) or NOT_PHANDLES.match(name) or "gpio-hog" in node:
                continue
            for target in targets(tree, node, name):
                users.setdefault(id(target), []).append((node, name))
    return users


CELLS = {
    "clocks": "#clock-cells",
    "resets": "#reset-cells",
    "power-domains": "#power-domain-cells",
    "interrupts-extended": "#interrupt-cells",
    "iommus": "#iommu-cells",
    "dmas": "#dma-cells",
    "phys": "#phy-cells",
    "pwms": "#pwm-cells",
    "mboxes": "#mbox-cells",
    "io-channels": "#io-channel-cells",
    "interconnects": "#interconnect-cells",
    "hwlocks": "#hwlock-cells",
    "nvmem-cells": "#nvmem-cell-cells",
    "thermal-sensors": "#thermal-sensor-cells",
    "msi-parent": "#msi-cells",
}


def targets(tree, node, name):
    cells = node.cells(name)
    width = CELLS.get(name)
    if re.search("gpios?$", name):
        width = "#gpio-cells"
    if name == "interrupt-parent" and "interrupts" not in node:
        return
    i = 0
    while i < len(cells):
        target = tree.by_phandle.get(cells[i])
        # Linux fails, too, where the provider does not say how many cells follow.
        if not target or (width and width not in target):
            return
        yield target
        if not width and not name.startswith("pinctrl-"):
            return
        i += 1 + (target.cell(width, 0) if width else 0)


def wrong_interrupt(said, irq):
    if not irq:
        return None if said["kind"] == "unresolved" else "Linux cannot resolve it"
    if said["kind"] == "unresolved":
        return "unresolved, Linux has %s" % irq.controller.path
    if said["controller"] != irq.controller.path:
        return "of %s, Linux has %s" % (said["controller"], irq.controller.path)
    if tuple(said["specifier"]) != irq.specifier:
        return "specifier %s, Linux has %s" % (said["specifier"], irq.specifier)
    if (said["kind"] == "ppi") != linux.is_private(irq):
        return "is %s" % said["kind"]
    if linux.is_gic(irq.controller) and len(irq.specifier) >= 3:
        wanted = TRIGGERS.get(irq.specifier[2] & 0xF, "default")
        if said["trigger"] != wanted:
            return "trigger %s, Linux has %s" % (said["trigger"], wanted)
    if said["guest"] not in ("edge-rising", "level-high"):
        return "is %s in the guest" % said["guest"]
    return None


def hexes(regions):
    return ", ".join("0x%x+0x%x" % region for region in regions) or "none"
