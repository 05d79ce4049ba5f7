"""Writes the type stubs of the Python package from its own objects: their signatures, and what parameters of a name take.

usage: stubs.py FOLDER [--check]

--check compares with the files in FOLDER instead of writing them.
"""

import difflib
import inspect
import sys
import types
from pathlib import Path

import tnp

HEADER = """\
# Types of `{module}`, written by `cargo xtask stubs`.
{imports}
"""
IMPORTS = """\
import builtins as _b
from collections.abc import Callable as _Callable, Iterable as _Iterable, Iterator as _Iterator, Sequence as _Sequence
from types import TracebackType as _TracebackType
from typing import Any as _Any, Generic as _Generic, Literal as _Literal, NamedTuple as _NamedTuple, ParamSpec as _ParamSpec
from typing import Protocol as _Protocol, TypeAlias as _TypeAlias, TypeVar as _TypeVar, overload as _overload

import numpy as _np

from tnp import {modules}

_P = _ParamSpec("_P")
_R = _TypeVar("_R")
_T = _TypeVar("_T")

class _SupportsArray(_Protocol):
    def __array__(self) -> _np.ndarray[_Any, _Any]: ...

class _SupportsDLPack(_Protocol):
    def __dlpack__(self) -> _Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class _SupportsBuffer(_Protocol):
    def __buffer__(self, flags: int, /) -> memoryview: ...

class _SupportsName(_Protocol):
    @property
    def name(self) -> _b.str: ...
    @property
    def itemsize(self) -> int: ...

# What functions take for an array; lists and tuples may be nested.
_ArrayLike: _TypeAlias = ndarray | complex | list[_Any] | tuple[_Any, ...] | _SupportsArray | _SupportsDLPack | _SupportsBuffer
_DType: _TypeAlias = dtype
_DTypeLike: _TypeAlias = dtype | _b.str | type[_Any] | _SupportsName
_Axis: _TypeAlias = int | _Sequence[int] | None
_Shape: _TypeAlias = int | _Sequence[int]
_Mode: _TypeAlias = _Literal["numpy", "legacy", "off", "all", "safe"]
_Precision: _TypeAlias = _Literal["float32", "tensorfloat32"]
"""
SUBMODULE_IMPORTS = """\
import builtins as _b
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from tnp import _ArrayLike, _Axis, _DType, _DTypeLike, _Shape, dtype, ndarray{named}
"""

