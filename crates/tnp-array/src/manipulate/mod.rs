//! Shapes and axes of arrays: what moves no element. Joining, splitting, repeating and padding lie in files of their own.

mod edit;
mod join;
mod pad;
mod rearrange;
mod repeat;
mod split;
mod window;

pub use edit::{Blocks, TrimZeros, block, delete, insert, place, put, putmask, resize, trim_zeros};
pub use join::{
    JoinAxis, append, column_stack, concat, concatenate, dstack, hstack, stack, vstack,
};
pub use pad::{Pad, PadValues, PadWidth, Reflection, StatLength, pad};
pub use rearrange::{flip, fliplr, flipud, roll, rot90};
pub use repeat::{repeat, tile};
pub use split::{Sections, array_split, dsplit, hsplit, split, unstack, vsplit};
pub use window::{Diagonal, as_strided, diagonal, sliding_window_view, trace};
pub(crate) use window::{diagonal_of, diagonals};

use smallvec::SmallVec;
use tnp_backend::prim::{Axes, Prim, SliceSpec};
use tnp_backend::{Error, Result, Tensor, shape_text};
use tnp_shape::{Dims, Layout, broadcast_shapes, normalize_axes, normalize_axis, resolve_reshape};

use crate::bind::bind1;
use crate::context;
use crate::device::scoped_device;
use crate::promote::expand;
use crate::{Array, Axis, Operand, Operands, Shape};

// ---- what the rest of the crate builds on

/// A primitive that moves elements: weakness stays, and errors begin with the function's name.
pub(crate) fn layout(op: &str, prim: &Prim, mut x: Operand<'_>) -> Result<Array> {
    x.resolve().map_err(|error| error.in_op(op))?;
    let weak = x.type_info().is_some_and(|info| info.weak);
    match bind1(prim, &mut [x]) {
        Ok(result) => Ok(result.with_weak(weak)),
        Err(error) => Err(error.in_op(op)),
    }
}

/// A view of a concrete array with nothing in force: no primitive is needed. `None` sends the caller the long way.
#[inline(always)]
pub(crate) fn direct_view(
    array: &Array,
    view: impl FnOnce(&Layout) -> Option<Layout>,
) -> Option<Array> {
    if context::is_active() || context::has_watches() || scoped_device().is_some() {
        return None;
    }
    let tensor = array.concrete()?;
    tensor.buffer.check().ok()?;
    let viewed = Tensor {
        buffer: tensor.buffer.clone(),
        layout: view(&tensor.layout)?,
        dtype: tensor.dtype,
    };
    Some(Array::from_tensor(viewed).with_weak(array.is_weak()))
}

/// The elements in C order in a shape of the same size.
pub(crate) fn reshape_to(op: &str, x: Operand<'_>, shape: Dims) -> Result<Array> {
    let direct = |array| direct_view(array, |layout| layout.reshape(&shape));
    match x.as_array().and_then(direct) {
        Some(view) => Ok(view),
        None => layout(op, &Prim::Reshape { shape }, x),
    }
}

/// Axes in another order.
pub(crate) fn permute(op: &str, x: Operand<'_>, permutation: Axes) -> Result<Array> {
    let direct = |array| direct_view(array, |layout| layout.transpose(&permutation).ok());
    match x.as_array().and_then(direct) {
        Some(view) => Ok(view),
        None => layout(op, &Prim::Transpose { permutation }, x),
    }
}

/// A regular part of one axis.
pub(crate) fn slice_axis(
    op: &str,
    mut x: Operand<'_>,
    axis: usize,
    spec: SliceSpec,
) -> Result<Array> {
    let shape = x.array().map_err(|error| error.in_op(op))?.shape();
    let mut axes: SmallVec<[SliceSpec; 4]> =
        shape.iter().map(|&dim| SliceSpec::full(dim)).collect();
    axes[axis] = spec;
    layout(op, &Prim::Slice { axes }, x)
}

/// One position of an axis, which goes.
pub(crate) fn pick(op: &str, x: Operand<'_>, axis: usize, spec: SliceSpec) -> Result<Array> {
    let part = slice_axis(op, x, axis, spec)?;
    let mut shape = Dims::from_slice(part.shape());
    shape.remove(axis);
    reshape_to(op, Operand::Owned(part), shape)
}

