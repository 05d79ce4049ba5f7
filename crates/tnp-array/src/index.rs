//! Indexing: what `x[…]` reads. Writing is in `index/write.rs`, the index arrays in `index/entry.rs`; `take` and its kin,
//! `where_` and `nonzero` have files of their own beside them.

mod entry;
mod search;
mod take;
mod write;

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{AxisIndex, Prim, ReduceOp, SliceSpec};
use tnp_backend::{Arg, Error, Result, Tensor};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, Index, IndexOperand, IndexPlan, Layout};

use crate::bind::{Results, bind1};
use crate::context;
use crate::device::scoped_device;
use crate::manipulate::direct_view;
use crate::promote::expand;
use crate::{Array, Operand};

pub use entry::{IndexArray, IndexItem};
pub use search::{NonZero, argwhere, extract, flatnonzero, nonzero, select, where_};
pub use take::{IndexMode, Take, choose, compress, put_along_axis, take, take_along_axis};
pub use write::{At, AtMut};

impl Array {
    /// What NumPy's `x[…]` reads: integers, slices with any step, `newaxis`, an ellipsis, masks and integer arrays, mixed and
    /// broadcast as NumPy does. The expression is written with [`s!`](crate::s).
    ///
    /// Without masks and index arrays the result is a view: nothing is copied.
    ///
    /// # Errors
    /// An index out of bounds, too many indices, a step of zero, a mask of another shape than the axes it takes, index
    /// arrays that do not broadcast together or are neither of integers nor bools; a mask whose values a trace or a map does not know.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, s};
    /// let x = Array::from_vec((0..12).collect::<Vec<i64>>(), &[3, 4])?;
    /// assert_eq!(x.get(s![1])?.to_vec::<i64>()?, [4, 5, 6, 7]);
    /// assert_eq!(x.get(s![..;2, -1])?.to_vec::<i64>()?, [3, 11]);
    /// assert_eq!(x.get(s![[2, 0], ..2])?.to_vec::<i64>()?, [8, 9, 0, 1]);
    /// assert_eq!(x.get(s![[true, false, true], 0])?.to_vec::<i64>()?, [0, 8]);
    /// let error = x.get(s![0, 7]).unwrap_err();
    /// assert_eq!(error.to_string(), "get: index 7 is out of bounds for axis 1 with size 4");
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    /// <https://numpy.org/doc/stable/user/basics.indexing.html>
    #[inline]
    pub fn get(&self, index: impl AsRef<[Index<IndexArray>]>) -> Result<Array> {
        let index = index.as_ref();
        let basic = |layout: &Layout| IndexPlan::basic_view(index, layout).ok().flatten();
        match direct_view(self, basic) {
            Some(view) => Ok(view),
            None => read(self, index).map_err(|error| error.in_op("get")),
        }
    }

    /// NumPy's `x[i]`: one position of the first axis, which goes. The same as [`Array::get`] with one integer.
    ///
    /// # Errors
    /// An index out of bounds; a 0-d array.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::Array;
    /// let x = Array::from_vec(vec![1, 2, 3, 4], &[2, 2])?;
    /// assert_eq!(x.row(-1)?.to_vec::<i32>()?, [3, 4]);
    /// assert!(x.row(2).is_err());
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    #[inline]
    pub fn row(&self, position: isize) -> Result<Array> {
        match direct_view(self, |layout| layout.row(position)) {
            Some(view) => Ok(view),
            None => self.get([Index::Int(position)]),
        }
    }
}

fn read(x: &Array, index: &[Index<IndexArray>]) -> Result<Array> {
    if let Some(view) = view(x, index)? {
        return Ok(view);
    }
    if let [Index::Mask(mask)] = index
        && let Some(result) = read_full_mask(x, mask)?
    {
        return Ok(result.with_weak(x.is_weak()));
    }
    let (plan, arrays) = resolve(x, index, None)?;
    let result = gather(x, &plan, arrays)?;
    Ok(result.with_weak(x.is_weak()))
}

/// A basic expression on a concrete array outside any transformation: the view itself, without a primitive.
#[inline]
fn view(x: &Array, index: &[Index<IndexArray>]) -> Result<Option<Array>> {
    if context::is_active() {
        return Ok(None);
    }
    let Ok(tensor) = x.tensor() else {
        return Ok(None);
    };
    if scoped_device().is_some_and(|device| device != tensor.device()) {
        return Ok(None);
    }
    let Some(layout) = IndexPlan::basic_view(index, &tensor.layout)? else {
        return Ok(None);
    };
    context::check_watched("get", &[Operand::Borrowed(x)])?;
    tensor.buffer.check()?;
    Ok(Some(
        Array::from_tensor(Tensor {
            buffer: tensor.buffer.clone(),
            layout,
            dtype: tensor.dtype,
        })
        .with_weak(x.is_weak()),
    ))
}

