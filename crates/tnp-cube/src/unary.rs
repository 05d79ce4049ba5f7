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
    let elementary = elementary(op).filter(|_| dtype.is_float());
    elementary.is_none_or(|function| float64 || (native && function.device.is_some()))
}

/// A function that is more than a few instructions.
#[derive(Clone, Copy)]
pub(crate) struct Elementary {
    /// Ours, in float64.
    own: fn(V) -> V,
    /// The device's, where CubeCL knows one.
    device: Option<fn(V) -> V>,
}

impl Elementary {
    const fn new(own: fn(V) -> V, device: Option<fn(V) -> V>) -> Elementary {
        Elementary { own, device }
    }

    /// Its value: the device's own where that is good, else in float64.
    pub(crate) fn at(self, x: V) -> V {
        match self.device {
            Some(device) if target().native => device(x),
            _ => (self.own)(x.cast(F64)).cast(x.elem()),
        }
    }
}

pub(crate) const CBRT: Elementary = Elementary::new(math::cbrt, None);
pub(crate) const EXP: Elementary = Elementary::new(math::exp, Some(V::exp));
pub(crate) const EXP2: Elementary = Elementary::new(math::exp2, None);
pub(crate) const EXPM1: Elementary = Elementary::new(math::expm1, None);
pub(crate) const LOG: Elementary = Elementary::new(math::log, Some(V::log));
pub(crate) const LOG2: Elementary = Elementary::new(math::log2, None);
pub(crate) const LOG10: Elementary = Elementary::new(math::log10, None);
pub(crate) const LOG1P: Elementary = Elementary::new(math::log1p, Some(V::log1p));
pub(crate) const SIN: Elementary = Elementary::new(math::sin, Some(V::sin));
pub(crate) const COS: Elementary = Elementary::new(math::cos, Some(V::cos));
pub(crate) const TAN: Elementary = Elementary::new(math::tan, Some(V::tan));
pub(crate) const ARCSIN: Elementary = Elementary::new(math::arcsin, Some(V::asin));
pub(crate) const ARCCOS: Elementary = Elementary::new(math::arccos, Some(V::acos));
pub(crate) const ARCTAN: Elementary = Elementary::new(math::arctan, Some(V::atan));
pub(crate) const SINH: Elementary = Elementary::new(math::sinh, Some(V::sinh));
pub(crate) const COSH: Elementary = Elementary::new(math::cosh, Some(V::cosh));
pub(crate) const TANH: Elementary = Elementary::new(math::tanh, Some(V::tanh));
pub(crate) const ARCSINH: Elementary = Elementary::new(math::arcsinh, Some(V::asinh));
pub(crate) const ARCCOSH: Elementary = Elementary::new(math::arccosh, Some(V::acosh));
pub(crate) const ARCTANH: Elementary = Elementary::new(math::arctanh, Some(V::atanh));
pub(crate) const ERF: Elementary = Elementary::new(math::erf, Some(V::erf));

/// `None` for functions that are a few instructions of any type.
fn elementary(op: Unary) -> Option<Elementary> {
    Some(match op {
        Unary::Cbrt => CBRT,
        Unary::Exp => EXP,
        Unary::Exp2 => EXP2,
        Unary::Expm1 => EXPM1,
        Unary::Log => LOG,
        Unary::Log2 => LOG2,
        Unary::Log10 => LOG10,
        Unary::Log1p => LOG1P,
        Unary::Sin => SIN,
        Unary::Cos => COS,
        Unary::Tan => TAN,
        Unary::Arcsin => ARCSIN,
        Unary::Arccos => ARCCOS,
        Unary::Arctan => ARCTAN,
        Unary::Sinh => SINH,
        Unary::Cosh => COSH,
        Unary::Tanh => TANH,
        Unary::Arcsinh => ARCSINH,
        Unary::Arccosh => ARCCOSH,
        Unary::Arctanh => ARCTANH,
        Unary::Erf => ERF,
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
        | Unary::Imag => return None,
    })
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
    if let Some(function) = elementary(op) {
        return function.at(x);
    }
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
        _ => x,
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
