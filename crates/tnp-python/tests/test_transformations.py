"""Traced functions, maps and control flow in Python: structures, retracing, and exceptions raised in users' functions."""

import dataclasses
import gc
import sys
import traceback
import weakref
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from agree import same

import tnp

Pair = namedtuple("Pair", "first second")


@dataclasses.dataclass
class Parameters:
    weight: object
    bias: object
    name: str = "layer"


@dataclasses.dataclass(frozen=True)
class Frozen:
    weight: object


class Plain:
    def __init__(self, weight, activation="relu"):
        self.weight = weight
        self.activation = activation
        self.children = []


# Traced functions


def test_the_body_runs_once_for_each_shape_and_dtype():
    seen = []

    @tnp.function
    def double(x):
        seen.append((x.shape, str(x.dtype)))
        return x * 2

    for value in (tnp.ones(3), tnp.zeros(3), tnp.ones(4), tnp.ones(3, "float32"), tnp.ones(3), np.ones(4)):
        same(double(value), np.asarray(value) * 2)
    assert seen == [((3,), "float64"), ((4,), "float64"), ((3,), "float32")]
    assert double.trace_count == 3


def test_numbers_texts_and_functions_are_static():
    @tnp.function
    def scaled(x, factor=1, mode="up", then=abs, flag=False):
        return then(x * factor if mode == "up" else x / factor) + (100 if flag else 0)

    x = tnp.asarray([1.0, -2.0])
    same(scaled(x, 3), np.array([3.0, 6.0]))
    same(scaled(x, 4), np.array([4.0, 8.0]))
    same(scaled(x, 4, mode="down"), np.array([0.25, 0.5]))
    same(scaled(x, 4, "down"), np.array([0.25, 0.5]))
    same(scaled(x, then=tnp.negative), np.array([-1.0, 2.0]))
    same(scaled(x, flag=True), np.array([101.0, 102.0]))
    count = scaled.trace_count
    same(scaled(x * 2, 3), np.array([6.0, 12.0]))
    same(scaled(x, flag=True), np.array([101.0, 102.0]))
    assert scaled.trace_count == count


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), (0.0, -0.0), (0, False), ("1", 1), (None, 0), ((1, 2), [1, 2])], ids=repr)
def test_static_values_that_are_equal_and_differ(one, other):
    traced = tnp.function(lambda x, s: (seen.append(s), x)[1])
    seen = []
    traced(tnp.ones(2), one)
    traced(tnp.ones(2), other)
    assert [repr(s) for s in seen] == [repr(one), repr(other)]


def test_keywords_in_another_order_are_the_same_call():
    traced = tnp.function(lambda **k: k["a"] - k["b"])
    same(traced(a=tnp.ones(2), b=tnp.zeros(2)), np.ones(2))
    same(traced(b=tnp.zeros(2), a=tnp.ones(2)), np.ones(2))
    assert traced.trace_count == 1


def test_decorators_with_options():
    @tnp.function(cache_size=1)
    def square(x):
        """Squares."""
        return x * x

    for size in (2, 3, 2):
        same(square(tnp.ones(size)), np.ones(size))
    assert square.trace_count == 3 and square.__doc__ == "Squares."
    with pytest.raises(TypeError):
        tnp.function(3)
    with pytest.raises(TypeError):
        tnp.function(square, unknown=1)


def test_input_signature():
    @tnp.function(input_signature=[tnp.TensorSpec((None, 2), "float32")])
    def total(x):
        return tnp.sum(x, axis=0)

    for rows in (1, 5, 9):
        same(total(tnp.ones((rows, 2), "float32")), np.full(2, rows, "float32"))
    for wrong in (tnp.ones((3, 3), "float32"), tnp.ones((3, 2)), tnp.ones(2, "float32")):
        with pytest.raises((ValueError, TypeError)):
            total(wrong)
    assert "float32" in repr(tnp.TensorSpec([None, 2], tnp.float32))


