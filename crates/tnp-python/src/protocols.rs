//! Conversions and protocols of arrays: Python's numbers, printing, pickling, NumPy, buffers, DLPack.

use std::ffi::c_int;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyList, PyString, PyTuple};
use tnp::io::dlpack::Export;
use tnp::{Array, DType, List, Scalar};

use crate::array::{PyArray, settled_copy};
use crate::call::Give;
use crate::error::OrRaise;
use crate::index::entries;
use crate::{dlpack, memory};

/// A number as Python's own.
pub(crate) fn python(py: Python<'_>, scalar: Scalar) -> PyResult<Py<PyAny>> {
    use pyo3::IntoPyObjectExt;
    match scalar {
        Scalar::Bool(x) => x.into_py_any(py),
        Scalar::Int(x) => x.into_py_any(py),
        Scalar::Huge(x) => x.into_py_any(py),
        Scalar::Float(x) => x.into_py_any(py),
        Scalar::Complex(z) => Ok(PyComplex::from_doubles(py, z.re, z.im).into_any().unbind()),
    }
}

fn list(py: Python<'_>, items: List) -> PyResult<Py<PyAny>> {
    match items {
        List::Item(item) => python(py, item),
        List::List(items) => {
            let items = items
                .into_iter()
                .map(|item| list(py, item))
                .collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, items)?.into_any().unbind())
        }
    }
}

/// What is printed of an array that has no value yet.
fn placeholder(array: &Array) -> String {
    format!(
        "Traced(shape={}, dtype={})",
        tnp_backend::shape_text(array.shape()),
        array.dtype()
    )
}

/// An array of bytes, as pickling keeps them.
#[pyfunction]
pub(crate) fn _from_bytes(
    py: Python<'_>,
    bytes: &[u8],
    shape: Vec<usize>,
    dtype: &str,
) -> PyResult<PyArray> {
    let dtype: DType = dtype
        .parse()
        .map_err(|_| PyTypeError::new_err(format!("dtype {dtype:?} is not known")))?;
    Array::from_bytes(bytes, &shape, dtype)
        .or_raise(py)
        .map(PyArray::new)
}

#[pymethods]
impl PyArray {
    #[classattr]
    fn __array_priority__() -> f64 {
        1000.0
    }

    fn __bool__(&self, py: Python<'_>) -> PyResult<bool> {
        self.get(py).truth().or_raise(py)
    }

