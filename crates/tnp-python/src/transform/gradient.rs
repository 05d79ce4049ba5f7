//! Gradients, jacobians, products with derivatives, and functions with gradients of their own.

use std::cell::RefCell;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tnp::{Array, Error, Tree};

use super::chosen::{Argnums, Chosen};
use super::{bound, callable, called, called_for_array, named_after, one, spread};
use crate::call::Give;
use crate::error::OrRaise;
use crate::structure::{Numbers, PyTree};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Grad,
    ValueAndGrad,
    Jacrev,
    Jacfwd,
    Hessian,
}

/// A function made of another by a transformation: called as the other is.
#[pyclass(frozen, weakref, dict, module = "tnp", name = "_Transformed")]
struct Transformed {
    kind: Kind,
    function: Py<PyAny>,
    argnums: Argnums,
    has_aux: bool,
}

#[pymethods]
impl Transformed {
    #[pyo3(signature = (*arguments, **keywords))]
    fn __call__(
        &self,
        py: Python<'_>,
        arguments: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let chosen = Chosen::new(&self.function, &self.argnums, arguments, keywords)?;
        let input = chosen.input(py)?;
        let both = |value: Py<PyAny>, gradient: Py<PyAny>| -> PyResult<Py<PyAny>> {
            Ok(PyTuple::new(py, [value, gradient])?.into_any().unbind())
        };
        match self.kind {
            Kind::Grad if self.has_aux => {
                let (gradient, aux) =
                    tnp::grad_with_aux(|x: &PyTree| chosen.with_aux(x), &input).or_raise(py)?;
                both(gradient.object(py)?, aux.object(py)?)
            }
            Kind::Grad => tnp::grad(|x: &PyTree| chosen.array(x, "grad"), &input)
                .or_raise(py)?
                .object(py),
            Kind::ValueAndGrad if self.has_aux => {
                let kept = RefCell::new(None);
                let value = |x: &PyTree| {
                    let (value, aux) = chosen.with_aux(x)?;
                    *kept.borrow_mut() = Some(value.clone());
                    Ok::<_, Error>((value, aux))
                };
                let (gradient, aux) = tnp::grad_with_aux(value, &input).or_raise(py)?;
                let value = match kept.into_inner() {
                    Some(value) => value.give(py)?,
                    None => py.None(),
                };
                both(both(value, aux.object(py)?)?, gradient.object(py)?)
            }
            Kind::ValueAndGrad => {
                let (value, gradient) =
                    tnp::value_and_grad(|x: &PyTree| chosen.array(x, "value_and_grad"), &input)
                        .or_raise(py)?;
                both(value.give(py)?, gradient.object(py)?)
            }
            Kind::Jacrev => tnp::jacrev(|x: &PyTree| chosen.array(x, "jacobian"), &input)
                .or_raise(py)?
                .object(py),
            Kind::Jacfwd => tnp::jacfwd(|x: &PyTree| chosen.array(x, "jacobian"), &input)
                .or_raise(py)?
                .object(py),
            Kind::Hessian => {
                let x = one(input, "hessian").or_raise(py)?;
                let call = |x: &Array| chosen.array(&PyTree::leaf(x.clone()), "hessian");
                tnp::hessian(call, &x).or_raise(py)?.give(py)
            }
        }
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

fn transformed<'py>(
    py: Python<'py>,
    kind: Kind,
    function: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
    has_aux: bool,
) -> PyResult<Bound<'py, PyAny>> {
    callable(py, &function)?;
    let argnums = Argnums::of(argnums)?;
    let made = Transformed {
        kind,
        function: function.clone_ref(py),
        argnums,
        has_aux,
    };
    named_after(Bound::new(py, made)?.into_any(), &function)
}

/// The function that gives the gradient of another, whose value is a scalar, with respect to its arguments `argnums`.
/// With `has_aux` the other gives a pair, and the pair of gradient and second part comes out.
///
/// >>> tnp.grad(lambda x: x ** 3)(2.0)
/// array(12.)
#[pyfunction]
#[pyo3(signature = (fun, argnums=None, has_aux=false))]
pub(crate) fn grad<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
    has_aux: bool,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::Grad, fun, argnums, has_aux)
}

/// The function that gives another's value and gradient.
#[pyfunction]
#[pyo3(signature = (fun, argnums=None, has_aux=false))]
pub(crate) fn value_and_grad<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
    has_aux: bool,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::ValueAndGrad, fun, argnums, has_aux)
}

/// The function that gives the jacobian of another, row by row: shape of the output, then shape of the input.
#[pyfunction]
#[pyo3(signature = (fun, argnums=None))]
pub(crate) fn jacobian<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::Jacrev, fun, argnums, false)
}

/// The jacobian, row by row in reverse mode: for fewer outputs than inputs.
#[pyfunction]
#[pyo3(signature = (fun, argnums=None))]
pub(crate) fn jacrev<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::Jacrev, fun, argnums, false)
}

/// The jacobian, column by column in forward mode: for fewer inputs than outputs.
#[pyfunction]
#[pyo3(signature = (fun, argnums=None))]
pub(crate) fn jacfwd<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::Jacfwd, fun, argnums, false)
}

