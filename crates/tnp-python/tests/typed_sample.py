"""What a program looks like to a type checker: each line is right, and those marked `type: ignore` have to be refused."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import tnp

x: tnp.ndarray = tnp.linspace(0, 1, 5)
shape: tuple[int, ...] = x.shape
dtype: tnp.dtype = x.dtype
y: tnp.ndarray = 2 * x + [1, 2, 3, 4, 5] - np.ones(5) @ tnp.eye(5)
mask: tnp.ndarray = (x > 0.5) & ~(x == 1)
part: tnp.ndarray = x[mask, None][..., 0]
x[::2] = 0
x += 1
written: tnp.ndarray = x.at[1:3].add(y[:2])
rows: list[tuple[int, ...]] = [row.shape for row in tnp.ones((2, 3))]
number: float = float(tnp.sum(x, axis=0, initial=1))
whole: tnp.ndarray = tnp.zeros((2, 3), dtype=np.float32).astype("int8").astype(tnp.int64)
pieces: list[tnp.ndarray] = tnp.split(tnp.arange(6), 3)
places: tuple[tnp.ndarray, ...] = tnp.where(mask)
chosen: tnp.ndarray = tnp.where(mask, x, 0)
close: bool = tnp.allclose(x, y, rtol=1e-3)
spectrum: tnp.ndarray = tnp.fft.rfft(x, norm="ortho")
draws: tnp.ndarray = tnp.random.randn(2, 3)
ours: tnp.ndarray = tnp.asarray(np.ones(3), copy=False)
theirs: np.ndarray = x.numpy()
total: np.float64 = np.float64(np.mean(x))
found: tnp.ndarray = tnp.unique(x)
counts: tnp.ndarray = tnp.unique_counts(x).counts
heights, edges = tnp.histogram(x, bins=3)
limits: float = tnp.finfo(tnp.float32).eps


@dataclass
class Model:
    """Weights."""

    weights: tuple[tnp.ndarray, tnp.ndarray]


@tnp.function
def loss(model: Model, inputs: tnp.ndarray) -> tnp.ndarray:
    """Traced, with the signature it was written with."""
    w, b = model.weights
    return tnp.sum(tnp.square(inputs @ w + b))


value: tnp.ndarray = loss(Model((tnp.ones((5, 2)), tnp.zeros(2))), x)
traces: int = loss.trace_count


@tnp.function(debug_nans=True)
def twice(x: tnp.ndarray) -> tnp.ndarray:
    """A decorator with options."""
    return 2 * x


with tnp.GradientTape(persistent=True) as tape, tnp.device("cpu:0"), tnp.numpy_behavior("all", prefer_float32=True):
    tape.watch(x)
    z = tnp.tanh(x)
gradient = tape.gradient(z, x)
jacobian: tnp.ndarray = tape.batch_jacobian(z, x)
gradients: Callable[..., object] = tnp.grad(lambda x: tnp.sum(x**2))
pairs: tuple[tnp.ndarray, tnp.ndarray] = tnp.vectorized_map(lambda row: (row + 1, row * 2), x)

tnp.sqrt("two")  # type: ignore[arg-type]
tnp.zeros((2, 3), typ=tnp.float32)  # type: ignore[call-arg]
tnp.sin(x, x)  # type: ignore[call-arg]
tnp.enable_numpy_behavior("any")  # type: ignore[arg-type]
loss(x)  # type: ignore[call-arg, arg-type]
wrong: int = tnp.sum(x)  # type: ignore[assignment]
x.no_such_method()  # type: ignore[attr-defined]
