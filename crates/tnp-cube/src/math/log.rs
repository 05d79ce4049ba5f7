//! Logarithms and inverse hyperbolic functions, by fdlibm's scheme: `log(1 + f)` by `s = f / (2 + f)` and a polynomial in `s²`.

use super::{bits, c, poly, power_of_two, quick_two_sum, residual, select2, two_product, two_sum};
use crate::code::{F64, I64, V, hold};
use crate::types::{copysign, is_nan, magnitude};
use tnp_backend::coefficients::{
    INV_LN2_HIGH, INV_LN2_LOW, INV_LN10_HIGH, INV_LN10_LOW, LN2_HIGH, LN2_LOW, LOG, LOG10_2_HIGH,
    LOG10_2_LOW,
};

/// `m` from √½ to √2 and `k` with `x = m 2^k`, for positive normal `x`.
fn split(x: V) -> (V, V) {
    // Shifted so that the exponent field steps at √½.
    let shifted = bits(x) - 0x3FE6_A09E_667F_3BCDi128;
    let k = shifted.bits(I64).shr(52).cast(F64);
    let exponent = shifted.and(0xFFF0_0000_0000_0000i128);
    ((bits(x) - exponent).bits(F64), k)
}

/// As [`split`], for any positive `x`.
fn split_any(x: V) -> (V, V) {
    let tiny = x.lt(f64::MIN_POSITIVE);
    let (m, k) = split(tiny.select(x * 18014398509481984.0, x));
    (m, tiny.select(k - 54.0, k))
}

/// `f² / 2` and `s (f² / 2 + R)`: `log(1 + f)` is `f`, less the first, plus the second.
fn log_terms(f: V) -> (V, V) {
    let s = f / (f + 2.0);
    let z = s * s;
    let half_square = hold(f * 0.5 * f);
    (half_square, s * (z * poly(z, &LOG) + half_square))
}

/// `k ln 2 + log(1 + f) + low`.
fn natural(k: V, f: V, low: V) -> V {
    let (half_square, series) = log_terms(f);
    let small = hold(series + (k * LN2_LOW + low));
    k * LN2_HIGH - (hold(half_square - small) - f)
}

/// What a logarithm is outside the positive finite numbers.
fn special(x: V, y: V) -> V {
    let y = x.lt(f64::INFINITY).select(y, x);
    let y = x.lt(0.0).select(c(f64::NAN), y);
    x.eq(0.0).select(c(f64::NEG_INFINITY), y)
}

pub(crate) fn log(x: V) -> V {
    let (m, k) = split_any(x);
    special(x, natural(k, m - 1.0, c(0.0)))
}

/// `log(1 + f)` as a part of 21 bits and the rest.
fn log_parts(f: V) -> (V, V) {
    let (half_square, series) = log_terms(f);
    let high = bits(f - half_square)
        .and(0xFFFF_FFFF_0000_0000i128)
        .bits(F64);
    (high, hold(hold(f - high) - half_square) + series)
}

pub(crate) fn log2(x: V) -> V {
    let (m, k) = split_any(x);
    let (high, low) = log_parts(m - 1.0);
    let (sum, error) = quick_two_sum(k, high * INV_LN2_HIGH);
    let rest = low * INV_LN2_HIGH + (low + high) * INV_LN2_LOW;
    special(x, sum + (error + rest))
}

pub(crate) fn log10(x: V) -> V {
    let (m, k) = split_any(x);
    let (high, low) = log_parts(m - 1.0);
    let (sum, error) = quick_two_sum(k * LOG10_2_HIGH, high * INV_LN10_HIGH);
    let rest = low * INV_LN10_HIGH + ((low + high) * INV_LN10_LOW + k * LOG10_2_LOW);
    special(x, sum + (error + rest))
}

/// `log(1 + w + w_low) + more ln 2` for finite `w > -1`.
fn log1p_sum(w: V, w_low: V, more: V) -> V {
    let (u, error) = two_sum(c(1.0), w);
    let (m, k) = split(u);
    // What the sum lost, on the scale of `m`; beyond 2^1000 it is nothing.
    let power = power_of_two(-k.lt(1000.0).select(k, 1000.0));
    let lost = (error + w_low) * power;
    let (f, f_low) = quick_two_sum(m - 1.0, lost);
    natural(k + more, f, f_low / (f + 1.0))
}

pub(crate) fn log1p(x: V) -> V {
    let y = special(x + 1.0, log1p_sum(x, c(0.0), c(0.0)));
    magnitude(x).lt(1e-17).select(x, y)
}

