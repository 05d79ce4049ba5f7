# Types of `tnp.linalg`, written by `cargo xtask stubs`.
import builtins as _b
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from tnp import _ArrayLike, _Axis, _DType, _DTypeLike, _Shape, dtype, ndarray, _EigResult, _EighResult, _QRResult, _SlogdetResult, _SVDResult

from tnp.exceptions import LinAlgError as LinAlgError

def cholesky(a: _ArrayLike, /, *, upper: _b.bool = False) -> ndarray:
    """The Cholesky factor of a Hermitian positive definite matrix: the lower triangular `l` with `l lᴴ = x`, or with `true` the upper triangular `u` with `uᴴ u = x`."""

def cond(x: _ArrayLike, p: _ArrayLike | None = None) -> ndarray:
    """`on_true(operands)` where the predicate (one bool) holds, else `on_false(operands)`."""

def cross(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: int | None = -1) -> ndarray:
    """The cross product of vectors of three components, other axes broadcast."""

def det(a: _ArrayLike) -> ndarray:
    """The determinants of matrices."""

def diagonal(x: _ArrayLike, /, *, offset: int = 0) -> ndarray:
    """The diagonal of a matrix, or of the planes of two axes, which go; the diagonals become the last axis. A view."""

def eig(a: _ArrayLike) -> _EigResult:
    """Eigenvalues and eigenvectors (as columns, of length one, their largest element real) of a square matrix: `(w, v)` with `x v = v diag(w)`."""

def eigh(a: _ArrayLike, UPLO: _b.str = "L") -> _EighResult:
    """Eigenvalues, real and ascending, and orthonormal eigenvectors (as columns) of a Hermitian matrix: `(w, v)` with `x v = v diag(w)`."""

def eigvals(a: _ArrayLike) -> ndarray:
    """The eigenvalues of a square matrix, complex whatever the values; see `eig`."""

def eigvalsh(a: _ArrayLike, UPLO: _b.str = "L") -> ndarray:
    """The eigenvalues of a Hermitian matrix, real and ascending."""

def inv(a: _ArrayLike) -> ndarray:
    """The inverses of matrices."""

def lstsq(a: _ArrayLike, b: _ArrayLike, rcond: _ArrayLike | None = None) -> tuple[ndarray, ndarray, int, ndarray]:
    """Least squares: `(x, residuals, rank, s)`, where `x` makes the length of `a x - b` smallest (and is the shortest that does), residuals are the squares of those lengths, and `s` the singular values of `a`."""

def matmul(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The matrix product of the last two axes, earlier axes broadcast: `(…, n, k)` by `(…, k, m)` gives `(…, n, m)`."""

def matrix_norm(x: _ArrayLike, /, *, keepdims: _b.bool = False, ord: _Any = "fro") -> ndarray:
    """The norm of matrices, the last two axes: of Frobenius unless said."""

def matrix_power(a: _ArrayLike, n: int) -> ndarray:
    """A square matrix to an integer power, by repeated squaring; of the inverse when negative. Whole numbers stay so where it is not."""

def matrix_rank(A: _ArrayLike, tol: _ArrayLike | None = None, hermitian: _b.bool = False, *, rtol: _ArrayLike | None = None) -> ndarray:
    """How many singular values of a matrix are not zero (int64). A vector has rank 1 unless it is zero."""

def matrix_transpose(x: _ArrayLike, /) -> ndarray:
    """Exchanges the last two axes: `x.mT`. A view."""

def multi_dot(arrays: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """The product of two or more matrices in the order that takes the fewest multiplications; the first may be a row and the last a column, each 1-D, whose axis the result does not have."""

def norm(x: _ArrayLike, ord: _Any = None, axis: _Axis = None, keepdims: _b.bool = False) -> ndarray:
    """Of vectors along one axis or matrices along two, a norm; of all elements where neither axes nor order are given."""

def outer(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Every element of `x` times every element of `y`, both in C order: shape `(x.size(), y.size())`."""

def pinv(a: _ArrayLike, rcond: _ArrayLike | None = None, hermitian: _b.bool = False, *, rtol: _ArrayLike | None = None) -> ndarray:
    """The pseudo-inverse of Moore and Penrose, by singular values."""

def qr(a: _ArrayLike, mode: _b.str = "reduced") -> _QRResult:
    """The QR factorisation `(q, r)`: orthonormal columns and an upper triangle, whose diagonal is real, with `q r = x`."""

def slogdet(a: _ArrayLike) -> _SlogdetResult:
    """The sign and the logarithm of the magnitude of determinants: `det = sign * exp(logdet)`; 0 and -∞ of singular matrices."""

def solve(a: _ArrayLike, b: _ArrayLike) -> ndarray:
    """The solution `y` of `x y = b` for each matrix `x` and right side `b`."""

def svd(a: _ArrayLike, full_matrices: _b.bool = True, compute_uv: _b.bool = True, hermitian: _b.bool = False) -> _SVDResult:
    """The singular value decomposition `(u, s, vh)`: orthonormal columns, singular values in descending order, orthonormal rows, with `u diag(s) vh = x`."""

def svdvals(x: _ArrayLike, /) -> ndarray:
    """The singular values of a matrix, in descending order."""

def tensordot(x1: _ArrayLike, x2: _ArrayLike, /, *, axes: _Any = 2) -> ndarray:
    """The sum of products over chosen axes: the others of `x`, then the others of `y`, in order."""

def tensorinv(a: _ArrayLike, ind: int = 2) -> ndarray:
    """The tensor `y` with `tensordot(y, x, ind)` the identity: the inverse of `x` as a matrix from its last axes to the first `ind` (2 in NumPy)."""

def tensorsolve(a: _ArrayLike, b: _ArrayLike, axes: _Axis = None) -> ndarray:
    """The tensor `y` with `tensordot(a, y, y.ndim()) = b`; axes named by `axes` are moved to the end of `a` before."""

def trace(x: _ArrayLike, /, *, offset: int = 0, dtype: _DTypeLike | None = None) -> ndarray:
    """Runs `body` on stand-ins for inputs and gives the graph of what it did."""

def vecdot(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: int | None = -1) -> ndarray:
    """The sum of products of the vectors along an axis (the last by default): `conj(x) · y`, other axes broadcast."""

def vector_norm(x: _ArrayLike, /, *, axis: _Axis = None, keepdims: _b.bool = False, ord: _Any = 2) -> ndarray:
    """The norm of vectors along an axis, or of all elements of several together (all axes with `()`)."""
