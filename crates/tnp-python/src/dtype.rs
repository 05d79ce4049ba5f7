//! `tnp.dtype`: the dtypes as Python objects, and everything that names one.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyString, PyTuple, PyType};
use tnp::{Casting, DType, Kind};

use crate::array::PyArray;
use crate::convert::operand;
use crate::error::OrRaise;

/// Every dtype.
pub(crate) const ALL: [DType; 15] = [
    DType::Bool,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Float16,
    DType::BFloat16,
    DType::Float32,
    DType::Float64,
    DType::Complex64,
    DType::Complex128,
];

/// The type of an array's elements: `tnp.float32`, `tnp.dtype("float32")`. Equal to NumPy's dtype of the same name, to its name,
/// and to whatever else names it; called with a value, it makes an array of itself.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.dtype.html
#[pyclass(frozen, name = "dtype", module = "tnp", from_py_object)]
#[derive(Clone, Copy)]
pub(crate) struct PyDType(pub(crate) DType);

/// NumPy's one-letter code.
pub(crate) fn code(dtype: DType) -> char {
    match dtype {
        DType::Bool => '?',
        DType::Int8 => 'b',
        DType::Int16 => 'h',
        DType::Int32 => 'i',
        DType::Int64 => 'l',
        DType::UInt8 => 'B',
        DType::UInt16 => 'H',
        DType::UInt32 => 'I',
        DType::UInt64 => 'L',
        DType::Float16 => 'e',
        DType::BFloat16 => 'E',
        DType::Float32 => 'f',
        DType::Float64 => 'd',
        DType::Complex64 => 'F',
        DType::Complex128 => 'D',
    }
}

fn kind(dtype: DType) -> char {
    match dtype.kind() {
        Kind::Bool => 'b',
        Kind::Unsigned => 'u',
        Kind::Signed => 'i',
        Kind::Float => 'f',
        Kind::Complex => 'c',
    }
}

/// The dtype of a name, one of NumPy's letters, or a letter with a size.
fn named(text: &str) -> Option<DType> {
    if let Ok(dtype) = text.parse() {
        return Some(dtype);
    }
    let native = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let text = text.trim_start_matches(['=', '|', native]);
    match text {
        "float" | "double" => return Some(DType::Float64),
        "single" => return Some(DType::Float32),
        "half" => return Some(DType::Float16),
        "int" | "long" | "longlong" | "intp" | "q" | "p" => return Some(DType::Int64),
        "uint" | "ulong" | "ulonglong" | "uintp" | "Q" | "P" => return Some(DType::UInt64),
        "intc" => return Some(DType::Int32),
        "uintc" => return Some(DType::UInt32),
        "short" => return Some(DType::Int16),
        "ushort" => return Some(DType::UInt16),
        "byte" => return Some(DType::Int8),
        "ubyte" => return Some(DType::UInt8),
        "complex" | "cdouble" => return Some(DType::Complex128),
        "csingle" => return Some(DType::Complex64),
        "bool_" => return Some(DType::Bool),
        _ => {}
    }
    let mut letters = text.chars();
    let first = letters.next()?;
    match letters.as_str() {
        "" => ALL.into_iter().find(|&dtype| code(dtype) == first),
        size => {
            let size: usize = size.parse().ok()?;
            ALL.into_iter().find(|&dtype| {
                dtype != DType::BFloat16 && kind(dtype) == first && dtype.itemsize() == size
            })
        }
    }
}

/// The dtype that an object names, if it names one.
fn find(object: &Bound<'_, PyAny>) -> PyResult<Option<DType>> {
    if let Ok(dtype) = object.cast::<PyDType>() {
        return Ok(Some(dtype.get().0));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(named(text.to_str()?));
    }
    let py = object.py();
    if let Ok(class) = object.cast::<PyType>() {
        if class.is(py.get_type::<PyBool>()) {
            return Ok(Some(DType::Bool));
        }
        if class.is(py.get_type::<PyInt>()) {
            return Ok(Some(DType::Int64));
        }
        if class.is(py.get_type::<PyFloat>()) {
            return Ok(Some(tnp_dtype::default_fill_float()));
        }
        if class.is(py.get_type::<PyComplex>()) {
            return Ok(Some(DType::Complex128));
        }
        // NumPy's scalar types, and those of ml_dtypes.
        return Ok(named(class.name()?.to_str()?));
    }
    if let Ok(array) = object.cast::<PyArray>() {
        return Ok(Some(array.get().with(py, tnp::Array::dtype)));
    }
    if let Some(native) = object.getattr_opt("isnative")?
        && !native.is_truthy()?
    {
        return Ok(None);
    }
    for attribute in ["name", "dtype"] {
        if let Some(named_so) = object.getattr_opt(attribute)?
            && let Some(dtype) = find(&named_so)?
        {
            return Ok(Some(dtype));
        }
    }
    Ok(None)
}

