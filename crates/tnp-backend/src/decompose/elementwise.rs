//! Elementwise functions in terms of those that a device has to have.

use tnp_dtype::Literal;

use super::Steps;
use crate::prim::{Binary, Unary};
use crate::{Error, Result, Var};

/// Unary functions that cannot be made of others without losing accuracy.
pub(super) fn is_core_unary(op: Unary) -> bool {
    match op {
        Unary::Negative
        | Unary::Abs
        | Unary::Sign
        | Unary::Sqrt
        | Unary::Cbrt
        | Unary::Exp
        | Unary::Expm1
        | Unary::Log
        | Unary::Log1p
        | Unary::Log2
        | Unary::Log10
        | Unary::Exp2
        | Unary::Sin
        | Unary::Cos
        | Unary::Tan
        | Unary::Arcsin
        | Unary::Arccos
        | Unary::Arctan
        | Unary::Sinh
        | Unary::Cosh
        | Unary::Tanh
        | Unary::Arcsinh
        | Unary::Arccosh
        | Unary::Arctanh
        | Unary::Erf
        | Unary::Floor
        | Unary::Rint
        | Unary::SignBit
        | Unary::Conjugate
        | Unary::Real
        | Unary::Imag
        | Unary::Reciprocal => true,
        Unary::Square
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Invert
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan => false,
    }
}

/// Binary functions that cannot be made of others without losing accuracy.
pub(super) fn is_core_binary(op: Binary) -> bool {
    match op {
        Binary::Add
        | Binary::Subtract
        | Binary::Multiply
        | Binary::Divide
        | Binary::FloorDivide
        | Binary::Remainder
        | Binary::Fmod
        | Binary::Power
        | Binary::Maximum
        | Binary::Minimum
        | Binary::Arctan2
        | Binary::Hypot
        | Binary::Logaddexp
        | Binary::Logaddexp2
        | Binary::Copysign
        | Binary::Nextafter
        | Binary::Gcd
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor
        | Binary::LeftShift
        | Binary::RightShift
        | Binary::Equal
        | Binary::Less
        | Binary::Complex => true,
        Binary::Fmax
        | Binary::Fmin
        | Binary::Lcm
        | Binary::NotEqual
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual => false,
    }
}

pub(super) fn not(steps: &mut Steps, x: Var) -> Result<Var> {
    let no = steps.like(x, 0.0)?;
    steps.binary(Binary::Equal, x, no)
}

/// True where `x` is NaN: the only value that differs from itself.
pub(super) fn is_nan(steps: &mut Steps, x: Var) -> Result<Var> {
    let same = steps.binary(Binary::Equal, x, x)?;
    not(steps, same)
}

/// `x - x` is zero for finite numbers and NaN for the others; integers are all finite.
fn is_finite(steps: &mut Steps, x: Var) -> Result<Var> {
    if !steps.dtype(x).is_inexact() {
        let shape = steps.shape(x);
        return steps.full(&shape, Literal::new(true));
    }
    let difference = steps.binary(Binary::Subtract, x, x)?;
    steps.binary(Binary::Equal, difference, difference)
}

