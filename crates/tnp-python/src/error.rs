//! Errors: each kind becomes the exception NumPy raises, and an exception raised inside a user's function comes out as it was.

use std::cell::RefCell;

use pyo3::exceptions::{
    PyIndexError, PyMemoryError, PyNotImplementedError, PyOSError, PyOverflowError, PyRuntimeError,
    PyTypeError, PyValueError, PyZeroDivisionError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tnp::{DType, Error, ErrorKind};

thread_local! {
    /// The exception of the user's function that is on its way out, with the words that stand for it meanwhile.
    static RAISED: RefCell<Option<(String, PyErr)>> = const { RefCell::new(None) };
}

/// An exception raised by a user's function, as an error that passes through the library.
pub(crate) fn carried(py: Python<'_>, raised: PyErr) -> Error {
    let words = format!("raised in the function: {}", raised.value(py));
    let error = Error::value(words.clone());
    let earlier = RAISED.replace(Some((words, raised)));
    drop(earlier);
    error
}

/// The exception for an error: the user's own when that is what it carries.
pub(crate) fn exception(py: Python<'_>, error: Error) -> PyErr {
    if let Some((words, raised)) = RAISED.take()
        && error.message().ends_with(&words)
    {
        return raised;
    }
    let message = in_python(error.message());
    match error.kind() {
        ErrorKind::Value => PyValueError::new_err(message),
        ErrorKind::Type => PyTypeError::new_err(message),
        ErrorKind::Index => PyIndexError::new_err(message),
        ErrorKind::Overflow => PyOverflowError::new_err(message),
        ErrorKind::ZeroDivision => PyZeroDivisionError::new_err(message),
        ErrorKind::Memory => PyMemoryError::new_err(message),
        ErrorKind::Unsupported => PyNotImplementedError::new_err(message),
        ErrorKind::Io => PyOSError::new_err(message),
        ErrorKind::Axis => of_numpy(py, "AxisError", message),
        ErrorKind::LinAlg => of_numpy(py, "LinAlgError", message),
        ErrorKind::Device | ErrorKind::Scope => PyRuntimeError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}

/// A message whose advice is written as Python is.
#[cold]
pub(crate) fn in_python(message: &str) -> String {
    let mut text = message
        .replace("`x.to(&device)`", "`x.to_device(device)`")
        .replace("`x.to(\"cpu:0\")`", "`x.to_device(\"cpu:0\")`")
        .replace("`x = put_along_axis(x, …)?`", "`x = put_along_axis(x, …)`")
        .replace(
            "`concatenate(arrays, None::<i32>)`",
            "`concatenate(arrays, axis=None)`",
        );
    for dtype in DType::ALL {
        text = text.replace(&format!("astype({dtype:?})"), &format!("astype('{dtype}')"));
    }
    text
}

/// One of the exceptions that NumPy defines itself, where `tnp.exceptions` has it from.
pub(crate) fn of_numpy(py: Python<'_>, name: &str, message: String) -> PyErr {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("tnp.exceptions").map(Bound::unbind));
    let class = module.and_then(|module| module.bind(py).getattr(name));
    match class.and_then(|class| class.call1((message,))) {
        Ok(value) => PyErr::from_value(value),
        Err(raised) => raised,
    }
}

/// Turns a result of the library into one of Python's.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for tnp::Result<T> {
    #[inline]
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, error))
    }
}
