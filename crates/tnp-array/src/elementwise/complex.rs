//! Complex numbers and their parts, angles, and questions about dtypes and signs.

use tnp_backend::prim::{Binary, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{BinaryRule, DType, Literal, Mode, Scalar, UnaryRule};
use tnp_shape::Dims;

use super::compare::everywhere;
use super::{aligned, binary, finish, one, promoted, two};
use crate::args::Flag;
use crate::promote::constant;
use crate::{Array, Operand};

/// Complex conjugate, elementwise; real numbers stay.
///
/// # Errors
/// When the operand is no array; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.conjugate.html>
pub fn conjugate<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let (x, result) = promoted("conjugate", UnaryRule::Conjugate, x.into())?;
    if result.dtype.is_complex() {
        finish(one(Unary::Conjugate, x)?, result)
    } else {
        finish(x.into_array()?, result)
    }
}

/// Real part: a view for complex numbers, the array itself for others.
///
/// # Errors
/// When the operand is no array; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.real.html>
pub fn real<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let x = x.into().into_array()?;
    if x.dtype().is_complex() {
        let weak = x.is_weak();
        return Ok(one(Unary::Real, x)?.with_weak(weak));
    }
    Ok(x)
}

/// Imaginary part: a view for complex numbers, zeros for others.
///
/// # Errors
/// When the operand is no array; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.imag.html>
pub fn imag<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let x = x.into().into_array()?;
    let weak = x.is_weak();
    let part = if x.dtype().is_complex() {
        one(Unary::Imag, x)?
    } else {
        constant(&x, Literal::zero(x.dtype()), &Dims::from_slice(x.shape()))?.into_array()?
    };
    Ok(part.with_weak(weak))
}

impl Array {
    /// Complex conjugate, elementwise; an array of another dtype is itself, bool too, which the function makes int8.
    ///
    /// # Errors
    /// As [`conjugate`].
    pub fn conjugate(&self) -> Result<Array> {
        if self.dtype() == DType::Bool {
            return Ok(self.clone());
        }
        conjugate(self)
    }

    /// Real part: a view for complex numbers, the array itself for others.
    ///
    /// # Errors
    /// As [`real`].
    pub fn real(&self) -> Result<Array> {
        real(self)
    }

    /// Imaginary part: a view for complex numbers, zeros for others.
    ///
    /// # Errors
    /// As [`imag`].
    pub fn imag(&self) -> Result<Array> {
        imag(self)
    }
}

/// The angle of complex numbers, counterclockwise from the positive real axis, in radians (or degrees).
///
/// Real numbers have the angle 0, or π below zero.
///
/// # Errors
/// When the mode does not promote the dtype with zero.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{angle, c128};
/// assert_eq!(angle([c128::new(1.0, 1.0)], true)?.to_vec::<f64>()?, [45.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.angle.html>
pub fn angle<'a>(z: impl Into<Operand<'a>>, degrees: impl Into<Flag>) -> Result<Array> {
    let (mut z, degrees) = (z.into(), degrees.into().0);
    let array = z.array()?;
    let angle = if array.dtype().is_complex() {
        let (re, im) = (one(Unary::Real, array)?, one(Unary::Imag, array)?);
        two(Binary::Arctan2, im, re)?.with_weak(array.is_weak())
    } else {
        let zero = Operand::Scalar(Scalar::Int(0));
        // A number next to bool makes it an integer in NumPy, but is refused where nothing mixes.
        let z = match tnp_dtype::current_mode() {
            Mode::Strict => {
                let float = tnp_dtype::to_inexact(array.dtype());
                z.astype(float)?
            }
            _ => z,
        };
        binary("angle", Binary::Arctan2, BinaryRule::Float, zero, z)?
    };
    if !degrees {
        return Ok(angle);
    }
    let info = angle.type_info();
    let [angle, factor] = aligned(
        "angle",
        info.dtype,
        Operand::Owned(angle),
        Operand::Scalar(Scalar::Float(180.0 / std::f64::consts::PI)),
    )?;
    finish(two(Binary::Multiply, angle, factor)?, info)
}

