//! DLPack: arrays to and from PyTorch, JAX, TensorFlow and others, by both forms of the protocol's capsule.
//!
//! The structures are those of <https://dmlc.github.io/dlpack/latest/c_api.html>

use std::ffi::{CStr, c_void};

use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use smallvec::SmallVec;
use tnp::{Array, DType};
use tnp_backend::count_transfer;
use tnp_shape::Dims;

use crate::dtype::ALL;
use crate::error::OrRaise;
use crate::memory::{Copying, Foreign, contiguous, host};

const CPU: i32 = 1;
/// Devices whose memory the host reads in place: pinned and managed memory of GPUs.
const HOST: [i32; 4] = [CPU, 3, 11, 13];
const READ_ONLY: u64 = 1;
const COPIED: u64 = 2;

#[repr(C)]
struct Device {
    kind: i32,
    id: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ElementType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Described {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    dtype: ElementType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Legacy {
    tensor: Described,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Legacy)>,
}

#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    tensor: Described,
}

/// The two forms: how a capsule is named before and after it is used up.
trait Form: Sized {
    const NAME: &'static CStr;
    const USED: &'static CStr;

    /// # Safety
    /// `this` is a live structure of this form that nobody else frees.
    unsafe fn delete(this: *mut Self);
}

impl Form for Legacy {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";

    unsafe fn delete(this: *mut Legacy) {
        // SAFETY: the caller's.
        if let Some(deleter) = unsafe { (*this).deleter } {
            // SAFETY: its own deleter.
            unsafe { deleter(this) };
        }
    }
}

impl Form for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";

    unsafe fn delete(this: *mut Versioned) {
        // SAFETY: the caller's.
        if let Some(deleter) = unsafe { (*this).deleter } {
            // SAFETY: its own deleter.
            unsafe { deleter(this) };
        }
    }
}

fn element_type(dtype: DType) -> ElementType {
    let (code, bits) = match dtype {
        DType::Bool => (6, 8),
        DType::Int8 => (0, 8),
        DType::Int16 => (0, 16),
        DType::Int32 => (0, 32),
        DType::Int64 => (0, 64),
        DType::UInt8 => (1, 8),
        DType::UInt16 => (1, 16),
        DType::UInt32 => (1, 32),
        DType::UInt64 => (1, 64),
        DType::Float16 => (2, 16),
        DType::BFloat16 => (4, 16),
        DType::Float32 => (2, 32),
        DType::Float64 => (2, 64),
        DType::Complex64 => (5, 64),
        DType::Complex128 => (5, 128),
    };
    ElementType {
        code,
        bits,
        lanes: 1,
    }
}

fn dtype_of(element: ElementType) -> Option<DType> {
    ALL.into_iter().find(|&dtype| {
        let own = element_type(dtype);
        (own.code, own.bits, own.lanes) == (element.code, element.bits, element.lanes)
    })
}

/// What a capsule of ours keeps alive.
struct Kept {
    _array: Array,
    shape: SmallVec<[i64; 4]>,
    strides: SmallVec<[i64; 4]>,
}

fn described(py: Python<'_>, array: Array) -> PyResult<(Described, *mut c_void)> {
    let data = host(py, &array)?;
    let tensor = array.tensor().or_raise(py)?;
    let shape = tensor
        .layout
        .shape()
        .iter()
        .map(|&size| size as i64)
        .collect();
    let strides = tensor
        .layout
        .strides()
        .iter()
        .map(|&stride| stride as i64)
        .collect();
    let (ndim, dtype) = (array.ndim() as i32, element_type(array.dtype()));
    let mut kept = Box::new(Kept {
        _array: array,
        shape,
        strides,
    });
    let described = Described {
        data: data.cast(),
        device: Device { kind: CPU, id: 0 },
        ndim,
        dtype,
        shape: kept.shape.as_mut_ptr(),
        strides: kept.strides.as_mut_ptr(),
        byte_offset: 0,
    };
    Ok((described, Box::into_raw(kept).cast()))
}

