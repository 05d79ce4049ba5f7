//! Promotion: which dtype operands meet at, and which dtype a function computes in and gives, per mode.
//!
//! Arrays of this crate's users are described by a [`TypeInfo`], Rust numbers by a [`Scalar`]; either is a
//! [`TypeOrScalar`]. Every function of the array layer asks one of four questions and casts to what the answer says:
//!
//! - [`binary`]`(op, rule, lhs, rhs)`: operators and two-argument functions. The [`BinaryRule`] names the class:
//!   `Arithmetic` for add and maximum, `Divide`, `FloorDivide`, `Compare`, …
//! - [`unary`]`(op, rule, x)`: one-argument functions, by [`UnaryRule`]: `Float` for exp and sqrt, `Round` for floor, …
//! - [`reduction`]`(op, rule, x)`: sums, means, extrema, by [`ReductionRule`].
//! - [`result_type`]`(op, operands)`: everything that only brings arrays together (`where`, `concatenate`, `clip`, …).
//!
//! The first three give a [`Promoted`]: cast array inputs to `inputs`, turn scalars into literals with
//! [`Scalar::to_operand`]`(inputs)`, run the primitive, and cast its output to `result.dtype` if it differs; `result.weak`
//! goes on the new array. Comparisons of integers with a scalar that their dtype cannot hold are decided by
//! [`Scalar::beyond`] instead. Creation asks [`Scalar::type_info`], [`default_float`], [`default_int`] and
//! [`default_fill_float`]. `op` is the name that error messages begin with.
//!
//! # Modes
//! | mode | strong with strong | a scalar | weak arrays |
//! |---|---|---|---|
//! | `Numpy` | NumPy's table; ufuncs also find a loop for `bfloat16` with anything | weak (NEP 50), out of range is an error | none |
//! | `Legacy` | NumPy's table | weak; with `prefer_float32` floats are `float32` and complex `complex64` arrays | none |
//! | `All` | JAX's lattice | weak, integers wrap | `int64`, `float64`, `complex128`, kept |
//! | `Safe` | the lossless part of that lattice | weak, refused where it could lose | `int32`, `float32`, `complex128`, kept |
//! | `Strict` | equal only | takes the array's dtype if its kind is not above; `bool` only with `bool` | none |
//!
//! Where no mixing happens (`sqrt` of integers, a sum) `Strict` answers as `Numpy` does.
//! `prefer_float32` decides what scalars and literals become where nothing else does; it never narrows an array.
//! `bfloat16` under `Numpy` keeps the quirks of the ml_dtypes package, since NumPy with it is the reference.

mod error;
mod join;
mod mode;
mod reduction;
mod rule;
mod scalar;
mod table;

pub use error::{PromotionError, Refusal, ScalarError};
pub use mode::{
    DefaultError, Mode, Precision, Scope, Settings, current_mode, current_precision,
    current_prefer_float32, set_default_mode, set_default_prefer_float32, with_mode,
    with_precision, with_prefer_float32,
};
pub use reduction::{ReductionRule, reduction};
pub use rule::{BinaryRule, UnaryRule, binary, unary};
pub use scalar::Scalar;

use std::fmt;

use crate::{DType, Literal};
use scalar::Category;

/// The dtype of an array, and whether it is weak: made from Rust scalars alone, so that it gives way to strong ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TypeInfo {
    /// The dtype.
    pub dtype: DType,
    /// True when it gives way in `All` and `Safe` mode; the other modes ignore it.
    pub weak: bool,
}

impl TypeInfo {
    /// A dtype that does not give way.
    #[inline]
    pub const fn strong(dtype: DType) -> TypeInfo {
        TypeInfo { dtype, weak: false }
    }

    /// A dtype that gives way to strong ones in `All` and `Safe` mode.
    #[inline]
    pub const fn weak(dtype: DType) -> TypeInfo {
        TypeInfo {
            dtype,
            weak: !dtype.is_bool(),
        }
    }
}

impl From<DType> for TypeInfo {
    #[inline]
    fn from(dtype: DType) -> TypeInfo {
        TypeInfo::strong(dtype)
    }
}

impl fmt::Display for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.weak { "weak " } else { "" }, self.dtype)
    }
}

/// An operand as promotion sees it: the type of an array, or a Rust number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TypeOrScalar {
    /// An array's dtype and weakness.
    Type(TypeInfo),
    /// A Rust number.
    Scalar(Scalar),
}

impl From<TypeInfo> for TypeOrScalar {
    #[inline]
    fn from(info: TypeInfo) -> TypeOrScalar {
        TypeOrScalar::Type(info)
    }
}

impl From<DType> for TypeOrScalar {
    #[inline]
    fn from(dtype: DType) -> TypeOrScalar {
        TypeOrScalar::Type(TypeInfo::strong(dtype))
    }
}

