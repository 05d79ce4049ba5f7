"""Bad input: objects, texts, ragged lists, wrong dtypes and shapes of every sort raise what NumPy raises, and harm nothing."""

import decimal
import fractions
import inspect
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from agree import agree, kind, outcome, same

import tnp


class Unconvertible:
    """An object whose conversions raise."""

    def __init__(self, raised):
        self.raised = raised

    def __array__(self, dtype=None, copy=None):
        raise self.raised

    def __iter__(self):
        raise self.raised


class NoArray:
    """An object that gives something else than an array."""

    def __array__(self, dtype=None, copy=None):
        return "no array"


NUMBERS_NOT = {
    "None": None,
    "text": "text",
    "number as text": "1",
    "bytes": b"1",
    "object": object(),
    "type": int,
    "function": len,
    "dict": {"a": 1},
    "set": {1, 2},
    "generator": (x for x in [1]),
    "range of texts": ["a", "b"],
    "list of None": [1, None],
    "list of objects": [object()],
    "list of dicts": [{}],
    "nested text": [[1, 2], [3, "4"]],
    "object array": np.array([object()]),
    "text array": np.array(["a"]),
    "datetime array": np.array(["2020-01-01"], "datetime64[D]"),
    "record array": np.zeros(2, "i4,f8"),
    "long double": np.ones(2, np.longdouble),
    "decimal": decimal.Decimal("1.5"),
    "fraction": fractions.Fraction(1, 2),
    "module": sys,
    "exception": ValueError("x"),
}
FUNCTIONS = {
    "asarray": tnp.asarray,
    "array": tnp.array,
    "sum": tnp.sum,
    "sin": tnp.sin,
    "add": lambda x: tnp.add(x, 1),
    "add reflected": lambda x: tnp.add(1, x),
    "operator": lambda x: tnp.ones(2) * x,
    "concatenate": lambda x: tnp.concatenate([tnp.ones(2), x]),
    "where": lambda x: tnp.where(tnp.ones(2) > 0, x, 1),
    "matmul": lambda x: tnp.matmul(tnp.ones(2), x),
    "setitem": lambda x: tnp.ones(2).__setitem__(0, x),
    "at": lambda x: tnp.ones(2).at[0].set(x),
    "full": lambda x: tnp.full(2, x),
    "fft": tnp.fft.fft,
    "einsum": lambda x: tnp.einsum("i->", x),
    "clip": lambda x: tnp.clip(tnp.ones(2), x, 1),
    "pad": lambda x: tnp.pad(x, 1),
    "map": lambda x: tnp.vectorized_map(lambda v: v + x, tnp.ones(2)),
    "grad": lambda x: tnp.grad(lambda v: tnp.sum(v * x))(tnp.ones(2)),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("what", NUMBERS_NOT)
def test_what_is_no_array_of_numbers_is_a_type_error(what, function):
    if function == "clip" and what == "None":
        return  # No bound.
    with pytest.raises(TypeError):
        FUNCTIONS[function](NUMBERS_NOT[what])


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("raised", [KeyError("mine"), ValueError("mine"), TypeError("mine"), MemoryError("mine"), KeyboardInterrupt()], ids=repr)
def test_exceptions_of_conversions_come_out(raised, function):
    with pytest.raises(type(raised)) as caught:
        FUNCTIONS[function](Unconvertible(raised))
    if not isinstance(raised, TypeError):
        assert caught.value is raised


@pytest.mark.parametrize("function", FUNCTIONS)
def test_objects_that_give_no_array(function):
    with pytest.raises((TypeError, ValueError)):
        FUNCTIONS[function](NoArray())


def endless():
    items = []
    items.append(items)
    return items


def deep(levels):
    items = 1.0
    for _ in range(levels):
        items = [items]
    return items


LISTS = {
    "ragged": [[1, 2], [3]],
    "ragged inside": [[[1], [2]], [[3], [4, 5]]],
    "number beside list": [1, [2]],
    "list beside number": [[1], 2],
    "arrays of unlike shapes": [np.ones(2), np.ones(3)],
    "array beside number": [np.ones(2), 1.0],
    "number beside array": [1.0, np.ones(2)],
    "empty beside full": [[], [1]],
    "empty lists": [[], []],
    "nothing": [],
    "deep": deep(20),
    "too deep": deep(100),
    "far too deep": deep(5000),
    "contains itself": endless(),
    "huge integer": [2**70],
    "huger integer": [2**200],
    "huge and negative": [-(2**70), 1],
    "large unsigned": [2**63, 1],
    "large unsigned and negative": [2**63, -1],
    "mixed": [True, 2, 3.5, 1j],
    "array and numbers": [np.float32(1), 2, np.int8(3)],
    "tuples": ((1, 2), (3, 4)),
}
LISTS_AND_DTYPES = [(what, dtype) for what in LISTS for dtype in (None, "float64", "float16", "complex64", "int32")]


@pytest.mark.parametrize("what, dtype", LISTS_AND_DTYPES)
def test_lists(what, dtype):
    theirs, error = outcome(lambda: np.array(LISTS[what], dtype=dtype))
    if error is None and theirs.dtype == object:
        error = TypeError("arrays of objects")
    ours, own_error = outcome(lambda: tnp.array(LISTS[what], dtype=dtype))
    if error is None:
        assert own_error is None, own_error
        same(ours, theirs)
    else:
        # A list that nests too deep is a ValueError for NumPy, or one that the machine stack ends.
        expected = (kind(error), OverflowError) if isinstance(error, TypeError) else kind(error)
        assert isinstance(own_error, expected), (own_error, error)


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [-np.inf], [1e300], [np.nan, 1.0]], ids=repr)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint64", "bool", "float16"])
def test_casts_of_what_does_not_fit(values, dtype):
    """What an integer cast of NaN gives is the machine's choice in NumPy; here it raises nothing and is always the same."""
    cast = tnp.asarray(values).astype(dtype)
    assert cast.dtype == dtype
    same(cast, tnp.asarray(values).astype(dtype).numpy())
    if dtype in ("bool", "float16"):
        same(cast, outcome(np.array(values).astype, dtype)[0])


