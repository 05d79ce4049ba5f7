//! Elementwise functions: what they come to for whole numbers, real numbers and complex ones.

use tnp_backend::prim::{Binary, Unary};
use tnp_backend::{Error, Result, Tensor, Warning, warn};
use tnp_dtype::{DType, Kind, Literal};

use crate::elements::read;
use crate::{complex, real};

/// A function of one array.
pub(crate) fn unary(op: Unary, x: &Tensor) -> Result<Vec<Literal>> {
    let one = |x: &Literal| unary_of(op, *x).ok_or_else(|| lacking(op.name(), x.dtype()));
    read(x)?.iter().map(one).collect()
}

/// A function of two arrays of one shape and dtype.
pub(crate) fn binary(op: Binary, x: &Tensor, y: &Tensor) -> Result<Vec<Literal>> {
    let (xs, ys) = (read(x)?, read(y)?);
    let divides = matches!(op, Binary::FloorDivide | Binary::Remainder | Binary::Fmod);
    if divides && ys.iter().any(|y| y.to_i128() == Some(0)) {
        warn(Warning::DivideByZero, op.name());
    }
    let pairs = xs.iter().zip(&ys);
    pairs
        .map(|(x, y)| binary_of(op, *x, *y).ok_or_else(|| lacking(op.name(), x.dtype())))
        .collect()
}

#[cold]
fn lacking(name: &str, dtype: DType) -> Error {
    Error::unsupported(format!("{name}: 'reference' has no kernel for {dtype}"))
}

/// The first where the condition holds, else the second.
pub(crate) fn select(condition: &Tensor, x: &Tensor, y: &Tensor) -> Result<Vec<Literal>> {
    let (condition, x, y) = (read(condition)?, read(x)?, read(y)?);
    let pairs = condition.iter().zip(x.into_iter().zip(y));
    Ok(pairs
        .map(|(condition, (x, y))| if condition.value::<bool>() { x } else { y })
        .collect())
}

/// Elements in another dtype.
pub(crate) fn cast(x: &Tensor, dtype: DType) -> Result<Vec<Literal>> {
    Ok(read(x)?.into_iter().map(|x| cast_of(x, dtype)).collect())
}

/// As `astype`: what is too large for an integer leaves what x86 processors leave, which is what NumPy shows there.
pub(crate) fn cast_of(x: Literal, dtype: DType) -> Literal {
    if x.dtype().is_inexact() && dtype.is_integer() {
        let x = x.to_f64();
        let narrow = dtype.itemsize() < 4 || dtype == DType::Int32;
        let bound = if narrow { 2f64.powi(31) } else { 2f64.powi(63) };
        return match x.trunc() {
            x if x >= -bound && x < bound => whole(x as i128, dtype),
            x if dtype == DType::UInt64 && x >= bound && x < 2.0 * bound => whole(x as i128, dtype),
            x if dtype == DType::UInt64 && x >= bound => whole(0, dtype),
            _ => whole(-(bound as i128), dtype),
        };
    }
    x.cast(dtype)
}

/// An integer or bool in its dtype: integers wrap, anything but zero is true.
fn whole(value: i128, dtype: DType) -> Literal {
    match dtype {
        DType::Bool => Literal::new(value != 0),
        _ => Literal::new(value as i64).cast(dtype),
    }
}

/// A function of one element, which has the dtype that inference says.
fn unary_of(op: Unary, x: Literal) -> Option<Literal> {
    let dtype = x.dtype();
    let result = op.output(dtype)?;
    match dtype.kind() {
        Kind::Bool | Kind::Unsigned | Kind::Signed => {
            Some(whole(whole_unary(op, x.to_i128()?)?, result))
        }
        Kind::Float => match op {
            Unary::SignBit => Some(Literal::new(x.to_f64().is_sign_negative())),
            _ => Some(Literal::new(real::unary(op, x.to_f64())?).cast(result)),
        },
        Kind::Complex => Some(Literal::new(complex::unary(op, x.to_c128())?).cast(result)),
    }
}

