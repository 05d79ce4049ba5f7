"""Writes unary_complex.txt: functions of complex numbers, special values by NumPy 2.4, the others by mpmath.

A line `# name` opens a function; the others are the parts of an argument and of the value.
"""

import random

import mpmath
import numpy as np
from mpmath import mp, mpc, mpf

mp.prec = 2500
random.seed(20240602)
np.seterr(all="ignore")
EXACT = {
    "sqrt": mpmath.sqrt,
    "exp": mpmath.exp,
    "exp2": lambda z: mpmath.exp(z * mpmath.log(2)),
    "expm1": lambda z: mpmath.exp(z) - 1,
    "log": mpmath.log,
    "log2": lambda z: mpmath.log(z) / mpmath.log(2),
    "log10": lambda z: mpmath.log(z) / mpmath.log(10),
    "log1p": lambda z: mpmath.log(1 + z),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
}
ARITHMETIC = ["sign", "reciprocal", "square", "negative", "conjugate", "rint"]
PARTS = [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan]


def size(low, high):
    return random.choice((1, -1)) * random.uniform(1, 2) * 2.0 ** random.uniform(low, high)


ARGUMENTS = [complex(random.uniform(-3, 3), random.uniform(-3, 3)) for _ in range(25)]
ARGUMENTS += [complex(size(-20, 4), size(-20, 4)) for _ in range(25)]
# On the unit circle, nearly, where logarithms cancel, and near one.
ARGUMENTS += [complex(np.cos(a), np.sin(a)) for a in (0.1, 0.7, 1.5, -2.0, 3.0)]
ARGUMENTS += [complex(1 + size(-40, -10), size(-40, -10)) for _ in range(5)]


def text(z):
    return f"{float(z.real)!r} {float(z.imag)!r}"


if __name__ == "__main__":
    with open("unary_complex.txt", "w") as out:
        for name in [*EXACT, *ARITHMETIC]:
            print("#", name, file=out)
            for x in PARTS:
                for y in PARTS:
                    z = complex(x, y)
                    print(text(z), text(getattr(np, name)(z)), file=out)
            for z in ARGUMENTS:
                value = EXACT[name](mpc(z.real, z.imag)) if name in EXACT else getattr(np, name)(z)
                print(text(z), text(value), file=out)
