//! [`CubeBackend`]: `Backend` over any CubeCL runtime; [`Platform`]: what each runtime adds.

use std::sync::{Arc, OnceLock};

use cubecl::Runtime;
use cubecl::client::ComputeClient;
use cubecl::ir::ElemType;
use cubecl::stream_id::StreamId;
use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, Backend, Buffer, Compiled, Device, DeviceInfo, Error, Exchange, Executable, Graph,
    MemoryStats, Outputs, Result, TensorType,
};
use tnp_dtype::DType;

use crate::code::{F64, Target};
use crate::execute;
use crate::faults::Faults;
use crate::fused::CubeFuser;
use crate::gpu::{Abilities, Gpu, stored};
use crate::kernel::guarded;
use crate::memory::{Account, FreeMemory};

/// A device that a platform found.
#[derive(Clone, Debug)]
pub struct Adapter<D> {
    /// CubeCL's name for it.
    pub device: D,
    /// What a person calls it.
    pub description: String,
    /// Its memory in bytes, where known.
    pub memory: Option<u64>,
}

/// A sort of device: its name, its discovery, its runtime and its vendor's libraries.
pub trait Platform: Send + Sync + 'static {
    /// CubeCL's runtime for it.
    type Runtime: Runtime;

    /// The name in `wgpu:0`.
    fn name(&self) -> &'static str;

    /// The devices on this machine. It must not panic where there is no driver.
    ///
    /// # Errors
    /// When there is no driver or no device; the message says what to install.
    fn adapters(&self) -> Result<Vec<Adapter<<Self::Runtime as Runtime>::Device>>>;

    /// How to ask the driver what memory of a device is free, where it can be asked.
    fn free_memory(&self, device: &<Self::Runtime as Runtime>::Device) -> Option<FreeMemory> {
        let _ = device;
        None
    }

    /// What code for its devices may rely on; `float64` and `float16` hold only where the device has them too.
    fn target(&self) -> Target;

    /// Whether its devices hold an element type though CubeCL does not list it among theirs.
    fn holds(&self, elem: ElemType) -> bool {
        let _ = elem;
        false
    }

    /// DLPack's kind of its devices, numbered as here, when other libraries can use their memory by address.
    fn kind(&self) -> Option<i32> {
        None
    }

    /// How memory of a device is shared with other libraries, for platforms with a [`Platform::kind`].
    ///
    /// # Errors
    /// When it cannot be.
    fn exchange(
        &self,
        client: &ComputeClient<Self::Runtime>,
        gpu: &Arc<Gpu>,
    ) -> Result<Box<dyn Exchange>> {
        let _ = client;
        Err(no_exchange(&gpu.device))
    }

    /// Runs a primitive by a library of the vendor, where that is better than the kernels here; `None` leaves it to those, or to its
    /// decomposition.
    ///
    /// # Errors
    /// The library's.
    fn execute(
        &self,
        client: &ComputeClient<Self::Runtime>,
        gpu: &Gpu,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Option<Result<Outputs>> {
        let _ = (client, gpu, prim, inputs, outputs);
        None
    }

    /// Whether [`Platform::execute`] takes a primitive, of most shapes at least.
    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        let _ = (prim, inputs);
        false
    }
}

#[cold]
fn no_exchange(device: &Device) -> Error {
    Error::unsupported(format!(
        "other libraries cannot use the memory of {device} where it lies; copy it with `x.to(\"cpu:0\")`"
    ))
}

/// The most devices of one platform.
const MAX_DEVICES: usize = 16;

type Ready<R> = (ComputeClient<R>, Arc<Gpu>);

/// A backend over a platform.
pub struct CubeBackend<P: Platform> {
    platform: P,
    ready: [OnceLock<Result<Ready<P::Runtime>>>; MAX_DEVICES],
    adapters: OnceLock<Result<Vec<Adapter<<P::Runtime as Runtime>::Device>>>>,
}

