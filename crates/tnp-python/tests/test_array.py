"""The array class: operators, attributes, conversions to Python's types, copies, methods and printing, beside NumPy's."""

import copy
import gc
import math
import operator
import pickle
import weakref

import numpy as np
import pytest
from agree import DTYPES, agree, kind, outcome, same, sample

import tnp

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    divmod,
]
BITS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
BINARY = ARITHMETIC + BITS + COMPARISONS
UNARY = [operator.neg, operator.pos, operator.abs, operator.invert]
IN_PLACE = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
    operator.iand,
    operator.ior,
    operator.ixor,
    operator.ilshift,
    operator.irshift,
]


def name(function):
    return getattr(function, "__name__", str(function))


@pytest.mark.parametrize("op", BINARY, ids=name)
def test_binary_operators_for_all_pairs_of_dtypes(op):
    for left in DTYPES:
        for right in DTYPES:
            x, y = sample(left), sample(right, start=2)
            agree(lambda xp, x, y: op(x, y), x, y, rtol=1e-2 if "float16" in (left, right) else None, where=f"{left} {right}")


@pytest.mark.parametrize("op", BINARY, ids=name)
def test_python_numbers_promote_weakly_on_both_sides(op):
    for dtype in DTYPES:
        for number in (3, 2.5, True, 1 + 1j, 0, -1, 300, 2**40):
            if op is operator.pow and dtype.startswith("complex") and abs(number) > 3:
                continue  # What overflows to is the C library's choice.
            rtol = 1e-2 if dtype == "float16" else None
            agree(lambda xp, x: op(x, number), sample(dtype), rtol=rtol, where=f"{dtype} and {number}")
            agree(lambda xp, x: op(number, x), sample(dtype), rtol=rtol, where=f"{number} and {dtype}")


def test_squares_of_bools():
    agree(lambda xp, x: x**2, np.array([True, False]))


@pytest.mark.parametrize("op", BINARY + [operator.matmul], ids=name)
def test_numpy_arrays_and_scalars_on_either_side_give_arrays_of_tnp(op):
    ours, theirs = tnp.asarray([1, 2, 3]), np.array([3, 2, 1])
    expected = op(np.array([1, 2, 3]), theirs)
    same(op(ours, theirs), expected)
    same(op(theirs, ours), op(theirs, np.array([1, 2, 3])))
    if op is not operator.matmul:
        same(op(ours, np.int16(2)), op(np.array([1, 2, 3]), np.int16(2)))
        same(op(np.int16(2), ours), op(np.int16(2), np.array([1, 2, 3])))
        same(op(ours, [3, 2, 1]), expected)
        same(op([3, 2, 1], ours), op([3, 2, 1], np.array([1, 2, 3])))


@pytest.mark.parametrize("op", UNARY, ids=name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_unary_operators(op, dtype):
    agree(lambda xp, x: op(x), sample(dtype))
    if dtype.startswith(("int", "float")):
        agree(lambda xp, x: op(x), -sample(dtype))


def test_matmul_by_operator():
    agree(lambda xp, x, y: x @ y, np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4))
    agree(lambda xp, x, y: x @ y, np.arange(6.0).reshape(2, 3), np.arange(4.0))
    agree(lambda xp, x: x @ 2, np.arange(3.0))
    agree(lambda xp, x: 2 @ x, np.arange(3.0))


@pytest.mark.parametrize("op", IN_PLACE, ids=name)
def test_in_place_operators_give_the_name_a_new_value(op):
    x = tnp.array([5, 6, 7])
    y = alias = x
    view = x[:]
    y = op(y, 2)
    same(y, getattr(operator, op.__name__[1:], getattr(operator, op.__name__[1:] + "_", None))(np.array([5, 6, 7]), 2))
    same(alias, np.array([5, 6, 7]))
    same(view, np.array([5, 6, 7]))