# Types of parameters, by name; None is added where it is the default.
PARAMETERS = {
    "_memo": "_Any",
    "args": "_ArrayLike",
    "argnums": "int | _Sequence[int]",
    "arguments": "_Any",
    "arrays": "_Sequence[_ArrayLike] | ndarray",
    "arrays_and_dtypes": "_ArrayLike | _DTypeLike",
    "arys": "_ArrayLike",
    "axes": "_Any",
    "axis_size": "int",
    "backend": "_b.str",
    "body": "_Callable[[], _T]",
    "body_fun": "_Callable[..., _Any]",
    "branches": "_Sequence[_Callable[..., _T]]",
    "bins": "_ArrayLike | _b.str",
    "bytes": "int",
    "cache_size": "int",
    "choicelist": "_Sequence[_ArrayLike]",
    "choices": "_Sequence[_ArrayLike] | ndarray",
    "cond_fun": "_Callable[..., _Any]",
    "condlist": "_Sequence[_ArrayLike]",
    "copy": "_b.bool",
    "correction": "float",
    "count": "int",
    "destination": "int | _Sequence[int]",
    "device": "_b.str",
    "dl_device": "tuple[int, int]",
    "dtype": "_DTypeLike",
    "dtype_conversion_mode": "_Mode",
    "matmul_precision": "_Precision",
    "elems": "_Any",
    "element": "_Any",
    "f": "_Callable[..., _Any]",
    "false_fun": "_Callable[..., _T]",
    "fn_": "_Callable[..., _T]",
    "from_": "_ArrayLike | _DTypeLike",
    "fun": "_Callable[..., _Any]",
    "function": "_Callable[[ndarray], _ArrayLike]",
    "gradient": "_Callable[..., _Any]",
    "in_axes": "_Any",
    "index": "_ArrayLike",
    "indices_or_sections": "int | _Sequence[int]",
    "init": "_Any",
    "init_val": "_Any",
    "input_signature": "_Any",
    "k": "int",
    "keywords": "_Any",
    "kind": "_b.str",
    "length": "int",
    "lower": "_ArrayLike",
    "max_iters": "int",
    "max_line_width": "int",
    "max_version": "tuple[int, int]",
    "max_work": "int",
    "mod": "None",
    "N": "int",
    "M": "int",
    "n": "int",
    "ndigits": "int",
    "norm": "_b.str",
    "object": "_Any",
    "operands": "_Any",
    "ord": "_Any",
    "out_axes": "int | _Sequence[int]",
    "output_gradients": "_Any",
    "pad_width": "_Any",
    "precision": "int",
    "prefer_float32": "_b.bool",
    "primals": "_Any",
    "reps": "_Shape",
    "s": "_Sequence[int]",
    "seed": "_Any",
    "shape": "_Shape",
    "shift": "_Shape",
    "size": "_Shape",
    "source": "int | _Sequence[int]",
    "sources": "_Any",
    "spec": "_b.str",
    "stable": "_b.bool",
    "stream": "None",
    "suppress_small": "_b.bool",
    "tangents": "_Any",
    "target": "_Any",
    "tensor": "_Any",
    "to": "_DTypeLike",
    "true_fun": "_Callable[..., _T]",
    "tup": "_Sequence[_ArrayLike] | ndarray",
    "type1": "_DTypeLike",
    "type2": "_DTypeLike",
    "arg1": "_Any",
    "arg2": "_Any",
    "v": "_ArrayLike",
    "window_shape": "_Shape",
    "xs": "_Any",
}
# Where a name means something else in one function.
SPECIAL = {
    ("hvp", "x"): "_Any",
    ("hvp", "v"): "_Any",
    ("checkpoint", "fun"): "_Callable[_P, _R]",
    ("custom_gradient", "fun"): "_Callable[_P, _R]",
    ("stop_gradient", "x"): "_T",
    ("shape", "a"): "_ArrayLike",
    ("random_sample", "size"): "_Shape",
    ("rand", "size"): "int",
    ("randn", "size"): "int",
    ("batch_jacobian", "source"): "_ArrayLike",
    ("einsum", "operands"): "_Any",
    ("reshape", "shape"): "_Shape",
    ("transpose", "axes"): "_Any",
    ("device", "device"): "_b.str",
    ("isdtype", "dtype"): "_DTypeLike",
    ("broadcast_shapes", "shapes"): "_Shape",
    ("isdtype", "kind"): "_Any",
}
# What functions give that is no array.
RESULTS = {
    "list[ndarray]": "array_split dsplit hsplit split vsplit",
    "tuple[ndarray, ...]": "broadcast_arrays diag_indices diag_indices_from ix_ mask_indices meshgrid nonzero tril_indices tril_indices_from"
    " triu_indices triu_indices_from unravel_index unstack",
    "tuple[ndarray, ndarray]": "divmod modf frexp histogram",
    "tuple[ndarray, ndarray, ndarray]": "histogram2d",
    "tuple[ndarray, tuple[ndarray, ...]]": "histogramdd",
    "_b.bool": "allclose array_equal array_equiv can_cast iscomplexobj isdtype isrealobj isscalar issubdtype may_share_memory shares_memory",
    "_b.str": "array2string array_repr array_str current_behavior current_device explain",
    "int": "ndim",
    "tuple[int, ...]": "shape broadcast_shapes",
    "list[_b.str]": "devices",
    "_DType": "promote_types result_type",
    "dict[_b.str, int]": "memory_stats transfer_stats",
    "None": "empty_cache enable_numpy_behavior experimental_enable_numpy_behavior put_along_axis reset reset_transfer_stats seed sync"
    " set_default_device set_logical_devices set_memory_limit watch fill",
    "_Callable[..., _Any]": "grad hessian jacfwd jacobian jacrev value_and_grad vmap",
    "_Callable[_P, _R]": "checkpoint custom_gradient",
    "tuple[_Any, _Callable[..., _Any]]": "vjp",
    "tuple[_Any, _Any]": "jvp scan",
    "_T": "cond switch vectorized_map map_fn stop_gradient stop_recording",
    "_Any": "fori_loop gradient graph hvp item tolist while_loop __array_namespace_info__ atleast_1d atleast_2d atleast_3d loadtxt",
    "bytes": "tobytes",
    "_np.ndarray[_Any, _Any]": "numpy",
}
RESULT = {name: result for result, names in RESULTS.items() for name in names.split()}
# The same, where the function of the name in `tnp` gives something else.
SCOPED = {
    ("linalg", "cond"): "ndarray",
    ("linalg", "lstsq"): "tuple[ndarray, ndarray, int, ndarray]",
    ("linalg", "matrix_rank"): "ndarray",
    ("ndarray", "sort"): "None",
    ("GradientTape", "jacobian"): "_Any",
    ("GradientTape", "batch_jacobian"): "ndarray",
}
# Flags with which a function gives more than an array.
FLAGS = {
    "average": ("returned",),
    "intersect1d": ("return_indices",),
    "linspace": ("retstep",),
    "unique": ("return_index", "return_inverse", "return_counts"),
}
# Named tuples that functions give: `unique_all` gives `UniqueAllResult`.
NAMED = {
    name.removesuffix("Result").lower(): cls
    for name, cls in vars(tnp._types).items()
    if name.endswith("Result") and hasattr(cls, "_fields")
}

