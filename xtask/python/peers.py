"""Times a Python library on benchmark rows, the way benches/src/timing.rs times ours.

peers.py numpy|jax|torch|tf|numexpr|numba      a request on each line of standard input, a time on each line of standard output; both JSON

Threads are set by the caller: OMP_NUM_THREADS and its like.
"""

import json
import os
import platform
import re
import sys
import time
import timeit

import numpy as np

BATCH = 50e-6
REPEATS = (2, 200)


class Library:
    """What most libraries do: NumPy's arrays as they are, and only rows with a program for them."""

    def array(self, values):
        return values

    def function(self, expression, names):
        """The statement to time, and what it needs to know."""
        raise NotImplementedError(expression)


class NumPy(Library):
    def __init__(self):
        self.np = np
        config = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        self.about = f"NumPy {np.__version__} ({config['name']} {config['version']})"

    def function(self, expression, names):
        return expression, {}


class Jax(Library):
    """The row's expression under `jit`."""

    def __init__(self):
        if os.environ.get("OMP_NUM_THREADS") == "1":
            os.environ["XLA_FLAGS"] = (
                "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
            )
            # Its pool has a thread for each core that it may use.
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.np = jax, jax.numpy
        self.about = f"JAX {jax.__version__}, under jit"

    def array(self, values):
        return self.np.asarray(values)

    def function(self, expression, names):
        inner = eval(f"lambda {', '.join(names)}: {expression}", {"np": self.np})
        return (
            f"ready(compiled({', '.join(names)}))",
            {"compiled": self.jax.jit(inner), "ready": self.jax.block_until_ready},
        )


class Torch(Library):
    """The row's expression in PyTorch's eager mode, where it has the same names."""

    def __init__(self):
        import torch

        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        self.np = self.torch = torch
        self.about = f"PyTorch {torch.__version__}, eager"

    def array(self, values):
        return self.torch.from_numpy(np.ascontiguousarray(values))

    def function(self, expression, names):
        # Sorting gives values and indices, maxima along an axis too; reductions have keywords of their own.
        if re.search(r"sort|\.max\(\d|\.any|random|repeat|std|pad|flip", expression):
            raise NotImplementedError(expression)
        expression = re.sub(r"\.astype\((?:np\.)?(\w+)\)", r".to(np.\1)", expression)
        expression = re.sub(r"np\.ascontiguousarray\((.*)\)$", r"(\1).contiguous()", expression)
        return expression.replace(".copy()", ".clone()"), {}


class TensorFlow(Library):
    """Only rows with a program for it: `tf.experimental.numpy` is slower than NumPy on all others."""

    def __init__(self):
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import tensorflow as tf
        import tensorflow.experimental.numpy as tnp

        threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.get_logger().setLevel("ERROR")
        self.tf, self.np = tf, tnp
        self.about = f"TensorFlow {tf.__version__}"

    def array(self, values):
        return self.tf.constant(values)


class NumExpr(Library):
    """Only rows with a program for it."""

    def __init__(self):
        import numexpr

        numexpr.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        self.np, self.numexpr = np, numexpr
        self.about = f"numexpr {numexpr.__version__}"


class Numba(Library):
    """Only rows with a program for it."""

    def __init__(self):
        os.environ["NUMBA_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")
        import numba

        self.np, self.numba = np, numba
        self.about = f"numba {numba.__version__}, parallel, fastmath"


def program(library, source, names):
    """The statement that calls what a row's own program for the library defines."""
    scope = {"np": library.np}
    scope |= {name: module for name, module in vars(library).items() if name not in ("np", "about")}
    exec(source, scope)
    return f"run({', '.join(names)})", {"run": scope["run"]}


def inputs(library, row):
    """The arrays: the same distribution as in benches/src/row.rs, other values."""
    rng = np.random.default_rng(7)
    arrays = {}
    for name, spec in zip("xyzuvw", row["inputs"]):
        shape, fill = spec["shape"], spec["fill"]
        if fill == "unit":
            values = rng.random(shape, np.float32) + np.float32(0.1)
        elif fill == "signed":
            values = rng.random(shape, np.float32) * np.float32(6) - np.float32(3)
        elif fill == "half":
            values = rng.random(shape, np.float32) < 0.5
        else:
            values = rng.integers(0, fill["below"], shape)
        arrays[name] = library.array(values.astype(spec["dtype"]))
    return arrays


class Ready:
    """A row made ready, kept until another is asked for."""

    def __init__(self, library, row):
        self.name = row["name"]
        arrays = inputs(library, row)
        if row["programs"]:
            statement, scope = program(library, row["programs"][peer_name()], list(arrays))
        else:
            statement, scope = library.function(row["expression"], list(arrays))
        scope |= {"np": library.np, "_np": library.np}
        scope |= {f"_{name}": array for name, array in arrays.items()}
        # Local names, as in a function: global ones would cost NumPy some 10 ns each.
        setup = "; ".join([f"{name} = _{name}" for name in arrays] + ["np = _np"])
        self.batch = timeit.Timer(statement, setup, globals=scope).timeit
        scope |= arrays
        try:
            result = eval(statement, scope)
        except SyntaxError:  # an assignment: its result is the array itself
            exec(statement, scope)
            result = scope["x"]
        if isinstance(result, (list, tuple)):
            result = result[0]
        dtype = str(getattr(result, "dtype", type(result).__name__))
        dtype = re.search(r"\w+\d*", dtype.removeprefix("torch.").removeprefix("<dtype: '"))[0]
        self.kind = {"shape": list(np.shape(result)), "dtype": dtype}

    def time(self, budget):
        count = 1
        while self.batch(count) < BATCH and count < 1 << 14:
            count *= 2
        times = []
        start = time.perf_counter()
        while len(times) < REPEATS[0] or (
            len(times) < REPEATS[1] and time.perf_counter() - start < budget
        ):
            times.append(self.batch(count) / count)
        times.sort()
        middle = times[len(times) // 2]
        return {"min": times[0], "median": middle, "repeats": len(times), **self.kind}


LIBRARIES = {
    "numpy": NumPy,
    "jax": Jax,
    "torch": Torch,
    "tf": TensorFlow,
    "numexpr": NumExpr,
    "numba": Numba,
}


def peer_name():
    return sys.argv[1]


def main():
    peer = peer_name()
    library = LIBRARIES[peer]()
    about = f"{library.about}, Python {platform.python_version()}"
    print(json.dumps(about), flush=True)
    ready = None
    for line in sys.stdin:
        request = json.loads(line)
        row = request["row"]
        if ready is None or ready.name != row["name"]:
            ready = None  # memory for one row at a time
            try:
                ready = Ready(library, row)
            except Exception as error:
                if peer == "numpy" and not row["programs"]:
                    raise
                # The library writes this row in another way.
                if not (row["programs"] and peer not in row["programs"]):
                    print(f"{peer}: {row['name']}: {type(error).__name__}: {str(error).splitlines()[:1]}", file=sys.stderr)
        print(json.dumps(ready and ready.time(request["budget"])), flush=True)


main()
