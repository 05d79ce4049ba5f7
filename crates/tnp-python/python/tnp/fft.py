"""Discrete Fourier transforms: https://numpy.org/doc/stable/reference/routines.fft.html"""

from tnp import _tnp as _native

globals().update({name: value for name, value in vars(_native._fft).items() if not name.startswith("_")})

__all__ = [name for name in dir() if not name.startswith("_")]
