# SPDX-License-Identifier: GPL-2.0-only
"""What Linux makes of a device's node: which nodes become devices, which resources they have.

After drivers/of/platform.c, address.c, irq.c and base.c, and what vfio-platform and vfio-amba offer
of it. Written without a look at dais, whose account of the same trees is checked against this."""

import collections

# of_default_bus_match_table; what is below anything else is created by that node's driver
BUSES = ("simple-bus", "simple-mfd", "isa", "arm,amba-bus")
# of_irq_imap_abusers: they have an interrupt-map that is not one
IMAP_ABUSERS = (
    "CBEA,platform-spider-pic",
    "sti,platform-spider-pic",
    "realtek,rtl-intc",
    "fsl,ls1021a-extirq",
    "fsl,ls1043a-extirq",
    "fsl,ls1088a-extirq",
    "renesas,rza1-irqc",
)
GICS = (
    "arm,gic-400",
    "arm,cortex-a15-gic",
    "arm,cortex-a7-gic",
    "arm,cortex-a9-gic",
    "arm,cortex-a5-gic",
    "arm,eb11mp-gic",
    "arm,pl390",
    "arm,arm1176jzf-devchip-gic",
    "arm,arm11mp-gic",
    "arm,gic-v3",
    "qcom,msm-8660-qgic",
    "qcom,msm-qgic2",
    "nvidia,tegra210-agic",
)

Interrupt = collections.namedtuple("Interrupt", "controller specifier")
Region = collections.namedtuple("Region", "address size")


def is_compatible(node, names):
    return any(name in names for name in node.strings("compatible"))


def is_amba(node):
    return "arm,primecell" in node.strings("compatible")


def is_gic(node):
    return is_compatible(node, GICS)


def devices(tree):
    """The nodes that of_platform_default_populate() makes devices of."""

    def populate(bus):
        for node in bus.children:
            if "compatible" not in node or not node.is_available():
                continue
            if "operating-points-v2" in node.strings("compatible"):
                continue
            yield node
            if not is_amba(node) and is_compatible(node, BUSES):
                yield from populate(node)

    return list(populate(tree.root))


def inherited_cells(node, name):
    """of_bus_n_addr_cells() and of_bus_n_size_cells() of a bus: its own, or the next one's above."""
    while node:
        value = node.cell(name)
        if value is not None:
            return value
        node = node.parent
    return 1


def number(cells):
    value = 0
    for cell in cells:
        value = value << 32 | cell
    return value & 0xFFFFFFFFFFFFFFFF


def is_pci(bus):
    return bus.strings("device_type")[:1] in (["pci"], ["pciex"], ["vci"])


def has_flag_cell(bus, n_address):
    """"default-flags" of address.c: the first of three cells tells the space, and must match."""
    return n_address == 3 and "#address-cells" in bus


def translate_once(bus, address, n_address, n_size, n_parent, name):
    """Cells of an address on @bus → cells on the bus above it, or None."""
    ranges = bus.cells(name)
    if ranges is None and name != "dma-ranges":
        return None
    if not ranges:
        return [0] * max(n_parent - 2, 0) + split(number(address), min(n_parent, 2))
    flag = 1 if has_flag_cell(bus, n_address) else 0
    wanted = number(address[flag:])
    step = n_address + n_parent + n_size
    for i in range(0, len(ranges) - step + 1, step):
        start = number(ranges[i + flag : i + n_address])
        size = number(ranges[i + n_address + n_parent : i + step])
        if flag and ranges[i] != address[0]:
            continue
        if start <= wanted < start + size:
            base = ranges[i + n_address : i + n_address + n_parent]
            tail = min(n_parent, 2)
            moved = number(base[-tail:]) + wanted - start
            return list(base[:-tail]) + split(moved, tail)
    return None


def split(value, n_cells):
    return [value >> 32 * i & 0xFFFFFFFF for i in reversed(range(n_cells))]


def translate(node, address, name="ranges"):
    """of_translate_address(), of_translate_dma_address(): None when some bus above does not hand it on."""
    bus = node.parent
    n_address = inherited_cells(bus, "#address-cells")
    n_size = inherited_cells(bus, "#size-cells")
    while True:
        if not 0 < n_address <= 4 or n_size <= 0 or is_pci(bus):
            return None
        if not bus.parent:
            return number(address)
        n_parent = inherited_cells(bus.parent, "#address-cells")
        address = translate_once(bus, address, n_address, n_size, n_parent, name)
        if address is None:
            return None
        bus, n_address = bus.parent, n_parent
        n_size = inherited_cells(bus, "#size-cells")


def regions(node):
    """As the device's memory resources: up to the first that cannot be translated. An AMBA device
    has one (amba_device_create())."""
    n_address = inherited_cells(node.parent, "#address-cells")
    n_size = inherited_cells(node.parent, "#size-cells")
    reg = node.cells("reg") or ()
    step = n_address + n_size
    found = []
    for i in range(0, len(reg) - step + 1, step) if 0 < n_address <= 4 else ():
        address = translate(node, reg[i : i + n_address])
        if address is None:
            break
        found.append(Region(address, number(reg[i + n_address : i + step])))
    return found[:1] if is_amba(node) else found


