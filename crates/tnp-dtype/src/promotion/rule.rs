//! Operators and elementwise functions: what each class of them computes in and gives.

use super::scalar::Category;
use super::{
    Mode, Promoted, PromotionError, Refusal, Scalar, Settings, TypeInfo, TypeOrScalar, join, table,
};
use crate::DType;

/// The classes of two-argument elementwise functions that differ in promotion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryRule {
    /// Same dtype in and out: add, multiply, maximum, minimum, fmax, fmin.
    Arithmetic,
    /// `Arithmetic` without bool: subtract.
    Subtract,
    /// Floating point out: divide (true_divide).
    Divide,
    /// Real; bool counts as a small integer: floor_divide, remainder (mod), fmod, divmod.
    FloorDivide,
    /// Any number; bool counts as a small integer: power.
    Power,
    /// Real floating point: arctan2, hypot, copysign, nextafter, logaddexp, logaddexp2, heaviside.
    Float,
    /// A float and an integer exponent: ldexp. `inputs` is for the first argument alone.
    Ldexp,
    /// Bool and integers: bitwise_and, bitwise_or, bitwise_xor.
    Bitwise,
    /// Integers; bool counts as a small one: left_shift, right_shift.
    Shift,
    /// Integers alone: gcd, lcm.
    Gcd,
    /// Bool out, compared in the common dtype: equal, less, …
    Compare,
    /// Bool in and out, each argument by its truth: logical_and, logical_or, logical_xor.
    Logical,
    /// `Arithmetic` for matrix products: matmul, dot, inner, tensordot, einsum, …
    Matmul,
}

/// The classes of one-argument elementwise functions that differ in promotion.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryRule {
    /// Same dtype out, bool only in `All` and `Safe`: positive.
    Positive,
    /// Same dtype out, no bool: negative, sign.
    Negative,
    /// Same dtype out, the real one for complex: absolute.
    Absolute,
    /// Floating point, real or complex: sqrt, exp, log, sin, arcsin, sinh, exp2, log2, log1p, expm1, …
    Float,
    /// Real floating point: cbrt, fabs, spacing.
    RealFloat,
    /// Real floating point, complex too in `All` and `Safe`: deg2rad, rad2deg, degrees, radians.
    Degrees,
    /// Real, same dtype out: floor, ceil, trunc, fix.
    Round,
    /// Floating point: rint.
    Rint,
    /// Any number; bool counts as a small integer: square.
    Square,
    /// Any number; integers stay so in NumPy: reciprocal.
    Reciprocal,
    /// Same dtype out: conjugate.
    Conjugate,
    /// Bool and integers: invert (bitwise_not).
    Invert,
    /// Bool out: isnan, isinf, isfinite, logical_not.
    Predicate,
    /// Bool out, real: signbit.
    SignBit,
}

/// What a function of two arguments computes in and gives, in the mode in force on this thread.
///
/// # Errors
/// When the mode does not promote the pair, or the function does not take the dtype they meet at.
///
/// # Examples
/// ```
/// use tnp_dtype::{BinaryRule, DType, Scalar, binary};
/// let sum = binary("add", BinaryRule::Arithmetic, DType::Float32, Scalar::from(1))?;
/// assert_eq!(sum.result.dtype, DType::Float32);
/// let ratio = binary("divide", BinaryRule::Divide, DType::Int64, DType::Int64)?;
/// assert_eq!((ratio.inputs, ratio.result.dtype), (DType::Float64, DType::Float64));
/// # Ok::<(), tnp_dtype::PromotionError>(())
/// ```
#[inline]
pub fn binary(
    op: &'static str,
    rule: BinaryRule,
    lhs: impl Into<TypeOrScalar>,
    rhs: impl Into<TypeOrScalar>,
) -> Result<Promoted, PromotionError> {
    let (lhs, rhs) = (lhs.into(), rhs.into());
    if let (TypeOrScalar::Type(x), TypeOrScalar::Type(y)) = (lhs, rhs)
        && x.dtype == y.dtype
        && !x.weak
        && !y.weak
    {
        // Equal strong dtypes mean the same in every mode: no setting is read.
        match rule {
            BinaryRule::Arithmetic => return Ok(Promoted::same(x)),
            BinaryRule::Compare => return Ok(Promoted::to_bool(x.dtype)),
            _ => {}
        }
    }
    mixed(op, rule, Settings::capture(), lhs, rhs)
}

