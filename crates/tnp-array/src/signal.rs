//! Sampled functions: convolution, interpolation, slopes, phases, and windows.

mod windows;

pub use windows::{bartlett, blackman, hamming, hanning, i0, kaiser};

use std::f64::consts::PI;

use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Scalar};
use tnp_shape::Dims;

use crate::args::{Axis, Maybe};
use crate::promote::{array_near, at_home, home, near};
use crate::views::{reshaped, span};
use crate::{Array, Diff, Operand, Operands, Side};

/// How much of a convolution is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Wherever the two overlap at all.
    Full,
    /// As long as the longer one, in the middle of the whole.
    Same,
    /// Where they overlap completely.
    Valid,
}

impl std::str::FromStr for Overlap {
    type Err = Error;

    fn from_str(name: &str) -> Result<Overlap> {
        match name {
            "full" => Ok(Overlap::Full),
            "same" => Ok(Overlap::Same),
            "valid" => Ok(Overlap::Valid),
            _ => Err(Error::value(format!(
                "mode must be one of 'valid', 'same', or 'full' (got '{name}')"
            ))),
        }
    }
}

/// The products of a 1-D array with another slid along it, the longer one first; the parts that are kept.
fn slid(long: Array, short: Array, overlap: Overlap) -> Result<Array> {
    let (n, m) = (long.size(), short.size());
    let edge = m - 1;
    let (before, after) = match overlap {
        Overlap::Full => (edge, edge),
        Overlap::Same => (m / 2, edge - m / 2),
        Overlap::Valid => (0, 0),
    };
    debug_assert!(n >= m);
    let long = match before + after {
        0 => long,
        _ => {
            let zeros = |len: usize| crate::full_like(&long, 0, crate::Like::shape([len]));
            let (front, back) = (zeros(before)?, zeros(after)?);
            crate::concatenate([front, long, back], 0)?
        }
    };
    let windows = crate::sliding_window_view(long, m, ())?;
    crate::matmul(windows, short)
}

fn sequences(op: &'static str, a: Operand<'_>, v: Operand<'_>) -> Result<[Array; 2]> {
    let (lines, _) = Operands::from((a, v)).promoted(op)?;
    let mut lines = lines.into_iter().map(|line| {
        let line = crate::atleast_1d(line)?.with_weak(false);
        match line.ndim() {
            1 => Ok(line),
            _ => Err(Error::value("object too deep for desired array")),
        }
    });
    let mut next = || {
        lines
            .next()
            .unwrap_or_else(|| Err(Error::value("two arrays are needed")))
    };
    let (a, v) = (next()?, next()?);
    if a.size() == 0 {
        return Err(Error::value("first array argument cannot be empty"));
    }
    if v.size() == 0 {
        return Err(Error::value("second array argument cannot be empty"));
    }
    Ok([a, v])
}

/// The convolution of two 1-D arrays: `c[k] = Σ a[i] v[k - i]`.
///
/// # Errors
/// For arrays that are empty or not 1-D, and dtypes that do not promote.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Overlap, convolve};
/// assert_eq!(convolve([1, 2, 3], [0.0, 1.0, 0.5], Overlap::Full)?.to_vec::<f64>()?, [0.0, 1.0, 2.5, 4.0, 1.5]);
/// assert_eq!(convolve([1, 2, 3], [0.0, 1.0, 0.5], Overlap::Same)?.to_vec::<f64>()?, [1.0, 2.5, 4.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.convolve.html>
pub fn convolve<'a, 'b>(
    a: impl Into<Operand<'a>>,
    v: impl Into<Operand<'b>>,
    overlap: Overlap,
) -> Result<Array> {
    fn body(a: Operand<'_>, v: Operand<'_>, overlap: Overlap) -> Result<Array> {
        let [a, v] = sequences("convolve", a, v)?;
        let (long, short) = if v.size() > a.size() { (v, a) } else { (a, v) };
        slid(long, crate::flip(short, ())?, overlap)
    }
    body(a.into(), v.into(), overlap).map_err(|error| error.in_op("convolve"))
}

