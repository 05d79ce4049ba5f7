"""NumPy's answers to the rows on standard input (the JSON of tnp-testing's `rows`), as JSON lines in a folder.

usage: golden.py OUT [CATEGORY]...

Inputs follow crates/tnp-testing/src/recipe.rs to the bit.
"""

import json
import math
import pathlib
import sys
import warnings

import ml_dtypes
import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
STEP = 0xD1B54A32D192ED03
MASK = (1 << 64) - 1
bfloat16 = np.dtype(ml_dtypes.bfloat16)


def mix(state):
    z = (state + GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def dtype_of(name):
    return bfloat16 if name == "bfloat16" else np.dtype(name)


def fraction(h):
    return (h >> 11) / (1 << 53)


def whole(h, lo, hi):
    return lo + (h >> 8) % (hi - lo)


def distinct(i, size):
    return (i * 1000003 + 7) % size


def ascending(i, size, unsigned):
    return i // 2 - (0 if unsigned else size // 4)


def truth(h, i, size, kind, limits):
    if kind == "range":
        return whole(h, *limits) != 0
    if kind == "distinct":
        return distinct(i, size) & 1 == 1
    if kind == "sorted":
        return 2 * i >= size
    return (h >> 8) & 1 == 1


def integer(h, i, size, dtype, kind, limits):
    unsigned = dtype.kind == "u"
    info = np.iinfo(dtype)
    if kind in ("any", "special"):
        select = h & 15
        if select == 0:
            return int(info.min)
        if select == 1:
            return int(info.max)
        if select <= 5:
            return mix(h)
        return (h >> 8) % 21 - (0 if unsigned else 10)
    if kind == "uniform":
        lo, hi = limits
        lo = max(lo, 0.0) if unsigned else lo
        return int(np.floor(lo + fraction(h) * (hi - lo)))
    if kind == "range":
        lo, hi = limits
        lo = max(lo, 0) if unsigned else lo
        return whole(h, lo, max(hi, lo + 1))
    if kind == "distinct":
        return distinct(i, size)
    return ascending(i, size, unsigned)


def real(h, i, size, kind, limits):
    signed = 2.0 * fraction(h) - 1.0
    if kind == "special":
        special = [np.nan, np.inf, -np.inf, -0.0, 0.0]
        return special[h & 15] if h & 15 < 5 else signed * 32.0
    if kind == "any":
        if h & 7 == 0:
            return signed * 2.0 ** ((h >> 3) % 21 - 10)
        if h & 7 == 1 and (h >> 3) % 8 == 0:
            return 0.0
        return signed * 32.0
    if kind == "uniform":
        lo, hi = limits
        return lo + fraction(h) * (hi - lo)
    if kind == "range":
        return float(whole(h, *limits))
    if kind == "distinct":
        return float(distinct(i, size))
    return float(ascending(i, size, False))


def make(seed, position, spec):
    """The input of a number among its row's."""
    dtype = dtype_of(spec["dtype"])
    kind, *limits = spec["domain"]
    shape = list(spec["shape"])
    held = [min(n, 1) if axis in spec["repeated"] else n for axis, n in enumerate(shape)]
    size = int(np.prod(held, dtype=np.int64))
    start = (seed + (position + 1) * STEP) & MASK
    hashes = [mix((start + i * GOLDEN) & MASK) for i in range(size)]
    if dtype.kind == "b":
        flat = np.array([truth(h, i, size, kind, limits) for i, h in enumerate(hashes)], dtype)
    elif dtype.kind in "iu":
        bits = 8 * dtype.itemsize
        wrapped = [integer(h, i, size, dtype, kind, limits) & ((1 << bits) - 1) for i, h in enumerate(hashes)]
        flat = np.array(wrapped, np.dtype(f"u{dtype.itemsize}")).view(dtype)
    else:
        re = np.array([real(h, i, size, kind, limits) for i, h in enumerate(hashes)], np.float64)
        if dtype.kind == "c":
            counted = kind in ("distinct", "sorted")
            im = [0.0 if counted else real(mix(h), i, size, kind, limits) for i, h in enumerate(hashes)]
            flat = np.empty(size, np.complex128)
            flat.real, flat.imag = re, im
            flat = flat.astype(dtype)
        elif dtype.itemsize == 2:
            flat = re.astype(np.float32).astype(dtype)
        else:
            flat = re.astype(dtype)
    return np.broadcast_to(flat.reshape(held), shape).copy()


def values(result):
    """The list of (dtype, shape, hexadecimal bytes) of a result, as Rust's `Answer` has it."""
    if isinstance(result, (tuple, list)):
        return [value for one in result for value in values(one)]
    if isinstance(result, (np.dtype, type)):
        result = np.dtype(result).name
    if isinstance(result, str):
        result = np.frombuffer(result.encode(), np.uint8)
    array = np.asarray(result)
    if array.dtype.kind not in "biufcV" or array.dtype.names:
        raise RuntimeError(f"a result of dtype {array.dtype} cannot be a golden")
    array = array.astype(array.dtype.newbyteorder("="))
    return [(array.dtype.name, list(array.shape), array.tobytes().hex())]




def ask(expression, inputs, dtype):
    names = dict(zip("xyzw", inputs)) | {
        "np": np,
        "math": math,
        "xs": inputs,
        "bfloat16": bfloat16,
        "rng": np.random.RandomState,
        "dt": dtype_of(dtype) if dtype else None,
    }
    return eval(expression, names)


def answer(row, case):
    seed = int(row["seed"])
    inputs = [make(seed, i, spec) for i, spec in enumerate(case["inputs"])]
    line = {"k": case["key"], "i": f"{fnv(b''.join(x.tobytes() for x in inputs)):016x}"}
    copies = [x.copy() for x in inputs]
    try:
        return line | {"v": values(ask(row["expression"], copies, case["dtype"]))}
    except (NameError, SyntaxError, AttributeError, RuntimeError):
        raise
    except Exception as error:
        raised = type(error).__name__
    # NumPy has many functions that ml_dtypes has no loop for: what float32 gives, rounded, is asked instead.
    if any(x.dtype == bfloat16 for x in inputs):
        wide = [x.astype(np.float32) if x.dtype == bfloat16 else x for x in inputs]
        try:
            return line | {"v": values(ask(row["expression"], wide, case["dtype"])), "b": True}
        except Exception as error:
            raised = type(error).__name__
    return line | {"e": raised}


def main():
    out, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    out.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    failed = False
    for category in json.load(sys.stdin):
        if wanted and category["name"] not in wanted:
            continue
        seen = {}
        for row in category["rows"]:
            for case in row["cases"]:
                try:
                    line = answer(row, case)
                except Exception as error:
                    print(f"{case['key']}: {type(error).__name__}: {error}", file=sys.stderr)
                    failed = True
                    continue
                if seen.setdefault(case["key"], line) != line:
                    print(f"{case['key']}: two rows of this key differ", file=sys.stderr)
                    failed = True
        path = out / f"{category['name']}.jsonl"
        lines = [json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in seen.values()]
        if lines or path.exists():
            path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        if lines:
            print(f"{category['name']}: {len(lines)} cases")
    sys.exit(failed)


if __name__ == "__main__":
    main()
