//! Memory shared with other libraries: borrowing theirs, lending ours read-only, and the copies where neither works.

use std::ffi::{CStr, c_int, c_long, c_void};

use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use smallvec::SmallVec;
use tnp::io::foreign::{Foreign, c_order};
use tnp::{Array, DType};
use tnp_backend::Tensor;
use tnp_shape::Dims;

use crate::array::PyArray;
use crate::error::OrRaise;

/// What an import may do: copy always, only where it has to, or never.
pub(crate) use tnp::io::foreign::Copying;

/// A buffer of Python's protocol, given back when dropped.
struct Lease(Box<ffi::Py_buffer>);

// SAFETY: a buffer is read from any thread; it is given back under the GIL.
unsafe impl Send for Lease {}
// SAFETY: as above.
unsafe impl Sync for Lease {}

impl Drop for Lease {
    fn drop(&mut self) {
        // After the interpreter has gone there is nobody to give it back to.
        let _ = Python::try_attach(|_| {
            // SAFETY: filled by `PyObject_GetBuffer` and not released yet.
            unsafe { ffi::PyBuffer_Release(&mut *self.0) }
        });
    }
}

/// The dtype of a format of the `struct` module; `None` for what tnp has none for, or another byte order.
fn of_format(format: &CStr, item: usize) -> Option<DType> {
    let text = format.to_str().ok()?;
    let little = cfg!(target_endian = "little");
    let text = match text.as_bytes().first()? {
        b'@' | b'=' => &text[1..],
        b'<' if little || item == 1 => &text[1..],
        b'>' | b'!' if !little || item == 1 => &text[1..],
        _ => text,
    };
    match (text, item) {
        ("?", 1) => Some(DType::Bool),
        ("b", 1) => Some(DType::Int8),
        ("B", 1) => Some(DType::UInt8),
        ("h" | "i" | "l" | "q" | "n", 2) => Some(DType::Int16),
        ("h" | "i" | "l" | "q" | "n", 4) => Some(DType::Int32),
        ("h" | "i" | "l" | "q" | "n", 8) => Some(DType::Int64),
        ("H" | "I" | "L" | "Q" | "N", 2) => Some(DType::UInt16),
        ("H" | "I" | "L" | "Q" | "N", 4) => Some(DType::UInt32),
        ("H" | "I" | "L" | "Q" | "N", 8) => Some(DType::UInt64),
        ("e", 2) => Some(DType::Float16),
        ("f", 4) => Some(DType::Float32),
        ("d", 8) => Some(DType::Float64),
        ("Zf", 8) => Some(DType::Complex64),
        ("Zd", 16) => Some(DType::Complex128),
        _ => None,
    }
}

/// An array of what an object shows by the buffer protocol; `None` when it shows nothing, or nothing tnp can read.
///
/// # Errors
/// When memory runs out, or when a copy is needed and forbidden.
pub(crate) fn of_buffer(object: &Bound<'_, PyAny>, copying: Copying) -> PyResult<Option<Array>> {
    let py = object.py();
    // SAFETY: `object` is alive.
    if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
        return Ok(None);
    }
    // SAFETY: all zeros are a valid empty `Py_buffer`.
    let mut view: Box<ffi::Py_buffer> = Box::new(unsafe { std::mem::zeroed() });
    // SAFETY: the view is ours to fill.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &mut *view, ffi::PyBUF_RECORDS_RO) } != 0 {
        let _ = PyErr::take(py);
        return Ok(None);
    }
    let lease = Lease(view);
    let view = &*lease.0;
    let format = match view.format.is_null() {
        true => c"B",
        // SAFETY: a format is a string that lives as long as the view.
        false => unsafe { CStr::from_ptr(view.format) },
    };
    let Some(dtype) = of_format(format, view.itemsize as usize) else {
        return Ok(None);
    };
    let ndim = view.ndim as usize;
    let part = |pointer: *mut ffi::Py_ssize_t| match pointer.is_null() || ndim == 0 {
        true => None,
        // SAFETY: the protocol gives `ndim` numbers.
        false => Some(unsafe { std::slice::from_raw_parts(pointer, ndim) }),
    };
    let shape: Dims = match part(view.shape) {
        Some(shape) => shape.iter().map(|&size| size as usize).collect(),
        None if ndim == 0 => Dims::new(),
        None => Dims::from_elem((view.len / view.itemsize) as usize, 1),
    };
    let strides = match part(view.strides) {
        Some(strides) => SmallVec::from_slice(strides),
        None => c_order(&shape, dtype),
    };
    let foreign = Foreign {
        data: view.buf.cast(),
        dtype,
        shape,
        strides,
        immutable: view.readonly != 0 && is_ours(object)?,
    };
    // SAFETY: the lease keeps the memory where it is.
    let array = unsafe { foreign.array(Box::new(lease), copying) };
    array.or_raise(py).map(Some)
}