/// The cross-correlation of two 1-D arrays: `c[k] = Σ a[i + k] conj(v[i])`.
///
/// # Errors
/// As [`convolve`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Overlap, correlate};
/// assert_eq!(correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], Overlap::Valid)?.to_vec::<f64>()?, [3.5]);
/// assert_eq!(correlate([1, 2, 3], [0, 1, 5], Overlap::Full)?.to_vec::<i32>()?, [5, 11, 17, 3, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.correlate.html>
pub fn correlate<'a, 'b>(
    a: impl Into<Operand<'a>>,
    v: impl Into<Operand<'b>>,
    overlap: Overlap,
) -> Result<Array> {
    fn body(a: Operand<'_>, v: Operand<'_>, overlap: Overlap) -> Result<Array> {
        let [a, v] = sequences("correlate", a, v)?;
        let v = if v.dtype().is_complex() {
            crate::conjugate(v)?
        } else {
            v
        };
        if v.size() > a.size() {
            // The shorter one slides along the longer one from the other end.
            return crate::flip(slid(v, a, overlap)?, ());
        }
        slid(a, v, overlap)
    }
    body(a.into(), v.into(), overlap).map_err(|error| error.in_op("correlate"))
}

/// Options of [`interp`].
///
/// # Examples
/// ```
/// use tnp_array::Interp;
/// let options = Interp::period(360.0);
/// ```
#[derive(Default)]
pub struct Interp {
    /// The value before the first point; that of the first point when left out.
    pub left: Maybe<'static>,
    /// The value after the last point; that of the last point when left out.
    pub right: Maybe<'static>,
    /// The function repeats with this period; `left` and `right` mean nothing then.
    pub period: Option<f64>,
}

impl Interp {
    /// Of a function that repeats.
    pub fn period(period: f64) -> Interp {
        Interp {
            period: Some(period),
            ..Interp::default()
        }
    }

    /// With this value before the first point.
    pub fn left(self, left: impl Into<Operand<'static>>) -> Interp {
        Interp {
            left: Maybe(Some(left.into())),
            ..self
        }
    }

    /// With this value after the last point.
    pub fn right(self, right: impl Into<Operand<'static>>) -> Interp {
        Interp {
            right: Maybe(Some(right.into())),
            ..self
        }
    }
}

impl From<()> for Interp {
    fn from((): ()) -> Interp {
        Interp::default()
    }
}

/// Straight lines between points: the values at `x` of the function through `(xp, fp)`, whose places `xp` ascend.
///
/// The result is float64, or complex128 for complex `fp`, in the shape of `x`. Places that do not ascend give nonsense, as in NumPy. Options: `left`, `right`, `period`.
///
/// # Errors
/// For points that are not 1-D, none, or as many values as places; complex places; a period of zero.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Interp, interp};
/// let (xp, fp) = ([1, 2, 3], [3, 2, 0]);
/// assert_eq!(interp([0.0, 1.5, 2.72, 3.14], xp, fp, ())?.to_vec::<f64>()?, [3.0, 2.5, 0.5599999999999996, 0.0]);
/// assert_eq!(interp(9.0, xp, fp, Interp::default().right(-1))?.item::<f64>()?, -1.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.interp.html>
pub fn interp<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    xp: impl Into<Operand<'b>>,
    fp: impl Into<Operand<'c>>,
    options: impl Into<Interp>,
) -> Result<Array> {
    interpolated(x.into(), xp.into(), fp.into(), options.into())
        .map_err(|error| error.in_op("interp"))
}

