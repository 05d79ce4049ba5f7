"""Writes unary_f64.txt: elementary functions at chosen doubles, correctly rounded (mpmath, 400 bits and more).

A line `# name` opens a function; the others are the bits of an argument and of the value, in hexadecimal.
"""

import random
import struct

import mpmath
from mpmath import mp, mpf

mp.prec = 1400
random.seed(20240601)


def bits(x):
    return struct.pack(">d", x).hex()


def logs(low, high, n, signs):
    """Magnitudes spread over the exponents."""
    return [random.choice(signs) * random.uniform(1, 2) * 2.0 ** random.uniform(low, high) for _ in range(n)]


def flat(low, high, n):
    return [random.uniform(low, high) for _ in range(n)]


BOTH, PLUS = (1, -1), (1,)
ANGLES = (
    logs(-1074, -30, 10, BOTH) + logs(-30, 3, 40, BOTH) + logs(3, 29, 25, BOTH) + logs(31, 1023, 10, BOTH) + flat(-4, 4, 30)
    # The doubles nearest to multiples of pi/2, among them the hardest there is.
    + [float(k * mp.pi / 2) for k in (1, 2, 3, 4, 5, 7, 11, 1000, 12345, 1000001, 2**28 + 1)] + [6381956970095103 * 2.0**797]
)
FUNCTIONS = {
    "exp": (mpmath.exp, logs(-60, 9, 40, BOTH) + flat(-745.2, 709.8, 60)),
    "exp2": (lambda x: mpf(2) ** x, logs(-60, 9, 40, BOTH) + flat(-1075, 1024, 60)),
    "expm1": (mpmath.expm1, logs(-1074, -20, 10, BOTH) + logs(-20, 5, 60, BOTH) + flat(-40, 709.7, 30)),
    "log": (mpmath.log, logs(-1074, 1023, 40, PLUS) + flat(0.5, 2, 40) + [1 + d for d in logs(-50, -3, 20, BOTH)]),
    "log2": (lambda x: mpmath.log(x) / mpmath.log(2), logs(-1074, 1023, 40, PLUS) + flat(0.5, 2, 40) + [1 + d for d in logs(-50, -3, 20, BOTH)]),
    "log10": (lambda x: mpmath.log(x) / mpmath.log(10), logs(-1074, 1023, 40, PLUS) + flat(0.5, 2, 40) + [1 + d for d in logs(-50, -3, 20, BOTH)]),
    "log1p": (lambda x: mpmath.log(1 + x), logs(-1074, -20, 10, BOTH) + logs(-20, -1, 40, BOTH) + flat(-1, 3, 40) + logs(2, 1023, 20, PLUS)),
    "sin": (mpmath.sin, ANGLES),
    "cos": (mpmath.cos, ANGLES),
    "tan": (mpmath.tan, ANGLES),
    "arcsin": (mpmath.asin, logs(-1074, -20, 10, BOTH) + logs(-20, -2, 30, BOTH) + flat(-1, 1, 60) + [1 - d for d in logs(-52, -4, 15, PLUS)]),
    "arccos": (mpmath.acos, logs(-1074, -20, 10, BOTH) + logs(-20, -2, 30, BOTH) + flat(-1, 1, 60) + [1 - d for d in logs(-52, -4, 15, PLUS)]),
    "arctan": (mpmath.atan, logs(-1074, -20, 10, BOTH) + logs(-20, 5, 80, BOTH) + logs(5, 1023, 10, BOTH)),
    "sinh": (mpmath.sinh, logs(-1074, -20, 10, BOTH) + logs(-20, 5, 60, BOTH) + flat(-710.4, 710.4, 30)),
    "cosh": (mpmath.cosh, logs(-20, 5, 60, BOTH) + flat(-710.4, 710.4, 30)),
    "tanh": (mpmath.tanh, logs(-1074, -20, 10, BOTH) + logs(-20, 4, 80, BOTH) + flat(-22, 22, 20)),
    "arcsinh": (mpmath.asinh, logs(-1074, -20, 10, BOTH) + logs(-20, 5, 80, BOTH) + logs(5, 1023, 15, BOTH)),
    "arccosh": (mpmath.acosh, [1 + d for d in logs(-50, -1, 40, PLUS)] + logs(0, 5, 40, PLUS) + logs(5, 1023, 15, PLUS)),
    "arctanh": (mpmath.atanh, logs(-1074, -20, 10, BOTH) + logs(-20, -1.01, 60, BOTH) + [1 - d for d in logs(-52, -1, 20, PLUS)]),
    "cbrt": (lambda x: mpmath.cbrt(x) if x > 0 else -mpmath.cbrt(-x), logs(-1074, -1000, 10, BOTH) + logs(-1000, 1023, 60, BOTH) + flat(-9, 9, 30)),
    "erf": (mpmath.erf, logs(-1074, -20, 10, BOTH) + logs(-20, 0, 40, BOTH) + flat(-2, 2, 60) + flat(-6.5, 6.5, 40)),
}

if __name__ == "__main__":
    with open("unary_f64.txt", "w") as out:
        for name, (function, arguments) in FUNCTIONS.items():
            print("#", name, file=out)
            for x in arguments:
                if x != 0:
                    print(bits(x), bits(float(function(mpf(x)))), file=out)