def test_debug_nans():
    @tnp.function(debug_nans=True)
    def inverse(x):
        return tnp.log(x)

    same(inverse(tnp.ones(2)), np.zeros(2))
    with pytest.raises(Exception, match="(?i)nan"):
        inverse(tnp.asarray([-1.0, 1.0]))


def test_graph_and_explain_are_texts():
    traced = tnp.function(lambda x: tnp.sin(x) * 2)
    assert "sin" in traced.graph(tnp.ones(3))
    assert traced.explain(tnp.ones(3))


def test_values_of_traced_arrays_cannot_be_asked_for():
    for body in (float, bool, int, lambda x: [1, 2, 3][x.astype(int)], lambda x: x.tolist(), lambda x: x.numpy(), np.asarray, len, hash):
        traced = tnp.function(lambda x, body=body: (body(x), x)[1])
        with pytest.raises(Exception) as raised:
            traced(tnp.asarray(1.0))
        assert isinstance(raised.value, (TypeError, RuntimeError, ValueError, BufferError)), repr(raised.value)
        assert traceback.extract_tb(raised.value.__traceback__)


def test_traced_functions_within_transformations():
    square = tnp.function(lambda x: x * x)
    x = tnp.arange(3.0)
    same(tnp.grad(lambda x: tnp.sum(square(x)))(x), 2 * np.arange(3.0))
    same(tnp.function(lambda x: square(square(x)))(x), np.arange(3.0) ** 4)
    same(tnp.vmap(square)(x), np.arange(3.0) ** 2)
    same(tnp.function(tnp.vmap(tnp.grad(lambda x: x**3)))(x), 3 * np.arange(3.0) ** 2)
    same(tnp.function(tnp.hessian(lambda x: tnp.sum(x**3)))(x), np.diag(6 * np.arange(3.0)))


def test_a_traced_function_dies_with_its_program():
    def body(x):
        return x + constant

    constant = tnp.zeros(100_000)
    live = tnp.memory_stats()["live"]
    traced = tnp.function(body)
    traced(tnp.ones(()))
    reference = weakref.ref(traced)
    del traced
    gc.collect()
    assert reference() is None
    assert tnp.memory_stats()["live"] <= live


# Structures

STRUCTURES = {
    "list": [tnp.ones(2), tnp.zeros(2)],
    "tuple": (tnp.ones(2), (tnp.zeros(2), ())),
    "namedtuple": Pair(tnp.ones(2), tnp.zeros(2)),
    "dict": {"b": tnp.ones(2), "a": {"c": tnp.zeros(2)}},
    "ordered dict": OrderedDict(z=tnp.ones(2), a=tnp.zeros(2)),
    "dict of integers": {2: tnp.ones(2), (1, 2): tnp.zeros(2)},
    "dataclass": Parameters(tnp.ones(2), tnp.zeros(2)),
    "frozen dataclass": Frozen(tnp.ones(2)),
    "plain object": Plain(tnp.ones(2)),
    "nested": [{"a": Pair(Parameters(tnp.ones(2), Plain(tnp.zeros(2))), [tnp.ones(())])}],
    "with None": [tnp.ones(2), None, "text"],
}


def leaves(structure):
    """The arrays of a structure in order."""
    if isinstance(structure, (tnp.ndarray, np.ndarray)):
        return [np.asarray(structure)]
    if isinstance(structure, dict):
        return sum((leaves(part) for part in structure.values()), [])
    if isinstance(structure, (list, tuple)):
        return sum((leaves(part) for part in structure), [])
    if hasattr(structure, "__dict__"):
        return leaves(vars(structure))
    return []


def total(structure):
    """The sum of all its arrays."""
    if isinstance(structure, tnp.ndarray):
        return tnp.sum(structure * structure)
    if isinstance(structure, dict):
        return sum(total(part) for part in structure.values())
    if isinstance(structure, (list, tuple)):
        return sum(total(part) for part in structure)
    return total(vars(structure)) if hasattr(structure, "__dict__") else 0.0