fn interpolated(
    x: Operand<'_>,
    xp: Operand<'_>,
    fp: Operand<'_>,
    options: Interp,
) -> Result<Array> {
    let near_first = home(&[&x, &xp, &fp]);
    let [x, xp, fp] = at_home(near_first, || {
        Ok::<_, Error>([x.into_array()?, xp.into_array()?, fp.into_array()?])
    })?;
    if x.dtype().is_complex() || xp.dtype().is_complex() {
        return Err(Error::dtype(
            "Cannot cast array data from a complex dtype to dtype('float64') according to the rule 'safe'",
        ));
    }
    let dtype = match fp.dtype().is_complex() {
        true => DType::Complex128,
        false => DType::Float64,
    };
    let real = |x: Array| x.astype(DType::Float64);
    let (mut x, mut xp, mut fp) = (real(x)?, real(xp)?, fp.astype(dtype)?);
    if xp.ndim() != 1 || fp.ndim() != 1 {
        return Err(Error::value("Data points must be 1-D sequences"));
    }
    if xp.size() != fp.size() {
        return Err(Error::value("fp and xp are not of the same length."));
    }
    if xp.size() == 0 {
        return Err(Error::value("array of sample points is empty"));
    }
    let (mut left, mut right) = (options.left.0, options.right.0);
    if let Some(period) = options.period {
        if period == 0.0 {
            return Err(Error::value("period must be a non-zero value"));
        }
        let period = period.abs();
        (left, right) = (None, None);
        x = crate::remainder(x, period)?;
        xp = crate::remainder(xp, period)?;
        let order = crate::argsort(&xp, crate::Sorting::default().stable())?;
        (xp, fp) = (crate::take(xp, &order, 0)?, crate::take(fp, order, 0)?);
        let end = xp.size() - 1;
        let edge = |x: &Array, at: usize| span(Operand::Borrowed(x), 0, at, 1);
        let before = crate::subtract(edge(&xp, end)?, period)?;
        let after = crate::add(edge(&xp, 0)?, period)?;
        xp = crate::concatenate([&before, &xp, &after], 0)?;
        fp = crate::concatenate([&edge(&fp, end)?, &fp, &edge(&fp, 0)?], 0)?;
    }
    let last = xp.size() - 1;
    let at = |x: &Array, at: usize| -> Result<Array> {
        reshaped(
            Operand::Owned(span(Operand::Borrowed(x), 0, at, 1)?),
            Dims::new(),
        )
    };
    let outside = |value: Option<Operand<'static>>, own: Array| -> Result<Array> {
        match value {
            None => Ok(own),
            Some(value) => array_near(&own, value)?.astype(dtype),
        }
    };
    let left = outside(left, at(&fp, 0)?)?;
    let right = outside(right, at(&fp, last)?)?;
    let first_place = at(&xp, 0)?;
    let last_place = at(&xp, last)?;
    let inner = if last == 0 {
        at(&fp, 0)?
    } else {
        let below = crate::subtract(crate::searchsorted(&xp, &x, Side::Right)?, 1)?;
        let below = crate::clip(below, 0, last as i64 - 1)?;
        let above = crate::add(&below, 1)?;
        let (x0, x1) = (crate::take(&xp, &below, 0)?, crate::take(&xp, &above, 0)?);
        let (y0, y1) = (crate::take(&fp, below, 0)?, crate::take(&fp, above, 0)?);
        let width = crate::subtract(&x1, &x0)?;
        // Places may be met twice; of two points at one place the slope is not asked for.
        let width = crate::where_(crate::equal(&width, 0)?, 1, width)?;
        let slope = crate::divide(crate::subtract(&y1, &y0)?, width)?;
        let rise = crate::multiply(slope, crate::subtract(&x, &x0)?)?;
        let line = crate::add(rise, &y0)?;
        let on_point = crate::equal(&x, x0)?;
        let flat = crate::logical_or(on_point, crate::equal(&y0, y1)?)?;
        crate::where_(flat, y0, line)?
    };
    let result = crate::where_(crate::less(&x, &first_place)?, left, inner)?;
    let on_last = crate::equal(&x, &last_place)?;
    let result = crate::where_(on_last, at(&fp, last)?, result)?;
    let result = crate::where_(crate::greater(&x, last_place)?, right, result)?;
    let nan = crate::isnan(&x)?;
    crate::where_(nan, x.astype(dtype)?, result)
}

/// Options of [`gradient`].
///
/// # Examples
/// ```
/// use tnp_array::Slopes;
/// let options = Slopes::spacing(0.5).axis(0).edge_order(2);
/// ```
#[derive(Default)]
pub struct Slopes {
    /// How far apart samples are: one number for all axes, or for each axis a number or the places; 1 when empty.
    pub spacing: Vec<Operand<'static>>,
    /// The axes; all when `None`.
    pub axis: Axis,
    /// Of which order differences at the ends are: 1 (also when 0 stands here) or 2.
    pub edge_order: usize,
}

impl Slopes {
    /// Samples this far apart, or at these places.
    pub fn spacing(spacing: impl Into<Operand<'static>>) -> Slopes {
        Slopes {
            spacing: vec![spacing.into()],
            ..Slopes::default()
        }
    }

