//! Counting elements by value: `histogram` and its kin, `bincount`, `digitize`. How many bins there should be lies in `histogram/width.rs`.

mod width;

use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Scalar};
use tnp_shape::Dims;

use crate::args::{Flag, Maybe};
use crate::index::beside;
use crate::promote::{array_near, near};
use crate::views::{flat, reshaped, span};
use crate::{Array, Operand, Side, Space, s};

/// The bins of a histogram.
#[derive(Clone, Debug)]
pub enum Bins {
    /// So many of one width, from the smallest element to the largest (or over a range that is given).
    Count(isize),
    /// Between these edges, ascending.
    Edges(Result<Array>),
    /// The same, as numbers in Rust's own collections: they go where the elements are.
    Numbers(Result<Array>),
    /// As many of one width as an estimator takes for good: `"auto"`, `"doane"`, `"fd"`, `"rice"`, `"scott"`, `"sqrt"`, `"stone"`, `"sturges"`.
    Estimated(String),
}

impl From<()> for Bins {
    fn from((): ()) -> Bins {
        Bins::Count(10)
    }
}

macro_rules! counts {
    ($($t:ty),*) => {$(
        impl From<$t> for Bins {
            fn from(count: $t) -> Bins {
                Bins::Count(isize::try_from(count).unwrap_or(isize::MAX))
            }
        }
    )*};
}
counts!(i32, i64, isize, usize);

impl From<&str> for Bins {
    fn from(estimator: &str) -> Bins {
        Bins::Estimated(estimator.to_owned())
    }
}

impl From<Operand<'_>> for Bins {
    fn from(edges: Operand<'_>) -> Bins {
        Bins::Edges(edges.into_array())
    }
}

impl From<&Array> for Bins {
    fn from(edges: &Array) -> Bins {
        Bins::Edges(Ok(edges.clone()))
    }
}

impl From<Array> for Bins {
    fn from(edges: Array) -> Bins {
        Bins::Edges(Ok(edges))
    }
}

impl<T: crate::Nested, const N: usize> From<[T; N]> for Bins {
    fn from(edges: [T; N]) -> Bins {
        Bins::Numbers(Operand::from(edges).into_array())
    }
}

impl<T: crate::Nested> From<Vec<T>> for Bins {
    fn from(edges: Vec<T>) -> Bins {
        Bins::Numbers(Operand::from(edges).into_array())
    }
}

/// Options of [`histogram`] and its kin.
///
/// # Examples
/// ```
/// use tnp_array::Histogram;
/// let options = Histogram::bins(20).range(0.0, 1.0).density();
/// ```
#[derive(Clone, Debug)]
pub struct Histogram {
    /// The bins; ten by default. Those of one axis for all, or one for each.
    pub bins: Vec<Bins>,
    /// From where to where, for each axis or for all; what is outside is not counted.
    pub range: Vec<Option<(f64, f64)>>,
    /// Shares by width, which integrate to one, rather than counts.
    pub density: bool,
    /// What each element counts for; 1 by default.
    pub weights: Option<Array>,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::bins(())
    }
}

impl Histogram {
    /// With these bins.
    pub fn bins(bins: impl Into<Bins>) -> Histogram {
        Histogram {
            bins: vec![bins.into()],
            range: Vec::new(),
            density: false,
            weights: None,
        }
    }

    /// With bins for each axis.
    pub fn bins_of_axes(bins: impl IntoIterator<Item = Bins>) -> Histogram {
        Histogram {
            bins: bins.into_iter().collect(),
            ..Histogram::default()
        }
    }

    /// From here to there.
    pub fn range(self, from: f64, to: f64) -> Histogram {
        Histogram {
            range: vec![Some((from, to))],
            ..self
        }
    }

    /// From here to there on each axis; `None` for all there is.
    pub fn ranges(self, ranges: impl IntoIterator<Item = Option<(f64, f64)>>) -> Histogram {
        Histogram {
            range: ranges.into_iter().collect(),
            ..self
        }
    }

