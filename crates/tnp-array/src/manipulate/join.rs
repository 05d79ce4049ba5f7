//! Arrays put together: along an axis there is, or along a new one.

use tnp_backend::prim::Prim;
use tnp_backend::{Error, Result, shape_text};
use tnp_shape::{Dims, normalize_axis};

use super::{atleast_1d, atleast_2d, atleast_3d, permute, ravelled, reshape_to};
use crate::bind::bind1;
use crate::promote::{at_home, home};
use crate::{Array, Axis, Operand, Operands, Order};

/// One or several arrays of one dtype after another.
pub(crate) fn joined(op: &str, mut arrays: Vec<Operand<'_>>, axis: usize) -> Result<Array> {
    bind1(&Prim::Concatenate { axis }, &mut arrays).map_err(|error| error.in_op(op))
}

/// Arrays one after another along an axis, the first unless said; `None` flattens them first (`concatenate(arrays, None::<i32>)`).
///
/// The dtype is the one they meet at by the promotion mode.
///
/// # Errors
/// For no array, 0-d arrays, and shapes that differ in another axis.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{concatenate, ones, zeros};
/// let (x, y) = (ones([2, 2], ())?, zeros([1, 2], ())?);
/// assert_eq!(concatenate([&x, &y], 0)?.shape(), [3, 2]);
/// assert_eq!(concatenate([&x, &y], None::<i32>)?.shape(), [6]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.concatenate.html>
pub fn concatenate<'a>(
    arrays: impl Into<Operands<'a>>,
    axis: impl Into<JoinAxis>,
) -> Result<Array> {
    concatenated("concatenate", arrays.into(), axis.into())
}

/// The Array API's name of [`concatenate`].
///
/// # Errors
/// As [`concatenate`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.concat.html>
pub fn concat<'a>(arrays: impl Into<Operands<'a>>, axis: impl Into<JoinAxis>) -> Result<Array> {
    concatenated("concat", arrays.into(), axis.into())
}

/// Along which axis arrays are joined: `()` is the first, `None` flattens them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinAxis(Option<isize>);

impl From<()> for JoinAxis {
    fn from((): ()) -> JoinAxis {
        JoinAxis(Some(0))
    }
}

macro_rules! join_axes {
    ($($t:ty),*) => {$(
        impl From<$t> for JoinAxis {
            fn from(axis: $t) -> JoinAxis {
                JoinAxis(Some(isize::try_from(axis).unwrap_or(isize::MAX)))
            }
        }
        impl From<Option<$t>> for JoinAxis {
            fn from(axis: Option<$t>) -> JoinAxis {
                axis.map_or(JoinAxis(None), JoinAxis::from)
            }
        }
    )*};
}
join_axes!(i32, i64, isize, usize);

fn concatenated(op: &'static str, arrays: Operands<'_>, axis: JoinAxis) -> Result<Array> {
    if arrays.0.is_empty() {
        return Err(Error::value(format!(
            "{op}: need at least one array to concatenate"
        )));
    }
    let (mut arrays, weak) = arrays.promoted(op)?;
    let axis = match axis.0 {
        Some(axis) => {
            let ndim = arrays[0].shape().len();
            if ndim == 0 {
                return Err(Error::value(format!(
                    "{op}: zero-dimensional arrays cannot be concatenated; use `stack`"
                )));
            }
            normalize_axis(axis, ndim).map_err(|error| Error::from(error).in_op(op))?
        }
        None => {
            let flat = |x| ravelled(op, x, Order::C).map(Operand::Owned);
            arrays = arrays.into_iter().map(flat).collect::<Result<_>>()?;
            0
        }
    };
    Ok(joined(op, arrays, axis)?.with_weak(weak))
}

/// Arrays of one shape along a new axis, the first unless said.
///
/// # Errors
/// For no array, arrays of different shapes, or an axis the result does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, stack};
/// let x = arange(3)?;
/// assert_eq!(stack([&x, &x], 0)?.shape(), [2, 3]);
/// assert_eq!(stack([&x, &x], -1)?.shape(), [3, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.stack.html>
pub fn stack<'a>(arrays: impl Into<Operands<'a>>, axis: impl Into<Axis>) -> Result<Array> {
    stacked(arrays.into(), axis.into())
}

