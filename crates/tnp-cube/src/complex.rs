//! Complex numbers in registers: arithmetic, order, and what is made of it. Elementary functions are in `functions`.

mod functions;

use tnp_backend::prim::{Binary, Unary};

use crate::binary::hypot;
use crate::code::{F64, V, float, target};
use crate::math;
use crate::types::{Val, is_finite, is_inf, is_nan, is_zero, magnitude, negate};

/// Whether there is code for a function of complex numbers.
pub(crate) fn supports_unary(op: Unary, _native: bool, float64: bool) -> bool {
    match op {
        Unary::Negative
        | Unary::Square
        | Unary::Reciprocal
        | Unary::Rint
        | Unary::LogicalNot
        | Unary::IsFinite
        | Unary::IsInf
        | Unary::IsNan
        | Unary::Conjugate
        | Unary::Real
        | Unary::Imag => true,
        _ => float64,
    }
}

/// A function of one number.
pub(crate) fn unary(op: Unary, z: Val) -> Val {
    let (x, y) = z.pair();
    match op {
        Unary::Negative => Val::Two(negate(x), negate(y)),
        Unary::Abs => Val::One(hypot(x.cast(F64), y.cast(F64)).cast(x.elem())),
        Unary::Sign => sign(x, y),
        Unary::Square => Val::Two(x * x - y * y, x * y + y * x),
        Unary::Reciprocal => reciprocal(x, y),
        Unary::Rint => {
            let part = |x: V| crate::unary::unary(Unary::Rint, real_dtype(x), Val::One(x)).one();
            Val::Two(part(x), part(y))
        }
        Unary::LogicalNot => Val::One(is_zero(x).and(is_zero(y))),
        Unary::IsFinite => Val::One(is_finite(x).and(is_finite(y))),
        Unary::IsInf => Val::One(is_inf(x).or(is_inf(y))),
        Unary::IsNan => Val::One(is_nan(x).or(is_nan(y))),
        Unary::Conjugate => Val::Two(x, negate(y)),
        Unary::Real => Val::One(x),
        Unary::Imag => Val::One(y),
        _ => {
            let elem = x.elem();
            let (x, y) = functions::function(op, (x.cast(F64), y.cast(F64)));
            Val::Two(x.cast(elem), y.cast(elem))
        }
    }
}

fn real_dtype(x: V) -> tnp_dtype::DType {
    match x.elem() {
        F64 => tnp_dtype::DType::Float64,
        _ => tnp_dtype::DType::Float32,
    }
}

/// `z / |z|`. Of infinite numbers those on an axis have a sign, the others NaN.
fn sign(x: V, y: V) -> Val {
    let size = hypot(x.cast(F64), y.cast(F64)).cast(x.elem());
    let zero = x.like(0.0);
    let unit = |x: V| crate::types::copysign(x.like(1.0), x);
    let nan = float(f64::NAN, x.elem());
    let part = |mine: V, other: V| {
        let finite = is_zero(size).select(zero, mine / size);
        let alone = is_inf(mine).select(unit(mine), is_inf(other).select(zero, finite));
        let lost = is_inf(mine).and(is_inf(other)).or(is_nan(size));
        lost.select(nan, alone)
    };
    Val::Two(part(x, y), part(y, x))
}

/// Smith's division.
fn reciprocal(x: V, y: V) -> Val {
    let real_leads = magnitude(y).le(magnitude(x));
    let (lead, other) = (real_leads.select(x, y), real_leads.select(y, x));
    let ratio = other / lead;
    let d = lead + other * ratio;
    let one = x.like(1.0);
    Val::Two(
        real_leads.select(one, ratio) / d,
        negate(real_leads.select(ratio, one)) / d,
    )
}

fn product((a, b): (V, V), (c, d): (V, V)) -> (V, V) {
    (a * c - b * d, a * d + b * c)
}