    /// Shares by width, which integrate to one.
    pub fn density(self) -> Histogram {
        Histogram {
            density: true,
            ..self
        }
    }

    /// What each element counts for.
    pub fn weights(self, weights: &Array) -> Histogram {
        Histogram {
            weights: Some(weights.clone()),
            ..self
        }
    }
}

impl<T: Into<Bins>> From<T> for Histogram {
    fn from(bins: T) -> Histogram {
        Histogram::bins(bins)
    }
}

/// From where to where the bins reach, as numbers of the elements' dtype or, when given, as bare ones.
fn outer_edges(op: &str, x: &Array, range: Option<(f64, f64)>) -> Result<[Operand<'static>; 2]> {
    let named = |error: Error| error.in_op(op);
    let (mut first, mut last) = match range {
        Some((first, last)) => {
            if first > last {
                return Err(Error::value(format!(
                    "{op}: max must be larger than min in range parameter."
                )));
            }
            if !(first.is_finite() && last.is_finite()) {
                return Err(Error::value(format!(
                    "{op}: supplied range of [{first}, {last}] is not finite"
                )));
            }
            if first == last {
                return Ok([Operand::from(first - 0.5), Operand::from(last + 0.5)]);
            }
            return Ok([Operand::from(first), Operand::from(last)]);
        }
        None if x.size() == 0 => return Ok([Operand::from(0.0), Operand::from(1.0)]),
        None => (
            crate::min(x, ()).map_err(named)?,
            crate::max(x, ()).map_err(named)?,
        ),
    };
    let (low, high) = (
        first.item::<f64>().map_err(named)?,
        last.item::<f64>().map_err(named)?,
    );
    if !(low.is_finite() && high.is_finite()) {
        return Err(Error::value(format!(
            "{op}: autodetected range of [{low}, {high}] is not finite"
        )));
    }
    if crate::equal(&first, &last)?.truth()? {
        first = crate::subtract(first, 0.5)?;
        last = crate::add(last, 0.5)?;
    }
    Ok([Operand::Owned(first), Operand::Owned(last)])
}

/// Edges that ascend, as they are.
fn checked(op: &str, edges: Array) -> Result<Array> {
    if edges.ndim() != 1 {
        return Err(Error::value(format!(
            "{op}: `bins` must be 1d, when an array"
        )));
    }
    let descends = crate::less(crate::diff(&edges, ())?, 0);
    // Unsigned and bool edges have no differences below zero: they are compared themselves.
    let descends = match edges.dtype() {
        dtype if dtype.is_unsigned_integer() || dtype.is_bool() => {
            let size = edges.size().saturating_sub(1);
            let later = span(Operand::Borrowed(&edges), 0, edges.size() - size, size)?;
            crate::less(later, span(Operand::Borrowed(&edges), 0, 0, size)?)
        }
        _ => descends,
    }?;
    if descends.tensor().is_ok() && crate::any(descends, ())?.item::<bool>().unwrap_or(false) {
        return Err(Error::value(format!(
            "{op}: `bins` must increase monotonically, when an array"
        )));
    }
    Ok(edges)
}