@pytest.mark.parametrize("what", STRUCTURES)
def test_structures_come_back_as_they_are(what):
    structure = STRUCTURES[what]
    traced = tnp.function(lambda s: s)
    for _ in range(2):
        back = traced(structure)
        assert type(back) in (type(structure), dict)
        same([tnp.asarray(x) for x in leaves(back)], leaves(structure))
    assert traced.trace_count == 1
    gradient = tnp.grad(total)(structure)
    same([tnp.asarray(x) for x in leaves(gradient)], [2 * x for x in leaves(structure)])
    with tnp.GradientTape() as tape:
        tape.watch(structure)
        y = total(structure)
    same([tnp.asarray(x) for x in leaves(tape.gradient(y, structure))], [2 * x for x in leaves(structure)])


@pytest.mark.parametrize("what", ["namedtuple", "dict", "ordered dict", "dataclass", "frozen dataclass", "plain object"])
def test_structures_keep_their_classes_and_keys(what):
    structure = STRUCTURES[what]
    back = tnp.grad(total)(structure)
    if what != "ordered dict":
        assert type(back) is type(structure)
    if isinstance(structure, dict):
        assert list(back) == list(structure)
    if what == "dataclass":
        assert back.name == "layer"


def test_updated_weights_never_give_stale_results():
    model = Plain(tnp.asarray([1.0, 2.0]))

    @tnp.function
    def predict(model, x):
        y = model.weight * x
        return y if model.activation == "relu" else -y

    same(predict(model, 10.0), np.array([10.0, 20.0]))
    for step in range(5):
        model.weight = model.weight + 1
        same(predict(model, 10.0), (np.array([1.0, 2.0]) + step + 1) * 10)
    model.weight[0] = 0
    same(predict(model, 10.0), np.array([0.0, 70.0]))
    assert predict.trace_count == 1
    model.activation = "none"
    same(predict(model, 10.0), np.array([-0.0, -70.0]))
    model.weight = tnp.ones(3)
    same(predict(model, 10.0), np.full(3, -10.0))
    model.extra = tnp.ones(1)
    same(predict(model, 10.0), np.full(3, -10.0))
    del model.extra
    model.children = [Plain(tnp.ones(2))]
    same(predict(model, 10.0), np.full(3, -10.0))
    assert predict.trace_count == 5


def test_methods_of_models_see_updated_weights():
    class Model:
        def __init__(self):
            self.weight = tnp.asarray(2.0)

        @tnp.function
        def __call__(self, x):
            return self.weight * x

    model, other = Model(), Model()
    same(model(tnp.ones(2)), np.full(2, 2.0))
    model.weight = tnp.asarray(5.0)
    same(model(tnp.ones(2)), np.full(2, 5.0))
    same(other(tnp.ones(2)), np.full(2, 2.0))
    assert Model.__call__.trace_count == 1


def test_training_a_model_in_a_traced_step():
    @tnp.function
    def step(model, x, t):
        loss, gradient = tnp.value_and_grad(lambda m: tnp.mean((x @ m.weight - t) ** 2))(model)
        return loss, model.weight - 0.1 * gradient.weight

    tnp.random.seed(0)
    model, x = Plain(tnp.zeros(3)), tnp.random.randn(50, 3)
    t = x @ tnp.asarray([1.0, -2.0, 3.0])
    losses = []
    for _ in range(100):
        loss, model.weight = step(model, x, t)
        losses.append(float(loss))
    assert losses[-1] < 1e-5 < losses[0] and step.trace_count == 1
    np.testing.assert_allclose(model.weight.numpy(), [1, -2, 3], atol=1e-2)


def test_a_body_that_sets_attributes_of_its_argument_is_refused():
    def body(model):
        model.weight = model.weight + 1
        return model.weight

    with pytest.raises(TypeError, match="weight"):
        tnp.function(body)(Plain(tnp.ones(2)))