/// The function that gives the second derivatives of another, whose value is a scalar, with respect to one array.
#[pyfunction]
#[pyo3(signature = (fun, argnums=None))]
pub(crate) fn hessian<'py>(
    py: Python<'py>,
    fun: Py<PyAny>,
    argnums: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transformed(py, Kind::Hessian, fun, argnums, false)
}

/// Arguments as one structure: a single one by itself.
fn primals(py: Python<'_>, primals: &Bound<'_, PyAny>) -> PyResult<PyTree> {
    let _ = py;
    PyTree::of(primals, Numbers::Arrays)
}

/// A function's value, and its derivative along tangents: `jvp(fun, (x, y), (dx, dy))`.
#[pyfunction]
pub(crate) fn jvp(
    py: Python<'_>,
    fun: Py<PyAny>,
    primals: &Bound<'_, PyTuple>,
    tangents: &Bound<'_, PyTuple>,
) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
    let (x, dx) = (
        self::primals(py, primals.as_any())?,
        self::primals(py, tangents.as_any())?,
    );
    let (y, dy) = tnp::jvp(|x: &PyTree| spread(&fun, x), &x, &dx).or_raise(py)?;
    Ok((y.object(py)?, dy.object(py)?))
}

/// What [`vjp`] gives beside the value: called with cotangents, it gives those of the arguments.
#[pyclass(frozen, module = "tnp", name = "_Pullback")]
pub(crate) struct Pullback {
    run: Box<dyn Fn(&PyTree) -> tnp::Result<PyTree> + Send + Sync>,
    output: PyTree,
}

#[pymethods]
impl Pullback {
    fn __call__(&self, py: Python<'_>, cotangents: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let given = PyTree::of(cotangents, Numbers::Arrays)?;
        let cotangents = self.output.with_leaves(given.arrays).or_raise(py)?;
        (self.run)(&cotangents).or_raise(py)?.object(py)
    }
}

/// A function's value at arguments, and the function that takes cotangents of the value back to the arguments:
/// `y, pullback = vjp(fun, x)`, then `(dx,) = pullback(dy)`.
#[pyfunction]
#[pyo3(signature = (fun, *primals))]
pub(crate) fn vjp(
    py: Python<'_>,
    fun: Py<PyAny>,
    primals: &Bound<'_, PyTuple>,
) -> PyResult<(Py<PyAny>, Pullback)> {
    let x = self::primals(py, primals.as_any())?;
    let call = move |x: &PyTree| spread(&fun, x);
    let (y, run) = tnp::vjp(call, &x).or_raise(py)?;
    Ok((
        y.object(py)?,
        Pullback {
            run: Box::new(run),
            output: y,
        },
    ))
}

/// The product of a scalar function's second derivatives at `x` with `v`, without forming the matrix.
#[pyfunction]
pub(crate) fn hvp(
    py: Python<'_>,
    fun: Py<PyAny>,
    x: &Bound<'_, PyAny>,
    v: &Bound<'_, PyAny>,
) -> PyResult<Py<PyAny>> {
    let (x, v) = (
        PyTree::of(x, Numbers::Arrays)?,
        PyTree::of(v, Numbers::Arrays)?,
    );
    let call = |x: &PyTree| called_for_array(&fun, &[x], "hvp");
    tnp::hvp(call, &x, &v).or_raise(py)?.object(py)
}

/// The same structure, through which no gradient flows.
#[pyfunction]
pub(crate) fn stop_gradient(py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    tnp::stop_gradient(&PyTree::of(x, Numbers::Arrays)?)
        .or_raise(py)?
        .object(py)
}

/// A function with a gradient of its own: `custom_gradient(fun, gradient)`, where `gradient(x, y, dy)` gives the cotangent of `x`.
#[pyfunction]
pub(crate) fn custom_gradient(
    py: Python<'_>,
    fun: Py<PyAny>,
    gradient: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    callable(py, &fun)?;
    callable(py, &gradient)?;
    let name = fun.clone_ref(py);
    let run = tnp::custom_gradient(
        move |x: &PyTree| called(&fun, &[x], Numbers::Arrays),
        move |x: &PyTree, y: &PyTree, dy: &PyTree| called(&gradient, &[x, y, dy], Numbers::Arrays),
    );
    named_after(
        Bound::new(py, OneArgument { run: Box::new(run) })?.into_any(),
        &name,
    )
}

/// A function whose intermediate values are computed again for the gradient instead of kept.
#[pyfunction]
pub(crate) fn checkpoint(py: Python<'_>, fun: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    callable(py, &fun)?;
    let name = fun.clone_ref(py);
    let run = tnp::checkpoint(move |x: &PyTree| called(&fun, &[x], Numbers::Arrays));
    named_after(
        Bound::new(py, OneArgument { run: Box::new(run) })?.into_any(),
        &name,
    )
}

/// A function of one argument, which may be a structure.
#[pyclass(frozen, weakref, dict, module = "tnp", name = "_Function1")]
struct OneArgument {
    run: Box<dyn Fn(&PyTree) -> tnp::Result<PyTree> + Send + Sync>,
}

#[pymethods]
impl OneArgument {
    fn __call__(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        (self.run)(&PyTree::of(x, Numbers::Arrays)?)
            .or_raise(py)?
            .object(py)
    }
}
