"""Memory shared with NumPy and others: what is shared, what is copied and counted, and who keeps whom alive."""

import array
import ctypes
import gc
import sys
import time
import tracemalloc
import weakref

import ml_dtypes
import numpy as np
import pytest
from agree import DTYPES, same

import tnp

ALL = DTYPES + ["bfloat16"]


def dtype_of(name):
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


def numbers(name, shape=(6,)):
    count = int(np.prod(shape))
    return (np.arange(count) % 2 if name == "bool" else np.arange(count)).reshape(shape).astype(dtype_of(name))


def address(theirs):
    return theirs.__array_interface__["data"][0]


def copies():
    return tnp.transfer_stats()["copies"]


def shared(ours, theirs):
    """Whether the first element of both lies in the same place."""
    return address(ours.numpy()) == address(theirs)


# Borrowing NumPy's memory


def views(theirs):
    """The same memory, looked at in many ways."""
    yield "whole", theirs
    yield "strided", theirs[::2]
    yield "negative", theirs[::-1]
    yield "rows backwards", theirs.reshape(2, 3)[::-1, ::-2]
    yield "transposed", theirs.reshape(2, 3).T
    yield "Fortran", np.asfortranarray(theirs.reshape(2, 3))
    yield "without axes", theirs[3:4].reshape(())
    yield "one element", theirs[2:3]
    yield "offset", theirs[1:5]
    yield "repeated", np.lib.stride_tricks.as_strided(theirs, (3, 6), (0, theirs.itemsize))
    yield "overlapping", np.lib.stride_tricks.sliding_window_view(theirs, 3)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("make", [tnp.asarray, lambda x: tnp.asarray(x, copy=False)], ids=["asarray", "copy=False"])
def test_arrays_of_numpy_are_borrowed(name, make):
    theirs = numbers(name)
    for what, view in views(theirs):
        before = copies()
        ours = make(view)
        assert copies() == before, what
        assert ours.shape == view.shape and str(ours.dtype) == name, what
        assert shared(ours, view), what
        np.testing.assert_array_equal(ours.numpy(), view, err_msg=what)


@pytest.mark.parametrize("name", ALL)
def test_a_borrowed_array_shows_what_its_owner_writes(name):
    theirs = numbers(name)
    ours = tnp.asarray(theirs)
    assert not bool(ours[0])
    theirs[0] = 1
    assert bool(ours[0])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(0,), (2, 0, 3)])
def test_empty_arrays(name, shape):
    ours = tnp.asarray(numbers(name, shape), copy=None)
    assert ours.shape == shape and str(ours.dtype) == name
    assert ours.numpy().shape == shape and ours.numpy().dtype == dtype_of(name)


@pytest.mark.parametrize("name", ALL)
def test_own_memory_is_lent_without_a_copy(name):
    ours = tnp.asarray(numbers(name)) + tnp.zeros((), name)
    for what, (view, expected) in {
        "whole": (ours, numbers(name)),
        "strided": (ours[::2], numbers(name)[::2]),
        "negative": (ours[::-1], numbers(name)[::-1]),
        "transposed": (ours.reshape(2, 3).T, numbers(name).reshape(2, 3).T),
        "without axes": (ours[3], numbers(name)[3]),
    }.items():
        before = copies()
        theirs = np.asarray(view)
        assert copies() == before, what
        assert theirs.dtype == dtype_of(name), what
        assert address(theirs) == address(view.numpy()) == address(np.asarray(view)), what
        np.testing.assert_array_equal(theirs, expected, err_msg=what)


@pytest.mark.parametrize("export", [np.asarray, lambda x: x.numpy(), lambda x: x.__array__(), np.from_dlpack])
@pytest.mark.parametrize("name", DTYPES)
def test_what_is_lent_is_read_only(export, name):
    theirs = export(tnp.ones(3, name))
    assert not theirs.flags.writeable
    with pytest.raises(ValueError):
        theirs[0] = 0
    with pytest.raises(ValueError):
        theirs.flags.writeable = True


