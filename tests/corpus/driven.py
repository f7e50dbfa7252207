# SPDX-License-Identifier: GPL-2.0-only
"""Whether a device passes, without any option, on a board whose host has dais' own driver for it."""


def read_on_board(question):
    """The voltage of one of the device's own supplies, which the driver holds and dais reads."""
    return (question["about"] and "/" not in question["about"] and
            question["options"][0]["option"].startswith("supply."))


def is_constant(tree, path):
    """A crystal, or a regulator that nobody switches off: nobody has to hold it."""
    node = tree.by_path.get(path)
    if not node:
        return False
    kinds = node.strings("compatible")
    return ("fixed-clock" in kinds or "regulator-always-on" in node or
            ("regulator-fixed" in kinds and not any("gpio" in name for name in node.properties)))


def unheld(tree, device):
    """What stands for a clock or a supply of a node below the device's own, which the driver does not
    hold, and which can go off."""
    inner = {(item["host"], item["property"]) for item in device["properties"]
             if item["verdict"] == "replaced" and item["host"] and item["host"] != device["path"]}
    return [ref for ref in device["references"]
            if ref["kind"] in ("clock", "supply") and (ref["node"], ref["property"]) in inner and
            not is_constant(tree, ref["target"])]


def passes(tree, device, arch):
    """What passes without the driver does with it. 32-bit hosts have no KVM that hands SCMI's calls over."""
    if device["result"] == "passes":
        return True
    driven = device.get("with_vfio_dais")
    if arch != "arm64" or not driven or driven["result"] == "refused" or unheld(tree, device):
        return False
    return all(read_on_board(question) for question in driven["questions"])