    fn __int__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.element(py)? {
            Scalar::Float(x) => Ok(python(py, Scalar::Float(x))?.call_method0(py, "__int__")?),
            Scalar::Complex(_) => Err(PyTypeError::new_err(
                "int() argument must be a real number, not complex",
            )),
            Scalar::Bool(x) => python(py, Scalar::Int(i128::from(x))),
            scalar => python(py, scalar),
        }
    }

    fn __float__(&self, py: Python<'_>) -> PyResult<f64> {
        match self.element(py)? {
            Scalar::Bool(x) => Ok(f64::from(u8::from(x))),
            Scalar::Int(x) => Ok(x as f64),
            Scalar::Huge(x) => Ok(x as f64),
            Scalar::Float(x) => Ok(x),
            Scalar::Complex(_) => Err(PyTypeError::new_err(
                "float() argument must be a real number, not complex",
            )),
        }
    }

    fn __complex__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyComplex>> {
        let (re, im) = match self.element(py)? {
            Scalar::Complex(z) => (z.re, z.im),
            _ => (self.__float__(py)?, 0.0),
        };
        Ok(PyComplex::from_doubles(py, re, im))
    }

    fn __index__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (ndim, dtype) = self.with(py, |array| (array.ndim(), array.dtype()));
        if ndim > 0 || !dtype.is_integer() {
            return Err(PyTypeError::new_err(
                "only integer scalar arrays can be converted to a scalar index",
            ));
        }
        python(py, self.element(py)?)
    }

    #[pyo3(signature = (ndigits=None))]
    fn __round__(&self, py: Python<'_>, ndigits: Option<i32>) -> PyResult<Py<PyAny>> {
        let array = self.value(py)?;
        if ndigits.is_none() && array.ndim() == 0 && array.tensor().is_ok() {
            // As of a number: an integer.
            return python(py, self.element(py)?)?.call_method0(py, "__round__");
        }
        array.round(ndigits.unwrap_or(0)).or_raise(py)?.give(py)
    }

    fn __format__(slf: &Bound<'_, Self>, spec: &str) -> PyResult<String> {
        let py = slf.py();
        if slf.get().with(py, Array::ndim) == 0
            && slf.get().with(py, |array| array.tensor().is_ok())
        {
            let number = python(py, slf.get().element(py)?)?;
            return number.call_method1(py, "__format__", (spec,))?.extract(py);
        }
        match spec.is_empty() {
            true => slf.get().__str__(py),
            false => Err(PyTypeError::new_err(
                "unsupported format string passed to ndarray.__format__; use `tnp.array2string`",
            )),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let array = self.get(py);
        if array.tensor().is_err() {
            return Ok(placeholder(&array));
        }
        tnp::array_repr(&array, &tnp::Print::new()).or_raise(py)
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        let array = self.get(py);
        if array.tensor().is_err() {
            return Ok(placeholder(&array));
        }
        tnp::array_str(&array, &tnp::Print::new()).or_raise(py)
    }

    fn __copy__(&self, py: Python<'_>) -> PyArray {
        PyArray::new(self.get(py))
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> PyResult<PyArray> {
        settled_copy(py, self.get(py)).map(PyArray::new)
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let array = self.get(py);
        let bytes = PyBytes::new(py, &array.to_bytes().or_raise(py)?);
        let make = py.import("tnp._tnp")?.getattr("_from_bytes")?;
        let shape = PyTuple::new(py, array.shape())?;
        let parts = PyTuple::new(
            py,
            [
                bytes.into_any(),
                shape.into_any(),
                PyString::new(py, array.dtype().name()).into_any(),
            ],
        )?;
        Ok((make, parts))
    }

    /// NumPy's array of the same memory, read-only: `numpy.asarray(x)`.
    fn numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        memory::to_numpy(slf)
    }

    #[pyo3(signature = (dtype=None, *, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let view = memory::to_numpy(slf)?;
        let Some(dtype) = dtype else {
            return match copy {
                Some(true) => view.call_method0("copy"),
                _ => Ok(view),
            };
        };
        let keywords = PyDict::new(py);
        keywords.set_item("copy", copy == Some(true))?;
        let converted = view.call_method("astype", (dtype,), Some(&keywords))?;
        if copy == Some(false) && !converted.is(&view) {
            return Err(PyValueError::new_err(
                "Unable to avoid copy while creating an array as requested: the dtypes differ",
            ));
        }
        Ok(converted)
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        // SAFETY: called by Python with a view to fill.
        unsafe { memory::lend(&slf, view, flags) }
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: called by Python with a view that was filled by us, once.
        unsafe { memory::give_back(view) }
    }

    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<i64>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Export {
            copy,
            device: dl_device,
        };
        dlpack::export(py, &self.get(py), max_version, options, stream)
    }

    fn __dlpack_device__(&self, py: Python<'_>) -> PyResult<(i32, i32)> {
        dlpack::place(py, &self.get(py))
    }

    /// JAX's own protocol, which `jax.numpy.asarray(x)` and its operators ask for.
    fn __jax_array__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let numpy = slf.py().import("jax.numpy")?;
        numpy.call_method1("from_dlpack", (slf,))
    }

    #[pyo3(signature = (*, api_version=None))]
    fn __array_namespace__<'py>(
        &self,
        py: Python<'py>,
        api_version: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        const VERSIONS: [&str; 5] = ["2021.12", "2022.12", "2023.12", "2024.12", "2025.12"];
        match api_version {
            Some(version) if !VERSIONS.contains(&version) => Err(PyValueError::new_err(format!(
                "__array_namespace__: version {version:?} of the array API standard is not known; {VERSIONS:?} are"
            ))),
            _ => py.import("tnp").map(Bound::into_any),
        }
    }

    /// The elements as nested lists of Python numbers.
    fn tolist(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        list(py, self.get(py).tolist().or_raise(py)?)
    }

    /// An element as a Python number: the only one, or that at a flat position or at one position an axis.
    #[pyo3(signature = (*args))]
    fn item(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        let array = self.get(py);
        let places = match args.len() {
            1 if args.get_item(0)?.is_instance_of::<PyTuple>() => {
                args.get_item(0)?.cast_into::<PyTuple>()?
            }
            _ => args.clone(),
        };
        let element = match places.len() {
            0 if array.size() != 1 => {
                return Err(PyValueError::new_err(
                    "can only convert an array of size 1 to a Python scalar",
                ));
            }
            0 => array,
            1 if array.ndim() != 1 => {
                let flat = array.ravel(()).or_raise(py)?;
                flat.get(entries(places.as_any())?).or_raise(py)?
            }
            len if len != array.ndim() => {
                return Err(PyValueError::new_err(
                    "incorrect number of indices for array",
                ));
            }
            _ => array.get(entries(places.as_any())?).or_raise(py)?,
        };
        python(py, element.literal().map(Scalar::from).or_raise(py)?)
    }

    /// The bytes of the elements in C order.
    fn tobytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.get(py).to_bytes().or_raise(py)?))
    }
}
