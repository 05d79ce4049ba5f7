//! Unions, intersections, differences and membership of arrays as sets of their elements.

use smallvec::SmallVec;
use tnp_backend::Result;
use tnp_dtype::{DType, Literal, TypeOrScalar};

use super::{Unique, distinct, parted};
use crate::args::Flag;
use crate::index::where_true;
use crate::promote::{at_home, constant, home};
use crate::views::{flat, span};
use crate::{Array, Operand, Side, Sorting};

/// Two operands as flat arrays of the dtype they meet at.
fn together(op: &'static str, mut x: Operand<'_>, mut y: Operand<'_>) -> Result<[Array; 2]> {
    let near = home(&[&x, &y]);
    at_home(near, || {
        x.resolve()?;
        y.resolve()
    })?;
    let types: SmallVec<[TypeOrScalar; 2]> =
        SmallVec::from_slice(&[x.promotes_as()?, y.promotes_as()?]);
    let dtype = tnp_dtype::result_type(op, &types)?.dtype;
    Ok([flat(x.astype(dtype)?)?, flat(y.astype(dtype)?)?])
}

/// The distinct elements, unless they are known to be distinct.
fn as_set(x: Array, assume_unique: bool) -> Result<Array> {
    if assume_unique {
        return Ok(x);
    }
    distinct(Operand::Owned(x), Unique::default())
}

/// True where an element of one array is among those of another; in the shape of the first. NaN is among none.
///
/// Options: `invert`, to say where it is not. NumPy's `assume_unique` and `kind` are hints that change no result.
///
/// # Errors
/// When the dtypes do not promote.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::isin;
/// let x = [[0, 2], [4, 6]];
/// assert_eq!(isin(x, [1, 2, 4, 8], ())?.to_vec::<bool>()?, [false, true, true, false]);
/// assert_eq!(isin(x, [1, 2, 4, 8], true)?.to_vec::<bool>()?, [true, false, false, true]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.isin.html>
pub fn isin<'a, 'b>(
    element: impl Into<Operand<'a>>,
    test_elements: impl Into<Operand<'b>>,
    invert: impl Into<Flag>,
) -> Result<Array> {
    fn body(element: Operand<'_>, test: Operand<'_>, invert: bool) -> Result<Array> {
        let shape = tnp_shape::Dims::from_slice(element.shape());
        let [element, test] = together("isin", element, test)?;
        let found = member(&element, test)?;
        let found = crate::views::reshaped(Operand::Owned(found), shape)?;
        match invert {
            true => crate::logical_not(found),
            false => Ok(found),
        }
    }
    body(element.into(), test_elements.into(), invert.into().0).map_err(|error| error.in_op("isin"))
}

/// Whether each element of a flat array is in another of its dtype.
fn member(element: &Array, test: Array) -> Result<Array> {
    let last = test.size();
    if last == 0 {
        return crate::full_like(element, false, DType::Bool);
    }
    let sorted = crate::sort(test, ())?;
    let place = crate::searchsorted(&sorted, element, Side::Left)?;
    // What is beyond the last is compared with it, and differs.
    let place = crate::minimum(place, (last - 1) as i64)?;
    crate::equal(crate::take(sorted, place, 0)?, element)
}

/// The distinct elements that are in either of two arrays, ascending.
///
/// # Errors
/// When the dtypes do not promote; inside a trace or a map, where their number is not known.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::union1d;
/// assert_eq!(union1d([-1, 0, 1], [-2, 0, 2])?.to_vec::<i32>()?, [-2, -1, 0, 1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.union1d.html>
pub fn union1d<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let joined = together("union1d", x.into(), y.into())
        .and_then(|[x, y]| crate::concatenate([x, y], 0))
        .and_then(|both| distinct(Operand::Owned(both), Unique::default()));
    joined.map_err(|error| error.in_op("union1d"))
}

/// The distinct elements that are in both of two arrays, ascending.
///
/// With `assume_unique` each array is taken to hold no element twice, which saves time.
///
/// # Errors
/// As [`union1d`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::intersect1d;
/// assert_eq!(intersect1d([1, 3, 4, 3], [3, 1, 2, 1], ())?.to_vec::<i32>()?, [1, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.intersect1d.html>
pub fn intersect1d<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    assume_unique: impl Into<Flag>,
) -> Result<Array> {
    fn body(x: Operand<'_>, y: Operand<'_>, assume_unique: bool) -> Result<Array> {
        let [x, y] = together("intersect1d", x, y)?;
        let both = [as_set(x, assume_unique)?, as_set(y, assume_unique)?];
        let sorted = crate::sort(crate::concatenate(both, 0)?, ())?;
        let size = sorted.size().saturating_sub(1);
        let later = span(Operand::Borrowed(&sorted), 0, sorted.size() - size, size)?;
        let earlier = span(Operand::Borrowed(&sorted), 0, 0, size)?;
        where_true(earlier.clone(), &crate::equal(later, earlier)?)
    }
    body(x.into(), y.into(), assume_unique.into().0).map_err(|error| error.in_op("intersect1d"))
}

