//! Making arrays of one value.

use tnp_backend::Result;
use tnp_backend::prim::Prim;
use tnp_dtype::{DType, Literal, default_fill_float};

use crate::args::{DTypeArg, Shape};
use crate::bind::bind1;
use crate::{Array, Operand};

fn filled(op: &str, shape: Shape, value: Literal) -> Result<Array> {
    let shape = shape.dims().map_err(|error| error.in_op(op))?;
    bind1(&Prim::Full { shape, value }, &mut []).map_err(|error| error.in_op(op))
}

fn constant(op: &str, value: i64, shape: Shape, dtype: DTypeArg) -> Result<Array> {
    let dtype: DType = dtype.0.unwrap_or_else(default_fill_float);
    filled(op, shape, Literal::new(value).cast(dtype))
}

/// An array of zeros; float64 by default.
///
/// # Errors
/// For a negative size, or more memory than there is.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, zeros};
/// assert_eq!(zeros([2, 3], DType::Int32)?.to_vec::<i32>()?, [0; 6]);
/// assert_eq!(zeros(2, ())?.dtype(), DType::Float64);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.zeros.html>
pub fn zeros(shape: impl Into<Shape>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    constant("zeros", 0, shape.into(), dtype.into())
}

/// An array of ones; float64 by default.
///
/// # Errors
/// For a negative size, or more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.ones.html>
pub fn ones(shape: impl Into<Shape>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    constant("ones", 1, shape.into(), dtype.into())
}

/// Anything array-like as an array: numbers, `Vec`s, nested arrays of numbers, arrays.
///
/// Without a dtype, integers become int64 and floats float64 when given as bare Rust scalars; `Vec`s and slices keep the dtype of their elements.
///
/// # Errors
/// For ragged nesting, and numbers the dtype cannot hold.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, array};
/// assert_eq!(array([[1.0f32, 2.0], [3.0, 4.0]], ())?.shape(), [2, 2]);
/// assert_eq!(array(1, ())?.dtype(), DType::Int64);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.array.html>
pub fn array<'a>(x: impl Into<Operand<'a>>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    as_array(x.into(), dtype.into())
}

pub(crate) fn as_array(x: Operand<'_>, dtype: DTypeArg) -> Result<Array> {
    match (x, dtype.0) {
        (Operand::Scalar(scalar), Some(dtype)) => Array::from_literal(scalar.to_literal(dtype)?),
        (x, Some(dtype)) => x.astype(dtype)?.into_array(),
        (x, None) => Ok(x.into_array()?.with_weak(false)),
    }
}
