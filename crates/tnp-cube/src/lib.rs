//! GPU kernels of the tnp array library, written once over CubeCL.
//!
//! A backend for one sort of device is a [`Platform`]: its name, how to find devices, and what their runtime is.
//! [`CubeBackend`] does the rest. Kernels are written at run time, for the dtypes and the fused program at hand, as CubeCL's
//! intermediate language (`code`); no Rust code here is generic over an element type.

mod arg_reduce;
mod backend;
mod binary;
mod cast;
mod code;
mod complex;
mod create;
mod cumulative;
mod dot_general;
mod elementwise;
mod execute;
mod faults;
mod fused;
mod gpu;
mod indexing;
mod kernel;
mod math;
mod memory;
mod movement;
mod nonzero;
mod radix;
mod reduce;
mod rehearsal;
mod scatter;
mod search_sorted;
mod sort;
mod types;
mod unary;

pub use backend::{Adapter, CubeBackend, Platform};
pub use code::Target;
pub use dot_general::Product;
pub use gpu::Gpu;
pub use kernel::Kernel;
pub use memory::{CubeMemory, FreeMemory, memory};
pub use rehearsal::Rehearsal;
