//! One match from a primitive to its kernels, and one that says which there are.

use tnp_backend::prim::Prim;
use tnp_backend::{Arg, Error, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;
use tnp_shape::Layout;

use crate::gpu::{Abilities, Gpu, one};
use crate::{
    arg_reduce, binary, create, cumulative, dot_general, elementwise, indexing, movement, nonzero,
    reduce, scatter, search_sorted, sort, unary,
};

/// Whether there is a kernel for a primitive on inputs of these dtypes.
pub(crate) fn supports(abilities: &Abilities, prim: &Prim, inputs: &[DType]) -> bool {
    let holds = |dtype: DType| abilities.holds(dtype);
    let all = inputs.iter().all(|&dtype| holds(dtype));
    // What a kernel indexes with, and counts in.
    let counts = holds(DType::Int64) && holds(DType::UInt32);
    let target = abilities.target;
    let (native, float64) = (target.native, target.float64);
    let few = |buffers: usize| buffers + 2 <= abilities.bindings;
    match prim {
        Prim::Unary(op) => {
            let output = op.output(inputs[0]).is_some_and(holds);
            all && output && unary::supports(*op, inputs[0], native, float64)
        }
        Prim::Binary(op) => {
            let output = op.output(inputs[0]).is_some_and(holds);
            all && output && binary::supports(*op, inputs[0], native, float64)
        }
        Prim::Select
        | Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Pad { .. }
        | Prim::Concatenate { .. }
        | Prim::DotGeneral(_)
        | Prim::Barrier
        | Prim::StopGradient => all,
        Prim::Cast { dtype } | Prim::Bitcast { dtype } => all && holds(*dtype),
        Prim::Full { value, .. } => holds(value.dtype()),
        Prim::Iota { dtype, .. } | Prim::RandomBits { dtype, .. } => all && holds(*dtype),
        Prim::DynamicSlice { .. } | Prim::DynamicUpdateSlice => {
            all && counts && few(inputs.len() + 1)
        }
        Prim::Gather { .. } | Prim::Scatter { .. } => all && counts && few(inputs.len() + 3),
        Prim::NonZero { .. } => all && counts,
        Prim::Reduce { dtype, .. } | Prim::Cumulative { dtype, .. } => all && holds(*dtype),
        Prim::ArgReduce { .. }
        | Prim::Sort { .. }
        | Prim::ArgSort { .. }
        | Prim::SearchSorted { .. } => all && counts,
        Prim::Fft { .. }
        | Prim::Linalg(_)
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::DeviceCopy { .. }
        | Prim::Custom(_) => false,
    }
}

/// Runs a primitive.
pub(crate) fn execute(
    gpu: &Gpu,
    prim: &Prim,
    inputs: &[Arg<'_>],
    outputs: &[TensorType],
) -> Result<Outputs> {
    let ty = &outputs[0];
    let dtypes = inputs.iter().map(|arg| arg.tensor.dtype);
    gpu.check(prim.name(), dtypes.chain(outputs.iter().map(|ty| ty.dtype)))?;
    match prim {
        Prim::Unary(_) | Prim::Binary(_) | Prim::Select => {
            elementwise::elementwise(gpu, prim, inputs, ty)
        }
        // A cast to the same dtype asks for C order.
        Prim::Cast { dtype } if *dtype == inputs[0].tensor.dtype => {
            one(elementwise::copy(gpu, inputs[0].tensor)?)
        }
        Prim::Cast { .. } => elementwise::elementwise(gpu, prim, inputs, ty),
        Prim::Reshape { .. } => {
            let copy = elementwise::copy(gpu, inputs[0].tensor)?;
            one(Tensor {
                layout: Layout::contiguous(&ty.shape),
                ..copy
            })
        }
        Prim::Full { value, .. } => create::full(gpu, value, ty),
        Prim::Iota { axis, .. } => create::iota(gpu, *axis, ty),
        Prim::RandomBits { .. } => create::random_bits(gpu, inputs, ty),
        Prim::DynamicSlice { .. } => movement::dynamic_slice(gpu, inputs, ty),
        Prim::DynamicUpdateSlice => movement::dynamic_update_slice(gpu, inputs),
        Prim::Pad { low, .. } => movement::pad(gpu, low, inputs, ty),
        Prim::Concatenate { axis } => movement::concatenate(gpu, *axis, inputs, ty),
        Prim::Gather {
            axes,
            index_axes_at,
        } => indexing::gather(gpu, axes, *index_axes_at, inputs, ty),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => scatter::scatter(gpu, *op, axes, *index_axes_at, inputs, ty),
        Prim::NonZero { size } => nonzero::nonzero(gpu, *size, inputs, outputs),
        Prim::Reduce { op, axes, .. } => reduce::reduce(gpu, *op, axes, inputs, ty),
        Prim::ArgReduce { op, axis } => arg_reduce::arg_reduce(gpu, *op, *axis, inputs, ty),
        Prim::Cumulative {
            op,
            axis,
            reverse,
            dtype,
        } => cumulative::cumulative(gpu, *op, (*axis, *reverse), *dtype, inputs, ty),
        Prim::Sort { axis } => sort::sort(gpu, *axis, inputs, ty),
        // The sort is stable, which nobody minds who does not ask for it.
        Prim::ArgSort { axis, stable: _ } => sort::argsort(gpu, *axis, inputs, ty),
        Prim::SearchSorted { side } => search_sorted::search_sorted(gpu, *side, inputs, ty),
        Prim::DotGeneral(dims) => dot_general::dot_general(gpu, dims, inputs, ty),
        Prim::Bitcast { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Fft { .. }
        | Prim::Linalg(_)
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. }
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Custom(_) => Err(no_kernel(gpu, prim, inputs)),
    }
}

#[cold]
fn no_kernel(gpu: &Gpu, prim: &Prim, inputs: &[Arg<'_>]) -> Error {
    let types: Vec<TensorType> = inputs.iter().map(|arg| arg.tensor.ty()).collect();
    Error::unsupported(format!(
        "{}: device {} has no kernel for {types:?}; run it on another device (`x.to(&device)`)",
        prim.name(),
        gpu.device
    ))
}

#[cfg(test)]
mod tests {
    use tnp_backend::prim::{Binary, Unary};

    use super::*;
    use crate::code::{F64, Target, U8, U16};

    /// A device without some element types.
    fn without(lacking: &'static [cubecl::ir::ElemType], bindings: usize) -> Abilities {
        let target = Target {
            native: false,
            contracts: false,
            float64: true,
            float16: false,
        };
        let holds = move |elem| !lacking.contains(&elem);
        Abilities::new(target, holds, bindings, 256, 65535, 48 << 10)
    }

    #[test]
    fn what_a_device_cannot_store_is_not_supported() {
        let all = without(&[], 16);
        let add = Prim::Binary(Binary::Add);
        for dtype in DType::ALL {
            assert!(supports(&all, &add, &[dtype, dtype]), "{dtype}");
        }
        let short = without(&[F64], 16);
        for dtype in DType::ALL {
            let held = !matches!(dtype, DType::Float64 | DType::Complex128);
            assert_eq!(supports(&short, &add, &[dtype, dtype]), held, "{dtype}");
        }
        // The result counts too, and truth values are bytes.
        let cast = Prim::Cast {
            dtype: DType::Float64,
        };
        assert!(!supports(&short, &cast, &[DType::Int32]));
        let no_bytes = without(&[U8], 16);
        let less = Prim::Binary(Binary::Less);
        assert!(!supports(&no_bytes, &less, &[DType::Float32; 2]));
        // 16-bit floats are kept as 16-bit integers.
        let no_halves = without(&[U16], 16);
        assert!(!supports(&no_halves, &add, &[DType::Float16; 2]));
        assert!(!supports(&no_halves, &add, &[DType::BFloat16; 2]));
    }

    #[test]
    fn functions_that_need_float64_are_left_out_without_it() {
        let short = without(&[F64], 16);
        let supports = |op| supports(&short, &Prim::Unary(op), &[DType::Float32]);
        assert!(supports(Unary::Sqrt) && supports(Unary::Floor));
        assert!(!supports(Unary::Sin) && !supports(Unary::Cbrt));
    }
}
