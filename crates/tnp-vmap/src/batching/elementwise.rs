//! Batching of primitives that look at each element by itself: the same on the batch.

use smallvec::SmallVec;
use tnp_array::{Operand, Result, bind1};
use tnp_backend::prim::Prim;

use super::{Arg, Outputs, batched, front};

/// Batches that are given up may be overwritten; what all examples share is a view that repeats it.
pub(super) fn same(prim: &Prim, args: SmallVec<[Arg; 4]>, size: usize) -> Result<Outputs> {
    let mut operands: SmallVec<[Operand<'_>; 3]> = SmallVec::new();
    for arg in args {
        operands.push(Operand::Owned(match arg.batched {
            true => arg.array,
            false => front(&arg, size)?,
        }));
    }
    Ok(batched(bind1(prim, &mut operands)?))
}