def test_numbers_that_do_not_fit_a_dtype():
    for number, dtype in [(300, "uint8"), (-1, "uint8"), (2**40, "int32"), (2**64, "uint64"), (-(2**63) - 1, "int64"), (2**200, "int64")]:
        agree(lambda xp: xp.array(number, dtype=dtype), where=f"{number} {dtype}")
        agree(lambda xp: xp.full(2, number, dtype=dtype), where=f"{number} {dtype}")
        agree(lambda xp: xp.ones(2, dtype) + number, where=f"{number} {dtype}")
    for number in (np.nan, np.inf, 1j):
        for dtype in ("int64", "uint8"):
            agree(lambda xp: xp.array(number, dtype=dtype), where=f"{number} {dtype}")


#: Calls that NumPy refuses, or gives something surprising for: the same here.
CALLS = {
    # Shapes.
    "negative size": lambda xp: xp.zeros(-1),
    "negative size inside": lambda xp: xp.ones((2, -3)),
    "huge shape": lambda xp: xp.zeros(2**62),
    "huge product": lambda xp: xp.empty((2**40, 2**40)),
    "product beyond 64 bits": lambda xp: xp.ones((2**32, 2**32, 2)),
    "size beyond 64 bits": lambda xp: xp.zeros(2**70),
    "huge and empty": lambda xp: xp.zeros((2**40, 0)),
    "float size": lambda xp: xp.zeros(2.0),
    "float size inside": lambda xp: xp.zeros((2, 2.5)),
    "text shape": lambda xp: xp.zeros("12"),
    "None in a shape": lambda xp: xp.zeros((None, 2)),
    "nested shape": lambda xp: xp.zeros(((1, 2), 3)),
    "array shape": lambda xp: xp.zeros(np.array([2, 3])),
    "numpy size": lambda xp: xp.zeros(np.int8(2)),
    "bool size": lambda xp: xp.zeros(True),
    "65 axes": lambda xp: xp.zeros((1,) * 65),
    "64 axes": lambda xp: xp.zeros((1,) * 64),
    "reshape wrong": lambda xp: xp.reshape(xp.arange(6), (4, 2)),
    "reshape two unknown": lambda xp: xp.reshape(xp.arange(6), (-1, -1)),
    "reshape negative": lambda xp: xp.reshape(xp.arange(6), (-2, -3)),
    "reshape unknown of nothing": lambda xp: xp.reshape(xp.zeros(0), (0, -1)),
    "reshape float": lambda xp: xp.reshape(xp.arange(6), (2.0, 3)),
    "reshape order": lambda xp: xp.reshape(xp.arange(6), (2, 3), order="X"),
    "broadcast_to": lambda xp: xp.broadcast_to(xp.ones(3), (2,)),
    "broadcast_to negative": lambda xp: xp.broadcast_to(xp.ones(1), (-1,)),
    "add shapes": lambda xp: xp.add(xp.ones(2), xp.ones(3)),
    "where shapes": lambda xp: xp.where(xp.ones(2) > 0, xp.ones(3), 1),
    "matmul shapes": lambda xp: xp.matmul(xp.ones((2, 3)), xp.ones((2, 3))),
    "matmul numbers": lambda xp: xp.matmul(1, 2),
    "dot shapes": lambda xp: xp.dot(xp.ones(2), xp.ones(3)),
    "einsum letters": lambda xp: xp.einsum("ij,jk", xp.ones((2, 2))),
    "einsum sizes": lambda xp: xp.einsum("ij,jk", xp.ones((2, 2)), xp.ones((3, 2))),
    "einsum nothing": lambda xp: xp.einsum(),
    "einsum symbols": lambda xp: xp.einsum("i?", xp.ones(2)),
    "tensordot axes": lambda xp: xp.tensordot(xp.ones((2, 3)), xp.ones((2, 3)), axes=1),
    "cross sizes": lambda xp: xp.cross(xp.ones(4), xp.ones(4)),
    "concatenate nothing": lambda xp: xp.concatenate([]),
    "concatenate numbers": lambda xp: xp.concatenate([1, 2]),
    "concatenate one array": lambda xp: xp.concatenate(3),
    "concatenate shapes": lambda xp: xp.concatenate([xp.ones((2, 2)), xp.ones((3, 3))]),
    "concatenate axes": lambda xp: xp.concatenate([xp.ones(2), xp.ones((2, 2))]),
    "stack nothing": lambda xp: xp.stack([]),
    "stack shapes": lambda xp: xp.stack([xp.ones(2), xp.ones(3)]),
    "split unevenly": lambda xp: xp.split(xp.arange(5), 2),
    "split by zero": lambda xp: xp.split(xp.arange(4), 0),
    "array_split by zero": lambda xp: xp.array_split(xp.arange(4), 0),
    "hsplit number": lambda xp: xp.hsplit(xp.asarray(1), 1),
    "squeeze": lambda xp: xp.squeeze(xp.ones((2, 1)), axis=0),
    "expand_dims twice": lambda xp: xp.expand_dims(xp.ones(2), (0, 0)),
    "tile": lambda xp: xp.tile(xp.ones(2), -1),
    "repeat negative": lambda xp: xp.repeat(xp.ones(2), -1),
    "repeat shapes": lambda xp: xp.repeat(xp.ones(3), [1, 2]),
    "pad negative": lambda xp: xp.pad(xp.ones(2), -1),
    "pad mode": lambda xp: xp.pad(xp.ones(2), 1, mode="nothing"),
    "pad widths": lambda xp: xp.pad(xp.ones(2), ((1, 1), (1, 1), (1, 1))),
    "diag of three axes": lambda xp: xp.diag(xp.ones((2, 2, 2))),
    "diagonal of one axis": lambda xp: xp.diagonal(xp.ones(2)),
    "eye negative": lambda xp: xp.eye(-1),
    "identity float": lambda xp: xp.identity(2.0),
    # Axes.
    "axis": lambda xp: xp.sum(xp.ones((2, 2)), axis=2),
    "axis negative": lambda xp: xp.sum(xp.ones((2, 2)), axis=-3),
    "axis twice": lambda xp: xp.sum(xp.ones((2, 2)), axis=(0, -2)),
    "axis float": lambda xp: xp.sum(xp.ones((2, 2)), axis=0.0),
    "axis text": lambda xp: xp.sum(xp.ones((2, 2)), axis="0"),
    "axis huge": lambda xp: xp.sum(xp.ones(2), axis=2**70),
    "axis of a number": lambda xp: xp.sum(xp.asarray(1.0), axis=0),
    "argmax axis": lambda xp: xp.argmax(xp.ones(2), axis=1),
    "cumsum axis": lambda xp: xp.cumsum(xp.ones(2), axis=1),
    "sort axis": lambda xp: xp.sort(xp.ones(2), axis=1),
    "sort number": lambda xp: xp.sort(xp.asarray(1.0)),
    "flip axis": lambda xp: xp.flip(xp.ones(2), axis=1),
    "roll axis": lambda xp: xp.roll(xp.ones(2), 1, axis=1),
    "roll shifts": lambda xp: xp.roll(xp.ones((2, 2)), (1, 2, 3), axis=(0, 1)),
    "transpose axes": lambda xp: xp.transpose(xp.ones((2, 2)), (0, 0)),
    "transpose count": lambda xp: xp.transpose(xp.ones((2, 2)), (0,)),
    "moveaxis": lambda xp: xp.moveaxis(xp.ones((2, 2)), (0, 1), (0,)),
    "swapaxes": lambda xp: xp.swapaxes(xp.ones(2), 0, 1),
    "take axis": lambda xp: xp.take(xp.ones(2), 0, axis=1),
    "fft axis": lambda xp: xp.fft.fft(xp.ones(2), axis=1),
    "fft2 axes": lambda xp: xp.fft.fft2(xp.ones(2)),
    # Indices.
    "take out of bounds": lambda xp: xp.take(xp.ones(2), [0, 2]),
    "take float": lambda xp: xp.take(xp.ones(2), np.array([0.0])),
    "take mode": lambda xp: xp.take(xp.ones(2), [0], mode="nothing"),
    "take of nothing": lambda xp: xp.take(xp.ones(0), [0]),
    "take_along_axis float": lambda xp: xp.take_along_axis(xp.ones(2), np.array([0.0]), axis=0),
    "take_along_axis bounds": lambda xp: xp.take_along_axis(xp.ones(2), np.array([5]), axis=0),
    "choose bounds": lambda xp: xp.choose([0, 5], [xp.ones(2), xp.zeros(2)]),
    "compress long": lambda xp: xp.compress([True] * 5, xp.ones(2)),
    # Nothing to reduce.
    "max of nothing": lambda xp: xp.max(xp.ones(0)),
    "min of nothing along": lambda xp: xp.min(xp.ones((2, 0)), axis=1),
    "max of nothing across": lambda xp: xp.max(xp.ones((2, 0)), axis=0),
    "argmax of nothing": lambda xp: xp.argmax(xp.ones(0)),
    "ptp of nothing": lambda xp: xp.ptp(xp.ones(0)),
    "mean of nothing": lambda xp: xp.mean(xp.ones(0)),
    "sum of nothing": lambda xp: xp.sum(xp.ones((0, 2)), axis=0),
    "median of nothing": lambda xp: xp.median(xp.ones(0)),
    "average weights of zero": lambda xp: xp.average(xp.ones(2), weights=[0.0, 0.0]),
    "average weights shape": lambda xp: xp.average(xp.ones(2), weights=[1.0, 1.0, 1.0]),
    "fft of nothing": lambda xp: xp.fft.fft(xp.ones(0)),
    "fft of zero length": lambda xp: xp.fft.fft(xp.ones(3), n=0),
    "fft norm": lambda xp: xp.fft.fft(xp.ones(3), norm="nothing"),
    # Dtypes.
    "unknown dtype": lambda xp: xp.zeros(2, dtype="float99"),
    "object dtype": lambda xp: xp.zeros(2, dtype=3.5),
    "dtype of a number": lambda xp: xp.zeros(2, dtype=3),
    "bool minus bool": lambda xp: xp.subtract(xp.ones(2, bool), xp.ones(2, bool)),
    "minus bool": lambda xp: xp.negative(xp.ones(2, bool)),
    "bits of floats": lambda xp: xp.bitwise_and(xp.ones(2), xp.ones(2)),
    "invert floats": lambda xp: xp.invert(xp.ones(2)),
    "shift floats": lambda xp: xp.left_shift(xp.ones(2), 1),
    "gcd of floats": lambda xp: xp.gcd(xp.ones(2), xp.ones(2)),
    "floor of complex": lambda xp: xp.floor(xp.ones(2, complex)),
    "remainder of complex": lambda xp: xp.remainder(xp.ones(2, complex), 2),
    "arctan2 of complex": lambda xp: xp.arctan2(xp.ones(2, complex), 2),
    "hypot of complex": lambda xp: xp.hypot(xp.ones(2, complex), 2),
    "logaddexp of complex": lambda xp: xp.logaddexp(xp.ones(2, complex), 2),
    "cbrt of complex": lambda xp: xp.cbrt(xp.ones(2, complex)),
    "signbit of complex": lambda xp: xp.signbit(xp.ones(2, complex)),
    "integers to negative powers": lambda xp: xp.power(xp.arange(3), -1),
    "integers to negative arrays": lambda xp: xp.arange(3) ** xp.asarray([-1]),
    "uint64 and int64 bits": lambda xp: xp.bitwise_and(xp.ones(2, "uint64"), xp.ones(2, "int64")),
    "unsafe dtype of sum": lambda xp: xp.sum(xp.ones(2), dtype="int8"),
    "casting": lambda xp: xp.ones(2).astype("int8", casting="safe"),
    "casting name": lambda xp: xp.ones(2).astype("int8", casting="nothing"),
    "can_cast of numbers": lambda xp: xp.can_cast(3, "int8"),
    "searchsorted of matrix": lambda xp: xp.searchsorted(xp.ones((2, 2)), 1),
    "searchsorted side": lambda xp: xp.searchsorted(xp.ones(2), 1, side="middle"),
    "meshgrid indexing": lambda xp: xp.meshgrid(xp.ones(2), xp.ones(2), indexing="zz"),
    "isneginf of complex": lambda xp: xp.isneginf(xp.ones(2, complex)),
    "sliding window too long": lambda xp: sliding(xp)(xp.ones(2), 3),
    "sliding window negative": lambda xp: sliding(xp)(xp.ones(2), -1),
    # Numbers.
    "arange nothing": lambda xp: xp.arange(),
    "arange step of zero": lambda xp: xp.arange(0, 3, 0),
    "arange of nan": lambda xp: xp.arange(0, np.nan),
    "arange of infinity": lambda xp: xp.arange(0, np.inf),
    "arange huge": lambda xp: xp.arange(1e20),
    "arange of bools": lambda xp: xp.arange(True, dtype=bool),
    "linspace negative": lambda xp: xp.linspace(0, 1, -1),
    "linspace float count": lambda xp: xp.linspace(0, 1, 2.5),
    "geomspace through zero": lambda xp: xp.geomspace(0, 1),
    "clip without bounds": lambda xp: xp.clip(xp.ones(2)),
    "round of text": lambda xp: xp.round(xp.ones(2), "a"),
    "diff negative": lambda xp: xp.diff(xp.ones(2), n=-1),
    "diff of a number": lambda xp: xp.diff(xp.asarray(1.0)),
    "vander of matrix": lambda xp: xp.vander(xp.ones((2, 2))),
    "interval division": lambda xp: xp.floor_divide(xp.arange(3), 0),
    "integer remainder": lambda xp: xp.remainder(xp.arange(3), 0),
    "smallest integer by minus one": lambda xp: xp.asarray([-(2**63)]) // xp.asarray([-1]),
    "shift too far": lambda xp: xp.left_shift(xp.arange(3), 64),
    "shift by negative": lambda xp: xp.right_shift(xp.arange(3), -1),
    # Arguments.
    "no argument": lambda xp: xp.sin(),
    "too many arguments": lambda xp: xp.fft.fftshift(xp.ones(2), None, 3),
    "unknown keyword": lambda xp: xp.sum(xp.ones(2), whatever=1),
    "twice": lambda xp: xp.zeros(2, shape=3),
    "positional by name": lambda xp: xp.sin(x=xp.ones(2)),
    "copy of text": lambda xp: xp.from_dlpack("text"),
}

