//! What an index expression means for an array of a given shape: a view when it is basic, a gather or scatter in general.

use smallvec::SmallVec;

use super::{Index, normalize_index, normalize_slice};
use crate::{Axes, AxisSlice, Dims, Layout, Result, ShapeError, ShapeProblem, Strides};
use crate::{broadcast_shapes, size_of_shape};

/// How a gather or scatter addresses one axis of its operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AxisIndex {
    /// The elements `start, start + step, …`, `len` of them.
    Slice {
        /// Position of the first element; zero when there is none.
        start: usize,
        /// Distance to the next; never zero.
        step: isize,
        /// How many there are.
        len: usize,
    },
    /// By the next of the index arrays.
    Index,
}

impl From<AxisSlice> for AxisIndex {
    fn from(slice: AxisSlice) -> AxisIndex {
        AxisIndex::Slice {
            start: slice.start,
            step: slice.step,
            len: slice.len,
        }
    }
}

/// Where an index array of a gather or scatter comes from; positions count the entries of the expression.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IndexOperand {
    /// The array that stands at this position.
    Array {
        /// Position in the expression.
        at: usize,
    },
    /// The coordinates, along one of its axes, of the true elements of the mask at this position: one array of `nonzero`.
    Mask {
        /// Position in the expression.
        at: usize,
        /// Axis of the mask.
        axis: usize,
    },
    /// `len` zeros: a 0-d mask, which takes a new axis of size one (`len` is 1 when it is true, else 0).
    Zeros {
        /// Number of zeros.
        len: usize,
    },
}

/// An index expression worked out for a shape.
///
/// With `k = operands.len()` index arrays, each broadcast to `index_shape`:
///
/// - reading is `x.reshape(operand_shape)`, `gather(axes, index_dims_at; index arrays)`, which has the `gathered_shape`,
///   then `reshape(result_shape)`;
/// - writing is the value broadcast to `result_shape`, `reshape(gathered_shape)`, then `scatter` with the same parameters
///   into `x.reshape(operand_shape)`, reshaped back.
///
/// `gathered_shape` has the lengths of the slices in the order of the axes, and before the slice dimension number
/// `index_dims_at` those of `index_shape`. A basic expression has no index arrays and may be read as a view instead:
/// [`IndexPlan::basic_view`].
///
/// Positions inside index arrays are not seen here; whoever gathers checks them.
///
/// # Examples
/// ```
/// use tnp_shape::{AxisIndex, IndexOperand, IndexPlan, ShapeError, s};
/// let rows = vec![4, 0];
/// let index = [s![..;2].as_slice(), &[tnp_shape::Index::Array(&rows)], &s![newaxis, -1]].concat();
/// let plan = IndexPlan::new(&index, &[3, 5, 7], |_| &[2], |_, _| Ok::<_, ShapeError>(0))?;
/// assert_eq!(plan.operands.as_slice(), &[IndexOperand::Array { at: 1 }]);
/// assert_eq!(plan.axes[0], AxisIndex::Slice { start: 0, step: 2, len: 2 });
/// assert_eq!(plan.axes[1], AxisIndex::Index);
/// // The array and the integer are separated by a new axis: their dimensions come first.
/// assert_eq!(plan.result_shape.as_slice(), &[2, 2, 1]);
/// assert_eq!((plan.index_dims_at, plan.gathered_shape.as_slice()), (0, &[2, 2, 1][..]));
/// # Ok::<(), ShapeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IndexPlan {
    /// The shape to see the array in: its own, with an axis of size one for each 0-d mask.
    pub operand_shape: Dims,
    /// How each axis of `operand_shape` is addressed.
    pub axes: SmallVec<[AxisIndex; 4]>,
    /// The index arrays, one for each [`AxisIndex::Index`], in order.
    pub operands: SmallVec<[IndexOperand; 2]>,
    /// What the index arrays broadcast to.
    pub index_shape: Dims,
    /// Number of slice dimensions that come before the dimensions of `index_shape`.
    pub index_dims_at: usize,
    /// The shape of the gathered elements.
    pub gathered_shape: Dims,
    /// The shape of the result: the gathered one without the axes of integers, with new axes.
    pub result_shape: Dims,
}

