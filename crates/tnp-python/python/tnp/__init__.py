"""tnp: NumPy's API with gradients, traced functions, vectorised maps and devices.

>>> import tnp
>>> x = tnp.linspace(0, 1, 5)
>>> tnp.grad(lambda x: tnp.sum(tnp.sin(x) ** 2))(x)
"""

from tnp import _tnp, exceptions, fft, linalg, random
from tnp._info import __array_namespace_info__
from tnp._tnp import *  # noqa: F403
from tnp._types import (
    complexfloating,
    finfo,
    floating,
    generic,
    iinfo,
    inexact,
    integer,
    number,
    signedinteger,
    unsignedinteger,
)

e = 2.718281828459045
pi = 3.141592653589793
inf = float("inf")
nan = float("nan")
euler_gamma = 0.5772156649015329
newaxis = None
Array = ndarray  # noqa: F405
bool_ = _tnp.bool
int_ = _tnp.int64
float_ = _tnp.float64
single, double, half = _tnp.float32, _tnp.float64, _tnp.float16
csingle, cdouble = _tnp.complex64, _tnp.complex128
intp, uint, uintp = _tnp.int64, _tnp.uint64, _tnp.uint64
experimental_enable_numpy_behavior = enable_numpy_behavior  # noqa: F405

__array_api_version__ = "2025.12"
__version__ = "0.1.0"

__all__ = [name for name in dir() if not name.startswith("_")] + [
    "__array_api_version__",
    "__array_namespace_info__",
    "__version__",
]
