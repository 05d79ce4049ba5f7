//! Primitives that move elements without looking at them: parameters and inference.

use smallvec::SmallVec;
use tnp_shape::Dims;

use super::Axes;
use crate::{Error, Result, TensorType, checked_size, shape_text};

/// A regular part of an axis: `len` elements from `start`, each `step` further (which may be negative).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SliceSpec {
    /// First element.
    pub start: usize,
    /// Number of elements.
    pub len: usize,
    /// Distance between them, never zero.
    pub step: isize,
}

impl SliceSpec {
    /// The whole of an axis.
    pub const fn full(len: usize) -> SliceSpec {
        SliceSpec {
            start: 0,
            len,
            step: 1,
        }
    }

    /// True when this is the whole of an axis of that size, in order.
    pub const fn is_full(&self, dim: usize) -> bool {
        self.start == 0 && self.step == 1 && self.len == dim
    }

    pub(super) fn check(&self, axis: usize, dim: usize) -> Result<()> {
        let last = (self.start as i128) + (self.len as i128 - 1) * self.step as i128;
        let fits = self.len == 0 || (self.start < dim && last >= 0 && last < dim as i128);
        if self.step == 0 || !fits {
            return Err(Error::index(format!(
                "slice of {} elements from {} by step {} is out of bounds for axis {axis} with size {dim}",
                self.len, self.start, self.step
            )));
        }
        Ok(())
    }
}

pub(super) fn reshape(shape: &Dims, [x]: [&TensorType; 1]) -> Result<TensorType> {
    if checked_size(shape, x.dtype)? != x.size() {
        return Err(Error::value(format!(
            "cannot reshape array of size {} into shape {}",
            x.size(),
            shape_text(shape)
        )));
    }
    Ok(TensorType {
        shape: shape.clone(),
        dtype: x.dtype,
    })
}

pub(super) fn transpose(permutation: &Axes, [x]: [&TensorType; 1]) -> Result<TensorType> {
    let mut seen: SmallVec<[bool; 8]> = SmallVec::from_elem(false, x.ndim());
    for &axis in permutation {
        if axis >= x.ndim() || std::mem::replace(&mut seen[axis], true) {
            return Err(Error::value(format!(
                "{permutation:?} is no permutation of {} axes",
                x.ndim()
            )));
        }
    }
    if permutation.len() != x.ndim() {
        return Err(Error::value("axes don't match array"));
    }
    Ok(TensorType {
        shape: permutation.iter().map(|&axis| x.shape[axis]).collect(),
        dtype: x.dtype,
    })
}

pub(super) fn broadcast_in_dim(
    shape: &Dims,
    dims: &Axes,
    [x]: [&TensorType; 1],
) -> Result<TensorType> {
    let increasing = dims.windows(2).all(|pair| pair[0] < pair[1]);
    let fits = dims.len() == x.ndim()
        && increasing
        && dims
            .iter()
            .zip(&x.shape)
            .all(|(&to, &dim)| to < shape.len() && (dim == shape[to] || dim == 1));
    if !fits {
        return Err(Error::value(format!(
            "shape {} cannot be broadcast to {} with its axes at {dims:?}",
            shape_text(&x.shape),
            shape_text(shape)
        )));
    }
    Ok(TensorType {
        shape: shape.clone(),
        dtype: x.dtype,
    })
}

pub(super) fn slice(axes: &[SliceSpec], [x]: [&TensorType; 1]) -> Result<TensorType> {
    if axes.len() != x.ndim() {
        return Err(Error::index(format!(
            "{} slices for an array of dimension {}",
            axes.len(),
            x.ndim()
        )));
    }
    for (axis, (spec, &dim)) in axes.iter().zip(&x.shape).enumerate() {
        spec.check(axis, dim)?;
    }
    Ok(TensorType {
        shape: axes.iter().map(|spec| spec.len).collect(),
        dtype: x.dtype,
    })
}

pub(super) fn pad(low: &Dims, high: &Dims, [x, value]: [&TensorType; 2]) -> Result<TensorType> {
    if low.len() != x.ndim() || high.len() != x.ndim() {
        return Err(Error::value(format!(
            "one width before and after each of the {} axes is needed",
            x.ndim()
        )));
    }
    if value.ndim() != 0 || value.dtype != x.dtype {
        return Err(Error::value(format!(
            "the border value must be {}[], it is {value}",
            x.dtype
        )));
    }
    let overflow = || Error::value("array is too big; the padded size does not fit in memory");
    let mut shape = Dims::new();
    for ((&low, &high), &dim) in low.iter().zip(high).zip(&x.shape) {
        shape.push(
            dim.checked_add(low)
                .and_then(|sum| sum.checked_add(high))
                .ok_or_else(overflow)?,
        );
    }
    checked_size(&shape, x.dtype)?;
    Ok(TensorType {
        shape,
        dtype: x.dtype,
    })
}

pub(super) fn concatenate(axis: usize, inputs: &[&TensorType]) -> Result<TensorType> {
    let Some((first, rest)) = inputs.split_first() else {
        return Err(Error::value("need at least one array to concatenate"));
    };
    if first.ndim() == 0 {
        return Err(Error::value(
            "zero-dimensional arrays cannot be concatenated",
        ));
    }
    if axis >= first.ndim() {
        return Err(Error::axis(format!(
            "axis {axis} is out of bounds for array of dimension {}",
            first.ndim()
        )));
    }
    let mut shape = first.shape.clone();
    for (at, other) in rest.iter().enumerate() {
        if other.dtype != first.dtype {
            return Err(Error::dtype(format!(
                "dtypes {} and {} differ; cast them to one",
                first.dtype, other.dtype
            )));
        }
        if other.ndim() != first.ndim() {
            return Err(Error::value(format!(
                "all the input array dimensions except for the concatenation axis must match exactly, but the array at index 0 has {} dimension(s) and the array at index {} has {} dimension(s)",
                first.ndim(),
                at + 1,
                other.ndim()
            )));
        }
        for (along, (&a, &b)) in first.shape.iter().zip(&other.shape).enumerate() {
            if along != axis && a != b {
                return Err(Error::value(format!(
                    "all the input array dimensions except for the concatenation axis must match exactly, but along dimension {along}, the array at index 0 has size {a} and the array at index {} has size {b}",
                    at + 1
                )));
            }
        }
        shape[axis] = shape[axis]
            .checked_add(other.shape[axis])
            .ok_or_else(|| Error::value("array is too big; the size along the axis overflows"))?;
    }
    checked_size(&shape, first.dtype)?;
    Ok(TensorType {
        shape,
        dtype: first.dtype,
    })
}
