//! Memory of a device: what is held, what is kept for reuse, and how to give it back.

use tnp_array::{MemoryStats, Result, ToDevice};

/// Statistics of a device's memory, in bytes.
///
/// # Errors
/// When there is no such device.
///
/// # Examples
/// ```
/// let x = tnp::ones(1000, ())?;
/// assert!(tnp::memory::stats("cpu:0")?.live >= x.nbytes());
/// # Ok::<(), tnp::Error>(())
/// ```
pub fn stats(device: impl ToDevice) -> Result<MemoryStats> {
    let device = device.to_device()?;
    Ok(device.backend().memory_stats(device.index()))
}

/// Gives memory that is kept for reuse back to the system.
///
/// # Errors
/// When there is no such device.
pub fn empty_cache(device: impl ToDevice) -> Result<()> {
    let device = device.to_device()?;
    device.backend().empty_cache(device.index());
    Ok(())
}

/// Lets `peak` in the statistics start again from what is live now.
///
/// # Errors
/// When there is no such device.
pub fn reset_peak(device: impl ToDevice) -> Result<()> {
    let device = device.to_device()?;
    device.backend().reset_peak(device.index());
    Ok(())
}

/// Sets or lifts the limit on live memory; an allocation beyond it is an error.
///
/// # Errors
/// When there is no such device, or its backend has no limit.
pub fn set_limit(device: impl ToDevice, bytes: Option<usize>) -> Result<()> {
    let device = device.to_device()?;
    device.backend().set_memory_limit(device.index(), bytes)
}

/// Sets how many logical devices a backend shows: `cpu:1` beside `cpu:0`, to try placement without a GPU.
///
/// # Errors
/// When there is no such backend, or it has a fixed number of devices.
pub fn set_logical_devices(backend: &str, count: usize) -> Result<()> {
    tnp_array::Device::new(backend, 0)?
        .backend()
        .set_logical_devices(count)
}
