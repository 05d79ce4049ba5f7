//! `ShapeError`: what can be wrong with shapes, axes and indices, in NumPy's words.

use std::fmt;

use crate::Dims;

/// Result of shape arithmetic.
pub type Result<T, E = ShapeError> = std::result::Result<T, E>;

/// The Python exception NumPy raises for a problem; the layers above classify by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// A `ValueError`: shapes that do not fit, impossible sizes.
    Value,
    /// An `IndexError`: out of bounds, too many indices, masks of the wrong shape.
    Index,
    /// An `AxisError`: an axis that the array does not have.
    Axis,
}

/// An error of shape arithmetic: one pointer wide, its text follows NumPy's.
///
/// # Examples
/// ```
/// use tnp_shape::{ErrorKind, broadcast_shapes};
/// let error = broadcast_shapes(&[&[2, 3], &[4]]).unwrap_err();
/// assert_eq!(error.to_string(), "operands could not be broadcast together with shapes (2,3) (4,)");
/// assert_eq!(error.kind(), ErrorKind::Value);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ShapeError(Box<ShapeProblem>);

impl ShapeError {
    /// Which Python exception this would be.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    /// The problem with its values.
    pub fn problem(&self) -> &ShapeProblem {
        &self.0
    }
}

impl From<ShapeProblem> for ShapeError {
    #[cold]
    fn from(problem: ShapeProblem) -> ShapeError {
        ShapeError(Box::new(problem))
    }
}

/// What is wrong, with the values a message or a caller needs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message names its fields")]
pub enum ShapeProblem {
    #[error(
        "operands could not be broadcast together with shapes {}",
        List(shapes)
    )]
    Broadcast { shapes: Vec<Dims> },
    #[error(
        "operands could not be broadcast together with remapped shapes [original->remapped]: {:#} and requested shape {:#}",
        tuple(from),
        tuple(to)
    )]
    BroadcastTo { from: Dims, to: Dims },
    #[error(
        "could not broadcast input array from shape {:#} into shape {:#}",
        tuple(from),
        tuple(to)
    )]
    Assign { from: Dims, to: Dims },
    #[error(
        "shape mismatch: value array of shape {:#} could not be broadcast to indexing result of shape {:#}",
        tuple(from),
        tuple(to)
    )]
    AssignIndexed { from: Dims, to: Dims },
    #[error("cannot reshape array of size {size} into shape {}", Signed(shape))]
    Reshape { size: usize, shape: Vec<isize> },
    #[error("can only specify one unknown dimension, not {}", Signed(shape))]
    UnknownDimensions { shape: Vec<isize> },
    #[error("negative dimensions are not allowed, {0} is one")]
    NegativeDimension(isize),
    #[error(
        "array is too big; the number of elements of shape {} exceeds the maximum possible size",
        tuple(shape)
    )]
    TooBig { shape: Dims },
    #[error("axis {axis} is out of bounds for array of dimension {ndim}")]
    Axis { axis: isize, ndim: usize },
    #[error("repeated axis: {axis} is named twice")]
    RepeatedAxis { axis: usize },
    #[error("repeated axis in transpose: {axis} is named twice")]
    RepeatedTranspose { axis: usize },
    #[error("axes don't match array: {given} axes for an array of dimension {ndim}")]
    TransposeLength { given: usize, ndim: usize },
    #[error(
        "cannot select an axis to squeeze out which has size not equal to one: axis {axis} has size {size}"
    )]
    Squeeze { axis: usize, size: usize },
    #[error("axis1 and axis2 cannot be the same, both are {axis}")]
    SameAxes { axis: usize },
    #[error(
        "window shape cannot be larger than input array shape: window {window} on axis {axis} with size {size}"
    )]
    Window {
        window: usize,
        axis: usize,
        size: usize,
    },
    #[error("must provide one window length for each axis; got {lengths} for {axes} axes")]
    WindowAxes { lengths: usize, axes: usize },
    #[error("must provide one slice for each axis; got {slices} for an array of dimension {ndim}")]
    SliceAxes { slices: usize, ndim: usize },
    #[error("slice from {start} by {step} of length {len} leaves axis {axis} with size {size}")]
    SliceBounds {
        start: usize,
        step: isize,
        len: usize,
        axis: usize,
        size: usize,
    },
    #[error(
        "must provide one stride for each axis; got {strides} strides for shape {}",
        tuple(shape)
    )]
    StrideAxes { strides: usize, shape: Dims },
    #[error(
        "as_strided: shape {} with strides {strides:?} from element {offset} leaves a buffer of {len} elements",
        tuple(shape)
    )]
    StridedBounds {
        shape: Dims,
        strides: Vec<isize>,
        offset: usize,
        len: usize,
    },
    #[error("slice step cannot be zero")]
    ZeroStep,
    #[error("index {index} is out of bounds for axis {axis} with size {size}")]
    Index {
        index: isize,
        axis: usize,
        size: usize,
    },
    #[error("index {index} is out of bounds for array with size {size}")]
    FlatIndex { index: usize, size: usize },
    #[error("too many indices for array: array is {ndim}-dimensional, but {given} were indexed")]
    TooManyIndices { ndim: usize, given: usize },
    #[error("an index can only have a single ellipsis ('...')")]
    Ellipses,
    #[error(
        "boolean index did not match indexed array along axis {axis}; size of axis is {size} but size of corresponding boolean axis is {mask}"
    )]
    Mask {
        axis: usize,
        size: usize,
        mask: usize,
    },
    #[error(
        "shape mismatch: indexing arrays could not be broadcast together with shapes {}",
        List(shapes)
    )]
    IndexBroadcast { shapes: Vec<Dims> },
}

