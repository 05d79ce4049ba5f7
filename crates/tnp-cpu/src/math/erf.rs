//! The error function.

use super::exp::exp;
use super::{fma, poly, select};
use crate::simd::Isa;

/// Minimax polynomial (Remez) of `erf x / x - 1` in `x²`, on `|x| <= 1`.
const NEAR: [f64; 12] = [
    0.12837916709551256,
    -0.3761263890318352,
    0.11283791670944185,
    -0.026866170643111482,
    0.005223977606118614,
    -0.000854832592932217,
    0.00012055293577152762,
    -1.4924712307185837e-05,
    1.6447131638251597e-06,
    -1.6206314289113782e-07,
    1.3710982748678367e-08,
    -7.779472948426816e-10,
];

/// Minimax polynomial (Remez) of `e^x² erfc x` in `1 / (1 + x/2)`, on `1 <= x <= 6`; the error is least for `erf x`, so it grows with `e^x²`.
const FAR: [f64; 13] = [
    -3.0780339789738586e-06,
    0.2821875126793177,
    0.28082867895551317,
    0.2572343100819001,
    0.11891916771566612,
    0.3080184488586406,
    -0.6403415953081342,
    1.2561960052216232,
    -1.9914936094750624,
    1.9397359043119426,
    -1.124232745087716,
    0.3646504492421537,
    -0.051700042127337115,
];

/// Beyond 6 it is 1. The exponential is a small part of the result wherever it is used: plain arithmetic will do.
#[inline(always)]
pub(super) fn erf<S: Isa>(x: f64) -> f64 {
    let a = x.abs();
    let near = fma::<S>(x, poly::<S, 12>(x * x, NEAR), x);
    let b = select(a > 6.0, 6.0, a);
    let t = 1.0 / fma::<S>(b, 0.5, 1.0);
    let far = 1.0 - exp::<S>(-(b * b)) * poly::<S, 13>(t, FAR);
    select(a < 1.0, near, far.copysign(x))
}
