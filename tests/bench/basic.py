"""The group `basic` of tools/bench: what a system call, plain work, a start and a fork cost."""

from measure import NATIVE, QEMU, Figure, Goal, interleaved, peak_memory, run

GETPIDS = 1000000
READS = 300000
INTEGER_ROUNDS = 60
FORK_MEBIBYTES = 256


def loop(engines, rounds, program, count):
    """Seconds that `program count` takes beyond `program 0`: start and exit drop out."""
    expected = {number: run([program, str(number)])[1] for number in (0, count)}

    def measure(engine):
        start, _ = run(engines.command(engine, program, 0), expected[0])
        whole, _ = run(engines.command(engine, program, count), expected[count])
        return max(whole - start, 0)

    return interleaved(engines, rounds, measure)


def scaled(values, factor):
    return {engine: [value * factor for value in list_] for engine, list_ in values.items()}


def figures(engines, programs, rounds):
    """Yields the group's figures, each as soon as it is measured. programs: their directory."""
    yield Figure("getpid", "ns", Goal(0.8, NATIVE), scaled(
        loop(engines, rounds, f"{programs}/getpid", GETPIDS), 1e9 / GETPIDS))
    yield Figure("read of 1 byte of /dev/zero", "ns", Goal(2.0, NATIVE), scaled(
        loop(engines, rounds, f"{programs}/read_zero", READS), 1e9 / READS))
    yield Figure("integer work", "ms", Goal(1.5, QEMU), scaled(
        loop(engines, rounds, f"{programs}/integer", INTEGER_ROUNDS), 1e3))

    hello = f"{programs}/hello"
    yield Figure("hello, start to exit", "ms", Goal(1.0, QEMU), scaled(interleaved(
        engines, 4 * rounds, lambda engine: run(engines.command(engine, hello), "hello\n")[0]), 1e3))
    yield Figure("hello, resident memory", "MiB", Goal(24.0, absolute=True), interleaved(
        engines, 1, lambda engine: peak_memory(engines.command(engine, hello, "wait"))))

    fork = f"{programs}/fork_large"
    yield Figure(f"fork of {FORK_MEBIBYTES} MiB", "ms", Goal(5.0, absolute=True), scaled(interleaved(
        engines, rounds,
        lambda engine: int(run(engines.command(engine, fork, FORK_MEBIBYTES))[1])), 1e-6))
