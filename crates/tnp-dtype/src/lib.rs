//! Element types and how they promote: pure tables, no arrays.
//!
//! Shapes live in `tnp-shape`, buffers in `tnp-backend`.

mod dtype;
mod element;
mod literal;
#[macro_use]
mod dispatch;

pub use dtype::{DType, Kind, ParseDTypeError};
pub use element::{Complex, Element, bf16, c64, c128, f16};
pub use literal::Literal;
