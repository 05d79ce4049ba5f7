"""Linear algebra on drawn matrices and stacks of them: NumPy's values, or what they stand for where they are not unique, and its refusals."""

import hypothesis.strategies as st
import numpy as np
import pytest
from agree import agree
from hypothesis import given

import tnp

REAL = ("bool", "int8", "int32", "int64", "uint8", "float32", "float64")
NUMBERS = (*REAL, "complex64", "complex128")
#: Errors of a factorisation of a few rows, relative to the largest value.
LOOSE = {"float32": 1e-4, "complex64": 1e-4}


def compare(function, *arrays, where):
    agree(function, *arrays, rtol=max(LOOSE.get(x.dtype.name, 1e-9) for x in arrays), where=where)


@st.composite
def matrices(draw, dtypes=NUMBERS, square=True, regular=True, most=4, dims=None):
    """A matrix or a stack of them, of small numbers; a regular one has a heavy diagonal."""
    dtype = draw(st.sampled_from(dtypes))
    rows = draw(st.integers(0 if regular else 1, most))
    columns = rows if square else draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    shape = (*(draw(st.sampled_from([(), (2,), (2, 1), (0,)])) if dims is None else dims), rows, columns)
    x = rng.integers(0, 5, shape) - (0 if dtype[0] in "bu" else 2)
    if dtype[0] == "c":
        x = x + 1j * rng.integers(-2, 3, shape)
    if dtype[0] in "fc":
        x = x + rng.random(shape) / 8
    if regular and square:
        x = x + 12 * np.eye(rows, dtype=int)
    x = x.astype(dtype)
    return np.swapaxes(np.ascontiguousarray(np.swapaxes(x, -1, -2)), -1, -2) if draw(st.booleans()) else x


def hermitian(x):
    return x if x.dtype == bool else x + np.conjugate(np.swapaxes(x, -1, -2))


ONE = """det slogdet inv eigvalsh svdvals matrix_rank pinv cond matrix_transpose diagonal trace""".split()
ONLY_REGULAR = {"inv", "cond"}


@pytest.mark.parametrize("name", ONE)
@given(data=st.data())
def test_of_one_matrix(name, data):
    square = name in ("det", "slogdet", "inv", "eigvalsh", "cond")
    # bool + bool is no matrix that NumPy would invert either way: the diagonal is not heavy.
    dtypes = tuple(d for d in NUMBERS if d != "bool") if name in (*ONLY_REGULAR, "pinv") else NUMBERS
    x = data.draw(matrices(dtypes, square=square, regular=square or name in ONLY_REGULAR))
    if name == "eigvalsh":
        x = hermitian(x)
    if name in ("matrix_rank", "pinv") and x.dtype.itemsize < 8:
        # What counts as zero is a matter of the precision, which differs by a rounding.
        x = x.astype("complex128" if x.dtype.kind == "c" else "float64")
    compare(lambda xp, x: getattr(xp.linalg, name)(x), x, where=f"{name} {x!r}")


@given(x=matrices(), upper=st.booleans())
def test_cholesky(x, upper):
    x = hermitian(x) + 8 * np.eye(x.shape[-1], dtype=x.dtype)
    compare(lambda xp, x: xp.linalg.cholesky(x, upper=upper), x, where=f"cholesky {x!r} {upper}")


@given(x=matrices(tuple(d for d in REAL if d[0] in "if"), regular=False))
def test_cholesky_refuses_what_is_not_positive(x):
    x = -np.abs(hermitian(x)) - np.eye(x.shape[-1], dtype=x.dtype)
    compare(lambda xp, x: xp.linalg.cholesky(x), x, where=f"cholesky {x!r}")


@given(data=st.data(), x=matrices(tuple(d for d in NUMBERS if d != "bool")))
def test_solve(data, x):
    n, kind = x.shape[-1], data.draw(st.sampled_from(["vector", "matrix", "stack", "wrong"]))
    shape = {"vector": (n,), "matrix": (n, 3), "stack": (2, n, 2), "wrong": (n + 1, 2)}[kind]
    b = (np.arange(np.prod(shape, dtype=int)) % 5 - 2).reshape(shape).astype(data.draw(st.sampled_from(["int64", "float32", "float64", "complex128"])))
    compare(lambda xp, x, b: xp.linalg.solve(x, b), x, b, where=f"solve {x!r} {b!r}")


