#!/usr/bin/env python3
"""cases.py --abibox ABIBOX --guests DIR CASE: one test of the command, by name. `--list` lists them.

Exit status: 0 passed, 1 failed (with a line that says why), 77 skipped.
"""

import argparse
import json
import os
import pty
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

BUSYBOX = "/bin/busybox"


class Failed(Exception):
    pass


class Box:
    """Where a case runs: an empty directory, the command, the guests."""

    def __init__(self, abibox, guests, directory):
        self.abibox = abibox
        self.guests = guests
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def run(self, *words, timeout=60, stdin=subprocess.DEVNULL, env=None, **more):
        return subprocess.run([self.abibox, "run", *words], cwd=self.directory, stdin=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              check=False, env=env, **more)

    def status(self, *words, **more):
        """Runs with --status-fd; the finished process and the decoded line."""
        reader, writer = os.pipe()
        try:
            done = self.run("--status-fd", str(writer), *words, pass_fds=[writer], **more)
            os.close(writer)
            writer = -1
            with os.fdopen(reader) as lines:
                return done, json.loads(lines.read().splitlines()[-1])
        finally:
            if writer >= 0:
                os.close(writer)


def expect(condition, message):
    if not condition:
        raise Failed(message)


def expect_refused(done, status, *words):
    """One line on stderr that has all the words, nothing on stdout, that exit status."""
    errors = done.stderr.decode("utf-8", "replace")
    expect(done.returncode == status, f"exit status {done.returncode}, not {status}: {errors}")
    expect(done.stdout == b"", f"standard output: {done.stdout[:200]}")
    expect(errors.count("\n") == 1 and errors.startswith("abibox: "), f"not one line: {errors!r}")
    for word in words:
        expect(word in errors, f"no {word!r} in {errors!r}")


def sanitized(box):
    """Whether the command is built with AddressSanitizer."""
    with open(box.abibox, "rb") as image:
        return b"__asan_report_store8" in image.read()


def write(path, content, mode=0o755):
    with open(path, "wb") as out:
        out.write(content)
    os.chmod(path, mode)
    return path


def hello(box):
    with open(os.path.join(box.guests, "c", "hello"), "rb") as program:
        return bytearray(program.read())


# ---- programs that cannot be run ----

def text_file(box):
    write(box.path("x"), b"this is no program\n")
    expect_refused(box.run("--", "./x"), 126, "x")


def empty_file(box):
    write(box.path("x"), b"")
    expect_refused(box.run("--", "./x"), 126, "x")


def directory(box):
    os.mkdir(box.path("x"))
    expect_refused(box.run("--", "./x"), 126, "x", "directory")


def missing(box):
    expect_refused(box.run("--", "./x"), 127, "x", "No such file")
    expect_refused(box.run("--", "no-such-program-anywhere"), 127, "no-such-program-anywhere")


def not_executable(box):
    write(box.path("x"), bytes(hello(box)), 0o644)
    if os.geteuid() == 0:
        expect_refused(box.run("--", "./x"), 126, "x")


def elf32(box):
    image = hello(box)
    image[4] = 1
    write(box.path("x"), image)
    expect_refused(box.run("--", "./x"), 126, "x", "32-bit")


def arm64(box):
    image = hello(box)
    image[18:20] = struct.pack("<H", 183)
    write(box.path("x"), image)
    expect_refused(box.run("--", "./x"), 126, "x")


def truncated(box):
    image = hello(box)
    for length in (1, 4, 16, 63, 64, 100, 200, 1000, 5000):
        write(box.path("x"), image[:length])
        done = box.run("--", "./x", timeout=30)
        expect(done.returncode in (126, 127, 139, 135), f"length {length}: {done.returncode}")
        if length < 64:
            expect_refused(done, 126, "x")


