//! Scatter: a copy of the array with an update written or combined where slices and index arrays say.
//!
//! Positions that name the same place are brought together by a stable sort, and one unit does all of a place in order: the
//! last of several is what stays, and sums come out the same each time.

use smallvec::SmallVec;
use tnp_backend::prim::{AxisIndex, Binary, ScatterOp};
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;

use crate::binary;
use crate::code::{I64, Memory, U32, V, cell, int, truth, when, while_};
use crate::elementwise::{UNITS, copy};
use crate::gpu::{Gpu, index, one, step};
use crate::indexing::{Indexed, Numbers, Place, split};
use crate::kernel::{Kernel, each, given};
use crate::types::{Val, load, storage, store, val_cell};

fn combine(op: ScatterOp, dtype: DType, old: Val, new: Val) -> Val {
    let op = match op {
        ScatterOp::Set => return new,
        ScatterOp::Add => Binary::Add,
        ScatterOp::Multiply => Binary::Multiply,
        ScatterOp::Minimum => Binary::Minimum,
        ScatterOp::Maximum => Binary::Maximum,
    };
    binary::binary(op, dtype, old, new)
}

/// Writes an update into a copy.
pub(crate) fn scatter(
    gpu: &Gpu,
    op: ScatterOp,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let output = copy(gpu, inputs[0].tensor)?;
    let (indices, update) = inputs[1..].split_at(inputs.len() - 2);
    let update = update[0].tensor;
    if update.layout.size() == 0 || ty.size() == 0 {
        return one(output);
    }
    let indices: SmallVec<[&Tensor; 4]> = indices.iter().map(|arg| arg.tensor).collect();
    let indexed = Indexed::new(&output, axes, &indices);
    let order = match indexed.arrays {
        0 => None,
        _ => Some(grouped(gpu, &indexed, &indices, &output)?),
    };
    let positions = indexed.positions();
    let slices = indexed.slices();
    let mut scalars = vec![index(positions)?, index(slices)?];
    indexed.scalars(&indices, &mut scalars)?;
    let numbers = indexed.numbers(2);
    // Strides of the update along slices and index axes.
    let first_update = scalars.len();
    scalars.push(index(update.layout.offset())?);
    let mut slice_strides = vec![0u32; indexed.slice_rank];
    let mut index_strides = vec![0u32; indexed.index_rank];
    let result_axes = indexed.result_axes(index_axes_at);
    for (place, &stride) in result_axes.iter().zip(update.layout.strides()) {
        match *place {
            Place::Slice(axis) => slice_strides[axis] = step(stride),
            Place::Index(axis) => index_strides[axis] = step(stride),
        }
    }
    scalars.extend(slice_strides);
    scalars.extend(index_strides);
    index(positions * slices)?;

    let dtype = ty.dtype;
    let units = gpu.abilities.units.min(UNITS);
    let has_indices = order.is_some();
    let writer = Writer {
        op,
        dtype,
        numbers,
        first_update,
        units,
    };
    let body = move |buffers: &[Memory]| match has_indices {
        true => writer.grouped(buffers),
        false => writer.sliced(buffers),
    };
    let mut buffers = vec![(storage(dtype), false)];
    let mut sources = vec![update];
    if let Some((order, keys)) = &order {
        buffers.extend([(U32, false), (U32, false)]);
        sources.extend([order, keys]);
        buffers.extend(indices.iter().map(|_| (I64, false)));
        sources.extend(indices.iter().copied());
    }
    buffers.push((storage(dtype), true));
    let key = ("scatter", op, dtype, numbers, has_indices);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    gpu.launch(kernel, positions * slices, &sources, &[&output], &scalars)?;
    one(output)
}

