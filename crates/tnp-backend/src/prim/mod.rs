//! `Prim`: the closed set of primitives, as plain data. Each family's parameters and inference lie in a file of its own.

mod binary;
mod control;
mod create;
mod elementwise;
mod fft;
mod indexing;
mod infer;
mod layout;
mod linalg;
mod products;
mod reduce;
mod sort;
mod unary;

use std::sync::Arc;

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

pub use binary::{Binary, BinaryClass};
pub use control::{CustomId, CustomRule, custom_rule, register_custom};
pub use fft::FftKind;
pub use indexing::{AxisIndex, ScatterOp};
pub use infer::infer;
pub use layout::SliceSpec;
pub use linalg::{Linalg, Property, Singular};
pub use products::DotDims;
pub use reduce::{ArgReduceOp, CumulativeOp, ReduceOp};
pub use sort::Side;
pub use unary::{Unary, UnaryClass};

use crate::{Device, Graph};

/// Axes of an array, as normalised positions.
pub type Axes = SmallVec<[usize; 4]>;

/// A primitive operation: everything a user can compute is a composition of these.
///
/// Plain data, so that programs made of them print, compare, hash and travel. Inputs come in the order each
/// variant's text names them. There is no implicit conversion and no broadcasting down here: elementwise primitives take
/// inputs of one shape and one dtype; [`Prim::Cast`] and [`Prim::BroadcastInDim`] say the rest.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Prim {
    /// `(x)`: an elementwise function of one array.
    Unary(Unary),
    /// `(x, y)`: an elementwise function of two.
    Binary(Binary),
    /// `(condition, x, y)`: `x` where the condition (bool) holds, else `y`.
    Select,
    /// `(x)`: elements converted as NumPy's `astype` does.
    Cast {
        /// Dtype of the result.
        dtype: DType,
    },
    /// `(x)`: the same bits read as another dtype of the same size.
    Bitcast {
        /// Dtype of the result.
        dtype: DType,
    },
    /// `()`: one value everywhere.
    Full {
        /// Shape of the result.
        shape: Dims,
        /// The value; its dtype is the result's.
        value: Literal,
    },
    /// `()`: 0, 1, 2 … along one axis.
    Iota {
        /// Shape of the result.
        shape: Dims,
        /// Dtype of the result, integer or real.
        dtype: DType,
        /// The axis that counts.
        axis: usize,
    },
    /// `(key)`: random bits, Philox 4x32-10 counted from zero under the key, a `uint32[2]`.
    RandomBits {
        /// Shape of the result.
        shape: Dims,
        /// `uint32` or `uint64`.
        dtype: DType,
    },
    /// `(x)`: the same elements, in C order, in another shape of the same size.
    Reshape {
        /// Shape of the result.
        shape: Dims,
    },
    /// `(x)`: axes in another order; axis `i` of the result is `permutation[i]` of the input.
    Transpose {
        /// A permutation of the axes.
        permutation: Axes,
    },
    /// `(x)`: input axis `i` becomes axis `dims[i]` of the result; axes of size one stretch, new ones repeat.
    BroadcastInDim {
        /// Shape of the result.
        shape: Dims,
        /// Where each input axis goes, increasing.
        dims: Axes,
    },
    /// `(x)`: a regular part of each axis; a negative step reverses.
    Slice {
        /// One for each axis.
        axes: SmallVec<[SliceSpec; 4]>,
    },
    /// `(x, start…)`: a block that begins at run-time positions (0-d int64 each); past the end is an error.
    DynamicSlice {
        /// Shape of the block.
        sizes: Dims,
    },
    /// `(x, update, start…)`: `x` with a block replaced, beginning at run-time positions; past the end is an error.
    DynamicUpdateSlice,
    /// `(x, value)`: a border of a 0-d value around `x`.
    Pad {
        /// Elements before each axis.
        low: Dims,
        /// Elements after each axis.
        high: Dims,
    },
    /// `(x, y, …)`: arrays one after another along an axis.
    Concatenate {
        /// The axis.
        axis: usize,
    },
    /// `(x, index…)`: for each axis of `x` either a slice or the next index array (int64, all of one shape; negative ones
    /// count from the end; out of bounds is an error). The index arrays' axes come at `index_axes_at` of the result.
    Gather {
        /// One for each axis of `x`.
        axes: SmallVec<[AxisIndex; 4]>,
        /// Position of the index axes in the result.
        index_axes_at: usize,
    },
    /// `(x, index…, update)`: `x` with what a [`Prim::Gather`] of the same parameters would read combined with the
    /// update. Where an element is written twice, `Set` keeps the last.
    Scatter {
        /// How old and new combine.
        op: ScatterOp,
        /// One for each axis of `x`.
        axes: SmallVec<[AxisIndex; 4]>,
        /// Position of the index axes in the update.
        index_axes_at: usize,
    },
    /// `(x)`: positions of the first `size` elements that are not zero, one int64 array an axis; zeros where there are fewer.
    NonZero {
        /// How many positions, at most the elements of `x`.
        size: usize,
    },
    /// `(x)`: axes combined away; elements are read as `dtype` (half-width floats accumulate in float32).
    Reduce {
        /// How.
        op: ReduceOp,
        /// The axes, increasing.
        axes: Axes,
        /// Dtype of the result.
        dtype: DType,
    },
    /// `(x)`: position (int64) of the first extreme element along an axis; the first NaN counts as extreme.
    ArgReduce {
        /// Which extreme.
        op: ArgReduceOp,
        /// The axis.
        axis: usize,
    },
    /// `(x)`: running combination along an axis.
    Cumulative {
        /// How.
        op: CumulativeOp,
        /// The axis.
        axis: usize,
        /// From the end.
        reverse: bool,
        /// Dtype of the result.
        dtype: DType,
    },
    /// `(x)`: ascending along an axis, NaN last.
    Sort {
        /// The axis.
        axis: usize,
    },
    /// `(x)`: positions (int64) that sort along an axis, NaN last.
    ArgSort {
        /// The axis.
        axis: usize,
        /// Equal elements keep their order.
        stable: bool,
    },
    /// `(sorted, values)`: position (int64) at which each value goes into the sorted 1-D array.
    SearchSorted {
        /// Before or after equal elements.
        side: Side,
    },
    /// `(x)`: a discrete Fourier transform along an axis.
    Fft {
        /// Which.
        kind: FftKind,
        /// The axis.
        axis: usize,
    },
    /// `(x)`, or `(a, b)`: a factorisation of each matrix of the last two axes, or triangular systems.
    Linalg(Linalg),
    /// `(x, y)`: sums of products over pairs of axes; the result has batch axes, then the rest of `x`, then of `y`.
    DotGeneral(DotDims),
    /// `(branch, operand…)`: runs the branch (0-d int64) of that number; out of range is an error.
    Switch {
        /// One graph each, of one signature.
        branches: Vec<Arc<Graph>>,
    },
    /// `(carry…)`: runs `body` on the carry as long as `condition` of it (0-d bool) holds.
    While {
        /// Carry to bool.
        condition: Arc<Graph>,
        /// Carry to carry.
        body: Arc<Graph>,
    },
    /// `(carry…, xs…)`: runs `body(carry…, x…) -> (carry…, y…)` over the leading axis of `xs`; gives the last carry, then the `ys` stacked.
    Scan {
        /// One step.
        body: Arc<Graph>,
        /// How many of the inputs are carried.
        carry: usize,
        /// Steps.
        length: usize,
        /// From the last to the first.
        reverse: bool,
    },
    /// `(x…)`: runs a graph.
    Call {
        /// The graph.
        graph: Arc<Graph>,
    },
    /// `(x)`: `x`; simplification does not look through it, so that what is recomputed stays recomputed.
    Barrier,
    /// `(x)`: `x`, with no gradient.
    StopGradient,
    /// `(x)`: `x` on another device.
    DeviceCopy {
        /// Where to.
        device: Device,
    },
    /// `(x…)`: an operation registered by [`register_custom`], whose rules live with whoever registered it.
    Custom(CustomId),
}

