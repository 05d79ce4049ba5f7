//! Batching of reading and writing parts: positions of each example's own get the number of the example as one more index.

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Result};
use tnp_backend::prim::{AxisIndex, Binary, Prim, ReduceOp, ScatterOp, SliceSpec, Unary};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::layout::behind;
use super::{Arg, Outputs, batched, front, moved, run};

type Parts = SmallVec<[AxisIndex; 4]>;

fn iota(shape: &[usize], axis: usize) -> Result<Array> {
    let prim = Prim::Iota {
        shape: Dims::from_slice(shape),
        dtype: DType::Int64,
        axis,
    };
    run(&prim, &[])
}

fn full(shape: &[usize], value: impl tnp_dtype::Element) -> Result<Array> {
    let prim = Prim::Full {
        shape: Dims::from_slice(shape),
        value: Literal::new(value),
    };
    run(&prim, &[])
}

fn binary(op: Binary, x: &Array, y: &Array) -> Result<Array> {
    run(&Prim::Binary(op), &[x, y])
}

fn fronted(args: &[Arg], size: usize) -> Result<Vec<Array>> {
    args.iter().map(|arg| front(arg, size)).collect()
}

/// The parts with the whole batch in front.
fn whole(axes: &[AxisIndex], size: usize) -> Parts {
    let mut all: Parts = smallvec![AxisIndex::Slice(SliceSpec::full(size))];
    all.extend_from_slice(axes);
    all
}

/// The parts with an index of the example in front.
fn one_each(axes: &[AxisIndex]) -> Parts {
    let mut all: Parts = smallvec![AxisIndex::Index];
    all.extend_from_slice(axes);
    all
}

pub(super) fn gather(
    axes: &[AxisIndex],
    index_axes_at: usize,
    args: &[Arg],
    size: usize,
) -> Result<Outputs> {
    let Some((x, indices)) = args.split_first() else {
        unreachable!("gather takes an array")
    };
    if indices.iter().all(|index| !index.batched) {
        let prim = Prim::Gather {
            axes: whole(axes, size),
            index_axes_at: index_axes_at + 1,
        };
        let inputs: Vec<&Array> = args.iter().map(|arg| &arg.array).collect();
        return Ok(batched(run(&prim, &inputs)?));
    }
    let mut inputs = vec![x.array.clone()];
    if x.batched {
        inputs.push(Array::clone(&front(&indices[0], size)?));
        inputs[1] = iota(inputs[1].shape(), 0)?;
    }
    inputs.extend(fronted(indices, size)?);
    let prim = Prim::Gather {
        axes: if x.batched {
            one_each(axes)
        } else {
            axes.into()
        },
        index_axes_at,
    };
    let read = run(&prim, &inputs.iter().collect::<Vec<_>>())?;
    Ok(batched(moved(read, index_axes_at, 0)?))
}

pub(super) fn scatter(
    op: ScatterOp,
    axes: &[AxisIndex],
    index_axes_at: usize,
    args: &[Arg],
    size: usize,
) -> Result<Outputs> {
    let [x, indices @ .., update] = args else {
        unreachable!("scatter takes an array and an update")
    };
    let (x, update) = (front(x, size)?, front(update, size)?);
    if indices.iter().all(|index| !index.batched) {
        let prim = Prim::Scatter {
            op,
            axes: whole(axes, size),
            index_axes_at: index_axes_at + 1,
        };
        let mut inputs = vec![&x];
        inputs.extend(indices.iter().map(|index| &index.array));
        inputs.push(&update);
        return Ok(batched(run(&prim, &inputs)?));
    }
    let indices = fronted(indices, size)?;
    let example = iota(indices[0].shape(), 0)?;
    let update = moved(update, 0, index_axes_at)?;
    let prim = Prim::Scatter {
        op,
        axes: one_each(axes),
        index_axes_at,
    };
    let mut inputs = vec![&x, &example];
    inputs.extend(&indices);
    inputs.push(&update);
    Ok(batched(run(&prim, &inputs)?))
}

