//! `arange`: numbers by a step, rounded as NumPy rounds them.

use tnp_backend::prim::{AxisIndex, Binary, Prim, ScatterOp, SliceSpec};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, Scalar, TypeInfo, TypeOrScalar, bf16, c64, c128, f16};
use tnp_shape::Dims;

use crate::bind::bind1;
use crate::manipulate::stretch;
use crate::{Array, Operand};

/// One part of what [`arange`] takes: a number, or, last, the dtype.
#[derive(Clone, Copy, Debug)]
pub enum RangePart {
    /// Start, stop or step.
    Number(Scalar),
    /// The dtype of the result.
    DType(DType),
}

impl From<DType> for RangePart {
    fn from(dtype: DType) -> RangePart {
        RangePart::DType(dtype)
    }
}

impl From<Scalar> for RangePart {
    fn from(scalar: Scalar) -> RangePart {
        RangePart::Number(scalar)
    }
}

/// What [`arange`] counts: `6`, `(1, 7)`, `(0.0, 1.0, 0.1)`, `1..7`, and a dtype behind: `(6, Float32)`.
#[derive(Clone, Debug)]
pub struct ArangeArgs(Vec<RangePart>);

macro_rules! range_numbers {
    ($($t:ty),*) => {$(
        impl From<$t> for RangePart {
            fn from(number: $t) -> RangePart {
                RangePart::Number(Scalar::from(number))
            }
        }
        impl From<std::ops::Range<$t>> for ArangeArgs {
            fn from(range: std::ops::Range<$t>) -> ArangeArgs {
                ArangeArgs(vec![range.start.into(), range.end.into()])
            }
        }
        impl From<std::ops::RangeTo<$t>> for ArangeArgs {
            fn from(range: std::ops::RangeTo<$t>) -> ArangeArgs {
                ArangeArgs(vec![range.end.into()])
            }
        }
    )*};
}
range_numbers!(
    bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f16, bf16, f32, f64, c64,
    c128
);

impl<T: Into<RangePart>> From<T> for ArangeArgs {
    fn from(stop: T) -> ArangeArgs {
        ArangeArgs(vec![stop.into()])
    }
}

macro_rules! range_tuples {
    ($(($($t:ident $i:tt),+))*) => {$(
        impl<$($t: Into<RangePart>),+> From<($($t,)+)> for ArangeArgs {
            fn from(parts: ($($t,)+)) -> ArangeArgs {
                ArangeArgs(vec![$(parts.$i.into()),+])
            }
        }
    )*};
}
range_tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }

/// Numbers from `start` (0 unless given) up to but not including `stop`, by `step` (1 unless given).
///
/// int64 when all are integers, else float64 (complex128), unless a dtype is given last. As in NumPy there are
/// `ceil((stop - start) / step)` of them, and element `i` is `start + i * d` with the `d` that the first two elements, rounded
/// to the dtype, differ by. With a broken step prefer [`linspace`](super::space::linspace): whether `stop` is reached hangs on rounding.
///
/// # Errors
/// For a step of zero, a length that cannot be computed or is too big, and numbers the dtype cannot hold.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, arange};
/// assert_eq!(arange(4)?.to_vec::<i64>()?, [0, 1, 2, 3]);
/// assert_eq!(arange((5, 1, -2))?.to_vec::<i64>()?, [5, 3]);
/// assert_eq!(arange((0.0, 1.0, 0.25))?.to_vec::<f64>()?, [0.0, 0.25, 0.5, 0.75]);
/// assert_eq!(arange((1, 3, DType::Float32))?.to_vec::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.arange.html>
pub fn arange(range: impl Into<ArangeArgs>) -> Result<Array> {
    counted(&range.into().0).map_err(|error| error.in_op("arange"))
}

