//! Primitives that move elements without looking at them, and `where`: linear, so each goes back by its transpose.

use smallvec::SmallVec;
use tnp_array::{Array, Operand, Result, bind1};
use tnp_backend::prim::{Axes, AxisIndex, Prim, ScatterOp, SliceSpec};
use tnp_shape::Dims;

use super::{Flows, Step, none, one};
use crate::flow::Flow;
use crate::ops;

/// Each branch gets the cotangent where it was taken and exactly 0 elsewhere.
pub(super) fn select(step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let condition = step.x(0)?;
    let zero = ops::number(&flow.array, 0.0)?;
    let mut flows = none(3);
    if wanted[1] {
        let taken = ops::select(condition, &flow.array, &zero)?;
        flows[1] = Some(flow.with(taken).and_masked());
    }
    if wanted[2] {
        let taken = ops::select(condition, &zero, &flow.array)?;
        flows[2] = Some(flow.with(taken).and_masked());
    }
    Ok(flows)
}

pub(super) fn reshape(step: &Step, flow: &Flow) -> Result<Flows> {
    Ok(one(flow.map(|c| ops::reshape(c, &step.ty(0).shape))?))
}

pub(super) fn transpose(permutation: &Axes, flow: &Flow) -> Result<Flows> {
    Ok(one(flow.map(|c| ops::transpose(c, &inverse(permutation)))?))
}

/// The permutation that undoes another.
pub(super) fn inverse(permutation: &[usize]) -> Axes {
    let mut inverse = Axes::from_elem(0, permutation.len());
    for (i, &axis) in permutation.iter().enumerate() {
        inverse[axis] = i;
    }
    inverse
}

pub(super) fn broadcast(shape: &Dims, dims: &Axes, step: &Step, flow: &Flow) -> Result<Flows> {
    let input = step.ty(0);
    let repeated: Axes = (0..shape.len())
        .filter(|axis| match dims.iter().position(|to| to == axis) {
            None => true,
            Some(from) => input.shape[from] != shape[*axis],
        })
        .collect();
    Ok(one(flow.map(|c| {
        ops::reshape(ops::sum(c, &repeated)?, &input.shape)
    })?))
}

/// What was left out gets 0.
pub(super) fn slice(axes: &[SliceSpec], step: &Step, flow: &Flow) -> Result<Flows> {
    let input = step.ty(0);
    let back = if axes.iter().all(|spec| spec.step == 1 || spec.len <= 1) {
        let low = axes.iter().map(|spec| spec.start).collect();
        let high = axes
            .iter()
            .zip(&input.shape)
            .map(|(spec, dim)| dim - (spec.start + spec.len))
            .collect();
        let zero = ops::full(&flow.array, tnp_array::Literal::zero(input.dtype), &[])?;
        bind1(
            &Prim::Pad { low, high },
            &mut [Operand::Borrowed(&flow.array), Operand::Owned(zero)],
        )?
    } else {
        let zeros = ops::zeros(&flow.array, input)?;
        write(zeros, axes, &flow.array)?
    };
    Ok(one(flow.with(back).and_masked()))
}

/// An array with a regular part of it replaced.
fn write(x: Array, axes: &[SliceSpec], values: &Array) -> Result<Array> {
    let prim = Prim::Scatter {
        op: ScatterOp::Set,
        axes: axes.iter().map(|spec| AxisIndex::Slice(*spec)).collect(),
        index_axes_at: 0,
    };
    bind1(&prim, &mut [Operand::Owned(x), Operand::Borrowed(values)])
}

pub(super) fn pad(low: &Dims, step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let inner: SmallVec<[SliceSpec; 4]> = low
        .iter()
        .zip(&step.ty(0).shape)
        .map(|(&start, &len)| SliceSpec {
            start,
            len,
            step: 1,
        })
        .collect();
    let mut flows = none(2);
    if wanted[0] {
        flows[0] = Some(flow.map(|c| ops::slice(c, inner.clone()))?);
    }
    if wanted[1] {
        let zeros = ops::zeros(&flow.array, step.ty(0))?;
        let border = write(flow.array.clone(), &inner, &zeros)?;
        let all: Axes = (0..border.ndim()).collect();
        flows[1] = Some(flow.with(ops::sum(border, &all)?));
    }
    Ok(flows)
}

pub(super) fn concatenate(axis: usize, step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let mut flows = none(wanted.len());
    let mut start = 0;
    for (i, port) in step.inputs.iter().enumerate() {
        let len = port.ty.shape[axis];
        if wanted[i] {
            let spec = SliceSpec {
                start,
                len,
                step: 1,
            };
            flows[i] = Some(flow.map(|c| ops::slice_axis(c, axis, spec))?);
        }
        start += len;
    }
    Ok(flows)
}

pub(super) fn device_copy(step: &Step, flow: &Flow) -> Result<Flows> {
    let Some(device) = step.home else {
        return Ok(one(flow.clone()));
    };
    let copy = Prim::DeviceCopy { device };
    Ok(one(flow.map(|c| bind1(&copy, &mut [Operand::Borrowed(c)]))?))
}