def test_memoryview_is_read_only_with_shape_and_format():
    view = memoryview(tnp.arange(6.0).reshape(2, 3).T)
    assert view.readonly and view.shape == (3, 2) and view.strides == (8, 24) and view.format == "d"
    assert view.tolist() == [[0, 3], [1, 4], [2, 5]]
    with pytest.raises(TypeError):
        view[0, 0] = 1
    with pytest.raises((BufferError, TypeError)):
        (ctypes.c_char * 8).from_buffer(tnp.ones(1))
    assert bytes(tnp.arange(3, dtype="uint8")) == b"\0\1\2"
    assert bytes(tnp.arange(6, dtype="uint8")[::2]) == b"\0\2\4"


@pytest.mark.parametrize("name", DTYPES)
def test_formats_of_the_buffer_protocol_are_numpys(name):
    assert memoryview(tnp.ones(2, name)).format == memoryview(np.ones(2, name)).format


def test_bfloat16_needs_ml_dtypes_only_for_numpy():
    with pytest.raises(BufferError):
        memoryview(tnp.ones(2, "bfloat16"))
    assert tnp.ones(2, "bfloat16").numpy().dtype == ml_dtypes.bfloat16


# Where memory cannot be shared


def unshareable():
    raw = bytearray(8 * 4 + 1)
    yield "misaligned", np.frombuffer(raw, np.float64, 4, offset=1)
    yield "other byte order", np.arange(4, dtype=">f8")
    yield "other byte order, integers", np.arange(4, dtype=">i4")
    yield "packed records", np.zeros(4, [("tag", "u1"), ("value", "f8")])["value"]


@pytest.mark.parametrize("what, theirs", unshareable(), ids=lambda x: x if isinstance(x, str) else "")
def test_one_counted_copy_where_memory_cannot_be_shared(what, theirs):
    tnp.reset_transfer_stats()
    ours = tnp.asarray(theirs)
    assert tnp.transfer_stats() == {"copies": 1, "bytes": theirs.nbytes}
    same(ours, theirs.astype(theirs.dtype.newbyteorder("=")))
    with pytest.raises(ValueError, match="copy"):
        tnp.asarray(theirs, copy=False)
    with pytest.raises(ValueError, match="copy"):
        tnp.array(theirs, copy=False)


def test_aligned_records_are_shared():
    records = np.zeros(4, np.dtype([("tag", "u1"), ("value", "f8")], align=True))
    assert shared(tnp.asarray(records["value"], copy=False), records["value"])


@pytest.mark.parametrize("name", ALL)
def test_copy_true_copies_and_counts(name):
    theirs = numbers(name)
    for make in (tnp.array, lambda x: tnp.asarray(x, copy=True)):
        before = copies()
        ours = make(theirs)
        assert copies() == before + 1
        assert not shared(ours, theirs) and not tnp.may_share_memory(ours, theirs)


def test_copy_false_says_no_where_a_copy_is_needed():
    for wrong in ([1, 2], (1.0,), 3, 2.5, True):
        with pytest.raises(ValueError, match="copy"):
            tnp.asarray(wrong, copy=False)
    with pytest.raises(ValueError, match="copy"):
        tnp.asarray(np.ones(3), dtype="float32", copy=False)
    with pytest.raises(ValueError, match="copy"):
        tnp.asarray(tnp.ones(3), dtype="float32", copy=False)
    with pytest.raises(ValueError, match="copy"):
        np.asarray(tnp.ones(3), dtype="float32", copy=False)


def test_numpys_own_copy_argument():
    x = tnp.arange(3.0)
    assert np.array(x, copy=True).flags.writeable
    assert address(np.array(x, copy=None)) == address(np.array(x, copy=False)) == address(x.numpy())
    assert np.asarray(x, dtype="float32").dtype == np.float32
    np.testing.assert_array_equal(x.__array__(np.dtype("int64"), copy=True), [0, 1, 2])
    written = np.array(x)
    written[0] = 9
    same(x, np.arange(3.0))


