//! Elementwise functions of two numbers in registers.

use std::f64::consts::{LN_2, LOG2_E};

use tnp_backend::prim::Binary;
use tnp_dtype::DType;

use crate::cast::number;
use crate::code::{BOOL, F32, F64, U32, U64, V, cell, float, int, target, when, while_};
use crate::complex;
use crate::math;
use crate::types::{
    Val, copysign, float_bits, is_finite, is_inf, is_nan, is_negative, is_zero, magnitude, narrow,
};
use crate::unary::{EXP, EXP2, Elementary, LOG1P};

/// Whether a device that holds the dtype has code for the function.
pub(crate) fn supports(op: Binary, dtype: DType, native: bool, float64: bool) -> bool {
    if op.output(dtype).is_none() {
        return false;
    }
    let elementary = match op {
        Binary::Power | Binary::Arctan2 | Binary::Logaddexp | Binary::Logaddexp2 => true,
        Binary::Hypot => !native,
        Binary::Add
        | Binary::Subtract
        | Binary::Multiply
        | Binary::Divide
        | Binary::FloorDivide
        | Binary::Remainder
        | Binary::Fmod
        | Binary::Maximum
        | Binary::Minimum
        | Binary::Fmax
        | Binary::Fmin
        | Binary::Copysign
        | Binary::Nextafter
        | Binary::Gcd
        | Binary::Lcm
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor
        | Binary::LeftShift
        | Binary::RightShift
        | Binary::Equal
        | Binary::NotEqual
        | Binary::Less
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual
        | Binary::Complex => false,
    };
    !(elementary && dtype.is_inexact()) || float64
}

/// Applies a function to two numbers of a dtype.
pub(crate) fn binary(op: Binary, dtype: DType, x: Val, y: Val) -> Val {
    if op == Binary::Complex {
        return Val::Two(x.one(), y.one());
    }
    if dtype.is_complex() {
        return complex::binary(op, x, y);
    }
    let (x, y) = (x.one(), y.one());
    if let Some(result) = comparison(op, x, y) {
        return Val::One(result);
    }
    let result = match dtype {
        DType::Bool => return Val::One(of_bool(op, x, y)),
        _ if dtype.is_float() => of_float(op, dtype, x, y),
        _ => of_integer(op, dtype, x, y),
    };
    Val::One(narrow(dtype, result))
}

fn comparison(op: Binary, x: V, y: V) -> Option<V> {
    let (x, y) = match x.elem() {
        BOOL => (number(x, U32), number(y, U32)),
        _ => (x, y),
    };
    let held = |truth: V| match x.is_float() {
        // An order that the target's compiler may turn round, as if there were no NaN.
        true => truth.and(is_nan(x).or(is_nan(y)).not()),
        false => truth,
    };
    Some(match op {
        Binary::Equal => held(x.eq(y)),
        Binary::NotEqual => held(x.eq(y)).not(),
        Binary::Less => held(x.lt(y)),
        Binary::LessEqual => held(x.le(y)),
        Binary::Greater => held(x.gt(y)),
        Binary::GreaterEqual => held(x.ge(y)),
        _ => return None,
    })
}

fn of_bool(op: Binary, x: V, y: V) -> V {
    match op {
        Binary::Add | Binary::Maximum | Binary::Fmax | Binary::BitwiseOr => x.or(y),
        Binary::BitwiseXor => x.xor(y),
        _ => x.and(y),
    }
}

