//! Discrete Fourier transforms: NumPy's module `fft`, over any axes, with its normalisations; differentiable and mappable.
//!
//! Real and complex numbers of 32 and 64 bits are transformed in their own precision (half-width floats in single, whole
//! numbers in double). Zeros are appended, or elements cut off, where a size is given.

use smallvec::SmallVec;
use tnp_backend::prim::{FftKind, Prim, SliceSpec, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, normalize_axis};

use crate::args::{Axis, Shape};
use crate::bind::bind1;
use crate::promote::constant;
use crate::{Array, Operand, arange, multiply, roll};

/// Where a transform is divided by its number of points: NumPy's `norm`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Norm {
    /// On the way back.
    #[default]
    Backward,
    /// By the square root, both ways.
    Ortho,
    /// On the way forward.
    Forward,
}

impl Norm {
    fn factor(self, inverse: bool, points: f64) -> f64 {
        match (self, inverse) {
            (Norm::Ortho, _) => 1.0 / points.sqrt(),
            (Norm::Backward, true) | (Norm::Forward, false) => 1.0 / points,
            (Norm::Backward, false) | (Norm::Forward, true) => 1.0,
        }
    }
}

impl std::str::FromStr for Norm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Norm> {
        match name {
            "backward" => Ok(Norm::Backward),
            "ortho" => Ok(Norm::Ortho),
            "forward" => Ok(Norm::Forward),
            _ => Err(Error::value(format!(
                "Invalid norm value {name}; should be \"backward\", \"ortho\" or \"forward\"."
            ))),
        }
    }
}

/// Options of transforms along one axis: `()` for NumPy's defaults, a size, or a builder with all of them.
///
/// # Examples
/// ```
/// use tnp_array::fft::{Line, Norm};
/// let options = Line::n(8).axis(0).norm(Norm::Ortho);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    n: Option<isize>,
    axis: isize,
    norm: Norm,
}

impl Default for Line {
    fn default() -> Line {
        Line {
            n: None,
            axis: -1,
            norm: Norm::Backward,
        }
    }
}

impl Line {
    /// With so many points.
    pub fn n(n: isize) -> Line {
        Line {
            n: Some(n),
            ..Line::default()
        }
    }

    /// Along this axis; the last by default.
    pub fn axis(self, axis: isize) -> Line {
        Line { axis, ..self }
    }

    /// Divided there.
    pub fn norm(self, norm: Norm) -> Line {
        Line { norm, ..self }
    }
}

impl From<()> for Line {
    fn from((): ()) -> Line {
        Line::default()
    }
}

impl From<i32> for Line {
    fn from(n: i32) -> Line {
        Line::n(n as isize)
    }
}

impl From<usize> for Line {
    fn from(n: usize) -> Line {
        Line::n(isize::try_from(n).unwrap_or(isize::MAX))
    }
}

impl From<Norm> for Line {
    fn from(norm: Norm) -> Line {
        Line::default().norm(norm)
    }
}

/// Options of transforms over several axes: `()` for NumPy's defaults, sizes, or a builder with all of them.
///
/// # Examples
/// ```
/// use tnp_array::fft::{Grid, Norm};
/// let options = Grid::s([8, 8]).axes([0, 2]).norm(Norm::Forward);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grid {
    s: Option<SmallVec<[isize; 4]>>,
    axes: Option<SmallVec<[isize; 4]>>,
    norm: Norm,
}

impl Grid {
    /// With so many points along each axis; -1 for as many as there are.
    pub fn s(s: impl Into<Shape>) -> Grid {
        Grid {
            s: Some(s.into().0),
            ..Grid::default()
        }
    }

    /// Over these axes, the last one first.
    pub fn axes(self, axes: impl Into<Shape>) -> Grid {
        Grid {
            axes: Some(axes.into().0),
            ..self
        }
    }

    /// Divided there.
    pub fn norm(self, norm: Norm) -> Grid {
        Grid { norm, ..self }
    }
}

impl From<()> for Grid {
    fn from((): ()) -> Grid {
        Grid::default()
    }
}

impl From<Norm> for Grid {
    fn from(norm: Norm) -> Grid {
        Grid::default().norm(norm)
    }
}

impl<const N: usize> From<[i32; N]> for Grid {
    fn from(s: [i32; N]) -> Grid {
        Grid::s(s)
    }
}

fn invalid(points: isize) -> Error {
    Error::value(format!(
        "Invalid number of FFT data points ({points}) specified."
    ))
}

/// The dtype that real and complex transforms of an array have.
fn precision(dtype: DType) -> DType {
    match dtype {
        DType::Float16 | DType::BFloat16 | DType::Float32 | DType::Complex64 => DType::Float32,
        _ => DType::Float64,
    }
}