def test_bytes_that_are_no_truth_values():
    theirs = np.array([0, 1, 2, 255], "uint8").view(bool)
    ours = tnp.asarray(theirs)
    assert ours.tobytes() == b"\0\1\1\1"
    assert int(tnp.sum(ours)) == 3


def test_transfer_stats_show_a_conversion_in_a_loop():
    swapped = np.arange(10, dtype=">f8")
    tnp.reset_transfer_stats()
    for _ in range(5):
        tnp.sum(swapped)
    assert tnp.transfer_stats() == {"copies": 5, "bytes": 400}
    once = tnp.asarray(swapped)
    tnp.reset_transfer_stats()
    for _ in range(5):
        tnp.sum(once)
        np.asarray(once)
    assert tnp.transfer_stats() == {"copies": 0, "bytes": 0}


# Other libraries' memory

CODES = {"b": "int8", "B": "uint8", "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "q": "int64", "Q": "uint64"}
CODES |= {"l": "int64", "L": "uint64", "f": "float32", "d": "float64"}


@pytest.mark.parametrize("code", CODES)
def test_arrays_of_the_standard_library(code):
    theirs = array.array(code, [1, 2, 3])
    before = copies()
    ours = tnp.asarray(theirs)
    assert copies() == before
    same(ours, np.array([1, 2, 3], CODES[code]))
    theirs[0] = 7
    assert int(ours[0]) == 7
    with pytest.raises(BufferError):
        theirs.append(1)
    del ours
    theirs.append(1)


def test_memoryviews_and_ctypes():
    raw = bytearray(b"\1\2\3\4")
    same(tnp.asarray(memoryview(raw)), np.array([1, 2, 3, 4], "uint8"))
    same(tnp.asarray(memoryview(raw)[::-2]), np.array([4, 2], "uint8"))
    same(tnp.asarray(memoryview(raw).cast("H", (2, 1))), np.array([[513], [1027]], "uint16"))
    same(tnp.asarray((ctypes.c_double * 3)(1, 2, 3)), np.array([1.0, 2, 3]))
    same(tnp.asarray(((ctypes.c_int32 * 2) * 2)((1, 2), (3, 4))), np.array([[1, 2], [3, 4]], "int32"))


def test_bytearrays_are_bytes():
    raw = bytearray(b"\1\2\3")
    ours = tnp.asarray(raw)
    same(ours, np.asarray(raw))
    with pytest.raises(BufferError):
        raw.append(1)


def test_owners_cannot_free_or_resize_memory_under_us():
    theirs = np.arange(4.0)
    ours = tnp.asarray(theirs)
    with pytest.raises(ValueError):
        theirs.resize(1000)
    same(ours, np.arange(4.0))
    raw = bytearray(16)
    ours = tnp.asarray(memoryview(raw))
    with pytest.raises(BufferError):
        raw.clear()
    del ours
    raw.clear()


# What a transformation has seen never changes


def changed(theirs):
    theirs[...] = 1000


def test_a_tape_keeps_the_values_it_saw():
    theirs = np.array([1.0, 2.0, 3.0])
    ours = tnp.asarray(theirs)
    with tnp.GradientTape() as tape:
        tape.watch(ours)
        y = ours * ours
        changed(theirs)
    same(tape.gradient(y, ours), np.array([2.0, 4.0, 6.0]))
    same(y, np.array([1.0, 4.0, 9.0]))


def test_a_tape_keeps_the_values_of_arrays_handed_to_functions():
    theirs, x = np.array([1.0, 2.0, 3.0]), tnp.ones(3)
    with tnp.GradientTape() as tape:
        tape.watch(x)
        y = tnp.sum(tnp.multiply(x, theirs))
    changed(theirs)
    same(tape.gradient(y, x), np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[:], lambda a: a[::-1][::-1]], ids=["array", "view", "strided"])
