//! Elementwise functions.

use pyo3::types::PyAnyMethods;
use tnp::{Close, Maybe, NanToNum};

use crate::call::{Args, Entry, functions};

macro_rules! elementwise {
    ([$($one:ident)*] [$($two:ident)*] $($rest:tt)*) => {
        functions! {
            $(concat!(stringify!($one), "(x, /)"), |a| { let x = a.x(0)?; a.give(|| tnp::$one(x)) };)*
            $(concat!(stringify!($two), "(x1, x2, /)"), |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::$two(x, y)) };)*
            $($rest)*
        }
    };
}

fn close(a: &Args<'_, '_>) -> pyo3::PyResult<Close> {
    let close = Close::rtol(a.float("rtol", 1e-5)?).atol(a.float("atol", 1e-8)?);
    Ok(if a.flag("equal_nan")? {
        close.equal_nan()
    } else {
        close
    })
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = elementwise! {
    [
        negative positive absolute abs fabs sign rint exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal sin cos tan arcsin
        arccos arctan sinh cosh tanh arcsinh arccosh arctanh asin acos atan asinh acosh atanh erf invert bitwise_not bitwise_invert
        logical_not isfinite isinf isnan signbit isneginf isposinf floor ceil trunc fix rad2deg deg2rad degrees radians conjugate conj
        real imag isreal iscomplex sinc
    ]
    [
        add subtract multiply divide true_divide floor_divide remainder fmod maximum minimum fmax fmin arctan2 atan2 hypot logaddexp
        logaddexp2 copysign nextafter gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift bitwise_left_shift
        bitwise_right_shift power pow float_power logical_and logical_or logical_xor equal not_equal less less_equal greater greater_equal
        heaviside divmod
    ]
    "mod(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::remainder(x, y)) };
    "round(a, /, decimals=0)", |a| { let (x, n) = (a.x(0)?, a.int("decimals", 0)? as i32); a.give(|| tnp::round(x, n)) };
    "around(a, decimals=0)", |a| { let (x, n) = (a.x(0)?, a.int("decimals", 0)? as i32); a.give(|| tnp::around(x, n)) };
    "clip(a, /, min=None, max=None)", |a| { let (x, low, high) = (a.x(0)?, a.maybe("min")?, a.maybe("max")?); a.give(|| tnp::clip(x, Maybe(low), Maybe(high))) };
    "nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None)", |a| {
        let mut options = NanToNum::nan(a.float("nan", 0.0)?);
        if let Some(x) = a.named("posinf") { options = options.posinf(x.extract()?); }
        if let Some(x) = a.named("neginf") { options = options.neginf(x.extract()?); }
        let x = a.x(0)?;
        a.give(|| tnp::nan_to_num(x, options))
    };
    "angle(z, deg=False)", |a| { let (x, degrees) = (a.x(0)?, a.flag("deg")?); a.give(|| tnp::angle(x, degrees)) };
    "iscomplexobj(x)", |a| { let x = a.x(0)?; a.give(|| tnp::iscomplexobj(x)) };
    "isrealobj(x)", |a| { let x = a.x(0)?; a.give(|| tnp::isrealobj(x)) };
    "isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)", |a| { let (x, y, close) = (a.x(0)?, a.x(1)?, close(a)?); a.give(|| tnp::isclose(x, y, close)) };
    "allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)", |a| { let (x, y, close) = (a.x(0)?, a.x(1)?, close(a)?); a.give(|| tnp::allclose(x, y, close)) };
    "array_equal(a1, a2, equal_nan=False)", |a| { let (x, y, nan) = (a.x(0)?, a.x(1)?, a.flag("equal_nan")?); a.give(|| tnp::array_equal(x, y, nan)) };
    "array_equiv(a1, a2)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::array_equiv(x, y)) };
};
