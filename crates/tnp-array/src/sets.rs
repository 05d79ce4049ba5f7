//! Distinct elements: `unique` and its kin. Unions, differences and membership lie in `sets/operations.rs`.

mod operations;

pub use operations::{intersect1d, intersect1d_indices, isin, setdiff1d, setxor1d, union1d};

use tnp_backend::prim::ReduceOp;
use tnp_backend::{Error, Result};
use tnp_dtype::DType;
use tnp_shape::Dims;

use crate::index::true_positions;
use crate::promote::near;
use crate::reduce::fold;
use crate::views::{flat, reshaped, span};
use crate::{Array, Operand, Sorting};

/// Options of [`unique`] and [`unique_parts`].
///
/// # Examples
/// ```
/// use tnp_array::Unique;
/// let options = Unique::axis(0).equal_nan(false);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The axis whose slices are compared; the elements when `None`.
    pub axis: Option<isize>,
    /// All NaN are one; so by default. Slices of an axis are never alike in a NaN.
    pub equal_nan: bool,
}

impl Default for Unique {
    fn default() -> Unique {
        Unique {
            axis: None,
            equal_nan: true,
        }
    }
}

impl Unique {
    /// The distinct slices along an axis.
    pub fn axis(axis: isize) -> Unique {
        Unique {
            axis: Some(axis),
            ..Unique::default()
        }
    }

    /// Whether all NaN are one.
    pub fn equal_nan(self, equal_nan: bool) -> Unique {
        Unique { equal_nan, ..self }
    }
}

impl From<()> for Unique {
    fn from((): ()) -> Unique {
        Unique::default()
    }
}

impl From<i32> for Unique {
    fn from(axis: i32) -> Unique {
        Unique::axis(axis as isize)
    }
}

impl From<isize> for Unique {
    fn from(axis: isize) -> Unique {
        Unique::axis(axis)
    }
}

impl From<Option<isize>> for Unique {
    fn from(axis: Option<isize>) -> Unique {
        Unique {
            axis,
            ..Unique::default()
        }
    }
}

/// The distinct elements and where they are: what [`unique_parts`] and [`unique_all`] give.
#[derive(Clone)]
pub struct UniqueParts {
    /// The distinct elements, ascending.
    pub values: Array,
    /// Position (int64) of the first of each in the flattened array, or along the axis.
    pub indices: Array,
    /// For each element of the array its position (int64) among the values: in the array's shape, or 1-D along an axis.
    pub inverse_indices: Array,
    /// How many there are of each (int64).
    pub counts: Array,
}

/// The order that sorts, and which elements of that order are the first of their kind.
struct Runs {
    /// Positions that sort, each kind in the order of the array.
    order: Array,
    /// True where an element differs from the one before.
    is_first: Array,
}

/// True where an element of sorted ones differs from the one before, and for the first.
fn firsts(sorted: &Array, equal_nan: bool) -> Result<Array> {
    let size = sorted.size();
    if size == 0 {
        return sorted.astype(DType::Bool);
    }
    let later = span(Operand::Borrowed(sorted), 0, 1, size - 1)?;
    let earlier = span(Operand::Borrowed(sorted), 0, 0, size - 1)?;
    let mut differs = crate::not_equal(&later, &earlier)?;
    if equal_nan && sorted.dtype().is_inexact() {
        // NaN sorts last, so what follows one is one.
        let is_number = crate::logical_not(crate::isnan(&earlier))?;
        differs = crate::logical_and(differs, is_number)?;
    }
    led(differs)
}

/// A bool array with `true` before it.
fn led(differs: Array) -> Result<Array> {
    let first = crate::full_like(&differs, true, crate::Like::shape([1]))?;
    crate::concatenate([first, differs], 0)
}

/// The elements of a 1-D array.
fn element_runs(x: &Array, equal_nan: bool) -> Result<(Runs, Array)> {
    let order = crate::argsort(x, Sorting::default().stable())?;
    let sorted = crate::take(x, &order, 0)?;
    let is_first = firsts(&sorted, equal_nan)?;
    Ok((Runs { order, is_first }, sorted))
}

/// The rows of a 2-D array, in lexicographic order.
fn row_runs(x: &Array) -> Result<(Runs, Array)> {
    let (rows, columns) = (x.shape()[0], x.shape()[1]);
    let mut order = near(x, || crate::arange(rows))?.astype(DType::Int64)?;
    // The last column first, each order kept by the next: what is left is the order by the first column, then the second …
    for column in (0..columns).rev() {
        let keys = reshaped(
            Operand::Owned(span(Operand::Borrowed(x), 1, column, 1)?),
            Dims::from_slice(&[rows]),
        )?;
        let keys = crate::take(keys, &order, 0)?;
        let by_column = crate::argsort(keys, Sorting::default().stable())?;
        order = crate::take(order, by_column, 0)?;
    }
    let sorted = crate::take(x, &order, 0)?;
    let is_first = if rows == 0 {
        crate::full_like(&order, false, DType::Bool)?
    } else {
        let later = span(Operand::Borrowed(&sorted), 0, 1, rows - 1)?;
        let earlier = span(Operand::Borrowed(&sorted), 0, 0, rows - 1)?;
        let differs = Operand::Owned(crate::not_equal(later, earlier)?);
        let axes = [1].into_iter().collect();
        let any = fold("unique", ReduceOp::Any, differs, &axes, DType::Bool, false)?;
        led(any)?
    };
    Ok((Runs { order, is_first }, sorted))
}

