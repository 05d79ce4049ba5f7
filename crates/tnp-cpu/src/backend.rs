//! The CPU as a backend: its devices, its memory, and how tensors become kernel operands.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, BACKENDS, Backend, Buffer, Compiled, Device, DeviceInfo, Error, Executable, Graph,
    HostMemory, INLINE_BYTES, MemoryStats, Outputs, Result, Tensor, TensorType, linkme,
};
use tnp_dtype::DType;
use tnp_shape::Layout;

use crate::elementwise::StridedMut;
use crate::execute;
use crate::fused::CpuFuser;
use crate::memory::{self, OutOfMemory, PoolBlock};
use crate::strided::Strided;

/// The most logical devices the CPU can be told to show.
const MAX_DEVICES: usize = 16;
static DEVICES: AtomicUsize = AtomicUsize::new(1);

struct Cpu;

static CPU: Cpu = Cpu;

#[linkme::distributed_slice(BACKENDS)]
static LINKED: fn() -> &'static dyn Backend = || &CPU;

impl Backend for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn is_host(&self) -> bool {
        true
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        let describe = |index| {
            Ok(DeviceInfo {
                device: Device::new("cpu", index)?,
                description: format!(
                    "CPU, {} threads, {}",
                    crate::num_threads(),
                    crate::simd::level().name()
                ),
                memory: physical_memory(),
                physical: index == 0,
            })
        };
        (0..DEVICES.load(Ordering::Acquire)).map(describe).collect()
    }

    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer> {
        allocate(device(index)?, bytes)
    }

    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer> {
        let buffer = allocate(device(index)?, bytes.len())?;
        let target = buffer.host_ptr_mut().ok_or_else(not_host)?;
        // SAFETY: a fresh buffer of as many bytes, held by nobody else.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        Ok(buffer)
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        buffer.check()?;
        let source = buffer.host_ptr().ok_or_else(not_host)?;
        if offset
            .checked_add(out.len())
            .is_none_or(|end| end > buffer.bytes())
        {
            return Err(Error::index(format!(
                "download: {} bytes from {offset} of a buffer of {}",
                out.len(),
                buffer.bytes()
            )));
        }
        // SAFETY: the range lies in the buffer, which is immutable while shared.
        unsafe { std::ptr::copy_nonoverlapping(source.add(offset), out.as_mut_ptr(), out.len()) };
        Ok(())
    }

    #[inline]
    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        execute::supports(prim, inputs)
    }

    #[inline]
    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        execute::execute(device(index)?, prim, inputs, outputs)
    }

    fn compile(&self, device: Device, graph: &Graph) -> Result<Box<dyn Executable>> {
        Ok(Box::new(Compiled::new(device, graph, &CpuFuser)?))
    }

    fn memory_stats(&self, _: usize) -> MemoryStats {
        let stats = memory::memory_stats();
        MemoryStats {
            live: stats.live,
            idle: stats.idle,
            peak: stats.peak,
            allocations: stats.allocations,
            reuses: stats.reuses,
            limit: memory::memory_limit(),
        }
    }

    fn reset_peak(&self, _: usize) {
        memory::reset_peak();
    }

    fn empty_cache(&self, _: usize) {
        memory::empty_cache();
    }

    fn set_memory_limit(&self, _: usize, bytes: Option<usize>) -> Result<()> {
        memory::set_memory_limit(bytes);
        Ok(())
    }

    fn set_logical_devices(&self, count: usize) -> Result<()> {
        if !(1..=MAX_DEVICES).contains(&count) {
            return Err(Error::device(format!(
                "set_logical_devices: the CPU can show 1 to {MAX_DEVICES} devices, not {count}"
            )));
        }
        DEVICES.store(count, Ordering::Release);
        Ok(())
    }
}

/// The device of a number, without asking the registry each time.
#[inline]
fn device(index: usize) -> Result<Device> {
    static KNOWN: std::sync::OnceLock<Option<[Device; MAX_DEVICES]>> = std::sync::OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let first = Device::new("cpu", 0).ok()?;
        let mut all = [first; MAX_DEVICES];
        for (index, device) in all.iter_mut().enumerate() {
            *device = Device::new("cpu", index).ok()?;
        }
        Some(all)
    });
    let listed = DEVICES.load(Ordering::Relaxed);
    known
        .as_ref()
        .and_then(|all| all[..listed].get(index).copied())
        .ok_or_else(|| {
            Error::device(format!(
                "device 'cpu:{index}' does not exist; {listed} are shown (`set_logical_devices`)"
            ))
        })
}