    /// For each axis how far samples are apart, or their places.
    pub fn spacings<T: Into<Operand<'static>>>(spacings: impl IntoIterator<Item = T>) -> Slopes {
        Slopes {
            spacing: spacings.into_iter().map(Into::into).collect(),
            ..Slopes::default()
        }
    }

    /// Along these axes.
    pub fn axis(self, axis: impl Into<Axis>) -> Slopes {
        Slopes {
            axis: axis.into(),
            ..self
        }
    }

    /// With differences of this order at the ends.
    pub fn edge_order(self, edge_order: usize) -> Slopes {
        Slopes { edge_order, ..self }
    }
}

impl From<()> for Slopes {
    fn from((): ()) -> Slopes {
        Slopes::default()
    }
}

impl From<f64> for Slopes {
    fn from(spacing: f64) -> Slopes {
        Slopes::spacing(spacing)
    }
}

/// Slopes of samples along each axis by differences of second order, of first order (or second) at the ends: one array an axis.
///
/// Integers are taken as float64. Options: spacing, axes, `edge_order`.
///
/// # Errors
/// For an axis of fewer samples than two (three for `edge_order` 2), places that do not fit, more spacings than axes, and another `edge_order`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Slopes, gradient};
/// assert_eq!(gradient([1, 2, 4, 7, 11, 16], ())?[0].to_vec::<f64>()?, [1.0, 1.5, 2.5, 3.5, 4.5, 5.0]);
/// assert_eq!(gradient([1, 2, 4], Slopes::spacing([0.0, 1.0, 3.0]))?[0].to_vec::<f64>()?, [1.0, 1.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.gradient.html>
pub fn gradient<'a>(f: impl Into<Operand<'a>>, options: impl Into<Slopes>) -> Result<Vec<Array>> {
    slopes(f.into(), options.into()).map_err(|error| error.in_op("gradient"))
}

fn slopes(f: Operand<'_>, options: Slopes) -> Result<Vec<Array>> {
    let f = f.into_array()?.with_weak(false);
    let f = if f.dtype().is_integer() {
        f.astype(DType::Float64)?
    } else {
        f
    };
    if f.dtype().is_bool() {
        return Err(Error::dtype(
            "numpy boolean subtract, the `-` operator, is not supported: convert the array",
        ));
    }
    let axes = match options.axis.in_order(f.ndim())? {
        Some(axes) => axes,
        None => (0..f.ndim()).collect(),
    };
    let order = match options.edge_order {
        0 | 1 => 1,
        2 => 2,
        _ => return Err(Error::value("'edge_order' greater than 2 not supported")),
    };
    let spacings: Vec<Operand<'_>> = match &options.spacing[..] {
        [] => axes.iter().map(|_| Operand::from(1.0)).collect(),
        [one] if one.shape().is_empty() => axes.iter().map(|_| one.lend()).collect(),
        several if several.len() == axes.len() => several.iter().map(Operand::lend).collect(),
        several => {
            return Err(Error::dtype(format!(
                "invalid number of arguments: {} spacings for {} axes",
                several.len(),
                axes.len()
            )));
        }
    };
    let mut out = Vec::new();
    for (&axis, spacing) in axes.iter().zip(spacings) {
        let slope = along_axis(&f, axis, spacing, order)?;
        out.push(slope.astype(f.dtype())?);
    }
    Ok(out)
}