def lying_headers(box):
    """Offsets, counts, sizes, overlaps, huge segments, an entry outside."""
    huge = struct.pack("<Q", 0x7FFFFFFFFFFFFFFF)
    changes = {
        "phoff": {32: huge},
        "phoff wraps": {32: b"\xff" * 8},
        "phnum": {56: b"\xff\xff"},
        "no headers": {56: b"\0\0"},
        "phentsize": {54: b"\x01\x00"},
        "entry": {24: huge},
        "entry zero": {24: b"\0" * 8},
        "file size": {64 + 32: huge},
        "memory size": {64 + 40: huge},
        "file over memory": {64 + 32: struct.pack("<Q", 1 << 40), 64 + 40: struct.pack("<Q", 1)},
        "address": {64 + 16: struct.pack("<Q", 0xFFFFFFFFFFFFF000)},
        "offset": {64 + 8: huge},
        "alignment": {64 + 48: struct.pack("<Q", 3)},
    }
    for name, change in changes.items():
        image = hello(box)
        for offset, data in change.items():
            image[offset:offset + len(data)] = data
        write(box.path("x"), image)
        done = box.run("--timeout", "20", "--", "./x", timeout=60)
        expect(done.returncode != 125, f"{name}: {done.stderr.decode()}")
        expect(done.returncode in (0, 7, 126, 127, 132, 135, 139),
               f"{name}: exit status {done.returncode}")
        expect(done.stderr.count(b"\n") <= 1, f"{name}: {done.stderr}")


def missing_interpreter(box):
    """The hint names the option that would help."""
    if not os.path.exists("/usr/bin/env"):
        return 77
    done = box.run("--", "/usr/bin/env")
    expect_refused(done, 127, "/lib64/ld-linux-x86-64.so.2", "--ro")
    write(box.path("script"), b"#!/no/such/interpreter\n")
    done = box.run("--", "./script")
    expect(done.returncode in (126, 127), f"exit status {done.returncode}")
    expect(b"/no/such/interpreter" in done.stderr, done.stderr)


# ---- exit status, status line, limits ----

def exit_statuses(box):
    for code in (0, 1, 42, 255):
        done, line = box.status("--", BUSYBOX, "sh", "-c", f"exit {code}")
        expect(done.returncode == code, f"exit status {done.returncode}, not {code}")
        expect((line["reason"], line["status"]) == ("exit", code), str(line))
    for number in (1, 9, 11, 15):
        done, line = box.status("--", BUSYBOX, "sh", "-c", f"kill -{number} $$")
        expect(done.returncode == 128 + number, f"signal {number}: {done.returncode}")
        expect((line["reason"], line["status"]) == ("signal", number), str(line))


def time_limit(box):
    start = time.monotonic()
    done, line = box.status("--timeout", "1", "--", BUSYBOX, "sh", "-c",
                            "trap '' TERM INT HUP; while :; do :; done")
    spent = time.monotonic() - start
    expect(done.returncode == 124 and line["reason"] == "timeout", f"{done.returncode} {line}")
    expect(0.9 < spent < 20, f"{spent} s")
    done, line = box.status("--timeout", "0.5", "--", BUSYBOX, "sleep", "100")
    expect(done.returncode == 124 and line["reason"] == "timeout", f"{done.returncode} {line}")


def memory_limit(box):
    done, line = box.status("--max-mem", "48M", "--", BUSYBOX, "sh", "-c",
                            "dd if=/dev/zero of=/tmp/x bs=1M count=200; echo status $?")
    expect(b"No space left" in done.stderr or b"Cannot allocate" in done.stderr, str(done))
    expect(line["reason"] == "exit", str(line))
    expect(line["peak_memory"] <= 49 << 20, str(line))
    done, line = box.status("--max-mem", "32M", "--", BUSYBOX, "awk",
                            'BEGIN { s = "x"; while (1) s = s s }')
    expect(line["reason"] in ("memory", "exit", "signal"), str(line))
    expect(done.returncode != 0, str(done))


def process_limit(box):
    done, line = box.status("--max-procs", "8", "--timeout", "30", "--", BUSYBOX, "sh", "-c",
                            "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 3 & done; wait")
    expect(b"fork" in done.stderr, f"{done.stderr} {line}")


def nothing_left_behind(box):
    """A killed run leaves no process of its own."""
    run = subprocess.Popen([box.abibox, "run", "--", BUSYBOX, "sleep", "1000"],
                           stdin=subprocess.DEVNULL, start_new_session=True)
    time.sleep(0.5)
    run.kill()
    run.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(run.pid, 0)
        except ProcessLookupError:
            return 0
        time.sleep(0.05)
    raise Failed("a process of the killed run is still there")


