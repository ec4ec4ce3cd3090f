#!/usr/bin/env python3
"""Runs one guest program natively and in the sandbox and compares what they did.

The native run is the specification. Both runs get the same environment, /dev/null as stdin and a
fresh empty tmpfs as working directory; the native one also gets namespaces of its own, a host name
and an init as the sandbox has them, where the system allows that (root). Standard output, standard
error and exit status must be the same byte for byte.

Exit status: 0 same, 1 different, 2 trouble, 77 skipped (a first line of its source,
guests/*/NAME.c, says `// needs: namespaces` and the system gives none).
"""

import argparse
import difflib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
TIMEOUT = 60  # seconds for one run
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LC_ALL": "C"}
NAMESPACES = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child",
              "--mount-proc"]
# The directory that both runs work in: every Debian system has it, so a mount namespace can put a
# tmpfs there.
DIRECTORY = "/mnt"

# Pid 1 of the native run. It leads a session, makes the machine look as abibox's does, and runs the
# program as the child of another process: a parent with pid 1 would mean that the parent has died.
INIT = f"""
set -e
busybox ip link set lo up
busybox hostname abibox
busybox mount -t tmpfs -o mode=755 tmpfs {DIRECTORY}
cd {DIRECTORY}
umask 022
set +e
(env -i {' '.join(f'{k}={v}' for k, v in ENVIRONMENT.items())} "$@"; exit $?)
exit $?
"""


class Result:
    """What a run left: exit status (128 + signal for a killed program) and both outputs."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err


def run(command, cwd, environment):
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, umask=0o022, start_new_session=True)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\n(killed after {TIMEOUT} seconds)\n".encode()
    status = process.returncode
    return Result(128 - status if status < 0 else status, out, err)


def namespaces_allowed():
    try:
        probe = subprocess.run([*NAMESPACES, "true"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return False
    return probe.returncode == 0 and shutil.which("busybox") is not None


def needs_namespaces(program):
    """Whether one of the first lines of the program's source is `// needs: namespaces`."""
    directory, name = os.path.split(program)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../guests",
                          os.path.basename(directory), name.split("-")[0] + ".c")
    with open(source, encoding="utf-8") as lines:
        for line, _ in zip(lines, range(10)):
            if line.startswith("// needs:") and "namespaces" in line.split():
                return True
    return False


def run_native(program, isolated):
    environment = dict(ENVIRONMENT)
    if isolated:
        command = [*NAMESPACES, "setsid", "sh", "-c", INIT, "sh", program]
        return command, run(command, "/", environment)
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="abibox-sys-", dir=parent) as directory:
        os.chmod(directory, 0o755)
        return [program], run([program], directory, environment)


def run_sandbox(abibox, program, shown):
    """Runs the program in the sandbox; shown: further host paths that it may read."""
    command = [abibox, "run", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["-E", f"{name}={value}"]
    if os.getuid() != 0:
        command += ["--uid", str(os.getuid())]
    for path in [os.path.dirname(program), *shown]:
        command += ["--ro", path]
    command += ["--tmpfs", DIRECTORY, "--chdir", DIRECTORY, "--", program]
    return command, run(command, "/", dict(ENVIRONMENT))


def text(data):
    return data.decode("utf-8", "backslashreplace").splitlines()


def compare(native, sandbox):
    """Prints what differs; returns whether nothing does."""
    same = True
    for name, expected, got in (("stdout", native.out, sandbox.out),
                                ("stderr", native.err, sandbox.err)):
        if expected == got:
            continue
        same = False
        lines = list(difflib.unified_diff(text(expected), text(got), f"{name} (native)",
                                          f"{name} (abibox)", lineterm=""))
        print("\n".join(lines) if lines else f"{name}: differs in line ends only")
    if native.status != sandbox.status:
        same = False
        print(f"exit status: native {native.status}, abibox {sandbox.status}")
    return same


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--abibox", help="the command to test")
    parser.add_argument("--native-twice", action="store_true",
                        help="compare two native runs instead: is the program deterministic?")
    parser.add_argument("--ro", action="append", default=[], metavar="PATH",
                        help="a host path that the program needs: shown to it in the sandbox too")
    parser.add_argument("program", type=os.path.abspath, help="BUILD/guests/sys/NAME or c/NAME")
    arguments = parser.parse_args()

    if (arguments.abibox is None) != arguments.native_twice:
        parser.error("one of --abibox and --native-twice is needed")
    program = arguments.program
    abibox = os.path.abspath(arguments.abibox or program)
    for file in (abibox, program):
        if not os.path.exists(file):
            print(f"run.py: {file} does not exist", file=sys.stderr)
            return 2

    isolated = namespaces_allowed()
    if not isolated and needs_namespaces(program):
        print("skipped: it needs namespaces, and the system gives none (run it as root)")
        return SKIPPED
    native_command, native = run_native(program, isolated)
    if arguments.native_twice:
        sandbox_command, sandbox = run_native(program, isolated)
    else:
        sandbox_command, sandbox = run_sandbox(abibox, program, arguments.ro)

    if not native.out and not native.err:
        print("the native run printed nothing: it proves nothing")
        return 2
    if compare(native, sandbox):
        return 0
    print(f"\nto repeat:   {shlex.join([sys.executable, *sys.argv])}")
    print(f"in abibox:   {shlex.join(sandbox_command)}")
    if not isolated:
        print(f"natively:    {shlex.join(native_command)}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
