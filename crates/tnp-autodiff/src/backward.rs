//! Going back over recorded steps: the one loop that all reverse derivatives come to.

use smallvec::SmallVec;
use tnp_array::Result;

use crate::flow::Flow;
use crate::ids::{ById, Ids};
use crate::rules::{self, Step};

/// Steps to go back over: given up, so that each is freed as soon as it is done, or lent.
pub(crate) enum Steps<'a> {
    Owned(Vec<Step>),
    Lent(&'a [Step]),
}

impl Steps<'_> {
    fn as_slice(&self) -> &[Step] {
        match self {
            Steps::Owned(steps) => steps,
            Steps::Lent(steps) => steps,
        }
    }

    /// Forgets the steps from one on.
    fn free(&mut self, from: usize) {
        if let Steps::Owned(steps) = self {
            steps.truncate(from);
        }
    }
}

/// Cotangents of the sources for those of some arrays; `None` where nothing leads from one to the other.
pub(crate) fn walk(
    mut steps: Steps<'_>,
    seeds: Vec<(u64, Flow)>,
    sources: &[u64],
) -> Result<Vec<Option<Flow>>> {
    let wanted: Ids = sources.iter().copied().collect();
    // Only what depends on a source is gone back over.
    let mut reached = wanted.clone();
    let mut relevant = Vec::with_capacity(steps.as_slice().len());
    for step in steps.as_slice() {
        let depends = step
            .inputs
            .iter()
            .any(|port| port.tracked && reached.contains(&port.id));
        if depends {
            let outputs = step.outputs.iter().filter(|port| port.tracked);
            reached.extend(outputs.map(|port| port.id));
        }
        relevant.push(depends);
    }
    let mut flows: ById<Flow> = ById::default();
    for (id, flow) in seeds {
        if reached.contains(&id) {
            arrive(&mut flows, id, flow)?;
        }
    }
    for (at, relevant) in relevant.into_iter().enumerate().rev() {
        steps.free(at + 1);
        let step = &steps.as_slice()[at];
        if !relevant {
            continue;
        }
        let mut some = false;
        let mut cotangents: SmallVec<[Option<Flow>; 1]> = SmallVec::new();
        for port in &step.outputs {
            let flow = match port.tracked {
                false => None,
                true if wanted.contains(&port.id) => flows.get(&port.id).cloned(),
                true => flows.remove(&port.id),
            };
            some |= flow.is_some();
            cotangents.push(flow);
        }
        if !some {
            continue;
        }
        let asked: SmallVec<[bool; 4]> = step
            .inputs
            .iter()
            .map(|port| port.tracked && reached.contains(&port.id))
            .collect();
        let back =
            rules::vjp(step, &asked, &cotangents).map_err(|error| error.in_op(step.prim.name()))?;
        drop(cotangents);
        for ((port, flow), asked) in step.inputs.iter().zip(back).zip(asked) {
            if let Some(flow) = flow.filter(|_| asked) {
                arrive(&mut flows, port.id, flow)?;
            }
        }
    }
    Ok(sources.iter().map(|id| flows.get(id).cloned()).collect())
}

fn arrive(flows: &mut ById<Flow>, id: u64, flow: Flow) -> Result<()> {
    let mut slot = flows.remove(&id);
    Flow::accumulate(&mut slot, flow)?;
    if let Some(flow) = slot {
        flows.insert(id, flow);
    }
    Ok(())
}

/// The steps that lead to some arrays.
pub(crate) fn leading_to(steps: Vec<Step>, targets: impl IntoIterator<Item = u64>) -> Vec<Step> {
    let mut live: Ids = targets.into_iter().collect();
    let mut kept: Vec<Step> = Vec::new();
    for step in steps.into_iter().rev() {
        if step
            .outputs
            .iter()
            .any(|port| port.tracked && live.contains(&port.id))
        {
            let inputs = step.inputs.iter().filter(|port| port.tracked);
            live.extend(inputs.map(|port| port.id));
            kept.push(step);
        }
    }
    kept.reverse();
    kept
}
