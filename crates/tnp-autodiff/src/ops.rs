//! Primitives as short functions for the derivative rules: one shape, one dtype, no promotion, so that a rule means the same in every mode.

use smallvec::SmallVec;
use tnp_array::{Array, DType, Literal, Operand, Result, bind1, current_device, with_device};
use tnp_backend::TensorType;
use tnp_backend::prim::{Axes, AxisIndex, Binary, Prim, ReduceOp, ScatterOp, SliceSpec, Unary};
use tnp_shape::Dims;

pub(crate) fn un<'a>(op: Unary, x: impl Into<Operand<'a>>) -> Result<Array> {
    bind1(&Prim::Unary(op), &mut [x.into()])
}

pub(crate) fn bi<'a, 'b>(
    op: Binary,
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
) -> Result<Array> {
    let (x, y) = (x.into(), y.into());
    bind1(&Prim::Binary(op), &mut [x, y])
}

macro_rules! binary_helpers {
    ($($name:ident $op:ident;)*) => {$(
        pub(crate) fn $name<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
            bi(Binary::$op, x, y)
        }
    )*};
}
binary_helpers! {
    add Add;
    sub Subtract;
    mul Multiply;
    div Divide;
    equal Equal;
}

pub(crate) fn neg<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    un(Unary::Negative, x)
}

/// `x` where the condition holds, else `y`.
pub(crate) fn select<'a, 'b, 'c>(
    condition: impl Into<Operand<'a>>,
    x: impl Into<Operand<'b>>,
    y: impl Into<Operand<'c>>,
) -> Result<Array> {
    let (condition, x, y) = (condition.into(), x.into(), y.into());
    bind1(&Prim::Select, &mut [condition, x, y])
}

pub(crate) fn and(x: Array, y: Array) -> Result<Array> {
    bi(Binary::BitwiseAnd, x, y)
}

pub(crate) fn or(x: Array, y: Array) -> Result<Array> {
    bi(Binary::BitwiseOr, x, y)
}

pub(crate) fn cast<'a>(x: impl Into<Operand<'a>>, dtype: DType) -> Result<Array> {
    let x = x.into();
    if let Some(array) = x.as_array()
        && array.dtype() == dtype
    {
        return x.into_array();
    }
    bind1(&Prim::Cast { dtype }, &mut [x])
}

/// One value in a shape, on the device of another array: a view of one element.
pub(crate) fn full(beside: &Array, value: Literal, shape: &[usize]) -> Result<Array> {
    let make = || {
        let prim = Prim::Full {
            shape: Dims::new(),
            value,
        };
        bind1(&prim, &mut [])
    };
    // A device scope decides where things run; without one a constant belongs where its neighbour is.
    let home = beside.tensor().ok().map(|tensor| tensor.device());
    let one = match home {
        Some(device) if device != current_device()? => with_device(device, make)??,
        _ => make()?,
    };
    spread(one, shape, &[])
}

/// A number in the shape and dtype of another array.
pub(crate) fn number(like: &Array, value: f64) -> Result<Array> {
    full(like, Literal::new(value).cast(like.dtype()), like.shape())
}

/// Zeros of a type, beside an array.
pub(crate) fn zeros(beside: &Array, ty: &TensorType) -> Result<Array> {
    full(beside, Literal::zero(ty.dtype), &ty.shape)
}

/// `x * number`.
pub(crate) fn scale(x: &Array, factor: f64) -> Result<Array> {
    mul(x, number(x, factor)?)
}

/// Broadcast with the input's axes at `dims`.
pub(crate) fn spread<'a>(
    x: impl Into<Operand<'a>>,
    shape: &[usize],
    dims: &[usize],
) -> Result<Array> {
    let x = x.into();
    if x.shape() == shape {
        return x.into_array();
    }
    let prim = Prim::BroadcastInDim {
        shape: Dims::from_slice(shape),
        dims: Axes::from_slice(dims),
    };
    bind1(&prim, &mut [x])
}

/// What a reduction over `axes` gave, repeated along them again.
pub(crate) fn unreduce<'a>(
    x: impl Into<Operand<'a>>,
    shape: &[usize],
    axes: &[usize],
) -> Result<Array> {
    let kept: Axes = (0..shape.len())
        .filter(|axis| !axes.contains(axis))
        .collect();
    spread(x, shape, &kept)
}

pub(crate) fn reshape<'a>(x: impl Into<Operand<'a>>, shape: &[usize]) -> Result<Array> {
    let x = x.into();
    if x.shape() == shape {
        return x.into_array();
    }
    let prim = Prim::Reshape {
        shape: Dims::from_slice(shape),
    };
    bind1(&prim, &mut [x])
}

