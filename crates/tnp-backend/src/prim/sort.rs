//! Sorting and searching: parameters and inference.

use tnp_dtype::DType;

use super::reduce::check_axis;
use crate::{Error, Result, TensorType};

/// Where a value goes among equal ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Side {
    /// Before them.
    Left,
    /// After them.
    Right,
}

pub(super) fn sort(axis: usize, [x]: [&TensorType; 1]) -> Result<TensorType> {
    check_axis(axis, x)?;
    Ok(x.clone())
}

pub(super) fn argsort(axis: usize, [x]: [&TensorType; 1]) -> Result<TensorType> {
    check_axis(axis, x)?;
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype: DType::Int64,
    })
}

pub(super) fn search_sorted([sorted, values]: [&TensorType; 2]) -> Result<TensorType> {
    if sorted.ndim() != 1 {
        return Err(Error::value(format!(
            "object too deep for desired array: the sorted array must be 1-D, it is {}-D",
            sorted.ndim()
        )));
    }
    if sorted.dtype != values.dtype {
        return Err(Error::dtype(format!(
            "dtypes {} and {} differ; cast them to one",
            sorted.dtype, values.dtype
        )));
    }
    Ok(TensorType {
        shape: values.shape.clone(),
        dtype: DType::Int64,
    })
}