macro_rules! angle_units {
    ($($(#[doc = $doc:literal])* $name:ident $double:expr, $single:expr;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// # Errors
            /// For complex numbers, but in the `All` and `Safe` modes.
            #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
            pub fn $name<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
                turned(stringify!($name), $double, $single, x.into())
            }
        )*

        impl Array {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// For complex numbers, but in the `All` and `Safe` modes.
                pub fn $name(&self) -> Result<Array> {
                    $name(self)
                }
            )*
        }
    };
}

angle_units! {
    /// Degrees as radians.
    deg2rad std::f64::consts::PI / 180.0, std::f32::consts::PI / 180.0;
    /// Radians as degrees.
    rad2deg 180.0 / std::f64::consts::PI, 180.0 / std::f32::consts::PI;
}

/// Multiplied by a factor, which NumPy rounds in the precision it computes in: float32 for the 16-bit dtypes too.
fn turned(name: &'static str, double: f64, single: f32, x: Operand<'_>) -> Result<Array> {
    let (x, result) = promoted(name, UnaryRule::Degrees, x)?;
    let dtype = match result.dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    };
    let factor = match dtype {
        DType::Float32 | DType::Complex64 => f64::from(single),
        _ => double,
    };
    let [x, factor] = aligned(name, dtype, x, Operand::Scalar(Scalar::Float(factor)))?;
    finish(two(Binary::Multiply, x, factor)?, result)
}

/// True where the imaginary part is zero; everywhere for real dtypes.
///
/// # Errors
/// When the operand is no array; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.isreal.html>
pub fn isreal<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    flat_part(x.into(), Binary::Equal)
}

/// True where the imaginary part is not zero; nowhere for real dtypes.
///
/// # Errors
/// When the operand is no array; every dtype is taken.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.iscomplex.html>
pub fn iscomplex<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    flat_part(x.into(), Binary::NotEqual)
}

/// How the imaginary part compares with zero.
fn flat_part(x: Operand<'_>, op: Binary) -> Result<Array> {
    let x = x.into_array()?;
    if !x.dtype().is_complex() {
        return everywhere(&x, op == Binary::Equal);
    }
    let zero = constant(
        &x,
        Literal::zero(x.dtype().real()),
        &Dims::from_slice(x.shape()),
    )?;
    two(op, Operand::Owned(one(Unary::Imag, x)?), zero)
}

/// Whether the dtype is complex, whatever the values.
///
/// # Errors
/// When the operand is no array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.iscomplexobj.html>
pub fn iscomplexobj<'a>(x: impl Into<Operand<'a>>) -> Result<bool> {
    Ok(x.into().array()?.dtype().is_complex())
}

/// Whether the dtype is not complex, whatever the values.
///
/// # Errors
/// When the operand is no array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.isrealobj.html>
pub fn isrealobj<'a>(x: impl Into<Operand<'a>>) -> Result<bool> {
    Ok(!iscomplexobj(x)?)
}

/// True for a Rust number, false for an array, also one of no axes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.isscalar.html>
pub fn isscalar<'a>(x: impl Into<Operand<'a>>) -> bool {
    matches!(x.into(), Operand::Scalar(_))
}

macro_rules! signed_infinities {
    ($($(#[doc = $doc:literal])* $name:ident $value:expr;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// For complex numbers, whose infinities have no sign.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
            infinite(stringify!($name), $value, x.into())
        }
    )*};
}

signed_infinities! {
    /// True where an element is positive infinity.
    isposinf f64::INFINITY;
    /// True where an element is negative infinity.
    isneginf f64::NEG_INFINITY;
}

fn infinite(name: &'static str, value: f64, mut x: Operand<'_>) -> Result<Array> {
    let array = x.array()?;
    let dtype = array.dtype();
    if dtype.is_complex() {
        return Err(Error::dtype(format!(
            "{name}: This operation is not supported for {dtype} values because it would be ambiguous."
        )));
    }
    if !dtype.is_float() {
        return everywhere(array, false);
    }
    let infinity = constant(
        array,
        Literal::new(value).cast(dtype),
        &Dims::from_slice(array.shape()),
    )?;
    two(Binary::Equal, x, infinity)
}