pub(super) fn unary(steps: &mut Steps, op: Unary, x: Var) -> Result<Var> {
    match op {
        Unary::Square => steps.binary(Binary::Multiply, x, x),
        Unary::Ceil => {
            let negative = steps.unary(Unary::Negative, x)?;
            let floor = steps.unary(Unary::Floor, negative)?;
            steps.unary(Unary::Negative, floor)
        }
        Unary::Trunc => {
            let magnitude = steps.unary(Unary::Abs, x)?;
            let floor = steps.unary(Unary::Floor, magnitude)?;
            steps.binary(Binary::Copysign, floor, x)
        }
        Unary::Invert if steps.dtype(x).is_bool() => not(steps, x),
        Unary::Invert => {
            // All bits set is -1 wrapped into the dtype.
            let ty = steps.ty(x).clone();
            let ones = steps.full(&ty.shape, Literal::new(-1i64).cast(ty.dtype))?;
            steps.binary(Binary::BitwiseXor, x, ones)
        }
        Unary::LogicalNot => not(steps, x),
        Unary::IsNan => is_nan(steps, x),
        Unary::IsFinite => is_finite(steps, x),
        Unary::IsInf if steps.dtype(x).is_complex() => {
            let parts = [Unary::Real, Unary::Imag].map(|part| {
                let part = steps.unary(part, x)?;
                unary(steps, Unary::IsInf, part)
            });
            let [re, im] = parts;
            steps.binary(Binary::BitwiseOr, re?, im?)
        }
        Unary::IsInf => {
            let finite = is_finite(steps, x)?;
            let nan = is_nan(steps, x)?;
            let either = steps.binary(Binary::BitwiseOr, finite, nan)?;
            not(steps, either)
        }
        Unary::Negative
        | Unary::Abs
        | Unary::Sign
        | Unary::Sqrt
        | Unary::Cbrt
        | Unary::Exp
        | Unary::Expm1
        | Unary::Log
        | Unary::Log1p
        | Unary::Log2
        | Unary::Log10
        | Unary::Exp2
        | Unary::Sin
        | Unary::Cos
        | Unary::Tan
        | Unary::Arcsin
        | Unary::Arccos
        | Unary::Arctan
        | Unary::Sinh
        | Unary::Cosh
        | Unary::Tanh
        | Unary::Arcsinh
        | Unary::Arccosh
        | Unary::Arctanh
        | Unary::Erf
        | Unary::Floor
        | Unary::Rint
        | Unary::SignBit
        | Unary::Conjugate
        | Unary::Real
        | Unary::Imag
        | Unary::Reciprocal => Err(core(op.name())),
    }
}

pub(super) fn binary(steps: &mut Steps, op: Binary, x: Var, y: Var) -> Result<Var> {
    match op {
        Binary::Greater => steps.binary(Binary::Less, y, x),
        Binary::NotEqual => {
            let equal = steps.binary(Binary::Equal, x, y)?;
            not(steps, equal)
        }
        Binary::LessEqual => {
            let less = steps.binary(Binary::Less, x, y)?;
            let equal = steps.binary(Binary::Equal, x, y)?;
            steps.binary(Binary::BitwiseOr, less, equal)
        }
        Binary::GreaterEqual => binary(steps, Binary::LessEqual, y, x),
        Binary::Fmax | Binary::Fmin => {
            let pick = if op == Binary::Fmax {
                Binary::Maximum
            } else {
                Binary::Minimum
            };
            let picked = steps.binary(pick, x, y)?;
            if !steps.dtype(x).is_inexact() {
                return Ok(picked);
            }
            let (x_nan, y_nan) = (is_nan(steps, x)?, is_nan(steps, y)?);
            let picked = steps.select(y_nan, x, picked)?;
            // Of two NaNs the first is given, as above.
            let y_fine = not(steps, y_nan)?;
            let take_y = steps.binary(Binary::BitwiseAnd, x_nan, y_fine)?;
            steps.select(take_y, y, picked)
        }
        Binary::Lcm => {
            let divisor = steps.binary(Binary::Gcd, x, y)?;
            let zero = steps.like(x, 0.0)?;
            let one = steps.like(x, 1.0)?;
            let none = steps.binary(Binary::Equal, divisor, zero)?;
            let safe = steps.select(none, one, divisor)?;
            // NumPy multiplies the magnitudes, and wraps: a product that overflows may be negative.
            let quotient = steps.binary(Binary::FloorDivide, x, safe)?;
            let quotient = steps.unary(Unary::Abs, quotient)?;
            let y = steps.unary(Unary::Abs, y)?;
            steps.binary(Binary::Multiply, quotient, y)
        }
        Binary::Add
        | Binary::Subtract
        | Binary::Multiply
        | Binary::Divide
        | Binary::FloorDivide
        | Binary::Remainder
        | Binary::Fmod
        | Binary::Power
        | Binary::Maximum
        | Binary::Minimum
        | Binary::Arctan2
        | Binary::Hypot
        | Binary::Logaddexp
        | Binary::Logaddexp2
        | Binary::Copysign
        | Binary::Nextafter
        | Binary::Gcd
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor
        | Binary::LeftShift
        | Binary::RightShift
        | Binary::Equal
        | Binary::Less
        | Binary::Complex => Err(core(op.name())),
    }
}

#[cold]
pub(super) fn core(name: &str) -> Error {
    Error::unsupported(format!(
        "{name}: every backend has to have it; it is part of the core"
    ))
}