def test_in_place_operators_promote():
    x = tnp.array([1, 2])
    x += 0.5
    same(x, np.array([1.5, 2.5]))
    x @= tnp.eye(2)
    same(x, np.array([1.5, 2.5]))


def test_numpy_arrays_take_ours_in_place():
    x = np.ones(3)
    x += tnp.arange(3.0)
    np.testing.assert_array_equal(x, [1, 2, 3])


def test_unknown_objects_are_asked_to_do_it_themselves():
    class Other:
        def __radd__(self, other):
            return "radd"

        def __eq__(self, other):
            return "eq"

        __hash__ = None

    assert tnp.ones(2) + Other() == "radd"
    assert (tnp.ones(2) == Other()) == "eq"
    for wrong in ("text", None, object()):
        with pytest.raises(TypeError):
            tnp.ones(2) + wrong
        with pytest.raises(TypeError):
            wrong - tnp.ones(2)


def test_power_takes_no_modulus():
    with pytest.raises(TypeError):
        pow(tnp.ones(2), 2, 3)


# Attributes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4), (1, 2, 3)])
def test_attributes(dtype, shape):
    theirs = np.zeros(shape, dtype)
    ours = tnp.zeros(shape, dtype)
    for attribute in ("shape", "ndim", "size", "itemsize", "nbytes"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
        assert type(getattr(ours, attribute)) is type(getattr(theirs, attribute))
    if theirs.size:
        assert tnp.ones(shape, dtype).strides == np.ones(shape, dtype).strides
    same(ours.T, theirs.T)
    same(ours.real, theirs.real)
    same(ours.imag, theirs.imag)
    agree(lambda xp: xp.zeros(shape, dtype).mT)
    assert ours.device == "cpu:0"
    assert str(ours.dtype) == dtype


def test_attributes_cannot_be_set():
    x = tnp.ones((2, 3))
    for attribute in ("shape", "dtype", "T", "size", "whatever"):
        with pytest.raises(AttributeError):
            setattr(x, attribute, None)


def test_the_class_is_not_called():
    with pytest.raises(TypeError):
        tnp.ndarray((2, 3))


# Python's own conversions

ELEMENTS = [
    np.array(3),
    np.array(2.75),
    np.array(-2.75),
    np.array(True),
    np.array(1 + 2j),
    np.array([4]),
    np.array([[5.5]]),
    np.array([1, 2]),
    np.array([]),
    np.array(np.nan),
    np.array(np.inf),
    np.array(2**63, np.uint64),
    np.array(1.5, np.float16),
]


CONVERSIONS = [bool, float, int, complex, operator.index, len, list, hash, math.trunc, math.floor, math.sqrt]


@pytest.mark.parametrize("convert", CONVERSIONS, ids=name)
@pytest.mark.parametrize("value", ELEMENTS, ids=repr)
def test_conversions(convert, value):
    agree(lambda xp, x: convert(x), value)


@pytest.mark.parametrize("value", [2.75, -2.5, 3])
def test_rounding_to_an_integer(value):
    rounded = round(tnp.asarray(value))
    assert rounded == round(np.asarray(value)[()]) and isinstance(rounded, int)


def test_rounding_to_digits():
    same(tnp.asarray(round(tnp.asarray(2.756), 1)), np.asarray(round(np.float64(2.756), 1)))


def test_a_zero_dimensional_array_is_an_index():
    assert "abc"[tnp.asarray(1)] == "b"
    assert list(range(tnp.asarray(3))) == [0, 1, 2]
    with pytest.raises(TypeError):
        "abc"[tnp.asarray(1.0)]
    with pytest.raises(TypeError):
        "abc"[tnp.asarray([1])]
    with pytest.raises(TypeError):
        "abc"[tnp.asarray(True)]


@pytest.mark.parametrize("spec", ["", ".3f", "10.2e", "d", "+", "x"])
@pytest.mark.parametrize("value", [np.array(3.14159), np.array(42), np.array([1.0, 2.0])], ids=repr)
def test_format(spec, value):
    agree(lambda xp, x: format(x, spec), value)


def test_hash_is_refused():
    with pytest.raises(TypeError):
        {tnp.ones(2): 1}
    with pytest.raises(TypeError):
        hash(tnp.asarray(1.0))


def test_truth_of_several_elements_is_ambiguous():
    with pytest.raises(ValueError, match="ambiguous"):
        if tnp.ones(2):
            pass


def test_len_and_iteration():
    x = tnp.arange(6).reshape(3, 2)
    assert len(x) == 3
    same(list(x), [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])])
    first, *rest = x
    same(first, np.array([0, 1]))
    assert len(rest) == 2
    for function in (len, iter):
        with pytest.raises(TypeError):
            function(tnp.asarray(1.0))