/// The axis in front and all others as one; the shape of the others.
fn as_rows(x: &Array, axis: isize) -> Result<(Array, usize, Dims)> {
    let axis = tnp_shape::normalize_axis(axis, x.ndim())?;
    let moved = crate::moveaxis(x, axis, 0)?;
    let others = Dims::from_slice(&moved.shape()[1..]);
    let shape = Dims::from_slice(&[moved.shape()[0], others.iter().product()]);
    Ok((reshaped(Operand::Owned(moved), shape)?, axis, others))
}

/// Rows back as slices along an axis.
fn from_rows(rows: Array, axis: usize, others: &Dims) -> Result<Array> {
    let mut shape = Dims::from_slice(&[rows.shape()[0]]);
    shape.extend_from_slice(others);
    crate::moveaxis(reshaped(Operand::Owned(rows), shape)?, 0, axis)
}

impl Runs {
    /// Positions among the sorted elements at which runs begin.
    fn starts(&self) -> Result<Array> {
        true_positions(&self.is_first)
    }

    fn parts(self, values: Array, starts: &Array, shape: Dims) -> Result<UniqueParts> {
        let size = self.order.size();
        let indices = crate::take(&self.order, starts, 0)?;
        let run = crate::subtract(crate::cumsum(&self.is_first, ())?, 1)?;
        let run = run.astype(DType::Int64)?;
        let places = crate::zeros_like(&run, ())?;
        let inverse = crate::put_along_axis(places, &self.order, run, 0)?;
        let end = crate::full_like(starts, size as i64, crate::Like::shape([1]))?;
        let counts = crate::diff(crate::concatenate([starts, &end], 0)?, ())?;
        Ok(UniqueParts {
            values,
            indices,
            inverse_indices: reshaped(Operand::Owned(inverse), shape)?,
            counts,
        })
    }
}

fn distinct(x: Operand<'_>, options: Unique) -> Result<Array> {
    let x = x.into_array()?;
    match options.axis {
        None => {
            let sorted = crate::sort(flat(Operand::Owned(x))?, ())?;
            let starts = true_positions(&firsts(&sorted, options.equal_nan)?)?;
            crate::take(sorted, starts, 0)
        }
        Some(axis) => {
            let (rows, axis, others) = as_rows(&x, axis)?;
            let (runs, sorted) = row_runs(&rows)?;
            from_rows(crate::take(sorted, runs.starts()?, 0)?, axis, &others)
        }
    }
}

fn parted(x: Operand<'_>, options: Unique) -> Result<UniqueParts> {
    let x = x.into_array()?;
    match options.axis {
        None => {
            let shape = Dims::from_slice(x.shape());
            let (runs, sorted) = element_runs(&flat(Operand::Owned(x))?, options.equal_nan)?;
            let starts = runs.starts()?;
            let values = crate::take(sorted, &starts, 0)?;
            runs.parts(values, &starts, shape)
        }
        Some(axis) => {
            let (rows, axis, others) = as_rows(&x, axis)?;
            let (runs, sorted) = row_runs(&rows)?;
            let starts = runs.starts()?;
            let values = from_rows(crate::take(sorted, &starts, 0)?, axis, &others)?;
            let shape = Dims::from_slice(&[rows.shape()[0]]);
            runs.parts(values, &starts, shape)
        }
    }
}

/// The distinct elements of an array, ascending, or its distinct slices along an axis, in lexicographic order.
///
/// All NaN are one unless `equal_nan` is off. With NumPy's `return_index`, `return_inverse` and `return_counts` it is [`unique_parts`].
///
/// # Errors
/// For an axis the array does not have; inside a trace or a map, where the number of distinct elements is not known.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique;
/// assert_eq!(unique([3, 1, 3, 2], ())?.to_vec::<i32>()?, [1, 2, 3]);
/// assert_eq!(unique([[1, 0], [0, 2], [1, 0]], 0)?.to_vec::<i32>()?, [0, 2, 1, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique.html>
pub fn unique<'a>(x: impl Into<Operand<'a>>, options: impl Into<Unique>) -> Result<Array> {
    distinct(x.into(), options.into()).map_err(|error| error.in_op("unique"))
}