/// The same values under another name: what is recorded of the one is not of the other, while transformations further
/// out see through it.
pub(crate) fn alias(x: &Array) -> Result<Array> {
    let prim = Prim::Reshape {
        shape: Dims::from_slice(x.shape()),
    };
    Ok(bind1(&prim, &mut [Operand::Borrowed(x)])?.with_weak(x.is_weak()))
}

pub(crate) fn transpose<'a>(x: impl Into<Operand<'a>>, permutation: &[usize]) -> Result<Array> {
    let x = x.into();
    if permutation.iter().enumerate().all(|(i, &axis)| i == axis) {
        return x.into_array();
    }
    let prim = Prim::Transpose {
        permutation: Axes::from_slice(permutation),
    };
    bind1(&prim, &mut [x])
}

/// The sum over axes; all of them kept out.
pub(crate) fn sum<'a>(x: impl Into<Operand<'a>>, axes: &[usize]) -> Result<Array> {
    let x = x.into();
    if axes.is_empty() {
        return x.into_array();
    }
    let mut x = x;
    let dtype = x.array()?.dtype();
    let prim = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: Axes::from_slice(axes),
        dtype,
    };
    bind1(&prim, &mut [x])
}

pub(crate) fn slice<'a>(
    x: impl Into<Operand<'a>>,
    axes: SmallVec<[SliceSpec; 4]>,
) -> Result<Array> {
    let x = x.into();
    if axes
        .iter()
        .zip(x.shape())
        .all(|(spec, &dim)| spec.is_full(dim))
    {
        return x.into_array();
    }
    bind1(&Prim::Slice { axes }, &mut [x])
}

/// A part of one axis.
pub(crate) fn slice_axis(x: &Array, axis: usize, spec: SliceSpec) -> Result<Array> {
    let mut axes: SmallVec<[SliceSpec; 4]> =
        x.shape().iter().map(|&dim| SliceSpec::full(dim)).collect();
    axes[axis] = spec;
    slice(x, axes)
}

/// 0, 1, 2 … along one axis of a shape, in int64; a view along the others.
pub(crate) fn iota(beside: &Array, shape: &[usize], axis: usize) -> Result<Array> {
    let prim = Prim::Iota {
        shape: Dims::from_slice(&[shape[axis]]),
        dtype: DType::Int64,
        axis: 0,
    };
    let home = beside.tensor().ok().map(|tensor| tensor.device());
    let counted = match home {
        Some(device) if device != current_device()? => {
            with_device(device, || bind1(&prim, &mut []))??
        }
        _ => bind1(&prim, &mut [])?,
    };
    spread(counted, shape, &[axis])
}

/// Index arrays that pick `positions` along one axis and everything along the others.
fn along(x: &Array, positions: &Array, axis: usize) -> Result<Vec<Array>> {
    (0..x.ndim())
        .map(|other| {
            if other == axis {
                Ok(positions.clone())
            } else {
                iota(x, positions.shape(), other)
            }
        })
        .collect()
}

fn all_indexed(ndim: usize) -> SmallVec<[AxisIndex; 4]> {
    (0..ndim).map(|_| AxisIndex::Index).collect()
}

/// The elements at positions along an axis.
pub(crate) fn take_along(x: &Array, positions: &Array, axis: usize) -> Result<Array> {
    let indices = along(x, positions, axis)?;
    let prim = Prim::Gather {
        axes: all_indexed(x.ndim()),
        index_axes_at: 0,
    };
    let mut inputs: SmallVec<[Operand<'_>; 5]> = SmallVec::new();
    inputs.push(Operand::Borrowed(x));
    inputs.extend(indices.into_iter().map(Operand::Owned));
    bind1(&prim, &mut inputs)
}

/// Zeros of a shape with values added at positions along an axis.
pub(crate) fn add_along(
    values: &Array,
    positions: &Array,
    axis: usize,
    ty: &TensorType,
) -> Result<Array> {
    let indices = along(values, positions, axis)?;
    let prim = Prim::Scatter {
        op: ScatterOp::Add,
        axes: all_indexed(values.ndim()),
        index_axes_at: 0,
    };
    let mut inputs: SmallVec<[Operand<'_>; 6]> = SmallVec::new();
    inputs.push(Operand::Owned(zeros(values, ty)?));
    inputs.extend(indices.into_iter().map(Operand::Owned));
    inputs.push(Operand::Borrowed(values));
    bind1(&prim, &mut inputs)
}