impl Prim {
    /// NumPy's name where there is one, the family's otherwise; what error messages begin with.
    pub fn name(&self) -> &'static str {
        match self {
            Prim::Unary(op) => op.name(),
            Prim::Binary(op) => op.name(),
            Prim::Select => "where",
            Prim::Cast { .. } => "astype",
            Prim::Bitcast { .. } => "bitcast",
            Prim::Full { .. } => "full",
            Prim::Iota { .. } => "iota",
            Prim::RandomBits { .. } => "random_bits",
            Prim::Reshape { .. } => "reshape",
            Prim::Transpose { .. } => "transpose",
            Prim::BroadcastInDim { .. } => "broadcast_in_dim",
            Prim::Slice { .. } => "slice",
            Prim::DynamicSlice { .. } => "dynamic_slice",
            Prim::DynamicUpdateSlice => "dynamic_update_slice",
            Prim::Pad { .. } => "pad",
            Prim::Concatenate { .. } => "concatenate",
            Prim::Gather { .. } => "gather",
            Prim::Scatter { .. } => "scatter",
            Prim::NonZero { .. } => "nonzero",
            Prim::Reduce { op, .. } => op.name(),
            Prim::ArgReduce { op, .. } => op.name(),
            Prim::Cumulative { op, .. } => op.name(),
            Prim::Sort { .. } => "sort",
            Prim::ArgSort { .. } => "argsort",
            Prim::SearchSorted { .. } => "searchsorted",
            Prim::Fft { kind, .. } => kind.name(),
            Prim::Linalg(op) => op.name(),
            Prim::DotGeneral(_) => "dot_general",
            Prim::Switch { .. } => "switch",
            Prim::While { .. } => "while_loop",
            Prim::Scan { .. } => "scan",
            Prim::Call { .. } => "call",
            Prim::Barrier => "barrier",
            Prim::StopGradient => "stop_gradient",
            Prim::DeviceCopy { .. } => "copy",
            Prim::Custom(id) => custom_rule(*id).map_or("custom", |rule| rule.name),
        }
    }
}
