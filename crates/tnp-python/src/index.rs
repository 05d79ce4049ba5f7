//! Index expressions: everything Python allows between the brackets.

use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PySlice, PyTuple};
use smallvec::SmallVec;
use tnp::{DType, Index, IndexArray, IntoIndex, Operand};

use crate::array::PyArray;
use crate::convert;
use crate::error::OrRaise;
use crate::sizes::exact;

/// The entries of an index expression.
pub(crate) type Entries = SmallVec<[Index<IndexArray>; 4]>;

/// The entry of a slice.
#[inline]
pub(crate) fn slice(key: &Bound<'_, PyAny>) -> Option<PyResult<Index<IndexArray>>> {
    let slice = key.cast::<PySlice>().ok()?;
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: a slice, and places for its three numbers; what was left out comes as the extremes.
    if unsafe { ffi::PySlice_Unpack(slice.as_ptr(), &mut start, &mut stop, &mut step) } < 0 {
        return Some(Err(PyErr::fetch(key.py())));
    }
    let known = |bound: isize| (bound != isize::MAX && bound != isize::MIN).then_some(bound);
    Some(Ok(Index::Slice {
        start: known(start),
        stop: known(stop),
        step,
    }))
}

/// Reads an index expression.
///
/// # Errors
/// For entries of no sort that indexes.
pub(crate) fn entries(key: &Bound<'_, PyAny>) -> PyResult<Entries> {
    let mut entries = Entries::new();
    if let Ok(tuple) = key.cast::<PyTuple>() {
        for item in tuple.iter_borrowed() {
            entries.push(entry(&item)?);
        }
    } else {
        entries.push(entry(key)?);
    }
    Ok(entries)
}

/// A position; beyond what an axis can have it is out of bounds anyway.
#[inline]
pub(crate) fn position(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    if let Some(position) = exact(object) {
        return Ok(position);
    }
    // SAFETY: `object` is alive; a null exception means that what does not fit is clamped.
    let position = unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), std::ptr::null_mut()) };
    if position == -1
        && let Some(raised) = PyErr::take(object.py())
    {
        return Err(raised);
    }
    Ok(position)
}

fn entry(object: &Bound<'_, PyAny>) -> PyResult<Index<IndexArray>> {
    if let Some(position) = exact(object) {
        return Ok(Index::Int(position));
    }
    if let Some(slice) = slice(object) {
        return slice;
    }
    if object.is_none() {
        return Ok(Index::NewAxis);
    }
    if object.is_instance_of::<PyEllipsis>() {
        return Ok(Index::Ellipsis);
    }
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(truth.is_true().into_index());
    }
    let py = object.py();
    if let Ok(array) = object.cast::<PyArray>() {
        return Ok(array.get().value(py)?.into_index());
    }
    let list = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>();
    if !list && object.is_instance_of::<PyInt>() {
        return position(object).map(Index::Int);
    }
    let array = match convert::operand(object) {
        Ok(Operand::Scalar(_)) => return wrong(object),
        Err(raised) if !list || raised.is_instance_of::<PyTypeError>(py) => return wrong(object),
        array => array?.into_array().or_raise(py)?,
    };
    if array.size() == 0 && list {
        // An empty list has no elements to tell a dtype by.
        return Ok(IndexArray::following(
            array.astype(DType::Int64).or_raise(py)?,
        ));
    }
    if array.ndim() == 0 && array.dtype().is_integer() {
        return position(object).map(Index::Int);
    }
    if !array.dtype().is_integer() && array.dtype() != DType::Bool {
        return wrong(object);
    }
    Ok(IndexArray::following(array))
}

fn wrong(object: &Bound<'_, PyAny>) -> PyResult<Index<IndexArray>> {
    // SAFETY: `object` is alive.
    if unsafe { ffi::PyIndex_Check(object.as_ptr()) } == 1
        && let Ok(position) = position(object)
    {
        return Ok(Index::Int(position));
    }
    Err(PyIndexError::new_err(format!(
        "only integers, slices (`:`), ellipsis (`...`), tnp.newaxis (`None`) and integer or boolean arrays are valid indices; this is {}",
        object.get_type().name()?
    )))
}