impl ShapeProblem {
    /// Which Python exception this would be.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ShapeProblem::Axis { .. } => ErrorKind::Axis,
            ShapeProblem::Index { .. }
            | ShapeProblem::TooManyIndices { .. }
            | ShapeProblem::Ellipses
            | ShapeProblem::Mask { .. }
            | ShapeProblem::IndexBroadcast { .. } => ErrorKind::Index,
            _ => ErrorKind::Value,
        }
    }
}

/// A shape as Python prints a tuple: `(2, 3)`, `(3,)`, `()`; with `{:#}` tight, as NumPy's errors have it: `(2,3)`.
///
/// # Examples
/// ```
/// use tnp_shape::tuple;
/// assert_eq!(tuple(&[2, 3]).to_string(), "(2, 3)");
/// assert_eq!(format!("{} {} {:#}", tuple(&[3]), tuple(&[]), tuple(&[2, 3])), "(3,) () (2,3)");
/// ```
pub fn tuple(shape: &[usize]) -> Tuple<'_> {
    Tuple(shape)
}

/// The display of a shape; made by [`tuple()`].
#[derive(Clone, Copy, Debug)]
pub struct Tuple<'a>(&'a [usize]);

impl fmt::Display for Tuple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tuple(f, self.0, f.alternate())
    }
}

fn write_tuple(
    f: &mut fmt::Formatter<'_>,
    items: &[impl fmt::Display],
    tight: bool,
) -> fmt::Result {
    let separator = if tight { "," } else { ", " };
    f.write_str("(")?;
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    f.write_str(if items.len() == 1 { ",)" } else { ")" })
}

/// Shapes side by side, each tight.
struct List<'a>(&'a [Dims]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, shape) in self.0.iter().enumerate() {
            let space = if position > 0 { " " } else { "" };
            write!(f, "{space}{:#}", tuple(shape))?;
        }
        Ok(())
    }
}

/// A requested shape, tight; -1 stands for the size to be found.
struct Signed<'a>(&'a [isize]);

impl fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tuple(f, self.0, true)
    }
}
