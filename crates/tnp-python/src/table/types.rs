//! Dtypes, promotion, printing, memory.

use pyo3::prelude::*;
use tnp::{Print, ScalarKind, TypeArg, TypeArgs};

use crate::array::PyArray;
use crate::call::{Args, Entry, Give, functions};
use crate::convert;
use crate::dtype::{self, casting};
use crate::error::OrRaise;

fn type_arg(object: &Bound<'_, PyAny>) -> PyResult<TypeArg> {
    if object.is_instance_of::<PyArray>() {
        return Ok(TypeArg::from(&convert::array(object)?));
    }
    if let Some(scalar) = convert::number(object)? {
        return Ok(TypeArg::from(tnp::Operand::Scalar(scalar)));
    }
    match dtype::dtype(object) {
        Ok(dtype) => Ok(TypeArg::from(dtype)),
        Err(raised) => match convert::array(object) {
            Ok(array) => Ok(TypeArg::from(&array)),
            Err(_) => Err(raised),
        },
    }
}

fn result_type(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let args = a
        .rest()
        .map(|object| type_arg(&object))
        .collect::<PyResult<Vec<_>>>()?;
    tnp::result_type(TypeArgs::from(args))
        .or_raise(a.py())?
        .give(a.py())
}

/// The dtype of an argument that is an array, or names one.
fn dtype_of(a: &Args<'_, '_>, at: usize) -> PyResult<tnp::DType> {
    match a.given(at) {
        Some(object) => match object.cast::<PyArray>() {
            Ok(array) => Ok(array.get().with(a.py(), tnp::Array::dtype)),
            Err(_) => dtype::dtype(object),
        },
        None => Err(pyo3::exceptions::PyTypeError::new_err("a dtype is missing")),
    }
}

fn printing(a: &Args<'_, '_>) -> PyResult<Print> {
    let mut print = Print::new();
    if let Some(digits) = a.int_or_none("precision")? {
        print = print.precision(digits.max(0) as usize);
    }
    if a.named("suppress_small").is_some() {
        print = print.suppress(a.flag("suppress_small")?);
    }
    if let Some(width) = a.int_or_none("max_line_width")? {
        print = print.linewidth(width.max(0) as usize);
    }
    Ok(print)
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "result_type(*arrays_and_dtypes)", result_type;
    "promote_types(type1, type2)", |a| tnp::promote_types(dtype_of(a, 0)?, dtype_of(a, 1)?).map_err(tnp::Error::from).or_raise(a.py())?.give(a.py());
    "can_cast(from_, to, /, casting='safe')", |a| {
        let rule = casting(&a.text("casting", "safe")?)?;
        tnp::can_cast(dtype_of(a, 0)?, dtype_of(a, 1)?, rule).give(a.py())
    };
    "issubdtype(arg1, arg2)", |a| {
        let name = match a.given(1) { Some(object) => match object.getattr("__name__") { Ok(name) => name.to_string(), Err(_) => object.to_string() }, None => String::new() };
        let kind = match name.as_str() {
            "generic" => ScalarKind::Generic,
            "number" => ScalarKind::Number,
            "integer" => ScalarKind::Integer,
            "signedinteger" => ScalarKind::SignedInteger,
            "unsignedinteger" => ScalarKind::UnsignedInteger,
            "inexact" => ScalarKind::Inexact,
            "floating" => ScalarKind::Floating,
            "complexfloating" => ScalarKind::ComplexFloating,
            _ => ScalarKind::Exactly(dtype_of(a, 1)?),
        };
        tnp::issubdtype(dtype_of(a, 0)?, kind).give(a.py())
    };
    "ndim(a)", |a| { let x = a.x(0)?; a.give(|| tnp::ndim(x)) };
    "size(a, axis=None)", |a| { let (x, axis) = (a.x(0)?, a.axis("axis")?); a.give(|| tnp::size(x, axis)) };
    "shape(a)", |a| { let x = a.array(0)?; Ok(pyo3::types::PyTuple::new(a.py(), x.shape())?.into_any().unbind()) };
    "isscalar(element)", |a| {
        let object = a.given(0);
        let number = match object { Some(object) => convert::number(object)?.is_some() || object.is_instance_of::<pyo3::types::PyString>() || object.hasattr("__array_priority__")? && object.hasattr("as_integer_ratio")?, None => false };
        number.give(a.py())
    };
    "array_repr(arr, max_line_width=None, precision=None, suppress_small=None)", |a| { let (x, print) = (a.x(0)?, printing(a)?); tnp::array_repr(x, &print).or_raise(a.py())?.give(a.py()) };
    "array_str(a, max_line_width=None, precision=None, suppress_small=None)", |a| { let (x, print) = (a.x(0)?, printing(a)?); tnp::array_str(x, &print).or_raise(a.py())?.give(a.py()) };
    "array2string(a, max_line_width=None, precision=None, suppress_small=None)", |a| { let (x, print) = (a.x(0)?, printing(a)?); tnp::array2string(x, &print).or_raise(a.py())?.give(a.py()) };
    "may_share_memory(a, b, /, max_work=None)", share;
    "shares_memory(a, b, /, max_work=None)", share_exactly;
};

/// The bytes an array's elements lie in.
fn span(array: &tnp::Array) -> Option<(usize, usize)> {
    let tensor = array.tensor().ok()?;
    let start = tensor.buffer.host_ptr()?.addr();
    let item = tensor.dtype.itemsize();
    let (low, high) = tensor.layout.extent()?;
    Some((start + low * item, start + (high + 1) * item))
}

/// The addresses of an array's elements.
fn addresses(array: &tnp::Array) -> Option<Vec<usize>> {
    let tensor = array.tensor().ok()?;
    let start = tensor.buffer.host_ptr()?.addr();
    let item = tensor.dtype.itemsize();
    let mut found = vec![start.wrapping_add(tensor.layout.offset() * item)];
    for (&size, &stride) in tensor.layout.shape().iter().zip(tensor.layout.strides()) {
        let step = stride.wrapping_mul(item as isize);
        found = found
            .iter()
            .flat_map(|&at| {
                (0..size).map(move |i| at.wrapping_add_signed(step.wrapping_mul(i as isize)))
            })
            .collect();
    }
    Some(found)
}

fn share_exactly(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    /// Beyond so many elements the bounds decide, as `may_share_memory` has it.
    const MOST: usize = 1 << 20;
    let (x, y) = (a.array(0)?, a.array(1)?);
    if x.size().max(y.size()) > MOST || !overlap(&x, &y) {
        return overlap(&x, &y).give(a.py());
    }
    let (Some(ours), Some(mut theirs)) = (addresses(&x), addresses(&y)) else {
        return false.give(a.py());
    };
    theirs.sort_unstable();
    // Elements overlap when they begin less than an element apart.
    let touches = |&at: &usize| {
        let first = theirs.partition_point(|&other| other + y.itemsize() <= at);
        theirs
            .get(first)
            .is_some_and(|&other| other < at + x.itemsize())
    };
    ours.iter().any(touches).give(a.py())
}

fn share(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let (x, y) = (a.array(0)?, a.array(1)?);
    overlap(&x, &y).give(a.py())
}

/// Whether the bounds of the arrays' elements overlap.
fn overlap(x: &tnp::Array, y: &tnp::Array) -> bool {
    match (span(x), span(y)) {
        (Some(x), Some(y)) => x.0 < y.1 && y.0 < x.1,
        _ => false,
    }
}
