//! A backend that computes on the CPU and counts: how many kernels ran, and what they allocated.
//!
//! It enters the registry at run time as `counting`, as a stranger's backend would, so it also shows that one fits. Counts belong to a
//! thread, so that tests in parallel do not see each other's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::OnceLock;

use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, Backend, Buffer, Device, DeviceInfo, Error, HostMemory, MemoryStats, Outputs, Result,
    Tensor, TensorType, backends, is_core, register,
};
use tnp_dtype::DType;

/// What happened on a thread since [`take`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kernels run, by the primitive's name.
    pub kernels: BTreeMap<&'static str, usize>,
    /// Buffers allocated by kernels and uploads.
    pub allocations: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Outputs written over a donated input.
    pub reused: usize,
}

impl Counts {
    /// Kernels run, of all kinds.
    pub fn launches(&self) -> usize {
        self.kernels.values().sum()
    }
}

thread_local! {
    static COUNTS: RefCell<Counts> = RefCell::default();
}

/// The counts of this thread, which start again at zero.
pub fn take() -> Counts {
    COUNTS.take()
}

/// The counting device `counting:0`; registers the backend on first use.
///
/// # Errors
/// When the CPU backend is not linked.
pub fn device() -> Result<Device> {
    static REGISTERED: OnceLock<Result<Device>> = OnceLock::new();
    REGISTERED
        .get_or_init(|| {
            let counting = Counting {
                cpu: cpu()?,
                core_alone: false,
            };
            register(Box::leak(Box::new(counting)))?;
            Device::new("counting", 0)
        })
        .clone()
}

/// The device `core:0`, which has the core primitives alone, so that everything else runs through its decomposition;
/// registers the backend on first use.
///
/// # Errors
/// When the CPU backend is not linked.
pub fn core_device() -> Result<Device> {
    static REGISTERED: OnceLock<Result<Device>> = OnceLock::new();
    REGISTERED
        .get_or_init(|| {
            let core = Counting {
                cpu: cpu()?,
                core_alone: true,
            };
            register(Box::leak(Box::new(core)))?;
            Device::new("core", 0)
        })
        .clone()
}

/// The CPU backend, found by name.
///
/// # Errors
/// When it is not linked.
pub(crate) fn cpu() -> Result<&'static dyn Backend> {
    let found = backends()
        .into_iter()
        .find(|backend| backend.name() == "cpu");
    found.ok_or_else(|| Error::device("the CPU backend is not linked: `extern crate tnp_cpu;`"))
}

/// The error of a device that is not there.
#[cold]
pub(crate) fn absent(backend: &str, index: usize) -> Error {
    Error::device(format!(
        "device '{backend}:{index}' does not exist; there is one, '{backend}:0'"
    ))
}

struct Counting {
    cpu: &'static dyn Backend,
    core_alone: bool,
}

impl Counting {
    fn device(&self) -> Result<Device> {
        Device::new(self.name(), 0)
    }

    /// There is one device.
    fn check(&self, index: usize) -> Result<()> {
        match index {
            0 => Ok(()),
            _ => Err(absent(self.name(), index)),
        }
    }

    /// A buffer of the CPU's under this backend's name.
    fn adopt(&self, inner: Buffer) -> Result<Buffer> {
        unsafe fn release(_: NonNull<u8>, token: usize) {
            // SAFETY: the token is the box taken apart below, given back once.
            drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<Buffer>(token)) });
        }
        let (device, bytes) = (self.device()?, inner.bytes());
        COUNTS.with_borrow_mut(|counts| {
            counts.allocations += 1;
            counts.bytes += bytes;
        });
        let ptr = inner.host_ptr_mut().and_then(NonNull::new);
        let ptr = ptr.ok_or_else(|| Error::device("the CPU gave memory that cannot be written"))?;
        let token = Box::into_raw(Box::new(inner)).expose_provenance();
        // SAFETY: the box keeps the CPU's buffer, and so its memory, alive; nobody else holds it.
        let memory = unsafe { HostMemory::from_raw_parts(ptr, true, release, token) };
        Ok(Buffer::host(device, bytes, memory))
    }
}

impl Backend for Counting {
    fn name(&self) -> &str {
        if self.core_alone { "core" } else { "counting" }
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            device: self.device()?,
            description: "the CPU, counted".to_owned(),
            memory: None,
            physical: false,
        }])
    }

    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer> {
        self.check(index)?;
        self.adopt(self.cpu.allocate(0, bytes)?)
    }

    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer> {
        self.check(index)?;
        self.adopt(self.cpu.upload(0, bytes)?)
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        self.cpu.download(buffer, offset, out)
    }

    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        (is_core(prim) || !self.core_alone) && self.cpu.supports(prim, inputs)
    }

    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        self.check(index)?;
        COUNTS.with_borrow_mut(|counts| *counts.kernels.entry(prim.name()).or_default() += 1);
        let results = self.cpu.execute(0, prim, inputs, outputs)?;
        let own = self.device()?;
        let adopted = results.into_iter().map(|tensor| {
            if tensor.buffer.device() == own {
                COUNTS.with_borrow_mut(|counts| counts.reused += 1);
                return Ok(tensor);
            }
            Ok(Tensor {
                buffer: self.adopt(tensor.buffer)?,
                ..tensor
            })
        });
        adopted.collect()
    }

    fn memory_stats(&self, _: usize) -> MemoryStats {
        self.cpu.memory_stats(0)
    }
}
