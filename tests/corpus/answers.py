# SPDX-License-Identifier: GPL-2.0-only
"""Answers what "dais plan" asks about a device, as the plan's own reasons say."""

import re

VALUES = {"HZ": "100000000", "MICROVOLT": "3300000", "guest": "guest"}
ASKED = re.compile(r"\bgive ((?:clock|supply|carveout|drop|keep|host|force)\b\S*)$")
FORCE = re.compile(r"\bgive force(=on)?$")


def must_be_forced(reasons):
    return any(FORCE.search(reason) for reason in reasons)


def to(reasons):
    """{key: value} of the options asked for; None when another device would have to be assigned, too."""
    options = {}
    for reason in reasons:
        asked = ASKED.search(reason)
        if not asked:
            continue
        # Names of properties have commas, too.
        for option in re.split(r",(?=(?:clock|supply|carveout)\.|(?:drop|keep|host)=)", asked.group(1)):
            key, _, value = option.partition("=")
            if key == "host":
                return None
            if key == "drop":
                options.setdefault("drop", []).append(value)
            elif key == "force":
                options["force"] = "on"
            elif key != "keep":  # or drop, which stands beside it
                options[key] = VALUES[value]
    return options


def device_of(path, options):
    """The argument of --device."""
    words = ["vfio-platform", "host=" + path]
    for key, value in options.items():
        text = key + "=" + (" ".join(value) if isinstance(value, list) else value)
        words.append(text.replace(",", ",,"))
    return ",".join(words)