BINARY = "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split()
DUNDERS = {
    **{f"__{name}__": "(self, value: _ArrayLike, /) -> ndarray" for op in BINARY for name in (op, "r" + op)},
    "__divmod__": "(self, value: _ArrayLike, /) -> tuple[ndarray, ndarray]",
    "__rdivmod__": "(self, value: _ArrayLike, /) -> tuple[ndarray, ndarray]",
    **{f"__{name}__": "(self, value: _ArrayLike, /) -> ndarray" for name in "lt le gt ge".split()},
    "__eq__": "(self, value: object, /) -> ndarray: ...  # type: ignore[override]",
    "__ne__": "(self, value: object, /) -> ndarray: ...  # type: ignore[override]",
    **{f"__{name}__": "(self) -> ndarray" for name in "neg pos abs invert copy".split()},
    "__bool__": "(self) -> _b.bool",
    "__int__": "(self) -> int",
    "__float__": "(self) -> float",
    "__complex__": "(self) -> complex",
    "__index__": "(self) -> int",
    "__len__": "(self) -> int",
    "__iter__": "(self) -> _Iterator[ndarray]",
    "__getitem__": "(self, key: _Any, /) -> ndarray",
    "__setitem__": "(self, key: _Any, value: _ArrayLike, /) -> None",
    "__contains__": "(self, key: _Any, /) -> _b.bool",
    "__round__": "(self, ndigits: int | None = None) -> ndarray",
    "__format__": "(self, spec: _b.str) -> _b.str",
    "__deepcopy__": "(self, _memo: _Any) -> ndarray",
    "__array__": "(self, dtype: _Any = None, *, copy: _b.bool | None = None) -> _np.ndarray[_Any, _Any]",
    "__dlpack__": "(self, *, stream: int | None = None, max_version: tuple[int, int] | None = None,"
    " dl_device: tuple[int, int] | None = None, copy: _b.bool | None = None) -> _Any",
    "__dlpack_device__": "(self) -> tuple[int, int]",
    "__array_namespace__": "(self, *, api_version: _b.str | None = None) -> _Any",
}
PROPERTIES = {
    **dict.fromkeys("ndim size itemsize nbytes trace_count".split(), "int"),
    **dict.fromkeys("shape strides".split(), "tuple[int, ...]"),
    **dict.fromkeys("device name kind char str".split(), "_b.str"),
    **dict.fromkeys("weak_type isnative".split(), "_b.bool"),
    "dtype": "_DType",
    "flat": "_Iterator[ndarray]",
    "at": "_At",
}
# Classes whose body is written here, because their objects do not say it.
CLASSES = {
    "dtype": """\
class dtype:
    def __init__(self, dtype: _DTypeLike) -> None: ...
    def __call__(self, x: _ArrayLike = ..., /) -> ndarray: ...
    def __hash__(self) -> int: ...
    @property
    def name(self) -> _b.str: ...
    @property
    def kind(self) -> _b.str: ...
    @property
    def char(self) -> _b.str: ...
    @property
    def str(self) -> _b.str: ...
    @property
    def itemsize(self) -> int: ...
    @property
    def isnative(self) -> _b.bool: ...
""",
    "Function": """\
class Function(_Generic[_P, _R]):
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...
    def __get__(self, instance: _Any, owner: _Any = None, /) -> _Callable[..., _R]: ...
    def graph(self, *arguments: _Any, **keywords: _Any) -> _Any: ...
    def explain(self, *arguments: _Any, **keywords: _Any) -> _b.str: ...
    @property
    def trace_count(self) -> int: ...
    @property
    def __wrapped__(self) -> _Callable[_P, _R]: ...
""",
    "TensorSpec": """\
class TensorSpec:
    def __init__(self, shape: _Sequence[int | None], dtype: _DTypeLike | None = None) -> None: ...
    @property
    def shape(self) -> tuple[int | None, ...]: ...
    @property
    def dtype(self) -> _DType: ...
""",
    "finfo": """\
class finfo:
    dtype: _DType
    eps: float
    epsneg: float
    max: float
    min: float
    tiny: float
    smallest_normal: float
    smallest_subnormal: float
    resolution: float
    bits: int
    precision: int
    nmant: int
    nexp: int
    iexp: int
    machep: int
    negep: int
    minexp: int
    maxexp: int
    def __init__(self, type: _DTypeLike | ndarray, /) -> None: ...
""",
    "iinfo": """\
class iinfo:
    dtype: _DType
    bits: int
    min: int
    max: int
    def __init__(self, type: _DTypeLike | ndarray, /) -> None: ...
""",
    "_At": """\
class _At:
    def __getitem__(self, key: _Any, /) -> _Place: ...
""",
}
# Functions of more than one form.
OVERLOADED = {
    "function": """\
@_overload
def function(
    fun: _Callable[_P, _R], *, input_signature: _Any = None, debug_nans: _b.bool = False, cache_size: int | None = None
) -> Function[_P, _R]: ...
@_overload
def function(
    fun: None = None, *, input_signature: _Any = None, debug_nans: _b.bool = False, cache_size: int | None = None
) -> _Callable[[_Callable[_P, _R]], Function[_P, _R]]: ...
""",
    "where": """\
@_overload
def where(condition: _ArrayLike, /) -> tuple[ndarray, ...]: ...
@_overload
def where(condition: _ArrayLike, x: _ArrayLike, y: _ArrayLike, /) -> ndarray: ...
""",
    "size": """\
@_overload
def size(a: _ArrayLike, axis: None = None) -> int: ...
@_overload
def size(a: _ArrayLike, axis: int) -> int: ...
""",
}


