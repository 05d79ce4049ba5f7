//! What functions take as arrays: ours, Python's numbers and nested lists, and everything that shows its memory.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use tnp::{Array, Literal, Number, Numbers, Operand, Scalar, c128};

use crate::array::PyArray;
use crate::dlpack;
use crate::error::OrRaise;
use crate::memory::{Copying, of_buffer, same_bits};

/// Lists nested deeper than this are taken for lists that contain themselves.
const DEPTH: usize = 64;

/// A number of Python's own, which promotes weakly; `None` for anything else, NumPy's scalars (a subclass of `float` among
/// them) included.
#[inline]
pub(crate) fn number(object: &Bound<'_, PyAny>) -> PyResult<Option<Scalar>> {
    if let Ok(x) = object.cast_exact::<PyFloat>() {
        return Ok(Some(Scalar::Float(x.value())));
    }
    if let Ok(x) = object.cast_exact::<PyInt>() {
        return integer(x).map(Some);
    }
    if let Ok(x) = object.cast_exact::<PyBool>() {
        return Ok(Some(Scalar::Bool(x.is_true())));
    }
    if let Ok(x) = object.cast_exact::<PyComplex>() {
        // SAFETY: an object of Python's complex type.
        let (re, im) = unsafe {
            (
                ffi::PyComplex_RealAsDouble(x.as_ptr()),
                ffi::PyComplex_ImagAsDouble(x.as_ptr()),
            )
        };
        return Ok(Some(Scalar::Complex(c128::new(re, im))));
    }
    Ok(None)
}

fn integer(object: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    if let Ok(x) = object.extract::<i64>() {
        return Ok(Scalar::Int(i128::from(x)));
    }
    if let Ok(x) = object.extract::<i128>() {
        return Ok(Scalar::Int(x));
    }
    match object.extract::<u128>() {
        Ok(x) => Ok(Scalar::Huge(x)),
        Err(_) => Err(PyOverflowError::new_err(
            "Python integer out of bounds: an integer has at most 128 bits here",
        )),
    }
}

/// An argument of a function: an array, or a number that promotes weakly.
///
/// # Errors
/// For objects that are no array; for an array borrowed from a writer and needed by a transformation, when memory runs out.
#[inline]
pub(crate) fn operand(object: &Bound<'_, PyAny>) -> PyResult<Operand<'static>> {
    if let Ok(array) = object.cast::<PyArray>() {
        return array.get().value(object.py()).map(Operand::Owned);
    }
    if let Some(scalar) = number(object)? {
        return Ok(Operand::Scalar(scalar));
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return nested(object, 0);
    }
    match foreign(object, None)? {
        Some(array) => settled(object.py(), array).map(Operand::Owned),
        None => Err(no_array(object)),
    }
}

/// The same as an array of its own.
///
/// # Errors
/// As [`operand`].
pub(crate) fn array(object: &Bound<'_, PyAny>) -> PyResult<Array> {
    operand(object)?.into_array().or_raise(object.py())
}

#[cold]
fn no_array(object: &Bound<'_, PyAny>) -> PyErr {
    let name = object
        .get_type()
        .name()
        .map_or_else(|_| "object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!(
        "an object of type '{name}' is no array: give numbers, nested lists of them, or an object with `__array__`, `__dlpack__` or the buffer protocol"
    ))
}

/// A value that nobody outside can change: memory lent by a writer is copied while a transformation is at work, which
/// keeps what it sees.
pub(crate) fn settled(py: Python<'_>, array: Array) -> PyResult<Array> {
    if !tnp_array::is_active() || !is_lent(&array) {
        return Ok(array);
    }
    owned(py, &array)
}

/// Whether somebody else may write to the array's memory.
#[inline]
pub(crate) fn is_lent(array: &Array) -> bool {
    // Asking a boxed array for its tensor would put an error into words.
    array.boxed().is_none() && array.tensor().is_ok_and(|tensor| tensor.buffer.is_lent())
}

/// A counted copy in memory of our own.
pub(crate) fn owned(py: Python<'_>, array: &Array) -> PyResult<Array> {
    let bytes = array.to_bytes().or_raise(py)?;
    tnp_backend::count_transfer(bytes.len());
    let copy = Array::from_bytes(&bytes, array.shape(), array.dtype()).or_raise(py)?;
    Ok(copy.with_weak(array.is_weak()))
}

/// The array of an object that shows its memory, one way or another.
///
/// # Errors
/// For texts and other elements that are no numbers; when a copy is needed and forbidden.
pub(crate) fn foreign(object: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Option<Array>> {
    let py = object.py();
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
        return Err(PyTypeError::new_err(
            "text is no array of numbers; convert it first, with `float(text)` or `numpy.frombuffer`",
        ));
    }
    if object.is_instance_of::<PyType>() {
        return Ok(None);
    }
    if let Some(array) = of_buffer(object, copying)? {
        return Ok(Some(array));
    }
    if let Some(numpy) = numpy_array(object)? {
        return of_numpy(&numpy, copying).map(Some);
    }
    if object.hasattr("__dlpack__")? {
        return dlpack::import(object, copying).map(Some);
    }
    if object.hasattr("__array__")? {
        let given = object.call_method0("__array__")?;
        return match of_buffer(&given, copying)? {
            Some(array) => Ok(Some(array)),
            None => of_numpy(&given, copying).map(Some),
        };
    }
    if object.is_instance_of::<PyFloat>() || object.is_instance_of::<PyComplex>() {
        let complex: (f64, f64) = (
            object.getattr("real")?.extract()?,
            object.getattr("imag")?.extract()?,
        );
        let scalar = match object.is_instance_of::<PyFloat>() {
            true => Scalar::Float(complex.0),
            false => Scalar::Complex(c128::new(complex.0, complex.1)),
        };
        return Operand::Scalar(scalar).into_array().or_raise(py).map(Some);
    }
    if object.is_instance_of::<PyInt>() {
        return Operand::Scalar(integer(object)?)
            .into_array()
            .or_raise(py)
            .map(Some);
    }
    Ok(None)
}

