//! How many bins a histogram should have: the estimators of NumPy, on the host.

use std::f64::consts::PI;

use tnp_backend::{Error, Result};
use tnp_dtype::DType;

use crate::Array;

/// A width of bins from the elements (ascending) and the range they are binned over.
type Width = fn(&[f64], Range) -> f64;

/// Where the first bin begins and the last one ends.
type Range = (f64, f64);

const ESTIMATORS: [(&str, Width); 8] = [
    ("auto", auto),
    ("doane", doane),
    ("fd", freedman_diaconis),
    ("rice", rice),
    ("scott", scott),
    ("sqrt", square_root),
    ("stone", stone),
    ("sturges", sturges),
];

/// The number of bins that an estimator takes for the elements of a flat array.
pub(super) fn count(op: &str, name: &str, x: &Array, range: Option<(f64, f64)>) -> Result<usize> {
    let found = ESTIMATORS.iter().find(|(own, _)| *own == name);
    let Some((_, width)) = found else {
        return Err(Error::value(format!(
            "{op}: '{name}' is not a valid estimator for `bins`"
        )));
    };
    let mut elements = x.astype(DType::Float64)?.to_vec::<f64>()?;
    elements.sort_unstable_by(f64::total_cmp);
    if let Some((first, last)) = range {
        elements.retain(|&element| element >= first && element <= last);
    }
    let (Some(&smallest), Some(&largest)) = (elements.first(), elements.last()) else {
        return Ok(1);
    };
    let (first, last) = range.unwrap_or((smallest, largest));
    let (first, last) = match first == last {
        true => (first - 0.5, last + 0.5),
        false => (first, last),
    };
    let mut width = width(&elements, (first, last));
    if !(width > 0.0) {
        return Ok(1);
    }
    if x.dtype().is_integer() {
        width = width.max(1.0);
    }
    let count = ((last - first) / width).ceil();
    if count.is_nan() || count > 1e9 {
        return Err(Error::value(format!(
            "{op}: the estimator '{name}' asks for {count} bins"
        )));
    }
    Ok((count as usize).max(1))
}

fn spread(x: &[f64]) -> f64 {
    x[x.len() - 1] - x[0]
}

fn deviation(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
    (mean, variance.sqrt())
}

fn square_root(x: &[f64], _: Range) -> f64 {
    spread(x) / (x.len() as f64).sqrt()
}

/// Sturges (1926).
fn sturges(x: &[f64], _: Range) -> f64 {
    spread(x) / ((x.len() as f64).log2() + 1.0)
}

fn rice(x: &[f64], _: Range) -> f64 {
    spread(x) / (2.0 * (x.len() as f64).powf(1.0 / 3.0))
}

/// Scott (1979).
fn scott(x: &[f64], _: Range) -> f64 {
    (24.0 * PI.sqrt() / x.len() as f64).powf(1.0 / 3.0) * deviation(x).1
}

/// Doane (1976).
fn doane(x: &[f64], _: Range) -> f64 {
    if x.len() <= 2 {
        return 0.0;
    }
    let size = x.len() as f64;
    let of_skewness = (6.0 * (size - 2.0) / ((size + 1.0) * (size + 3.0))).sqrt();
    let (mean, deviation) = deviation(x);
    if deviation <= 0.0 {
        return 0.0;
    }
    let skewness = x
        .iter()
        .map(|x| ((x - mean) / deviation).powi(3))
        .sum::<f64>()
        / size;
    spread(x) / (1.0 + size.log2() + (1.0 + skewness.abs() / of_skewness).log2())
}

/// The share `q` of ascending elements, interpolated.
fn quantile(x: &[f64], q: f64) -> f64 {
    let place = q * (x.len() - 1) as f64;
    let (below, way) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(x.len() - 1);
    let distance = x[above] - x[below];
    match way >= 0.5 {
        true => x[above] - distance * (1.0 - way),
        false => x[below] + distance * way,
    }
}

/// Freedman and Diaconis (1981).
fn freedman_diaconis(x: &[f64], _: Range) -> f64 {
    let between_quartiles = quantile(x, 0.75) - quantile(x, 0.25);
    2.0 * between_quartiles / (x.len() as f64).powf(1.0 / 3.0)
}

fn auto(x: &[f64], range: Range) -> f64 {
    let (fd, sturges) = (freedman_diaconis(x, range), sturges(x, range));
    // A width far below that of the square root would ask for too many bins.
    let fd = fd.max(square_root(x, range) / 2.0);
    fd.min(sturges)
}

/// Stone (1984): the number of bins whose cross-validated squared error is least.
fn stone(x: &[f64], range: Range) -> f64 {
    let size = x.len() as f64;
    if x.len() <= 1 || spread(x) == 0.0 {
        return 0.0;
    }
    let most = 100.max(size.sqrt() as usize);
    let (first, last) = range;
    let error = |bins: usize| {
        let step = (last - first) / bins as f64;
        let mut counts = vec![0.0f64; bins];
        for x in x {
            let bin = ((x - first) / step) as usize;
            counts[bin.min(bins - 1)] += 1.0;
        }
        let squares: f64 = counts.iter().map(|count| (count / size).powi(2)).sum();
        (2.0 - (size + 1.0) * squares) / (spread(x) / bins as f64)
    };
    let best = (1..=most).map(|bins| (bins, error(bins)));
    let best = best.fold((1, f64::INFINITY), |best, next| {
        if next.1 < best.1 { next } else { best }
    });
    spread(x) / best.0 as f64
}
