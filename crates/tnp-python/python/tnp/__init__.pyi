# Types of `tnp`, written by `cargo xtask stubs`.
import builtins as _b
from collections.abc import Callable as _Callable, Iterable as _Iterable, Iterator as _Iterator, Sequence as _Sequence
from types import TracebackType as _TracebackType
from typing import Any as _Any, Generic as _Generic, Literal as _Literal, NamedTuple as _NamedTuple, ParamSpec as _ParamSpec
from typing import Protocol as _Protocol, TypeAlias as _TypeAlias, TypeVar as _TypeVar, overload as _overload

import numpy as _np

from tnp import exceptions as exceptions, fft as fft, linalg as linalg, random as random

_P = _ParamSpec("_P")
_R = _TypeVar("_R")
_T = _TypeVar("_T")

class _SupportsArray(_Protocol):
    def __array__(self) -> _np.ndarray[_Any, _Any]: ...

class _SupportsDLPack(_Protocol):
    def __dlpack__(self) -> _Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class _SupportsBuffer(_Protocol):
    def __buffer__(self, flags: int, /) -> memoryview: ...

class _SupportsName(_Protocol):
    @property
    def name(self) -> _b.str: ...
    @property
    def itemsize(self) -> int: ...

# What functions take for an array; lists and tuples may be nested.
_ArrayLike: _TypeAlias = ndarray | complex | list[_Any] | tuple[_Any, ...] | _SupportsArray | _SupportsDLPack | _SupportsBuffer
_DType: _TypeAlias = dtype
_DTypeLike: _TypeAlias = dtype | _b.str | type[_Any] | _SupportsName
_Axis: _TypeAlias = int | _Sequence[int] | None
_Shape: _TypeAlias = int | _Sequence[int]
_Mode: _TypeAlias = _Literal["numpy", "legacy", "off", "all", "safe"]
_Precision: _TypeAlias = _Literal["float32", "tensorfloat32"]

Array = ndarray

class Function(_Generic[_P, _R]):
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...
    def __get__(self, instance: _Any, owner: _Any = None, /) -> _Callable[..., _R]: ...
    def graph(self, *arguments: _Any, **keywords: _Any) -> _Any: ...
    def explain(self, *arguments: _Any, **keywords: _Any) -> _b.str: ...
    @property
    def trace_count(self) -> int: ...
    @property
    def __wrapped__(self) -> _Callable[_P, _R]: ...

class GradientTape:
    """Records operations for differentiation: `with tnp.GradientTape() as tape:`, then `tape.gradient(target, sources)`. A tape that is not persistent gives gradients once."""
    def __init__(self, persistent: _b.bool = False, watch_accessed_variables: _b.bool = True) -> None: ...
    def __enter__(self) -> GradientTape: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: _TracebackType | None = None,
        /,
    ) -> None: ...
    def batch_jacobian(self, target: _Any, source: _ArrayLike, *, experimental_use_pfor: _b.bool = True) -> ndarray:
        """The jacobian of each row of an array with respect to the same row of a source."""
    def gradient(self, target: _Any, sources: _Any, output_gradients: _Any = None, unconnected_gradients: _b.str = "none") -> _Any:
        """The gradient of a target with respect to sources, in the structure of the sources; None where the target does not depend on a source, zeros with `unconnected_gradients='zero'`."""
    def jacobian(self, target: _Any, sources: _Any, *, experimental_use_pfor: _b.bool = True) -> _Any:
        """The jacobian of an array with respect to sources: shape of the target, then shape of the source."""
    def reset(self) -> None:
        """Forgets what was recorded."""
    def stop_recording(self, body: _Callable[[], _T]) -> _T:
        """Calls a function without recording what it does on this tape: the body of TensorFlow's `with tape.stop_recording():`."""
    def watch(self, tensor: _Any) -> None:
        """Makes arrays variables of the tape."""

class TensorSpec:
    def __init__(self, shape: _Sequence[int | None], dtype: _DTypeLike | None = None) -> None: ...
    @property
    def shape(self) -> tuple[int | None, ...]: ...
    @property
    def dtype(self) -> _DType: ...

def abs(x: _ArrayLike, /) -> ndarray: ...

def absolute(x: _ArrayLike, /) -> ndarray:
    """Absolute value, elementwise; the modulus of complex numbers, as a real array."""

def acos(x: _ArrayLike, /) -> ndarray: ...

def acosh(x: _ArrayLike, /) -> ndarray: ...