/// The edges for the elements of a flat array.
fn edges_of(
    op: &str,
    x: &Array,
    bins: &Bins,
    range: Option<(f64, f64)>,
    weighted: bool,
) -> Result<Array> {
    let count = match bins {
        Bins::Edges(edges) => return checked(op, edges.clone()?),
        Bins::Numbers(edges) => return checked(op, beside(x, edges.clone()?)?),
        Bins::Count(count) => {
            if *count < 1 {
                return Err(Error::value(format!(
                    "{op}: `bins` must be positive, when an integer"
                )));
            }
            *count
        }
        Bins::Estimated(name) => {
            if weighted {
                return Err(Error::dtype(format!(
                    "{op}: Automated estimation of the number of bins is not supported for weighted data"
                )));
            }
            width::count(op, name, x, range)? as isize
        }
    };
    let [first, last] = outer_edges(op, x, range)?;
    let dtype = match x.dtype() {
        dtype if dtype.is_inexact() => dtype,
        _ => DType::Float64,
    };
    let steps = Space::num(count + 1).dtype(dtype);
    let edges = near(x, || crate::linspace(first, last, steps))?;
    let size = edges.size() - 1;
    let later = span(Operand::Borrowed(&edges), 0, 1, size)?;
    let rising = crate::greater(later, span(Operand::Borrowed(&edges), 0, 0, size)?)?;
    if rising.tensor().is_ok() && !crate::all(rising, ())?.truth()? {
        return Err(Error::value(format!(
            "{op}: Too many bins for data range. Cannot create {count} finite-sized bins."
        )));
    }
    Ok(edges)
}

/// The array flat, bool as uint8, and weights flat beside it.
fn flattened(op: &str, x: Operand<'_>, weights: Option<&Array>) -> Result<(Array, Option<Array>)> {
    let x = x.into_array()?.with_weak(false);
    if let Some(weights) = weights
        && weights.shape() != x.shape()
    {
        return Err(Error::value(format!(
            "{op}: weights should have the same shape as a."
        )));
    }
    let x = if x.dtype().is_bool() {
        x.astype(DType::UInt8)?
    } else {
        x
    };
    if x.dtype().is_complex() {
        return Err(Error::dtype(format!("{op}: complex numbers have no bins")));
    }
    let weights = weights.map(|weights| flat(Operand::Borrowed(weights)));
    Ok((flat(Operand::Owned(x))?, weights.transpose()?))
}

/// Sums of weights (ones when there are none) at positions below `size`; what has the position `size` is left out.
fn totals(position: &Array, weights: Option<&Array>, size: usize) -> Result<Array> {
    let dtype = match weights {
        None => DType::Int64,
        Some(weights) if weights.dtype().is_complex() => DType::Complex128,
        Some(_) => DType::Float64,
    };
    let zeros = crate::full_like(position, 0, crate::Like::shape([size + 1]).dtype(dtype))?;
    let sums = match weights {
        None => zeros
            .at(s![position])
            .add(crate::full_like(position, 1, dtype)?)?,
        Some(weights) => zeros.at(s![position]).add(weights.astype(dtype)?)?,
    };
    span(Operand::Owned(sums), 0, 0, size)
}

/// For each element the number of its bin, the last one closed; the number of bins where it is in none.
fn bin_of(x: &Array, edges: &Array) -> Result<Array> {
    let bins = edges.size() - 1;
    let dtype = crate::result_type((x, edges))?;
    let (x, edges) = (x.astype(dtype)?, edges.astype(dtype)?);
    let last = reshaped(
        Operand::Owned(span(Operand::Borrowed(&edges), 0, bins, 1)?),
        Dims::new(),
    )?;
    let after = crate::searchsorted(&edges, &x, Side::Right)?;
    let on_last = crate::equal(&x, last)?;
    let bin = crate::subtract(after, 1)?;
    let bin = crate::where_(on_last, (bins as i64) - 1, bin)?;
    let outside = crate::less(&bin, 0)?;
    crate::minimum(crate::where_(outside, bins as i64, bin)?, bins as i64)
}

