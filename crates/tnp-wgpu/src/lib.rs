//! WGPU backend of the tnp array library: Vulkan, Metal and DirectX 12 through `tnp-cube`.
//!
//! Linking this crate (the facade's feature `wgpu` does) adds the devices `wgpu:0`, `wgpu:1` …, the fastest first. Finding
//! them starts no device, and needs no driver: without one there are none.

mod discovery;

use cubecl::wgpu::{WgpuDevice, WgpuRuntime};
use tnp_backend::{BACKENDS, Backend, Result, linkme};
use tnp_cube::{Adapter, CubeBackend, Platform, Target};

/// WGPU as a platform of `tnp-cube`.
struct Wgpu;

impl Platform for Wgpu {
    type Runtime = WgpuRuntime;

    fn name(&self) -> &'static str {
        "wgpu"
    }

    fn adapters(&self) -> Result<Vec<Adapter<WgpuDevice>>> {
        discovery::adapters()
    }

    fn target(&self) -> Target {
        // Vulkan promises little of its elementary functions, and nothing of rounding to float16.
        Target {
            native: false,
            contracts: false,
            float64: true,
            float16: false,
        }
    }
}

static WGPU: CubeBackend<Wgpu> = CubeBackend::new(Wgpu);

#[linkme::distributed_slice(BACKENDS)]
static LINKED: fn() -> &'static dyn Backend = || &WGPU;
