//! Reading and writing parts of arrays: parameters and inference.

use tnp_dtype::DType;
use tnp_shape::Dims;

use super::SliceSpec;
use crate::{Error, Result, TensorType, Types, checked_size, shape_text};

/// What a [`super::Prim::Gather`] or [`super::Prim::Scatter`] does along one axis of the array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AxisIndex {
    /// A regular part, which stays an axis of the result.
    Slice(SliceSpec),
    /// The next index array says where.
    Index,
}

/// How a scatter combines what is there with what comes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ScatterOp {
    /// Replace.
    Set,
    /// Sum; logical or for bool.
    Add,
    /// Product; logical and for bool.
    Multiply,
    /// The smaller, NaN if either is.
    Minimum,
    /// The larger, NaN if either is.
    Maximum,
}

impl ScatterOp {
    /// Every way, in the order of the enum.
    pub const ALL: [ScatterOp; 5] = [
        ScatterOp::Set,
        ScatterOp::Add,
        ScatterOp::Multiply,
        ScatterOp::Minimum,
        ScatterOp::Maximum,
    ];
}

/// Shape of what a gather reads.
fn gathered(
    axes: &[AxisIndex],
    index_axes_at: usize,
    x: &TensorType,
    indices: &[&TensorType],
) -> Result<Dims> {
    if axes.len() != x.ndim() {
        return Err(Error::index(format!(
            "{} axes are indexed of an array of dimension {}",
            axes.len(),
            x.ndim()
        )));
    }
    let wanted = axes
        .iter()
        .filter(|axis| matches!(axis, AxisIndex::Index))
        .count();
    if wanted != indices.len() {
        return Err(Error::index(format!(
            "{wanted} index arrays are needed, {} were given",
            indices.len()
        )));
    }
    for index in indices {
        if index.dtype != DType::Int64 {
            return Err(Error::index(format!(
                "arrays used as indices must be int64, not {}",
                index.dtype
            )));
        }
        if index.shape != indices[0].shape {
            return Err(Error::index(format!(
                "shape mismatch: indexing arrays have shapes {} and {}; broadcast them to one",
                shape_text(&indices[0].shape),
                shape_text(&index.shape)
            )));
        }
    }
    let mut shape = Dims::new();
    for (axis, (what, &dim)) in axes.iter().zip(&x.shape).enumerate() {
        if let AxisIndex::Slice(spec) = what {
            spec.check(axis, dim)?;
            shape.push(spec.len);
        }
    }
    if index_axes_at > shape.len() {
        return Err(Error::index(format!(
            "index axes at {index_axes_at} of {} sliced axes",
            shape.len()
        )));
    }
    if let Some(index) = indices.first() {
        shape.insert_from_slice(index_axes_at, &index.shape);
    }
    checked_size(&shape, x.dtype)?;
    Ok(shape)
}

pub(super) fn gather(
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[&TensorType],
) -> Result<TensorType> {
    let (x, indices) = inputs
        .split_first()
        .ok_or_else(|| Error::value("takes an array and index arrays"))?;
    Ok(TensorType {
        shape: gathered(axes, index_axes_at, x, indices)?,
        dtype: x.dtype,
    })
}

pub(super) fn scatter(
    op: ScatterOp,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[&TensorType],
) -> Result<TensorType> {
    let [x, indices @ .., update] = inputs else {
        return Err(Error::value("takes an array, index arrays and an update"));
    };
    let shape = gathered(axes, index_axes_at, x, indices)?;
    if update.shape != shape {
        return Err(Error::value(format!(
            "shape mismatch: value array of shape {} could not be broadcast to indexing result of shape {}",
            shape_text(&update.shape),
            shape_text(&shape)
        )));
    }
    if update.dtype != x.dtype {
        return Err(Error::dtype(format!(
            "the update is {}, the array {}; cast it",
            update.dtype, x.dtype
        )));
    }
    match op {
        ScatterOp::Set
        | ScatterOp::Add
        | ScatterOp::Multiply
        | ScatterOp::Minimum
        | ScatterOp::Maximum => {}
    }
    Ok((*x).clone())
}

fn check_starts(x: &TensorType, starts: &[&TensorType]) -> Result<()> {
    let good = starts.len() == x.ndim()
        && starts
            .iter()
            .all(|s| s.ndim() == 0 && s.dtype == DType::Int64);
    if !good {
        return Err(Error::index(format!(
            "one int64[] start for each of the {} axes is needed",
            x.ndim()
        )));
    }
    Ok(())
}

fn check_block(x: &TensorType, sizes: &[usize]) -> Result<()> {
    if sizes.len() != x.ndim() || sizes.iter().zip(&x.shape).any(|(size, dim)| size > dim) {
        return Err(Error::value(format!(
            "a block of shape {} does not fit in an array of shape {}",
            shape_text(sizes),
            shape_text(&x.shape)
        )));
    }
    Ok(())
}

pub(super) fn dynamic_slice(sizes: &Dims, inputs: &[&TensorType]) -> Result<TensorType> {
    let (x, starts) = inputs
        .split_first()
        .ok_or_else(|| Error::value("takes an array and starts"))?;
    check_starts(x, starts)?;
    check_block(x, sizes)?;
    Ok(TensorType {
        shape: sizes.clone(),
        dtype: x.dtype,
    })
}

pub(super) fn dynamic_update_slice(inputs: &[&TensorType]) -> Result<TensorType> {
    let [x, update, starts @ ..] = inputs else {
        return Err(Error::value("takes an array, an update and starts"));
    };
    check_starts(x, starts)?;
    check_block(x, &update.shape)?;
    if update.dtype != x.dtype {
        return Err(Error::dtype(format!(
            "the update is {}, the array {}; cast it",
            update.dtype, x.dtype
        )));
    }
    Ok((*x).clone())
}

pub(super) fn nonzero(size: usize, [x]: [&TensorType; 1]) -> Result<Types> {
    if x.ndim() == 0 {
        return Err(Error::value(
            "nonzero of a 0-d array has no axes to give; use `atleast_1d` first",
        ));
    }
    if size > x.size() {
        return Err(Error::value(format!(
            "size={size} is more than the array's {} elements",
            x.size()
        )));
    }
    Ok((0..x.ndim())
        .map(|_| TensorType::new(&[size], DType::Int64))
        .collect())
}
