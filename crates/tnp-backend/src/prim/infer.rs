//! `infer`: the only place that raises shape and dtype errors of primitives; each family's part lies beside its parameters.

use smallvec::smallvec;

use super::{
    Prim, control, create, elementwise, fft, indexing, layout, linalg, products, reduce, sort,
};
use crate::{Error, Result, TensorType, Types};

/// Types of a primitive's outputs.
///
/// # Errors
/// When the number, shapes or dtypes of the inputs do not fit; the message names the operation and the values.
pub fn infer(prim: &Prim, inputs: &[&TensorType]) -> Result<Types> {
    one_output(prim, inputs).map_err(|error| error.in_prim(prim.name()))
}

fn one_output(prim: &Prim, inputs: &[&TensorType]) -> Result<Types> {
    let ty = match prim {
        Prim::Unary(op) => elementwise::unary(*op, take(inputs)?),
        Prim::Binary(op) => elementwise::binary(*op, take(inputs)?),
        Prim::Select => elementwise::select(take(inputs)?),
        Prim::Cast { dtype } => elementwise::cast(*dtype, take(inputs)?),
        Prim::Bitcast { dtype } => elementwise::bitcast(*dtype, take(inputs)?),
        Prim::Full { shape, value } => create::full(shape, value, take(inputs)?),
        Prim::Iota { shape, dtype, axis } => create::iota(shape, *dtype, *axis, take(inputs)?),
        Prim::RandomBits { shape, dtype } => create::random_bits(shape, *dtype, take(inputs)?),
        Prim::Reshape { shape } => layout::reshape(shape, take(inputs)?),
        Prim::Transpose { permutation } => layout::transpose(permutation, take(inputs)?),
        Prim::BroadcastInDim { shape, dims } => {
            layout::broadcast_in_dim(shape, dims, take(inputs)?)
        }
        Prim::Slice { axes } => layout::slice(axes, take(inputs)?),
        Prim::DynamicSlice { sizes } => indexing::dynamic_slice(sizes, inputs),
        Prim::DynamicUpdateSlice => indexing::dynamic_update_slice(inputs),
        Prim::Pad { low, high } => layout::pad(low, high, take(inputs)?),
        Prim::Concatenate { axis } => layout::concatenate(*axis, inputs),
        Prim::Gather {
            axes,
            index_axes_at,
        } => indexing::gather(axes, *index_axes_at, inputs),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => indexing::scatter(*op, axes, *index_axes_at, inputs),
        Prim::NonZero { size } => return indexing::nonzero(*size, take(inputs)?),
        Prim::Reduce { op, axes, dtype } => reduce::reduce(*op, axes, *dtype, take(inputs)?),
        Prim::ArgReduce { op: _, axis } => reduce::arg_reduce(*axis, take(inputs)?),
        Prim::Cumulative {
            op: _,
            axis,
            reverse: _,
            dtype,
        } => reduce::cumulative(*axis, *dtype, take(inputs)?),
        Prim::Sort { axis } => sort::sort(*axis, take(inputs)?),
        Prim::ArgSort { axis, stable: _ } => sort::argsort(*axis, take(inputs)?),
        Prim::SearchSorted { side: _ } => sort::search_sorted(take(inputs)?),
        Prim::Fft { kind, axis } => fft::fft(*kind, *axis, take(inputs)?),
        Prim::Linalg(op) => return linalg::linalg(*op, inputs),
        Prim::DotGeneral(dims) => products::dot_general(dims, take(inputs)?),
        Prim::Switch { branches } => return control::switch(branches, inputs),
        Prim::While { condition, body } => return control::while_loop(condition, body, inputs),
        Prim::Scan {
            body,
            carry,
            length,
            reverse: _,
        } => return control::scan(body, *carry, *length, inputs),
        Prim::Call { graph } => return control::call(graph, inputs),
        Prim::Barrier | Prim::StopGradient | Prim::DeviceCopy { .. } => {
            take::<1>(inputs).map(|[x]| x.clone())
        }
        Prim::Custom(id) => return control::custom(*id, inputs),
    }?;
    Ok(smallvec![ty])
}

/// The inputs as an array of the right number.
fn take<'a, const N: usize>(inputs: &[&'a TensorType]) -> Result<[&'a TensorType; N]> {
    <[&TensorType; N]>::try_from(inputs)
        .map_err(|_| Error::value(format!("takes {N} arrays, {} were given", inputs.len())))
}
