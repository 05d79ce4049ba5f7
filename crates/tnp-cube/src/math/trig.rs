//! Sine, cosine and tangent: angles up to 2^30 are reduced by arithmetic in doubles, larger ones by as many digits of 2/π
//! as it takes (Payne and Hanek).

use std::f64::consts::FRAC_2_PI;
use tnp_backend::coefficients::{COS, PIO2, SIN, TWO_OVER_PI};

use super::{bits, c, poly, quick_two_sum, residual, rint, select2, two_product, two_sum};
use crate::code::{F64, I64, U32, U64, V, cell, hold, int, when};
use crate::types::{is_finite, magnitude};

/// The largest angle reduced by arithmetic.
const LIMIT: f64 = 1073741824.0;

/// An angle less a multiple of π/2, with that multiple modulo 4.
#[derive(Clone, Copy)]
struct Reduced {
    r: V,
    low: V,
    quadrant: V,
}

fn reduce(x: V) -> Reduced {
    let small = reduce_small(x);
    let (r, low) = (cell(small.r), cell(small.low));
    let quadrant = cell(small.quadrant);
    when(magnitude(x).gt(LIMIT).and(is_finite(x)), || {
        let huge = reduce_huge(x);
        r.set(huge.r);
        low.set(huge.low);
        quadrant.set(huge.quadrant);
    });
    Reduced {
        r: is_finite(x).select(r.get(), c(f64::NAN)),
        low: low.get(),
        quadrant: quadrant.get(),
    }
}

fn reduce_small(x: V) -> Reduced {
    let x = magnitude(x).le(LIMIT).select(x, 0.0);
    let n = rint(x * FRAC_2_PI);
    // Exact: both are multiples of a bit that the small difference can hold.
    let first = hold(residual(n, c(PIO2[0]), x));
    let (second, second_low) = two_product(n, c(PIO2[1]));
    let (r, error) = two_sum(first, -second);
    let (r, low) = quick_two_sum(r, error - second_low - n * PIO2[2]);
    Reduced {
        r,
        low,
        quadrant: n.cast(I64).bits(U64).and(3),
    }
}

/// The word of that number, found by halving: a table in memory would have to be filled first.
fn digits_word(index: V) -> V {
    fn find(index: V, from: usize, len: usize) -> V {
        if len == 1 {
            return int(TWO_OVER_PI[from] as i128, U64);
        }
        let half = len / 2;
        let low = find(index, from, half);
        let high = find(index, from + half, len - half);
        index.lt((from + half) as i32).select(low, high)
    }
    find(index, 0, TWO_OVER_PI.len())
}

/// The low and high words of a product of 64-bit numbers.
fn wide_product(a: V, b: V) -> (V, V) {
    let low32 = |x: V| x.and(0xffff_ffffi128);
    let (al, ah, bl, bh) = (low32(a), a.shr(32), low32(b), b.shr(32));
    let ll = al * bl;
    let lh = al * bh;
    let hl = ah * bl;
    let middle = ll.shr(32) + low32(lh) + low32(hl);
    let low = low32(ll).or(middle.shl(32));
    let high = ah * bh + lh.shr(32) + hl.shr(32) + middle.shr(32);
    (low, high)
}

