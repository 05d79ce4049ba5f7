//! Primitives that run graphs: what they contain is differentiated once, as graphs, and run like them.

use std::sync::Arc;

use smallvec::SmallVec;
use tnp_array::{Array, Error, Operand, Result, bind};
use tnp_backend::Graph;
use tnp_backend::prim::Prim;

use super::{Flows, Step, none};
use crate::custom;
use crate::flow::{Flow, or_zeros};
use crate::pair::{self, Kind, alike, kind, recomputed, reordered, tangent, widened};

#[cold]
pub(super) fn while_in_reverse() -> Error {
    Error::unsupported(
        "while_loop: the number of turns of a traced loop is not known, so it has no reverse derivative; use `scan`, \
         take the gradient outside of the trace, or use `jvp`",
    )
}

pub(super) fn call(step: &Step, wanted: &[bool], flows: &[Option<Flow>]) -> Result<Flows> {
    if let Prim::Call { graph } = &step.prim
        && let Some(rule) = custom::of_graph(graph)
    {
        return rule.backward(graph, step, wanted, flows);
    }
    let Some(residuals) = &step.pair else {
        return Err(Error::scope("call: nothing was kept to go back over it"));
    };
    let mut kinds: Vec<Kind> = flows.iter().map(kind).collect();
    // A cotangent of what does not depend on the inputs leads nowhere.
    for (kind, tracked) in kinds.iter_mut().zip(&residuals.pair.tracked) {
        if !tracked {
            *kind = None;
        }
    }
    let backward = residuals.pair.backward(wanted, &kinds)?;
    let cotangents = flows
        .iter()
        .zip(&kinds)
        .filter(|(_, kind)| kind.is_some())
        .filter_map(|(flow, _)| flow.as_ref().map(|flow| &flow.array));
    let inputs = residuals.values.iter().chain(cotangents);
    let outputs = pair::call(&backward.graph, inputs.chain(&backward.captured))?;
    Ok(place(&backward.kinds, outputs))
}

fn place(kinds: &[Kind], arrays: Vec<Array>) -> Flows {
    let mut arrays = arrays.into_iter();
    kinds
        .iter()
        .map(|kind| {
            let (masked, steep) = (*kind)?;
            Some(Flow {
                array: arrays.next()?,
                masked,
                steep,
            })
        })
        .collect()
}