/// How many elements lie in each of some bins, and the edges of these. The bins are half open but for the last.
///
/// Counts are int64; with weights their sums, in the weights' dtype; with `density` float64 shares by width. Options: `bins` (10 by default: a
/// number, edges, or an estimator's name), `range`, `density`, `weights`.
///
/// # Errors
/// For bins that are no positive number or no ascending edges, a range that is not finite or ends before it begins, elements that are
/// not finite where the range depends on them, complex numbers, and weights of another shape; inside a trace or a map unless edges are given.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Histogram, histogram};
/// let (counts, edges) = histogram([1, 2, 1, 4], 3)?;
/// assert_eq!((counts.to_vec::<i64>()?, edges.to_vec::<f64>()?), (vec![2, 1, 1], vec![1.0, 2.0, 3.0, 4.0]));
/// let (shares, _) = histogram([1, 2, 1], Histogram::bins([0, 1, 3]).density())?;
/// assert_eq!(shares.to_vec::<f64>()?, [0.0, 0.5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.histogram.html>
pub fn histogram<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Histogram>,
) -> Result<(Array, Array)> {
    fn body(x: Operand<'_>, options: Histogram) -> Result<(Array, Array)> {
        const OP: &str = "histogram";
        let (x, weights) = flattened(OP, x, options.weights.as_ref())?;
        let (bins, range) = one_axis(OP, &options)?;
        let edges = edges_of(OP, &x, bins, range, weights.is_some())?;
        if edges.size() == 0 {
            return Err(Error::value(format!(
                "{OP}: `bins` must have one edge at least"
            )));
        }
        let bin = bin_of(&x, &edges)?;
        let mut counts = totals(&bin, weights.as_ref(), edges.size() - 1)?;
        if let Some(weights) = &weights {
            counts = counts.astype(weights.dtype())?;
        }
        if !options.density {
            return Ok((counts, edges));
        }
        let widths = crate::diff(&edges, ())?.astype(DType::Float64)?;
        let total = crate::sum(&counts, ())?;
        let shares = crate::divide(crate::divide(counts, widths)?, total)?;
        Ok((shares, edges))
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("histogram"))
}

/// The bins and range of options for one axis.
fn one_axis<'a>(op: &str, options: &'a Histogram) -> Result<(&'a Bins, Option<(f64, f64)>)> {
    match (&options.bins[..], &options.range[..]) {
        ([bins], []) => Ok((bins, None)),
        ([bins], [range]) => Ok((bins, *range)),
        _ => Err(Error::value(format!(
            "{op}: bins and range must be those of one axis"
        ))),
    }
}

/// The edges of the bins that [`histogram`] would take.
///
/// # Errors
/// As [`histogram`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::histogram_bin_edges;
/// assert_eq!(histogram_bin_edges([0, 1, 4], 2)?.to_vec::<f64>()?, [0.0, 2.0, 4.0]);
/// assert_eq!(histogram_bin_edges([0, 0, 0, 1, 2, 3, 3, 4, 5], "auto")?.size(), 6);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.histogram_bin_edges.html>
pub fn histogram_bin_edges<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Histogram>,
) -> Result<Array> {
    fn body(x: Operand<'_>, options: Histogram) -> Result<Array> {
        const OP: &str = "histogram_bin_edges";
        let (x, weights) = flattened(OP, x, options.weights.as_ref())?;
        let (bins, range) = one_axis(OP, &options)?;
        edges_of(OP, &x, bins, range, weights.is_some())
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("histogram_bin_edges"))
}

