#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""schema.py SCHEMA [FILE]: what of FILE, or of the standard input, is not as the JSON Schema says."""

import json
import sys

import jsonschema


def read(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator, instance):
    for error in validator.iter_errors(instance):
        nested = "; ".join(below.message[:200] for below in error.context or ())
        yield "%s: %s %s" % (error.json_path, error.message[:200], nested)


def main():
    found = list(problems(read(sys.argv[1]), json.load(open(sys.argv[2], encoding="utf-8")
                                                       if len(sys.argv) > 2 else sys.stdin)))
    print("\n".join(found[:10]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
