//! Taking and putting by index arrays along one axis: `take`, `take_along_axis`, `put_along_axis`, `compress`, `choose`.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{AxisIndex, Prim, ScatterOp, SliceSpec};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::DType;
use tnp_shape::{Dims, ShapeProblem, broadcast_shapes};

use super::{beside, coordinates, mask_of, reshape};
use crate::args::Axis;
use crate::bind::bind1;
use crate::promote::{expand, to_dtype};
use crate::{Array, Operand};

/// What [`take`] and [`choose`] do with an index out of bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexMode {
    /// An error; negative indices count from the end.
    #[default]
    Raise,
    /// Counted on from the other end, as often as needed.
    Wrap,
    /// The nearest end; negative indices become zero.
    Clip,
}

/// Options of [`take`]: the axis (by default the flattened array), and what happens out of bounds.
///
/// # Examples
/// ```
/// use tnp_array::{IndexMode, Take};
/// let options = Take::axis(0).mode(IndexMode::Wrap);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Take {
    /// The axis; the flattened array when `None`.
    pub axis: Axis,
    /// What happens out of bounds.
    pub mode: IndexMode,
}

impl Take {
    /// Along an axis.
    pub fn axis(axis: impl Into<Axis>) -> Take {
        Take {
            axis: axis.into(),
            ..Take::default()
        }
    }

    /// With indices out of bounds treated in this way.
    pub fn mode(mut self, mode: IndexMode) -> Take {
        self.mode = mode;
        self
    }
}

impl<T: Into<Axis>> From<T> for Take {
    fn from(axis: T) -> Take {
        Take::axis(axis)
    }
}

impl From<IndexMode> for Take {
    fn from(mode: IndexMode) -> Take {
        Take::default().mode(mode)
    }
}

/// Elements of an array along an axis, by position.
///
/// The axis is replaced by the axes of `indices`; without one, the array is flattened first. Indices are integers (or
/// bools, read as 0 and 1).
///
/// # Errors
/// For an index out of bounds (mode [`IndexMode::Raise`]), indices into an axis of size zero, an axis the array does not have, and indices that are floats.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, IndexMode, Take, take};
/// let x = Array::from_vec(vec![4i64, 3, 5, 7, 6, 8], &[2, 3])?;
/// assert_eq!(take(&x, [0, 4], ())?.to_vec::<i64>()?, [4, 6]);
/// assert_eq!(take(&x, [-1], 1)?.to_vec::<i64>()?, [5, 8]);
/// assert_eq!(take(&x, [5], Take::axis(1).mode(IndexMode::Clip))?.to_vec::<i64>()?, [5, 8]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.take.html>
pub fn take<'a, 'b>(
    x: impl Into<Operand<'a>>,
    indices: impl Into<Operand<'b>>,
    options: impl Into<Take>,
) -> Result<Array> {
    taken(x.into(), indices.into(), options.into()).map_err(|error| error.in_op("take"))
}

fn taken(mut x: Operand<'_>, indices: Operand<'_>, options: Take) -> Result<Array> {
    x.resolve()?;
    let weak = x.type_info().is_some_and(|info| info.weak);
    let axis = options.axis.single("take", x.shape().len().max(1))?;
    let flat = axis.is_none() || x.shape().is_empty();
    if flat {
        let size = x.shape().iter().product();
        x = reshape(x, &smallvec![size])?;
    }
    let axis = if flat { 0 } else { axis.unwrap_or(0) };
    let indices = positions(x.array()?, indices)?;
    let size = x.shape()[axis];
    if size == 0 && indices.size() > 0 {
        return Err(Error::index(
            "cannot do a non-empty take from an empty axes.",
        ));
    }
    let indices = in_mode(indices, options.mode, size)?;
    Ok(along(x, indices, axis)?.with_weak(weak))
}

/// The elements at positions along one axis.
fn along(x: Operand<'_>, indices: Array, axis: usize) -> Result<Array> {
    let mut axes: SmallVec<[AxisIndex; 4]> = x
        .shape()
        .iter()
        .map(|&size| AxisIndex::Slice(SliceSpec::full(size)))
        .collect();
    axes[axis] = AxisIndex::Index;
    let prim = Prim::Gather {
        axes,
        index_axes_at: axis,
    };
    bind1(&prim, &mut [x, Operand::Owned(indices)])
}