def sliding(xp):
    return np.lib.stride_tricks.sliding_window_view if xp is np else tnp.sliding_window_view


@pytest.mark.parametrize("call", CALLS)
def test_calls(call):
    agree(lambda xp: CALLS[call](xp))


@pytest.mark.parametrize("function", ["zeros", "ones", "empty", "rand"])
def test_shapes_that_fit_into_no_memory(function):
    make = tnp.random.rand if function == "rand" else lambda size: getattr(tnp, function)(size)
    with pytest.raises((MemoryError, ValueError)):
        make(2**55)


def test_memory_limits_raise_and_lift():
    live = tnp.memory_stats()["live"]
    tnp.set_memory_limit(live + 1_000_000)
    try:
        with pytest.raises(MemoryError):
            tnp.zeros(10_000_000)
        with pytest.raises(MemoryError):
            tnp.arange(100_000.0) + 1
            tnp.asarray(np.ones(1000))[:, None] * np.ones(1000)
    finally:
        tnp.set_memory_limit(None)
    same(tnp.zeros(10_000_000)[:1], np.zeros(1))


def test_out_is_refused_with_the_way_out():
    out = tnp.zeros(2)
    for call in (tnp.add, np_free_sum, tnp.matmul):
        with pytest.raises(TypeError, match="out"):
            call(tnp.ones(2), tnp.ones(2), out=out)
    same(out, np.zeros(2))


