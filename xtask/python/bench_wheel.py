"""Times small calls and transfers of the wheel beside NumPy, in turns in one process; prints a table and writes it into a chapter.

usage: bench_wheel.py CHAPTER PROGRAM [--quick]

PROGRAM is `tnp-benches`, which times the gradient step as Rust calls it.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# One core for both sides, before they count cores: what is compared is calls, not teams of threads.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402

import tnp  # noqa: E402

# Rounds, in which both sides take turns; and how long a batch of calls lasts at least.
ROUNDS, BATCH = 61, 5e-4

SETUP = """
a, b = xp.asarray([1.5]), xp.asarray([2.5])
x, y = xp.arange(16.0), xp.arange(16.0) + 1
mask = x > 7
m, n = xp.ones((4, 4)), xp.ones((4, 4))
"""
# Title, and what both sides evaluate.
SAME = [
    ("`a + b`, one element", "a + b"),
    ("`a + 1`, one element", "a + 1"),
    ("`x[3]` of 16", "x[3]"),
    ("`x[2:10:2]`", "x[2:10:2]"),
    ("`x.reshape(4, 4)`", "x.reshape(4, 4)"),
    ("`xp.sum(x)` of 16", "xp.sum(x)"),
    ("`x.sum()` of 16", "x.sum()"),
    ("`xp.zeros(16)`", "xp.zeros(16)"),
    ("`xp.exp(x)` of 16", "xp.exp(x)"),
    ("`m @ n`, 4×4", "m @ n"),
    ("`xp.matmul(m, n)`, 4×4", "xp.matmul(m, n)"),
    ("`xp.where(mask, x, y)` of 16", "xp.where(mask, x, y)"),
    ("`xp.concatenate((x, y))` of 16", "xp.concatenate((x, y))"),
    ("`float(x[3])`", "float(x[3])"),
]


class Model:
    """The guide's model: a dense layer, a relu, a linear layer."""

    def __init__(self, xp, weights):
        self.weights = tuple(xp.asarray(w) for w in weights)

    def predict(self, inputs):
        """Predictions for a batch."""
        w1, bias, w2 = self.weights
        return tnp.maximum(inputs @ w1 + bias, 0) @ w2


def step(model, inputs, labels):
    """Gradients by a tape."""
    with tnp.GradientTape() as tape:
        tape.watch(model.weights)
        loss = tnp.sum(tnp.square(model.predict(inputs) - labels))
    return tape.gradient(loss, model.weights)


def step_by_hand(model, inputs, labels):
    """The same gradients, derived by hand for NumPy."""
    w1, bias, w2 = model.weights
    hidden = inputs @ w1 + bias
    active = np.maximum(hidden, 0)
    error = 2 * (active @ w2 - labels)
    back = (error @ w2.T) * (hidden > 0)
    return inputs.T @ back, back.sum(0), active.T @ error


def rows():
    """Title, our call, NumPy's call (or None), for each row."""
    ours, theirs = {"xp": tnp}, {"xp": np}
    for names in (ours, theirs):
        exec(SETUP, names)
    for title, expression in SAME:
        # A function with local names, as in a program; the arrays are its defaults.
        source = f"lambda a=a, b=b, x=x, y=y, m=m, n=n, mask=mask, xp=xp: {expression}"
        yield title, eval(source, ours), eval(source, theirs)
    big = np.zeros(32 * 1024 * 1024)
    held = tnp.asarray(big)
    yield "import of 256 MB: `tnp.asarray(big)`", lambda: tnp.asarray(big), None
    yield "export of 256 MB: `held.numpy()`", lambda: held.numpy(), None
    yield "export of 256 MB: `np.asarray(held)`", lambda: np.asarray(held), None
    yield "import of 256 MB by DLPack", lambda: tnp.from_dlpack(big), None
    yield "export of 256 MB by DLPack", lambda: np.from_dlpack(held), None
    generator = np.random.default_rng(0)
    single = lambda *shape: generator.standard_normal(shape, dtype=np.float32)
    weights = (single(32, 64) / 6, single(64), single(64, 2) / 8)
    for batch in (32, 512):
        data = single(batch, 32), single(batch, 2)
        model, by_hand = Model(tnp, weights), Model(np, weights)
        args = [tnp.asarray(part) for part in data]
        for one, other in zip(step(model, *args), step_by_hand(by_hand, *data)):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-2)
        compiled = tnp.function(step)
        numpy_step = lambda m=by_hand, d=data: step_by_hand(m, *d)
        yield f"gradient step, batch of {batch}", lambda m=model, a=args: step(m, *a), numpy_step
        yield f"the same, compiled, batch of {batch}", lambda m=model, a=args, f=compiled: f(m, *a), numpy_step


