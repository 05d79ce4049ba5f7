//! Exponential, logarithmic, trigonometric and hyperbolic functions of complex numbers, the root and the power, in float64.
//!
//! Special values are those of C99, Annex G. Where the CPU backend branches, both sides are computed and one is chosen.

use std::f64::consts::{FRAC_PI_2, LN_2, LOG2_E, LOG10_E};
use tnp_backend::coefficients::PIO2;

use tnp_backend::prim::Unary;

use super::{product, quotient, sin_cos};
use crate::binary::hypot;
use crate::code::{F64, I32, U32, V, cell, float, hold, when, while_};
use crate::math::{c, two_product, two_sum};
use crate::types::{copysign, is_finite, is_inf, is_nan, is_negative, is_zero, magnitude, negate};
use crate::unary::{ARCCOS, ARCSIN, ARCTAN, ARCTANH, COSH, EXP, EXPM1, LOG, LOG1P, SINH, TAN};

type C = (V, V);

const EPSILON: f64 = f64::EPSILON;
/// Beyond this `1 + z²` is `z²`.
const LARGE: f64 = 1.0 / EPSILON;
/// Below this the inverse functions are their first terms.
const SMALL: f64 = 9e-9;

fn nan() -> V {
    c(f64::NAN)
}

fn infinity() -> V {
    c(f64::INFINITY)
}

fn pick(condition: V, yes: C, no: C) -> C {
    (condition.select(yes.0, no.0), condition.select(yes.1, no.1))
}

fn exp1(x: V) -> V {
    EXP.at(x)
}

fn ln(x: V) -> V {
    LOG.at(x)
}

fn ln_1p(x: V) -> V {
    LOG1P.at(x)
}

fn unit(x: V) -> V {
    copysign(c(1.0), x)
}

/// A function of a complex number.
pub(super) fn function(op: Unary, z: C) -> C {
    match op {
        Unary::Sqrt => sqrt(z),
        Unary::Exp => exp(z),
        Unary::Exp2 => exp((z.0 * LN_2, z.1 * LN_2)),
        Unary::Expm1 => expm1(z),
        Unary::Log => log(z),
        Unary::Log2 => times(log(z), LOG2_E),
        Unary::Log10 => times(log(z), LOG10_E),
        Unary::Log1p => log1p(z),
        Unary::Sin => turned(z, sinh),
        Unary::Cos => cosh((negate(z.1), z.0)),
        Unary::Tan => turned(z, tanh),
        Unary::Sinh => sinh(z),
        Unary::Cosh => cosh(z),
        Unary::Tanh => tanh(z),
        Unary::Arcsin => turned(z, arcsinh),
        Unary::Arccos => arccos(z),
        Unary::Arctan => turned(z, arctanh),
        Unary::Arcsinh => arcsinh(z),
        Unary::Arccosh => arccosh(z),
        Unary::Arctanh => arctanh(z),
        _ => z,
    }
}

fn times(z: C, by: f64) -> C {
    (z.0 * by, z.1 * by)
}

/// `f` with the parts exchanged before and after: sine from hyperbolic sine, and so on.
fn turned((x, y): C, f: impl Fn(C) -> C) -> C {
    let (u, v) = f((y, x));
    (v, u)
}

fn exp((x, y): C) -> C {
    let (sin, cos) = sin_cos(y);
    // Three factors, so that one as large as e^1400 times a tiny sine stays exact enough.
    let near = magnitude(x).lt(700.0);
    let e = exp1(near.select(x, x * 0.5));
    let again = near.select(c(1.0), e);
    let polar = (e * cos * again, e * sin * again);
    let size = is_negative(x).select(c(0.0), infinity());
    let of_infinite = (size * cos, size * sin);
    let w = pick(is_inf(x), of_infinite, polar);
    let lost = pick(
        is_inf(x),
        pick(
            is_negative(x),
            (c(0.0), copysign(c(0.0), y)),
            (infinity(), nan()),
        ),
        (nan(), nan()),
    );
    let w = pick(is_finite(y), w, lost);
    pick(is_zero(y), (exp1(x), y), w)
}

fn expm1((x, y): C) -> C {
    let half = sin_cos(y * 0.5).0;
    let (sin, cos) = sin_cos(y);
    (EXPM1.at(x) * cos - half * half * 2.0, exp1(x) * sin)
}