fn mixed(
    op: &'static str,
    rule: BinaryRule,
    settings: Settings,
    lhs: TypeOrScalar,
    rhs: TypeOrScalar,
) -> Result<Promoted, PromotionError> {
    let mode = settings.mode;
    if rule == BinaryRule::Ldexp {
        return ldexp(op, settings, lhs, rhs);
    }
    let common = join::pair(op, settings, lhs, rhs)?;
    let dtype = common.dtype;
    let as_dtype = |dtype| Ok(Promoted::same(TypeInfo { dtype, ..common }));
    let refuse = |takes| {
        Err(PromotionError::from(Refusal::NotSupported {
            op,
            dtype,
            takes,
        }))
    };
    match rule {
        BinaryRule::Arithmetic => as_dtype(dtype),
        BinaryRule::Subtract if dtype.is_bool() => Err(Refusal::BoolSubtract { op }.into()),
        BinaryRule::Subtract => as_dtype(dtype),
        BinaryRule::Divide => as_dtype(quotient(mode, dtype)),
        BinaryRule::FloorDivide if dtype.is_complex() => refuse(REAL),
        BinaryRule::FloorDivide | BinaryRule::Power => as_dtype(number(mode, dtype)),
        BinaryRule::Float if dtype.is_complex() && !mode.keeps_weak() => refuse(REAL),
        BinaryRule::Float => as_dtype(float_of_two(settings, lhs, rhs, dtype)),
        BinaryRule::Bitwise if dtype.is_inexact() => refuse("bool and integers"),
        BinaryRule::Bitwise => as_dtype(dtype),
        BinaryRule::Shift if dtype.is_inexact() => refuse(INTEGERS),
        BinaryRule::Shift => as_dtype(number(mode, dtype)),
        BinaryRule::Gcd if !dtype.is_integer() => refuse(INTEGERS),
        BinaryRule::Gcd => as_dtype(dtype),
        BinaryRule::Compare => Ok(Promoted::to_bool(dtype)),
        BinaryRule::Logical => Ok(Promoted::to_bool(DType::Bool)),
        // ml_dtypes has no matrix product of bfloat16, so NumPy takes that of float32.
        BinaryRule::Matmul if mode == Mode::Numpy && dtype == DType::BFloat16 => {
            as_dtype(DType::Float32)
        }
        BinaryRule::Matmul => as_dtype(dtype),
        BinaryRule::Ldexp => unreachable!("answered above"),
    }
}

const REAL: &str = "the real dtypes";
const INTEGERS: &str = "the integers";

/// What a function of one argument computes in and gives, in the mode in force on this thread.
///
/// # Errors
/// When the function does not take the dtype.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, UnaryRule, unary};
/// assert_eq!(unary("sqrt", UnaryRule::Float, DType::Int16)?.result.dtype, DType::Float32);
/// let magnitude = unary("absolute", UnaryRule::Absolute, DType::Complex64)?;
/// assert_eq!((magnitude.inputs, magnitude.result.dtype), (DType::Complex64, DType::Float32));
/// # Ok::<(), tnp_dtype::PromotionError>(())
/// ```
#[inline]
pub fn unary(
    op: &'static str,
    rule: UnaryRule,
    x: impl Into<TypeInfo>,
) -> Result<Promoted, PromotionError> {
    let x = x.into();
    if x.dtype.is_float() && !x.weak {
        // A strong float stays what it is in every function of every mode, but for the predicates and `invert`.
        match rule {
            UnaryRule::Predicate | UnaryRule::SignBit => return Ok(Promoted::to_bool(x.dtype)),
            UnaryRule::Invert => {}
            _ => return Ok(Promoted::same(x)),
        }
    }
    one(op, rule, Settings::capture(), x)
}