/// Indices as an int64 array beside `x`.
fn positions(x: &Array, indices: Operand<'_>) -> Result<Array> {
    let follows = matches!(indices, Operand::Scalar(_));
    let indices = indices.into_array()?;
    let dtype = indices.dtype();
    // An empty Vec may be one of floats: it says nothing about its elements.
    if !(dtype.is_integer() || dtype == DType::Bool || indices.size() == 0) {
        return Err(Error::dtype(format!(
            "Cannot cast array data from dtype('{dtype}') to dtype('int64') according to the rule 'safe'; convert the indices with `astype(Int64)`"
        )));
    }
    let indices = indices.astype(DType::Int64)?;
    if follows {
        beside(x, indices)
    } else {
        Ok(indices)
    }
}

/// Brings indices into bounds as the mode says.
fn in_mode(indices: Array, mode: IndexMode, size: usize) -> Result<Array> {
    match mode {
        IndexMode::Raise => Ok(indices),
        _ if size == 0 => Ok(indices),
        IndexMode::Wrap => crate::remainder(indices, size),
        IndexMode::Clip => crate::minimum(crate::maximum(indices, 0)?, size - 1),
    }
}

/// The axis worked along and the array, flattened when there is none.
fn flattened<'a>(op: &str, x: Operand<'a>, axis: &Axis) -> Result<(Operand<'a>, usize)> {
    match axis.single(op, x.shape().len())? {
        Some(axis) => Ok((x, axis)),
        None => {
            let size = x.shape().iter().product();
            Ok((reshape(x, &smallvec![size])?, 0))
        }
    }
}

/// One index array an axis: the given one along `axis`, counting ones elsewhere, broadcast to one shape.
fn along_axis(x: &Array, indices: &Array, axis: usize) -> Result<SmallVec<[Array; 4]>> {
    if !indices.dtype().is_integer() {
        return Err(Error::index("`indices` must be an integer array"));
    }
    if indices.ndim() != x.ndim() {
        return Err(Error::value(format!(
            "`indices` and `arr` must have the same number of dimensions; they have {} and {}",
            indices.ndim(),
            x.ndim()
        )));
    }
    let mut shapes: Vec<Dims> = (0..x.ndim())
        .map(|at| {
            let mut shape = Dims::from_elem(1, x.ndim());
            shape[at] = x.shape()[at];
            shape
        })
        .collect();
    shapes[axis] = Dims::from_slice(indices.shape());
    let slices: Vec<&[usize]> = shapes.iter().map(|shape| &shape[..]).collect();
    let shape = broadcast_shapes(&slices).map_err(|error| match error.problem() {
        ShapeProblem::Broadcast { shapes } => {
            Error::from(tnp_shape::ShapeError::from(ShapeProblem::IndexBroadcast {
                shapes: shapes.clone(),
            }))
        }
        _ => Error::from(error),
    })?;
    let mut arrays = SmallVec::new();
    for at in 0..x.ndim() {
        arrays.push(if at == axis {
            let indices = Operand::Owned(indices.astype(DType::Int64)?);
            expand(indices, &shape)?.into_array()?
        } else {
            let count = Prim::Iota {
                shape: smallvec![x.shape()[at]],
                dtype: DType::Int64,
                axis: 0,
            };
            let stretch = Prim::BroadcastInDim {
                shape: shape.clone(),
                dims: smallvec![at],
            };
            let count = beside(x, bind1(&count, &mut [])?)?;
            bind1(&stretch, &mut [Operand::Owned(count)])?
        });
    }
    Ok(arrays)
}