/// `log |z|`.
fn log_abs((x, y): C) -> V {
    let (x, y) = (magnitude(x), magnitude(y));
    let wide = x.gt(y);
    let (large, small) = (wide.select(x, y), wide.select(y, x));
    let (top, bottom) = (large.gt(1e307), large.lt(1e-290));
    let scale = top.select(c(0.5), bottom.select(c(2f64.powi(600)), c(1.0)));
    let back = top.select(c(LN_2), bottom.select(c(-600.0 * LN_2), c(0.0)));
    let plain = ln(hypot(large * scale, small * scale)) + back;
    // |z|² - 1 in twice the precision: near the unit circle it cancels.
    let near = large.gt(0.5).and(large.lt(1.5)).and(small.lt(1.5));
    let (p, q) = (near.select(large, 1.0), near.select(small, 1.0));
    let (a, a_low) = two_product(p, p);
    let (b, b_low) = two_product(q, q);
    let (off, off_low) = two_sum(a, c(-1.0));
    let (sum, sum_low) = two_sum(off, b);
    let around_one = ln_1p(sum + (sum_low + off_low + a_low + b_low)) * 0.5;
    let y = near.select(around_one, plain);
    is_inf(x)
        .or(is_inf(small))
        .or(is_inf(large))
        .select(infinity(), y)
}

fn atan2(y: V, x: V) -> V {
    crate::math::arctan2(y, x)
}

fn log(z: C) -> C {
    (log_abs(z), atan2(z.1, z.0))
}

fn log1p((x, y): C) -> C {
    // |1 + z|² - 1 = x (2 + x) + y², in twice the precision where it cancels.
    let near = magnitude(x).lt(0.5).and(magnitude(y).lt(0.5));
    let (p, q) = (near.select(x, 0.0), near.select(y, 0.0));
    let (a, a_low) = two_product(p, p);
    let (b, b_low) = two_product(q, q);
    let (s, s_low) = two_sum(p * 2.0, a);
    let (t, t_low) = two_sum(s, b);
    let small = ln_1p(t + (s_low + t_low + a_low + b_low)) * 0.5;
    let one = x + 1.0;
    (near.select(small, log_abs((one, y))), atan2(y, one))
}

fn sqrt((x, y): C) -> C {
    let (a, b) = (magnitude(x), magnitude(y));
    let large = a.gt(b).select(a, b);
    let (top, bottom) = (large.gt(1e307), large.lt(1e-290));
    let scale = top.select(c(0.25), bottom.select(c(2f64.powi(108)), c(1.0)));
    let back = top.select(c(2.0), bottom.select(c(2f64.powi(-54)), c(1.0)));
    let (p, q) = (x * scale, y * scale);
    let t = ((magnitude(p) + hypot(p, q)) * 0.5).sqrt();
    let other = magnitude(q) / (t * 2.0);
    let (t, other) = (t * back, other * back);
    let w = pick(x.ge(0.0), (t, copysign(other, y)), (other, copysign(t, y)));
    // Of infinite real parts: zero with the sign of `y`, or NaN.
    let zero = is_nan(y).select(nan(), c(0.0));
    let of_infinite = pick(
        is_negative(x),
        (zero, copysign(infinity(), y)),
        (x, copysign(zero, y)),
    );
    let w = pick(is_inf(x), of_infinite, w);
    let w = pick(is_nan(x), (nan(), nan()), w);
    let w = pick(is_inf(y), (infinity(), y), w);
    pick(is_zero(x).and(is_zero(y)), (c(0.0), y), w)
}

/// `sinh x cos y` and `cosh x sin y`, or the other way round, with large `x` in three factors.
fn hyperbolic(x: V, cos: V, sin: V, swapped: bool) -> C {
    let (sinh, cosh) = (SINH.at(x), COSH.at(x));
    let near = magnitude(x).lt(22.0).or(is_nan(x));
    let e = exp1(magnitude(x) * 0.5);
    let (real, imaginary) = (e * 0.5 * cos * e, e * 0.5 * sin * e);
    match swapped {
        false => pick(near, (sinh * cos, cosh * sin), (real * unit(x), imaginary)),
        true => pick(near, (cosh * cos, sinh * sin), (real, imaginary * unit(x))),
    }
}

