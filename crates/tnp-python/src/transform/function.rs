//! `tnp.function`: traced and compiled functions.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tnp::{Function, Spec};

use super::{bound, callable, named_after};
use crate::error::{OrRaise, carried};
use crate::sizes::integer;
use crate::structure::{Numbers, PyTree};
use crate::{convert, dtype};

type Traced = Function<Box<dyn Fn(&PyTree) -> tnp::Result<PyTree> + Send + Sync>, PyTree, PyTree>;

/// A traced function: called with arrays, it runs a compiled program; its Python body runs once for each shape, dtype and static
/// argument.
#[pyclass(frozen, weakref, dict, module = "tnp", name = "Function")]
pub(crate) struct PyFunction {
    traced: Arc<Traced>,
    function: Py<PyAny>,
}

fn packed(
    arguments: &Bound<'_, PyTuple>,
    keywords: Option<&Bound<'_, PyDict>>,
) -> PyResult<PyTree> {
    let arguments = PyTree::of(arguments.as_any(), Numbers::Static)?;
    match keywords {
        Some(keywords) if !keywords.is_empty() => {
            let py = keywords.py();
            // Sorted, so that their order in the call makes no difference.
            let sorted = PyDict::new(py);
            let names = keywords.keys();
            names.sort()?;
            for name in names {
                sorted.set_item(&name, keywords.get_item(&name)?)?;
            }
            Ok(PyTree::tuple(vec![
                arguments,
                PyTree::of(sorted.as_any(), Numbers::Static)?,
            ]))
        }
        _ => Ok(PyTree::tuple(vec![arguments])),
    }
}

/// The attributes of a plain object.
fn attributes<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    Ok(object.getattr("__dict__")?.cast_into::<PyDict>()?)
}

fn run_body(function: &Py<PyAny>, input: &PyTree) -> tnp::Result<PyTree> {
    Python::attach(|py| {
        let call = || -> PyResult<PyTree> {
            let mut objects = Vec::new();
            let parts = input.object_with(py, &mut objects)?;
            let parts = parts.bind(py).cast::<PyTuple>()?.clone();
            let arguments = parts.get_item(0)?.cast_into::<PyTuple>()?;
            let keywords = match parts.len() {
                1 => None,
                _ => Some(parts.get_item(1)?.cast_into::<PyDict>()?),
            };
            let before = objects.iter().map(|object| attributes(object)?.copy());
            let before: Vec<_> = before.collect::<PyResult<_>>()?;
            let result = function.bind(py).call(arguments, keywords.as_ref())?;
            for (object, old) in objects.iter().zip(before) {
                unchanged(object, &old)?;
            }
            PyTree::of(&result, Numbers::Static)
        };
        call().map_err(|raised| carried(py, raised))
    })
}

/// What a body does to the attributes of an argument, or of an object in one, is lost: it works on a copy.
fn unchanged(object: &Bound<'_, PyAny>, old: &Bound<'_, PyDict>) -> PyResult<()> {
    let new = attributes(object)?;
    let is = |dict: &Bound<'_, PyDict>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| {
        Ok::<bool, PyErr>(dict.get_item(name)?.is_some_and(|other| other.is(value)))
    };
    for (one, other) in [(&new, old), (old, &new)] {
        for (name, value) in one.iter() {
            if !is(other, &name, &value)? {
                return Err(PyTypeError::new_err(format!(
                    "function: the body sets the attribute '{name}' of its argument, an object of {}; a traced function runs once, on a copy, so the change would be lost. Return the value, or set it outside",
                    object.get_type().name()?
                )));
            }
        }
    }
    Ok(())
}

fn specs(signature: &Bound<'_, PyAny>) -> PyResult<Vec<Spec>> {
    let mut specs = Vec::new();
    for item in signature.try_iter()? {
        let item = item?;
        let mut shape = Vec::new();
        for size in item.getattr("shape")?.try_iter()? {
            let size = size?;
            shape.push(match size.is_none() {
                true => None,
                false => Some(usize::try_from(integer(&size, "shape")?).map_err(|_| {
                    PyValueError::new_err(
                        "input_signature: sizes are not negative; None stands for any",
                    )
                })?),
            });
        }
        specs.push(Spec::new(shape, dtype::dtype(&item.getattr("dtype")?)?));
    }
    Ok(specs)
}

