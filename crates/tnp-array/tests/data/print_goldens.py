"""Writes print_goldens.json: what NumPy 2.4.6 (with ml_dtypes for bfloat16) prints.

Run with a Python that has both: python print_goldens.py
"""

import json
import pathlib
import warnings

import ml_dtypes
import numpy as np

warnings.simplefilter("ignore")
assert np.__version__ == "2.4.6", np.__version__
rng = np.random.default_rng(20260101)
cases = []

INTS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
FLOATS = [np.float16, np.float32, np.float64]
COMPLEX = [np.complex64, np.complex128]
BF16 = ml_dtypes.bfloat16


def describe(a, arange=None):
    a = np.asarray(a)
    row = {"dtype": a.dtype.name, "shape": list(a.shape)}
    if arange is None:
        row["hex"] = a.tobytes().hex()
    else:
        row["arange"] = arange
    return row


def add(call, a, expect, arange=None, options=None, text=None, number=None):
    row = {"call": call, **describe(a, arange), "expect": expect}
    if options:
        row["options"] = options
    if text:
        row["text"] = text
    if number:
        row["number"] = number
    cases.append(row)


def both(a, arange=None, **options):
    """str and repr under print options."""
    a = np.asarray(a)
    with np.printoptions(**options):
        add("array_str", a, np.array_str(a), arange, options)
        add("array_repr", a, np.array_repr(a), arange, options)


def string(a, arange=None, **kw):
    """array2string with its own keywords."""
    a = np.asarray(a)
    kw = dict(kw)
    text = {k: kw[k] for k in ("separator", "prefix", "suffix") if k in kw}
    names = {"max_line_width": "linewidth", "suppress_small": "suppress"}
    options = {names.get(k, k): v for k, v in kw.items() if k not in text}
    add("array2string", a, np.array2string(a, **kw), arange, options, text)


def scalar(x):
    add("scalar_str", x, str(x))
    add("scalar_repr", x, repr(x))


def number(x, **kw):
    add("positional", x, np.format_float_positional(x, **kw), number=kw)


def power(x, **kw):
    add("scientific", x, np.format_float_scientific(x, **kw), number=kw)


def spread(n, low, high, dtype):
    return (rng.choice([-1, 1], n) * 10.0 ** rng.uniform(low, high, n)).astype(dtype)


def bits(n, dtype):
    """Values of every magnitude, from random bits: denormals, NaN and infinities among them."""
    size = np.dtype(dtype).itemsize
    return np.frombuffer(rng.bytes(n * size), dtype)


def integers(n, dtype):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, n, dtype, endpoint=True)


# Every dtype, every number of dimensions, empties.
for t in [np.bool_] + INTS + FLOATS + [BF16] + COMPLEX:
    both(np.array(1, t))
    both(np.zeros(0, t))
    both(np.zeros((0, 3), t))
    both(np.arange(3).astype(t))
    both(np.arange(6).reshape(2, 3).astype(t))
both(np.zeros((2, 0, 3)))
both(np.zeros((3, 0), np.float32))
both(np.zeros((1, 1, 1, 1)))
for t in [np.bool_, np.int64, np.float32, np.complex128, BF16]:
    both((np.arange(24).reshape(2, 3, 4) % 5).astype(t))
    both((np.arange(16).reshape(2, 2, 2, 2) % 3).astype(t))
both(rng.random(60) < 0.5)
both((rng.random((3, 40)) < 0.5))

# Integers: extremes, widths, wrapping, signs.
for t in INTS:
    both(integers(12, t))
    both(np.array([np.iinfo(t).min, np.iinfo(t).max, 0], t), sign="+")
    both(integers(30, t), sign=" ", linewidth=50)
both(np.array([1, 22, 333]), sign=" ")
both(np.array([-1, 22, 333]), sign="+")
both(np.arange(100).reshape(5, 20), linewidth=40)
both(np.arange(12), linewidth=1)
both(np.arange(4), linewidth=0)

