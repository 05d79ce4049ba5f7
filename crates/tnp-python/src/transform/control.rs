//! Maps over axes, and control flow that can be traced.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use tnp::{Array, Scan, Tree, Vmap, While};

use super::{callable, called, called_for_array, named_after, spread};
use crate::call::Give;
use crate::convert::operand;
use crate::error::{OrRaise, carried, exception};
use crate::sizes::integer;
use crate::structure::{Numbers, PyTree};

/// A function applied to each part of structures of arrays along their first axes, all at once.
#[pyfunction]
#[pyo3(signature = (fn_, elems))]
pub(crate) fn vectorized_map(
    py: Python<'_>,
    fn_: Py<PyAny>,
    elems: &Bound<'_, PyAny>,
) -> PyResult<Py<PyAny>> {
    let elems = PyTree::of(elems, Numbers::Arrays)?;
    tnp::vectorized_map(|x: &PyTree| called(&fn_, &[x], Numbers::Arrays), &elems)
        .or_raise(py)?
        .object(py)
}

/// A function applied to each part of structures of arrays along their first axes, one after the other.
#[pyfunction]
#[pyo3(signature = (fn_, elems))]
pub(crate) fn map_fn(
    py: Python<'_>,
    fn_: Py<PyAny>,
    elems: &Bound<'_, PyAny>,
) -> PyResult<Py<PyAny>> {
    let elems = PyTree::of(elems, Numbers::Arrays)?;
    tnp::map_fn(|x: &PyTree| called(&fn_, &[x], Numbers::Arrays), &elems)
        .or_raise(py)?
        .object(py)
}

/// The function that maps another over axes of its arguments; None in `in_axes` leaves an argument as it is.
#[pyclass(frozen, weakref, dict, module = "tnp", name = "_Mapped")]
struct Mapped {
    function: Py<PyAny>,
    in_axes: Py<PyAny>,
    out_axes: Option<Vec<isize>>,
    axis_size: Option<usize>,
}

fn axis_or_none(object: &Bound<'_, PyAny>) -> PyResult<Option<isize>> {
    match object.is_none() {
        true => Ok(None),
        false => integer(object, "in_axes").map(Some),
    }
}

#[pymethods]
impl Mapped {
    #[pyo3(signature = (*arguments))]
    fn __call__(&self, py: Python<'_>, arguments: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        let in_axes = self.in_axes.bind(py);
        let mut axes: Vec<Option<isize>> = Vec::new();
        let mut parts = Vec::new();
        let sequence = in_axes.is_instance_of::<PyTuple>() || in_axes.is_instance_of::<PyList>();
        if sequence && in_axes.len()? != arguments.len() {
            return Err(PyValueError::new_err(format!(
                "vmap: in_axes has {} entries for {} arguments",
                in_axes.len()?,
                arguments.len()
            )));
        }
        for (at, argument) in arguments.iter().enumerate() {
            let axis = match sequence {
                true => axis_or_none(&in_axes.get_item(at)?)?,
                false => axis_or_none(in_axes)?,
            };
            let part = PyTree::of(&argument, Numbers::Arrays)?;
            axes.extend(std::iter::repeat_n(axis, part.arrays.len()));
            parts.push(part);
        }
        let input = PyTree::tuple(parts);
        let mut options = Vmap::in_axes(axes);
        if let Some(size) = self.axis_size {
            options = options.axis_size(size);
        }
        if let Some(axes) = &self.out_axes {
            options = options.out_axes(axes.clone());
        }
        tnp::vmap(|x: &PyTree| spread(&self.function, x), &input, options)
            .or_raise(py)?
            .object(py)
    }

    #[getter]
    fn __wrapped__(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.clone_ref(py)
    }
}

/// The function that maps another over axes of its arguments: `vmap(fun, in_axes=(0, None))`.
#[pyfunction]
#[pyo3(signature = (fun, in_axes=None, out_axes=None, axis_size=None))]
pub(crate) fn vmap<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    in_axes: Option<Py<PyAny>>,
    out_axes: Option<&Bound<'py, PyAny>>,
    axis_size: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    callable(py, &fun)?;
    let in_axes = match in_axes {
        Some(axes) => axes,
        None => 0i64.give(py)?,
    };
    let out_axes = match out_axes {
        None => None,
        Some(axes) => match axes.extract::<isize>() {
            Ok(0) => None,
            Ok(axis) => Some(vec![axis]),
            Err(_) => Some(axes.extract::<Vec<isize>>()?),
        },
    };
    let made = Mapped {
        function: fun.clone_ref(py),
        in_axes,
        out_axes,
        axis_size,
    };
    named_after(Bound::new(py, made)?.into_any(), &fun)
}

