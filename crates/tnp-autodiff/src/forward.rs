//! `Forward`: the frame that carries derivatives along with values. Arrays stay concrete; tangents are known by id.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tnp_array::{Array, Frame, Operand, Result, Results, ScopeId, bind, unwatch, watch_id};
use tnp_backend::prim::Prim;

use crate::flow::Flow;
use crate::ids::ById;
use crate::rules::{self, Flows};

pub(crate) struct Forward {
    scope: ScopeId,
    tangents: Mutex<ById<Flow>>,
    marks: bool,
}

impl Forward {
    /// For a trace, out of which nothing can escape.
    pub(crate) fn new() -> Arc<Forward> {
        Forward::with_marks(false)
    }

    /// For a user's function: arrays that have a tangent are an error outside the context.
    pub(crate) fn marking() -> Arc<Forward> {
        Forward::with_marks(true)
    }

    fn with_marks(marks: bool) -> Arc<Forward> {
        Arc::new(Forward {
            scope: ScopeId::fresh(),
            tangents: Mutex::default(),
            marks,
        })
    }

    fn lock(&self) -> MutexGuard<'_, ById<Flow>> {
        self.tangents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an array its tangent.
    pub(crate) fn set(&self, x: &Array, tangent: Flow) {
        self.lock().insert(x.id(), tangent);
        if self.marks {
            watch_id(x.id(), self.scope);
        }
    }

    /// An array's tangent; `None` is zero.
    pub(crate) fn get(&self, x: &Array) -> Option<Flow> {
        self.lock().get(&x.id()).cloned()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        if self.marks {
            unwatch(self.scope);
        }
    }
}

impl Frame for Forward {
    fn scope(&self) -> ScopeId {
        self.scope
    }

    fn name(&self) -> &'static str {
        "jvp"
    }

    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let flows: SmallVec<[Option<Flow>; 3]> = {
            let tangents = self.lock();
            inputs
                .iter()
                .map(|input| tangents.get(&input.as_array()?.id()).cloned())
                .collect()
        };
        if flows.iter().all(Option::is_none) {
            return bind(prim, inputs);
        }
        let mut values: SmallVec<[Array; 3]> = SmallVec::new();
        for input in inputs.iter_mut() {
            values.push(input.array()?.clone());
        }
        let (results, tangents) =
            rules_of(prim, &values, inputs, &flows).map_err(|error| error.in_op(prim.name()))?;
        for (result, tangent) in results.iter().zip(tangents) {
            // A result that is its input already has its tangent.
            let same = values.iter().any(|value| value.id() == result.id());
            if let Some(tangent) = tangent.filter(|_| !same) {
                self.set(result, tangent);
            }
        }
        Ok(results)
    }
}

fn rules_of(
    prim: &Prim,
    values: &[Array],
    inputs: &mut [Operand<'_>],
    flows: &[Option<Flow>],
) -> Result<(Results, Flows)> {
    let both = if let Prim::Call { graph } = prim {
        rules::forward_call(graph, values, flows)?
    } else if let Prim::Switch { branches } = prim {
        rules::forward_switch(branches, values, flows)?
    } else if let Prim::While { condition, body } = prim {
        rules::forward_loop(condition, body, values, flows)?
    } else if let Prim::Scan {
        body,
        carry,
        length,
        reverse,
    } = prim
    {
        rules::forward_scan((body, *carry, *length, *reverse), values, flows)?
    } else {
        let results = bind(prim, inputs)?;
        let tangents = rules::jvp(prim, values, &results, flows)?;
        return Ok((results, tangents));
    };
    Ok((both.0.into(), both.1))
}
