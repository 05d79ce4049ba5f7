//! The error function.

use super::exp::exp;
use super::{fma, poly, select};
use crate::simd::Isa;
use tnp_backend::coefficients::{ERF, ERFC};

/// Beyond 6 it is 1. The exponential is a small part of the result wherever it is used: plain arithmetic will do.
#[inline(always)]
pub(super) fn erf<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let near = fma::<S>(x, poly::<S, 12>(x * x, ERF), x);
    let b = select(a > 6.0, 6.0, a);
    let t = 1.0 / fma::<S>(b, 0.5, 1.0);
    let far = 1.0 - exp::<S>(-(b * b)) * poly::<S, 13>(t, ERFC);
    select(a < 1.0, near, far.copysign(x))
}