def rebuilt(xp, h, tau):
    """The matrix from its reflections: each is 1 - tau v vᴴ, and the last was applied first."""
    a = xp.matrix_transpose(h)
    x, row = xp.triu(a), xp.arange(a.shape[-2])[:, None]
    for j in reversed(range(tau.shape[-1])):
        v = xp.where(row > j, a[..., j : j + 1], xp.astype(row == j, a.dtype))
        x = x - tau[..., j, None, None] * xp.matmul(v, xp.matmul(xp.conj(xp.matrix_transpose(v)), x))
    return x


def parts_of_qr(xp, x, mode, unique):
    """What is unique of it: the products, and where no column depends on others the upper part with positive numbers on its diagonal."""
    if mode == "raw":
        h, tau = xp.linalg.qr(x, mode="raw")
        return [rebuilt(xp, h, tau), *((h, tau) if unique else ())]
    if mode == "r":
        r = xp.linalg.qr(x, mode="r")
        parts = [xp.matmul(xp.conj(xp.matrix_transpose(r)), r)]
    else:
        q, r = xp.linalg.qr(x, mode=mode)
        parts = [xp.matmul(q, r), xp.matmul(xp.conj(xp.matrix_transpose(q)), q)]
    return [*parts, xp.abs(r)] if unique else parts


@given(x=matrices(square=False, regular=False), mode=st.sampled_from(["reduced", "complete", "r", "raw"]))
def test_qr(x, mode):
    unique = bool(np.all(np.linalg.matrix_rank(x) == min(x.shape[-2:])))
    compare(lambda xp, x: parts_of_qr(xp, x, mode, unique), x, where=f"qr {x!r} {mode}")


@pytest.mark.parametrize(
    "x",
    [
        [[1.0, np.inf], [0.0, 2.0]],
        [[0.0, np.nan], [0.0, 1.0]],
        [[2.0, np.inf]],
        [[np.nan, 1.0], [1.0, 2.0]],
        [[1.0, 2.0], [1e-200, 3.0]],
        [[1e300, 1.0], [1e300, 2.0]],
        [[3e-200, 1.0], [4e-200, 2.0]],
        [[1j, 2.0]],
        [[1.0, 2.0], [0.0, 3j]],
    ],
)
def test_reflections_of_unusual_numbers(x):
    agree(lambda xp, x: list(xp.linalg.qr(x, mode="raw")), np.asarray(x), rtol=1e-12, where=f"qr raw {x}")


def parts_of_svd(xp, x, full, **options):
    u, s, vh = xp.linalg.svd(x, full_matrices=full, **options)
    k = s.shape[-1]
    product = xp.matmul(u[..., :k] * s[..., None, :], vh[..., :k, :])
    of_u, of_v = xp.matmul(xp.conj(xp.matrix_transpose(u)), u), xp.matmul(vh, xp.conj(xp.matrix_transpose(vh)))
    return [product, s, of_u, of_v, [u.shape, vh.shape]]


@given(x=matrices(square=False, regular=False), full=st.booleans())
def test_svd(x, full):
    compare(lambda xp, x: parts_of_svd(xp, x, full), x, where=f"svd {x!r} {full}")
    compare(lambda xp, x: xp.linalg.svd(x, compute_uv=False), x, where=f"svd {x!r}")


@given(x=matrices(regular=False))
def test_hermitian_matrices(x):
    x = hermitian(x)
    compare(lambda xp, x: parts_of_svd(xp, x, True, hermitian=True), x, where=f"svd {x!r}")
    if x.dtype.itemsize >= 8:
        compare(lambda xp, x: xp.linalg.matrix_rank(x, hermitian=True), x, where=f"rank {x!r}")


@given(x=matrices(regular=False), uplo=st.sampled_from("LU"))
def test_eigh(x, uplo):
    def parts(xp, x):
        w, v = xp.linalg.eigh(x, UPLO=uplo)
        back = xp.matmul(v * w[..., None, :], xp.conj(xp.matrix_transpose(v)))
        return [w, back]

    compare(parts, x, where=f"eigh {x!r} {uplo}")


@given(x=matrices(tuple(d for d in NUMBERS if d != "bool")))
def test_eig(x):
    # Of a triangle with distinct numbers on its diagonal, so that there is a basis. NumPy gives reals where all happen to be, which no
    # trace could know; here they are always complex, as the array API has it.
    n = x.shape[-1]
    x = np.triu(x, 1) + np.diag(np.arange(n)).astype(x.dtype)

    def parts(xp, x):
        w, v = xp.linalg.eig(x)
        return [xp.sort(xp.real(w), axis=-1), xp.matmul(xp.astype(x, v.dtype), v) - v * w[..., None, :], xp.sort(xp.real(xp.linalg.eigvals(x)), axis=-1)]

    theirs, ours = (parts(module, convert(x)) for module, convert in ((np, np.asarray), (tnp, tnp.asarray)))
    tolerance = 1e-3 if x.dtype.itemsize < 8 or x.dtype == "complex64" else 1e-9
    for our, their in zip(ours, theirs):
        assert our.shape == their.shape and our.dtype in (their.dtype, np.result_type(their.dtype, "complex64")), f"eig {x!r}"
        np.testing.assert_allclose(our.numpy(), their, atol=tolerance * 12, rtol=0, err_msg=f"eig {x!r}")


