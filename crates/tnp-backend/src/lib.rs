//! The instruction set of tnp and the trait its backends implement.

pub mod philox;
pub mod prim;