def test_global_arrays_are_constants_and_nested_changes_need_arguments():
    weights = [tnp.ones(2)]
    traced = tnp.function(lambda x, w: x + w[0])
    same(traced(tnp.ones(2), weights), np.full(2, 2.0))
    weights[0] = tnp.zeros(2)
    same(traced(tnp.ones(2), weights), np.ones(2))
    weights.append(tnp.zeros(1))
    same(traced(tnp.ones(2), weights), np.ones(2))
    assert traced.trace_count == 2


def test_structures_that_contain_themselves():
    endless = []
    endless.append(endless)
    looped = {"a": tnp.ones(2)}
    looped["self"] = looped
    owner = Plain(tnp.ones(2))
    owner.weight = [owner]
    for structure in (endless, looped, owner):
        for call in (tnp.function(lambda s: 1.0), tnp.grad(lambda s: 1.0), lambda s: tnp.vectorized_map(lambda x: x, s)):
            with pytest.raises((ValueError, RecursionError)):
                call(structure)


# Maps


def test_maps():
    x, y = np.arange(6.0).reshape(3, 2), np.arange(3.0)
    work = lambda p: {"sum": tnp.sum(p[0]) + p[1], "row": p[0] * 2}  # noqa: E731
    for function in (tnp.vectorized_map, tnp.map_fn):
        result = function(work, (x, y))
        same(result["sum"], x.sum(1) + y)
        same(result["row"], x * 2)
        same(function(lambda v: v[::-1], x), x[:, ::-1])


def test_vmap_axes():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    dot = lambda u, v: tnp.sum(u * v)  # noqa: E731
    same(tnp.vmap(dot, in_axes=(0, None))(a, b), a @ b)
    same(tnp.vmap(dot, in_axes=(1, 0))(a, tnp.ones((3, 2))), a.sum(0))
    same(tnp.vmap(lambda u: u * 2, out_axes=1)(a), (a * 2).T)
    same(tnp.vmap(lambda u: u * 2, in_axes=-1)(a), (a * 2).T)
    same(tnp.vmap(lambda u, v: (u, v), in_axes=(0, None), out_axes=(0, 0))(b, 1.0), (b, np.ones(3)))
    same(tnp.vmap(tnp.vmap(dot, in_axes=(None, 0)), in_axes=(0, None))(a, a), a @ a.T)
    with pytest.raises(ValueError):
        tnp.vmap(dot)(a, tnp.ones((5, 3)))
    with pytest.raises(ValueError):
        tnp.vmap(dot, in_axes=(0,))(a, b)
    with pytest.raises(ValueError):
        tnp.vmap(dot, in_axes=(7, 0))(a, b)
    with pytest.raises((ValueError, TypeError)):
        tnp.vmap(dot, in_axes=(None, None))(a, b)
    with pytest.raises(TypeError):
        tnp.vmap("no function")


def test_maps_run_the_body_once_and_map_fn_once_a_row():
    for function, count in ((tnp.vectorized_map, 1), (tnp.map_fn, 4)):
        calls = []
        function(lambda x: (calls.append(1), x)[1], tnp.ones((4, 2)))
        assert len(calls) in (count, 1)


# Control flow


def collatz(n):
    steps = 0
    while n != 1:
        n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
    return steps


def own_collatz(n):
    def body(state):
        n, steps = state
        return tnp.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

    return tnp.while_loop(lambda state: state[0] != 1, body, (n, tnp.asarray(0)))[1]


