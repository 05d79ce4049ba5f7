//! Batching of primitives that move elements: one more axis in front.

use smallvec::{SmallVec, smallvec};
use tnp_array::Result;
use tnp_backend::prim::{Axes, Prim, SliceSpec};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::{Arg, Outputs, batched, front, run};

/// A shape behind the batch.
pub(super) fn behind(size: usize, shape: &[usize]) -> Dims {
    let mut all: Dims = smallvec![size];
    all.extend_from_slice(shape);
    all
}

pub(super) fn shifted(axes: &[usize]) -> Axes {
    axes.iter().map(|axis| axis + 1).collect()
}

pub(super) fn reshape(shape: &Dims, args: &[Arg], size: usize) -> Result<Outputs> {
    let shape = behind(size, shape);
    Ok(batched(run(&Prim::Reshape { shape }, &[&args[0].array])?))
}

pub(super) fn transpose(permutation: &Axes, args: &[Arg]) -> Result<Outputs> {
    let mut all: Axes = smallvec![0];
    all.extend(shifted(permutation));
    let prim = Prim::Transpose { permutation: all };
    Ok(batched(run(&prim, &[&args[0].array])?))
}

pub(super) fn broadcast(shape: &Dims, dims: &Axes, args: &[Arg], size: usize) -> Result<Outputs> {
    let mut all: Axes = smallvec![0];
    all.extend(shifted(dims));
    let prim = Prim::BroadcastInDim {
        shape: behind(size, shape),
        dims: all,
    };
    Ok(batched(run(&prim, &[&args[0].array])?))
}

pub(super) fn slice(axes: &[SliceSpec], args: &[Arg], size: usize) -> Result<Outputs> {
    let mut all: SmallVec<[SliceSpec; 4]> = smallvec![SliceSpec::full(size)];
    all.extend_from_slice(axes);
    Ok(batched(run(&Prim::Slice { axes: all }, &[&args[0].array])?))
}

pub(super) fn pad(low: &Dims, high: &Dims, args: &[Arg], size: usize) -> Result<Outputs> {
    let [x, value] = args else {
        unreachable!("pad takes an array and a value")
    };
    let prim = Prim::Pad {
        low: behind(0, low),
        high: behind(0, high),
    };
    let x = front(x, size)?;
    if !value.batched {
        return Ok(batched(run(&prim, &[&x, &value.array])?));
    }
    // A border of each example's own: padded with anything, and chosen where nothing of x is.
    let full = |shape: &[usize], value| Prim::Full {
        shape: Dims::from_slice(shape),
        value,
    };
    let padded = run(
        &prim,
        &[&x, &run(&full(&[], Literal::zero(x.dtype())), &[])?],
    )?;
    let inside = run(&full(x.shape(), Literal::new(true)), &[])?;
    let outside = run(&full(&[], Literal::zero(DType::Bool)), &[])?;
    let inside = run(&prim, &[&inside, &outside])?;
    let border = Prim::BroadcastInDim {
        shape: Dims::from_slice(padded.shape()),
        dims: smallvec![0],
    };
    let border = run(&border, &[&value.array])?;
    Ok(batched(run(&Prim::Select, &[&inside, &padded, &border])?))
}

pub(super) fn concatenate(axis: usize, args: &[Arg], size: usize) -> Result<Outputs> {
    let parts: Result<Vec<_>> = args.iter().map(|arg| front(arg, size)).collect();
    let parts = parts?;
    let prim = Prim::Concatenate { axis: axis + 1 };
    Ok(batched(run(&prim, &parts.iter().collect::<Vec<_>>())?))
}
