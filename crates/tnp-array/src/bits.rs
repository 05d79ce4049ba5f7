//! Parts of numbers: fraction and exponent, spacing, bits; and partial sorts.

use tnp_backend::prim::{Binary, Prim};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, UnaryRule};
use tnp_shape::Dims;

use crate::args::{Axis, Maybe};
use crate::bind::bind1;
use crate::elementwise::{finish, promoted, two};
use crate::promote::{array_near, constant};
use crate::views::{flat, reshaped, span};
use crate::{Array, Operand, Sorting};

/// The fractional and the whole part of each element, both with its sign; in floating point.
///
/// # Errors
/// For complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::modf;
/// let (fraction, whole) = modf([0.0, 3.5, -0.5])?;
/// assert_eq!(fraction.to_vec::<f64>()?, [0.0, 0.5, -0.5]);
/// assert_eq!(whole.to_vec::<f64>()?, [0.0, 3.0, 0.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.modf.html>
pub fn modf<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    fn body(x: Operand<'_>) -> Result<(Array, Array)> {
        let (x, info) = promoted("modf", UnaryRule::RealFloat, x)?;
        let x = x.into_array()?;
        let whole = crate::trunc(&x)?;
        let rest = crate::subtract(&x, &whole)?;
        let rest = crate::where_(crate::isinf(&x)?, 0, rest)?;
        let fraction = crate::where_(crate::equal(&rest, 0)?, crate::copysign(0, &x)?, rest)?;
        Ok((finish(fraction, info)?, finish(whole, info)?))
    }
    body(x.into()).map_err(|error| error.in_op("modf"))
}

/// The distance of each element to the next one of larger magnitude, with its sign (for float16, as in NumPy, to the next larger one); in floating point.
///
/// # Errors
/// For complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::spacing;
/// assert_eq!(spacing(1.0)?.item::<f64>()?, f64::EPSILON);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.spacing.html>
pub fn spacing<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    fn body(x: Operand<'_>) -> Result<Array> {
        let (x, info) = promoted("spacing", UnaryRule::RealFloat, x)?;
        let x = x.into_array()?;
        // NumPy looks upwards from negative float16 too.
        let below = match x.dtype() {
            DType::Float16 => f64::INFINITY,
            _ => f64::NEG_INFINITY,
        };
        let infinite = crate::where_(crate::less(&x, 0)?, below, f64::INFINITY)?;
        let next = two(
            Binary::Nextafter,
            Operand::Borrowed(&x),
            Operand::Owned(infinite.astype(x.dtype())?),
        )?;
        let distance = crate::subtract(next, &x)?;
        let distance = crate::where_(crate::isinf(&x)?, f64::NAN, distance)?;
        finish(distance, info)
    }
    body(x.into()).map_err(|error| error.in_op("spacing"))
}

/// The sizes of a float's parts: bits of the fraction, and the bias of the exponent.
struct Form {
    bits: DType,
    fraction: i64,
    bias: i64,
}

fn form(dtype: DType) -> Form {
    match dtype {
        DType::Float64 => Form {
            bits: DType::Int64,
            fraction: 52,
            bias: 1023,
        },
        _ => Form {
            bits: DType::Int32,
            fraction: 23,
            bias: 127,
        },
    }
}

/// An operand as float32 or float64, and the dtype the result has.
fn wide(op: &'static str, x: Operand<'_>) -> Result<(Array, tnp_dtype::TypeInfo)> {
    let (x, info) = promoted(op, UnaryRule::RealFloat, x)?;
    let x = x.into_array()?;
    let x = match x.dtype() {
        DType::Float64 => x,
        _ => x.astype(DType::Float32)?,
    };
    Ok((x, info))
}

/// Two to whole powers within the exponents a dtype has for normal numbers, exactly: from the bits.
fn power_of_two(exponent: &Array, dtype: DType) -> Result<Array> {
    let form = form(dtype);
    let biased = crate::add(exponent.astype(form.bits)?, form.bias)?;
    let bits = crate::left_shift(biased, form.fraction)?.astype(form.bits)?;
    bind1(&Prim::Bitcast { dtype }, &mut [Operand::Owned(bits)])
}

