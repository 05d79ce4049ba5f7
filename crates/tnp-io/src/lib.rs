//! Files and interchange: `.npy`, `.npz` and memory maps of them; `ndarray`; memory of other libraries, by DLPack and as it lies.

mod array;
pub mod dlpack;
pub mod file;
pub mod foreign;
mod literal;
#[cfg(feature = "mmap")]
pub mod mmap;
#[cfg(any(feature = "ndarray-0_16", feature = "ndarray-0_17"))]
mod ndarray;
pub mod npy;
#[cfg(feature = "npz")]
pub mod npz;

#[cfg(feature = "mmap")]
pub use array::load_mmap;
#[cfg(feature = "npz")]
pub use array::{NpzFile, load_npz, savez, savez_compressed};
pub use array::{load, save};
#[cfg(feature = "ndarray-0_16")]
pub use ndarray::ndarray_0_16;
#[cfg(feature = "ndarray-0_17")]
pub use ndarray::ndarray_0_17;
