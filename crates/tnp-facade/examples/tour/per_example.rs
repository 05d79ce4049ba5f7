//! The guide's gradients of each example in a batch: a map, and the loop that it replaces.

use tnp::prelude::*;

use crate::gradients::{compute_gradients, create_batch};
use crate::model::Model;
use crate::page;
use crate::timing::timed;

/// The gradients for one example.
fn single_example(model: &Model, (input, label): &(Array, Array)) -> Result<Model> {
    compute_gradients(model, &expand_dims(input, 0)?, &expand_dims(label, 0)?)
}

/// Maps the gradient over a batch, and times that against a loop.
pub(crate) fn per_example() -> Result<()> {
    page::title("10. Vectorised maps");
    page::note(
        "`vectorized_map` runs a function of one example on all of them at once. Here that function is `compute_gradients`.",
    );
    step! {
        random::seed(3)?;
        let model = Model::new(32)?;
        let batch = create_batch(128)?;
        let gradients = vectorized_map(|example: &(Array, Array)| single_example(&model, example), &batch)?;
    }
    show!(model.shapes(), gradients.shapes());

    page::note(
        "`map_fn` gives the same, one example after another; and all examples together make the gradient of the batch.",
    );
    step! {
        let looped = map_fn(|example: &(Array, Array)| single_example(&model, example), &batch)?;
        let whole = compute_gradients(&model, &batch.0, &batch.1)?;
    }
    show!(
        allclose(&gradients.w1, &looped.w1, Close::rtol(1e-4).atol(1e-4))?,
        allclose(
            gradients.w1.sum(0)?,
            &whole.w1,
            Close::rtol(1e-4).atol(1e-4)
        )?
    );

    page::note("A call with 128 examples:");
    let mapped = |model: &Model, batch: &(Array, Array)| {
        vectorized_map(
            |example: &(Array, Array)| single_example(model, example),
            batch,
        )
    };
    let compiled = function(|(model, batch): &(Model, (Array, Array))| mapped(model, batch));
    let loops = timed("map_fn", || {
        map_fn(
            |example: &(Array, Array)| single_example(&model, example),
            &batch,
        )
    })?;
    let eager = timed("vectorized_map", || mapped(&model, &batch))?;
    let input = (model.clone(), batch.clone());
    let traced = timed("vectorized_map, compiled", || compiled.call(&input))?;
    page::row(
        "map_fn / vectorized_map, eager and compiled",
        &format!("{:.1} and {:.1}", loops / eager, loops / traced),
    );

    page::note("Axes can be chosen, and what is shared is left out.");
    show!(vmap(
        |(column, scale): &(Array, Array)| (column * scale).sum(()),
        &(ones([3, 2], ())?, array(5, ())?),
        Vmap::in_axes([Some(1), None])
    )?);
    refused!(vectorized_map(
        |(x, y): &(Array, Array)| x + y,
        &(ones(3, ())?, ones(4, ())?)
    ));
    Ok(())
}