impl<P: Platform> CubeBackend<P>
where
    <P::Runtime as Runtime>::Device: Send + Sync,
{
    /// A backend that has not looked for devices yet.
    pub const fn new(platform: P) -> CubeBackend<P> {
        CubeBackend {
            platform,
            ready: [const { OnceLock::new() }; MAX_DEVICES],
            adapters: OnceLock::new(),
        }
    }

    fn adapters(&self) -> Result<&[Adapter<<P::Runtime as Runtime>::Device>]> {
        let adapters = self
            .adapters
            .get_or_init(|| guarded("discovery", || self.platform.adapters()));
        match adapters {
            Ok(adapters) => Ok(adapters),
            Err(error) => Err(error.clone()),
        }
    }

    /// The device of a number, started at its first use.
    fn ready(&self, index: usize) -> Result<&Ready<P::Runtime>> {
        let missing = || {
            Error::device(format!(
                "device '{}:{index}' does not exist",
                self.platform.name()
            ))
        };
        let slot = self.ready.get(index).ok_or_else(missing)?;
        let ready = slot.get_or_init(|| {
            let adapter = self.adapters()?.get(index).ok_or_else(missing)?;
            guarded("its start", || self.start(index, adapter))
        });
        match ready {
            Ok(ready) => Ok(ready),
            Err(error) => Err(error.clone()),
        }
    }

    fn start(
        &self,
        index: usize,
        adapter: &Adapter<<P::Runtime as Runtime>::Device>,
    ) -> Result<Ready<P::Runtime>> {
        let mut client = <P::Runtime as Runtime>::client(&adapter.device);
        // SAFETY: all threads share one queue, in order: memory written on one thread is then there for another.
        unsafe { client.set_stream(StreamId { value: 0 }) };
        let properties = client.properties().clone();
        let holds = |elem: ElemType| {
            properties.features.supports_type(stored(elem)) || self.platform.holds(elem)
        };
        let hardware = &properties.hardware;
        let target = Target {
            float64: self.platform.target().float64 && holds(F64),
            ..self.platform.target()
        };
        let abilities = Abilities::new(
            target,
            holds,
            hardware.max_bindings as usize,
            hardware.max_units_per_cube,
            hardware.max_cube_count.0,
            hardware.max_shared_memory_size,
        );
        let largest = usize::try_from(properties.memory.max_page_size).unwrap_or(usize::MAX);
        let free = self.platform.free_memory(&adapter.device);
        let gpu = Gpu {
            device: Device::new(self.platform.name(), index)?,
            driver: Box::new(client.clone()),
            abilities,
            account: Account::new(largest, adapter.memory, free).into(),
            faults: Faults::default(),
        };
        Ok((client, Arc::new(gpu)))
    }

    fn gpu(&self, index: usize) -> Result<&Arc<Gpu>> {
        self.ready(index).map(|(_, gpu)| gpu)
    }
}

impl<P: Platform> Backend for CubeBackend<P>
where
    <P::Runtime as Runtime>::Device: Send + Sync,
    ComputeClient<P::Runtime>: Send + Sync,
{
    fn name(&self) -> &str {
        self.platform.name()
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        let info = |(index, adapter): (usize, &Adapter<_>)| {
            Ok(DeviceInfo {
                device: Device::new(self.platform.name(), index)?,
                description: adapter.description.clone(),
                memory: adapter.memory,
                physical: true,
            })
        };
        self.adapters()?
            .iter()
            .take(MAX_DEVICES)
            .enumerate()
            .map(info)
            .collect()
    }

    fn place(&self, index: usize) -> Option<(i32, i32)> {
        Some((self.platform.kind()?, i32::try_from(index).ok()?))
    }

    fn exchange(&self, index: usize) -> Result<Box<dyn Exchange>> {
        let (client, gpu) = self.ready(index)?;
        guarded("the sharing of its memory", || {
            self.platform.exchange(client, gpu)
        })
    }

    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer> {
        self.gpu(index)?.allocate(bytes)
    }

    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer> {
        self.gpu(index)?.upload(bytes)
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        self.gpu(buffer.device().index())?
            .download(buffer, offset, out)
    }

    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        // Whether there is a device says every other call.
        self.gpu(0).is_ok_and(|gpu| {
            execute::supports(&gpu.abilities, prim, inputs) || self.platform.supports(prim, inputs)
        })
    }

    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        let (client, gpu) = self.ready(index)?;
        let by_vendor = guarded("a call of its vendor's library", || {
            Ok(self.platform.execute(client, gpu, prim, inputs, outputs))
        });
        match by_vendor? {
            Some(done) => done,
            None => {
                let dtypes: SmallVec<[DType; 4]> =
                    inputs.iter().map(|arg| arg.tensor.dtype).collect();
                let only_there = self.platform.supports(prim, &dtypes)
                    && !execute::supports(&gpu.abilities, prim, &dtypes);
                match only_there {
                    // What only a library does, and this time declines.
                    true => tnp_backend::decomposed(gpu.device, prim, inputs),
                    false => execute::execute(gpu, prim, inputs, outputs),
                }
            }
        }
    }

    fn compile(&self, device: Device, graph: &Graph) -> Result<Box<dyn Executable>> {
        let gpu = self.gpu(device.index())?;
        Ok(Box::new(Compiled::new(
            device,
            graph,
            &CubeFuser(gpu.clone()),
        )?))
    }

    fn sync(&self, index: usize) -> Result<()> {
        self.gpu(index)?.sync()
    }

    fn memory_stats(&self, index: usize) -> MemoryStats {
        self.gpu(index).map_or_else(
            |_| MemoryStats::default(),
            |gpu| gpu.account.stats(gpu.driver.reserved()),
        )
    }

    fn reset_peak(&self, index: usize) {
        if let Ok(gpu) = self.gpu(index) {
            gpu.account.reset_peak();
        }
    }

    fn empty_cache(&self, index: usize) {
        if let Ok(gpu) = self.gpu(index) {
            gpu.driver.cleanup();
            gpu.account.given_back();
        }
    }

    fn set_memory_limit(&self, index: usize, bytes: Option<usize>) -> Result<()> {
        self.gpu(index)?.account.set_limit(bytes);
        Ok(())
    }
}
