//! `tnp.ndarray`: the array class with its attributes, conversions, protocols, and what assignment means.

use std::cell::{Cell, UnsafeCell};
use std::mem::offset_of;
use std::sync::OnceLock;

use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::impl_::pycell::PyStaticClassObject;
use pyo3::impl_::pyclass::{PyObjectOffset, weaklist_offset};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use pyo3::{PyTypeInfo, ffi};
use smallvec::SmallVec;
use tnp::{Array, DType, Operand, Scalar};

use crate::convert::{self, is_lent, operand, owned, settled};
use crate::error::{OrRaise, exception};
use crate::index::{entries, slice};
use crate::place::At;
use crate::sizes::exact;
use crate::{dtype, memory};

/// An n-dimensional array of one dtype on one device: a value. `x[i] = v` and `x += y` give the name a new value; views and other
/// names of the old one do not change.
///
/// Made by `tnp.array`, `tnp.asarray`, `tnp.zeros` and the like, not by calling the class.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html
#[pyclass(frozen, weakref, name = "ndarray", module = "tnp")]
pub(crate) struct PyArray {
    cell: UnsafeCell<Array>,
    /// Set while an assignment works on the value.
    busy: Cell<bool>,
}

// SAFETY: the cell is looked at and changed only by who holds the interpreter's lock, and no Python code runs meanwhile.
unsafe impl Sync for PyArray {}
// SAFETY: an array may be moved between threads; the cells go with it.
unsafe impl Send for PyArray {}

/// How PyO3 lays out objects of the class.
#[repr(C)]
struct Instance {
    _head: ffi::PyObject,
    value: PyArray,
    weakrefs: *mut ffi::PyObject,
}

// Another release of PyO3 that lays them out otherwise does not compile.
const _: () = {
    let weakrefs = offset_of!(Instance, weakrefs) as isize;
    assert!(size_of::<PyStaticClassObject<PyArray>>() == size_of::<Instance>());
    assert!(matches!(weaklist_offset::<PyArray>(), PyObjectOffset::Absolute(at) if at == weakrefs));
};

impl PyArray {
    #[inline]
    pub(crate) fn new(array: Array) -> PyArray {
        PyArray {
            cell: UnsafeCell::new(array),
            busy: Cell::new(false),
        }
    }

    /// A new object: what PyO3's way takes a dozen calls into the interpreter for. The collector of cycles does not track it, as there
    /// is nothing in it that it could follow.
    #[inline]
    pub(crate) fn object(py: Python<'_>, array: Array) -> PyResult<Py<PyAny>> {
        // SAFETY: the class lays its objects out as `Instance`, and all of one is written before anybody sees it.
        unsafe {
            let object = ffi::PyObject_GC_New::<Instance>(PyArray::type_object_raw(py));
            if object.is_null() {
                return Err(PyErr::fetch(py));
            }
            (&raw mut (*object).value).write(PyArray::new(array));
            (&raw mut (*object).weakrefs).write(std::ptr::null_mut());
            Ok(Bound::from_owned_ptr(py, object.cast()).unbind())
        }
    }

    /// Looks at the value; `look` runs no Python code.
    #[inline]
    pub(crate) fn with<R>(&self, _: Python<'_>, look: impl FnOnce(&Array) -> R) -> R {
        // SAFETY: the interpreter's lock is held, and `look` does not give it up.
        look(unsafe { &*self.cell.get() })
    }

    /// The value.
    #[inline]
    pub(crate) fn get(&self, py: Python<'_>) -> Array {
        self.with(py, Array::clone)
    }

    /// The value as operations take it: one that a transformation keeps is copied out of memory its owner may write.
    #[inline]
    pub(crate) fn value(&self, py: Python<'_>) -> PyResult<Array> {
        match tnp_array::is_active() {
            true => self.settled(py),
            false => Ok(self.get(py)),
        }
    }

    /// The value in memory that nobody else writes, for this name too.
    pub(crate) fn settled(&self, py: Python<'_>) -> PyResult<Array> {
        let array = self.get(py);
        if !is_lent(&array) {
            return Ok(array);
        }
        let array = owned(py, &array)?;
        self.put(py, array.clone());
        Ok(array)
    }