/// The dtype that an object names: a `tnp.dtype`, a name, NumPy's dtypes and scalar types, Python's number types.
pub(crate) fn dtype(object: &Bound<'_, PyAny>) -> PyResult<DType> {
    if let Some(dtype) = find(object)? {
        return Ok(dtype);
    }
    Err(PyTypeError::new_err(format!(
        "data type {} not understood; tnp has bool, int8 to int64, uint8 to uint64, float16, bfloat16, float32, float64, complex64 and complex128",
        object.repr()?
    )))
}

#[pymethods]
impl PyDType {
    #[new]
    fn new(dtype: &Bound<'_, PyAny>) -> PyResult<PyDType> {
        self::dtype(dtype).map(PyDType)
    }

    /// Name: `"float32"`.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Bytes per element.
    #[getter]
    fn itemsize(&self) -> usize {
        self.0.itemsize()
    }

    /// NumPy's letter for the kind: b, i, u, f or c.
    #[getter]
    fn kind(&self) -> char {
        kind(self.0)
    }

    /// NumPy's letter for the dtype.
    #[getter]
    fn char(&self) -> char {
        code(self.0)
    }

    /// Byte order and NumPy's code: `"<f4"`.
    #[getter]
    fn str(&self) -> String {
        let order = match self.0.itemsize() {
            1 => '|',
            _ if cfg!(target_endian = "little") => '<',
            _ => '>',
        };
        format!("{order}{}{}", kind(self.0), self.0.itemsize())
    }

    /// Always true: tnp has no other byte order.
    #[getter]
    fn isnative(&self) -> bool {
        true
    }

    /// NumPy's dtype of the same name; `bfloat16` needs the package `ml_dtypes`.
    #[getter]
    fn __numpy_dtype__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        numpy_dtype(py, self.0)
    }

    fn __call__(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        let array = tnp::array(operand(value)?, self.0).or_raise(py)?;
        Ok(PyArray::new(array))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        if other.is_instance_of::<PyArray>() {
            return Ok(false);
        }
        Ok(find(other)? == Some(self.0))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("dtype('{}')", self.0.name())
    }

    fn __str__(&self) -> &'static str {
        self.0.name()
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let name = PyTuple::new(slf.py(), [slf.get().0.name()])?;
        Ok((slf.get_type().into_any(), name))
    }
}

/// NumPy's dtype.
pub(crate) fn numpy_dtype(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyAny>> {
    let numpy = py.import("numpy")?;
    match dtype {
        DType::BFloat16 => {
            numpy.call_method1("dtype", (py.import("ml_dtypes")?.getattr("bfloat16")?,))
        }
        _ => numpy.call_method1("dtype", (dtype.name(),)),
    }
}

/// A casting rule by NumPy's name.
pub(crate) fn casting(text: &str) -> PyResult<Casting> {
    match text {
        "no" => Ok(Casting::No),
        "equiv" => Ok(Casting::Equiv),
        "safe" => Ok(Casting::Safe),
        "same_kind" => Ok(Casting::SameKind),
        "unsafe" => Ok(Casting::Unsafe),
        other => Err(pyo3::exceptions::PyValueError::new_err(format!(
            "casting must be one of 'no', 'equiv', 'safe', 'same_kind', or 'unsafe' (got '{other}')"
        ))),
    }
}

/// The Python object of a dtype; there is one of each.
pub(crate) fn object(py: Python<'_>, dtype: DType) -> PyResult<Py<PyAny>> {
    static OBJECTS: PyOnceLock<Vec<Py<PyDType>>> = PyOnceLock::new();
    let objects = OBJECTS.get_or_try_init(py, || {
        ALL.into_iter()
            .map(|dtype| Py::new(py, PyDType(dtype)))
            .collect::<PyResult<_>>()
    })?;
    Ok(objects[dtype as usize].clone_ref(py).into_any())
}