@pytest.mark.parametrize("traced", [lambda f: f, tnp.function], ids=["eager", "traced"])
class TestControlFlow:
    def test_cond(self, traced):
        choose = traced(lambda p, x: tnp.cond(p, lambda x: x * 2, lambda x: x - 1, x))
        same(choose(tnp.asarray(True), tnp.ones(2)), np.full(2, 2.0))
        same(choose(tnp.asarray(False), tnp.ones(2)), np.zeros(2))
        several = traced(lambda p, x, y: tnp.cond(p > 0, lambda x, y: {"a": x}, lambda x, y: {"a": y}, x, y))
        same(several(tnp.asarray(1), 1.0 * tnp.ones(1), tnp.zeros(1))["a"], np.ones(1))

    def test_cond_runs_one_branch_when_it_can(self, traced):
        branch = traced(lambda p, x: tnp.cond(p, lambda x: x / x, lambda x: x, x))
        same(branch(tnp.asarray(False), tnp.zeros(2)), np.zeros(2))

    def test_switch(self, traced):
        branches = [lambda x: x, lambda x: x * 10, lambda x: -x]
        choose = traced(lambda i, x: tnp.switch(i, branches, x))
        for at, factor in [(0, 1), (1, 10), (2, -1)]:
            same(choose(tnp.asarray(at), tnp.ones(2)), np.full(2, float(factor)))
        for wrong in (3, -1, -9):
            with pytest.raises(IndexError):
                choose(tnp.asarray(wrong), tnp.ones(2))

    def test_while_loop(self, traced):
        count = traced(own_collatz)
        for n in (1, 6, 27):
            same(count(tnp.asarray(n)), np.array(collatz(n)))
        limited = traced(lambda x: tnp.while_loop(lambda x: x < 1000, lambda x: x * 2, x, max_iters=3))
        same(limited(tnp.asarray(1)), np.array(8))

    def test_fori_loop(self, traced):
        power = traced(lambda x: tnp.fori_loop(0, 5, lambda i, v: v * x + i, tnp.ones(2)))
        expected = np.ones(2)
        for i in range(5):
            expected = expected * 3.0 + i
        same(power(tnp.asarray(3.0)), expected)
        same(traced(lambda x: tnp.fori_loop(5, 2, lambda i, v: v * 0, x))(tnp.ones(2)), np.ones(2))

    def test_scan(self, traced):
        run = traced(lambda xs: tnp.scan(lambda c, x: (c + x, {"c": c, "x2": x * 2}), tnp.zeros(2), xs))
        carry, ys = run(np.arange(6.0).reshape(3, 2))
        same(carry, np.array([6.0, 9.0]))
        same(ys["c"], np.array([[0.0, 0], [0, 1], [2, 4]]))
        same(ys["x2"], np.arange(6.0).reshape(3, 2) * 2)
        carry, _ = traced(lambda c: tnp.scan(lambda c, _: (c * 2, c), c, length=4))(tnp.asarray(1.0))
        same(carry, np.array(16.0))
        _, ys = traced(lambda xs: tnp.scan(lambda c, x: (x, c), tnp.asarray(0.0), xs, reverse=True))(np.arange(3.0))
        same(ys, np.array([1.0, 2.0, 0.0]))

    def test_gradients_through_control_flow(self, traced):
        g = traced(tnp.grad(lambda x: tnp.scan(lambda c, _: (c * x, c), tnp.asarray(1.0), length=3)[0]))
        same(g(tnp.asarray(2.0)), np.array(12.0))
        g = traced(tnp.grad(lambda x: tnp.cond(x > 0, lambda x: x**3, lambda x: -x, x)))
        same(g(tnp.asarray(2.0)), np.array(12.0))
        same(g(tnp.asarray(-2.0)), np.array(-1.0))
        g = traced(tnp.grad(lambda x: tnp.fori_loop(0, 3, lambda i, v: v * x, tnp.asarray(1.0))))
        same(g(tnp.asarray(2.0)), np.array(12.0))


def test_control_flow_refuses_what_does_not_fit():
    with pytest.raises((TypeError, ValueError)):
        tnp.while_loop(lambda x: x < 3, lambda x: (x, x), tnp.asarray(0))
    with pytest.raises((TypeError, ValueError)):
        tnp.function(lambda p: tnp.cond(p, lambda: tnp.ones(2), lambda: tnp.ones(3)))(tnp.asarray(True))
    with pytest.raises(TypeError):
        tnp.scan(lambda c, x: c, 0.0, tnp.ones(3))
    with pytest.raises(ValueError):
        tnp.scan(lambda c, x: (c, x), 0.0, (tnp.ones(3), tnp.ones(4)))
    with pytest.raises(IndexError):
        tnp.switch(tnp.asarray(0), [], tnp.ones(2))


