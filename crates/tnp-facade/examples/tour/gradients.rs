//! The guide's gradients and jacobians, on a tape.

use tnp::prelude::*;

use crate::model::Model;
use crate::page;

/// Random inputs and labels.
pub(crate) fn create_batch(size: usize) -> Result<(Array, Array)> {
    Ok((
        random::randn([size, 32])?.astype(Float32)?,
        random::randn([size, 2])?.astype(Float32)?,
    ))
}

/// Gradients of the squared loss between predictions and labels.
pub(crate) fn compute_gradients(model: &Model, inputs: &Array, labels: &Array) -> Result<Model> {
    let tape = GradientTape::new();
    tape.watch(model)?;
    let loss = tape.record(|| square(model.predict(inputs)? - labels)?.sum(()))?;
    tape.gradient(&loss, model)
}

/// The gradient of the model, which is a model, and a jacobian for each row of a batch.
pub(crate) fn gradients() -> Result<()> {
    page::title("8. Gradients and jacobians");
    page::note(
        "`compute_gradients` (in gradients.rs) watches the model on a `GradientTape` and records the squared loss. `Model` is\n\
         `#[derive(Tree)]`, so its gradient comes back as a `Model`.",
    );
    step! {
        random::seed(1)?;
        let model = Model::new(32)?;
        let (inputs, labels) = create_batch(32)?;
        let gradients = compute_gradients(&model, &inputs, &labels)?;
    }
    show!(
        model.shapes(),
        gradients.shapes(),
        gradients.w2.get(s![..3])?
    );

    page::note("Without a tape: the gradient of a function.");
    step! {
        let loss = |model: &Model| square(model.predict(&inputs)? - &labels)?.sum(());
        let slope = grad(loss, &model)?;
    }
    show!(allclose(&slope.w1, &gradients.w1, ())?);

    page::note("Each row of a batch jacobian belongs to one row of the inputs.");
    step! {
        let batch = ones([16, 32], Float32)?;
        let tape = GradientTape::new();
        tape.watch(&batch)?;
        let output = tape.record(|| model.predict(&batch))?;
        let jacobian = tape.batch_jacobian(&output, &batch)?;
    }
    show!(output.shape(), batch.shape(), jacobian.shape());

    page::note("A tape is used up by one gradient, and knows what it has recorded.");
    refused!(tape.gradient(&output, &batch));
    step! {
        let tape = GradientTape::new();
        tape.watch(&batch)?;
    }
    refused!(tape.gradient(&output, &batch));
    Ok(())
}
