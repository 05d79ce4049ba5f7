//! Making arrays.

use pyo3::exceptions::PyTypeError;
use pyo3::types::PyAnyMethods;
use pyo3::{Bound, PyAny, PyResult};
use tnp::{Array, Eye, Indexing, Like, MeshGrid, Operand, RangePart, Scalar, Space};

use crate::array::make;
use crate::call::{Args, Entry, Give, functions};
use crate::convert;
use crate::error::OrRaise;
use crate::index::position;

/// Makes an array on the device that is asked for.
fn on(
    a: &Args<'_, '_>,
    work: impl FnOnce() -> tnp::Result<Array> + Send,
) -> PyResult<pyo3::Py<PyAny>> {
    match a.named("device") {
        None => a.give(work),
        Some(device) => {
            let device = device.str()?.to_string();
            a.give(move || tnp::with_device(&*device, work)?)
        }
    }
}

fn like(a: &Args<'_, '_>) -> PyResult<Like> {
    let dtype = a.dtype()?;
    let mut like = match a.named("shape") {
        Some(_) => Like::shape(a.shape("shape")?),
        None => Like::from(()),
    };
    if let Some(dtype) = dtype.0 {
        like = like.dtype(dtype);
    }
    Ok(like)
}

fn eye(a: &Args<'_, '_>, columns: &str) -> PyResult<Eye> {
    // A diagonal beyond all positions is outside of any matrix.
    let k = a.named("k").map_or(Ok(0), position)?;
    let mut eye = match a.int_or_none(columns)? {
        Some(columns) => Eye::columns(size(columns)?).k(k),
        None => Eye::diagonal(k),
    };
    if let Some(dtype) = a.dtype()?.0 {
        eye = eye.dtype(dtype);
    }
    Ok(eye)
}

fn size(size: isize) -> PyResult<usize> {
    usize::try_from(size)
        .map_err(|_| pyo3::exceptions::PyValueError::new_err("negative dimensions are not allowed"))
}

fn space(a: &Args<'_, '_>) -> PyResult<Space> {
    let mut space = Space::num(a.int("num", 50)?)
        .endpoint(a.unless_off("endpoint")?)
        .axis(a.int("axis", 0)?);
    if let Some(dtype) = a.dtype()?.0 {
        space = space.dtype(dtype);
    }
    Ok(space)
}

fn part(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    if let Some(scalar) = convert::number(object)? {
        return Ok(scalar);
    }
    let array = convert::array(object)?;
    if array.ndim() > 0 {
        return Err(PyTypeError::new_err(
            "arange: only numbers are limits of a range",
        ));
    }
    array.literal().map(Scalar::from).or_raise(object.py())
}

fn arange(a: &Args<'_, '_>) -> PyResult<pyo3::Py<PyAny>> {
    let number = |name: &str| a.named(name).map(part).transpose();
    let (start, stop, step, dtype) = (
        number("start")?,
        number("stop")?,
        number("step")?,
        a.dtype()?.0,
    );
    let Some(start) = start else {
        return Err(PyTypeError::new_err(
            "arange() requires stop to be specified.",
        ));
    };
    let (start, stop) = match stop {
        Some(stop) => (start, stop),
        None => (Scalar::Int(0), start),
    };
    let p = RangePart::Number;
    let only = matches!((start, step), (Scalar::Int(0), None));
    on(a, move || match (only, step, dtype) {
        (true, _, None) => tnp::arange(p(stop)),
        (true, _, Some(dtype)) => tnp::arange((p(stop), dtype)),
        (_, None, None) => tnp::arange((p(start), p(stop))),
        (_, None, Some(dtype)) => tnp::arange((p(start), p(stop), dtype)),
        (_, Some(step), None) => tnp::arange((p(start), p(stop), p(step))),
        (_, Some(step), Some(dtype)) => tnp::arange((p(start), p(stop), p(step), dtype)),
    })
}

fn array(a: &Args<'_, '_>, copying: Option<bool>) -> PyResult<Array> {
    let Some(object) = a.given(0) else {
        return Err(PyTypeError::new_err("asarray() missing an argument"));
    };
    let device = a
        .named("device")
        .map(|device| device.str().map(|device| device.to_string()))
        .transpose()?;
    make(object, a.dtype()?.0, device.as_deref(), copying)
}

