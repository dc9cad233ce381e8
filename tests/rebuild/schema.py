#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""schema.py SCHEMA STATEMENT [OPTIONAL...]: a statement is as the schema says, and the schema refuses
whatever has a key more or one less, in each object of it. Keys that may be absent are named by their
path, with the first item of a list for all of them: predicate.run, subject.0.digest.dirHash."""
import copy
import json
import sys

import jsonschema


def objects(value, path=()):
    """The path of each object in it."""
    if isinstance(value, dict):
        yield path
        for key in value:
            yield from objects(value[key], path + (key,))
    elif isinstance(value, list) and value:
        yield from objects(value[0], path + (0,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def main():
    with open(sys.argv[1]) as f:
        schema = json.load(f)
    with open(sys.argv[2]) as f:
        said = json.load(f)
    absent = set(sys.argv[3:])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = [e.message for e in validator.iter_errors(said)]

    def judge(path, key, valid, what):
        name = ".".join(map(str, path + (key,)))
        changed = copy.deepcopy(said)
        if what == "more":
            at(changed, path)[key] = 1
        else:
            del at(changed, path)[key]
        if validator.is_valid(changed) != valid:
            wrong.append(f"{name}: one {what} is {'refused' if valid else 'taken'}")
        absent.discard(name)

    for path in list(objects(said)):
        judge(path, "unknown", False, "more")
        for key in at(said, path):
            judge(path, key, ".".join(map(str, path + (key,))) in absent, "less")
    wrong += [f"{name}: is not there" for name in absent]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