def of_default(default):
    """The type that a default value tells."""
    for kind, name in ((bool, "_b.bool"), (int, "int"), (float, "float"), (str, "_b.str")):
        if isinstance(default, kind):
            return name
    return "_Any"


def parameter_type(function, parameter):
    """What a parameter takes."""
    default = parameter.default
    name = parameter.name
    empty = parameter.empty
    if name == "axis" or name == "axes" and default is not empty and not isinstance(default, int):
        kind = "int | None" if isinstance(default, int) else "_Axis"
        return kind
    known = SPECIAL.get((function, name)) or PARAMETERS.get(name)
    if known is None:
        number = default is not empty and default is not None and default is not ...
        # Numbers with a default may be arrays too only where the value says nothing.
        known = of_default(default) if number else "_ArrayLike"
        if known == "int" and name in ("constant_values", "end_values", "default"):
            known = "_Any"
        if known == "float":
            known = "_ArrayLike"
    if known == "_b.bool" and name == "where":
        known = "_ArrayLike"
    if default is None and known not in ("_Any", "None"):
        known += " | None"
    return known


def default_text(default):
    """A default as a stub writes it."""
    if default is None or isinstance(default, (bool, int, float)) and default == default:
        return repr(default)
    if isinstance(default, str):
        return '"' + default + '"'
    return "..."


