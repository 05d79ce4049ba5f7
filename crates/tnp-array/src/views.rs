//! Layout primitives by their parameters, for composing: each is a view when run eagerly.

use smallvec::SmallVec;
use tnp_backend::Result;
use tnp_backend::prim::{Axes, Prim, SliceSpec};
use tnp_shape::Dims;

use crate::bind::bind1;
use crate::{Array, Operand};

/// The same elements in another shape of the same size.
pub(crate) fn reshaped(x: Operand<'_>, shape: Dims) -> Result<Array> {
    if x.shape() == &shape[..] {
        return x.into_array();
    }
    bind1(&Prim::Reshape { shape }, &mut [x])
}

/// All elements along one axis.
pub(crate) fn flat(x: Operand<'_>) -> Result<Array> {
    let size = x.shape().iter().product();
    reshaped(x, Dims::from_slice(&[size]))
}

/// The axes in another order.
pub(crate) fn transposed(x: Operand<'_>, permutation: Axes) -> Result<Array> {
    bind1(&Prim::Transpose { permutation }, &mut [x])
}

/// A regular part of one axis.
pub(crate) fn part(x: Operand<'_>, axis: usize, spec: SliceSpec) -> Result<Array> {
    let mut axes: SmallVec<[SliceSpec; 4]> =
        x.shape().iter().map(|&dim| SliceSpec::full(dim)).collect();
    axes[axis] = spec;
    bind1(&Prim::Slice { axes }, &mut [x])
}

/// `len` elements of an axis from `start` on.
pub(crate) fn span(x: Operand<'_>, axis: usize, start: usize, len: usize) -> Result<Array> {
    part(
        x,
        axis,
        SliceSpec {
            start,
            len,
            step: 1,
        },
    )
}