/// Elements at positions along an axis, each line with indices of its own: what `argsort` and `argmax` (with `keepdims`) give
/// is taken back by this.
///
/// `indices` has as many axes as the array and broadcasts against it but for `axis`; with `()` for the axis, the
/// array is flattened and `indices` is 1-D.
///
/// # Errors
/// For indices that are not integers, have another number of axes, do not broadcast or are out of bounds.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, take_along_axis};
/// let x = Array::from_vec(vec![10i64, 30, 20, 60, 40, 50], &[2, 3])?;
/// let order = Array::from_vec(vec![0i64, 2, 1, 1, 2, 0], &[2, 3])?;
/// assert_eq!(take_along_axis(&x, &order, 1)?.to_vec::<i64>()?, [10, 20, 30, 40, 50, 60]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.take_along_axis.html>
pub fn take_along_axis<'a, 'b>(
    x: impl Into<Operand<'a>>,
    indices: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    fn body(mut x: Operand<'_>, indices: Operand<'_>, axis: &Axis) -> Result<Array> {
        x.resolve()?;
        let weak = x.type_info().is_some_and(|info| info.weak);
        let indices = indices.into_array()?;
        let (mut x, axis) = flattened("take_along_axis", x, axis)?;
        let arrays = along_axis(x.array()?, &indices, axis)?;
        let prim = Prim::Gather {
            axes: SmallVec::from_elem(AxisIndex::Index, arrays.len()),
            index_axes_at: 0,
        };
        let mut inputs: SmallVec<[Operand<'_>; 4]> = smallvec![x];
        inputs.extend(arrays.into_iter().map(Operand::Owned));
        Ok(bind1(&prim, &mut inputs)?.with_weak(weak))
    }
    body(x.into(), indices.into(), &axis.into()).map_err(|error| error.in_op("take_along_axis"))
}

/// The array with values put at positions along an axis, each line with indices of its own. NumPy changes its argument; here
/// the result is a new array, in place when the array is given up (`x = put_along_axis(x, …)?`).
///
/// # Errors
/// As [`take_along_axis`], and when the values do not broadcast to the indices.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, put_along_axis};
/// let x = Array::from_vec(vec![10i64, 30, 20, 60, 40, 50], &[2, 3])?;
/// assert_eq!(put_along_axis(&x, [[1], [0]], 99, 1)?.to_vec::<i64>()?, [10, 99, 20, 99, 40, 50]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.put_along_axis.html>
pub fn put_along_axis<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    indices: impl Into<Operand<'b>>,
    values: impl Into<Operand<'c>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    fn body(
        mut x: Operand<'_>,
        indices: Operand<'_>,
        values: Operand<'_>,
        axis: &Axis,
    ) -> Result<Array> {
        x.resolve()?;
        let (shape, dtype) = (Dims::from_slice(x.shape()), x.array()?.dtype());
        let indices = indices.into_array()?;
        let (mut x, axis) = flattened("put_along_axis", x, axis)?;
        let arrays = along_axis(x.array()?, &indices, axis)?;
        let whole = Dims::from_slice(arrays[0].shape());
        let values = match values {
            Operand::Scalar(scalar) => {
                let value = Array::from_literal(scalar.to_literal(dtype)?)?;
                Operand::Owned(beside(x.array()?, value)?)
            }
            values => values.astype(dtype)?,
        };
        let fits = broadcast_shapes(&[values.shape(), &whole]);
        if fits.ok().as_ref() != Some(&whole) {
            return Err(Error::value(format!(
                "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}",
                shape_text(values.shape()),
                shape_text(&whole)
            )));
        }
        let prim = Prim::Scatter {
            op: ScatterOp::Set,
            axes: SmallVec::from_elem(AxisIndex::Index, arrays.len()),
            index_axes_at: 0,
        };
        let values = expand(values, &whole)?;
        let mut inputs: SmallVec<[Operand<'_>; 4]> = smallvec![x];
        inputs.extend(arrays.into_iter().map(Operand::Owned));
        inputs.push(values);
        let result = bind1(&prim, &mut inputs)?;
        reshape(Operand::Owned(result), &shape)?.into_array()
    }
    body(x.into(), indices.into(), values.into(), &axis.into())
        .map_err(|error| error.in_op("put_along_axis"))
}

/// The slices of an array along an axis where a condition holds; of the flattened array without an axis.
///
/// The condition is 1-D and may be shorter than the axis: what is missing is false.
///
/// # Errors
/// When the condition is not 1-D, or true beyond the end of the axis.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, compress};
/// let x = Array::from_vec(vec![1i64, 2, 3, 4, 5, 6], &[3, 2])?;
/// assert_eq!(compress([false, true], &x, 0)?.to_vec::<i64>()?, [3, 4]);
/// assert_eq!(compress([0, 1, 0, 1], &x, ())?.to_vec::<i64>()?, [2, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.compress.html>
pub fn compress<'a, 'b>(
    condition: impl Into<Operand<'a>>,
    x: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    fn body(condition: Operand<'_>, mut x: Operand<'_>, axis: &Axis) -> Result<Array> {
        x.resolve()?;
        let condition = mask_of(condition, false)?;
        if condition.ndim() != 1 {
            return Err(Error::value(format!(
                "condition must be a 1-d array, it has shape {}",
                shape_text(condition.shape())
            )));
        }
        let (x, axis) = flattened("compress", x, axis)?;
        let taken = coordinates(&condition)?.remove(0);
        along(x, taken, axis)
    }
    body(condition.into(), x.into(), &axis.into()).map_err(|error| error.in_op("compress"))
}

