"""The group `runtime` of tools/bench: the native runtime's operations beside those of Go.

Both programs (runtime/gmp.c, runtime/peer.go) print the same names. Figures are taken with one P
and with two, and the two programs run in turn.
"""

import os
import pathlib
import shutil
import statistics
import subprocess

from measure import OURS, Figure, Goal, Trouble

HERE = pathlib.Path(__file__).resolve().parent
GO = "go"

# Item of the programs -> figures: printed name, title, unit, divisor, goal.
ITEMS = {
    "enter_exit": [("enter_exit", "enter and exit of a call", "ns", 1, Goal(0.7, GO))],
    "yield": [("yield", "yield to another G", "ns", 1, Goal(0.5, GO))],
    "spawn_join": [("spawn_join", "spawn and join, one by one", "ns", 1, Goal(0.5, GO))],
    "spawn_batch": [("spawn_batch", "spawn and join, by 1000", "ns", 1, Goal(0.5, GO))],
    "rendezvous": [("rendezvous", "rendezvous, there and back", "ns", 1, Goal(0.5, GO))],
    "mutex": [("mutex", "mutex, lock and unlock", "ns", 1, Goal(1.0, GO))],
    "pipe_polled": [("pipe_polled", "pipe round trip, polled", "us", 1e3, Goal(1.0, GO))],
    "pipe_blocking": [("pipe_blocking", "pipe round trip, blocking", "us", 1e3, Goal(1.0, GO))],
    "pollers": [("pollers_wake", "wake 10,000 pollers", "ms", 1e6, Goal(1.0, GO))],
    "blocked": [("blocked_start", "1,000 blocked reads", "ms", 1e6, Goal(0.5, GO)),
                ("blocked_kB", "1,000 blocked reads, memory", "MiB", 1024, Goal(1.0, GO))],
    "stall_sys": [("stall_sys", "stall by a blocking call", "ms", 1e6,
                   Goal(10.0, GO, absolute=True))],
    "stall_raw": [("stall_raw", "stall by a raw call of 100 ms", "ms", 1e6, Goal(1.1, GO))],
}
ONE_P_ONLY = {"stall_sys", "stall_raw"}


def build_peer(directory):
    """Builds peer.go, if it is newer than its program."""
    go = shutil.which("go")
    if go is None:
        raise Trouble("go is not installed: run tools/setup --test")
    source, program = HERE / "runtime/peer.go", pathlib.Path(directory) / "peer"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        done = subprocess.run([go, "build", "-o", str(program), str(source)], text=True,
                              check=False, capture_output=True)
        if done.returncode != 0:
            raise Trouble(f"go build failed: {done.stderr}")
    return program


def values(command, procs):
    """{name: value} of one run."""
    done = subprocess.run(command, env={**os.environ, "GOMAXPROCS": str(procs)}, text=True,
                          check=False, capture_output=True, timeout=120)
    if done.returncode != 0:
        raise Trouble(f"exit status {done.returncode}: {' '.join(map(str, command))}: {done.stderr}")
    return {name: float(value) for name, value in
            (line.split("\t") for line in done.stdout.splitlines())}


def figures(_engines, programs, rounds):
    """Yields the group's figures, each as soon as it is measured."""
    peer, ours = build_peer(programs), f"{programs}/gmp"
    for item, rows in ITEMS.items():
        for procs in (1,) if item in ONE_P_ONLY else (1, 2):
            runs = {OURS: [], GO: []}
            for _ in range(rounds):
                runs[OURS].append(values([ours, item, str(procs)], procs))
                runs[GO].append(values([peer, item], procs))
            for name, title, unit, divisor, goal in rows:
                yield Figure(f"{title} ({procs} P)", unit, goal, {
                    engine: [run[name] / divisor for run in of_engine]
                    for engine, of_engine in runs.items()})