def np_free_sum(x, y, out):
    return tnp.sum(x, out=out)


MODULES = {"tnp": tnp, "tnp.fft": tnp.fft, "tnp.random": tnp.random, "tnp.linalg": getattr(tnp, "linalg", None)}


def callables():
    for prefix in ("tnp", "tnp.fft", "tnp.random", "tnp.linalg"):
        module = MODULES.get(prefix)
        for name in sorted(vars(module)) if module else ():
            function = getattr(module, name)
            if callable(function) and not inspect.isclass(function) and not name.startswith("_"):
                yield f"{prefix}.{name}", function


SPARED = {"tnp.enable_numpy_behavior", "tnp.experimental_enable_numpy_behavior", "tnp.set_default_device", "tnp.set_logical_devices"}
SPARED |= {"tnp.set_memory_limit", "tnp.random.seed", "tnp.empty_cache", "tnp.while_loop"}


class Hostile:
    """An object for which every question raises."""

    def __getattribute__(self, name):
        raise ZeroDivisionError(name)

    def __len__(self):
        raise ZeroDivisionError

    def __iter__(self):
        raise ZeroDivisionError

    def __index__(self):
        raise ZeroDivisionError

    def __float__(self):
        raise ZeroDivisionError


RUBBISH = [
    (),
    (None,),
    (None, None, None),
    ("text",),
    (object(), object()),
    (Hostile(),),
    (tnp.ones(2), Hostile()),
    (tnp.ones(2), None, Hostile()),
    (endless(),),
    (tnp.ones((2, 2)), "text", -1),
    (tnp.ones((2, 2)), 2**70),
    (tnp.ones((2, 2)), -(2**63), -5),
    (tnp.ones((2, 0)), tnp.ones((0, 3))),
    (tnp.ones(()), tnp.ones(())),
    (np.ones(3, "S1"), 1),
    (tnp.ones(3, complex), tnp.ones(3, bool), 1, 2, 3),
    (-1, -1),
    (1.5, "a", {}, [], ()),
    ([[1, 2], [3]],),
    (len, 1),
    (lambda *_: Hostile(), tnp.ones(2)),
    (lambda *_: "text", tnp.ones(2), tnp.ones(2)),
]
ORDINARY = (TypeError, ValueError, IndexError, OverflowError, MemoryError, RuntimeError, BufferError, ZeroDivisionError, AttributeError)


