//! Element types and how they promote: pure tables, no arrays.
//!
//! Shapes live in `tnp-shape`, buffers in `tnp-backend`. How the array layer asks about promotion is told in
//! [`promotion`].

mod casting;
mod dtype;
mod element;
mod limits;
mod literal;
pub mod promotion;
#[macro_use]
mod dispatch;

pub use casting::{Casting, ScalarKind, can_cast, issubdtype};
pub use dtype::{DType, Kind, ParseDTypeError};
pub use element::{Complex, Element, bf16, c64, c128, f16};
pub use limits::{FloatInfo, IntInfo, LimitsError, finfo, iinfo};
pub use literal::Literal;
pub use promotion::{
    BinaryRule, DefaultError, Mode, Precision, Promoted, PromotionError, ReductionRule, Refusal,
    Scalar, ScalarError, Scope, Settings, TypeInfo, TypeOrScalar, UnaryRule, binary, current_mode,
    current_precision, current_prefer_float32, default_complex, default_fill_float, default_float,
    default_int, promote_types, reduction, result_type, set_default_mode,
    set_default_prefer_float32, to_inexact, unary, with_mode, with_precision, with_prefer_float32,
};
