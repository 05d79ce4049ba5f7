//! Sorting: a permutation, which the cotangent takes back.

use tnp_array::{Array, Operand, Result, bind1};
use tnp_backend::prim::Prim;

use super::{Flows, Step, none, one};
use crate::flow::Flow;
use crate::ops;

pub(super) fn order(x: &Array, axis: usize) -> Result<Array> {
    bind1(
        &Prim::ArgSort { axis, stable: true },
        &mut [Operand::Borrowed(x)],
    )
}

pub(super) fn vjp(axis: usize, step: &Step, flow: &Flow) -> Result<Flows> {
    let order = order(step.x(0)?, axis)?;
    Ok(one(
        flow.map(|c| ops::add_along(c, &order, axis, step.ty(0)))?
    ))
}

pub(super) fn jvp(axis: usize, inputs: &[Array], flows: &[Option<Flow>]) -> Result<Flows> {
    let Some(flow) = &flows[0] else {
        return Ok(none(1));
    };
    let order = order(&inputs[0], axis)?;
    Ok(one(flow.map(|dx| ops::take_along(dx, &order, axis))?))
}