/// Each element as a fraction of magnitude from 0.5 to 1 and an exponent of two (int32): `x = fraction * 2**exponent`. Zeros, infinities and NaN are fractions of exponent 0.
///
/// # Errors
/// For complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::frexp;
/// let (fraction, exponent) = frexp([8.0, -0.75])?;
/// assert_eq!((fraction.to_vec::<f64>()?, exponent.to_vec::<i32>()?), (vec![0.5, -0.75], vec![4, 0]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.frexp.html>
pub fn frexp<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    fn body(x: Operand<'_>) -> Result<(Array, Array)> {
        let (x, info) = wide("frexp", x)?;
        let (dtype, form) = (x.dtype(), form(x.dtype()));
        let magnitude = crate::absolute(&x)?;
        let ordinary = crate::logical_and(crate::isfinite(&x)?, crate::greater(&magnitude, 0)?)?;
        // Subnormal numbers are brought among the normal ones first.
        let least = 2f64.powi(1 - form.bias as i32);
        let is_tiny = crate::logical_and(&ordinary, crate::less(&magnitude, least)?)?;
        let up = 2f64.powi(form.fraction as i32);
        let lift = crate::where_(&is_tiny, up, 1.0)?.astype(dtype)?;
        let lifted = crate::multiply(&x, lift)?;
        let bits = Prim::Bitcast { dtype: form.bits };
        let bits = bind1(&bits, &mut [Operand::Owned(lifted.clone())])?;
        let biased =
            crate::bitwise_and(crate::right_shift(bits, form.fraction)?, 2 * form.bias + 1)?;
        let exponent = crate::subtract(biased.astype(DType::Int64)?, form.bias - 1)?;
        let exponent = crate::where_(&ordinary, exponent, 0)?;
        // By half of it twice: the whole power may lie outside the normal numbers.
        let half = crate::floor_divide(&exponent, 2)?;
        let rest = crate::subtract(&exponent, &half)?;
        let down = |power: &Array| power_of_two(&crate::negative(power)?, dtype);
        let fraction = crate::multiply(crate::multiply(&lifted, down(&half)?)?, down(&rest)?)?;
        let shift = crate::where_(is_tiny, form.fraction, 0)?;
        let exponent = crate::subtract(exponent, shift)?.astype(DType::Int32)?;
        Ok((finish(fraction, info)?, exponent))
    }
    body(x.into()).map_err(|error| error.in_op("frexp"))
}

/// `x * 2**exponent`, elementwise, rounded once; in floating point.
///
/// # Errors
/// For complex numbers, exponents that are not integers, and shapes that do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::ldexp;
/// assert_eq!(ldexp(5.0, [0, 1, 2])?.to_vec::<f64>()?, [5.0, 10.0, 20.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.ldexp.html>
pub fn ldexp<'a, 'b>(x: impl Into<Operand<'a>>, exponent: impl Into<Operand<'b>>) -> Result<Array> {
    fn body(x: Operand<'_>, exponent: Operand<'_>) -> Result<Array> {
        let (x, info) = wide("ldexp", x)?;
        let exponent = array_near(&x, exponent)?;
        if exponent.dtype().is_inexact() || exponent.dtype() == DType::UInt64 {
            return Err(Error::dtype(format!(
                "ufunc 'ldexp' not supported for exponents of dtype {}: they must safely be int64",
                exponent.dtype()
            )));
        }
        let (dtype, form) = (x.dtype(), form(x.dtype()));
        let (top, bottom) = (form.bias, 1 - form.bias + form.fraction + 1);
        let shape = tnp_shape::broadcast_shapes(&[x.shape(), exponent.shape()])?;
        let mut x = crate::broadcast_to(x, &shape)?;
        let mut left = crate::clip(
            exponent.astype(DType::Int64)?,
            -8 * form.bias,
            8 * form.bias,
        )?;
        // Steps that stay among the normal numbers, so that only the last one rounds.
        for _ in 0..3 {
            let step = crate::clip(&left, bottom, top)?;
            x = crate::multiply(x, power_of_two(&step, dtype)?)?;
            left = crate::subtract(left, step)?;
        }
        let step = crate::clip(left, 1 - form.bias, top)?;
        finish(crate::multiply(x, power_of_two(&step, dtype)?)?, info)
    }
    body(x.into(), exponent.into()).map_err(|error| error.in_op("ldexp"))
}

