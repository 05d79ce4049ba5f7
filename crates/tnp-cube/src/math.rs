//! Elementary functions in float64 arithmetic, for devices whose own are missing or too rough: Vulkan has none for
//! float64, and promises little for float32.
//!
//! The methods and coefficients are those of the CPU backend; float32 rounds the same value once. Additions that are undone
//! to find what they lost are held against compilers that would simplify them ([`hold`]).

mod exp;
mod inverse;
mod log;
mod trig;

pub(crate) use exp::{cosh, exp, exp2, expm1, power, sinh, tanh};
pub(crate) use inverse::{arccos, arcsin, arctan, arctan2, cbrt, erf};
pub(crate) use log::{arccosh, arcsinh, arctanh, log, log1p, log2, log10};
pub(crate) use trig::{cos, sin, tan};

use crate::code::{F64, I64, U64, V, float, hold};
use crate::types::copysign;

/// A float64 constant.
pub(crate) fn c(value: f64) -> V {
    float(value, F64)
}

/// `c[0] + c[1] x + c[2] x² + …`
fn poly(x: V, coefficients: &[f64]) -> V {
    let (last, rest) = coefficients.split_last().expect("a polynomial has terms");
    rest.iter()
        .rev()
        .fold(c(*last), |sum, &next| sum * x + c(next))
}

/// Rounds to the nearest integer, halves to even.
pub(crate) fn rint(x: V) -> V {
    let floor = x.floor();
    let part = x - floor;
    let half = floor * 0.5;
    let odd = half.floor().ne(half);
    let up = part.gt(0.5).or(part.eq(0.5).and(odd));
    copysign(up.select(floor + 1.0, floor), x)
}

/// `2^n` for an integral `n` from -1022 to 1023.
fn power_of_two(n: V) -> V {
    (n.cast(I64) + 1023).shl(52).bits(F64)
}

/// The sum and its rounding error (Knuth).
pub(crate) fn two_sum(a: V, b: V) -> (V, V) {
    let sum = hold(a + b);
    let of_b = hold(sum - a);
    let of_a = hold(sum - of_b);
    (sum, hold(a - of_a) + hold(b - of_b))
}

/// The sum and its rounding error where `|a| >= |b|` or `a` is zero (Dekker).
fn quick_two_sum(a: V, b: V) -> (V, V) {
    let sum = hold(a + b);
    (sum, b - hold(sum - a))
}

fn halves(x: V) -> (V, V) {
    let t = hold(x * 134217729.0);
    let high = hold(t - hold(t - x));
    (high, x - high)
}

/// The product and its rounding error (Dekker, by Veltkamp's splitting).
pub(crate) fn two_product(a: V, b: V) -> (V, V) {
    let product = hold(a * b);
    let ((ah, al), (bh, bl)) = (halves(a), halves(b));
    let rest = hold(hold(ah * bh) - product) + hold(ah * bl);
    (product, hold(rest + hold(al * bh)) + al * bl)
}

/// `c - a * b`, rounded once where the difference cancels.
fn residual(a: V, b: V, c: V) -> V {
    let (product, error) = two_product(a, b);
    hold(c - product) - error
}

fn select2(condition: V, yes: (V, V), no: (V, V)) -> (V, V) {
    (condition.select(yes.0, no.0), condition.select(yes.1, no.1))
}

fn bits(x: V) -> V {
    x.bits(U64)
}
