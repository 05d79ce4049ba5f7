//! Shapes, strides, axes, broadcasting and index expressions: pure arithmetic, no buffers.

mod error;
mod indexing;
mod layout;
mod nest;
mod shape;

pub use error::{ErrorKind, Result, ShapeError, ShapeProblem, Tuple, tuple};
pub use indexing::{
    AxisIndex, Ellipsis, Index, IndexOperand, IndexPlan, IntoIndex, NewAxis, SliceBound, newaxis,
    normalize_slice,
};
pub use layout::{AxisSlice, Dims, Layout, Strides};
pub use nest::{LoopNest, Walk};
pub use shape::{
    Axes, broadcast_shapes, normalize_axes, normalize_axis, ravel_index, resolve_reshape,
    shape_from_signed, size_of_shape, unravel_index,
};

/// What the expansion of `s!` calls.
#[doc(hidden)]
pub mod __private {
    pub use crate::indexing::{index_of, slice_of, slice_through};
}