def test_gradients_keep_the_values_they_saw(view):
    theirs = np.array([1.0, 2.0, 3.0])

    def loss(x):
        y = tnp.sum(x * view(theirs))
        changed(theirs)
        return y

    same(tnp.grad(loss)(tnp.ones(3)), np.array([1.0, 2.0, 3.0]))


def read_only(theirs):
    view = theirs[:]
    view.flags.writeable = False
    return view


READ_ONLY = {
    "view": read_only,
    "broadcast": lambda a: np.broadcast_to(a, (2, 3)),
    "memoryview": lambda a: memoryview(a).toreadonly(),
}


@pytest.mark.parametrize("how", READ_ONLY)
def test_a_read_only_view_of_writable_memory_is_no_promise(how):
    theirs = np.array([1.0, 2.0, 3.0])
    view = READ_ONLY[how](theirs)
    expected = np.array(view)
    x = tnp.ones(expected.shape)
    with tnp.GradientTape() as tape:
        tape.watch(x)
        y = tnp.sum(x * tnp.asarray(view))
    changed(theirs)
    same(tape.gradient(y, x), expected)


DERIVATIVES = {
    "grad": lambda a: tnp.grad(lambda x: tnp.sum(x * x))(a),
    "value_and_grad": lambda a: tnp.value_and_grad(lambda x: tnp.sum(x * x))(a)[1],
    "vjp": lambda a: tnp.vjp(lambda x: x * x, a)[1](tnp.ones(3))[0],
    "jvp": lambda a: tnp.jvp(lambda x: x * x, (a,), (tnp.ones(3),))[1],
    "hvp": lambda a: tnp.hvp(lambda x: tnp.sum(x**3) / 3, a, tnp.ones(3)),
    "jacobian": lambda a: tnp.jacobian(lambda x: x * x)(a) @ tnp.ones(3),
    "jacfwd": lambda a: tnp.jacfwd(lambda x: x * x)(a) @ tnp.ones(3),
    "hessian": lambda a: tnp.hessian(lambda x: tnp.sum(x**3) / 3)(a) @ tnp.ones(3),
    "map of grad": lambda a: tnp.vmap(tnp.grad(lambda x: x * x))(a),
    "function of grad": lambda a: tnp.function(tnp.grad(lambda x: tnp.sum(x * x)))(a),
    "tape": lambda a: taped(a),
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("make", [lambda a: a, tnp.asarray], ids=["numpy", "asarray"])
def test_derivatives_with_respect_to_borrowed_memory(derivative, make):
    same(DERIVATIVES[derivative](make(np.array([1.0, 2.0, 3.0]))), np.array([2.0, 4.0, 6.0]))


def test_pullbacks_keep_the_values_they_saw():
    theirs = np.array([1.0, 2.0, 3.0])
    y, pullback = tnp.vjp(lambda x: x * x, theirs)
    changed(theirs)
    same(pullback(tnp.ones(3)), (np.array([2.0, 4.0, 6.0]),))


def test_traces_keep_the_constants_they_saw():
    theirs = np.array([1.0, 2.0, 3.0])
    borrowed = tnp.asarray(theirs)

    @tnp.function
    def traced(x):
        return x + theirs + borrowed

    same(traced(tnp.zeros(3)), np.array([2.0, 4.0, 6.0]))
    changed(theirs)
    same(traced(tnp.zeros(3)), np.array([2.0, 4.0, 6.0]))


def test_arguments_of_traced_functions_are_read_anew():
    theirs = np.array([1.0, 2.0, 3.0])
    double = tnp.function(lambda x: x * 2)
    same(double(theirs), np.array([2.0, 4.0, 6.0]))
    theirs[0] = 10
    same(double(theirs), np.array([20.0, 4.0, 6.0]))
    assert double.trace_count == 1


def test_copy_false_shares_even_with_a_tape():
    theirs = np.array([1.0, 2.0, 3.0])
    ours = tnp.asarray(theirs, copy=False)
    with tnp.GradientTape() as tape:
        tape.watch(ours)
        y = ours * ours
        assert shared(ours, theirs)
    same(tape.gradient(y, ours), np.array([2.0, 4.0, 6.0]))


def test_writing_never_reaches_the_owner():
    theirs = np.arange(4.0)
    for make in (tnp.asarray, lambda x: tnp.asarray(x, copy=False), tnp.from_dlpack):
        ours = make(theirs)
        ours[0] = 100
        ours += 1
        ours.sort()
        ours.fill(3)
        np.testing.assert_array_equal(theirs, np.arange(4.0))


def test_writing_never_reaches_what_was_lent():
    x = tnp.arange(4.0)
    lent, capsule_reader = np.asarray(x), np.from_dlpack(x)
    x[0] = 100
    x += 1
    x.fill(7)
    np.testing.assert_array_equal(lent, np.arange(4.0))
    np.testing.assert_array_equal(capsule_reader, np.arange(4.0))
    same(x, np.full(4, 7.0))


# Do they share memory


def test_may_share_memory_across_the_border():
    theirs = np.arange(6.0)
    ours = tnp.asarray(theirs)
    for x, y in [(ours, theirs), (theirs, ours), (ours, ours), (ours[2:], theirs), (ours, ours.reshape(2, 3).T), (theirs, theirs)]:
        assert tnp.may_share_memory(x, y) and tnp.shares_memory(x, y)
    for x, y in [(ours, theirs.copy()), (ours[:3], theirs[3:]), (tnp.copy(ours), ours), (ours + 0, ours)]:
        assert not tnp.may_share_memory(x, y) and not tnp.shares_memory(x, y)
    assert np.may_share_memory(np.asarray(ours), theirs)
    assert np.shares_memory(ours, theirs)


def test_interleaved_views_share_no_element():
    x = np.arange(6.0)
    assert tnp.may_share_memory(x[::2], x[1::2])
    assert not tnp.shares_memory(x[::2], x[1::2])


# Lifetimes


def test_the_owner_lives_as_long_as_a_borrowed_array():
    theirs = np.arange(4.0)
    owner = weakref.ref(theirs)
    ours = tnp.asarray(theirs)
    part = ours[1:]
    del theirs, ours
    gc.collect()
    assert owner() is not None
    same(part, np.arange(1.0, 4.0))
    del part
    gc.collect()
    assert owner() is None


def test_writing_lets_the_owner_go():
    theirs = np.arange(4.0)
    owner = weakref.ref(theirs)
    ours = tnp.asarray(theirs)
    ours[0] = 5
    del theirs
    gc.collect()
    assert owner() is None


@pytest.mark.parametrize("export", [np.asarray, np.from_dlpack, memoryview, lambda x: x[1:].numpy()])
def test_lent_memory_lives_as_long_as_it_is_looked_at(export):
    live = tnp.memory_stats()["live"]
    x = tnp.zeros(100_000) + 3
    view = export(x)
    del x
    gc.collect()
    assert tnp.memory_stats()["live"] >= live + 800_000
    assert np.asarray(view)[-1] == 3
    del view
    gc.collect()
    assert tnp.memory_stats()["live"] <= live


def test_there_and_back_is_the_same_memory():
    x = tnp.arange(4.0)
    y = tnp.asarray(np.asarray(x))
    assert tnp.shares_memory(x, y)
    z = np.arange(4.0)
    assert address(np.asarray(tnp.asarray(z))) == address(z)


ROUNDS = {
    "import": lambda a: tnp.asarray(a),
    "import strided": lambda a: tnp.asarray(a[::-2]),
    "import swapped": lambda a: tnp.asarray(a.astype(">f8")),
    "export": lambda a: np.asarray(tnp.ones(10)),
    "memoryview": lambda a: memoryview(tnp.ones(10)),
    "from_dlpack": lambda a: tnp.from_dlpack(a),
    "to dlpack": lambda a: np.from_dlpack(tnp.ones(10)),
    "unused capsule": lambda a: tnp.ones(10).__dlpack__(max_version=(1, 0)),
    "unused legacy capsule": lambda a: tnp.ones(10).__dlpack__(),
    "lists": lambda a: tnp.asarray([[1.0, 2.0], [3.0, 4.0]]),
    "tolist": lambda a: tnp.ones(10).tolist(),
    "operators": lambda a: (tnp.asarray(a) + 1) * 2 - a,
    "indexing": lambda a: tnp.asarray(a)[[1, 2]][None, ..., 0],
    "assignment": lambda a: tnp.asarray(a).__setitem__(slice(2), [1, 2]),
    "refused import": lambda a: refused(tnp.asarray, "text"),
    "refused export": lambda a: refused(memoryview(tnp.ones(3)).__setitem__, 0, 1.0),
    "refused call": lambda a: refused(tnp.sum, a, axis=7),
    "refused keyword": lambda a: refused(tnp.sum, a, unknown=7),
    "repr": lambda a: repr(tnp.asarray(a)),
    "tape": lambda a: taped(a),
    "grad": lambda a: tnp.grad(lambda x: tnp.sum(x * x))(a),
    "raising in grad": lambda a: refused(tnp.grad(lambda x: 1 / 0), a),
    "map": lambda a: tnp.vectorized_map(lambda x: x * 2, a),
    "traced": lambda a: traced_square(a),
    "tracing": lambda a: tnp.function(lambda x: x * x)(a),
    "structures": lambda a: tnp.grad(lambda d: tnp.sum(d["a"] * d["b"][0]))({"a": a, "b": [a]}),
}


def refused(function, *args, **keywords):
    try:
        function(*args, **keywords)
    except Exception:  # noqa: BLE001
        return
    raise AssertionError("it was not refused")


def taped(a):
    x = tnp.asarray(a)
    with tnp.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.gradient(y, x)


@tnp.function
def traced_square(x):
    return x * x


@pytest.mark.parametrize("what", ROUNDS)
def test_nothing_leaks(what):
    work, theirs = ROUNDS[what], np.arange(10.0)
    for _ in range(50):
        work(theirs)
    gc.collect()
    tracemalloc.start()
    references, live, before = sys.getrefcount(theirs), tnp.memory_stats()["live"], tracemalloc.get_traced_memory()[0]
    for _ in range(1000):
        work(theirs)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert sys.getrefcount(theirs) == references
    assert tnp.memory_stats()["live"] <= live
    # A byte a round would be 1000.
    assert after - before < 16_000, f"{after - before} bytes in 1000 rounds"


def test_256_megabytes_cross_the_border_without_a_copy():
    theirs = np.zeros(2**25)
    live, before = tnp.memory_stats()["live"], copies()
    start = time.perf_counter()
    for _ in range(100):
        back = np.asarray(tnp.asarray(theirs))
    took = (time.perf_counter() - start) / 100
    assert address(back) == address(theirs)
    assert copies() == before and tnp.memory_stats()["live"] == live
    # A copy takes 50 ms at the least.
    assert took < 2e-3


# DLPack


class Exporter:
    """An object that hands out a capsule as it is told to."""

    def __init__(self, source, capsule=None, versions=True):
        self.source, self.capsule, self.versions = source, capsule, versions
        self.asked = []

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, **keywords):
        self.asked.append(keywords)
        if self.capsule is not None:
            return self.capsule
        if not self.versions:
            if keywords:
                raise TypeError("unexpected keyword argument")
            return self.source.__dlpack__()
        return self.source.__dlpack__(**keywords)


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("versions", [True, False], ids=["versioned", "legacy"])
def test_from_dlpack_shares_memory(name, versions):
    theirs = numbers(name)
    for what, view in views(theirs):
        if view.flags.writeable or versions:
            before = copies()
            ours = tnp.from_dlpack(Exporter(view, versions=versions))
            assert copies() == before, what
            assert shared(ours, view), what
            np.testing.assert_array_equal(ours.numpy(), view, err_msg=what)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("version", [None, (0, 8), (1, 0), (1, 1)], ids=str)