fn physical_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes: u64 = text
        .lines()
        .find(|line| line.starts_with("MemTotal"))?
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()?;
    Some(kilobytes * 1024)
}

#[cold]
fn not_host() -> Error {
    Error::device(
        "a buffer of another backend was given to the CPU; copy it with `x.to(\"cpu:0\")`",
    )
}

#[cold]
pub(crate) fn out_of_memory(error: OutOfMemory) -> Error {
    Error::memory(error.to_string())
}

unsafe fn release(ptr: NonNull<u8>, capacity: usize) {
    // SAFETY: the pair comes from `into_raw` in `own`, and is released once.
    drop(unsafe { PoolBlock::from_raw(ptr, capacity) });
}

fn own(device: Device, bytes: usize, block: PoolBlock) -> Buffer {
    let (ptr, capacity) = block.into_raw();
    // SAFETY: the block is valid until released, from any thread.
    Buffer::host(device, bytes, unsafe {
        HostMemory::from_raw_parts(ptr, true, release, capacity)
    })
}

/// A buffer with arbitrary contents.
#[inline]
pub(crate) fn allocate(device: Device, bytes: usize) -> Result<Buffer> {
    if bytes <= INLINE_BYTES {
        return Ok(Buffer::inline(device, bytes));
    }
    Ok(own(
        device,
        bytes,
        memory::allocate(bytes).map_err(out_of_memory)?,
    ))
}

/// A buffer of zeros.
pub(crate) fn allocate_zeroed(device: Device, bytes: usize) -> Result<Buffer> {
    if bytes <= INLINE_BYTES {
        return Ok(Buffer::inline(device, bytes));
    }
    Ok(own(
        device,
        bytes,
        memory::allocate_zeroed(bytes).map_err(out_of_memory)?,
    ))
}

/// A fresh contiguous tensor with arbitrary contents.
#[inline]
pub(crate) fn fresh(device: Device, ty: &TensorType) -> Result<Tensor> {
    Ok(Tensor::contiguous(
        allocate(device, ty.bytes())?,
        &ty.shape,
        ty.dtype,
    ))
}

/// A fresh tensor whose axes lie in memory in the inputs' order, as NumPy's `order='K'`.
#[inline]
pub(crate) fn fresh_like(device: Device, ty: &TensorType, inputs: &[&Layout]) -> Result<Tensor> {
    let layout = Layout::keep_order(&ty.shape, inputs);
    Ok(Tensor {
        buffer: allocate(device, ty.bytes())?,
        layout,
        dtype: ty.dtype,
    })
}

/// A tensor as a kernel reads it.
///
/// # Errors
/// When its memory is another backend's.
#[inline]
pub(crate) fn strided(tensor: &Tensor) -> Result<Strided<'_>> {
    let ptr = tensor.host_ptr().ok_or_else(not_host)?;
    Ok(Strided {
        ptr,
        dtype: tensor.dtype,
        layout: &tensor.layout,
    })
}

/// A tensor as a kernel writes it. Only for fresh and donated buffers.
///
/// # Errors
/// When its memory is another backend's, or borrowed read-only.
#[inline]
pub(crate) fn strided_mut(tensor: &Tensor) -> Result<StridedMut<'_>> {
    let ptr = tensor.buffer.host_ptr_mut().ok_or_else(not_host)?;
    Ok(StridedMut {
        ptr,
        dtype: tensor.dtype,
        layout: &tensor.layout,
    })
}

/// The tensor of a donated input that an output of this type may overwrite element by element.
#[inline]
pub(crate) fn reusable(inputs: &[Arg<'_>], ty: &TensorType) -> Option<Tensor> {
    let fits = |arg: &&Arg<'_>| {
        let tensor = arg.tensor;
        arg.donated
            && tensor.dtype.itemsize() == ty.dtype.itemsize()
            && tensor.shape() == &ty.shape[..]
            && tensor.buffer.host_ptr_mut().is_some()
            && tensor.buffer.bytes() <= 2 * ty.bytes().max(INLINE_BYTES)
            && (tensor.layout.is_contiguous() || !tensor.layout.may_overlap())
    };
    let arg = inputs.iter().find(fits)?;
    Some(Tensor {
        buffer: arg.tensor.buffer.clone(),
        layout: arg.tensor.layout.clone(),
        dtype: ty.dtype,
    })
}
