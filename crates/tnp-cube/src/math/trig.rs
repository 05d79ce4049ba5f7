//! Sine, cosine and tangent: angles up to 2^30 are reduced by arithmetic in doubles, larger ones by as many digits of 2/π
//! as it takes (Payne and Hanek).

use std::f64::consts::FRAC_2_PI;

use super::{bits, c, poly, quick_two_sum, residual, rint, select2, two_product, two_sum};
use crate::code::{F64, I64, U32, U64, V, cell, hold, int, when};
use crate::types::{is_finite, magnitude};

/// The largest angle reduced by arithmetic.
const LIMIT: f64 = 1073741824.0;

/// π/2 in three doubles.
const PIO2: [f64; 3] = [
    1.5707963267948966,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
];

/// Minimax polynomial of `(sin r - r) / r³` in `r²`, on `|r| <= π/4`.
const SIN: [f64; 6] = [
    -0.16666666666666632,
    0.008333333333322457,
    -0.0001984126982981743,
    2.755731368926818e-06,
    -2.505075699781919e-08,
    1.589669854791471e-10,
];

/// Minimax polynomial of `(cos r - 1 + r²/2) / r⁴` in `r²`, on `|r| <= π/4`.
const COS: [f64; 6] = [
    0.041666666666666616,
    -0.0013888888888876,
    2.4801587290487216e-05,
    -2.755731460711304e-07,
    2.0875754168156762e-09,
    -1.1361092514661095e-11,
];

/// The binary digits of 2/π after the point, with a word of zeros before them.
const TWO_OVER_PI: [u64; 22] = [
    0x0000_0000_0000_0000,
    0xA2F9_836E_4E44_1529,
    0xFC27_57D1_F534_DDC0,
    0xDB62_9599_3C43_9041,
    0xFE51_63AB_DEBB_C561,
    0xB724_6E3A_424D_D2E0,
    0x0649_2EEA_09D1_921C,
    0xFE1D_EB1C_B129_A73E,
    0xE882_35F5_2EBB_4484,
    0xE99C_7026_B45F_7E41,
    0x3991_D639_8353_39F4,
    0x9C84_5F8B_BDF9_283B,
    0x1FF8_97FF_DE05_980F,
    0xEF2F_118B_5A0A_6D1F,
    0x6D36_7ECF_27CB_09B7,
    0x4F46_3F66_9E5F_EA2D,
    0x7527_BAC7_EBE5_F17B,
    0x3D07_39F7_8A52_92EA,
    0x6BFB_5FB1_1F8D_5D08,
    0x5603_3046_FC7B_6BAB,
    0xF0CF_BC20_9AF4_361D,
    0xA9E3_9161_5EE6_1B08,
];

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
