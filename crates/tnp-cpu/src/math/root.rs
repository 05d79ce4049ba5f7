//! Cube root.

use super::{fma, poly, select};
use crate::simd::Isa;
use tnp_backend::coefficients::CBRT;

/// fdlibm's method: a third of the exponent and mantissa bits as a guess, a polynomial, and one Newton
/// step with a guess short enough that its square is exact.
#[inline(always)]
pub(super) fn cbrt<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let tiny = a < f64::MIN_POSITIVE;
    let a = select(tiny, a * 18014398509481984.0, a);
    // The upper word as a number, divided by three, and put back.
    const TWO_52: f64 = 4503599627370496.0;
    let word = f64::from_bits((a.to_bits() >> 32) | 0x4330_0000_0000_0000) - TWO_52;
    let third = word * (1.0 / 3.0) + 715094163.0 + TWO_52;
    let t = f64::from_bits(third.to_bits() << 32);
    let t = t * poly::<S, 5>((t * t) * (t / a), CBRT);
    let t = f64::from_bits(t.to_bits().wrapping_add(0x8000_0000) & 0xFFFF_FFFF_C000_0000);
    let r = a / (t * t);
    let r = (r - t) / (t + t + r);
    let y = fma::<S>(t, r, t);
    let y = select(tiny, y * 3.814697265625e-06, y);
    let special = a == 0.0 || !(a < f64::INFINITY);
    select(special, a, y).copysign(x)
}
