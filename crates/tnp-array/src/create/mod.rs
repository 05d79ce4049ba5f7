//! Making arrays: of one value, and from what Rust holds. Ranges and patterns lie in files of their own.

mod grid;
mod places;
mod range;
mod space;

pub use grid::{
    AxisCount, DiagonalNumber, Eye, Indexing, MeshGrid, diag, diag_indices, diagflat, eye,
    identity, ix_, meshgrid, tri, tril, triu,
};
pub use places::{
    RavelIndex, Triangle, diag_indices_from, fill_diagonal, fromfunction, indices, indices_sparse,
    mask_indices, ravel_multi_index, tril_indices, tril_indices_from, triu_indices,
    triu_indices_from, unravel_index,
};
pub use range::{ArangeArgs, RangePart, arange};
pub(crate) use space::spaced;
pub use space::{Space, geomspace, linspace, linspace_step, logspace};

use tnp_backend::prim::Prim;
use tnp_backend::{Device, Error, Result, Tensor, TensorType, checked_size};
use tnp_dtype::{DType, Element, Literal, default_fill_float};
use tnp_shape::Dims;

use crate::args::{DTypeArg, Shape};
use crate::bind::{bind1, direct_source};
use crate::manipulate::{atleast_1d, broadcast_in, permute, reshape_to};
use crate::promote::{at_home, home};
use crate::{Array, Operand};

fn filled(op: &str, shape: Shape, value: Literal) -> Result<Array> {
    let shape = shape.dims().map_err(|error| error.in_op(op))?;
    let size = checked_size(&shape, value.dtype()).map_err(|error| error.in_op(op))?;
    if let Some(buffer) = Array::few(size, &value) {
        let buffer = buffer.map_err(|error| error.in_op(op))?;
        let tensor = Tensor::contiguous(buffer, &shape, value.dtype());
        return Ok(Array::from_tensor(tensor));
    }
    let output = TensorType::new(&shape, value.dtype());
    let prim = Prim::Full { shape, value };
    let made = direct_source(&prim, output).unwrap_or_else(|| bind1(&prim, &mut []));
    made.map_err(|error| error.in_op(op))
}

fn constant(op: &str, value: i64, shape: Shape, dtype: DTypeArg) -> Result<Array> {
    let dtype: DType = dtype.0.unwrap_or_else(default_fill_float);
    let value = match value {
        0 => Literal::zero(dtype),
        _ => Literal::new(value).cast(dtype),
    };
    filled(op, shape, value)
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

/// An array whose values are not said: zeros, since memory that was never written is not shown.
///
/// # Errors
/// For a negative size, or more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.empty.html>
pub fn empty(shape: impl Into<Shape>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    constant("empty", 0, shape.into(), dtype.into())
}

/// An array of one value, or of an array's values broadcast to a shape; of the value's dtype unless said.
///
/// # Errors
/// For a negative size, a value that the dtype cannot hold, or an array that does not broadcast to the shape.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, full};
/// assert_eq!(full([2, 2], 7, ())?.to_string(), "[[7 7]\n [7 7]]");
/// assert_eq!(full(3, 0.5, DType::Float32)?.to_vec::<f32>()?, [0.5; 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.full.html>
pub fn full<'a>(
    shape: impl Into<Shape>,
    fill_value: impl Into<Operand<'a>>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    filled_with("full", shape.into(), fill_value.into(), dtype.into().0)
}

fn filled_with(op: &str, shape: Shape, value: Operand<'_>, dtype: Option<DType>) -> Result<Array> {
    if let Operand::Scalar(scalar) = &value {
        let dtype = dtype.unwrap_or_else(|| scalar.default_dtype());
        let literal = scalar.to_literal(dtype);
        return filled(
            op,
            shape,
            literal.map_err(|error| Error::from(error).in_op(op))?,
        );
    }
    let value = match dtype {
        Some(dtype) => value.astype(dtype).map_err(|error| error.in_op(op))?,
        None => value,
    };
    // One value for many places: nothing is gained by writing it out.
    Ok(broadcast_in(op, value, &shape)?
        .into_array()?
        .with_weak(false))
}

