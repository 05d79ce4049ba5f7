//! The `Array` type and the NumPy surface.

pub mod random;