def worker_is_lost(box):
    """A worker that crashes is reported, whatever else it does; a sanitizer's handler gets to see it."""
    for number, text in ((signal.SIGSEGV, "signal 11"), (signal.SIGABRT, "signal 6"),
                         (signal.SIGKILL, "signal 9")):
        reader, writer = os.pipe()
        run = subprocess.Popen([box.abibox, "run", "--status-fd", str(writer), "--", BUSYBOX,
                                "sh", "-c", "echo started; exec sleep 1000"], pass_fds=[writer],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        os.close(writer)
        expect(run.stdout.readline() == b"started\n", "the guest did not start")
        time.sleep(0.2)  # it sleeps by now: not the engine's crash
        with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii") as children:
            os.kill(int(children.read().split()[0]), number)
        _, errors = run.communicate(timeout=60)
        with os.fdopen(reader) as lines:
            line = json.loads(lines.read().splitlines()[-1])
        expect(run.returncode == 125, f"signal {number}: exit status {run.returncode}")
        expect(line["reason"] == "internal", f"signal {number}: {line}")
        expect(text in errors.decode(), f"signal {number}: {errors}")
        if number == signal.SIGSEGV and sanitized(box):
            expect("ERROR: AddressSanitizer" in errors.decode(), errors)


def signals_are_passed_on(box):
    run = subprocess.Popen([box.abibox, "run", "--", BUSYBOX, "sh", "-c",
                            "trap 'echo term; exit 7' TERM; echo ready; while :; do sleep 1; done"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    expect(run.stdout.readline() == b"ready\n", "not ready")
    run.send_signal(signal.SIGTERM)
    output = run.communicate(timeout=30)[0]
    expect(output == b"term\n" and run.returncode == 7, f"{output} {run.returncode}")


# ---- files ----

def nothing_of_the_host(box):
    write(box.path("secret"), b"secret", 0o644)
    done = box.run("--", BUSYBOX, "sh", "-c", f"cat {box.path('secret')}; ls -A / /tmp /etc; id -u")
    expect(b"secret" not in done.stdout, done.stdout)
    expect(done.stdout.split()[-1] == b"0", done.stdout)


def read_only_mount(box):
    os.mkdir(box.path("d"))
    write(box.path("d/f"), b"data", 0o644)
    os.symlink("/etc/passwd", box.path("d/out"))
    os.symlink("../../../../../../etc/hostname", box.path("d/up"))
    done = box.run("--ro", f"{box.path('d')}:/d", "--", BUSYBOX, "sh", "-c",
                   "cat /d/f; echo; echo x > /d/f; rm /d/f; mkdir /d/n; touch /d/n; chmod 0 /d/f;"
                   "cat /d/up; cat /d/../../secret; readlink /d/out")
    expect(done.stdout == b"data\n/etc/passwd\n", done.stdout)
    expect(done.stderr.count(b"Read-only file system") == 5, done.stderr)
    with open(box.path("d/f"), "rb") as kept:
        expect(kept.read() == b"data", "the file was changed")


def writable_mount(box):
    os.mkdir(box.path("d"))
    done = box.run("--rw", f"{box.path('d')}:/d", "--chdir", "/d", "--", BUSYBOX, "sh", "-c",
                   "echo one > a; mkdir b; echo two > b/c; mv a b/a; ln -s a b/s; rm b/c; pwd")
    expect(done.returncode == 0 and done.stdout == b"/d\n", f"{done.stdout} {done.stderr}")
    expect(sorted(os.listdir(box.path("d/b"))) == ["a", "s"], os.listdir(box.path("d/b")))


def rootfs_directory(box):
    os.makedirs(box.path("root/bin"))
    os.makedirs(box.path("root/etc"))
    shutil.copy(BUSYBOX, box.path("root/bin/busybox"))
    os.symlink("busybox", box.path("root/bin/sh"))
    write(box.path("root/etc/passwd"), b"root:x:0:0:own:/:/bin/sh\n", 0o644)
    done = box.run("--rootfs", box.path("root"), "--", "/bin/sh", "-c",
                   "cat /etc/passwd; echo changed > /etc/passwd; busybox rm /bin/busybox;"
                   "read line < /etc/passwd; echo $line; echo /bin/*")
    expect(done.stdout == b"root:x:0:0:own:/:/bin/sh\nchanged\n/bin/sh\n",
           f"{done.stdout} {done.stderr}")
    with open(box.path("root/etc/passwd"), "rb") as kept:
        expect(b"own" in kept.read(), "the host's file was changed")


def rootfs_archive(box):
    rootfs_directory(box)
    subprocess.run(["tar", "czf", "root.tar.gz", "-C", "root", "."], cwd=box.directory, check=True)
    done = box.run("--rootfs", box.path("root.tar.gz"), "--", "/bin/sh", "-c",
                   "read line < /etc/passwd; echo $line; /bin/busybox ls /bin")
    expect(done.stdout == b"root:x:0:0:own:/:/bin/sh\nbusybox\nsh\n", f"{done.stdout} {done.stderr}")


def denied_path(box):
    os.makedirs(box.path("d/private"))
    write(box.path("d/private/key"), b"key", 0o644)
    write(box.path("d/single"), b"single", 0o644)
    done = box.run("--ro", f"{box.path('d')}:/d", "--deny", "/d/private", "--deny", "/d/single", "--",
                   BUSYBOX, "sh", "-c", "cat /d/private/key; ls /d/private; cat /d/single; ls /d")
    expect(done.stdout == b"private\nsingle\n", done.stdout)
    expect(done.stderr.count(b"Permission denied") == 3, done.stderr)


def environment(box):
    env = {"KEPT": "1", "PATH": "/bin", "SECRET": "x"}
    done = box.run("-E", "ADDED=2", "--", BUSYBOX, "env", env=env)
    expect(sorted(done.stdout.split()) == [b"ADDED=2", b"KEPT=1", b"PATH=/bin", b"SECRET=x"],
           done.stdout)
    done = box.run("--clearenv", "-E", "KEPT", "-E", "A=b=c", "--", BUSYBOX, "env", env=env)
    expect(sorted(done.stdout.split()) == [b"A=b=c", b"KEPT=1"], done.stdout)


def identity(box):
    done = box.run("--uid", "1234", "--", BUSYBOX, "sh", "-c", "id -u; id -g; echo x > /tmp/f;"
                   "stat -c '%u %a' /tmp/f; kill -0 1")
    expect(done.stdout == b"1234\n1234\n1234 644\n", f"{done.stdout} {done.stderr}")


def standard_input(box):
    run = subprocess.Popen([box.abibox, "run", "--", BUSYBOX, "sh", "-c",
                            "while read l; do echo got $l; done; echo end"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for word in (b"one", b"two"):
        run.stdin.write(word + b"\n")
        run.stdin.flush()
        expect(run.stdout.readline() == b"got " + word + b"\n", "no answer")
    expect(run.communicate(timeout=30)[0] == b"end\n", "no end")


def blocked_read_stalls_nobody(box):
    """One process waits for the outside, another goes on."""
    run = subprocess.Popen([box.abibox, "run", "--", BUSYBOX, "sh", "-c",
                            "cat & i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo counted;"
                            "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    expect(run.stdout.readline() == b"counted\n", "the other process did not go on")
    expect(run.communicate(b"late\n", timeout=30)[0] == b"", "background input is /dev/null")


# ---- terminals ----

class Terminal:
    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {"PATH": "/bin:/usr/bin", "TERM": "dumb", "PS1": "$ "})
        self.seen = b""

    def until(self, text, timeout=30):
        deadline = time.monotonic() + timeout
        while text not in self.seen:
            expect(time.monotonic() < deadline, f"no {text!r} in {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096)
            except OSError:
                raise Failed(f"the terminal was closed after {self.seen!r}") from None
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.fd, text)

    def end(self):
        try:
            while True:
                self.seen += os.read(self.fd, 4096)
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def job_control(box):
    """An interactive bash: ^C, ^Z, fg, bg, jobs."""
    shell = "/bin/bash-static"
    if not os.path.exists(shell):
        return 77
    terminal = Terminal([box.abibox, "run", "--", shell, "--norc", "--noprofile", "-i"])
    terminal.until(b"$ ")
    terminal.type(b"set -m; echo $((6*7))\n")
    terminal.until(b"\n42\r\n")
    terminal.type(b"while :; do :; done\n")
    time.sleep(0.5)
    terminal.type(b"\x03")
    terminal.until(b"^C")
    terminal.type(b"echo status $?\n")
    terminal.until(b"\nstatus 130\r\n")
    terminal.type(f"{shell} -c 'echo started; read x; echo got $x'\n".encode())
    terminal.until(b"\nstarted\r\n")
    terminal.type(b"\x1a")
    terminal.until(b"Stopped")
    terminal.type(b"jobs\n")
    terminal.until(b"Stopped")
    terminal.type(b"fg\n")
    terminal.until(b"got $x'")
    terminal.type(b"word\n")
    terminal.until(b"\ngot word\r\n")
    terminal.type(b"exit 3\n")
    status = terminal.end()
    expect(status == 3, f"exit status {status}: {terminal.seen!r}")


def window_size(box):
    terminal = Terminal([box.abibox, "run", "--", BUSYBOX, "sh", "-c", "stty size; tty; echo end"])
    terminal.until(b"end")
    terminal.end()


# ---- usage ----

def wrong_usage(box):
    expect_refused(box.run(), 125, "program")
    expect_refused(box.run("--nonsense", "--", "x"), 125, "--nonsense")
    expect_refused(box.run("--ro"), 125, "--ro")
    expect_refused(box.run("--ro", "/no/such/path", "--", "x"), 125, "/no/such/path")
    expect_refused(box.run("--ro", "/usr:usr", "--", "x"), 125, "/usr:usr")
    expect_refused(box.run("--timeout", "soon", "--", "x"), 125, "soon")
    expect_refused(box.run("--timeout", "-1", "--", "x"), 125, "-1")
    expect_refused(box.run("--max-mem", "12Q", "--", "x"), 125, "12Q")
    expect_refused(box.run("--max-mem", "99999999999G", "--", "x"), 125, "99999999999G")
    expect_refused(box.run("--uid", "root", "--", "x"), 125, "root")
    expect_refused(box.run("--status-fd", "99", "--", "x"), 125, "99")
    expect_refused(box.run("-E", "=x", "--", "x"), 125, "=x")
    done = subprocess.run([box.abibox, "frobnicate"], stderr=subprocess.PIPE, check=False)
    expect(done.returncode == 125 and b"frobnicate" in done.stderr, done.stderr)


def unprintable_names(box):
    done = box.run("--", "./\x1b[31mred\n")
    expect_refused(done, 127, "\\x1b[31mred\\x0a")


def mutated_elf(box, count=150, seed=1):
    """Seeded mutations of a real ELF: never trouble of the supervisor, never past the time limit."""
    original = hello(box)
    rng = random.Random(seed)
    outside = write(box.path("outside"), b"unchanged", 0o644)
    for round_ in range(count):
        image = bytearray(original)
        for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
            where = rng.randrange(rng.choice((64, 64 + 56 * 10, len(image))))
            if rng.random() < 0.5:
                image[where] ^= 1 << rng.randrange(8)
            else:
                image[where] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        write(box.path("x"), image)
        start = time.monotonic()
        done, line = box.status("--timeout", "5", "--max-mem", "256M", "--", "./x", timeout=60)
        spent = time.monotonic() - start
        expect(line["reason"] != "internal", f"seed {seed} round {round_}: {line}")
        expect(spent < 15, f"seed {seed} round {round_}: {spent} s")
        expect(done.returncode != 125 or line["reason"] == "engine",
               f"seed {seed} round {round_}: {done}")
    with open(outside, "rb") as kept:
        expect(kept.read() == b"unchanged", "a host file was changed")


HELPERS = {"hello", "sanitized"}
CASES = {name: value for name, value in globals().items()
         if name not in HELPERS and hasattr(value, "__code__") and
         value.__code__.co_varnames[:1] == ("box",)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--abibox")
    parser.add_argument("--guests")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--count", type=int, help="how many mutations (mutated_elf)")
    parser.add_argument("--seed", type=int, help="of the mutations")
    parser.add_argument("case", nargs="?")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(sorted(CASES)))
        return 0
    directory = tempfile.mkdtemp(prefix="abibox-cli-")
    options = {key: getattr(arguments, key) for key in ("count", "seed")
               if getattr(arguments, key) is not None}
    try:
        box = Box(os.path.abspath(arguments.abibox), arguments.guests, directory)
        return CASES[arguments.case](box, **options) or 0
    except Failed as failure:
        print(f"{arguments.case}: {failure}")
        print(f"repeat: tests/cli/cases.py --abibox {arguments.abibox} "
              f"--guests {arguments.guests} {arguments.case}")
        return 1
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
