//! Bringing operands together: promotion to one dtype by the mode in force, then broadcasting to one shape.

use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{Device, Error, Result, Tensor};
use tnp_dtype::{DType, Literal, Scalar};
use tnp_shape::{Dims, Layout, Strides, broadcast_shapes};

use crate::bind::bind1;
use crate::context;
use crate::device::{DeviceScope, default_device, scoped_device};
use crate::{Array, Operand};

/// The device that numbers among these operands belong on: that of the first array that has one.
#[inline]
pub(crate) fn home(operands: &[&Operand<'_>]) -> Option<Device> {
    operands
        .iter()
        .filter_map(|operand| operand.as_array()?.tensor().ok())
        .map(|tensor| tensor.buffer.device())
        .next()
}

/// Runs `body`, which makes arrays out of numbers, so that they land on a device; a scope in force decides otherwise.
#[inline]
pub(crate) fn at_home<R>(home: Option<Device>, body: impl FnOnce() -> R) -> R {
    match home {
        Some(device)
            if scoped_device().is_none()
                && default_device().is_ok_and(|default| default != device) =>
        {
            let _scope = DeviceScope::enter(Some(device));
            body()
        }
        _ => body(),
    }
}

/// Runs `body` so that arrays it makes land where an array is.
pub(crate) fn near<R>(x: &Array, body: impl FnOnce() -> R) -> R {
    at_home(home(&[&Operand::Borrowed(x)]), body)
}

/// An operand as an array where another is, if it is made of numbers in lists or of one number.
pub(crate) fn array_near(x: &Array, operand: Operand<'_>) -> Result<Array> {
    match operand {
        Operand::Numbers(_) => crate::index::beside(x, operand.into_array()?),
        operand => near(x, || operand.into_array()),
    }
}

/// One value as an array of a shape, on the device another array is on: a constant, repeated by strides of zero. In a
/// transformation it is a step of the program.
#[inline]
pub(crate) fn constant(beside: &Array, value: Literal, shape: &Dims) -> Result<Operand<'static>> {
    let tensor = match beside.tensor() {
        Ok(tensor) if !context::takes_constants() => tensor,
        beside => {
            let home = beside.ok().map(|tensor| tensor.buffer.device());
            let one = at_home(home, || Array::from_literal(value))?;
            return expand(Operand::Owned(one), shape);
        }
    };
    let device = scoped_device().unwrap_or_else(|| tensor.device());
    let buffer = device.backend().upload(device.index(), value.as_bytes())?;
    let strides = Strides::from_elem(0, shape.len());
    Ok(Operand::Owned(Array::from_tensor(Tensor {
        buffer,
        layout: Layout::from_parts(shape.clone(), strides, 0),
        dtype: value.dtype(),
    })))
}

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
    match other.as_array() {
        Some(array) => constant(array, literal, &Dims::from_slice(array.shape())),
        None => Ok(Operand::Owned(Array::from_literal(literal)?)),
    }
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

/// The operands in one dtype and shape, numbers on the device the first array is on.
pub(crate) fn brought<'a, const N: usize>(
    op: &'static str,
    operands: [Operand<'a>; N],
    dtype: DType,
) -> Result<[Operand<'a>; N]> {
    let home = operands.iter().find_map(|operand| home(&[operand]));
    let mut failed = None;
    let operands = operands.map(
        |operand| match at_home(home, || to_dtype(op, operand, dtype)) {
            Ok(operand) => operand,
            Err(error) => {
                failed = Some(error.clone());
                Operand::Failed(error)
            }
        },
    );
    match failed {
        Some(error) => Err(error),
        None => broadcast(op, operands),
    }
}
