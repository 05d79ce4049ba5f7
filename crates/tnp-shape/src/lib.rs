//! Shapes, strides, axes, broadcasting and index expressions: pure arithmetic, no buffers.

mod layout;

pub use layout::{Dims, Layout, Strides};
