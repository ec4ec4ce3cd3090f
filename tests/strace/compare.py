"""Compares how this project and strace render the system calls of real programs.

Usage: compare.py [--show N] [--goal PERCENT] NATIVE [-- PROGRAM [ARG...]]

NATIVE is the test program that decodes a host program's calls (native.c). Without PROGRAM a list of
usual ones runs. Each program runs once under strace and once under NATIVE; what differs from run
to run (addresses, process numbers, times, random bytes) is made equal, calls are matched in their
order, and every kind of call gets a line: how many renderings are the same of how many. Exit 1 when
fewer than the goal are, 77 when strace is missing.
"""

import argparse
import collections
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = [
    ["busybox", "ls", "-l", "/etc"],
    ["busybox", "sh", "-c", "for i in 1 2 3; do echo $i | cat; done; wait"],
    ["busybox", "find", "/usr/share/doc/bash"],
    ["bash", "-c", "x=$(echo hi); cat <<< $x; (trap 'echo bye' EXIT; sleep 0.01 & wait); kill -0 $$; ulimit -n"],
    ["ls", "-la", "/usr/lib"],
    ["cp", "/etc/passwd", "copy"],
    ["mv", "copy", "moved"],
    ["touch", "-d", "2001-02-03 04:05:06", "moved"],
    ["chmod", "0600", "moved"],
    ["ln", "-sf", "moved", "link"],
    ["stat", "link"],
    ["rm", "-f", "link", "moved"],
    ["mkdir", "-p", "a/b/c"],
    ["df", "/"],
    ["du", "-s", "a"],
    ["dd", "if=/dev/zero", "of=zeros", "bs=4096", "count=8"],
    ["sort", "/etc/passwd"],
    ["timeout", "1", "true"],
    ["nice", "true"],
    ["uname", "-a"],
    ["id"],
    ["date", "+%Y"],
    ["tee", "out"],
    ["python3", "-c", "import json, subprocess, tempfile, mmap, socket, select, hashlib\n"
     "print(json.dumps([1, 2])); subprocess.run(['true']);"
     "f = tempfile.TemporaryFile(); f.write(b'x' * 9000); f.seek(0); m = mmap.mmap(f.fileno(), 0);"
     "a, b = socket.socketpair(); a.send(b'hello'); select.select([b], [], [], 1); b.recv(9)"],
]

# Results that are process numbers, and the names under which these appear elsewhere
PID_CALLS = ("clone", "clone3", "fork", "vfork", "getpid", "gettid", "getppid", "set_tid_address",
             "wait4", "getpgid", "getpgrp", "getsid", "setsid")
LINE = re.compile(r"^(\w+)\((.*)$", re.S)


def calls_of(path, pids):
    """(name, text) of each call, in order; adds the process numbers that it sees to pids."""
    calls = []
    with open(path, errors="surrogateescape") as file:
        for line in file:
            match = LINE.match(line.rstrip("\n"))
            if not match:
                continue
            name = match.group(1)
            result = re.search(r"\) += (\d+)$", match.group(2))
            if name in PID_CALLS and result and int(result.group(1)) > 1:
                pids.add(result.group(1))
            calls.append((name, match.group(0)))
    return calls


def equalize(name, text, pids):
    """The text without what differs between two runs of one program."""
    text = re.sub(r"\) += ", ") = ", text)
    text = re.sub(r"\b(%s)\b" % "|".join(map(re.escape, pids)), "PID", text) if pids else text
    text = re.sub(r"/tmp/[a-z0-9_]{8}\"", "/tmp/RANDOM\"", text)
    text = re.sub(r"0x[0-9a-f]{5,16}\b", "ADDRESS", text)
    text = re.sub(r"(tv_n?sec|tv_usec|[sn]t_[amc]time\w*|uptime|free\w+|sharedram|bufferram|procs|"
                  r"f_bfree|f_bavail|f_ffree|tms_\w+|loads|st_ino)=(\[[^\]]*\]|\d+)", r"\1=N", text)
    text = re.sub(r"/\* \d\d\d\d-\d\d-\d\dT[^*]* \*/", "/* DATE */", text)
    text = re.sub(r"/\* \d+ (vars?|entries|entry) \*/", r"/* N \1 */", text)
    if name in ("getrandom", "execve"):
        text = re.sub(r"\\x[0-9a-f]{2}", r"\\x..", text)
        text = re.sub(r"^execve\(\"[^\"]*\"", "execve(PROGRAM", text)
    if name == "times":
        text = re.sub(r"= \d+$", "= N", text)
    return text


def run(command, cwd):
    """Runs the command, its trace on descriptor 9 in a file; returns the file's path."""
    handle, path = tempfile.mkstemp()
    with open(os.devnull) as null_in, open(os.devnull, "w") as null_out:
        subprocess.run(["sh", "-c", 'exec "$@" 9>"$TRACE_FILE"', "sh"] + command(path), cwd=cwd,
                       stdin=null_in, stdout=null_out, stderr=null_out, timeout=120,
                       env=dict(os.environ, TRACE_FILE=path, TZ="UTC", PYTHONHASHSEED="0"))
    os.close(handle)
    return path


def compare(native, program, totals, differences):
    with tempfile.TemporaryDirectory() as parent:
        cwd = os.path.join(parent, "cwd")
        paths = []
        for prefix in (["strace", "-o"], [native]):
            os.mkdir(cwd)
            paths.append(run(lambda path: ["setarch", "-R"] + prefix +
                             ([path] if prefix[-1] == "-o" else []) + program, cwd))
            shutil.rmtree(cwd)
    theirs_path, ours_path = paths
    pids = set()
    theirs, ours = calls_of(theirs_path, pids), calls_of(ours_path, pids)
    os.unlink(theirs_path)
    os.unlink(ours_path)
    names = [[name for name, _ in calls] for calls in (theirs, ours)]
    for block in difflib.SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
        for i in range(block.size):
            name, their_text = theirs[block.a + i]
            our_text = ours[block.b + i][1]
            same = equalize(name, their_text, pids) == equalize(name, our_text, pids)
            totals[name][0] += same
            totals[name][1] += 1
            if not same:
                differences[name].append((their_text, our_text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--show", type=int, default=2, help="differences to show for each call")
    parser.add_argument("--goal", type=float, default=97.0)
    parser.add_argument("native")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("strace is not installed")
        return 77
    program = options.program[1:] if options.program[:1] == ["--"] else options.program
    totals = collections.defaultdict(lambda: [0, 0])
    differences = collections.defaultdict(list)
    for one in [program] if program else PROGRAMS:
        if shutil.which(one[0]):
            compare(os.path.abspath(options.native), one, totals, differences)
    for name in sorted(totals):
        print("%-20s %6d of %6d" % (name, *totals[name]))
        for theirs, ours in differences[name][:options.show]:
            print("    strace: %s\n    ours:   %s" % (theirs, ours))
    same = sum(total[0] for total in totals.values())
    count = sum(total[1] for total in totals.values())
    percent = 100.0 * same / count if count else 0.0
    print("%.2f%% of %d calls are rendered the same; the goal is %g%%" %
          (percent, count, options.goal))
    return 0 if percent >= options.goal else 1


if __name__ == "__main__":
    sys.exit(main())
