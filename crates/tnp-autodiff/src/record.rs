//! `Recorder`: the frame that writes down, by id, what is done with arrays that depend on watched ones.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tnp_array::{
    Array, Device, Error, ErrorKind, Frame, Operand, Result, Results, ScopeId, bind, bind1,
    scoped_device, unwatch, watch_id,
};
use tnp_backend::prim::Prim;
use tnp_backend::{Graph, TensorType};

use crate::custom;
use crate::ids::Ids;
use crate::pair::Pair;
use crate::rules::{self, Port, Reads, Residuals, Step};

pub(crate) struct Recorder {
    scope: ScopeId,
    name: &'static str,
    /// Whether arrays are marked, so that their use outside the context is an error.
    marks: bool,
    /// How often it is in force; marks last as long as it is.
    active: AtomicUsize,
    state: Mutex<State>,
}

/// The recorder is in force; its marks go with the last of these.
pub(crate) struct Active(Arc<Recorder>);

impl Drop for Active {
    fn drop(&mut self) {
        if self.0.active.fetch_sub(1, Ordering::AcqRel) == 1 && self.0.marks {
            unwatch(self.0.scope);
        }
    }
}

#[derive(Default)]
pub(crate) struct State {
    /// Arrays that depend on something watched.
    pub(crate) tracked: Ids,
    /// Arrays computed from those in a way that has no derivative: comparisons, `floor`, positions.
    pub(crate) idle: Ids,
    pub(crate) steps: Vec<Step>,
    /// Nothing is written down any more.
    pub(crate) closed: bool,
    /// A scope was left before one that was entered later.
    pub(crate) disorder: bool,
}

thread_local! {
    static PAUSED: RefCell<Vec<ScopeId>> = const { RefCell::new(Vec::new()) };
}

/// Recording goes on when this is dropped.
pub(crate) struct Pause;

impl Pause {
    pub(crate) fn new(scope: ScopeId) -> Pause {
        PAUSED.with_borrow_mut(|paused| paused.push(scope));
        Pause
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        PAUSED.with_borrow_mut(|paused| paused.pop());
    }
}

fn is_paused(scope: ScopeId) -> bool {
    PAUSED.with_borrow(|paused| paused.contains(&scope))
}

impl Recorder {
    pub(crate) fn new(name: &'static str, marks: bool) -> Arc<Recorder> {
        Arc::new(Recorder {
            scope: ScopeId::fresh(),
            name,
            marks,
            active: AtomicUsize::new(0),
            state: Mutex::default(),
        })
    }

