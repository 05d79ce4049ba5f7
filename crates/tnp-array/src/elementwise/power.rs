//! Powers, and division with remainder.

use tnp_backend::prim::{Binary, ReduceOp, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{BinaryRule, DType, Literal, Mode, Promoted, Scalar, TypeInfo, current_mode};
use tnp_shape::Dims;

use super::{apply, binary, finish, one, two};
use crate::array::host_literals;
use crate::promote::{constant, to_dtype};
use crate::reduce::fold_all;
use crate::{Array, Operand};

/// `x` to the power of `y`, elementwise.
///
/// The operands are promoted by the mode in force and broadcast. Integers wrap; bool counts as a small integer. A number
/// 2, 0.5 or −1 as the exponent becomes a square, root or reciprocal, as in NumPy.
///
/// # Errors
/// For a negative exponent of integers; when the dtypes do not promote or the shapes do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::power;
/// assert_eq!(power([1, 2, 3], 3)?.to_vec::<i32>()?, [1, 8, 27]);
/// let error = power([2], -1).unwrap_err();
/// assert_eq!(error.to_string(), "power: Integers to negative integer powers are not allowed; convert the base to a float (`x.astype(Float64)`)");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.power.html>
#[inline]
pub fn power<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    raised(x.into(), y.into())
}

impl Array {
    /// The elements to the power of `exponent`: NumPy's `x ** exponent`.
    ///
    /// # Errors
    /// As [`power`].
    #[inline]
    pub fn pow<'b>(&self, exponent: impl Into<Operand<'b>>) -> Result<Array> {
        raised(self.into(), exponent.into())
    }
}

fn raised(x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let promoted = tnp_dtype::binary(
        "power",
        BinaryRule::Power,
        x.promotes_as()?,
        y.promotes_as()?,
    )?;
    let dtype = promoted.inputs;
    if dtype.is_signed_integer() {
        refuse_negative(&x, &y)?;
    }
    if let Operand::Scalar(exponent) = &y
        && let Some(op) = shortcut(exponent, dtype)
        && x.as_array().is_some()
    {
        return finish(one(op, to_dtype("power", x, dtype)?)?, promoted.result);
    }
    apply("power", Binary::Power, promoted, x, y)
}

/// The function that an exponent stands for.
fn shortcut(exponent: &Scalar, dtype: DType) -> Option<Unary> {
    let exponent = match *exponent {
        Scalar::Int(2) => 2.0,
        Scalar::Int(-1) => -1.0,
        Scalar::Float(x) => x,
        _ => return None,
    };
    if exponent == 2.0 {
        Some(Unary::Square)
    } else if exponent == 0.5 && dtype.is_float() {
        Some(Unary::Sqrt)
    } else if exponent == -1.0 && dtype.is_float() {
        Some(Unary::Reciprocal)
    } else {
        None
    }
}

fn refuse_negative(x: &Operand<'_>, y: &Operand<'_>) -> Result<()> {
    let empty = |operand: &Operand<'_>| operand.shape().contains(&0);
    if empty(x) || empty(y) {
        return Ok(());
    }
    let negative = match (y, y.as_array()) {
        (Operand::Scalar(Scalar::Int(exponent)), _) => *exponent < 0,
        // Inside a trace or a map there is no value to look at: a negative exponent gives the truncated power there.
        (_, Some(array)) if array.dtype().is_signed_integer() && array.boxed().is_none() => {
            // What a trace would record has no truth to ask for.
            if crate::context::is_active() {
                let exponents = host_literals(array)?;
                let mut exponents = exponents.iter().filter_map(Literal::to_i128);
                return refused(exponents.any(|exponent| exponent < 0));
            }
            let zero = constant(
                array,
                Literal::zero(array.dtype()),
                &Dims::from_slice(array.shape()),
            )?;
            let below = two(Binary::Less, array, zero)?;
            fold_all("power", ReduceOp::Any, below)?.truth()?
        }
        _ => false,
    };
    refused(negative)
}

fn refused(negative: bool) -> Result<()> {
    if negative {
        return Err(Error::value(
            "power: Integers to negative integer powers are not allowed; convert the base to a float (`x.astype(Float64)`)",
        ));
    }
    Ok(())
}

/// `x` to the power of `y` in at least float64 (complex128 for complex numbers), so that integers may have negative exponents.
///
/// In the `All` and `Safe` modes the floating dtype that the operands promote to is kept.
///
/// # Errors
/// When the dtypes do not promote or the shapes do not broadcast.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.float_power.html>
pub fn float_power<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y) = (x.into(), y.into());
    let promoted = tnp_dtype::binary(
        "float_power",
        BinaryRule::Power,
        x.promotes_as()?,
        y.promotes_as()?,
    )?;
    let met = promoted.inputs;
    let dtype = match current_mode() {
        Mode::All | Mode::Safe => tnp_dtype::to_inexact(met),
        _ if met.is_complex() => DType::Complex128,
        _ => DType::Float64,
    };
    let promoted = Promoted {
        inputs: dtype,
        result: TypeInfo {
            dtype,
            ..promoted.result
        },
    };
    apply("float_power", Binary::Power, promoted, x, y)
}

/// The quotient rounded down and the remainder: [`floor_divide`](crate::floor_divide) and [`remainder`](crate::remainder) at once.
///
/// # Errors
/// When the dtypes do not promote or are complex, or the shapes do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::divmod;
/// let (quotient, rest) = divmod([7, -7], 3)?;
/// assert_eq!(quotient.to_vec::<i32>()?, [2, -3]);
/// assert_eq!(rest.to_vec::<i32>()?, [1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.divmod.html>
pub fn divmod<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
) -> Result<(Array, Array)> {
    let (x, y) = (x.into(), y.into());
    let rule = BinaryRule::FloorDivide;
    let quotient = binary("divmod", Binary::FloorDivide, rule, x.lend(), y.lend())?;
    let rest = binary("divmod", Binary::Remainder, rule, x, y)?;
    Ok((quotient, rest))
}

impl Array {
    /// The quotient rounded down: Python's `//`.
    ///
    /// # Errors
    /// As [`floor_divide`](crate::floor_divide).
    pub fn floor_divide<'b>(&self, divisor: impl Into<Operand<'b>>) -> Result<Array> {
        crate::floor_divide(self, divisor)
    }

    /// The quotient rounded down and the remainder.
    ///
    /// # Errors
    /// As [`divmod`].
    pub fn divmod<'b>(&self, divisor: impl Into<Operand<'b>>) -> Result<(Array, Array)> {
        divmod(self, divisor)
    }
}