fn sinh((x, y): C) -> C {
    let (sin, cos) = sin_cos(y);
    let w = hyperbolic(x, cos, sin, false);
    let w = pick(is_inf(x), (x * cos, infinity() * sin), w);
    let lost = pick(
        is_zero(x),
        (x, nan()),
        pick(is_inf(x), (infinity(), nan()), (nan(), nan())),
    );
    let w = pick(is_finite(y), w, lost);
    pick(is_zero(y), (SINH.at(x), y), w)
}

fn cosh((x, y): C) -> C {
    let (sin, cos) = sin_cos(y);
    let w = hyperbolic(x, cos, sin, true);
    let w = pick(is_inf(x), (infinity() * cos, x * sin), w);
    let lost = pick(
        is_zero(x),
        (nan(), c(0.0)),
        pick(is_inf(x), (infinity(), nan()), (nan(), nan())),
    );
    let w = pick(is_finite(y), w, lost);
    let zero = copysign(copysign(c(0.0), x) * unit(y), unit(x) * unit(y));
    let zero = is_nan(x).select(y, zero);
    pick(is_zero(y), (COSH.at(x), zero), w)
}

/// Kahan's algorithm ("Branch cuts for complex elementary functions", 1987).
fn tanh((x, y): C) -> C {
    let (sin, cos) = sin_cos(y);
    let t = TAN.at(y);
    let beta = t * t + 1.0;
    let bounded = magnitude(x).lt(22.0).select(x, 0.0);
    let s = SINH.at(bounded);
    let rho = (s * s + 1.0).sqrt();
    let d = beta * s * s + 1.0;
    let w = (beta * rho * s / d, t / d);
    let e = exp1(-magnitude(x));
    let w = pick(magnitude(x).ge(22.0), (unit(x), sin * cos * 4.0 * e * e), w);
    let w = pick(is_finite(y), w, (is_zero(x).select(x, nan()), nan()));
    let sign = is_finite(y).select(sin * cos, y);
    let w = pick(is_inf(x), (unit(x), copysign(c(0.0), sign)), w);
    pick(is_nan(x), (x, is_zero(y).select(y, nan())), w)
}

/// `(√(a² + b²) - b) / 2` without cancellation, given the root.
fn half_excess(a: V, b: V, root: V) -> V {
    let positive = a * a / (root + b) * 0.5;
    let y = is_zero(b).select(a * 0.5, positive);
    b.lt(0.0).select((root - b) * 0.5, y)
}

/// After Hull, Fairgrieve and Tang (ACM TOMS 23, 1997), for `x, y >= 0`: the real part of `arcsinh(x + iy)`, and two numbers
/// proportional to the sine and cosine of its imaginary part; true where the first alone is accurate.
fn hull(x: V, y: V) -> (V, V, V, V) {
    let r = hypot(x, y + 1.0);
    let s = hypot(x, y - 1.0);
    let mean = (r + s) * 0.5;
    let a = mean.gt(1.0).select(mean, 1.0);
    let off_one = x.ge(magnitude(y - 1.0) * EPSILON);
    let above = half_excess(x, y + 1.0, r) + half_excess(x, c(1.0) - y, s);
    let crossing = ln_1p(above + (above * (a + 1.0)).sqrt());
    let inside = x / ((c(1.0) - y) * (y + 1.0)).sqrt();
    let outside = ln_1p((y - 1.0) + ((y - 1.0) * (y + 1.0)).sqrt());
    let real = off_one.select(crossing, y.lt(1.0).select(inside, outside));
    let real = y
        .eq(1.0)
        .and(x.lt(EPSILON * EPSILON / 128.0))
        .select(x.sqrt(), real);
    let real = a.ge(10.0).select(ln(a + (a * a - 1.0).sqrt()), real);
    let tiny = y.lt(1e-150);
    let b = y / a;
    let alone = b.le(0.6417).and(tiny.not());
    let above = half_excess(x, y + 1.0, r) + half_excess(x, y - 1.0, s);
    let cosine = (above * (a + y)).sqrt();
    let beyond = y.gt(1.0);
    let up = 4.0 / EPSILON / EPSILON;
    let far = x * up * y / ((y + 1.0) * (y - 1.0)).sqrt();
    let within = ((c(1.0) - y) * (y + 1.0)).sqrt();
    let off = beyond.select(far, within);
    let on_one = y.eq(1.0).and(x.lt(EPSILON / 128.0));
    let one = x.sqrt() * ((a + y) * 0.5).sqrt();
    let rest = on_one.select(one, off_one.select(cosine, off));
    let scaled = on_one.not().and(off_one.not()).and(beyond);
    let sine = scaled.select(y * up, y);
    // Scaled, so that a quotient of such numbers does not underflow on the way.
    let sine = tiny.select(y * (2.0 / EPSILON), sine);
    let rest = tiny.select(a * (2.0 / EPSILON), rest);
    (real, alone.select(b, sine), rest, alone)
}

