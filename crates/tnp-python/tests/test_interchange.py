"""Tensors of JAX, PyTorch and TensorFlow come in, and our arrays go out to them: with the libraries that are installed."""

import gc

import numpy as np
import pytest
from agree import same

import tnp

DTYPES = ["bool", "int8", "int16", "int32", "uint8", "float16", "bfloat16", "float32", "complex64"]


def values(dtype, size=6):
    return tnp.arange(size).astype(dtype)


class Jax:
    def __init__(self):
        self.np = pytest.importorskip("jax.numpy")

    def tensor(self, dtype):
        return self.np.arange(6).astype(dtype)

    def take(self, x):
        return self.np.asarray(x)

    def total(self, x):
        return float(self.np.sum(self.np.asarray(x)))


class Torch:
    def __init__(self):
        self.torch = pytest.importorskip("torch")

    def tensor(self, dtype):
        return self.torch.arange(6).to(getattr(self.torch, dtype))

    def take(self, x):
        return self.torch.from_dlpack(x)

    def total(self, x):
        return self.torch.as_tensor(x).sum().item()


class TensorFlow:
    def __init__(self):
        self.tf = pytest.importorskip("tensorflow")

    def tensor(self, dtype):
        return self.tf.cast(self.tf.range(6), dtype)

    def take(self, x):
        return self.tf.convert_to_tensor(x)

    def total(self, x):
        return float(self.tf.reduce_sum(x))


@pytest.fixture(params=[Jax, Torch, TensorFlow], ids=lambda library: library.__name__.lower())
def library(request):
    return request.param()


@pytest.mark.parametrize("dtype", DTYPES)
def test_their_tensors_are_arrays_here(library, dtype):
    tensor = library.tensor(dtype)
    for x in (tnp.asarray(tensor), tnp.array(tensor), tnp.from_dlpack(tensor) if hasattr(tensor, "__dlpack__") else tnp.asarray(tensor)):
        assert x.dtype == dtype
        assert tnp.array_equal(x, values(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_our_arrays_are_tensors_there(library, dtype):
    tensor = library.take(values(dtype))
    assert dtype in str(tensor.dtype)
    assert tnp.array_equal(tnp.asarray(tensor), values(dtype))


def test_functions_take_either_s_arrays(library):
    tensor = library.tensor("float32")
    same(tnp.sin(tensor), np.sin(np.arange(6, dtype="float32")), rtol=1e-6)
    same(tnp.arange(6.0).astype("float32") + tensor, 2 * np.arange(6, dtype="float32"))
    same(tnp.concatenate([tensor, tnp.ones(1, "float32")]), np.array([0, 1, 2, 3, 4, 5, 1], "float32"))
    assert library.total(tnp.arange(6.0).astype("float32")) == 15


def test_views_go_out_with_their_strides(library):
    x = tnp.arange(24.0).astype("float32").reshape(4, 6)
    for view in (x.T, x[1:, ::2], x[:0], x[2, 3]):
        assert tnp.array_equal(tnp.asarray(library.take(view)), view)


def test_gradients_of_theirs_are_ours(library):
    gradient = tnp.grad(lambda x: tnp.sum(x**3))(library.tensor("float32"))
    same(gradient, 3 * np.arange(6, dtype="float32") ** 2)


def test_memory_of_jax_is_shared_and_outlives_its_owner():
    jnp = pytest.importorskip("jax.numpy")
    x = tnp.arange(1024.0).astype("float32")
    theirs = jnp.asarray(x)  # A copy or not, as JAX decides.
    del x
    gc.collect()
    assert float(theirs[1023]) == 1023
    before = tnp.transfer_stats()
    ours = tnp.from_dlpack(jnp.arange(1024.0))
    assert tnp.transfer_stats() == before
    same(ours[:3], np.arange(3, dtype="float32"))


def test_memory_is_shared_with_torch_and_writes_do_not_reach_a_tape():
    torch = pytest.importorskip("torch")
    tensor = torch.arange(6.0)
    x = tnp.from_dlpack(tensor)
    tensor[0] = 9
    assert x[0] == 9
    assert torch.from_dlpack(x).data_ptr() == tensor.data_ptr()
    with tnp.GradientTape() as tape:
        tape.watch(x)
        y = tnp.sum(x * x)
    tensor[:] = 1000
    same(tape.gradient(y, x), np.array([18, 2, 4, 6, 8, 10], "float32"))


def test_what_cannot_be_exported_is_an_exception_of_theirs():
    torch = pytest.importorskip("torch")
    with pytest.raises(BufferError, match="gradient"):
        tnp.asarray(torch.ones(2, requires_grad=True))
