//! Axes combined away, and sums of products.

use tnp_backend::prim::{Binary, DotDims, ReduceOp};
use tnp_backend::{Result, Tensor, TensorType};
use tnp_dtype::{DType, Literal};

use crate::elements::{coordinates, number, read};
use crate::elementwise::{binary_of, cast_of};

/// What half-width floats are added up in; everything else in its own dtype.
fn accumulator(dtype: DType) -> DType {
    match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    }
}

/// Values combined in pairs, and the pairs in pairs: rounding errors grow with the logarithm of their number.
fn fold(op: Binary, values: &[Literal]) -> Option<Literal> {
    match values {
        [] => None,
        [one] => Some(*one),
        _ => {
            let (left, right) = values.split_at(values.len() / 2);
            binary_of(op, fold(op, left)?, fold(op, right)?)
        }
    }
}

/// Combines axes away.
pub(crate) fn reduce(
    op: ReduceOp,
    axes: &[usize],
    dtype: DType,
    x: &Tensor,
    ty: &TensorType,
) -> Result<Vec<Literal>> {
    let (op, identity) = match op {
        ReduceOp::Sum => (Binary::Add, Literal::zero(dtype)),
        ReduceOp::Prod => (Binary::Multiply, Literal::one(dtype)),
        // Inference refuses extremes of nothing.
        ReduceOp::Max => (Binary::Maximum, Literal::zero(dtype)),
        ReduceOp::Min => (Binary::Minimum, Literal::zero(dtype)),
        ReduceOp::All => (Binary::BitwiseAnd, Literal::new(true)),
        ReduceOp::Any => (Binary::BitwiseOr, Literal::new(false)),
    };
    let mut groups = vec![Vec::new(); ty.size()];
    for (at, value) in read(x)?.into_iter().enumerate() {
        let mut places = coordinates(x.shape(), at);
        let mut axis = 0;
        places.retain(|_| {
            axis += 1;
            !axes.contains(&(axis - 1))
        });
        let value = cast_of(cast_of(value, dtype), accumulator(dtype));
        groups[number(&ty.shape, &places)].push(value);
    }
    let result = |group: &Vec<Literal>| fold(op, group).map_or(identity, |sum| sum.cast(dtype));
    Ok(groups.iter().map(result).collect())
}

/// Sums of products over pairs of axes; batch axes run along together.
pub(crate) fn dot_general(
    dims: &DotDims,
    x: &Tensor,
    y: &Tensor,
    ty: &TensorType,
) -> Result<Vec<Literal>> {
    let wide = accumulator(ty.dtype);
    let values = |tensor| -> Result<Vec<Literal>> {
        Ok(read(tensor)?
            .into_iter()
            .map(|value| value.cast(wide))
            .collect())
    };
    let (xs, ys) = (values(x)?, values(y)?);
    let (x_free, y_free) = (
        free(x, &dims.lhs_contract, &dims.lhs_batch),
        free(y, &dims.rhs_contract, &dims.rhs_batch),
    );
    let summed: Vec<usize> = dims
        .lhs_contract
        .iter()
        .map(|&axis| x.shape()[axis])
        .collect();
    let terms: usize = summed.iter().product();
    let result = |at: usize| {
        let places = coordinates(&ty.shape, at);
        let (batch, rest) = places.split_at(dims.lhs_batch.len());
        let (left, right) = rest.split_at(x_free.len());
        let term = |term: usize| {
            let sum = coordinates(&summed, term);
            let of = |tensor: &Tensor, axes: [(&[usize], &[usize]); 3]| {
                let mut places = vec![0; tensor.shape().len()];
                for (axes, values) in axes {
                    for (&axis, &value) in axes.iter().zip(values) {
                        places[axis] = value;
                    }
                }
                number(tensor.shape(), &places)
            };
            let x_at = of(
                x,
                [
                    (&dims.lhs_batch, batch),
                    (&x_free, left),
                    (&dims.lhs_contract, &sum),
                ],
            );
            let y_at = of(
                y,
                [
                    (&dims.rhs_batch, batch),
                    (&y_free, right),
                    (&dims.rhs_contract, &sum),
                ],
            );
            binary_of(Binary::Multiply, xs[x_at], ys[y_at])
        };
        let products: Vec<Literal> = (0..terms).filter_map(term).collect();
        // A sum begins at zero: of negative zeros it is a positive one.
        let zero = Literal::zero(wide);
        let sum = fold(Binary::Add, &products).and_then(|sum| binary_of(Binary::Add, zero, sum));
        sum.unwrap_or(zero).cast(ty.dtype)
    };
    Ok((0..ty.size()).map(result).collect())
}

/// The axes that are neither summed over nor run along.
fn free(x: &Tensor, contract: &[usize], batch: &[usize]) -> Vec<usize> {
    let used = |axis: &usize| contract.contains(axis) || batch.contains(axis);
    (0..x.shape().len()).filter(|axis| !used(axis)).collect()
}
