"""How the suites compare tnp with NumPy: values, dtypes, shapes, and the exceptions where NumPy raises."""

import warnings

import numpy as np
import pytest

import tnp

#: The dtypes that both have, by name.
DTYPES = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)
FLOATS = ("float16", "float32", "float64")
#: What a rounding error may be, relative to the value.
RTOL = {"float16": 4e-3, "float32": 4e-6, "float64": 1e-13, "complex64": 4e-6, "complex128": 1e-13}


def kind(raised):
    """The exception type a user catches: NumPy's private ones by the public type they refine."""
    return next(t for t in type(raised).__mro__ if not t.__name__.startswith("_") and "UFunc" not in t.__name__)


def outcome(function, *args, **keywords):
    """What a call gives: its value, or what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args, **keywords), None
        except Exception as raised:  # noqa: BLE001
            return None, raised


def same(ours, theirs, rtol=None, where=""):
    """Asserts that a value of tnp is NumPy's: the same structure, shapes, dtypes and elements."""
    if isinstance(theirs, (tuple, list)):
        assert isinstance(ours, (tuple, list)), f"{where}: {type(ours)} for {type(theirs)}"
        assert len(ours) == len(theirs), f"{where}: {len(ours)} parts for {len(theirs)}"
        for at, (our, their) in enumerate(zip(ours, theirs)):
            same(our, their, rtol, f"{where}[{at}]")
        return
    if isinstance(theirs, (str, bytes, type(None))) or type(theirs) in (bool, int, float, complex):
        assert type(ours) is type(theirs), f"{where}: {ours!r} of {type(ours)} for {theirs!r} of {type(theirs)}"
        if type(theirs) in (float, complex):
            np.testing.assert_allclose(ours, theirs, rtol=rtol or 0)
        else:
            assert ours == theirs, where
        return
    if isinstance(theirs, np.dtype) or isinstance(theirs, type) and issubclass(theirs, np.generic):
        assert ours == tnp.dtype(np.dtype(theirs).name), f"{where}: {ours} for {theirs}"
        return
    theirs = np.asarray(theirs)
    assert isinstance(ours, (tnp.ndarray, bool, int, float)), f"{where}: {type(ours)} for an array"
    if isinstance(ours, tnp.ndarray):
        assert ours.dtype == theirs.dtype, f"{where}: dtype {ours.dtype} for {theirs.dtype}"
        assert ours.shape == theirs.shape, f"{where}: shape {ours.shape} for {theirs.shape}"
        ours = ours.numpy()
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, where
    if theirs.dtype.kind in "fc":
        # Absolute errors are measured against the largest finite value: sums of cancelling terms have no relative error.
        rtol = RTOL[theirs.dtype.name] if rtol is None else rtol
        finite = np.abs(theirs[np.isfinite(theirs)])
        atol = rtol * float(finite.max()) if finite.size else 0.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=where)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)


def agree(function, *arrays, rtol=None, where=""):
    """Asserts that `function(xp, *arrays)` gives or raises the same for tnp as for NumPy."""
    theirs, their_error = outcome(function, np, *arrays)
    ours, our_error = outcome(function, tnp, *(map_arrays(array) for array in arrays))
    if their_error is not None:
        assert our_error is not None, f"{where}: gives {ours!r} where NumPy raises {their_error!r}"
        expected = kind(their_error)
        assert isinstance(our_error, expected), f"{where}: {our_error!r} where NumPy raises {their_error!r}"
        return
    if our_error is not None:
        raise AssertionError(f"{where}: raises {our_error!r} where NumPy gives {theirs!r}") from our_error
    same(ours, theirs, rtol, where)


def map_arrays(value):
    """NumPy arrays as arrays of tnp, also inside of lists and tuples; anything else as it is."""
    if isinstance(value, np.ndarray):
        return tnp.array(value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(map_arrays(part) for part in value)
    return value


def sample(dtype, shape=(3,), start=1):
    """Small distinct numbers of a dtype."""
    count = int(np.prod(shape))
    values = np.arange(start, start + count) % 7
    if dtype == "bool":
        return (values % 2 == 0).reshape(shape)
    array = values.astype(dtype).reshape(shape)
    return array + np.asarray(1j, dtype) if dtype.startswith("complex") else array