/// `x[mask]` with a mask of all axes: flat positions, of which there is one array, not one an axis.
fn read_full_mask(x: &Array, mask: &IndexArray) -> Result<Option<Array>> {
    let mask = mask.resolve(x)?;
    if mask.shape() != x.shape() || x.ndim() < 2 {
        return Ok(None);
    }
    let flat: Dims = smallvec![x.size()];
    let mask = mask_of(Operand::Owned(mask), true)?;
    let positions = coordinates(&mask)?;
    let x = reshape(Operand::Borrowed(x), &flat)?;
    let prim = Prim::Gather {
        axes: smallvec![AxisIndex::Index],
        index_axes_at: 0,
    };
    let mut inputs: SmallVec<[Operand<'_>; 2]> = smallvec![x];
    inputs.extend(positions.into_iter().map(Operand::Owned));
    bind1(&prim, &mut inputs).map(Some)
}

/// Reads what a plan says.
fn gather(x: &Array, plan: &IndexPlan, arrays: SmallVec<[Array; 2]>) -> Result<Array> {
    let x = reshape(Operand::Borrowed(x), &plan.operand_shape)?;
    let axes = prim_axes(plan);
    let result = if arrays.is_empty() {
        let slices: SmallVec<[SliceSpec; 4]> = axes.iter().filter_map(spec_of).collect();
        bind1(&Prim::Slice { axes: slices }, &mut [x])?
    } else {
        let prim = Prim::Gather {
            axes,
            index_axes_at: plan.index_dims_at,
        };
        let mut inputs: SmallVec<[Operand<'_>; 4]> = smallvec![x];
        inputs.extend(arrays.into_iter().map(Operand::Owned));
        bind1(&prim, &mut inputs)?
    };
    reshape(Operand::Owned(result), &plan.result_shape)?.into_array()
}

fn spec_of(axis: &AxisIndex) -> Option<SliceSpec> {
    match axis {
        AxisIndex::Slice(spec) => Some(*spec),
        AxisIndex::Index => None,
    }
}

fn prim_axes(plan: &IndexPlan) -> SmallVec<[AxisIndex; 4]> {
    plan.axes
        .iter()
        .map(|axis| match *axis {
            tnp_shape::AxisIndex::Slice { start, step, len } => {
                AxisIndex::Slice(SliceSpec { start, len, step })
            }
            tnp_shape::AxisIndex::Index => AxisIndex::Index,
        })
        .collect()
}

/// Works an expression out for an array: the plan, and its index arrays, int64 and broadcast to one shape. When the only
/// mask has been counted already, `counted` is its number of true elements.
fn resolve(
    x: &Array,
    index: &[Index<IndexArray>],
    counted: Option<usize>,
) -> Result<(IndexPlan, SmallVec<[Array; 2]>)> {
    let mut entries: SmallVec<[Index<Array>; 4]> = SmallVec::new();
    for entry in index {
        entries.push(match entry {
            Index::Int(at) => Index::Int(*at),
            &Index::Slice { start, stop, step } => Index::Slice { start, stop, step },
            Index::NewAxis => Index::NewAxis,
            Index::Ellipsis => Index::Ellipsis,
            Index::Array(array) => Index::Array(array.resolve(x)?),
            Index::Mask(mask) => Index::Mask(mask.resolve(x)?),
        });
    }
    let mut masks: SmallVec<[(usize, Results); 1]> = SmallVec::new();
    let count_true = |at: usize, mask: &Array| -> Result<usize> {
        if mask.ndim() == 0 {
            return count(mask);
        }
        let coordinates = match counted {
            Some(count) => coordinates_of(mask, count)?,
            None => coordinates(mask)?,
        };
        let len = coordinates[0].size();
        masks.push((at, coordinates));
        Ok(len)
    };
    let plan = IndexPlan::new(&entries, x.shape(), Array::shape, count_true)?;
    let mut arrays = SmallVec::new();
    for operand in &plan.operands {
        let array = match *operand {
            IndexOperand::Array { at } => match &entries[at] {
                Index::Array(array) => array.astype(DType::Int64)?,
                _ => return Err(Error::index("an index array is not where the plan says")),
            },
            IndexOperand::Mask { at, axis } => {
                let of_mask = masks.iter().find(|(position, _)| *position == at);
                match of_mask {
                    Some((_, coordinates)) => coordinates[axis].clone(),
                    None => return Err(Error::index("a mask is not where the plan says")),
                }
            }
            IndexOperand::Zeros { len } => beside(x, zeros(len)?)?,
        };
        arrays.push(expand(Operand::Owned(array), &plan.index_shape)?.into_array()?);
    }
    Ok((plan, arrays))
}

fn zeros(len: usize) -> Result<Array> {
    let prim = Prim::Full {
        shape: smallvec![len],
        value: Literal::zero(DType::Int64),
    };
    bind1(&prim, &mut [])
}

/// Where an operand is not zero, flat if so wished. Whatever transformation is in force, what has a value is converted as it
/// is: a trace would only write that down, and not know how many elements are true.
fn mask_of(x: Operand<'_>, flat: bool) -> Result<Array> {
    let x = x.into_array()?;
    let shape: Dims = smallvec![x.size()];
    let Some(tensor) = x.tensor().ok().filter(|_| context::is_active()) else {
        let mask = Operand::Owned(x.astype(DType::Bool)?);
        return if flat { reshape(mask, &shape)? } else { mask }.into_array();
    };
    let run = |prim, x: &Tensor| tnp_backend::run(x.device(), &prim, &[Arg::borrowed(x)]);
    let dtype = DType::Bool;
    let mut mask = run(Prim::Cast { dtype }, tensor)?.remove(0);
    if flat {
        mask = run(Prim::Reshape { shape }, &mask)?.remove(0);
    }
    Ok(Array::from_tensor(mask))
}

/// How many elements of a mask are true. Whatever transformation is in force, a mask that has a value is read as it is.
fn count(mask: &Array) -> Result<usize> {
    let Ok(tensor) = mask.tensor() else {
        return Err(unknown_size());
    };
    let prim = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: (0..mask.ndim()).collect(),
        dtype: DType::Int64,
    };
    let total = tnp_backend::run(tensor.device(), &prim, &[Arg::borrowed(tensor)])?;
    Ok(tnp_backend::scalar(&total[0])?.value::<i64>() as usize)
}

/// Positions of the true elements of a mask of one or more axes: one array an axis.
fn coordinates(mask: &Array) -> Result<Results> {
    coordinates_of(mask, count(mask)?)
}

fn coordinates_of(mask: &Array, size: usize) -> Result<Results> {
    let tensor = mask.tensor()?;
    let prim = Prim::NonZero { size };
    let positions = tnp_backend::run(tensor.device(), &prim, &[Arg::borrowed(tensor)])?;
    Ok(positions.into_iter().map(Array::from_tensor).collect())
}

/// Positions in the flattened array of the elements that are not zero, for composing: errors bear no name.
pub(crate) fn true_positions(mask: &Array) -> Result<Array> {
    Ok(coordinates(&mask_of(Operand::Borrowed(mask), true)?)?.remove(0))
}

/// The elements of a 1-D array (or slices along the first axis) where a mask of that length holds.
pub(crate) fn where_true(x: impl Into<Operand<'static>>, mask: &Array) -> Result<Array> {
    take(x, true_positions(mask)?, 0)
}

#[cold]
fn unknown_size() -> Error {
    Error::scope(
        "how many elements of a mask are true is not known inside a traced or mapped function, so the result has no shape yet; \
         use `where_` to keep the shape, `nonzero` with `size=` to state it, or `map_fn` instead of a map",
    )
}

/// An operand in another shape of the same size; nothing happens when it has it.
fn reshape<'a>(x: Operand<'a>, shape: &Dims) -> Result<Operand<'a>> {
    if x.shape() == &shape[..] {
        return Ok(x);
    }
    let shape = shape.clone();
    let reshaped = bind1(&Prim::Reshape { shape }, &mut [x])?;
    Ok(Operand::Owned(reshaped))
}

/// An array that stands for a Rust value, brought to the device of the array it goes with.
pub(crate) fn beside(x: &Array, value: Array) -> Result<Array> {
    if scoped_device().is_some() {
        return Ok(value);
    }
    match (x.tensor(), value.tensor()) {
        (Ok(tensor), Ok(own)) if own.device() != tensor.device() => value.to(tensor.device()),
        _ => Ok(value),
    }
}
