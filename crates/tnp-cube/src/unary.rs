//! Elementwise functions of one number in registers.

use tnp_backend::prim::Unary;
use tnp_dtype::DType;

use crate::code::{BOOL, F64, V, float, int, target, truth};
use crate::complex;
use crate::math;
use crate::types::{
    Val, copysign, is_finite, is_inf, is_nan, is_negative, is_zero, magnitude, narrow, negate,
};

/// Whether a device that holds the dtype has code for the function. Without float64, the functions that are computed in
/// it are left out unless the device has them itself.
pub(crate) fn supports(op: Unary, dtype: DType, native: bool, float64: bool) -> bool {
    if op.output(dtype).is_none() {
        return false;
    }
    if dtype.is_complex() {
        return complex::supports_unary(op, native, float64);
    }
    !dtype.is_float() || is_simple(op) || float64 || (native && instruction(op).is_some())
}

/// Functions that are a few instructions of any type.
fn is_simple(op: Unary) -> bool {
    match op {
        Unary::Negative
        | Unary::Abs
        | Unary::Sign
        | Unary::Square
        | Unary::Reciprocal
        | Unary::Sqrt
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Rint
        | Unary::Invert
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan
        | Unary::SignBit
        | Unary::Conjugate
        | Unary::Real
        | Unary::Imag => true,
        Unary::Cbrt
        | Unary::Exp
        | Unary::Exp2
        | Unary::Expm1
        | Unary::Log
        | Unary::Log2
        | Unary::Log10
        | Unary::Log1p
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
        | Unary::Erf => false,
    }
}

/// Applies a function to a number of a dtype.
pub(crate) fn unary(op: Unary, dtype: DType, x: Val) -> Val {
    if dtype.is_complex() {
        return complex::unary(op, x);
    }
    let x = x.one();
    let y = match dtype {
        DType::Bool => of_bool(op, x),
        _ if dtype.is_float() => of_float(op, dtype, x),
        _ => of_integer(op, dtype, x),
    };
    if y.elem() == BOOL {
        return Val::One(y);
    }
    Val::One(narrow(dtype, y))
}

fn of_bool(op: Unary, x: V) -> V {
    match op {
        Unary::Invert | Unary::LogicalNot => x.not(),
        Unary::IsFinite => truth(true),
        Unary::IsInf | Unary::IsNan | Unary::SignBit => truth(false),
        _ => x,
    }
}

fn of_integer(op: Unary, dtype: DType, x: V) -> V {
    let signed = x.is_signed();
    match op {
        Unary::Negative => -x,
        Unary::Abs if signed => x.lt(0).select(-x, x),
        Unary::Sign if signed => x
            .gt(0)
            .select(int(1, x.elem()), x.lt(0).select(x.like(-1), x.like(0))),
        Unary::Sign => x.ne(0).select(int(1, x.elem()), 0),
        Unary::Square => x * x,
        // The quotient is zero but for 1 and -1; by zero it is what x86 makes of infinity.
        Unary::Reciprocal if signed => {
            let unit = x.eq(1).or(x.eq(-1));
            let by_zero = match dtype {
                DType::Int32 => i32::MIN as i128,
                DType::Int64 => i64::MIN as i128,
                _ => 0,
            };
            let rest = x.eq(0).select(x.like(by_zero), 0);
            unit.select(x, rest)
        }
        Unary::Reciprocal => x.eq(1).select(int(1, x.elem()), 0),
        Unary::Invert => x.not(),
        Unary::LogicalNot => x.eq(0),
        Unary::IsFinite => truth(true),
        Unary::IsInf | Unary::IsNan => truth(false),
        Unary::SignBit if signed => x.lt(0),
        Unary::SignBit => truth(false),
        _ => x,
    }
}

