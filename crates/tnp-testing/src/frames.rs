//! Two frames that show what the waist carries: a recorder, which keeps arrays concrete as a tape does, and a tracer, which
//! boxes them as a trace does and builds a graph.

use std::sync::{Arc, Mutex, PoisonError};

use tnp_array::{Array, Boxed, Frame, Operand, Results, ScopeId, bind, with_frame};
use tnp_backend::prim::Prim;
use tnp_backend::{Error, Graph, GraphBuilder, Result, Tensor, Var};

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One step a [`Recorder`] saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What was done.
    pub prim: Prim,
    /// To which arrays, by id.
    pub inputs: Vec<u64>,
    /// What it gave, by id.
    pub outputs: Vec<u64>,
}

/// A frame that does what it is asked in its parent and writes it down by id.
pub struct Recorder {
    scope: ScopeId,
    steps: Mutex<Vec<Step>>,
}

impl Recorder {
    /// Runs `body` and tells what primitives it came to.
    pub fn record<R>(body: impl FnOnce() -> R) -> (R, Vec<Step>) {
        let recorder = Arc::new(Recorder {
            scope: ScopeId::fresh(),
            steps: Mutex::default(),
        });
        let result = with_frame(recorder.clone(), body);
        let steps = std::mem::take(&mut *lock(&recorder.steps));
        (result, steps)
    }
}

impl Frame for Recorder {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let ids = |operand: &Operand<'_>| operand.as_array().map(Array::id);
        let read = inputs.iter().filter_map(ids).collect();
        let results = bind(prim, inputs)?;
        lock(&self.steps).push(Step {
            prim: prim.clone(),
            inputs: read,
            outputs: results.iter().map(Array::id).collect(),
        });
        Ok(results)
    }
}

/// A frame that computes nothing: it boxes arrays and builds a graph of what would be done.
pub struct Tracer {
    scope: ScopeId,
    state: Mutex<Tracing>,
}

struct Tracing {
    builder: GraphBuilder,
    captured: Vec<Tensor>,
}

/// A function as a graph. The graph's inputs are the function's, then the arrays it captured.
pub struct Traced {
    /// The program.
    pub graph: Graph,
    /// Arrays that the function met outside of it.
    pub captured: Vec<Tensor>,
}

impl Tracer {
    /// Runs `body` on boxes of the inputs' types.
    ///
    /// # Errors
    /// Those of `body`; an output that is not of this trace.
    pub fn trace(
        inputs: &[&Array],
        body: impl FnOnce(&[Array]) -> Result<Vec<Array>>,
    ) -> Result<Traced> {
        let mut builder = GraphBuilder::new();
        let scope = ScopeId::fresh();
        let boxes: Vec<Array> = inputs
            .iter()
            .map(|input| {
                let var = builder.weak_input(input.ty(), input.is_weak());
                let boxed = Boxed {
                    scope,
                    ty: input.ty(),
                    payload: Arc::new(var),
                };
                Array::from_boxed(boxed).with_weak(input.is_weak())
            })
            .collect();
        let state = Mutex::new(Tracing {
            builder,
            captured: Vec::new(),
        });
        let tracer = Arc::new(Tracer { scope, state });
        let outputs = with_frame(tracer.clone(), || body(&boxes))?;
        let mut state = lock(&tracer.state);
        let variables: Result<Vec<Var>> = outputs
            .iter()
            .map(|output| state.variable(scope, output))
            .collect();
        let graph = state.builder.clone().finish(&variables?);
        Ok(Traced {
            graph,
            captured: std::mem::take(&mut state.captured),
        })
    }
}

impl Tracing {
    fn variable(&mut self, scope: ScopeId, array: &Array) -> Result<Var> {
        let Some(boxed) = array.boxed() else {
            self.captured.push(array.tensor()?.clone());
            return Ok(self.builder.weak_input(array.ty(), array.is_weak()));
        };
        let var = boxed
            .payload
            .downcast_ref::<Var>()
            .filter(|_| boxed.scope == scope);
        var.copied()
            .ok_or_else(|| Error::scope("a box of another transformation is in a trace"))
    }
}

impl Frame for Tracer {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        "Tracer"
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let mut state = lock(&self.state);
        let mut variables = Vec::new();
        for input in inputs {
            variables.push(state.variable(self.scope, input.array()?)?);
        }
        let outputs = state.builder.push(prim.clone(), &variables)?;
        let boxed = outputs.into_iter().map(|var| {
            let ty = state.builder.ty(var).clone();
            Array::from_boxed(Boxed {
                scope: self.scope,
                ty,
                payload: Arc::new(var),
            })
        });
        Ok(boxed.collect())
    }
}
