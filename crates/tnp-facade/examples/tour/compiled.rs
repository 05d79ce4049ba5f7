//! The guide's traced functions: the gradients of the model, compiled.

use tnp::prelude::*;

use crate::gradients::{compute_gradients, create_batch};
use crate::model::Model;
use crate::page;
use crate::timing::timed;

/// Compiles the gradients of the model, shows what comes of it, and times both.
pub(crate) fn compiled() -> Result<()> {
    page::title("9. Traced functions");
    page::note(
        "`function` runs a closure once for each signature, keeps the graph of what it did, and runs that from then on.",
    );
    step! {
        random::seed(2)?;
        let (inputs, labels) = create_batch(512)?;
        let input = (Model::new(32)?, inputs, labels);
        let gradients = function(|(model, inputs, labels): &(Model, Array, Array)| {
            compute_gradients(model, inputs, labels)
        });
        let compiled = gradients.call(&input)?;
        let eager = compute_gradients(&input.0, &input.1, &input.2)?;
    }
    show!(
        compiled.shapes(),
        allclose(&compiled.w1, &eager.w1, Close::rtol(1e-4).atol(1e-4))?,
        gradients.trace_count()
    );

    page::note("What it does: a launch a line, with the bytes it moves.");
    page::line(&format!("{}", gradients.explain(&input)?));

    page::note("A call with 512 rows:");
    let (model, inputs, labels) = &input;
    let slow = timed("eager", || compute_gradients(model, inputs, labels))?;
    let fast = timed("compiled", || gradients.call(&input))?;
    page::row("eager / compiled", &format!("{:.2}", slow / fast));

    page::note("Values are not there yet when a function is traced; the error says what to use.");
    step! {
        let branching = function(|x: &Array| Ok(if x.sum(())?.item::<f32>()? > 0.0 { x.clone() } else { -x }));
    }
    refused!(branching.call(inputs));
    Ok(())
}
