//! Sums of products: linear in each operand.

use tnp_array::{Array, Operand, Result, bind1};
use tnp_backend::prim::{Axes, DotDims, Prim};

use super::layout::inverse;
use super::{Flows, Reads, Step, none, one};
use crate::flow::Flow;
use crate::ops;

/// Each operand's cotangent reads the other.
pub(super) fn reads(wanted: &[bool]) -> Reads {
    Reads::inputs(u64::from(wanted[1]) | u64::from(wanted[0]) << 1)
}

fn dot(dims: DotDims, x: &Array, y: &Array) -> Result<Array> {
    bind1(
        &Prim::DotGeneral(dims),
        &mut [Operand::Borrowed(x), Operand::Borrowed(y)],
    )
}

/// Axes that are neither summed over nor run along.
fn free(ndim: usize, contract: &Axes, batch: &Axes) -> Axes {
    (0..ndim)
        .filter(|axis| !contract.contains(axis) && !batch.contains(axis))
        .collect()
}

pub(super) fn vjp(dims: &DotDims, step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let lhs_free = free(step.ty(0).ndim(), &dims.lhs_contract, &dims.lhs_batch);
    let rhs_free = free(step.ty(1).ndim(), &dims.rhs_contract, &dims.rhs_batch);
    let batch = dims.lhs_batch.len();
    let c = &flow.array;
    let mut flows = none(2);
    if wanted[0] {
        let ours = Side {
            contract: &dims.lhs_contract,
            batch: &dims.lhs_batch,
            free: &lhs_free,
        };
        let theirs = Side {
            contract: &dims.rhs_contract,
            batch: &dims.rhs_batch,
            free: &rhs_free,
        };
        let rest = batch + lhs_free.len();
        flows[0] = Some(Flow::plain(transposed(c, step.x(1)?, rest, ours, theirs)?));
    }
    if wanted[1] {
        let ours = Side {
            contract: &dims.rhs_contract,
            batch: &dims.rhs_batch,
            free: &rhs_free,
        };
        let theirs = Side {
            contract: &dims.lhs_contract,
            batch: &dims.lhs_batch,
            free: &lhs_free,
        };
        flows[1] = Some(Flow::plain(transposed(c, step.x(0)?, batch, ours, theirs)?));
    }
    for other in flows.iter_mut().flatten() {
        other.steep = flow.steep;
    }
    Ok(flows)
}

/// The axes of one operand, by what happens to them.
struct Side<'a> {
    contract: &'a Axes,
    batch: &'a Axes,
    free: &'a Axes,
}

/// The cotangent of one operand: that of the result against the other operand over the other's free axes, which begin at
/// `other_free_at` of the result; then the axes go where they were.
fn transposed(
    c: &Array,
    other: &Array,
    other_free_at: usize,
    ours: Side<'_>,
    theirs: Side<'_>,
) -> Result<Array> {
    let batch = ours.batch.len();
    let product = dot(
        DotDims {
            lhs_contract: (other_free_at..other_free_at + theirs.free.len()).collect(),
            rhs_contract: theirs.free.clone(),
            lhs_batch: (0..batch).collect(),
            rhs_batch: theirs.batch.clone(),
        },
        c,
        other,
    )?;
    // The product's axes: batch, our free ones, then the summed ones in the order they have in the other operand.
    let mut summed: Vec<(usize, usize)> = theirs
        .contract
        .iter()
        .copied()
        .zip(ours.contract.iter().copied())
        .collect();
    summed.sort_unstable();
    let places: Axes = (ours.batch.iter().copied())
        .chain(ours.free.iter().copied())
        .chain(summed.into_iter().map(|(_, ours)| ours))
        .collect();
    ops::transpose(product, &inverse(&places))
}

pub(super) fn jvp(prim: &Prim, inputs: &[Array], flows: &[Option<Flow>]) -> Result<Flows> {
    let mut sum = None;
    if let Some(dx) = &flows[0] {
        let product = bind1(
            prim,
            &mut [Operand::Borrowed(&dx.array), Operand::Borrowed(&inputs[1])],
        )?;
        Flow::accumulate(&mut sum, Flow::plain(product))?;
    }
    if let Some(dy) = &flows[1] {
        let product = bind1(
            prim,
            &mut [Operand::Borrowed(&inputs[0]), Operand::Borrowed(&dy.array)],
        )?;
        Flow::accumulate(&mut sum, Flow::plain(product))?;
    }
    Ok(sum.map_or_else(|| none(1), one))
}