/// Each branch is computed again and gone back over, in a switch of its own.
pub(super) fn switch(
    branches: &[Arc<Graph>],
    step: &Step,
    wanted: &[bool],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let kinds: Vec<Kind> = flows.iter().map(kind).collect();
    let again: Result<Vec<_>> = branches
        .iter()
        .map(|branch| recomputed(branch, &wanted[1..], &kinds, false))
        .collect();
    let (branches, captured) = alike(again?)?;
    let mut operands: SmallVec<[Operand<'_>; 8]> = SmallVec::new();
    for at in 0..step.inputs.len() {
        operands.push(Operand::Borrowed(step.x(at)?));
    }
    operands.extend(
        flows
            .iter()
            .flatten()
            .map(|flow| Operand::Borrowed(&flow.array)),
    );
    operands.extend(captured.iter().map(Operand::Borrowed));
    let back = bind(&Prim::Switch { branches }, &mut operands)?;
    let kinds: Vec<Kind> = wanted
        .iter()
        .enumerate()
        .map(|(i, &wanted)| (i > 0 && wanted).then_some((true, false)))
        .collect();
    Ok(place(&kinds, back.into_vec()))
}

/// A scan from the other end over what the forward scan stacked.
pub(super) fn scan(
    carry: usize,
    length: usize,
    reverse: bool,
    step: &Step,
    wanted: &[bool],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let Some(residuals) = &step.pair else {
        return Err(Error::scope("scan: nothing was kept to go back over it"));
    };
    let pair = &residuals.pair;
    let ys: Vec<bool> = (carry..flows.len())
        .map(|i| flows[i].is_some() && pair.tracked[i])
        .collect();
    let Some(beside) = flows.iter().flatten().next() else {
        return Ok(none(wanted.len()));
    };
    let backward = pair.backward_turn(carry, wanted, &ys)?;
    let (fixed, stacked) = residuals.values.split_at(pair.invariant());
    let mut operands: SmallVec<[Operand<'_>; 8]> = SmallVec::new();
    let handed_on = backward.captured.iter().chain(fixed);
    operands.extend(handed_on.map(Operand::Borrowed));
    let handed_on = operands.len();
    for (i, flow) in flows[..carry].iter().enumerate() {
        if pair.wanted[i] {
            let array = or_zeros(flow.as_ref(), &beside.array, &step.outputs[i].ty)?;
            operands.push(Operand::Owned(array));
        }
    }
    let carried = operands.len();
    operands.extend(stacked.iter().map(Operand::Borrowed));
    for (i, there) in ys.iter().enumerate() {
        if let Some(flow) = flows[carry + i].as_ref().filter(|_| *there) {
            operands.push(Operand::Borrowed(&flow.array));
        }
    }
    let prim = Prim::Scan {
        body: backward.graph.clone(),
        carry: carried,
        length,
        reverse: !reverse,
    };
    let mut back = bind(&prim, &mut operands)?.into_iter().skip(handed_on);
    let mut given = none(wanted.len());
    for i in 0..wanted.len() {
        let there = if i < carry { pair.wanted[i] } else { wanted[i] };
        if there && let Some(array) = back.next() {
            given[i] = Some(Flow::masked(array)).filter(|_| wanted[i]);
        }
    }
    Ok(given)
}

/// Results and tangents.
type Both = (Vec<Array>, Flows);

fn flows_of(tracked: &[bool], outputs: Vec<Array>, count: usize) -> Both {
    let mut results = outputs;
    let mut tangents = results.split_off(count).into_iter();
    let flows = tracked
        .iter()
        .map(|&there| if there { tangents.next() } else { None }.map(Flow::plain))
        .collect();
    (results, flows)
}

fn given(flows: &[Option<Flow>]) -> Vec<bool> {
    flows.iter().map(Option::is_some).collect()
}

fn tangents(flows: &[Option<Flow>]) -> impl Iterator<Item = &Array> {
    flows.iter().flatten().map(|flow| &flow.array)
}

pub(crate) fn forward_call(
    graph: &Arc<Graph>,
    inputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Both> {
    if let Some(rule) = custom::of_graph(graph) {
        rule.check_forward()?;
    }
    let tangent = tangent(graph, &given(flows), &[])?;
    let outputs = pair::call(&tangent.graph, inputs.iter().chain(tangents(flows)))?;
    Ok(flows_of(&tangent.tracked, outputs, graph.outputs().len()))
}

pub(crate) fn forward_switch(
    branches: &[Arc<Graph>],
    inputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Both> {
    let given = given(&flows[1..]);
    let count = branches[0].outputs().len();
    // All branches give the same tangents: those that any of them has.
    let mut forced = vec![false; count];
    for branch in branches {
        let tangent = tangent(branch, &given, &[])?;
        for (forced, tracked) in forced.iter_mut().zip(&tangent.tracked) {
            *forced |= tracked;
        }
    }
    let graphs: Result<Vec<Arc<Graph>>> = branches
        .iter()
        .map(|branch| Ok(tangent(branch, &given, &forced)?.graph.clone()))
        .collect();
    let mut operands: SmallVec<[Operand<'_>; 8]> = inputs.iter().map(Operand::Borrowed).collect();
    operands.extend(tangents(flows).map(Operand::Borrowed));
    let outputs = bind(&Prim::Switch { branches: graphs? }, &mut operands)?;
    Ok(flows_of(&forced, outputs.into_vec(), count))
}

/// Which carried values have a tangent, once it has gone round the loop as often as it takes.
fn carried(body: &Arc<Graph>, flows: &[Option<Flow>], carry: usize) -> Result<Vec<bool>> {
    let mut have = given(flows);
    loop {
        let tangent = tangent(body, &have, &have[..carry])?;
        let more: Vec<usize> = (0..carry)
            .filter(|&i| tangent.tracked[i] && !have[i])
            .collect();
        if more.is_empty() {
            return Ok(have);
        }
        more.into_iter().for_each(|i| have[i] = true);
    }
}

/// Tangents of the inputs, zeros where the loop needs one and there is none.
fn filled(inputs: &[Array], flows: &[Option<Flow>], have: &[bool]) -> Result<Vec<Array>> {
    inputs
        .iter()
        .zip(flows)
        .zip(have)
        .filter(|(_, have)| **have)
        .map(|((input, flow), _)| or_zeros(flow.as_ref(), input, &input.ty()))
        .collect()
}

pub(crate) fn forward_loop(
    condition: &Arc<Graph>,
    body: &Arc<Graph>,
    inputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Both> {
    let have = carried(body, flows, inputs.len())?;
    let extra = filled(inputs, flows, &have)?;
    let prim = Prim::While {
        condition: widened(condition, &have)?,
        body: tangent(body, &have, &have)?.graph.clone(),
    };
    let mut operands: SmallVec<[Operand<'_>; 8]> = inputs.iter().map(Operand::Borrowed).collect();
    operands.extend(extra.iter().map(Operand::Borrowed));
    let outputs = bind(&prim, &mut operands)?;
    Ok(flows_of(&have, outputs.into_vec(), inputs.len()))
}

pub(crate) fn forward_scan(
    (body, carry, length, reverse): (&Arc<Graph>, usize, usize, bool),
    inputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Both> {
    let have = carried(body, flows, carry)?;
    let turn = tangent(body, &have, &have[..carry])?;
    let extra = filled(inputs, flows, &have)?;
    let round = have[..carry].iter().filter(|have| **have).count();
    // The body takes carry, xs, their tangents; a scan wants what is carried first.
    let count = body.outputs().len();
    let body = arranged(&turn.graph, carry, inputs.len(), round, count)?;
    let mut operands: SmallVec<[Operand<'_>; 8]> = SmallVec::new();
    operands.extend(inputs[..carry].iter().map(Operand::Borrowed));
    operands.extend(extra[..round].iter().map(Operand::Borrowed));
    operands.extend(inputs[carry..].iter().map(Operand::Borrowed));
    operands.extend(extra[round..].iter().map(Operand::Borrowed));
    let prim = Prim::Scan {
        body,
        carry: carry + round,
        length,
        reverse,
    };
    let outputs = bind(&prim, &mut operands)?.into_vec();
    // Back to results, then tangents.
    let tangent_of_carry = outputs[carry..carry + round].to_vec();
    let ys = &outputs[carry + round..];
    let mut ordered: Vec<Array> = outputs[..carry].to_vec();
    ordered.extend_from_slice(&ys[..count - carry]);
    ordered.extend(tangent_of_carry);
    ordered.extend_from_slice(&ys[count - carry..]);
    Ok(flows_of(&turn.tracked, ordered, count))
}

/// The body with carried tangents beside the carry: `(carry, dcarry, xs, dxs) -> (carry, dcarry, ys, dys)`.
fn arranged(
    graph: &Arc<Graph>,
    carry: usize,
    inputs: usize,
    round: usize,
    outputs: usize,
) -> Result<Arc<Graph>> {
    let order = |count: usize, total: usize| -> Vec<usize> {
        (0..carry)
            .chain(count..count + round)
            .chain(carry..count)
            .chain(count + round..total)
            .collect()
    };
    reordered(
        graph,
        order(inputs, graph.inputs().len()),
        order(outputs, graph.outputs().len()),
    )
}
