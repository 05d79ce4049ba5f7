//! Integer division, powers, divisors, bits and shifts. Everything wraps; division by zero gives 0.

use super::{BinaryOp, ops};

/// Division of integers that rounds towards zero, and what rounding down needs to know.
trait Divide: Copy + PartialEq {
    const ZERO: Self;
    /// `a / d` for `d` other than zero; the most negative number by −1 wraps.
    fn quotient(a: Self, d: Self) -> Self;
    /// `a - q * d`.
    fn rest(a: Self, q: Self, d: Self) -> Self;
    /// 1 for zero.
    fn divisor(b: Self) -> Self;
    /// Whether the quotient was rounded up: a rest whose sign is not the divisor's.
    fn rounded_up(rest: Self, d: Self) -> bool;
    /// `a + b` and `a - 1`, wrapping.
    fn plus(a: Self, b: Self) -> Self;
    fn minus_one(a: Self) -> Self;
}

macro_rules! divide {
    ($($t:ident ($a:ident, $d:ident) $quotient:expr, $up:expr;)+) => {$(
        impl Divide for $t {
            const ZERO: $t = 0;
            #[inline(always)]
            fn quotient($a: $t, $d: $t) -> $t {
                $quotient
            }
            #[inline(always)]
            fn rest(a: $t, q: $t, d: $t) -> $t {
                a.wrapping_sub(q.wrapping_mul(d))
            }
            #[inline(always)]
            fn divisor(b: $t) -> $t {
                if b == 0 { 1 } else { b }
            }
            #[inline(always)]
            fn rounded_up(rest: $t, d: $t) -> bool {
                let up: fn($t, $t) -> bool = $up;
                up(rest, d)
            }
            #[inline(always)]
            fn plus(a: $t, b: $t) -> $t {
                a.wrapping_add(b)
            }
            #[inline(always)]
            fn minus_one(a: $t) -> $t {
                a.wrapping_sub(1)
            }
        }
    )+};
}

/// Truncates a quotient that `i32` holds, or is 2^31, which wraps.
#[inline(always)]
fn truncated(x: f64) -> i32 {
    if x < 2147483648.0 {
        // SAFETY: |x| is at most 2^31, and 2^31 itself is excluded.
        unsafe { x.to_int_unchecked() }
    } else {
        i32::MIN
    }
}

// Up to 32 bits a floating-point division is faster than the integer one, for it vectorises, and exact: a
// quotient that is no integer is further from one than the rounding (1/a relative, against 2^-24 and 2^-53).
divide! {
    i8(a, d) (f32::from(a) / f32::from(d)) as i32 as i8, |r, d| (r != 0) & ((r ^ d) < 0);
    i16(a, d) (f32::from(a) / f32::from(d)) as i32 as i16, |r, d| (r != 0) & ((r ^ d) < 0);
    i32(a, d) truncated(f64::from(a) / f64::from(d)), |r, d| (r != 0) & ((r ^ d) < 0);
    i64(a, d) a.wrapping_div(d), |r, d| (r != 0) & ((r ^ d) < 0);
    u8(a, d) (f32::from(a) / f32::from(d)) as i32 as u8, |_, _| false;
    u16(a, d) (f32::from(a) / f32::from(d)) as i32 as u16, |_, _| false;
    u32(a, d) (f64::from(a) / f64::from(d)) as u32, |_, _| false;
    u64(a, d) a / d, |_, _| false;
}

