# Types of `tnp.random`, written by `cargo xtask stubs`.
import builtins as _b
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from tnp import _ArrayLike, _Axis, _DType, _DTypeLike, _Shape, dtype, ndarray

def exponential(scale: _ArrayLike = 1.0, size: _Shape | None = None) -> ndarray:
    """Draws from the exponential distribution of mean `scale`."""

def normal(loc: _ArrayLike = 0.0, scale: _ArrayLike = 1.0, size: _Shape | None = None) -> ndarray:
    """Draws from the normal distribution of mean `loc` and standard deviation `scale`."""

def poisson(lam: _ArrayLike = 1.0, size: _Shape | None = None) -> ndarray:
    """Draws from the Poisson distribution of mean `lam`; int64."""

def rand(*size: int) -> ndarray:
    """Uniform draws in 0, 1); float64, or what `prefer_float32` makes of it."""

def randint(low: _ArrayLike, high: _ArrayLike | None = None, size: _Shape | None = None, dtype: _DTypeLike | None = None) -> ndarray:
    """Integers in `low`, `high`), or in 0, `low`) when `high` is `()`; int64 unless another integer type or `bool` is asked for."""

def randn(*size: int) -> ndarray:
    """Draws from the standard normal distribution: `standard_normal`."""

def random(size: _Shape | None = None) -> ndarray:
    """Uniform draws in 0, 1): `rand`."""

def random_sample(size: _Shape | None = None) -> ndarray:
    """Uniform draws in 0, 1): `rand`."""

def seed(seed: _Any = None) -> None:
    """Seeds the process-wide generator; what follows is, bit for bit, what NumPy draws after the same seed."""

def standard_normal(size: _Shape | None = None) -> ndarray:
    """Draws from the normal distribution of mean 0 and variance 1, by NumPy's legacy polar method."""

def uniform(low: _ArrayLike = 0.0, high: _ArrayLike = 1.0, size: _Shape | None = None) -> ndarray:
    """Uniform draws in `low`, `high`)."""