impl IndexPlan {
    /// Works an expression out. `shape_of` tells the shape of an index array or mask. `count_true` is called once for each
    /// mask, with its position, after all masks are known to fit: it tells how many elements are true, and may keep their
    /// coordinates for later.
    ///
    /// # Errors
    /// Too many indices, an integer out of bounds, a step of zero, two ellipses, a mask of another shape than the axes it
    /// takes, index arrays that do not broadcast together, too many elements; and what `count_true` returns.
    pub fn new<A, E: From<ShapeError>>(
        indices: &[Index<A>],
        shape: &[usize],
        shape_of: impl Fn(&A) -> &[usize],
        mut count_true: impl FnMut(usize, &A) -> Result<usize, E>,
    ) -> Result<IndexPlan, E> {
        let whole = whole_axes(indices, shape.len(), |mask| shape_of(mask).len())?;
        check_masks(indices, shape, whole, &shape_of)?;
        let advanced = indices.iter().any(is_advanced);
        let mut builder = Builder::default();
        for (at, entry) in indices.iter().enumerate() {
            let axis = builder.next;
            match entry {
                Index::Int(index) => {
                    let slice = single(*index, axis, shape[axis])?;
                    builder.sees(advanced);
                    builder.slice(shape[axis], slice);
                }
                Index::Slice { start, stop, step } => {
                    let slice = normalize_slice(*start, *stop, *step, shape[axis])?;
                    builder.sees(false);
                    builder.slice(shape[axis], slice);
                    builder.basic.push(slice.len);
                }
                Index::NewAxis => {
                    builder.sees(false);
                    builder.basic.push(1);
                }
                Index::Ellipsis => {
                    builder.sees(false);
                    builder.whole(&shape[axis..axis + whole]);
                }
                Index::Array(array) => {
                    builder.sees(true);
                    builder.indexed(shape[axis], IndexOperand::Array { at });
                    builder.arrays.push(shape_of(array).into());
                }
                Index::Mask(mask) => {
                    builder.sees(true);
                    let len = count_true(at, mask)?;
                    let ndim = shape_of(mask).len();
                    for mask_axis in 0..ndim {
                        let operand = IndexOperand::Mask {
                            at,
                            axis: mask_axis,
                        };
                        builder.indexed(shape[axis + mask_axis], operand);
                        builder.arrays.push(Dims::from_slice(&[len]));
                    }
                    if ndim == 0 {
                        builder.indexed(1, IndexOperand::Zeros { len });
                        builder.arrays.push(Dims::from_slice(&[len]));
                        // The new axis is none of the array's.
                        builder.next = axis;
                    }
                }
            }
        }
        builder.whole(&shape[builder.next..]);
        Ok(builder.finish()?)
    }

    /// Whether only integers, slices, new axes and an ellipsis occur, so that the result can be a view.
    pub fn is_basic(&self) -> bool {
        self.operands.is_empty()
    }

    /// The view that a basic expression takes of an array; `None` when an index array or mask occurs.
    ///
    /// # Errors
    /// As [`IndexPlan::new`].
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::{Index, IndexPlan, Layout, s};
    /// let index: [Index<()>; 3] = s![1, newaxis, ..;-1];
    /// let view = IndexPlan::basic_view(&index, &Layout::contiguous(&[2, 3]))?.unwrap();
    /// assert_eq!((view.shape(), view.strides(), view.offset()), (&[1, 3][..], &[0, -1][..], 5));
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    #[inline]
    pub fn basic_view<A>(indices: &[Index<A>], layout: &Layout) -> Result<Option<Layout>> {
        // One integer or one slice is what loops ask for.
        match (indices, layout.shape()) {
            ([Index::Int(index)], [size, ..]) => {
                normalize_index(*index, 0, *size)?;
                Ok(layout.row(*index))
            }
            ([Index::Slice { start, stop, step }], [size, ..]) => {
                let slice = normalize_slice(*start, *stop, *step, *size)?;
                Ok(Some(layout.rows(slice)))
            }
            _ => Self::basic_view_of_many(indices, layout),
        }
    }

