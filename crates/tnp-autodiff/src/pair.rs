//! Derivatives of graphs, as graphs: a forward part that also gives what a backward part reads, gradients by recomputation, and
//! forward derivatives. Each is made once for a graph and kept as long as the graph lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;
use tnp_array::{Array, Error, Operand, Result, bind, bind1, with_frame};
use tnp_backend::prim::Prim;
use tnp_backend::{Graph, TensorType};
use tnp_trace::{Aval, Derived, Traced, replay, trace};

use crate::backward::{Steps, leading_to, walk};
use crate::flow::{Flow, or_zeros};
use crate::forward::Forward;
use crate::record::Recorder;
use crate::rules::{Residuals, Step};

/// Whether a flow is there, and how careful to be with it.
pub(crate) type Kind = Option<(bool, bool)>;

/// The kind of a flow.
pub(crate) fn kind(flow: &Option<Flow>) -> Kind {
    flow.as_ref().map(|flow| (flow.masked, flow.steep))
}

fn flow_of(kind: (bool, bool), array: Array) -> Flow {
    Flow {
        array,
        masked: kind.0,
        steep: kind.1,
    }
}

/// Where a value that the backward part reads comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Source {
    Input(usize),
    Output(usize),
}

/// A graph's forward part, and what is known to go back over it.
pub(crate) struct Pair {
    /// Inputs to outputs, then further values for the backward part.
    pub(crate) forward: Arc<Graph>,
    /// How many of its outputs are the graph's own.
    pub(crate) outputs: usize,
    /// Which of those depend on a wanted input.
    pub(crate) tracked: Vec<bool>,
    /// Which inputs are wanted; in a loop, more than were asked for.
    pub(crate) wanted: Vec<bool>,
    /// The steps, with stand-ins of the forward trace for values.
    steps: Vec<Step>,
    /// Those stand-ins, and where each comes from.
    values: Vec<(u64, Aval, Source)>,
    input_ids: Vec<u64>,
    output_ids: Vec<u64>,
    /// How many of the values are the same in each turn of a loop: they come first.
    invariant: usize,
    backward: Mutex<HashMap<(Vec<bool>, Vec<Kind>), Arc<Backward>>>,
}

/// The backward part for one set of cotangents.
pub(crate) struct Backward {
    /// Values, then cotangents, to cotangents of inputs.
    pub(crate) graph: Arc<Graph>,
    /// What the outputs are.
    pub(crate) kinds: Vec<Kind>,
    /// Arrays that a user's rule has brought along: further inputs, of a call last, of a turn first and handed on.
    pub(crate) captured: Vec<Array>,
}

impl Pair {
    /// Of a graph that is called.
    pub(crate) fn of_call(graph: &Arc<Graph>, wanted: &[bool]) -> Result<Arc<Pair>> {
        static DERIVED: Derived<Vec<bool>, Arc<Pair>> = Derived::new();
        DERIVED.get(graph, wanted.to_vec(), || {
            Ok(Arc::new(Pair::new(graph, wanted, None)?))
        })
    }

    /// Of the body of a scan, with as many wanted carries as the wanted ones lead to.
    pub(crate) fn of_scan(graph: &Arc<Graph>, wanted: &[bool], carry: usize) -> Result<Arc<Pair>> {
        static DERIVED: Derived<(Vec<bool>, usize), Arc<Pair>> = Derived::new();
        DERIVED.get(graph, (wanted.to_vec(), carry), || {
            let mut wanted = wanted.to_vec();
            loop {
                let pair = Pair::new(graph, &wanted, Some(carry))?;
                let more: Vec<usize> = (0..carry)
                    .filter(|&i| pair.tracked[i] && !wanted[i])
                    .collect();
                if more.is_empty() {
                    return Ok(Arc::new(pair));
                }
                more.into_iter().for_each(|i| wanted[i] = true);
            }
        })
    }