/// One of two functions of the operands, by a truth value that may be traced.
#[pyfunction]
#[pyo3(signature = (pred, true_fun, false_fun, *operands))]
pub(crate) fn cond(
    py: Python<'_>,
    pred: &Bound<'_, PyAny>,
    true_fun: Py<PyAny>,
    false_fun: Py<PyAny>,
    operands: &Bound<'_, PyTuple>,
) -> PyResult<Py<PyAny>> {
    let operands = PyTree::of(operands.as_any(), Numbers::Arrays)?;
    let pred = operand(pred)?;
    tnp::cond(
        pred,
        |x: &PyTree| spread(&true_fun, x),
        |x: &PyTree| spread(&false_fun, x),
        &operands,
    )
    .or_raise(py)?
    .object(py)
}

/// One of several functions of the operands, by an index that may be traced.
#[pyfunction]
#[pyo3(signature = (index, branches, *operands))]
pub(crate) fn switch(
    py: Python<'_>,
    index: &Bound<'_, PyAny>,
    branches: Vec<Py<PyAny>>,
    operands: &Bound<'_, PyTuple>,
) -> PyResult<Py<PyAny>> {
    let operands = PyTree::of(operands.as_any(), Numbers::Arrays)?;
    let calls: Vec<_> = branches
        .iter()
        .map(|branch| move |x: &PyTree| spread(branch, x))
        .collect();
    let branches: Vec<&dyn Fn(&PyTree) -> tnp::Result<PyTree>> =
        calls.iter().map(|call| call as _).collect();
    tnp::switch(operand(index)?, &branches, &operands)
        .or_raise(py)?
        .object(py)
}

/// Repeats a body while a condition holds: `while_loop(cond_fun, body_fun, init_val)`, as a step of the program when traced.
#[pyfunction]
#[pyo3(signature = (cond_fun, body_fun, init_val, *, max_iters=None))]
pub(crate) fn while_loop(
    py: Python<'_>,
    cond_fun: Py<PyAny>,
    body_fun: Py<PyAny>,
    init_val: &Bound<'_, PyAny>,
    max_iters: Option<usize>,
) -> PyResult<Py<PyAny>> {
    let init = PyTree::of(init_val, Numbers::Arrays)?;
    let options = While { max_iters };
    let body = |x: &PyTree| {
        let next = called(&body_fun, &[x], Numbers::Arrays)?;
        // The same structure, whatever classes the body used.
        x.with_leaves(next.arrays)
    };
    tnp::while_loop(
        |x: &PyTree| called_for_array(&cond_fun, &[x], "while_loop"),
        body,
        &init,
        options,
    )
    .or_raise(py)?
    .object(py)
}

/// Repeats a body for integers from `lower` to below `upper`: `body_fun(i, val)`.
#[pyfunction]
pub(crate) fn fori_loop(
    py: Python<'_>,
    lower: i64,
    upper: i64,
    body_fun: Py<PyAny>,
    init_val: &Bound<'_, PyAny>,
) -> PyResult<Py<PyAny>> {
    let init = PyTree::of(init_val, Numbers::Arrays)?;
    let body = |i: &Array, x: &PyTree| {
        let next = called(&body_fun, &[&PyTree::leaf(i.clone()), x], Numbers::Arrays)?;
        x.with_leaves(next.arrays)
    };
    tnp::fori_loop(lower, upper, body, &init)
        .or_raise(py)?
        .object(py)
}

/// Carries a value along the first axis of structures: `scan(f, init, xs)` with `f(carry, x) -> (carry, y)`; the last carry and all `y`.
#[pyfunction]
#[pyo3(signature = (f, init, xs=None, length=None, reverse=false))]
pub(crate) fn scan(
    py: Python<'_>,
    f: Py<PyAny>,
    init: &Bound<'_, PyAny>,
    xs: Option<&Bound<'_, PyAny>>,
    length: Option<usize>,
    reverse: bool,
) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
    let init = PyTree::of(init, Numbers::Arrays)?;
    let xs = match xs {
        Some(xs) => PyTree::of(xs, Numbers::Arrays)?,
        None => PyTree::of(py.None().bind(py), Numbers::Arrays)?,
    };
    let step = |carry: &PyTree, x: &PyTree| -> tnp::Result<(PyTree, PyTree)> {
        Python::attach(|py| {
            let call = || -> PyResult<(PyTree, PyTree)> {
                let result = f.bind(py).call1((carry.object(py)?, x.object(py)?))?;
                let (next, y): (Bound<'_, PyAny>, Bound<'_, PyAny>) = result
                    .extract()
                    .map_err(|_| PyTypeError::new_err("scan: the function must give a pair, the next carry and what is collected"))?;
                let next = PyTree::of(&next, Numbers::Arrays)?;
                let next = carry
                    .with_leaves(next.arrays)
                    .map_err(|error| exception(py, error))?;
                Ok((next, PyTree::of(&y, Numbers::Arrays)?))
            };
            call().map_err(|raised| carried(py, raised))
        })
    };
    let options = Scan { length, reverse };
    let (carry, ys) = tnp::scan(step, &init, &xs, options).or_raise(py)?;
    Ok((carry.object(py)?, ys.object(py)?))
}
