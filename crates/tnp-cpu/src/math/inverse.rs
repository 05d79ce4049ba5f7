//! Arc sine, arc cosine and arc tangent.

use super::{fma, poly, quick_two_sum, residual, select, select2};
use crate::simd::Isa;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use tnp_backend::coefficients::{ASIN, ATAN, PIO2};

/// The two halves of an arc sine: for `|x| <= ½` its argument and what to add to it; above, where
/// `asin x = π/2 - 2 asin √((1 - x) / 2)`, the same of that root.
#[inline(always)]
fn asin_parts<S: Isa>(a: f64) -> (bool, f64, f64) {
    let large = a > 0.5;
    let z = select(large, 0.5 * (1.0 - a), a * a);
    let root = z.sqrt();
    let root_low = residual::<S>(root, root, z) / (2.0 * root);
    let root_low = select(root == 0.0, 0.0, root_low);
    let (y, y_low) = select2(large, (root, root_low), (a, 0.0));
    (large, y, fma::<S>(y * z, poly::<S, 13>(z, ASIN), y_low))
}

#[inline(always)]
pub(super) fn arcsin<S: Isa>(x: f64) -> f64 {
    let (large, y, rest) = asin_parts::<S>(x.abs());
    let (high, low) = quick_two_sum(FRAC_PI_2, -2.0 * y);
    let above = high + (low - (2.0 * rest - PIO2[1]));
    select(large, above, y + rest).copysign(x)
}

#[inline(always)]
pub(super) fn arccos<S: Isa>(x: f64) -> f64 {
    let (large, y, rest) = asin_parts::<S>(x.abs());
    // acos x = c - d with c and d of: x > ½: 0, -2 y; x < -½: π, 2 y; else π/2, x.
    let twice = select(large, 2.0, 1.0);
    let negate = large != (x < 0.0);
    let (y, rest) = (twice * y, twice * rest);
    let sign = select(negate, -1.0, 1.0);
    let (y, rest) = (sign * y, sign * rest);
    let end = select2(x < 0.0, (PI, 2.0 * PIO2[1]), (0.0, 0.0));
    let (c, c_low) = select2(large, end, (FRAC_PI_2, PIO2[1]));
    let (high, low) = quick_two_sum(c, -y);
    high + (low - (rest - c_low))
}

#[inline(always)]
pub(super) fn arctan<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    // atan a = offset + atan t, with t = a, (a - 1) / (a + 1) or -1 / a.
    let middle = a > 0.41421356237309503;
    let large = a > 2.414213562373095;
    let (top, top_low) = quick_two_sum(-1.0, a);
    let (top, top_low) = select2(a > 1.0, (a - 1.0, 0.0), (top, top_low));
    let bottom = a + 1.0;
    let bottom_low = select(a > 1.0, 1.0 - (bottom - a), a - (bottom - 1.0));
    let top = select(middle, top, a);
    let top = select(large, -1.0, top);
    let bottom = select(middle, bottom, 1.0);
    let bottom = select(large, a, bottom);
    let exact = large || !middle;
    let inverse = 1.0 / bottom;
    let t = top * inverse;
    let lost = select(exact, 0.0, top_low - t * bottom_low);
    let t_low = (residual::<S>(t, bottom, top) + lost) * inverse;
    // Not worth having, nor computed safely, where `t` is next to nothing.
    let t_low = select(a < 1e18, t_low, 0.0);
    let (offset, offset_low) = select2(middle, (FRAC_PI_4, 0.5 * PIO2[1]), (0.0, 0.0));
    let (offset, offset_low) = select2(large, (FRAC_PI_2, PIO2[1]), (offset, offset_low));
    let z = t * t;
    let rest = fma::<S>(t * z, poly::<S, 11>(z, ATAN), t_low);
    let (high, low) = quick_two_sum(offset, t);
    let y = high + (low + (rest + offset_low));
    select(a < 1e-9, a, y).copysign(x)
}
