//! Machine limits of dtypes: `finfo` and `iinfo`.

use std::fmt;

use crate::{DType, Kind, bf16, f16};

/// A dtype without the limits asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// `finfo` of something that is not floating point.
    #[error("finfo: data type {0} not inexact; use iinfo for integers")]
    NotInexact(DType),
    /// `iinfo` of something that is not an integer.
    #[error("iinfo: Invalid integer data type {0}; use finfo for floating point")]
    NotInteger(DType),
}

/// The limits of a floating-point dtype; those of its parts for a complex one.
///
/// Fields are named as NumPy names them; values are exact as `f64`. `Display` is NumPy's `repr`.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.finfo.html>
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FloatInfo {
    /// The real dtype described.
    pub dtype: DType,
    /// Bits a value takes.
    pub bits: u32,
    /// The gap between 1 and the next larger number.
    pub eps: f64,
    /// The gap between 1 and the next smaller number.
    pub epsneg: f64,
    /// The exponent of `eps`.
    pub machep: i32,
    /// The largest finite number.
    pub max: f64,
    /// The smallest finite number, `-max`.
    pub min: f64,
    /// The smallest positive normal number.
    pub tiny: f64,
    /// The same as `tiny`.
    pub smallest_normal: f64,
    /// The smallest positive number.
    pub smallest_subnormal: f64,
    /// `10 ** -precision`, rounded to the dtype.
    pub resolution: f64,
    /// Decimal digits that are surely right.
    pub precision: u32,
    /// Bits of the mantissa, without the implicit one.
    pub nmant: u32,
    /// Bits of the exponent.
    pub nexp: u32,
    /// The exponent of `epsneg`.
    pub negep: i32,
    /// Bits of the exponent (the same as `nexp`).
    pub iexp: u32,
    /// The exponent of `tiny`.
    pub minexp: i32,
    /// The smallest power of two that overflows.
    pub maxexp: i32,
}

/// The limits of a floating-point dtype.
///
/// # Errors
/// When the dtype is `bool` or an integer.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, finfo};
/// assert_eq!(finfo(DType::Float32)?.eps, f32::EPSILON as f64);
/// assert_eq!(
///     finfo(DType::Complex64)?.to_string(),
///     "finfo(resolution=1e-06, min=-3.4028235e+38, max=3.4028235e+38, dtype=float32)"
/// );
/// # Ok::<(), tnp_dtype::LimitsError>(())
/// ```
pub fn finfo(dtype: DType) -> Result<FloatInfo, LimitsError> {
    // (bits of exponent, bits of mantissa, decimal digits, 10 ** -digits in the dtype)
    let (nexp, nmant, precision, resolution) = match dtype.real() {
        DType::Float16 => (5, 10, 3, f16::from_f64(1e-3).to_f64()),
        DType::BFloat16 => (8, 7, 2, bf16::from_f64(1e-2).to_f64()),
        DType::Float32 => (8, 23, 6, 1e-6f32 as f64),
        DType::Float64 => (11, 52, 15, 1e-15),
        _ => return Err(LimitsError::NotInexact(dtype)),
    };
    let digits = nmant as i32;
    let maxexp = 1 << (nexp - 1);
    let minexp = 2 - maxexp;
    let eps = power_of_two(-digits);
    let tiny = power_of_two(minexp);
    let max = (2.0 - eps) * power_of_two(maxexp - 1);
    Ok(FloatInfo {
        dtype: dtype.real(),
        bits: 8 * dtype.real().itemsize() as u32,
        eps,
        epsneg: eps / 2.0,
        machep: -digits,
        max,
        min: -max,
        tiny,
        smallest_normal: tiny,
        smallest_subnormal: power_of_two(minexp - digits),
        resolution,
        precision,
        nmant,
        nexp,
        negep: -digits - 1,
        iexp: nexp,
        minexp,
        maxexp,
    })
}

/// `2 ** exponent`, exact down to the smallest subnormal of `f64` (`powi` goes through a reciprocal that overflows).
fn power_of_two(exponent: i32) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

impl fmt::Display for FloatInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resolution, max) = match self.dtype {
            DType::Float16 => ("0.001", "6.55040e+04"),
            DType::BFloat16 => ("0.0100098", "3.38953e+38"),
            DType::Float32 => ("1e-06", "3.4028235e+38"),
            _ => ("1e-15", "1.7976931348623157e+308"),
        };
        let dtype = self.dtype;
        write!(
            f,
            "finfo(resolution={resolution}, min=-{max}, max={max}, dtype={dtype})"
        )
    }
}

/// The limits of an integer dtype. `Display` is NumPy's `repr`.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.iinfo.html>
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntInfo {
    /// The dtype described.
    pub dtype: DType,
    /// Bits a value takes.
    pub bits: u32,
    /// The smallest value.
    pub min: i128,
    /// The largest value.
    pub max: i128,
}

/// The limits of an integer dtype.
///
/// # Errors
/// When the dtype is `bool`, floating point or complex.
///
/// # Examples
/// ```
/// use tnp_dtype::{DType, iinfo};
/// assert_eq!(iinfo(DType::UInt8)?.max, 255);
/// assert_eq!(iinfo(DType::Int8)?.to_string(), "iinfo(min=-128, max=127, dtype=int8)");
/// # Ok::<(), tnp_dtype::LimitsError>(())
/// ```
pub fn iinfo(dtype: DType) -> Result<IntInfo, LimitsError> {
    let bits = 8 * dtype.itemsize() as u32;
    let (min, max) = match dtype.kind() {
        Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        Kind::Unsigned => (0, (1i128 << bits) - 1),
        _ => return Err(LimitsError::NotInteger(dtype)),
    };
    Ok(IntInfo {
        dtype,
        bits,
        min,
        max,
    })
}

impl fmt::Display for IntInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IntInfo {
            dtype, min, max, ..
        } = self;
        write!(f, "iinfo(min={min}, max={max}, dtype={dtype})")
    }
}
