"""The type stubs: every public name is in them, and a type checker takes what is right and refuses what is not."""

import ast
import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tnp

FOLDER = Path(tnp.__file__).parent
SAMPLE = Path(__file__).with_name("typed_sample.py")


def names_of(body):
    """What a module or a class defines."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case ast.ImportFrom(names=names):
                yield from (name.asname or name.name for name in names)


def tree(name):
    return ast.parse((FOLDER / f"{name}.pyi").read_text(encoding="utf-8"))


def submodules():
    return [name for name in tnp.__all__ if (FOLDER / f"{name}.py").exists() and name != "exceptions"]


def test_every_public_name_has_a_stub():
    assert set(tnp.__all__) <= set(names_of(tree("__init__").body))


@pytest.mark.parametrize("name", submodules())
def test_every_name_of_a_submodule_has_a_stub(name):
    module = importlib.import_module(f"tnp.{name}")
    assert set(module.__all__) <= set(names_of(tree(name).body))


@pytest.mark.parametrize("cls", [tnp.ndarray, tnp.dtype, tnp.GradientTape, tnp.Function, tnp.TensorSpec])
def test_every_attribute_has_a_stub(cls):
    stub = next(node for node in tree("__init__").body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    public = {name for name in vars(cls) if not name.startswith("_")}
    assert public and public <= set(names_of(stub.body))


def fits(value, annotation):
    """Whether a value is of a type of the stub, as far as it is one of these."""
    match annotation:
        case "ndarray":
            return isinstance(value, tnp.ndarray)
        case "_b.bool" | "int" | "_b.str" | "None":
            return type(value).__name__ == annotation.removeprefix("_b.") + ("Type" if annotation == "None" else "")
        case "_DType":
            return isinstance(value, tnp.dtype)
        case "tuple[ndarray, ndarray]" | "tuple[ndarray, ndarray, ndarray]":
            return len(value) == annotation.count("ndarray") and fits(value, "tuple[ndarray, ...]")
        case "tuple[ndarray, ...]" | "list[ndarray]":
            return type(value).__name__ == annotation.split("[")[0] and all(isinstance(part, tnp.ndarray) for part in value)
        case _ if annotation.startswith("_Unique"):
            return type(value).__name__ == annotation[1:]
    return True


def test_results_are_what_the_stub_says():
    x, v, n = tnp.ones((4, 4)), tnp.ones(4), tnp.arange(4)
    calls = [(v,), (x,), (n,), (v, v), (x, x), (n, n), (4,), (x, v), (v, 0), ([v, v],), (v, 2), (2, (2, 2)), (v, v, v), (x, 1, 0)]
    called, wrong = 0, []
    for node in tree("__init__").body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith(("set_", "enable", "experimental", "_")):
            continue
        annotation = ast.unparse(node.returns)
        for arguments in calls:
            try:
                value = getattr(tnp, node.name)(*arguments)
            except (TypeError, ValueError, IndexError):
                continue
            called += 1
            if not node.decorator_list and not fits(value, annotation):
                wrong.append((node.name, annotation, value))
            break
    assert not wrong
    assert called > 250


def test_types(tmp_path):
    # A copy, alone in its folder: beside an installed package stand others, which the checker would take for ours.
    copy = tmp_path / "tnp"
    copy.mkdir()
    for stub in [*FOLDER.glob("*.py"), *FOLDER.glob("*.pyi"), *FOLDER.glob("py.typed")]:
        shutil.copy(stub, copy)
    stubs = [str(copy / f"{name}.pyi") for name in ["__init__", *submodules()]]
    checker = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    result = subprocess.run([*checker, *stubs, str(SAMPLE)], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_sample_runs():
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    exec(compile("\n".join("" if "type: ignore" in line else line for line in lines), str(SAMPLE), "exec"), {"__name__": "sample"})


def test_the_list_of_names_is_current():
    root = Path(__file__).parents[3]
    checked = [sys.executable, str(root / "xtask/python/names.py"), str(root / "xtask/data/python_names.txt"), "--check"]
    result = subprocess.run(checked, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
