//! Functions of complex numbers, in double precision. Those with branch cuts follow Kahan, "Branch cuts for complex elementary functions" (1987).

use tnp_backend::prim::{Binary, Unary};
use tnp_dtype::c128;

use crate::real;

/// A function of one number; `None` where there is none.
pub(crate) fn unary(op: Unary, z: c128) -> Option<c128> {
    let (x, y) = (z.re, z.im);
    let log = |z: c128| c128::new(z.re.hypot(z.im).ln(), z.im.atan2(z.re));
    Some(match op {
        Unary::Negative => -z,
        Unary::Abs => c128::new(x.hypot(y), 0.0),
        Unary::Sign => sign(z),
        Unary::Reciprocal => quotient(c128::new(1.0, 0.0), z),
        Unary::Sqrt => sqrt(z),
        Unary::Exp => exp(z),
        Unary::Exp2 => exp(z * std::f64::consts::LN_2),
        Unary::Expm1 => {
            let half = (y * 0.5).sin();
            c128::new(x.exp_m1() * y.cos() - 2.0 * half * half, x.exp() * y.sin())
        }
        Unary::Log => log(z),
        Unary::Log2 => log(z) * std::f64::consts::LOG2_E,
        Unary::Log10 => log(z) * std::f64::consts::LOG10_E,
        Unary::Log1p => log1p(z),
        Unary::Sinh => sinh(z),
        Unary::Cosh => cosh(z),
        Unary::Tanh => tanh(z),
        Unary::Sin => turned(sinh, z),
        Unary::Cos => cosh(c128::new(-y, x)),
        Unary::Tan => turned(tanh, z),
        Unary::Arcsinh => turned(arcsin, z),
        Unary::Arccosh => arccosh(z),
        Unary::Arctanh => arctanh(z),
        Unary::Arcsin => arcsin(z),
        Unary::Arccos => arccos(z),
        Unary::Arctan => turned(arctanh, z),
        Unary::Rint => c128::new(x.round_ties_even(), y.round_ties_even()),
        Unary::Conjugate => z.conj(),
        _ => return None,
    })
}

/// A function of two numbers; `None` where there is none.
pub(crate) fn binary(op: Binary, x: c128, y: c128) -> Option<c128> {
    let nan = |z: c128| z.re.is_nan() || z.im.is_nan();
    Some(match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => quotient(x, y),
        Binary::Power => power(x, y),
        Binary::Maximum if nan(x) || (!nan(y) && !less(x, y)) => x,
        Binary::Maximum => y,
        Binary::Minimum if nan(x) || (!nan(y) && !less(y, x)) => x,
        Binary::Minimum => y,
        _ => return None,
    })
}

/// By real parts, then by imaginary parts.
pub(crate) fn less(x: c128, y: c128) -> bool {
    (x.re < y.re && !x.im.is_nan() && !y.im.is_nan()) || (x.re == y.re && x.im < y.im)
}

/// A function of the number turned by a right angle: `-i f(iz)`, with the parts exchanged so that no sign of zero is lost.
fn turned(f: fn(c128) -> c128, z: c128) -> c128 {
    let w = f(c128::new(z.im, z.re));
    c128::new(w.im, w.re)
}

/// The direction of a number; where one part is infinite the other does not count.
fn sign(z: c128) -> c128 {
    let size = z.re.hypot(z.im);
    match (z.re.is_infinite(), z.im.is_infinite()) {
        (false, false) if size == 0.0 => c128::new(0.0, 0.0),
        (true, false) => c128::new(1f64.copysign(z.re), 0.0),
        (false, true) => c128::new(0.0, 1f64.copysign(z.im)),
        _ => c128::new(z.re / size, z.im / size),
    }
}

/// Smith's algorithm (1962); a zero divisor gives infinities or NaN, part by part.
fn quotient(x: c128, y: c128) -> c128 {
    if y.re == 0.0 && y.im == 0.0 {
        return c128::new(x.re / y.re.abs(), x.im / y.re.abs());
    }
    if y.re.abs() >= y.im.abs() {
        let ratio = y.im / y.re;
        let scale = 1.0 / (y.re + y.im * ratio);
        return c128::new((x.re + x.im * ratio) * scale, (x.im - x.re * ratio) * scale);
    }
    let ratio = y.re / y.im;
    let scale = 1.0 / (y.im + y.re * ratio);
    c128::new((x.re * ratio + x.im) * scale, (x.im * ratio - x.re) * scale)
}

/// NumPy's cases: exponent zero, base zero, small whole exponents by squaring, and the logarithm for the rest.
fn power(x: c128, y: c128) -> c128 {
    let one = c128::new(1.0, 0.0);
    if y.re == 0.0 && y.im == 0.0 {
        return one;
    }
    if x.re == 0.0 && x.im == 0.0 {
        let nothing = if y.re > 0.0 { 0.0 } else { f64::NAN };
        return c128::new(nothing, nothing);
    }
    if y.im == 0.0 && y.re.abs() < 100.0 && y.re.trunc() == y.re {
        let mut left = y.re.abs() as u32;
        let (mut result, mut square) = (one, x);
        while left > 0 {
            if left & 1 == 1 {
                result *= square;
            }
            square = square * square;
            left >>= 1;
        }
        return match y.re < 0.0 {
            true => quotient(one, result),
            false => result,
        };
    }
    let (radius, angle) = (x.re.hypot(x.im).ln(), x.im.atan2(x.re));
    exp(c128::new(
        y.re * radius - y.im * angle,
        y.im * radius + y.re * angle,
    ))
}

