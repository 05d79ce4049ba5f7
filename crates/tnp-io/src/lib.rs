//! Files and interchange: `.npy`, `.npz` and memory maps of them.

pub mod file;
mod literal;
#[cfg(feature = "mmap")]
pub mod mmap;
pub mod npy;
#[cfg(feature = "npz")]
pub mod npz;