/// What a new array does not take from the array it is made after: dtype, shape.
///
/// # Examples
/// ```
/// use tnp_array::{DType, Like};
/// let options = Like::shape([2, 3]).dtype(DType::Int8);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Like {
    dtype: Option<DType>,
    shape: Option<Shape>,
}

impl Like {
    /// Another shape.
    pub fn shape(shape: impl Into<Shape>) -> Like {
        Like {
            dtype: None,
            shape: Some(shape.into()),
        }
    }

    /// Another dtype.
    pub fn dtype(mut self, dtype: DType) -> Like {
        self.dtype = Some(dtype);
        self
    }

    /// Shape, dtype and device of an array made after another.
    fn of(self, op: &str, mut x: Operand<'_>) -> Result<(Shape, DType, Option<Device>)> {
        let array = x.array().map_err(|error| error.in_op(op))?;
        let shape = self.shape.unwrap_or_else(|| Shape::from(array.shape()));
        Ok((
            shape,
            self.dtype.unwrap_or(array.dtype()),
            home(&[&x.lend()]),
        ))
    }
}

impl<T: Into<DTypeArg>> From<T> for Like {
    fn from(dtype: T) -> Like {
        Like {
            dtype: dtype.into().0,
            shape: None,
        }
    }
}

macro_rules! like_functions {
    ($($(#[doc = $doc:literal])* $name:ident, $value:literal;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// For a negative size, or more memory than there is.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, options: impl Into<Like>) -> Result<Array> {
            let (shape, dtype, home) = options.into().of(stringify!($name), x.into())?;
            at_home(home, || constant(stringify!($name), $value, shape, DTypeArg(Some(dtype))))
        }
    )*};
}
like_functions! {
    /// Zeros in the shape and dtype of an array, unless others are given.
    zeros_like, 0;
    /// Ones in the shape and dtype of an array, unless others are given.
    ones_like, 1;
    /// An array of the shape and dtype of another, unless others are given, whose values are not said: zeros.
    empty_like, 0;
}

/// One value in the shape and dtype of an array, unless others are given.
///
/// # Errors
/// For a negative size, a value that the dtype cannot hold, or an array that does not broadcast to the shape.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, full_like};
/// assert_eq!(full_like(arange(3)?, 2.5, ())?.to_vec::<i64>()?, [2, 2, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.full_like.html>
pub fn full_like<'a, 'b>(
    x: impl Into<Operand<'a>>,
    fill_value: impl Into<Operand<'b>>,
    options: impl Into<Like>,
) -> Result<Array> {
    let (shape, dtype, home) = options.into().of("full_like", x.into())?;
    let value = fill_value.into();
    at_home(home, || filled_with("full_like", shape, value, Some(dtype)))
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
pub fn array<'a>(x: impl Into<Operand<'a>>, options: impl Into<NewArray>) -> Result<Array> {
    let options = options.into();
    let array =
        as_array(x.into(), DTypeArg(options.dtype)).map_err(|error| error.in_op("array"))?;
    let missing = options.ndmin.saturating_sub(array.ndim());
    if missing == 0 {
        return Ok(array);
    }
    let mut shape = Dims::from_elem(1, missing);
    shape.extend_from_slice(array.shape());
    reshape_to("array", Operand::Owned(array), shape)
}

/// Options of [`array()`]: dtype, and the least number of axes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewArray {
    dtype: Option<DType>,
    ndmin: usize,
}

impl NewArray {
    /// At least so many axes; new ones come first.
    pub fn ndmin(ndmin: usize) -> NewArray {
        NewArray { dtype: None, ndmin }
    }

    /// The dtype.
    pub fn dtype(mut self, dtype: DType) -> NewArray {
        self.dtype = Some(dtype);
        self
    }
}

