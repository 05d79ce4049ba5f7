//! `debug_nans`: a graph run step by step, each result looked at.

use tnp_array::{Array, Error, Operand, Result, bind1};
use tnp_backend::prim::{Prim, ReduceOp, Unary};
use tnp_dtype::DType;

use crate::trace::{Traced, replay_watched};

/// Calls a traced function, stopping at the first step that gives NaN out of inputs without any.
pub(crate) fn call(name: &str, traced: &Traced, inputs: &[&Array]) -> Result<Vec<Array>> {
    let inputs = traced.inputs(inputs)?;
    let outputs = replay_watched(&traced.graph, inputs, &mut |step, equation, results| {
        for result in results {
            if has_nan(result)? {
                return Err(Error::value(format!(
                    "{name}: step {step}, {}, gives NaN ({}); step by step the graph is\n{}",
                    equation.prim.name(),
                    result.ty(),
                    traced.graph
                )));
            }
        }
        Ok(())
    })?;
    Ok(outputs)
}

fn has_nan(x: &Array) -> Result<bool> {
    if !x.dtype().is_inexact() || x.boxed().is_some() {
        return Ok(false);
    }
    let nans = bind1(&Prim::Unary(Unary::IsNan), &mut [Operand::Borrowed(x)])?;
    let any = Prim::Reduce {
        op: ReduceOp::Any,
        axes: (0..x.ndim()).collect(),
        dtype: DType::Bool,
    };
    bind1(&any, &mut [Operand::Owned(nans)])?.item::<bool>()
}