fn counted(parts: &[RangePart]) -> Result<Array> {
    let mut numbers: Vec<Scalar> = Vec::new();
    let mut dtype = None;
    for part in parts {
        match *part {
            RangePart::Number(number) if dtype.is_none() => numbers.push(number),
            RangePart::DType(given) if dtype.is_none() && !numbers.is_empty() => {
                dtype = Some(given);
            }
            _ => {
                return Err(Error::dtype(
                    "the numbers come first, then at most one dtype",
                ));
            }
        }
    }
    let (start, stop, step) = match numbers[..] {
        [stop] => (Scalar::Int(0), stop, Scalar::Int(1)),
        [start, stop] => (start, stop, Scalar::Int(1)),
        [start, stop, step] => (start, stop, step),
        _ => return Err(Error::dtype("takes one to three numbers")),
    };
    let len = range_length(start, stop, step)?;
    let info = match dtype {
        Some(dtype) => TypeInfo::strong(dtype),
        None => range_type(&numbers)?,
    };
    let first = start.to_literal(info.dtype)?;
    let second = sum(start, step);
    let second = if len < 2 {
        first
    } else {
        second.to_literal(info.dtype)?
    };
    Ok(progression(first, second, len)?.with_weak(info.weak))
}

/// What the numbers meet at; truth values count as integers.
fn range_type(numbers: &[Scalar]) -> Result<TypeInfo> {
    let number = |&scalar: &Scalar| match scalar {
        Scalar::Bool(x) => TypeOrScalar::from(Scalar::Int(x.into())),
        other => other.into(),
    };
    let numbers: Vec<TypeOrScalar> = numbers.iter().map(number).collect();
    match numbers[..] {
        [TypeOrScalar::Scalar(one)] => Ok(one.type_info()),
        _ => Ok(tnp_dtype::result_type("arange", &numbers)?),
    }
}

fn exact(scalar: Scalar) -> Option<i128> {
    match scalar {
        Scalar::Bool(x) => Some(x.into()),
        Scalar::Int(x) => Some(x),
        Scalar::Huge(_) | Scalar::Float(_) | Scalar::Complex(_) => None,
    }
}

fn complex(scalar: Scalar) -> c128 {
    match scalar {
        Scalar::Bool(x) => c128::new(x.into(), 0.0),
        Scalar::Int(x) => c128::new(x as f64, 0.0),
        Scalar::Huge(x) => c128::new(x as f64, 0.0),
        Scalar::Float(x) => c128::new(x, 0.0),
        Scalar::Complex(z) => z,
    }
}

pub(super) fn is_complex(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Complex(_))
}

fn sum(x: Scalar, y: Scalar) -> Scalar {
    match (exact(x), exact(y)) {
        (Some(x), Some(y)) => Scalar::Int(x.saturating_add(y)),
        _ if is_complex(x) || is_complex(y) => Scalar::Complex(complex(x) + complex(y)),
        _ => Scalar::Float(complex(x).re + complex(y).re),
    }
}

/// `ceil((stop - start) / step)`, exactly for integers.
fn range_length(start: Scalar, stop: Scalar, step: Scalar) -> Result<usize> {
    let too_big = || Error::value("Maximum allowed size exceeded");
    if let (Some(start), Some(stop), Some(step)) = (exact(start), exact(stop), exact(step)) {
        if step == 0 {
            return Err(Error::zero_division("division by zero: the step is 0"));
        }
        let distance = stop.checked_sub(start).ok_or_else(too_big)?;
        let (distance, step) = if step < 0 {
            (-distance, -step)
        } else {
            (distance, step)
        };
        let len = if distance <= 0 {
            0
        } else {
            (distance - 1) / step + 1
        };
        return usize::try_from(len).map_err(|_| too_big());
    }
    let (low, high, step) = (complex(start), complex(stop), complex(step));
    if step == c128::new(0.0, 0.0) {
        return Err(Error::zero_division(
            "float division by zero: the step is 0",
        ));
    }
    let parts = if is_complex(start) || is_complex(stop) || step.im != 0.0 {
        let ratio = (high - low) / step;
        [ratio.re, ratio.im].map(|part| (part, part))
    } else {
        let distance = high.re - low.re;
        let ratio = distance / step.re;
        [(ratio, distance * step.re.signum()); 2]
    };
    let mut len = usize::MAX;
    for (ratio, distance) in parts {
        if ratio.is_nan() {
            return Err(Error::value(
                "cannot compute length: the range has a NaN or is infinite",
            ));
        }
        // A quotient that underflows still reaches past the start.
        let part = if ratio == 0.0 && distance > 0.0 {
            1.0
        } else {
            ratio.ceil()
        };
        if part >= isize::MAX as f64 {
            return Err(too_big());
        }
        len = len.min(part.max(0.0) as usize);
    }
    Ok(len)
}