/// Positions sorted by the place they name, and for each position the number of its place.
fn grouped(
    gpu: &Gpu,
    indexed: &Indexed,
    indices: &[&Tensor],
    output: &Tensor,
) -> Result<(Tensor, Tensor)> {
    let positions = indexed.positions();
    let keys = gpu.fresh(&TensorType::new(&[positions], DType::UInt32))?;
    let mut scalars = vec![index(positions)?, 0];
    indexed.scalars(indices, &mut scalars)?;
    let numbers = indexed.numbers(2);
    let fault = gpu.fault(indexed.checked(indices))?;
    scalars[1] = index(fault.first)?;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        let (indices, rest) = buffers.split_at(numbers.arrays);
        let (keys, marks) = (rest[0], rest[1]);
        each(given(0), units, |position| {
            let coordinates = numbers.coordinates(position);
            let mut key = int(0, U32);
            for (which, &memory) in indices.iter().enumerate() {
                let (value, good) = numbers.index(memory, which, &coordinates);
                when(good.not(), || {
                    marks.put(given(1) + which as u32, position + 1)
                });
                key = key * given(numbers.sizes + 2 * which) + value;
            }
            keys.put(position, key);
        });
    };
    let mut buffers: Vec<_> = indices.iter().map(|_| (I64, false)).collect();
    buffers.extend([(U32, true), (U32, true)]);
    let key = ("scatter keys", numbers);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    // What was out of bounds is the result's failure.
    gpu.launch_checked(kernel, positions, indices, &[&keys], &scalars, &fault)?;
    crate::memory::memory(&output.buffer)?.may_fail([fault]);
    let order = crate::sort::order(gpu, &keys, positions)?;
    Ok((order, keys))
}

/// Scalars: positions, elements of the slices, those of the indexed array, then offset of the update and its strides along
/// slices and index axes.
#[derive(Clone, Copy)]
struct Writer {
    op: ScatterOp,
    dtype: DType,
    numbers: Numbers,
    first_update: usize,
    units: u32,
}

impl Writer {
    /// Where the slices' part lies in the array and in the update.
    fn slice_places(&self, number: V) -> (V, V) {
        let numbers = &self.numbers;
        let coordinates = split(number, numbers.slice_shape, numbers.slices);
        let (mut there, mut here) = (given(numbers.offset), given(self.first_update));
        for (axis, at) in coordinates.into_iter().enumerate() {
            there = there + at * given(numbers.slice_strides + axis);
            here = here + at * given(self.first_update + 1 + axis);
        }
        (there, here)
    }

    fn update(&self, memory: Memory, here: V) -> Val {
        load(self.dtype, memory, here)
    }

    /// Slices alone: every place is named once.
    fn sliced(&self, buffers: &[Memory]) {
        let (update, output) = (buffers[0], buffers[1]);
        each(given(1), self.units, |i| {
            let (there, here) = self.slice_places(i);
            let old = load(self.dtype, output, there);
            let new = combine(self.op, self.dtype, old, self.update(update, here));
            store(self.dtype, output, there, new);
        });
    }

    fn grouped(&self, buffers: &[Memory]) {
        let numbers = &self.numbers;
        let (update, order, keys) = (buffers[0], buffers[1], buffers[2]);
        let (indices, rest) = buffers[3..].split_at(numbers.arrays);
        let output = rest[0];
        let (positions, slices) = (given(0), given(1));
        let index_strides = self.first_update + 1 + numbers.slices;
        each(positions * slices, self.units, |i| {
            let p = i / slices;
            let (there, here) = self.slice_places(i - p * slices);
            let position = order.at(p);
            let key = keys.at(position);
            let previous = p.gt(0).select(p - 1, 0);
            let first = p.eq(0).or(keys.at(order.at(previous)).ne(key));
            when(first, || {
                let coordinates = numbers.coordinates(position);
                let there = there + numbers.jump(indices, &coordinates, position, None);
                let value = val_cell(load(self.dtype, output, there));
                let (next, going) = (cell(p), cell(truth(true)));
                while_(
                    || going.get(),
                    || {
                        let from = order.at(next.get());
                        let here = (numbers.coordinates(from).into_iter().enumerate())
                            .fold(here, |sum, (axis, at)| {
                                sum + at * given(index_strides + axis)
                            });
                        let new = self.update(update, here);
                        value.set(combine(self.op, self.dtype, value.get(), new));
                        let following = next.get() + 1;
                        let inside = following.lt(positions);
                        let safe = inside.select(following, p);
                        going.set(inside.and(keys.at(order.at(safe)).eq(key)));
                        next.set(following);
                    },
                );
                store(self.dtype, output, there, value.get());
            });
        });
    }
}
