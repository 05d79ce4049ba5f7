//! Type promotion in its five modes.

use tnp::prelude::*;

use crate::page;

/// The guide's sums of all pairs of dtypes, in every mode.
pub(crate) fn promotion() -> Result<()> {
    page::title("2. Type promotion");
    page::note(
        "What a sum of two dtypes is depends on the mode, NumPy's unless one says otherwise. A mode holds for a scope:\n\
         `with_mode(Mode::Safe, || …)`.",
    );
    step! {
        let values = [Int32, Int64, Float32, Float64].map(|dtype| asarray(1, dtype));
    }
    for (mode, rules) in [
        (Mode::Numpy, "NumPy 2"),
        (
            Mode::Legacy,
            "TensorFlow's NumPy behaviour, as the guide has it",
        ),
        (Mode::All, "JAX's lattice"),
        (Mode::Safe, "the part of JAX's lattice that loses nothing"),
        (Mode::Strict, "none: the dtypes must be the same"),
    ] {
        page::note(&format!("Mode::{}: {rules}", mode.name()));
        with_mode(mode, || {
            for (i, x) in values.iter().enumerate() {
                for y in &values[i + 1..] {
                    sum(x, y)?;
                }
            }
            sum(&asarray(1, Int8), &asarray(1, UInt8))?;
            sum(&asarray(1, Float16), &asarray(1, BFloat16))
        })?;
    }

    page::note("Rust's numbers give way to arrays; how far, depends on the mode too.");
    step! {
        let x = ones(3, Int32)?;
    }
    for mode in Mode::ALL {
        let sum = with_mode(mode, || add(&x, 2.5));
        page::row(&format!("Mode::{mode:?}: x + 2.5"), &outcome(sum));
    }
    Ok(())
}

/// Prints the dtypes of a sum's operands, and the sum's own.
fn sum(x: &Result<Array>, y: &Result<Array>) -> Result<()> {
    let dtype = |x: &Result<Array>| x.as_ref().map(Array::dtype).map_err(Error::clone);
    page::row(
        &format!("{} + {}", dtype(x)?, dtype(y)?),
        &outcome(add(x, y)),
    );
    Ok(())
}

/// The dtype of a result, or why there is none.
fn outcome(result: Result<Array>) -> String {
    match result {
        Ok(x) => x.dtype().to_string(),
        Err(error) => format!("error: {error}"),
    }
}