fn of_integer(op: Binary, dtype: DType, x: V, y: V) -> V {
    let bits = 8 * dtype.itemsize() as u32;
    match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod => division(op, x, y),
        Binary::Power => integer_power(x, y),
        Binary::Maximum | Binary::Fmax => x.gt(y).select(x, y),
        Binary::Minimum | Binary::Fmin => x.lt(y).select(x, y),
        Binary::Gcd => gcd(x, y),
        Binary::Lcm => {
            let (a, b) = (absolute(x), absolute(y));
            let divisor = unsigned_gcd(a, b);
            let none = divisor.eq(0);
            let product = a / none.select(divisor.like(1), divisor) * b;
            none.select(divisor.like(0), product).cast(x.elem())
        }
        Binary::BitwiseAnd => x.and(y),
        Binary::BitwiseOr => x.or(y),
        Binary::BitwiseXor => x.xor(y),
        Binary::LeftShift => {
            let inside = in_range(y, bits);
            inside.select(x.shl(inside.select(y, 0)), 0)
        }
        Binary::RightShift if x.is_signed() => {
            let by = in_range(y, bits).select(y, y.like(bits - 1));
            x.shr(by)
        }
        Binary::RightShift => {
            let inside = in_range(y, bits);
            inside.select(x.shr(inside.select(y, 0)), 0)
        }
        _ => x,
    }
}

/// A distance from 0 to `bits - 1`.
fn in_range(by: V, bits: u32) -> V {
    match by.is_signed() {
        true => by.ge(0).and(by.lt(bits)),
        false => by.lt(bits),
    }
}

/// Quotients and rests; by zero they are 0.
fn division(op: Binary, x: V, y: V) -> V {
    let zero = y.eq(0);
    if !x.is_signed() {
        let d = zero.select(y.like(1), y);
        let q = x / d;
        let result = if op == Binary::FloorDivide {
            q
        } else {
            x - q * d
        };
        return zero.select(result.like(0), result);
    }
    // Processors trap where the quotient does not fit; by -1 it is the negative.
    let unit = y.eq(-1);
    let d = zero.or(unit).select(y.like(1), y);
    let q = x / d;
    let q = unit.select(-x, q);
    let d = unit.select(y, d);
    let rest = x - q * d;
    let up = rest.ne(0).and(rest.xor(d).lt(0));
    let result = match op {
        Binary::FloorDivide => up.select(q - 1, q),
        Binary::Remainder => up.select(rest + d, rest),
        _ => rest,
    };
    zero.select(result.like(0), result)
}

/// By squaring, wrapping. A negative exponent is an error above; here it gives the truncated value.
fn integer_power(x: V, y: V) -> V {
    let result = cell(x.like(1));
    let square = cell(x);
    let negative = if y.is_signed() {
        y.lt(0)
    } else {
        crate::code::truth(false)
    };
    let left = cell(negative.select(y.like(0), y));
    while_(
        || left.get().ne(0),
        || {
            let now = left.get();
            let product = result.get() * square.get();
            result.set(now.and(1).ne(0).select(product, result.get()));
            square.set(square.get() * square.get());
            left.set(now.shr(1));
        },
    );
    let power = result.get();
    if !y.is_signed() {
        return power;
    }
    let odd = y.and(1).ne(0);
    let alternating = odd.select(x.like(-1), x.like(1));
    let inverse = x
        .eq(1)
        .select(x.like(1), x.eq(-1).select(alternating, x.like(0)));
    negative.select(inverse, power)
}

fn unsigned_type(x: V) -> cubecl::ir::ElemType {
    if x.width() == 64 { U64 } else { U32 }
}

fn absolute(x: V) -> V {
    let to = unsigned_type(x);
    if !x.is_signed() {
        return x;
    }
    x.lt(0).select(-x, x).cast(to)
}

fn gcd(x: V, y: V) -> V {
    unsigned_gcd(absolute(x), absolute(y)).cast(x.elem())
}

/// Euclid's algorithm.
fn unsigned_gcd(x: V, y: V) -> V {
    let (a, b) = (cell(x), cell(y));
    while_(
        || b.get().ne(0),
        || {
            let (x, y) = (a.get(), b.get());
            a.set(y);
            b.set(x - x / y * y);
        },
    );
    a.get()
}

