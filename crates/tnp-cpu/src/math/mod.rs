//! Vector mathematics: elementary functions as branch-free arithmetic that the compiler vectorises.
//!
//! Everything is evaluated in `f64` to better than about one unit in the last place; `f32` uses the
//! same code and rounds once, except for the five hottest functions, which `single` evaluates in
//! `f32`. Values that do not fit the fast path (sines of huge angles) are done one by one.
//! The loops over memory are in `kernel`, the functions of complex numbers in `complex*`.

mod complex;
mod complex_inverse;
mod erf;
mod exp;
mod inverse;
mod kernel;
mod log;
mod root;
mod single;
mod trig;

#[cfg(test)]
mod tests;

pub(crate) use complex::hypot;
pub(crate) use kernel::{complex_kernel, float_kernel, quotient_kernel};

use crate::simd::Isa;

/// Adding this to a small number rounds it to an integer, which then fills the low bits of the sum.
const MAGIC: f64 = 6755399441055744.0;

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
fn fma<S: Isa>(a: f64, b: f64, c: f64) -> f64 {
    if S::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// A choice that stays one instruction: the compiler turns an `if` here and there into a jump, and
/// then vectorises nothing.
#[inline(always)]
fn select<T>(condition: bool, yes: T, no: T) -> T {
    std::hint::select_unpredictable(condition, yes, no)
}

/// [`select`] of a pair.
#[inline(always)]
fn select2(condition: bool, yes: (f64, f64), no: (f64, f64)) -> (f64, f64) {
    (
        select(condition, yes.0, no.0),
        select(condition, yes.1, no.1),
    )
}

/// The sum and its rounding error (Knuth).
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// The sum and its rounding error where `|a| >= |b|` or `a` is zero (Dekker).
#[inline(always)]
fn quick_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The product and its rounding error (by Veltkamp's splitting where there is no fused multiply-add).
#[inline(always)]
fn two_product<S: Isa>(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    if S::FMA {
        return (product, a.mul_add(b, -product));
    }
    let halves = |x: f64| {
        let t = 134217729.0 * x;
        let high = t - (t - x);
        (high, x - high)
    };
    let ((ah, al), (bh, bl)) = (halves(a), halves(b));
    (product, ((ah * bh - product) + ah * bl + al * bh) + al * bl)
}

/// `c - a * b`, rounded once where the difference cancels.
#[inline(always)]
fn residual<S: Isa>(a: f64, b: f64, c: f64) -> f64 {
    if S::FMA {
        return (-a).mul_add(b, c);
    }
    let (product, error) = two_product::<S>(a, b);
    (c - product) - error
}

/// `c[0] + c[1] x + c[2] x² + …`
#[inline(always)]
fn poly<S: Isa, const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = fma::<S>(sum, x, c[i]);
    }
    sum
}

/// `2^n` for an integer `n` from -1022 to 1023, given as `n + MAGIC`.
#[inline(always)]
fn power_of_two(shifted: f64) -> f64 {
    f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}
