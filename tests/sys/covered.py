#!/usr/bin/env python3
"""Checks that every call marked full is proved by a guest program.

covered.py CALLS.TSV GUESTS: the first is the table of calls as the build made it from abi/amd64.sys
(nr, name, class, level, note), the second the directory of guests/sys, each of whose programs names
in its first line, `// calls: a b c`, the calls that it makes and proves.

Exit status: 0 all are proved, 1 some are not, 2 trouble.
"""

import csv
import pathlib
import sys


def calls_and_levels(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return {row["name"]: row["level"] for row in csv.DictReader(
            lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def calls_of_guests(directory):
    """The calls that each program names: {call: [program, ...]}."""
    programs = {}
    for source in sorted(pathlib.Path(directory).glob("*.c")):
        first = source.read_text(encoding="utf-8").split("\n", 1)[0]
        if not first.startswith("// calls:"):
            raise ValueError(f"{source}: the first line is not `// calls: NAME...`")
        for call in first.removeprefix("// calls:").split():
            programs.setdefault(call, []).append(source.name)
    return programs


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        levels = calls_and_levels(sys.argv[1])
        programs = calls_of_guests(sys.argv[2])
    except (OSError, ValueError, KeyError) as error:
        print(f"covered.py: {error!r}", file=sys.stderr)
        return 2

    full = [name for name, level in levels.items() if level == "full"]
    unproved = [name for name in full if name not in programs]
    unknown = [name for name in programs if name not in levels]
    for name in unproved:
        print(f"{name}: marked full, but no program of guests/sys names it")
    for name in unknown:
        print(f"{name}: named by {', '.join(programs[name])}, but there is no such call")
    print(f"{len(full)} calls full, {len(full) - len(unproved)} of them proved by a guest")
    return 1 if unproved or unknown or not full else 0


if __name__ == "__main__":
    sys.exit(main())
