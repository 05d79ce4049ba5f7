//! Transformations in Python: tapes, gradients, traced functions, maps, control flow. A user's function is called with its
//! structures put together, and an exception raised in it comes out as it was.

mod chosen;
mod control;
mod function;
mod gradient;
mod tape;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tnp::{Array, Error};

use crate::error::carried;
use crate::structure::{Numbers, PyTree};

/// Calls a user's function with arguments, and takes its result apart.
pub(crate) fn called(
    function: &Py<PyAny>,
    arguments: &[&PyTree],
    numbers: Numbers,
) -> tnp::Result<PyTree> {
    Python::attach(|py| {
        let call = || -> PyResult<PyTree> {
            let arguments = arguments
                .iter()
                .map(|tree| tree.object(py))
                .collect::<PyResult<Vec<_>>>()?;
            let result = function.bind(py).call1(PyTuple::new(py, arguments)?)?;
            PyTree::of(&result, numbers)
        };
        call().map_err(|raised| carried(py, raised))
    })
}

/// Calls a user's function that gives one array.
pub(crate) fn called_for_array(
    function: &Py<PyAny>,
    arguments: &[&PyTree],
    what: &str,
) -> tnp::Result<Array> {
    one(called(function, arguments, Numbers::Arrays)?, what)
}

pub(crate) fn one(mut result: PyTree, what: &str) -> tnp::Result<Array> {
    match result.is_leaf() {
        true => Ok(result.arrays.swap_remove(0)),
        false => Err(Error::dtype(format!(
            "{what}: the function gives a structure; one array is needed"
        ))),
    }
}

/// Calls a function with the parts of a tuple as its arguments.
pub(crate) fn spread(fun: &Py<PyAny>, input: &PyTree) -> tnp::Result<PyTree> {
    Python::attach(|py| {
        let call = || -> PyResult<PyTree> {
            let arguments = input.object(py)?;
            let result = fun
                .bind(py)
                .call1(arguments.bind(py).cast::<PyTuple>()?.clone())?;
            PyTree::of(&result, Numbers::Arrays)
        };
        call().map_err(|raised| carried(py, raised))
    })
}

/// A method of an object, as functions are.
pub(crate) fn bound(
    py: Python<'_>,
    function: Py<PyAny>,
    object: Option<Bound<'_, PyAny>>,
) -> PyResult<Py<PyAny>> {
    match object {
        None => Ok(function),
        Some(object) => py
            .import("types")?
            .getattr("MethodType")?
            .call1((function, object))
            .map(Bound::unbind),
    }
}

/// Gives an object the names and documentation of the function it was made of.
pub(crate) fn named_after<'py>(
    object: Bound<'py, PyAny>,
    function: &Py<PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    for attribute in ["__name__", "__qualname__", "__doc__", "__module__"] {
        if let Ok(value) = function.bind(py).getattr(attribute) {
            object.setattr(attribute, value)?;
        }
    }
    Ok(object)
}

pub(crate) fn callable(py: Python<'_>, function: &Py<PyAny>) -> PyResult<()> {
    match function.bind(py).is_callable() {
        true => Ok(()),
        false => Err(PyTypeError::new_err(format!(
            "a function is needed, not an object of {}",
            function.bind(py).get_type()
        ))),
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<tape::PyTape>()?;
    module.add_class::<function::PyFunction>()?;
    module.add_class::<function::TensorSpec>()?;
    module.add_function(wrap_pyfunction!(gradient::grad, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::value_and_grad, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::jacobian, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::jacrev, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::jacfwd, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::hessian, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::jvp, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::vjp, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::hvp, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::stop_gradient, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::custom_gradient, module)?)?;
    module.add_function(wrap_pyfunction!(gradient::checkpoint, module)?)?;
    module.add_function(wrap_pyfunction!(function::function, module)?)?;
    module.add_function(wrap_pyfunction!(control::vectorized_map, module)?)?;
    module.add_function(wrap_pyfunction!(control::map_fn, module)?)?;
    module.add_function(wrap_pyfunction!(control::vmap, module)?)?;
    module.add_function(wrap_pyfunction!(control::cond, module)?)?;
    module.add_function(wrap_pyfunction!(control::switch, module)?)?;
    module.add_function(wrap_pyfunction!(control::while_loop, module)?)?;
    module.add_function(wrap_pyfunction!(control::fori_loop, module)?)?;
    module.add_function(wrap_pyfunction!(control::scan, module)?)?;
    Ok(())
}