fn arcsinh((x, y): C) -> C {
    let (a, b) = (magnitude(x), magnitude(y));
    let (real, sine, cosine, alone) = hull(a, b);
    let imaginary = alone.select(ARCSIN.at(alone.select(sine, 0.0)), atan2(sine, cosine));
    let w = (copysign(real, x), copysign(imaginary, y));
    let w = pick(a.lt(SMALL).and(b.lt(SMALL)), (x, y), w);
    let far = log((a, b));
    let w = pick(
        a.gt(LARGE).or(b.gt(LARGE)),
        (copysign(far.0 + LN_2, x), copysign(far.1, y)),
        w,
    );
    let lost = pick(
        is_inf(x),
        (x, nan()),
        pick(
            is_inf(y),
            (infinity(), nan()),
            pick(is_zero(y), (nan(), y), (nan(), nan())),
        ),
    );
    pick(is_nan(x).or(is_nan(y)), lost, w)
}

fn arccos((x, y): C) -> C {
    let (a, b) = (magnitude(x), magnitude(y));
    let (size, cosine, sine, alone) = hull(b, a);
    let cosine = copysign(cosine, x);
    let real = alone.select(ARCCOS.at(alone.select(cosine, 0.0)), atan2(sine, cosine));
    let w = (real, copysign(size, negate(y)));
    let near = (c(FRAC_PI_2) - (x - PIO2[1]), negate(y));
    let w = pick(a.lt(SMALL).and(b.lt(SMALL)), near, w);
    let w = pick(x.eq(1.0).and(is_zero(y)), (c(0.0), negate(y)), w);
    let far = log((x, y));
    let w = pick(
        a.gt(LARGE).or(b.gt(LARGE)),
        (magnitude(far.1), copysign(far.0 + LN_2, negate(y))),
        w,
    );
    let lost = pick(
        is_inf(x),
        (nan(), negate(infinity())),
        pick(
            is_inf(y),
            (nan(), negate(y)),
            pick(is_zero(x), (c(FRAC_PI_2), nan()), (nan(), nan())),
        ),
    );
    pick(is_nan(x).or(is_nan(y)), lost, w)
}

fn arccosh(z: C) -> C {
    let (u, v) = arccos(z);
    let w = (magnitude(v), copysign(u, z.1));
    let w = pick(
        is_nan(v),
        (nan(), is_zero(z.0).and(is_nan(u).not()).select(u, nan())),
        w,
    );
    let w = pick(is_nan(u).and(is_nan(v).not()), (magnitude(v), nan()), w);
    pick(is_nan(u).and(is_nan(v)), (nan(), nan()), w)
}

/// `x / (x² + y²)` for numbers of which one is large.
fn reciprocal_part(x: V, y: V) -> V {
    let (a, b) = (magnitude(x), magnitude(y));
    let large = a.gt(b).select(a, b).gt(1e150);
    let down = large.select(c(2f64.powi(-600)), c(1.0));
    let (p, q) = (x * down, y * down);
    let part = p / (p * p + q * q) * down;
    is_inf(x).or(is_inf(y)).select(copysign(c(0.0), x), part)
}