def test_own_capsules_are_read_back(name, version):
    x = tnp.asarray(numbers(name)).reshape(2, 3).T
    capsule = x.__dlpack__(max_version=version)
    assert f'"{"dltensor_versioned" if version and version[0] else "dltensor"}"' in repr(capsule)
    y = tnp.from_dlpack(Exporter(None, capsule))
    assert f"used_dltensor{'_versioned' if version and version[0] else ''}" in repr(capsule)
    np.testing.assert_array_equal(y.numpy(), x.numpy())
    assert tnp.shares_memory(x, y) == bool(version and version[0])


def test_a_capsule_is_used_once():
    for version in (None, (1, 0)):
        once = Exporter(None, tnp.ones(3).__dlpack__(max_version=version))
        tnp.from_dlpack(once)
        for _ in range(2):
            with pytest.raises((BufferError, ValueError)):
                tnp.from_dlpack(once)
            with pytest.raises((BufferError, ValueError)):
                np.from_dlpack(once)


def test_numpy_reads_own_capsules():
    x = tnp.arange(6.0).reshape(2, 3)
    theirs = np.from_dlpack(x)
    assert address(theirs) == address(x.numpy())
    np.testing.assert_array_equal(np.from_dlpack(x.T), x.numpy().T)
    copied = np.from_dlpack(x, copy=True)
    assert address(copied) != address(x.numpy())