# Floats over magnitudes.
for t in FLOATS:
    for low, high in [(-1, 1), (-3, 0), (0, 3), (-5, -4), (2.9, 3.1), (5, 7.9), (7, 9), (-30, 30), (-2, 4)]:
        with np.errstate(all="ignore"):
            both(spread(5, low, high, t))
    for _ in range(6):
        both(bits(4, t))
    both(bits(40, t))
    both(np.array([0.0, -0.0], t))
    both(np.array([np.nan, np.inf, -np.inf], t))
    both(np.array([np.nan], t))
    both(np.array([-np.inf], t), sign=" ")
    both(np.array([np.nan, 1.5, np.inf], t))
    both(np.array([np.nan, 1e-5, -np.inf], t))
    info = np.finfo(t)
    both(np.array([info.max, info.min, info.tiny, info.smallest_subnormal, info.eps], t))
    both(np.array([info.smallest_subnormal], t))
    both(np.array([info.smallest_subnormal, 1], t), suppress=True)
    both(np.array([info.max, 1], t), suppress=True)
    both(np.array([1e-4, 1], t))
    both(np.array([9e-5, 0.01], t))
    both(np.array([1, 1000], t))
    both(np.array([1, 1001], t))
    both(np.array([999, 999.5], t))
    both(np.array([1000, 2000], t))
    both(np.array([0.1, 0.2, 0.3], t) + np.array(1, t))
    both(np.array([256.25, 256.75], t))
    both(np.linspace(0, 1, 17).astype(t))
    both(np.linspace(-1, 1, 24).reshape(2, 3, 4).astype(t))
both(np.array([2097152.25, 2097152.75], np.float32), suppress=True)
both(np.array([1125899906842624.25, 1125899906842624.75]), floatmode="unique", suppress=True)
both(np.array([999999, 1e6], np.float32))
both(np.array([99999999.0, 1.0]), suppress=True)
both(np.array([1e8, 1.0]))
both(np.array([123456.789, 0.5]))

# Options, crossed.
values = {
    "mixed": np.array([1.0, -2.5, 1 / 3, 100.125]),
    "small": np.array([1e-6, 0.25, -3e-9]),
    "large": np.array([1e10, -1.5, 2e-3]),
    "odd": np.array([np.nan, -np.inf, 0.1, 12.75]),
    "plain": np.array([1.0, 2.0, 30.0], np.float32),
    "half": np.array([0.1, 0.3, 55.5, -7], np.float16),
    "whole": np.array([999.99, 0.95, 9.995]),
}
for mode in ["fixed", "unique", "maxprec", "maxprec_equal"]:
    for precision in [0, 1, 3, 12]:
        for a in values.values():
            with np.printoptions(floatmode=mode, precision=precision):
                add("array_str", a, str(a), options={"floatmode": mode, "precision": precision})
    for sign in ["+", " ", "-"]:
        for suppress in [False, True]:
            for a in values.values():
                o = {"floatmode": mode, "sign": sign, "suppress": suppress}
                with np.printoptions(**o):
                    add("array_repr", a, repr(a), options=o)
for a in values.values():
    both(a, nanstr="NaN", infstr="Infinity")
    both(a, nanstr="not a number", infstr="∞", sign="+")
    both(a.reshape(-1, 1), precision=2)
for precision in [20, 60, 400]:
    both(np.array([0.1, 1e-300, 1e300]), precision=precision, floatmode="fixed", linewidth=2000)
    both(np.array([0.1, 2.5]), precision=precision, floatmode="fixed")
both(np.array([5e-324, 1e-20]), precision=0, suppress=True)
both(np.array([5e-324, 0.5, 1.5, 2.5]), precision=0, floatmode="fixed", suppress=True)

