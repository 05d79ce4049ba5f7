# Types of `tnp.fft`, written by `cargo xtask stubs`.
import builtins as _b
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from tnp import _ArrayLike, _Axis, _DType, _DTypeLike, _Shape, dtype, ndarray

def fft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The discrete Fourier transform along an axis: `yk` is the sum of `xj exp(-2πi jk/n)`. Complex."""

def fft2(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = ..., norm: _b.str | None = None) -> ndarray:
    """`fftn` over the last two axes."""

def fftfreq(n: int, /, d: _ArrayLike = 1.0, *, dtype: _DTypeLike | None = None, device: _b.str | None = None) -> ndarray:
    """Frequencies of the terms of `fft()`, in cycles per unit of the sample spacing `d`: zero, the positive ones, the negative ones."""

def fftn(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = None, norm: _b.str | None = None) -> ndarray:
    """`fft()` along several axes; all by default."""

def fftshift(x: _ArrayLike, /, axes: _Axis = None) -> ndarray:
    """The term of frequency zero moved to the middle of the axes (all by default)."""

def hfft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The transform of a signal that is its own conjugate in reverse, given by its first half: real."""

def ifft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The inverse of `fft()`."""

def ifft2(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = ..., norm: _b.str | None = None) -> ndarray:
    """The inverse of `fft2`."""

def ifftn(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = None, norm: _b.str | None = None) -> ndarray:
    """The inverse of `fftn`."""

def ifftshift(x: _ArrayLike, /, axes: _Axis = None) -> ndarray:
    """The inverse of `fftshift`."""

def ihfft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The inverse of `hfft`."""

def irfft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The inverse of `rfft`: real, of `2 (m - 1)` points for `m` terms unless a size is given."""

def irfft2(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = ..., norm: _b.str | None = None) -> ndarray:
    """The inverse of `rfft2`."""

def irfftn(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = None, norm: _b.str | None = None) -> ndarray:
    """The inverse of `rfftn`."""

def rfft(a: _ArrayLike, /, n: int | None = None, axis: int | None = -1, norm: _b.str | None = None) -> ndarray:
    """The transform of real numbers: the first `n / 2 + 1` terms of `fft()`, the others being their conjugates."""

def rfft2(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = ..., norm: _b.str | None = None) -> ndarray:
    """`rfftn` over the last two axes."""

def rfftfreq(n: int, /, d: _ArrayLike = 1.0, *, dtype: _DTypeLike | None = None, device: _b.str | None = None) -> ndarray:
    """Frequencies of the terms of `rfft`, in cycles per unit of the sample spacing `d`."""

def rfftn(a: _ArrayLike, /, s: _Sequence[int] | None = None, axes: _Axis = None, norm: _b.str | None = None) -> ndarray:
    """`rfft` along the last of several axes, `fft()` along the others."""
