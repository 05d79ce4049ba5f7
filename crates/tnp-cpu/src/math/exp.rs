//! Exponentials and hyperbolic functions.

use super::{
    MAGIC, fma, poly, power_of_two, quick_two_sum, residual, select, two_product, two_sum,
};
use crate::simd::Isa;
use std::f64::consts::{LN_2, LOG2_E};
use tnp_backend::coefficients::{EXP, LN2_HIGH, LN2_LOW, LN2_REST, SINH};

/// `e^(r + c) - 1 - r` for `|r| <= ln 2 / 2` and a tiny `c`.
#[inline(always)]
fn exp_rest<S: Isa>(r: f64, c: f64) -> f64 {
    fma::<S>(r * r, poly::<S, 11>(r, EXP), c)
}

/// `n`, `r = x - n ln 2` and `e^r - 1 - r`, for `|x|` below about 1000 (Cody and Waite's reduction).
#[inline(always)]
fn reduced<S: Isa>(x: f64) -> (f64, f64, f64) {
    let n = fma::<S>(x, LOG2_E, MAGIC) - MAGIC;
    let high = fma::<S>(-n, LN2_HIGH, x);
    let low = n * LN2_LOW;
    let r = high - low;
    (n, r, exp_rest::<S>(r, (high - r) - low))
}

/// `y * 2^n` for `|n|` up to 2000, rounding once.
#[inline(always)]
fn scale<S: Isa>(y: f64, n: f64) -> f64 {
    let half = fma::<S>(n, 0.5, MAGIC);
    let rest = n - (half - MAGIC) + MAGIC;
    y * power_of_two(half) * power_of_two(rest)
}

/// `x` between two bounds; NaN stays.
#[inline(always)]
fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = select(x < low, low, x);
    select(x > high, high, x)
}

#[inline(always)]
pub(super) fn exp<S: Isa>(x: f64) -> f64 {
    let (n, r, rest) = reduced::<S>(clamp(x, -750.0, 712.0));
    scale::<S>(1.0 + (r + rest), n)
}

#[inline(always)]
pub(super) fn exp2<S: Isa>(x: f64) -> f64 {
    let x = clamp(x, -1080.0, 1030.0);
    let n = (x + MAGIC) - MAGIC;
    let t = x - n;
    let (r, error) = two_product::<S>(t, LN_2);
    let rest = exp_rest::<S>(r, fma::<S>(t, LN2_REST, error));
    scale::<S>(1.0 + (r + rest), n)
}

#[inline(always)]
pub(super) fn expm1<S: Isa>(x: f64) -> f64 {
    let (n, r, rest) = reduced::<S>(clamp(x, -40.0, 712.0));
    // Half the result, so that the power of two does not overflow before the result does.
    let half = power_of_two(n - 1.0 + MAGIC);
    let (high, low) = quick_two_sum(half - 0.5, half * r);
    let y = 2.0 * (high + fma::<S>(half, rest, low));
    let y = select(x > 710.0, f64::INFINITY, y);
    select(x.abs() < 1e-17, x, y)
}

/// `e^a / 2` for `a >= 0`, and the rounding error of its significand.
#[inline(always)]
fn half_exp<S: Isa>(a: f64) -> (f64, f64) {
    let (n, r, rest) = reduced::<S>(clamp(a, 0.0, 712.0));
    let (e, error) = quick_two_sum(1.0, r + rest);
    (scale::<S>(e, n - 1.0), scale::<S>(error, n - 1.0))
}

#[inline(always)]
pub(super) fn sinh<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let (half, error) = half_exp::<S>(a);
    let large = half - (0.25 / half - error);
    let z = a * a;
    let small = fma::<S>(a * z, poly::<S, 8>(z, SINH), a);
    select(a < 1.0, small, large).copysign(x)
}

#[inline(always)]
pub(super) fn cosh<S: Isa>(x: f64) -> f64 {
    let (half, error) = half_exp::<S>(x.abs());
    half + (0.25 / half + error)
}

/// `E / (E + 2)` with `E = e^2|x| - 1`, the division corrected by its remainder.
#[inline(always)]
pub(super) fn tanh<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let (n, r, rest) = reduced::<S>(2.0 * select(a > 22.0, 22.0, a));
    let power = power_of_two(n + MAGIC);
    let (e, e_low) = quick_two_sum(power - 1.0, power * (r + rest));
    let (d, d_low) = two_sum(e, 2.0);
    let inverse = 1.0 / d;
    let y = e * inverse;
    let rest = residual::<S>(y, d, e) + (e_low - y * (d_low + e_low));
    let y = fma::<S>(rest, inverse, y);
    select(a < 1e-9, a, y).copysign(x)
}