# Complex.
for t in COMPLEX:
    both(np.array([1 + 2j, -3.5 - 0.25j, 0], t))
    both(np.array([complex(np.nan, 1), complex(1, -np.inf), complex(np.inf, np.nan)], t))
    both(np.array([complex(-0.0, -0.0)], t))
    both(np.array([1e10 + 1e-10j, 1j], t))
    both(bits(4, t))
    both(spread(6, -2, 2, t) + 1j * spread(6, -5, 1, t))
    both((np.arange(24).reshape(2, 3, 4) * (1 + 0.5j)).astype(t))
    for mode in ["fixed", "unique", "maxprec", "maxprec_equal"]:
        both(np.array([1 / 3 - 2j, 10 + 0.125j], t), floatmode=mode, precision=3, sign="+")
    both(np.array([1 / 3 - 2j, 10 + 0.125j], t), sign=" ")
    both(np.array(1 / 3 - 2j, t), precision=2)
    both((np.arange(30) * (1 - 1j) / 7).astype(t), precision=4)

# bfloat16: as ml_dtypes prints it.
both(bits(30, np.uint16).view(BF16))
both(np.array([1, 2.5, -3.25], BF16))
both(np.array([0.1, 1 / 3, 100, 65536, 1e5, 1e6, 123456789, 1e-5, 1e-4], BF16))
both(np.array([np.nan, -np.nan, np.inf, -np.inf, 0, -0.0], BF16), nanstr="NA")
both(np.arange(12).reshape(3, 4).astype(BF16), precision=1, sign="+")

# Summaries.
for shape in [(1001,), (2000,), (40, 50), (1, 1200), (1200, 1), (10, 11, 12), (4, 5, 6, 10), (2, 3, 500)]:
    n = int(np.prod(shape))
    for t in [np.int64, np.float64, np.float32, np.bool_]:
        both(np.arange(n).reshape(shape).astype(t), arange=[0, 1])
both(np.arange(1000), arange=[0, 1], linewidth=200)
for edge in [0, 1, 2, 5, 60]:
    both(np.arange(110), arange=[0, 1], threshold=100, edgeitems=edge)
    both(np.arange(-30, 70).reshape(10, 10), arange=[-30, 1], threshold=20, edgeitems=edge)
    both(np.arange(-30, 70).reshape(10, 10).astype(np.float32), arange=[-30, 1], threshold=20, edgeitems=edge)
    both(np.arange(-30, 90).reshape(4, 5, 6).astype(np.complex64), arange=[-30, 1], threshold=7, edgeitems=edge)
both(np.arange(5), arange=[0, 1], threshold=0)
both(np.arange(7), arange=[0, 1], threshold=0)
both(np.array(3.0), threshold=0)
both(np.arange(30).astype(BF16), arange=[0, 1], threshold=10)
both(np.arange(20000).reshape(10, 2000), arange=[0, 1], linewidth=30)
both(np.arange(3000).astype(np.int8), arange=[0, 1])

# Wrapping and prefixes.
for width in [10, 20, 37, 75, 76, 120]:
    both(rng.random(20).round(3), linewidth=width)
    both(rng.random((2, 3, 4)), linewidth=width)
    both(integers(15, np.int16), linewidth=width)
for width in range(17, 45):
    add("array_repr", np.array([1, 2], np.int32), np.array_repr(np.array([1, 2], np.int32), width),
        options={"linewidth": width})
for separator in [", ", ",", "", " | ", ";\t", "  "]:
    string(np.arange(6).reshape(2, 3), separator=separator)
    string(rng.random((3, 9)), separator=separator, max_line_width=50)
    string(np.arange(24).reshape(2, 3, 4) / 8, separator=separator)