/// The array with `n` elements along an axis: zeros behind, or cut off.
fn resized(x: Array, axis: usize, n: usize) -> Result<Array> {
    let len = x.shape()[axis];
    if n == len {
        return Ok(x);
    }
    if n < len {
        let axes = x.shape().iter().enumerate();
        let axes = axes
            .map(|(at, &size)| SliceSpec {
                start: 0,
                len: if at == axis { n } else { size },
                step: 1,
            })
            .collect();
        return bind1(&Prim::Slice { axes }, &mut [Operand::Owned(x)]);
    }
    let low = Dims::from_elem(0, x.ndim());
    let mut high = low.clone();
    high[axis] = n - len;
    let zero = constant(&x, Literal::new(0.0).cast(x.dtype()), &Dims::new())?;
    bind1(&Prim::Pad { low, high }, &mut [Operand::Owned(x), zero])
}

fn scaled(x: Array, factor: f64) -> Result<Array> {
    match factor {
        1.0 => Ok(x),
        factor => multiply(x, factor),
    }
}

/// One of NumPy's one-dimensional transforms, not divided yet: `n` points of the longer side.
fn along(kind: Direction, x: Array, n: Option<isize>, axis: usize) -> Result<(Array, usize)> {
    let len = x.shape()[axis] as isize;
    let n = n.unwrap_or(match kind {
        Direction::RealInverse => 2 * (len - 1),
        Direction::Forward | Direction::Inverse | Direction::Real => len,
    });
    let points = usize::try_from(n).ok().filter(|&n| n > 0);
    let points = points.ok_or_else(|| invalid(n))?;
    let real = precision(x.dtype());
    let (dtype, len, kind) = match kind {
        Direction::Forward => (real.complex(), points, FftKind::Forward),
        Direction::Inverse => (real.complex(), points, FftKind::Inverse),
        Direction::Real => (real, points, FftKind::Real),
        Direction::RealInverse => (
            real.complex(),
            points / 2 + 1,
            FftKind::RealInverse { size: points },
        ),
    };
    let x = resized(x, axis, len)?.astype(dtype)?;
    let y = bind1(&Prim::Fft { kind, axis }, &mut [Operand::Owned(x)])?;
    Ok((y, points))
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Forward,
    Inverse,
    Real,
    RealInverse,
}

fn line(op: &str, kind: Direction, x: Operand<'_>, options: Line, inverse: bool) -> Result<Array> {
    let run = || {
        let x = x.into_array()?;
        let half = x.dtype();
        only_real(kind, &x)?;
        let axis = normalize_axis(options.axis, x.ndim())?;
        let (y, points) = along(kind, x, options.n, axis)?;
        let y = scaled(y, options.norm.factor(inverse, points as f64))?;
        narrowed(kind, y, half)
    };
    run().map_err(|error: Error| error.in_op(op))
}

/// A real result of half-width floats is of their width, as NumPy's is.
fn narrowed(kind: Direction, y: Array, dtype: DType) -> Result<Array> {
    match dtype {
        DType::Float16 | DType::BFloat16 if kind == Direction::RealInverse => y.astype(dtype),
        _ => Ok(y),
    }
}

fn only_real(kind: Direction, x: &Array) -> Result<()> {
    if kind == Direction::Real && x.dtype().is_complex() {
        return Err(Error::dtype(format!(
            "transforms real numbers, this array is {}; use the complex transform, or `real`",
            x.dtype()
        )));
    }
    Ok(())
}

/// Axes and sizes of a transform over several, as NumPy resolves them.
fn grid(
    x: &Array,
    options: &Grid,
    default: Option<&[isize]>,
) -> Result<Vec<(usize, Option<isize>)>> {
    let ndim = x.ndim() as isize;
    let sizes = options.s.as_deref();
    let axes: SmallVec<[isize; 4]> = match (&options.axes, default, sizes) {
        (Some(axes), _, _) => axes.clone(),
        (None, Some(axes), _) => SmallVec::from_slice(axes),
        (None, None, Some(sizes)) => (-(sizes.len() as isize)..0).collect(),
        (None, None, None) => (0..ndim).collect(),
    };
    if sizes.is_some_and(|sizes| sizes.len() != axes.len()) {
        return Err(Error::value("Shape and axes have different lengths."));
    }
    axes.iter()
        .enumerate()
        .map(|(at, &axis)| {
            let size = sizes.map(|sizes| sizes[at]).filter(|&size| size != -1);
            Ok((normalize_axis(axis, x.ndim())?, size))
        })
        .collect()
}

