"""Threads: arrays and traced functions that several use at once, and other threads running while kernels work."""

import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from agree import same

import tnp

THREADS = 8


@pytest.fixture(autouse=True)
def switch_often():
    """Threads take turns every 10 µs, so that what can go wrong does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def in_threads(work, rounds=1):
    """Calls `work(number)` on many threads that start together; raises what any of them raises."""
    start = threading.Barrier(THREADS)

    def run(number):
        start.wait()
        return [work(number) for _ in range(rounds)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(run, number) for number in range(THREADS)]]


@pytest.mark.parametrize("size", [10, 100_000])
def test_shared_arrays_are_read_by_all(size):
    shared = tnp.arange(float(size))
    expected = float(np.sum(np.arange(float(size)) * 2 + 1))

    def work(number):
        return float(tnp.sum(shared * 2 + 1)) == expected and bool(tnp.all(shared[::-1][::-1] == shared))

    assert all(all(results) for results in in_threads(work, 20))


@pytest.mark.parametrize("size", [10, 100_000])
def test_readers_of_an_array_that_others_assign_to_see_whole_values(size):
    x = tnp.zeros(size)

    def work(number):
        for _ in range(20):
            if number % 2:
                x[:] = number
            else:
                value = np.asarray(x + 0)
                assert value.shape == (size,) and value.min() == value.max()

    in_threads(work)
    assert x.shape == (size,)


def test_rebinding_in_threads_loses_no_array():
    x = tnp.ones(1000)
    results = in_threads(lambda number: float((x + number).sum()), 50)
    for number, sums in enumerate(results):
        assert set(sums) == {1000.0 * (1 + number)}


def test_a_traced_function_is_called_from_all_threads():
    traced_bodies = []

    @tnp.function
    def work(x, y):
        traced_bodies.append(x.shape)
        return tnp.sum(tnp.sin(x) * y), x + y

    def call(number):
        size = 2 + number % 3
        x = tnp.full(size, float(number))
        total, added = work(x, x * 2)
        np.testing.assert_allclose(float(total), size * np.sin(number) * 2 * number, rtol=1e-12)
        same(added, np.full(size, 3.0 * number))

    in_threads(call, 50)
    assert set(traced_bodies) == {(2,), (3,), (4,)}
    count = work.trace_count
    in_threads(call, 5)
    assert work.trace_count == count


def test_transformations_of_threads_do_not_mix():
    shared = tnp.arange(4.0)

    def work(number):
        factor = float(number + 1)
        gradient = tnp.grad(lambda x: tnp.sum(x**2) * factor)(shared)
        same(gradient, 2 * np.arange(4.0) * factor)
        own = shared + 0
        with tnp.GradientTape() as tape:
            tape.watch(own)
            y = own * factor * shared
        same(tape.gradient(y, own), np.arange(4.0) * factor)
        same(tnp.vectorized_map(lambda x: x * factor, shared), np.arange(4.0) * factor)

    in_threads(work, 25)


def test_a_tape_does_not_record_what_other_threads_do():
    x = tnp.asarray(3.0)
    to_other, done = queue.Queue(), queue.Queue()

    def other():
        to_other.get(timeout=10)
        try:
            done.put(x * 100)
        except RuntimeError as raised:
            done.put(raised)

    thread = threading.Thread(target=other)
    thread.start()
    with tnp.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        to_other.put(None)
        foreign = done.get(timeout=10)
    thread.join()
    same(tape.gradient(y, x), np.array(6.0))
    same(foreign, np.array(300.0))


def test_exceptions_stay_on_their_thread():
    def work(number):
        def fails(x):
            raise KeyError(number)

        with pytest.raises(KeyError) as raised:
            tnp.grad(fails)(1.0)
        assert raised.value.args == (number,)
        with pytest.raises(IndexError):
            tnp.ones(2)[5]

    in_threads(work, 50)


def test_settings_of_a_scope_stay_on_their_thread():
    def work(number):
        with tnp.numpy_behavior(prefer_float32=number % 2 == 0):
            time.sleep(0)
            assert tnp.asarray(1.0).dtype == (tnp.float32 if number % 2 == 0 else tnp.float64)
        assert tnp.asarray(1.0).dtype == tnp.float64

    in_threads(work, 50)


def test_numpy_arrays_are_shared_by_threads():
    theirs = np.arange(50_000.0)
    before = theirs.copy()

    def work(number):
        ours = tnp.asarray(theirs)
        ours[number] = -1
        assert float(tnp.sum(tnp.asarray(theirs))) == before.sum()
        return float(ours[number])

    assert all(set(results) == {-1.0} for results in in_threads(work, 10))
    np.testing.assert_array_equal(theirs, before)


def ticks_during(work):
    """How often another thread gets to run while `work` does, and for how long that is."""
    stop, ticks = threading.Event(), [0]

    def tick():
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=tick)
    thread.start()
    time.sleep(0.01)
    first, start = ticks[0], time.perf_counter()
    work()
    took, counted = time.perf_counter() - start, ticks[0] - first
    stop.set()
    thread.join()
    return counted, took


BIG = tnp.random.rand(900, 900)
LONG = {
    "matmul": lambda: BIG @ BIG @ BIG,
    "function": lambda: tnp.matmul(tnp.matmul(BIG, BIG), BIG),
    "sort": lambda: tnp.sort(tnp.concatenate([BIG, BIG, BIG]), axis=None),
    "elementwise": lambda: [tnp.sin(BIG) for _ in range(8)],
    "reduction": lambda: [tnp.std(BIG) for _ in range(30)],
    "method": lambda: [BIG.std() for _ in range(30)],
    "traced": lambda: traced_long(BIG),
}


@tnp.function
def traced_long(x):
    return x @ x @ x @ x


@pytest.mark.parametrize("what", LONG)
def test_other_threads_run_while_kernels_work(what):
    LONG[what]()
    counts = []
    for _ in range(3):
        counted, took = ticks_during(LONG[what])
        # A tick takes a millisecond or less when nobody holds the interpreter.
        counts.append((counted, took))
        if counted >= took / 0.010:
            return
    pytest.fail(f"ticks and seconds: {counts}")


def test_no_kernel_reads_what_another_thread_writes():
    # Assigning to a bytearray holds the interpreter: a kernel that does not would see half of it.
    raw = bytearray(400_000)
    theirs, stop = np.frombuffer(raw, "uint8"), threading.Event()
    texts = [bytes([value]) * len(raw) for value in range(10)]
    traced_range = tnp.function(lambda x: tnp.max(x) - tnp.min(x))

    def write():
        while not stop.is_set():
            for text in texts:
                raw[:] = text

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(40):
            borrowed = tnp.asarray(theirs)
            assert int(tnp.ptp(theirs)) == int(tnp.ptp(borrowed)) == int(borrowed.ptp()) == 0
            assert int(traced_range(borrowed)) == 0
            assert bool(tnp.all((borrowed - borrowed) == 0))
            assert int(tnp.ptp(tnp.array(theirs))) == 0
    finally:
        stop.set()
        thread.join()


def test_threads_that_end_leave_nothing_behind():
    live = tnp.memory_stats()["live"]

    def work(number):
        with tnp.GradientTape() as tape:
            x = tnp.zeros(10_000)
            tape.watch(x)
            y = tnp.exp(x)
        tape.gradient(y, x)

    for _ in range(3):
        in_threads(work, 5)
    assert tnp.memory_stats()["live"] <= live
