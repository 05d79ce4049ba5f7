//! Exponential, logarithmic, trigonometric and hyperbolic functions of complex numbers, and the root.
//!
//! Special values are those of C99, Annex G. Evaluated in `f64` for both complex types.

use super::{two_product, two_sum};
use crate::simd::Baseline;
use num_complex::Complex;
use std::f64::consts::{LN_2, LOG2_E, LOG10_E};

type C = Complex<f64>;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

/// `√(x² + y²)` without undue overflow or underflow, and without branches.
#[inline(always)]
pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs(), y.abs());
    let large = if x > y { x } else { y };
    let (down, up) = if large > 1e150 {
        (2f64.powi(-600), 2f64.powi(600))
    } else if large < 1e-140 {
        (2f64.powi(600), 2f64.powi(-600))
    } else {
        (1.0, 1.0)
    };
    let (a, b) = (x * down, y * down);
    let h = (a * a + b * b).sqrt() * up;
    if x == INFINITY || y == INFINITY {
        INFINITY
    } else {
        h
    }
}

/// `e^x cos y`, `e^x sin y` for finite arguments, right where `e^x` alone overflows or underflows.
fn exp_polar(x: f64, y: f64) -> C {
    let (sin, cos) = y.sin_cos();
    if x.abs() < 700.0 {
        let e = x.exp();
        return C::new(e * cos, e * sin);
    }
    // Three factors, so that one as large as e^1400 times a tiny sine stays exact enough.
    let e = (x * 0.5).exp();
    C::new(e * cos * e, e * sin * e)
}

pub(super) fn exp(z: C) -> C {
    let C { re: x, im: y } = z;
    if y == 0.0 {
        return C::new(x.exp(), y);
    }
    if !y.is_finite() {
        return match x {
            INFINITY => C::new(INFINITY, NAN),
            f64::NEG_INFINITY => C::new(0.0, 0.0_f64.copysign(y)),
            _ => C::new(NAN, NAN),
        };
    }
    if x.is_infinite() {
        let (sin, cos) = y.sin_cos();
        let size = if x > 0.0 { INFINITY } else { 0.0 };
        return C::new(size * cos, size * sin);
    }
    exp_polar(x, y)
}

pub(super) fn exp2(z: C) -> C {
    exp(C::new(z.re * LN_2, z.im * LN_2))
}

pub(super) fn expm1(z: C) -> C {
    let a = (z.im * 0.5).sin();
    let (sin, cos) = z.im.sin_cos();
    C::new(z.re.exp_m1() * cos - 2.0 * a * a, z.re.exp() * sin)
}

/// `log |z|`.
fn log_abs(z: C) -> f64 {
    let (x, y) = (z.re.abs(), z.im.abs());
    let (large, small) = if x > y { (x, y) } else { (y, x) };
    if x.is_infinite() || y.is_infinite() {
        return INFINITY;
    }
    if large > 1e307 {
        return (large * 0.5).hypot(small * 0.5).ln() + LN_2;
    }
    if large < 1e-290 {
        let up = 2f64.powi(600);
        return (large * up).hypot(small * up).ln() - 600.0 * LN_2;
    }
    if large > 0.5 && large < 1.5 && small < 1.5 {
        // |z|² - 1 in twice the precision: near the unit circle it cancels.
        let (a, a_low) = two_product::<Baseline>(large, large);
        let (b, b_low) = two_product::<Baseline>(small, small);
        let (one_off, off_low) = two_sum(a, -1.0);
        let (sum, sum_low) = two_sum(one_off, b);
        return 0.5 * (sum + (sum_low + off_low + a_low + b_low)).ln_1p();
    }
    large.hypot(small).ln()
}

pub(super) fn log(z: C) -> C {
    C::new(log_abs(z), z.im.atan2(z.re))
}

pub(super) fn log2(z: C) -> C {
    let l = log(z);
    C::new(l.re * LOG2_E, l.im * LOG2_E)
}

pub(super) fn log10(z: C) -> C {
    let l = log(z);
    C::new(l.re * LOG10_E, l.im * LOG10_E)
}

pub(super) fn log1p(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let re = if x.abs() < 0.5 && y.abs() < 0.5 {
        // |1 + z|² - 1 = x (2 + x) + y², in twice the precision where it cancels.
        let (a, a_low) = two_product::<Baseline>(x, x);
        let (b, b_low) = two_product::<Baseline>(y, y);
        let (s, s_low) = two_sum(2.0 * x, a);
        let (t, t_low) = two_sum(s, b);
        0.5 * (t + (s_low + t_low + a_low + b_low)).ln_1p()
    } else {
        log_abs(C::new(1.0 + x, y))
    };
    C::new(re, y.atan2(1.0 + x))
}