    fn new(graph: &Arc<Graph>, wanted: &[bool], carry: Option<usize>) -> Result<Pair> {
        let mut recorded = None;
        let traced = trace("gradient", &avals(graph), |inputs| {
            let recorder = Recorder::new("gradient", false);
            for (input, _) in inputs.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
                recorder.track(input);
            }
            let outputs = with_frame(recorder.clone(), || replay(graph, inputs.to_vec()))?;
            let mut state = recorder.lock();
            let tracked: Vec<bool> = outputs
                .iter()
                .map(|output| state.tracked.contains(&output.id()))
                .collect();
            let ids: Vec<u64> = outputs.iter().map(Array::id).collect();
            let steps = leading_to(std::mem::take(&mut state.steps), ids.iter().copied());
            drop(state);
            let mut all = outputs;
            let count = all.len();
            // An input or output of the graph need not be given again; in a loop those that are carried must, for each turn has its own.
            let invariant = |i: usize| graph.outputs().get(i) == Some(&graph.inputs()[i]);
            let per_turn = |i: usize| carry.is_some_and(|carry| i < carry);
            let mut values: Vec<(u64, Aval, Source)> = Vec::new();
            let mut same = 0;
            for value in steps.iter().flat_map(values_of) {
                let id = value.id();
                if values.iter().any(|(other, ..)| *other == id) {
                    continue;
                }
                let aval = Aval::of(value);
                let input = inputs.iter().position(|input| input.id() == id);
                let output = ids.iter().position(|&other| other == id);
                match (input, output) {
                    (Some(i), _) if per_turn(i) && invariant(i) => {
                        values.insert(same, (id, aval, Source::Input(i)));
                        same += 1;
                    }
                    (Some(i), _) if !per_turn(i) => values.push((id, aval, Source::Input(i))),
                    (None, Some(i)) if !per_turn(i) => {
                        values.push((id, aval, Source::Output(i)));
                    }
                    _ => {
                        values.push((id, aval, Source::Output(all.len())));
                        all.push(value.clone());
                    }
                }
            }
            let input_ids = inputs.iter().map(Array::id).collect();
            recorded = Some((steps, values, input_ids, ids, tracked, count, same));
            Ok(all)
        })?;
        let Some((steps, values, input_ids, output_ids, tracked, outputs, invariant)) = recorded
        else {
            unreachable!("the trace has run");
        };
        Ok(Pair {
            forward: traced.graph,
            outputs,
            tracked,
            wanted: wanted.to_vec(),
            steps,
            values,
            input_ids,
            output_ids,
            invariant,
            backward: Mutex::default(),
        })
    }

    /// What the backward part reads, of a run of the forward part.
    pub(crate) fn residuals(self: &Arc<Pair>, inputs: &[Array], outputs: &[Array]) -> Residuals {
        let values = self
            .values
            .iter()
            .map(|(_, _, source)| match source {
                Source::Input(i) => inputs[*i].clone(),
                Source::Output(i) => outputs[*i].clone(),
            })
            .collect();
        Residuals {
            pair: self.clone(),
            values,
        }
    }

    /// Goes back, in a trace, over the steps with other values; cotangents of the wanted inputs.
    fn back(
        &self,
        values: &[Array],
        wanted: &[bool],
        flows: &[Option<Flow>],
    ) -> Result<Vec<Option<Flow>>> {
        let known: HashMap<u64, &Array> =
            self.values.iter().map(|(id, ..)| *id).zip(values).collect();
        let mut steps = self.steps.clone();
        for step in &mut steps {
            substitute(step, &known);
        }
        let seeds = self
            .output_ids
            .iter()
            .zip(flows)
            .zip(&self.tracked)
            .filter(|(_, tracked)| **tracked)
            .filter_map(|((id, flow), _)| Some((*id, flow.clone()?)))
            .collect();
        let sources: Vec<u64> = self.input_ids.clone();
        let mut back = walk(Steps::Owned(steps), seeds, &sources)?;
        for (flow, wanted) in back.iter_mut().zip(wanted) {
            if !wanted {
                *flow = None;
            }
        }
        Ok(back)
    }

    /// The backward part of a call.
    pub(crate) fn backward(&self, wanted: &[bool], kinds: &[Kind]) -> Result<Arc<Backward>> {
        let key = (wanted.to_vec(), kinds.to_vec());
        if let Some(found) = lock(&self.backward).get(&key) {
            return Ok(found.clone());
        }
        let mut inputs: Vec<Aval> = self
            .values
            .iter()
            .map(|(_, aval, _)| aval.clone())
            .collect();
        let types: Vec<TensorType> = self.forward.output_types().cloned().collect();
        for (kind, ty) in kinds.iter().zip(&types) {
            if kind.is_some() {
                inputs.push(ty.clone().into());
            }
        }
        let mut given = Vec::new();
        let traced = trace("gradient", &inputs, |inputs| {
            let (values, cotangents) = inputs.split_at(self.values.len());
            let mut cotangents = cotangents.iter();
            let flows: Vec<Option<Flow>> = kinds
                .iter()
                .map(|kind| Some(flow_of((*kind)?, cotangents.next()?.clone())))
                .collect();
            let back = self.back(values, wanted, &flows)?;
            given = back.iter().map(kind).collect();
            Ok(back.into_iter().flatten().map(|flow| flow.array).collect())
        })?;
        let backward = Arc::new(Backward {
            graph: traced.graph,
            kinds: given,
            captured: traced.captured,
        });
        lock(&self.backward).insert(key, backward.clone());
        Ok(backward)
    }

    /// How many of the values are the same in each turn of a loop.
    pub(crate) fn invariant(&self) -> usize {
        self.invariant
    }

    /// One turn of the way back through a loop: `(values of all turns, carried cotangents, values of this turn, cotangents of ys)` to
    /// the same carry and cotangents of xs. All carried cotangents that there can be are there.
    pub(crate) fn backward_turn(
        &self,
        carry: usize,
        wanted: &[bool],
        ys: &[bool],
    ) -> Result<Arc<Backward>> {
        let careful = Some((true, false));
        let mut kinds: Vec<Kind> = (0..carry)
            .map(|i| careful.filter(|_| self.wanted[i]))
            .collect();
        kinds.extend(ys.iter().map(|&there| careful.filter(|_| there)));
        let key = (wanted.to_vec(), kinds.clone());
        if let Some(found) = lock(&self.backward).get(&key) {
            return Ok(found.clone());
        }
        let types: Vec<TensorType> = self.forward.output_types().cloned().collect();
        let aval = |i: &usize| Aval::from(types[*i].clone());
        let carried: Vec<usize> = (0..carry).filter(|&i| kinds[i].is_some()).collect();
        let stacked: Vec<usize> = (carry..kinds.len())
            .filter(|&i| kinds[i].is_some())
            .collect();
        let avals = |range: std::ops::Range<usize>| {
            self.values[range].iter().map(|(_, aval, _)| aval.clone())
        };
        let mut inputs: Vec<Aval> = avals(0..self.invariant).collect();
        inputs.extend(carried.iter().map(aval));
        inputs.extend(avals(self.invariant..self.values.len()));
        inputs.extend(stacked.iter().map(aval));
        let traced = trace("gradient", &inputs, |inputs| {
            let (fixed, rest) = inputs.split_at(self.invariant);
            let (cotangents, rest) = rest.split_at(carried.len());
            let (own, ys) = rest.split_at(self.values.len() - self.invariant);
            let values: Vec<Array> = fixed.iter().chain(own).cloned().collect();
            let mut flows: Vec<Option<Flow>> = vec![None; kinds.len()];
            for (&i, array) in carried.iter().zip(cotangents) {
                flows[i] = Some(Flow::masked(array.clone()));
            }
            for (&i, array) in stacked.iter().zip(ys) {
                flows[i] = Some(Flow::masked(array.clone()));
            }
            let back = self.back(&values, &self.wanted, &flows)?;
            let mut outputs = fixed.to_vec();
            let beside = cotangents.first().or(ys.first()).or(own.first());
            for (i, flow) in back.iter().enumerate() {
                let there = if i < carry {
                    kinds[i].is_some()
                } else {
                    wanted[i]
                };
                if there && let Some(beside) = beside {
                    let ty = self.forward.ty(self.forward.inputs()[i]);
                    outputs.push(or_zeros(flow.as_ref(), beside, ty)?);
                }
            }
            Ok(outputs)
        })?;
        let backward = Arc::new(Backward {
            graph: handing_on(&traced, &inputs)?,
            kinds: Vec::new(),
            captured: traced.captured,
        });
        lock(&self.backward).insert(key, backward.clone());
        Ok(backward)
    }
}