/// [`unique`] with the positions of the first of each, the positions that give the array back, and how many there are of each.
///
/// # Errors
/// As [`unique`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique_parts;
/// let parts = unique_parts([3, 1, 3, 2], ())?;
/// assert_eq!(parts.indices.to_vec::<i64>()?, [1, 3, 0]);
/// assert_eq!(parts.inverse_indices.to_vec::<i64>()?, [2, 0, 2, 1]);
/// assert_eq!(parts.counts.to_vec::<i64>()?, [1, 1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique.html>
pub fn unique_parts<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Unique>,
) -> Result<UniqueParts> {
    parted(x.into(), options.into()).map_err(|error| error.in_op("unique"))
}

/// The standard's options: each NaN is distinct.
fn standard() -> Unique {
    Unique::default().equal_nan(false)
}

/// The distinct elements of an array with the first position, the inverse positions and the count of each; every NaN is distinct.
///
/// # Errors
/// Inside a trace or a map, where the number of distinct elements is not known.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique_all;
/// let all = unique_all([2.0, 1.0, 2.0])?;
/// assert_eq!(all.values.to_vec::<f64>()?, [1.0, 2.0]);
/// assert_eq!(all.counts.to_vec::<i64>()?, [1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique_all.html>
pub fn unique_all<'a>(x: impl Into<Operand<'a>>) -> Result<UniqueParts> {
    parted(x.into(), standard()).map_err(|error| error.in_op("unique_all"))
}

/// The distinct elements of an array, and how many there are of each; every NaN is distinct.
///
/// # Errors
/// As [`unique_all`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique_counts;
/// let (values, counts) = unique_counts([2, 1, 2])?;
/// assert_eq!((values.to_vec::<i32>()?, counts.to_vec::<i64>()?), (vec![1, 2], vec![1, 2]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique_counts.html>
pub fn unique_counts<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    let parts = parted(x.into(), standard()).map_err(|error| error.in_op("unique_counts"))?;
    Ok((parts.values, parts.counts))
}

/// The distinct elements of an array, and for each element its position among them; every NaN is distinct.
///
/// # Errors
/// As [`unique_all`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique_inverse;
/// let (values, inverse) = unique_inverse([2, 1, 2])?;
/// assert_eq!((values.to_vec::<i32>()?, inverse.to_vec::<i64>()?), (vec![1, 2], vec![1, 0, 1]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique_inverse.html>
pub fn unique_inverse<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    let parts = parted(x.into(), standard()).map_err(|error| error.in_op("unique_inverse"))?;
    Ok((parts.values, parts.inverse_indices))
}

/// The distinct elements of an array, ascending; every NaN is distinct.
///
/// # Errors
/// As [`unique_all`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::unique_values;
/// assert_eq!(unique_values([2, 1, 2])?.to_vec::<i32>()?, [1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unique_values.html>
pub fn unique_values<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    distinct(x.into(), standard()).map_err(|error| error.in_op("unique_values"))
}

/// Positions (int64) that sort by several keys, the last key first: NumPy's `lexsort`.
///
/// The keys are arrays of one shape (or the rows of one array) and are sorted along `axis`, the last by default; elements equal in
/// all keys keep their order.
///
/// # Errors
/// For no keys, keys of different shapes, or an axis they do not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::lexsort;
/// let (by_first, by_last) = ([3, 1, 2, 0], [1, 0, 1, 0]);
/// assert_eq!(lexsort([by_first, by_last], ())?.to_vec::<i64>()?, [3, 1, 2, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.lexsort.html>
pub fn lexsort<'a>(
    keys: impl Into<crate::Operands<'a>>,
    axis: impl Into<crate::Axis>,
) -> Result<Array> {
    fn body(keys: Vec<Operand<'_>>, axis: crate::Axis) -> Result<Array> {
        let Some(first) = keys.first() else {
            return Err(Error::dtype(
                "need sequence of keys with len > 0 in lexsort",
            ));
        };
        let shape = Dims::from_slice(first.shape());
        if keys.iter().any(|key| key.shape() != &shape[..]) {
            return Err(Error::value("all keys need to be the same shape"));
        }
        if shape.is_empty() {
            let key = keys[0].lend().into_array()?;
            return crate::zeros_like(key, DType::Int64);
        }
        let axis = match axis.single("lexsort", shape.len())? {
            Some(axis) => axis as isize,
            None => -1,
        };
        let along = Sorting::axis(axis).stable();
        let mut order: Option<Array> = None;
        for key in keys {
            let key = key.into_array()?;
            order = Some(match order {
                None => crate::argsort(key, along)?,
                Some(order) => {
                    let key = crate::take_along_axis(key, &order, axis)?;
                    let next = crate::argsort(key, along)?;
                    crate::take_along_axis(order, next, axis)?
                }
            });
        }
        order.ok_or_else(|| Error::value("no keys"))
    }
    keys.into()
        .resolved("lexsort")
        .and_then(|keys| body(keys, axis.into()))
        .map_err(|error| error.in_op("lexsort"))
}