def parameters(name, signature):
    """The list between the brackets of a `def`."""
    parts, star, before = [], False, None
    for parameter in signature.parameters.values():
        kind = parameter.kind
        if before is inspect.Parameter.POSITIONAL_ONLY and kind is not before:
            parts.append("/")
        if kind is inspect.Parameter.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        if kind is inspect.Parameter.VAR_POSITIONAL:
            star = True
        mark = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(kind, "")
        if parameter.name == "self":
            text = "self"
        else:
            text = f"{mark}{parameter.name}: {parameter_type(name, parameter)}"
            if parameter.default is not parameter.empty:
                text += f" = {default_text(parameter.default)}"
        parts.append(text)
        before = kind
    if before is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    if parts[:2] == ["self", "/"]:
        del parts[1]
    return ", ".join(parts)


def docstring(thing, indent):
    """The first paragraph of the documentation, as the body of a stub."""
    line = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    if not line:
        return " ..."
    line = line.replace("\\", "\\\\").replace('"', "'")
    return f'\n{indent}    """{line}"""'


def result_of(scope, name):
    """What a function gives, in the module, one of its submodules or a class."""
    if name.replace("_", "") in NAMED and scope in ("tnp", "linalg"):
        return "_" + NAMED[name.replace("_", "")].__name__
    return SCOPED.get((scope, name)) or RESULT.get(name, "ndarray")


def flagged(name, thing):
    """The forms of a function that gives an array, or with flags more."""
    signature = inspect.signature(thing)
    more = f"def {name}({parameters(name, signature)}) -> _Any:{docstring(thing, '')}\n"
    plain = more.replace(" -> _Any:", " -> ndarray:")
    for flag in FLAGS[name]:
        plain = plain.replace(f"{flag}: _b.bool", f"{flag}: _Literal[False]")
    return f"@_overload\n{plain}@_overload\n{more}"


def function(name, thing, result, indent=""):
    """The `def` of a function."""
    return f"{indent}def {name}({parameters(name, inspect.signature(thing))}) -> {result}:{docstring(thing, indent)}\n"


def class_body(cls, public):
    """A class with its methods and attributes."""
    yield f"class {public}:{docstring(cls, '')}\n".replace(" ...\n", "\n")
    if cls.__text_signature__:
        yield f"    def __init__({', '.join(filter(None, ['self', parameters(public, inspect.signature(cls))]))}) -> None: ...\n"
    members = vars(cls)
    for name in sorted(members):
        thing = members[name]
        if name == "__enter__":
            yield f"    def __enter__(self) -> {public}: ...\n"
        elif name == "__exit__":
            yield (
                "    def __exit__(\n"
                "        self,\n"
                "        kind: type[BaseException] | None = None,\n"
                "        error: BaseException | None = None,\n"
                "        traceback: _TracebackType | None = None,\n"
                "        /,\n"
                "    ) -> None: ...\n"
            )
        elif name in DUNDERS:
            text = DUNDERS[name]
            yield f"    def {name}{text}\n" if text.endswith("]") and "..." in text else f"    def {name}{text}: ...\n"
        elif name.startswith("_"):
            continue
        elif isinstance(thing, (types.GetSetDescriptorType, types.MemberDescriptorType)):
            yield f"    @property\n    def {name}(self) -> {PROPERTIES.get(name, 'ndarray')}:{docstring(thing, '    ')}\n"
        else:
            yield function(name, thing, result_of(public, name), "    ")
    if public == "ndarray":
        yield "    __array_priority__: float\n"
        yield "    __hash__: None  # type: ignore[assignment]\n"
        yield "    def __buffer__(self, flags: int, /) -> memoryview: ...\n"


