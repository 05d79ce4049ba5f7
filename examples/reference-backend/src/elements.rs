//! Tensors as lists of elements, and back. An element is a [`Literal`]: any of the fifteen dtypes, so no code here is generic.

use tnp_backend::{Device, Result, Tensor, TensorType};
use tnp_dtype::Literal;
use tnp_shape::Layout;

use crate::memory;

/// Where an element lies: the position in the buffer, in elements, of the element of a number in C order.
pub(crate) fn position(layout: &Layout, number: usize) -> usize {
    let mut rest = number;
    let mut at = layout.offset() as isize;
    for (&dim, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
        at += (rest % dim) as isize * stride;
        rest /= dim;
    }
    at as usize
}

/// The elements of a tensor, in C order, whatever its strides.
pub(crate) fn read(tensor: &Tensor) -> Result<Vec<Literal>> {
    let bytes = memory::bytes(&tensor.buffer)?;
    let itemsize = tensor.dtype.itemsize();
    let element = |number| {
        let at = position(&tensor.layout, number) * itemsize;
        Literal::from_bytes(tensor.dtype, &bytes[at..])
    };
    Ok((0..tensor.layout.size()).map(element).collect())
}

/// A fresh tensor of these elements.
pub(crate) fn write(device: Device, ty: &TensorType, values: &[Literal]) -> Result<Tensor> {
    let mut bytes = memory::room(ty.bytes())?;
    for value in values {
        bytes.extend_from_slice(value.as_bytes());
    }
    let buffer = memory::buffer(device, bytes);
    Ok(Tensor::contiguous(buffer, &ty.shape, ty.dtype))
}

/// The place of an element of a number along each axis.
pub(crate) fn coordinates(shape: &[usize], number: usize) -> Vec<usize> {
    let mut rest = number;
    let mut places = vec![0; shape.len()];
    for (place, &dim) in places.iter_mut().zip(shape).rev() {
        *place = rest % dim;
        rest /= dim;
    }
    places
}

/// The number in C order of the element at a place; the inverse of [`coordinates`].
pub(crate) fn number(shape: &[usize], places: &[usize]) -> usize {
    let step = |number, (&dim, &place): (&usize, &usize)| number * dim + place;
    shape.iter().zip(places).fold(0, step)
}