/// Only those digits of 2/π are multiplied that can show in the product's fraction and its last two integer bits.
fn reduce_huge(x: V) -> Reduced {
    let pattern = bits(magnitude(x));
    let mantissa = pattern.and((1i128 << 52) - 1).or(1i128 << 52);
    // Digits of 2/π that stand more than one place before the window's start contribute multiples of four.
    let start = (pattern.shr(52) + (64 - 2)) - 1075;
    let word = start.shr(6).cast(U32);
    let shift = start.and(63);
    let digits = |i: u32| {
        let (a, b) = (digits_word(word + i), digits_word(word + (i + 1)));
        // A shift by all bits is undefined.
        let carried = b.shr(1).shr(shift.xor(63));
        a.shl(shift).or(carried)
    };
    // The product modulo 2^256: two integer bits and 254 of the fraction.
    let mut product = [mantissa; 4];
    let mut carry = int(0, U64);
    for i in (0..4).rev() {
        let (low, high) = wide_product(digits(i as u32), mantissa);
        let sum = low + carry;
        carry = high + sum.lt(low).select(int(1, U64), 0);
        product[i] = sum;
    }
    let quadrant = product[0].shr(62);
    // To the nearest quarter turn: what is left may be negative.
    let negative = product[0].and(1i128 << 61).ne(0);
    let quadrant = quadrant + negative.select(int(1, U64), 0);
    let product = product.map(|word| negative.select(word.not(), word));
    let first = product[0].and((1i128 << 62) - 1);
    // The fraction as a sum of four words of 32 bits and less, largest first: its first bits may be zeros.
    let part = |word: V, place: i32| word.cast(F64) * 2f64.powi(place);
    let words = [
        part(first.shr(32), 32 - 62),
        part(first.and(0xffff_ffffi128), -62),
        part(product[1].shr(32), -62 - 32),
        part(product[1].and(0xffff_ffffi128), -62 - 64),
        part(product[2].shr(32), -62 - 96),
        part(product[2].and(0xffff_ffffi128), -62 - 128),
    ];
    let (mut high, mut low) = (words[0], c(0.0));
    for &word in &words[1..] {
        let (sum, error) = two_sum(high, word);
        high = sum;
        low = low + error;
    }
    let (high, low) = quick_two_sum(high, low);
    let (r, error) = two_product(high, c(PIO2[0]));
    let (r, low) = quick_two_sum(r, error + (high * PIO2[1] + low * PIO2[0]));
    let flip = negative.xor(x.lt(0.0));
    let (r, low) = (flip.select(-r, r), flip.select(-low, low));
    let quadrant = x.lt(0.0).select(int(0, U64) - quadrant, quadrant);
    Reduced { r, low, quadrant }
}

/// What to add to `r` for the sine of `r + low`.
fn sin_rest(r: V, low: V) -> V {
    let z = r * r;
    z * r * poly(z, &SIN) + (low - z * 0.5 * low)
}

/// The cosine of `r + low` in two parts.
fn cos_parts(r: V, low: V) -> (V, V) {
    let z = r * r;
    let half = hold(z * 0.5);
    let high = hold(c(1.0) - half);
    (
        high,
        (hold(c(1.0) - high) - half) + (z * z * poly(z, &COS) - r * low),
    )
}

/// The sine of an angle already reduced, `turn` quarter turns on.
fn sine(x: Reduced, turn: u32) -> V {
    let quadrant = x.quadrant + turn;
    let sin = x.r + sin_rest(x.r, x.low);
    let (high, rest) = cos_parts(x.r, x.low);
    let y = quadrant.and(1).eq(0).select(sin, high + rest);
    bits(y).xor(quadrant.and(2).shl(62)).bits(F64)
}

/// The tangent of an angle already reduced.
fn tangent(x: Reduced) -> V {
    let (sin, sin_low) = quick_two_sum(x.r, sin_rest(x.r, x.low));
    let (high, rest) = cos_parts(x.r, x.low);
    let (cos, cos_low) = quick_two_sum(high, rest);
    let even = x.quadrant.and(1).eq(0);
    let (top, top_low) = select2(even, (sin, sin_low), (-cos, -cos_low));
    let (bottom, bottom_low) = select2(even, (cos, cos_low), (sin, sin_low));
    let inverse = c(1.0) / bottom;
    let y = top * inverse;
    let rest = residual(y, bottom, top) + (top_low - y * bottom_low);
    rest * inverse + y
}

pub(crate) fn sin(x: V) -> V {
    let y = sine(reduce(x), 0);
    magnitude(x).lt(1e-9).select(x, y)
}

pub(crate) fn cos(x: V) -> V {
    sine(reduce(x), 1)
}

pub(crate) fn tan(x: V) -> V {
    let y = tangent(reduce(x));
    magnitude(x).lt(1e-9).select(x, y)
}
