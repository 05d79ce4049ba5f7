//! Gather and scatter: reading and writing where index arrays say.

use tnp_backend::prim::{AxisIndex, Binary, ScatterOp};
use tnp_backend::{Error, Result, Tensor, TensorType};
use tnp_dtype::Literal;

use crate::elements::{coordinates, number, read};
use crate::elementwise::binary_of;

/// A place on an axis: a negative index counts from the end, and one out of bounds is an error, never clamped.
fn checked(index: &Literal, axis: usize, size: usize) -> Result<usize> {
    let index = index.value::<i64>();
    let place = if index < 0 {
        i128::from(index) + size as i128
    } else {
        i128::from(index)
    };
    match usize::try_from(place) {
        Ok(place) if place < size => Ok(place),
        _ => Err(Error::index(format!(
            "index {index} is out of bounds for axis {axis} with size {size}"
        ))),
    }
}

/// For each element of what is read or written, in C order, the number of the element of `x` that is meant.
fn places(
    axes: &[AxisIndex],
    index_axes_at: usize,
    x: &Tensor,
    indices: &[&Tensor],
    shape: &[usize],
) -> Result<Vec<usize>> {
    let index_shape = indices.first().map_or(&[][..], |index| index.shape());
    // Indices are checked even when nothing is read, as NumPy does.
    let mut wanted = Vec::new();
    let indexed = axes
        .iter()
        .enumerate()
        .filter(|(_, what)| **what == AxisIndex::Index);
    for ((axis, _), index) in indexed.zip(indices) {
        let size = x.shape()[axis];
        let values = read(index)?;
        let places = values.iter().map(|index| checked(index, axis, size));
        wanted.push(places.collect::<Result<Vec<usize>>>()?);
    }
    let place = |at: usize| {
        let mut sliced = coordinates(shape, at);
        let index: Vec<usize> = sliced
            .drain(index_axes_at..index_axes_at + index_shape.len())
            .collect();
        let at = number(index_shape, &index);
        let (mut sliced, mut wanted) = (sliced.into_iter(), wanted.iter());
        let along = axes.iter().map(|what| match what {
            AxisIndex::Slice(spec) => {
                let steps = sliced.next().unwrap_or(0) as isize;
                (spec.start as isize + steps * spec.step) as usize
            }
            AxisIndex::Index => wanted.next().map_or(0, |places| places[at]),
        });
        number(x.shape(), &along.collect::<Vec<usize>>())
    };
    Ok((0..shape.iter().product()).map(place).collect())
}

/// The elements of `x` at the places.
pub(crate) fn gather(
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[&Tensor],
    ty: &TensorType,
) -> Result<Vec<Literal>> {
    let places = places(axes, index_axes_at, inputs[0], &inputs[1..], &ty.shape)?;
    let values = read(inputs[0])?;
    Ok(places.into_iter().map(|place| values[place]).collect())
}

/// `x` with the update combined in at the places; of several writes to one place the last stays.
pub(crate) fn scatter(
    op: ScatterOp,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[&Tensor],
) -> Result<Vec<Literal>> {
    let (x, update) = (inputs[0], inputs[inputs.len() - 1]);
    let indices = &inputs[1..inputs.len() - 1];
    let places = places(axes, index_axes_at, x, indices, update.shape())?;
    let mut values = read(x)?;
    let with = match op {
        ScatterOp::Set => None,
        ScatterOp::Add => Some(Binary::Add),
        ScatterOp::Multiply => Some(Binary::Multiply),
        ScatterOp::Minimum => Some(Binary::Minimum),
        ScatterOp::Maximum => Some(Binary::Maximum),
    };
    for (place, new) in places.into_iter().zip(read(update)?) {
        let combined = with.and_then(|with| binary_of(with, values[place], new));
        values[place] = combined.unwrap_or(new);
    }
    Ok(values)
}