/// How many bits of the magnitude of each integer are set (uint8).
///
/// # Errors
/// For floating point and complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::bitwise_count;
/// assert_eq!(bitwise_count([1023, -7, 0])?.to_vec::<u8>()?, [10, 3, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.bitwise_count.html>
pub fn bitwise_count<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    fn body(x: Operand<'_>) -> Result<Array> {
        let x = x.into_array()?.with_weak(false);
        if x.dtype().is_inexact() {
            return Err(Error::dtype(format!(
                "ufunc 'bitwise_count' not supported for the input type {}",
                x.dtype()
            )));
        }
        let magnitude = match x.dtype().is_signed_integer() {
            true => crate::absolute(x.astype(DType::Int64)?)?,
            false => x,
        };
        let x = magnitude.astype(DType::UInt64)?;
        let shape = Dims::from_slice(x.shape());
        let number = |value: u64| constant(&x, Literal::new(value), &shape);
        // Sums of neighbouring fields, each step twice as wide; a product adds up the bytes.
        let fold = |x: &Array, by: u64, mask: u64| -> Result<Array> {
            let low = two(Binary::BitwiseAnd, Operand::Borrowed(x), number(mask)?)?;
            let high = two(Binary::RightShift, Operand::Borrowed(x), number(by)?)?;
            let high = two(Binary::BitwiseAnd, Operand::Owned(high), number(mask)?)?;
            two(Binary::Add, low, high)
        };
        let pairs = fold(&x, 1, 0x5555_5555_5555_5555)?;
        let nibbles = fold(&pairs, 2, 0x3333_3333_3333_3333)?;
        let bytes = fold(&nibbles, 4, 0x0f0f_0f0f_0f0f_0f0f)?;
        let sums = two(
            Binary::Multiply,
            Operand::Owned(bytes),
            number(0x0101_0101_0101_0101)?,
        )?;
        two(Binary::RightShift, Operand::Owned(sums), number(56)?)?.astype(DType::UInt8)
    }
    body(x.into()).map_err(|error| error.in_op("bitwise_count"))
}

/// Which bit of a byte comes first, along which axis, and how many there are, for [`packbits`] and [`unpackbits`].
///
/// # Examples
/// ```
/// use tnp_array::BitPacking;
/// let options = BitPacking::axis(0).little();
/// ```
#[derive(Clone, Debug, Default)]
pub struct BitPacking {
    /// The axis; the flattened array when `None`.
    pub axis: Axis,
    /// The lowest bit comes first: NumPy's `bitorder="little"`.
    pub little: bool,
    /// How many bits [`unpackbits`] gives: cut off or filled up with zeros; negative ones are cut off the end. All when `None`.
    pub count: Option<isize>,
}

impl BitPacking {
    /// Along this axis.
    pub fn axis(axis: impl Into<Axis>) -> BitPacking {
        BitPacking {
            axis: axis.into(),
            ..BitPacking::default()
        }
    }

    /// The lowest bit first.
    pub fn little(self) -> BitPacking {
        BitPacking {
            little: true,
            ..self
        }
    }

    /// So many bits.
    pub fn count(self, count: isize) -> BitPacking {
        BitPacking {
            count: Some(count),
            ..self
        }
    }
}

impl<T: Into<Axis>> From<T> for BitPacking {
    fn from(axis: T) -> BitPacking {
        BitPacking::axis(axis)
    }
}

/// What each of eight bits counts for, in the order they come, along an axis of `ndim`.
fn places(x: &Array, little: bool, ndim: usize, axis: usize) -> Result<Array> {
    let mut weights: Vec<u8> = (0..8).map(|bit| 1 << bit).collect();
    if !little {
        weights.reverse();
    }
    let mut shape = vec![1; ndim];
    shape[axis] = 8;
    let weights = Array::from_vec(weights, &shape)?;
    crate::index::beside(x, weights)
}

