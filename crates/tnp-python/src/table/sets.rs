//! Sets, index arrays of patterns, and running sums of the array API.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use smallvec::SmallVec;
use tnp::{Array, Cumulate, DTypeKind, DTypeKinds, IndexMode, Order, RavelIndex, Triangle, Unique};

use crate::array::PyArray;
use crate::call::{Args, Entry, Give, InTuple, functions};
use crate::convert;
use crate::dtype;
use crate::error::{OrRaise, carried};
use crate::sizes;

fn unique(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let options = Unique {
        axis: a.int_or_none("axis")?,
        equal_nan: a.unless_off("equal_nan")?,
    };
    let (indices, inverse, counts) = (
        a.flag("return_index")?,
        a.flag("return_inverse")?,
        a.flag("return_counts")?,
    );
    let x = a.x(0)?;
    if !(indices || inverse || counts) {
        return a.give(|| tnp::unique(x, options));
    }
    a.give(|| {
        let parts = tnp::unique_parts(x, options)?;
        let chosen = [
            (true, parts.values),
            (indices, parts.indices),
            (inverse, parts.inverse_indices),
            (counts, parts.counts),
        ];
        Ok(chosen
            .into_iter()
            .filter(|part| part.0)
            .map(|part| part.1)
            .collect::<Vec<Array>>())
    })
}

fn cumulate(a: &Args<'_, '_>) -> PyResult<Cumulate> {
    Ok(Cumulate {
        axis: a.axis("axis")?,
        dtype: a.dtype()?.0,
        include_initial: a.flag("include_initial")?,
    })
}

fn triangle(a: &Args<'_, '_>) -> PyResult<(usize, Triangle)> {
    let size = |size: isize| {
        usize::try_from(size)
            .map_err(|_| PyValueError::new_err("negative dimensions are not allowed"))
    };
    let columns = a.int_or_none("m")?.map(size).transpose()?;
    Ok((
        size(a.int("n", 0)?)?,
        Triangle {
            k: a.int("k", 0)?,
            columns,
        },
    ))
}

fn order(a: &Args<'_, '_>) -> PyResult<Order> {
    a.choice("order", Order::C, &[("C", Order::C), ("F", Order::F)])
}

fn modes(a: &Args<'_, '_>) -> PyResult<SmallVec<[IndexMode; 2]>> {
    let known = |text: &str| match text {
        "raise" => Ok(IndexMode::Raise),
        "wrap" => Ok(IndexMode::Wrap),
        "clip" => Ok(IndexMode::Clip),
        other => Err(PyValueError::new_err(format!(
            "ravel_multi_index: mode must be 'raise', 'wrap' or 'clip', not {other:?}"
        ))),
    };
    match a.named("mode") {
        None => Ok(SmallVec::from_slice(&[IndexMode::Raise])),
        Some(mode) => match mode.cast::<PyString>() {
            Ok(mode) => Ok(SmallVec::from_slice(&[known(mode.to_str()?)?])),
            Err(_) => mode
                .try_iter()?
                .map(|mode| known(&mode?.extract::<String>()?))
                .collect(),
        },
    }
}

fn kinds(object: &Bound<'_, PyAny>) -> PyResult<DTypeKinds> {
    let one = |object: &Bound<'_, PyAny>| -> PyResult<DTypeKind> {
        match object.cast::<PyString>() {
            Ok(name) => Ok(DTypeKind::Named(name.to_str()?.to_owned())),
            Err(_) => dtype::dtype(object).map(DTypeKind::Exactly),
        }
    };
    match object.cast::<PyTuple>() {
        Ok(several) => several
            .iter()
            .map(|kind| one(&kind))
            .collect::<PyResult<_>>()
            .map(DTypeKinds),
        Err(_) => Ok(DTypeKinds(vec![one(object)?])),
    }
}

fn named_dtype(object: Option<&Bound<'_, PyAny>>) -> PyResult<tnp::DType> {
    match object {
        Some(object) => dtype::dtype(object),
        None => Err(PyTypeError::new_err("a dtype is missing")),
    }
}

