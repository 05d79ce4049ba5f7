//! CUDA backend of the tnp array library: NVIDIA's GPUs through `tnp-cube`.
//!
//! Linking this crate (the facade's feature `cuda` does) adds the devices `cuda:0`, `cuda:1` … It is built without CUDA;
//! what it needs of CUDA is looked for when a device is first asked for: the driver, NVRTC (CUDA's compiler as a library), and
//! the runtime's headers. Where one is missing there is no device, and asking for it says what to install.

mod discovery;

use cubecl::cuda::{CudaDevice, CudaRuntime};
use tnp_backend::{BACKENDS, Backend, Result, linkme};
use tnp_cube::{Adapter, CubeBackend, FreeMemory, Platform, Target};

/// What kernels may rely on: CUDA's functions are within an ulp or two of the truth (its programming guide has the table), and its
/// compiler keeps every operation but `a * b + c`.
///
/// # Examples
/// ```
/// assert!(tnp_cuda::TARGET.float64 && tnp_cuda::TARGET.contracts);
/// ```
pub const TARGET: Target = Target {
    native: true,
    contracts: true,
    float64: true,
    float16: true,
};

/// CUDA as a platform of `tnp-cube`.
struct Cuda;

impl Platform for Cuda {
    type Runtime = CudaRuntime;

    fn name(&self) -> &'static str {
        "cuda"
    }

    fn adapters(&self) -> Result<Vec<Adapter<CudaDevice>>> {
        discovery::adapters()
    }

    fn free_memory(&self, device: &CudaDevice) -> Option<FreeMemory> {
        discovery::free_memory(device)
    }

    fn target(&self) -> Target {
        TARGET
    }
}

static CUDA: CubeBackend<Cuda> = CubeBackend::new(Cuda);

#[linkme::distributed_slice(BACKENDS)]
static LINKED: fn() -> &'static dyn Backend = || &CUDA;