/// Whether read-only memory is that of an array of ours, or of `bytes`, through views of NumPy's and Python's.
fn is_ours(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut owner = object.clone();
    for _ in 0..8 {
        if owner.is_instance_of::<PyArray>() || owner.is_instance_of::<PyBytes>() {
            return Ok(true);
        }
        let Some(next) = owner.getattr_opt("base")?.or(owner.getattr_opt("obj")?) else {
            return Ok(false);
        };
        owner = next;
    }
    Ok(false)
}

fn format_of(dtype: DType) -> Option<&'static CStr> {
    const WIDE: bool = size_of::<c_long>() == 8;
    Some(match dtype {
        DType::Bool => c"?",
        DType::Int8 => c"b",
        DType::Int16 => c"h",
        DType::Int32 => c"i",
        DType::Int64 if WIDE => c"l",
        DType::Int64 => c"q",
        DType::UInt8 => c"B",
        DType::UInt16 => c"H",
        DType::UInt32 => c"I",
        DType::UInt64 if WIDE => c"L",
        DType::UInt64 => c"Q",
        DType::Float16 => c"e",
        DType::BFloat16 => return None,
        DType::Float32 => c"f",
        DType::Float64 => c"d",
        DType::Complex64 => c"Zf",
        DType::Complex128 => c"Zd",
    })
}

/// What a buffer that is handed out points at: the array it keeps alive, and its shape and strides in bytes.
struct Loan {
    _array: Array,
    shape: SmallVec<[ffi::Py_ssize_t; 4]>,
    strides: SmallVec<[ffi::Py_ssize_t; 4]>,
}

/// An array in host memory: where its first element lies.
pub(crate) fn host(py: Python<'_>, array: &Array) -> PyResult<*mut u8> {
    let tensor = array.tensor().or_raise(py)?;
    tensor.buffer.check().or_raise(py)?;
    let Some(start) = tensor.buffer.host_ptr() else {
        return Err(PyBufferError::new_err(format!(
            "the array is on {}; copy it with `x.to_device(\"cpu:0\")`",
            tensor.device()
        )));
    };
    let offset = match tensor.layout.is_empty() {
        true => 0,
        false => tensor.layout.offset() * tensor.dtype.itemsize(),
    };
    Ok(start.wrapping_add(offset).cast_mut())
}

