"""Kinds of dtypes, and their limits."""

from collections import namedtuple

from tnp import _tnp

UniqueAllResult = namedtuple("UniqueAllResult", ["values", "indices", "inverse_indices", "counts"])
UniqueCountsResult = namedtuple("UniqueCountsResult", ["values", "counts"])
UniqueInverseResult = namedtuple("UniqueInverseResult", ["values", "inverse_indices"])
EigResult = namedtuple("EigResult", ["eigenvalues", "eigenvectors"])
EighResult = namedtuple("EighResult", ["eigenvalues", "eigenvectors"])
QRResult = namedtuple("QRResult", ["Q", "R"])
SlogdetResult = namedtuple("SlogdetResult", ["sign", "logabsdet"])
SVDResult = namedtuple("SVDResult", ["U", "S", "Vh"])

class generic:
    """Every dtype; the kinds below it are classes of it, as NumPy's are."""


class number(generic):
    """Integers, floats and complex numbers."""


class integer(number):
    """Integers."""


class signedinteger(integer):
    """Integers with a sign."""


class unsignedinteger(integer):
    """Integers without a sign."""


class inexact(number):
    """Floats and complex numbers."""


class floating(inexact):
    """Floats."""


class complexfloating(inexact):
    """Complex numbers."""


def _dtype_of(type):
    return type.dtype if isinstance(type, _tnp.ndarray) else _tnp.dtype(type)


class finfo:
    """Limits of a floating dtype, or of the parts of a complex one.

    https://numpy.org/doc/stable/reference/generated/numpy.finfo.html
    """

    def __init__(self, type, /):
        limits = _tnp._finfo(_dtype_of(type))
        self.__dict__.update(limits)

    def __repr__(self):
        return f"finfo(resolution={self.resolution}, min={self.min}, max={self.max}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype.

    https://numpy.org/doc/stable/reference/generated/numpy.iinfo.html
    """

    def __init__(self, type, /):
        limits = _tnp._iinfo(_dtype_of(type))
        self.__dict__.update(limits)

    def __repr__(self):
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