/// How many samples lie in each cell of a grid of bins: samples are the rows of a 2-D array, with one column an axis.
///
/// Gives the counts (float64; sums of the weights, or shares by volume with `density`) and the edges along each axis. Options: `bins` and `range`, for
/// each axis or for all, `density`, `weights`.
///
/// # Errors
/// As [`histogram`]; for another number of bins or ranges than there are axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::histogramdd;
/// let (counts, edges) = histogramdd([[0.0, 0.0], [1.0, 1.0], [0.9, 0.1]], 2)?;
/// assert_eq!(counts.to_vec::<f64>()?, [1.0, 0.0, 1.0, 1.0]);
/// assert_eq!(edges[0].to_vec::<f64>()?, [0.0, 0.5, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.histogramdd.html>
pub fn histogramdd<'a>(
    sample: impl Into<Operand<'a>>,
    options: impl Into<Histogram>,
) -> Result<(Array, Vec<Array>)> {
    fn body(sample: Operand<'_>, options: Histogram) -> Result<(Array, Vec<Array>)> {
        let sample = sample.into_array()?.with_weak(false);
        let sample = match sample.ndim() {
            2 => sample,
            0 | 1 => crate::transpose(crate::atleast_2d(sample)?, ())?,
            ndim => {
                return Err(Error::value(format!(
                    "the samples must be the rows of a 2-D array, it has {ndim} axes"
                )));
            }
        };
        let column = |axis: usize| {
            let column = span(Operand::Borrowed(&sample), 1, axis, 1)?;
            reshaped(
                Operand::Owned(column),
                Dims::from_slice(&[sample.shape()[0]]),
            )
        };
        let columns: Vec<Array> = (0..sample.shape()[1]).map(column).collect::<Result<_>>()?;
        cells("histogramdd", &columns, &options)
    }
    body(sample.into(), options.into()).map_err(|error| error.in_op("histogramdd"))
}

fn cells(op: &str, columns: &[Array], options: &Histogram) -> Result<(Array, Vec<Array>)> {
    let axes = columns.len();
    let one_for_all = options.bins.len() == 1;
    if !one_for_all && options.bins.len() != axes {
        return Err(Error::value(format!(
            "{op}: The dimension of bins must be equal to the dimension of the sample x."
        )));
    }
    if !options.range.is_empty() && options.range.len() != axes && options.range.len() != 1 {
        return Err(Error::value(format!(
            "{op}: range argument must have one entry per dimension"
        )));
    }
    let mut edges = Vec::new();
    for (axis, column) in columns.iter().enumerate() {
        let range = options.range.get(axis).or(options.range.first());
        let bins = &options.bins[if one_for_all { 0 } else { axis }];
        edges.push(match bins {
            Bins::Edges(edges) => checked(op, edges.clone()?)?,
            Bins::Numbers(edges) => checked(op, beside(column, edges.clone()?)?)?,
            Bins::Count(count) if *count < 1 => {
                return Err(Error::value(format!(
                    "{op}: `bins[{axis}]` must be positive, when an integer"
                )));
            }
            Bins::Count(count) => {
                let [first, last] = outer_edges(op, column, range.copied().flatten())?;
                near(column, || {
                    crate::linspace(first, last, Space::num(count + 1))
                })?
            }
            Bins::Estimated(_) => {
                return Err(Error::dtype(format!(
                    "{op}: `bins[{axis}]` must be an integer, when a scalar"
                )));
            }
        });
    }
    let shape: Dims = edges.iter().map(|edges| edges.size() - 1).collect();
    let size: usize = shape.iter().product();
    let mut position: Option<Array> = None;
    let mut outside: Option<Array> = None;
    for ((column, edges), &bins) in columns.iter().zip(&edges).zip(&shape) {
        let bin = bin_of(column, edges)?;
        let beyond = crate::equal(&bin, bins as i64)?;
        outside = Some(match outside {
            None => beyond,
            Some(outside) => crate::logical_or(outside, beyond)?,
        });
        position = Some(match position {
            None => bin,
            Some(position) => crate::add(crate::multiply(position, bins as i64)?, bin)?,
        });
    }
    let (Some(position), Some(outside)) = (position, outside) else {
        return Err(Error::value(format!("{op}: the samples have no axis")));
    };
    let position = crate::where_(outside, size as i64, position)?;
    if let Some(weights) = &options.weights
        && weights.shape() != position.shape()
    {
        return Err(Error::value(format!(
            "{op}: The weights and list don't have the same length."
        )));
    }
    let counts = totals(&position, options.weights.as_ref(), size)?;
    if counts.dtype().is_complex() {
        return Err(Error::dtype(format!("{op}: weights must not be complex")));
    }
    let mut counts = reshaped(
        Operand::Owned(counts.astype(DType::Float64)?),
        shape.clone(),
    )?;
    if options.density {
        let total = crate::sum(&counts, ())?;
        for (axis, edges) in edges.iter().enumerate() {
            let mut line = Dims::from_elem(1, shape.len());
            line[axis] = shape[axis];
            let widths = reshaped(Operand::Owned(crate::diff(edges, ())?), line)?;
            counts = crate::divide(counts, widths)?;
        }
        counts = crate::divide(counts, total)?;
    }
    Ok((counts, edges))
}

