//! Complex quotients, powers and pairs.

use tnp_dtype::{Complex, c64, c128};

use super::{BinaryOp, ops};

/// Two reals to one complex number.
pub(super) struct Pair;

macro_rules! complex_ops {
    ($t:ident, $quotient:ident, $power:ident, $general:expr) => {
        impl BinaryOp<$t> for Pair {
            type Out = Complex<$t>;
            #[inline(always)]
            fn apply(re: $t, im: $t) -> Complex<$t> {
                Complex::new(re, im)
            }
        }

        // Smith's algorithm (1962), both cases computed and one selected, so that it vectorises.
        #[inline(always)]
        fn $quotient(a: Complex<$t>, b: Complex<$t>) -> Complex<$t> {
            let real_leads = b.re.abs() >= b.im.abs();
            let (lead, other) = if real_leads {
                (b.re, b.im)
            } else {
                (b.im, b.re)
            };
            let ratio = other / lead;
            let scale = 1.0 / (lead + other * ratio);
            let (p, q) = if real_leads {
                (a.re, a.im)
            } else {
                (a.im, a.re)
            };
            let re = (p + q * ratio) * scale;
            let im = if real_leads {
                q - p * ratio
            } else {
                p * ratio - q
            } * scale;
            // A zero divisor gives a complex infinity or NaN, part by part.
            let zero = real_leads & (lead == 0.0);
            let by = lead.abs();
            Complex::new(
                if zero { a.re / by } else { re },
                if zero { a.im / by } else { im },
            )
        }

        /// NumPy's cases: zero exponent, zero base, small integer exponents by squaring, and the logarithm for the rest.
        fn $power(a: Complex<$t>, b: Complex<$t>) -> Complex<$t> {
            let one = Complex::new(1.0, 0.0);
            if b.re == 0.0 && b.im == 0.0 {
                return one;
            }
            if a.re == 0.0 && a.im == 0.0 {
                return if b.re > 0.0 {
                    Complex::new(0.0, 0.0)
                } else {
                    Complex::new(<$t>::NAN, <$t>::NAN)
                };
            }
            if b.im == 0.0 && b.re > -100.0 && b.re < 100.0 && b.re.trunc() == b.re {
                match b.re as i32 {
                    1 => return a,
                    2 => return a * a,
                    3 => return a * (a * a),
                    n => {
                        let mut left = n.unsigned_abs();
                        let (mut result, mut square) = (one, a);
                        loop {
                            if left & 1 == 1 {
                                result *= square;
                            }
                            left >>= 1;
                            if left == 0 {
                                break;
                            }
                            square = square * square;
                        }
                        return if n < 0 {
                            $quotient(one, result)
                        } else {
                            result
                        };
                    }
                }
            }
            $general(a, b)
        }
    };
}

complex_ops!(f32, quotient_f32, power_f32, |a: c64, b: c64| {
    let wide = |z: c64| c128::new(f64::from(z.re), f64::from(z.im));
    let z = exp_of_log(wide(a), wide(b));
    c64::new(z.re as f32, z.im as f32)
});
complex_ops!(f64, quotient_f64, power_f64, exp_of_log);

/// `e^(b log a)`.
fn exp_of_log(a: c128, b: c128) -> c128 {
    let log_radius = a.re.hypot(a.im).ln();
    let angle = a.im.atan2(a.re);
    let radius = (b.re * log_radius - b.im * angle).exp();
    let turn = b.im * log_radius + b.re * angle;
    // As in C's `cexp`: nothing, whichever way it points.
    if radius == 0.0 && !turn.is_finite() {
        return c128::new(0.0, 0.0);
    }
    // An infinite radius times the zero sine of a real result would be NaN.
    if turn == 0.0 {
        return c128::new(radius, turn);
    }
    let (sin, cos) = turn.sin_cos();
    c128::new(radius * cos, radius * sin)
}

ops! {
    /// `a / b`.
    Divide {
        [c64] |a, b| quotient_f32(a, b);
        [c128] |a, b| quotient_f64(a, b);
    }
    /// `a ** b`.
    Power {
        [c64] |a, b| power_f32(a, b);
        [c128] |a, b| power_f64(a, b);
    }
}
