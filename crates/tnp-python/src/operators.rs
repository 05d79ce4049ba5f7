//! Operators of arrays: arithmetic, bits, comparison.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use tnp::{Array, Operand, Scalar};

use crate::array::PyArray;
use crate::call::{Give, LONG};
use crate::convert::{is_lent, operand};
use crate::error::OrRaise;

/// The other side of an operator, unless Python should ask it instead.
fn other(object: &Bound<'_, PyAny>) -> PyResult<Option<Operand<'static>>> {
    match operand(object) {
        Ok(operand) => Ok(Some(operand)),
        Err(raised)
            if raised.is_instance_of::<PyTypeError>(object.py())
                && !object.hasattr("__array__")?
                && !object.hasattr("__dlpack__")? =>
        {
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

fn binary(
    this: &Bound<'_, PyArray>,
    that: &Bound<'_, PyAny>,
    reflected: bool,
    function: fn(Operand<'static>, Operand<'static>) -> tnp::Result<Array>,
) -> PyResult<Py<PyAny>> {
    let py = this.py();
    let Some(y) = other(that)? else {
        return Ok(py.NotImplemented());
    };
    let x = this.get().value(py)?;
    let lent = is_lent(&x) || y.as_array().is_some_and(is_lent);
    let long = x.size() >= LONG || y.as_array().is_some_and(|y| y.size() >= LONG);
    let x = Operand::Owned(x);
    let work = || match reflected {
        true => function(y, x),
        false => function(x, y),
    };
    match long && !lent {
        true => py.detach(work).or_raise(py)?.give(py),
        false => work().or_raise(py)?.give(py),
    }
}

fn unary(
    this: &Bound<'_, PyArray>,
    function: fn(Operand<'static>) -> tnp::Result<Array>,
) -> PyResult<Py<PyAny>> {
    let py = this.py();
    let x = this.get().value(py)?;
    let long = x.size() >= LONG && !is_lent(&x);
    let work = || function(Operand::Owned(x));
    let result = if long { py.detach(work) } else { work() };
    PyArray::object(py, result.or_raise(py)?)
}

/// `x ** y`; a bool array squared is int8, as NumPy's operator has it.
fn raised(x: Operand<'static>, y: Operand<'static>) -> tnp::Result<Array> {
    match (&y, x.type_info()) {
        (Operand::Scalar(Scalar::Int(2)), Some(info)) if info.dtype.is_bool() => tnp::square(x),
        _ => tnp::power(x, y),
    }
}

#[pymethods]
impl PyArray {
    fn __add__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::add)
    }

    fn __radd__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::add)
    }

    fn __sub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::subtract)
    }

    fn __rsub__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::subtract)
    }

    fn __mul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::multiply)
    }

    fn __rmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::multiply)
    }

    fn __truediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::true_divide)
    }

    fn __rtruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::true_divide)
    }

    fn __floordiv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::floor_divide)
    }

    fn __rfloordiv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::floor_divide)
    }

    fn __mod__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::remainder)
    }

    fn __rmod__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::remainder)
    }

    fn __matmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::matmul)
    }

    fn __rmatmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::matmul)
    }

    fn __and__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::bitwise_and)
    }

    fn __rand__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::bitwise_and)
    }

    fn __or__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::bitwise_or)
    }

    fn __ror__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::bitwise_or)
    }

    fn __xor__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::bitwise_xor)
    }

    fn __rxor__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::bitwise_xor)
    }

    fn __lshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::left_shift)
    }

    fn __rlshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::left_shift)
    }

    fn __rshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::right_shift)
    }

    fn __rrshift__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, true, tnp::right_shift)
    }

    fn __pow__(
        slf: &Bound<'_, Self>,
        other: &Bound<'_, PyAny>,
        modulo: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        match modulo {
            Some(_) => Err(PyTypeError::new_err("pow: arrays take no modulus")),
            None => binary(slf, other, false, raised),
        }
    }

    fn __rpow__(
        slf: &Bound<'_, Self>,
        other: &Bound<'_, PyAny>,
        modulo: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        match modulo {
            Some(_) => Err(PyTypeError::new_err("pow: arrays take no modulus")),
            None => binary(slf, other, true, tnp::power),
        }
    }

    fn __divmod__(slf: &Bound<'_, Self>, that: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match other(that)? {
            Some(y) => tnp::divmod(slf.get().value(py)?, y).or_raise(py)?.give(py),
            None => Ok(py.NotImplemented()),
        }
    }

    fn __rdivmod__(slf: &Bound<'_, Self>, that: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match other(that)? {
            Some(x) => tnp::divmod(x, slf.get().value(py)?).or_raise(py)?.give(py),
            None => Ok(py.NotImplemented()),
        }
    }

    fn __neg__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        unary(slf, tnp::negative)
    }

    fn __pos__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        unary(slf, tnp::positive)
    }

    fn __abs__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        unary(slf, tnp::absolute)
    }

    fn __invert__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        unary(slf, tnp::invert)
    }

    fn __lt__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::less)
    }

    fn __le__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::less_equal)
    }

    fn __gt__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::greater)
    }

    fn __ge__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::greater_equal)
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::equal)
    }

    fn __ne__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        binary(slf, other, false, tnp::not_equal)
    }
}
