//! The hottest functions evaluated in `f32`, where that is accurate: twice the lanes of `f64`.
//!
//! They lean on the fused multiply-add; without one the `f64` versions run instead.

use super::{exp, log, select, trig};
use crate::simd::Isa;
use std::f32::consts::{FRAC_2_PI, LOG2_E};

/// Adding this rounds to an integer, which then fills the low bits.
const MAGIC: f32 = 12582912.0;

/// Minimax polynomial of `(e^r - 1 - r) / r²` on `|r| <= ln 2 / 2`.
const EXP: [f32; 5] = [
    5.000000000e-01,
    1.666651815e-01,
    4.166620225e-02,
    8.369028568e-03,
    1.395076048e-03,
];

/// Minimax polynomial of `(log(1 + f) - f + f²/2) / f³` for `1 + f` from √½ to √2.
const LOG: [f32; 9] = [
    3.333331048e-01,
    -2.499998659e-01,
    2.000216097e-01,
    -1.666923761e-01,
    1.421969980e-01,
    -1.238498166e-01,
    1.186716035e-01,
    -1.178509593e-01,
    6.921525300e-02,
];

/// Minimax polynomials of `(sin r - r) / r³` and `(cos r - 1 + r²/2) / r⁴` in `r²`, on `|r| <= π/4`.
const SIN: [f32; 3] = [-1.666665524e-01, 8.332171477e-03, -1.951629820e-04];
const COS: [f32; 3] = [4.166664556e-02, -1.388736535e-03, 2.443803896e-05];

/// Minimax polynomial of `(tanh x - x) / x³` in `x²`, on `|x| <= 0.625`.
const TANH: [f32; 6] = [
    -3.333333135e-01,
    1.333321035e-01,
    -5.394722149e-02,
    2.170280367e-02,
    -8.181771263e-03,
    2.146345796e-03,
];

/// π/2 in three floats.
const PIO2: [f32; 3] = [1.570_796_4, -4.371_139e-8, -1.715_124_5e-15];
/// ln 2 in two floats, the first short enough that its products with exponents are exact.
const LN2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];

/// The largest angle for which the reduction below is accurate.
pub(super) const LIMIT: f32 = 30000.0;

#[inline(always)]
fn poly<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum.mul_add(x, c[i]);
    }
    sum
}

/// `2^n` for an integer `n` from -126 to 127, given as `n + MAGIC`.
#[inline(always)]
fn power_of_two(shifted: f32) -> f32 {
    f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// `n + MAGIC` and `e^(x - n ln 2) - 1`.
#[inline(always)]
fn reduced(x: f32) -> (f32, f32) {
    let shifted = x.mul_add(LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-LN2[0], x);
    let r = n.mul_add(-LN2[1], r);
    (shifted, (r * r).mul_add(poly(r, EXP), r))
}

#[inline(always)]
pub(super) fn exp<S: Isa>(x: f32) -> f32 {
    if !S::FMA {
        return exp::exp::<S>(f64::from(x)) as f32;
    }
    let x = select(x < -105.0, -105.0, x);
    let x = select(x > 89.0, 89.0, x);
    let (shifted, q) = reduced(x);
    let n = shifted - MAGIC;
    let half = n.mul_add(0.5, MAGIC);
    let rest = n - (half - MAGIC) + MAGIC;
    (1.0 + q) * power_of_two(half) * power_of_two(rest)
}

#[inline(always)]
pub(super) fn log<S: Isa>(x: f32) -> f32 {
    if !S::FMA {
        return log::log::<S>(f64::from(x)) as f32;
    }
    let tiny = x < f32::MIN_POSITIVE;
    let bits = select(tiny, x * 8388608.0, x).to_bits();
    let exponent = (bits.wrapping_sub(0x3F35_04F3) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23));
    let k = exponent.wrapping_sub(select(tiny, 23, 0)) as f32;
    let f = m - 1.0;
    let z = f * f;
    let y = (f * z).mul_add(poly(f, LOG), k * LN2[1]);
    let y = z.mul_add(-0.5, y);
    let y = k.mul_add(LN2[0], f + y);
    let y = select(x < f32::INFINITY, y, x);
    let y = select(x < 0.0, f32::NAN, y);
    select(x == 0.0, f32::NEG_INFINITY, y)
}

/// The sine of `x`, `turn` quarter turns on.
#[inline(always)]
fn sine(x: f32, turn: u32) -> f32 {
    let shifted = x.mul_add(FRAC_2_PI, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(-PIO2[0], x);
    let r = n.mul_add(-PIO2[1], r);
    let r = n.mul_add(-PIO2[2], r);
    let quadrant = shifted.to_bits().wrapping_add(turn);
    let z = r * r;
    let sin = (z * r).mul_add(poly(z, SIN), r);
    let cos = (z * z).mul_add(poly(z, COS), z.mul_add(-0.5, 1.0));
    let y = select(quadrant & 1 == 0, sin, cos);
    f32::from_bits(y.to_bits() ^ ((quadrant & 2) << 30))
}

#[inline(always)]
pub(super) fn sin<S: Isa>(x: f32) -> f32 {
    if !S::FMA {
        return trig::sin::<S>(f64::from(x)) as f32;
    }
    let y = sine(x, 0);
    select(x.abs() < 1e-4, x, y)
}

#[inline(always)]
pub(super) fn cos<S: Isa>(x: f32) -> f32 {
    if !S::FMA {
        return trig::cos::<S>(f64::from(x)) as f32;
    }
    sine(x, 1)
}

#[inline(always)]
pub(super) fn tanh<S: Isa>(x: f32) -> f32 {
    if !S::FMA {
        return exp::tanh::<S>(f64::from(x)) as f32;
    }
    let a = x.abs();
    let (shifted, q) = reduced(2.0 * select(a > 10.0, 10.0, a));
    let power = power_of_two(shifted);
    let large = 1.0 - 2.0 / power.mul_add(q, power + 1.0);
    let z = a * a;
    let small = (a * z).mul_add(poly(z, TANH), a);
    select(a < 0.625, small, large).copysign(x)
}
