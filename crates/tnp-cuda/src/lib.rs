//! CUDA backend of the tnp array library: NVIDIA's GPUs through `tnp-cube`.
//!
//! Linking this crate (the facade's feature `cuda` does) adds the devices `cuda:0`, `cuda:1` … It is built without CUDA;
//! what it needs of CUDA is looked for when a device is first asked for: the driver, NVRTC (CUDA's compiler as a library), and
//! the runtime's headers. Where one is missing there is no device, and asking for it says what to install.
//!
//! Products of matrices, Fourier transforms and factorisations are done by cuBLAS, cuFFT and cuSOLVER where those are found
//! ([`libraries`] tells), and by kernels and decompositions where not.

mod discovery;
#[cfg(test)]
mod drawn;
mod exchange;
mod fft;
mod library;
mod linalg;
mod product;
mod queue;
mod session;

use std::sync::Arc;

use cubecl::client::ComputeClient;
use cubecl::cuda::{CudaDevice, CudaRuntime};
use cubecl::ir::{ElemType, FloatKind};
use tnp_backend::prim::Prim;
use tnp_backend::{Arg, BACKENDS, Backend, Exchange, Outputs, Result, TensorType, linkme};
use tnp_cube::{Adapter, CubeBackend, FreeMemory, Gpu, Platform, Target};
use tnp_dtype::DType;

pub use library::{Library, libraries};

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

    /// CubeCL leaves float64 out for the sake of its products of matrices, which are not used here.
    fn holds(&self, elem: ElemType) -> bool {
        elem == ElemType::Float(FloatKind::F64)
    }

    fn kind(&self) -> Option<i32> {
        Some(exchange::CUDA)
    }

    fn exchange(
        &self,
        client: &ComputeClient<CudaRuntime>,
        gpu: &Arc<Gpu>,
    ) -> Result<Box<dyn Exchange>> {
        exchange::of(client, gpu)
    }

    fn execute(
        &self,
        client: &ComputeClient<CudaRuntime>,
        gpu: &Gpu,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Option<Result<Outputs>> {
        if let Prim::DotGeneral(dims) = prim {
            return product::dot_general(client, gpu, dims, inputs, &outputs[0]);
        }
        if let Prim::Fft { kind, axis } = prim {
            return fft::fft(client, gpu, (*kind, *axis), inputs, &outputs[0]);
        }
        if let Prim::Linalg(op) = prim {
            return linalg::linalg(client, gpu, *op, inputs, outputs);
        }
        None
    }

    /// Products have kernels too.
    fn supports(&self, prim: &Prim, _: &[DType]) -> bool {
        if let Prim::Linalg(op) = prim {
            return linalg::supports(*op);
        }
        matches!(prim, Prim::Fft { .. }) && library::Fft::get().is_ok()
    }
}

static CUDA: CubeBackend<Cuda> = CubeBackend::new(Cuda);

#[linkme::distributed_slice(BACKENDS)]
static LINKED: fn() -> &'static dyn Backend = || &CUDA;
