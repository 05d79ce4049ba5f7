//! Bringing operands together: promotion to one dtype by the mode in force, then broadcasting to one shape.

use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{Error, Result, Tensor};
use tnp_dtype::{DType, Scalar, TypeOrScalar};
use tnp_shape::{Dims, Layout, Strides, broadcast_shapes};

use crate::bind::bind1;
use crate::{Array, Operand};

/// An operand as an array of a dtype: scalars are checked against it, arrays cast to it.
#[inline]
pub(crate) fn to_dtype<'a>(
    op: &'static str,
    operand: Operand<'a>,
    dtype: DType,
) -> Result<Operand<'a>> {
    match operand {
        Operand::Scalar(scalar) => {
            let literal = scalar
                .to_operand(dtype)
                .map_err(|error| Error::from(error).in_op(op))?;
            Ok(Operand::Owned(Array::from_literal(literal)?))
        }
        operand => match operand.as_array() {
            Some(array) if array.dtype() == dtype => Ok(operand),
            _ => operand.astype(dtype),
        },
    }
}

/// A scalar as an array of another's shape and device, without a step of its own in whatever transformation is in force:
/// it is a constant, repeated by strides of zero.
#[inline]
pub(crate) fn scalar_beside(
    op: &'static str,
    scalar: Scalar,
    dtype: DType,
    other: &Operand<'_>,
) -> Result<Operand<'static>> {
    let literal = scalar
        .to_operand(dtype)
        .map_err(|error| Error::from(error).in_op(op))?;
    let Some(Ok(tensor)) = other.as_array().map(Array::tensor) else {
        return Ok(Operand::Owned(Array::from_literal(literal)?));
    };
    let device = tensor.device();
    let buffer = device
        .backend()
        .upload(device.index(), literal.as_bytes())?;
    let shape = Dims::from_slice(tensor.shape());
    let strides = Strides::from_elem(0, shape.len());
    let layout = Layout::from_parts(shape, strides, 0);
    Ok(Operand::Owned(Array::from_tensor(Tensor {
        buffer,
        layout,
        dtype,
    })))
}

/// The operands broadcast to one shape. Stretched ones become views.
#[inline]
pub(crate) fn broadcast<'a, const N: usize>(
    op: &'static str,
    operands: [Operand<'a>; N],
) -> Result<[Operand<'a>; N]> {
    let first = operands[0].shape();
    if operands[1..].iter().all(|other| other.shape() == first) {
        return Ok(operands);
    }
    let shapes: SmallVec<[&[usize]; 4]> = operands.iter().map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes).map_err(|error| Error::from(error).in_op(op))?;
    drop(shapes);
    let mut failed = None;
    let operands = operands.map(|operand| match expand(operand, &shape) {
        Ok(operand) => operand,
        Err(error) => {
            failed = Some(error.clone());
            Operand::Failed(error)
        }
    });
    failed.map_or(Ok(operands), Err)
}

/// An operand stretched to a shape it is known to broadcast to.
#[inline]
pub(crate) fn expand<'a>(operand: Operand<'a>, shape: &Dims) -> Result<Operand<'a>> {
    if operand.shape() == &shape[..] {
        return Ok(operand);
    }
    let added = shape.len() - operand.shape().len();
    let dims = (added..shape.len()).collect();
    let weak = operand.type_info().is_some_and(|info| info.weak);
    let prim = Prim::BroadcastInDim {
        shape: shape.clone(),
        dims,
    };
    Ok(Operand::Owned(
        bind1(&prim, &mut [operand])?.with_weak(weak),
    ))
}

/// The operands on the device the first array is on, scalars becoming arrays there; in one dtype chosen by
/// `result_type`, and broadcast.
pub(crate) fn common<'a, const N: usize>(
    op: &'static str,
    operands: [Operand<'a>; N],
) -> Result<([Operand<'a>; N], bool)> {
    let mut types: SmallVec<[TypeOrScalar; 4]> = SmallVec::new();
    for operand in &operands {
        types.push(operand.promotes_as()?);
    }
    let info = tnp_dtype::result_type(op, &types)?;
    let mut failed = None;
    let operands = operands.map(|operand| match to_dtype(op, operand, info.dtype) {
        Ok(operand) => operand,
        Err(error) => {
            failed = Some(error.clone());
            Operand::Failed(error)
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    Ok((broadcast(op, operands)?, info.weak))
}
