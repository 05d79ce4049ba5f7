//! One match from a primitive to its kernels. Shapes and dtypes were inferred before; what is left to fail is memory and indices.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::Prim;
use tnp_backend::{Arg, Device, Error, Outputs, Result, Tensor, TensorType, Warning, philox, warn};
use tnp_dtype::{DType, with_dtype};
use tnp_shape::Layout;

use crate::arg_reduce::arg_reduce;
use crate::backend::{
    allocate_zeroed, fresh, fresh_like, out_of_memory, reusable, strided, strided_mut,
};
use crate::cumulative::cumulative;
use crate::dot_general::{DotAxes, dot_general};
use crate::elementwise::{self, Faults};
use crate::fft::fft;
use crate::indexing::{self, Address};
use crate::linalg::linalg;
use crate::movement;
use crate::nonzero::nonzero;
use crate::reduce::reduce;
use crate::search_sorted::search_sorted;
use crate::sort::{argsort, sort};

/// Whether the CPU runs a primitive itself: all but control flow, which the interpreter runs, and registered operations.
#[inline]
pub(crate) fn supports(prim: &Prim, inputs: &[DType]) -> bool {
    let _ = inputs;
    !matches!(prim, Prim::Custom(_))
}

/// Runs a primitive.
pub(crate) fn execute(
    device: Device,
    prim: &Prim,
    inputs: &[Arg<'_>],
    outputs: &[TensorType],
) -> Result<Outputs> {
    let ty = &outputs[0];
    let x = |at: usize| strided(inputs[at].tensor);
    match prim {
        Prim::Unary(op) => {
            let output = elementwise_output(device, inputs, ty)?;
            // SAFETY: tensors reach live memory; the output is fresh, or donated with its own layout.
            let ran = unsafe { elementwise::run_unary(*op, x(0)?, strided_mut(&output)?) };
            ran.ok_or_else(|| no_kernel(prim, inputs))?;
            one(output)
        }
        Prim::Binary(op) => {
            let output = elementwise_output(device, inputs, ty)?;
            // SAFETY: as above.
            let ran = unsafe { elementwise::run_binary(*op, x(0)?, x(1)?, strided_mut(&output)?) };
            report(ran.ok_or_else(|| no_kernel(prim, inputs))?, prim);
            one(output)
        }
        Prim::Select => {
            let output = elementwise_output(device, inputs, ty)?;
            // SAFETY: as above.
            unsafe { elementwise::run_select(x(0)?, x(1)?, x(2)?, strided_mut(&output)?) };
            one(output)
        }
        Prim::Cast { dtype } if *dtype != inputs[0].tensor.dtype => {
            let output = elementwise_output(device, inputs, ty)?;
            // SAFETY: as above.
            unsafe { elementwise::run_cast(x(0)?, strided_mut(&output)?) };
            one(output)
        }
        // A cast to the same dtype asks for C order; a reshape comes here when it cannot be a view.
        Prim::Cast { .. } | Prim::Reshape { .. } => {
            let source = inputs[0].tensor;
            let copy = fresh(device, &source.ty())?;
            // SAFETY: the copy is fresh.
            unsafe { elementwise::run_cast(x(0)?, strided_mut(&copy)?) };
            one(Tensor {
                layout: Layout::contiguous(&ty.shape),
                ..copy
            })
        }
        Prim::Full { value, .. } => {
            if value.as_bytes().iter().all(|&byte| byte == 0) {
                return one(Tensor::contiguous(
                    allocate_zeroed(device, ty.bytes())?,
                    &ty.shape,
                    ty.dtype,
                ));
            }
            let output = fresh(device, ty)?;
            let target = Address(strided_mut(&output)?.ptr);
            crate::threads::parallel_for(ty.size(), 1 << 18, |range| {
                let itemsize = ty.dtype.itemsize();
                // SAFETY: ranges are disjoint parts of the fresh buffer.
                unsafe {
                    elementwise::fill(
                        target.add((range.start * itemsize) as isize).get(),
                        value.as_bytes(),
                        range.len(),
                    )
                };
            });
            one(output)
        }
        Prim::Iota { axis, .. } => one(iota(device, *axis, ty)?),
        Prim::RandomBits { dtype, .. } => one(random_bits(device, *dtype, inputs[0].tensor, ty)?),
        Prim::DynamicSlice { sizes } => one(movement::dynamic_slice(sizes, inputs)?),
        Prim::DynamicUpdateSlice => one(movement::dynamic_update_slice(device, inputs, ty)?),
        Prim::Pad { low, high } => one(movement::pad(device, low, high, inputs, ty)?),
        Prim::Concatenate { axis } => one(movement::concatenate(device, *axis, inputs, ty)?),
        Prim::Gather {
            axes,
            index_axes_at,
        } => one(indexing::gather(device, axes, *index_axes_at, inputs, ty)?),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => one(indexing::scatter(
            device,
            *op,
            axes,
            *index_axes_at,
            inputs,
            ty,
        )?),
        Prim::Reduce { op, axes, dtype } => {
            let output = fresh(device, ty)?;
            // SAFETY: tensors reach live memory; the output is fresh and contiguous.
            unsafe { reduce(*op, x(0)?, axes, *dtype, strided_mut(&output)?.ptr) };
            one(output)
        }
        Prim::ArgReduce { op, axis } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above.
            unsafe { arg_reduce(*op, x(0)?, *axis, strided_mut(&output)?.ptr.cast()) };
            one(output)
        }
        Prim::Cumulative {
            op,
            axis,
            reverse,
            dtype,
        } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above.
            unsafe {
                cumulative(
                    *op,
                    x(0)?,
                    *axis,
                    *reverse,
                    *dtype,
                    strided_mut(&output)?.ptr,
                )
            };
            one(output)
        }
        Prim::NonZero { size } => nonzero(device, *size, &inputs[0], outputs),
        Prim::Fft { kind, axis } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above.
            unsafe { fft(*kind, x(0)?, *axis, strided_mut(&output)?.ptr) };
            one(output)
        }
        Prim::Linalg(op) => linalg(device, *op, inputs, outputs),
        Prim::Sort { axis } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above.
            unsafe { sort(x(0)?, *axis, strided_mut(&output)?.ptr) };
            one(output)
        }
        // The sort is stable, which nobody minds who does not ask for it.
        Prim::ArgSort { axis, stable: _ } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above.
            unsafe { argsort(x(0)?, *axis, strided_mut(&output)?.ptr.cast()) };
            one(output)
        }
        Prim::SearchSorted { side } => {
            let output = fresh(device, ty)?;
            // SAFETY: as above; inference saw one axis and one dtype.
            unsafe { search_sorted(x(0)?, x(1)?, *side, strided_mut(&output)?.ptr.cast()) };
            one(output)
        }
        Prim::DotGeneral(dims) => {
            let output = fresh(device, ty)?;
            let axes = DotAxes {
                lhs_contract: &dims.lhs_contract,
                rhs_contract: &dims.rhs_contract,
                lhs_batch: &dims.lhs_batch,
                rhs_batch: &dims.rhs_batch,
            };
            // SAFETY: inference paired the axes; the output is fresh and contiguous.
            unsafe { dot_general(&x(0)?, &x(1)?, &axes, strided_mut(&output)?.ptr) }
                .map_err(out_of_memory)?;
            one(output)
        }
        Prim::Bitcast { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. }
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Custom(_) => Err(no_kernel(prim, inputs)),
    }
}

