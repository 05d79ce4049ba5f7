//! DLPack's Python side: capsules of `tnp::io::dlpack`'s tensors, and objects with `__dlpack__`.

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tnp::io::dlpack::{self, DLManagedTensor, DLManagedTensorVersioned, Export, Managed, Owned};
use tnp::{Array, Error, ErrorKind};

use crate::error::{exception, in_python};
use crate::memory::Copying;

/// How a capsule of a form is named before and after it is used up.
trait Capsule: Managed + 'static {
    const NAME: &'static CStr;
    const USED: &'static CStr;
}

impl Capsule for DLManagedTensor {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";
}

impl Capsule for DLManagedTensorVersioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";
}

/// The exception for memory that cannot be shared is the protocol's own.
fn raised(py: Python<'_>, error: Error) -> PyErr {
    match error.kind() {
        ErrorKind::Unsupported => PyBufferError::new_err(in_python(error.message())),
        _ => exception(py, error),
    }
}

/// Frees a capsule that nobody used up.
unsafe extern "C" fn capsule_gone<M: Capsule>(capsule: *mut ffi::PyObject) {
    // SAFETY: called by Python with the capsule; a name other than ours means that somebody took the tensor over.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, M::NAME.as_ptr()) == 1 {
            let tensor = ffi::PyCapsule_GetPointer(capsule, M::NAME.as_ptr()).cast::<M>();
            if let Some(tensor) = NonNull::new(tensor) {
                M::delete(tensor);
            }
        }
    }
}

fn capsule<'py, M: Capsule>(
    py: Python<'py>,
    array: &Array,
    options: Export,
    stream: Option<i64>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the protocol has the reader name a stream of the device's that is alive.
    let tensor = unsafe { dlpack::to_dlpack_on::<M>(array, options, stream) };
    let tensor = tensor.map_err(|error| raised(py, error))?.into_raw();
    // SAFETY: a pointer that is not null, with its name and destructor.
    unsafe {
        let destructor = Some(capsule_gone::<M> as unsafe extern "C" fn(*mut ffi::PyObject));
        let capsule = ffi::PyCapsule_New(tensor.as_ptr().cast(), M::NAME.as_ptr(), destructor);
        if capsule.is_null() {
            M::delete(tensor);
        }
        Bound::from_owned_ptr_or_err(py, capsule)
    }
}

/// A capsule of an array, of the newest form that its reader knows.
pub(crate) fn export<'py>(
    py: Python<'py>,
    array: &Array,
    max_version: Option<(u32, u32)>,
    options: Export,
    stream: Option<i64>,
) -> PyResult<Bound<'py, PyAny>> {
    match max_version.is_some_and(|(major, _)| major >= 1) {
        true => capsule::<DLManagedTensorVersioned>(py, array, options, stream),
        false => capsule::<DLManagedTensor>(py, array, options, stream),
    }
}

/// DLPack's kind and number of the device that an array is on.
pub(crate) fn place(py: Python<'_>, array: &Array) -> PyResult<(i32, i32)> {
    dlpack::place(array).map_err(|error| raised(py, error))
}

/// A tensor taken over from a capsule, whose deleter may use Python; after the interpreter has gone it is not called.
struct Taken<M: Managed>(ManuallyDrop<Owned<M>>);

impl<M: Managed> Drop for Taken<M> {
    fn drop(&mut self) {
        // SAFETY: dropped here alone.
        let _ = Python::try_attach(|_| unsafe { ManuallyDrop::drop(&mut self.0) });
    }
}

/// The array of a capsule of a form; `None` when it is of another.
fn taken<M: Capsule>(capsule: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Option<Array>> {
    let py = capsule.py();
    // SAFETY: `capsule` is alive; the name is checked before the pointer is read.
    let tensor = unsafe {
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), M::NAME.as_ptr()) != 1 {
            return Ok(None);
        }
        ffi::PyCapsule_GetPointer(capsule.as_ptr(), M::NAME.as_ptr()).cast::<M>()
    };
    let Some(tensor) = NonNull::new(tensor) else {
        return Err(PyErr::fetch(py));
    };
    // SAFETY: the capsule is valid and under the form's name, and the new one says that the tensor was taken over.
    let owned = unsafe {
        if ffi::PyCapsule_SetName(capsule.as_ptr(), M::USED.as_ptr()) != 0 {
            return Err(PyErr::fetch(py));
        }
        Owned::from_raw(tensor)
    };
    let taken = Taken(ManuallyDrop::new(owned));
    // SAFETY: the tensor is the protocol's; nobody writes while an operation reads, since operations on lent memory hold the GIL.
    let array = unsafe {
        let described = taken.0.tensor().copied();
        described.and_then(|tensor| dlpack::import(&tensor, Box::new(taken), copying))
    };
    array.map(Some).map_err(|error| raised(py, error))
}

/// The array of an object with `__dlpack__`; memory is shared unless it has to be copied.
pub(crate) fn import(object: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Array> {
    let py = object.py();
    let keywords = PyDict::new(py);
    if object.hasattr(intern!(py, "__dlpack_device__"))? {
        let place: (i32, i32) = object
            .call_method0(intern!(py, "__dlpack_device__"))?
            .extract()?;
        let stream = dlpack::stream(place).map_err(|error| raised(py, error))?;
        if let Some(stream) = stream {
            keywords.set_item(intern!(py, "stream"), stream)?;
        }
    }
    let oldest = keywords.copy()?;
    keywords.set_item(intern!(py, "max_version"), PyTuple::new(py, [1, 1])?)?;
    let method = intern!(py, "__dlpack__");
    let capsule = match object.call_method(method, (), Some(&keywords)) {
        Err(raised) if raised.is_instance_of::<PyTypeError>(py) => {
            object.call_method(method, (), Some(&oldest))?
        }
        capsule => capsule?,
    };
    let array = match taken::<DLManagedTensorVersioned>(&capsule, copying)? {
        None => taken::<DLManagedTensor>(&capsule, copying)?,
        array => array,
    };
    array.ok_or_else(|| {
        PyBufferError::new_err(
            "from_dlpack: `__dlpack__` gave no capsule, or one that was used already",
        )
    })
}
