//! Combinations along axes: parameters and inference.

use tnp_dtype::DType;

use super::Axes;
use crate::{Error, Result, TensorType};

macro_rules! operations {
    ($(#[doc = $doc:literal])* $enum:ident { $($(#[doc = $vdoc:literal])* $v:ident = $name:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $enum { $($(#[doc = $vdoc])* $v,)* }

        impl $enum {
            /// Every one, in the order of the enum.
            pub const ALL: &'static [$enum] = &[$($enum::$v),*];

            /// NumPy's name.
            pub const fn name(self) -> &'static str {
                match self { $($enum::$v => $name,)* }
            }
        }
    };
}

operations! {
    /// How axes are combined away.
    ReduceOp {
        /// Sum; at least as accurate as NumPy's pairwise summation.
        Sum = "sum",
        /// Product.
        Prod = "prod",
        /// Largest; NaN if any is.
        Max = "max",
        /// Smallest; NaN if any is.
        Min = "min",
        /// True when all are true; bool out.
        All = "all",
        /// True when any is; bool out.
        Any = "any",
    }
}

operations! {
    /// Which extreme element's position is wanted.
    ArgReduceOp {
        /// Of the largest.
        Max = "argmax",
        /// Of the smallest.
        Min = "argmin",
    }
}

operations! {
    /// What runs along the axis.
    CumulativeOp {
        /// Sum.
        Sum = "cumsum",
        /// Product.
        Prod = "cumprod",
        /// Largest so far.
        Max = "cummax",
        /// Smallest so far.
        Min = "cummin",
    }
}

pub(super) fn reduce(
    op: ReduceOp,
    axes: &Axes,
    dtype: DType,
    [x]: [&TensorType; 1],
) -> Result<TensorType> {
    if !axes.windows(2).all(|pair| pair[0] < pair[1])
        || axes.last().is_some_and(|&axis| axis >= x.ndim())
    {
        return Err(Error::axis(format!(
            "axes {axes:?} of an array of dimension {}",
            x.ndim()
        )));
    }
    match op {
        ReduceOp::Sum | ReduceOp::Prod => {}
        ReduceOp::Max | ReduceOp::Min => {
            if x.size() == 0 && axes.iter().any(|&axis| x.shape[axis] == 0) {
                let name = if op == ReduceOp::Max {
                    "maximum"
                } else {
                    "minimum"
                };
                return Err(Error::value(format!(
                    "zero-size array to reduction operation {name} which has no identity: its shape is {}; give `initial`",
                    tnp_shape::tuple(&x.shape)
                )));
            }
        }
        ReduceOp::All | ReduceOp::Any => {
            if dtype != DType::Bool {
                return Err(Error::dtype(format!(
                    "{} gives bool, not {dtype}",
                    op.name()
                )));
            }
        }
    }
    let shape = x
        .shape
        .iter()
        .enumerate()
        .filter(|(axis, _)| !axes.contains(axis))
        .map(|(_, &dim)| dim)
        .collect();
    Ok(TensorType { shape, dtype })
}

pub(super) fn check_axis(axis: usize, x: &TensorType) -> Result<()> {
    if axis >= x.ndim() {
        return Err(Error::axis(format!(
            "axis {axis} is out of bounds for array of dimension {}",
            x.ndim()
        )));
    }
    Ok(())
}

pub(super) fn arg_reduce(axis: usize, [x]: [&TensorType; 1]) -> Result<TensorType> {
    check_axis(axis, x)?;
    if x.shape[axis] == 0 {
        return Err(Error::value(
            "attempt to get the position of an extreme of an empty sequence",
        ));
    }
    let mut shape = x.shape.clone();
    shape.remove(axis);
    Ok(TensorType {
        shape,
        dtype: DType::Int64,
    })
}

pub(super) fn cumulative(axis: usize, dtype: DType, [x]: [&TensorType; 1]) -> Result<TensorType> {
    check_axis(axis, x)?;
    Ok(TensorType {
        shape: x.shape.clone(),
        dtype,
    })
}