@given(data=st.data())
def test_norms(data):
    x = data.draw(matrices(square=False, regular=False))
    axis = data.draw(st.sampled_from([None, 0, -1, (0, 1), (-1, -2), (0, 0), 5]))
    orders = [None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc", 0, 3, 0.5]
    order, keepdims = data.draw(st.sampled_from(orders)), data.draw(st.booleans())
    where = f"norm {x!r} {order} {axis} {keepdims}"
    compare(lambda xp, x: xp.linalg.norm(x, order, axis, keepdims), x, where=where)
    if order is not None:
        compare(lambda xp, x: xp.linalg.vector_norm(x, ord=order, axis=axis, keepdims=keepdims), x, where=where)
        compare(lambda xp, x: xp.linalg.matrix_norm(x, ord=order, keepdims=keepdims), x, where=where)


@given(x=matrices(tuple(d for d in NUMBERS if d != "bool")), n=st.integers(-2, 5))
def test_matrix_power(x, n):
    compare(lambda xp, x: xp.linalg.matrix_power(x, n), x, where=f"matrix_power {x!r} {n}")


@given(data=st.data(), x=matrices(("float32", "float64", "complex128"), square=False, regular=False, dims=()))
def test_lstsq(data, x):
    b = data.draw(matrices(("float64",), square=False, regular=False, dims=()))
    b = np.resize(b, (x.shape[0], b.shape[1])).astype(x.dtype)
    # What comes out is the least solution, unique whatever the rank; a rank that is a matter of one rounding is NumPy's affair.
    rcond = 1e-4 if x.dtype == "float32" else 1e-9
    compare(lambda xp, x, b: list(xp.linalg.lstsq(x, b, rcond)), x, b, where=f"lstsq {x!r} {b!r}")


@given(x=matrices(NUMBERS, dims=(), most=3))
def test_chains_of_products(x):
    compare(lambda xp, x: xp.linalg.multi_dot([x, x, x]), x, where=f"multi_dot {x!r}")
    compare(lambda xp, x: xp.linalg.outer(x[0], x[0]) if x.shape[0] else x, x, where=f"outer {x!r}")
    compare(lambda xp, x: xp.linalg.tensordot(x, x, axes=1), x, where=f"tensordot {x!r}")
    compare(lambda xp, x: xp.linalg.vecdot(x, x), x, where=f"vecdot {x!r}")
    compare(lambda xp, x: xp.linalg.cross(x, x), x, where=f"cross {x!r}")


@pytest.mark.parametrize("name", "det slogdet inv eig eigh eigvals eigvalsh cholesky qr svd svdvals pinv matrix_rank cond norm".split())
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 0), (0, 3), (3, 0), (2, 0, 0)])
def test_shapes_that_are_refused_or_empty(name, shape):
    def call(xp, x):
        result = getattr(xp.linalg, name)(x)
        return [part.shape for part in result] if isinstance(result, tuple) else getattr(result, "shape", ())

    x = np.ones(shape)
    agree(call, x, where=f"{name} {shape}")


@pytest.mark.parametrize("name", "det inv eigh cholesky qr svd norm".split())
@pytest.mark.parametrize("dtype", ["float16"])
def test_dtypes_that_are_refused(name, dtype):
    agree(lambda xp, x: getattr(xp.linalg, name)(x), np.eye(2, dtype=dtype), where=f"{name} {dtype}", rtol=1e-3)


def test_singular_matrices_have_no_inverse():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    for name in ("inv", "solve"):
        agree(lambda xp, x: getattr(xp.linalg, name)(*[x] * (1 + (name == "solve"))), singular, where=name)
    agree(lambda xp, x: xp.linalg.det(x), singular, where="det")
    nan = np.array([[np.nan, 1.0], [1.0, 2.0]])
    for name in ("eig", "eigvals", "eigh", "svd", "svdvals", "matrix_rank"):
        agree(lambda xp, x: [0] if getattr(xp.linalg, name)(x) is None else [1], nan, where=f"{name} of NaN")
