//! `x.at[i]`: writing to a place of an array, as a function that gives a new array.

use pyo3::prelude::*;
use tnp::{Array, Operand};

use crate::array::PyArray;
use crate::convert::operand;
use crate::error::OrRaise;
use crate::index::{Entries, entries};

/// `x.at`: indexed, it names a place of an array.
#[pyclass(frozen, module = "tnp", name = "_At")]
pub(crate) struct At {
    pub(crate) array: Py<PyArray>,
}

#[pymethods]
impl At {
    fn __getitem__(&self, py: Python<'_>, key: Py<PyAny>) -> Place {
        Place {
            array: self.array.clone_ref(py),
            key,
        }
    }
}

/// `x.at[i]`: a place of an array; its methods give new arrays.
#[pyclass(frozen, module = "tnp", name = "_Place")]
pub(crate) struct Place {
    array: Py<PyArray>,
    key: Py<PyAny>,
}

fn changed(
    place: &Place,
    value: &Bound<'_, PyAny>,
    change: impl FnOnce(tnp::At<'_, Entries>, Operand<'static>) -> tnp::Result<Array>,
) -> PyResult<PyArray> {
    let py = value.py();
    let (index, value) = (entries(place.key.bind(py))?, operand(value)?);
    let array = place.array.get().value(py)?;
    change(array.at(index), value)
        .or_raise(py)
        .map(PyArray::new)
}

/// What is at the place, and what a function of it and a value gives, put there.
fn combined(
    place: &Place,
    value: &Bound<'_, PyAny>,
    function: impl FnOnce(Array, Operand<'static>) -> tnp::Result<Array>,
) -> PyResult<PyArray> {
    let py = value.py();
    let (index, value) = (entries(place.key.bind(py))?, operand(value)?);
    let array = place.array.get().value(py)?;
    let there = array.get(&index).or_raise(py)?;
    let dtype = array.dtype();
    let new = function(there, value)
        .and_then(|new| new.astype(dtype))
        .or_raise(py)?;
    array.set(&index, new).or_raise(py).map(PyArray::new)
}

#[pymethods]
impl Place {
    /// What is there.
    fn get(&self, py: Python<'_>) -> PyResult<PyArray> {
        let index = entries(self.key.bind(py))?;
        self.array
            .get()
            .value(py)?
            .get(index)
            .or_raise(py)
            .map(PyArray::new)
    }

    /// The array with what is there replaced by what a function makes of it.
    fn apply(&self, py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        let there = self.get(py)?;
        let value = function.call1((there,))?;
        self.set(&value)
    }

    /// The array with the place set to values.
    fn set(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.set(value))
    }

    /// The array with values added; a place that is named twice gets both.
    fn add(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.add(value))
    }

    /// The array with values subtracted; a place that is named twice loses both.
    fn subtract(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.subtract(value))
    }

    /// The array with the place multiplied by values; a place that is named twice by both.
    fn multiply(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.multiply(value))
    }

    /// The same as `multiply`.
    fn mul(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        self.multiply(value)
    }

    /// The array with the lesser of what is there and values.
    fn min(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.minimum(value))
    }

    /// The array with the greater of what is there and values.
    fn max(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        changed(self, value, |place, value| place.maximum(value))
    }

    /// The array with the place divided by values, in the array's dtype; a place that is named twice is divided once.
    fn divide(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        combined(self, value, tnp::divide)
    }

    /// The array with the place raised to powers, in the array's dtype; a place that is named twice is raised once.
    fn power(&self, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        combined(self, value, tnp::power)
    }
}