macro_rules! divisions {
    ($($(#[$m:meta])* $name:ident |$q:ident, $r:ident, $up:ident, $d:ident| $e:expr;)+) => {$(
        $(#[$m])*
        pub(super) struct $name;
        impl<T: Divide> BinaryOp<T> for $name {
            type Out = T;
            const DIVIDES: bool = true;
            #[inline(always)]
            fn apply(a: T, b: T) -> T {
                let $d = T::divisor(b);
                let $q = T::quotient(a, $d);
                let $r = T::rest(a, $q, $d);
                let $up = || T::rounded_up($r, $d);
                let result = $e;
                if b == T::ZERO { T::ZERO } else { result }
            }
            #[inline(always)]
            fn divides_by_zero(b: T) -> bool {
                b == T::ZERO
            }
        }
    )+};
}

divisions! {
    /// The quotient rounded down.
    FloorDivide |q, r, up, d| if up() { T::minus_one(q) } else { q };
    /// The rest with the sign of the divisor.
    Remainder |q, r, up, d| if up() { T::plus(r, d) } else { r };
    /// The rest with the sign of the dividend.
    Fmod |q, r, _up, d| r;
}

macro_rules! signed_and_unsigned {
    ($($signed:ident $unsigned:ident,)+) => {$(
        ops! {
            @more
            Power {
                [$signed] |a, b| {
                    if b >= 0 {
                        return power(a, b as u64, 1, <$signed>::wrapping_mul);
                    }
                    // Above, a negative exponent is an error; here it is the truncated value.
                    match a {
                        1 => 1,
                        -1 if b & 1 == 0 => 1,
                        -1 => -1,
                        _ => 0,
                    }
                };
                [$unsigned] |a, b| power(a, u64::from(b), 1, <$unsigned>::wrapping_mul);
            }
            Gcd {
                [$signed] |a, b| gcd(a.unsigned_abs().into(), b.unsigned_abs().into()) as $signed;
                [$unsigned] |a, b| gcd(a.into(), b.into()) as $unsigned;
            }
            Lcm {
                [$signed] |a, b| lcm(a.unsigned_abs().into(), b.unsigned_abs().into()) as $signed;
                [$unsigned] |a, b| lcm(a.into(), b.into()) as $unsigned;
            }
            RightShift {
                // As unsigned, a negative distance is a huge one.
                [$signed] |a, b| a >> (b as $unsigned).min(<$signed>::BITS as $unsigned - 1);
                [$unsigned] |a, b| {
                    let in_range = b < <$unsigned>::BITS as $unsigned;
                    if in_range { a >> (b & (<$unsigned>::BITS as $unsigned - 1)) } else { 0 }
                };
            }
            LeftShift {
                [$unsigned] |a, b| {
                    let in_range = b < <$unsigned>::BITS as $unsigned;
                    if in_range { a << (b & (<$unsigned>::BITS as $unsigned - 1)) } else { 0 }
                };
            }
        }
    )+};
}

#[inline(always)]
fn power<T: Copy>(base: T, exponent: u64, one: T, mul: fn(T, T) -> T) -> T {
    let (mut result, mut square, mut left) = (one, base, exponent);
    while left != 0 {
        if left & 1 == 1 {
            result = mul(result, square);
        }
        square = mul(square, square);
        left >>= 1;
    }
    result
}

/// Stein's binary algorithm.
#[inline(always)]
fn gcd(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << shift
}

#[inline(always)]
fn lcm(a: u64, b: u64) -> u64 {
    match gcd(a, b) {
        0 => 0,
        common => (a / common).wrapping_mul(b),
    }
}

ops! {
    /// Bits in both.
    And {
        [u8, u16, u32, u64] |a, b| a & b;
    }
    /// Bits in either.
    Or {
        [u8, u16, u32, u64] |a, b| a | b;
    }
    /// Bits in one only.
    Xor {
        [u8, u16, u32, u64] |a, b| a ^ b;
    }
}
/// `a ** b`.
pub(super) struct Power;
/// Greatest common divisor.
pub(super) struct Gcd;
/// Least common multiple.
pub(super) struct Lcm;
/// `a << b`.
pub(super) struct LeftShift;
/// `a >> b`.
pub(super) struct RightShift;

signed_and_unsigned! {
    i8 u8,
    i16 u16,
    i32 u32,
    i64 u64,
}