#[inline]
fn one(tensor: Tensor) -> Result<Outputs> {
    Ok(smallvec![tensor])
}

/// Where an elementwise result goes: over a donated input, or into fresh memory in the inputs' order.
#[inline]
fn elementwise_output(device: Device, inputs: &[Arg<'_>], ty: &TensorType) -> Result<Tensor> {
    if let Some(tensor) = reusable(inputs, ty) {
        return Ok(tensor);
    }
    if ty.shape.len() < 2 || inputs.iter().any(|arg| arg.tensor.layout.is_contiguous()) {
        return fresh(device, ty);
    }
    let layouts: SmallVec<[&Layout; 3]> = inputs.iter().map(|arg| &arg.tensor.layout).collect();
    fresh_like(device, ty, &layouts)
}

#[inline]
fn report(faults: Faults, prim: &Prim) {
    if faults.divided_by_zero {
        warn(Warning::DivideByZero, prim.name());
    }
}

#[cold]
fn no_kernel(prim: &Prim, inputs: &[Arg<'_>]) -> Error {
    let types: Vec<TensorType> = inputs.iter().map(|arg| arg.tensor.ty()).collect();
    Error::unsupported(format!(
        "{}: the CPU has no kernel for {types:?}",
        prim.name()
    ))
}

fn iota(device: Device, axis: usize, ty: &TensorType) -> Result<Tensor> {
    // One axis is counted; the others repeat it, which a stride of zero says without memory.
    let line = TensorType::new(&[ty.shape[axis]], ty.dtype);
    let counted = fresh(device, &line)?;
    let target = strided_mut(&counted)?.ptr;
    let half = matches!(ty.dtype, DType::Float16 | DType::BFloat16);
    if half {
        for i in 0..line.size() {
            let value = tnp_dtype::Literal::new(i as f64).cast(ty.dtype);
            // SAFETY: the i-th of as many two-byte elements.
            unsafe {
                std::ptr::copy_nonoverlapping(value.as_bytes().as_ptr(), target.add(2 * i), 2)
            };
        }
    } else {
        with_dtype!(ty.dtype, T: real => {
            // SAFETY: a fresh buffer of that many elements of the type.
            let elements = unsafe { std::slice::from_raw_parts_mut(target.cast::<T>(), line.size()) };
            for (i, element) in elements.iter_mut().enumerate() {
                *element = i as T;
            }
        }, else => return Err(Error::dtype(format!("iota: not supported for dtype {}", ty.dtype))));
    }
    let mut strides = tnp_shape::Strides::from_elem(0, ty.shape.len());
    strides[axis] = 1;
    Ok(Tensor {
        buffer: counted.buffer,
        layout: Layout::from_parts(ty.shape.clone(), strides, 0),
        dtype: ty.dtype,
    })
}

fn random_bits(device: Device, dtype: DType, key: &Tensor, ty: &TensorType) -> Result<Tensor> {
    let mut words = [0u32; 2];
    let key = tnp_backend::compact(key)?;
    let source = strided(&key)?;
    for (i, word) in words.iter_mut().enumerate() {
        // SAFETY: inference saw a uint32[2], and it is compact.
        *word = unsafe { source.first::<u32>().add(i).read_unaligned() };
    }
    let output = fresh(device, ty)?;
    let target = strided_mut(&output)?.ptr;
    let count = ty.size() * dtype.itemsize() / 4;
    // SAFETY: a fresh buffer of that many 32-bit words; pool blocks and inline buffers are aligned for them.
    let bits = unsafe { std::slice::from_raw_parts_mut(target.cast::<u32>(), count) };
    philox::random_bits(words, 0, bits);
    Ok(output)
}
