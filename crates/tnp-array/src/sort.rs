//! Sorting and searching.

use smallvec::SmallVec;
pub use tnp_backend::prim::Side;
use tnp_backend::prim::{AxisIndex, Prim};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Mode, current_mode};

use crate::bind::bind1;
use crate::promote::{at_home, home, to_dtype};
use crate::views::flat;
use crate::{Array, Operand};

/// Options of [`sort`] and [`argsort`]: the axis, the last one by default, and whether equal elements keep their order.
///
/// # Examples
/// ```
/// use tnp_array::Sorting;
/// let options = Sorting::axis(0).stable();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting {
    /// The axis; `None` for the elements in C order.
    pub axis: Option<isize>,
    /// Equal elements keep their order.
    pub stable: bool,
}

impl Default for Sorting {
    fn default() -> Sorting {
        Sorting::axis(-1)
    }
}

impl Sorting {
    /// Along this axis.
    pub fn axis(axis: isize) -> Sorting {
        Sorting {
            axis: Some(axis),
            stable: false,
        }
    }

    /// The elements in C order: NumPy's `axis=None`.
    pub fn flat() -> Sorting {
        Sorting {
            axis: None,
            stable: false,
        }
    }

    /// Equal elements keep their order: NumPy's `stable=True` and `kind="stable"`.
    pub fn stable(self) -> Sorting {
        Sorting {
            stable: true,
            ..self
        }
    }
}

impl From<()> for Sorting {
    fn from((): ()) -> Sorting {
        Sorting::default()
    }
}

impl From<i32> for Sorting {
    fn from(axis: i32) -> Sorting {
        Sorting::axis(axis as isize)
    }
}

impl From<isize> for Sorting {
    fn from(axis: isize) -> Sorting {
        Sorting::axis(axis)
    }
}

impl From<Option<i32>> for Sorting {
    fn from(axis: Option<i32>) -> Sorting {
        axis.map_or_else(Sorting::flat, Sorting::from)
    }
}

/// The operand and the axis to sort along.
fn along<'a>(op: &str, mut x: Operand<'a>, axis: Option<isize>) -> Result<(Operand<'a>, usize)> {
    x.resolve()?;
    match axis {
        None => Ok((Operand::Owned(flat(x)?), 0)),
        Some(axis) => {
            let axis = tnp_shape::normalize_axis(axis, x.shape().len())
                .map_err(|error| Error::from(error).in_op(op))?;
            Ok((x, axis))
        }
    }
}

/// A copy with the elements ascending along an axis, the last by default; NaN last.
///
/// Complex numbers are ordered by the real, then the imaginary part.
///
/// # Errors
/// For an axis the array does not have, as 0-d arrays have none.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Sorting, sort};
/// let x = [[3, 1], [2, 4]];
/// assert_eq!(sort(x, ())?.to_vec::<i32>()?, [1, 3, 2, 4]);
/// assert_eq!(sort(x, 0)?.to_vec::<i32>()?, [2, 1, 3, 4]);
/// assert_eq!(sort(x, Sorting::flat())?.to_vec::<i32>()?, [1, 2, 3, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.sort.html>
pub fn sort<'a>(x: impl Into<Operand<'a>>, options: impl Into<Sorting>) -> Result<Array> {
    let (x, axis) = along("sort", x.into(), options.into().axis)?;
    bind1(&Prim::Sort { axis }, &mut [x])
}

/// Positions (int64) that sort along an axis, the last by default; NaN last.
///
/// # Errors
/// For an axis the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::argsort;
/// assert_eq!(argsort([30, 10, 20], ())?.to_vec::<i64>()?, [1, 2, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.argsort.html>
pub fn argsort<'a>(x: impl Into<Operand<'a>>, options: impl Into<Sorting>) -> Result<Array> {
    let (mut x, mut options) = (x.into(), options.into());
    // NumPy takes a 0-d array for one element here.
    if matches!(options.axis, Some(-1 | 0)) && x.array()?.ndim() == 0 {
        options.axis = None;
    }
    let (x, axis) = along("argsort", x, options.axis)?;
    let prim = Prim::ArgSort {
        axis,
        stable: options.stable,
    };
    bind1(&prim, &mut [x])
}

/// Options of [`searchsorted`].
#[derive(Clone, Debug)]
pub struct Searching {
    /// Where a value goes among equal ones; before them by default.
    pub side: Side,
    /// Positions that sort the array, when it is not sorted itself.
    pub sorter: Option<Array>,
}

