#!/usr/bin/env python3
"""run.py --abibox ABIBOX CASE.sh: real programs, natively and in the sandbox, have to do the same.

A case is a script whose first lines say, as comments,
    # shell: PATH [ARG...]   what runs it (natively and in the box), the script being its last word
    # ro: PATH...            what the box sees of the host beside the shell
    # needs: PATH...         skipped (exit status 77) when one of these is missing on the host
    # prepare: COMMAND       run first, natively, in each of the two directories
It starts in a directory of its own, writable, and may use relative paths only. Compared are standard
output, standard error, exit status, and the directory tree afterwards (names, types, permissions,
contents). Exit status: 0 the same, 1 not, 2 trouble.
"""

import argparse
import difflib
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/", "LC_ALL": "C",
               "TZ": "UTC"}
WORK = "/mnt"


def directives(path):
    found = {"shell": [], "ro": [], "needs": [], "prepare": ""}
    with open(path, encoding="utf-8") as case:
        for line in case:
            if not line.startswith("#"):
                break
            key, _, value = line[1:].strip().partition(":")
            if key in found:
                found[key] = value.strip() if key == "prepare" else value.split()
    return found


def fingerprint(directory):
    lines = []
    for base, directories, files in os.walk(directory):
        for name in sorted(directories + files):
            path = os.path.join(base, name)
            info = os.lstat(path)
            what = f"{os.path.relpath(path, directory)} {stat.filemode(info.st_mode)}"
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as content:
                    what += f" {info.st_size} {hashlib.sha256(content.read()).hexdigest()}"
            elif stat.S_ISLNK(info.st_mode):
                what += f" -> {os.readlink(path)}"
            lines.append(what)
    return sorted(lines)


def run(command, directory, environment, timeout):
    """The native side has the directory at the box's path, in a mount namespace of its own."""
    done = subprocess.run(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          check=False)
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return code, done.stdout, re.sub(rb"process \d+", b"process N", done.stderr)


def show_difference(name, native, boxed):
    native = native.decode("utf-8", "backslashreplace").splitlines()
    boxed = boxed.decode("utf-8", "backslashreplace").splitlines()
    for line in list(difflib.unified_diff(native, boxed, f"native {name}", f"boxed {name}",
                                          lineterm=""))[:60]:
        print(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--abibox", required=True)
    parser.add_argument("--guests", default="", help="directory of built guest programs")
    parser.add_argument("--timeout", type=float, default=600)
    parser.add_argument("case")
    arguments = parser.parse_args()

    arguments.abibox = os.path.abspath(arguments.abibox)
    case = directives(arguments.case)
    if not case["shell"]:
        print(f"{arguments.case}: no '# shell:' line")
        return 2
    for path in case["needs"] + case["shell"][:1]:
        if not os.path.exists(path):
            print(f"skipped: {path} is not installed")
            return 77
    top = tempfile.mkdtemp(prefix="abibox-real-", dir="/dev/shm")
    try:
        sides = {}
        for side in ("native", "boxed"):
            directory = os.path.join(top, side)
            os.mkdir(directory)
            shutil.copy(arguments.case, os.path.join(directory, "case.sh"))
            if case["prepare"]:
                subprocess.run(["/bin/sh", "-ec", case["prepare"]], cwd=directory, check=True,
                               env=dict(ENVIRONMENT, GUESTS=arguments.guests))
            sides[side] = directory
        boxed_command = [arguments.abibox, "run", "--clearenv"]
        for name, value in ENVIRONMENT.items():
            boxed_command += ["-E", f"{name}={value}"]
        for path in case["ro"]:
            boxed_command += ["--ro", path]
        boxed_command += ["--rw", f"{sides['boxed']}:{WORK}", "--chdir", WORK, "--",
                          *case["shell"], "case.sh"]
        native_command = ["/bin/sh", "-c",
                          f"mount --bind . {WORK} && cd {WORK} && exec \"$@\"", "sh",
                          *case["shell"], "case.sh"]
        if os.geteuid() == 0:
            native_command = ["unshare", "--mount"] + native_command
        else:
            native_command = case["shell"] + ["case.sh"]
        native = run(native_command, sides["native"], ENVIRONMENT, arguments.timeout)
        boxed = run(boxed_command, top, dict(os.environ), arguments.timeout)
        same = True
        for name, one, other in (("output", native[1], boxed[1]), ("errors", native[2], boxed[2])):
            if one != other:
                same = False
                show_difference(name, one, other)
        if native[0] != boxed[0]:
            same = False
            print(f"exit status: native {native[0]}, boxed {boxed[0]}")
        trees = fingerprint(sides["native"]), fingerprint(sides["boxed"])
        if trees[0] != trees[1]:
            same = False
            show_difference("tree", "\n".join(trees[0]).encode(), "\n".join(trees[1]).encode())
        if not same:
            print("repeat: tests/real/run.py --abibox", arguments.abibox, "--guests",
                  arguments.guests or "''", arguments.case)
        return 0 if same else 1
    finally:
        shutil.rmtree(top)


if __name__ == "__main__":
    sys.exit(main())