    /// Another value for this name.
    pub(crate) fn put(&self, _: Python<'_>, array: Array) {
        // SAFETY: the interpreter's lock is held; the old value, whose end may run Python code, goes after the exchange.
        let old = unsafe { std::mem::replace(&mut *self.cell.get(), array) };
        drop(old);
    }

    /// Changes the value, in place where nobody else has its memory.
    fn change(
        &self,
        py: Python<'_>,
        change: impl FnOnce(&mut Array) -> tnp::Result<()>,
    ) -> PyResult<()> {
        if self.busy.replace(true) {
            return Err(PyRuntimeError::new_err(
                "the array is being assigned to already: code that an assignment runs assigns to the same array",
            ));
        }
        // The value leaves the cell, so that it can be changed in place; code that runs meanwhile finds an empty array.
        static EMPTY: OnceLock<Array> = OnceLock::new();
        let empty = match EMPTY.get() {
            Some(empty) => empty.clone(),
            None => {
                let empty = Array::from_vec(Vec::<f64>::new(), &[0]).or_raise(py)?;
                EMPTY.get_or_init(|| empty).clone()
            }
        };
        // SAFETY: the interpreter's lock is held.
        let mut array = unsafe { std::mem::replace(&mut *self.cell.get(), empty) };
        let result = change(&mut array);
        self.put(py, array);
        self.busy.set(false);
        result.or_raise(py)
    }

    pub(crate) fn element(&self, py: Python<'_>) -> PyResult<Scalar> {
        let literal = self.with(py, |array| match array.ndim() {
            0 => Some(array.literal()),
            _ => None,
        });
        match literal {
            Some(literal) => literal.map(Scalar::from).or_raise(py),
            None => Err(PyTypeError::new_err(
                "only 0-dimensional arrays can be converted to Python scalars",
            )),
        }
    }
}