fn along(op: &str, x: Array, axis: &Axis) -> Result<(Array, usize)> {
    match axis.single(op, x.ndim())? {
        Some(axis) => Ok((x, axis)),
        None => Ok((flat(Operand::Owned(x))?, 0)),
    }
}

/// The truths (what is not zero) along an axis as the bits of bytes (uint8), the last filled up with zeros; flat without an axis.
///
/// # Errors
/// For floating point and complex numbers, and an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::packbits;
/// assert_eq!(packbits([1, 0, 1, 0, 0, 0, 0, 0, 1], ())?.to_vec::<u8>()?, [160, 128]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.packbits.html>
pub fn packbits<'a>(x: impl Into<Operand<'a>>, options: impl Into<BitPacking>) -> Result<Array> {
    fn body(x: Operand<'_>, options: BitPacking) -> Result<Array> {
        let x = x.into_array()?;
        if x.dtype().is_inexact() {
            return Err(Error::dtype(
                "Expected an input array of integer or boolean data type",
            ));
        }
        let (x, axis) = along("packbits", x, &options.axis)?;
        let size = x.shape()[axis];
        let bits = x.astype(DType::Bool)?.astype(DType::UInt8)?;
        let missing = size.div_ceil(8) * 8 - size;
        let bits = match missing {
            0 => bits,
            _ => {
                let mut shape = Dims::from_slice(bits.shape());
                shape[axis] = missing;
                let zeros = crate::full_like(&bits, 0, crate::Like::shape(&shape))?;
                crate::concatenate([bits, zeros], axis)?
            }
        };
        let mut shape = Dims::from_slice(bits.shape());
        shape[axis] = size.div_ceil(8);
        shape.insert(axis + 1, 8);
        let bits = reshaped(Operand::Owned(bits), shape)?;
        let weights = places(&bits, options.little, bits.ndim(), axis + 1)?;
        let weighed = crate::multiply(bits, weights)?;
        crate::sum(weighed, crate::Reduce::axes(axis + 1).dtype(DType::UInt8))
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("packbits"))
}

/// The bits of bytes along an axis as zeros and ones (uint8); flat without an axis.
///
/// # Errors
/// For another dtype than uint8, and an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{BitPacking, unpackbits};
/// assert_eq!(unpackbits([2u8], ())?.to_vec::<u8>()?, [0, 0, 0, 0, 0, 0, 1, 0]);
/// assert_eq!(unpackbits([2u8], BitPacking::default().little().count(3))?.to_vec::<u8>()?, [0, 1, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unpackbits.html>
pub fn unpackbits<'a>(x: impl Into<Operand<'a>>, options: impl Into<BitPacking>) -> Result<Array> {
    fn body(x: Operand<'_>, options: BitPacking) -> Result<Array> {
        let x = x.into_array()?;
        if x.dtype() != DType::UInt8 {
            return Err(Error::dtype(format!(
                "Expected an input array of unsigned byte data type, it is {}",
                x.dtype()
            )));
        }
        let (x, axis) = along("unpackbits", x, &options.axis)?;
        let mut shape = Dims::from_slice(x.shape());
        shape[axis] *= 8;
        let bytes = crate::expand_dims(x, axis + 1)?;
        let weights = places(&bytes, options.little, bytes.ndim(), axis + 1)?;
        let bits = crate::not_equal(crate::bitwise_and(bytes, weights)?, 0)?;
        let bits = reshaped(Operand::Owned(bits.astype(DType::UInt8)?), shape)?;
        let size = bits.shape()[axis];
        let wanted = match options.count {
            None => size,
            Some(count) if count < 0 => size.checked_add_signed(count).ok_or_else(|| {
                Error::value(format!(
                    "-count larger than number of elements: {count} of {size}"
                ))
            })?,
            Some(count) => count as usize,
        };
        if wanted <= size {
            return span(Operand::Owned(bits), axis, 0, wanted);
        }
        let mut shape = Dims::from_slice(bits.shape());
        shape[axis] = wanted - size;
        let zeros = crate::full_like(&bits, 0, crate::Like::shape(&shape))?;
        crate::concatenate([bits, zeros], axis)
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("unpackbits"))
}

