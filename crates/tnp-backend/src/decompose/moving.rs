//! Padding and run-time blocks through gather and scatter.

use smallvec::SmallVec;
use tnp_dtype::DType;
use tnp_shape::Dims;

use super::Steps;
use crate::prim::{AxisIndex, Binary, Prim, ScatterOp, SliceSpec};
use crate::{Result, Var, prim::infer};

/// Index arrays of a block of `x`: along each axis `start + 0, 1, …`, all in the block's shape.
fn block(steps: &mut Steps, x: Var, sizes: &[usize], starts: &[Var]) -> Result<SmallVec<[Var; 4]>> {
    let dims = steps.shape(x);
    let mut indices = SmallVec::new();
    for (axis, &start) in starts.iter().enumerate() {
        // To a gather a negative index counts from the end; a block does not begin there, so it is moved out of bounds.
        let zero = steps.like(start, 0.0)?;
        let negative = steps.binary(Binary::Less, start, zero)?;
        let dim = steps.like(start, dims[axis] as f64)?;
        let outside = steps.binary(Binary::Subtract, start, dim)?;
        let start = steps.select(negative, outside, start)?;
        let steps_along = steps.iota(sizes, axis, DType::Int64)?;
        let start = steps.broadcast(start, sizes, &[])?;
        indices.push(steps.binary(Binary::Add, start, steps_along)?);
    }
    Ok(indices)
}

fn all_indexed(ndim: usize) -> SmallVec<[AxisIndex; 4]> {
    SmallVec::from_elem(AxisIndex::Index, ndim)
}

pub(super) fn dynamic_slice(steps: &mut Steps, sizes: &Dims, vars: &[Var]) -> Result<Var> {
    if sizes.is_empty() {
        return Ok(vars[0]);
    }
    let mut inputs: SmallVec<[Var; 4]> = SmallVec::from_slice(&vars[..1]);
    inputs.extend(block(steps, vars[0], sizes, &vars[1..])?);
    steps.push(
        Prim::Gather {
            axes: all_indexed(sizes.len()),
            index_axes_at: 0,
        },
        &inputs,
    )
}

pub(super) fn dynamic_update_slice(steps: &mut Steps, vars: &[Var]) -> Result<Var> {
    let sizes = steps.shape(vars[1]);
    if sizes.is_empty() {
        return Ok(vars[1]);
    }
    let mut inputs: SmallVec<[Var; 4]> = SmallVec::from_slice(&vars[..1]);
    inputs.extend(block(steps, vars[0], &sizes, &vars[2..])?);
    inputs.push(vars[1]);
    steps.push(
        Prim::Scatter {
            op: ScatterOp::Set,
            axes: all_indexed(sizes.len()),
            index_axes_at: 0,
        },
        &inputs,
    )
}

pub(super) fn pad(steps: &mut Steps, prim: &Prim, low: &Dims, vars: &[Var]) -> Result<Var> {
    let types = infer(prim, &[steps.ty(vars[0]), steps.ty(vars[1])])?;
    let border = steps.broadcast(vars[1], &types[0].shape, &[])?;
    let inside = steps.shape(vars[0]);
    let axes = low
        .iter()
        .zip(&inside)
        .map(|(&start, &len)| {
            AxisIndex::Slice(SliceSpec {
                start,
                len,
                step: 1,
            })
        })
        .collect();
    steps.push(
        Prim::Scatter {
            op: ScatterOp::Set,
            axes,
            index_axes_at: 0,
        },
        &[border, vars[0]],
    )
}