def stub_of(name, thing, scope="tnp"):
    """What a stub says of one public name."""
    if scope == "tnp" and name in FLAGS:
        return flagged(name, thing)
    if isinstance(thing, type) and issubclass(thing, BaseException):
        return f"from tnp.exceptions import {name} as {name}\n"
    if name in CLASSES:
        return CLASSES[name]
    if scope == "tnp" and name in OVERLOADED:
        return OVERLOADED[name]
    if name == "Array":
        return "Array = ndarray\n"
    if isinstance(thing, type) and issubclass(thing, tnp.generic):
        base = thing.__base__.__name__
        return f"class {name}{'' if base == 'object' else f'({base})'}:{docstring(thing, '')}\n"
    if isinstance(thing, type):
        return "".join(class_body(thing, name))
    if isinstance(thing, tnp.dtype):
        return f"{name}: _DType\n"
    if thing is None:
        return f"{name}: None\n"
    if isinstance(thing, (float, str)):
        return f"{name}: {'float' if isinstance(thing, float) else '_b.str'}\n"
    return function(name, thing, result_of(scope, name))


def stubs():
    """The text of each stub file, by its name."""
    names = list(tnp.__all__)
    modules = [name for name in names if isinstance(getattr(tnp, name), types.ModuleType)]
    imports = IMPORTS.format(modules=", ".join(f"{name} as {name}" for name in modules))
    private = [name for name in ("_At", "_Place") if hasattr(tnp._tnp, name)]
    parts = [stub_of(name, getattr(tnp, name)) for name in names if name not in modules]
    parts += [stub_of(name, getattr(tnp._tnp, name)) for name in private]
    for cls in NAMED.values():
        parts.append(f"class _{cls.__name__}(_NamedTuple):\n" + "".join(f"    {field}: ndarray\n" for field in cls._fields))
    files = {"__init__.pyi": HEADER.format(module="tnp", imports=imports) + "\n".join(parts)}
    for name in modules:
        module = getattr(tnp, name)
        if name == "exceptions":
            continue
        parts = [stub_of(part, getattr(module, part), name) for part in module.__all__]
        body = "\n".join(parts)
        named = [f"_{cls.__name__}" for cls in NAMED.values() if f"-> _{cls.__name__}:" in body]
        imports = SUBMODULE_IMPORTS.format(named="".join(f", {one}" for one in named))
        files[f"{name}.pyi"] = HEADER.format(module=f"tnp.{name}", imports=imports) + body
    return files


def main(folder, check=None):
    """Does what the usage says."""
    folder, wrong = Path(folder), []
    files = stubs()
    for name, text in files.items():
        path = folder / name
        if not check:
            path.write_text(text, encoding="utf-8")
            continue
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = difflib.unified_diff(old.splitlines(), text.splitlines(), str(path), "now", lineterm="", n=1)
        wrong += list(lines)[:40]
    if wrong:
        sys.exit("\n".join(wrong) + "\nrun `cargo xtask stubs`")
    print(f"{len(files)} stubs, {sum(text.count('def ') for text in files.values())} functions and methods")


if __name__ == "__main__":
    main(*sys.argv[1:])