/// Positions of the elements of blocks that begin at each example's own starts: one index array an axis, the example's first.
fn positions(sizes: &[usize], starts: &[Arg], size: usize) -> Result<Vec<Array>> {
    let shape = behind(size, sizes);
    let mut positions = vec![iota(&shape, 0)?];
    for (axis, start) in starts.iter().enumerate() {
        let prim = Prim::BroadcastInDim {
            shape: shape.clone(),
            dims: smallvec![0],
        };
        let start = run(&prim, &[&front(start, size)?])?;
        positions.push(binary(Binary::Add, &start, &iota(&shape, axis + 1)?)?);
    }
    Ok(positions)
}

pub(super) fn dynamic_slice(sizes: &Dims, args: &[Arg], size: usize) -> Result<Outputs> {
    let Some((x, starts)) = args.split_first() else {
        unreachable!("a slice takes an array")
    };
    if starts.iter().all(|start| !start.batched) {
        let prim = Prim::DynamicSlice {
            sizes: behind(size, sizes),
        };
        let zero = full(&[], 0i64)?;
        let mut inputs = vec![&x.array, &zero];
        inputs.extend(starts.iter().map(|start| &start.array));
        return Ok(batched(run(&prim, &inputs)?));
    }
    let x = front(x, size)?;
    let positions = positions(sizes, starts, size)?;
    let prim = Prim::Gather {
        axes: smallvec![AxisIndex::Index; positions.len()],
        index_axes_at: 0,
    };
    let mut inputs = vec![&x];
    inputs.extend(&positions);
    Ok(batched(run(&prim, &inputs)?))
}

pub(super) fn dynamic_update_slice(args: &[Arg], size: usize) -> Result<Outputs> {
    let [x, update, starts @ ..] = args else {
        unreachable!("an update takes an array and a block")
    };
    let (x, update) = (front(x, size)?, front(update, size)?);
    if starts.iter().all(|start| !start.batched) {
        let zero = full(&[], 0i64)?;
        let mut inputs = vec![&x, &update, &zero];
        inputs.extend(starts.iter().map(|start| &start.array));
        return Ok(batched(run(&Prim::DynamicUpdateSlice, &inputs)?));
    }
    let positions = positions(&update.shape()[1..], starts, size)?;
    let prim = Prim::Scatter {
        op: ScatterOp::Set,
        axes: smallvec![AxisIndex::Index; positions.len()],
        index_axes_at: 0,
    };
    let mut inputs = vec![&x];
    inputs.extend(&positions);
    inputs.push(&update);
    Ok(batched(run(&prim, &inputs)?))
}

/// The first `count` positions of each example: false sorts before true, stably, so those of the zeros come last.
pub(super) fn nonzero(count: usize, args: &[Arg], size: usize) -> Result<Outputs> {
    let x = &args[0].array;
    let shape = Dims::from_slice(&x.shape()[1..]);
    let elements: usize = shape.iter().product();
    let flat = Prim::Reshape {
        shape: Dims::from_slice(&[size, elements]),
    };
    let truth = run(&Prim::Cast { dtype: DType::Bool }, &[x])?;
    let truth = run(&flat, &[&truth])?;
    let zeros = run(&Prim::Unary(Unary::Invert), &[&truth])?;
    let order = run(
        &Prim::ArgSort {
            axis: 1,
            stable: true,
        },
        &[&zeros],
    )?;
    let first = Prim::Slice {
        axes: smallvec![SliceSpec::full(size), SliceSpec::full(count)],
    };
    let order = run(&first, &[&order])?;
    let total = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: smallvec![1],
        dtype: DType::Int64,
    };
    let total = run(&total, &[&truth])?;
    let stretch = Prim::BroadcastInDim {
        shape: Dims::from_slice(&[size, count]),
        dims: smallvec![0],
    };
    let total = run(&stretch, &[&total])?;
    let there = binary(Binary::Less, &iota(&[size, count], 1)?, &total)?;
    let none = full(&[size, count], 0i64)?;
    let mut rest = run(&Prim::Select, &[&there, &order, &none])?;
    let mut found = Vec::new();
    for &dim in shape.iter().rev() {
        let dim = full(&[size, count], dim as i64)?;
        found.push(binary(Binary::Remainder, &rest, &dim)?);
        rest = binary(Binary::FloorDivide, &rest, &dim)?;
    }
    Ok(found.into_iter().rev().flat_map(batched).collect())
}
