//! Views that no slice or transpose can say: diagonals, sliding windows, arbitrary strides.
//!
//! There is no primitive for these, since a tape, a trace or a map would need rules for each. Where no transformation is in force
//! they are made directly as views; inside one they are composed of primitives that have rules (a diagonal is every
//! `n + 1`-th element of the flattened matrix, windows are a gather), with the same values.

use tnp_backend::prim::{Axes, AxisIndex, Prim, ReduceOp, SliceSpec};
use tnp_backend::{Error, Result, Tensor, shape_text};
use tnp_dtype::{DType, ReductionRule};
use tnp_shape::{Dims, Layout, Strides, normalize_axis, size_of_shape};

use super::{permute, ravelled, reshape_to, slice_axis};
use crate::bind::bind1;
use crate::context::{check_watched, is_active};
use crate::device::scoped_device;
use crate::promote::{at_home, home};
use crate::{Array, Axis, DTypeArg, Operand, Order, Shape};

/// The array where it may be viewed directly: no transformation is in force, and it lies where the device scope wants it.
fn concrete(op: &str, x: &Array) -> Result<Option<Array>> {
    if is_active() || x.boxed().is_some() {
        return Ok(None);
    }
    check_watched(op, &[Operand::Borrowed(x)])?;
    match scoped_device() {
        Some(device) => Ok(Some(x.to(device)?)),
        None => Ok(Some(x.clone())),
    }
}

/// The array's elements in another layout of the same buffer.
fn view(x: &Array, layout: Layout) -> Result<Array> {
    let tensor = x.tensor()?;
    let view = Tensor {
        buffer: tensor.buffer.clone(),
        layout,
        dtype: tensor.dtype,
    };
    Ok(Array::from_tensor(view).with_weak(x.is_weak()))
}

/// Options of [`diagonal`] and [`trace`]: how far above the main diagonal, and the two axes of the planes.
///
/// # Examples
/// ```
/// use tnp_array::Diagonal;
/// let options = Diagonal::offset(1).axes(0, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagonal {
    offset: isize,
    axis1: isize,
    axis2: isize,
}

impl Diagonal {
    /// So far above the main diagonal; below when negative.
    pub fn offset(offset: isize) -> Diagonal {
        Diagonal {
            offset,
            axis1: 0,
            axis2: 1,
        }
    }

    /// The axes of the planes whose diagonals are taken; the first two unless said.
    pub fn axes(mut self, axis1: isize, axis2: isize) -> Diagonal {
        (self.axis1, self.axis2) = (axis1, axis2);
        self
    }

    /// Both axes as positions.
    fn positions(&self, op: &str, ndim: usize) -> Result<(usize, usize)> {
        if ndim < 2 {
            return Err(Error::value(format!(
                "{op}: diag requires an array of at least two dimensions, this one has {ndim}"
            )));
        }
        let at = |name: &str, axis| {
            normalize_axis(axis, ndim)
                .map_err(|error| Error::axis(format!("{op}: {name}: {error}")))
        };
        let (axis1, axis2) = (at("axis1", self.axis1)?, at("axis2", self.axis2)?);
        if axis1 == axis2 {
            return Err(Error::value(format!(
                "{op}: axis1 and axis2 cannot be the same, both are {axis1}"
            )));
        }
        Ok((axis1, axis2))
    }
}

impl From<()> for Diagonal {
    fn from((): ()) -> Diagonal {
        Diagonal::offset(0)
    }
}

impl From<i32> for Diagonal {
    fn from(offset: i32) -> Diagonal {
        Diagonal::offset(offset as isize)
    }
}

impl From<isize> for Diagonal {
    fn from(offset: isize) -> Diagonal {
        Diagonal::offset(offset)
    }
}

/// The diagonal of a matrix, or of the planes of two axes, which go; the diagonals become the last axis. A view.
///
/// # Errors
/// For an array of fewer than two axes, or axes it does not have or that are equal.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, diagonal};
/// let x = arange(9)?.reshape([3, 3])?;
/// assert_eq!(diagonal(&x, ())?.to_vec::<i64>()?, [0, 4, 8]);
/// assert_eq!(diagonal(&x, -1)?.to_vec::<i64>()?, [3, 7]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.diagonal.html>
pub fn diagonal<'a>(x: impl Into<Operand<'a>>, options: impl Into<Diagonal>) -> Result<Array> {
    diagonals("diagonal", x.into(), options.into())
}

pub(crate) fn diagonals(op: &str, mut x: Operand<'_>, options: Diagonal) -> Result<Array> {
    let array = x.array().map_err(|error| error.in_op(op))?;
    let ndim = array.ndim();
    let (axis1, axis2) = options.positions(op, ndim)?;
    if let Some(x) = concrete(op, array)? {
        let layout = x.tensor()?.layout.diagonal(options.offset, axis1, axis2);
        return view(&x, layout.map_err(|error| Error::from(error).in_op(op))?);
    }
    let mut axes: Axes = (0..ndim)
        .filter(|&axis| axis != axis1 && axis != axis2)
        .collect();
    axes.extend([axis1, axis2]);
    let planes = permute(op, x, axes)?;
    let (rows, columns) = (planes.shape()[ndim - 2], planes.shape()[ndim - 1]);
    let mut shape = Dims::from_slice(&planes.shape()[..ndim - 2]);
    shape.push(rows * columns);
    let flat = reshape_to(op, Operand::Owned(planes), shape)?;
    slice_axis(
        op,
        Operand::Owned(flat),
        ndim - 2,
        diagonal_of(rows, columns, options.offset),
    )
}

