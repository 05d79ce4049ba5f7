//! Batching of reading and writing parts: positions of each example's own get the number of the example as one more index.

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Error, Result};
use tnp_backend::prim::{Axes, AxisIndex, Binary, Prim, ReduceOp, ScatterOp, SliceSpec, Unary};
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

/// A step whose axes are an example's, moved one on: what is out of bounds is told by the axis that the user's function sees.
fn behind_batch(prim: &Prim, inputs: &[&Array]) -> Result<Array> {
    run(prim, inputs).map_err(|error| example_axis(prim, &error).unwrap_or(error))
}

fn example_axis(prim: &Prim, error: &Error) -> Option<Error> {
    const AXIS: &str = "out of bounds for axis ";
    let text = error.message();
    let text = text
        .strip_prefix(prim.name())
        .and_then(|text| text.strip_prefix(": "))
        .unwrap_or(text);
    let (before, rest) = text.split_once(AXIS)?;
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let axis: usize = rest[..rest.len() - after.len()].parse().ok()?;
    let axis = axis.checked_sub(1)?;
    Some(Error::index(format!("{before}{AXIS}{axis}{after}")).in_prim(prim.name()))
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
        return Ok(batched(behind_batch(&prim, &inputs)?));
    }
    let indices = fronted(indices, size)?;
    let mut inputs = vec![x.array.clone()];
    if x.batched {
        inputs.push(iota(indices[0].shape(), 0)?);
    }
    inputs.extend(indices);
    let prim = Prim::Gather {
        axes: if x.batched {
            one_each(axes)
        } else {
            axes.into()
        },
        index_axes_at,
    };
    let inputs: Vec<&Array> = inputs.iter().collect();
    let read = match x.batched {
        true => behind_batch(&prim, &inputs)?,
        false => run(&prim, &inputs)?,
    };
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
        return Ok(batched(behind_batch(&prim, &inputs)?));
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
    Ok(batched(behind_batch(&prim, &inputs)?))
}

/// Positions as they are, but for negative ones, which count from nowhere here: past the end, where reading refuses them.
pub(super) fn not_negative(positions: &Array, end: usize) -> Result<Array> {
    let zero = full(positions.shape(), 0i64)?;
    let end = full(positions.shape(), end as i64)?;
    let negative = binary(Binary::Less, positions, &zero)?;
    run(&Prim::Select, &[&negative, &end, positions])
}

/// Where blocks lie that begin at each example's own starts.
struct Block {
    /// An index array for the example, and one for each axis along which the block is less than all, or begins at an example's own start.
    axes: Parts,
    positions: Vec<Array>,
    /// The axes of the block (the example's is 0) in the order in which a gather gives them: those with index arrays first.
    order: Axes,
}

impl Block {
    fn new(whole: &[usize], sizes: &[usize], starts: &[Arg], size: usize) -> Result<Block> {
        let indexed = |axis: usize| starts[axis].batched || sizes[axis] != whole[axis];
        let (own, rest): (Axes, Axes) = (0..sizes.len()).partition(|&axis| indexed(axis));
        let mut shape: Dims = smallvec![size];
        shape.extend(own.iter().map(|&axis| sizes[axis]));
        let mut example = iota(&shape, 0)?;
        for &axis in &rest {
            // All of an axis begins at 0: reading the start out of a list of that one number refuses any other.
            let only = Prim::Gather {
                axes: smallvec![AxisIndex::Index],
                index_axes_at: 0,
            };
            let start = not_negative(&starts[axis].array, 1)?;
            let zero = run(&only, &[&full(&[1], 0i64)?, &start])?;
            let zero = run(&stretch(&shape, &[]), &[&zero])?;
            example = binary(Binary::Add, &example, &zero)?;
        }
        let mut positions = vec![example];
        for (at, &axis) in own.iter().enumerate() {
            let start = not_negative(&front(&starts[axis], size)?, whole[axis])?;
            let start = run(&stretch(&shape, &[0]), &[&start])?;
            positions.push(binary(Binary::Add, &start, &iota(&shape, at + 1)?)?);
        }
        let mut axes: Parts = smallvec![AxisIndex::Index];
        axes.extend((0..sizes.len()).map(|axis| match indexed(axis) {
            true => AxisIndex::Index,
            false => AxisIndex::Slice(SliceSpec::full(whole[axis])),
        }));
        let order = std::iter::once(0).chain(own.iter().chain(&rest).map(|axis| axis + 1));
        Ok(Block {
            axes,
            positions,
            order: order.collect(),
        })
    }
}

fn stretch(shape: &Dims, dims: &[usize]) -> Prim {
    Prim::BroadcastInDim {
        shape: shape.clone(),
        dims: dims.into(),
    }
}

pub(super) fn dynamic_slice(sizes: &Dims, args: &[Arg], size: usize) -> Result<Outputs> {
    let (x, starts) = (&args[0], &args[1..]);
    if starts.iter().all(|start| !start.batched) {
        let prim = Prim::DynamicSlice {
            sizes: behind(size, sizes),
        };
        let zero = full(&[], 0i64)?;
        let mut inputs = vec![&x.array, &zero];
        inputs.extend(starts.iter().map(|start| &start.array));
        return Ok(batched(behind_batch(&prim, &inputs)?));
    }
    let whole = &x.array.shape()[usize::from(x.batched)..];
    let mut block = Block::new(whole, sizes, starts, size)?;
    if !x.batched {
        // One array for all: the example's number would index nothing. Its checks of starts are in the positions all the same.
        let example = block.positions.remove(0);
        block.axes.remove(0);
        let none = binary(Binary::Subtract, &example, &iota(example.shape(), 0)?)?;
        block.positions[0] = binary(Binary::Add, &block.positions[0], &none)?;
    }
    let prim = Prim::Gather {
        axes: block.axes,
        index_axes_at: 0,
    };
    let mut inputs = vec![&x.array];
    inputs.extend(&block.positions);
    let read = match x.batched {
        true => behind_batch(&prim, &inputs)?,
        false => run(&prim, &inputs)?,
    };
    let back = |axis| block.order.iter().position(|&other| other == axis);
    let permutation = (0..read.ndim()).filter_map(back).collect();
    Ok(batched(run(&Prim::Transpose { permutation }, &[&read])?))
}

pub(super) fn dynamic_update_slice(args: &[Arg], size: usize) -> Result<Outputs> {
    let (x, update, starts) = (&args[0], &args[1], &args[2..]);
    let (x, update) = (front(x, size)?, front(update, size)?);
    if starts.iter().all(|start| !start.batched) {
        let zero = full(&[], 0i64)?;
        let mut inputs = vec![&x, &update, &zero];
        inputs.extend(starts.iter().map(|start| &start.array));
        return Ok(batched(behind_batch(&Prim::DynamicUpdateSlice, &inputs)?));
    }
    let block = Block::new(&x.shape()[1..], &update.shape()[1..], starts, size)?;
    let permutation = block.order;
    let update = run(&Prim::Transpose { permutation }, &[&update])?;
    let prim = Prim::Scatter {
        op: ScatterOp::Set,
        axes: block.axes,
        index_axes_at: 0,
    };
    let mut inputs = vec![&x];
    inputs.extend(&block.positions);
    inputs.push(&update);
    Ok(batched(behind_batch(&prim, &inputs)?))
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