def test_dlpack_refuses_what_it_cannot_do():
    x = tnp.ones(3)
    assert x.__dlpack_device__() == (1, 0)
    for keywords, error in [
        ({"stream": 1}, ValueError),
        ({"dl_device": (2, 0), "max_version": (1, 0)}, BufferError),
        ({"copy": False}, BufferError),
        ({"max_version": 1}, TypeError),
        ({"unknown": 1}, TypeError),
    ]:
        with pytest.raises(error):
            x.__dlpack__(**keywords)
    for wrong in (3, "text", object(), [1, 2], Exporter(None, "no capsule")):
        with pytest.raises((TypeError, BufferError, AttributeError)):
            tnp.from_dlpack(wrong)


def test_a_copy_is_made_where_it_is_asked_for():
    x = tnp.arange(6.0)
    before = tnp.transfer_stats()["copies"]
    assert address(np.from_dlpack(x, device="cpu")) == address(x.numpy())
    assert tnp.transfer_stats()["copies"] == before
    copied = np.from_dlpack(x, device="cpu", copy=True)
    assert address(copied) != address(x.numpy())
    assert tnp.transfer_stats()["copies"] == before + 1
    np.testing.assert_array_equal(copied, np.arange(6.0))


@pytest.mark.parametrize(("place", "words"), [((2, 99), "cuda"), ((10, 3), r"\(10, 3\)"), ((7, 0), "move it to the CPU")])
def test_memory_of_a_device_that_is_not_here_is_not_asked_for(place, words):
    class Elsewhere:
        def __dlpack_device__(self):
            return place

        def __dlpack__(self, **keywords):
            raise AssertionError("asked for memory that cannot be used")

    for read in (tnp.from_dlpack, tnp.asarray, lambda x: tnp.ones(3) + tnp.asarray(x)):
        with pytest.raises(BufferError, match=words):
            read(Elsewhere())


def test_exceptions_of_exporters_come_out():
    class Raises:
        def __dlpack_device__(self):
            return (1, 0)

        def __dlpack__(self, **keywords):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        tnp.from_dlpack(Raises())


def test_capsules_outlive_their_array_and_may_stay_unused():
    live = tnp.memory_stats()["live"]
    capsule = (tnp.zeros(100_000) + 1).__dlpack__(max_version=(1, 0))
    gc.collect()
    assert tnp.memory_stats()["live"] >= live + 800_000
    same(tnp.from_dlpack(Exporter(None, capsule))[:2], np.ones(2))
    del capsule
    gc.collect()
    assert tnp.memory_stats()["live"] <= live
