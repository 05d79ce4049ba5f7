//! Conversions between dtypes: NumPy's `astype` on x86-64, as the CPU backend keeps it.

use tnp_dtype::DType;

use crate::code::{BOOL, F32, F64, I32, I64, U32, U64, V, float, int};
use crate::types::{Val, is_nan, is_zero, narrow, negate, register};

/// Converts a number.
pub(crate) fn cast(from: DType, to: DType, x: Val) -> Val {
    if from == to {
        return x;
    }
    if to.is_bool() {
        return Val::One(match x {
            Val::One(x) => is_zero(x).not(),
            Val::Two(re, im) => is_zero(re).not().or(is_zero(im).not()),
        });
    }
    if to.is_complex() {
        let (re, im) = match x {
            Val::Two(re, im) => (re, im),
            Val::One(x) => {
                let re = real(from, to.real(), x);
                (re, re.like(0))
            }
        };
        let elem = register(to);
        return Val::Two(re.cast(elem), im.cast(elem));
    }
    Val::One(real(from.real(), to, x.one()))
}

/// Converts a real number.
fn real(from: DType, to: DType, x: V) -> V {
    let elem = register(to);
    if from.is_bool() {
        return x.select(int(1, elem), 0);
    }
    if !from.is_float() {
        // Integers keep their low bits; to 16-bit floats they go through float32.
        return narrow(to, x.cast(elem));
    }
    if to == DType::Float16 && x.elem() == F64 {
        return narrow(to, round_to_odd(x));
    }
    if to.is_float() {
        return narrow(to, x.cast(elem));
    }
    let whole = match to {
        DType::UInt32 => truncate(x, I64).cast(U32),
        DType::Int64 => truncate(x, I64),
        DType::UInt64 => unsigned(x),
        _ => truncate(x, I32).cast(elem),
    };
    narrow(to, whole)
}

/// The integer part; the smallest integer for whatever does not fit, as x86 has it.
fn truncate(x: V, to: cubecl::ir::ElemType) -> V {
    let (bound, least) = match to {
        I64 => (9223372036854775808.0, i64::MIN as i128),
        _ => (2147483648.0, i32::MIN as i128),
    };
    let low = match (to, x.elem()) {
        (I32, F64) => x.gt(-2147483649.0),
        _ => x.ge(-bound),
    };
    let fits = low.and(x.lt(bound)).and(is_nan(x).not());
    let safe = fits.select(x, 0.0);
    fits.select(safe.cast(to), int(least, to))
}

fn unsigned(x: V) -> V {
    let half = 9223372036854775808.0;
    let high = x.ge(half).and(is_nan(x).not());
    let low = truncate(x, I64).cast(U64);
    let shifted = truncate(x - half, I64).cast(U64).xor(1i128 << 63);
    high.select(shifted, low)
}

/// float64 as the float32 whose last bit says that something was cut off: a second rounding is then exact.
fn round_to_odd(x: V) -> V {
    let nearest = x.cast(F32);
    let back = nearest.cast(F64);
    let past = magnitude_greater(back, x);
    let inexact = back.ne(x).and(is_nan(x).not());
    let bits = nearest.bits(U32) - past.select(int(1, U32), 0);
    inexact.select(bits.or(1), bits).bits(F32)
}

fn magnitude_greater(a: V, b: V) -> V {
    let zero = float(0.0, a.elem());
    let a = a.lt(zero).select(negate(a), a);
    let b = b.lt(zero).select(negate(b), b);
    a.gt(b)
}

/// A truth value as a number of a register type.
pub(crate) fn number(x: V, elem: cubecl::ir::ElemType) -> V {
    if x.elem() == BOOL && elem != BOOL {
        return x.select(int(1, elem), 0);
    }
    x.cast(elem)
}