/// An operand stretched to a shape it broadcasts to.
pub(crate) fn stretch<'a>(op: &str, x: Operand<'a>, shape: &Dims) -> Result<Operand<'a>> {
    expand(x, shape).map_err(|error| error.in_op(op))
}

/// A new axis of a size, along which the array repeats.
pub(crate) fn repeat_axis(op: &str, mut x: Operand<'_>, at: usize, size: usize) -> Result<Array> {
    let mut shape = Dims::from_slice(x.array().map_err(|error| error.in_op(op))?.shape());
    let dims = (0..=shape.len()).filter(|&axis| axis != at).collect();
    shape.insert(at, size);
    layout(op, &Prim::BroadcastInDim { shape, dims }, x)
}

// ---- order of elements

/// In which order the elements of an array are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The last axis runs fastest.
    #[default]
    C,
    /// The first axis runs fastest.
    F,
    /// `F` for an array that lies in memory that way and not in C order, else `C`.
    A,
    /// As the elements lie in memory, but for reversed axes.
    K,
}

impl From<()> for Order {
    fn from((): ()) -> Order {
        Order::C
    }
}

/// A shape, and the order in which elements are read and placed: `[2, -1]`, or `([2, -1], Order::F)`.
#[derive(Clone, Debug)]
pub struct NewShape(Shape, Order);

impl<T: Into<Shape>> From<T> for NewShape {
    fn from(shape: T) -> NewShape {
        NewShape(shape.into(), Order::C)
    }
}

impl<T: Into<Shape>> From<(T, Order)> for NewShape {
    fn from((shape, order): (T, Order)) -> NewShape {
        NewShape(shape.into(), order)
    }
}

/// True when `A` means Fortran order; where there is no memory, in a trace, everything counts as C.
fn lies_in_fortran_order(x: &Array) -> bool {
    (x.tensor())
        .is_ok_and(|tensor| tensor.layout.is_f_contiguous() && !tensor.layout.is_contiguous())
}

fn reversed(ndim: usize) -> Axes {
    (0..ndim).rev().collect()
}

/// The axes as they lie in memory, the slowest first.
fn memory_order(x: &Array) -> Axes {
    let mut axes: Axes = (0..x.ndim()).collect();
    if let Ok(strides) = x.strides() {
        axes.sort_by_key(|&axis| std::cmp::Reverse(strides[axis].unsigned_abs()));
    }
    axes
}

/// The same elements in another shape; one size may be −1 and is worked out. A view where the strides allow.
///
/// The shape may come with an order: `([2, 3], Order::F)` reads and places elements with the first axis running fastest.
///
/// # Errors
/// When the sizes do not multiply to the array's; for two negative sizes; for [`Order::K`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Order, arange, reshape};
/// let x = arange(6)?;
/// assert_eq!(reshape(&x, [2, -1])?.to_string(), "[[0 1 2]\n [3 4 5]]");
/// assert_eq!(x.reshape(([2, 3], Order::F))?.to_string(), "[[0 2 4]\n [1 3 5]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.reshape.html>
pub fn reshape<'a>(x: impl Into<Operand<'a>>, shape: impl Into<NewShape>) -> Result<Array> {
    reshape_in(x.into(), shape.into())
}

fn reshape_in(mut x: Operand<'_>, NewShape(shape, order): NewShape) -> Result<Array> {
    let array = x.array().map_err(|error| error.in_op("reshape"))?;
    let dims = resolve_reshape(array.size(), &shape.0)
        .map_err(|error| Error::from(error).in_op("reshape"))?;
    let fortran = match order {
        Order::C => false,
        Order::F => true,
        Order::A => lies_in_fortran_order(array),
        Order::K => {
            return Err(Error::value(
                "reshape: order 'K' is not permitted for reshaping",
            ));
        }
    };
    if !fortran {
        return reshape_to("reshape", x, dims);
    }
    let axes = reversed(x.shape().len());
    let transposed = permute("reshape", x, axes)?;
    let shape: Dims = dims.iter().rev().copied().collect();
    let ndim = shape.len();
    let reshaped = reshape_to("reshape", Operand::Owned(transposed), shape)?;
    permute("reshape", Operand::Owned(reshaped), reversed(ndim))
}

/// The elements as one axis, in an [`Order`]; `()` is C. A view where the strides allow.
///
/// # Errors
/// When memory for a copy runs out.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.ravel.html>
pub fn ravel<'a>(x: impl Into<Operand<'a>>, order: impl Into<Order>) -> Result<Array> {
    ravelled("ravel", x.into(), order.into())
}