fn fromfunction(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let Some(function) = a.given(0) else {
        return Err(PyTypeError::new_err("fromfunction() needs a function"));
    };
    let py = a.py();
    let dtype = tnp::DTypeArg(Some(
        a.dtype()?.0.unwrap_or_else(tnp_dtype::default_fill_float),
    ));
    let call = |places: &[Array]| {
        let call = || {
            function.call1(PyTuple::new(
                py,
                places.iter().map(|x| PyArray::new(x.clone())),
            )?)
        };
        call()
            .map(Bound::unbind)
            .map_err(|raised| carried(py, raised))
    };
    tnp::fromfunction(call, a.shape("shape")?, dtype).or_raise(py)
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True)", unique;
    "unique_all(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::unique_all(x).map(|p| InTuple("UniqueAllResult", vec![p.values, p.indices, p.inverse_indices, p.counts]))) };
    "unique_counts(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::unique_counts(x).map(|p| InTuple("UniqueCountsResult", vec![p.0, p.1]))) };
    "unique_inverse(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::unique_inverse(x).map(|p| InTuple("UniqueInverseResult", vec![p.0, p.1]))) };
    "unique_values(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::unique_values(x)) };
    "lexsort(keys, axis=-1)", |a| { let (keys, axis) = (a.arrays(0)?, a.int("axis", -1)?); a.give(|| tnp::lexsort(keys, axis)) };
    "isin(element, test_elements, /, assume_unique=False, *, invert=False, kind=None)", |a| { let (x, y, invert) = (a.x(0)?, a.x(1)?, a.flag("invert")?); a.give(|| tnp::isin(x, y, invert)) };
    "union1d(ar1, ar2)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::union1d(x, y)) };
    "intersect1d(ar1, ar2, assume_unique=False, return_indices=False)", |a| {
        let (x, y, unique) = (a.x(0)?, a.x(1)?, a.flag("assume_unique")?);
        match a.flag("return_indices")? {
            true => a.give(|| tnp::intersect1d_indices(x, y)),
            false => a.give(|| tnp::intersect1d(x, y, unique)),
        }
    };
    "setdiff1d(ar1, ar2, assume_unique=False)", |a| { let (x, y, unique) = (a.x(0)?, a.x(1)?, a.flag("assume_unique")?); a.give(|| tnp::setdiff1d(x, y, unique)) };
    "setxor1d(ar1, ar2, assume_unique=False)", |a| { let (x, y, unique) = (a.x(0)?, a.x(1)?, a.flag("assume_unique")?); a.give(|| tnp::setxor1d(x, y, unique)) };
    "cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)", |a| { let (x, options) = (a.x(0)?, cumulate(a)?); a.give(|| tnp::cumulative_sum(x, options)) };
    "cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)", |a| { let (x, options) = (a.x(0)?, cumulate(a)?); a.give(|| tnp::cumulative_prod(x, options)) };
    "isdtype(dtype, kind)", |a| {
        let (Some(of), Some(kind)) = (a.given(0), a.given(1)) else { return Err(PyTypeError::new_err("isdtype() needs a dtype and a kind")) };
        tnp::isdtype(dtype::dtype(of)?, kinds(kind)?).or_raise(a.py())?.give(a.py())
    };
    "astype(x, dtype, /, *, copy=True, device=None)", |a| {
        let (x, to, device) = (a.x(0)?, named_dtype(a.given(1))?, a.named("device").map(ToString::to_string));
        a.give(|| {
            let x = tnp::astype(x, to)?;
            match device { Some(device) => x.to(&*device), None => Ok(x) }
        })
    };
    "broadcast_shapes(*shapes)", |a| {
        let shapes = a.rest().map(|shape| sizes::shape(&shape)).collect::<PyResult<Vec<_>>>()?;
        let shape = tnp::broadcast_shapes(shapes).or_raise(a.py())?;
        Ok(PyTuple::new(a.py(), shape)?.into_any().unbind())
    };
    "tril_indices(n, k=0, m=None)", |a| { let (n, options) = triangle(a)?; a.give(|| tnp::tril_indices(n, options)) };
    "triu_indices(n, k=0, m=None)", |a| { let (n, options) = triangle(a)?; a.give(|| tnp::triu_indices(n, options)) };
    "tril_indices_from(arr, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::tril_indices_from(x, k)) };
    "triu_indices_from(arr, k=0)", |a| { let (x, k) = (a.x(0)?, a.int("k", 0)?); a.give(|| tnp::triu_indices_from(x, k)) };
    "diag_indices_from(arr)", |a| { let x = a.x(0)?; a.give(|| tnp::diag_indices_from(x)) };
    "mask_indices(n, mask_func, k=0)", |a| {
        let Some(mask) = a.given(1) else { return Err(PyTypeError::new_err("mask_indices() needs a function")) };
        let (py, k) = (a.py(), a.int("k", 0)?);
        let n = usize::try_from(a.int("n", 0)?).map_err(|_| PyValueError::new_err("negative dimensions are not allowed"))?;
        let call = |ones: &Array| {
            let call = || convert::array(&mask.call1((PyArray::new(ones.clone()), k))?);
            call().map_err(|raised| carried(py, raised))
        };
        tnp::mask_indices(n, call).or_raise(py)?.give(py)
    };
    "indices(dimensions, dtype=None, sparse=False)", |a| {
        let (shape, dtype) = (a.shape("dimensions")?, a.dtype()?);
        match a.flag("sparse")? {
            true => a.give(|| tnp::indices_sparse(shape, dtype)),
            false => a.give(|| tnp::indices(shape, dtype)),
        }
    };
    "fromfunction(function, shape, *, dtype=None)", fromfunction;
    "unravel_index(indices, shape, order='C')", |a| { let (x, shape, order) = (a.x(0)?, a.shape("shape")?, order(a)?); a.give(|| tnp::unravel_index(x, shape, order)) };
    "ravel_multi_index(multi_index, dims, mode='raise', order='C')", |a| {
        let (lines, shape, options) = (a.arrays(0)?, a.shape("dims")?, RavelIndex { modes: modes(a)?, order: order(a)? });
        a.give(|| tnp::ravel_multi_index(lines, shape, options))
    };
    "fill_diagonal(a, val, wrap=False)", |a| { let (x, value, wrap) = (a.x(0)?, a.x(1)?, a.flag("wrap")?); a.give(|| tnp::fill_diagonal(x, value, wrap)) };
};