/// Smith's algorithm; a zero divisor gives a complex infinity or NaN, part by part.
pub(crate) fn quotient(a: (V, V), b: (V, V)) -> (V, V) {
    let real_leads = magnitude(b.0).ge(magnitude(b.1));
    let (lead, other) = (real_leads.select(b.0, b.1), real_leads.select(b.1, b.0));
    let ratio = other / lead;
    let scale = lead.like(1.0) / (lead + other * ratio);
    let (p, q) = (real_leads.select(a.0, a.1), real_leads.select(a.1, a.0));
    let re = (p + q * ratio) * scale;
    let im = real_leads.select(q - p * ratio, p * ratio - q) * scale;
    let zero = real_leads.and(is_zero(lead));
    let by = magnitude(lead);
    (zero.select(a.0 / by, re), zero.select(a.1 / by, im))
}

fn not_a_number(z: (V, V)) -> V {
    is_nan(z.0).or(is_nan(z.1))
}

// NumPy lets the real parts decide only where neither imaginary part is NaN.
fn decided(a: (V, V), b: (V, V)) -> V {
    is_nan(a.1).or(is_nan(b.1)).not()
}

fn ordered(x: V, y: V, truth: V) -> V {
    truth.and(is_nan(x).or(is_nan(y)).not())
}

fn gt(x: V, y: V) -> V {
    ordered(x, y, x.gt(y))
}

fn ge(x: V, y: V) -> V {
    ordered(x, y, x.ge(y))
}

fn eq(x: V, y: V) -> V {
    ordered(x, y, x.eq(y))
}

/// `a >= b`, lexicographically.
pub(crate) fn at_least(a: (V, V), b: (V, V)) -> V {
    gt(a.0, b.0)
        .and(decided(a, b))
        .or(eq(a.0, b.0).and(ge(a.1, b.1)))
}

/// `a < b`, lexicographically.
pub(crate) fn less(a: (V, V), b: (V, V)) -> V {
    gt(b.0, a.0)
        .and(decided(a, b))
        .or(eq(a.0, b.0).and(gt(b.1, a.1)))
}

fn choose(condition: V, a: (V, V), b: (V, V)) -> Val {
    Val::Two(condition.select(a.0, b.0), condition.select(a.1, b.1))
}

/// A function of two numbers.
pub(crate) fn binary(op: Binary, x: Val, y: Val) -> Val {
    let (a, b) = (x.pair(), y.pair());
    let two = |(x, y): (V, V)| Val::Two(x, y);
    match op {
        Binary::Add => Val::Two(a.0 + b.0, a.1 + b.1),
        Binary::Subtract => Val::Two(a.0 - b.0, a.1 - b.1),
        Binary::Multiply => two(product(a, b)),
        Binary::Divide => two(quotient(a, b)),
        Binary::Power => two(functions::power(a, b)),
        Binary::Maximum => choose(not_a_number(a).or(at_least(a, b)), a, b),
        Binary::Minimum => choose(not_a_number(a).or(at_least(b, a)), a, b),
        Binary::Fmax => choose(not_a_number(b).or(at_least(a, b)), a, b),
        Binary::Fmin => choose(not_a_number(b).or(at_least(b, a)), a, b),
        Binary::Equal => Val::One(eq(a.0, b.0).and(eq(a.1, b.1))),
        Binary::NotEqual => Val::One(eq(a.0, b.0).and(eq(a.1, b.1)).not()),
        Binary::Less => Val::One(less(a, b)),
        Binary::LessEqual => Val::One(at_least(b, a)),
        Binary::Greater => Val::One(less(b, a)),
        Binary::GreaterEqual => Val::One(at_least(a, b)),
        _ => x,
    }
}

/// Sine and cosine of a float64.
fn sin_cos(x: V) -> (V, V) {
    if target().native {
        return (x.sin(), x.cos());
    }
    (math::sin(x), math::cos(x))
}
