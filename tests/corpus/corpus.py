#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""corpus.py [--sample] [--report FILE] [--dump FILE] [--lifted N] DAIS CORPUS

Plans every device of every tree of the corpus, checks what is said of them, and compares some with
goldens.txt. In the trees of sample.txt and goldens.txt each question that a plan asks is answered, and
the device then has to pass. Prints what is wrong, and at the end what was done. Exits with 1 when
something is wrong."""

import argparse
import collections
import json
import multiprocessing
import os
import subprocess
import sys
import time

import answers
import check
import goldens
import report
import schema

SCHEMA = os.path.join(os.path.dirname(__file__), "../../docs/plan.schema.json")
SAMPLE = os.path.join(os.path.dirname(__file__), "sample.txt")
MOST_REFUSED = 39  # per cent, of devices with interrupts on SoCs that can run KVM
CPU_LIMIT = 120  # seconds of a processor a tree; the slowest takes a few, under ASan


def plan(dais, path, what, statuses):
    """The parsed JSON, or None and the text of what went wrong: -24 is the end at the limit."""
    result = subprocess.run(
        ["prlimit", "--cpu=%d" % CPU_LIMIT, dais, "plan", "--host-dtb", path, "--json"] + what,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    if result.returncode not in statuses or result.stderr:
        lines = result.stderr.decode("latin-1").strip().splitlines()
        shown = [line for line in lines if "ERROR" in line or "error" in line] or lines or [""]
        return None, "dais ends with %d: %s" % (result.returncode, " / ".join(shown[:3]))
    try:
        return json.loads(result.stdout), None
    except ValueError as error:
        return None, "no JSON: %s" % error


def assign_both(dais, path, device, settings, partner):
    """Problems when what is asked for is assigned, too."""
    devices = ["--device", answers.device_of(device, settings), "--device", partner]
    planned, error = plan(dais, path, devices, (0, 3))
    if error:
        yield "with %s: %s" % (partner, error)
    for other in planned["devices"] if planned else ():
        if other["result"] == "refused":
            yield "with %s: %s is refused: %s" % (partner, other["path"], "; ".join(other["reasons"]))


def answer(dais, path, checked, device):
    """Problems of a device whose plan asks something, when it gets answers. A second plan may ask more,
    of what the first could not know."""
    settings = []
    asking = device
    for _ in range(4):
        more = answers.to(asking)
        if more is None:
            yield from assign_both(dais, path, device["path"], settings, answers.partner(asking))
            return
        before = len(settings)
        settings = list(dict.fromkeys(settings + more))
        given = answers.device_of(device["path"], settings)
        if len(settings) == before:
            break
        planned, error = plan(dais, path, ["--device", given], (0, 3))
        if error:
            yield "with %s: %s" % (given, error)
            return
        asking = planned["devices"][0]
        if asking["result"] == "passes":
            yield from checked.node_problems(asking)
            return
        if asking["result"] == "refused":
            break
    yield "does not pass with %s: %s" % (given, "; ".join(asking["reasons"]))


def check_tree(args):
    dais, corpus, name, expected, with_answers = args
    path = os.path.join(corpus, name)
    planned, error = plan(dais, path, ["--all"], (0,))
    if error:
        return name, [], [(None, error)]
    checked = check.Check(path, planned)
    problems = checked.run()
    if with_answers:
        problems += [(None, "schema: " + text) for text in schema.problems(schema.read(SCHEMA), planned)]
    found = {device["path"]: device for device in planned["devices"]}
    for place, lines in expected.items():
        if place not in found:
            problems.append((place, "golden: the device is not listed"))
            continue
        for text in goldens.compare(found[place], lines):
            problems.append((place, "golden: " + text))
    for device in planned["devices"]:
        if with_answers and device["result"] == "needs-answer":
            problems += [(device["path"], text) for text in answer(dais, path, checked, device)]
    return name, report.facts(checked.tree, planned), problems


def all_trees(corpus):
    found = []
    for directory, _, files in os.walk(corpus):
        for file in files:
            if file.endswith(".dtb"):
                found.append(os.path.relpath(os.path.join(directory, file), corpus))
    return sorted(found)


def sample_trees():
    with open(SAMPLE, encoding="utf-8") as file:
        listed = {line.strip() for line in file if line.strip() and line[0] != "#"}
    return sorted(listed | {name for name, _ in goldens.read()})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dais")
    parser.add_argument("corpus")
    parser.add_argument("--report", help="write the table to this file")
    parser.add_argument("--sample", action="store_true", help="only a sample of the trees")
    parser.add_argument("--dump", help="write each device's result to this file, a line each")
    parser.add_argument("--lifted", type=int, default=0,
                        help="print so many devices that the host driver lets pass, drawn at random, always the same")
    options = parser.parse_args()

    begin = time.monotonic()
    expected = collections.defaultdict(dict)
    for (name, place), lines in goldens.read().items():
        expected[name][place] = lines
    sample = sample_trees()
    names = sample if options.sample else all_trees(options.corpus)
    work = [(options.dais, options.corpus, name, expected.get(name, {}), name in sample)
            for name in names]
    devices, n_problems = [], 0
    with multiprocessing.Pool() as pool:
        for name, facts, problems in pool.imap(check_tree, work, chunksize=1 if options.sample else 8):
            devices += facts
            for place, text in problems:
                print("%s %s: %s" % (name, place or "", text))
            n_problems += len(problems)
    if options.dump:
        report.dump(devices, options.dump)
    if not options.sample and report.refused(devices) > MOST_REFUSED:
        print("more than %d %% of the devices with interrupts are refused" % MOST_REFUSED)
        n_problems += 1
    if options.report:
        report.write(devices, names, options.corpus, options.report)
    for fact in report.sample(devices, options.lifted):
        print("lifted: %s %s: %s" % (fact.tree, fact.path, "; ".join(fact.reasons)))
    print("%d trees, %d devices, %d problems, %d s" % (
        len(names), len(devices), n_problems, time.monotonic() - begin))
    print(report.headline(devices))
    return 1 if n_problems else 0


if __name__ == "__main__":
    sys.exit(main())
