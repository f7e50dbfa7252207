# SPDX-License-Identifier: GPL-2.0-only
"""goldens.txt: reads it, and compares a plan with it."""

import os
import re

FILE = os.path.join(os.path.dirname(__file__), "goldens.txt")


def read():
    """(tree, path) → list of expectations, each a list of words."""
    goldens = {}
    expected = None
    with open(FILE, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if line[0] == "\t":
                expected.append(words)
            else:
                expected = goldens.setdefault(tuple(words), [])
    return goldens


def expected_irqs(expected):
    irqs = []
    for words in expected:
        if words[0] == "irq":
            first, _, last = words[1].partition("-")
            irqs += [tuple(words[2:])] * (int(last or first) - int(first) + 1)
    return irqs


def verdict_of(device, where):
    """Verdict on [CHILD/]PROPERTY, None when nothing is said of it. No property here has a slash."""
    child, _, name = ("/" + where).rpartition("/")
    path = device["path"] + child
    for item in device["properties"]:
        if item["host"] == path and item["property"] == name:
            return item["verdict"]
    return None


def compare(device, expected):
    """What differs, a line each."""
    regions = [(r["address"], r["size"]) for r in device["regions"]]
    wanted = [tuple(words[1:]) for words in expected if words[0] == "region"]
    if regions != wanted:
        yield "regions are %s, not %s" % (regions, wanted)
    irqs = [(i["controller"], i["trigger"], i["kind"]) for i in device["interrupts"]]
    if irqs != expected_irqs(expected):
        yield "interrupts are %s, not %s" % (irqs, expected_irqs(expected))
    for words in expected:
        yield from compare_line(device, words)


def compare_line(device, words):
    what, args = words[0], words[1:]
    if what == "dma-offset" and device["dma_offset"] != args[0]:
        yield "the DMA offset is %s, not %s" % (device["dma_offset"], args[0])
    if what == "ref":
        known = [(r["property"], r["target"]) for r in device["references"]]
        if tuple(args[:2]) not in known:
            yield "no reference %s to %s" % tuple(args[:2])
    if what == "result" and device["result"] not in args:
        yield "result is %s, not %s: %s" % (
            device["result"],
            " or ".join(args),
            "; ".join(device["reasons"]),
        )
    if what == "verdict":
        verdict = verdict_of(device, args[0])
        if verdict not in args[1:]:
            yield "%s is %s, not %s" % (args[0], verdict, " or ".join(args[1:]))
    if what == "reason":
        if not any(re.search(" ".join(args), reason) for reason in device["reasons"]):
            yield "no reason matches '%s': %s" % (" ".join(args), "; ".join(device["reasons"]))