/// The elements as one axis, in an [`Order`]: [`ravel`], since values are immutable and a view does as well as a copy.
///
/// # Errors
/// When memory for a copy runs out.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.ndarray.flatten.html>
pub fn flatten<'a>(x: impl Into<Operand<'a>>, order: impl Into<Order>) -> Result<Array> {
    ravelled("flatten", x.into(), order.into())
}

pub(crate) fn ravelled(op: &str, mut x: Operand<'_>, order: Order) -> Result<Array> {
    let array = x.array().map_err(|error| error.in_op(op))?;
    let size = array.size();
    let axes = match order {
        Order::C => None,
        Order::F => Some(reversed(array.ndim())),
        Order::A => lies_in_fortran_order(array).then(|| reversed(array.ndim())),
        Order::K => Some(memory_order(array)),
    };
    let shape = Dims::from_slice(&[size]);
    match axes {
        Some(axes) if axes.windows(2).any(|pair| pair[0] > pair[1]) => {
            let permuted = permute(op, x, axes)?;
            reshape_to(op, Operand::Owned(permuted), shape)
        }
        _ => reshape_to(op, x, shape),
    }
}

// ---- order of axes

/// Axes in another order: reversed with `()`, else as listed. A view.
///
/// # Errors
/// When the list is not a permutation of the axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{ones, transpose};
/// let x = ones([2, 3, 4], ())?;
/// assert_eq!(transpose(&x, ())?.shape(), [4, 3, 2]);
/// assert_eq!(x.transpose([1, 0, 2])?.shape(), [3, 2, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.transpose.html>
pub fn transpose<'a>(x: impl Into<Operand<'a>>, axes: impl Into<Axis>) -> Result<Array> {
    transposed(x.into(), axes.into())
}

fn transposed(mut x: Operand<'_>, axes: Axis) -> Result<Array> {
    let ndim = x.array().map_err(|error| error.in_op("transpose"))?.ndim();
    let permutation = match &axes.0 {
        None => reversed(ndim),
        Some(axes) if axes.len() != ndim => {
            return Err(Error::value(format!(
                "transpose: axes don't match array: {} axes for an array of dimension {ndim}",
                axes.len()
            )));
        }
        Some(axes) => normalized("transpose", axes, ndim, "repeated axis in transpose")?,
    };
    permute("transpose", x, permutation)
}

/// Normalised axes; one named twice is an error in the function's own words.
pub(crate) fn normalized(op: &str, axes: &[isize], ndim: usize, repeated: &str) -> Result<Axes> {
    let mut found = Axes::new();
    for &axis in axes {
        let axis = normalize_axis(axis, ndim).map_err(|error| Error::from(error).in_op(op))?;
        if found.contains(&axis) {
            return Err(Error::value(format!(
                "{op}: {repeated}: {axis} is named twice"
            )));
        }
        found.push(axis);
    }
    Ok(found)
}

/// Exchanges the last two axes: `x.mT`. A view.
///
/// # Errors
/// For an array of fewer than two axes.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.matrix_transpose.html>
pub fn matrix_transpose<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    const OP: &str = "matrix_transpose";
    let mut x = x.into();
    let ndim = x.array().map_err(|error| error.in_op(OP))?.ndim();
    if ndim < 2 {
        return Err(Error::value(format!(
            "{OP}: Input array must be at least 2-dimensional, but it is {ndim}"
        )));
    }
    let mut axes: Axes = (0..ndim).collect();
    axes.swap(ndim - 2, ndim - 1);
    permute(OP, x, axes)
}

/// An axis argument that an error calls by its name.
fn named_axis(op: &str, name: &str, axis: isize, ndim: usize) -> Result<usize> {
    normalize_axis(axis, ndim).map_err(|error| Error::axis(format!("{op}: {name}: {error}")))
}

/// Exchanges two axes. A view.
///
/// # Errors
/// When the array has no such axis.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.swapaxes.html>
pub fn swapaxes<'a>(x: impl Into<Operand<'a>>, axis1: isize, axis2: isize) -> Result<Array> {
    let mut x = x.into();
    let ndim = x.array().map_err(|error| error.in_op("swapaxes"))?.ndim();
    let first = named_axis("swapaxes", "axis1", axis1, ndim)?;
    let second = named_axis("swapaxes", "axis2", axis2, ndim)?;
    let mut axes: Axes = (0..ndim).collect();
    axes.swap(first, second);
    permute("swapaxes", x, axes)
}