/// The value of one of NumPy's scalars.
fn numpy_scalar(object: &Bound<'_, PyAny>) -> PyResult<Option<Literal>> {
    let module = object.get_type().module()?;
    let of_numpy = module == "numpy" || module == "ml_dtypes";
    // Its arrays are of that module too; what is of a dtype and no array is a scalar.
    if !of_numpy || !object.hasattr("dtype")? || object.hasattr("__setitem__")? {
        return Ok(None);
    }
    match foreign(object, None)? {
        Some(array) if array.ndim() == 0 => array.literal().or_raise(object.py()).map(Some),
        _ => Ok(None),
    }
}

/// An array or scalar of NumPy's, if it is one, as an array.
fn numpy_array<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let module = object.get_type().module()?;
    let of_numpy = object.hasattr("__array_interface__")? && object.hasattr("newbyteorder")?
        || module == "numpy"
        || module == "ml_dtypes";
    if !of_numpy || !object.hasattr("dtype")? {
        return Ok(None);
    }
    let numpy = object.py().import("numpy")?;
    Ok(Some(numpy.call_method1("asarray", (object,))?))
}

/// An array of NumPy's that has no format in the buffer protocol, or another byte order.
fn of_numpy(object: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Array> {
    let py = object.py();
    let Some(dtype) = object.getattr_opt("dtype")? else {
        return Err(PyValueError::new_err(
            "object __array__ method not producing an array",
        ));
    };
    let name: String = dtype.getattr("name")?.extract()?;
    if name == "bfloat16" {
        let bits = object.call_method1("view", ("uint16",))?;
        if let Some(array) = of_buffer(&bits, copying)? {
            return same_bits(py, &array, tnp::BFloat16);
        }
    }
    let native: bool = dtype.getattr("isnative")?.extract()?;
    if !native {
        if copying == Some(false) {
            return Err(PyValueError::new_err(
                "Unable to avoid copy while creating an array as requested: the bytes are in the other order",
            ));
        }
        let native = dtype.call_method1("newbyteorder", ("=",))?;
        let turned = object.call_method1("astype", (native,))?;
        if let Some(array) = of_buffer(&turned, None)? {
            tnp_backend::count_transfer(array.nbytes());
            return Ok(array);
        }
    }
    Err(PyTypeError::new_err(format!(
        "a NumPy array of dtype {name} has no counterpart in tnp, whose arrays hold numbers and bools; convert it with `astype`"
    )))
}

/// Collects the numbers of nested lists and tuples; false where they hold something else too.
fn collect(
    object: &Bound<'_, PyAny>,
    depth: usize,
    shape: &mut Vec<usize>,
    numbers: &mut Vec<Number>,
) -> PyResult<bool> {
    if depth > DEPTH {
        return Err(PyValueError::new_err(format!(
            "lists nested more than {DEPTH} deep: the list contains itself, perhaps"
        )));
    }
    let mut part =
        |items: &mut dyn Iterator<Item = Bound<'_, PyAny>>, len: usize| -> PyResult<bool> {
            match shape.get(depth) {
                None => shape.push(len),
                Some(&size) if size == len => {}
                Some(_) => return Err(ragged(depth)),
            }
            for item in items {
                let one = match number(&item)? {
                    Some(number) => Number::Free(number),
                    None if item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() => {
                        if shape.len() == depth + 1 && !numbers.is_empty() {
                            return Err(ragged(depth + 1));
                        }
                        if !collect(&item, depth + 1, shape, numbers)? {
                            return Ok(false);
                        }
                        continue;
                    }
                    None => match numpy_scalar(&item)? {
                        Some(value) => Number::Typed(value),
                        None => return Ok(false),
                    },
                };
                if shape.len() != depth + 1 {
                    return Err(ragged(depth + 1));
                }
                numbers.push(one);
            }
            Ok(true)
        };
    if let Ok(list) = object.cast::<PyList>() {
        part(&mut list.iter(), list.len())
    } else if let Ok(tuple) = object.cast::<PyTuple>() {
        part(&mut tuple.iter(), tuple.len())
    } else {
        Ok(false)
    }
}

#[cold]
fn ragged(depth: usize) -> PyErr {
    PyValueError::new_err(format!(
        "setting an array element with a sequence. The requested array has an inhomogeneous shape after {depth} dimensions: its parts differ in length"
    ))
}

/// Nested lists: numbers, or arrays put together.
fn nested(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Operand<'static>> {
    let py = object.py();
    if depth > DEPTH {
        return Err(ragged(depth));
    }
    let (mut shape, mut numbers) = (Vec::new(), Vec::new());
    if collect(object, 0, &mut shape, &mut numbers)? {
        return Ok(Numbers::new(numbers, &shape).into());
    }
    let mut arrays = Vec::new();
    for item in object.try_iter()? {
        let item = item?;
        let array = match item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() {
            true => nested(&item, depth + 1)?.into_array().or_raise(py)?,
            false => operand(&item)?.into_array().or_raise(py)?,
        };
        arrays.push(Operand::Owned(array.with_weak(false)));
    }
    if let Some(other) = arrays
        .iter()
        .find(|array| array.shape() != arrays[0].shape())
    {
        return Err(PyValueError::new_err(format!(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions: parts have shapes {:?} and {:?}",
            arrays[0].shape(),
            other.shape()
        )));
    }
    tnp::stack(arrays, 0).or_raise(py).map(Operand::Owned)
}