/// `e^x` times a sine or cosine, also where `e^x` alone overflows.
fn scaled(x: f64, by: f64) -> f64 {
    match by {
        0.0 => by,
        _ => (x * 0.5).exp() * by * (x * 0.5).exp(),
    }
}

/// With the special values of C99, Annex G.
fn exp(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    match (x, y) {
        (_, 0.0) => c128::new(x.exp(), y),
        (f64::INFINITY, _) if !y.is_finite() => c128::new(x, f64::NAN),
        (f64::NEG_INFINITY, _) if !y.is_finite() => c128::new(0.0, 0f64.copysign(y)),
        (f64::NEG_INFINITY, _) => c128::new(0f64.copysign(y.cos()), 0f64.copysign(y.sin())),
        _ if x.abs() < 700.0 => c128::new(x.exp() * y.cos(), x.exp() * y.sin()),
        _ => c128::new(scaled(x, y.cos()), scaled(x, y.sin())),
    }
}

/// `|1 + z|² - 1 = x (2 + x) + y²` keeps what is small.
fn log1p(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    let size = match x.abs() < 0.5 && y.abs() < 0.5 {
        true => 0.5 * (x * (2.0 + x) + y * y).ln_1p(),
        false => (1.0 + x).hypot(y).ln(),
    };
    c128::new(size, y.atan2(1.0 + x))
}

/// With the special values of C99, Annex G.
fn sqrt(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    if x == 0.0 && y == 0.0 {
        return c128::new(0.0, y);
    }
    if y.is_infinite() {
        return c128::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        let zero = y - y;
        return match x > 0.0 {
            true => c128::new(x, zero.copysign(y)),
            false => c128::new(zero.abs(), f64::INFINITY.copysign(y)),
        };
    }
    // Scaled by a power of four, so that nothing overflows or underflows on the way.
    let large = x.abs().max(y.abs());
    let (scale, back) = match large {
        _ if large > 1e307 => (0.25, 2.0),
        _ if large < 1e-290 => (2f64.powi(108), 2f64.powi(-54)),
        _ => (1.0, 1.0),
    };
    let (x, y) = (x * scale, y * scale);
    let root = ((x.abs() + x.hypot(y)) * 0.5).sqrt();
    let other = y.abs() / (2.0 * root);
    match x >= 0.0 {
        true => c128::new(root * back, (other * back).copysign(y)),
        false => c128::new(other * back, (root * back).copysign(y)),
    }
}

fn sinh(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return c128::new(x.sinh(), y);
    }
    if x.abs() < 22.0 {
        return c128::new(x.sinh() * y.cos(), x.cosh() * y.sin());
    }
    let (re, im) = (scaled(x.abs(), y.cos()), scaled(x.abs(), y.sin()));
    c128::new(0.5 * re * 1f64.copysign(x), 0.5 * im)
}

fn cosh(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return c128::new(x.cosh(), 0f64.copysign(x) * 1f64.copysign(y));
    }
    if x.abs() < 22.0 {
        return c128::new(x.cosh() * y.cos(), x.sinh() * y.sin());
    }
    let (re, im) = (scaled(x.abs(), y.cos()), scaled(x.abs(), y.sin()));
    c128::new(0.5 * re, 0.5 * im * 1f64.copysign(x))
}

fn tanh(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    if x.abs() >= 22.0 {
        let small = 4.0 * y.sin() * y.cos() * (-2.0 * x.abs()).exp();
        return c128::new(1f64.copysign(x), small);
    }
    let (t, s) = (y.tan(), x.sinh());
    let beta = 1.0 + t * t;
    let down = 1.0 + beta * s * s;
    c128::new(beta * (1.0 + s * s).sqrt() * s / down, t / down)
}

fn arcsinh_of(x: f64) -> f64 {
    real::unary(Unary::Arcsinh, x).unwrap_or(f64::NAN)
}

fn arcsin(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    let (below, above) = (sqrt(c128::new(1.0 - x, -y)), sqrt(c128::new(1.0 + x, y)));
    c128::new(
        x.atan2((below * above).re),
        arcsinh_of((below.conj() * above).im),
    )
}

fn arccos(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    let (below, above) = (sqrt(c128::new(1.0 - x, -y)), sqrt(c128::new(1.0 + x, y)));
    c128::new(
        2.0 * below.re.atan2(above.re),
        arcsinh_of((above.conj() * below).im),
    )
}

fn arccosh(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    let (below, above) = (sqrt(c128::new(x - 1.0, y)), sqrt(c128::new(x + 1.0, y)));
    c128::new(
        arcsinh_of((below.conj() * above).re),
        2.0 * below.im.atan2(above.re),
    )
}

fn arctanh(z: c128) -> c128 {
    let (x, y) = (z.re, z.im);
    let (a, b) = (x.abs(), y.abs());
    if y == 0.0 && a <= 1.0 {
        return c128::new(x.atanh(), y);
    }
    let away = (1.0 - a) * (1.0 - a) + b * b;
    let re = (4.0 * a / away).ln_1p() * 0.25;
    let im = 0.5 * (2.0 * b).atan2((1.0 - a) * (1.0 + a) - b * b);
    c128::new(re.copysign(x), im.copysign(y))
}
