//! Batching of sorting and searching.

use tnp_array::{Array, Result};
use tnp_backend::prim::{Binary, Prim, ReduceOp, Side, Unary};
use tnp_dtype::DType;
use tnp_shape::Dims;

use super::{Arg, Outputs, batched, front, run};

pub(super) fn sort(axis: usize, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(&Prim::Sort { axis }, &[&args[0].array])?))
}

pub(super) fn argsort(axis: usize, stable: bool, args: &[Arg]) -> Result<Outputs> {
    let axis = axis + 1;
    Ok(batched(run(
        &Prim::ArgSort { axis, stable },
        &[&args[0].array],
    )?))
}

/// `x < y` in the order of sorting, in which NaN comes last.
fn sorts_before(x: &Array, y: &Array) -> Result<Array> {
    let less = run(&Prim::Binary(Binary::Less), &[x, y])?;
    if !x.dtype().is_inexact() {
        return Ok(less);
    }
    let is_nan = |x: &Array| run(&Prim::Unary(Unary::IsNan), &[x]);
    let x_is_number = run(&Prim::Unary(Unary::Invert), &[&is_nan(x)?])?;
    let before_nan = run(
        &Prim::Binary(Binary::BitwiseAnd),
        &[&x_is_number, &is_nan(y)?],
    )?;
    run(&Prim::Binary(Binary::BitwiseOr), &[&less, &before_nan])
}

pub(super) fn search_sorted(side: Side, args: &[Arg], size: usize) -> Result<Outputs> {
    let [sorted, values] = args else {
        unreachable!("searchsorted takes two operands")
    };
    if !sorted.batched {
        let found = run(
            &Prim::SearchSorted { side },
            &[&sorted.array, &values.array],
        )?;
        return Ok(batched(found));
    }
    // A list of each example's own: how many of its elements come before each value.
    let values = front(values, size)?;
    let mut shape = Dims::from_slice(values.shape());
    shape.push(sorted.array.shape()[1]);
    let last = shape.len() - 1;
    let stretched = |x: &Array, dims: &[usize]| {
        let prim = Prim::BroadcastInDim {
            shape: shape.clone(),
            dims: dims.into(),
        };
        run(&prim, &[x])
    };
    let elements = stretched(&sorted.array, &[0, last])?;
    let wanted = stretched(&values, &(0..last).collect::<Vec<_>>())?;
    let before = match side {
        Side::Left => sorts_before(&elements, &wanted)?,
        Side::Right => run(
            &Prim::Unary(Unary::Invert),
            &[&sorts_before(&wanted, &elements)?],
        )?,
    };
    let count = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: [last].as_slice().into(),
        dtype: DType::Int64,
    };
    Ok(batched(run(&count, &[&before])?))
}