/// A loop's body that takes what it captured first and hands it on.
fn handing_on(body: &Traced, inputs: &[Aval]) -> Result<Arc<Graph>> {
    if body.captured.is_empty() {
        return Ok(body.graph.clone());
    }
    let mut all: Vec<Aval> = body.captured.iter().map(Aval::of).collect();
    all.extend_from_slice(inputs);
    let traced = trace("gradient", &all, |all| {
        let (captured, inputs) = all.split_at(body.captured.len());
        let outputs = replay(&body.graph, [inputs, captured].concat())?;
        Ok([captured, &outputs].concat())
    })?;
    Ok(traced.graph)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn avals(graph: &Graph) -> Vec<Aval> {
    graph
        .inputs()
        .iter()
        .map(|&var| Aval {
            ty: graph.ty(var).clone(),
            weak: graph.is_weak(var),
        })
        .collect()
}

/// All values a step keeps.
fn values_of(step: &Step) -> impl Iterator<Item = &Array> {
    let ports = step.inputs.iter().chain(&step.outputs);
    let inner = step.pair.iter().flat_map(|residuals| &residuals.values);
    ports.filter_map(|port| port.value.as_ref()).chain(inner)
}

fn substitute(step: &mut Step, known: &HashMap<u64, &Array>) {
    let replace = |value: &mut Array| {
        if let Some(&other) = known.get(&value.id()) {
            *value = other.clone();
        }
    };
    let ports = step.inputs.iter_mut().chain(&mut step.outputs);
    ports
        .filter_map(|port| port.value.as_mut())
        .for_each(replace);
    if let Some(residuals) = &mut step.pair {
        residuals.values.iter_mut().for_each(replace);
    }
}

/// Inputs and cotangents to cotangents of the wanted inputs (zeros where there are none), with everything between computed again.
/// `keep` puts barriers in, so that nobody finds out that it was computed before. With what a user's rule has captured, the last inputs.
pub(crate) fn recomputed(
    graph: &Arc<Graph>,
    wanted: &[bool],
    kinds: &[Kind],
    keep: bool,
) -> Result<(Arc<Graph>, Vec<Array>)> {
    static DERIVED: Derived<(Vec<bool>, Vec<Kind>, bool), (Arc<Graph>, Vec<Array>)> =
        Derived::new();
    DERIVED.get(graph, (wanted.to_vec(), kinds.to_vec(), keep), || {
        let mut inputs = avals(graph);
        for (kind, ty) in kinds.iter().zip(graph.output_types()) {
            if kind.is_some() {
                inputs.push(ty.clone().into());
            }
        }
        let traced = trace("gradient", &inputs, |inputs| {
            let (given, cotangents) = inputs.split_at(graph.inputs().len());
            let given: Result<Vec<Array>> = given
                .iter()
                .map(|x| match keep {
                    true => bind1(&Prim::Barrier, &mut [Operand::Borrowed(x)]),
                    false => Ok(x.clone()),
                })
                .collect();
            let given = given?;
            let recorder = Recorder::new("gradient", false);
            for (input, _) in given.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
                recorder.track(input);
            }
            let ids: Vec<u64> = given.iter().map(Array::id).collect();
            let types: Vec<TensorType> = given.iter().map(Array::ty).collect();
            let outputs = with_frame(recorder.clone(), || replay(graph, given))?;
            let mut cotangents = cotangents.iter();
            let mut seeds = Vec::new();
            for (output, kind) in outputs.iter().zip(kinds) {
                if let Some(kind) = kind
                    && let Some(cotangent) = cotangents.next()
                {
                    seeds.push((output.id(), flow_of(*kind, cotangent.clone())));
                }
            }
            let steps = std::mem::take(&mut recorder.lock().steps);
            let back = walk(Steps::Owned(steps), seeds, &ids)?;
            let beside = &inputs[0];
            back.iter()
                .zip(&types)
                .zip(wanted)
                .filter(|(_, wanted)| **wanted)
                .map(|((flow, ty), _)| or_zeros(flow.as_ref(), beside, ty))
                .collect()
        })?;
        Ok((traced.graph, traced.captured))
    })
}