#[pymethods]
impl PyArray {
    /// Sizes of the axes.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let sizes = self.with(py, |array| {
            SmallVec::<[usize; 6]>::from_slice(array.shape())
        });
        PyTuple::new(py, sizes)
    }

    /// Number of axes.
    #[getter]
    fn ndim(&self, py: Python<'_>) -> usize {
        self.with(py, Array::ndim)
    }

    /// Number of elements.
    #[getter]
    fn size(&self, py: Python<'_>) -> usize {
        self.with(py, Array::size)
    }

    /// Type of the elements.
    #[getter]
    fn dtype(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        dtype::object(py, self.with(py, Array::dtype))
    }

    /// Bytes per element.
    #[getter]
    fn itemsize(&self, py: Python<'_>) -> usize {
        self.with(py, Array::itemsize)
    }

    /// Bytes of all elements.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> usize {
        self.with(py, Array::nbytes)
    }

    /// Bytes from an element to the next along each axis.
    #[getter]
    fn strides<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let array = self.get(py);
        let item = array.itemsize() as isize;
        let strides: Vec<isize> = array
            .strides()
            .or_raise(py)?
            .iter()
            .map(|stride| stride * item)
            .collect();
        PyTuple::new(py, strides)
    }

    /// The device the array lives on.
    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.get(py).device().or_raise(py)?.to_string())
    }

    /// True when the dtype gives way in promotion as a Python number does.
    #[getter]
    fn weak_type(&self, py: Python<'_>) -> bool {
        self.with(py, Array::is_weak)
    }

    /// The array with its axes reversed.
    #[getter(T)]
    fn transposed(&self, py: Python<'_>) -> PyResult<PyArray> {
        self.value(py)?.t().or_raise(py).map(PyArray::new)
    }

    /// The array with its last two axes exchanged.
    #[getter(mT)]
    fn matrix_transposed(&self, py: Python<'_>) -> PyResult<PyArray> {
        self.value(py)?.mt().or_raise(py).map(PyArray::new)
    }

    /// Real parts.
    #[getter]
    fn real(&self, py: Python<'_>) -> PyResult<PyArray> {
        self.value(py)?.real().or_raise(py).map(PyArray::new)
    }

    /// Imaginary parts.
    #[getter]
    fn imag(&self, py: Python<'_>) -> PyResult<PyArray> {
        self.value(py)?.imag().or_raise(py).map(PyArray::new)
    }

    /// The elements one after another, in C order.
    #[getter]
    fn flat(&self, py: Python<'_>) -> PyResult<Iter> {
        Ok(Iter {
            array: self.value(py)?.ravel(()).or_raise(py)?,
            next: 0,
        })
    }

    /// `x.at[i]`: what writing to a place gives, as a new array; `x.at[i].set(v)`, `.add(v)` and so on.
    #[getter]
    fn at(slf: Py<Self>) -> At {
        At { array: slf }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, Array::len).or_raise(py)
    }

    fn __getitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if !tnp_array::is_active() {
            if let Some(position) = exact(key) {
                return match self.with(py, |array| array.row(position)) {
                    Ok(row) => PyArray::object(py, row),
                    Err(error) => Err(exception(py, error)),
                };
            }
            if let Some(slice) = slice(key) {
                let slice = [slice?];
                return match self.with(py, |array| array.get(&slice)) {
                    Ok(part) => PyArray::object(py, part),
                    Err(error) => Err(exception(py, error)),
                };
            }
        }
        let index = entries(key)?;
        PyArray::object(py, self.value(py)?.get(index).or_raise(py)?)
    }

    fn __setitem__(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (index, value) = (entries(key)?, operand(value)?);
        self.change(py, |array| array.assign(index, value))
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyValueError::new_err(
            "cannot delete array elements; `tnp.delete` gives an array without them",
        ))
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Iter> {
        let array = self.value(py)?;
        match array.ndim() {
            0 => Err(PyTypeError::new_err("iteration over a 0-d array")),
            _ => Ok(Iter { array, next: 0 }),
        }
    }

    fn __reversed__(&self, py: Python<'_>) -> PyResult<Iter> {
        let array = self.value(py)?;
        match array.ndim() {
            0 => Err(PyTypeError::new_err("iteration over a 0-d array")),
            _ => Ok(Iter {
                array: tnp::flip(array, 0).or_raise(py)?,
                next: 0,
            }),
        }
    }

    fn __contains__(&self, py: Python<'_>, item: &Bound<'_, PyAny>) -> PyResult<bool> {
        let item = operand(item)?;
        let found = tnp::equal(self.value(py)?, item).and_then(|same| tnp::any(same, ()));
        found.and_then(|found| found.truth()).or_raise(py)
    }

    /// Gives the name the sorted array.
    #[pyo3(signature = (axis=-1, kind=None, *, stable=None))]
    fn sort(
        &self,
        py: Python<'_>,
        axis: isize,
        kind: Option<&str>,
        stable: Option<bool>,
    ) -> PyResult<()> {
        let mut options = tnp::Sorting::axis(axis);
        if stable == Some(true) || matches!(kind, Some("stable" | "mergesort")) {
            options = options.stable();
        }
        let sorted = tnp::sort(self.value(py)?, options).or_raise(py)?;
        self.put(py, sorted);
        Ok(())
    }

    /// Gives the name an array of the same shape and dtype, filled with one value.
    fn fill(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = operand(value)?;
        let filled = tnp::full_like(self.value(py)?, value, ()).or_raise(py)?;
        self.put(py, filled);
        Ok(())
    }

    /// The array on a device: itself when it is there already.
    #[pyo3(signature = (device, /, *, stream=None))]
    fn to_device(
        &self,
        py: Python<'_>,
        device: &Bound<'_, PyAny>,
        stream: Option<Bound<'_, PyAny>>,
    ) -> PyResult<PyArray> {
        if stream.is_some() {
            return Err(PyValueError::new_err(
                "to_device: it takes no stream, which must be None; the order of the work is kept without",
            ));
        }
        let device = device.str()?;
        self.value(py)?
            .to(device.to_str()?)
            .or_raise(py)
            .map(PyArray::new)
    }

    /// Waits until the value is computed, and raises what went wrong; the array itself.
    fn block_until_ready(slf: Py<Self>, py: Python<'_>) -> PyResult<Py<Self>> {
        let array = slf.get().get(py);
        if let Ok(tensor) = array.tensor() {
            tensor.buffer.check().or_raise(py)?;
        }
        Ok(slf)
    }
}

