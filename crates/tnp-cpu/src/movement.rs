//! Joining, padding and cutting at run-time positions: copies between parts of arrays.

use smallvec::SmallVec;
use tnp_backend::prim::SliceSpec;
use tnp_backend::{Arg, Device, Error, Result, Tensor, TensorType, scalar, slice_layout};
use tnp_shape::{Dims, Layout, Strides};

use crate::backend::{fresh, reusable, strided, strided_mut};
use crate::elementwise::{self, StridedMut};

/// Writes a tensor over a part of an output; both have the part's shape.
fn write_part(source: &Tensor, output: &Tensor, part: &Layout) -> Result<()> {
    let target = StridedMut {
        layout: part,
        ..strided_mut(output)?
    };
    // SAFETY: the part lies in the output, which is fresh or donated and no input's.
    unsafe { elementwise::run_cast(strided(source)?, target) };
    Ok(())
}

/// Up to so many bytes, planning loops and sharing them among threads costs more than copying.
const FEW: usize = 1 << 14;

/// Whether a tensor's elements lie in C order, of the dtype that is asked for.
#[inline]
fn lies_as(tensor: &Tensor, ty: &TensorType) -> bool {
    tensor.dtype == ty.dtype && tensor.layout.is_contiguous()
}

/// Copies arrays in C order one after another along an axis: of each, run by run, what follows the axes before it.
fn join_runs(axis: usize, inputs: &[Arg<'_>], output: &Tensor) -> Result<()> {
    let itemsize = output.dtype.itemsize();
    let run = |tensor: &Tensor| tensor.shape()[axis..].iter().product::<usize>() * itemsize;
    let runs: usize = output.shape()[..axis].iter().product();
    let (whole, target) = (run(output), strided_mut(output)?.ptr);
    let mut start = 0;
    for arg in inputs {
        let len = run(arg.tensor);
        if len == 0 {
            continue;
        }
        let source = strided(arg.tensor)?.ptr;
        let first = arg.tensor.layout.offset() * itemsize;
        for at in 0..runs {
            // SAFETY: the runs of an array in C order lie in its buffer, and their places in the fresh output.
            unsafe {
                let source = source.add(first + at * len);
                std::ptr::copy_nonoverlapping(source, target.add(at * whole + start), len);
            }
        }
        start += len;
    }
    Ok(())
}

/// Arrays one after another along an axis.
pub(crate) fn concatenate(
    device: Device,
    axis: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let output = fresh(device, ty)?;
    if ty.bytes() <= FEW && inputs.iter().all(|arg| lies_as(arg.tensor, ty)) {
        join_runs(axis, inputs, &output)?;
        return Ok(output);
    }
    let mut parts: SmallVec<[SliceSpec; 4]> =
        ty.shape.iter().map(|&dim| SliceSpec::full(dim)).collect();
    let mut start = 0;
    for arg in inputs {
        let len = arg.tensor.shape()[axis];
        if arg.tensor.layout.size() > 0 {
            parts[axis] = SliceSpec {
                start,
                len,
                step: 1,
            };
            write_part(arg.tensor, &output, &slice_layout(&output.layout, &parts))?;
        }
        start += len;
    }
    Ok(output)
}

/// A border of one value around an array. The border is written slab by slab, so that nothing is written twice.
pub(crate) fn pad(
    device: Device,
    low: &Dims,
    high: &Dims,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let (x, value) = (inputs[0].tensor, inputs[1].tensor);
    let output = fresh(device, ty)?;
    let mut parts: SmallVec<[SliceSpec; 4]> =
        ty.shape.iter().map(|&dim| SliceSpec::full(dim)).collect();
    for axis in 0..ty.shape.len() {
        let slabs = [(0, low[axis]), (low[axis] + x.shape()[axis], high[axis])];
        for (start, len) in slabs {
            parts[axis] = SliceSpec {
                start,
                len,
                step: 1,
            };
            let part = slice_layout(&output.layout, &parts);
            if part.size() > 0 {
                let strides = Strides::from_elem(0, part.ndim());
                let layout = Layout::from_parts(
                    Dims::from_slice(part.shape()),
                    strides,
                    value.layout.offset(),
                );
                write_part(
                    &Tensor {
                        layout,
                        ..value.clone()
                    },
                    &output,
                    &part,
                )?;
            }
        }
        parts[axis] = SliceSpec {
            start: low[axis],
            len: x.shape()[axis],
            step: 1,
        };
    }
    let inside = slice_layout(&output.layout, &parts);
    if inside.size() > 0 {
        write_part(x, &output, &inside)?;
    }
    Ok(output)
}

/// Start positions of a block, checked against the array.
fn block(
    op: &str,
    starts: &[Arg<'_>],
    sizes: &[usize],
    shape: &[usize],
) -> Result<SmallVec<[SliceSpec; 4]>> {
    let mut parts = SmallVec::new();
    for (axis, ((start, &len), &dim)) in starts.iter().zip(sizes).zip(shape).enumerate() {
        let start = scalar(start.tensor)?.value::<i64>();
        match usize::try_from(start) {
            Ok(start) if start + len <= dim => parts.push(SliceSpec {
                start,
                len,
                step: 1,
            }),
            _ => {
                return Err(Error::index(format!(
                    "{op}: a block of {len} from {start} is out of bounds for axis {axis} with size {dim}"
                )));
            }
        }
    }
    Ok(parts)
}

/// The block that begins at run-time positions: a view.
pub(crate) fn dynamic_slice(sizes: &Dims, inputs: &[Arg<'_>]) -> Result<Tensor> {
    let x = inputs[0].tensor;
    let parts = block("dynamic_slice", &inputs[1..], sizes, x.shape())?;
    Ok(Tensor {
        layout: slice_layout(&x.layout, &parts),
        ..x.clone()
    })
}

/// The array with a block replaced, in place when it was given up.
pub(crate) fn dynamic_update_slice(
    device: Device,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let update = inputs[1].tensor;
    let parts = block(
        "dynamic_update_slice",
        &inputs[2..],
        update.shape(),
        &ty.shape,
    )?;
    let output = base(device, &inputs[0], ty)?;
    if update.layout.size() > 0 {
        write_part(update, &output, &slice_layout(&output.layout, &parts))?;
    }
    Ok(output)
}

/// The array that is going to be changed in part: itself when it was given up, else a copy.
pub(crate) fn base(device: Device, x: &Arg<'_>, ty: &TensorType) -> Result<Tensor> {
    if let Some(tensor) = reusable(std::slice::from_ref(x), ty) {
        return Ok(tensor);
    }
    let copy = fresh(device, ty)?;
    let layout = copy.layout.clone();
    if layout.size() > 0 {
        write_part(x.tensor, &copy, &layout)?;
    }
    Ok(copy)
}
