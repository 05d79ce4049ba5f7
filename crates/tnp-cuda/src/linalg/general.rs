//! General eigenvalues: what surrounds the call of cuSOLVER, which libraries older than CUDA 12.6.2 do not have.

use tnp_backend::prim::{Binary, Prim, Property, Unary};
use tnp_backend::{Outputs, Result, Tensor, TensorType};
use tnp_shape::Layout;

use super::{Calls, any, copy_by_columns, full, is_complex, one, select};

/// `(w)` or `(w, v)`.
pub(super) fn eig(
    calls: &impl Calls,
    vectors: bool,
    x: &Tensor,
    outputs: &[TensorType],
) -> Result<Outputs> {
    let finite = one(x.device(), Prim::Unary(Unary::IsFinite), &[x])?;
    if any(&one(
        x.device(),
        Prim::Unary(Unary::LogicalNot),
        &[&finite],
    )?)? {
        return Err(Property::Finite.error());
    }
    let (w, v, verdicts) = calls.eig(copy_by_columns(x)?, vectors, &outputs[0])?;
    if verdicts.iter().any(|&verdict| verdict != 0) {
        return Err(Property::Eigenvalues.error());
    }
    let v = match v {
        Some(v) if !v.dtype.is_complex() => Some(unpacked(&w, &v)?),
        other => other,
    };
    Ok([w].into_iter().chain(v).collect())
}

/// Complex eigenvectors. LAPACK packs those of a real matrix: where two eigenvalues are conjugate, the first having the positive imaginary
/// part, its vector's real parts are in the first column, the imaginary ones in the second.
fn unpacked(w: &Tensor, v: &Tensor) -> Result<Tensor> {
    let apply = |prim, inputs: &[&Tensor]| one(v.device(), prim, inputs);
    if !any(&is_complex(w)?)? {
        return apply(Prim::Cast { dtype: w.dtype }, &[v]);
    }
    let (shape, last) = (v.shape(), v.shape().len() - 1);
    let border: Vec<usize> = (0..=last).map(|axis| usize::from(axis == last)).collect();
    let pad = Prim::Pad {
        low: border.iter().copied().collect(),
        high: border.into_iter().collect(),
    };
    let zero = full(v.device(), &[], v.dtype, 0.0)?;
    let padded = apply(pad, &[v, &zero])?;
    let window = |column: usize| {
        let (strides, offset) = (padded.layout.strides(), padded.layout.offset());
        let offset = offset + column * strides[last] as usize;
        Tensor {
            layout: Layout::from_parts(shape.iter().copied().collect(), strides.into(), offset),
            ..padded.clone()
        }
    };
    let (before, after) = (window(0), window(2));
    let along = Prim::BroadcastInDim {
        shape: shape.iter().copied().collect(),
        dims: (0..last - 1).chain([last]).collect(),
    };
    let part = apply(Prim::Unary(Unary::Imag), &[w])?;
    let part = apply(along, &[&part])?;
    let zeros = full(v.device(), shape, v.dtype, 0.0)?;
    let first = apply(Prim::Binary(Binary::Greater), &[&part, &zeros])?;
    let second = apply(Prim::Binary(Binary::Less), &[&part, &zeros])?;
    let minus = apply(Prim::Unary(Unary::Negative), &[v])?;
    let re = select(&second, &before, v)?;
    let im = select(&second, &minus, &zeros)?;
    let im = select(&first, &after, &im)?;
    apply(Prim::Binary(Binary::Complex), &[&re, &im])
}
