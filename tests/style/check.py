#!/usr/bin/env python3
"""Checks how the sources are written: check.py CHECK [--build DIR] [FILE...]

  format    C files are as clang-format lays them out
  includes  a layer includes only the layers below it; foreign libraries stay behind one file each
  size      no source file is longer than 1,200 lines
  scripts   shell and Python scripts parse, and shellcheck finds no fault
  tidy      clang-tidy finds no fault (slow; needs --build, a build directory)

Without FILE every source file of the tree is checked. Exit status: 0 clean, 1 faults, 2 trouble,
77 skipped: format and tidy need the clang tools of Debian 12.
"""

import argparse
import ast
import json
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ["abi", "emu", "runtime", "sandbox", "session", "include", "tools", "guests", "tests", ".ci"]
LONGEST = 1200  # lines
# Another clang-format lays out differently and another clang-tidy finds other faults: Debian 12's
# version decides, elsewhere these two checks are skipped.
CLANG = 14
SKIPPED = 77

# What each directory may include beside itself and system headers. "include" holds abibox.h.
MAY_INCLUDE = {
    "abi": [],
    "runtime": [],
    "emu": ["abi"],
    "session": ["abi", "include"],
    "sandbox": ["emu", "runtime", "abi", "include"],
    "tools": ["session", "sandbox", "emu", "abi", "include"],
    "include": [],
    "guests": [],
}
# A foreign library is known to one file, so that it can be replaced there. Tests may look behind.
ONLY_IN = {
    "unicorn/": "emu/cpu_unicorn.c",
    "capstone/": "emu/insn.c",
    "seccomp.h": "sandbox/confine.c",
}


def all_files():
    """Every file of the tree's own, relative to its root, in a fixed order."""
    found = []
    for top in TOPS:
        for directory, subdirectories, names in os.walk(ROOT / top):
            subdirectories[:] = sorted(d for d in subdirectories if d != "__pycache__")
            found += [pathlib.Path(directory, name).relative_to(ROOT) for name in sorted(names)]
    return found


def c_files(files):
    return [file for file in files if file.suffix in (".c", ".h")]


def first_line(file):
    with open(ROOT / file, "rb") as data:
        return data.readline(200)


def is_shell(file):
    return re.match(rb"#!.*\b(ba|da)?sh\b", first_line(file)) is not None


def is_python(file):
    return file.suffix == ".py" or re.match(rb"#!.*\bpython3\b", first_line(file)) is not None


def run(command, files):
    """Runs command over the files; its complaints, or [] when it was content."""
    if not files:
        return []
    done = subprocess.run([*command, *map(str, files)], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return [] if done.returncode == 0 else done.stdout.splitlines() or [f"{command[0]} failed"]


def require_clang(tool):
    """Skips the check unless the tool has the version that decides."""
    version = subprocess.run([tool, "--version"], text=True, check=True, stdout=subprocess.PIPE)
    major = re.search(r"version (\d+)", version.stdout).group(1)
    if int(major) != CLANG:
        print(f"skipped: {tool} {CLANG} decides, and this one is {major}")
        sys.exit(SKIPPED)


def check_format(files, _build):
    require_clang("clang-format")
    return run(["clang-format", "--dry-run", "-Werror"], c_files(files))


def included_layer(file, name):
    """The top directory that `#include "name"` in file means: the file's own, or the root's."""
    beside = (ROOT / file).parent / name
    if beside.exists():
        return beside.resolve().relative_to(ROOT).parts[0]
    if (ROOT / "include" / name).exists():
        return "include"
    return pathlib.PurePath(name).parts[0]


def check_includes(files, _build):
    faults = []
    for file in c_files(files):
        top = file.parts[0]
        if top not in MAY_INCLUDE:
            continue
        for number, line in enumerate((ROOT / file).read_text("utf-8").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not match:
                continue
            kind, name = match.groups()
            if kind == '"':
                layer = included_layer(file, name)
                if layer != top and layer not in MAY_INCLUDE[top]:
                    faults.append(f"{file}:{number}: {top} must not include {layer} ({name})")
            for library, only in ONLY_IN.items():
                if name.startswith(library) and str(file) != only:
                    faults.append(f"{file}:{number}: <{name}> belongs to {only} alone")
    return faults


def check_size(files, _build):
    faults = []
    for file in files:
        if file.suffix in (".c", ".h", ".S") or is_python(file) or is_shell(file):
            with open(ROOT / file, "rb") as lines:
                count = sum(1 for _ in lines)
            if count > LONGEST:
                faults.append(f"{file}: {count} lines, more than {LONGEST}: split it by subject")
    return faults


def check_scripts(files, _build):
    faults = []
    for file in filter(is_python, files):
        try:
            ast.parse((ROOT / file).read_text("utf-8"), str(file))
        except SyntaxError as error:
            faults.append(f"{file}:{error.lineno}: {error.msg}")
    shell = list(filter(is_shell, files))
    for file in shell:
        faults += run(["bash", "-n"], [file])
    return faults + run(["shellcheck", "--severity=warning"], shell)


def check_tidy(files, build):
    require_clang("clang-tidy")
    if build is None or not (build / "compile_commands.json").exists():
        raise FileNotFoundError("tidy needs --build and a configured build directory there")
    compiled = {pathlib.Path(entry["directory"], entry["file"]).resolve()
                for entry in json.loads((build / "compile_commands.json").read_text("utf-8"))}
    sources = [file for file in files if ROOT / file in compiled and file.suffix == ".c"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda file: run(["clang-tidy", "--quiet", "-p", str(build)], [file]),
                           sources)
        return [line for result in results for line in result]


CHECKS = {"format": check_format, "includes": check_includes, "size": check_size,
          "scripts": check_scripts, "tidy": check_tidy}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("files", nargs="*", type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_intermixed_args()
    try:
        files = [file.relative_to(ROOT) for file in arguments.files] or all_files()
        faults = CHECKS[arguments.check](files, arguments.build)
    except (OSError, ValueError) as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 2
    if faults:
        print("\n".join(faults))
        print(f"\nto repeat: {' '.join(sys.argv)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