/// Moves axes to new places; the others keep their order. A view.
///
/// # Errors
/// When the array has no such axis, one is named twice, or the lists differ in length.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{moveaxis, ones};
/// let x = ones([2, 3, 4], ())?;
/// assert_eq!(moveaxis(&x, 0, -1)?.shape(), [3, 4, 2]);
/// assert_eq!(moveaxis(&x, [0, 1], [-1, -2])?.shape(), [4, 3, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.moveaxis.html>
pub fn moveaxis<'a>(
    x: impl Into<Operand<'a>>,
    source: impl Into<Axis>,
    destination: impl Into<Axis>,
) -> Result<Array> {
    moved_axes(x.into(), source.into(), destination.into())
}

pub(crate) fn moved_axes(mut x: Operand<'_>, source: Axis, destination: Axis) -> Result<Array> {
    const OP: &str = "moveaxis";
    let ndim = x.array().map_err(|error| error.in_op(OP))?.ndim();
    let axes = |name: &str, axes: &Axis| {
        let mut found = Axes::new();
        for &axis in axes.0.iter().flatten() {
            let axis = named_axis(OP, name, axis, ndim)?;
            if found.contains(&axis) {
                return Err(Error::value(format!(
                    "{OP}: repeated axis in `{name}` argument: {axis} is named twice"
                )));
            }
            found.push(axis);
        }
        Ok(found)
    };
    let (source, destination) = (axes("source", &source)?, axes("destination", &destination)?);
    if source.len() != destination.len() {
        return Err(Error::value(format!(
            "{OP}: `source` and `destination` arguments must have the same number of elements, they have {} and {}",
            source.len(),
            destination.len()
        )));
    }
    let mut order: Axes = (0..ndim).filter(|axis| !source.contains(axis)).collect();
    let mut moves: SmallVec<[(usize, usize); 4]> = destination.into_iter().zip(source).collect();
    moves.sort_unstable();
    for (to, from) in moves {
        order.insert(to, from);
    }
    permute(OP, x, order)
}

/// Moves one axis backwards until it lies before `start`. [`moveaxis`] says the same more plainly. A view.
///
/// # Errors
/// When the array has no such axis, or `start` is out of range.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.rollaxis.html>
pub fn rollaxis<'a>(x: impl Into<Operand<'a>>, axis: isize, start: isize) -> Result<Array> {
    const OP: &str = "rollaxis";
    let mut x = x.into();
    let ndim = x.array().map_err(|error| error.in_op(OP))?.ndim();
    let axis = normalize_axis(axis, ndim).map_err(|error| Error::from(error).in_op(OP))?;
    let signed = ndim as isize;
    if start < -signed || start > signed {
        return Err(Error::axis(format!(
            "{OP}: 'start' arg requires {} <= start < {}, but {start} was passed in",
            -signed,
            signed + 1
        )));
    }
    let start = if start < 0 { start + signed } else { start } as usize;
    let to = if axis < start { start - 1 } else { start };
    let mut order: Axes = (0..ndim).filter(|&other| other != axis).collect();
    order.insert(to, axis);
    permute(OP, x, order)
}

// ---- axes of size one

/// New axes of size one at these places of the result. A view.
///
/// # Errors
/// For a place the result does not have, or one named twice.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{expand_dims, ones};
/// let x = ones([2, 3], ())?;
/// assert_eq!(expand_dims(&x, 0)?.shape(), [1, 2, 3]);
/// assert_eq!(expand_dims(&x, [0, -1])?.shape(), [1, 2, 3, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.expand_dims.html>
pub fn expand_dims<'a>(x: impl Into<Operand<'a>>, axis: impl Into<Axis>) -> Result<Array> {
    expanded("expand_dims", x.into(), &axis.into())
}

pub(crate) fn expanded(op: &str, mut x: Operand<'_>, axis: &Axis) -> Result<Array> {
    let old = Dims::from_slice(x.array().map_err(|error| error.in_op(op))?.shape());
    let axes = axis.0.as_deref().unwrap_or_default();
    let ndim = old.len() + axes.len();
    let new = normalized(op, axes, ndim, "repeated axis")?;
    let mut rest = old.iter().copied();
    let size = |axis| {
        if new.contains(&axis) {
            Some(1)
        } else {
            rest.next()
        }
    };
    let shape = (0..ndim).filter_map(size).collect();
    reshape_to(op, x, shape)
}