fn arctanh((x, y): C) -> C {
    let (a, b) = (magnitude(x), magnitude(y));
    let off = a - 1.0;
    let real = ln_1p(a * 4.0 / (off * off + b * b)) * 0.25;
    let at_one = (c(LN_2) - ln(b)) * 0.5;
    let real = a.eq(1.0).and(b.lt(EPSILON)).select(at_one, real);
    let angle = atan2(b * 2.0, (c(1.0) - a) * (a + 1.0) - b * b);
    let angle = a.eq(1.0).select(atan2(c(2.0), negate(b)), angle);
    let w = (copysign(real, x), copysign(angle * 0.5, y));
    let w = pick(a.lt(SMALL).and(b.lt(SMALL)), (x, y), w);
    let w = pick(
        a.gt(LARGE).or(b.gt(LARGE)),
        (reciprocal_part(x, y), copysign(c(FRAC_PI_2), y)),
        w,
    );
    let lost = pick(
        is_inf(x),
        (copysign(c(0.0), x), nan()),
        pick(
            is_inf(y),
            (copysign(c(0.0), x), copysign(c(FRAC_PI_2), y)),
            (nan(), nan()),
        ),
    );
    let w = pick(is_nan(x).or(is_nan(y)), lost, w);
    let w = pick(is_zero(x), (x, ARCTAN.at(y)), w);
    let on_axis = is_zero(y).and(a.le(1.0));
    let bounded = on_axis.select(x, 0.0);
    pick(on_axis, (ARCTANH.at(bounded), y), w)
}

/// NumPy's cases: zero exponent, zero base, small integer exponents by squaring, and the logarithm for the rest.
pub(super) fn power(a: C, b: C) -> C {
    let elem = a.0.elem();
    let zero = a.0.like(0.0);
    let one = (a.0.like(1.0), zero);
    let whole = is_zero(b.1)
        .and(b.0.gt(-100.0))
        .and(b.0.lt(100.0))
        .and(b.0.trunc().eq(b.0));
    let exponent = whole.select(b.0, 0.0).cast(I32);
    let negative = exponent.lt(0);
    let size = negative.select(-exponent, exponent).cast(U32);
    let (re, im) = (cell(one.0), cell(one.1));
    let (square_re, square_im) = (cell(a.0), cell(a.1));
    let left = cell(size);
    while_(
        || left.get().ne(0),
        || {
            let square = (hold(square_re.get()), hold(square_im.get()));
            when(left.get().and(1).ne(0), || {
                let now = product((re.get(), im.get()), square);
                re.set(now.0);
                im.set(now.1);
            });
            left.set(left.get().shr(1));
            let next = product(square, square);
            square_re.set(next.0);
            square_im.set(next.1);
        },
    );
    let by_squaring = (re.get(), im.get());
    let by_squaring = pick(negative, quotient(one, by_squaring), by_squaring);
    let square = product(a, a);
    let by_squaring = pick(exponent.eq(1), a, by_squaring);
    let by_squaring = pick(exponent.eq(2), square, by_squaring);
    let by_squaring = pick(exponent.eq(3), product(a, square), by_squaring);
    let wide = |z: C| (z.0.cast(F64), z.1.cast(F64));
    let general = exp_of_log(wide(a), wide(b));
    let w = pick(
        whole,
        by_squaring,
        (general.0.cast(elem), general.1.cast(elem)),
    );
    let lost = float(f64::NAN, elem);
    let of_zero = pick(b.0.gt(0.0), (zero, zero), (lost, lost));
    let w = pick(is_zero(a.0).and(is_zero(a.1)), of_zero, w);
    pick(is_zero(b.0).and(is_zero(b.1)), one, w)
}

/// `e^(b log a)`.
fn exp_of_log(a: C, b: C) -> C {
    let log_radius = ln(hypot(a.0, a.1));
    let angle = atan2(a.1, a.0);
    let radius = exp1(b.0 * log_radius - b.1 * angle);
    let turn = b.1 * log_radius + b.0 * angle;
    let (sin, cos) = sin_cos(turn);
    let w = (radius * cos, radius * sin);
    // An infinite radius times the zero sine of a real result would be NaN.
    let w = pick(is_zero(turn), (radius, turn), w);
    // As in C's `cexp`: nothing, whichever way it points.
    let nothing = is_zero(radius).and(is_finite(turn).not());
    pick(nothing, (c(0.0), c(0.0)), w)
}
