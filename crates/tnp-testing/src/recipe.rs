//! How inputs are made: a recipe so simple that `xtask/python/golden.py` follows it to the bit, and none need be stored.
//!
//! Element `i` of input `k` comes from `h = mix(seed + (k + 1) * STEP + i * GOLDEN)`, where the seed is the FNV hash of the row's
//! expression. All arithmetic is exact or rounds once, so both languages agree.

use tnp_dtype::{DType, Literal, bf16, c64, c128, f16, with_dtype};

/// Which values an input holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Domain {
    /// Floats mostly within ±32, some tiny, large or zero; integers mostly within ±10, some extreme.
    Any,
    /// `Any` with NaN, infinities and both zeros among the floats.
    Special,
    /// Uniform in a half-open interval; integers round down, and unsigned ones start at zero at least.
    Uniform(f64, f64),
    /// Whole numbers from a half-open range, in any dtype; unsigned dtypes start at zero at least.
    Range(i64, i64),
    /// 0 … n−1, shuffled.
    Distinct,
    /// Ascending with ties.
    Sorted,
}

/// Above zero, up to 32.
pub const POSITIVE: Domain = Domain::Uniform(0.0625, 32.0);
/// Within ±1.
pub const UNIT: Domain = Domain::Uniform(-1.0, 1.0);
/// Whole numbers from −4 to 4.
pub const SMALL: Domain = Domain::Range(-4, 5);
/// Whole numbers from 1 to 9.
pub const NONZERO: Domain = Domain::Range(1, 10);
/// Zeros and ones.
pub const BITS: Domain = Domain::Range(0, 2);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const STEP: u64 = 0xD1B5_4A32_D192_ED03;

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
pub fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Elements of an input in C order, as native bytes.
pub fn bytes(seed: u64, input: usize, size: usize, dtype: DType, domain: Domain) -> Vec<u8> {
    let start = seed.wrapping_add((input as u64 + 1).wrapping_mul(STEP));
    let mut out = Vec::with_capacity(size * dtype.itemsize());
    for i in 0..size {
        let h = mix(start.wrapping_add((i as u64).wrapping_mul(GOLDEN)));
        out.extend_from_slice(element(h, i, size, dtype, domain).as_bytes());
    }
    out
}

fn element(h: u64, i: usize, size: usize, dtype: DType, domain: Domain) -> Literal {
    if dtype.is_bool() {
        return Literal::new(truth(h, i, size, domain));
    }
    if dtype.is_integer() {
        let value = integer(h, i, size, dtype, domain);
        return with_dtype!(dtype, T: integer => Literal::new(value as T), else => unreachable!());
    }
    let re = float(h, i, size, domain);
    let counted = matches!(domain, Domain::Distinct | Domain::Sorted);
    let im = if counted {
        0.0
    } else {
        float(mix(h), i, size, domain)
    };
    let single = re as f32;
    match dtype {
        // Rounded twice on purpose: conversions from float64 straight to 16 bits differ between libraries.
        DType::Float16 => Literal::new(f16::from_f32(single)),
        DType::BFloat16 => Literal::new(bf16::from_f32(single)),
        DType::Float32 => Literal::new(single),
        DType::Complex64 => Literal::new(c64::new(single, im as f32)),
        DType::Complex128 => Literal::new(c128::new(re, im)),
        _ => Literal::new(re),
    }
}

fn truth(h: u64, i: usize, size: usize, domain: Domain) -> bool {
    match domain {
        Domain::Range(lo, hi) => whole(h, lo, hi) != 0,
        Domain::Distinct => distinct(i, size) & 1 == 1,
        Domain::Sorted => 2 * i >= size,
        Domain::Any | Domain::Special | Domain::Uniform(..) => (h >> 8) & 1 == 1,
    }
}

fn integer(h: u64, i: usize, size: usize, dtype: DType, domain: Domain) -> i128 {
    let unsigned = dtype.is_unsigned_integer();
    let bits = 8 * dtype.itemsize() as u32;
    let (min, max) = if unsigned {
        (0, (1i128 << bits) - 1)
    } else {
        (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
    };
    match domain {
        Domain::Any | Domain::Special => match h & 15 {
            0 => min,
            1 => max,
            // Wraps to the width when stored.
            2..=5 => i128::from(mix(h)),
            _ => i128::from((h >> 8) % 21) - if unsigned { 0 } else { 10 },
        },
        Domain::Uniform(lo, hi) => {
            let lo = if unsigned { lo.max(0.0) } else { lo };
            (lo + fraction(h) * (hi - lo)).floor() as i128
        }
        Domain::Range(lo, hi) => {
            let lo = if unsigned { lo.max(0) } else { lo };
            i128::from(whole(h, lo, hi.max(lo + 1)))
        }
        Domain::Distinct => distinct(i, size) as i128,
        Domain::Sorted => sorted(i, size, unsigned),
    }
}

fn float(h: u64, i: usize, size: usize, domain: Domain) -> f64 {
    let signed = 2.0 * fraction(h) - 1.0;
    match domain {
        Domain::Special => match h & 15 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => -0.0,
            4 => 0.0,
            _ => signed * 32.0,
        },
        Domain::Any => match h & 7 {
            0 => signed * f64::powi(2.0, ((h >> 3) % 21) as i32 - 10),
            1 if (h >> 3).is_multiple_of(8) => 0.0,
            _ => signed * 32.0,
        },
        Domain::Uniform(lo, hi) => lo + fraction(h) * (hi - lo),
        Domain::Range(lo, hi) => whole(h, lo, hi) as f64,
        Domain::Distinct => distinct(i, size) as f64,
        Domain::Sorted => sorted(i, size, false) as f64,
    }
}

/// In [0, 1).
fn fraction(h: u64) -> f64 {
    (h >> 11) as f64 / (1u64 << 53) as f64
}

fn whole(h: u64, lo: i64, hi: i64) -> i64 {
    lo + ((h >> 8) % (hi - lo) as u64) as i64
}

/// A permutation: the multiplier is a prime that no size here is a multiple of.
fn distinct(i: usize, size: usize) -> usize {
    (i * 1_000_003 + 7) % size
}

fn sorted(i: usize, size: usize, unsigned: bool) -> i128 {
    (i / 2) as i128 - if unsigned { 0 } else { (size / 4) as i128 }
}