/// Traces a function on its first call and compiles what it does; later calls with the same shapes and dtypes run the program.
/// A decorator: `@tnp.function`, or `@tnp.function(debug_nans=True)`.
#[pyfunction]
#[pyo3(signature = (fun=None, *, input_signature=None, debug_nans=false, cache_size=None))]
pub(crate) fn function<'py>(
    py: Python<'py>,
    fun: Option<Py<PyAny>>,
    input_signature: Option<Bound<'py, PyAny>>,
    debug_nans: bool,
    cache_size: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(fun) = fun else {
        let options = PyDict::new(py);
        options.set_item("input_signature", input_signature)?;
        options.set_item("debug_nans", debug_nans)?;
        options.set_item("cache_size", cache_size)?;
        let this = py.import("tnp._tnp")?.getattr("function")?;
        return py
            .import("functools")?
            .getattr("partial")?
            .call((this,), Some(&options));
    };
    callable(py, &fun)?;
    let body = fun.clone_ref(py);
    let run: Box<dyn Fn(&PyTree) -> tnp::Result<PyTree> + Send + Sync> =
        Box::new(move |input| run_body(&body, input));
    let mut traced: Traced = tnp::function(run);
    if let Some(signature) = input_signature {
        traced = traced.input_signature(specs(&signature)?);
    }
    if let Some(size) = cache_size {
        traced = traced.cache_size(size);
    }
    let traced = Arc::new(traced.debug_nans(debug_nans));
    let made = PyFunction {
        traced,
        function: fun.clone_ref(py),
    };
    named_after(Bound::new(py, made)?.into_any(), &fun)
}

#[pymethods]
impl PyFunction {
    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let input = packed(arguments, keywords)?;
        let lent = input.arrays.iter().any(convert::is_lent);
        let traced = &self.traced;
        let result = match lent || tnp_array::is_active() {
            true => traced.call(&input),
            false => py.detach(|| traced.call(&input)),
        };
        result.or_raise(py)?.object(py)
    }

    /// How often the function has been traced.
    #[getter]
    fn trace_count(&self) -> usize {
        self.traced.trace_count()
    }

    /// The program for these arguments, as text.
    #[pyo3(signature = (*arguments, **keywords))]
    fn graph(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        let input = packed(arguments, keywords)?;
        self.traced
            .graph(&input)
            .map(|graph| graph.to_string())
            .or_raise(py)
    }

    /// What the compiler made of the program for these arguments: its regions, and the memory it plans.
    #[pyo3(signature = (*arguments, **keywords))]
    fn explain(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        let input = packed(arguments, keywords)?;
        self.traced
            .explain(&input)
            .map(|text| text.to_string())
            .or_raise(py)
    }

    #[getter]
    fn __wrapped__(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.clone_ref(py)
    }

    fn __get__(
        slf: Py<Self>,
        py: Python<'_>,
        object: Option<Bound<'_, PyAny>>,
        _class: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        bound(py, slf.into_any(), object)
    }
}

/// Shape and dtype of an argument of a traced function; None in a shape stands for any size.
#[pyclass(frozen, module = "tnp", name = "TensorSpec", get_all)]
pub(crate) struct TensorSpec {
    shape: Py<PyTuple>,
    dtype: Py<PyAny>,
}

#[pymethods]
impl TensorSpec {
    #[new]
    #[pyo3(signature = (shape, dtype=None))]
    fn new(
        py: Python<'_>,
        shape: &Bound<'_, PyAny>,
        dtype: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<TensorSpec> {
        let sizes = shape.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let dtype = match dtype {
            Some(dtype) => dtype::dtype(dtype)?,
            None => tnp_dtype::default_fill_float(),
        };
        Ok(TensorSpec {
            shape: PyTuple::new(py, sizes)?.unbind(),
            dtype: dtype::object(py, dtype)?,
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "TensorSpec(shape={}, dtype={})",
            self.shape.bind(py).repr()?,
            self.dtype.bind(py).str()?
        ))
    }
}
