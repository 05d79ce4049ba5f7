//! Decimal digits of a binary float: the shortest that identify it, or exactly as many as asked for.
//!
//! Free-format generation after G. Steele and J. White, "How to print floating-point numbers accurately"
//! (PLDI 1990), with the cutoffs of R. Juckett's Dragon4 as NumPy uses them: ties round to even, and a
//! cutoff rounds the exact value. Text (signs, points, padding) is made in `float.rs`.

use std::cmp::Ordering;

use tnp_dtype::{DType, Literal, bf16, f16};

/// Limbs enough for 4 · 2^1024 and for 2^1078 · 10 with room to carry.
const LIMBS: usize = 20;

/// An unsigned integer of fixed capacity; limbs past `len` are zero.
#[derive(Clone, Copy)]
struct Big {
    limbs: [u64; LIMBS],
    len: usize,
}

impl Big {
    fn new(value: u64) -> Big {
        let mut limbs = [0; LIMBS];
        limbs[0] = value;
        Big {
            limbs,
            len: (value != 0) as usize,
        }
    }

    fn is_zero(&self) -> bool {
        self.len == 0
    }

    fn shl(mut self, bits: u32) -> Big {
        let (whole, part) = ((bits / 64) as usize, bits % 64);
        if self.len == 0 {
            return self;
        }
        for i in (0..self.len).rev() {
            let limb = self.limbs[i];
            self.limbs[i] = 0;
            if part != 0 {
                self.limbs[i + whole + 1] |= limb >> (64 - part);
            }
            self.limbs[i + whole] |= limb << part;
        }
        self.len += whole;
        if self.len < LIMBS && self.limbs[self.len] != 0 {
            self.len += 1;
        }
        self
    }

    fn times(mut self, factor: u64) -> Big {
        let mut carry = 0u128;
        for limb in &mut self.limbs[..self.len] {
            carry += *limb as u128 * factor as u128;
            *limb = carry as u64;
            carry >>= 64;
        }
        if carry != 0 {
            self.limbs[self.len] = carry as u64;
            self.len += 1;
        }
        self
    }

    fn times_pow10(mut self, mut power: u32) -> Big {
        while power > 0 {
            let step = power.min(19);
            self = self.times(10u64.pow(step));
            power -= step;
        }
        self
    }

    fn plus(mut self, other: &Big) -> Big {
        let len = self.len.max(other.len);
        let mut carry = false;
        for i in 0..len {
            let (sum, first) = self.limbs[i].overflowing_add(other.limbs[i]);
            let (sum, second) = sum.overflowing_add(carry as u64);
            self.limbs[i] = sum;
            carry = first | second;
        }
        self.len = len;
        if carry {
            self.limbs[len] = 1;
            self.len += 1;
        }
        self
    }

    /// Subtracts a number that is not greater.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for i in 0..self.len {
            let (rest, first) = self.limbs[i].overflowing_sub(other.limbs[i]);
            let (rest, second) = rest.overflowing_sub(borrow as u64);
            self.limbs[i] = rest;
            borrow = first | second;
        }
        while self.len > 0 && self.limbs[self.len - 1] == 0 {
            self.len -= 1;
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        self.len.cmp(&other.len).then_with(|| {
            let pairs = self.limbs[..self.len].iter().rev();
            pairs.cmp(other.limbs[..other.len].iter().rev())
        })
    }
}

/// A float taken apart: `mantissa · 2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decoded {
    Nan,
    Infinite {
        negative: bool,
    },
    Finite {
        negative: bool,
        mantissa: u64,
        exponent: i32,
        /// The neighbour below is half as far as the one above: a power of two.
        uneven: bool,
    },
}

impl Decoded {
    /// Takes a real scalar apart, at the precision of its own dtype; integers and bools count as `float64`.
    pub(super) fn new(value: &Literal) -> Decoded {
        match value.dtype() {
            DType::Float16 => Decoded::from_bits(value.value::<f16>().to_bits() as u64, 10, 5),
            DType::BFloat16 => Decoded::from_bits(value.value::<bf16>().to_bits() as u64, 7, 8),
            DType::Float32 => Decoded::from_bits(value.value::<f32>().to_bits() as u64, 23, 8),
            DType::Float64 => Decoded::from_bits(value.value::<f64>().to_bits(), 52, 11),
            _ => Decoded::from_bits(value.to_f64().to_bits(), 52, 11),
        }
    }

    fn from_bits(bits: u64, mantissa_bits: u32, exponent_bits: u32) -> Decoded {
        let negative = bits >> (mantissa_bits + exponent_bits) != 0;
        let fraction = bits & ((1 << mantissa_bits) - 1);
        let ones = (1u64 << exponent_bits) - 1;
        let biased = (bits >> mantissa_bits) & ones;
        if biased == ones {
            return match fraction {
                0 => Decoded::Infinite { negative },
                _ => Decoded::Nan,
            };
        }
        let lowest = 2 - (1 << (exponent_bits - 1)) - mantissa_bits as i32;
        let normal = biased != 0;
        Decoded::Finite {
            negative,
            mantissa: fraction | (normal as u64) << mantissa_bits,
            exponent: lowest + if normal { biased as i32 - 1 } else { 0 },
            uneven: biased > 1 && fraction == 0,
        }
    }
}

