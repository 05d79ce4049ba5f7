//! One device: its runtime, what it can do, its memory and its pending faults.

use std::sync::Arc;

use cubecl::ir::{ElemType, StorageType};
use smallvec::{SmallVec, smallvec};
use tnp_backend::{Arg, Buffer, Device, Error, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;

use crate::code::{F64, I64, Target, U64};
use crate::faults::{Checked, Fault, Faults};
use crate::kernel::{Driver, Kernel};
use crate::memory::{Account, CubeMemory, memory};
use crate::types::storage;

/// What a device is able to do.
#[derive(Clone, Debug)]
pub(crate) struct Abilities {
    pub(crate) target: Target,
    /// Dtypes it stores and computes with.
    dtypes: SmallVec<[DType; 16]>,
    /// Buffers that one kernel may be given.
    pub(crate) bindings: usize,
    /// Units of a cube.
    pub(crate) units: u32,
    /// Cubes along one dimension of the grid.
    pub(crate) cubes: u32,
    /// Bytes that the units of a cube may share.
    pub(crate) shared: usize,
}

impl Abilities {
    /// `holds` says which element types the device takes in memory.
    pub(crate) fn new(
        target: Target,
        holds: impl Fn(ElemType) -> bool,
        bindings: usize,
        units: u32,
        cubes: u32,
        shared: usize,
    ) -> Abilities {
        let target = Target {
            // Exponents are taken apart as 64-bit integers.
            float64: target.float64 && holds(F64) && holds(I64) && holds(U64),
            ..target
        };
        let dtypes = (DType::ALL.iter().copied())
            .filter(|&dtype| holds(storage(dtype)))
            .collect();
        Abilities {
            target,
            dtypes,
            bindings,
            units: units.clamp(1, 256),
            cubes,
            shared,
        }
    }

    pub(crate) fn holds(&self, dtype: DType) -> bool {
        self.dtypes.contains(&dtype)
    }
}

/// A device ready to work.
pub struct Gpu {
    pub(crate) device: Device,
    pub(crate) driver: Box<dyn Driver>,
    pub(crate) abilities: Abilities,
    pub(crate) account: Arc<Account>,
    pub(crate) faults: Faults,
}

/// The storage type of CubeCL for an element type.
pub(crate) fn stored(elem: ElemType) -> StorageType {
    StorageType::Scalar(elem)
}

impl Gpu {
    pub(crate) fn target(&self) -> Target {
        self.abilities.target
    }

    /// The device.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Memory with arbitrary contents.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn allocate(&self, bytes: usize) -> Result<Buffer> {
        let memory = CubeMemory::empty(&*self.driver, &self.account, bytes)?;
        Ok(Buffer::opaque(self.device, bytes, Box::new(memory)))
    }

    pub(crate) fn upload(&self, bytes: &[u8]) -> Result<Buffer> {
        let memory = CubeMemory::filled(&*self.driver, &self.account, bytes)?;
        Ok(Buffer::opaque(self.device, bytes.len(), Box::new(memory)))
    }

    pub(crate) fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        buffer.check()?;
        let end = offset.checked_add(out.len());
        let Some(end) = end.filter(|&end| end <= buffer.bytes()) else {
            return Err(Error::index(format!(
                "download: {} bytes from {offset} of a buffer of {}",
                out.len(),
                buffer.bytes()
            )));
        };
        self.settle(buffer)?;
        let memory = memory(buffer)?;
        if out.is_empty() {
            return Ok(());
        }
        let (part, start) = memory.part(offset, end);
        let bytes = self.driver.read(vec![part])?.remove(0);
        match bytes.get(offset - start..end - start) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => {
                return Err(Error::device(
                    "the device gave fewer bytes than were asked for",
                ));
            }
        }
        Ok(())
    }

    /// The error of an index out of bounds in what the buffer derives from; waits where there may be one.
    ///
    /// # Errors
    /// That error, and when the buffer is another backend's.
    pub fn settle(&self, buffer: &Buffer) -> Result<()> {
        let settled = (self.faults).settle(&*self.driver, &memory(buffer)?.faults());
        if let Err(error) = &settled {
            buffer.fail(error.clone());
        }
        settled
    }

    /// Waits, and reports the first failure that nobody has heard of.
    pub(crate) fn sync(&self) -> Result<()> {
        self.driver.sync()?;
        self.faults.settle_all(&*self.driver)
    }

    /// A fresh contiguous tensor with arbitrary contents.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn fresh(&self, ty: &TensorType) -> Result<Tensor> {
        let buffer = self.allocate(ty.bytes())?;
        Ok(Tensor::contiguous(buffer, &ty.shape, ty.dtype))
    }

    /// Fails where the device lacks a dtype.
    pub(crate) fn check(&self, name: &str, dtypes: impl IntoIterator<Item = DType>) -> Result<()> {
        for dtype in dtypes {
            if !self.abilities.holds(dtype) {
                return Err(Error::unsupported(format!(
                    "{name}: device {} does not support {dtype}; run it on another device (`x.to(&device)`)",
                    self.device
                )));
            }
        }
        Ok(())
    }

    /// Takes down that what may have gone wrong with `inputs` has gone wrong with `outputs` too; their memories, in order.
    fn inherited<'a>(
        &self,
        inputs: &[&'a Tensor],
        outputs: &[&'a Tensor],
    ) -> Result<SmallVec<[&'a CubeMemory; 8]>> {
        let memories: Result<SmallVec<[&CubeMemory; 8]>> = (inputs.iter().chain(outputs))
            .map(|tensor| memory(&tensor.buffer))
            .collect();
        let memories = memories?;
        for &input in &memories[..inputs.len()] {
            let faults = input.faults();
            if !faults.is_empty() {
                for &output in &memories[inputs.len()..] {
                    output.may_fail(faults.iter().cloned());
                }
            }
        }
        Ok(memories)
    }

    /// For what a library of the vendor computes: `outputs` inherit what may have gone wrong with `inputs`, as those of kernels do.
    ///
    /// # Errors
    /// When a buffer is another backend's.
    pub fn inherit(&self, inputs: &[&Tensor], outputs: &[&Tensor]) -> Result<()> {
        self.inherited(inputs, outputs).map(|_| ())
    }

    /// Launches a kernel over `work` units of work, that many or fewer units at once. `outputs` inherit what may have gone
    /// wrong with `inputs`.
    pub(crate) fn launch(
        &self,
        kernel: Kernel,
        work: usize,
        inputs: &[&Tensor],
        outputs: &[&Tensor],
        scalars: &[u32],
    ) -> Result<()> {
        if work == 0 {
            return Ok(());
        }
        let memories = self.inherited(inputs, outputs)?;
        let handles: SmallVec<[_; 8]> = memories.iter().map(|memory| memory.handle()).collect();
        let cubes = self.grid(work.div_ceil(kernel.units as usize));
        self.driver.launch(kernel, cubes, &handles, scalars)
    }

    /// As [`Gpu::launch`], with one more buffer last: the page of marks of a kernel that checks indices.
    pub(crate) fn launch_checked(
        &self,
        kernel: Kernel,
        work: usize,
        inputs: &[&Tensor],
        outputs: &[&Tensor],
        scalars: &[u32],
        fault: &Arc<Fault>,
    ) -> Result<()> {
        if work == 0 {
            return Ok(());
        }
        let memories = self.inherited(inputs, outputs)?;
        for output in &memories[inputs.len()..] {
            output.may_fail([fault.clone()]);
        }
        let mut handles: SmallVec<[_; 8]> = memories.iter().map(|memory| memory.handle()).collect();
        handles.push(fault.page());
        let cubes = self.grid(work.div_ceil(kernel.units as usize));
        self.driver.launch(kernel, cubes, &handles, scalars)
    }

    /// Words for a kernel that checks indices.
    pub(crate) fn fault(&self, checked: Vec<Checked>) -> Result<Arc<Fault>> {
        self.faults.open(&*self.driver, checked)
    }

    /// A grid of at least that many cubes where the device takes as many; kernels loop over what is left.
    fn grid(&self, cubes: usize) -> (u32, u32) {
        let most = (self.abilities.cubes as usize).min(65535);
        let cubes = cubes.clamp(1, 1 << 22);
        if cubes <= most {
            return (cubes as u32, 1);
        }
        let rows = cubes.div_ceil(most).min(most);
        (cubes.div_ceil(rows) as u32, rows as u32)
    }
}

/// Elements beyond which a kernel's counter could wrap round.
const MOST: usize = 3 << 30;

/// A count that kernels can index with.
pub(crate) fn index(count: usize) -> Result<u32> {
    match u32::try_from(count) {
        Ok(number) if count <= MOST => Ok(number),
        _ => Err(Error::unsupported(format!(
            "{count} elements are more than a kernel of this device can count ({MOST}); work on parts"
        ))),
    }
}

/// A stride or an offset as kernels add it, modulo 2^32.
pub(crate) fn step(stride: isize) -> u32 {
    stride as i64 as u32
}

/// The inputs' tensors.
pub(crate) fn tensors<'a>(inputs: &[Arg<'a>]) -> SmallVec<[&'a Tensor; 4]> {
    inputs.iter().map(|arg| arg.tensor).collect()
}

/// One result.
pub(crate) fn one(tensor: Tensor) -> Result<Outputs> {
    Ok(smallvec![tensor])
}