fn of_float(op: Binary, dtype: DType, x: V, y: V) -> V {
    match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod => float_division(op, x, y),
        Binary::Power => wide(x, y, power),
        Binary::Maximum => is_nan(x).or(x.gt(y).and(is_nan(y).not())).select(x, y),
        Binary::Minimum => is_nan(x).or(x.lt(y).and(is_nan(y).not())).select(x, y),
        Binary::Fmax => is_nan(y).or(x.gt(y).and(is_nan(x).not())).select(x, y),
        Binary::Fmin => is_nan(y).or(x.lt(y).and(is_nan(x).not())).select(x, y),
        Binary::Arctan2 => wide(x, y, math::arctan2),
        Binary::Hypot => wide(x, y, hypot),
        Binary::Logaddexp => log_sum(x, y, LN_2, EXP, 1.0),
        Binary::Logaddexp2 => log_sum(x, y, 1.0, EXP2, LOG2_E),
        Binary::Copysign => copysign(x, y),
        Binary::Nextafter => nextafter(dtype, x, y),
        _ => x,
    }
}

/// Computed in float64, rounded once.
fn wide(x: V, y: V, f: impl Fn(V, V) -> V) -> V {
    f(x.cast(F64), y.cast(F64)).cast(x.elem())
}

/// `√(x² + y²)` without undue overflow or underflow.
pub(crate) fn hypot(x: V, y: V) -> V {
    let (a, b) = (magnitude(x), magnitude(y));
    let large = a.gt(b).select(a, b);
    let (top, bottom) = (large.gt(1e150), large.lt(1e-140));
    let (down_by, up_by) = (2f64.powi(-600), 2f64.powi(600));
    let one = float(1.0, F64);
    let down = top.select(float(down_by, F64), bottom.select(float(up_by, F64), one));
    let up = top.select(float(up_by, F64), bottom.select(float(down_by, F64), one));
    let (p, q) = (a * down, b * down);
    let length = (p * p + q * q).sqrt() * up;
    let length = is_nan(x).or(is_nan(y)).select(float(f64::NAN, F64), length);
    is_inf(x)
        .or(is_inf(y))
        .select(float(f64::INFINITY, F64), length)
}

/// `log(e^x + e^y)` around the larger argument, for a base.
fn log_sum(x: V, y: V, same: f64, exp: Elementary, scale: f64) -> V {
    let gap = x - y;
    let up = gap.gt(0.0);
    let (large, size) = (up.select(x, y), magnitude(gap));
    let power = exp.at(-size);
    let rest = LOG1P.at(power) * scale;
    let sum = is_nan(gap).select(gap, large + rest);
    x.eq(y).select(x + same, sum)
}

/// `x ** y`: `2^(y log2 x)`, the logarithm and the product in twice the precision.
fn power(x: V, y: V) -> V {
    if target().native {
        return x.powf(y);
    }
    math::power(x, y)
}

/// The exact remainder of C's `fmod`: long division by bits, of integers.
fn fmod(x: V, y: V) -> V {
    let (a, b) = (magnitude(x), magnitude(y));
    let double = x.elem() == F64;
    let (mantissa_bits, exponent_mask) = if double { (52, 0x7ff) } else { (23, 0xff) };
    let hidden = 1i128 << mantissa_bits;
    let part = |z: V| {
        let bits = float_bits(z);
        let exponent = bits.shr(mantissa_bits as u32).and(exponent_mask as i128);
        let fraction = bits.and(hidden - 1);
        let normal = exponent.ne(0);
        (
            normal.select(exponent, exponent.like(1)),
            normal.select(fraction.or(hidden), fraction),
        )
    };
    let good = is_finite(x).and(is_nan(y).not()).and(is_zero(y).not());
    let reduce = good.and(is_finite(y)).and(a.ge(b));
    let result = cell(a);
    when(reduce, || {
        let ((ea, ma), (eb, mb)) = (part(a), part(b));
        let (rest, left) = (cell(ma), cell(ea - eb));
        let once = |rest: crate::code::Cell| {
            let now = rest.get();
            rest.set(now.ge(mb).select(now - mb, now));
        };
        once(rest);
        while_(
            || left.get().ne(0).and(rest.get().ne(0)),
            || {
                rest.set(rest.get().shl(1));
                once(rest);
                left.set(left.get() - 1);
            },
        );
        // Up to the hidden bit again, as far as the exponent lasts.
        let exponent = cell(eb);
        while_(
            || {
                rest.get()
                    .ne(0)
                    .and(rest.get().lt(hidden))
                    .and(exponent.get().gt(1))
            },
            || {
                rest.set(rest.get().shl(1));
                exponent.set(exponent.get() - 1);
            },
        );
        let (mantissa, exponent) = (rest.get(), exponent.get());
        let normal = mantissa.ge(hidden);
        let bits = normal.select(
            (mantissa - hidden).or(exponent.shl(mantissa_bits as u32)),
            mantissa,
        );
        result.set(bits.bits(x.elem()));
    });
    good.select(copysign(result.get(), x), float(f64::NAN, x.elem()))
}