/// A value of its own: lent memory copied.
pub(crate) fn settled_copy(py: Python<'_>, array: Array) -> PyResult<Array> {
    match is_lent(&array) {
        true => owned(py, &array),
        false => settled(py, array),
    }
}

/// Iterates over the parts along the first axis.
#[pyclass(module = "tnp", name = "_Rows")]
pub(crate) struct Iter {
    array: Array,
    next: isize,
}

#[pymethods]
impl Iter {
    #[allow(clippy::self_named_constructors, reason = "Python's name")]
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __len__(&self) -> usize {
        self.array.shape()[0] - self.next as usize
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if self.next as usize >= self.array.shape()[0] {
            return Ok(None);
        }
        let row = self.array.row(self.next).or_raise(py)?;
        self.next += 1;
        PyArray::object(py, row).map(Some)
    }
}

/// An array of an object, as `tnp.asarray` and `tnp.array` make it.
pub(crate) fn make(
    object: &Bound<'_, PyAny>,
    dtype: Option<DType>,
    device: Option<&str>,
    copying: memory::Copying,
) -> PyResult<Array> {
    let py = object.py();
    let array = match object.cast::<PyArray>() {
        Ok(array) => {
            let array = array.get().value(py)?;
            match copying {
                Some(true) => settled_copy(py, array)?,
                _ => array,
            }
        }
        Err(_) => match foreign_or_numbers(object, copying)
            .or_else(|raised| huge(object, dtype, raised))?
        {
            numbers @ (Operand::Numbers(_) | Operand::Scalar(_)) => {
                return finish(py, tnp::array(numbers, dtype).or_raise(py)?, device);
            }
            operand => operand.into_array().or_raise(py)?,
        },
    };
    if copying == Some(false) && dtype.is_some_and(|dtype| dtype != array.dtype()) {
        return Err(PyValueError::new_err(format!(
            "Unable to avoid copy while creating an array as requested: the array has dtype {}, {} is asked for",
            array.dtype(),
            dtype.map_or("", DType::name)
        )));
    }
    let array = match dtype {
        Some(dtype) => array.astype(dtype).or_raise(py)?,
        None => array,
    };
    finish(py, array.with_weak(false), device)
}

/// Integers of more than 64 bits, which only inexact dtypes hold: NumPy reads them.
#[cold]
fn huge(
    object: &Bound<'_, PyAny>,
    dtype: Option<DType>,
    raised: PyErr,
) -> PyResult<Operand<'static>> {
    let py = object.py();
    let Some(dtype) = dtype.filter(|dtype| dtype.is_inexact()) else {
        return Err(raised);
    };
    if !raised.is_instance_of::<PyOverflowError>(py) {
        return Err(raised);
    }
    let wide = match dtype.is_complex() {
        true => "complex128",
        false => "float64",
    };
    operand(&py.import("numpy")?.call_method1("array", (object, wide))?)
}

fn foreign_or_numbers(
    object: &Bound<'_, PyAny>,
    copying: memory::Copying,
) -> PyResult<Operand<'static>> {
    let list = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>();
    if list || convert::number(object)?.is_some() {
        if copying == Some(false) {
            return Err(PyValueError::new_err(
                "Unable to avoid copy while creating an array as requested: numbers and lists have no memory to share",
            ));
        }
        return operand(object);
    }
    match convert::foreign(object, copying)? {
        Some(array) => settled(object.py(), array).map(Operand::Owned),
        None => operand(object),
    }
}

fn finish(py: Python<'_>, array: Array, device: Option<&str>) -> PyResult<Array> {
    match device {
        Some(device) => array.to(device).or_raise(py),
        None => Ok(array),
    }
}