def test_reversed():
    same(list(reversed(tnp.arange(6).reshape(3, 2))), list(reversed(np.arange(6).reshape(3, 2))))


def test_iteration_sees_the_value_it_started_with():
    x = tnp.arange(3)
    seen = []
    for element in x:
        x[:] = 0
        seen.append(int(element))
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("item", [2, 7, 2.0, np.nan, [0, 1], True], ids=repr)
def test_contains(item):
    agree(lambda xp, x: item in x, np.arange(6).reshape(3, 2))


def test_flat():
    x = tnp.arange(6).reshape(2, 3)
    assert [int(e) for e in x.flat] == list(range(6))
    assert len(x.flat) == 6


# Copies


@pytest.mark.parametrize("dtype", DTYPES + ["bfloat16"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(dtype, protocol):
    for x in (tnp.arange(6).astype(dtype).reshape(2, 3), tnp.ones((), dtype), tnp.ones((0, 2), dtype)):
        y = pickle.loads(pickle.dumps(x, protocol))
        assert isinstance(y, tnp.ndarray)
        assert y.dtype == x.dtype and y.shape == x.shape and y.tobytes() == x.tobytes()


def test_pickle_of_a_view_takes_only_what_it_shows():
    x = tnp.zeros(100_000)[::1000]
    assert len(pickle.dumps(x)) < 2000
    same(pickle.loads(pickle.dumps(tnp.arange(6).reshape(2, 3).T)), np.arange(6).reshape(2, 3).T)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, tnp.copy, tnp.array, lambda x: x.copy()])
def test_copies_are_values_of_their_own(duplicate):
    x = tnp.arange(4)
    y = duplicate(x)
    y[0] = 9
    same(x, np.arange(4))
    same(y, np.array([9, 1, 2, 3]))
    nested = copy.deepcopy({"weights": [x, x]})
    nested["weights"][0][1] = 7
    same(x, np.arange(4))


def test_weak_references():
    x = tnp.ones(3)
    seen = []
    reference = weakref.ref(x, seen.append)
    assert reference() is x
    del x
    gc.collect()
    assert reference() is None and len(seen) == 1


# Methods