/// [`intersect1d`] and where its elements are first in each (flattened) array: NumPy's `return_indices=True`.
///
/// # Errors
/// As [`union1d`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::intersect1d_indices;
/// let (both, in_x, in_y) = intersect1d_indices([1, 1, 2, 3, 4], [2, 1, 4, 6])?;
/// assert_eq!(both.to_vec::<i32>()?, [1, 2, 4]);
/// assert_eq!((in_x.to_vec::<i64>()?, in_y.to_vec::<i64>()?), (vec![0, 2, 4], vec![1, 0, 2]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.intersect1d.html>
pub fn intersect1d_indices<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
) -> Result<(Array, Array, Array)> {
    fn body(x: Operand<'_>, y: Operand<'_>) -> Result<(Array, Array, Array)> {
        let [x, y] = together("intersect1d", x, y)?;
        let x = parted(Operand::Owned(x), Unique::default())?;
        let y = parted(Operand::Owned(y), Unique::default())?;
        let in_y = member(&x.values, y.values.clone())?;
        let in_x = member(&y.values, x.values.clone())?;
        Ok((
            where_true(x.values, &in_y)?,
            where_true(x.indices, &in_y)?,
            where_true(y.indices, &in_x)?,
        ))
    }
    body(x.into(), y.into()).map_err(|error| error.in_op("intersect1d"))
}

/// The distinct elements of one array that are not in another: ascending, or in the array's order with `assume_unique`.
///
/// # Errors
/// As [`union1d`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::setdiff1d;
/// assert_eq!(setdiff1d([1, 2, 3, 2, 4, 1], [3, 4, 5, 6], ())?.to_vec::<i32>()?, [1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.setdiff1d.html>
pub fn setdiff1d<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    assume_unique: impl Into<Flag>,
) -> Result<Array> {
    fn body(x: Operand<'_>, y: Operand<'_>, assume_unique: bool) -> Result<Array> {
        let x = as_set(flat(x)?, assume_unique)?;
        let own = x.dtype();
        let [of_x, of_y] = together("setdiff1d", Operand::Owned(x.clone()), y)?;
        let kept = where_true(x, &crate::logical_not(member(&of_x, of_y)?)?)?;
        kept.astype(own)
    }
    body(x.into(), y.into(), assume_unique.into().0).map_err(|error| error.in_op("setdiff1d"))
}

/// The distinct elements that are in just one of two arrays, ascending.
///
/// # Errors
/// As [`union1d`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::setxor1d;
/// assert_eq!(setxor1d([1, 2, 3, 2, 4], [2, 3, 5, 7, 5], ())?.to_vec::<i32>()?, [1, 4, 5, 7]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.setxor1d.html>
pub fn setxor1d<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    assume_unique: impl Into<Flag>,
) -> Result<Array> {
    fn body(x: Operand<'_>, y: Operand<'_>, assume_unique: bool) -> Result<Array> {
        let [x, y] = together("setxor1d", x, y)?;
        let both = [as_set(x, assume_unique)?, as_set(y, assume_unique)?];
        let sorted = crate::sort(crate::concatenate(both, 0)?, Sorting::default())?;
        if sorted.size() == 0 {
            return Ok(sorted);
        }
        let size = sorted.size() - 1;
        let later = span(Operand::Borrowed(&sorted), 0, 1, size)?;
        let earlier = span(Operand::Borrowed(&sorted), 0, 0, size)?;
        let differs = crate::not_equal(later, earlier)?;
        let edge =
            constant(&differs, Literal::new(true), &[1].into_iter().collect())?.into_array()?;
        let before = crate::concatenate([&edge, &differs], 0)?;
        let after = crate::concatenate([&differs, &edge], 0)?;
        where_true(sorted, &crate::logical_and(before, after)?)
    }
    body(x.into(), y.into(), assume_unique.into().0).map_err(|error| error.in_op("setxor1d"))
}
