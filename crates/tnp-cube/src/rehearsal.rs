//! Primitives without a device: all happens but the launches, and the kernels that would have been launched are kept. So a
//! platform's compiler can be tried on every kernel where there is no hardware.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cubecl::server::Handle;
use cubecl::stream_id::StreamId;
use tnp_backend::prim::{Prim, infer};
use tnp_backend::{Arg, Compiled, Device, Error, Graph, Inputs, Result, Tensor, TensorType};
use tnp_dtype::DType;

use crate::code::Target;
use crate::execute;
use crate::faults::Faults;
use crate::fused::CubeFuser;
use crate::gpu::{Abilities, Gpu};
use crate::kernel::{Driver, Kernel};
use crate::memory::Account;

/// What the device on paper is given: buffers a kernel, units a cube, cubes along an axis of the grid, and bytes that
/// the units of a cube share.
const BINDINGS: usize = 64;
const UNITS: u32 = 1024;
const CUBES: u32 = 65535;
const SHARED: usize = 48 << 10;

/// A device on paper. It holds every dtype, its memory has no end and holds zeros, and its kernels are kept, not run.
///
/// # Examples
/// ```no_run
/// # // No device is needed, but the crate of a backend, whose name it goes by.
/// use tnp_backend::prim::{Prim, Unary};
/// use tnp_backend::{Device, TensorType};
/// use tnp_cube::{Rehearsal, Target};
/// use tnp_dtype::DType;
/// let target = Target { native: true, contracts: true, float64: true, float16: true };
/// let paper = Rehearsal::new(Device::new("cuda", 0)?, target);
/// let x = paper.tensor(&TensorType::new(&[1 << 40], DType::Float32))?;
/// assert!(paper.run(&Prim::Sort { axis: 0 }, &[x]).is_err()); // more than a kernel can count
/// let x = paper.tensor(&TensorType::new(&[1 << 20], DType::Float32))?;
/// assert_eq!(paper.run(&Prim::Unary(Unary::Sqrt), &[x])?.len(), 1);
/// # Ok::<(), tnp_backend::Error>(())
/// ```
pub struct Rehearsal {
    gpu: Arc<Gpu>,
    paper: Arc<Paper>,
}

impl Rehearsal {
    /// A device of that name, for which code is written as the target asks.
    pub fn new(device: Device, target: Target) -> Rehearsal {
        let paper = Arc::new(Paper::default());
        let gpu = Gpu {
            device,
            driver: Box::new(paper.clone()),
            abilities: Abilities::new(target, |_| true, BINDINGS, UNITS, CUBES, SHARED),
            account: Arc::new(Account::new(usize::MAX, None, None)),
            faults: Faults::default(),
        };
        Rehearsal {
            gpu: Arc::new(gpu),
            paper,
        }
    }

    /// Whether there are kernels for a primitive on inputs of these dtypes.
    pub fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        execute::supports(&self.gpu.abilities, prim, inputs)
    }

    /// An input; its layout may be exchanged for another.
    ///
    /// # Errors
    /// When not even paper has that many bytes.
    pub fn tensor(&self, ty: &TensorType) -> Result<Tensor> {
        self.gpu.fresh(ty)
    }

    /// The kernels that a primitive launches, in order.
    ///
    /// # Errors
    /// Those of running it.
    pub fn run(&self, prim: &Prim, inputs: &[Tensor]) -> Result<Vec<Kernel>> {
        let types: Vec<TensorType> = inputs.iter().map(Tensor::ty).collect();
        let outputs = infer(prim, &types.iter().collect::<Vec<_>>())?;
        let inputs: Vec<Arg<'_>> = inputs.iter().map(Arg::borrowed).collect();
        self.paper.clear();
        execute::execute(&self.gpu, prim, &inputs, &outputs)?;
        Ok(self.paper.take())
    }

    /// Bytes that the launches of the last run could read and write: the sizes of the buffers each was given.
    pub fn bytes(&self) -> u64 {
        self.paper.bytes.load(Ordering::Relaxed)
    }

    /// The kernels that a compiled graph launches, in order. Its steps have to be regions: others would be asked of the device.
    ///
    /// # Errors
    /// Those of compiling and running it.
    pub fn compile(&self, graph: &Graph) -> Result<Vec<Kernel>> {
        let compiled = Compiled::new(self.gpu.device, graph, &CubeFuser(self.gpu.clone()))?;
        let inputs: Result<Inputs> = graph.input_types().map(|ty| self.tensor(ty)).collect();
        self.paper.clear();
        compiled.run(inputs?)?;
        Ok(self.paper.take())
    }
}

/// What stands in for a runtime.
#[derive(Default)]
struct Paper {
    kernels: Mutex<Vec<Kernel>>,
    bytes: AtomicU64,
}

impl Paper {
    /// Forgets what was launched.
    fn clear(&self) {
        self.take();
        self.bytes.store(0, Ordering::Relaxed);
    }

    fn take(&self) -> Vec<Kernel> {
        std::mem::take(&mut *self.kernels.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

impl Driver for Arc<Paper> {
    fn empty(&self, bytes: usize) -> Result<Handle> {
        Ok(Handle::new(StreamId { value: 0 }, bytes as u64))
    }

    fn create(&self, bytes: &[u8]) -> Result<Handle> {
        self.empty(bytes.len())
    }

    fn read(&self, handles: Vec<Handle>) -> Result<Vec<Vec<u8>>> {
        let zeros = |handle: &Handle| {
            let cut = handle.offset_start.unwrap_or(0) + handle.offset_end.unwrap_or(0);
            vec![0; handle.size().saturating_sub(cut) as usize]
        };
        Ok(handles.iter().map(zeros).collect())
    }

    fn launch(
        &self,
        kernel: Kernel,
        cubes: (u32, u32),
        buffers: &[&Handle],
        scalars: &[u32],
    ) -> Result<()> {
        if cubes.0 > CUBES || cubes.1 > CUBES || !kernel.is_given(buffers.len(), scalars.len()) {
            return Err(Error::device(format!(
                "a launch of {cubes:?} cubes with {} buffers and {} numbers does not suit its kernel",
                buffers.len(),
                scalars.len()
            )));
        }
        let bytes = buffers.iter().map(|buffer| buffer.size()).sum();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut kernels = self.kernels.lock().unwrap_or_else(|e| e.into_inner());
        kernels.push(kernel);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn cleanup(&self) {}

    fn reserved(&self) -> u64 {
        0
    }
}
