//! `decompose`: each primitive outside the core as a graph of core primitives, for devices that lack it.

use crate::prim::{Prim, Unary};
use crate::{Graph, Result, TensorType};

/// True for primitives that the interpreter answers with a view (a reshape only where no copy is needed).
#[inline]
pub fn is_layout(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Reshape { .. }
            | Prim::Transpose { .. }
            | Prim::BroadcastInDim { .. }
            | Prim::Slice { .. }
            | Prim::Bitcast { .. }
            | Prim::Barrier
            | Prim::StopGradient
            | Prim::Unary(Unary::Real | Unary::Imag)
    )
}

/// The primitive in terms of core ones; `None` for core primitives, which every backend has to have.
pub fn decompose(prim: &Prim, inputs: &[&TensorType]) -> Option<Result<Graph>> {
    match prim {
        Prim::Custom(id) => crate::prim::custom_rule(*id).map(|rule| (rule.lower)(inputs)),
        _ => None,
    }
}

/// Whether every backend has to have this primitive itself.
pub fn is_core(prim: &Prim) -> bool {
    !matches!(prim, Prim::Custom(_))
}