METHODS = {
    "all": lambda x: x.all(axis=0),
    "any": lambda x: x.any(axis=-1, keepdims=True),
    "argmax": lambda x: x.argmax(),
    "argmin": lambda x: x.argmin(axis=1),
    "argsort": lambda x: x.argsort(axis=0),
    "astype": lambda x: x.astype("float32"),
    "choose": lambda x: (x % 2).astype("int64").choose([x * 10, x * 20]),
    "clip": lambda x: x.clip(2, 7),
    "clip keywords": lambda x: x.clip(max=7),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy(),
    "cumprod": lambda x: x.cumprod(),
    "cumsum": lambda x: x.cumsum(axis=1),
    "diagonal": lambda x: x.diagonal(offset=1),
    "dot": lambda x: x.dot(x.T),
    "flatten": lambda x: x.flatten(),
    "flatten F": lambda x: x.flatten("F"),
    "item": lambda x: x.item(3),
    "item negative": lambda x: x.item(-1),
    "item several": lambda x: x.item(1, 2),
    "item tuple": lambda x: x.item((1, 2)),
    "item none": lambda x: x.item(),
    "item outside": lambda x: x.item(99),
    "max": lambda x: x.max(0),
    "mean": lambda x: x.mean(axis=(0, 1)),
    "min": lambda x: x.min(axis=1, initial=1),
    "nonzero": lambda x: x.nonzero(),
    "prod": lambda x: x.prod(dtype="float64"),
    "ravel": lambda x: x.ravel(),
    "repeat": lambda x: x.repeat(2, axis=0),
    "reshape": lambda x: x.reshape(3, 2),
    "reshape tuple": lambda x: x.reshape((3, -1)),
    "reshape F": lambda x: x.reshape(3, 2, order="F"),
    "reshape wrong": lambda x: x.reshape(4, 2),
    "round": lambda x: (x * 1.57).round(1),
    "searchsorted": lambda x: x.ravel().searchsorted(3),
    "squeeze": lambda x: x[None].squeeze(0),
    "squeeze wrong": lambda x: x.squeeze(0),
    "std": lambda x: x.std(ddof=1),
    "sum": lambda x: x.sum(where=x > 1),
    "sum wrong axis": lambda x: x.sum(axis=2),
    "sum double axis": lambda x: x.sum(axis=(0, 0)),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "take": lambda x: x.take([0, 2], axis=1),
    "tobytes": lambda x: x.tobytes(),
    "tolist": lambda x: x.tolist(),
    "trace": lambda x: x.trace(),
    "transpose": lambda x: x.transpose(),
    "transpose axes": lambda x: x.transpose(1, 0),
    "transpose tuple": lambda x: x.transpose((1, 0)),
    "transpose None": lambda x: x.transpose(None),
    "transpose wrong": lambda x: x.transpose(0, 0),
    "var": lambda x: x.var(axis=0),
    "view": lambda x: x.astype("int32").view("float32"),
    "view narrower": lambda x: x.astype("int32").view("int16"),
    "byteswap": lambda x: x.astype("int32").byteswap(),
}


@pytest.mark.parametrize("dtype", ["int64", "float64", "complex128", "uint8"])
@pytest.mark.parametrize("method", METHODS)
def test_methods(method, dtype):
    agree(lambda xp, x: METHODS[method](x), sample(dtype, (2, 3)))


@pytest.mark.parametrize("method", ["partition", "argpartition", "put", "resize", "tofile", "dump", "setflags", "setfield", "itemset"])
def test_methods_that_write_into_memory_are_absent(method):
    assert not hasattr(tnp.ones(2), method) or method == "argpartition"


def test_sort_and_fill_give_the_name_a_new_value():
    x = tnp.array([3, 1, 2])
    view = x[:]
    assert x.sort() is None
    same(x, np.array([1, 2, 3]))
    same(view, np.array([3, 1, 2]))
    assert x.fill(7) is None
    same(x, np.full(3, 7))
    y = tnp.array([[3, 1], [2, 0]])
    y.sort(axis=0)
    same(y, np.array([[2, 0], [3, 1]]))


def test_deleting_elements_is_refused():
    x = tnp.ones(3)
    with pytest.raises(ValueError):
        del x[0]


# Printing