fn over(
    op: &str,
    kind: Direction,
    x: Operand<'_>,
    options: Grid,
    default: Option<&[isize]>,
) -> Result<Array> {
    let run = || {
        let mut x = x.into_array()?;
        let half = x.dtype();
        only_real(kind, &x)?;
        let mut axes = grid(&x, &options, default)?;
        let inverse = matches!(kind, Direction::Inverse | Direction::RealInverse);
        let mut points = 1.0;
        let mut each = |kind, x: Array, (axis, size)| -> Result<Array> {
            let (y, n) = along(kind, x, size, axis)?;
            points *= n as f64;
            Ok(y)
        };
        match kind {
            Direction::Forward | Direction::Inverse => {
                for &axis in axes.iter().rev() {
                    x = each(kind, x, axis)?;
                }
            }
            Direction::Real => {
                let last = axes.pop().ok_or_else(no_axes)?;
                x = each(Direction::Real, x, last)?;
                for &axis in axes.iter().rev() {
                    x = each(Direction::Forward, x, axis)?;
                }
            }
            Direction::RealInverse => {
                let last = axes.pop().ok_or_else(no_axes)?;
                for &axis in &axes {
                    x = each(Direction::Inverse, x, axis)?;
                }
                x = each(Direction::RealInverse, x, last)?;
            }
        }
        let y = scaled(x, options.norm.factor(inverse, points))?;
        narrowed(kind, y, half)
    };
    run().map_err(|error: Error| error.in_op(op))
}

#[cold]
fn no_axes() -> Error {
    Error::axis("at least one axis must be transformed")
}

macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $inverse:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// For an axis the array does not have, no points, or (of real transforms) complex numbers.
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.fft.", stringify!($name), ".html>")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, options: impl Into<Line>) -> Result<Array> {
            line(stringify!($name), Direction::$kind, x.into(), options.into(), $inverse)
        }
    )*};
}

lines! {
    /// The discrete Fourier transform along an axis: `y[k]` is the sum of `x[j] exp(-2πi jk/n)`. Complex.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{array, fft, real};
    /// let y = fft::fft(&array([1.0, 0.0, 0.0, 0.0], ())?, ())?;
    /// assert_eq!(real(&y)?.to_vec::<f64>()?, [1.0, 1.0, 1.0, 1.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    fft, Forward, false;
    /// The inverse of [`fft()`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{allclose, array, fft};
    /// let x = array([1.0, 2.0, 3.0], ())?;
    /// assert!(allclose(fft::ifft(fft::fft(&x, ())?, ())?, &x, ())?);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    ifft, Inverse, true;
    /// The transform of real numbers: the first `n / 2 + 1` terms of [`fft()`], the others being their conjugates.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{array, fft};
    /// assert_eq!(fft::rfft(&array([1.0, 2.0, 3.0, 4.0], ())?, ())?.shape(), [3]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    rfft, Real, false;
    /// The inverse of [`rfft`]: real, of `2 (m - 1)` points for `m` terms unless a size is given.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{allclose, array, fft};
    /// let x = array([1.0, 2.0, 3.0], ())?;
    /// assert!(allclose(fft::irfft(fft::rfft(&x, ())?, 3)?, &x, ())?);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    irfft, RealInverse, true;
}

/// The transform of a signal that is its own conjugate in reverse, given by its first half: real.
///
/// # Errors
/// As [`irfft`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{array, fft};
/// assert_eq!(fft::hfft(&array([1.0, 2.0, 3.0], ())?, ())?.shape(), [4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.hfft.html>
pub fn hfft<'a>(x: impl Into<Operand<'a>>, options: impl Into<Line>) -> Result<Array> {
    let conjugate = conjugated(x.into()).map_err(|error| error.in_op("hfft"))?;
    line(
        "hfft",
        Direction::RealInverse,
        Operand::Owned(conjugate),
        options.into(),
        false,
    )
}

/// The inverse of [`hfft`].
///
/// # Errors
/// As [`rfft`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{array, fft};
/// assert_eq!(fft::ihfft(&array([1.0, 2.0, 3.0, 2.0], ())?, ())?.shape(), [3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.ihfft.html>
pub fn ihfft<'a>(x: impl Into<Operand<'a>>, options: impl Into<Line>) -> Result<Array> {
    let y = line("ihfft", Direction::Real, x.into(), options.into(), true)?;
    conjugated(Operand::Owned(y))
}

fn conjugated(x: Operand<'_>) -> Result<Array> {
    let x = x.into_array()?;
    match x.dtype().is_complex() {
        true => bind1(&Prim::Unary(Unary::Conjugate), &mut [Operand::Owned(x)]),
        false => Ok(x),
    }
}