fn of_float(op: Unary, dtype: DType, x: V) -> V {
    match op {
        Unary::Negative => negate(x),
        Unary::Abs => magnitude(x),
        Unary::Sign => {
            let unit = copysign(x.like(1.0), x);
            // NumPy's zero has no sign, that of ml_dtypes keeps it.
            let zero = if dtype == DType::BFloat16 {
                x
            } else {
                x.like(0.0)
            };
            is_zero(x).select(zero, is_nan(x).select(x, unit))
        }
        Unary::Square => x * x,
        Unary::Reciprocal => float(1.0, x.elem()) / x,
        Unary::Sqrt => {
            let outside = is_negative(x).and(is_zero(x).not());
            let root = is_zero(x).select(x, x.sqrt());
            outside
                .or(is_nan(x))
                .select(float(f64::NAN, x.elem()), root)
        }
        Unary::Floor => whole(x, V::floor),
        Unary::Ceil => whole(x, V::ceil),
        Unary::Trunc => whole(x, V::trunc),
        Unary::Rint => whole(x, math::rint),
        Unary::LogicalNot => is_zero(x),
        Unary::IsFinite => is_finite(x),
        Unary::IsInf => is_inf(x),
        Unary::IsNan => is_nan(x),
        Unary::SignBit => is_negative(x),
        Unary::Conjugate | Unary::Real | Unary::Imag | Unary::Invert => x,
        _ => elementary(op, x),
    }
}

/// Rounds to an integer; large numbers, infinities and NaN are left alone, and zeros keep their sign.
fn whole(x: V, round: impl Fn(V) -> V) -> V {
    let limit = if x.elem() == F64 {
        4503599627370496.0
    } else {
        8388608.0
    };
    let small = is_finite(x).and(magnitude(x).lt(limit));
    small.select(copysign(round(small.select(x, 0.0)), x), x)
}

/// The device's own instruction for a function, where CubeCL knows one.
fn instruction(op: Unary) -> Option<fn(V) -> V> {
    Some(match op {
        Unary::Exp => V::exp,
        Unary::Log => V::log,
        Unary::Log1p => V::log1p,
        Unary::Sin => V::sin,
        Unary::Cos => V::cos,
        Unary::Tan => V::tan,
        Unary::Arcsin => V::asin,
        Unary::Arccos => V::acos,
        Unary::Arctan => V::atan,
        Unary::Sinh => V::sinh,
        Unary::Cosh => V::cosh,
        Unary::Tanh => V::tanh,
        Unary::Arcsinh => V::asinh,
        Unary::Arccosh => V::acosh,
        Unary::Arctanh => V::atanh,
        Unary::Erf => V::erf,
        _ => return None,
    })
}

/// An elementary function: the device's own where that is good, else in float64.
pub(crate) fn elementary(op: Unary, x: V) -> V {
    if target().native
        && let Some(instruction) = instruction(op)
    {
        return instruction(x);
    }
    let own: fn(V) -> V = match op {
        Unary::Cbrt => math::cbrt,
        Unary::Exp => math::exp,
        Unary::Exp2 => math::exp2,
        Unary::Expm1 => math::expm1,
        Unary::Log => math::log,
        Unary::Log2 => math::log2,
        Unary::Log10 => math::log10,
        Unary::Log1p => math::log1p,
        Unary::Sin => math::sin,
        Unary::Cos => math::cos,
        Unary::Tan => math::tan,
        Unary::Arcsin => math::arcsin,
        Unary::Arccos => math::arccos,
        Unary::Arctan => math::arctan,
        Unary::Sinh => math::sinh,
        Unary::Cosh => math::cosh,
        Unary::Tanh => math::tanh,
        Unary::Arcsinh => math::arcsinh,
        Unary::Arccosh => math::arccosh,
        Unary::Arctanh => math::arctanh,
        Unary::Erf => math::erf,
        Unary::Negative
        | Unary::Abs
        | Unary::Sign
        | Unary::Square
        | Unary::Reciprocal
        | Unary::Sqrt
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Rint
        | Unary::Invert
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan
        | Unary::SignBit
        | Unary::Conjugate
        | Unary::Real
        | Unary::Imag => |x| x,
    };
    own(x.cast(F64)).cast(x.elem())
}
