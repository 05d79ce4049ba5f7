#![doc = include_str!("../../../README.md")]
//!
//! # Where to look
//! - [`Array`] is the one array type; NumPy's functions are functions of this crate, and methods where NumPy has them.
//! - [`array!`] and [`s!`] write literals and indices; [`Reduce`], [`Axis`], [`Shape`] are how options are passed.
//! - [`GradientTape`] and [`grad`] differentiate, [`function`] traces and compiles, [`vectorized_map`] maps over a batch.
//! - [`random`] is `numpy.random`'s legacy generator, [`Mode`] the promotion modes, [`with_device`] and [`devices`] placement.

// A backend enters the registry by being linked.
#[cfg(feature = "cpu")]
extern crate tnp_cpu as _;
#[cfg(feature = "wgpu")]
extern crate tnp_wgpu as _;

pub use tnp_array::*;
/// What there is of NVIDIA's libraries: `tnp::cuda::libraries()`.
#[cfg(feature = "cuda")]
pub use tnp_cuda as cuda;
pub use tnp_dtype::DType::*;
#[cfg(feature = "npy")]
pub use tnp_io as io;
#[cfg(feature = "mmap")]
pub use tnp_io::load_mmap;
#[cfg(feature = "npz")]
pub use tnp_io::{NpzFile, load_npz, savez, savez_compressed};
#[cfg(feature = "npy")]
pub use tnp_io::{load, save};

pub mod memory;

pub use tnp_array::constants::{e, inf, nan, pi};
pub use tnp_autodiff::*;
pub use tnp_macros::Tree;
pub use tnp_trace::{
    Function, Scan, Spec, While, cond, fori_loop, function, scan, switch, while_loop,
};
pub use tnp_vmap::{Vmap, map_fn, vectorized_map, vmap};

/// Everything a program on arrays uses: `use tnp::prelude::*;`. The constants stay out: a constant named `e` would change
/// the meaning of `Err(e)` in a pattern.
pub mod prelude {
    pub use crate::{
        Function, GradientTape, Scan, Spec, Vmap, While, cond, custom_gradient, fori_loop,
        function, grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, map_fn, scan, stop_gradient,
        switch, value_and_grad, vectorized_map, vjp, vmap, while_loop,
    };
    #[cfg(feature = "npy")]
    pub use crate::{load, save};
    #[cfg(feature = "npz")]
    pub use crate::{load_npz, savez, savez_compressed};
    pub use tnp_array::*;
    pub use tnp_dtype::DType::*;
    pub use tnp_macros::Tree;
}

/// The chapters' code, tested.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../docs/src/numpy-users.md")]
    mod numpy_users {}
    #[doc = include_str!("../../../docs/src/adding-an-op.md")]
    mod adding_an_op {}
    #[doc = include_str!("../../../docs/src/transformations.md")]
    mod transformations {}
    #[doc = include_str!("../../../docs/src/architecture.md")]
    mod architecture {}
}
