//! Quantiles and percentiles, by all of NumPy's methods.

use std::str::FromStr;

use tnp_backend::prim::Unary;
use tnp_backend::{Error, Result, Warning, warn};
use tnp_dtype::{DType, ReductionRule, Scalar, TypeOrScalar};
use tnp_shape::Dims;

use crate::args::{Axis, Reduce};
use crate::elementwise::{finish, one};
use crate::promote::array_near;
use crate::reduce::{Taken, axes_of, dtype_of, kept, reductions};
use crate::statistics::spread_weights;
use crate::views::{reshaped, span, transposed};
use crate::{Array, Operand};

/// How a quantile is estimated: the nine methods of Hyndman and Fan (1996), and NumPy's older four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QuantileMethod {
    /// The smallest element whose share of the elements is not below.
    InvertedCdf,
    /// The same, averaged with the next where the share is met exactly.
    AveragedInvertedCdf,
    /// The element nearest to the share, an even one when two are.
    ClosestObservation,
    /// Between elements, by the inverted distribution function.
    InterpolatedInvertedCdf,
    /// Between elements, whose shares are in the middle of their steps.
    Hazen,
    /// Between elements, shares being multiples of 1 / (n + 1).
    Weibull,
    /// Between elements, the first being 0 and the last 1: the default.
    #[default]
    Linear,
    /// Between elements, about unbiased for the median whatever the distribution.
    MedianUnbiased,
    /// Between elements, about unbiased for normal distributions.
    NormalUnbiased,
    /// The element below.
    Lower,
    /// The element above.
    Higher,
    /// The mean of the elements below and above.
    Midpoint,
    /// The nearest element.
    Nearest,
}

const METHODS: [(&str, QuantileMethod); 13] = [
    ("inverted_cdf", QuantileMethod::InvertedCdf),
    ("averaged_inverted_cdf", QuantileMethod::AveragedInvertedCdf),
    ("closest_observation", QuantileMethod::ClosestObservation),
    (
        "interpolated_inverted_cdf",
        QuantileMethod::InterpolatedInvertedCdf,
    ),
    ("hazen", QuantileMethod::Hazen),
    ("weibull", QuantileMethod::Weibull),
    ("linear", QuantileMethod::Linear),
    ("median_unbiased", QuantileMethod::MedianUnbiased),
    ("normal_unbiased", QuantileMethod::NormalUnbiased),
    ("lower", QuantileMethod::Lower),
    ("higher", QuantileMethod::Higher),
    ("midpoint", QuantileMethod::Midpoint),
    ("nearest", QuantileMethod::Nearest),
];

impl FromStr for QuantileMethod {
    type Err = Error;

    /// The method of NumPy's name.
    fn from_str(name: &str) -> Result<QuantileMethod> {
        let found = METHODS.iter().find(|(own, _)| *own == name);
        found.map(|(_, method)| *method).ok_or_else(|| {
            let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
            Error::value(format!(
                "'{name}' is not a valid method. Use one of: {}",
                names.join(", ")
            ))
        })
    }
}

/// Options of [`quantile`] and its kin.
///
/// # Examples
/// ```
/// use tnp_array::{Quantile, QuantileMethod};
/// let options = Quantile::axes(0).method(QuantileMethod::Nearest).keepdims();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Quantile {
    /// The axes to look along; all when `None`.
    pub axis: Axis,
    /// How to estimate.
    pub method: QuantileMethod,
    /// Keep the axes with size one.
    pub keepdims: bool,
    /// Weights: of the array's shape, or of the sizes of the axes; only for [`QuantileMethod::InvertedCdf`].
    pub weights: Option<Array>,
}

impl Quantile {
    /// Along these axes.
    pub fn axes(axes: impl Into<Axis>) -> Quantile {
        Quantile {
            axis: axes.into(),
            ..Quantile::default()
        }
    }

    /// By this method.
    pub fn method(self, method: QuantileMethod) -> Quantile {
        Quantile { method, ..self }
    }

    /// Keep the axes with size one.
    pub fn keepdims(self) -> Quantile {
        Quantile {
            keepdims: true,
            ..self
        }
    }

    /// With these weights.
    pub fn weights(self, weights: &Array) -> Quantile {
        Quantile {
            weights: Some(weights.clone()),
            ..self
        }
    }
}

