"""The README's taste of Python, and that the module is there at all."""

import numpy as np

import tnp


def test_arrays_and_gradients():
    x = tnp.linspace(0, 1, 5)
    assert repr(x) == "array([0.  , 0.25, 0.5 , 0.75, 1.  ])"
    gradient = tnp.grad(lambda x: tnp.sum(tnp.sin(x) ** 2))(x)
    np.testing.assert_allclose(np.asarray(gradient), np.sin(2 * np.asarray(x)))


def test_help_says_something():
    assert tnp.einsum.__doc__
    assert tnp.einsum.__text_signature__ == "(*operands, dtype=None, optimize=False)"