fn along_axis(f: &Array, axis: usize, spacing: Operand<'_>, order: usize) -> Result<Array> {
    let size = f.shape()[axis];
    if size < order + 1 {
        return Err(Error::value(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required.",
        ));
    }
    match spacing.shape() {
        [] => {}
        [len] if *len == size => {
            let places = array_near(f, spacing)?;
            let places = match places.dtype().is_integer() {
                true => places.astype(DType::Float64)?,
                false => places,
            };
            let mut shape = Dims::from_elem(1, f.ndim());
            shape[axis] = size - 1;
            let widths = crate::diff(places, ())?;
            return uneven(f, axis, &reshaped(Operand::Owned(widths), shape)?, order);
        }
        [_] => {
            return Err(Error::value(
                "when 1d, distances must match the length of the corresponding dimension",
            ));
        }
        _ => return Err(Error::value("distances must be either scalars or 1d")),
    }
    let part = |start: usize, len: usize| span(Operand::Borrowed(f), axis, start, len);
    let weak = matches!(spacing, Operand::Scalar(_));
    let double = near(f, || crate::multiply(2.0, &spacing))?.with_weak(weak);
    let middle = crate::divide(
        crate::subtract(part(2.min(size), size - 2)?, part(0, size - 2)?)?,
        double,
    )?;
    let (first, last) = if order == 1 {
        let step = |at: usize| crate::subtract(part(at + 1, 1)?, part(at, 1)?);
        (
            crate::divide(step(0)?, &spacing)?,
            crate::divide(step(size - 2)?, &spacing)?,
        )
    } else {
        let weighed = |at: usize, weights: [f64; 3]| -> Result<Array> {
            let term = |i: usize| {
                crate::multiply(part(at + i, 1)?, near(f, || over(weights[i], &spacing))?)
            };
            crate::add(crate::add(term(0)?, term(1)?)?, term(2)?)
        };
        (
            weighed(0, [-1.5, 2.0, -0.5])?,
            weighed(size - 3, [0.5, -2.0, 1.5])?,
        )
    };
    let dtype = middle.dtype();
    crate::concatenate([first.astype(dtype)?, middle, last.astype(dtype)?], axis)
}

/// A number over the spacing, giving way in promotion when that is a bare number.
fn over(number: f64, spacing: &Operand<'_>) -> Result<Array> {
    Ok(crate::divide(number, spacing)?.with_weak(matches!(spacing, Operand::Scalar(_))))
}

/// Slopes where samples are not evenly apart: `widths` are their distances, as many axes as `f` has.
fn uneven(f: &Array, axis: usize, widths: &Array, order: usize) -> Result<Array> {
    let size = f.shape()[axis];
    let part = |start: usize, len: usize| span(Operand::Borrowed(f), axis, start, len);
    let width = |start: usize, len: usize| span(Operand::Borrowed(widths), axis, start, len);
    let (before, after) = (width(0, size - 2)?, width(1.min(size - 1), size - 2)?);
    let both = crate::add(&before, &after)?;
    let a = crate::negative(crate::divide(&after, crate::multiply(&before, &both)?)?)?;
    let b = crate::divide(
        crate::subtract(&after, &before)?,
        crate::multiply(&before, &after)?,
    )?;
    let c = crate::divide(&before, crate::multiply(&after, &both)?)?;
    let weighed = |start: usize, len: usize, weights: [Array; 3]| -> Result<Array> {
        let [a, b, c] = weights;
        let sum = crate::add(
            crate::multiply(a, part(start, len)?)?,
            crate::multiply(b, part(start + 1, len)?)?,
        )?;
        crate::add(sum, crate::multiply(c, part(start + 2, len)?)?)
    };
    let middle = match size {
        2 => crate::multiply(part(0, 0)?, width(0, 0)?)?,
        _ => weighed(0, size - 2, [a, b, c])?,
    };
    let ends = if order == 1 {
        let step = |at: usize| {
            let rise = crate::subtract(part(at + 1, 1)?, part(at, 1)?)?;
            crate::divide(rise, width(at, 1)?)
        };
        [step(0)?, step(size - 2)?]
    } else {
        let edge = |near: Array, far: Array| -> Result<[Array; 3]> {
            let both = crate::add(&near, &far)?;
            let twice = crate::add(crate::multiply(&near, 2)?, &far)?;
            let own = crate::divide(twice, crate::multiply(&near, &both)?)?;
            let next = crate::divide(&both, crate::multiply(&near, &far)?)?;
            let beyond = crate::divide(&near, crate::multiply(&far, &both)?)?;
            Ok([own, next, beyond])
        };
        let [own, next, beyond] = edge(width(0, 1)?, width(1, 1)?)?;
        let first = weighed(
            0,
            1,
            [crate::negative(own)?, next, crate::negative(beyond)?],
        )?;
        let [own, next, beyond] = edge(width(size - 2, 1)?, width(size - 3, 1)?)?;
        let last = weighed(size - 3, 1, [beyond, crate::negative(next)?, own])?;
        [first, last]
    };
    let dtype = middle.dtype();
    let [first, last] = ends;
    crate::concatenate([first.astype(dtype)?, middle, last.astype(dtype)?], axis)
}