impl<T: Into<Axis>> From<T> for Quantile {
    fn from(axes: T) -> Quantile {
        Quantile::axes(axes)
    }
}

impl From<QuantileMethod> for Quantile {
    fn from(method: QuantileMethod) -> Quantile {
        Quantile::default().method(method)
    }
}

macro_rules! quantiles {
    ($($(#[doc = $doc:literal])* $name:ident = $scale:literal, $skip:literal;)*) => {$(
        $(#[doc = $doc])*
        #[doc = concat!("<https://numpy.org/doc/stable/reference/generated/numpy.", stringify!($name), ".html>")]
        pub fn $name<'a, 'b>(
            x: impl Into<Operand<'a>>,
            q: impl Into<Operand<'b>>,
            options: impl Into<Quantile>,
        ) -> Result<Array> {
            estimated(stringify!($name), $scale, $skip, x.into(), q.into(), options.into())
                .map_err(|error| error.in_op(stringify!($name)))
        }
    )*};
}

quantiles! {
    /// Quantiles of the elements over axes: what lies above the shares `q`, numbers from 0 to 1, of them; NaN if any element is.
    ///
    /// The shape is that of `q` (a number or 1-D, or 2-D), then the array's without the axes. Integers give float64 where the method interpolates; a
    /// share given as a bare number does not widen the dtype. Options: axes, `method`, `keepdims`, `weights`.
    ///
    /// # Errors
    /// For shares outside [0, 1], complex numbers, bool where the method interpolates, an axis the array does not have, nothing to look at, and
    /// weights with another method than [`QuantileMethod::InvertedCdf`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{QuantileMethod, quantile};
    /// let x = [[10, 7, 4], [3, 2, 1]];
    /// assert_eq!(quantile(x, 0.5, ())?.item::<f64>()?, 3.5);
    /// assert_eq!(quantile(x, 0.5, 0)?.to_vec::<f64>()?, [6.5, 4.5, 2.5]);
    /// assert_eq!(quantile(x, [0.0, 0.9], QuantileMethod::Lower)?.to_vec::<i32>()?, [1, 7]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    quantile = 1.0, false;
    /// Percentiles of the elements over axes: [`quantile`] with shares from 0 to 100.
    ///
    /// # Errors
    /// As [`quantile`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::percentile;
    /// assert_eq!(percentile([1, 2, 3, 4, 5], [25, 50], ())?.to_vec::<f64>()?, [2.0, 3.0]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    percentile = 100.0, false;
    /// Quantiles over axes of the elements that are not NaN; NaN where there are no others.
    ///
    /// # Errors
    /// As [`quantile`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nanquantile;
    /// assert_eq!(nanquantile([1.0, f64::NAN, 3.0], 0.5, ())?.item::<f64>()?, 2.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nanquantile = 1.0, true;
    /// Percentiles over axes of the elements that are not NaN; NaN where there are no others.
    ///
    /// # Errors
    /// As [`quantile`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nanpercentile;
    /// assert_eq!(nanpercentile([1.0, f64::NAN, 3.0], 100, ())?.item::<f64>()?, 3.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nanpercentile = 100.0, true;
}

/// The elements with the axes to look along joined in front, and what becomes of the other axes.
struct Lines {
    /// Shape (elements, …other axes).
    x: Array,
    /// The other axes, kept with size one where asked.
    rest: Dims,
    axes: smallvec::SmallVec<[usize; 4]>,
}

fn lines(op: &str, x: Array, axis: &Axis, keepdims: bool) -> Result<Lines> {
    let ndim = x.ndim();
    let axes = axes_of(op, axis, ndim)?;
    let others: smallvec::SmallVec<[usize; 4]> =
        (0..ndim).filter(|axis| !axes.contains(axis)).collect();
    let rest: Dims = if keepdims {
        kept(x.shape(), &axes)
    } else {
        others.iter().map(|&axis| x.shape()[axis]).collect()
    };
    Ok(Lines {
        x: in_front(x, &axes)?,
        rest,
        axes,
    })
}

/// Some axes joined in front of the others.
fn in_front(x: Array, axes: &[usize]) -> Result<Array> {
    let others = (0..x.ndim()).filter(|axis| !axes.contains(axis));
    let mut shape = Dims::from_slice(&[axes.iter().map(|&axis| x.shape()[axis]).product()]);
    shape.extend(others.clone().map(|axis| x.shape()[axis]));
    let order = axes.iter().copied().chain(others).collect();
    let moved = transposed(Operand::Owned(x), order)?;
    reshaped(Operand::Owned(moved), shape)
}

/// The shares as an array of floats in units of one, whether they are a bare number, and whether whole ones.
fn shares(op: &str, scale: f64, x: &Array, q: Operand<'_>) -> Result<(Array, bool)> {
    let weak = matches!(q, Operand::Scalar(_));
    let mut q = array_near(x, q)?.with_weak(false);
    if q.dtype().is_complex() || q.ndim() > 2 {
        return Err(Error::value(format!("{op}: q must be a scalar or 1d")));
    }
    if weak && q.dtype().is_inexact() {
        q = q.astype(DType::Float64)?;
    }
    if scale != 1.0 {
        q = crate::divide(q, scale)?;
    }
    if q.tensor().is_ok() {
        let bounds = crate::logical_and(crate::greater_equal(&q, 0)?, crate::less_equal(&q, 1)?)?;
        if bounds.tensor().is_ok() && !crate::all(bounds, ())?.truth()? {
            return Err(Error::value(match scale {
                1.0 => format!("{op}: Quantiles must be in the range [0, 1]"),
                _ => format!("{op}: Percentiles must be in the range [0, 100]"),
            }));
        }
    }
    Ok((q, weak))
}

/// Where a quantile lies in sorted elements.
enum Place {
    /// At one of them.
    At(Array),
    /// Between two: the place below, the place above, and how far from the one to the other.
    Between(Array, Array, Array),
}

/// Places of shares among `n` elements; `q` and `n` are floats of one dtype, and broadcast.
fn place(method: QuantileMethod, q: &Array, n: &Array) -> Result<Place> {
    use QuantileMethod::*;
    let last = crate::subtract(n, 1)?;
    let spanned = crate::multiply(&last, q)?;
    let plotted = |alpha: f64, beta: f64| {
        let shift = crate::add(crate::multiply(q, 1.0 - alpha - beta)?, alpha)?;
        crate::subtract(crate::add(crate::multiply(n, q)?, shift)?, 1)
    };
    let virtual_place = match method {
        InvertedCdf => {
            return at_boundary(crate::subtract(crate::multiply(n, q)?, 1)?, false, &last);
        }
        ClosestObservation => {
            let place = crate::subtract(crate::multiply(n, q)?, 1)?;
            return at_boundary(crate::subtract(place, 0.5)?, true, &last);
        }
        Lower => return at(crate::floor(spanned)?, &last),
        Higher => return at(crate::ceil(spanned)?, &last),
        Nearest => return at(crate::rint(spanned)?, &last),
        AveragedInvertedCdf => crate::subtract(crate::multiply(n, q)?, 1)?,
        InterpolatedInvertedCdf => plotted(0.0, 1.0)?,
        Hazen => plotted(0.5, 0.5)?,
        Weibull => plotted(0.0, 0.0)?,
        Linear => spanned,
        MedianUnbiased => plotted(1.0 / 3.0, 1.0 / 3.0)?,
        NormalUnbiased => plotted(3.0 / 8.0, 3.0 / 8.0)?,
        Midpoint => crate::multiply(
            crate::add(crate::floor(&spanned)?, crate::ceil(&spanned)?)?,
            0.5,
        )?,
    };
    let below = crate::floor(&virtual_place)?;
    let way = crate::subtract(&virtual_place, &below)?;
    let way = match method {
        AveragedInvertedCdf => choose_way(&way, 0.5, 1.0)?,
        Midpoint => choose_way(&way, 0.0, 0.5)?,
        _ => way,
    };
    let low = crate::maximum(crate::minimum(&below, &last)?, 0)?;
    let high = crate::add(&below, 1)?;
    // Beyond either end both neighbours are that end.
    let before = crate::less(&virtual_place, 0)?;
    let high = crate::where_(before, 0, crate::minimum(high, &last)?)?;
    let high = crate::maximum(high, 0)?;
    Ok(Place::Between(
        low.astype(DType::Int64)?,
        high.astype(DType::Int64)?,
        way,
    ))
}

fn choose_way(way: &Array, met: f64, otherwise: f64) -> Result<Array> {
    let met_exactly = crate::equal(way, 0)?;
    crate::where_(met_exactly, met, otherwise)?.astype(way.dtype())
}

fn at(place: Array, last: &Array) -> Result<Place> {
    let place = crate::maximum(crate::minimum(place, last)?, 0)?;
    Ok(Place::At(place.astype(DType::Int64)?))
}

/// The place below where it is met exactly (and, for the closest observation, odd), else the one above.
fn at_boundary(virtual_place: Array, odd: bool, last: &Array) -> Result<Place> {
    let below = crate::floor(&virtual_place)?;
    let mut met = crate::equal(&virtual_place, &below)?;
    if odd {
        met = crate::logical_and(met, crate::equal(crate::remainder(&below, 2)?, 1)?)?;
    }
    let above = crate::add(&below, 1)?;
    at(crate::where_(met, below, above)?, last)
}

fn estimated(
    op: &'static str,
    scale: f64,
    skip_nan: bool,
    x: Operand<'_>,
    q: Operand<'_>,
    options: Quantile,
) -> Result<Array> {
    let x = x.into_array()?.with_weak(false);
    if x.dtype().is_complex() {
        return Err(Error::dtype(format!(
            "{op}: a must be an array of real numbers"
        )));
    }
    let (q, weak) = shares(op, scale, &x, q)?;
    if let Some(weights) = &options.weights {
        if options.method != QuantileMethod::InvertedCdf {
            return Err(Error::value(format!(
                "{op}: Only method 'inverted_cdf' supports weights. Got: {:?}.",
                options.method
            )));
        }
        let weights = weights.clone();
        return weighted(op, skip_nan, x, q, weights, &options);
    }
    let Lines { x, rest, .. } = lines(op, x, &options.axis, options.keepdims)?;
    let size = x.shape()[0];
    if size == 0 {
        return Err(Error::index(format!(
            "{op}: index -1 is out of bounds for axis 0 with size 0: there is nothing to take a quantile of"
        )));
    }
    let mut shape = Dims::from_slice(q.shape());
    shape.extend_from_slice(&rest);
    let sorted = crate::sort(x, 0)?;
    // NaN sorts last.
    let largest = reshaped(
        Operand::Owned(span(Operand::Borrowed(&sorted), 0, size - 1, 1)?),
        Dims::from_slice(&sorted.shape()[1..]),
    )?;
    let can_be_nan = sorted.dtype().is_inexact();
    let skip_nan = skip_nan && can_be_nan;
    let whole = q.dtype().is_integer() || q.dtype().is_bool();
    let names_elements = whole && options.method == QuantileMethod::Linear;
    if names_elements && !skip_nan {
        // Nothing is interpolated.
        let place = crate::multiply(q.astype(DType::Int64)?, (size - 1) as i64)?;
        let taken = crate::take(&sorted, place, 0)?;
        let taken = with_nan(taken, &largest, can_be_nan)?;
        return reshaped(Operand::Owned(taken), shape);
    }
    let q = match q.dtype().is_inexact() {
        true => q,
        false => q.astype(DType::Float64)?,
    };
    let over_lines: Dims = q
        .shape()
        .iter()
        .copied()
        .chain(sorted.shape()[1..].iter().map(|_| 1))
        .collect();
    let spread = reshaped(Operand::Borrowed(&q), over_lines.clone())?;
    let place = if skip_nan {
        let numbers = crate::logical_not(crate::isnan(&sorted)?)?;
        let count = crate::sum(numbers, 0)?.astype(q.dtype())?;
        place(options.method, &spread, &count)?
    } else {
        let count = crate::full_like(&spread, size as f64, crate::Like::shape(()))?;
        place(options.method, &spread, &count)?
    };
    let pick = |place: Array| -> Result<Array> {
        if !skip_nan {
            let place = reshaped(Operand::Owned(place), Dims::from_slice(q.shape()))?;
            return crate::take(&sorted, place, 0);
        }
        let mut line: Dims = Dims::from_slice(&[place.size() / sorted_lines(&sorted).max(1)]);
        line.extend_from_slice(&sorted.shape()[1..]);
        let whole = Dims::from_slice(place.shape());
        let place = reshaped(Operand::Owned(place), line)?;
        let taken = crate::take_along_axis(&sorted, place, 0)?;
        reshaped(Operand::Owned(taken), whole)
    };
    let result = match place {
        Place::At(place) => pick(place)?,
        Place::Between(low, high, way) => between(op, &q, weak, pick(low)?, pick(high)?, way)?,
    };
    let nan = match skip_nan {
        // Where nothing is a number the first of the sorted elements is NaN.
        true => reshaped(
            Operand::Owned(span(Operand::Borrowed(&sorted), 0, 0, 1)?),
            Dims::from_slice(&sorted.shape()[1..]),
        )?,
        false => largest,
    };
    let result = match names_elements {
        true => result.astype(sorted.dtype())?,
        false => result,
    };
    let result = with_nan(result, &nan, can_be_nan)?;
    reshaped(Operand::Owned(result), shape)
}

/// How many lines there are.
fn sorted_lines(sorted: &Array) -> usize {
    sorted.shape()[1..].iter().product()
}

/// The result with what `nan` has where that is NaN.
fn with_nan(result: Array, nan: &Array, can_be: bool) -> Result<Array> {
    if !can_be {
        return Ok(result);
    }
    let is_nan = one(Unary::IsNan, nan)?;
    let nan = nan.astype(result.dtype())?;
    crate::where_(is_nan, nan, result)
}

/// `low + way * (high - low)`, from the nearer end.
fn between(
    op: &'static str,
    q: &Array,
    weak: bool,
    low: Array,
    high: Array,
    way: Array,
) -> Result<Array> {
    if low.dtype().is_bool() {
        return Err(Error::dtype(format!(
            "{op}: numpy boolean subtract, the `-` operator, is not supported: convert the array, or choose a method that does not interpolate"
        )));
    }
    let share: TypeOrScalar = match weak {
        true => Scalar::Float(0.5).into(),
        false => q.type_info().into(),
    };
    let dtype = tnp_dtype::result_type(op, &[low.type_info().into(), share])?.dtype;
    let dtype = if low.dtype().is_inexact() || dtype.is_inexact() {
        dtype
    } else {
        DType::Float64
    };
    let (low, high) = match low.dtype().is_inexact() {
        true => (low, high),
        false => (low.astype(dtype)?, high.astype(dtype)?),
    };
    let distance = crate::subtract(&high, &low)?.astype(dtype)?;
    let back = crate::subtract(1, &way)?.astype(dtype)?;
    let nearer_high = crate::greater_equal(&way, 0.5)?;
    let from_low = crate::add(
        low.astype(dtype)?,
        crate::multiply(&distance, way.astype(dtype)?)?,
    )?;
    let from_high = crate::subtract(high.astype(dtype)?, crate::multiply(distance, back)?)?;
    crate::where_(nearer_high, from_high, from_low)
}

/// The first element at which the share of the weights so far is not below `q`.
fn weighted(
    op: &'static str,
    skip_nan: bool,
    x: Array,
    q: Array,
    weights: Array,
    options: &Quantile,
) -> Result<Array> {
    let whole = Dims::from_slice(x.shape());
    let axes = axes_of(op, &options.axis, x.ndim())?;
    let weights = spread_weights(op, weights, &whole, &options.axis, &axes)?;
    let weights = crate::broadcast_to(weights.astype(DType::Float64)?, &whole)?;
    if weights.tensor().is_ok() {
        let negative = crate::any(crate::less(&weights, 0)?, ())?;
        if negative.tensor().is_ok() && negative.truth()? {
            return Err(Error::value(format!("{op}: Weights must be non-negative.")));
        }
    }
    let Lines { x, rest, axes } = lines(op, x, &options.axis, options.keepdims)?;
    let mut weights = in_front(weights, &axes)?;
    let size = x.shape()[0];
    if size == 0 {
        return Err(Error::index(format!(
            "{op}: there is nothing to take a quantile of"
        )));
    }
    let can_be_nan = x.dtype().is_inexact();
    if skip_nan && can_be_nan {
        weights = crate::where_(crate::isnan(&x)?, 0, weights)?;
    }
    let order = crate::argsort(&x, crate::Sorting::axis(0).stable())?;
    let sorted = crate::take_along_axis(&x, &order, 0)?;
    let running = crate::cumsum(crate::take_along_axis(weights, order, 0)?, 0)?;
    let total = span(Operand::Borrowed(&running), 0, size - 1, 1)?;
    let mut shares = crate::divide(&running, &total)?;
    if !skip_nan && shares.tensor().is_ok() {
        let bad = crate::any(crate::isnan(&shares)?, ())?;
        if bad.tensor().is_ok() && bad.truth()? {
            return Err(Error::value(format!(
                "{op}: Weights included NaN, inf or were all zero."
            )));
        }
    }
    if q.dtype().is_float() {
        shares = shares.astype(q.dtype())?;
    }
    // Elements of no weight in front are not meant, even by a share of zero.
    let shares = crate::where_(crate::equal(&shares, 0)?, -1, shares)?;
    let lines_of_q: Dims = q
        .shape()
        .iter()
        .copied()
        .chain(sorted.shape().iter().map(|_| 1))
        .collect();
    let wanted = reshaped(Operand::Borrowed(&q), lines_of_q)?;
    let below = crate::less(&shares, wanted)?;
    let place = crate::sum(below, q.ndim() as isize)?;
    let place = crate::minimum(place, (size - 1) as i64)?;
    let mut line: Dims = Dims::from_slice(&[q.size()]);
    line.extend_from_slice(&sorted.shape()[1..]);
    let place = reshaped(Operand::Owned(place), line)?;
    let result = crate::take_along_axis(&sorted, place, 0)?;
    let mut shape = Dims::from_slice(q.shape());
    shape.extend_from_slice(&sorted.shape()[1..]);
    let result = reshaped(Operand::Owned(result), shape)?;
    let at = if skip_nan { 0 } else { size - 1 };
    let edge = reshaped(
        Operand::Owned(span(Operand::Borrowed(&sorted), 0, at, 1)?),
        Dims::from_slice(&sorted.shape()[1..]),
    )?;
    let result = with_nan(result, &edge, can_be_nan)?;
    let mut shape = Dims::from_slice(q.shape());
    shape.extend_from_slice(&rest);
    reshaped(Operand::Owned(result), shape)
}

reductions! { functions
    /// The middle over axes of the elements that are not NaN, the mean of the two middle ones for an even number; NaN where there are no others.
    ///
    /// Options: axes, `keepdims`.
    ///
    /// # Errors
    /// As [`mean`](crate::mean).
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::nanmedian;
    /// assert_eq!(nanmedian([10.0, f64::NAN, 4.0, 7.0], ())?.item::<f64>()?, 7.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    nanmedian = middle_of_numbers();
}

fn middle_of_numbers(op: &'static str, mut x: Operand<'_>, options: Reduce) -> Result<Array> {
    x.resolve()?;
    options.check(op, Taken::KEEPDIMS)?;
    let own = dtype_of(&x);
    if !own.is_float() {
        return crate::median(x, options);
    }
    let promoted = tnp_dtype::reduction(op, ReductionRule::Median, own)?;
    let gives = promoted.result.dtype;
    let dtype = match gives {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    };
    let Lines { x, rest, .. } = lines(op, x.into_array()?, &options.axis, options.keepdims)?;
    if x.shape()[0] == 0 {
        warn(Warning::EmptySlice, op);
        let nan = crate::full_like(&x, f64::NAN, crate::Like::shape(&rest))?;
        return finish(nan, gives.into());
    }
    let sorted = crate::sort(x, 0)?;
    let numbers = crate::logical_not(crate::isnan(&sorted)?)?;
    let count = crate::sum(numbers, Reduce::axes(0).keepdims())?;
    let at = |place: Array| -> Result<Array> {
        // Of nothing the first is taken, which is NaN.
        let place = crate::maximum(crate::floor_divide(place, 2)?, 0)?;
        crate::take_along_axis(&sorted, place, 0)?.astype(dtype)
    };
    let (below, above) = (at(crate::subtract(&count, 1)?)?, at(count.clone())?);
    let is_odd = crate::equal(crate::remainder(&count, 2)?, 1)?;
    let mean = crate::divide(crate::add(&below, above)?, 2)?;
    let middle = crate::where_(is_odd, below, mean)?;
    reshaped(Operand::Owned(finish(middle, gives.into())?), rest)
}