/// The real parts when all imaginary ones are within `tol` machine epsilons (100 with `()`) of zero, else the array.
///
/// # Errors
/// For complex numbers inside a trace or a map, where the values would decide the dtype.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, c128, real_if_close};
/// let x = [c128::new(2.0, 4e-14), c128::new(5.0, 3e-15)];
/// assert_eq!(real_if_close(x, 1000.0)?.to_vec::<f64>()?, [2.0, 5.0]);
/// assert_eq!(real_if_close(x, ())?.dtype(), DType::Complex128);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.real_if_close.html>
pub fn real_if_close<'a>(x: impl Into<Operand<'a>>, tol: impl Into<Tolerated>) -> Result<Array> {
    fn body(x: Operand<'_>, mut tolerance: f64) -> Result<Array> {
        let x = x.into_array()?;
        if !x.dtype().is_complex() {
            return Ok(x);
        }
        if tolerance > 1.0 {
            tolerance *= match x.dtype() {
                DType::Complex64 => f64::from(f32::EPSILON),
                _ => f64::EPSILON,
            };
        }
        let small = crate::less(crate::absolute(x.imag()?)?, tolerance)?;
        match crate::all(small, ())?.truth()? {
            true => x.real(),
            false => Ok(x),
        }
    }
    body(x.into(), tol.into().0).map_err(|error| error.in_op("real_if_close"))
}

/// A tolerance of [`real_if_close`]: machine epsilons above one, else a number; `()` for 100.
#[derive(Clone, Copy, Debug)]
pub struct Tolerated(f64);

impl From<()> for Tolerated {
    fn from((): ()) -> Tolerated {
        Tolerated(100.0)
    }
}

impl From<f64> for Tolerated {
    fn from(tolerance: f64) -> Tolerated {
        Tolerated(tolerance)
    }
}

/// The elements along the last axis sorted, by the real, then the imaginary part, as complex numbers: complex64 for 8- and 16-bit integers, complex128 for other
/// reals.
///
/// # Errors
/// For a 0-d array.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, sort_complex};
/// assert_eq!(sort_complex([5, 3, 6])?.dtype(), DType::Complex128);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.sort_complex.html>
pub fn sort_complex<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    fn body(x: Operand<'_>) -> Result<Array> {
        let sorted = crate::sort(x, ())?;
        let dtype = match sorted.dtype() {
            dtype if dtype.is_complex() => dtype,
            DType::Int8 | DType::Int16 | DType::UInt8 | DType::UInt16 => DType::Complex64,
            _ => DType::Complex128,
        };
        sorted.astype(dtype)
    }
    body(x.into()).map_err(|error| error.in_op("sort_complex"))
}

/// The places that a partition puts in order.
#[derive(Clone, Debug)]
pub struct Kth(Vec<isize>);

macro_rules! kths {
    ($($t:ty),*) => {$(
        impl From<$t> for Kth {
            fn from(kth: $t) -> Kth {
                Kth(vec![isize::try_from(kth).unwrap_or(isize::MAX)])
            }
        }
        impl<const N: usize> From<[$t; N]> for Kth {
            fn from(kth: [$t; N]) -> Kth {
                Kth(kth.iter().map(|&kth| isize::try_from(kth).unwrap_or(isize::MAX)).collect())
            }
        }
        impl From<Vec<$t>> for Kth {
            fn from(kth: Vec<$t>) -> Kth {
                Kth(kth.iter().map(|&kth| isize::try_from(kth).unwrap_or(isize::MAX)).collect())
            }
        }
    )*};
}
kths!(i32, i64, isize, usize);

