"""Functions of the surface on drawn shapes, dtypes, values and options: what NumPy gives is given, and what it refuses is refused."""

import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from agree import DTYPES, FLOATS, agree
from hypothesis import given
from hypothesis.extra import numpy as npst

import tnp

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
REAL = ("bool", *INTEGERS, *FLOATS)
#: What sums and products of several roundings may differ by.
LOOSE = {"float16": 2e-2, "float32": 2e-5, "float64": 1e-11, "complex64": 2e-5, "complex128": 1e-11}


def elements(dtype, special=True):
    """Values of a dtype, not so large that a sum of few overflows."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind == "i":
        return st.integers(-8, 8)
    if kind == "u":
        return st.integers(0, 8)
    parts = st.sampled_from([0.0, -0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, -0.5, -1.0, -2.5])
    if special:
        parts = st.one_of(parts, parts, st.sampled_from([np.nan, np.inf, -np.inf]))
    return parts if kind == "f" else st.builds(complex, st.sampled_from([0.0, 0.5, 1.0, -2.0]), st.sampled_from([0.0, 0.5, -1.0, 2.0]))


def shapes(least=0, most=3):
    return npst.array_shapes(min_dims=least, max_dims=most, min_side=0, max_side=4)


@st.composite
def arrays(draw, dtypes=DTYPES, shape=None, special=True, least=0, most=3):
    """An array, contiguous or a strided view."""
    dtype = draw(st.sampled_from(list(dtypes)))
    shape = draw(shapes(least, most)) if shape is None else shape
    array = draw(npst.arrays(dtype, shape, elements=elements(dtype, special), fill=st.nothing()))
    if array.ndim and draw(st.booleans()):
        array = array[::-1] if draw(st.booleans()) else array.T
    return array


def axes(array):
    """An axis, now and then one that is not there, or None."""
    return st.one_of(st.none(), st.integers(-array.ndim - 1, array.ndim))


def quiet(function, *args, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **keywords)


def compare(name, call, *args, where=None):
    """Compares `call(xp, *args)`, with the tolerance of the coarsest floating dtype that is in play."""
    names = [a.dtype.name for part in args for a in (part if isinstance(part, (list, tuple)) else [part]) if isinstance(a, np.ndarray)]
    # Small integers become float16 and float32 in functions of floats.
    coarse = {"int8": "float16", "uint8": "float16", "bool": "float16", "int16": "float32", "uint16": "float32"}
    names = [coarse.get(n, n) for n in names] or ["float64"]
    agree(call, *args, rtol=max(LOOSE.get(n, 0) for n in names) or LOOSE["float64"], where=where or f"{name} {args}")


def find(xp, name):
    for part in name.split("."):
        xp = getattr(xp, part)
    return xp


# One array

UNARY = """negative positive absolute abs fabs sign rint exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal sin cos tan
arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh asin acos atan asinh acosh atanh invert bitwise_not bitwise_invert
logical_not isfinite isinf isnan signbit isneginf isposinf floor ceil trunc fix rad2deg deg2rad degrees radians conjugate conj real imag
isreal iscomplex sinc angle nan_to_num iscomplexobj isrealobj around round""".split()


@pytest.mark.parametrize("name", UNARY)
@given(x=arrays())
def test_elementwise_of_one(name, x):
    compare(name, lambda xp, x: find(xp, name)(x), x)


BINARY = """add subtract multiply divide true_divide floor_divide remainder mod fmod maximum minimum fmax fmin arctan2 atan2 hypot logaddexp
logaddexp2 copysign nextafter gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift power pow float_power logical_and logical_or
logical_xor equal not_equal less less_equal greater greater_equal heaviside divmod isclose allclose array_equal array_equiv""".split()


@st.composite
def pairs(draw):
    mutual = draw(npst.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    first, second = mutual.input_shapes
    if draw(st.integers(0, 9)) == 0:
        second = draw(shapes())
    x, y = draw(arrays(shape=first)), draw(arrays(shape=second))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        y = draw(st.sampled_from([2, 3, -1, 0, 0.5, True, 1j, 200]))
    elif kind == 1:
        x = draw(st.sampled_from([2, 3, -1, 0, 0.5, True]))
    return x, y


@pytest.mark.parametrize("name", BINARY)
@given(pair=pairs())
def test_elementwise_of_two(name, pair):
    compare(name, lambda xp, x, y: find(xp, name)(x, y), *pair)


# Reductions

REDUCTIONS = """sum prod max min amax amin all any ptp argmax argmin count_nonzero mean var std median nansum nanprod nanmax nanmin nanmean
nanvar nanstd cumsum cumprod""".split()
KEEPS = set(REDUCTIONS) - {"ptp", "cumsum", "cumprod"}
DTYPED = {"sum", "prod", "mean", "var", "std", "nansum", "nanprod", "nanmean", "cumsum", "cumprod"}
MASKED = {"sum", "prod", "max", "min", "all", "any", "mean", "nansum", "nanprod"}
STARTING = {"sum", "prod", "max", "min", "nansum", "nanmax"}


@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_reductions(name, data):
    x, options = data.draw(arrays(DTYPES[1:] if name == "ptp" else DTYPES)), {}
    axis = data.draw(axes(x)) if x.ndim else None
    if axis is not None:
        options["axis"] = axis
    elif x.ndim > 1 and name not in ("argmax", "argmin", "cumsum", "cumprod") and data.draw(st.booleans()):
        several = [(0, 1), (0, -1), (-1, -2), (), (0, 0)]
        options["axis"] = data.draw(st.sampled_from(several if x.size or name != "median" else several[4:]))
    if name in KEEPS and data.draw(st.booleans()):
        options["keepdims"] = True
    if name in DTYPED and data.draw(st.integers(0, 3)) == 0:
        options["dtype"] = data.draw(st.sampled_from(["float64", "complex128"] if x.dtype.kind != "c" else ["complex128"]))
    if name in MASKED and data.draw(st.integers(0, 3)) == 0:
        options["where"] = data.draw(npst.arrays(bool, x.shape))
    if name in STARTING and data.draw(st.integers(0, 3)) == 0:
        options["initial"] = data.draw(st.sampled_from([0, 1, 5]))
    if name in ("var", "std") and data.draw(st.booleans()):
        options["ddof"] = data.draw(st.sampled_from([0, 1, 0.5]))
    compare(name, lambda xp, x: find(xp, name)(x, **options), x, where=f"{name} {x!r} {options}")


@pytest.mark.parametrize("name", [*REDUCTIONS, "average"])
def test_reductions_of_arrays_without_axes(name):
    compare(name, lambda xp: find(xp, name)(xp.asarray(2.0)))
    compare(name, lambda xp: find(xp, name)(xp.asarray(2.0), axis=0))
    compare(name, lambda xp: find(xp, name)(xp.asarray(2.0), axis=1))


# Shapes: functions with options, drawn beside the array.


def small(low=-3, high=3):
    return st.integers(low, high)


MOVES = {
    "reshape": lambda x: st.tuples(npst.array_shapes(min_dims=0, max_side=4).map(lambda s: (*s, -1))),
    "ravel": lambda x: st.tuples(st.sampled_from("CF")),
    "transpose": lambda x: st.one_of(st.just(()), st.tuples(st.permutations(range(x.ndim)))),
    "matrix_transpose": lambda x: st.just(()),
    "swapaxes": lambda x: st.tuples(small(), small()),
    "moveaxis": lambda x: st.tuples(small(), small()),
    "rollaxis": lambda x: st.tuples(small(), small()),
    "expand_dims": lambda x: st.tuples(st.one_of(small(), st.just((0, 1)))),
    "squeeze": lambda x: st.one_of(st.just(()), st.tuples(small())),
    "atleast_1d": lambda x: st.just(()),
    "atleast_2d": lambda x: st.just(()),
    "atleast_3d": lambda x: st.just(()),
    "broadcast_to": lambda x: st.tuples(st.just((2, *x.shape)) | st.just(x.shape[1:])),
    "flip": lambda x: st.tuples(axes(x)),
    "fliplr": lambda x: st.just(()),
    "flipud": lambda x: st.just(()),
    "roll": lambda x: st.tuples(small(), axes(x)),
    "rot90": lambda x: st.tuples(small()),
    "tile": lambda x: st.tuples(st.one_of(small(0, 3), st.tuples(small(0, 2), small(0, 3)))),
    "repeat": lambda x: st.tuples(small(0, 3), axes(x)),
    "array_split": lambda x: st.tuples(st.one_of(small(1, 4), st.lists(small(-2, 4), max_size=3).map(sorted))),
    "split": lambda x: st.tuples(st.sampled_from([1, 2, [1], [1, 2]])),
    "hsplit": lambda x: st.tuples(st.sampled_from([1, 2, [1]])),
    "vsplit": lambda x: st.tuples(st.sampled_from([1, 2, [1]])),
    "dsplit": lambda x: st.tuples(st.sampled_from([1, 2, [1]])),
    "unstack": lambda x: st.just(()),
    "diagonal": lambda x: st.tuples(small(), small(-2, 2), small(-2, 2)),
    "trace": lambda x: st.tuples(small(), small(-2, 2), small(-2, 2)),
    "diag": lambda x: st.tuples(small()),
    "diagflat": lambda x: st.tuples(small()),
    "pad": lambda x: st.tuples(
        st.one_of(small(0, 2), st.tuples(small(0, 2), small(0, 2))),
        st.sampled_from(["constant", "edge", "wrap", "reflect", "symmetric", "maximum", "minimum", "mean", "empty"][:8]),
    ),
    "sort": lambda x: st.tuples(axes(x)),
    "argsort": lambda x: st.tuples(axes(x), st.just("stable")),
    "nonzero": lambda x: st.just(()),
    "argwhere": lambda x: st.just(()),
    "flatnonzero": lambda x: st.just(()),
    "take": lambda x: st.tuples(st.lists(small(-2, 2), min_size=1, max_size=4).map(lambda i: np.array(i, "int64")), axes(x)),
    "diff": lambda x: st.tuples(small(0, 3), small(-2, 2)),
    "clip": lambda x: st.tuples(st.sampled_from([None, 0, 1]), st.sampled_from([2, 3])),
    "tril": lambda x: st.just(()),
    "triu": lambda x: st.just(()),
    "zeros_like": lambda x: st.just(()),
    "ones_like": lambda x: st.just(()),
    "full_like": lambda x: st.tuples(st.sampled_from([1, True])),
    "ndim": lambda x: st.just(()),
    "size": lambda x: st.just(()),
    "shape": lambda x: st.just(()),
    "copy": lambda x: st.just(()),
    "asarray": lambda x: st.one_of(st.just(()), st.tuples(st.sampled_from(["float64", "complex128"]))),
    "ascontiguousarray": lambda x: st.just(()),
    "array_repr": lambda x: st.just(()),
    "array_str": lambda x: st.just(()),
    "fft.fftshift": lambda x: st.just(()),
    "fft.ifftshift": lambda x: st.tuples(axes(x)),
    "broadcast_arrays": lambda x: st.just(()),
    "average": lambda x: st.tuples(axes(x)),
    "trapezoid": lambda x: st.just(()),
    "result_type": lambda x: st.tuples(st.sampled_from([1, 2.5, 1j, np.float32, "int8"])),
}


@pytest.mark.parametrize("name", MOVES)
@given(data=st.data())
def test_functions_of_an_array_and_options(name, data):
    least = 1 if name in ("tril", "triu", "fft.fftshift", "fft.ifftshift", "average") else 0
    x = data.draw(arrays(special=name in ("sort", "array_repr", "clip"), least=least))
    if name == "average" and not x.size:
        x = np.ones((2, 3), x.dtype)
    options = data.draw(MOVES[name](x)) if name != "squeeze" or x.ndim else ()
    if np.dtype(x.dtype).kind == "c" and name == "sort":
        x = x.real.copy()
    result = lambda xp, x: find(xp, name)(x, *options)  # noqa: E731
    compare(name, result, x, where=f"{name} {x!r} {options}")


# Several arrays

JOINS = {
    "concatenate": {"axis": True},
    "stack": {"axis": True},
    "vstack": {},
    "hstack": {},
    "dstack": {},
    "column_stack": {},
}


@pytest.mark.parametrize("name", JOINS)
@given(data=st.data())
def test_joining(name, data):
    shape = data.draw(shapes())
    parts = [data.draw(arrays(shape=shape, special=False)) for _ in range(data.draw(st.integers(0, 3)))]
    if parts and data.draw(st.integers(0, 3)) == 0:
        parts.append(data.draw(arrays(special=False)))
    options = {"axis": data.draw(st.integers(-3, 3))} if JOINS[name] else {}
    compare(name, lambda xp, parts: find(xp, name)(parts, **options), parts)


PRODUCTS = ["matmul", "dot", "inner", "outer", "vdot", "kron", "vecdot", "matvec", "vecmat", "cross", "tensordot"]


@pytest.mark.parametrize("name", PRODUCTS)
@given(data=st.data())
def test_products(name, data):
    n, m, k = (data.draw(st.integers(0, 4)) for _ in range(3))
    shapes = [((n, m), (m, k)), ((n, m), (n, m)), ((m,), (m,)), ((2, n, m), (m, k)), ((n, m), (m,)), ((), (n,)), ((n, 3), (3,)), ((n, m), (k, n))]
    first, second = data.draw(st.sampled_from(shapes))
    dtypes = DTYPES[1:] if name == "cross" else DTYPES
    x, y = (data.draw(arrays(dtypes, shape, special=False)) for shape in (first, second))
    axes = [axes for axes in (0, 1, 2) if axes <= min(x.ndim, y.ndim)] + [([0], [0])]
    options = {"axes": data.draw(st.sampled_from(axes))} if name == "tensordot" else {}
    compare(name, lambda xp, x, y: find(xp, name)(x, y, **options), x, y)


@pytest.mark.parametrize("axis", [0, -1])
def test_squeezing_arrays_without_axes(axis):
    compare("squeeze", lambda xp: xp.squeeze(xp.asarray(1), axis))


def test_tensordot_over_axes_that_are_not_there():
    compare("tensordot", lambda xp: xp.tensordot(xp.ones((1, 0)), xp.ones(0), axes=2))


@given(data=st.data())
def test_einsum(data):
    subscripts = data.draw(st.sampled_from(["ij,jk->ik", "ij,ij->", "ij->ji", "ii->i", "ii", "i,j", "i,i", "...i,...i->...", "ij,j->i", "ij,kj", "bij,bjk->bik", "i"]))
    n, m = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3))
    sizes = {"i": n, "j": m, "k": 2, "b": 2}
    inputs = subscripts.split("->")[0].replace("...", "b").split(",")
    operands = [data.draw(arrays(shape=tuple(sizes[letter] for letter in part), special=False)) for part in inputs]
    compare("einsum", lambda xp, operands: xp.einsum(subscripts, *operands), operands, where=f"{subscripts} {operands}")


@given(data=st.data())
def test_where_select_and_choose(data):
    mutual = data.draw(npst.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3)).input_shapes
    mask = data.draw(npst.arrays(bool, mutual[0]))
    x, y = (data.draw(arrays(shape=shape)) for shape in mutual[1:])
    compare("where", lambda xp, m, x, y: xp.where(m, x, y), mask, x, y)
    compare("where number", lambda xp, m, x: xp.where(m, x, 2), mask, x)
    compare("select", lambda xp, m, x, y: xp.select([m, ~m], [x, y], 7), mask, x, y)
    compare("extract", lambda xp, m: xp.extract(m, m), mask)


@given(data=st.data())
def test_searching(data):
    sorted_, values = data.draw(arrays(INTEGERS + FLOATS, least=1, most=1, special=False)), data.draw(arrays(INTEGERS + FLOATS, special=False))
    side = data.draw(st.sampled_from(["left", "right"]))
    compare("searchsorted", lambda xp, x, v: xp.searchsorted(xp.sort(x), v, side=side), sorted_, values)
    compare("isin by take_along_axis", lambda xp, x: xp.take_along_axis(x, xp.argsort(x), axis=-1), sorted_)


@given(data=st.data())
def test_polynomials(data):
    p = data.draw(arrays(REAL[1:], (data.draw(st.integers(1, 4)),), special=False))
    x = data.draw(arrays(REAL[1:], special=False))
    compare("polyval", lambda xp, p, x: xp.polyval(p, x), p, x)
    n, increasing = data.draw(st.one_of(st.none(), st.integers(0, 4))), data.draw(st.booleans())
    compare("vander", lambda xp, p: xp.vander(p, n, increasing), p)


def test_polynomials_without_coefficients():
    compare("polyval", lambda xp, p, x: xp.polyval(p, x), np.array([], "int8"), np.array([0], "uint8"))


def test_open_grids_of_empty_arrays():
    compare("ix_", lambda xp, x: xp.ix_(x), np.array([], "int8"))


@pytest.mark.parametrize("name", ["fft.fftfreq", "fft.rfftfreq"])
def test_frequencies_of_nothing(name):
    compare(name, lambda xp: find(xp, name)(0))


@given(data=st.data())
def test_indexing_with_drawn_expressions(data):
    x = data.draw(arrays(least=1, special=False))
    key = data.draw(npst.basic_indices(x.shape, allow_newaxis=True))
    compare("basic", lambda xp, x: x[key], x, where=f"{x!r} {key}")
    if 0 not in x.shape:
        picked = data.draw(npst.integer_array_indices(x.shape))
        compare("advanced", lambda xp, x: x[picked], x, where=f"{x!r} {picked}")
        mask = data.draw(npst.arrays(bool, x.shape))
        compare("mask", lambda xp, x: x[mask], x, where=f"{x!r} {mask}")


@given(data=st.data())
def test_conversions_between_dtypes(data):
    x = data.draw(arrays(special=False))
    to = data.draw(st.sampled_from(DTYPES))
    if x.dtype.kind in "fc" and np.dtype(to).kind == "u":
        x = np.abs(x)
    compare("astype", lambda xp, x: x.astype(to), x, where=f"{x!r} {to}")
    for rule in ("no", "equiv", "safe", "same_kind", "unsafe"):
        compare("can_cast", lambda xp: xp.can_cast(x.dtype, to, casting=rule), where=f"{x.dtype} {to} {rule}")
    compare("promote_types", lambda xp: xp.promote_types(x.dtype, to), where=f"{x.dtype} {to}")


# Sets, histograms, quantiles: drawn arrays in, whatever comes out beside NumPy's.

VECTORS = {
    "unique": lambda xp, x, y: xp.unique(x),
    "unique counts": lambda xp, x, y: xp.unique(x, return_index=True, return_inverse=True, return_counts=True),
    "unique_values": lambda xp, x, y: xp.sort(xp.unique_values(x)),
    "union1d": lambda xp, x, y: xp.union1d(x, y),
    "intersect1d": lambda xp, x, y: xp.intersect1d(x, y),
    "setdiff1d": lambda xp, x, y: xp.setdiff1d(x, y),
    "setxor1d": lambda xp, x, y: xp.setxor1d(x, y),
    "isin": lambda xp, x, y: xp.isin(x, y),
    "bincount": lambda xp, x, y: xp.bincount(x.astype("int64") % 5, minlength=2),
    "digitize": lambda xp, x, y: xp.digitize(x, [-1, 0, 2.5]),
    "histogram": lambda xp, x, y: xp.histogram(x, bins=4, range=(-2, 3)),
    "percentile": lambda xp, x, y: xp.percentile(x, [0, 30, 100]),
    "quantile": lambda xp, x, y: xp.quantile(x, 0.7),
    "nanmedian": lambda xp, x, y: xp.nanmedian(x),
    "nanargmax": lambda xp, x, y: xp.nanargmax(x),
    "nancumsum": lambda xp, x, y: xp.nancumsum(x),
    "nancumprod": lambda xp, x, y: xp.nancumprod(x),
    "cumulative_sum": lambda xp, x, y: xp.cumulative_sum(x),
    "cumulative_prod": lambda xp, x, y: xp.cumulative_prod(x),
    "lexsort": lambda xp, x, y: xp.lexsort((x, x % 2)),
    "tril_indices": lambda xp, x, y: xp.tril_indices(len(x), 1),
    "triu_indices": lambda xp, x, y: xp.triu_indices(len(x), -1),
    "unravel_index": lambda xp, x, y: xp.unravel_index(x.astype("int64") % 6, (2, 3)),
    "ravel_multi_index": lambda xp, x, y: xp.ravel_multi_index((x.astype("int64") % 2, x.astype("int64") % 3), (2, 3)),
    "corrcoef": lambda xp, x, y: xp.corrcoef(xp.stack([x, x * x])),
    "cov": lambda xp, x, y: xp.cov(xp.stack([x, x * x])),
    "compress": lambda xp, x, y: xp.compress(x > 0, x),
    "append": lambda xp, x, y: xp.append(x, y),
    "asfortranarray": lambda xp, x, y: xp.asfortranarray(x),
    "array2string": lambda xp, x, y: xp.array2string(x),
    "permute_dims": lambda xp, x, y: xp.permute_dims(x, (0,)),
}


@pytest.mark.parametrize("name", [name for name in VECTORS if hasattr(tnp, name.split()[0])])
@given(data=st.data())
def test_functions_of_vectors(name, data):
    x, y = (data.draw(arrays([*INTEGERS, "float32", "float64"], least=1, most=1, special=False)) for _ in range(2))
    compare(name, VECTORS[name], x, y)


# Making

RANGES = st.one_of(st.integers(-5, 12), st.sampled_from([0.0, 0.5, 2.5, -1.5, 10.0]))


@given(start=RANGES, stop=RANGES, step=RANGES.filter(bool), dtype=st.sampled_from([None, *DTYPES[1:12]]))
def test_arange(start, stop, step, dtype):
    if dtype is not None and dtype.startswith("uint"):
        start, stop, step = abs(start), abs(stop), abs(step)
    for args in [(stop,), (start, stop), (start, stop, step)]:
        compare("arange", lambda xp: xp.arange(*args, dtype=dtype), where=f"{args} {dtype}")


@given(start=RANGES, stop=RANGES, num=st.integers(-1, 9), endpoint=st.booleans(), dtype=st.sampled_from([None, "float32", "complex128"]))
def test_spaces(start, stop, num, endpoint, dtype):
    compare("linspace", lambda xp: xp.linspace(start, stop, num, endpoint=endpoint, dtype=dtype), where=f"{start, stop, num, endpoint, dtype}")
    compare("retstep", lambda xp: xp.linspace(start, stop, max(num, 2), endpoint=endpoint, retstep=True)[0])
    compare("logspace", lambda xp: xp.logspace(start, stop, num, endpoint=endpoint), where=f"{start, stop, num}")
    compare("geomspace", lambda xp: xp.geomspace(abs(start) + 1, abs(stop) + 1, num, endpoint=endpoint), where=f"{start, stop, num}")


@given(n=st.integers(-1, 4), m=st.one_of(st.none(), st.integers(0, 4)), k=st.integers(-5, 5), dtype=st.sampled_from(DTYPES))
def test_matrices_of_ones(n, m, k, dtype):
    compare("eye", lambda xp: xp.eye(n, m, k=k, dtype=dtype), where=f"{n, m, k, dtype}")
    compare("tri", lambda xp: xp.tri(max(n, 0), m, k, dtype=dtype), where=f"{n, m, k, dtype}")
    compare("identity", lambda xp: xp.identity(n, dtype=dtype), where=f"{n, dtype}")
    compare("full", lambda xp: xp.full((max(n, 0), 2), k % 2, dtype=dtype), where=f"{n, k, dtype}")
    compare("diag_indices", lambda xp: xp.diag_indices(max(n, 0), 2), where=f"{n}")


@pytest.mark.parametrize("k", [2**63, -(2**70)])
def test_diagonals_beyond_all_matrices(k):
    compare("eye", lambda xp: xp.eye(2, 3, k=k), where=f"{k}")


@given(data=st.data())
def test_grids(data):
    xs = [data.draw(arrays(INTEGERS, (data.draw(st.integers(1, 3)),))) for _ in range(data.draw(st.integers(1, 3)))]
    indexing, sparse = data.draw(st.sampled_from(["xy", "ij"])), data.draw(st.booleans())
    compare("meshgrid", lambda xp, xs: list(xp.meshgrid(*xs, indexing=indexing, sparse=sparse)), xs)
    compare("ix_", lambda xp, xs: xp.ix_(*xs), xs)


# Fourier transforms and random numbers

TRANSFORMS = [f"fft.{name}" for name in "fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn".split()]


@pytest.mark.parametrize("name", TRANSFORMS)
@given(data=st.data())
def test_fourier_transforms(name, data):
    # Halves are transformed as halves in NumPy, with errors of their own.
    dtypes = [d for d in (REAL if name in ("fft.rfft", "fft.ihfft", "fft.rfft2", "fft.rfftn") else DTYPES) if d != "float16"]
    x, options = data.draw(arrays(dtypes, least=1, special=False)), {}
    options["norm"] = data.draw(st.sampled_from([None, "ortho", "forward", "backward"]))
    if name[-1] == "t" and data.draw(st.booleans()):
        options["axis"] = data.draw(st.integers(-2, 2))
    if name[-1] == "t" and data.draw(st.booleans()):
        options["n"] = data.draw(st.integers(0, 9))
    if name[-1] == "n" and data.draw(st.booleans()):
        options["axes"] = data.draw(st.sampled_from([(0,), (0, 1), (-1,), (1, 0)]))
    compare(name, lambda xp, x: find(xp, name)(x, **options), x, where=f"{name} {x!r} {options}")


@given(n=st.integers(1, 9), d=st.sampled_from([1.0, 0.5, 3.0]))
def test_frequencies(n, d):
    compare("fftfreq", lambda xp: xp.fft.fftfreq(n, d), where=f"{n, d}")
    compare("rfftfreq", lambda xp: xp.fft.rfftfreq(n, d), where=f"{n, d}")


@given(seed=st.integers(0, 2**32 - 1), size=st.sampled_from([3, (2, 2), (0, 4), ()]))
def test_random_numbers_are_numpys(seed, size):
    for name, args in [("normal", (1.0, 2.0)), ("uniform", (-1.0, 3.0)), ("exponential", (2.0,)), ("randint", (0, 100)), ("poisson", (3.5,))]:

        def call(xp):
            xp.random.seed(seed)
            function = getattr(xp.random, name)
            return [xp.asarray(function(*args, size=size)) for _ in range(3)]

        compare(name, call, where=f"{name} {seed} {size}")
    for name in ("standard_normal", "random_sample", "random"):

        def call(xp):
            xp.random.seed(seed)
            return xp.asarray(getattr(xp.random, name)(size))

        compare(name, call, where=f"{name} {seed} {size}")


# Chains: what one function gives goes into the next.

STEPS = {
    "neg": lambda xp, x: -x,
    "add": lambda xp, x: x + 1,
    "half": lambda xp, x: x * 0.5,
    "self": lambda xp, x: x + x,
    "transposed": lambda xp, x: x.T,
    "backwards": lambda xp, x: x[::-1] if x.ndim else x,
    "every other": lambda xp, x: x[..., ::2] if x.ndim else x,
    "axis": lambda xp, x: x[None],
    "flat": lambda xp, x: x.reshape(-1),
    "sum": lambda xp, x: x.sum(axis=-1) if x.ndim else x,
    "cumsum": lambda xp, x: xp.cumsum(x),
    "clip": lambda xp, x: xp.clip(x, -2, 2),
    "sin": lambda xp, x: xp.sin(x),
    "twice": lambda xp, x: xp.concatenate([x, x]) if x.ndim else x,
    "outer": lambda xp, x: xp.outer(x, [1, 2]) if x.size < 40 else x,
    "mask": lambda xp, x: x[x > 0],
    "sort": lambda xp, x: xp.sort(x) if x.ndim else x,
    "centred": lambda xp, x: x - x.mean() if x.size else x,
}


@given(x=arrays(["int32", "float32", "float64"], special=False), steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=8))
def test_chains(x, steps):
    def run(xp, x):
        for step in steps:
            x = STEPS[step](xp, xp.asarray(x))
        return x

    agree(run, x, rtol=1e-4, where=f"{x!r} {steps}")
