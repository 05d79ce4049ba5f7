//! Elementwise functions: one table of unary and one of binary ones; what is composed of them lies in the files below.

mod compare;
mod complex;
mod power;
mod round;

pub use compare::*;
pub use complex::*;
pub use power::*;
pub use round::*;

use tnp_backend::prim::{Binary, Prim, Unary};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{BinaryRule, DType, Promoted, TypeInfo, UnaryRule};
use tnp_shape::{Dims, broadcast_shapes};

use crate::bind::{bind1, direct};
use crate::promote::{at_home, broadcast, expand, home, scalar_beside, to_dtype};
use crate::{Array, Operand};

/// An operand in the dtype that a unary function computes in, and what the function gives.
#[inline]
pub(crate) fn promoted<'a>(
    name: &'static str,
    rule: UnaryRule,
    mut x: Operand<'a>,
) -> Result<(Operand<'a>, TypeInfo)> {
    x.resolve()?;
    let info = x
        .type_info()
        .ok_or_else(|| Error::value(format!("{name}: not an array")))?;
    let promoted = tnp_dtype::unary(name, rule, info)?;
    Ok((to_dtype(name, x, promoted.inputs)?, promoted.result))
}

/// A unary function by its promotion rule.
#[inline]
pub(crate) fn unary(
    name: &'static str,
    op: Unary,
    rule: UnaryRule,
    mut x: Operand<'_>,
) -> Result<Array> {
    if let Some(info) = x.type_info()
        && !info.weak
        && (info.dtype.is_float() || rule == UnaryRule::Float && info.dtype.is_complex())
        && info.dtype != DType::BFloat16
        && let Some(dtype) = op.output(info.dtype)
        && let Some(result) = direct(&Prim::Unary(op), dtype, [&mut x])
    {
        // Real floats mean the same to every unary function in every mode, complex ones to those of floats.
        return result;
    }
    let (x, result) = promoted(name, rule, x)?;
    finish(one(op, x)?, result)
}

/// A binary function by its promotion rule; not for [`BinaryRule::Logical`], whose primitives mean bits to integers.
pub(crate) fn binary<'a>(
    name: &'static str,
    op: Binary,
    rule: BinaryRule,
    mut x: Operand<'a>,
    mut y: Operand<'a>,
) -> Result<Array> {
    if let (Some(left), Some(right)) = (x.type_info(), y.type_info())
        && left == right
        && !left.weak
        && (left.dtype != DType::BFloat16 || rule == BinaryRule::Arithmetic)
        && let Some(dtype) = op.output(left.dtype)
        && let Some(result) = direct(&Prim::Binary(op), dtype, [&mut x, &mut y])
    {
        // A dtype that the primitive takes as it is means the same in every mode.
        return result;
    }
    let promoted = tnp_dtype::binary(name, rule, x.promotes_as()?, y.promotes_as()?)?;
    apply(name, op, promoted, x, y)
}

/// A binary function in the dtype that promotion chose.
#[inline]
pub(crate) fn apply<'a>(
    name: &'static str,
    op: Binary,
    promoted: Promoted,
    x: Operand<'a>,
    y: Operand<'a>,
) -> Result<Array> {
    let [x, y] = aligned(name, promoted.inputs, x, y)?;
    finish(two(op, x, y)?, promoted.result)
}

/// Two operands in one dtype, shape and place; a scalar beside an array becomes an array of its shape with all strides zero.
#[inline]
pub(crate) fn aligned<'a>(
    name: &'static str,
    dtype: DType,
    x: Operand<'a>,
    y: Operand<'a>,
) -> Result<[Operand<'a>; 2]> {
    match (x, y) {
        (Operand::Scalar(scalar), y) if y.as_array().is_some() => {
            let y = to_dtype(name, y, dtype)?;
            let x = scalar_beside(name, scalar, dtype, &y)?;
            Ok([x, y])
        }
        (x, Operand::Scalar(scalar)) if x.as_array().is_some() => {
            let x = to_dtype(name, x, dtype)?;
            let y = scalar_beside(name, scalar, dtype, &x)?;
            Ok([x, y])
        }
        (x, y) => broadcast(name, [to_dtype(name, x, dtype)?, to_dtype(name, y, dtype)?]),
    }
}

/// A primitive of one argument, which has the right dtype.
#[inline]
pub(crate) fn one<'a>(op: Unary, x: impl Into<Operand<'a>>) -> Result<Array> {
    bind1(&Prim::Unary(op), &mut [x.into()])
}

/// A primitive of two arguments, which have one shape and dtype.
#[inline]
pub(crate) fn two<'a>(
    op: Binary,
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'a>>,
) -> Result<Array> {
    let (prim, mut x, mut y) = (Prim::Binary(op), x.into(), y.into());
    if let Some(info) = x.type_info()
        && let Some(dtype) = op.output(info.dtype)
        && let Some(result) = direct(&prim, dtype, [&mut x, &mut y])
    {
        return result;
    }
    bind1(&prim, &mut [x, y])
}

