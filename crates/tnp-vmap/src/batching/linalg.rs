//! Batching of factorisations: axes before a matrix are a batch already.

use tnp_array::{Array, Result};
use tnp_backend::prim::{Linalg, Prim};

use super::{Arg, Outputs, batched, front, run_all};

pub(super) fn linalg(op: Linalg, args: &[Arg], size: usize) -> Result<Outputs> {
    let inputs: Result<Vec<Array>> = args.iter().map(|arg| front(arg, size)).collect();
    let outputs = run_all(&Prim::Linalg(op), &inputs?)?;
    Ok(outputs.into_iter().flat_map(batched).collect())
}
