#!/usr/bin/env python3
"""check.py ABIBOX MANUAL: the manual and `abibox run --help` name the same long options.

Exit status: 0 the same, 1 not, 2 trouble.
"""

import re
import subprocess
import sys

# Of every command, and described as such.
EVERYWHERE = {"--help", "--version"}


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - EVERYWHERE


def main():
    abibox, manual = sys.argv[1:]
    shown = subprocess.run([abibox, "run", "--help"], text=True, check=False,
                           stdout=subprocess.PIPE)
    if shown.returncode != 0 or not options(shown.stdout):
        print(f"`abibox run --help` shows no options (exit status {shown.returncode})")
        return 2
    with open(manual, encoding="utf-8") as page:
        written = options(page.read().replace("\\-", "-"))
    for option in sorted(options(shown.stdout) - written):
        print(f"{option}: not in the manual")
    for option in sorted(written - options(shown.stdout)):
        print(f"{option}: in the manual, but not in `abibox run --help`")
    return 1 if written != options(shown.stdout) else 0


if __name__ == "__main__":
    sys.exit(main())