fn one(
    op: &'static str,
    rule: UnaryRule,
    settings: Settings,
    x: TypeInfo,
) -> Result<Promoted, PromotionError> {
    let mode = settings.mode;
    let x = join::alone(settings, x.into());
    let dtype = x.dtype;
    let as_dtype = |dtype| Ok(Promoted::same(TypeInfo { dtype, ..x }));
    let refuse = |takes| {
        Err(PromotionError::from(Refusal::NotSupported {
            op,
            dtype,
            takes,
        }))
    };
    match rule {
        UnaryRule::Positive if dtype.is_bool() && !mode.keeps_weak() => refuse(NUMBERS),
        UnaryRule::Negative if dtype.is_bool() && op == "negative" => {
            Err(Refusal::BoolNegative { op }.into())
        }
        UnaryRule::Negative if dtype.is_bool() => refuse(NUMBERS),
        UnaryRule::Positive | UnaryRule::Negative => as_dtype(dtype),
        UnaryRule::Absolute => Ok(Promoted {
            inputs: dtype,
            result: TypeInfo {
                dtype: dtype.real(),
                ..x
            },
        }),
        UnaryRule::Float => as_dtype(inexact(mode, dtype)),
        UnaryRule::RealFloat | UnaryRule::Round if dtype.is_complex() => refuse(REAL),
        UnaryRule::Degrees if dtype.is_complex() && !mode.keeps_weak() => refuse(REAL),
        UnaryRule::RealFloat | UnaryRule::Degrees => as_dtype(inexact(mode, dtype)),
        UnaryRule::Round => as_dtype(dtype),
        // JAX rounds integers as the default float.
        UnaryRule::Rint if !dtype.is_inexact() && mode.keeps_weak() => as_dtype(DType::Float64),
        UnaryRule::Rint => as_dtype(inexact(mode, dtype)),
        UnaryRule::Reciprocal if mode.keeps_weak() => as_dtype(inexact(mode, dtype)),
        UnaryRule::Conjugate if mode.keeps_weak() => as_dtype(dtype),
        UnaryRule::Square | UnaryRule::Reciprocal | UnaryRule::Conjugate => {
            as_dtype(number(mode, dtype))
        }
        UnaryRule::Invert if dtype.is_inexact() => refuse("bool and integers"),
        UnaryRule::Invert => as_dtype(dtype),
        UnaryRule::SignBit if dtype.is_complex() => refuse(REAL),
        UnaryRule::Predicate | UnaryRule::SignBit => Ok(Promoted::to_bool(dtype)),
    }
}

const NUMBERS: &str = "the numbers";

/// The floating dtype that a function of floats computes in when given this dtype.
pub(super) fn inexact(mode: Mode, dtype: DType) -> DType {
    if dtype.is_inexact() {
        return dtype;
    }
    match (mode, dtype.itemsize()) {
        (Mode::Numpy | Mode::Strict, 1) => DType::Float16,
        (Mode::Numpy | Mode::Strict, 2) => DType::Float32,
        (Mode::All | Mode::Safe, 1..=4) => DType::Float32,
        _ => DType::Float64,
    }
}

/// What `/` gives for the dtype its operands meet at.
fn quotient(mode: Mode, dtype: DType) -> DType {
    match mode {
        _ if dtype.is_inexact() => dtype,
        Mode::Numpy | Mode::Strict => DType::Float64,
        Mode::Legacy if dtype.is_integer() && dtype.itemsize() <= 2 => DType::Float32,
        Mode::Legacy => DType::Float64,
        Mode::All | Mode::Safe => inexact(mode, dtype),
    }
}

