//! Files and interchange: `.npy`, `.npz` and memory maps of them.

mod array;
pub mod file;
mod literal;
#[cfg(feature = "mmap")]
pub mod mmap;
pub mod npy;
#[cfg(feature = "npz")]
pub mod npz;

#[cfg(feature = "mmap")]
pub use array::load_mmap;
#[cfg(feature = "npz")]
pub use array::{NpzFile, load_npz, savez, savez_compressed};
pub use array::{load, save};