def dma_ranges(node):
    """of_dma_get_range(): (bus address, CPU address, size) of each entry; none: they are the same."""
    bus, found = node.parent, False
    while bus and bus.parent and not bus.cells("dma-ranges"):
        if found and "dma-ranges" not in bus:
            return []
        bus, found = bus.parent, True
    if not bus or not bus.parent:
        return []
    n_address = inherited_cells(bus, "#address-cells")
    n_parent = inherited_cells(bus.parent, "#address-cells")
    n_size = inherited_cells(bus, "#size-cells")
    step, entries = n_address + n_parent + n_size, bus.cells("dma-ranges")
    ranges = []
    for i in range(0, len(entries) - step + 1, step):
        start = number(entries[i : i + n_address][1 if has_flag_cell(bus, n_address) else 0 :])
        cpu = translate(bus, entries[i + n_address : i + n_address + n_parent], "dma-ranges")
        size = number(entries[i + n_address + n_parent : i + step])
        if cpu is not None and size:
            ranges.append((start, cpu, size))
    return ranges


def interrupt_parent(tree, node):
    """of_irq_find_parent()"""
    for _ in range(64):
        phandle = node.cell("interrupt-parent")
        node = tree.by_phandle.get(phandle) if phandle is not None else node.parent
        if not node or "#interrupt-cells" in node:
            return node
    return None


def extended(tree, node):
    """interrupts-extended as (controller, specifier), None for a hole; up to the first error."""
    cells = node.cells("interrupts-extended") or ()
    found = []
    i = 0
    while i < len(cells):
        controller = tree.by_phandle.get(cells[i])
        if cells[i] == 0:
            found.append(None)
            i += 1
            continue
        n = controller.cell("#interrupt-cells") if controller else None
        if n is None or i + 1 + n > len(cells):
            break
        found.append((controller, cells[i + 1 : i + 1 + n]))
        i += 1 + n
    return found


def nexus_address_cells(tree, controller):
    node = controller
    while node:
        if "#address-cells" in node:
            return node.cell("#address-cells")
        node = node.parent
    return 2


def map_interrupt(tree, nexus, wanted):
    """The line of an interrupt-map that matches: (controller, address, specifier), or None."""
    table = nexus.cells("interrupt-map")
    mask = nexus.cells("interrupt-map-mask") or ()
    wanted = [w & (mask[i] if i < len(mask) else 0xFFFFFFFF) for i, w in enumerate(wanted)]
    i = 0
    while i + len(wanted) < len(table):
        line = table[i : i + len(wanted)]
        controller = tree.by_phandle.get(table[i + len(wanted)])
        if not controller or "#interrupt-cells" not in controller:
            return None
        i += len(wanted) + 1
        n_address = controller.cell("#address-cells", 0)
        n_cells = controller.cell("#interrupt-cells")
        if list(line) == wanted:
            end = i + n_address + n_cells
            if end > len(table):
                return None
            return controller, table[i : i + n_address], table[i + n_address : end]
        i += n_address + n_cells
    return None


def resolve(tree, controller, address, specifier):
    """of_irq_parse_raw(): through nexus nodes to a controller, or None."""
    n_address = nexus_address_cells(tree, controller)
    address = list(address)[:n_address]
    for _ in range(16):
        has_map = "interrupt-map" in controller and not is_compatible(controller, IMAP_ABUSERS)
        if "interrupt-controller" in controller and not has_map:
            return Interrupt(controller, tuple(specifier))
        if n_address and len(address) < n_address:
            return None
        if "interrupt-map" not in controller:
            controller = interrupt_parent(tree, controller)
            if not controller:
                return None
            continue
        line = map_interrupt(tree, controller, list(address) + list(specifier))
        if not line:
            return None
        controller, address, specifier = line
        n_address = len(address)
    return None


def interrupts(tree, node):
    """In index order, up to and with the last that the node lists; None for one without a
    controller. A hole or the end of interrupts-extended is filled from interrupts, as Linux does."""
    parent = interrupt_parent(tree, node)
    width = parent.cell("#interrupt-cells") if parent else 0
    plain = node.cells("interrupts") or ()
    others = extended(tree, node)
    address = node.cells("reg") or ()
    found = []
    for i in range(max(len(others), len(plain) // width if width else int(bool(plain)))):
        source = others[i] if i < len(others) else None
        if not source and width and (i + 1) * width <= len(plain):
            source = parent, plain[i * width : (i + 1) * width]
        found.append(resolve(tree, source[0], address, source[1]) if source else None)
    return found


def is_private(interrupt):
    """A GIC's PPI or extended PPI, which belongs to one CPU and cannot be handed out."""
    return is_gic(interrupt.controller) and interrupt.specifier[:1] in ((1,), (3,))