/// The integer that bool counts as in functions of numbers: NumPy's smallest, JAX's 32 bits.
fn number(mode: Mode, dtype: DType) -> DType {
    match mode {
        _ if !dtype.is_bool() => dtype,
        Mode::All | Mode::Safe => DType::Int32,
        Mode::Numpy | Mode::Legacy | Mode::Strict => DType::Int8,
    }
}

/// NumPy looks for a float loop from the inputs themselves: int8 and uint8 both fit float16, though they meet at int16.
fn float_of_two(settings: Settings, lhs: TypeOrScalar, rhs: TypeOrScalar, common: DType) -> DType {
    let mode = settings.mode;
    if common.is_inexact() && !neither_floats(lhs, rhs) || mode != Mode::Numpy {
        return inexact(mode, common);
    }
    let dtype_of = |own: TypeOrScalar, other: TypeOrScalar| match (own, other) {
        (TypeOrScalar::Type(info), _) => info.dtype,
        (TypeOrScalar::Scalar(_), TypeOrScalar::Type(array)) if array.dtype.is_integer() => {
            array.dtype
        }
        (TypeOrScalar::Scalar(scalar), _) => scalar.category().default_dtype(settings),
    };
    let (lhs, rhs) = (dtype_of(lhs, rhs), dtype_of(rhs, lhs));
    let (lhs, rhs) = (inexact(mode, lhs), inexact(mode, rhs));
    table::look_up(&table::UFUNC, lhs, rhs).unwrap_or(common)
}

/// True when neither operand is floating point, so that a floating common dtype (uint64 with int64) is no floating input.
fn neither_floats(lhs: TypeOrScalar, rhs: TypeOrScalar) -> bool {
    let below_float = |operand| match operand {
        TypeOrScalar::Type(TypeInfo { dtype, .. }) => Category::of(dtype) < Category::Float,
        TypeOrScalar::Scalar(scalar) => Scalar::category(&scalar) < Category::Float,
    };
    below_float(lhs) && below_float(rhs)
}

fn ldexp(
    op: &'static str,
    settings: Settings,
    lhs: TypeOrScalar,
    rhs: TypeOrScalar,
) -> Result<Promoted, PromotionError> {
    let mode = settings.mode;
    let mantissa = join::alone(settings, lhs);
    // A Rust integer fits the narrowest loop, that of a C int.
    let exponent = match rhs {
        TypeOrScalar::Scalar(Scalar::Int(_)) => DType::Int32,
        _ => join::alone(settings, rhs).dtype,
    };
    if mantissa.dtype.is_complex() {
        return Err(Refusal::NotSupported {
            op,
            dtype: mantissa.dtype,
            takes: REAL,
        }
        .into());
    }
    // The exponent is read as a C long at most.
    if exponent.is_inexact() || exponent == DType::UInt64 {
        return Err(Refusal::NotSupported {
            op,
            dtype: exponent,
            takes: "integers up to int64 as the exponent",
        }
        .into());
    }
    // NumPy's first loop takes a Python int beside an integer array: that of float16.
    let weak_integer = matches!(lhs, TypeOrScalar::Scalar(Scalar::Int(_) | Scalar::Huge(_)));
    let beside_integers = matches!(rhs, TypeOrScalar::Type(_)) && exponent.is_integer();
    let dtype = match (mode, mantissa.dtype, exponent) {
        (Mode::Numpy, ..) if weak_integer && beside_integers => DType::Float16,
        // ml_dtypes has the loop for a C int alone.
        (Mode::Numpy, DType::BFloat16, DType::Int64 | DType::UInt32) => DType::Float32,
        (_, dtype, _) => inexact(mode, dtype),
    };
    Ok(Promoted::same(TypeInfo { dtype, ..mantissa }))
}
