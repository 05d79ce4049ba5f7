//! Discrete Fourier transforms: parameters and inference.

use tnp_dtype::DType;

use super::reduce::check_axis;
use crate::{Error, Result, TensorType};

/// Which discrete Fourier transform. None of them divides by the number of points.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FftKind {
    /// Complex to complex: `y[k]` is the sum of `x[j] exp(-2πi jk/n)`.
    Forward,
    /// Complex to complex, with the opposite sign in the exponent.
    Inverse,
    /// Real to complex: the first `n / 2 + 1` results of [`FftKind::Forward`]; the others are their conjugates.
    Real,
    /// Complex to real, back from there: the inverse of a spectrum given by its first `size / 2 + 1` terms. The imaginary part of the
    /// first, and of the middle one of an even size, is not read.
    RealInverse {
        /// Points of the result.
        size: usize,
    },
}

impl FftKind {
    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            FftKind::Forward => "fft",
            FftKind::Inverse => "ifft",
            FftKind::Real => "rfft",
            FftKind::RealInverse { .. } => "irfft",
        }
    }

    /// Points of the transform of an axis of `len` elements.
    pub fn points(self, len: usize) -> usize {
        match self {
            FftKind::Forward | FftKind::Inverse | FftKind::Real => len,
            FftKind::RealInverse { size } => size,
        }
    }
}

pub(super) fn fft(kind: FftKind, axis: usize, [x]: [&TensorType; 1]) -> Result<TensorType> {
    check_axis(axis, x)?;
    let len = x.shape[axis];
    let points = kind.points(len);
    if points == 0 {
        return Err(Error::value(
            "Invalid number of FFT data points (0) specified.",
        ));
    }
    let wrong = |wanted: &str| {
        Error::dtype(format!(
            "takes {wanted} of 32 or 64 bits, not {}; cast it",
            x.dtype
        ))
    };
    let mut y = x.clone();
    match kind {
        FftKind::Forward | FftKind::Inverse if !x.dtype.is_complex() => {
            return Err(wrong("complex numbers"));
        }
        FftKind::Forward | FftKind::Inverse => {}
        FftKind::Real => {
            y.dtype = match x.dtype {
                DType::Float32 => DType::Complex64,
                DType::Float64 => DType::Complex128,
                _ => return Err(wrong("real numbers")),
            };
            y.shape[axis] = points / 2 + 1;
        }
        FftKind::RealInverse { size } => {
            y.dtype = match x.dtype {
                DType::Complex64 => DType::Float32,
                DType::Complex128 => DType::Float64,
                _ => return Err(wrong("complex numbers")),
            };
            if len != size / 2 + 1 {
                return Err(Error::value(format!(
                    "axis {axis} has {len} elements, {size} real points have a spectrum of {}",
                    size / 2 + 1
                )));
            }
            y.shape[axis] = size;
        }
    }
    Ok(y)
}
