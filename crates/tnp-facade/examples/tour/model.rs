//! The guide's model: a dense layer with relu, then a linear projection.

use tnp::prelude::*;

use crate::page;

/// A model with a dense and a linear layer. As a `Tree` it is what a gradient can be taken by, and what the gradient then is.
#[derive(Tree, Clone)]
pub(crate) struct Model {
    pub(crate) w1: Array,
    pub(crate) bias: Array,
    pub(crate) w2: Array,
}

impl Model {
    /// Random weights for inputs of so many features; float32 for speed.
    pub(crate) fn new(size: usize) -> Result<Model> {
        let stddev = sqrt(size)?.astype(Float32)?;
        Ok(Model {
            w1: random::randn([size, 64])?.astype(Float32)? / stddev,
            bias: random::randn(64)?.astype(Float32)?,
            w2: random::randn([64, 2])?.astype(Float32)? / 8,
        })
    }

    /// Two numbers for each row of the inputs.
    pub(crate) fn predict(&self, inputs: &Array) -> Result<Array> {
        let y = matmul(inputs, &self.w1)? + &self.bias;
        let y = maximum(y, 0)?; // relu
        matmul(y, &self.w2) // linear projection
    }

    /// The shapes of the weights, or of gradients.
    pub(crate) fn shapes(&self) -> Vec<&[usize]> {
        self.leaves().into_iter().map(Array::shape).collect()
    }
}

/// Squeezes numbers to between 0 and 1.
fn sigmoid(x: &Array) -> Result<Array> {
    Ok(1.0 / (1.0 + (-x).exp()?))
}

/// Predicts from random weights.
pub(crate) fn model() -> Result<()> {
    page::title("6. A model");
    page::note(
        "`Model` (in model.rs) is the guide's class: `y = matmul(inputs, &w1)? + &bias`, relu by `maximum(y, 0)`, then\n\
         `matmul(y, &w2)`.",
    );
    step! {
        random::seed(0)?;
        let model = Model::new(32)?;
        let prediction = model.predict(&ones([2, 32], Float32)?)?;
    }
    show!(
        model.w1.shape(),
        model.bias.shape(),
        model.w2.shape(),
        prediction,
        sigmoid(&prediction)?
    );

    page::note("A batch is the same call; inputs that do not fit are refused.");
    show!(
        model
            .predict(&random::randn([32, 32])?.astype(Float32)?)?
            .shape()
    );
    refused!(model.predict(&ones([2, 31], Float32)?));
    Ok(())
}