/// Where the diagonal of a matrix lies in its elements in C order.
pub(crate) fn diagonal_of(rows: usize, columns: usize, offset: isize) -> SliceSpec {
    let skipped = offset.unsigned_abs();
    let (start, len) = if offset < 0 {
        (
            skipped.saturating_mul(columns),
            rows.saturating_sub(skipped).min(columns),
        )
    } else {
        (skipped, columns.saturating_sub(skipped).min(rows))
    };
    SliceSpec {
        start: if len > 0 { start } else { 0 },
        len,
        step: columns as isize + 1,
    }
}

/// The sum along the diagonal of a matrix, or of the planes of two axes; small integers widen as in `sum`.
///
/// # Errors
/// As [`diagonal`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, trace};
/// assert_eq!(trace(arange(9)?.reshape([3, 3])?, (), ())?.item::<i64>()?, 12);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.trace.html>
pub fn trace<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Diagonal>,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    const OP: &str = "trace";
    let diagonal = diagonals(OP, x.into(), options.into())?;
    let dtype = match dtype.into().0 {
        Some(dtype) => dtype,
        None => {
            tnp_dtype::reduction(OP, ReductionRule::Sum, diagonal.type_info())?
                .result
                .dtype
        }
    };
    let sum = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: [diagonal.ndim() - 1].into_iter().collect(),
        dtype,
    };
    bind1(&sum, &mut [Operand::Owned(diagonal)]).map_err(|error| error.in_op(OP))
}

/// Windows that slide over an array: their positions stay where the axes were, their insides become the last axes. A view.
///
/// The window has one size for each axis named, for all axes in turn with `()`. An axis named twice is windowed twice.
///
/// # Errors
/// When sizes and axes differ in number, a size is negative, or a window is longer than its axis.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, sliding_window_view};
/// let windows = sliding_window_view(arange(4)?, 3, ())?;
/// assert_eq!(windows.to_string(), "[[0 1 2]\n [1 2 3]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.stride_tricks.sliding_window_view.html>
pub fn sliding_window_view<'a>(
    x: impl Into<Operand<'a>>,
    window_shape: impl Into<Shape>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    windows(x.into(), &window_shape.into(), &axis.into())
}

fn windows(mut x: Operand<'_>, window: &Shape, axis: &Axis) -> Result<Array> {
    const OP: &str = "sliding_window_view";
    let array = x.array().map_err(|error| error.in_op(OP))?;
    let ndim = array.ndim();
    if window.0.iter().any(|&size| size < 0) {
        return Err(Error::value(format!(
            "{OP}: `window_shape` cannot contain negative values"
        )));
    }
    let window = window.dims().map_err(|error| error.in_op(OP))?;
    let axes: Axes = match &axis.0 {
        None if window.len() != ndim => {
            return Err(Error::value(format!(
                "{OP}: Since axis is `None`, must provide window_shape for all dimensions of `x`; got {} window_shape \
                 elements and `x.ndim` is {ndim}.",
                window.len()
            )));
        }
        None => (0..ndim).collect(),
        Some(axes) => {
            let at = |&axis| normalize_axis(axis, ndim);
            let axes: tnp_shape::Result<Axes> = axes.iter().map(at).collect();
            axes.map_err(|error| Error::from(error).in_op(OP))?
        }
    };
    if axes.len() != window.len() {
        return Err(Error::value(format!(
            "{OP}: Must provide matching length window_shape and axis; got {} window_shape elements and {} axes elements.",
            window.len(),
            axes.len()
        )));
    }
    let mut left = Dims::from_slice(array.shape());
    for (&size, &axis) in window.iter().zip(&axes) {
        if size > left[axis] {
            return Err(Error::value(format!(
                "{OP}: window shape cannot be larger than input array shape: {size} on axis {axis} of {}",
                shape_text(array.shape())
            )));
        }
        left[axis] -= size.saturating_sub(1);
        // A window of nothing fits once more than there are elements.
        left[axis] += usize::from(size == 0);
    }
    if let Some(x) = concrete(OP, array)? {
        let layout = x.tensor()?.layout.sliding_windows(&window, &axes);
        return view(&x, layout.map_err(|error| Error::from(error).in_op(OP))?);
    }
    let mut result = x.into_array()?;
    for (&size, &axis) in window.iter().zip(&axes) {
        result = windowed(OP, result, size, axis)?;
    }
    Ok(result)
}