    /// Says that the recorder is in force.
    pub(crate) fn activate(self: &Arc<Self>) -> Active {
        if self.active.fetch_add(1, Ordering::AcqRel) == 0 && self.marks {
            let tracked: Vec<u64> = self.lock().tracked.iter().copied().collect();
            tracked.into_iter().for_each(|id| self.mark(id));
        }
        Active(self.clone())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic cannot happen between two halves of a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on the array is a variable.
    pub(crate) fn track(&self, x: &Array) {
        self.lock().tracked.insert(x.id());
        self.mark(x.id());
    }

    fn mark(&self, id: u64) {
        if self.marks && self.active.load(Ordering::Acquire) > 0 {
            watch_id(id, self.scope);
        }
    }

    /// Writes a step down and gives its results on.
    fn push(
        &self,
        prim: &Prim,
        inputs: Vec<Port>,
        results: &[Array],
        keep: bool,
        pair: Option<(Residuals, &[bool])>,
        home: Option<Device>,
    ) {
        let outputs: Vec<Port> = results
            .iter()
            .enumerate()
            .map(|(i, result)| Port {
                id: result.id(),
                // A result that is its input already has its derivative.
                tracked: result.dtype().is_inexact()
                    && pair.as_ref().is_none_or(|(_, tracked)| tracked[i])
                    && inputs.iter().all(|input| input.id != result.id()),
                ty: result.ty(),
                value: keep.then(|| result.clone()),
            })
            .collect();
        let mut state = self.lock();
        for port in &outputs {
            if port.tracked {
                state.tracked.insert(port.id);
            } else {
                state.idle.insert(port.id);
            }
        }
        let marked: SmallVec<[u64; 2]> = outputs
            .iter()
            .filter(|port| port.tracked)
            .map(|port| port.id)
            .collect();
        state.steps.push(Step {
            prim: prim.clone(),
            inputs,
            outputs,
            home,
            pair: pair.map(|(residuals, _)| residuals),
        });
        drop(state);
        marked.into_iter().for_each(|id| self.mark(id));
    }

    /// A graph is done as its forward part, which also gives what its backward part reads.
    fn call(
        &self,
        prim: &Prim,
        graph: &Arc<Graph>,
        ports: Vec<Port>,
        inputs: &mut [Operand<'_>],
    ) -> Result<Results> {
        let wanted: Vec<bool> = ports.iter().map(|port| port.tracked).collect();
        let pair = Pair::of_call(graph, &wanted)?;
        let given = arrays(inputs)?;
        let forward = Prim::Call {
            graph: pair.forward.clone(),
        };
        let mut results: Vec<Array> = bind(&forward, inputs)?.into_vec();
        let residuals = pair.residuals(&given, &results);
        results.truncate(pair.outputs);
        self.push(
            prim,
            ports,
            &results,
            false,
            Some((residuals, &pair.tracked)),
            None,
        );
        Ok(results.into())
    }

    fn scan(
        &self,
        prim: &Prim,
        (body, carry, length, reverse): (&Arc<Graph>, usize, usize, bool),
        ports: Vec<Port>,
        inputs: &mut [Operand<'_>],
    ) -> Result<Results> {
        let wanted: Vec<bool> = ports.iter().map(|port| port.tracked).collect();
        let pair = Pair::of_scan(body, &wanted, carry)?;
        let given = arrays(inputs)?;
        let forward = Prim::Scan {
            body: pair.forward.clone(),
            carry,
            length,
            reverse,
        };
        let mut results: Vec<Array> = bind(&forward, inputs)?.into_vec();
        let residuals = pair.residuals(&given, &results);
        results.truncate(pair.outputs);
        self.push(
            prim,
            ports,
            &results,
            false,
            Some((residuals, &pair.tracked)),
            None,
        );
        Ok(results.into())
    }

    /// In a device scope the inputs are copied there; as steps, so that the cotangents find the way home.
    fn moved(&self, prim: &Prim, inputs: &mut [Operand<'_>], device: Device) -> Result<Results> {
        let copy = Prim::DeviceCopy { device };
        let mut moved: SmallVec<[Operand<'_>; 4]> = SmallVec::new();
        for input in inputs {
            moved.push(if is_elsewhere(input, device) {
                let copies = self.process(&copy, &mut [Operand::Borrowed(input.array()?)])?;
                Operand::Owned(copies.into_iter().next().ok_or_else(no_copy)?)
            } else {
                input.lend()
            });
        }
        self.process(prim, &mut moved)
    }

    /// Runs a loop turn by turn, each of them recorded; `None` when its condition cannot be read because it is traced.
    fn run_loop(
        &self,
        condition: &Arc<Graph>,
        body: &Arc<Graph>,
        inputs: &mut [Operand<'_>],
    ) -> Result<Option<Results>> {
        let mut carry = arrays(inputs)?;
        let condition = Prim::Call {
            graph: condition.clone(),
        };
        let body = Prim::Call {
            graph: body.clone(),
        };
        loop {
            let mut lent: SmallVec<[Operand<'_>; 4]> =
                carry.iter().map(Operand::Borrowed).collect();
            let test = bind1(&condition, &mut lent)?;
            drop(lent);
            match test.item::<bool>() {
                Ok(true) => {}
                Ok(false) => return Ok(Some(carry.into())),
                Err(error) if error.kind() == ErrorKind::Scope => return Ok(None),
                Err(error) => return Err(error),
            }
            let mut owned: SmallVec<[Operand<'_>; 4]> =
                carry.into_iter().map(Operand::Owned).collect();
            carry = self.process(&body, &mut owned)?.into_vec();
        }
    }
}

/// Whether an operand must be copied to be used on a device.
fn is_elsewhere(input: &Operand<'_>, device: Device) -> bool {
    let tensor = input.as_array().and_then(|x| x.tensor().ok());
    tensor.is_some_and(|tensor| tensor.device() != device)
}

#[cold]
fn no_copy() -> Error {
    Error::device("copy: a copy between devices gave nothing")
}

fn arrays(inputs: &mut [Operand<'_>]) -> Result<Vec<Array>> {
    inputs
        .iter_mut()
        .map(|input| input.array().cloned())
        .collect()
}

impl Frame for Recorder {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn takes_constants(&self) -> bool {
        false
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let wanted: SmallVec<[bool; 4]> = {
            let state = self.lock();
            if state.closed || state.tracked.is_empty() {
                SmallVec::new()
            } else {
                let known = |x: &Array| state.tracked.contains(&x.id());
                inputs
                    .iter()
                    .map(|input| input.as_array().is_some_and(known))
                    .collect()
            }
        };
        if !wanted.contains(&true) || is_paused(self.scope) {
            return bind(prim, inputs);
        }
        let types: SmallVec<[TensorType; 3]> = inputs
            .iter()
            .filter_map(|input| input.as_array().map(Array::ty))
            .collect();
        let Some(mut reads) = rules::reads(prim, &types, &wanted) else {
            let results = bind(prim, inputs)?;
            let mut state = self.lock();
            state.idle.extend(results.iter().map(Array::id));
            return Ok(results);
        };
        if !matches!(prim, Prim::DeviceCopy { .. })
            && let Some(device) = scoped_device()
            && inputs.iter().any(|input| is_elsewhere(input, device))
        {
            return self.moved(prim, inputs, device);
        }
        if let Prim::While { condition, body } = prim
            && let Some(results) = self.run_loop(condition, body, inputs)?
        {
            return Ok(results);
        }
        let rule = if let Prim::Call { graph } = prim {
            custom::of_graph(graph)
        } else {
            None
        };
        if let Some(rule) = &rule {
            reads = Reads {
                output: rule.reads_outputs(),
                ..Reads::from(0)
            };
        }
        let ports: Vec<Port> = inputs
            .iter()
            .zip(types)
            .enumerate()
            .filter_map(|(at, (input, ty))| {
                let array = input.as_array()?;
                Some(Port {
                    id: array.id(),
                    tracked: wanted[at],
                    ty,
                    value: reads.input(at).then(|| array.clone()),
                })
            })
            .collect();
        if let Prim::Call { graph } = prim
            && rule.is_none()
        {
            return self.call(prim, graph, ports, inputs);
        }
        if let Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } = prim
        {
            return self.scan(prim, (body, *carry, *length, *reverse), ports, inputs);
        }
        let mut home = None;
        if let Prim::DeviceCopy { device: _ } = prim {
            let x = inputs.first().and_then(Operand::as_array);
            home = x
                .and_then(|x| x.tensor().ok())
                .map(|tensor| tensor.device());
        }
        let results = bind(prim, inputs)?;
        self.push(prim, ports, &results, reads.output, None, home);
        Ok(results)
    }
}