def batch_of(call):
    """How many calls last as long as a batch."""
    number = 1
    while True:
        start = time.perf_counter()
        for _ in range(number):
            call()
        if time.perf_counter() - start > BATCH:
            return number
        number *= 2


def timed(call, number):
    """Nanoseconds a call in one batch."""
    turns = range(number)
    start = time.perf_counter()
    for _ in turns:
        call()
    return (time.perf_counter() - start) / number * 1e9


def empty():
    """What calling a function costs, which every row pays twice over."""


class Rust:
    """The rows that Rust times, in a process of its own on the same core."""

    def __init__(self, program):
        rows = json.loads(subprocess.check_output([program, "--list", "--filter", "gradient step"]))
        self.names = {row["name"].split("  #")[0]: row["name"] for row in rows}
        self.process = subprocess.Popen([program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, row):
        """Nanoseconds of a call of a row."""
        request = {"row": self.names[row], "side": "tnp", "threads": 1, "budget": 0.02}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["median"] * 1e9


def beside_rust(program, rounds):
    """Our median from Python and from Rust, taken in turns, for the gradient step eager and compiled."""
    rust = Rust(program)
    steps = {title: ours for title, ours, _ in rows() if title.endswith("batch of 512")}
    for (title, call), row in zip(steps.items(), ("gradient step, eager", "gradient step, compiled")):
        number, ours, theirs = batch_of(call), [], []
        for _ in range(rounds):
            # As long as Rust's turn: what the other process left in the caches is gone after a few calls.
            ours.append(statistics.median(timed(call, number) for _ in range(40)))
            theirs.append(rust.call(row))
        yield title, statistics.median(ours), statistics.median(theirs)


def measured(rounds):
    """Title, our median and NumPy's (or None), for each row."""
    for title, ours, theirs in rows():
        calls = [call for call in (ours, theirs) if call]
        numbers = [batch_of(call) for call in calls]
        times = [[] for _ in calls]
        for turn in range(rounds):
            order = range(len(calls)) if turn % 2 == 0 else reversed(range(len(calls)))
            for at in order:
                times[at].append(timed(calls[at], numbers[at]))
        medians = [statistics.median(part) for part in times]
        yield title, medians[0], medians[1] if theirs else None


def text(nanoseconds):
    """A time as people write it."""
    if nanoseconds is None:
        return "–"
    for unit, scale in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= scale:
            return f"{nanoseconds / scale:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


CHAPTER = """\
# From Python

Written by `cargo xtask bench --python`, on a wheel built in release mode. Both sides take turns in one process: {rounds} rounds of batches of
{batch:g} ms on one core, the median counts, garbage collection is off. A call of an empty function costs {call} in this run and is part of every time. **ratio** is
NumPy's time over ours: above 1 we are faster. Python {python}, NumPy {numpy}.

{table}

Behind NumPy in this run: {behind}.

The gradient step is the guide's: 32 → 64 → 2 with a rectifier, on a tape here and derived by hand for NumPy. The compiled one runs a plan
made at the first call. Imports and exports share memory, so their time does not depend on the size; NumPy has no counterpart to compare
with.

{rust}

The same operations called from Rust are in [Performance](performance.md).
"""


def main(page, program, quick=None):
    """Does what the usage says."""
    rounds = 5 if quick else ROUNDS
    gc.disable()
    call = statistics.median(timed(empty, 100_000) for _ in range(rounds))
    lines, behind = ["| | tnp | NumPy | ratio |", "|---|---|---|---|"], []
    for title, ours, theirs in measured(rounds):
        ratio = "–" if theirs is None else f"{theirs / ours:.2f}"
        print(f"{title:<42} {text(ours):>10} {text(theirs):>10} {ratio:>7}", flush=True)
        if theirs is not None and theirs < 0.95 * ours:
            behind.append(title)
        lines.append(f"| {title} | {text(ours)} | {text(theirs)} | {ratio} |")
    called = []
    for title, ours, theirs in beside_rust(program, rounds):
        print(f"{title:<42} {text(ours):>10} {text(theirs):>10} {ours / theirs:>7.2f} (Rust)", flush=True)
        called.append(f"| {title} | {text(ours)} | {text(theirs)} | {ours / theirs:.2f} |")
    if quick:
        return
    beside = ["| | from Python | from Rust | Python's time over Rust's |", "|---|---|---|---|", *called]
    words = {"python": sys.version.split()[0], "numpy": np.__version__, "call": text(call), "behind": "; ".join(behind) or "nothing"}
    chapter = CHAPTER.format(rounds=rounds, batch=BATCH * 1e3, table="\n".join(lines), rust="\n".join(beside), **words)
    Path(page).write_text(chapter, encoding="utf-8")
    print(f"{page} written")


if __name__ == "__main__":
    main(*sys.argv[1:])
