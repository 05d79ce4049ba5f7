//! Exponentials and hyperbolic functions.

use std::f64::consts::{LN_2, LOG2_E};
use tnp_backend::coefficients::{EXP, LN2_HIGH, LN2_LOW, LN2_REST, SINH};

use super::{c, poly, power_of_two, quick_two_sum, residual, rint, two_product, two_sum};
use crate::code::{V, hold};
use crate::types::{copysign, is_inf, is_nan, is_negative, is_zero, magnitude, negate};

/// `e^(r + low) - 1 - r` for `|r| <= ln 2 / 2` and a tiny `low`.
fn exp_rest(r: V, low: V) -> V {
    r * r * poly(r, &EXP) + low
}

/// `n`, `r = x - n ln 2` and `e^r - 1 - r`, for `|x|` below about 1000 (Cody and Waite's reduction).
fn reduced(x: V) -> (V, V, V) {
    let n = rint(x * LOG2_E);
    let high = hold(x - n * LN2_HIGH);
    let low = hold(n * LN2_LOW);
    let r = hold(high - low);
    (n, r, exp_rest(r, hold(high - r) - low))
}

/// `y * 2^n` for `|n|` up to 2000, rounding once.
fn scale(y: V, n: V) -> V {
    let half = rint(n * 0.5);
    hold(y * power_of_two(half)) * power_of_two(n - half)
}

/// `x` between two bounds; NaN stays.
fn clamp(x: V, low: f64, high: f64) -> V {
    let x = x.lt(low).select(c(low), x);
    x.gt(high).select(c(high), x)
}

pub(crate) fn exp(x: V) -> V {
    let (n, r, rest) = reduced(clamp(x, -750.0, 712.0));
    keep_nan(x, scale((r + rest) + 1.0, n))
}

/// NaN stays what it is: converting one to an exponent gives anything.
fn keep_nan(x: V, y: V) -> V {
    is_nan(x).select(x, y)
}

pub(crate) fn exp2(x: V) -> V {
    let bounded = clamp(x, -1080.0, 1030.0);
    let n = rint(bounded);
    let t = bounded - n;
    let (r, error) = two_product(t, c(LN_2));
    let rest = exp_rest(r, t * LN2_REST + error);
    keep_nan(x, scale((r + rest) + 1.0, n))
}

pub(crate) fn expm1(x: V) -> V {
    let (n, r, rest) = reduced(clamp(x, -40.0, 712.0));
    // Half the result, so that the power of two does not overflow before the result does.
    let half = power_of_two(n - 1.0);
    let (high, low) = quick_two_sum(half - 0.5, half * r);
    let y = (high + (half * rest + low)) * 2.0;
    let y = x.gt(710.0).select(c(f64::INFINITY), y);
    keep_nan(x, magnitude(x).lt(1e-17).select(x, y))
}

/// `e^a / 2` for `a >= 0`, and the rounding error of its significand.
fn half_exp(a: V) -> (V, V) {
    let (n, r, rest) = reduced(clamp(a, 0.0, 712.0));
    let (e, error) = quick_two_sum(c(1.0), r + rest);
    (scale(e, n - 1.0), scale(error, n - 1.0))
}

pub(crate) fn sinh(x: V) -> V {
    let a = magnitude(x);
    let (half, error) = half_exp(a);
    let large = half - (c(0.25) / half - error);
    let z = a * a;
    let small = a * z * poly(z, &SINH) + a;
    keep_nan(x, copysign(a.lt(1.0).select(small, large), x))
}

pub(crate) fn cosh(x: V) -> V {
    let (half, error) = half_exp(magnitude(x));
    keep_nan(x, half + (c(0.25) / half + error))
}

/// `E / (E + 2)` with `E = e^2|x| - 1`, the division corrected by its remainder.
pub(crate) fn tanh(x: V) -> V {
    let a = magnitude(x);
    let (n, r, rest) = reduced(a.gt(22.0).select(c(22.0), a) * 2.0);
    let power = power_of_two(n);
    let (e, e_low) = quick_two_sum(power - 1.0, power * (r + rest));
    let (d, d_low) = two_sum(e, c(2.0));
    let inverse = c(1.0) / d;
    let y = e * inverse;
    let rest = residual(y, d, e) + (e_low - y * (d_low + e_low));
    let y = rest * inverse + y;
    keep_nan(x, copysign(a.lt(1e-9).select(a, y), x))
}

/// `x ** y` as `2^(y log2 |x|)`, logarithm and product in twice the precision, with C99's special cases.
pub(crate) fn power(x: V, y: V) -> V {
    let a = magnitude(x);
    let (high, low) = super::log::log2_parts(a);
    let (product, error) = two_product(high, y);
    let error = error + low * y;
    // The exponent's whole part apart from what is left, in two parts.
    let bounded = clamp(product, -1100.0, 1100.0);
    let n = rint(bounded);
    let t = hold(bounded - n);
    let fine = product.gt(-1100.0).and(product.lt(1100.0));
    let error = fine.select(error, 0.0);
    let (r, r_low) = two_product(t, c(LN_2));
    let low = t * LN2_REST + (r_low + error * LN_2);
    // The error of a large product is not that small: it counts in proportion to what it is the exponent of.
    let e = (r + exp_rest(r, c(0.0))) + 1.0;
    let size = scale(e + e * low, n);

    let whole = y.floor().eq(y).or(magnitude(y).ge(9007199254740992.0));
    let half = y * 0.5;
    let odd = whole
        .and(magnitude(y).lt(9007199254740992.0))
        .and(half.floor().ne(half));
    let negative = is_negative(x);
    let infinity = c(f64::INFINITY);
    // Zeros and infinities raised, with the sign of odd powers.
    let up = y.gt(0.0);
    let of_zero = up.select(c(0.0), infinity);
    let of_infinity = up.select(infinity, c(0.0));
    let size = is_zero(x).select(of_zero, size);
    let size = is_inf(x).select(of_infinity, size);
    // An infinite exponent: by whether the base is larger than one.
    let grows = a.gt(1.0).xor(is_negative(y));
    let of_infinite = a.eq(1.0).select(c(1.0), grows.select(infinity, c(0.0)));
    let size = is_inf(y).select(of_infinite, size);
    let signed = negative.and(odd).select(negate(size), size);
    let outside = negative
        .and(is_zero(x).or(is_inf(x)).or(is_inf(y)).or(whole).not())
        .or(is_nan(x))
        .or(is_nan(y));
    let y_zero = is_zero(y).or(x.eq(1.0).and(is_nan(x).not()));
    y_zero.select(c(1.0), outside.select(c(f64::NAN), signed))
}