/// Frees a capsule that nobody used up.
unsafe extern "C" fn capsule_gone<F: Form>(capsule: *mut ffi::PyObject) {
    // SAFETY: called by Python with the capsule; a name other than ours means that somebody took the structure over.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, F::NAME.as_ptr()) == 1 {
            F::delete(ffi::PyCapsule_GetPointer(capsule, F::NAME.as_ptr()).cast());
        }
    }
}

fn capsule<F: Form>(py: Python<'_>, form: F) -> PyResult<Bound<'_, PyAny>> {
    let form = Box::into_raw(Box::new(form));
    // SAFETY: a pointer that is not null, with its name and destructor.
    unsafe {
        let capsule = ffi::PyCapsule_New(form.cast(), F::NAME.as_ptr(), Some(capsule_gone::<F>));
        if capsule.is_null() {
            F::delete(form);
        }
        Bound::from_owned_ptr_or_err(py, capsule)
    }
}

unsafe extern "C" fn delete_legacy(this: *mut Legacy) {
    // SAFETY: both boxes were taken apart in `export`, and a structure is deleted once.
    unsafe {
        let form = Box::from_raw(this);
        drop(Box::from_raw(form.context.cast::<Kept>()));
    }
}

unsafe extern "C" fn delete_versioned(this: *mut Versioned) {
    // SAFETY: as in `delete_legacy`.
    unsafe {
        let form = Box::from_raw(this);
        drop(Box::from_raw(form.context.cast::<Kept>()));
    }
}

/// A capsule of an array. The versioned form says that the memory is read-only; the legacy form cannot, so it gets a copy
/// unless copies are forbidden.
pub(crate) fn export<'py>(
    py: Python<'py>,
    array: Array,
    max_version: Option<(u32, u32)>,
    device: Option<(i32, i32)>,
    copying: Copying,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(device) = device
        && device != (CPU, 0)
    {
        return Err(PyBufferError::new_err(format!(
            "__dlpack__: the array is in host memory, device (1, 0), and cannot be exported to {device:?}"
        )));
    }
    let versioned = max_version.is_some_and(|(major, _)| major >= 1);
    if !versioned && copying == Some(false) && array.size() > 0 {
        return Err(PyBufferError::new_err(
            "__dlpack__: arrays are values and legacy capsules cannot say read-only; ask with max_version=(1, 0), or allow a copy",
        ));
    }
    let copied = copying == Some(true) || !versioned;
    let array = match copied {
        true => {
            let bytes = array.to_bytes().or_raise(py)?;
            // Reading a device's own memory has been counted.
            if array
                .tensor()
                .is_ok_and(|tensor| tensor.host_ptr().is_some())
            {
                count_transfer(bytes.len());
            }
            Array::from_bytes(&bytes, array.shape(), array.dtype()).or_raise(py)?
        }
        false => array,
    };
    let (tensor, context) = described(py, array)?;
    match versioned {
        true => {
            let flags = if copied { COPIED } else { READ_ONLY };
            let deleter: unsafe extern "C" fn(*mut Versioned) = delete_versioned;
            capsule(
                py,
                Versioned {
                    major: 1,
                    minor: 0,
                    context,
                    deleter: Some(deleter),
                    flags,
                    tensor,
                },
            )
        }
        false => {
            let deleter: unsafe extern "C" fn(*mut Legacy) = delete_legacy;
            capsule(
                py,
                Legacy {
                    tensor,
                    context,
                    deleter: Some(deleter),
                },
            )
        }
    }
}

/// A structure taken over from a capsule; freed by its own deleter.
struct Taken<F: Form>(*mut F);

// SAFETY: the protocol lets a structure be deleted on any thread.
unsafe impl<F: Form> Send for Taken<F> {}
// SAFETY: as above; it is not looked at after it was taken over.
unsafe impl<F: Form> Sync for Taken<F> {}

impl<F: Form> Drop for Taken<F> {
    fn drop(&mut self) {
        // A deleter may use Python; after the interpreter has gone it is not called.
        let _ = Python::try_attach(|_| {
            // SAFETY: taken over from its capsule, and deleted here alone.
            unsafe { F::delete(self.0) }
        });
    }
}