impl Searching {
    /// On this side of equal elements.
    pub fn side(side: Side) -> Searching {
        Searching { side, sorter: None }
    }

    /// In the array as these positions sort it.
    pub fn sorter(self, sorter: &Array) -> Searching {
        Searching {
            sorter: Some(sorter.clone()),
            ..self
        }
    }
}

impl Default for Searching {
    fn default() -> Searching {
        Searching::side(Side::Left)
    }
}

impl From<()> for Searching {
    fn from((): ()) -> Searching {
        Searching::default()
    }
}

impl From<Side> for Searching {
    fn from(side: Side) -> Searching {
        Searching::side(side)
    }
}

/// Positions (int64) at which values go into a sorted 1-D array to keep it sorted.
///
/// The result has the shape of the values. Options: the side, `sorter`.
///
/// # Errors
/// When the sorted array is not 1-D, the dtypes do not promote, or the sorter is not of int64 positions within the array.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Side, searchsorted};
/// assert_eq!(searchsorted([1, 2, 2, 3], 2, ())?.item::<i64>()?, 1);
/// assert_eq!(searchsorted([1, 2, 2, 3], 2, Side::Right)?.item::<i64>()?, 3);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.searchsorted.html>
pub fn searchsorted<'a, 'b>(
    sorted: impl Into<Operand<'a>>,
    values: impl Into<Operand<'b>>,
    options: impl Into<Searching>,
) -> Result<Array> {
    searched(sorted.into(), values.into(), options.into())
}

fn searched(mut sorted: Operand<'_>, mut values: Operand<'_>, options: Searching) -> Result<Array> {
    const OP: &str = "searchsorted";
    let dtype = sorted.array()?.dtype();
    // NumPy makes an array of a number before it promotes, so that 300 may be looked for among int8.
    let weak = current_mode() == Mode::Strict
        && matches!(&values, Operand::Scalar(scalar) if scalar.beyond(dtype).is_none());
    if !weak {
        at_home(home(&[&sorted]), || values.resolve())?;
    }
    let types = [sorted.promotes_as()?, values.promotes_as()?];
    let dtype = tnp_dtype::result_type(OP, &types)?.dtype;
    if sorted.shape().len() != 1 {
        return Err(Error::value(format!(
            "{OP}: object too deep for desired array: the sorted array must be 1-D, it is {}-D",
            sorted.shape().len()
        )));
    }
    if let Some(sorter) = options.sorter {
        sorted = Operand::Owned(ordered(sorted, sorter)?);
    }
    let home = home(&[&sorted, &values]);
    let (sorted, values) = at_home(home, || {
        Ok::<_, Error>((to_dtype(OP, sorted, dtype)?, to_dtype(OP, values, dtype)?))
    })?;
    bind1(
        &Prim::SearchSorted { side: options.side },
        &mut [sorted, values],
    )
}

/// The elements at the sorter's positions.
fn ordered(sorted: Operand<'_>, sorter: Array) -> Result<Array> {
    if sorter.shape() != sorted.shape() {
        return Err(Error::value("searchsorted: sorter.size must equal a.size"));
    }
    if !sorter.dtype().is_integer() {
        return Err(Error::dtype(
            "searchsorted: sorter must only contain integers",
        ));
    }
    let positions = Operand::Owned(sorter).astype(DType::Int64)?;
    let prim = Prim::Gather {
        axes: SmallVec::from_slice(&[AxisIndex::Index]),
        index_axes_at: 0,
    };
    bind1(&prim, &mut [sorted, positions]).map_err(|error| error.in_op("searchsorted"))
}

impl Array {
    /// A sorted copy (NumPy's method sorts in place; values are immutable here).
    ///
    /// # Errors
    /// As [`sort`].
    pub fn sort(&self, options: impl Into<Sorting>) -> Result<Array> {
        sort(self, options)
    }

    /// Positions that sort along an axis.
    ///
    /// # Errors
    /// As [`argsort`].
    pub fn argsort(&self, options: impl Into<Sorting>) -> Result<Array> {
        argsort(self, options)
    }

    /// Positions at which values go into this sorted array.
    ///
    /// # Errors
    /// As [`searchsorted`].
    pub fn searchsorted<'b>(
        &self,
        values: impl Into<Operand<'b>>,
        options: impl Into<Searching>,
    ) -> Result<Array> {
        searchsorted(self, values, options)
    }
}
