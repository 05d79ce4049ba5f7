"""Writes index_goldens.json: index expressions at random, and what NumPy answers on reading, writing and adding.

Run with the NumPy that the project takes as its oracle: python index_goldens.py
"""

import json
import random
from pathlib import Path

import numpy as np

random.seed(7)


def entry(size):
    kind = random.choice(["int", "slice", "slice", "array", "array", "mask", "full"])
    if kind == "full" or size == 0 and kind in ("int", "array"):
        return {"slice": [None, None, 1]}, slice(None)
    if kind == "int":
        at = random.randrange(-size, size)
        return {"int": at}, at
    if kind == "slice":
        bound = lambda: random.choice([None, random.randrange(-size - 2, size + 3)])
        start, stop, step = bound(), bound(), random.choice([1, 1, 2, -1, -2, 3])
        return {"slice": [start, stop, step]}, slice(start, stop, step)
    if kind == "mask":
        mask = [random.random() < 0.5 for _ in range(size)]
        return {"mask": [[size], mask]}, np.array(mask, bool)
    shape = random.choice([[], [2], [1], [3, 1], [2], [3], [1, 2]])
    flat = [random.randrange(-size, size) for _ in range(int(np.prod(shape)))]
    return {"array": [shape, flat]}, np.array(flat, np.int64).reshape(shape)


def case():
    shape = [random.choice([0, 1, 2, 3, 3, 4, 5]) for _ in range(random.randrange(0, 5))]
    encoded, index = [], []
    axis = 0
    ellipsis = False
    while True:
        choice = random.random()
        if choice < 0.1:
            encoded.append({"newaxis": True})
            index.append(None)
        elif choice < 0.18 and not ellipsis:
            ellipsis = True
            encoded.append({"ellipsis": True})
            index.append(Ellipsis)
            axis += random.randrange(0, len(shape) - axis + 1)
        elif choice < 0.22:
            value = random.random() < 0.7
            encoded.append({"mask": [[], [value]]})
            index.append(np.array(value))
        elif choice < 0.3 and axis + 2 <= len(shape):
            sizes = shape[axis : axis + 2]
            mask = np.array([random.random() < 0.5 for _ in range(sizes[0] * sizes[1])], bool)
            encoded.append({"mask": [sizes, mask.tolist()]})
            index.append(mask.reshape(sizes))
            axis += 2
        elif axis < len(shape):
            code, value = entry(shape[axis])
            encoded.append(code)
            index.append(value)
            axis += 1
        if axis >= len(shape) or random.random() < 0.15:
            break
    row = {"shape": shape, "index": encoded}
    x = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    index = tuple(index)
    try:
        result = x[index]
    except IndexError as error:
        row["error"] = str(error).strip()
        return row
    row["result_shape"] = list(result.shape)
    row["result"] = result.ravel().tolist()
    written = x.copy()
    written[index] = -7
    row["scalar"] = written.ravel().tolist()
    written = x.copy()
    values = -1 - np.arange(result.size).reshape(result.shape)
    # NumPy's own shortcut for one whole mask takes flat values; any shape fits here.
    written[index] = values
    row["values"] = written.ravel().tolist()
    added = x.copy()
    np.add.at(added, index, 100 + np.arange(result.size).reshape(result.shape))
    row["added"] = added.ravel().tolist()
    # A value of one line, or of a line of ones: broadcast.
    if result.ndim:
        line = [1] * random.randrange(0, 2) + [random.choice([1, result.shape[-1]])]
        if len(line) <= result.ndim:
            flat = -50 - np.arange(line[-1])
            written = x.copy()
            written[index] = flat.reshape(line)
            row["line"] = [line, written.ravel().tolist()]
    return row


rows = []
while len(rows) < 700:
    row = case()
    if len(row.get("result", [])) <= 60 and int(np.prod(row["shape"])) <= 120:
        rows.append(row)
text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
Path(__file__).with_name("index_goldens.json").write_text(f"[\n{text}\n]\n")