fn take<F: Form>(capsule: &Bound<'_, PyAny>) -> PyResult<Option<*mut F>> {
    // SAFETY: `capsule` is alive; the name is checked before the pointer is read.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), F::NAME.as_ptr()) != 1 {
            return Ok(None);
        }
        let form = ffi::PyCapsule_GetPointer(capsule.as_ptr(), F::NAME.as_ptr()).cast::<F>();
        Ok(Some(form))
    }
}

fn used<F: Form>(capsule: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: `capsule` is alive and valid under the form's name.
    match unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), F::USED.as_ptr()) } {
        0 => Ok(()),
        _ => Err(PyErr::fetch(capsule.py())),
    }
}

/// What a structure says.
///
/// # Safety
/// `tensor` is as the protocol has it.
unsafe fn read(tensor: &Described) -> PyResult<Foreign> {
    if !HOST.contains(&tensor.device.kind) {
        return Err(PyBufferError::new_err(format!(
            "from_dlpack: the array is on device ({}, {}) of DLPack and not in host memory; move it to the CPU first",
            tensor.device.kind, tensor.device.id
        )));
    }
    let Some(dtype) = dtype_of(tensor.dtype) else {
        return Err(PyTypeError::new_err(format!(
            "from_dlpack: no dtype for DLPack's code {}, {} bits, {} lanes",
            tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes
        )));
    };
    let ndim = usize::try_from(tensor.ndim)
        .map_err(|_| PyValueError::new_err("from_dlpack: a negative number of axes"))?;
    let part = |numbers: *mut i64| match ndim == 0 || numbers.is_null() {
        true => None,
        // SAFETY: the protocol gives `ndim` numbers.
        false => Some(unsafe { std::slice::from_raw_parts(numbers, ndim) }),
    };
    let shape: Option<Dims> = match part(tensor.shape) {
        Some(shape) => shape
            .iter()
            .map(|&size| usize::try_from(size).ok())
            .collect(),
        None if ndim == 0 => Some(Dims::new()),
        None => None,
    };
    let Some(shape) = shape else {
        return Err(PyValueError::new_err(
            "from_dlpack: the shape is missing or has a negative size",
        ));
    };
    let item = dtype.itemsize() as isize;
    let strides = match part(tensor.strides) {
        Some(strides) => strides
            .iter()
            .map(|&stride| (stride as isize).saturating_mul(item))
            .collect(),
        None => contiguous(&shape, dtype),
    };
    let data = tensor
        .data
        .cast::<u8>()
        .wrapping_add(tensor.byte_offset as usize);
    Ok(Foreign {
        data,
        dtype,
        shape,
        strides,
        immutable: false,
    })
}

/// The array of an object with `__dlpack__`; memory is shared unless it has to be copied.
pub(crate) fn import(object: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Array> {
    let py = object.py();
    let keywords = PyDict::new(py);
    keywords.set_item("max_version", PyTuple::new(py, [1, 1])?)?;
    let capsule = match object.call_method("__dlpack__", (), Some(&keywords)) {
        Err(raised) if raised.is_instance_of::<PyTypeError>(py) => {
            object.call_method0("__dlpack__")?
        }
        capsule => capsule?,
    };
    if let Some(form) = take::<Versioned>(&capsule)? {
        // SAFETY: the capsule is valid, so the structure is; the two first fields are the version in all versions.
        let version = unsafe { ((*form).major, (*form).minor) };
        if version.0 != 1 {
            return Err(PyBufferError::new_err(format!(
                "from_dlpack: version {}.{} of the protocol, 1.x is known",
                version.0, version.1
            )));
        }
        // SAFETY: as above.
        let foreign = unsafe { read(&(*form).tensor)? };
        used::<Versioned>(&capsule)?;
        // SAFETY: the structure, taken over, keeps the memory.
        return unsafe { foreign.array(py, Box::new(Taken(form)), copying) };
    }
    if let Some(form) = take::<Legacy>(&capsule)? {
        // SAFETY: the capsule is valid, so the structure is.
        let foreign = unsafe { read(&(*form).tensor)? };
        used::<Legacy>(&capsule)?;
        // SAFETY: as above.
        return unsafe { foreign.array(py, Box::new(Taken(form)), copying) };
    }
    Err(PyBufferError::new_err(
        "from_dlpack: `__dlpack__` gave no capsule, or one that was used already",
    ))
}
