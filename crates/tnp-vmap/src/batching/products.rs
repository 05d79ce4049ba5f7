//! Batching of sums of products: one more batch axis when both sides have one, one more free axis otherwise.

use tnp_array::Result;
use tnp_backend::prim::{Axes, DotDims, Prim};

use super::layout::shifted;
use super::{Arg, Outputs, batched, moved, run};

pub(super) fn dot_general(dims: &DotDims, args: &[Arg]) -> Result<Outputs> {
    let [x, y] = args else {
        unreachable!("a product takes two operands")
    };
    let side = |arg: &Arg, axes: &Axes| match arg.batched {
        true => shifted(axes),
        false => axes.clone(),
    };
    let mut all = DotDims {
        lhs_contract: side(x, &dims.lhs_contract),
        rhs_contract: side(y, &dims.rhs_contract),
        lhs_batch: side(x, &dims.lhs_batch),
        rhs_batch: side(y, &dims.rhs_batch),
    };
    let both = x.batched && y.batched;
    if both {
        all.lhs_batch.insert(0, 0);
        all.rhs_batch.insert(0, 0);
    }
    let batches = dims.lhs_batch.len();
    let free = x.array.ndim() - usize::from(x.batched) - batches - dims.lhs_contract.len();
    let product = run(&Prim::DotGeneral(all), &[&x.array, &y.array])?;
    // One sided, the batch is the first free axis of its side.
    let place = match (both, x.batched) {
        (true, _) => 0,
        (false, true) => batches,
        (false, false) => batches + free,
    };
    Ok(batched(moved(product, place, 0)?))
}
