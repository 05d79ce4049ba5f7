//! Batching of factorisations: axes before a matrix are a batch already.

use tnp_array::{Array, DType, Operand, Result, bind1};
use tnp_backend::prim::{Linalg, Prim, ReduceOp};

use super::{Arg, Outputs, batched, front, run_all};

pub(super) fn linalg(op: Linalg, args: &[Arg], size: usize) -> Result<Outputs> {
    if let Linalg::Require(_) = op {
        return require(op, args, size);
    }
    let inputs: Result<Vec<Array>> = args.iter().map(|arg| front(arg, size)).collect();
    let outputs = run_all(&Prim::Linalg(op), &inputs?)?;
    Ok(outputs.into_iter().flat_map(batched).collect())
}

/// What is required of one example is required of all.
fn require(op: Linalg, args: &[Arg], size: usize) -> Result<Outputs> {
    let holds = front(&args[0], size)?;
    let all = Prim::Reduce {
        op: ReduceOp::All,
        axes: [0].into_iter().collect(),
        dtype: DType::Bool,
    };
    let holds = bind1(&all, &mut [Operand::Borrowed(&holds)])?;
    let outputs = run_all(&Prim::Linalg(op), &[holds, front(&args[1], size)?])?;
    Ok(outputs.into_iter().flat_map(batched).collect())
}
