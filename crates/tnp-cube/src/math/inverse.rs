//! Arc sine, arc cosine, arc tangent, the error function and the cube root.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
use tnp_backend::coefficients::{ASIN, ATAN, CBRT, ERF, ERFC, PIO2};

use super::{bits, c, exp, poly, quick_two_sum, residual, select2};
use crate::code::{F64, V, hold};
use crate::types::{copysign, is_inf, is_nan, is_negative, is_zero, magnitude};

/// Whether `|x|` is above ½, then the argument of the polynomial's half and what to add to it.
fn asin_parts(a: V) -> (V, V, V) {
    let large = a.gt(0.5);
    let z = large.select((c(1.0) - a) * 0.5, a * a);
    let root = z.sqrt();
    let root_low = residual(root, root, z) / (root * 2.0);
    let root_low = root.eq(0.0).select(c(0.0), root_low);
    let (y, y_low) = select2(large, (root, root_low), (a, c(0.0)));
    (large, y, y * z * poly(z, &ASIN) + y_low)
}

fn domain(x: V, y: V) -> V {
    let outside = magnitude(x).gt(1.0).or(is_nan(x));
    outside.select(c(f64::NAN), y)
}

pub(crate) fn arcsin(x: V) -> V {
    let (large, y, rest) = asin_parts(magnitude(x));
    let (high, low) = quick_two_sum(c(FRAC_PI_2), y * -2.0);
    let above = high + (low - (rest * 2.0 - PIO2[1]));
    domain(x, copysign(large.select(above, y + rest), x))
}

pub(crate) fn arccos(x: V) -> V {
    let (large, y, rest) = asin_parts(magnitude(x));
    // acos x = c - d with c and d of: x > ½: 0, -2 y; x < -½: π, 2 y; else π/2, x.
    let twice = large.select(c(2.0), 1.0);
    let below = x.lt(0.0);
    let sign = large.xor(below).select(c(-1.0), 1.0) * twice;
    let (y, rest) = (sign * y, sign * rest);
    let end = select2(below, (c(PI), c(2.0 * PIO2[1])), (c(0.0), c(0.0)));
    let (first, first_low) = select2(large, end, (c(FRAC_PI_2), c(PIO2[1])));
    let (high, low) = quick_two_sum(first, -y);
    domain(x, high + (low - (rest - first_low)))
}

pub(crate) fn arctan(x: V) -> V {
    let a = magnitude(x);
    // atan a = offset + atan t, with t = a, (a - 1) / (a + 1) or -1 / a.
    let middle = a.gt(0.41421356237309503);
    let large = a.gt(2.414213562373095);
    let beyond_one = a.gt(1.0);
    let (top, top_low) = quick_two_sum(c(-1.0), a);
    let (top, top_low) = select2(beyond_one, (a - 1.0, c(0.0)), (top, top_low));
    let bottom = hold(a + 1.0);
    let bottom_low = beyond_one.select(c(1.0) - hold(bottom - a), a - hold(bottom - 1.0));
    let top = large.select(c(-1.0), middle.select(top, a));
    let bottom = large.select(a, middle.select(bottom, 1.0));
    let exact = large.or(middle.not());
    let inverse = c(1.0) / bottom;
    let t = hold(top * inverse);
    let lost = exact.select(c(0.0), top_low - t * bottom_low);
    let t_low = (residual(t, bottom, top) + lost) * inverse;
    // Not worth having, nor computed safely, where `t` is next to nothing.
    let t_low = a.lt(1e18).select(t_low, 0.0);
    let (offset, offset_low) = select2(middle, (c(FRAC_PI_4), c(0.5 * PIO2[1])), (c(0.0), c(0.0)));
    let (offset, offset_low) = select2(large, (c(FRAC_PI_2), c(PIO2[1])), (offset, offset_low));
    let z = t * t;
    let rest = t * z * poly(z, &ATAN) + t_low;
    let (high, low) = quick_two_sum(offset, t);
    let y = high + (low + (rest + offset_low));
    let y = is_nan(x).select(x, y);
    copysign(a.lt(1e-9).select(a, y), x)
}

/// The angle of the point `(x, y)`.
pub(crate) fn arctan2(y: V, x: V) -> V {
    let (a, b) = (magnitude(y), magnitude(x));
    // Of two infinite numbers the ratio is one.
    let both = is_inf(a).and(is_inf(b));
    let (a, b) = (both.select(c(1.0), a), both.select(c(1.0), b));
    // Scaled, so that neither the larger overflows on the way nor the quotient of tiny ones loses bits.
    let steep = a.gt(b);
    let (small, large) = (steep.select(b, a), steep.select(a, b));
    let none = is_zero(large);
    let q = none.select(c(0.0), small / none.select(c(1.0), large));
    let angle = arctan(q);
    let (high, low) = quick_two_sum(c(FRAC_PI_2), -angle);
    let angle = steep.select(high + (low + PIO2[1]), angle);
    let left = is_negative(x);
    let (high, low) = quick_two_sum(c(PI), -angle);
    let angle = left.select(high + (low + 2.0 * PIO2[1]), angle);
    let nan = is_nan(x).or(is_nan(y));
    nan.select(c(f64::NAN), copysign(angle, y))
}

/// Beyond 6 it is 1. The exponential is a small part of the result wherever it is used: plain arithmetic will do.
pub(crate) fn erf(x: V) -> V {
    let a = magnitude(x);
    let near = x * poly(x * x, &ERF) + x;
    let b = a.gt(6.0).select(c(6.0), a);
    let t = c(1.0) / (b * 0.5 + 1.0);
    let far = c(1.0) - exp(-(b * b)) * poly(t, &ERFC);
    let y = a.lt(1.0).select(near, copysign(far, x));
    is_nan(x).select(x, y)
}

/// fdlibm's method: a third of the exponent and mantissa bits as a guess, a polynomial, and one Newton step with a guess
/// short enough that its square is exact.
pub(crate) fn cbrt(x: V) -> V {
    let a = magnitude(x);
    let tiny = a.lt(f64::MIN_POSITIVE);
    let scaled = tiny.select(a * 18014398509481984.0, a);
    let word = bits(scaled).shr(32);
    let third = (word / 3) + 715094163;
    let t = third.shl(32).bits(F64);
    let t = t * poly((t * t) * (t / scaled), &CBRT);
    let t = (bits(t) + 0x8000_0000i128)
        .and(0xFFFF_FFFF_C000_0000i128)
        .bits(F64);
    let r = scaled / (t * t);
    let r = (r - t) / (t + t + r);
    let y = t * r + t;
    let y = tiny.select(y * 3.814697265625e-06, y);
    let special = is_zero(a).or(is_inf(a)).or(is_nan(a));
    copysign(special.select(a, y), x)
}
