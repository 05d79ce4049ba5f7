//! Elements moved without being looked at: pads, concatenations, blocks at run-time positions.

use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_shape::{Dims, Layout, Strides};

use crate::code::{I64, Memory, U32, V, int, when};
use crate::elementwise::{Program, UNITS, coalesce, compact, place, run};
use crate::faults::Checked;
use crate::gpu::{Gpu, index, one, step};
use crate::kernel::{Kernel, each, given};
use crate::types::{load, storage, store};

/// Writes the elements of `x` into a contiguous tensor, from an offset on by strides.
pub(crate) fn write_part(
    gpu: &Gpu,
    x: &Tensor,
    output: &Tensor,
    offset: usize,
    strides: &[isize],
) -> Result<()> {
    let loops = coalesce(x.shape(), &[x.layout.strides(), strides]);
    let rank = loops.shape.len();
    let mut scalars = vec![index(x.layout.size())?];
    for &dim in &loops.shape {
        scalars.push(index(dim)?);
    }
    scalars.push(index(x.layout.offset())?);
    scalars.extend(loops.strides[0].iter().map(|&stride| step(stride)));
    scalars.push(index(offset)?);
    scalars.extend(loops.strides[1].iter().map(|&stride| step(stride)));
    let dtype = x.dtype;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        each(given(0), units, |i| {
            let from = place(i, rank, 1, 2 + rank, given(1 + rank));
            let to = place(i, rank, 1, 3 + 2 * rank, given(2 + 2 * rank));
            store(dtype, buffers[1], to, load(dtype, buffers[0], from));
        });
    };
    let buffers = vec![(storage(dtype), false), (storage(dtype), true)];
    let key = ("write_part", dtype, rank);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    gpu.launch(kernel, x.layout.size(), &[x], &[output], &scalars)
}

/// A border of one value around an array.
pub(crate) fn pad(gpu: &Gpu, low: &Dims, inputs: &[Arg<'_>], ty: &TensorType) -> Result<Outputs> {
    let (x, value) = (inputs[0].tensor, inputs[1].tensor);
    let repeated = Tensor {
        layout: Layout::from_parts(
            ty.shape.clone(),
            Strides::from_elem(0, ty.shape.len()),
            value.layout.offset(),
        ),
        ..value.clone()
    };
    let output = run(gpu, &Program::copy(ty.dtype), &[&repeated], &ty.shape)?.remove(0);
    let offset = (low.iter().zip(output.layout.strides()))
        .map(|(&low, &stride)| low * stride as usize)
        .sum();
    write_part(gpu, x, &output, offset, output.layout.strides())?;
    one(output)
}

/// Arrays one after another along an axis.
pub(crate) fn concatenate(
    gpu: &Gpu,
    axis: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let output = gpu.fresh(ty)?;
    let stride = output.layout.strides()[axis] as usize;
    let mut at = 0;
    for arg in inputs {
        let x = arg.tensor;
        if x.layout.size() > 0 {
            write_part(gpu, x, &output, at * stride, output.layout.strides())?;
        }
        at += x.shape()[axis];
    }
    one(output)
}

/// A block read from run-time positions.
pub(crate) fn dynamic_slice(gpu: &Gpu, inputs: &[Arg<'_>], ty: &TensorType) -> Result<Outputs> {
    let output = gpu.fresh(ty)?;
    block(gpu, inputs[0].tensor, &inputs[1..], &output, true)?;
    one(output)
}

/// A copy of an array with a block written at run-time positions.
pub(crate) fn dynamic_update_slice(gpu: &Gpu, inputs: &[Arg<'_>]) -> Result<Outputs> {
    let output = crate::elementwise::copy(gpu, inputs[0].tensor)?;
    let update = compact(gpu, inputs[1].tensor)?;
    block(gpu, &output, &inputs[2..], &update, false)?;
    one(output)
}

/// Copies between a block of `whole` that begins at run-time positions and a contiguous `part`.
fn block(gpu: &Gpu, whole: &Tensor, starts: &[Arg<'_>], part: &Tensor, reads: bool) -> Result<()> {
    let rank = whole.shape().len();
    let mut scalars = vec![
        index(part.layout.size())?,
        index(whole.layout.offset())?,
        index(part.layout.offset())?,
        0,
    ];
    for &dim in part.shape() {
        scalars.push(index(dim)?);
    }
    scalars.extend(whole.layout.strides().iter().map(|&stride| step(stride)));
    for (&dim, &len) in whole.shape().iter().zip(part.shape()) {
        scalars.push(index(dim - len)?);
    }
    for start in starts {
        scalars.push(index(start.tensor.layout.offset())?);
    }
    let checked = (starts.iter().enumerate())
        .map(|(axis, start)| Checked {
            index: start.tensor.clone(),
            axis,
            size: whole.shape()[axis],
            block: Some(part.shape()[axis]),
        })
        .collect();
    let fault = gpu.fault(checked)?;
    scalars[3] = index(fault.first)?;
    let dtype = whole.dtype;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        // Inputs come first: the array read, and the starts.
        let (source, starts, target, marks) = (
            buffers[0],
            &buffers[1..1 + rank],
            buffers[1 + rank],
            buffers[2 + rank],
        );
        let begin: Vec<V> = (starts.iter().enumerate())
            .map(|(axis, start)| {
                let value = start.at(given(4 + 3 * rank + axis));
                let last = given(4 + 2 * rank + axis).cast(I64);
                let outside = value.lt(0).or(value.gt(last));
                when(outside, || marks.put(given(3) + axis as u32, int(1, U32)));
                outside.select(value.like(0), value).cast(U32)
            })
            .collect();
        let origin = (begin.iter().enumerate()).fold(given(1), |sum, (axis, &start)| {
            sum + start * given(4 + rank + axis)
        });
        each(given(0), units, |i| {
            let inside = place(i, rank, 4, 4 + rank, origin);
            let here = given(2) + i;
            let (from, to) = if reads {
                (inside, here)
            } else {
                (here, inside)
            };
            store(dtype, target, to, load(dtype, source, from));
        });
    };
    let mut buffers = vec![(storage(dtype), false)];
    buffers.extend(starts.iter().map(|_| (I64, false)));
    buffers.extend([(storage(dtype), true), (U32, true)]);
    let key = ("block", dtype, rank, reads);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    let (source, target) = if reads { (whole, part) } else { (part, whole) };
    let mut inputs = vec![source];
    inputs.extend(starts.iter().map(|start| start.tensor));
    // An empty block begins somewhere too.
    let work = part.layout.size().max(1);
    gpu.launch_checked(kernel, work, &inputs, &[target], &scalars, &fault)
}
