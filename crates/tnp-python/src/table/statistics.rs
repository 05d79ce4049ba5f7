//! Quantiles, histograms, covariances, and what leaves NaN out.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tnp::{
    Array, BinCount, Bins, Covariance, Histogram, Maybe, Operand, Quantile, QuantileMethod as M,
};

use crate::call::{Args, Entry, functions};
use crate::convert;
use crate::error::OrRaise;

fn quantile(a: &Args<'_, '_>) -> PyResult<Quantile> {
    const METHODS: [(&str, M); 13] = [
        ("inverted_cdf", M::InvertedCdf),
        ("averaged_inverted_cdf", M::AveragedInvertedCdf),
        ("closest_observation", M::ClosestObservation),
        ("interpolated_inverted_cdf", M::InterpolatedInvertedCdf),
        ("hazen", M::Hazen),
        ("weibull", M::Weibull),
        ("linear", M::Linear),
        ("median_unbiased", M::MedianUnbiased),
        ("normal_unbiased", M::NormalUnbiased),
        ("lower", M::Lower),
        ("higher", M::Higher),
        ("midpoint", M::Midpoint),
        ("nearest", M::Nearest),
    ];
    Ok(Quantile {
        axis: a.axis("axis")?,
        method: a.choice("method", M::Linear, &METHODS)?,
        keepdims: a.flag("keepdims")?,
        weights: array(a, "weights")?,
    })
}

fn array(a: &Args<'_, '_>, name: &str) -> PyResult<Option<Array>> {
    a.maybe(name)?
        .map(Operand::into_array)
        .transpose()
        .or_raise(a.py())
}

fn bins_of(object: &Bound<'_, PyAny>) -> PyResult<Bins> {
    if let Ok(name) = object.cast::<PyString>() {
        return Ok(Bins::from(name.to_str()?));
    }
    match object.extract::<isize>() {
        Ok(count) => Ok(Bins::Count(count)),
        Err(_) => Ok(Bins::Edges(Ok(convert::array(object)?))),
    }
}

/// The options of one-dimensional histograms.
fn histogram(a: &Args<'_, '_>) -> PyResult<Histogram> {
    let mut options = match a.named("bins") {
        Some(bins) => Histogram::bins(bins_of(bins)?),
        None => Histogram::bins(10),
    };
    if let Some(range) = a.named("range") {
        let (from, to) = range.extract()?;
        options = options.range(from, to);
    }
    options.density = a.flag("density")?;
    options.weights = array(a, "weights")?;
    Ok(options)
}

/// Those of histograms over several axes: bins for all, or for each.
fn histogram_of_axes(a: &Args<'_, '_>, axes: usize) -> PyResult<Histogram> {
    let mut options = match a.named("bins") {
        None => Histogram::bins(10),
        Some(bins) if bins.extract::<isize>().is_ok() => Histogram::bins(bins_of(bins)?),
        Some(bins) if bins.len()? == axes => {
            let each = bins
                .try_iter()?
                .map(|bins| bins_of(&bins?))
                .collect::<PyResult<Vec<_>>>()?;
            Histogram::bins_of_axes(each)
        }
        Some(bins) => Histogram::bins(bins_of(bins)?),
    };
    if let Some(ranges) = a.named("range") {
        let one = |range: PyResult<Bound<'_, PyAny>>| -> PyResult<Option<(f64, f64)>> {
            let range = range?;
            match range.is_none() {
                true => Ok(None),
                false => Ok(Some((
                    range.get_item(0)?.extract()?,
                    range.get_item(1)?.extract()?,
                ))),
            }
        };
        options = options.ranges(ranges.try_iter()?.map(one).collect::<PyResult<Vec<_>>>()?);
    }
    options.density = a.flag("density")?;
    options.weights = array(a, "weights")?;
    Ok(options)
}

fn covariance(a: &Args<'_, '_>) -> PyResult<Covariance> {
    Ok(Covariance {
        y: Maybe(a.maybe("y")?),
        columns: !a.unless_off("rowvar")?,
        bias: a.flag("bias")?,
        ddof: a.int_or_none("ddof")?.map(|ddof| ddof as i64),
        fweights: array(a, "fweights")?,
        aweights: array(a, "aweights")?,
        dtype: a.dtype()?.0,
    })
}

macro_rules! quantiles {
    ([$($quantile:ident)*] [$($reduction:ident $signature:literal)*] $($rest:tt)*) => {
        functions! {
            $(concat!(stringify!($quantile), "(a, q, axis=None, *, method='linear', keepdims=False, weights=None)"), |a| { let (x, q, options) = (a.x(0)?, a.x(1)?, quantile(a)?); a.give(|| tnp::$quantile(x, q, options)) };)*
            $(concat!(stringify!($reduction), $signature), |a| { let (x, options) = (a.x(0)?, a.reduce()?); a.give(|| tnp::$reduction(x, options)) };)*
            $($rest)*
        }
    };
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = quantiles! {
    [quantile percentile nanquantile nanpercentile]
    [
        nanmedian "(a, axis=None, *, keepdims=False)"
        nanargmax "(a, axis=None, *, keepdims=False)"
        nanargmin "(a, axis=None, *, keepdims=False)"
        nancumsum "(a, axis=None, dtype=None)"
        nancumprod "(a, axis=None, dtype=None)"
    ]
    "histogram(a, bins=10, range=None, density=False, weights=None)", |a| { let (x, options) = (a.x(0)?, histogram(a)?); a.give(|| tnp::histogram(x, options)) };
    "histogram_bin_edges(a, bins=10, range=None, weights=None)", |a| { let (x, options) = (a.x(0)?, histogram(a)?); a.give(|| tnp::histogram_bin_edges(x, options)) };
    "histogram2d(x, y, bins=10, range=None, density=False, weights=None)", |a| { let (x, y, options) = (a.x(0)?, a.x(1)?, histogram_of_axes(a, 2)?); a.give(|| tnp::histogram2d(x, y, options)) };
    "histogramdd(sample, bins=10, range=None, density=False, weights=None)", |a| {
        let sample = match a.given(0) {
            // A sequence of arrays holds the coordinates, an array of two axes the points.
            Some(sample) if sample.is_instance_of::<pyo3::types::PyTuple>() || sample.is_instance_of::<pyo3::types::PyList>() => tnp::stack(a.arrays(0)?, -1).or_raise(a.py())?,
            Some(_) => a.array(0)?,
            None => return Err(PyTypeError::new_err("histogramdd() missing an argument")),
        };
        let axes = if sample.ndim() < 2 { 1 } else { sample.shape()[1] };
        let options = histogram_of_axes(a, axes)?;
        a.give(|| tnp::histogramdd(sample, options))
    };
    "bincount(x, /, weights=None, minlength=0)", |a| {
        let minlength = usize::try_from(a.int("minlength", 0)?).map_err(|_| pyo3::exceptions::PyValueError::new_err("'minlength' must not be negative"))?;
        let (x, options) = (a.x(0)?, BinCount { weights: Maybe(a.maybe("weights")?), minlength });
        a.give(|| tnp::bincount(x, options))
    };
    "digitize(x, bins, right=False)", |a| { let (x, bins, right) = (a.x(0)?, a.x(1)?, a.flag("right")?); a.give(|| tnp::digitize(x, bins, right)) };
    "cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None)", |a| { let (x, options) = (a.x(0)?, covariance(a)?); a.give(|| tnp::cov(x, options)) };
    "corrcoef(x, y=None, rowvar=True, *, dtype=None)", |a| { let (x, options) = (a.x(0)?, covariance(a)?); a.give(|| tnp::corrcoef(x, options)) };
};