/// Branches whose last inputs are what they captured, made to take what all of them have captured.
pub(crate) fn alike(
    branches: Vec<(Arc<Graph>, Vec<Array>)>,
) -> Result<(Vec<Arc<Graph>>, Vec<Array>)> {
    static DERIVED: Derived<(Vec<Aval>, usize), Arc<Graph>> = Derived::new();
    let all: Vec<Array> = branches.iter().flat_map(|(_, own)| own.clone()).collect();
    let mut before = 0;
    let graphs = branches.into_iter().map(|(graph, own)| {
        let first = before;
        before += own.len();
        if own.len() == all.len() {
            return Ok(graph);
        }
        let extra: Vec<Aval> = all.iter().map(Aval::of).collect();
        DERIVED.get(&graph, (extra.clone(), first), || {
            let mut inputs = avals(&graph);
            inputs.truncate(inputs.len() - own.len());
            let count = inputs.len();
            inputs.extend(extra);
            let traced = trace("gradient", &inputs, |inputs| {
                let (inputs, all) = inputs.split_at(count);
                replay(&graph, [inputs, &all[first..first + own.len()]].concat())
            })?;
            Ok(traced.graph)
        })
    });
    Ok((graphs.collect::<Result<_>>()?, all))
}

/// A graph with its forward derivative.
pub(crate) struct Tangent {
    /// Inputs, then tangents of those that have one, to outputs, then tangents of those that have one.
    pub(crate) graph: Arc<Graph>,
    /// Which outputs have a tangent.
    pub(crate) tracked: Vec<bool>,
}