/// How many points lie in each cell of a plane of bins: the counts (float64), and the edges along `x` and `y`.
///
/// Options: those of [`histogramdd`]; edges given once are those of both axes.
///
/// # Errors
/// As [`histogramdd`]; when `x` and `y` differ in length.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::histogram2d;
/// let (counts, _, y_edges) = histogram2d([0, 1, 1], [0, 0, 2], 2)?;
/// assert_eq!(counts.to_vec::<f64>()?, [1.0, 0.0, 1.0, 1.0]);
/// assert_eq!(y_edges.to_vec::<f64>()?, [0.0, 1.0, 2.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.histogram2d.html>
pub fn histogram2d<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    options: impl Into<Histogram>,
) -> Result<(Array, Array, Array)> {
    fn body(x: Operand<'_>, y: Operand<'_>, options: Histogram) -> Result<(Array, Array, Array)> {
        const OP: &str = "histogram2d";
        let (x, y) = (x.into_array()?, y.into_array()?);
        if x.shape() != y.shape() || x.ndim() != 1 {
            return Err(Error::value("x and y must have the same length."));
        }
        // As NumPy, which puts the points into one array.
        let (pair, _) = crate::Operands::from([x, y]).promoted(OP)?;
        let columns: Vec<Array> = pair
            .into_iter()
            .map(|line| Ok(line.into_array()?.with_weak(false)))
            .collect::<Result<_>>()?;
        let (counts, edges) = cells(OP, &columns, &options)?;
        let [x_edges, y_edges] = <[Array; 2]>::try_from(edges)
            .map_err(|_| Error::value("the samples must have two axes"))?;
        Ok((counts, x_edges, y_edges))
    }
    body(x.into(), y.into(), options.into()).map_err(|error| error.in_op("histogram2d"))
}

/// Options of [`bincount`].
///
/// # Examples
/// ```
/// use tnp_array::BinCount;
/// let options = BinCount::minlength(10);
/// ```
#[derive(Default)]
pub struct BinCount {
    /// What each element counts for; 1 by default.
    pub weights: Maybe<'static>,
    /// How long the result is at least.
    pub minlength: usize,
}

impl BinCount {
    /// A result at least this long.
    pub fn minlength(minlength: usize) -> BinCount {
        BinCount {
            minlength,
            ..BinCount::default()
        }
    }

    /// With weights.
    pub fn weights(self, weights: impl Into<Operand<'static>>) -> BinCount {
        BinCount {
            weights: Maybe(Some(weights.into())),
            ..self
        }
    }
}

impl From<()> for BinCount {
    fn from((): ()) -> BinCount {
        BinCount::default()
    }
}

impl From<usize> for BinCount {
    fn from(minlength: usize) -> BinCount {
        BinCount::minlength(minlength)
    }
}