string(np.arange(30), prefix="x = ", suffix=" # tail", max_line_width=40)
string(np.arange(30).reshape(3, 10) / 3, prefix="array(", suffix=")", precision=3)
string(np.array([1e-16, 1, 2, 3]), precision=2, separator=",", suppress_small=True)
string(np.arange(50), arange=[0, 1], threshold=10, edgeitems=2, separator=", ")
string(rng.random(5), floatmode="fixed", precision=2, sign="+")
string(np.zeros((0, 2)))
string(np.array(0.1 + 0.2), precision=3)
string(np.array(7), sign="+")
string(np.array(True))

# Scalars.
for t in INTS:
    scalar(t(np.iinfo(t).max))
    scalar(t(np.iinfo(t).min))
scalar(np.bool_(True))
scalar(np.bool_(False))
for t in FLOATS + [BF16]:
    for x in [0, -0.0, 1, 1e-4, 9.9e-5, 0.1, 999.5, 1000, 65000, 999999, 1e6, 1e7, 1e8, 9.9e15, 1e16, np.nan, np.inf, -np.inf]:
        scalar(t(x))
    for x in bits(12, np.uint16 if t is BF16 else t):
        scalar(x.view(BF16) if t is BF16 else x)
for t in COMPLEX:
    for x in [0, 1j, 1, complex(-0.0, 1), complex(1, -0.0), complex(np.nan, 1), complex(0, np.nan), complex(1, np.inf),
              complex(np.inf, -np.nan), 1e16 + 1e-5j, complex(0, -1), 1e6 + 1e8j, complex(-0.0, -0.0), 0.1 - 2.5j]:
        scalar(t(x))
    for x in bits(8, t):
        scalar(x)

# Numbers alone.
samples = [np.float64(x) for x in (0.0, -0.0, 1.0, 0.1, 123.456, 9.995, 99.99, 1e-7, 1.5e20, 2.5, 5e-324, 1.7e308, np.nan, -np.inf)]
samples += [np.float32(x) for x in (0.3, 16777216, 1e-45, 3.4e38)] + [np.float16(x) for x in (np.pi, 0.3, 65504, 6e-8)]
for x in samples:
    for trim in "k.0-":
        number(x, trim=trim)
        power(x, trim=trim)
        number(x, trim=trim, precision=3)
        power(x, trim=trim, precision=3)
        number(x, trim=trim, precision=4, unique=False)
        power(x, trim=trim, precision=4, unique=False)
        number(x, trim=trim, min_digits=2)
        power(x, trim=trim, min_digits=4)
        number(x, trim=trim, pad_left=6, pad_right=5, sign=True)
        number(x, trim=trim, pad_right=0)
    number(x, precision=0)
    power(x, precision=0)
    power(x, precision=0, trim="-")
    number(x, precision=3, fractional=False)
    number(x, precision=8, min_digits=5, fractional=False)
    number(x, precision=8, min_digits=5)
    number(x, precision=20, min_digits=20)
    number(x, unique=False, precision=6, fractional=False)
    power(x, precision=20, min_digits=19)
    power(x, pad_left=4, exp_digits=4, sign=True)
    power(x, exp_digits=1)
    power(x, exp_digits=7)
    power(x, unique=False, precision=30)
for t in FLOATS:
    for x in bits(12, t):
        number(x)
        power(x)
        p = int(rng.integers(0, 12))
        number(x, precision=p, trim=".")
        power(x, precision=p, trim="0")
        number(x, precision=p, unique=False, trim="-")
    for x in spread(15, -3, 3, t):
        p = int(rng.integers(0, 9))
        number(x, precision=p, trim=".")
        power(x, precision=p)
        number(x, precision=p + 1, fractional=False)
        number(x, min_digits=p)
        power(x, min_digits=p)
# Halfway cases: ties to even.
for k in range(40):
    number(np.float64(k / 8), precision=2, unique=False)
    number(np.float64(k / 8), precision=1)
    number(np.float64(k / 2), precision=0)
    number(np.float16(256 + k / 4))
    number(np.float32(2097152 + k / 4))

path = pathlib.Path(__file__).with_suffix(".json")
with open(path, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