impl Kth {
    fn check(&self, shape: &[usize], axis: Option<isize>) -> Result<()> {
        let size = match axis {
            None => shape.iter().product(),
            Some(axis) => shape[tnp_shape::normalize_axis(axis, shape.len())?],
        };
        let beyond = |&&kth: &&isize| kth < -(size as isize) || kth >= size as isize;
        match self.0.iter().find(beyond) {
            Some(kth) if size > 0 => {
                Err(Error::value(format!("kth(={kth}) out of bounds ({size})")))
            }
            _ => Ok(()),
        }
    }
}

/// A copy in which the elements at places `kth` along an axis (the last by default) are those of the sorted array, smaller ones before and larger ones after. NumPy leaves the
/// order of the rest open; here all are sorted.
///
/// # Errors
/// For places out of bounds, or an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::partition;
/// assert_eq!(partition([7, 1, 5, 2], 2, ())?.to_vec::<i32>()?[2], 5);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.partition.html>
pub fn partition<'a>(
    x: impl Into<Operand<'a>>,
    kth: impl Into<Kth>,
    options: impl Into<Sorting>,
) -> Result<Array> {
    fn body(x: Operand<'_>, kth: Kth, options: Sorting) -> Result<Array> {
        let x = x.into_array()?;
        kth.check(x.shape(), options.axis)?;
        crate::sort(x, options)
    }
    body(x.into(), kth.into(), options.into()).map_err(|error| error.in_op("partition"))
}

/// Positions (int64) that partition along an axis as [`partition`] does.
///
/// # Errors
/// As [`partition`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::argpartition;
/// assert_eq!(argpartition([7, 1, 5, 2], 1, ())?.to_vec::<i64>()?[1], 3);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.argpartition.html>
pub fn argpartition<'a>(
    x: impl Into<Operand<'a>>,
    kth: impl Into<Kth>,
    options: impl Into<Sorting>,
) -> Result<Array> {
    fn body(x: Operand<'_>, kth: Kth, options: Sorting) -> Result<Array> {
        let x = x.into_array()?;
        kth.check(x.shape(), options.axis)?;
        crate::argsort(x, options.stable())
    }
    body(x.into(), kth.into(), options.into()).map_err(|error| error.in_op("argpartition"))
}

/// Differences of neighbours of the flattened array, with values (flat, in the array's dtype) before and after them.
///
/// # Errors
/// For values of another kind of dtype, and bool.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::ediff1d;
/// assert_eq!(ediff1d([1, 2, 4, 7], (), ())?.to_vec::<i32>()?, [1, 2, 3]);
/// assert_eq!(ediff1d([1, 2, 4], [88, 99], -9)?.to_vec::<i32>()?, [-9, 1, 2, 88, 99]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.ediff1d.html>
pub fn ediff1d<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    to_end: impl Into<Maybe<'b>>,
    to_begin: impl Into<Maybe<'c>>,
) -> Result<Array> {
    fn body(x: Operand<'_>, end: Maybe<'_>, begin: Maybe<'_>) -> Result<Array> {
        let x = flat(Operand::Owned(x.into_array()?.with_weak(false)))?;
        if x.dtype().is_bool() {
            return Err(Error::dtype(
                "numpy boolean subtract, the `-` operator, is not supported: use `diff`, or convert the array",
            ));
        }
        let edge = |name: &str, values: Maybe<'_>| -> Result<Option<Array>> {
            let Some(values) = values.0 else {
                return Ok(None);
            };
            let values = array_near(&x, values)?;
            let same_kind = tnp_dtype::Casting::SameKind;
            if !tnp_dtype::can_cast(values.dtype(), x.dtype(), same_kind) {
                return Err(Error::dtype(format!(
                    "dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule."
                )));
            }
            Ok(Some(flat(Operand::Owned(values.astype(x.dtype())?))?))
        };
        let (begin, end) = (edge("to_begin", begin)?, edge("to_end", end)?);
        let mut parts = Vec::new();
        parts.extend(begin);
        parts.push(crate::diff(&x, ())?);
        parts.extend(end);
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => crate::concatenate(parts, 0),
        }
    }
    body(x.into(), to_end.into(), to_begin.into()).map_err(|error| error.in_op("ediff1d"))
}