/// The array without axes of size one: all of them with `()`, else these. A view.
///
/// # Errors
/// When an axis named has another size, or the array has no such axis.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.squeeze.html>
pub fn squeeze<'a>(x: impl Into<Operand<'a>>, axis: impl Into<Axis>) -> Result<Array> {
    squeezed(x.into(), axis.into())
}

fn squeezed(mut x: Operand<'_>, axis: Axis) -> Result<Array> {
    let old = x.array().map_err(|error| error.in_op("squeeze"))?.shape();
    let shape = match &axis.0 {
        None => old.iter().copied().filter(|&dim| dim != 1).collect(),
        // NumPy lets a 0-d array have an axis 0 or −1 here.
        Some(axes) if old.is_empty() && matches!(axes[..], [0] | [-1]) => Dims::new(),
        Some(axes) => {
            let axes = normalize_axes(axes, old.len())
                .map_err(|error| Error::from(error).in_op("squeeze"))?;
            if let Some(axis) = axes.iter().find(|&&axis| old[axis] != 1) {
                return Err(Error::value(format!(
                    "squeeze: cannot select an axis to squeeze out which has size not equal to one: axis {axis} has size {}",
                    old[*axis]
                )));
            }
            (0..old.len())
                .filter(|axis| !axes.contains(axis))
                .map(|axis| old[axis])
                .collect()
        }
    };
    reshape_to("squeeze", x, shape)
}

fn at_least(op: &'static str, x: Operand<'_>, shape_of: fn(&[usize]) -> Dims) -> Result<Array> {
    let mut x = x;
    let array = x.array().map_err(|error| error.in_op(op))?;
    let shape = shape_of(array.shape());
    if shape[..] == *array.shape() {
        return x.into_array();
    }
    reshape_to(op, x, shape)
}

/// The array, a 0-d one as an axis of one element. A view.
///
/// # Errors
/// When the operand is not an array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.atleast_1d.html>
pub fn atleast_1d<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    at_least("atleast_1d", x.into(), |shape| match shape {
        [] => Dims::from_slice(&[1]),
        shape => Dims::from_slice(shape),
    })
}

/// The array with at least two axes; new ones come first. A view.
///
/// # Errors
/// When the operand is not an array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.atleast_2d.html>
pub fn atleast_2d<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    at_least("atleast_2d", x.into(), |shape| match *shape {
        [] => Dims::from_slice(&[1, 1]),
        [n] => Dims::from_slice(&[1, n]),
        _ => Dims::from_slice(shape),
    })
}

/// The array with at least three axes: `(N,)` becomes `(1, N, 1)`, `(M, N)` becomes `(M, N, 1)`. A view.
///
/// # Errors
/// When the operand is not an array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.atleast_3d.html>
pub fn atleast_3d<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    at_least("atleast_3d", x.into(), |shape| match *shape {
        [] => Dims::from_slice(&[1, 1, 1]),
        [n] => Dims::from_slice(&[1, n, 1]),
        [m, n] => Dims::from_slice(&[m, n, 1]),
        _ => Dims::from_slice(shape),
    })
}

// ---- broadcasting

/// The array stretched to a shape, its axes of size one repeated. A view of stride zero.
///
/// # Errors
/// When the array does not broadcast to the shape, or a size is negative.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, broadcast_to};
/// let x = broadcast_to(arange(3)?, [2, 3])?;
/// assert_eq!(x.to_string(), "[[0 1 2]\n [0 1 2]]");
/// assert_eq!(x.strides()?, [0, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.broadcast_to.html>
pub fn broadcast_to<'a>(x: impl Into<Operand<'a>>, shape: impl Into<Shape>) -> Result<Array> {
    broadcast_in("broadcast_to", x.into(), &shape.into())?.into_array()
}

pub(crate) fn broadcast_in<'a>(op: &str, mut x: Operand<'a>, shape: &Shape) -> Result<Operand<'a>> {
    if shape.0.iter().any(|&size| size < 0) {
        return Err(Error::value(format!(
            "{op}: all elements of broadcast shape must be non-negative"
        )));
    }
    let shape = shape.dims().map_err(|error| error.in_op(op))?;
    let from = x.array().map_err(|error| error.in_op(op))?.shape();
    if broadcast_shapes(&[from, &shape]).ok().as_ref() != Some(&shape) {
        return Err(Error::value(format!(
            "{op}: operands could not be broadcast together with remapped shapes [original->remapped]: {} and \
             requested shape {}",
            shape_text(from),
            shape_text(&shape)
        )));
    }
    stretch(op, x, &shape)
}

