//! Inference of primitives that make arrays from parameters.

use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::{Error, Result, TensorType, checked_size};

pub(super) fn full(shape: &Dims, value: &Literal, []: [&TensorType; 0]) -> Result<TensorType> {
    checked_size(shape, value.dtype())?;
    Ok(TensorType {
        shape: shape.clone(),
        dtype: value.dtype(),
    })
}

pub(super) fn iota(
    shape: &Dims,
    dtype: DType,
    axis: usize,
    []: [&TensorType; 0],
) -> Result<TensorType> {
    checked_size(shape, dtype)?;
    if axis >= shape.len() {
        return Err(Error::axis(format!(
            "axis {axis} is out of bounds for array of dimension {}",
            shape.len()
        )));
    }
    if dtype.is_bool() || dtype.is_complex() {
        return Err(Error::dtype(format!(
            "not supported for dtype {dtype}; count in int64 and cast"
        )));
    }
    Ok(TensorType {
        shape: shape.clone(),
        dtype,
    })
}

pub(super) fn random_bits(
    shape: &Dims,
    dtype: DType,
    [key]: [&TensorType; 1],
) -> Result<TensorType> {
    checked_size(shape, dtype)?;
    if !matches!(dtype, DType::UInt32 | DType::UInt64) {
        return Err(Error::dtype(format!(
            "random bits come as uint32 or uint64, not {dtype}"
        )));
    }
    if key.dtype != DType::UInt32 || key.shape[..] != [2] {
        return Err(Error::value(format!(
            "the key must be uint32[2], it is {key}"
        )));
    }
    Ok(TensorType {
        shape: shape.clone(),
        dtype,
    })
}
