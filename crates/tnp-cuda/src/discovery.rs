//! Which devices there are, by the driver. Libraries that cannot be loaded make their bindings panic, so this looks first.

use cubecl::cuda::{CudaDevice, install};
use cudarc::driver::DriverError;
use cudarc::driver::result::{device, init, mem_get_info, primary_ctx};
use cudarc::driver::sys::{self, CUdevice_attribute as Attribute};
use tnp_backend::{Error, Result};
use tnp_cube::{Adapter, FreeMemory};

/// The devices that the driver shows (`CUDA_VISIBLE_DEVICES` chooses), in its order.
pub(crate) fn adapters() -> Result<Vec<Adapter<CudaDevice>>> {
    // SAFETY: loading the driver runs its initialisers, which touch nothing of this program.
    if !unsafe { sys::is_culib_present() } {
        return Err(missing(
            "NVIDIA's driver (libcuda) was not found",
            "install the driver of your GPU (Debian: `apt-get install libcuda1`)",
        ));
    }
    init().map_err(|error| refused("no device could be started", error))?;
    let count =
        device::get_count().map_err(|error| refused("no device could be counted", error))?;
    if count == 0 {
        return Err(missing(
            "the driver shows no device",
            "install a GPU, or look at CUDA_VISIBLE_DEVICES",
        ));
    }
    compiler()?;
    (0..count).map(adapter).collect()
}

fn adapter(number: i32) -> Result<Adapter<CudaDevice>> {
    let ask = || {
        let device = device::get(number)?;
        // SAFETY: the device is one that the driver has just named.
        let (memory, major, minor) = unsafe {
            (
                device::total_mem(device)?,
                device::get_attribute(
                    device,
                    Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                )?,
                device::get_attribute(
                    device,
                    Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                )?,
            )
        };
        Ok((device::get_name(device)?, memory, major, minor))
    };
    let (name, memory, major, minor) = ask().map_err(|error: DriverError| {
        refused(&format!("device {number} does not answer"), error)
    })?;
    Ok(Adapter {
        device: CudaDevice::new(number as usize),
        description: format!("{name} (CUDA, compute capability {major}.{minor})"),
        memory: Some(memory as u64),
    })
}

/// How to ask the driver for what no program uses of a device's memory.
pub(crate) fn free_memory(device: &CudaDevice) -> Option<FreeMemory> {
    let device = device::get(device.index as i32).ok()?;
    // SAFETY: the device is the driver's. The context is CubeCL's too, and stays as long as the program.
    let context = unsafe { primary_ctx::retain(device) }.ok()?;
    let context = context.expose_provenance();
    Some(Box::new(move || {
        let context: sys::CUcontext = std::ptr::with_exposed_provenance_mut(context);
        // SAFETY: the context lives; the thread's own one is current again afterwards.
        unsafe {
            sys::cuCtxPushCurrent_v2(context).result().ok()?;
            let free = mem_get_info().ok().map(|(free, _)| free as u64);
            let mut last = context;
            sys::cuCtxPopCurrent_v2(&mut last).result().ok()?;
            free
        }
    }))
}

/// What kernels are compiled with: NVRTC, and the headers that they include.
fn compiler() -> Result<()> {
    // SAFETY: as for the driver.
    if !unsafe { cudarc::nvrtc::sys::is_culib_present() } {
        return Err(missing(
            "NVRTC (libnvrtc), which compiles kernels, was not found",
            "install the CUDA toolkit, or `pip install nvidia-cuda-nvrtc-cu12` and put its `lib` on LD_LIBRARY_PATH",
        ));
    }
    let headers = install::cuda_path().map(|path| path.join("include/cuda_runtime.h"));
    if !headers.is_some_and(|file| file.is_file()) {
        return Err(missing(
            "CUDA's headers (include/cuda_runtime.h), which kernels include, were not found",
            "install the CUDA toolkit, or `pip install nvidia-cuda-runtime-cu12` and set CUDA_PATH to its directory `nvidia/cuda_runtime`",
        ));
    }
    Ok(())
}

fn missing(what: &str, remedy: &str) -> Error {
    Error::device(format!("cuda: {what}; {remedy}"))
}

fn refused(what: &str, error: DriverError) -> Error {
    missing(
        &format!("{what} ({error})"),
        "install a driver that suits your GPU, or look at CUDA_VISIBLE_DEVICES",
    )
}
