//! Logarithms and inverse hyperbolic functions.
//!
//! The scheme is fdlibm's: `log(1 + f)` by `s = f / (2 + f)`, a polynomial in `s²`, and the terms
//! added from the smallest up. The coefficients are our own minimax fit.

use super::{
    MAGIC, fma, poly, power_of_two, quick_two_sum, residual, select, select2, two_product, two_sum,
};
use crate::simd::Isa;
use tnp_backend::coefficients::{
    INV_LN2_HIGH, INV_LN2_LOW, INV_LN10_HIGH, INV_LN10_LOW, LN2_HIGH, LN2_LOW, LOG, LOG10_2_HIGH,
    LOG10_2_LOW,
};

/// `m` from √½ to √2 and `k` with `x = m 2^k`, for positive normal `x`.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    // Shifted so that the exponent field steps at √½; read through the mantissa of 2^52, because
    // vectors of 64-bit integers convert to floating point only in AVX-512.
    let shifted = x.to_bits().wrapping_sub(0x3FE6_A09E_667F_3BCD);
    let exponent = shifted.wrapping_add(1023 << 52) >> 52;
    let k = f64::from_bits(exponent | 0x4330_0000_0000_0000) - (4503599627370496.0 + 1023.0);
    let m = f64::from_bits(x.to_bits().wrapping_sub(shifted & 0xFFF0_0000_0000_0000));
    (m, k)
}

/// As [`split`], for any positive `x`.
#[inline(always)]
fn split_any(x: f64) -> (f64, f64) {
    let tiny = x < f64::MIN_POSITIVE;
    let (m, k) = split(select(tiny, x * 18014398509481984.0, x));
    (m, select(tiny, k - 54.0, k))
}

/// `f² / 2` and `s (f² / 2 + R)`: `log(1 + f)` is `f`, less the first, plus the second.
#[inline(always)]
fn log_terms<S: Isa>(f: f64) -> (f64, f64) {
    let s = f / (2.0 + f);
    let z = s * s;
    let half_square = 0.5 * f * f;
    (
        half_square,
        s * fma::<S>(z, poly::<S, 7>(z, LOG), half_square),
    )
}

/// `k ln 2 + log(1 + f) + low`.
#[inline(always)]
fn natural<S: Isa>(k: f64, f: f64, low: f64) -> f64 {
    let (half_square, series) = log_terms::<S>(f);
    let small = series + fma::<S>(k, LN2_LOW, low);
    k * LN2_HIGH - ((half_square - small) - f)
}

/// What a logarithm is outside the positive finite numbers.
#[inline(always)]
fn special(x: f64, y: f64) -> f64 {
    let y = select(x < f64::INFINITY, y, x);
    let y = select(x < 0.0, f64::NAN, y);
    select(x == 0.0, f64::NEG_INFINITY, y)
}

#[inline(always)]
pub(super) fn log<S: Isa>(x: f64) -> f64 {
    let (m, k) = split_any(x);
    special(x, natural::<S>(k, m - 1.0, 0.0))
}

/// `log(1 + f)` as a part of 21 bits and the rest.
#[inline(always)]
fn log_parts<S: Isa>(f: f64) -> (f64, f64) {
    let (half_square, series) = log_terms::<S>(f);
    let high = f64::from_bits((f - half_square).to_bits() & 0xFFFF_FFFF_0000_0000);
    (high, (f - high) - half_square + series)
}

#[inline(always)]
pub(super) fn log2<S: Isa>(x: f64) -> f64 {
    let (m, k) = split_any(x);
    let (high, low) = log_parts::<S>(m - 1.0);
    let (sum, error) = quick_two_sum(k, high * INV_LN2_HIGH);
    let rest = fma::<S>(low, INV_LN2_HIGH, (low + high) * INV_LN2_LOW);
    special(x, sum + (error + rest))
}

#[inline(always)]
pub(super) fn log10<S: Isa>(x: f64) -> f64 {
    let (m, k) = split_any(x);
    let (high, low) = log_parts::<S>(m - 1.0);
    let (sum, error) = quick_two_sum(k * LOG10_2_HIGH, high * INV_LN10_HIGH);
    let rest = fma::<S>(
        low,
        INV_LN10_HIGH,
        fma::<S>(low + high, INV_LN10_LOW, k * LOG10_2_LOW),
    );
    special(x, sum + (error + rest))
}

/// `log(1 + w + w_low) + more ln 2` for finite `w > -1`.
#[inline(always)]
fn log1p_sum<S: Isa>(w: f64, w_low: f64, more: f64) -> f64 {
    let (u, error) = two_sum(1.0, w);
    let (m, k) = split(u);
    // What the sum lost, on the scale of `m`; beyond 2^1000 it is nothing.
    let power = power_of_two(MAGIC - select(k < 1000.0, k, 1000.0));
    let lost = (error + w_low) * power;
    let (f, f_low) = quick_two_sum(m - 1.0, lost);
    natural::<S>(k + more, f, f_low / (1.0 + f))
}

#[inline(always)]
pub(super) fn log1p<S: Isa>(x: f64) -> f64 {
    let y = special(1.0 + x, log1p_sum::<S>(x, 0.0, 0.0));
    select(x.abs() < 1e-17, x, y)
}

/// Beyond this, `x² ± 1` is `x²`.
const LARGE: f64 = 268435456.0;

#[inline(always)]
pub(super) fn arcsinh<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let square = a * a;
    let (w, w_low) = quick_two_sum(a, square / (1.0 + (1.0 + square).sqrt()));
    let large = a > LARGE;
    let (w, w_low) = select2(large, two_sum(a, -1.0), (w, w_low));
    let more = select(large, 1.0, 0.0);
    let y = log1p_sum::<S>(w, w_low, more);
    let y = select(a < f64::INFINITY, y, a);
    select(a < 1e-10, a, y).copysign(x)
}

#[inline(always)]
pub(super) fn arccosh<S: Isa>(x: f64) -> f64 {
    let (square, square_low) = two_product::<S>(x, x);
    let (p, p_low) = quick_two_sum(square - 1.0, square_low);
    let root = p.sqrt();
    let root_low = (residual::<S>(root, root, p) + p_low) / (2.0 * root);
    let root_low = select(root > 0.0, root_low, 0.0);
    let (t, t_low) = two_sum(x, -1.0);
    let (w, w_low) = two_sum(root, t);
    let large = x > LARGE;
    let (w, w_low) = select2(large, (t, t_low), (w, w_low + (root_low + t_low)));
    let more = select(large, 1.0, 0.0);
    let y = log1p_sum::<S>(w, w_low, more);
    let y = select(x < f64::INFINITY, y, x);
    select(x < 1.0, f64::NAN, y)
}

#[inline(always)]
pub(super) fn arctanh<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let d = 1.0 - a;
    let d_low = (1.0 - d) - a;
    let q = 2.0 * a / d;
    let q_low = (residual::<S>(q, d, 2.0 * a) - q * d_low) / d;
    let y = 0.5 * log1p_sum::<S>(q, q_low, 0.0);
    let y = select(a == 1.0, f64::INFINITY, y);
    let y = select(a > 1.0, f64::NAN, y);
    select(a < 1e-10, a, y).copysign(x)
}
