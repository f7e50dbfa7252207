# SPDX-License-Identifier: GPL-2.0-only
"""Answers what "dais plan" asks about a device, by the first option of each of its questions."""

import re

VALUES = {"HZ": "100000000", "MICROVOLT": "3300000", "TEXT": "vendor,device"}
ASKED = re.compile(r": give (--device|(clock|supply|carveout|syscon|drop|keep|compatible|force)\b)")


def must_be_forced(device):
    return any(option["option"] == "force=on" for question in device["questions"]
               for option in question["options"])


def to(device):
    """The settings that are asked for, as they go behind host=; None when another device would have to be
    assigned, too."""
    settings = []
    for question in device["questions"]:
        # That it is no reference is not to be tried: most are.
        options = [option["option"] for option in question["options"]]
        option = next((text for text in options if not text.startswith("keep=")), options[0])
        if option.startswith("--device"):
            return None
        settings.append(re.sub("=(HZ|MICROVOLT|TEXT)(?=,|$)", lambda match: "=" + VALUES[match[1]], option))
    return settings


def partner(device):
    """The argument of --device by which another device is asked for."""
    return next(option["option"].split(" ", 1)[1] for question in device["questions"]
                for option in question["options"] if option["option"].startswith("--device "))


def device_of(path, settings):
    """The argument of --device."""
    return ",".join(["vfio-platform", "host=" + path.replace(",", ",,")] + settings)