/// One more window, by a gather of every position in it.
fn windowed(op: &str, x: Array, size: usize, axis: usize) -> Result<Array> {
    let positions = x.shape()[axis] + 1 - size;
    let count = |axis| {
        let iota = Prim::Iota {
            shape: Dims::from_slice(&[positions, size]),
            dtype: DType::Int64,
            axis,
        };
        bind1(&iota, &mut []).map_err(|error| error.in_op(op))
    };
    let home = home(&[&Operand::Borrowed(&x)]);
    let index = at_home(home, || crate::add(count(0)?, count(1)?))?;
    let each = |(at, &dim)| {
        if at == axis {
            AxisIndex::Index
        } else {
            AxisIndex::Slice(SliceSpec::full(dim))
        }
    };
    let gather = Prim::Gather {
        axes: x.shape().iter().enumerate().map(each).collect(),
        index_axes_at: axis,
    };
    let weak = x.is_weak();
    let gathered = bind1(&gather, &mut [Operand::Owned(x), Operand::Owned(index)])
        .map_err(|error| error.in_op(op))?
        .with_weak(weak);
    let mut axes: Axes = (0..gathered.ndim()).filter(|&at| at != axis + 1).collect();
    axes.push(axis + 1);
    permute(op, Operand::Owned(gathered), axes)
}

/// The array's elements in any shape and strides (in elements, where NumPy's count bytes). A view that can only be read, kept
/// within the stretch of memory from the array's first to its last element.
///
/// # Errors
/// When shape and strides differ in length, or an element would lie outside that stretch; inside a transformation for an
/// array that is not in C order.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, as_strided};
/// assert_eq!(as_strided(arange(4)?, [3, 2], [1, 1])?.to_string(), "[[0 1]\n [1 2]\n [2 3]]");
/// assert!(as_strided(arange(4)?, [3, 3], [1, 1]).is_err());
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.stride_tricks.as_strided.html>
pub fn as_strided<'a>(
    x: impl Into<Operand<'a>>,
    shape: impl Into<Shape>,
    strides: impl Into<Shape>,
) -> Result<Array> {
    strided(x.into(), &shape.into(), &strides.into())
}

fn strided(mut x: Operand<'_>, shape: &Shape, strides: &Shape) -> Result<Array> {
    const OP: &str = "as_strided";
    let shape = shape.dims().map_err(|error| error.in_op(OP))?;
    let array = x.array().map_err(|error| error.in_op(OP))?;
    if let Some(x) = concrete(OP, array)? {
        let own = &x.tensor()?.layout;
        let (low, high) = own
            .extent()
            .map_or((own.offset(), own.offset()), |(low, high)| (low, high + 1));
        let layout = Layout::strided(&shape, &strides.0, own.offset() - low, high - low)
            .map_err(|error| Error::from(error).in_op(OP))?;
        let layout = Layout::from_parts(
            Dims::from_slice(layout.shape()),
            Strides::from_slice(layout.strides()),
            layout.offset() + low,
        );
        return view(&x, layout);
    }
    if array
        .tensor()
        .is_ok_and(|tensor| !tensor.layout.is_contiguous())
    {
        return Err(Error::unsupported(
            "as_strided: inside a transformation only arrays in C order can be seen in other strides; use `ascontiguousarray` first",
        ));
    }
    let size = array.size();
    Layout::strided(&shape, &strides.0, 0, size).map_err(|error| Error::from(error).in_op(OP))?;
    size_of_shape(&shape).map_err(|error| Error::from(error).in_op(OP))?;
    let flat = ravelled(OP, x, Order::C)?;
    let home = home(&[&Operand::Borrowed(&flat)]);
    let index = at_home(home, || places(&shape, &strides.0))?;
    let gather = Prim::Gather {
        axes: [AxisIndex::Index].into_iter().collect(),
        index_axes_at: 0,
    };
    bind1(&gather, &mut [Operand::Owned(flat), Operand::Owned(index)])
        .map_err(|error| error.in_op(OP))
}

/// The place in a flat array of every element of a shape in strides.
fn places(shape: &Dims, strides: &[isize]) -> Result<Array> {
    let mut index = crate::zeros(shape, DType::Int64)?;
    for (axis, &stride) in strides.iter().enumerate() {
        let iota = Prim::Iota {
            shape: shape.clone(),
            dtype: DType::Int64,
            axis,
        };
        index = crate::add(index, crate::multiply(bind1(&iota, &mut [])?, stride)?)?;
    }
    Ok(index)
}

impl Array {
    /// The diagonal; see [`diagonal`].
    ///
    /// # Errors
    /// As [`diagonal`].
    pub fn diagonal(&self, options: impl Into<Diagonal>) -> Result<Array> {
        diagonals("diagonal", Operand::Borrowed(self), options.into())
    }

    /// The sum along the diagonal; see [`trace`].
    ///
    /// # Errors
    /// As [`diagonal`].
    pub fn trace(&self, options: impl Into<Diagonal>, dtype: impl Into<DTypeArg>) -> Result<Array> {
        trace(self, options, dtype)
    }
}