    fn basic_view_of_many<A>(indices: &[Index<A>], layout: &Layout) -> Result<Option<Layout>> {
        if indices.iter().any(is_advanced) {
            return Ok(None);
        }
        let whole = whole_axes(indices, layout.ndim(), |_| 0)?;
        let (sizes, steps) = (layout.shape(), layout.strides());
        let empty = layout.is_empty();
        let mut offset = layout.offset();
        // Moves the first element; what has none keeps its place, which lies inside the buffer.
        let mut skip = |slice: AxisSlice, stride: isize| {
            if !empty && slice.len > 0 {
                offset = offset.wrapping_add_signed(slice.start as isize * stride);
            }
        };
        // Integers take an axis away, new axes add one; the rest keep theirs.
        let count = |of: fn(&Index<A>) -> bool| indices.iter().filter(|entry| of(entry)).count();
        let ndim = sizes.len() + count(|entry| matches!(entry, Index::NewAxis))
            - count(|entry| matches!(entry, Index::Int(_)));
        let mut shape = Dims::from_elem(1, ndim);
        let mut strides = Strides::from_elem(0, ndim);
        let (mut axis, mut at) = (0, 0);
        for entry in indices {
            match *entry {
                Index::Int(index) => {
                    skip(single(index, axis, sizes[axis])?, steps[axis]);
                    axis += 1;
                }
                Index::Slice { start, stop, step } => {
                    let slice = normalize_slice(start, stop, step, sizes[axis])?;
                    skip(slice, steps[axis]);
                    (shape[at], strides[at]) = (slice.len, slice.stride(steps[axis]));
                    axis += 1;
                    at += 1;
                }
                Index::NewAxis => at += 1,
                Index::Ellipsis => {
                    shape[at..at + whole].copy_from_slice(&sizes[axis..axis + whole]);
                    strides[at..at + whole].copy_from_slice(&steps[axis..axis + whole]);
                    axis += whole;
                    at += whole;
                }
                Index::Array(_) | Index::Mask(_) => return Ok(None),
            }
        }
        shape[at..].copy_from_slice(&sizes[axis..]);
        strides[at..].copy_from_slice(&steps[axis..]);
        Ok(Some(Layout::from_parts(shape, strides, offset)))
    }

    /// The layout of a value to be written, broadcast to the result's shape; leading axes of size one too many are dropped,
    /// as NumPy does on assignment.
    ///
    /// # Errors
    /// When it does not broadcast.
    pub fn broadcast_value(&self, value: &Layout) -> Result<Layout> {
        let spare = value.ndim().saturating_sub(self.result_shape.len());
        let spare = value.shape()[..spare]
            .iter()
            .take_while(|dim| **dim == 1)
            .count();
        let kept: Axes = (spare..value.ndim()).collect();
        value
            .select(&kept)
            .broadcast_to(&self.result_shape)
            .map_err(|error| {
                // A size that overflows is its own problem.
                if !matches!(error.problem(), ShapeProblem::BroadcastTo { .. }) {
                    return error;
                }
                let (from, to) = (value.shape().into(), self.result_shape.clone());
                if self.is_basic() {
                    ShapeProblem::Assign { from, to }.into()
                } else {
                    ShapeProblem::AssignIndexed { from, to }.into()
                }
            })
    }
}

/// The slice that an integer takes.
fn single(index: isize, axis: usize, size: usize) -> Result<AxisSlice> {
    let start = normalize_index(index, axis, size)?;
    Ok(AxisSlice {
        start,
        step: 1,
        len: 1,
    })
}

fn is_advanced<A>(entry: &Index<A>) -> bool {
    matches!(entry, Index::Array(_) | Index::Mask(_))
}

/// How many axes the ellipsis (or the end of the expression) stands for.
fn whole_axes<A>(
    indices: &[Index<A>],
    ndim: usize,
    mask_ndim: impl Fn(&A) -> usize,
) -> Result<usize> {
    let mut given = 0;
    let mut ellipses = 0;
    for entry in indices {
        match entry {
            Index::Int(_) | Index::Slice { .. } | Index::Array(_) => given += 1,
            Index::Mask(mask) => given += mask_ndim(mask),
            Index::Ellipsis => ellipses += 1,
            Index::NewAxis => {}
        }
    }
    if ellipses > 1 {
        return Err(ShapeProblem::Ellipses.into());
    }
    ndim.checked_sub(given)
        .ok_or_else(|| ShapeProblem::TooManyIndices { ndim, given }.into())
}

