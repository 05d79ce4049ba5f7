//! Elements in another order: reversed, rolled, turned.

use smallvec::SmallVec;
use tnp_backend::prim::{Axes, Prim, SliceSpec};
use tnp_backend::{Error, Result};
use tnp_shape::{Dims, normalize_axis};

use super::join::joined;
use super::{layout, permute, reshape_to, slice_axis};
use crate::{Array, Axis, Operand, Shape};

/// The whole of an axis, backwards.
fn backwards(dim: usize) -> SliceSpec {
    SliceSpec {
        start: dim.saturating_sub(1),
        len: dim,
        step: if dim > 1 { -1 } else { 1 },
    }
}

fn reversed(op: &str, mut x: Operand<'_>, axes: &[usize]) -> Result<Array> {
    let shape = x.array().map_err(|error| error.in_op(op))?.shape();
    let spec = |(axis, &dim)| {
        if axes.contains(&axis) {
            backwards(dim)
        } else {
            SliceSpec::full(dim)
        }
    };
    let axes = shape.iter().enumerate().map(spec).collect();
    layout(op, &Prim::Slice { axes }, x)
}

/// The elements in reverse order along all axes with `()`, one, or several. A view of negative strides.
///
/// # Errors
/// When the array has no such axis, or one is named twice.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, flip};
/// let x = arange(4)?.reshape([2, 2])?;
/// assert_eq!(flip(&x, ())?.to_string(), "[[3 2]\n [1 0]]");
/// assert_eq!(flip(&x, 1)?.to_string(), "[[1 0]\n [3 2]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.flip.html>
pub fn flip<'a>(x: impl Into<Operand<'a>>, axis: impl Into<Axis>) -> Result<Array> {
    let mut x = x.into();
    let ndim = x.array().map_err(|error| error.in_op("flip"))?.ndim();
    let axes = axis.into().normalize(ndim);
    let axes = match axes.map_err(|error| error.in_op("flip"))? {
        Some(axes) => axes,
        None => (0..ndim).collect(),
    };
    reversed("flip", x, &axes)
}

/// Left and right exchanged: the second axis in reverse. A view.
///
/// # Errors
/// For an array of fewer than two axes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.fliplr.html>
pub fn fliplr<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let mut x = x.into();
    if x.array().map_err(|error| error.in_op("fliplr"))?.ndim() < 2 {
        return Err(Error::value("fliplr: Input must be >= 2-d."));
    }
    reversed("fliplr", x, &[1])
}

/// Up and down exchanged: the first axis in reverse. A view.
///
/// # Errors
/// For a 0-d array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.flipud.html>
pub fn flipud<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let mut x = x.into();
    if x.array().map_err(|error| error.in_op("flipud"))?.ndim() < 1 {
        return Err(Error::value("flipud: Input must be >= 1-d."));
    }
    reversed("flipud", x, &[0])
}

/// Elements moved along axes by a number of places; what falls off one end comes in at the other. With `()` as axis the
/// flattened array rolls. Several shifts go with several axes, and one broadcasts to the other.
///
/// # Errors
/// When shifts and axes do not broadcast, or the array has no such axis.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, roll};
/// let x = arange(6)?.reshape([2, 3])?;
/// assert_eq!(roll(&x, 1, ())?.to_string(), "[[5 0 1]\n [2 3 4]]");
/// assert_eq!(roll(&x, [1, -1], [0, 1])?.to_string(), "[[4 5 3]\n [1 2 0]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.roll.html>
pub fn roll<'a>(
    x: impl Into<Operand<'a>>,
    shift: impl Into<Shape>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    rolled(x.into(), &shift.into().0, axis.into())
}

fn rolled(mut x: Operand<'_>, shifts: &[isize], axis: Axis) -> Result<Array> {
    const OP: &str = "roll";
    let shape = Dims::from_slice(x.array().map_err(|error| error.in_op(OP))?.shape());
    let Some(axes) = axis.0 else {
        let size = shape.iter().product();
        let flat = reshape_to(OP, x, Dims::from_slice(&[size]))?;
        let rolled = rolled(Operand::Owned(flat), shifts, 0.into())?;
        return reshape_to(OP, Operand::Owned(rolled), shape);
    };
    let count = match (shifts.len(), axes.len()) {
        (1, n) | (n, 1) => n,
        (n, m) if n == m => n,
        (n, m) => {
            return Err(Error::value(format!(
                "roll: shape mismatch: {n} shifts and {m} axes cannot be broadcast together"
            )));
        }
    };
    // An axis named again shifts further.
    let mut total: SmallVec<[usize; 4]> = SmallVec::from_elem(0, shape.len());
    for at in 0..count {
        let (shift, axis) = (shifts[at % shifts.len()], axes[at % axes.len()]);
        let axis =
            normalize_axis(axis, shape.len()).map_err(|error| Error::from(error).in_op(OP))?;
        if shape[axis] > 0 {
            let places = shift.rem_euclid(shape[axis] as isize) as usize;
            total[axis] = (total[axis] + places) % shape[axis];
        }
    }
    let mut array = x.into_array()?;
    for (axis, &places) in total.iter().enumerate() {
        if places > 0 {
            let weak = array.is_weak();
            let from = |start, len| {
                let spec = SliceSpec {
                    start,
                    len,
                    step: 1,
                };
                slice_axis(OP, Operand::Borrowed(&array), axis, spec).map(Operand::Owned)
            };
            let cut = shape[axis] - places;
            let parts = vec![from(cut, places)?, from(0, cut)?];
            array = joined(OP, parts, axis)?.with_weak(weak);
        }
    }
    Ok(array)
}

/// The array turned by `k` right angles in the plane of two axes (`()` for the first two), from the first towards the second. A view.
///
/// # Errors
/// When there are not two different axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, rot90};
/// let x = arange(4)?.reshape([2, 2])?;
/// assert_eq!(rot90(&x, 1, ())?.to_string(), "[[1 3]\n [0 2]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.rot90.html>
pub fn rot90<'a>(x: impl Into<Operand<'a>>, k: isize, axes: impl Into<Axis>) -> Result<Array> {
    turned(x.into(), k, axes.into())
}

fn turned(mut x: Operand<'_>, k: isize, axes: Axis) -> Result<Array> {
    const OP: &str = "rot90";
    let ndim = x.array().map_err(|error| error.in_op(OP))?.ndim();
    let axes = axes.0.unwrap_or_else(|| SmallVec::from_slice(&[0, 1]));
    let &[first, second] = &axes[..] else {
        return Err(Error::value("rot90: len(axes) must be 2."));
    };
    let signed = ndim as isize;
    if first == second || (first - second).unsigned_abs() == ndim {
        return Err(Error::value("rot90: Axes must be different."));
    }
    let outside = |axis: isize| axis >= signed || axis < -signed;
    if outside(first) || outside(second) {
        return Err(Error::value(format!(
            "rot90: Axes=({first}, {second}) out of range for array of ndim={ndim}."
        )));
    }
    let [first, second] = [first, second].map(|axis| axis.rem_euclid(signed) as usize);
    let mut swapped: Axes = (0..ndim).collect();
    swapped.swap(first, second);
    match k.rem_euclid(4) {
        0 => x.into_array(),
        2 => reversed(OP, x, &[first, second]),
        1 => {
            let flipped = reversed(OP, x, &[second])?;
            permute(OP, Operand::Owned(flipped), swapped)
        }
        _ => {
            let transposed = permute(OP, x, swapped)?;
            reversed(OP, Operand::Owned(transposed), &[second])
        }
    }
}