/// Options of [`unwrap`].
///
/// # Examples
/// ```
/// use tnp_array::Unwrap;
/// let options = Unwrap::period(360.0).axis(0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Unwrap {
    /// The largest difference of neighbours that stays as it is; half a period when `None` or less than that.
    pub discont: Option<f64>,
    /// The axis; the last by default.
    pub axis: isize,
    /// What values are known up to: 2π by default. A whole number keeps integers integers.
    pub period: Scalar,
}

impl Default for Unwrap {
    fn default() -> Unwrap {
        Unwrap::period(2.0 * PI)
    }
}

impl Unwrap {
    /// Values known up to multiples of this.
    pub fn period(period: impl Into<Scalar>) -> Unwrap {
        Unwrap {
            discont: None,
            axis: -1,
            period: period.into(),
        }
    }

    /// Larger differences of neighbours are jumps.
    pub fn discont(self, discont: f64) -> Unwrap {
        Unwrap {
            discont: Some(discont),
            ..self
        }
    }

    /// Along this axis.
    pub fn axis(self, axis: isize) -> Unwrap {
        Unwrap { axis, ..self }
    }
}

impl From<()> for Unwrap {
    fn from((): ()) -> Unwrap {
        Unwrap::default()
    }
}

/// Values known up to multiples of a period made continuous along an axis: neighbours are never more than half a period apart.
///
/// Options: `discont`, the axis, the period.
///
/// # Errors
/// For a 0-d array or an axis the array does not have, and complex numbers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Unwrap, unwrap};
/// assert_eq!(unwrap([1, 2, 3, 0, 1], Unwrap::period(4))?.to_vec::<i32>()?, [1, 2, 3, 4, 5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unwrap.html>
pub fn unwrap<'a>(p: impl Into<Operand<'a>>, options: impl Into<Unwrap>) -> Result<Array> {
    fn body(p: Operand<'_>, options: Unwrap) -> Result<Array> {
        let p = p.into_array()?.with_weak(false);
        let axis = tnp_shape::normalize_axis(options.axis, p.ndim())?;
        let steps = crate::diff(&p, Diff::default().axis(axis as isize))?;
        let dtype = crate::result_type((&steps, Operand::Scalar(options.period)))?;
        let period = Operand::Scalar(options.period);
        let (whole, number) = match options.period {
            Scalar::Int(period) => (dtype.is_integer(), period as f64),
            Scalar::Float(period) => (false, period),
            _ => return Err(Error::dtype("the period must be a real number")),
        };
        let half = match whole {
            true => Operand::from((number as i64).div_euclid(2)),
            false => Operand::from(number / 2.0),
        };
        let ambiguous = !whole || (number as i64).rem_euclid(2) == 0;
        let low = match whole {
            true => Operand::from(-((number as i64).div_euclid(2))),
            false => Operand::from(-number / 2.0),
        };
        let shifted = crate::remainder(crate::subtract(&steps, low.lend())?, period)?;
        let mut wrapped = crate::add(shifted, low.lend())?;
        if ambiguous {
            let on_edge = crate::equal(&wrapped, low)?;
            let rising = crate::logical_and(on_edge, crate::greater(&steps, 0)?)?;
            wrapped = crate::where_(rising, half.lend(), wrapped)?;
        }
        let correction = crate::subtract(wrapped, &steps)?;
        let discont = options.discont.unwrap_or(number / 2.0);
        let small = crate::less(crate::absolute(&steps)?, discont)?;
        let correction = crate::where_(small, 0, correction)?;
        let size = p.shape()[axis];
        let first = span(Operand::Borrowed(&p), axis, 0, size.min(1))?;
        let rest = span(
            Operand::Borrowed(&p),
            axis,
            size.min(1),
            size.saturating_sub(1),
        )?;
        let rest = crate::add(rest, crate::cumsum(correction, axis as isize)?)?;
        crate::concatenate([first.astype(dtype)?, rest.astype(dtype)?], axis)
    }
    body(p.into(), options.into()).map_err(|error| error.in_op("unwrap"))
}