macro_rules! grids {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $default:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// For an axis the array does not have, no points, sizes that are not as many as the axes, or (of real transforms) complex numbers.
        ///
        /// # Examples
        /// ```
        /// # extern crate tnp_cpu;
        /// use tnp_array::{fft, ones};
        #[doc = concat!("let y = fft::", stringify!($name), "(&ones([4, 4], ())?, ())?;")]
        /// assert_eq!(y.ndim(), 2);
        /// # Ok::<(), tnp_array::Error>(())
        /// ```
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.fft.", stringify!($name), ".html>")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, options: impl Into<Grid>) -> Result<Array> {
            over(stringify!($name), Direction::$kind, x.into(), options.into(), $default)
        }
    )*};
}

const LAST_TWO: Option<&[isize]> = Some(&[-2, -1]);

grids! {
    /// [`fft()`] along several axes; all by default.
    fftn, Forward, None;
    /// The inverse of [`fftn`].
    ifftn, Inverse, None;
    /// [`rfft`] along the last of several axes, [`fft()`] along the others.
    rfftn, Real, None;
    /// The inverse of [`rfftn`].
    irfftn, RealInverse, None;
    /// [`fftn`] over the last two axes.
    fft2, Forward, LAST_TWO;
    /// The inverse of [`fft2`].
    ifft2, Inverse, LAST_TWO;
    /// [`rfftn`] over the last two axes.
    rfft2, Real, LAST_TWO;
    /// The inverse of [`rfft2`].
    irfft2, RealInverse, LAST_TWO;
}

/// Frequencies of the terms of [`fft()`], in cycles per unit of the sample spacing `d`: zero, the positive ones, the negative ones.
///
/// # Errors
/// When `n` or `d` is zero.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::fft;
/// assert_eq!(fft::fftfreq(4, 0.5)?.to_vec::<f64>()?, [0.0, 0.5, -1.0, -0.5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.fftfreq.html>
pub fn fftfreq(n: usize, d: f64) -> Result<Array> {
    let step = frequency_step("fftfreq", n, d)?;
    let (positive, n) = (n.div_ceil(2) as i64, n as i64);
    let mut order: Vec<i64> = Vec::new();
    order
        .try_reserve_exact(n as usize)
        .map_err(|_| Error::memory(format!("fftfreq: {n} frequencies do not fit into memory")))?;
    order.extend((0..positive).chain(positive - n..0));
    multiply(&Array::from_vec(order, &[n as usize])?, step)
}

/// Frequencies of the terms of [`rfft`], in cycles per unit of the sample spacing `d`.
///
/// # Errors
/// When `n` or `d` is zero.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::fft;
/// assert_eq!(fft::rfftfreq(4, 0.5)?.to_vec::<f64>()?, [0.0, 0.5, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.rfftfreq.html>
pub fn rfftfreq(n: usize, d: f64) -> Result<Array> {
    let step = frequency_step("rfftfreq", n, d)?;
    multiply(arange((n / 2 + 1) as i64)?, step)
}

fn frequency_step(op: &str, n: usize, d: f64) -> Result<f64> {
    let span = n as f64 * d;
    if span == 0.0 {
        return Err(Error::zero_division(format!(
            "{op}: float division by zero: there are {n} points, {d} apart"
        )));
    }
    Ok(1.0 / span)
}

/// The term of frequency zero moved to the middle of the axes (all by default).
///
/// # Errors
/// For an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, fft};
/// assert_eq!(fft::fftshift(&arange(5)?, ())?.to_vec::<i64>()?, [3, 4, 0, 1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.fftshift.html>
pub fn fftshift<'a>(x: impl Into<Operand<'a>>, axes: impl Into<Axis>) -> Result<Array> {
    shifted("fftshift", x.into(), axes.into(), |n| n / 2)
}

/// The inverse of [`fftshift`].
///
/// # Errors
/// For an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{array, fft};
/// let shifted = array([3, 4, 0, 1, 2], ())?;
/// assert_eq!(fft::ifftshift(&shifted, ())?.to_vec::<i32>()?, [0, 1, 2, 3, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fft.ifftshift.html>
pub fn ifftshift<'a>(x: impl Into<Operand<'a>>, axes: impl Into<Axis>) -> Result<Array> {
    shifted("ifftshift", x.into(), axes.into(), |n| -(n / 2))
}

fn shifted(op: &str, x: Operand<'_>, axes: Axis, by: fn(isize) -> isize) -> Result<Array> {
    let run = || {
        let x = x.into_array()?;
        let axes = match axes.0 {
            Some(axes) => axes,
            None => (0..x.ndim() as isize).collect(),
        };
        let shifts: Result<Vec<isize>> = axes
            .iter()
            .map(|&axis| Ok(by(x.shape()[normalize_axis(axis, x.ndim())?] as isize)))
            .collect();
        roll(x, shifts?, Axis(Some(axes)))
    };
    run().map_err(|error: Error| error.in_op(op))
}