# Exceptions


class Mine(Exception):
    """An exception with more than words."""

    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code


def raises_mine(*_):
    raise Mine(42)


CALLS = {
    "function": lambda f: tnp.function(f)(tnp.ones(2)),
    "function in function": lambda f: tnp.function(lambda x: tnp.function(f)(x))(tnp.ones(2)),
    "grad": lambda f: tnp.grad(f)(tnp.ones(2)),
    "grad of grad": lambda f: tnp.grad(tnp.grad(f))(1.0),
    "has_aux": lambda f: tnp.grad(f, has_aux=True)(tnp.ones(2)),
    "value_and_grad": lambda f: tnp.value_and_grad(f)(tnp.ones(2)),
    "jacobian": lambda f: tnp.jacobian(f)(tnp.ones(2)),
    "jacfwd": lambda f: tnp.jacfwd(f)(tnp.ones(2)),
    "hessian": lambda f: tnp.hessian(f)(tnp.ones(2)),
    "jvp": lambda f: tnp.jvp(f, (tnp.ones(2),), (tnp.ones(2),)),
    "vjp": lambda f: tnp.vjp(f, tnp.ones(2)),
    "hvp": lambda f: tnp.hvp(f, tnp.ones(2), tnp.ones(2)),
    "custom function": lambda f: tnp.custom_gradient(f, f)(tnp.ones(2)),
    "custom gradient": lambda f: tnp.grad(lambda x: tnp.sum(tnp.custom_gradient(lambda x: x, f)(x)))(tnp.ones(2)),
    "checkpoint": lambda f: tnp.checkpoint(f)(tnp.ones(2)),
    "vectorized_map": lambda f: tnp.vectorized_map(f, tnp.ones((2, 2))),
    "vmap": lambda f: tnp.vmap(f)(tnp.ones((2, 2))),
    "map_fn": lambda f: tnp.map_fn(f, tnp.ones((2, 2))),
    "cond": lambda f: tnp.cond(True, f, f, tnp.ones(2)),
    "traced cond": lambda f: tnp.function(lambda p: tnp.cond(p, f, f, p))(tnp.asarray(True)),
    "switch": lambda f: tnp.switch(0, [f, f], tnp.ones(2)),
    "while_loop condition": lambda f: tnp.while_loop(f, lambda x: x, tnp.ones(())),
    "while_loop body": lambda f: tnp.while_loop(lambda x: x > 0, f, tnp.ones(())),
    "fori_loop": lambda f: tnp.fori_loop(0, 2, f, tnp.ones(2)),
    "scan": lambda f: tnp.scan(f, tnp.ones(2), tnp.ones((2, 2))),
    "apply": lambda f: tnp.ones(2).at[0].apply(f),
    "stop_recording": lambda f: tnp.GradientTape().stop_recording(f),
    "all of them": lambda f: tnp.function(tnp.vmap(tnp.grad(lambda x: tnp.cond(x > 0, f, f, x))))(tnp.ones(3)),
}


@pytest.mark.parametrize("call", CALLS)
def test_exceptions_come_out_as_they_were_raised(call):
    with pytest.raises(Mine) as raised:
        CALLS[call](raises_mine)
    assert raised.value.code == 42
    assert "raises_mine" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interrupts_come_out(call, interrupt):
    def stops(*_):
        raise interrupt

    with pytest.raises(interrupt):
        CALLS[call](stops)
    # What was under way is over: the next call is as ever.
    same(tnp.grad(lambda x: tnp.sum(x * x))(tnp.ones(2)), np.full(2, 2.0))


@pytest.mark.parametrize("call", CALLS)
def test_errors_of_the_library_inside_keep_type_and_words(call):
    with pytest.raises(IndexError, match="out of bounds"):
        CALLS[call](lambda *_: tnp.ones(3)[7])