@pytest.mark.parametrize("name, function", [c for c in callables() if c[0] not in SPARED], ids=lambda c: c if isinstance(c, str) else "")
def test_rubbish_ends_in_ordinary_exceptions(name, function):
    for at, args in enumerate(RUBBISH):
        for keywords in ({}, {"axis": Hostile()}, {"dtype": "nothing"})[: 3 if at % 5 == 0 else 1]:
            _, raised = outcome(function, *args, **keywords)
            if raised is not None:
                assert isinstance(raised, ORDINARY), f"{at}: {raised!r}"
                assert "defect of tnp" not in str(raised), f"{at}: {raised!r}"
                assert "panic" not in type(raised).__name__.lower()


@pytest.mark.parametrize("attribute", [n for n in dir(tnp.ndarray) if callable(getattr(tnp.ndarray, n)) and n not in ("__class__", "__init_subclass__", "__new__", "__subclasshook__", "__setattr__", "__delattr__", "__jax_array__")])
def test_rubbish_handed_to_methods(attribute):
    for x in (tnp.ones((2, 3)), tnp.ones((), "int8"), tnp.ones((0, 2), bool), tnp.asarray(np.ones(3))):
        for at, args in enumerate(RUBBISH):
            _, raised = outcome(getattr(x, attribute), *args)
            if raised is not None:
                assert isinstance(raised, ORDINARY), f"{at}: {raised!r}"
                assert "defect of tnp" not in str(raised), f"{at}: {raised!r}"