/// The forward derivative of a graph; outputs in `forced` have a tangent even if it is zero.
pub(crate) fn tangent(graph: &Arc<Graph>, given: &[bool], forced: &[bool]) -> Result<Arc<Tangent>> {
    static DERIVED: Derived<(Vec<bool>, Vec<bool>), Arc<Tangent>> = Derived::new();
    DERIVED.get(graph, (given.to_vec(), forced.to_vec()), || {
        let mut inputs = avals(graph);
        for (_, ty) in given.iter().zip(graph.input_types()).filter(|(g, _)| **g) {
            inputs.push(ty.clone().into());
        }
        let mut tracked = Vec::new();
        let traced = trace("jvp", &inputs, |inputs| {
            let (primals, tangents) = inputs.split_at(graph.inputs().len());
            let frame = Forward::new();
            let mut tangents = tangents.iter();
            for (primal, given) in primals.iter().zip(given) {
                if *given && let Some(tangent) = tangents.next() {
                    frame.set(primal, Flow::plain(tangent.clone()));
                }
            }
            let mut outputs = with_frame(frame.clone(), || replay(graph, primals.to_vec()))?;
            let mut flows = Vec::new();
            for (i, output) in outputs.iter().enumerate() {
                let flow = frame.get(output);
                let forced = forced.get(i).copied().unwrap_or(false);
                tracked.push(flow.is_some() || forced);
                if flow.is_some() || forced {
                    flows.push(or_zeros(flow.as_ref(), output, &output.ty())?);
                }
            }
            outputs.extend(flows);
            Ok(outputs)
        })?;
        if !traced.captured.is_empty() {
            return Err(Error::unsupported(
                "jvp: a registered rule brings arrays of its own, which a graph does not hold; make them inputs of the operation",
            ));
        }
        Ok(Arc::new(Tangent {
            graph: traced.graph,
            tracked,
        }))
    })
}

/// A loop's condition, which looks at no tangents.
pub(crate) fn widened(condition: &Arc<Graph>, given: &[bool]) -> Result<Arc<Graph>> {
    static DERIVED: Derived<Vec<bool>, Arc<Graph>> = Derived::new();
    DERIVED.get(condition, given.to_vec(), || {
        let mut inputs = avals(condition);
        let types: Vec<TensorType> = condition.input_types().cloned().collect();
        for (_, ty) in given.iter().zip(types).filter(|(given, _)| **given) {
            inputs.push(ty.into());
        }
        let count = condition.inputs().len();
        let traced = trace("jvp", &inputs, |inputs| {
            replay(condition, inputs[..count].to_vec())
        })?;
        Ok(traced.graph)
    })
}

/// A graph with its inputs and outputs in another order: the new one's `i`-th is its `from[i]`-th and `to[i]`-th.
pub(crate) fn reordered(
    graph: &Arc<Graph>,
    from: Vec<usize>,
    to: Vec<usize>,
) -> Result<Arc<Graph>> {
    static DERIVED: Derived<(Vec<usize>, Vec<usize>), Arc<Graph>> = Derived::new();
    DERIVED.get(graph, (from.clone(), to.clone()), || {
        let all = avals(graph);
        let inputs: Vec<Aval> = from.iter().map(|&i| all[i].clone()).collect();
        let traced = trace("jvp", &inputs, |given| {
            let mut inputs: Vec<Option<Array>> = vec![None; given.len()];
            for (&at, array) in from.iter().zip(given) {
                inputs[at] = Some(array.clone());
            }
            let outputs = replay(graph, inputs.into_iter().flatten().collect())?;
            Ok(to.iter().map(|&i| outputs[i].clone()).collect())
        })?;
        Ok(traced.graph)
    })
}

/// Runs a graph as one step.
pub(crate) fn call<'a>(
    graph: &Arc<Graph>,
    inputs: impl IntoIterator<Item = &'a Array>,
) -> Result<Vec<Array>> {
    let mut operands: SmallVec<[Operand<'_>; 8]> =
        inputs.into_iter().map(Operand::Borrowed).collect();
    let call = Prim::Call {
        graph: graph.clone(),
    };
    Ok(bind(&call, &mut operands)?.into_vec())
}