pub(super) fn sqrt(z: C) -> C {
    let C { re: x, im: y } = z;
    if x == 0.0 && y == 0.0 {
        return C::new(0.0, y);
    }
    if y.is_infinite() {
        return C::new(INFINITY, y);
    }
    if x.is_nan() {
        return C::new(NAN, NAN);
    }
    if x.is_infinite() {
        // Zero with the sign of `y`, or NaN.
        let zero = y - y;
        return match x > 0.0 {
            true => C::new(x, zero.copysign(y)),
            false => C::new(zero.abs(), INFINITY.copysign(y)),
        };
    }
    let large = x.abs().max(y.abs());
    let (x, y, back) = if large > 1e307 {
        (x * 0.25, y * 0.25, 2.0)
    } else if large < 1e-290 {
        let up = 2f64.powi(108);
        (x * up, y * up, 2f64.powi(-54))
    } else {
        (x, y, 1.0)
    };
    let t = ((x.abs() + x.hypot(y)) * 0.5).sqrt();
    let other = y.abs() / (2.0 * t);
    match x >= 0.0 {
        true => C::new(t * back, (other * back).copysign(y)),
        false => C::new(other * back, (t * back).copysign(y)),
    }
}

pub(super) fn sinh(z: C) -> C {
    let C { re: x, im: y } = z;
    if y == 0.0 {
        return C::new(x.sinh(), y);
    }
    if !y.is_finite() {
        return match x {
            _ if x == 0.0 => C::new(x, NAN),
            // The sign is free; this is glibc's.
            _ if x.is_infinite() => C::new(INFINITY, NAN),
            _ => C::new(NAN, NAN),
        };
    }
    let (sin, cos) = y.sin_cos();
    if x.is_infinite() {
        return C::new(x * cos, INFINITY * sin);
    }
    if x.abs() < 22.0 || x.is_nan() {
        return C::new(x.sinh() * cos, x.cosh() * sin);
    }
    let e = (x.abs() * 0.5).exp();
    C::new((0.5 * e * cos * e) * 1f64.copysign(x), 0.5 * e * sin * e)
}

pub(super) fn cosh(z: C) -> C {
    let C { re: x, im: y } = z;
    if y == 0.0 {
        let zero = if x.is_nan() {
            y
        } else {
            0f64.copysign(x) * 1f64.copysign(y)
        };
        return C::new(x.cosh(), zero);
    }
    if !y.is_finite() {
        return match x {
            _ if x == 0.0 => C::new(NAN, 0.0),
            _ if x.is_infinite() => C::new(INFINITY, NAN),
            _ => C::new(NAN, NAN),
        };
    }
    let (sin, cos) = y.sin_cos();
    if x.is_infinite() {
        return C::new(INFINITY * cos, x * sin);
    }
    if x.abs() < 22.0 || x.is_nan() {
        return C::new(x.cosh() * cos, x.sinh() * sin);
    }
    let e = (x.abs() * 0.5).exp();
    C::new(0.5 * e * cos * e, (0.5 * e * sin * e) * 1f64.copysign(x))
}

/// Kahan's algorithm ("Branch cuts for complex elementary functions", 1987).
pub(super) fn tanh(z: C) -> C {
    let C { re: x, im: y } = z;
    if x.is_nan() {
        return C::new(x, if y == 0.0 { y } else { NAN });
    }
    if x.is_infinite() {
        let sign = if y.is_finite() { y.sin() * y.cos() } else { y };
        return C::new(1f64.copysign(x), 0f64.copysign(sign));
    }
    if !y.is_finite() {
        return C::new(if x == 0.0 { x } else { NAN }, NAN);
    }
    if x.abs() >= 22.0 {
        let e = (-x.abs()).exp();
        return C::new(1f64.copysign(x), 4.0 * y.sin() * y.cos() * e * e);
    }
    let t = y.tan();
    let beta = 1.0 + t * t;
    let s = x.sinh();
    let rho = (1.0 + s * s).sqrt();
    let d = 1.0 + beta * s * s;
    C::new(beta * rho * s / d, t / d)
}

pub(super) fn sin(z: C) -> C {
    let w = sinh(C::new(z.im, z.re));
    C::new(w.im, w.re)
}

pub(super) fn cos(z: C) -> C {
    cosh(C::new(-z.im, z.re))
}

pub(super) fn tan(z: C) -> C {
    let w = tanh(C::new(z.im, z.re));
    C::new(w.im, w.re)
}
