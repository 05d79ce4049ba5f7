//! Integers, shapes and axes as arguments.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyList, PyTuple};
use smallvec::SmallVec;
use tnp::{Axis, Shape};

/// The value of an `int` and nothing else, when it fits; what needs more thought is `None`.
#[inline]
pub(crate) fn exact(object: &Bound<'_, PyAny>) -> Option<isize> {
    if !object.is_exact_instance_of::<PyInt>() {
        return None;
    }
    // SAFETY: `object` is an `int`.
    let value = unsafe { ffi::PyLong_AsSsize_t(object.as_ptr()) };
    (value != -1 || PyErr::take(object.py()).is_none()).then_some(value)
}

/// An integer by `__index__`; no floats.
pub(crate) fn integer(object: &Bound<'_, PyAny>, name: &str) -> PyResult<isize> {
    if let Some(value) = exact(object) {
        return Ok(value);
    }
    object.extract().map_err(|raised: PyErr| {
        match raised.is_instance_of::<PyTypeError>(object.py()) {
            true => PyTypeError::new_err(format!("{name}: {}", raised.value(object.py()))),
            false => raised,
        }
    })
}

/// A size of a shape.
fn size(object: &Bound<'_, PyAny>) -> PyResult<isize> {
    if object.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(
            "shape: an integer is required, not a bool",
        ));
    }
    integer(object, "shape").map_err(|raised| {
        match raised.is_instance_of::<PyOverflowError>(object.py()) {
            true => PyValueError::new_err("Maximum allowed dimension exceeded"),
            false => raised,
        }
    })
}

/// A shape: an integer or a sequence of them.
pub(crate) fn shape(object: &Bound<'_, PyAny>) -> PyResult<Shape> {
    integers(object, size).map(Shape)
}

/// One integer or several, each read by a function.
fn integers(
    object: &Bound<'_, PyAny>,
    read: impl Fn(&Bound<'_, PyAny>) -> PyResult<isize>,
) -> PyResult<SmallVec<[isize; 4]>> {
    /// As many axes as NumPy's arrays can have.
    const AXES: usize = 64;
    let list = object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>();
    if !list {
        // Arrays of one axis are sequences of sizes, those of none are integers.
        match read(object) {
            Ok(one) => return Ok(SmallVec::from_slice(&[one])),
            Err(raised) if object.try_iter().is_err() => return Err(raised),
            Err(_) => {}
        }
    }
    let mut sizes = SmallVec::new();
    each(object, |item| {
        sizes.push(read(item)?);
        Ok(())
    })?;
    match sizes.len() <= AXES {
        true => Ok(sizes),
        false => Err(PyValueError::new_err(format!(
            "maximum supported dimension for an ndarray is currently {AXES}, found {}",
            sizes.len()
        ))),
    }
}

/// Hands on what a sequence holds; a tuple without an iterator of Python's.
pub(crate) fn each<'py>(
    object: &Bound<'py, PyAny>,
    mut take: impl FnMut(&Bound<'py, PyAny>) -> PyResult<()>,
) -> PyResult<()> {
    match object.cast_exact::<PyTuple>() {
        Ok(tuple) => tuple.iter_borrowed().try_for_each(|item| take(&item)),
        Err(_) => object.try_iter()?.try_for_each(|item| take(&item?)),
    }
}

/// One axis or several.
pub(crate) fn axis(object: &Bound<'_, PyAny>) -> PyResult<Axis> {
    integers(object, |object| integer(object, "axis")).map(|axes| Axis(Some(axes)))
}