impl<T: Into<DTypeArg>> From<T> for NewArray {
    fn from(dtype: T) -> NewArray {
        NewArray {
            dtype: dtype.into().0,
            ndmin: 0,
        }
    }
}

macro_rules! conversions {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// For ragged nesting, and numbers the dtype cannot hold.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, dtype: impl Into<DTypeArg>) -> Result<Array> {
            as_array(x.into(), dtype.into()).map_err(|error| error.in_op(stringify!($name)))
        }
    )*};
}
conversions! {
    /// Anything array-like as an array; one that is an array of the dtype already is returned as it is.
    asarray;
    /// [`asarray`]: there are no subclasses to let through.
    asanyarray;
}

/// Anything array-like as an array of at least one axis whose elements lie in C order without gaps; copied only if they do not.
///
/// # Errors
/// For ragged nesting, numbers the dtype cannot hold, and more memory than there is.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, ascontiguousarray};
/// let x = arange(6)?.reshape([2, 3])?.t()?;
/// assert!(x.as_slice::<i64>().is_err());
/// assert_eq!(ascontiguousarray(&x, ())?.as_slice::<i64>()?, [0, 3, 1, 4, 2, 5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.ascontiguousarray.html>
pub fn ascontiguousarray<'a>(
    x: impl Into<Operand<'a>>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    const OP: &str = "ascontiguousarray";
    let x = as_array(x.into(), dtype.into()).map_err(|error| error.in_op(OP))?;
    contiguous(atleast_1d(x)?).map_err(|error| error.in_op(OP))
}

/// Anything array-like as an array whose elements lie in Fortran order, the first axis running fastest; copied only if they do not.
///
/// # Errors
/// As [`ascontiguousarray`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.asfortranarray.html>
pub fn asfortranarray<'a>(x: impl Into<Operand<'a>>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    const OP: &str = "asfortranarray";
    let x = as_array(x.into(), dtype.into()).map_err(|error| error.in_op(OP))?;
    let x = atleast_1d(x)?;
    let reversed = || (0..x.ndim()).rev().collect();
    let transposed = contiguous(permute(OP, Operand::Borrowed(&x), reversed())?)?;
    permute(OP, Operand::Owned(transposed), reversed())
}

/// The elements in C order without gaps. A cast to the dtype it has asks for that, and has all rules a transformation needs.
pub(crate) fn contiguous(x: Array) -> Result<Array> {
    if (x.tensor()).map_or(true, |tensor| tensor.layout.is_contiguous()) {
        return Ok(x);
    }
    let (dtype, weak) = (x.dtype(), x.is_weak());
    Ok(bind1(&Prim::Cast { dtype }, &mut [Operand::Owned(x)])?.with_weak(weak))
}

/// The items of an iterator as a 1-D array.
///
/// # Errors
/// For more memory than there is.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::fromiter;
/// let squares = fromiter((0..4).map(|i| i * i), ())?;
/// assert_eq!(squares.to_vec::<i32>()?, [0, 1, 4, 9]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fromiter.html>
pub fn fromiter<T: Element>(
    items: impl IntoIterator<Item = T>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    let items: Vec<T> = items.into_iter().collect();
    let len = items.len();
    let array = Array::from_vec(items, &[len]).map_err(|error| error.in_op("fromiter"))?;
    match dtype.into().0 {
        Some(dtype) => array.astype(dtype),
        None => Ok(array),
    }
}

pub(crate) fn as_array(x: Operand<'_>, dtype: DTypeArg) -> Result<Array> {
    match (x, dtype.0) {
        (Operand::Scalar(scalar), Some(dtype)) => Array::from_literal(scalar.to_literal(dtype)?),
        (Operand::Numbers(numbers), Some(dtype)) => numbers.read(dtype),
        (x, Some(dtype)) => x.astype(dtype)?.into_array(),
        (x, None) => Ok(x.into_array()?.with_weak(false)),
    }
}
