"""Writes npy_goldens.txt: whole .npy files as NumPy 2.4.6 and ml_dtypes save them, in hexadecimal.

    python npy_goldens.py > npy_goldens.txt

One file a line: dtype, byte order (< or >), fortran order (0 or 1), shape with x between (- for 0-d), bytes.
Runs of spaces in a header (0x20) are kept, so that a line is the file.
"""

import io
import sys

import ml_dtypes
import numpy as np

assert np.__version__ == "2.4.6", np.__version__
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 complex64 complex128"


def line(array):
    file = io.BytesIO()
    np.save(file, array)
    name = "bfloat16" if array.dtype.kind == "V" else array.dtype.name
    order = ">" if array.dtype.byteorder == ">" else "<"
    fortran = int(array.flags.f_contiguous and not array.flags.c_contiguous)
    shape = "x".join(map(str, array.shape)) or "-"
    return f"{name} {order} {fortran} {shape} {file.getvalue().hex()}"


def main():
    for name in DTYPES.split():
        dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
        # 1, 2 ... with an imaginary part where there is one.
        base = np.arange(1, 7).astype("complex128" if name.startswith("complex") else "float64")
        if name.startswith("complex"):
            base = base + 1j * base[::-1]
        values = base.astype(dtype).reshape(2, 3)
        print(line(values))
        print(line(np.asfortranarray(values)))
        if dtype.itemsize > 1:
            print(line(values.astype(dtype.newbyteorder(">"))))
    for shape in [(), (1,), (0,), (4, 0, 3), (3, 1), (1,) * 40, (10,) * 2 + (1,) * 62, (123456, 0)]:
        print(line(np.zeros(shape, "int8")))
    print(line(np.zeros((0, 123456789), "float32", order="F")))


main()