fn whole_unary(op: Unary, x: i128) -> Option<i128> {
    Some(match op {
        Unary::Negative => -x,
        Unary::Abs => x.abs(),
        Unary::Sign => x.signum(),
        Unary::Reciprocal => 1i128.checked_div(x).unwrap_or(0),
        Unary::SignBit => i128::from(x < 0),
        Unary::Conjugate => x,
        _ => return None,
    })
}

/// A function of two elements of one dtype.
pub(crate) fn binary_of(op: Binary, x: Literal, y: Literal) -> Option<Literal> {
    let dtype = x.dtype();
    let result = op.output(dtype)?;
    match dtype.kind() {
        Kind::Bool | Kind::Unsigned | Kind::Signed => {
            let (x, y) = (x.to_i128()?, y.to_i128()?);
            Some(whole(whole_binary(op, x, y, dtype)?, result))
        }
        Kind::Float => match op {
            Binary::Nextafter => Some(real::next_after(x, y)),
            Binary::Complex => {
                let pair = tnp_dtype::Complex::new(x.to_f64(), y.to_f64());
                Some(Literal::new(pair).cast(result))
            }
            Binary::Equal => Some(Literal::new(x.to_f64() == y.to_f64())),
            Binary::Less => Some(Literal::new(x.to_f64() < y.to_f64())),
            _ => {
                let value = real::binary(op, x.to_f64(), y.to_f64(), dtype)?;
                Some(Literal::new(value).cast(result))
            }
        },
        Kind::Complex => {
            let (x, y) = (x.to_c128(), y.to_c128());
            match op {
                Binary::Equal => Some(Literal::new(x == y)),
                Binary::Less => Some(Literal::new(complex::less(x, y))),
                _ => Some(Literal::new(complex::binary(op, x, y)?).cast(result)),
            }
        }
    }
}

fn whole_binary(op: Binary, x: i128, y: i128, dtype: DType) -> Option<i128> {
    let bits = 8 * dtype.itemsize() as i128;
    let in_range = (0..bits).contains(&y);
    Some(match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        // The low bits are right even where 128 bits are not enough.
        Binary::Multiply => x.wrapping_mul(y),
        Binary::FloorDivide if y == 0 => 0,
        Binary::FloorDivide => x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0),
        Binary::Remainder if y == 0 => 0,
        Binary::Remainder => {
            let rest = x % y;
            if rest != 0 && (rest < 0) != (y < 0) {
                rest + y
            } else {
                rest
            }
        }
        Binary::Fmod if y == 0 => 0,
        Binary::Fmod => x % y,
        Binary::Power => power(x, y),
        Binary::Maximum => x.max(y),
        Binary::Minimum => x.min(y),
        Binary::Gcd => gcd(x.abs(), y.abs()),
        Binary::BitwiseAnd => x & y,
        Binary::BitwiseOr => x | y,
        Binary::BitwiseXor => x ^ y,
        Binary::LeftShift if in_range => x << y,
        Binary::LeftShift => 0,
        Binary::RightShift if in_range => x >> y,
        Binary::RightShift => x >> 127,
        Binary::Equal => i128::from(x == y),
        Binary::Less => i128::from(x < y),
        _ => return None,
    })
}

/// By squaring; a negative exponent, which is an error where it can be seen, gives the truncated value.
fn power(base: i128, exponent: i128) -> i128 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 if exponent % 2 == 0 => 1,
            -1 => -1,
            _ => 0,
        };
    }
    let (mut result, mut square, mut left) = (1i128, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result = result.wrapping_mul(square);
        }
        square = square.wrapping_mul(square);
        left >>= 1;
    }
    result
}

/// Euclid's algorithm.
fn gcd(x: i128, y: i128) -> i128 {
    if y == 0 { x } else { gcd(y, x % y) }
}