fn float_division(op: Binary, x: V, y: V) -> V {
    let rest = fmod(x, y);
    if op == Binary::Fmod {
        return rest;
    }
    let zero = is_zero(y);
    let other_sign = y.lt(0.0).xor(rest.lt(0.0)).and(is_nan(rest).not());
    if op == Binary::Remainder {
        let shifted = other_sign.select(rest + y, rest);
        let signed = is_zero(rest).select(copysign(rest.like(0.0), y), shifted);
        return zero.select(rest, signed);
    }
    let q = (x - rest) / y;
    let down = is_zero(rest).not().and(other_sign);
    let q = down.select(q - 1.0, q);
    let floor = q.floor();
    let nearest = (q - floor).gt(0.5).select(floor + 1.0, floor);
    let nearest = is_finite(q).select(nearest, q);
    let over = x / y;
    let result = is_zero(q).select(copysign(q.like(0.0), over), nearest);
    zero.select(over, result)
}

/// The next value of the dtype from `x` towards `y`.
fn nextafter(dtype: DType, x: V, y: V) -> V {
    // Neighbours of a 16-bit float are that many float32 patterns apart.
    let (a, b) = (float_bits(x), float_bits(y));
    let sign = 1i128 << (x.width() - 1);
    let (step, least) = match dtype {
        DType::BFloat16 => (1i128 << 16, 1i128 << 16),
        _ => (1, 1),
    };
    let same_sign = a.and(sign).eq(b.and(sign));
    let shrink = same_sign.not().or(a.and(sign - 1).gt(b.and(sign - 1)));
    let moved = match dtype {
        DType::Float16 => return half_neighbour(x, y),
        _ => shrink.select(a - step, a + step),
    };
    let from_zero = b.and(sign).or(least);
    let next = is_zero(x).select(from_zero, moved).bits(x.elem());
    let equal = x.eq(y);
    // Equal arguments give the second.
    let next = equal.select(y, next);
    is_nan(x)
        .or(is_nan(y))
        .select(float(f64::NAN, x.elem()), next)
}

/// In float16 the spacing depends on the exponent: step by one unit in the last place.
fn half_neighbour(x: V, y: V) -> V {
    let a = magnitude(x);
    let exponent = float_bits(a).shr(23);
    let normal = exponent.ge(113u32);
    let spacing = normal
        .select(
            (exponent.max(113u32) - 10u32).shl(23),
            int((103u32 << 23) as i128, U32),
        )
        .bits(F32);
    let shrink = is_negative(x).xor(is_negative(y)).or(a.gt(magnitude(y)));
    // Below a power of two the spacing is half as large.
    let at_power = float_bits(a).and(0x7f_ffff).eq(0).and(exponent.gt(113u32));
    let down = a - at_power.select(spacing * 0.5, spacing);
    let infinite = is_inf(x);
    let down = infinite.select(float(65504.0, F32), down);
    let up = a + spacing;
    let up = up.gt(65504.0).select(float(f64::INFINITY, F32), up);
    let moved = copysign(shrink.select(down, up), x);
    let from_zero = copysign(float(5.960464477539063e-08, F32), y);
    let next = is_zero(x).select(from_zero, moved);
    let next = x.eq(y).select(x, next);
    is_nan(x).or(is_nan(y)).select(float(f64::NAN, F32), next)
}