fn stacked(arrays: Operands<'_>, axis: Axis) -> Result<Array> {
    const OP: &str = "stack";
    if arrays.0.is_empty() {
        return Err(Error::value("stack: need at least one array to stack"));
    }
    let (arrays, weak) = arrays.promoted(OP)?;
    let shape = Dims::from_slice(arrays[0].shape());
    if let Some(other) = arrays.iter().find(|x| x.shape() != &shape[..]) {
        return Err(Error::value(format!(
            "stack: all input arrays must have the same shape, but one has {} and one {}",
            shape_text(&shape),
            shape_text(other.shape())
        )));
    }
    let axis = axis
        .single(OP, shape.len() + 1)
        .map_err(|error| error.in_op(OP))?
        .unwrap_or(0);
    let mut slab = shape;
    slab.insert(axis, 1);
    let expand = |x| reshape_to(OP, x, slab.clone()).map(Operand::Owned);
    let arrays = arrays.into_iter().map(expand).collect::<Result<_>>()?;
    Ok(joined(OP, arrays, axis)?.with_weak(weak))
}

/// Joins after bringing each array to a least number of axes; the axis may depend on the first array's.
fn stacked_by(
    op: &'static str,
    arrays: Operands<'_>,
    at_least: fn(Operand<'_>) -> Result<Array>,
    axis: fn(usize) -> usize,
) -> Result<Array> {
    if arrays.0.is_empty() {
        return Err(Error::value(format!(
            "{op}: need at least one array to concatenate"
        )));
    }
    let (arrays, weak) = arrays.promoted(op)?;
    let shaped = |x| {
        at_least(x)
            .map(Operand::Owned)
            .map_err(|error| error.in_op(op))
    };
    let arrays: Vec<Operand<'_>> = arrays.into_iter().map(shaped).collect::<Result<_>>()?;
    let axis = axis(arrays[0].shape().len());
    Ok(joined(op, arrays, axis)?.with_weak(weak))
}

/// Arrays as rows, one below another: along the first axis, 1-D ones as rows.
///
/// # Errors
/// As [`concatenate`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::vstack;
/// assert_eq!(vstack([[1i64, 2], [3, 4]])?.to_string(), "[[1 2]\n [3 4]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.vstack.html>
pub fn vstack<'a>(arrays: impl Into<Operands<'a>>) -> Result<Array> {
    stacked_by("vstack", arrays.into(), |x| atleast_2d(x), |_| 0)
}

/// Arrays side by side: along the second axis, 1-D ones along their only one.
///
/// # Errors
/// As [`concatenate`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.hstack.html>
pub fn hstack<'a>(arrays: impl Into<Operands<'a>>) -> Result<Array> {
    stacked_by(
        "hstack",
        arrays.into(),
        |x| atleast_1d(x),
        |ndim| usize::from(ndim > 1),
    )
}

/// Arrays one behind another, along the third axis, brought to three axes as [`atleast_3d`] does.
///
/// # Errors
/// As [`concatenate`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.dstack.html>
pub fn dstack<'a>(arrays: impl Into<Operands<'a>>) -> Result<Array> {
    stacked_by("dstack", arrays.into(), |x| atleast_3d(x), |_| 2)
}

/// 1-D arrays as columns, 2-D ones as they are, side by side.
///
/// # Errors
/// As [`concatenate`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.column_stack.html>
pub fn column_stack<'a>(arrays: impl Into<Operands<'a>>) -> Result<Array> {
    fn column(mut x: Operand<'_>) -> Result<Array> {
        if x.array()?.ndim() >= 2 {
            return x.into_array();
        }
        let row = atleast_2d(x)?;
        permute(
            "column_stack",
            Operand::Owned(row),
            [1, 0].into_iter().collect(),
        )
    }
    stacked_by("column_stack", arrays.into(), column, |_| 1)
}

/// An array with values behind it: both flattened with `()`, else along an axis.
///
/// # Errors
/// As [`concatenate`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.append.html>
pub fn append<'a, 'b>(
    x: impl Into<Operand<'a>>,
    values: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    let (x, values, axis) = (x.into(), values.into(), axis.into());
    // NumPy makes arrays of both first, so that numbers promote as 0-d arrays of their default dtype do.
    let home = home(&[&x, &values]);
    let operands = at_home(home, || {
        Ok::<_, Error>([x.into_array()?, values.into_array()?])
    })?;
    let axis = match axis.0.as_deref() {
        None => JoinAxis(None),
        Some([axis]) => JoinAxis(Some(*axis)),
        Some(axes) => {
            return Err(Error::dtype(format!(
                "append: one axis is needed, {} were given",
                axes.len()
            )));
        }
    };
    concatenated("append", operands.into(), axis)
}