/// Beyond this, `x² ± 1` is `x²`.
const LARGE: f64 = 268435456.0;

pub(crate) fn arcsinh(x: V) -> V {
    let a = magnitude(x);
    let square = a * a;
    let (w, w_low) = quick_two_sum(a, square / ((square + 1.0).sqrt() + 1.0));
    let large = a.gt(LARGE);
    let (w, w_low) = select2(large, two_sum(a, c(-1.0)), (w, w_low));
    let y = log1p_sum(w, w_low, large.select(c(1.0), 0.0));
    let y = a.lt(f64::INFINITY).select(y, a);
    copysign(a.lt(1e-10).select(a, y), x)
}

pub(crate) fn arccosh(x: V) -> V {
    let (square, square_low) = two_product(x, x);
    let (p, p_low) = quick_two_sum(hold(square - 1.0), square_low);
    let root = p.sqrt();
    let root_low = (residual(root, root, p) + p_low) / (root * 2.0);
    let root_low = root.gt(0.0).select(root_low, 0.0);
    let (t, t_low) = two_sum(x, c(-1.0));
    let (w, w_low) = two_sum(root, t);
    let large = x.gt(LARGE);
    let (w, w_low) = select2(large, (t, t_low), (w, w_low + (root_low + t_low)));
    let y = log1p_sum(w, w_low, large.select(c(1.0), 0.0));
    let y = x.lt(f64::INFINITY).select(y, x);
    let y = is_nan(x).select(x, y);
    x.lt(1.0).select(c(f64::NAN), y)
}

pub(crate) fn arctanh(x: V) -> V {
    let a = magnitude(x);
    let d = hold(c(1.0) - a);
    let d_low = hold(c(1.0) - d) - a;
    let twice = a * 2.0;
    let q = twice / d;
    let q_low = (residual(q, d, twice) - q * d_low) / d;
    let y = log1p_sum(q, q_low, c(0.0)) * 0.5;
    let y = a.eq(1.0).select(c(f64::INFINITY), y);
    let y = a.gt(1.0).select(c(f64::NAN), y);
    let y = is_nan(x).select(x, y);
    copysign(a.lt(1e-10).select(a, y), x)
}

/// `log2 x` of a positive finite number as two doubles, to about 2^-68: for powers.
///
/// `log m = 2 atanh s` with `s = (m - 1) / (m + 1)` in two parts; the cubic term too, the rest in one.
pub(super) fn log2_parts(x: V) -> (V, V) {
    let (m, k) = split_any(x);
    let top = m - 1.0;
    let bottom = hold(m + 1.0);
    let bottom_low = m - hold(bottom - 1.0);
    let s = hold(top / bottom);
    let s_low = (residual(s, bottom, top) - s * bottom_low) / bottom;
    let (z, z_low) = two_product(s, s);
    let z_low = z_low + s * s_low * 2.0;
    // (log m - 2 s) / s³ begins with 2/3; the series in z, by Horner, the first term in two parts.
    const REST: [f64; 12] = [
        0.4,
        0.2857142857142857,
        0.2222222222222222,
        0.18181818181818182,
        0.15384615384615385,
        0.13333333333333333,
        0.11764705882352941,
        0.10526315789473684,
        0.09523809523809523,
        0.08695652173913043,
        0.08,
        0.07407407407407407,
    ];
    const TWO_THIRDS: [f64; 2] = [0.6666666666666666, 3.700743415417188e-17];
    let rest = z * poly(z, &REST);
    let (head, head_low) = quick_two_sum(c(TWO_THIRDS[0]), rest);
    let head_low = head_low + TWO_THIRDS[1];
    let (cube, cube_low) = two_product(s, z);
    let cube_low = cube_low + s * z_low + s_low * z;
    let (term, term_low) = two_product(cube, head);
    let term_low = term_low + cube * head_low + cube_low * head;
    let (sum, sum_low) = quick_two_sum(s * 2.0, term);
    let (high, low) = quick_two_sum(sum, sum_low + (s_low * 2.0 + term_low));
    // Times 1 / ln 2 in two parts.
    const INV: [f64; 2] = [std::f64::consts::LOG2_E, 2.0355273740931033e-17];
    let (product, error) = two_product(high, c(INV[0]));
    let error = error + (high * INV[1] + low * INV[0]);
    let (sum, lost) = two_sum(k, product);
    quick_two_sum(sum, lost + error)
}
