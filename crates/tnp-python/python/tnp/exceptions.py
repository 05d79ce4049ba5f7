"""Exceptions: NumPy's own where it is installed, and the same without it."""

try:
    from numpy.exceptions import AxisError
    from numpy.linalg import LinAlgError
except ImportError:

    class AxisError(ValueError, IndexError):  # type: ignore[no-redef]
        """An axis that the array does not have."""

    class LinAlgError(ValueError):  # type: ignore[no-redef]
        """A matrix that the function cannot work with: singular, not square, not positive definite."""


__all__ = ["AxisError", "LinAlgError"]
