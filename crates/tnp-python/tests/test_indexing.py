"""Indexing and assignment: everything Python allows between the brackets, beside NumPy's."""

import numpy as np
import pytest
from agree import agree, map_arrays, outcome, same

import tnp

X = np.arange(2 * 3 * 4).reshape(2, 3, 4)


class Five:
    """An object with `__index__`."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


#: Index expressions for an array of shape (2, 3, 4): `np.s_[...]` as written, some of them wrong.
EXPRESSIONS = {
    "integer": np.s_[1],
    "negative": np.s_[-1],
    "integers": np.s_[1, 2, 3],
    "numpy integer": np.int8(1),
    "object": Five(1),
    "slice": np.s_[0:1],
    "slices": np.s_[:, 1:, ::2],
    "reversed": np.s_[::-1, ::-2],
    "slice of arrays": slice(np.int64(0), np.array(1), None),
    "slice of objects": slice(Five(0), Five(1), Five(1)),
    "far slice": np.s_[10:-10, -100:100],
    "huge slice": np.s_[: 10**30],
    "empty slice": np.s_[2:1],
    "step over": np.s_[..., ::100],
    "masks of nothing": np.zeros((0, 3), bool),
    "mask of no columns": np.zeros((2, 0), bool),
    "mask of no rows": np.zeros(0, bool),
    "mask of nothing after a slice": np.s_[:, np.zeros((0, 0), bool)],
    "mask of nothing that does not fit": np.zeros((0, 5), bool),
    "ellipsis": np.s_[...],
    "ellipsis inside": np.s_[1, ..., 2],
    "ellipsis of nothing": np.s_[1, 2, ..., 3],
    "new axes": np.s_[None, :, None, 1],
    "guide": np.s_[1, None, 1:3, ...],
    "empty tuple": (),
    "list": [0, 1, 1],
    "negative list": [-1, -2],
    "nested list": [[0, 1], [1, 0]],
    "empty list": [],
    "array": np.array([1, 0]),
    "array of uint8": np.array([1, 0], "uint8"),
    "zero-dimensional array": np.array(1),
    "broadcast arrays": (np.array([[0], [1]]), np.array([0, 2])),
    "array and slice": (slice(None), np.array([2, 0])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([1, 2])),
    "array and integer": (1, (0, 0, 1), np.array([0, 1, 1])),
    "array, new axis, slice": (np.array([0, 1]), None, slice(1, 3)),
    "mask": X > 10,
    "mask of first axis": np.array([True, False]),
    "mask as list": [True, False],
    "mask as tuple inside": (slice(None), (True, False, True)),
    "mask of two axes": X[:, :, 0] > 5,
    "mask and integer": (slice(None), np.array([True, False, True]), 1),
    "mask and array": (np.array([True, True]), np.array([0, 2])),
    "empty mask": np.zeros((2, 3, 4), bool),
    "True": True,
    "False": False,
    "numpy True": np.True_,
    "True inside": (True, 1),
    "ellipsis and mask": (..., np.array([True, False, True, False])),
    # Wrong ones.
    "out of bounds": 2,
    "out of bounds negative": -3,
    "out of bounds inside": np.s_[0, 3],
    "huge": 10**30,
    "too many": np.s_[0, 0, 0, 0],
    "two ellipses": (..., ...),
    "float": 1.0,
    "numpy float": np.float64(1),
    "float array": np.array([1.0]),
    "text": "a",
    "bytes": b"a",
    "object without index": object(),
    "dict": {},
    "complex": 1j,
    "float slice": slice(0.0, 1.0),
    "text slice": slice("a", None),
    "zero step": np.s_[::0],
    "array out of bounds": np.array([0, 5]),
    "list out of bounds": [0, -4],
    "mask too short": np.array([True]),
    "mask too long": np.array([True, False, True]),
    "mask of another shape": np.ones((2, 4), bool),
    "arrays of unlike shapes": (np.array([0, 1]), np.array([0, 1, 2])),
    "ragged list": [[0], [0, 1]],
    "list of None": [None],
    "list of floats": [0.5],
    "list of texts": ["a"],
    "list of slices": [slice(0, 1)],
}


def key_of(xp, key):
    return key if xp is np else map_arrays(key)


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("mapped", [False, True], ids=["numpy's arrays", "own arrays"])
def test_reading(expression, mapped):
    key = EXPRESSIONS[expression]
    agree(lambda xp, x: x[key_of(xp, key) if mapped else key], X)


@pytest.mark.parametrize("expression", ["integer", "slice", "ellipsis", "list", "empty tuple", "new axes", "True", "mask"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5,)])
def test_reading_other_shapes(expression, shape):
    agree(lambda xp, x: x[EXPRESSIONS[expression]], np.ones(shape))


def test_elements_are_arrays_without_axes():
    element = tnp.arange(3)[1]
    assert isinstance(element, tnp.ndarray) and element.shape == () and element.dtype == tnp.int64


VALUES = {
    "number": 7,
    "float": 2.75,
    "bool": True,
    "array": np.array(5),
    "row": np.arange(4) * 10,
    "list": [1, 2, 3, 4],
    "float32": np.float32(3.5),
    "nan": np.nan,
    "complex": 1j,
    "too large": 2**70,
    "wrong shape": np.ones(7),
    "too many axes": np.ones((2, 1, 1, 1)),
    "long list": [1, 2, 3, 4, 5],
}


def assigned(x, key, value):
    x = x.copy()
    x[key] = value
    return x


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("expression", ["integer", "slices", "list", "mask", "ellipsis", "reversed"])
@pytest.mark.parametrize("dtype", ["int64", "float32", "bool", "complex128"])
def test_assigning_values(expression, value, dtype):
    if (expression, value) == ("mask", "too many axes"):
        value = "wrong shape"  # A TypeError in NumPy, by a path of its own for masks.
    key = EXPRESSIONS[expression]
    agree(lambda xp, x: assigned(x, key_of(xp, key), map_arrays(VALUES[value]) if xp is tnp else VALUES[value]), X.astype(dtype))


@pytest.mark.parametrize("expression", ["integers", "mask"])
def test_assigning_one_element_with_many_axes(expression):
    agree(lambda xp, x: assigned(x, EXPRESSIONS[expression], np.ones((1, 1, 1, 1))), X)


@pytest.mark.parametrize("value", ["a", "1", b"1", None, object(), {}, [None], ["1"], slice(1)], ids=repr)
def test_what_is_no_number_is_not_assigned(value):
    """NumPy reads numbers from texts, and NaN from None; both are refused here."""
    x = tnp.arange(3.0)
    with pytest.raises(TypeError):
        x[0] = value
    same(x, np.arange(3.0))


def test_a_failed_assignment_changes_nothing():
    x = tnp.asarray(X)
    for key, value in [(2, 1), (0, [1, 2, 3]), (0, "a"), ([0, 5], 1)]:
        _, raised = outcome(x.__setitem__, key, value)
        assert raised is not None
        same(x, X)


def test_assignment_leaves_views_aliases_and_sources_alone():
    source = X.copy()
    x = tnp.asarray(source)
    view, transposed, alias = x[0], x.T, tnp.asarray(x)
    x[0, 0, 0] = 100
    assert int(x[0, 0, 0]) == 100
    for unchanged, expected in [(view, X[0]), (transposed, X.T), (alias, X)]:
        same(unchanged, expected)
    np.testing.assert_array_equal(source, X)
    view[0] = 50
    assert int(x[0, 0, 1]) == 1


def test_assignment_in_a_loop_gives_what_numpy_gives():
    ours, theirs = tnp.zeros(50), np.zeros(50)
    for i in range(50):
        ours[i] = i * i
        theirs[i] = i * i
        ours[i // 2] += 1
        theirs[i // 2] += 1
    same(ours, theirs)


def test_assigning_an_array_to_itself():
    ours, theirs = tnp.arange(6), np.arange(6)
    ours[:] = ours[::-1]
    theirs[:] = theirs[::-1].copy()
    same(ours, theirs)
    ours[ours] = ours
    theirs[theirs] = theirs.copy()
    same(ours, theirs)


def test_an_assignment_that_reads_the_array_meanwhile():
    x = tnp.arange(3)

    class Reads:
        def __array__(self, dtype=None, copy=None):
            x[0] = 50
            return np.asarray(x).copy()

    x[:] = Reads()
    same(x, np.array([50, 1, 2]))


#: What `x.at[i]` does, in NumPy.
AT = {
    "set": lambda x, key, value: x.__setitem__(key, value),
    "add": np.add.at,
    "subtract": np.subtract.at,
    "multiply": np.multiply.at,
    "mul": np.multiply.at,
    "min": np.minimum.at,
    "max": np.maximum.at,
    "divide": np.divide.at,
    "power": np.power.at,
}


@pytest.mark.parametrize("method", AT)
@pytest.mark.parametrize("expression", ["integer", "slices", "reversed", "array", "broadcast arrays", "mask", "ellipsis", "new axes"])
def test_at(method, expression):
    key, theirs = EXPRESSIONS[expression], X + 1.0
    ours = tnp.array(theirs)
    result = getattr(ours.at[map_arrays(key)], method)(2)
    same(ours, X + 1.0)
    AT[method](theirs, key, 2)
    same(result, theirs)


@pytest.mark.parametrize("method", ["set", "add", "subtract", "multiply", "min", "max"])
def test_at_with_a_place_named_twice(method):
    theirs = np.arange(4.0)
    result = getattr(tnp.asarray(theirs).at[[1, 1, 3]], method)(tnp.asarray([5.0, 6.0, 7.0]))
    AT[method](theirs, [1, 1, 3], np.array([5.0, 6.0, 7.0]))
    same(result, theirs)


def test_at_get_and_apply():
    x = tnp.asarray(X)
    same(x.at[0, 1].get(), X[0, 1])
    expected = X.copy()
    expected[:, 1] = -expected[:, 1]
    same(x.at[:, 1].apply(tnp.negative), expected)
    same(x, X)


@pytest.mark.parametrize("key, error", [(5, IndexError), ("a", IndexError), ((0, 0, 0, 0), IndexError)])
def test_at_refuses_what_indexing_refuses(key, error):
    with pytest.raises(error):
        tnp.asarray(X).at[key].set(1)
    with pytest.raises(error):
        tnp.asarray(X).at[key].get()
