//! What promotion refuses, and the words it uses.

use super::{Mode, Scalar, TypeOrScalar};
use crate::DType;

/// Operands without a common dtype, or a dtype that a function does not take; one pointer, to keep answers in registers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct PromotionError(Box<Refusal>);

impl PromotionError {
    /// What was refused, to match on.
    pub fn refusal(&self) -> &Refusal {
        &self.0
    }
}

impl From<Refusal> for PromotionError {
    #[cold]
    fn from(refusal: Refusal) -> PromotionError {
        PromotionError(Box::new(refusal))
    }
}

/// What promotion refuses.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The mode does not promote this pair.
    #[error(
        "{op}: {lhs} and {rhs} are not promoted in {} mode; convert one (`x.astype({towards:?})`) or choose another mode",
        .mode.name()
    )]
    NotPromoted {
        /// The function.
        op: &'static str,
        /// The first operand.
        lhs: TypeOrScalar,
        /// The second operand.
        rhs: TypeOrScalar,
        /// The mode that refuses.
        mode: Mode,
        /// The dtype the message proposes.
        towards: DType,
    },
    /// NumPy has no common dtype for this pair.
    #[error(
        "{op}: the DTypes {lhs} and {rhs} do not have a common DType; convert one (`x.astype(Float32)`)"
    )]
    NoCommon {
        /// The function.
        op: &'static str,
        /// The first operand.
        lhs: DType,
        /// The second operand.
        rhs: DType,
    },
    /// The function does not take this dtype.
    #[error(
        "{op}: not supported for the input type {dtype}; convert it to one of {takes} (`x.astype(…)`)"
    )]
    NotSupported {
        /// The function.
        op: &'static str,
        /// The dtype after promotion.
        dtype: DType,
        /// What the function takes.
        takes: &'static str,
    },
    /// `-` of two bool arrays.
    #[error(
        "{op}: boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or the logical_xor function instead"
    )]
    BoolSubtract {
        /// The function.
        op: &'static str,
    },
    /// `-` of a bool array.
    #[error(
        "{op}: boolean negative, the `-` operator, is not supported, use the `!` operator or the logical_not function instead"
    )]
    BoolNegative {
        /// The function.
        op: &'static str,
    },
    /// Nothing to promote.
    #[error("{op}: at least one array or dtype is required")]
    Empty {
        /// The function.
        op: &'static str,
    },
}

/// A scalar that a dtype cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ScalarError {
    /// An integer outside the range of the dtype.
    #[error("integer {value} out of bounds for {dtype}; convert the array or choose a wider dtype")]
    OutOfBounds {
        /// The integer (for a float, its integer part).
        value: Scalar,
        /// The dtype it was to become.
        dtype: DType,
    },
    /// NaN has no integer value.
    #[error("cannot convert float NaN to integer ({dtype})")]
    NanToInteger {
        /// The dtype it was to become.
        dtype: DType,
    },
    /// Infinity has no integer value.
    #[error("cannot convert float infinity to integer ({dtype})")]
    InfinityToInteger {
        /// The dtype it was to become.
        dtype: DType,
    },
    /// A complex number has no place in a real dtype.
    #[error("cannot convert complex {value} to {dtype}; take its real part or use a complex dtype")]
    ComplexToReal {
        /// The number.
        value: Scalar,
        /// The dtype it was to become.
        dtype: DType,
    },
}