def add(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x + y`; logical or for bool."""

def all(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
    """True where all elements over axes are true, that is not zero; so for none."""

def allclose(a: _ArrayLike, b: _ArrayLike, rtol: _ArrayLike = 1e-05, atol: _ArrayLike = 1e-08, equal_nan: _b.bool = False) -> _b.bool:
    """Whether all elements are close, as `isclose` has it, once broadcast."""

def amax(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """The same as `max`."""

def amin(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """The same as `min`."""

def angle(z: _ArrayLike, deg: _b.bool = False) -> ndarray:
    """The angle of complex numbers, counterclockwise from the positive real axis, in radians (or degrees)."""

def any(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
    """True where any element over axes is true, that is not zero."""

def append(arr: _ArrayLike, values: _ArrayLike, axis: _Axis = None) -> ndarray:
    """An array with values behind it: both flattened with `()`, else along an axis."""

def arange(start: _ArrayLike, /, stop: _ArrayLike | None = None, step: _ArrayLike | None = None, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """Numbers from `start` (0 unless given) up to but not including `stop`, by `step` (1 unless given)."""

def arccos(x: _ArrayLike, /) -> ndarray:
    """Inverse cosine, in radians."""

def arccosh(x: _ArrayLike, /) -> ndarray:
    """Inverse hyperbolic cosine."""

def arcsin(x: _ArrayLike, /) -> ndarray:
    """Inverse sine, in radians."""

def arcsinh(x: _ArrayLike, /) -> ndarray:
    """Inverse hyperbolic sine."""

def arctan(x: _ArrayLike, /) -> ndarray:
    """Inverse tangent, in radians."""

def arctan2(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Angle of the point `(y, x)`, in radians from −π to π."""

def arctanh(x: _ArrayLike, /) -> ndarray:
    """Inverse hyperbolic tangent."""

def argmax(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """Position (int64) of the first largest element along an axis, or in the array read in C order; of the first NaN if there is one."""

def argmin(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """Position (int64) of the first smallest element along an axis, or in the array read in C order; of the first NaN if there is one."""

def argpartition(a: _ArrayLike, kth: _ArrayLike, axis: int | None = -1, kind: _b.str = "introselect") -> ndarray:
    """Positions (int64) that partition along an axis as `partition` does."""

def argsort(a: _ArrayLike, /, axis: int | None = -1, kind: _b.str | None = None, *, descending: _b.bool = False, stable: _b.bool | None = None) -> ndarray:
    """Positions (int64) that sort along an axis, the last by default; NaN last."""

def argwhere(a: _ArrayLike) -> ndarray:
    """Positions of the elements that are not zero, one row each: shape (number of them, number of axes)."""

def around(a: _ArrayLike, decimals: int = 0) -> ndarray:
    """The same as `round`."""

def array(object: _Any, /, dtype: _DTypeLike | None = None, *, copy: _b.bool = True, ndmin: int = 0, device: _b.str | None = None) -> ndarray:
    """Anything array-like as an array: numbers, `Vec`s, nested arrays of numbers, arrays."""

def array2string(a: _ArrayLike, max_line_width: int | None = None, precision: int | None = None, suppress_small: _b.bool | None = None) -> _b.str:
    """The elements in brackets, with the options in force or those given."""

def array_equal(a1: _ArrayLike, a2: _ArrayLike, equal_nan: _b.bool = False) -> _b.bool:
    """Whether two arrays have the same shape and elements; with `equal_nan`, NaN equals NaN."""

def array_equiv(a1: _ArrayLike, a2: _ArrayLike) -> _b.bool:
    """Whether two arrays broadcast to one shape and then have the same elements."""

def array_repr(arr: _ArrayLike, max_line_width: int | None = None, precision: int | None = None, suppress_small: _b.bool | None = None) -> _b.str:
    """The array as an expression: `array(1, 2, dtype=int32)`. What `{:?}` shows."""

def array_split(ary: _ArrayLike, indices_or_sections: int | _Sequence[int], axis: int | None = 0) -> list[ndarray]:
    """As `split`, but the first parts are one longer when the axis does not divide evenly."""

def array_str(a: _ArrayLike, max_line_width: int | None = None, precision: int | None = None, suppress_small: _b.bool | None = None) -> _b.str:
    """The array's elements as `{}` shows them; a 0-d array as its number."""

def asanyarray(a: _ArrayLike, /, dtype: _DTypeLike | None = None, *, device: _b.str | None = None, copy: _b.bool | None = None) -> ndarray:
    """`asarray`: there are no subclasses to let through."""

def asarray(a: _ArrayLike, /, dtype: _DTypeLike | None = None, *, device: _b.str | None = None, copy: _b.bool | None = None) -> ndarray:
    """Anything array-like as an array; one that is an array of the dtype already is returned as it is."""

def ascontiguousarray(a: _ArrayLike, dtype: _DTypeLike | None = None) -> ndarray:
    """Anything array-like as an array of at least one axis whose elements lie in C order without gaps; copied only if they do not."""

def asfortranarray(a: _ArrayLike, dtype: _DTypeLike | None = None) -> ndarray:
    """Anything array-like as an array whose elements lie in Fortran order, the first axis running fastest; copied only if they do not."""

def asin(x: _ArrayLike, /) -> ndarray: ...

def asinh(x: _ArrayLike, /) -> ndarray: ...

def astype(x: _ArrayLike, dtype: _DTypeLike, /, *, copy: _b.bool = True, device: _b.str | None = None) -> ndarray:
    """The elements converted to another dtype: `Array::astype` as a function."""

def atan(x: _ArrayLike, /) -> ndarray: ...

def atan2(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def atanh(x: _ArrayLike, /) -> ndarray: ...

def atleast_1d(*arys: _ArrayLike) -> _Any:
    """The array, a 0-d one as an axis of one element. A view."""

def atleast_2d(*arys: _ArrayLike) -> _Any:
    """The array with at least two axes; new ones come first. A view."""

def atleast_3d(*arys: _ArrayLike) -> _Any:
    """The array with at least three axes: `(N,)` becomes `(1, N, 1)`, `(M, N)` becomes `(M, N, 1)`. A view."""

@_overload
def average(a: _ArrayLike, axis: _Axis = None, weights: _ArrayLike | None = None, returned: _Literal[False] = False, *, keepdims: _b.bool = False) -> ndarray:
    """Weighted average over axes: `sum(x * weights) / sum(weights)`."""
@_overload
def average(a: _ArrayLike, axis: _Axis = None, weights: _ArrayLike | None = None, returned: _b.bool = False, *, keepdims: _b.bool = False) -> _Any:
    """Weighted average over axes: `sum(x * weights) / sum(weights)`."""

def bartlett(M: int) -> ndarray: ...

bfloat16: _DType

def bincount(x: _ArrayLike, /, weights: _ArrayLike | None = None, minlength: int = 0) -> ndarray:
    """How often each whole number from 0 on is in a 1-D array (int64), or what its weights sum up to (float64)."""

def bitwise_and(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Bitwise and; logical for bool."""

def bitwise_count(x: _ArrayLike, /) -> ndarray:
    """How many bits of the magnitude of each integer are set (uint8)."""

def bitwise_invert(x: _ArrayLike, /) -> ndarray: ...

def bitwise_left_shift(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def bitwise_not(x: _ArrayLike, /) -> ndarray: ...

def bitwise_or(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Bitwise or; logical for bool."""

def bitwise_right_shift(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def bitwise_xor(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Bitwise exclusive or; logical for bool."""

def blackman(M: int) -> ndarray: ...

def block(arrays: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """One array of blocks: the innermost lists side by side along the last axis, the lists around them along the one before, and so on."""

bool: _DType

bool_: _DType

def broadcast_arrays(*args: _ArrayLike) -> tuple[ndarray, ...]:
    """Arrays stretched to the shape they broadcast to. Views of stride zero."""

def broadcast_shapes(*shapes: _Shape) -> tuple[int, ...]:
    """The shape that shapes broadcast to."""

def broadcast_to(array: _ArrayLike, /, shape: _Shape) -> ndarray:
    """The array stretched to a shape, its axes of size one repeated. A view of stride zero."""

def can_cast(from_: _ArrayLike | _DTypeLike, to: _DTypeLike, /, casting: _b.str = "safe") -> _b.bool: ...

def cbrt(x: _ArrayLike, /) -> ndarray:
    """Cube root."""

cdouble: _DType

def ceil(x: _ArrayLike, /) -> ndarray:
    """The smallest whole number not below each element."""

def checkpoint(fun: _Callable[_P, _R]) -> _Callable[_P, _R]:
    """A function whose intermediate values are computed again for the gradient instead of kept."""

def choose(a: _ArrayLike, choices: _Sequence[_ArrayLike] | ndarray, mode: _b.str = "raise") -> ndarray:
    """For each position the element of the array of choices whose number stands there."""

def clip(a: _ArrayLike, /, min: _ArrayLike | None = None, max: _ArrayLike | None = None) -> ndarray:
    """The elements limited to an interval: those below `min` become `min`, those above `max` become `max`."""

def column_stack(tup: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """1-D arrays as columns, 2-D ones as they are, side by side."""

complex128: _DType

complex64: _DType

class complexfloating(inexact):
    """Complex numbers."""

def compress(condition: _ArrayLike, a: _ArrayLike, axis: _Axis = None) -> ndarray:
    """The slices of an array along an axis where a condition holds; of the flattened array without an axis."""

def concat(arrays: _Sequence[_ArrayLike] | ndarray, /, axis: int | None = 0, *, dtype: _DTypeLike | None = None) -> ndarray:
    """The Array API's name of `concatenate`."""

def concatenate(arrays: _Sequence[_ArrayLike] | ndarray, /, axis: int | None = 0, *, dtype: _DTypeLike | None = None) -> ndarray:
    """Arrays one after another along an axis, the first unless said; `None` flattens them first (`concatenate(arrays, None::i32)`)."""

def cond(pred: _ArrayLike, true_fun: _Callable[..., _T], false_fun: _Callable[..., _T], *operands: _Any) -> _T:
    """One of two functions of the operands, by a truth value that may be traced."""

def conj(x: _ArrayLike, /) -> ndarray: ...

def conjugate(x: _ArrayLike, /) -> ndarray:
    """Complex conjugate, elementwise; real numbers stay."""

def convolve(a: _ArrayLike, v: _ArrayLike, mode: _b.str = "full") -> ndarray:
    """The convolution of two 1-D arrays: `ck = Σ ai vk - i`."""

def copy(a: _ArrayLike) -> ndarray:
    """A copy on the current device: inside a device scope the data moves there, unless it is there already."""

def copysign(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Magnitude of the first, sign of the second."""

def corrcoef(x: _ArrayLike, y: _ArrayLike | None = None, rowvar: _b.bool = True, *, dtype: _DTypeLike | None = None) -> ndarray:
    """The correlation coefficients of variables: their covariances over the products of their standard deviations, within ±1."""

def correlate(a: _ArrayLike, v: _ArrayLike, mode: _b.str = "valid") -> ndarray:
    """The cross-correlation of two 1-D arrays: `ck = Σ ai + k conj(vi)`."""

def cos(x: _ArrayLike, /) -> ndarray:
    """Cosine of radians."""

def cosh(x: _ArrayLike, /) -> ndarray:
    """Hyperbolic cosine."""

def count_nonzero(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """How many elements over axes are not zero (int64); NaN is not."""

def cov(m: _ArrayLike, y: _ArrayLike | None = None, rowvar: _b.bool = True, bias: _b.bool = False, ddof: _ArrayLike | None = None, fweights: _ArrayLike | None = None, aweights: _ArrayLike | None = None, *, dtype: _DTypeLike | None = None) -> ndarray:
    """The covariance matrix of variables: rows (or columns) of a 2-D array, or one variable alone."""

def cross(a: _ArrayLike, b: _ArrayLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: _Axis = None) -> ndarray:
    """The cross product of vectors of three components, other axes broadcast."""

csingle: _DType

def cumprod(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
    """Running product along an axis; of the elements in C order without one."""

def cumsum(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
    """Running sum along an axis; of the elements in C order without one."""

def cumulative_prod(x: _ArrayLike, /, *, axis: _Axis = None, dtype: _DTypeLike | None = None, include_initial: _b.bool = False) -> ndarray:
    """Running product along an axis, which must be named where there are several."""

def cumulative_sum(x: _ArrayLike, /, *, axis: _Axis = None, dtype: _DTypeLike | None = None, include_initial: _b.bool = False) -> ndarray:
    """Running sum along an axis, which must be named where there are several."""

def current_behavior() -> _b.str:
    """The promotion mode in force."""

def current_device() -> _b.str:
    """The device that new arrays are made on."""

def custom_gradient(fun: _Callable[_P, _R], gradient: _Callable[..., _Any]) -> _Callable[_P, _R]:
    """A function with a gradient of its own: `custom_gradient(fun, gradient)`, where `gradient(x, y, dy)` gives the cotangent of `x`."""

def deg2rad(x: _ArrayLike, /) -> ndarray:
    """Degrees as radians."""

def degrees(x: _ArrayLike, /) -> ndarray: ...

def delete(arr: _ArrayLike, obj: _ArrayLike, axis: _Axis = None) -> ndarray:
    """The array without what one index names along an axis; flat without an axis. The index is written with `s!`(crate::s): a number, a slice, integers or a mask."""

class device:
    """`with tnp.device('cpu:1'):` operations inside run there, and inputs from elsewhere are copied there."""
    def __init__(self, device: _b.str) -> None: ...
    def __enter__(self) -> device: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: _TracebackType | None = None,
        /,
    ) -> None: ...

def devices() -> list[_b.str]:
    """The devices there are, as `'cpu:0'`."""

def diag(v: _ArrayLike, k: int = 0) -> ndarray:
    """The diagonal of a matrix (a view), or the matrix of zeros with a 1-D array on its diagonal. `k` counts diagonals from the main one upwards; `()` is 0."""

def diag_indices(n: int, ndim: int = 2) -> tuple[ndarray, ...]:
    """Index arrays of the main diagonal of an array of `ndim` axes (2 with `()`) of `n` elements each."""

def diag_indices_from(arr: _ArrayLike) -> tuple[ndarray, ...]:
    """Index arrays of the main diagonal of an array of two axes or more, all of one size."""

def diagflat(v: _ArrayLike, k: int = 0) -> ndarray:
    """The flattened array on a diagonal of a matrix of zeros."""

def diagonal(a: _ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    """The diagonal of a matrix, or of the planes of two axes, which go; the diagonals become the last axis. A view."""

def diff(a: _ArrayLike, /, n: int = 1, axis: int | None = -1, prepend: _ArrayLike | None = None, append: _ArrayLike | None = None) -> ndarray:
    """Each element less the one before it along an axis, the last by default; repeated `n` times."""

def digitize(x: _ArrayLike, bins: _ArrayLike | _b.str, right: _b.bool = False) -> ndarray:
    """For each element the number (int64) of the bin it is in: between `binsi-1` and `binsi`, 0 before the first and the number of edges after the last."""

def divide(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x / y`, in floating point."""

def divmod(x1: _ArrayLike, x2: _ArrayLike, /) -> tuple[ndarray, ndarray]:
    """The quotient rounded down and the remainder: `floor_divide`(crate::floor_divide) and `remainder`(crate::remainder) at once."""

def dot(a: _ArrayLike, b: _ArrayLike) -> ndarray:
    """The dot product: of vectors a number, of matrices their product, in general the sum of products over the last axis of `x` and the last but one of `y`; with a 0-d operand the elementwise product."""

double: _DType

def dsplit(ary: _ArrayLike, indices_or_sections: int | _Sequence[int]) -> list[ndarray]:
    """Splits one behind another: along the third axis. Views."""

def dstack(tup: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """Arrays one behind another, along the third axis, brought to three axes as `atleast_3d` does."""

class dtype:
    def __init__(self, dtype: _DTypeLike) -> None: ...
    def __call__(self, x: _ArrayLike = ..., /) -> ndarray: ...
    def __hash__(self) -> int: ...
    @property
    def name(self) -> _b.str: ...
    @property
    def kind(self) -> _b.str: ...
    @property
    def char(self) -> _b.str: ...
    @property
    def str(self) -> _b.str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def isnative(self) -> _b.bool: ...

e: float

def ediff1d(ary: _ArrayLike, to_end: _ArrayLike | None = None, to_begin: _ArrayLike | None = None) -> ndarray:
    """Differences of neighbours of the flattened array, with values (flat, in the array's dtype) before and after them."""

def einsum(*operands: _Any, dtype: _DTypeLike | None = None, optimize: _b.bool = False) -> ndarray:
    """Sums of products by Einstein's convention: `einsum('ij,jk-ik', &x, &y, ())` is the matrix product."""

def empty(shape: _Shape, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """An array whose values are not said: zeros, since memory that was never written is not shown."""

def empty_cache(device: _b.str = "cpu:0") -> None:
    """Gives memory that is kept for reuse back to the system."""

def empty_like(a: _ArrayLike, /, dtype: _DTypeLike | None = None, *, shape: _Shape | None = None, device: _b.str | None = None) -> ndarray:
    """An array of the shape and dtype of another, unless others are given, whose values are not said: zeros."""

def enable_numpy_behavior(dtype_conversion_mode: _Mode = "numpy", prefer_float32: _b.bool = False) -> None:
    """Sets how dtypes are promoted, and whether Python floats prefer float32, for the process: once."""

def equal(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x == y`, elementwise; NaN equals nothing."""

def erf(x: _ArrayLike, /) -> ndarray:
    """The error function `2/√π ∫₀ˣ e^(-t²) dt`, which NumPy leaves to SciPy (`scipy.special.erf`); not for complex numbers."""

euler_gamma: float

def exp(x: _ArrayLike, /) -> ndarray:
    """`e` to the power of each element."""

def exp2(x: _ArrayLike, /) -> ndarray:
    """`2` to the power of each element."""

def expand_dims(a: _ArrayLike, /, axis: _Axis) -> ndarray:
    """New axes of size one at these places of the result. A view."""

def experimental_enable_numpy_behavior(dtype_conversion_mode: _Mode = "numpy", prefer_float32: _b.bool = False) -> None:
    """Sets how dtypes are promoted, and whether Python floats prefer float32, for the process: once."""

def expm1(x: _ArrayLike, /) -> ndarray:
    """`e^x - 1`, accurate near zero."""

def extract(condition: _ArrayLike, arr: _ArrayLike) -> ndarray:
    """The elements of an array where a condition (read flat, as the array is) holds."""

def eye(N: int, M: int | None = None, /, k: int = 0, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """A matrix of `n` rows with ones on a diagonal and zeros elsewhere; see `Eye` for the options."""

def fabs(x: _ArrayLike, /) -> ndarray:
    """Absolute value, elementwise, as floating point; not for complex numbers."""

def fill_diagonal(a: _ArrayLike, val: _ArrayLike, wrap: _b.bool = False) -> ndarray:
    """The array with its main diagonal filled: with one value, or with those of an array, again and again. NumPy changes its argument; here the result is a new array, in place when the array is given up."""

class finfo:
    dtype: _DType
    eps: float
    epsneg: float
    max: float
    min: float
    tiny: float
    smallest_normal: float
    smallest_subnormal: float
    resolution: float
    bits: int
    precision: int
    nmant: int
    nexp: int
    iexp: int
    machep: int
    negep: int
    minexp: int
    maxexp: int
    def __init__(self, type: _DTypeLike | ndarray, /) -> None: ...

def fix(x: _ArrayLike, /) -> ndarray:
    """Each element rounded toward zero."""

def flatnonzero(a: _ArrayLike) -> ndarray:
    """Positions in the flattened array of the elements that are not zero."""

def flip(m: _ArrayLike, /, axis: _Axis = None) -> ndarray:
    """The elements in reverse order along all axes with `()`, one, or several. A view of negative strides."""

def fliplr(m: _ArrayLike) -> ndarray:
    """Left and right exchanged: the second axis in reverse. A view."""

def flipud(m: _ArrayLike) -> ndarray:
    """Up and down exchanged: the first axis in reverse. A view."""

float16: _DType

float32: _DType

float64: _DType

float_: _DType

def float_power(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x` to the power of `y` in at least float64 (complex128 for complex numbers), so that integers may have negative exponents."""

class floating(inexact):
    """Floats."""

def floor(x: _ArrayLike, /) -> ndarray:
    """The largest whole number not above each element."""

def floor_divide(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The largest whole number not above `x / y`; integer division by zero gives 0 and a warning."""

def fmax(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The larger, elementwise, ignoring NaN."""

def fmin(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The smaller, elementwise, ignoring NaN."""

def fmod(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The remainder with the sign of the dividend, as C's `fmod`."""

def fori_loop(lower: _ArrayLike, upper: _ArrayLike, body_fun: _Callable[..., _Any], init_val: _Any) -> _Any:
    """Repeats a body for integers from `lower` to below `upper`: `body_fun(i, val)`."""

def frexp(x: _ArrayLike, /) -> tuple[ndarray, ndarray]:
    """Each element as a fraction of magnitude from 0.5 to 1 and an exponent of two (int32): `x = fraction * 2**exponent`. Zeros, infinities and NaN are fractions of exponent 0."""

def from_dlpack(x: _ArrayLike, /, *, device: _b.str | None = None, copy: _b.bool | None = None) -> ndarray: ...

def fromfunction(function: _Callable[[ndarray], _ArrayLike], shape: _Shape, *, dtype: _DTypeLike | None = None) -> ndarray:
    """What a function makes of the positions of a grid: it gets one array an axis, each of the whole shape (float64 by default)."""

def full(shape: _Shape, fill_value: _ArrayLike, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """An array of one value, or of an array's values broadcast to a shape; of the value's dtype unless said."""

def full_like(a: _ArrayLike, /, fill_value: _ArrayLike, dtype: _DTypeLike | None = None, *, shape: _Shape | None = None, device: _b.str | None = None) -> ndarray:
    """One value in the shape and dtype of an array, unless others are given."""

@_overload
def function(
    fun: _Callable[_P, _R], *, input_signature: _Any = None, debug_nans: _b.bool = False, cache_size: int | None = None
) -> Function[_P, _R]: ...
@_overload
def function(
    fun: None = None, *, input_signature: _Any = None, debug_nans: _b.bool = False, cache_size: int | None = None
) -> _Callable[[_Callable[_P, _R]], Function[_P, _R]]: ...

def gcd(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Greatest common divisor of integers."""

class generic:
    """Every dtype; the kinds below it are classes of it, as NumPy's are."""

def geomspace(start: _ArrayLike, stop: _ArrayLike, num: int = 50, endpoint: _b.bool = True, dtype: _DTypeLike | None = None, axis: int | None = 0) -> ndarray:
    """Numbers in geometric progression from `start` to `stop`, whose signs (or angles, for complex ones) may differ from +1."""

def grad(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None, has_aux: _b.bool = False) -> _Callable[..., _Any]:
    """The function that gives the gradient of another, whose value is a scalar, with respect to its arguments `argnums`. With `has_aux` the other gives a pair, and the pair of gradient and second part comes out."""

def gradient(f: _Callable[..., _Any], *varargs: _ArrayLike, axis: _Axis = None, edge_order: int = 1) -> _Any:
    """Slopes of samples along each axis by differences of second order, of first order (or second) at the ends: one array an axis."""

def greater(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x y`, elementwise; complex numbers by the real, then the imaginary part."""

def greater_equal(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x = y`, elementwise; complex numbers by the real, then the imaginary part."""

half: _DType

def hamming(M: int) -> ndarray: ...

def hanning(M: int) -> ndarray: ...

def heaviside(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The step function: 0 below zero, 1 above, `at_zero` at zero; NaN for NaN."""

def hessian(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None) -> _Callable[..., _Any]:
    """The function that gives the second derivatives of another, whose value is a scalar, with respect to one array."""

def histogram(a: _ArrayLike, bins: _ArrayLike | _b.str = 10, range: _ArrayLike | None = None, density: _b.bool = False, weights: _ArrayLike | None = None) -> tuple[ndarray, ndarray]:
    """How many elements lie in each of some bins, and the edges of these. The bins are half open but for the last."""

def histogram2d(x: _ArrayLike, y: _ArrayLike, bins: _ArrayLike | _b.str = 10, range: _ArrayLike | None = None, density: _b.bool = False, weights: _ArrayLike | None = None) -> tuple[ndarray, ndarray, ndarray]:
    """How many points lie in each cell of a plane of bins: the counts (float64), and the edges along `x` and `y`."""

def histogram_bin_edges(a: _ArrayLike, bins: _ArrayLike | _b.str = 10, range: _ArrayLike | None = None, weights: _ArrayLike | None = None) -> ndarray:
    """The edges of the bins that `histogram` would take."""

def histogramdd(sample: _ArrayLike, bins: _ArrayLike | _b.str = 10, range: _ArrayLike | None = None, density: _b.bool = False, weights: _ArrayLike | None = None) -> tuple[ndarray, tuple[ndarray, ...]]:
    """How many samples lie in each cell of a grid of bins: samples are the rows of a 2-D array, with one column an axis."""

def hsplit(ary: _ArrayLike, indices_or_sections: int | _Sequence[int]) -> list[ndarray]:
    """Splits side by side: along the second axis, a 1-D array along its only one. Views."""

def hstack(tup: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """Arrays side by side: along the second axis, 1-D ones along their only one."""

def hvp(fun: _Callable[..., _Any], x: _Any, v: _Any) -> _Any:
    """The product of a scalar function's second derivatives at `x` with `v`, without forming the matrix."""

def hypot(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`sqrt(x*x + y*y)` without overflow."""

def i0(x: _ArrayLike) -> ndarray:
    """The modified Bessel function of the first kind of order 0, elementwise, in floating point."""

def identity(n: int, dtype: _DTypeLike | None = None) -> ndarray:
    """The square matrix with ones on its diagonal."""

class iinfo:
    dtype: _DType
    bits: int
    min: int
    max: int
    def __init__(self, type: _DTypeLike | ndarray, /) -> None: ...

def imag(x: _ArrayLike, /) -> ndarray:
    """Imaginary part: a view for complex numbers, zeros for others."""

def indices(dimensions: _ArrayLike, dtype: _DTypeLike | None = None, sparse: _b.bool = False) -> ndarray:
    """The positions along each axis of a grid of a shape, stacked: shape (number of axes, …the shape). int64 by default."""

class inexact(number):
    """Floats and complex numbers."""

inf: float

def inner(a: _ArrayLike, b: _ArrayLike, /) -> ndarray:
    """The sum of products over the last axis of both; with a 0-d operand the elementwise product."""

def insert(arr: _ArrayLike, obj: _ArrayLike, values: _ArrayLike, axis: _Axis = None) -> ndarray:
    """The array with values put in before what one index names along an axis; both flat without an axis. The index is written with `s!`(crate::s)."""

int16: _DType

int32: _DType

int64: _DType

int8: _DType

int_: _DType

class integer(number):
    """Integers."""

def interp(x: _ArrayLike, xp: _ArrayLike, fp: _ArrayLike, left: _ArrayLike | None = None, right: _ArrayLike | None = None, period: _ArrayLike | None = None) -> ndarray:
    """Straight lines between points: the values at `x` of the function through `(xp, fp)`, whose places `xp` ascend."""

@_overload
def intersect1d(ar1: _ArrayLike, ar2: _ArrayLike, assume_unique: _b.bool = False, return_indices: _Literal[False] = False) -> ndarray:
    """The distinct elements that are in both of two arrays, ascending."""
@_overload
def intersect1d(ar1: _ArrayLike, ar2: _ArrayLike, assume_unique: _b.bool = False, return_indices: _b.bool = False) -> _Any:
    """The distinct elements that are in both of two arrays, ascending."""

intp: _DType

def invert(x: _ArrayLike, /) -> ndarray:
    """Bitwise complement; logical not for bool."""

def isclose(a: _ArrayLike, b: _ArrayLike, rtol: _ArrayLike = 1e-05, atol: _ArrayLike = 1e-08, equal_nan: _b.bool = False) -> ndarray:
    """True where `|x - y| = atol + rtol * |y|`, elementwise; infinities are close to themselves."""

def iscomplex(x: _ArrayLike, /) -> ndarray:
    """True where the imaginary part is not zero; nowhere for real dtypes."""

def iscomplexobj(x: _ArrayLike) -> _b.bool:
    """Whether the dtype is complex, whatever the values."""

def isdtype(dtype: _DTypeLike, kind: _Any) -> _b.bool:
    """True when a dtype is of a kind, or of one of several."""

def isfinite(x: _ArrayLike, /) -> ndarray:
    """True where an element is neither infinite nor NaN."""

def isin(element: _Any, test_elements: _ArrayLike, /, assume_unique: _b.bool = False, *, invert: _b.bool = False, kind: _b.str | None = None) -> ndarray:
    """True where an element of one array is among those of another; in the shape of the first. NaN is among none."""

def isinf(x: _ArrayLike, /) -> ndarray:
    """True where an element is infinite."""

def isnan(x: _ArrayLike, /) -> ndarray:
    """True where an element is NaN."""

def isneginf(x: _ArrayLike, /) -> ndarray:
    """True where an element is negative infinity."""

def isposinf(x: _ArrayLike, /) -> ndarray:
    """True where an element is positive infinity."""

def isreal(x: _ArrayLike, /) -> ndarray:
    """True where the imaginary part is zero; everywhere for real dtypes."""

def isrealobj(x: _ArrayLike) -> _b.bool:
    """Whether the dtype is not complex, whatever the values."""

def isscalar(element: _Any) -> _b.bool:
    """True for a Rust number, false for an array, also one of no axes."""

def issubdtype(arg1: _Any, arg2: _Any) -> _b.bool:
    """True when a dtype is of a kind."""

def ix_(*args: _ArrayLike) -> tuple[ndarray, ...]: ...

def jacfwd(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None) -> _Callable[..., _Any]:
    """The jacobian, column by column in forward mode: for fewer inputs than outputs."""

def jacobian(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None) -> _Callable[..., _Any]:
    """The function that gives the jacobian of another, row by row: shape of the output, then shape of the input."""

def jacrev(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None) -> _Callable[..., _Any]:
    """The jacobian, row by row in reverse mode: for fewer outputs than inputs."""

def jvp(fun: _Callable[..., _Any], primals: _Any, tangents: _Any) -> tuple[_Any, _Any]:
    """A function's value, and its derivative along tangents: `jvp(fun, (x, y), (dx, dy))`."""

def kaiser(M: int, beta: _ArrayLike) -> ndarray:
    """The Kaiser window of `m` samples, float64: a ratio of Bessel functions, narrower the larger `beta`."""

def kron(a: _ArrayLike, b: _ArrayLike) -> ndarray:
    """The Kronecker product: blocks of `y`, each scaled by an element of `x`. The operand of fewer axes gets leading ones."""

def lcm(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """Least common multiple of integers."""

def ldexp(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x * 2**exponent`, elementwise, rounded once; in floating point."""

def left_shift(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x y`; zero once all bits are out."""

def less(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x y`, elementwise; complex numbers by the real, then the imaginary part."""

def less_equal(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x = y`, elementwise; complex numbers by the real, then the imaginary part."""

def lexsort(keys: _ArrayLike, axis: int | None = -1) -> ndarray:
    """Positions (int64) that sort by several keys, the last key first: NumPy's `lexsort`."""

@_overload
def linspace(start: _ArrayLike, stop: _ArrayLike, /, num: int = 50, *, endpoint: _b.bool = True, retstep: _Literal[False] = False, dtype: _DTypeLike | None = None, axis: int | None = 0, device: _b.str | None = None) -> ndarray:
    """Evenly spaced numbers from `start` to `stop`, 50 unless said; see `Space` for the options."""
@_overload
def linspace(start: _ArrayLike, stop: _ArrayLike, /, num: int = 50, *, endpoint: _b.bool = True, retstep: _b.bool = False, dtype: _DTypeLike | None = None, axis: int | None = 0, device: _b.str | None = None) -> _Any:
    """Evenly spaced numbers from `start` to `stop`, 50 unless said; see `Space` for the options."""

def log(x: _ArrayLike, /) -> ndarray:
    """Natural logarithm; −inf at zero, NaN below."""

def log10(x: _ArrayLike, /) -> ndarray:
    """Logarithm to base 10."""

def log1p(x: _ArrayLike, /) -> ndarray:
    """`log(1 + x)`, accurate near zero."""

def log2(x: _ArrayLike, /) -> ndarray:
    """Logarithm to base 2."""

def logaddexp(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`log(e^x + e^y)` without overflow."""

def logaddexp2(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`log2(2^x + 2^y)` without overflow."""

def logical_and(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """True where both are true."""

def logical_not(x: _ArrayLike, /) -> ndarray:
    """True where an element is zero."""

def logical_or(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """True where either is true."""

def logical_xor(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """True where exactly one is true."""

def logspace(start: _ArrayLike, stop: _ArrayLike, num: int = 50, endpoint: _b.bool = True, base: _ArrayLike = 10.0, dtype: _DTypeLike | None = None, axis: int | None = 0) -> ndarray:
    """Numbers whose logarithms are evenly spaced: `base ** linspace(start, stop)`. The base is 10 unless `Space::base` or `Space::bases` says otherwise."""

def map_fn(fn_: _Callable[..., _T], elems: _Any) -> _T:
    """A function applied to each part of structures of arrays along their first axes, one after the other."""

def mask_indices(n: int, mask_func: _ArrayLike, k: int = 0) -> tuple[ndarray, ...]:
    """Index arrays of where a function keeps a matrix of ones: `mask_indices(n, |ones| triu(ones, 1))`."""

def matmul(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The matrix product of the last two axes, earlier axes broadcast: `(…, n, k)` by `(…, k, m)` gives `(…, n, m)`."""

def matrix_transpose(x: _ArrayLike, /) -> ndarray:
    """Exchanges the last two axes: `x.mT`. A view."""

def matvec(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The product of matrices and vectors: `(…, m, n)` by `(…, n)` gives `(…, m)`, earlier axes broadcast."""

def max(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Largest element over axes, over all by default; NaN if any is."""

def maximum(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The larger, elementwise; NaN if either is."""

def may_share_memory(a: _ArrayLike, b: _ArrayLike, /, max_work: int | None = None) -> _b.bool: ...

def mean(a: _ArrayLike, /, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
    """Arithmetic mean over axes, over all by default."""

def median(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """The middle of the sorted elements over axes, the mean of the two middle ones for an even number; NaN if any is."""

def memory_stats(device: _b.str = "cpu:0") -> dict[_b.str, int]:
    """Memory of a device, in bytes: live, peak, kept for reuse."""

def meshgrid(*xi: _ArrayLike, indexing: _b.str = "xy", sparse: _b.bool = False, copy: _b.bool = True) -> tuple[ndarray, ...]:
    """Coordinates of a grid: for each array of coordinates along an axis, its value at every point. Views of stride zero."""

def min(a: _ArrayLike, /, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Smallest element over axes, over all by default; NaN if any is."""

def minimum(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The smaller, elementwise; NaN if either is."""

def mod(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def modf(x: _ArrayLike, /) -> tuple[ndarray, ndarray]:
    """The fractional and the whole part of each element, both with its sign; in floating point."""

def moveaxis(a: _ArrayLike, source: int | _Sequence[int], destination: int | _Sequence[int], /) -> ndarray:
    """Moves axes to new places; the others keep their order. A view."""

def multiply(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x * y`; logical and for bool."""

nan: float

def nan_to_num(x: _ArrayLike, copy: _b.bool = True, nan: _ArrayLike = 0.0, posinf: _ArrayLike | None = None, neginf: _ArrayLike | None = None) -> ndarray:
    """The elements with NaN replaced by zero and infinities by the largest finite numbers, or by what the options say."""

def nanargmax(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """Position (int64) of the first largest element along an axis that is not NaN, or in the array read in C order."""

def nanargmin(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """Position (int64) of the first smallest element along an axis that is not NaN, or in the array read in C order."""

def nancumprod(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
    """Running product along an axis, NaN counting as one; of the elements in C order without one."""

def nancumsum(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
    """Running sum along an axis, NaN counting as zero; of the elements in C order without one."""

def nanmax(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Largest element over axes, ignoring NaN; NaN where there is nothing else."""

def nanmean(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
    """Mean over axes, ignoring NaN; NaN where there is nothing else."""

def nanmedian(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """The middle over axes of the elements that are not NaN, the mean of the two middle ones for an even number; NaN where there are no others."""

def nanmin(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Smallest element over axes, ignoring NaN; NaN where there is nothing else."""

def nanpercentile(a: _ArrayLike, q: _ArrayLike, axis: _Axis = None, *, method: _b.str = "linear", keepdims: _b.bool = False, weights: _ArrayLike | None = None) -> ndarray:
    """Percentiles over axes of the elements that are not NaN; NaN where there are no others."""

def nanprod(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Product over axes, NaN counting as one."""

def nanquantile(a: _ArrayLike, q: _ArrayLike, axis: _Axis = None, *, method: _b.str = "linear", keepdims: _b.bool = False, weights: _ArrayLike | None = None) -> ndarray:
    """Quantiles over axes of the elements that are not NaN; NaN where there are no others."""

def nanstd(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
    """Standard deviation over axes, ignoring NaN; NaN where no degrees of freedom are left."""

def nansum(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Sum over axes, NaN counting as zero."""

def nanvar(a: _ArrayLike, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
    """Variance over axes, ignoring NaN; NaN where no degrees of freedom are left."""

class ndarray:
    """An n-dimensional array of one dtype on one device: a value. `x[i] = v` and `x += y` give the name a new value; views and other names of the old one do not change."""
    @property
    def T(self) -> ndarray:
        """The array with its axes reversed."""
    def __abs__(self) -> ndarray: ...
    def __add__(self, value: _ArrayLike, /) -> ndarray: ...
    def __and__(self, value: _ArrayLike, /) -> ndarray: ...
    def __array__(self, dtype: _Any = None, *, copy: _b.bool | None = None) -> _np.ndarray[_Any, _Any]: ...
    def __array_namespace__(self, *, api_version: _b.str | None = None) -> _Any: ...
    def __bool__(self) -> _b.bool: ...
    def __complex__(self) -> complex: ...
    def __contains__(self, key: _Any, /) -> _b.bool: ...
    def __copy__(self) -> ndarray: ...
    def __deepcopy__(self, _memo: _Any) -> ndarray: ...
    def __divmod__(self, value: _ArrayLike, /) -> tuple[ndarray, ndarray]: ...
    def __dlpack__(self, *, stream: int | None = None, max_version: tuple[int, int] | None = None, dl_device: tuple[int, int] | None = None, copy: _b.bool | None = None) -> _Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __eq__(self, value: object, /) -> ndarray: ...  # type: ignore[override]
    def __float__(self) -> float: ...
    def __floordiv__(self, value: _ArrayLike, /) -> ndarray: ...
    def __format__(self, spec: _b.str) -> _b.str: ...
    def __ge__(self, value: _ArrayLike, /) -> ndarray: ...
    def __getitem__(self, key: _Any, /) -> ndarray: ...
    def __gt__(self, value: _ArrayLike, /) -> ndarray: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    def __invert__(self) -> ndarray: ...
    def __iter__(self) -> _Iterator[ndarray]: ...
    def __le__(self, value: _ArrayLike, /) -> ndarray: ...
    def __len__(self) -> int: ...
    def __lshift__(self, value: _ArrayLike, /) -> ndarray: ...
    def __lt__(self, value: _ArrayLike, /) -> ndarray: ...
    def __matmul__(self, value: _ArrayLike, /) -> ndarray: ...
    def __mod__(self, value: _ArrayLike, /) -> ndarray: ...
    def __mul__(self, value: _ArrayLike, /) -> ndarray: ...
    def __ne__(self, value: object, /) -> ndarray: ...  # type: ignore[override]
    def __neg__(self) -> ndarray: ...
    def __or__(self, value: _ArrayLike, /) -> ndarray: ...
    def __pos__(self) -> ndarray: ...
    def __pow__(self, value: _ArrayLike, /) -> ndarray: ...
    def __radd__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rand__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rdivmod__(self, value: _ArrayLike, /) -> tuple[ndarray, ndarray]: ...
    def __rfloordiv__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rlshift__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rmatmul__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rmod__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rmul__(self, value: _ArrayLike, /) -> ndarray: ...
    def __ror__(self, value: _ArrayLike, /) -> ndarray: ...
    def __round__(self, ndigits: int | None = None) -> ndarray: ...
    def __rpow__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rrshift__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rshift__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rsub__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rtruediv__(self, value: _ArrayLike, /) -> ndarray: ...
    def __rxor__(self, value: _ArrayLike, /) -> ndarray: ...
    def __setitem__(self, key: _Any, value: _ArrayLike, /) -> None: ...
    def __sub__(self, value: _ArrayLike, /) -> ndarray: ...
    def __truediv__(self, value: _ArrayLike, /) -> ndarray: ...
    def __xor__(self, value: _ArrayLike, /) -> ndarray: ...
    def all(self, axis: _Axis = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
        """True where all elements over axes are true, that is not zero; so for none."""
    def any(self, axis: _Axis = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
        """True where any element over axes is true, that is not zero."""
    def argmax(self, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
        """Position (int64) of the first largest element along an axis, or in the array read in C order; of the first NaN if there is one."""
    def argmin(self, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
        """Position (int64) of the first smallest element along an axis, or in the array read in C order; of the first NaN if there is one."""
    def argsort(self, axis: int | None = -1, kind: _b.str | None = None, *, descending: _b.bool = False, stable: _b.bool | None = None) -> ndarray:
        """Positions (int64) that sort along an axis, the last by default; NaN last."""
    def astype(self, dtype: _DTypeLike, order: _b.str = "K", casting: _b.str = "unsafe", copy: _b.bool = True, *, device: _b.str | None = None) -> ndarray:
        """The elements converted to another dtype: `Array::astype` as a function."""
    @property
    def at(self) -> _At:
        """`x.at[i]`: what writing to a place gives, as a new array; `x.at[i].set(v)`, `.add(v)` and so on."""
    def block_until_ready(self) -> ndarray:
        """Waits until the value is computed, and raises what went wrong; the array itself."""
    def byteswap(self) -> ndarray: ...
    def choose(self, choices: _Sequence[_ArrayLike] | ndarray, mode: _b.str = "raise") -> ndarray:
        """For each position the element of the array of choices whose number stands there."""
    def clip(self, min: _ArrayLike | None = None, max: _ArrayLike | None = None) -> ndarray:
        """The elements limited to an interval: those below `min` become `min`, those above `max` become `max`."""
    def compress(self, condition: _ArrayLike, axis: _Axis = None) -> ndarray:
        """The slices of an array along an axis where a condition holds; of the flattened array without an axis."""
    def conj(self) -> ndarray: ...
    def conjugate(self) -> ndarray:
        """Complex conjugate, elementwise; real numbers stay."""
    def copy(self, order: _b.str = "C") -> ndarray:
        """A copy on the current device: inside a device scope the data moves there, unless it is there already."""
    def cumprod(self, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
        """Running product along an axis; of the elements in C order without one."""
    def cumsum(self, axis: _Axis = None, dtype: _DTypeLike | None = None) -> ndarray:
        """Running sum along an axis; of the elements in C order without one."""
    @property
    def device(self) -> _b.str:
        """The device the array lives on."""
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
        """The diagonal of a matrix, or of the planes of two axes, which go; the diagonals become the last axis. A view."""
    def dot(self, b: _ArrayLike) -> ndarray:
        """The dot product: of vectors a number, of matrices their product, in general the sum of products over the last axis of `x` and the last but one of `y`; with a 0-d operand the elementwise product."""
    @property
    def dtype(self) -> _DType:
        """Type of the elements."""
    def fill(self, value: _ArrayLike) -> None:
        """Gives the name an array of the same shape and dtype, filled with one value."""
    @property
    def flat(self) -> _Iterator[ndarray]:
        """The elements one after another, in C order."""
    def flatten(self, order: _b.str = "C") -> ndarray:
        """The elements as one axis, in an `Order`: `ravel`, since values are immutable and a view does as well as a copy."""
    @property
    def imag(self) -> ndarray:
        """Imaginary parts."""
    def item(self, *args: _ArrayLike) -> _Any:
        """An element as a Python number: the only one, or that at a flat position or at one position an axis."""
    @property
    def itemsize(self) -> int:
        """Bytes per element."""
    @property
    def mT(self) -> ndarray:
        """The array with its last two axes exchanged."""
    def max(self, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
        """Largest element over axes, over all by default; NaN if any is."""
    def mean(self, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, where: _ArrayLike = True) -> ndarray:
        """Arithmetic mean over axes, over all by default."""
    def min(self, axis: _Axis = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
        """Smallest element over axes, over all by default; NaN if any is."""
    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
    @property
    def ndim(self) -> int:
        """Number of axes."""
    def nonzero(self) -> tuple[ndarray, ...]:
        """Positions of the elements that are not zero, in C order: one int64 array an axis. NumPy's `where` with one argument."""
    def numpy(self) -> _np.ndarray[_Any, _Any]:
        """NumPy's array of the same memory, read-only: `numpy.asarray(x)`."""
    def prod(self, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
        """Product over axes, over all by default."""
    def ptp(self, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
        """Largest less smallest element over axes."""
    def ravel(self, order: _b.str = "C") -> ndarray:
        """The elements as one axis, in an `Order`; `()` is C. A view where the strides allow."""
    @property
    def real(self) -> ndarray:
        """Real parts."""
    def repeat(self, repeats: _ArrayLike, /, axis: _Axis = None) -> ndarray:
        """Each element repeated: as often as one number says, or a number of its own for each position of the axis. With `()` as axis the array is flattened first."""
    def reshape(self, *shape: _Shape, order: _b.str = "C", copy: _b.bool | None = None) -> ndarray:
        """The same elements in another shape; one size may be −1 and is worked out. A view where the strides allow."""
    def round(self, decimals: int = 0) -> ndarray:
        """Each element rounded to a number of decimals, halves to the even neighbour; the parts of a complex number each."""
    def searchsorted(self, v: _ArrayLike, /, side: _b.str = "left", sorter: _ArrayLike | None = None) -> ndarray:
        """Positions (int64) at which values go into a sorted 1-D array to keep it sorted."""
    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
    @property
    def size(self) -> int:
        """Number of elements."""
    def sort(self, axis: _Axis = ..., kind: _b.str | None = None, *, stable: _b.bool | None = None) -> None:
        """Gives the name the sorted array."""
    def squeeze(self, axis: _Axis = None) -> ndarray:
        """The array without axes of size one: all of them with `()`, else these. A view."""
    def std(self, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
        """Standard deviation over axes: the square root of the variance."""
    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from an element to the next along each axis."""
    def sum(self, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
        """Sum over axes, over all by default."""
    def swapaxes(self, axis1: _ArrayLike, axis2: _ArrayLike) -> ndarray:
        """Exchanges two axes. A view."""
    def take(self, indices: _ArrayLike, /, axis: _Axis = None, mode: _b.str = "raise") -> ndarray:
        """Elements of an array along an axis, by position."""
    def to_device(self, device: _b.str, /, *, stream: None = None) -> ndarray:
        """The array on a device: itself when it is there already."""
    def tobytes(self) -> bytes:
        """The bytes of the elements in C order."""
    def tolist(self) -> _Any:
        """The elements as nested lists of Python numbers."""
    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: _DTypeLike | None = None) -> ndarray:
        """Runs `body` on stand-ins for inputs and gives the graph of what it did."""
    def transpose(self, *axes: _Any) -> ndarray:
        """Axes in another order: reversed with `()`, else as listed. A view."""
    def var(self, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
        """Variance over axes: the mean of the squared distances from the mean."""
    def view(self, dtype: _DTypeLike | None = None) -> ndarray: ...
    @property
    def weak_type(self) -> _b.bool:
        """True when the dtype gives way in promotion as a Python number does."""
    __array_priority__: float
    __hash__: None  # type: ignore[assignment]
    def __buffer__(self, flags: int, /) -> memoryview: ...

def ndim(a: _ArrayLike) -> int:
    """Number of axes."""

def negative(x: _ArrayLike, /) -> ndarray:
    """`-x`, elementwise; integers wrap."""

newaxis: None

def nextafter(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The next representable value from the first towards the second."""

def nonzero(a: _ArrayLike, /) -> tuple[ndarray, ...]:
    """Positions of the elements that are not zero, in C order: one int64 array an axis. NumPy's `where` with one argument."""

def not_equal(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x != y`, elementwise."""

class number(generic):
    """Integers, floats and complex numbers."""

class numpy_behavior:
    """`with tnp.numpy_behavior(dtype_conversion_mode='all', prefer_float32=True):` promotion inside follows these settings. With `matmul_precision='tensorfloat32'` GPUs that can may round the factors of float32 products to TensorFloat-32."""
    def __init__(self, dtype_conversion_mode: _Mode | None = None, prefer_float32: _b.bool | None = None, *, matmul_precision: _Precision | None = None) -> None: ...
    def __enter__(self) -> numpy_behavior: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: _TracebackType | None = None,
        /,
    ) -> None: ...

def ones(shape: _Shape, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """An array of ones; float64 by default."""

def ones_like(a: _ArrayLike, /, dtype: _DTypeLike | None = None, *, shape: _Shape | None = None, device: _b.str | None = None) -> ndarray:
    """Ones in the shape and dtype of an array, unless others are given."""

def outer(a: _ArrayLike, b: _ArrayLike) -> ndarray:
    """Every element of `x` times every element of `y`, both in C order: shape `(x.size(), y.size())`."""

def packbits(a: _ArrayLike, /, axis: _Axis = None, bitorder: _b.str = "big") -> ndarray:
    """The truths (what is not zero) along an axis as the bits of bytes (uint8), the last filled up with zeros; flat without an axis."""

def pad(array: _ArrayLike, pad_width: _Any, mode: _b.str = "constant", *, constant_values: _Any = 0, end_values: _Any = 0, stat_length: _ArrayLike | None = None, reflect_type: _b.str = "even") -> ndarray:
    """The array with a border; see `Pad` for the modes. Zeros with `()`."""

def partition(a: _ArrayLike, kth: _ArrayLike, axis: int | None = -1, kind: _b.str = "introselect") -> ndarray:
    """A copy in which the elements at places `kth` along an axis (the last by default) are those of the sorted array, smaller ones before and larger ones after. NumPy leaves the order of the rest open; here all are sorted."""

def percentile(a: _ArrayLike, q: _ArrayLike, axis: _Axis = None, *, method: _b.str = "linear", keepdims: _b.bool = False, weights: _ArrayLike | None = None) -> ndarray:
    """Percentiles of the elements over axes: `quantile` with shares from 0 to 100."""

def permute_dims(a: _ArrayLike, axes: _Axis = None) -> ndarray:
    """The axes in another order; the same as `transpose`(crate::transpose)."""

pi: float

def place(arr: _ArrayLike, mask: _ArrayLike, vals: _ArrayLike) -> ndarray:
    """The array with values where a mask holds: the first value at the first such place, and so on, again and again. A new array; NumPy changes its argument."""

def polyval(p: _ArrayLike, x: _ArrayLike) -> ndarray:
    """A polynomial's values: `p0 * x**(n-1) + … + pn-1`, by Horner's rule."""

def positive(x: _ArrayLike, /) -> ndarray:
    """`+x`: the array itself."""

def pow(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def power(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x` to the power of `y`, elementwise."""

def prod(a: _ArrayLike, /, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Product over axes, over all by default."""

def promote_types(type1: _DTypeLike, type2: _DTypeLike) -> _DType:
    """The smallest dtype that two dtypes meet at in the mode in force on this thread."""

def ptp(a: _ArrayLike, axis: _Axis = None, *, keepdims: _b.bool = False) -> ndarray:
    """Largest less smallest element over axes."""

def put(a: _ArrayLike, ind: _ArrayLike, v: _ArrayLike, mode: _b.str = "raise") -> ndarray:
    """The array with values put at positions of the flattened array, again and again when there are fewer. NumPy changes its argument; here the result is a new array, in place when the array is given up."""

def put_along_axis(arr: _ArrayLike, indices: _ArrayLike, values: _ArrayLike, axis: int | None = -1) -> None:
    """The array with values put at positions along an axis, each line with indices of its own. NumPy changes its argument; here the result is a new array, in place when the array is given up (`x = put_along_axis(x, …)?`)."""

def putmask(a: _ArrayLike, /, mask: _ArrayLike, values: _ArrayLike) -> ndarray:
    """The array with values where a mask holds: the value at the same place of the values again and again. A new array; NumPy changes its argument."""

def quantile(a: _ArrayLike, q: _ArrayLike, axis: _Axis = None, *, method: _b.str = "linear", keepdims: _b.bool = False, weights: _ArrayLike | None = None) -> ndarray:
    """Quantiles of the elements over axes: what lies above the shares `q`, numbers from 0 to 1, of them; NaN if any element is."""

def rad2deg(x: _ArrayLike, /) -> ndarray:
    """Radians as degrees."""

def radians(x: _ArrayLike, /) -> ndarray: ...

def ravel(a: _ArrayLike, order: _b.str = "C") -> ndarray:
    """The elements as one axis, in an `Order`; `()` is C. A view where the strides allow."""

def ravel_multi_index(multi_index: _ArrayLike, dims: _ArrayLike, mode: _b.str = "raise", order: _b.str = "C") -> ndarray:
    """Positions along each axis of a shape as flat positions (int64); the arrays broadcast together."""

def real(x: _ArrayLike, /) -> ndarray:
    """Real part: a view for complex numbers, the array itself for others."""

def real_if_close(a: _ArrayLike, tol: int = 100) -> ndarray:
    """The real parts when all imaginary ones are within `tol` machine epsilons (100 with `()`) of zero, else the array."""

def reciprocal(x: _ArrayLike, /) -> ndarray:
    """`1 / x`; integers truncate."""

def remainder(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The remainder of `floor_divide`, with the sign of the divisor."""

def repeat(a: _ArrayLike, repeats: _ArrayLike, /, axis: _Axis = None) -> ndarray:
    """Each element repeated: as often as one number says, or a number of its own for each position of the axis. With `()` as axis the array is flattened first."""

def reset_transfer_stats() -> None:
    """Starts counting copies again from zero."""

def reshape(a: _ArrayLike, /, shape: _Shape, order: _b.str = "C", *, copy: _b.bool | None = None) -> ndarray:
    """The same elements in another shape; one size may be −1 and is worked out. A view where the strides allow."""

def resize(a: _ArrayLike, new_shape: _ArrayLike) -> ndarray:
    """An array of a new shape: the elements again and again, or as many as there is room for. Nothing gives zeros."""

def result_type(*arrays_and_dtypes: _ArrayLike | _DTypeLike) -> _DType:
    """The type that arrays and scalars meet at in the mode in force on this thread."""

def right_shift(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x y`; arithmetic for signed integers."""

def rint(x: _ArrayLike, /) -> ndarray:
    """The nearest whole number, halves to the even one; floating point out."""

def roll(a: _ArrayLike, /, shift: _Shape, axis: _Axis = None) -> ndarray:
    """Elements moved along axes by a number of places; what falls off one end comes in at the other. With `()` as axis the flattened array rolls. Several shifts go with several axes, and one broadcasts to the other."""

def rollaxis(a: _ArrayLike, axis: _Axis, start: int = 0) -> ndarray:
    """Moves one axis backwards until it lies before `start`. `moveaxis` says the same more plainly. A view."""

def rot90(m: _ArrayLike, k: int = 1, axes: _Axis = ...) -> ndarray:
    """The array turned by `k` right angles in the plane of two axes (`()` for the first two), from the first towards the second. A view."""

def round(a: _ArrayLike, /, decimals: int = 0) -> ndarray:
    """Each element rounded to a number of decimals, halves to the even neighbour; the parts of a complex number each."""

def scan(f: _Callable[..., _Any], init: _Any, xs: _Any = None, length: int | None = None, reverse: _b.bool = False) -> tuple[_Any, _Any]:
    """Carries a value along the first axis of structures: `scan(f, init, xs)` with `f(carry, x) -> (carry, y)`; the last carry and all `y`."""

def searchsorted(a: _ArrayLike, v: _ArrayLike, /, side: _b.str = "left", sorter: _ArrayLike | None = None) -> ndarray:
    """Positions (int64) at which values go into a sorted 1-D array to keep it sorted."""

def select(condlist: _Sequence[_ArrayLike], choicelist: _Sequence[_ArrayLike], default: _Any = 0) -> ndarray:
    """For each position the element of the first choice whose condition holds there, or the default."""

def set_default_device(device: _b.str) -> None:
    """Makes a device the process's default."""

def set_logical_devices(backend: _b.str, count: int) -> None:
    """Sets how many logical devices a backend shows: `cpu:1` beside `cpu:0`, to try placement without a GPU."""

def set_memory_limit(bytes: int, device: _b.str = "cpu:0") -> None:
    """Sets or lifts the limit on a device's live memory."""

def setdiff1d(ar1: _ArrayLike, ar2: _ArrayLike, assume_unique: _b.bool = False) -> ndarray:
    """The distinct elements of one array that are not in another: ascending, or in the array's order with `assume_unique`."""

def setxor1d(ar1: _ArrayLike, ar2: _ArrayLike, assume_unique: _b.bool = False) -> ndarray:
    """The distinct elements that are in just one of two arrays, ascending."""

def shape(a: _ArrayLike) -> tuple[int, ...]:
    """Sizes of the axes."""

def shares_memory(a: _ArrayLike, b: _ArrayLike, /, max_work: int | None = None) -> _b.bool: ...

def sign(x: _ArrayLike, /) -> ndarray:
    """−1, 0 or 1 by the sign; NaN for NaN; `z / |z|` for complex numbers."""

def signbit(x: _ArrayLike, /) -> ndarray:
    """True where the sign bit is set."""

class signedinteger(integer):
    """Integers with a sign."""

def sin(x: _ArrayLike, /) -> ndarray:
    """Sine of radians."""

def sinc(x: _ArrayLike, /) -> ndarray:
    """`sin(πx) / (πx)`, and 1 at zero."""

single: _DType

def sinh(x: _ArrayLike, /) -> ndarray:
    """Hyperbolic sine."""

@_overload
def size(a: _ArrayLike, axis: None = None) -> int: ...
@_overload
def size(a: _ArrayLike, axis: int) -> int: ...

def sliding_window_view(x: _ArrayLike, window_shape: _Shape, axis: _Axis = None) -> ndarray:
    """Windows that slide over an array: their positions stay where the axes were, their insides become the last axes. A view."""

def sort(a: _ArrayLike, /, axis: int | None = -1, kind: _b.str | None = None, *, descending: _b.bool = False, stable: _b.bool | None = None) -> ndarray:
    """A copy with the elements ascending along an axis, the last by default; NaN last."""

def sort_complex(a: _ArrayLike) -> ndarray:
    """The elements along the last axis sorted, by the real, then the imaginary part, as complex numbers: complex64 for 8- and 16-bit integers, complex128 for other reals."""

def spacing(x: _ArrayLike, /) -> ndarray:
    """The distance of each element to the next one of larger magnitude, with its sign (for float16, as in NumPy, to the next larger one); in floating point."""

def split(ary: _ArrayLike, indices_or_sections: int | _Sequence[int], axis: int | None = 0) -> list[ndarray]:
    """Splits along an axis (the first with `()`) into parts of one size, or before given positions. Views."""

def sqrt(x: _ArrayLike, /) -> ndarray:
    """Square root; NaN below zero for real dtypes."""

def square(x: _ArrayLike, /) -> ndarray:
    """Square of each element."""

def squeeze(a: _ArrayLike, /, axis: _Axis = None) -> ndarray:
    """The array without axes of size one: all of them with `()`, else these. A view."""

def stack(arrays: _Sequence[_ArrayLike] | ndarray, /, axis: int | None = 0) -> ndarray:
    """Arrays of one shape along a new axis, the first unless said."""

def std(a: _ArrayLike, /, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
    """Standard deviation over axes: the square root of the variance."""

def stop_gradient(x: _T) -> _T:
    """The same structure, through which no gradient flows."""

def subtract(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """`x - y`; not for bool."""

def sum(a: _ArrayLike, /, axis: _Axis = None, dtype: _DTypeLike | None = None, *, keepdims: _b.bool = False, initial: _ArrayLike | None = None, where: _ArrayLike = True) -> ndarray:
    """Sum over axes, over all by default."""

def swapaxes(a: _ArrayLike, axis1: _ArrayLike, axis2: _ArrayLike) -> ndarray:
    """Exchanges two axes. A view."""

def switch(index: _ArrayLike, branches: _Sequence[_Callable[..., _T]], *operands: _Any) -> _T:
    """One of several functions of the operands, by an index that may be traced."""

def sync(device: _b.str | None = None) -> None:
    """Waits until a device, or without a name every device, has done all the work that it was given; errors found there are raised here."""

def take(a: _ArrayLike, indices: _ArrayLike, /, axis: _Axis = None, mode: _b.str = "raise") -> ndarray:
    """Elements of an array along an axis, by position."""

def take_along_axis(arr: _ArrayLike, indices: _ArrayLike, /, axis: int | None = -1) -> ndarray:
    """Elements at positions along an axis, each line with indices of its own: what `argsort` and `argmax` (with `keepdims`) give is taken back by this."""

def tan(x: _ArrayLike, /) -> ndarray:
    """Tangent of radians."""

def tanh(x: _ArrayLike, /) -> ndarray:
    """Hyperbolic tangent."""

def tensordot(a: _ArrayLike, b: _ArrayLike, /, *, axes: _Any = 2) -> ndarray:
    """The sum of products over chosen axes: the others of `x`, then the others of `y`, in order."""

def tile(A: _ArrayLike, reps: _Shape, /) -> ndarray:
    """The array repeated as a whole, a number of times along each axis; counts and axes are matched from the last."""

def trace(a: _ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: _DTypeLike | None = None) -> ndarray:
    """Runs `body` on stand-ins for inputs and gives the graph of what it did."""

def transfer_stats() -> dict[_b.str, int]:
    """Copies between devices, from a device's own memory and between libraries so far: their number, and their bytes."""

def transpose(a: _ArrayLike, axes: _Axis = None) -> ndarray:
    """Axes in another order: reversed with `()`, else as listed. A view."""

def trapezoid(y: _ArrayLike, x: _ArrayLike | None = None, dx: _ArrayLike = 1.0, axis: int | None = -1) -> ndarray:
    """The integral of samples along an axis by the trapezoidal rule."""

def tri(N: int, M: int | None = None, k: int = 0, dtype: _DTypeLike | None = None) -> ndarray:
    """A matrix of `n` rows with ones at and below a diagonal; see `Eye` for the options."""

def tril(m: _ArrayLike, /, *, k: int = 0) -> ndarray:
    """The lower triangle of matrices: zeros above diagonal `k` of the last two axes."""

def tril_indices(n: int, k: int = 0, m: _ArrayLike | None = None) -> tuple[ndarray, ...]:
    """Index arrays (int64) of the lower triangle of a matrix of `n` rows, on and below a diagonal."""

def tril_indices_from(arr: _ArrayLike, k: int = 0) -> tuple[ndarray, ...]:
    """`tril_indices` for the shape of a matrix."""

def trim_zeros(filt: _ArrayLike, trim: _b.str = "fb", axis: _Axis = None) -> ndarray:
    """The array without zeros at its ends: the least box that holds all that is not zero. A view."""

def triu(m: _ArrayLike, /, *, k: int = 0) -> ndarray:
    """The upper triangle of matrices: zeros below diagonal `k` of the last two axes."""

def triu_indices(n: int, k: int = 0, m: _ArrayLike | None = None) -> tuple[ndarray, ...]:
    """Index arrays (int64) of the upper triangle of a matrix of `n` rows, on and above a diagonal."""

def triu_indices_from(arr: _ArrayLike, k: int = 0) -> tuple[ndarray, ...]:
    """`triu_indices` for the shape of a matrix."""

def true_divide(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray: ...

def trunc(x: _ArrayLike, /) -> ndarray:
    """Each element without its fraction."""

uint: _DType

uint16: _DType

uint32: _DType

uint64: _DType

uint8: _DType

uintp: _DType

def union1d(ar1: _ArrayLike, ar2: _ArrayLike) -> ndarray:
    """The distinct elements that are in either of two arrays, ascending."""

@_overload
def unique(ar: _ArrayLike, return_index: _Literal[False] = False, return_inverse: _Literal[False] = False, return_counts: _Literal[False] = False, axis: _Axis = None, *, equal_nan: _b.bool = True) -> ndarray:
    """The distinct elements of an array, ascending, or its distinct slices along an axis, in lexicographic order."""
@_overload
def unique(ar: _ArrayLike, return_index: _b.bool = False, return_inverse: _b.bool = False, return_counts: _b.bool = False, axis: _Axis = None, *, equal_nan: _b.bool = True) -> _Any:
    """The distinct elements of an array, ascending, or its distinct slices along an axis, in lexicographic order."""

def unique_all(x: _ArrayLike, /) -> _UniqueAllResult:
    """The distinct elements of an array with the first position, the inverse positions and the count of each; every NaN is distinct."""

def unique_counts(x: _ArrayLike, /) -> _UniqueCountsResult:
    """The distinct elements of an array, and how many there are of each; every NaN is distinct."""

def unique_inverse(x: _ArrayLike, /) -> _UniqueInverseResult:
    """The distinct elements of an array, and for each element its position among them; every NaN is distinct."""

def unique_values(x: _ArrayLike, /) -> ndarray:
    """The distinct elements of an array, ascending; every NaN is distinct."""

def unpackbits(a: _ArrayLike, /, axis: _Axis = None, count: int | None = None, bitorder: _b.str = "big") -> ndarray:
    """The bits of bytes along an axis as zeros and ones (uint8); flat without an axis."""

def unravel_index(indices: _ArrayLike, shape: _Shape, order: _b.str = "C") -> tuple[ndarray, ...]:
    """Flat positions as positions along each axis of a shape: one int64 array an axis, in the shape of the positions."""

class unsignedinteger(integer):
    """Integers without a sign."""

def unstack(x: _ArrayLike, /, *, axis: int | None = 0) -> tuple[ndarray, ...]:
    """One array for each position of an axis (the first with `()`), without that axis. Views."""

def unwrap(p: _ArrayLike, discont: _ArrayLike | None = None, axis: int | None = -1, *, period: _ArrayLike = 6.283185307179586) -> ndarray:
    """Values known up to multiples of a period made continuous along an axis: neighbours are never more than half a period apart."""

def value_and_grad(fun: _Callable[..., _Any], argnums: int | _Sequence[int] | None = None, has_aux: _b.bool = False) -> _Callable[..., _Any]:
    """The function that gives another's value and gradient."""

def vander(x: _ArrayLike, N: int | None = None, increasing: _b.bool = False) -> ndarray:
    """The Vandermonde matrix: in each row the powers of an element, falling from left to right."""

def var(a: _ArrayLike, /, axis: _Axis = None, dtype: _DTypeLike | None = None, *, ddof: int = 0, keepdims: _b.bool = False, where: _ArrayLike = True, correction: float | None = None) -> ndarray:
    """Variance over axes: the mean of the squared distances from the mean."""

def vdot(a: _ArrayLike, b: _ArrayLike, /) -> ndarray:
    """The dot product of all elements in C order, those of `x` conjugated."""

def vecdot(x1: _ArrayLike, x2: _ArrayLike, /, *, axis: int | None = -1) -> ndarray:
    """The sum of products of the vectors along an axis (the last by default): `conj(x) · y`, other axes broadcast."""

def vecmat(x1: _ArrayLike, x2: _ArrayLike, /) -> ndarray:
    """The product of conjugated vectors and matrices: `(…, n)` by `(…, n, m)` gives `(…, m)`, earlier axes broadcast."""

def vectorized_map(fn_: _Callable[..., _T], elems: _Any) -> _T:
    """A function applied to each part of structures of arrays along their first axes, all at once."""

def vjp(fun: _Callable[..., _Any], *primals: _Any) -> tuple[_Any, _Callable[..., _Any]]:
    """A function's value at arguments, and the function that takes cotangents of the value back to the arguments: `y, pullback = vjp(fun, x)`, then `(dx,) = pullback(dy)`."""

def vmap(fun: _Callable[..., _Any], in_axes: _Any = None, out_axes: int | _Sequence[int] | None = None, axis_size: int | None = None) -> _Callable[..., _Any]:
    """The function that maps another over axes of its arguments: `vmap(fun, in_axes=(0, None))`."""

def vsplit(ary: _ArrayLike, indices_or_sections: int | _Sequence[int]) -> list[ndarray]:
    """Splits one below another: along the first axis. Views."""

def vstack(tup: _Sequence[_ArrayLike] | ndarray) -> ndarray:
    """Arrays as rows, one below another: along the first axis, 1-D ones as rows."""

@_overload
def where(condition: _ArrayLike, /) -> tuple[ndarray, ...]: ...
@_overload
def where(condition: _ArrayLike, x: _ArrayLike, y: _ArrayLike, /) -> ndarray: ...

def while_loop(cond_fun: _Callable[..., _Any], body_fun: _Callable[..., _Any], init_val: _Any, *, max_iters: int | None = None) -> _Any:
    """Repeats a body while a condition holds: `while_loop(cond_fun, body_fun, init_val)`, as a step of the program when traced."""

def zeros(shape: _Shape, dtype: _DTypeLike | None = None, *, device: _b.str | None = None) -> ndarray:
    """An array of zeros; float64 by default."""

def zeros_like(a: _ArrayLike, /, dtype: _DTypeLike | None = None, *, shape: _Shape | None = None, device: _b.str | None = None) -> ndarray:
    """Zeros in the shape and dtype of an array, unless others are given."""

__array_api_version__: _b.str

def __array_namespace_info__() -> _Any:
    """What this namespace can do: its devices, dtypes and defaults."""

__version__: _b.str

class _At:
    def __getitem__(self, key: _Any, /) -> _Place: ...

class _Place:
    """`x.at[i]`: a place of an array; its methods give new arrays."""
    def add(self, value: _ArrayLike) -> ndarray:
        """The array with values added; a place that is named twice gets both."""
    def apply(self, function: _Callable[[ndarray], _ArrayLike]) -> ndarray:
        """The array with what is there replaced by what a function makes of it."""
    def divide(self, value: _ArrayLike) -> ndarray:
        """The array with the place divided by values, in the array's dtype; a place that is named twice is divided once."""
    def get(self) -> ndarray:
        """What is there."""
    def max(self, value: _ArrayLike) -> ndarray:
        """The array with the greater of what is there and values."""
    def min(self, value: _ArrayLike) -> ndarray:
        """The array with the lesser of what is there and values."""
    def mul(self, value: _ArrayLike) -> ndarray:
        """The same as `multiply`."""
    def multiply(self, value: _ArrayLike) -> ndarray:
        """The array with the place multiplied by values; a place that is named twice by both."""
    def power(self, value: _ArrayLike) -> ndarray:
        """The array with the place raised to powers, in the array's dtype; a place that is named twice is raised once."""
    def set(self, value: _ArrayLike) -> ndarray:
        """The array with the place set to values."""
    def subtract(self, value: _ArrayLike) -> ndarray:
        """The array with values subtracted; a place that is named twice loses both."""

class _UniqueAllResult(_NamedTuple):
    values: ndarray
    indices: ndarray
    inverse_indices: ndarray
    counts: ndarray

class _UniqueCountsResult(_NamedTuple):
    values: ndarray
    counts: ndarray

class _UniqueInverseResult(_NamedTuple):
    values: ndarray
    inverse_indices: ndarray

class _EigResult(_NamedTuple):
    eigenvalues: ndarray
    eigenvectors: ndarray

class _EighResult(_NamedTuple):
    eigenvalues: ndarray
    eigenvectors: ndarray

class _QRResult(_NamedTuple):
    Q: ndarray
    R: ndarray

class _SlogdetResult(_NamedTuple):
    sign: ndarray
    logabsdet: ndarray

class _SVDResult(_NamedTuple):
    U: ndarray
    S: ndarray
    Vh: ndarray
