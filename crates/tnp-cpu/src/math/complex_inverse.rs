//! Inverse trigonometric and hyperbolic functions of complex numbers.
//!
//! After Hull, Fairgrieve and Tang, "Implementing the complex arcsine and arccosine functions using
//! exception handling" (ACM TOMS 23, 1997), with the special values of C99, Annex G.

use super::complex::log;
use num_complex::Complex;
use std::f64::consts::{FRAC_PI_2, LN_2};
use tnp_backend::coefficients::PIO2;

type C = Complex<f64>;

const NAN: f64 = f64::NAN;
const EPSILON: f64 = f64::EPSILON;
/// Beyond this `1 + z²` is `z²`.
const LARGE: f64 = 1.0 / EPSILON;
/// Below this the functions are their first terms.
const SMALL: f64 = 9e-9;

/// `(√(a² + b²) - b) / 2` without cancellation, given the root.
fn half_excess(a: f64, b: f64, root: f64) -> f64 {
    if b < 0.0 {
        (root - b) * 0.5
    } else if b == 0.0 {
        a * 0.5
    } else {
        a * a / (root + b) * 0.5
    }
}

/// For `x, y >= 0`: the real part of `arcsinh(x + iy)`, and two numbers proportional to the sine and
/// cosine of its imaginary part (the second `None` where the first alone is accurate).
fn hull(x: f64, y: f64) -> (f64, f64, Option<f64>) {
    let r = x.hypot(y + 1.0);
    let s = x.hypot(y - 1.0);
    let a = (0.5 * (r + s)).max(1.0);
    let real = if a >= 10.0 {
        (a + (a * a - 1.0).sqrt()).ln()
    } else if y == 1.0 && x < EPSILON * EPSILON / 128.0 {
        x.sqrt()
    } else if x >= EPSILON * (y - 1.0).abs() {
        let above = half_excess(x, 1.0 + y, r) + half_excess(x, 1.0 - y, s);
        (above + (above * (a + 1.0)).sqrt()).ln_1p()
    } else if y < 1.0 {
        x / ((1.0 - y) * (1.0 + y)).sqrt()
    } else {
        ((y - 1.0) + ((y - 1.0) * (y + 1.0)).sqrt()).ln_1p()
    };
    if y < 1e-150 {
        // Scaled, so that a quotient of such numbers does not underflow on the way.
        return (real, y * (2.0 / EPSILON), Some(a * (2.0 / EPSILON)));
    }
    let b = y / a;
    if b <= 0.6417 {
        return (real, b, None);
    }
    if y == 1.0 && x < EPSILON / 128.0 {
        return (real, y, Some(x.sqrt() * ((a + y) * 0.5).sqrt()));
    }
    if x >= EPSILON * (y - 1.0).abs() {
        let above = half_excess(x, y + 1.0, r) + half_excess(x, y - 1.0, s);
        return (real, y, Some((above * (a + y)).sqrt()));
    }
    if y > 1.0 {
        let up = 4.0 / EPSILON / EPSILON;
        return (
            real,
            y * up,
            Some(x * up * y / ((y + 1.0) * (y - 1.0)).sqrt()),
        );
    }
    (real, y, Some(((1.0 - y) * (1.0 + y)).sqrt()))
}

pub(super) fn arcsinh(z: C) -> C {
    let C { re: x, im: y } = z;
    if x.is_nan() || y.is_nan() {
        return if x.is_infinite() {
            C::new(x, NAN)
        } else if y.is_infinite() {
            C::new(f64::INFINITY, NAN)
        } else if y == 0.0 {
            C::new(NAN, y)
        } else {
            C::new(NAN, NAN)
        };
    }
    let (a, b) = (x.abs(), y.abs());
    if a > LARGE || b > LARGE {
        let w = log(C::new(a, b));
        return C::new((w.re + LN_2).copysign(x), w.im.copysign(y));
    }
    if a < SMALL && b < SMALL {
        return z;
    }
    let (real, sine, cosine) = hull(a, b);
    let imaginary = match cosine {
        None => sine.asin(),
        Some(cosine) => sine.atan2(cosine),
    };
    C::new(real.copysign(x), imaginary.copysign(y))
}

pub(super) fn arcsin(z: C) -> C {
    let w = arcsinh(C::new(z.im, z.re));
    C::new(w.im, w.re)
}

pub(super) fn arccos(z: C) -> C {
    let C { re: x, im: y } = z;
    if x.is_nan() || y.is_nan() {
        return if x.is_infinite() {
            C::new(NAN, f64::NEG_INFINITY)
        } else if y.is_infinite() {
            C::new(NAN, -y)
        } else if x == 0.0 {
            C::new(FRAC_PI_2, NAN)
        } else {
            C::new(NAN, NAN)
        };
    }
    let (a, b) = (x.abs(), y.abs());
    if a > LARGE || b > LARGE {
        let w = log(z);
        return C::new(w.im.abs(), (w.re + LN_2).copysign(-y));
    }
    if x == 1.0 && y == 0.0 {
        return C::new(0.0, -y);
    }
    if a < SMALL && b < SMALL {
        return C::new(FRAC_PI_2 - (x - PIO2[1]), -y);
    }
    let (size, cosine, sine) = hull(b, a);
    let cosine = cosine.copysign(x);
    let real = match sine {
        None => cosine.acos(),
        Some(sine) => sine.atan2(cosine),
    };
    C::new(real, size.copysign(-y))
}

pub(super) fn arccosh(z: C) -> C {
    let w = arccos(z);
    match (w.re.is_nan(), w.im.is_nan()) {
        (true, true) => C::new(NAN, NAN),
        (true, false) => C::new(w.im.abs(), NAN),
        (false, true) => C::new(NAN, if z.re == 0.0 { w.re } else { NAN }),
        (false, false) => C::new(w.im.abs(), w.re.copysign(z.im)),
    }
}

/// `x / (x² + y²)` for numbers of which one is large.
fn reciprocal_part(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return 0f64.copysign(x);
    }
    let down = if x.abs().max(y.abs()) > 1e150 {
        2f64.powi(-600)
    } else {
        1.0
    };
    let (a, b) = (x * down, y * down);
    a / (a * a + b * b) * down
}

pub(super) fn arctanh(z: C) -> C {
    let C { re: x, im: y } = z;
    let (a, b) = (x.abs(), y.abs());
    if y == 0.0 && a <= 1.0 {
        return C::new(x.atanh(), y);
    }
    if x == 0.0 {
        return C::new(x, y.atan());
    }
    if x.is_nan() || y.is_nan() {
        return if x.is_infinite() {
            C::new(0f64.copysign(x), NAN)
        } else if y.is_infinite() {
            C::new(0f64.copysign(x), FRAC_PI_2.copysign(y))
        } else {
            C::new(NAN, NAN)
        };
    }
    if a > LARGE || b > LARGE {
        return C::new(reciprocal_part(x, y), FRAC_PI_2.copysign(y));
    }
    if a < SMALL && b < SMALL {
        return z;
    }
    let real = if a == 1.0 && b < EPSILON {
        (LN_2 - b.ln()) * 0.5
    } else {
        let off = a - 1.0;
        (4.0 * a / (off * off + b * b)).ln_1p() * 0.25
    };
    let imaginary = if a == 1.0 {
        2f64.atan2(-b)
    } else {
        (2.0 * b).atan2((1.0 - a) * (1.0 + a) - b * b)
    };
    C::new(real.copysign(x), (imaginary * 0.5).copysign(y))
}

pub(super) fn arctan(z: C) -> C {
    let w = arctanh(C::new(z.im, z.re));
    C::new(w.im, w.re)
}
