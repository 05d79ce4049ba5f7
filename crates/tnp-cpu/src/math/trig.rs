//! Sine, cosine and tangent. Angles up to 2^30 are reduced by arithmetic in doubles; the kernels send
//! larger ones to the functions in `huge`, which multiply by as many digits of 2/π as it takes.

use super::{MAGIC, fma, poly, quick_two_sum, residual, select, select2, two_product, two_sum};
use crate::simd::Isa;
use std::f64::consts::FRAC_2_PI;
use tnp_backend::coefficients::{COS, PIO2, SIN};

/// The largest angle that these functions take.
pub(super) const LIMIT: f64 = 1073741824.0;

/// An angle less a multiple of π/2, with that multiple in the low bits.
struct Reduced {
    r: f64,
    low: f64,
    quadrant: u64,
}

#[inline(always)]
fn reduce<S: Isa>(x: f64) -> Reduced {
    let shifted = fma::<S>(x, FRAC_2_PI, MAGIC);
    let n = shifted - MAGIC;
    // Exact: both are multiples of a bit that the small difference can hold.
    let first = residual::<S>(n, PIO2[0], x);
    let (second, second_low) = two_product::<S>(n, PIO2[1]);
    let (r, error) = two_sum(first, -second);
    let (r, low) = quick_two_sum(r, error - second_low - n * PIO2[2]);
    Reduced {
        r,
        low,
        quadrant: shifted.to_bits(),
    }
}

/// What to add to `r` for the sine of `r + low`.
#[inline(always)]
fn sin_rest<S: Isa>(r: f64, low: f64) -> f64 {
    let z = r * r;
    fma::<S>(z * r, poly::<S, 6>(z, SIN), low - 0.5 * z * low)
}

/// The cosine of `r + low` in two parts.
#[inline(always)]
fn cos_parts<S: Isa>(r: f64, low: f64) -> (f64, f64) {
    let z = r * r;
    let half = 0.5 * z;
    let high = 1.0 - half;
    (
        high,
        ((1.0 - high) - half) + fma::<S>(z * z, poly::<S, 6>(z, COS), -r * low),
    )
}

/// The sine of an angle already reduced, `turn` quarter turns on.
#[inline(always)]
fn sine<S: Isa>(x: &Reduced, turn: u64) -> f64 {
    let quadrant = x.quadrant.wrapping_add(turn);
    let sin = x.r + sin_rest::<S>(x.r, x.low);
    let (high, rest) = cos_parts::<S>(x.r, x.low);
    let y = select(quadrant & 1 == 0, sin, high + rest);
    f64::from_bits(y.to_bits() ^ ((quadrant & 2) << 62))
}

/// The tangent of an angle already reduced.
#[inline(always)]
fn tangent<S: Isa>(x: &Reduced) -> f64 {
    let (sin, sin_low) = quick_two_sum(x.r, sin_rest::<S>(x.r, x.low));
    let (high, rest) = cos_parts::<S>(x.r, x.low);
    let (cos, cos_low) = quick_two_sum(high, rest);
    let even = x.quadrant & 1 == 0;
    let (top, top_low) = select2(even, (sin, sin_low), (-cos, -cos_low));
    let (bottom, bottom_low) = select2(even, (cos, cos_low), (sin, sin_low));
    let inverse = 1.0 / bottom;
    let y = top * inverse;
    let rest = residual::<S>(y, bottom, top) + (top_low - y * bottom_low);
    fma::<S>(rest, inverse, y)
}

#[inline(always)]
pub(super) fn sin<S: Isa>(x: f64) -> f64 {
    let y = sine::<S>(&reduce::<S>(x), 0);
    select(x.abs() < 1e-9, x, y)
}

#[inline(always)]
pub(super) fn cos<S: Isa>(x: f64) -> f64 {
    sine::<S>(&reduce::<S>(x), 1)
}

#[inline(always)]
pub(super) fn tan<S: Isa>(x: f64) -> f64 {
    let y = tangent::<S>(&reduce::<S>(x));
    select(x.abs() < 1e-9, x, y)
}

/// The functions of angles beyond [`LIMIT`], infinite ones and NaN.
pub(super) mod huge {
    use tnp_backend::coefficients::TWO_OVER_PI;

    use super::{PIO2, Reduced, quick_two_sum, sine, tangent, two_product};
    use crate::simd::Baseline;

    /// Payne and Hanek's reduction: only those digits of 2/π are multiplied that can show in the
    /// product's fraction and its last two integer bits.
    fn reduce(x: f64) -> Reduced {
        if !x.is_finite() {
            return Reduced {
                r: f64::NAN,
                low: 0.0,
                quadrant: 0,
            };
        }
        let bits = x.abs().to_bits();
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        // |x| is `mantissa` times two to `(bits >> 52) - 1075`. Digits of 2/π that stand more than
        // one place before the window's start contribute multiples of four.
        let start = (bits >> 52) as usize + 64 - 2 - 1075;
        let (word, shift) = (start / 64, start % 64);
        let digits = |i: usize| {
            let pair =
                (u128::from(TWO_OVER_PI[word + i]) << 64) | u128::from(TWO_OVER_PI[word + i + 1]);
            (pair >> (64 - shift)) as u64
        };
        // The product, modulo 2^256: two integer bits and 254 of the fraction.
        let mut product = [0u64; 4];
        let mut carry = 0u128;
        for i in (0..4).rev() {
            let sum = u128::from(digits(i)) * u128::from(mantissa) + carry;
            product[i] = sum as u64;
            carry = sum >> 64;
        }
        let mut quadrant = product[0] >> 62;
        // To the nearest quarter turn: what is left may be negative.
        let negative = product[0] & (1 << 61) != 0;
        if negative {
            quadrant += 1;
            product = product.map(|w| !w);
        }
        product[0] &= (1 << 62) - 1;
        // The leading 128 bits as two doubles, scaled by the place of the first.
        let wide = |a: u64, b: u64| (u128::from(a) << 64) | u128::from(b);
        let (mut top, rest) = (wide(product[0], product[1]), wide(product[2], product[3]));
        let zeros = top.leading_zeros();
        if zeros > 0 && zeros < 128 {
            top = (top << zeros) | (rest >> (128 - zeros));
        }
        let high = ((top >> 75) << 75) as f64;
        let low = (top & ((1 << 75) - 1)) as f64;
        let scale = 2f64.powi(-126 - zeros as i32);
        let (high, low) = (high * scale, low * scale);
        let (r, error) = two_product::<Baseline>(high, PIO2[0]);
        let (r, low) = quick_two_sum(r, error + (high * PIO2[1] + low * PIO2[0]));
        let (r, low) = if negative { (-r, -low) } else { (r, low) };
        match x < 0.0 {
            true => Reduced {
                r: -r,
                low: -low,
                quadrant: quadrant.wrapping_neg(),
            },
            false => Reduced { r, low, quadrant },
        }
    }

    pub(in crate::math) fn sin(x: f64) -> f64 {
        sine::<Baseline>(&reduce(x), 0)
    }

    pub(in crate::math) fn cos(x: f64) -> f64 {
        sine::<Baseline>(&reduce(x), 1)
    }

    pub(in crate::math) fn tan(x: f64) -> f64 {
        tangent::<Baseline>(&reduce(x))
    }
}