rng = np.random.default_rng(5)
PRINTED = [
    np.array(1.5),
    np.array(3),
    np.array(True),
    np.array(1 - 2j),
    np.array([]),
    np.zeros((0, 3), "int32"),
    np.zeros((2, 0)),
    np.array([1.0, 2.0, 3.0]),
    np.array([1, 2, 3], "int32"),
    np.array([1, 2, 3], "uint8"),
    np.array([True, False]),
    np.array([1.5, np.nan, np.inf, -np.inf]),
    np.array([0.0, -0.0]),
    np.array([1e-10, 1.0, 1e10]),
    np.array([1e300, 1e-300]),
    np.array([1.123456789, 2.1]),
    np.array([1 / 3, 2 / 3], "float32"),
    np.array([1 / 3, 2 / 3], "float16"),
    np.array([1 + 2j, 3.5 - 1j]),
    np.array([1 + 2j, np.nan], "complex64"),
    np.arange(12).reshape(3, 4),
    np.arange(24.0).reshape(2, 3, 4),
    np.arange(2000),
    np.arange(10000.0).reshape(100, 100),
    rng.normal(size=(5, 30)),
    rng.normal(size=200),
    np.arange(100),
    np.full(3, 10**18),
    np.array([-(2**63), 2**63 - 1]),
    np.array([2**64 - 1], "uint64"),
    np.zeros((1, 1, 1, 1)),
    np.arange(6)[::2],
    np.arange(6).reshape(2, 3).T,
]


@pytest.mark.parametrize("at", range(len(PRINTED)), ids=lambda at: f"{PRINTED[at].dtype}{PRINTED[at].shape}-{at}")
def test_printing(at):
    theirs = PRINTED[at]
    ours = tnp.asarray(theirs)
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)
    assert f"{ours}" == f"{theirs}"


def test_printing_under_transformations_shows_shape_and_dtype():
    seen = []

    @tnp.function
    def traced(x):
        seen.append((repr(x), str(x)))
        return x

    traced(tnp.ones((2, 3), "float32"))
    assert all("2, 3" in text and "float32" in text for text in seen[0])


#: Lists whose numbers the dtype that promotion gives them does not all hold, and some that are unusual otherwise.
LISTS = [
    [0, 2**64 - 1024],
    [0, 2**63 + 1],
    [[1, 2**64 - 1], [3, 2**53 + 1]],
    [0, -1, 2**63],
    [0, 2**64],
    [-(2**63), 2**63 - 1],
    [1.5, 2**63 + 1],
    [True, 2**64 - 1],
    [2**70, 1],
    [],
    (0, (1,)),
    [np.uint64(2**63 + 1), 0],
    [[np.uint64(2**64 - 1), -1], [np.float32(0.1), np.int8(3)]],
    [np.float64(2.5), 1],
    [np.bool(True), np.int16(300)],
    [np.complex64(1j), 2],
    [np.float32(-1.5), np.int8(-1)],
    [np.array(5), 2],
]


@pytest.mark.parametrize("dtype", ["uint64", "int64", "float64", "float32", "complex128", "uint8", "bool", None])
@pytest.mark.parametrize("numbers", LISTS, ids=repr)
def test_a_list_is_read_as_the_dtype_that_is_asked_for(numbers, dtype):
    expected, raised = outcome(np.asarray, numbers, dtype)
    if raised is None and expected.dtype == object:
        raised = OverflowError()
    if raised is not None:
        with pytest.raises(kind(raised)):
            tnp.asarray(numbers, dtype=dtype)
        return
    result = tnp.asarray(numbers, dtype=dtype)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result.numpy(), expected)


@pytest.mark.parametrize("dtype", ["uint64", "int64", "float64", "float32", "complex128", "uint8", "bool"])
@pytest.mark.parametrize("numbers", LISTS, ids=repr)
def test_a_list_is_assigned_as_the_dtype_of_the_array(numbers, dtype):
    def assigned(xp):
        x = xp.zeros(np.shape(numbers), dtype)
        x[...] = numbers
        return x

    agree(assigned)


@pytest.mark.parametrize("number", [np.float64(1e300), np.float16("inf"), np.float32("nan"), np.uint64(2**63)], ids=repr)
def test_scalars_in_lists_fit_signed_integers(number):
    """As unsigned ones they wrap, or become what the machine makes of them."""
    for dtype in ("int8", "int64"):
        agree(lambda xp: xp.asarray([number, 1], dtype=dtype))