impl From<Scalar> for TypeOrScalar {
    #[inline]
    fn from(scalar: Scalar) -> TypeOrScalar {
        TypeOrScalar::Scalar(scalar)
    }
}

impl From<Literal> for TypeOrScalar {
    /// A literal has a dtype already: it counts as an array of that dtype.
    #[inline]
    fn from(literal: Literal) -> TypeOrScalar {
        literal.dtype().into()
    }
}

impl fmt::Display for TypeOrScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeOrScalar::Type(info) => info.fmt(f),
            TypeOrScalar::Scalar(scalar) => write!(f, "the scalar {scalar}"),
        }
    }
}

/// What a function computes in and gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Promoted {
    /// The dtype that array inputs are cast to and scalars are read as.
    pub inputs: DType,
    /// The dtype and weakness of the answer.
    pub result: TypeInfo,
}

impl Promoted {
    const fn same(info: TypeInfo) -> Promoted {
        Promoted {
            inputs: info.dtype,
            result: info,
        }
    }

    const fn to_bool(inputs: DType) -> Promoted {
        Promoted {
            inputs,
            result: TypeInfo::strong(DType::Bool),
        }
    }
}

/// The smallest dtype that two dtypes meet at in the mode in force on this thread.
///
/// # Errors
/// When the mode has none for the pair.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, Mode, promote_types, with_mode};
/// assert_eq!(promote_types(DType::Int64, DType::Float32)?, DType::Float64);
/// with_mode(Mode::All, || assert_eq!(promote_types(DType::Int64, DType::Float32), Ok(DType::Float32)));
/// let refused = with_mode(Mode::Strict, || promote_types(DType::Int64, DType::Float32));
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "promote_types: int64 and float32 are not promoted in Strict mode; \
///      convert one (`x.astype(Float32)`) or choose another mode"
/// );
/// # Ok::<(), tnp_dtype::PromotionError>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.promote_types.html>
#[inline]
pub fn promote_types(lhs: DType, rhs: DType) -> Result<DType, PromotionError> {
    if lhs == rhs {
        return Ok(lhs);
    }
    let operands = [lhs.into(), rhs.into()];
    join::many("promote_types", Settings::capture(), &operands).map(|info| info.dtype)
}

/// The type that arrays and scalars meet at in the mode in force on this thread.
///
/// The order of operands does not matter. `op` is the name errors begin with.
///
/// # Errors
/// When the mode has no common dtype for them, or there are none.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, Scalar, result_type};
/// let operands = [DType::Float32.into(), DType::Int8.into(), Scalar::from(1.5).into()];
/// assert_eq!(result_type("result_type", &operands)?.dtype, DType::Float32);
/// # Ok::<(), tnp_dtype::PromotionError>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.result_type.html>
#[inline]
pub fn result_type(
    op: &'static str,
    operands: &[TypeOrScalar],
) -> Result<TypeInfo, PromotionError> {
    if let [TypeOrScalar::Type(first), rest @ ..] = operands
        && !first.weak
        && rest.iter().all(|x| *x == TypeOrScalar::Type(*first))
    {
        return Ok(*first);
    }
    join::many(op, Settings::capture(), operands)
}

/// The floating dtype that a function of floats computes in when given this dtype, in the mode in force.
///
/// Floating dtypes stay. Of bool and integers `Numpy` makes the smallest float that holds them (`int8` gives `float16`,
/// `int16` `float32`, the rest `float64`), `Legacy` `float64`, `All` and `Safe` `float32` below 64 bits and else `float64`.
#[inline]
pub fn to_inexact(dtype: DType) -> DType {
    if dtype.is_inexact() {
        dtype
    } else {
        rule::inexact(current_mode(), dtype)
    }
}

/// The dtype of a float literal, `arange` and `linspace` where nothing else decides: `float64`, `float32` with
/// `prefer_float32` or in `Safe` mode.
#[inline]
pub fn default_float() -> DType {
    Category::Float.default_dtype(Settings::capture())
}

/// The dtype of an integer literal where nothing else decides: `int64`; `int32` in `Safe` mode.
#[inline]
pub fn default_int() -> DType {
    Category::Int.default_dtype(Settings::capture())
}

/// The dtype of a complex literal where nothing else decides: `complex128`; `complex64` with `prefer_float32`, except in
/// `All` and `Safe` mode.
#[inline]
pub fn default_complex() -> DType {
    Category::Complex.default_dtype(Settings::capture())
}

/// The dtype of `zeros`, `ones`, `eye` and random draws when none is given: [`default_float`], but in `Legacy` mode
/// `float64` whatever is preferred.
#[inline]
pub fn default_fill_float() -> DType {
    match current_mode() {
        Mode::Legacy => DType::Float64,
        _ => default_float(),
    }
}
