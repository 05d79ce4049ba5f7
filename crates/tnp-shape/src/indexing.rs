//! Index expressions: what may stand between the brackets of `x[…]`, generic over what an index array is. What an
//! expression means for a given shape is in `indexing/plan.rs`, the `s!` syntax in `indexing/macros.rs`.

mod convert;
mod macros;
mod plan;

pub use convert::{IntoIndex, SliceBound};
#[doc(hidden)]
pub use macros::{index_of, slice_of, slice_through};
pub use plan::{AxisIndex, IndexOperand, IndexPlan};

use crate::{AxisSlice, Result, ShapeProblem};

/// One entry of an index expression; `A` is the handle of an index array.
///
/// Expressions are written with [`s!`](crate::s), which yields `[Index<A>; N]`. A function that takes one declares its
/// parameter as `impl AsRef<[Index<Array>]>`: that fixes `A` also where no array is among the entries, and accepts
/// arrays, slices and vectors of entries, owned or borrowed.
///
/// # Examples
/// ```
/// use tnp_shape::{Index, s};
/// struct Array;
/// fn get(index: impl AsRef<[Index<Array>]>) -> usize {
///     index.as_ref().len()
/// }
/// assert_eq!(get(s![1, .., newaxis]), 3);
/// assert_eq!(get(&s![]), 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Index<A> {
    /// One position; negative ones count from the end. The axis goes.
    Int(isize),
    /// Python's `start:stop:step`.
    Slice {
        /// The first position; by default the first in the direction of the step.
        start: Option<isize>,
        /// The position not reached any more; by default none.
        stop: Option<isize>,
        /// Distance between positions; not zero.
        step: isize,
    },
    /// A new axis of size one.
    NewAxis,
    /// As many whole axes as the other entries leave.
    Ellipsis,
    /// Positions given by an integer array of any shape.
    Array(A),
    /// Positions where a boolean array is true; takes as many axes as it has itself.
    Mask(A),
}

/// Stands for a new axis of size one: `s![.., newaxis]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NewAxis;

/// Stands for as many whole axes as the other entries leave: the value of `...` outside `s!`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ellipsis;

/// NumPy's name for [`NewAxis`].
#[allow(
    non_upper_case_globals,
    reason = "spelled as in NumPy; inside s! it is a keyword"
)]
pub const newaxis: NewAxis = NewAxis;

/// What Python's `slice(start, stop, step)` takes of an axis: bounds count from the end when negative and are clamped.
/// A slice of fewer than two elements gets step one, an empty one starts at zero.
///
/// # Errors
/// When the step is zero.
///
/// # Examples
/// ```
/// use tnp_shape::{AxisSlice, normalize_slice};
/// assert_eq!(normalize_slice(Some(-3), None, 2, 10)?, AxisSlice { start: 7, step: 2, len: 2 });
/// assert_eq!(normalize_slice(None, None, -1, 4)?, AxisSlice { start: 3, step: -1, len: 4 });
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
pub fn normalize_slice(
    start: Option<isize>,
    stop: Option<isize>,
    step: isize,
    size: usize,
) -> Result<AxisSlice> {
    let end = size as isize;
    let clamp = |bound: isize, low: isize, high: isize| {
        let bound = if bound < 0 { bound + end } else { bound };
        bound.clamp(low, high)
    };
    // The distance is counted in the direction of the step.
    let (first, distance) = match step {
        0 => return Err(ShapeProblem::ZeroStep.into()),
        1.. => {
            let first = start.map_or(0, |start| clamp(start, 0, end));
            (first, stop.map_or(end, |stop| clamp(stop, 0, end)) - first)
        }
        _ => {
            let first = start.map_or(end - 1, |start| clamp(start, -1, end - 1));
            let stop = stop.map_or(-1, |stop| clamp(stop, -1, end - 1));
            (first, first - stop)
        }
    };
    if distance <= 0 {
        return Ok(AxisSlice::full(0));
    }
    let len = (distance as usize - 1) / step.unsigned_abs() + 1;
    Ok(AxisSlice {
        start: first as usize,
        step: if len == 1 { 1 } else { step },
        len,
    })
}

/// A position counted from the front.
#[inline]
fn normalize_index(index: isize, axis: usize, size: usize) -> Result<usize> {
    let end = size as isize;
    if index >= end || index < -end {
        return Err(ShapeProblem::Index { index, axis, size }.into());
    }
    Ok(if index < 0 { index + end } else { index } as usize)
}
