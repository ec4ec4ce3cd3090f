#!/usr/bin/env python3
"""Checks a model with spin: run.py MODEL clean|fault [-DNAME=VALUE...]

clean: the whole state space is searched and no error found. fault: the model has a seeded fault, and
the search has to find it. Exit status: 0 as expected, 1 not, 2 trouble, 77 no spin here.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_MIB = 4000
DEPTH = 200000


def trouble(message):
    print(f"run.py: {message}", file=sys.stderr)
    sys.exit(2)


def command(arguments, directory):
    done = subprocess.run(arguments, cwd=directory, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        trouble(f"{' '.join(arguments)}:\n{done.stdout}")
    return done.stdout


def search(model, defines):
    """(errors found, whole space searched, the checker's report)"""
    with tempfile.TemporaryDirectory() as directory:
        command(["spin", "-a", *defines, str(HERE / model)], directory)
        command(["cc", "-O1", "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB}",
                 "-o", "pan", "pan.c"], directory)
        report = subprocess.run(["./pan", f"-m{DEPTH}", "-w22"], cwd=directory, text=True,
                                check=False, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT).stdout
    errors = re.search(r"errors: (\d+)", report)
    if errors is None:
        trouble(f"no result:\n{report}")
    cut = re.search(r"max search depth too small|Search not completed|out of memory", report)
    return int(errors[1]), cut is None, report


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in ("clean", "fault"):
        trouble(__doc__)
    model, expected, defines = sys.argv[1], sys.argv[2], sys.argv[3:]
    if shutil.which("spin") is None:
        print("spin is not installed: run tools/setup --test", file=sys.stderr)
        return 77
    errors, complete, report = search(model, defines)
    states = re.search(r"(\d+) states, stored", report)
    print(f"{model} {' '.join(defines)}: {errors} errors, {states[1] if states else '?'} states")
    if expected == "fault":
        if errors == 0:
            print("the seeded fault was not found")
        return 0 if errors > 0 else 1
    if errors > 0 or not complete:
        print(report)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
