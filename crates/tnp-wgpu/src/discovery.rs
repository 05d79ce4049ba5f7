//! Which adapters there are. Asking for a device that is not there panics in CubeCL, so this asks first.

use cubecl::wgpu::{AutoGraphicsApi, GraphicsApi, WgpuDevice};
use tnp_backend::{Error, Result};
use tnp_cube::Adapter;

/// The adapters of this machine's graphics interface, discrete GPUs first, software last.
pub(crate) fn adapters() -> Result<Vec<Adapter<WgpuDevice>>> {
    let backend = AutoGraphicsApi::backend();
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: backend.into(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = cubecl::future::block_on(instance.enumerate_adapters(backend.into()));
    let mut numbers = [0usize; 3];
    let mut software = false;
    let mut adapters = Vec::new();
    for adapter in found {
        let info = adapter.get_info();
        let mut next = |kind: usize| {
            numbers[kind] += 1;
            numbers[kind] - 1
        };
        let (rank, device) = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => (0, WgpuDevice::DiscreteGpu(next(0))),
            wgpu::DeviceType::IntegratedGpu => (1, WgpuDevice::IntegratedGpu(next(1))),
            wgpu::DeviceType::VirtualGpu => (2, WgpuDevice::VirtualGpu(next(2))),
            // CubeCL knows one processor that renders.
            wgpu::DeviceType::Cpu if !software => {
                software = true;
                (3, WgpuDevice::Cpu)
            }
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => continue,
        };
        let memory = (rank == 3).then(host_memory).flatten();
        let description = format!("{} ({backend:?}, {})", info.name, kind(info.device_type));
        let adapter = Adapter {
            device,
            description,
            memory,
        };
        adapters.push((rank, adapter));
    }
    if adapters.is_empty() {
        return Err(Error::device(format!(
            "wgpu: no {backend:?} adapter was found; install the driver of your GPU, or a software one (Debian: `apt-get install mesa-vulkan-drivers libvulkan1`)"
        )));
    }
    adapters.sort_by_key(|(rank, _)| *rank);
    Ok(adapters.into_iter().map(|(_, adapter)| adapter).collect())
}

fn kind(of: wgpu::DeviceType) -> &'static str {
    match of {
        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
        wgpu::DeviceType::VirtualGpu => "virtual GPU",
        wgpu::DeviceType::Cpu => "software",
        wgpu::DeviceType::Other => "other",
    }
}

/// What a software adapter can use: the memory of the machine that is free now.
fn host_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