/// Each mask has the sizes of the axes it takes.
fn check_masks<'a, A: 'a>(
    indices: &'a [Index<A>],
    shape: &[usize],
    whole: usize,
    shape_of: impl Fn(&'a A) -> &'a [usize],
) -> Result<()> {
    let mut axis = 0;
    for entry in indices {
        axis += match entry {
            Index::Int(_) | Index::Slice { .. } | Index::Array(_) => 1,
            Index::NewAxis => 0,
            Index::Ellipsis => whole,
            Index::Mask(mask) => {
                let mask = shape_of(mask);
                let sizes = shape[axis..].iter().zip(mask).enumerate();
                for (offset, (&size, &mask)) in sizes {
                    // As in NumPy, an axis of no truths fits any.
                    if size != mask && mask != 0 {
                        let axis = axis + offset;
                        return Err(ShapeProblem::Mask { axis, size, mask }.into());
                    }
                }
                mask.len()
            }
        };
    }
    Ok(())
}

/// Gathers the parts of a plan, entry by entry.
#[derive(Default)]
struct Builder {
    operand_shape: Dims,
    axes: SmallVec<[AxisIndex; 4]>,
    operands: SmallVec<[IndexOperand; 2]>,
    arrays: SmallVec<[Dims; 2]>,
    /// The array's axis that the next entry takes.
    next: usize,
    /// The result's dimensions but for those of the index arrays.
    basic: Dims,
    /// Length of `basic` where the advanced entries begin.
    group_at: Option<usize>,
    group_ended: bool,
    separated: bool,
}

impl Builder {
    /// NumPy's rule: the dimensions of advanced entries that follow each other (integers among them) stay where these
    /// stand; when any other entry comes between, even one that takes no axis, they go to the front.
    fn sees(&mut self, advanced: bool) {
        if !advanced {
            self.group_ended = self.group_at.is_some();
        } else if self.group_ended {
            self.separated = true;
        } else if self.group_at.is_none() {
            self.group_at = Some(self.basic.len());
        }
    }

    fn slice(&mut self, size: usize, slice: AxisSlice) {
        self.operand_shape.push(size);
        self.axes.push(slice.into());
        self.next += 1;
    }

    fn whole(&mut self, sizes: &[usize]) {
        for &size in sizes {
            self.slice(size, AxisSlice::full(size));
            self.basic.push(size);
        }
    }

    fn indexed(&mut self, size: usize, operand: IndexOperand) {
        self.operand_shape.push(size);
        self.axes.push(AxisIndex::Index);
        self.operands.push(operand);
        self.next += 1;
    }

    fn finish(self) -> Result<IndexPlan> {
        let arrays: SmallVec<[&[usize]; 2]> = self.arrays.iter().map(|dims| &dims[..]).collect();
        let index_shape = broadcast_shapes(&arrays).map_err(|error| match error.problem() {
            // NumPy counts 0-d index arrays as integers, and does not list them.
            ShapeProblem::Broadcast { shapes } => ShapeProblem::IndexBroadcast {
                shapes: shapes
                    .iter()
                    .filter(|shape| !shape.is_empty())
                    .cloned()
                    .collect(),
            }
            .into(),
            _ => error,
        })?;
        let mut gathered_shape = Dims::new();
        for axis in &self.axes {
            if let AxisIndex::Slice { len, .. } = axis {
                gathered_shape.push(*len);
            }
        }
        let first = self.axes.iter().position(|axis| *axis == AxisIndex::Index);
        let (index_dims_at, group_at) = match (self.separated, first) {
            (false, Some(first)) => (first, self.group_at.unwrap_or(0)),
            _ => (0, 0),
        };
        gathered_shape.insert_from_slice(index_dims_at, &index_shape);
        let mut result_shape = self.basic;
        result_shape.insert_from_slice(group_at, &index_shape);
        size_of_shape(&result_shape)?;
        Ok(IndexPlan {
            operand_shape: self.operand_shape,
            axes: self.axes,
            operands: self.operands,
            index_shape,
            index_dims_at,
            gathered_shape,
            result_shape,
        })
    }
}
