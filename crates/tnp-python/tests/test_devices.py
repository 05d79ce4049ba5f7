"""Work on every device there is: NumPy's values, results that stay where they are computed, copies that are counted, waiting."""

import numpy as np
import pytest

import tnp

DEVICES = [str(device) for device in tnp.devices()]
X = np.arange(12, dtype="float32").reshape(3, 4) / 4


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


@pytest.fixture
def x(device):
    return tnp.asarray(X).to_device(device)


def test_results_stay_where_they_are_computed(device, x):
    for ours, theirs in [
        (tnp.matmul(x, x.T), X @ X.T),
        (tnp.exp(x)[1:, ::-2], np.exp(X)[1:, ::-2]),
        (tnp.sum(x, axis=0), X.sum(axis=0)),
        (tnp.sort(-x, axis=1), np.sort(-X, axis=1)),
        (x[x > 1], X[X > 1]),
        (x[[2, 0]], X[[2, 0]]),
        (x.at[0].set(7), np.concatenate([np.full((1, 4), 7, "float32"), X[1:]])),
        (tnp.cumsum(x, axis=1), X.cumsum(axis=1)),
    ]:
        assert ours.device == device and ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)


def test_scopes_make_arrays_there(device):
    with tnp.device(device):
        made = [tnp.zeros(3), tnp.arange(5), tnp.asarray(X), tnp.random.randn(2)]
    assert [array.device for array in made] == [device] * 4


def test_transformations_work_there(device, x):
    with tnp.GradientTape() as tape:
        tape.watch(x)
        y = tnp.sum(tnp.sin(x) * x)
    slope = tape.gradient(y, x)
    assert slope.device == device
    np.testing.assert_allclose(slope.numpy(), np.cos(X) * X + np.sin(X), rtol=1e-5)
    compiled = tnp.function(lambda x: 1 / (1 + tnp.exp(-x)))
    assert compiled(x).device == device
    np.testing.assert_allclose(compiled(x).numpy(), 1 / (1 + np.exp(-X)), rtol=1e-6)
    norms = tnp.vectorized_map(lambda row: tnp.sum(row * row), x)
    np.testing.assert_allclose(norms.numpy(), (X * X).sum(axis=1), rtol=1e-6)


def test_what_numpy_gets_is_copied_once(device, x):
    tnp.sync(device)
    tnp.reset_transfer_stats()
    np.testing.assert_array_equal(np.asarray(x), X)
    assert tnp.transfer_stats()["copies"] == (device[:3] != "cpu")


def test_waiting(device, x):
    y = tnp.exp(x)
    assert tnp.sync(device) is None and tnp.sync() is None
    np.testing.assert_allclose(y.numpy(), np.exp(X), rtol=1e-6)
    with pytest.raises(RuntimeError, match="abacus"):
        tnp.sync("abacus:0")
    with pytest.raises(TypeError):
        tnp.sync(3)


def test_an_index_out_of_bounds_is_found(device, x):
    with pytest.raises(IndexError, match="index 9 is out of bounds for axis 0 with size 3"):
        x[tnp.asarray([0, 9]).to_device(device)].numpy()
    tnp.sync(device)
    np.testing.assert_array_equal(x.numpy(), X)


def test_devices_are_kept_apart():
    if len(DEVICES) == 1:
        tnp.set_logical_devices("cpu", 2)
    here, there = (tnp.asarray(X).to_device(str(device)) for device in tnp.devices()[:2])
    with pytest.raises(RuntimeError, match="to"):
        here + there
    with tnp.device(str(there.device)):
        both = here + there
    assert both.device == there.device
    np.testing.assert_array_equal(both.numpy(), X + X)


def test_memory_goes_to_numpy_by_dlpack_with_one_copy(device, x):
    tnp.sync(device)
    tnp.reset_transfer_stats()
    np.testing.assert_array_equal(np.from_dlpack(x[:, ::2], device="cpu"), X[:, ::2])
    assert tnp.transfer_stats()["copies"] == int(not device.startswith("cpu"))


def test_the_place_of_memory_is_dlpack_s_or_an_exception(device, x):
    kind, number = device.split(":")
    if kind in PLACES:
        assert x.__dlpack_device__() == (PLACES[kind], 0 if kind == "cpu" else int(number))
    else:
        with pytest.raises(BufferError, match=r'copy it with `x\.to_device\("cpu:0"\)`'):
            x.__dlpack_device__()


PLACES = {"cpu": 1, "cuda": 2}


@pytest.fixture
def torch_on_a_gpu():
    torch = pytest.importorskip("torch")
    if not any(device.startswith("cuda") for device in DEVICES) or not torch.cuda.is_available():
        pytest.skip("no device cuda:0 of both tnp and PyTorch")
    return torch


def test_torch_reads_memory_of_a_gpu_where_it_lies(torch_on_a_gpu):
    torch = torch_on_a_gpu
    x = tnp.asarray(np.arange(1 << 20, dtype="float32").reshape(1024, 1024)).to_device("cuda:0")
    tnp.sync("cuda:0")
    tnp.reset_transfer_stats()
    for _ in range(20):
        # What computes `y` is not awaited here, nor what reads it.
        y = tnp.sqrt(tnp.matmul(x, x.T) * 0 + x * x)
        copies = tnp.transfer_stats()["copies"]
        theirs = torch.from_dlpack(y)
        total = (theirs - torch.from_dlpack(x)).abs().sum()
        assert tnp.transfer_stats()["copies"] == copies
        del y, theirs
        junk = tnp.full((1024, 1024), 7, dtype="float32", device="cuda:0")
        assert total.item() == 0
        del junk


def test_memory_of_torch_on_a_gpu_comes_in_with_one_copy_on_the_device(torch_on_a_gpu):
    torch = torch_on_a_gpu
    for dtype in ("bool", "int8", "int64", "float16", "bfloat16", "float32", "complex64"):
        theirs = torch.arange(24, device="cuda:0").reshape(4, 6).to(getattr(torch, dtype))
        tnp.reset_transfer_stats()
        for tensor in (theirs, theirs.T, theirs[1:, ::2], theirs[:0]):
            x = tnp.from_dlpack(tensor)
            assert x.device == "cuda:0" and x.dtype == dtype and x.shape == tuple(tensor.shape)
            assert tnp.array_equal(x.to_device("cpu:0"), tnp.from_dlpack(tensor.cpu()))
    with pytest.raises(ValueError, match="copy=False"):
        tnp.from_dlpack(theirs, copy=False)