/// What `precision` and `min_digits` count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cutoff {
    /// All significant digits.
    Total,
    /// Digits after the decimal point.
    Fraction,
}

/// How many digits to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Stop where the value is told from its neighbours; otherwise at `most` or when nothing is left.
    pub(super) unique: bool,
    pub(super) cutoff: Cutoff,
    /// Digits at most, as `cutoff` counts them.
    pub(super) most: Option<usize>,
    /// Digits at least (only where `unique`).
    pub(super) least: Option<usize>,
}

/// The digits (ASCII) of `mantissa · 2^exponent` and the power of ten of the first of them.
pub(super) fn generate(
    mantissa: u64,
    exponent: i32,
    uneven: bool,
    demand: Demand,
) -> (Vec<u8>, i32) {
    if mantissa == 0 {
        return (vec![b'0'], 0);
    }
    // The value is `rest / scale`; `low` and `high` are half the distances to the neighbours, over the same scale.
    let spare = 1 + uneven as u32;
    let up = exponent.max(0) as u32;
    let down = (-exponent).max(0) as u32;
    let mut rest = Big::new(mantissa).shl(spare + up);
    let mut scale = Big::new(1).shl(spare + down);
    let mut low = Big::new(1).shl(up);

    // An estimate of the power of ten that is exact or one too low.
    let bits = 63 - mantissa.leading_zeros() as i32;
    let mut first = ((bits + exponent) as f64 * std::f64::consts::LOG10_2 - 0.69).ceil() as i32;
    if first > 0 {
        scale = scale.times_pow10(first as u32);
    } else {
        rest = rest.times_pow10(-first as u32);
        low = low.times_pow10(-first as u32);
    }
    let even = mantissa.is_multiple_of(2);
    let high_of = |low: &Big| if uneven { low.shl(1) } else { *low };
    if rest.compare(&scale) != Ordering::Less {
        scale = scale.times(10);
        first += 1;
    }
    // A number below the last digit wanted starts at that digit, where it rounds to 0 or 1.
    if let (Cutoff::Fraction, Some(most)) = (demand.cutoff, demand.most) {
        let lowest = 1i32.saturating_sub_unsigned(most.min(1 << 30) as u32);
        if first < lowest {
            scale = scale_up(&mut rest, &mut low, scale, lowest - first);
            first = lowest;
        }
    }
    let bound = |count: usize| match demand.cutoff {
        Cutoff::Total => first - count.min(1 << 30) as i32,
        Cutoff::Fraction => -(count.min(1 << 30) as i32),
    };
    let last = demand.most.map(bound);
    let earliest = demand.least.map_or(first, |n| bound(n).min(first));
    let leading = first - 1;

    let multiples = [scale.shl(3), scale.shl(2), scale.shl(1), scale];
    let mut at = leading;
    let mut digits = Vec::with_capacity(24);
    let (digit, below, above) = loop {
        rest = rest.times(10);
        // Neighbours a whole digit away stay so: their distance need not grow out of bounds.
        if demand.unique && low.compare(&scale) == Ordering::Less {
            low = low.times(10);
        }
        let mut digit = 0u8;
        for (i, multiple) in multiples.iter().enumerate() {
            if rest.compare(multiple) != Ordering::Less {
                rest.subtract(multiple);
                digit += 8 >> i;
            }
        }
        let (mut below, mut above) = (false, false);
        if demand.unique {
            let under = rest.compare(&low);
            below = under == Ordering::Less || (even && under == Ordering::Equal);
            let over = rest.plus(&high_of(&low)).compare(&scale);
            above = over == Ordering::Greater || (even && over == Ordering::Equal);
            if ((below || above) && at <= earliest) || last == Some(at) {
                break (digit, below, above);
            }
        } else if rest.is_zero() || last == Some(at) {
            break (digit, below, above);
        }
        digits.push(b'0' + digit);
        at -= 1;
    };
    let down = match below == above {
        false => below,
        true => match rest.shl(1).compare(&scale) {
            Ordering::Less => true,
            Ordering::Equal => digit.is_multiple_of(2),
            Ordering::Greater => false,
        },
    };
    if down || digit < 9 {
        digits.push(b'0' + digit + !down as u8);
        return (digits, leading);
    }
    while digits.last() == Some(&b'9') {
        digits.pop();
    }
    match digits.last_mut() {
        Some(digit) => {
            *digit += 1;
            (digits, leading)
        }
        None => (vec![b'1'], leading + 1),
    }
}

/// Divides the value by `10^power` in a way that never outgrows the capacity: what is far below the
/// last digit wanted only has to stay far below it.
fn scale_up(rest: &mut Big, low: &mut Big, scale: Big, power: i32) -> Big {
    let room = 19;
    if power > room {
        // A value below 10^-19 of the last digit: keep it positive and small.
        *rest = Big::new(1);
        *low = Big::new(1);
        return Big::new(1).times_pow10(40);
    }
    scale.times_pow10(power as u32)
}