/// `copy=` as it was given: None leaves it to the function.
fn copying(a: &Args<'_, '_>, default: Option<bool>) -> PyResult<Option<bool>> {
    let Some(at) = a.place("copy").and_then(|at| a.given(at)) else {
        return Ok(default);
    };
    match at.is_none() {
        true => Ok(None),
        false => at.is_truthy().map(Some),
    }
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "array(object, /, dtype=None, *, copy=True, ndmin=0, device=None)", |a| {
        let (x, ndmin) = (array(a, copying(a, Some(true))?)?, a.int("ndmin", 0)?.max(0) as usize);
        match ndmin > x.ndim() {
            true => a.give(|| tnp::array(x, tnp::NewArray::ndmin(ndmin))),
            false => x.give(a.py()),
        }
    };
    "asarray(a, /, dtype=None, *, device=None, copy=None)", |a| array(a, copying(a, None)?)?.give(a.py());
    "asanyarray(a, /, dtype=None, *, device=None, copy=None)", |a| array(a, copying(a, None)?)?.give(a.py());
    "ascontiguousarray(a, dtype=None)", |a| { let x = array(a, None)?; a.give(|| tnp::ascontiguousarray(x, ())) };
    "asfortranarray(a, dtype=None)", |a| { let x = array(a, None)?; a.give(|| tnp::asfortranarray(x, ())) };
    "copy(a)", |a| { let x = crate::array::settled_copy(a.py(), a.array(0)?)?; a.give(|| tnp::copy(x)) };
    "from_dlpack(x, /, *, device=None, copy=None)", |a| {
        let Some(object) = a.given(0) else { return Err(PyTypeError::new_err("from_dlpack() missing an argument")) };
        let x = match object.cast::<crate::array::PyArray>() {
            Ok(array) => array.get().value(a.py())?,
            Err(_) => crate::dlpack::import(object, copying(a, None)?)?,
        };
        on(a, || tnp::asarray(x, ()))
    };
    "zeros(shape, dtype=None, *, device=None)", |a| { let (shape, dtype) = (a.shape("shape")?, a.dtype()?); on(a, || tnp::zeros(shape, dtype)) };
    "ones(shape, dtype=None, *, device=None)", |a| { let (shape, dtype) = (a.shape("shape")?, a.dtype()?); on(a, || tnp::ones(shape, dtype)) };
    "empty(shape, dtype=None, *, device=None)", |a| { let (shape, dtype) = (a.shape("shape")?, a.dtype()?); on(a, || tnp::empty(shape, dtype)) };
    "full(shape, fill_value, dtype=None, *, device=None)", |a| { let (shape, value, dtype) = (a.shape("shape")?, a.x(1)?, a.dtype()?); on(a, || tnp::full(shape, value, dtype)) };
    "zeros_like(a, /, dtype=None, *, shape=None, device=None)", |a| { let (x, like) = (a.x(0)?, like(a)?); on(a, || tnp::zeros_like(x, like)) };
    "ones_like(a, /, dtype=None, *, shape=None, device=None)", |a| { let (x, like) = (a.x(0)?, like(a)?); on(a, || tnp::ones_like(x, like)) };
    "empty_like(a, /, dtype=None, *, shape=None, device=None)", |a| { let (x, like) = (a.x(0)?, like(a)?); on(a, || tnp::empty_like(x, like)) };
    "full_like(a, /, fill_value, dtype=None, *, shape=None, device=None)", |a| { let (x, value, like) = (a.x(0)?, a.x(1)?, like(a)?); on(a, || tnp::full_like(x, value, like)) };
    "eye(N, M=None, /, k=0, dtype=None, *, device=None)", |a| { let (n, options) = (size(a.int("N", 0)?)?, eye(a, "M")?); on(a, || tnp::eye(n, options)) };
    "identity(n, dtype=None)", |a| { let (n, dtype) = (size(a.int("n", 0)?)?, a.dtype()?); a.give(|| tnp::identity(n, dtype)) };
    "tri(N, M=None, k=0, dtype=None)", |a| { let (n, options) = (size(a.int("N", 0)?)?, eye(a, "M")?); a.give(|| tnp::tri(n, options)) };
    "tril(m, /, *, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::tril(x, k)) };
    "triu(m, /, *, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::triu(x, k)) };
    "diag(v, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::diag(x, k)) };
    "diagflat(v, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::diagflat(x, k)) };
    "diag_indices(n, ndim=2)", |a| { let (n, ndim) = (size(a.int("n", 0)?)?, size(a.int("ndim", 2)?)?); a.give(|| tnp::diag_indices(n, ndim)) };
    "arange(start, /, stop=None, step=None, dtype=None, *, device=None)", arange;
    "linspace(start, stop, /, num=50, *, endpoint=True, retstep=False, dtype=None, axis=0, device=None)", |a| {
        let (start, stop, space) = (a.x(0)?, a.x(1)?, space(a)?);
        match a.flag("retstep")? {
            true => a.give(|| tnp::linspace_step(start, stop, space)),
            false => on(a, || tnp::linspace(start, stop, space)),
        }
    };
    "logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0)", |a| {
        let (start, stop, mut space) = (a.x(0)?, a.x(1)?, space(a)?);
        match a.maybe("base")? {
            None => {}
            Some(Operand::Scalar(base)) => space = space.base(base),
            Some(base) => space = space.bases(&base.into_array().or_raise(a.py())?),
        }
        a.give(|| tnp::logspace(start, stop, space))
    };
    "geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0)", |a| { let (start, stop, space) = (a.x(0)?, a.x(1)?, space(a)?); a.give(|| tnp::geomspace(start, stop, space)) };
    "meshgrid(*xi, indexing='xy', sparse=False, copy=True)", |a| {
        let mut options = MeshGrid::default().indexing(a.choice("indexing", Indexing::Xy, &[("xy", Indexing::Xy), ("ij", Indexing::Ij)])?);
        if a.flag("sparse")? { options = options.sparse(); }
        let arrays = a.all()?;
        a.give(|| tnp::meshgrid(arrays, options))
    };
    "ix_(*args)", |a| { let arrays = a.all()?; a.give(|| tnp::ix_(arrays)) };
};