/// Arrays stretched to the shape they broadcast to. Views of stride zero.
///
/// # Errors
/// When the shapes do not broadcast.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.broadcast_arrays.html>
pub fn broadcast_arrays<'a>(arrays: impl Into<Operands<'a>>) -> Result<Vec<Array>> {
    const OP: &str = "broadcast_arrays";
    let arrays = arrays.into().resolved(OP)?;
    let shapes: SmallVec<[&[usize]; 4]> = arrays.iter().map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes).map_err(|error| Error::from(error).in_op(OP))?;
    drop(shapes);
    let stretched = |x| stretch(OP, x, &shape)?.into_array();
    arrays.into_iter().map(stretched).collect()
}

// ---- attributes as functions

/// Number of axes.
///
/// # Errors
/// When the operand is not an array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.ndim.html>
pub fn ndim<'a>(x: impl Into<Operand<'a>>) -> Result<usize> {
    Ok(x.into().array()?.ndim())
}

/// Sizes of the axes.
///
/// # Errors
/// When the operand is not an array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.shape.html>
pub fn shape<'a>(x: impl Into<Operand<'a>>) -> Result<Vec<usize>> {
    Ok(x.into().array()?.shape().to_vec())
}

/// Number of elements, in all with `()`, along an axis, or along several.
///
/// # Errors
/// When the array has no such axis.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.size.html>
pub fn size<'a>(x: impl Into<Operand<'a>>, axis: impl Into<Axis>) -> Result<usize> {
    let mut x = x.into();
    let array = x.array()?;
    let axes = axis.into().normalize(array.ndim());
    Ok(match axes.map_err(|error| error.in_op("size"))? {
        None => array.size(),
        Some(axes) => axes.iter().map(|&axis| array.shape()[axis]).product(),
    })
}

impl Array {
    /// The same elements in another shape; see [`reshape`].
    ///
    /// # Errors
    /// When the sizes do not multiply to the array's.
    #[inline]
    pub fn reshape(&self, shape: impl Into<NewShape>) -> Result<Array> {
        reshape_in(Operand::Borrowed(self), shape.into())
    }

    /// The elements as one axis; see [`ravel`].
    ///
    /// # Errors
    /// When memory for a copy runs out.
    pub fn ravel(&self, order: impl Into<Order>) -> Result<Array> {
        ravelled("ravel", Operand::Borrowed(self), order.into())
    }

    /// The elements as one axis; see [`flatten`].
    ///
    /// # Errors
    /// When memory for a copy runs out.
    pub fn flatten(&self, order: impl Into<Order>) -> Result<Array> {
        ravelled("flatten", Operand::Borrowed(self), order.into())
    }

    /// Axes in another order; see [`transpose`].
    ///
    /// # Errors
    /// When the list is not a permutation of the axes.
    #[inline]
    pub fn transpose(&self, axes: impl Into<Axis>) -> Result<Array> {
        transposed(Operand::Borrowed(self), axes.into())
    }

    /// The axes reversed: NumPy's `x.T`. A view.
    ///
    /// # Errors
    /// When the array belongs to a transformation that is not in force.
    #[inline]
    pub fn t(&self) -> Result<Array> {
        permute("transpose", Operand::Borrowed(self), reversed(self.ndim()))
    }

    /// The last two axes exchanged: NumPy's `x.mT`. A view.
    ///
    /// # Errors
    /// For an array of fewer than two axes.
    pub fn mt(&self) -> Result<Array> {
        matrix_transpose(self)
    }

    /// Exchanges two axes; see [`swapaxes`].
    ///
    /// # Errors
    /// When the array has no such axis.
    pub fn swapaxes(&self, axis1: isize, axis2: isize) -> Result<Array> {
        swapaxes(self, axis1, axis2)
    }

    /// The array without axes of size one; see [`squeeze`].
    ///
    /// # Errors
    /// When an axis named has another size.
    pub fn squeeze(&self, axis: impl Into<Axis>) -> Result<Array> {
        squeeze(self, axis)
    }
}
