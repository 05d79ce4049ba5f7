//! Where values go in a sorted array: each by halving.

use tnp_backend::prim::Side;
use tnp_backend::{Arg, Outputs, Result, TensorType};

use crate::code::{I64, Memory, U32, cell, int, while_};
use crate::elementwise::{UNITS, coalesce, place};
use crate::gpu::{Gpu, index, one, step};
use crate::kernel::{Kernel, each, given};
use crate::sort::{before, keys};
use crate::types::{load, storage};

/// Scalars: values, length, offset and stride of the sorted array, sizes, offset and strides of the values.
pub(crate) fn search_sorted(
    gpu: &Gpu,
    side: Side,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let (sorted, values) = (inputs[0].tensor, inputs[1].tensor);
    let output = gpu.fresh(ty)?;
    let loops = coalesce(values.shape(), &[values.layout.strides()]);
    let rank = loops.shape.len();
    let mut scalars = vec![
        index(ty.size())?,
        index(sorted.shape()[0])?,
        index(sorted.layout.offset())?,
        step(sorted.layout.strides()[0]),
    ];
    for &dim in &loops.shape {
        scalars.push(index(dim)?);
    }
    scalars.push(index(values.layout.offset())?);
    scalars.extend(loops.strides[0].iter().map(|&stride| step(stride)));
    let dtype = sorted.dtype;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        each(given(0), units, |i| {
            let from = place(i, rank, 4, 5 + rank, given(4 + rank));
            let wanted = keys(load(dtype, buffers[1], from));
            let (low, high) = (cell(int(0, U32)), cell(given(1)));
            while_(
                || low.get().lt(high.get()),
                || {
                    let middle = (low.get() + high.get()).shr(1);
                    let there = keys(load(dtype, buffers[0], given(2) + middle * given(3)));
                    let comes = match side {
                        Side::Left => before(&there, &wanted),
                        Side::Right => before(&wanted, &there).not(),
                    };
                    low.set(comes.select(middle + 1, low.get()));
                    high.set(comes.select(high.get(), middle));
                },
            );
            buffers[2].put(i, low.get().cast(I64));
        });
    };
    let buffers = vec![
        (storage(dtype), false),
        (storage(dtype), false),
        (I64, true),
    ];
    let key = ("search_sorted", side, dtype, rank);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    gpu.launch(kernel, ty.size(), &[sorted, values], &[&output], &scalars)?;
    one(output)
}