/// How often each whole number from 0 on is in a 1-D array (int64), or what its weights sum up to (float64).
///
/// Options: `weights`, `minlength`.
///
/// # Errors
/// For negative numbers, an array that is not 1-D or whose elements are not integers, and weights of another shape; inside a trace or a map, where the
/// largest number, and so the length, is not known.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{BinCount, bincount};
/// assert_eq!(bincount([0, 1, 1, 3], ())?.to_vec::<i64>()?, [1, 2, 0, 1]);
/// let sums = bincount([0, 1, 1], BinCount::minlength(3).weights([0.5, 1.0, 2.0]))?;
/// assert_eq!(sums.to_vec::<f64>()?, [0.5, 3.0, 0.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.bincount.html>
pub fn bincount<'a>(x: impl Into<Operand<'a>>, options: impl Into<BinCount>) -> Result<Array> {
    fn body(x: Operand<'_>, options: BinCount) -> Result<Array> {
        let x = x.into_array()?;
        if x.ndim() != 1 {
            return Err(Error::value(format!(
                "object of wrong depth for desired array: it must be 1-D, it has {} axes",
                x.ndim()
            )));
        }
        if x.size() > 0 && x.dtype().is_inexact() {
            return Err(Error::dtype(format!(
                "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule 'safe'",
                x.dtype()
            )));
        }
        let x = x.astype(DType::Int64)?;
        let mut length = options.minlength;
        if x.size() > 0 {
            if crate::min(&x, ())?.item::<i64>()? < 0 {
                return Err(Error::value(
                    "'list' argument must have no negative elements",
                ));
            }
            length = length.max(crate::max(&x, ())?.item::<i64>()? as usize + 1);
        }
        let weights = match options.weights.0 {
            None => None,
            Some(weights) => {
                let weights = array_near(&x, weights)?;
                if weights.shape() != x.shape() {
                    return Err(Error::value(
                        "The weights and list don't have the same length.",
                    ));
                }
                if weights.dtype().is_complex() {
                    return Err(Error::dtype(
                        "Cannot cast array data from a complex dtype to dtype('float64') according to the rule 'safe'",
                    ));
                }
                Some(weights)
            }
        };
        totals(&x, weights.as_ref(), length)
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("bincount"))
}

/// For each element the number (int64) of the bin it is in: between `bins[i-1]` and `bins[i]`, 0 before the first and the number of edges after the last.
///
/// The bins are closed on the left, or on the `right`; edges may ascend or descend.
///
/// # Errors
/// For complex numbers, and edges that neither ascend nor descend; inside a trace when the edges have no values yet.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::digitize;
/// let bins = [0.0, 1.0, 2.5, 4.0, 10.0];
/// assert_eq!(digitize([0.2, 6.4, 3.0, 1.0], bins, ())?.to_vec::<i64>()?, [1, 4, 3, 2]);
/// assert_eq!(digitize([1.0], bins, true)?.to_vec::<i64>()?, [1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.digitize.html>
pub fn digitize<'a, 'b>(
    x: impl Into<Operand<'a>>,
    bins: impl Into<Operand<'b>>,
    right: impl Into<Flag>,
) -> Result<Array> {
    fn body(x: Operand<'_>, bins: Operand<'_>, right: bool) -> Result<Array> {
        let bins = bins.into_array()?;
        let x = array_near(&bins, x)?;
        if x.dtype().is_complex() || bins.dtype().is_complex() {
            return Err(Error::dtype("x may not be complex"));
        }
        if bins.ndim() != 1 {
            return Err(Error::value(format!(
                "object of wrong depth for desired array: the bins must be 1-D, they have {} axes",
                bins.ndim()
            )));
        }
        let edges = bins.astype(DType::Float64)?.to_vec::<f64>()?;
        let ascends = edges.windows(2).all(|pair| pair[0] <= pair[1]);
        if !ascends && !edges.windows(2).all(|pair| pair[0] >= pair[1]) {
            return Err(Error::value(
                "bins must be monotonically increasing or decreasing",
            ));
        }
        let side = if right { Side::Left } else { Side::Right };
        if ascends {
            return crate::searchsorted(bins, x, side);
        }
        let count = Scalar::from(bins.size() as i64);
        crate::subtract(count, crate::searchsorted(crate::flip(bins, ())?, x, side)?)
    }
    body(x.into(), bins.into(), right.into().0).map_err(|error| error.in_op("digitize"))
}