/// `x` where the condition holds, else `y`; all of one shape.
#[inline]
pub(crate) fn either<'a>(
    condition: impl Into<Operand<'a>>,
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'a>>,
) -> Result<Array> {
    bind1(&Prim::Select, &mut [condition.into(), x.into(), y.into()])
}

#[inline]
pub(crate) fn finish(result: Array, info: TypeInfo) -> Result<Array> {
    let result = if result.dtype() == info.dtype {
        result
    } else {
        result.astype(info.dtype)?
    };
    Ok(if info.weak {
        result.with_weak(true)
    } else {
        result
    })
}

macro_rules! unary_functions {
    ($($(#[doc = $doc:literal])* $name:ident, $op:ident, $rule:ident;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// # Errors
            /// When the function does not take the dtype.
            #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
            pub fn $name<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
                unary(stringify!($name), Unary::$op, UnaryRule::$rule, x.into())
            }
        )*

        impl Array {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// When the function does not take the dtype.
                #[inline]
                pub fn $name(&self) -> Result<Array> {
                    $name(self)
                }
            )*
        }
    };
}

unary_functions! {
    /// `-x`, elementwise; integers wrap.
    negative, Negative, Negative;
    /// Absolute value, elementwise, as floating point; not for complex numbers.
    fabs, Abs, RealFloat;
    /// −1, 0 or 1 by the sign; NaN for NaN; `z / |z|` for complex numbers.
    sign, Sign, Negative;
    /// The nearest whole number, halves to the even one; floating point out.
    rint, Rint, Rint;
    /// `e` to the power of each element.
    exp, Exp, Float;
    /// `2` to the power of each element.
    exp2, Exp2, Float;
    /// `e^x - 1`, accurate near zero.
    expm1, Expm1, Float;
    /// Natural logarithm; −inf at zero, NaN below.
    log, Log, Float;
    /// Logarithm to base 2.
    log2, Log2, Float;
    /// Logarithm to base 10.
    log10, Log10, Float;
    /// `log(1 + x)`, accurate near zero.
    log1p, Log1p, Float;
    /// Square root; NaN below zero for real dtypes.
    sqrt, Sqrt, Float;
    /// Cube root.
    cbrt, Cbrt, RealFloat;
    /// Square of each element.
    square, Square, Square;
    /// `1 / x`; integers truncate.
    reciprocal, Reciprocal, Reciprocal;
    /// Sine of radians.
    sin, Sin, Float;
    /// Cosine of radians.
    cos, Cos, Float;
    /// Tangent of radians.
    tan, Tan, Float;
    /// Inverse sine, in radians.
    arcsin, Arcsin, Float;
    /// Inverse cosine, in radians.
    arccos, Arccos, Float;
    /// Inverse tangent, in radians.
    arctan, Arctan, Float;
    /// Hyperbolic sine.
    sinh, Sinh, Float;
    /// Hyperbolic cosine.
    cosh, Cosh, Float;
    /// Hyperbolic tangent.
    tanh, Tanh, Float;
    /// Inverse hyperbolic sine.
    arcsinh, Arcsinh, Float;
    /// Inverse hyperbolic cosine.
    arccosh, Arccosh, Float;
    /// Inverse hyperbolic tangent.
    arctanh, Arctanh, Float;
    /// The error function `2/√π ∫₀ˣ e^(-t²) dt`, which NumPy leaves to SciPy (`scipy.special.erf`); not for complex numbers.
    erf, Erf, RealFloat;
    /// Bitwise complement; logical not for bool.
    invert, Invert, Invert;
    /// True where an element is zero.
    logical_not, LogicalNot, Predicate;
    /// True where an element is neither infinite nor NaN.
    isfinite, IsFinite, Predicate;
    /// True where an element is infinite.
    isinf, IsInf, Predicate;
    /// True where an element is NaN.
    isnan, IsNan, Predicate;
    /// True where the sign bit is set.
    signbit, SignBit, SignBit;
}

macro_rules! binary_functions {
    ($($(#[doc = $doc:literal])* $name:ident, $op:ident, $rule:ident;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// The operands are promoted by the mode in force and broadcast.
            ///
            /// # Errors
            /// When the dtypes do not promote, the function does not take what they promote to, or the shapes do not broadcast.
            #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
            pub fn $name<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
                binary(stringify!($name), Binary::$op, BinaryRule::$rule, x.into(), y.into())
            }
        )*
    };
}