/// `len` numbers whose first two are given; the rest go on by the difference of these, in the dtype's own arithmetic.
fn progression(first: Literal, second: Literal, len: usize) -> Result<Array> {
    let dtype = first.dtype();
    let shape = Dims::from_slice(&[len]);
    if len <= 1 {
        return bind1(
            &Prim::Full {
                shape,
                value: first,
            },
            &mut [],
        );
    }
    if dtype.is_bool() {
        if len > 2 {
            return Err(Error::dtype(
                "arange() is only supported for booleans when the result has at most length 2.",
            ));
        }
        return Array::from_slice(&[first.value::<bool>(), second.value::<bool>()], &[2]);
    }
    // 16-bit floats count in float32, as NumPy's fill functions do, and round once.
    let wide = match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        dtype => dtype,
    };
    let (start, next) = (first.cast(wide), second.cast(wide));
    let delta = literal_op(Binary::Subtract, next, start)?;
    let counter = if wide.is_complex() { wide.real() } else { wide };
    let iota = Prim::Iota {
        shape: shape.clone(),
        dtype: counter,
        axis: 0,
    };
    let mut y = bind1(&iota, &mut [])?;
    if counter != wide {
        y = bind1(&Prim::Cast { dtype: wide }, &mut [Operand::Owned(y)])?;
    }
    let all = |value| {
        bind1(
            &Prim::Full {
                shape: Dims::new(),
                value,
            },
            &mut [],
        )
    };
    if delta != Literal::one(wide) {
        let delta = stretch("arange", Operand::Owned(all(delta)?), &shape)?;
        y = bind1(
            &Prim::Binary(Binary::Multiply),
            &mut [Operand::Owned(y), delta],
        )?;
    }
    if start != Literal::zero(wide) {
        let start = stretch("arange", Operand::Owned(all(start)?), &shape)?;
        y = bind1(&Prim::Binary(Binary::Add), &mut [start, Operand::Owned(y)])?;
    }
    if wide != dtype {
        y = bind1(&Prim::Cast { dtype }, &mut [Operand::Owned(y)])?;
    }
    // The first two stand as they are given, also where start + 1 * delta rounds to another number.
    if dtype.is_integer() {
        return Ok(y);
    }
    let reached = literal_op(
        Binary::Add,
        start,
        literal_op(Binary::Multiply, Literal::one(wide), delta)?,
    )?;
    if reached.cast(dtype) != second || start.to_f64() == 0.0 || !delta.is_finite() {
        for (at, value) in [(0, first), (1, second)] {
            let value = bind1(
                &Prim::Full {
                    shape: Dims::from_slice(&[1]),
                    value,
                },
                &mut [],
            )?;
            y = replaced(y, 0, at, value)?;
        }
    }
    Ok(y)
}

/// Arithmetic on two numbers, by the kernels of the device: the same rounding as the array's.
fn literal_op(op: Binary, x: Literal, y: Literal) -> Result<Literal> {
    // Known numbers need no transformation: they stay numbers.
    let number = |value: Literal| Array::from_bytes(value.as_bytes(), &[], value.dtype());
    let (x, y) = (number(x)?, number(y)?);
    let args = [
        tnp_backend::Arg::borrowed(x.tensor()?),
        tnp_backend::Arg::borrowed(y.tensor()?),
    ];
    let result = tnp_backend::run(x.device()?, &Prim::Binary(op), &args)?;
    tnp_backend::scalar(&result[0])
}

/// The array with one position of an axis replaced.
pub(super) fn replaced(x: Array, axis: usize, at: usize, value: Array) -> Result<Array> {
    let weak = x.is_weak();
    let spec = |(along, &dim)| {
        AxisIndex::Slice(if along == axis {
            SliceSpec {
                start: at,
                len: 1,
                step: 1,
            }
        } else {
            SliceSpec::full(dim)
        })
    };
    let scatter = Prim::Scatter {
        op: ScatterOp::Set,
        axes: x.shape().iter().enumerate().map(spec).collect(),
        index_axes_at: 0,
    };
    Ok(bind1(&scatter, &mut [Operand::Owned(x), Operand::Owned(value)])?.with_weak(weak))
}
