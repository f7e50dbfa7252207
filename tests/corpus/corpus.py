#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""corpus.py DAIS CORPUS [--report FILE] [--trees FILE]

Plans every device of every tree of the corpus, checks what is said of them, and compares some with
goldens.txt. Writes the report. Prints what is wrong, and at the end a line

	TREES DEVICES PROBLEMS

Exits with 1 when there are problems."""

import argparse
import collections
import json
import multiprocessing
import os
import subprocess
import sys
import time

import check
import goldens
import report

TIMEOUT = 120  # seconds a tree; the slowest takes a few, under ASan


def plan(dais, path):
    """The parsed JSON, or the text of what went wrong."""
    try:
        result = subprocess.run(
            [dais, "plan", "--host-dtb", path, "--all", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, "dais takes more than %d s" % TIMEOUT
    if result.returncode or result.stderr:
        lines = result.stderr.decode("latin-1").strip().splitlines()
        shown = [line for line in lines if "ERROR" in line or "error" in line] or lines or [""]
        return None, "dais ends with %d: %s" % (result.returncode, " / ".join(shown[:3]))
    try:
        return json.loads(result.stdout), None
    except ValueError as error:
        return None, "no JSON: %s" % error


def check_tree(args):
    dais, corpus, name, expected = args
    path = os.path.join(corpus, name)
    planned, error = plan(dais, path)
    if error:
        return name, [], [(None, error)], ""
    checked = check.Check(path, planned)
    problems = checked.run()
    found = {device["path"]: device for device in planned["devices"]}
    for place, lines in expected.items():
        if place not in found:
            problems.append((place, "golden: the device is not listed"))
            continue
        for text in goldens.compare(found[place], lines):
            problems.append((place, "golden: " + text))
    return name, report.facts(checked.tree, planned), problems, ""


def trees(corpus, listed):
    if listed:
        with open(listed, encoding="utf-8") as file:
            return [line.strip() for line in file if line.strip() and line[0] != "#"]
    found = []
    for directory, _, files in os.walk(corpus):
        for file in files:
            if file.endswith(".dtb"):
                found.append(os.path.relpath(os.path.join(directory, file), corpus))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dais")
    parser.add_argument("corpus")
    parser.add_argument("--report", help="write the table to this file")
    parser.add_argument("--trees", help="file with the names of the trees to plan; default: all")
    parser.add_argument("--dump", help="write each device's result to this file, a line each")
    options = parser.parse_args()

    begin = time.monotonic()
    expected = collections.defaultdict(dict)
    for (name, place), lines in goldens.read().items():
        expected[name][place] = lines
    names = trees(options.corpus, options.trees)
    work = [(options.dais, options.corpus, name, expected.get(name, {})) for name in names]
    devices, n_problems = [], 0
    with multiprocessing.Pool() as pool:
        for name, facts, problems, _ in pool.imap(check_tree, work, chunksize=8):
            devices += facts
            for place, text in problems:
                print("%s %s: %s" % (name, place or "", text))
            n_problems += len(problems)
    if options.dump:
        report.dump(devices, options.dump)
    if options.report:
        report.write(devices, len(names), options.corpus, options.report)
    print("%d trees, %d devices, %d problems, %d s" % (
        len(names), len(devices), n_problems, time.monotonic() - begin))
    print(report.headline(devices))
    return 1 if n_problems else 0


if __name__ == "__main__":
    sys.exit(main())