@pytest.mark.parametrize("call", CALLS)
def test_a_caught_exception_does_not_come_back(call):
    def fails_then_catches(*_):
        try:
            tnp.grad(raises_mine)(1.0)
        except Mine:
            pass
        return tnp.ones(3)[7]

    with pytest.raises(IndexError):
        CALLS[call](fails_then_catches)


@pytest.mark.parametrize("call", CALLS)
def test_recursion_without_end(call):
    def deeper(*_):
        return CALLS[call](deeper)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        with pytest.raises((RecursionError, RuntimeError)):
            CALLS[call](deeper)
    finally:
        sys.setrecursionlimit(limit)
    same(tnp.ones(2) + 1, np.full(2, 2.0))


def test_a_failed_trace_is_tried_again():
    fail = [True]

    @tnp.function
    def traced(x):
        if fail:
            raise Mine(1)
        return x * 2

    with pytest.raises(Mine):
        traced(tnp.ones(2))
    fail.clear()
    same(traced(tnp.ones(2)), np.full(2, 2.0))


def test_exceptions_hold_no_memory():
    live = tnp.memory_stats()["live"]

    def fails(x):
        y = x + tnp.zeros(100_000)
        raise Mine(y.shape)

    for _ in range(10):
        for transformation in (tnp.grad, tnp.function, tnp.vmap):
            with pytest.raises(Mine):
                transformation(fails)(tnp.ones(2)[:1] if transformation is not tnp.vmap else tnp.ones((2, 1)))
    gc.collect()
    assert tnp.memory_stats()["live"] <= live


class Layer:
    """A callable plain object, as models are."""

    def __init__(self):
        self.weight = tnp.ones(3)

    def __call__(self, x):
        return self.weight * x


class Model:
    def __init__(self):
        self.layers = [Layer(), Layer()]


@pytest.mark.parametrize(
    "change",
    [
        lambda model: setattr(model.layers[1], "weight", tnp.zeros(3)),
        lambda model: setattr(model.layers[0], "calls", 1),
        lambda model: delattr(model.layers[0], "weight"),
        lambda model: setattr(model, "layers", []),
    ],
)
def test_attributes_set_while_tracing_are_not_lost_in_silence(change):
    @tnp.function
    def step(model, x):
        y = model.layers[0](model.layers[1](x))
        change(model)
        return y

    @tnp.function
    def fine(model, x):
        return model.layers[0](model.layers[1](x))

    model = Model()
    with pytest.raises(TypeError, match="sets the attribute"):
        step(model, tnp.ones(3))
    assert list(fine(model, tnp.ones(3))) == [1.0, 1.0, 1.0]
    layer = Layer()
    with pytest.raises(TypeError, match="sets the attribute 'weight'"):
        tnp.function(lambda layer: setattr(layer, "weight", layer.weight * 2))(layer)


def test_settings_are_scoped_and_part_of_a_signature():
    x = tnp.asarray([[1, 2], [3, 4]], "float32")
    product = tnp.function(lambda x: x @ x)
    product(x)
    with tnp.numpy_behavior("all", matmul_precision="tensorfloat32"):
        assert tnp.current_behavior() == "all"
        with tnp.numpy_behavior(matmul_precision="float32"):
            assert tnp.current_behavior() == "all"
        # Only GPUs that can are less exact.
        np.testing.assert_array_equal(product(x), np.asarray(x) @ np.asarray(x))
        with pytest.raises(KeyError), tnp.numpy_behavior("safe"):
            raise KeyError
        assert tnp.current_behavior() == "all"
    assert tnp.current_behavior() == "numpy"
    traces = product.trace_count
    with tnp.numpy_behavior(matmul_precision="tensorfloat32"):
        product(x)
    assert traces == 2 and product.trace_count == 3
    for wrong in ({"dtype_conversion_mode": "other"}, {"matmul_precision": "float16"}):
        with pytest.raises(ValueError, match="must be"):
            tnp.numpy_behavior(**wrong)
