//! Windows that fade a signal in and out, and the Bessel function one of them is made of.

use std::f64::consts::PI;

use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::promote::constant;
use crate::{Array, Operand};

/// The places of a window of `m` samples, from 1 − m to m − 1 in steps of two; or the window itself when it has one sample or none.
fn places(m: isize) -> Result<std::result::Result<Array, Array>> {
    if m < 1 {
        return Ok(Err(crate::zeros(0, DType::Float64)?));
    }
    if m == 1 {
        return Ok(Err(crate::ones(1, DType::Float64)?));
    }
    let numbers = crate::arange(m)?.astype(DType::Float64)?;
    let places = crate::add(crate::multiply(numbers, 2.0)?, (1 - m) as f64)?;
    Ok(Ok(places))
}

/// `a₀ + a₁ cos(π n / (m − 1)) + a₂ cos(2π n / (m − 1))` at the places.
fn cosines(m: isize, weights: [f64; 3]) -> Result<Array> {
    let places = match places(m)? {
        Ok(places) => places,
        Err(window) => return Ok(window),
    };
    let wave = |turns: f64| -> Result<Array> {
        let angle = crate::divide(crate::multiply(&places, turns * PI)?, (m - 1) as f64)?;
        crate::cos(angle)
    };
    let first = crate::add(crate::multiply(wave(1.0)?, weights[1])?, weights[0])?;
    match weights[2] {
        0.0 => Ok(first),
        second => crate::add(first, crate::multiply(wave(2.0)?, second)?),
    }
}

macro_rules! windows {
    ($($(#[doc = $doc:literal])* $name:ident($m:ident) = $body:expr;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// When memory runs out.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name($m: isize) -> Result<Array> {
            let window: Result<Array> = $body;
            window.map_err(|error| error.in_op(stringify!($name)))
        }
    )*};
}

windows! {
    /// The Hann window of `m` samples, float64: a cosine that is zero at the ends. None for `m` below one, `[1]` for one.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::hanning;
    /// assert_eq!(hanning(3)?.to_vec::<f64>()?, [0.0, 1.0, 0.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    hanning(m) = cosines(m, [0.5, 0.5, 0.0]);
    /// The Hamming window of `m` samples, float64: a cosine that is 0.08 at the ends.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::hamming;
    /// assert_eq!(hamming(1)?.to_vec::<f64>()?, [1.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    hamming(m) = cosines(m, [0.54, 0.46, 0.0]);
    /// The Blackman window of `m` samples, float64: the first three terms of a sum of cosines.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::blackman;
    /// assert_eq!(blackman(5)?.size(), 5);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    blackman(m) = cosines(m, [0.42, 0.5, 0.08]);
    /// The Bartlett window of `m` samples, float64: a triangle that is zero at the ends.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::bartlett;
    /// assert_eq!(bartlett(5)?.to_vec::<f64>()?, [0.0, 0.5, 1.0, 0.5, 0.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    bartlett(m) = {
        match places(m)? {
            Err(window) => Ok(window),
            Ok(places) => {
                let rise = crate::divide(crate::absolute(places)?, (m - 1) as f64)?;
                crate::subtract(1.0, rise)
            }
        }
    };
}

/// The Kaiser window of `m` samples, float64: a ratio of Bessel functions, narrower the larger `beta`.
///
/// # Errors
/// When memory runs out.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::kaiser;
/// assert_eq!(kaiser(3, 0.0)?.to_vec::<f64>()?, [1.0, 1.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.kaiser.html>
pub fn kaiser(m: isize, beta: f64) -> Result<Array> {
    let places = match places(m)? {
        Ok(places) => places,
        Err(window) => return Ok(window),
    };
    let way = crate::divide(places, (m - 1) as f64)?;
    let height = crate::sqrt(crate::subtract(1.0, crate::square(way)?)?)?;
    let top = i0(crate::multiply(height, beta)?)?;
    crate::divide(top, i0(beta)?)
}

/// The modified Bessel function of the first kind of order 0, elementwise, in floating point.
///
/// Its power series up to 20, beyond that Hankel's asymptotic expansion: within a few units in the last place of float64.
///
/// # Errors
/// For complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::i0;
/// assert_eq!(i0(0.0)?.item::<f64>()?, 1.0);
/// assert!((i0(1.0)?.item::<f64>()? - 1.2660658777520084).abs() < 1e-15);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.i0.html>
pub fn i0<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    bessel(x.into()).map_err(|error| error.in_op("i0"))
}

fn bessel(x: Operand<'_>) -> Result<Array> {
    const EDGE: f64 = 20.0;
    let x = x.into_array()?.with_weak(false);
    if x.dtype().is_complex() {
        return Err(Error::dtype("i0 not supported for complex values"));
    }
    let gives = if x.dtype().is_float() {
        x.dtype()
    } else {
        DType::Float64
    };
    let x = crate::absolute(x.astype(DType::Float64)?)?;
    let shape = Dims::from_slice(x.shape());
    let number = |value: f64| constant(&x, Literal::new(value), &shape);

    // Σ (x²/4)ᵏ / k!², by Horner's rule.
    let small = crate::minimum(&x, EDGE)?;
    let quarter = crate::multiply(crate::square(small)?, 0.25)?;
    let mut series = number(1.0)?.into_array()?;
    for k in (1..=52).rev() {
        let step = f64::from(k * k);
        series = crate::add(
            crate::divide(crate::multiply(series, &quarter)?, step)?,
            1.0,
        )?;
    }
    // eˣ / √(2πx) Σ ((2k−1)!!)² / (k! (8x)ᵏ), likewise.
    let large = crate::maximum(&x, EDGE)?;
    let eighth = crate::divide(0.125, &large)?;
    let mut expansion = number(1.0)?.into_array()?;
    for k in (1..=24).rev() {
        let step = f64::from((2 * k - 1) * (2 * k - 1)) / f64::from(k);
        expansion = crate::add(
            crate::multiply(crate::multiply(expansion, &eighth)?, step)?,
            1.0,
        )?;
    }
    let root = crate::sqrt(crate::multiply(&large, 2.0 * PI)?)?;
    let far = crate::multiply(crate::divide(crate::exp(&large)?, root)?, expansion)?;
    let result = crate::where_(crate::less_equal(&x, EDGE)?, series, far)?;
    let result = crate::where_(crate::isnan(&x)?, &x, result)?;
    result.astype(gives)
}