/// Fills a view of Python's buffer protocol, read-only.
///
/// # Safety
/// `view` is the caller's to fill, as the protocol has it.
pub(crate) unsafe fn lend(
    owner: &Bound<'_, PyArray>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    let py = owner.py();
    // SAFETY: the caller's.
    let view = unsafe { &mut *view };
    view.obj = std::ptr::null_mut();
    if flags & ffi::PyBUF_WRITABLE != 0 {
        return Err(PyBufferError::new_err(
            "tnp arrays are values: what they hand out is read-only; copy it with `numpy.array(x)`",
        ));
    }
    let array = owner.get().get(py);
    let dtype = array.dtype();
    let Some(format) = format_of(dtype) else {
        return Err(PyBufferError::new_err(format!(
            "the buffer protocol has no format for {dtype}"
        )));
    };
    let start = host(py, &array)?;
    let tensor = array.tensor().or_raise(py)?;
    let item = dtype.itemsize() as isize;
    let plain = flags & ffi::PyBUF_STRIDES != ffi::PyBUF_STRIDES;
    if plain && !tensor.layout.is_contiguous() {
        return Err(PyBufferError::new_err(
            "the array is not contiguous, and strides were not asked for",
        ));
    }
    if flags & ffi::PyBUF_F_CONTIGUOUS == ffi::PyBUF_F_CONTIGUOUS
        && !tensor.layout.is_f_contiguous()
    {
        return Err(PyBufferError::new_err(
            "the array is not Fortran contiguous",
        ));
    }
    if flags & ffi::PyBUF_C_CONTIGUOUS == ffi::PyBUF_C_CONTIGUOUS && !tensor.layout.is_contiguous()
    {
        return Err(PyBufferError::new_err("the array is not C contiguous"));
    }
    let shape = tensor
        .layout
        .shape()
        .iter()
        .map(|&size| size as isize)
        .collect();
    let strides = tensor
        .layout
        .strides()
        .iter()
        .map(|stride| stride * item)
        .collect();
    let (ndim, bytes) = (array.ndim(), array.nbytes());
    let mut loan = Box::new(Loan {
        _array: array,
        shape,
        strides,
    });
    view.buf = start.cast();
    view.len = bytes as isize;
    view.readonly = 1;
    view.itemsize = item;
    view.format = match flags & ffi::PyBUF_FORMAT {
        0 => std::ptr::null_mut(),
        _ => format.as_ptr().cast_mut(),
    };
    view.ndim = ndim as c_int;
    view.shape = match flags & ffi::PyBUF_ND {
        0 => std::ptr::null_mut(),
        _ => loan.shape.as_mut_ptr(),
    };
    view.strides = match plain {
        true => std::ptr::null_mut(),
        false => loan.strides.as_mut_ptr(),
    };
    view.suboffsets = std::ptr::null_mut();
    view.internal = Box::into_raw(loan).cast::<c_void>();
    view.obj = owner.clone().into_any().into_ptr();
    Ok(())
}

/// Takes a view back.
///
/// # Safety
/// The view was filled by [`lend`] and is given back once.
pub(crate) unsafe fn give_back(view: *mut ffi::Py_buffer) {
    // SAFETY: the caller's; `internal` is the box that `lend` took apart.
    drop(unsafe { Box::from_raw((*view).internal.cast::<Loan>()) });
}

/// NumPy's array over our memory, read-only; a copy of it for arrays on other devices.
pub(crate) fn to_numpy<'py>(array: &Bound<'py, PyArray>) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let asarray = ASARRAY.get_or_try_init(py, || {
        py.import("numpy")?.getattr("asarray").map(Bound::unbind)
    })?;
    let value = array.get().get(py);
    let tensor = value.tensor().or_raise(py)?;
    let home = match tensor.buffer.host_ptr() {
        Some(_) => array.clone(),
        None => Bound::new(py, PyArray::new(value.to("cpu:0").or_raise(py)?))?,
    };
    if value.dtype() != DType::BFloat16 {
        // By the buffer protocol, which NumPy asks for first.
        return asarray.bind(py).call1((home,));
    }
    let Ok(ml_dtypes) = py.import("ml_dtypes") else {
        return Err(PyTypeError::new_err(
            "NumPy has no bfloat16 of its own: install `ml_dtypes`, or convert with `x.astype(tnp.float32)`",
        ));
    };
    let bits = same_bits(py, &home.get().get(py), DType::UInt16)?;
    let view = to_numpy(&Bound::new(py, PyArray::new(bits))?)?;
    view.call_method1("view", (ml_dtypes.getattr("bfloat16")?,))
}

/// The same memory, read as a dtype of the same size.
pub(crate) fn same_bits(py: Python<'_>, array: &Array, dtype: DType) -> PyResult<Array> {
    let tensor = array.tensor().or_raise(py)?;
    debug_assert_eq!(tensor.dtype.itemsize(), dtype.itemsize());
    Ok(Array::from_tensor(Tensor {
        dtype,
        ..tensor.clone()
    }))
}
