"""Linear algebra: https://numpy.org/doc/stable/reference/routines.linalg.html"""

from tnp import _tnp as _native
from tnp.exceptions import LinAlgError

globals().update({name: value for name, value in vars(_native._linalg).items() if not name.startswith("_")})

__all__ = [name for name in dir() if not name.startswith("_")]
