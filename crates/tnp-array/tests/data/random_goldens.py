"""Writes random_goldens.json: what NumPy 2.4.6's legacy generator draws.

    python random_goldens.py > random_goldens.json

Each case: a function, its parameters, the seed, the first values and the FNV-1a hash (64 bits) of the
little-endian bytes of `count` values. Floats are written as the hexadecimal of their bits.
"""

import json
import struct
import sys

import numpy as np

COUNT = 10_000


def fnv(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def text(value):
    if isinstance(value, (float, np.floating)):
        return struct.pack(">d", value).hex()
    return str(int(value))


def case(function, seed, values, **params):
    flat = np.ravel(values)
    return {
        "function": function,
        "seed": seed,
        **{k: [text(x) for x in np.atleast_1d(np.array(v, object))] for k, v in params.items()},
        "count": flat.size,
        "first": [text(x) for x in flat[:6]],
        "hash": fnv(flat.tobytes()),
    }


def cycle(values, dtype=object):
    return np.resize(np.array(values, dtype), COUNT)


def main():
    assert np.__version__ == "2.4.6", np.__version__
    cases = []
    seeds = [0, 1, 42, 123456789, 2**32 - 1, [1], [0x123, 0x234, 0x345, 0x456], list(range(1000))]
    for seed in seeds:
        r = np.random.RandomState(seed)
        cases.append(case("random", seed, r.random_sample(COUNT)))
        r = np.random.RandomState(seed)
        cases.append(case("standard_normal", seed, r.standard_normal(COUNT + 1)))
        # The cached normal and the position carry over from call to call.
        r = np.random.RandomState(seed)
        parts = [r.randn(3), r.rand(5), r.randn(2), r.randint(0, 100, 7, "int8").astype(float), r.rand(2000), r.randn(1)]
        cases.append(case("mixed", seed, np.concatenate(parts)))

    for seed, low, high in [(0, -1.0, 1.0), (3, 5.0, 2.0), (7, -1e300, 1e-300), (9, 2.0, 2.0)]:
        cases.append(case("uniform", seed, np.random.RandomState(seed).uniform(low, high, COUNT), low=low, high=high))
    low, high = cycle([0.0, -3.5, 1e10], float), cycle([1.0, 2.5], float)
    cases.append(case("uniform", 11, np.random.RandomState(11).uniform(low, high), low=low[:6], high=high[:6]))
    for seed, loc, scale in [(0, 0.0, 1.0), (5, -3.25, 0.1), (6, 1e8, 0.0)]:
        cases.append(case("normal", seed, np.random.RandomState(seed).normal(loc, scale, COUNT), loc=loc, scale=scale))
    loc, scale = cycle([0.0, -3.5, 1e10], float), cycle([1.0, 2.5], float)
    cases.append(case("normal", 12, np.random.RandomState(12).normal(loc, scale), loc=loc[:6], scale=scale[:6]))
    for seed, scale in [(0, 1.0), (5, 0.3)]:
        cases.append(case("exponential", seed, np.random.RandomState(seed).exponential(scale, COUNT), scale=scale))

    lams = [0.0, 1e-3, 0.5, 1.0, 5.0, 9.999, 10.0, 10.5, 20.0, 33.3, 100.0, 1e3, 1e6, 1e12, 1e18]
    for seed, lam in enumerate(lams):
        cases.append(case("poisson", seed, np.random.RandomState(seed).poisson(lam, COUNT), lam=lam))
    lam = cycle(lams, float)
    cases.append(case("poisson", 77, np.random.RandomState(77).poisson(lam), lam=lam[: len(lams)]))

    for dtype in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64".split():
        lo, hi = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        lo, hi = int(lo), int(hi)
        ranges = [(lo, hi + 1), (0, 1), (0, 2), (lo, hi), (hi, hi + 1), (0, 100), (3, 10), (-5, 6), (1000, 9000),
                  (0, 65537), (0, 2**31 + 1), (0, 2**32), (-7, 2**32 - 7), (5, 2**32 + 6), (-(2**40), 3 * 2**40), (lo, 7)]
        ranges = [(a, b) for a, b in ranges if lo <= a < b <= hi + 1]
        for seed, (a, b) in enumerate(ranges):
            drawn = np.random.RandomState(seed).randint(a, b, COUNT, dtype)
            cases.append(case("randint:" + dtype, seed, drawn, low=a, high=b))
        # Bounds per draw; a coprime pair of periods pairs each low with each high.
        lows = [a for a, b in ranges]
        pairs = [(lows[i % len(lows)], ranges[(3 * i + 1) % len(ranges)][1]) for i in range(31)]
        pairs = [(a, b) if a < b else (lo, b) for a, b in pairs]
        a, b = cycle([p[0] for p in pairs]), cycle([p[1] for p in pairs])
        drawn = np.random.RandomState(31).randint(a, b, dtype=dtype)
        cases.append(case("randint:" + dtype, 31, drawn, low=[p[0] for p in pairs], high=[p[1] for p in pairs]))

    for seed, n in [(0, 1), (1, 2), (2, 10), (3, 10_000)]:
        cases.append(case("permutation", seed, np.random.RandomState(seed).permutation(n), n=n))
    weights = np.array([0.1, 0.2, 0.0, 0.4, 0.25, 0.05])
    cases.append(case("choice", 0, np.random.RandomState(0).choice(50, COUNT), n=50, replace=1))
    cases.append(case("choice", 1, np.random.RandomState(1).choice(500, 300, replace=False), n=500, replace=0))
    cases.append(case("choice", 2, np.random.RandomState(2).choice(6, COUNT, p=weights), n=6, replace=1, p=weights))
    for seed in range(6):
        drawn = np.random.RandomState(seed).choice(6, 5, replace=False, p=weights)
        cases.append(case("choice", seed, drawn, n=6, replace=0, p=weights))

    sys.stdout.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")


main()