HUGE_SIZES = """
import faulthandler, resource, sys
import numpy as np
import tnp
faulthandler.disable()
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
# A gigabyte beside what is loaded already.
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, used + 2**30))
x = tnp.ones(3)
for name in sys.argv[1:]:
    print("function", name, flush=True)
    function = tnp
    for part in name.split(".")[1:]:
        function = getattr(function, part)
    for n in (2**31, 2**40, 2**55, 2**62):
        for args in [(n,), (n, n), (n, n, n), ((n,),), ((n, n),), (x, n), (x, (n, n)), (x, 1, n), (x, x, n), (x, x, n, n), (0, n, 1), (0, 1, n)]:
            try:
                function(*args)
            except Exception as raised:
                if "defect of tnp" in str(raised):
                    print("panic", name, args, raised, flush=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a process")
def test_sizes_beyond_memory_end_in_exceptions():
    names = [name for name, _ in callables() if name not in SPARED]
    try:
        ended = subprocess.run(
            [sys.executable, "-c", HUGE_SIZES, *names],
            capture_output=True,
            text=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired as expired:
        pytest.fail(f"no end: {(expired.stdout or b'')[-200:]}")
    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, (lines[-1:], ended.stderr[:300])
    assert not [line for line in lines if line.startswith("panic")]


def test_endings_of_the_interpreter_are_clean():
    """Arrays, tapes, capsules and threads that are alive when Python ends."""
    program = textwrap.dedent(
        """
        import threading, time
        import numpy as np
        import tnp
        x = tnp.asarray(np.ones(1000))
        lent = np.asarray(x)
        borrowed = memoryview(x)
        capsule = x.__dlpack__(max_version=(1, 0))
        f = tnp.function(lambda x: x * 2)
        f(x)
        tape = tnp.GradientTape()
        tape.__enter__()
        tape.watch(x)
        y = x * x
        y, pullback = tnp.vjp(lambda x: x * x, tnp.ones(3))
        class Kept:
            def __del__(self):
                x + 1
        kept = Kept()
        def work():
            while True:
                tnp.sum(tnp.ones(100_000))
        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
        print("done")
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "done\n" and "panick" not in ended.stderr, ended.stderr


def test_an_interrupt_during_long_work_comes_when_the_work_is_done():
    program = textwrap.dedent(
        """
        import _thread, signal, threading
        import tnp
        # A shell's background jobs are started with the signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        x = tnp.random.rand(500, 500)
        threading.Timer(0.2, _thread.interrupt_main).start()
        try:
            while True:
                x @ x
        except KeyboardInterrupt:
            print("interrupted", float((tnp.ones(2) + 1).sum()))
        """
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "interrupted 4.0\n", ended.stderr
