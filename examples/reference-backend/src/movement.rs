//! Arrays that are made of parameters, or put together of others.

use tnp_backend::{Result, Tensor, TensorType};
use tnp_dtype::Literal;

use crate::elements::{coordinates, read};

/// 0, 1, 2 … along an axis.
pub(crate) fn iota(axis: usize, ty: &TensorType) -> Vec<Literal> {
    let place = |number| coordinates(&ty.shape, number)[axis];
    (0..ty.size())
        .map(|number| Literal::new(place(number) as i64).cast(ty.dtype))
        .collect()
}

/// Arrays one after another along an axis: in C order, a piece of each in turn.
pub(crate) fn concatenate(axis: usize, inputs: &[&Tensor]) -> Result<Vec<Literal>> {
    let outer: usize = inputs[0].shape()[..axis].iter().product();
    let parts = inputs.iter().map(|input| read(input));
    let parts = parts.collect::<Result<Vec<Vec<Literal>>>>()?;
    let mut all = Vec::new();
    for piece in 0..outer {
        for part in &parts {
            let len = part.len() / outer;
            all.extend_from_slice(&part[piece * len..(piece + 1) * len]);
        }
    }
    Ok(all)
}
