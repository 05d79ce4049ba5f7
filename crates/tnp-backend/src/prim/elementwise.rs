//! Inference of elementwise primitives: unary, binary, select and casts.

use tnp_dtype::DType;

use super::{Binary, Unary};
use crate::{Error, Result, TensorType, shape_text};

pub(super) fn unary(op: Unary, [x]: [&TensorType; 1]) -> Result<TensorType> {
    let dtype = op
        .output(x.dtype)
        .ok_or_else(|| not_supported(op.name(), x.dtype))?;
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype,
    })
}

pub(super) fn binary(op: Binary, [x, y]: [&TensorType; 2]) -> Result<TensorType> {
    same_type(x, y)?;
    let dtype = op
        .output(x.dtype)
        .ok_or_else(|| not_supported(op.name(), x.dtype))?;
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype,
    })
}

pub(super) fn select([condition, x, y]: [&TensorType; 3]) -> Result<TensorType> {
    same_type(x, y)?;
    if condition.dtype != DType::Bool {
        return Err(Error::dtype(format!(
            "the condition must be bool, it is {}",
            condition.dtype
        )));
    }
    if condition.shape != x.shape {
        return Err(Error::value(format!(
            "the condition has shape {}, the choices have {}",
            shape_text(&condition.shape),
            shape_text(&x.shape)
        )));
    }
    Ok(x.clone())
}

pub(super) fn cast(dtype: DType, [x]: [&TensorType; 1]) -> Result<TensorType> {
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype,
    })
}

pub(super) fn bitcast(dtype: DType, [x]: [&TensorType; 1]) -> Result<TensorType> {
    if dtype.itemsize() != x.dtype.itemsize() || (dtype.is_bool() && !x.dtype.is_bool()) {
        return Err(Error::dtype(format!(
            "the bits of {} cannot be read as {dtype}",
            x.dtype
        )));
    }
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype,
    })
}

#[cold]
fn not_supported(name: &str, dtype: DType) -> Error {
    let hint = match name {
        "negative" if dtype.is_bool() => {
            "; use `logical_not` or `invert` instead of `-` on bool arrays"
        }
        "subtract" if dtype.is_bool() => {
            "; use `bitwise_xor` or `logical_xor` instead of `-` on bool arrays"
        }
        _ => "",
    };
    Error::dtype(format!("{name}: not supported for dtype {dtype}{hint}"))
}

fn same_type(x: &TensorType, y: &TensorType) -> Result<()> {
    if x.dtype != y.dtype {
        return Err(Error::dtype(format!(
            "the operands have dtypes {} and {}; cast them to one",
            x.dtype, y.dtype
        )));
    }
    if x.shape != y.shape {
        return Err(Error::value(format!(
            "the operands have shapes {} and {}; broadcast them to one",
            shape_text(&x.shape),
            shape_text(&y.shape)
        )));
    }
    Ok(())
}