/// For each position the element of the array of choices whose number stands there.
///
/// The choices are promoted to one dtype, and broadcast together with the numbers.
///
/// # Errors
/// For a number that is no choice (mode [`IndexMode::Raise`]: negative ones too), numbers that are not integers,
/// no choices, and shapes that do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{IndexMode, choose};
/// let chosen = choose([2, 0, 1], [[0, 1, 2], [10, 11, 12], [20, 21, 22]], IndexMode::Raise)?;
/// assert_eq!(chosen.to_vec::<i32>()?, [20, 1, 12]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.choose.html>
pub fn choose<'a, 'b, T: Into<Operand<'b>>>(
    numbers: impl Into<Operand<'a>>,
    choices: impl IntoIterator<Item = T>,
    mode: IndexMode,
) -> Result<Array> {
    let choices = choices.into_iter().map(Into::into).collect();
    chosen(numbers.into(), choices, mode).map_err(|error| error.in_op("choose"))
}

fn chosen(numbers: Operand<'_>, choices: Vec<Operand<'_>>, mode: IndexMode) -> Result<Array> {
    if choices.is_empty() {
        return Err(Error::value("at least one choice is needed"));
    }
    let numbers = numbers.into_array()?;
    let numbers = positions(&numbers, Operand::Borrowed(&numbers))?;
    let types: Result<Vec<_>> = choices.iter().map(Operand::promotes_as).collect();
    let info = tnp_dtype::result_type("choose", &types?)?;
    let mut shapes: Vec<&[usize]> = choices.iter().map(Operand::shape).collect();
    shapes.push(numbers.shape());
    let shape = broadcast_shapes(&shapes)?;
    let count = choices.len();
    // All choices one after another: the number of a choice is the position along a new first axis.
    let mut row: Dims = smallvec![1];
    row.extend_from_slice(&shape);
    let mut rows: Vec<Operand<'_>> = Vec::new();
    for choice in choices {
        let choice = match to_dtype("choose", choice, info.dtype)? {
            Operand::Owned(array) => Operand::Owned(beside(&numbers, array)?),
            other => other,
        };
        rows.push(reshape(expand(choice, &shape)?, &row)?);
    }
    let all = bind1(&Prim::Concatenate { axis: 0 }, &mut rows)?;
    let numbers = expand(Operand::Owned(in_mode(numbers, mode, count)?), &shape)?;
    let numbers = reshape(numbers, &row)?.into_array()?;
    if mode == IndexMode::Raise && numbers.size() > 0 {
        refuse_negative(&numbers, count)?;
    }
    let picked = take_along_axis(all, numbers, 0)?;
    Ok(reshape(Operand::Owned(picked), &shape)?
        .into_array()?
        .with_weak(info.weak))
}

/// `choose` counts no number from the end. Where there is no value yet, the gather's own check has to do.
fn refuse_negative(numbers: &Array, count: usize) -> Result<()> {
    let Ok(tensor) = numbers.tensor() else {
        return Ok(());
    };
    let reduce = |op| -> Result<i64> {
        let prim = Prim::Reduce {
            op,
            axes: (0..numbers.ndim()).collect(),
            dtype: DType::Int64,
        };
        let arg = tnp_backend::Arg::borrowed(tensor);
        let extreme = tnp_backend::run(tensor.device(), &prim, &[arg])?;
        Ok(tnp_backend::scalar(&extreme[0])?.value())
    };
    let least = reduce(tnp_backend::prim::ReduceOp::Min)?;
    let most = reduce(tnp_backend::prim::ReduceOp::Max)?;
    if least < 0 || most >= count as i64 {
        let bad = if least < 0 { least } else { most };
        return Err(Error::value(format!(
            "invalid entry in choice array: {bad} is none of {count} choices"
        )));
    }
    Ok(())
}

impl Array {
    /// Elements along an axis, by position: [`take`].
    ///
    /// # Errors
    /// As [`take`].
    pub fn take<'b>(
        &self,
        indices: impl Into<Operand<'b>>,
        options: impl Into<Take>,
    ) -> Result<Array> {
        take(self, indices, options)
    }

    /// The slices along an axis where a condition holds: [`compress`].
    ///
    /// # Errors
    /// As [`compress`].
    pub fn compress<'b>(
        &self,
        condition: impl Into<Operand<'b>>,
        axis: impl Into<Axis>,
    ) -> Result<Array> {
        compress(condition, self, axis)
    }

    /// The element of the choice whose number stands here: [`choose`].
    ///
    /// # Errors
    /// As [`choose`].
    pub fn choose<'b, T: Into<Operand<'b>>>(
        &self,
        choices: impl IntoIterator<Item = T>,
        mode: IndexMode,
    ) -> Result<Array> {
        choose(self, choices, mode)
    }
}
