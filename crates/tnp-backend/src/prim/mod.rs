//! The closed set of primitives; each family's parameters and inference lie in a file of its own.

mod binary;
mod unary;

pub use binary::{Binary, BinaryClass};
pub use unary::{Unary, UnaryClass};
