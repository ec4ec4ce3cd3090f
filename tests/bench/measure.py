"""How tools/bench measures: engines that run a guest program, and figures that compare them.

A figure's engines run in turn, round after round, so that whatever disturbs the machine disturbs
all of them; the median of the rounds counts.
"""

import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass, field

OURS = "abibox"
NATIVE = "native"
QEMU = "qemu-x86_64-static"


class Trouble(Exception):
    """A measurement that means nothing: a program failed, or printed something else."""


class Engines:
    """The ways to run a program: natively, under qemu-user, in the sandbox."""

    def __init__(self, abibox):
        qemu = shutil.which(QEMU)
        if qemu is None:
            raise Trouble(f"{QEMU} is not installed: run tools/setup --test")
        self.prefixes = {OURS: [abibox, "run", "--"], NATIVE: [], QEMU: [qemu]}

    def names(self):
        return list(self.prefixes)

    def command(self, engine, program, *arguments):
        return [*self.prefixes[engine], program, *map(str, arguments)]


@dataclass
class Goal:
    """What a figure has to hold: at most `limit`, of the ratio to `peer` or of our own value."""

    limit: float
    peer: str = ""
    absolute: bool = False


@dataclass
class Figure:
    """One thing measured, in `unit`, by each engine: {engine: [a value a round]}."""

    name: str
    unit: str
    goal: Goal
    values: dict = field(default_factory=dict)

    def median(self, engine):
        return statistics.median(self.values[engine])

    def rows(self):
        """One row a peer: the goal stands in the row of its peer, an absolute one in the first."""
        ours = self.median(OURS)
        peers = sorted((engine for engine in self.values if engine != OURS),
                       key=lambda engine: engine != self.goal.peer)
        for number, peer in enumerate(peers):
            theirs = self.median(peer)
            row = {"name": self.name, "unit": self.unit, "ours": ours, "peer": theirs,
                   "peer_name": peer, "ratio": ours / theirs if theirs else None,
                   "goal": None, "goal_kind": None, "held": None}
            if number == 0:
                row["goal"] = self.goal.limit
                row["goal_kind"] = "value" if self.goal.absolute else "ratio"
                row["held"] = (ours if self.goal.absolute else row["ratio"]) <= self.goal.limit
            yield row


def run(command, expected=None):
    """Runs the command; returns (seconds, output). The output has to be `expected`, if given."""
    read_end, write_end = os.pipe()
    with open(os.devnull, "rb") as null, open(read_end, "rb") as output:
        start = time.perf_counter()
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, null.fileno(), 0),
            (os.POSIX_SPAWN_DUP2, write_end, 1),
        ])
        os.close(write_end)
        text = output.read().decode()
        _, status = os.waitpid(pid, 0)
        seconds = time.perf_counter() - start
    if status != 0 or (expected is not None and text != expected):
        raise Trouble(f"wait status {status}, output {text!r}: {' '.join(command)}")
    return seconds, text


def interleaved(engines, rounds, measure):
    """{engine: [measure(engine) of each round]}; a first round warms caches and is dropped."""
    values = {engine: [] for engine in engines.names()}
    for number in range(rounds + 1):
        for engine in engines.names():
            value = measure(engine)
            if number > 0:
                values[engine].append(value)
    return values


def peak_memory(command):
    """Sum of the peak resident memory, in MiB, of the command's processes while it waits on stdin
    after its first line of output. Pages that two of them share count twice."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline()
        kibibytes = sum(high_water(pid) for pid in family(process.pid))
        process.stdin.close()
        status = process.wait()
    if status != 0 or not line:
        raise Trouble(f"exit status {status}: {' '.join(command)}")
    return kibibytes / 1024


def family(pid):
    """The process and its descendants."""
    found = [pid]
    for process in found:
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as children:
            found += map(int, children.read().split())
    return found


def high_water(pid):
    """Peak resident memory of one process in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    raise Trouble(f"process {pid} has no VmHWM")
