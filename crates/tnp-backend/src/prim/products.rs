//! Sums of products: parameters and inference.

use tnp_shape::Dims;

use super::Axes;
use crate::{Error, Result, TensorType, checked_size, shape_text};

/// Which axes a product sums over, and which run along together.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DotDims {
    /// Axes of the first that are summed over.
    pub lhs_contract: Axes,
    /// Their partners of the second.
    pub rhs_contract: Axes,
    /// Axes of the first that are kept and run along with the second's.
    pub lhs_batch: Axes,
    /// Their partners of the second.
    pub rhs_batch: Axes,
}

pub(super) fn dot_general(dims: &DotDims, [x, y]: [&TensorType; 2]) -> Result<TensorType> {
    if x.dtype != y.dtype {
        return Err(Error::dtype(format!(
            "the operands have dtypes {} and {}; cast them to one",
            x.dtype, y.dtype
        )));
    }
    let pairs = [
        (&dims.lhs_contract, &dims.rhs_contract),
        (&dims.lhs_batch, &dims.rhs_batch),
    ];
    for (left, right) in pairs {
        if left.len() != right.len() {
            return Err(Error::value(format!(
                "axes {left:?} and {right:?} do not pair up"
            )));
        }
        for (&a, &b) in left.iter().zip(right) {
            let (Some(&m), Some(&n)) = (x.shape.get(a), y.shape.get(b)) else {
                return Err(Error::axis(format!(
                    "axes {a} and {b} of arrays of dimension {} and {}",
                    x.ndim(),
                    y.ndim()
                )));
            };
            if m != n {
                return Err(Error::value(format!(
                    "shapes {} and {} do not fit: {m} (axis {a} of the first) must equal {n} (axis {b} of the second)",
                    shape_text(&x.shape),
                    shape_text(&y.shape)
                )));
            }
        }
    }
    let free = |ty: &TensorType, contract: &Axes, batch: &Axes| -> Result<Axes> {
        let mut used: Axes = contract.iter().chain(batch).copied().collect();
        used.sort_unstable();
        if used.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::axis(format!(
                "axes {used:?} are used more than once"
            )));
        }
        Ok((0..ty.ndim()).filter(|axis| !used.contains(axis)).collect())
    };
    let lhs_free = free(x, &dims.lhs_contract, &dims.lhs_batch)?;
    let rhs_free = free(y, &dims.rhs_contract, &dims.rhs_batch)?;
    let shape: Dims = (dims.lhs_batch.iter().map(|&a| x.shape[a]))
        .chain(lhs_free.iter().map(|&a| x.shape[a]))
        .chain(rhs_free.iter().map(|&a| y.shape[a]))
        .collect();
    checked_size(&shape, x.dtype)?;
    Ok(TensorType {
        shape,
        dtype: x.dtype,
    })
}