binary_functions! {
    /// `x + y`; logical or for bool.
    add, Add, Arithmetic;
    /// `x - y`; not for bool.
    subtract, Subtract, Subtract;
    /// `x * y`; logical and for bool.
    multiply, Multiply, Arithmetic;
    /// `x / y`, in floating point.
    divide, Divide, Divide;
    /// The largest whole number not above `x / y`; integer division by zero gives 0 and a warning.
    floor_divide, FloorDivide, FloorDivide;
    /// The remainder of `floor_divide`, with the sign of the divisor.
    remainder, Remainder, FloorDivide;
    /// The remainder with the sign of the dividend, as C's `fmod`.
    fmod, Fmod, FloorDivide;
    /// The larger, elementwise; NaN if either is.
    maximum, Maximum, Arithmetic;
    /// The smaller, elementwise; NaN if either is.
    minimum, Minimum, Arithmetic;
    /// The larger, elementwise, ignoring NaN.
    fmax, Fmax, Arithmetic;
    /// The smaller, elementwise, ignoring NaN.
    fmin, Fmin, Arithmetic;
    /// Angle of the point `(y, x)`, in radians from −π to π.
    arctan2, Arctan2, Float;
    /// `sqrt(x*x + y*y)` without overflow.
    hypot, Hypot, Float;
    /// `log(e^x + e^y)` without overflow.
    logaddexp, Logaddexp, Float;
    /// `log2(2^x + 2^y)` without overflow.
    logaddexp2, Logaddexp2, Float;
    /// Magnitude of the first, sign of the second.
    copysign, Copysign, Float;
    /// The next representable value from the first towards the second.
    nextafter, Nextafter, Float;
    /// Greatest common divisor of integers.
    gcd, Gcd, Gcd;
    /// Least common multiple of integers.
    lcm, Lcm, Gcd;
    /// Bitwise and; logical for bool.
    bitwise_and, BitwiseAnd, Bitwise;
    /// Bitwise or; logical for bool.
    bitwise_or, BitwiseOr, Bitwise;
    /// Bitwise exclusive or; logical for bool.
    bitwise_xor, BitwiseXor, Bitwise;
    /// `x << y`; zero once all bits are out.
    left_shift, LeftShift, Shift;
    /// `x >> y`; arithmetic for signed integers.
    right_shift, RightShift, Shift;
}

macro_rules! aliases {
    ($($name:ident = $of:ident($($x:ident),+);)*) => {$(
        #[doc = concat!("The same as [`", stringify!($of), "`].")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($of), "`].")]
        pub fn $name<'a>($($x: impl Into<Operand<'a>>),+) -> Result<Array> {
            $of($($x),+)
        }
    )*};
}

aliases! {
    abs = absolute(x);
    conj = conjugate(x);
    bitwise_not = invert(x);
    bitwise_invert = invert(x);
    degrees = rad2deg(x);
    radians = deg2rad(x);
    true_divide = divide(x, y);
    mod_ = remainder(x, y);
    r#mod = remainder(x, y);
    pow = power(x, y);
    bitwise_left_shift = left_shift(x, y);
    bitwise_right_shift = right_shift(x, y);
    acos = arccos(x);
    acosh = arccosh(x);
    asin = arcsin(x);
    asinh = arcsinh(x);
    atan = arctan(x);
    atanh = arctanh(x);
    atan2 = arctan2(x, y);
}

impl Array {
    /// Absolute value; the same as [`Array::absolute`].
    ///
    /// # Errors
    /// As [`absolute`].
    #[inline]
    pub fn abs(&self) -> Result<Array> {
        absolute(self)
    }

    /// Complex conjugate; the same as [`Array::conjugate`].
    ///
    /// # Errors
    /// As [`conjugate`].
    #[inline]
    pub fn conj(&self) -> Result<Array> {
        self.conjugate()
    }
}

/// `target = op(target, rhs)`, in place when nothing else holds the buffer; dtype and shape stay, as NumPy's compound
/// assignment has it. On an error the target is as it was.
pub(crate) fn update(
    target: &mut Array,
    op: Binary,
    rule: BinaryRule,
    rhs: Operand<'_>,
) -> Result<()> {
    let (name, info) = (op.name(), target.type_info());
    let promoted = tnp_dtype::binary(name, rule, info, rhs.promotes_as()?)?;
    let gives = promoted.result.dtype;
    if !tnp_dtype::can_cast(gives, info.dtype, tnp_dtype::Casting::SameKind) {
        return Err(Error::dtype(format!(
            "{name}: Cannot cast ufunc '{name}' output from dtype('{gives}') to dtype('{}') with casting rule \
             'same_kind'; write `x = x … y` to let the dtype change",
            info.dtype
        )));
    }
    let shape = Dims::from_slice(target.shape());
    let joined =
        broadcast_shapes(&[&shape, rhs.shape()]).map_err(|error| Error::from(error).in_op(name))?;
    if joined != shape {
        return Err(Error::value(format!(
            "{name}: non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
            shape_text(&shape),
            shape_text(&joined)
        )));
    }
    let home = home(&[&Operand::Borrowed(target)]);
    let rhs = at_home(home, || to_dtype(name, rhs, promoted.inputs))?;
    let rhs = expand(rhs, &shape)?;
    let lhs = if info.dtype == promoted.inputs {
        Operand::Reusable(&mut *target)
    } else {
        Operand::Owned(target.astype(promoted.inputs)?)
    };
    let result = bind1(&Prim::Binary(op), &mut [lhs, rhs])?;
    *target = finish(result, info)?;
    Ok(())
}
