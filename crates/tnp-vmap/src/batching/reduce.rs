//! Batching of combinations along axes: each axis is one further.

use tnp_array::Result;
use tnp_backend::prim::{ArgReduceOp, Axes, CumulativeOp, Prim, ReduceOp};
use tnp_dtype::DType;

use super::layout::shifted;
use super::{Arg, Outputs, batched, run};

pub(super) fn reduce(op: ReduceOp, axes: &Axes, dtype: DType, args: &[Arg]) -> Result<Outputs> {
    let axes = shifted(axes);
    Ok(batched(run(
        &Prim::Reduce { op, axes, dtype },
        &[&args[0].array],
    )?))
}

pub(super) fn arg_reduce(op: ArgReduceOp, axis: usize, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(
        &Prim::ArgReduce { op, axis },
        &[&args[0].array],
    )?))
}

pub(super) fn cumulative(
    op: CumulativeOp,
    axis: usize,
    reverse: bool,
    dtype: DType,
    args: &[Arg],
) -> Result<Outputs> {
    let prim = Prim::Cumulative {
        op,
        axis: axis + 1,
        reverse,
        dtype,
    };
    Ok(batched(run(&prim, &[&args[0].array])?))
}
