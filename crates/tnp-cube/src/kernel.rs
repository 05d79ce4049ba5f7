//! Kernels as data, and the one way they reach a device.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cubecl::client::ComputeClient;
use cubecl::ir::{ElemType, StorageType, Type};
use cubecl::prelude::KernelId;
use cubecl::prelude::{
    ArrayArg, CubeKernel, KernelBuilder, KernelDefinition, KernelLauncher, KernelMetadata,
};
use cubecl::server::Handle;
use cubecl::{CubeCount, CubeDim, KernelSettings, Runtime};
use tnp_backend::{Error, Result};

use crate::code::{Memory, Target, define_for, int};

/// What a body writes with: its buffers, in the order of [`Kernel::buffers`].
pub(crate) type Body = dyn Fn(&[Memory]) + Send + Sync;

/// A kernel: what tells it from others, what it is given, and how to write it. CubeCL sees it as a `CubeKernel`.
#[derive(Clone)]
pub struct Kernel {
    /// Everything that the code depends on, hashed twice.
    key: (u64, u64),
    target: Target,
    /// Units of a cube.
    pub(crate) units: u32,
    /// Element type of each buffer, and whether it is written.
    buffers: Vec<(ElemType, bool)>,
    /// How many numbers the launch gives, after the zero that every kernel has.
    scalars: usize,
    body: Arc<Body>,
}

impl Kernel {
    /// A kernel. `key` is all that its code depends on besides the buffers' types.
    pub(crate) fn new(
        target: Target,
        key: impl Hash,
        units: u32,
        buffers: Vec<(ElemType, bool)>,
        scalars: usize,
        body: impl Fn(&[Memory]) + Send + Sync + 'static,
    ) -> Kernel {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &key, target, units, &buffers, scalars).hash(&mut hasher);
            hasher.finish()
        };
        Kernel {
            key: (hash(1), hash(2)),
            target,
            units,
            buffers,
            scalars,
            body: Arc::new(body),
        }
    }

    /// Whether a launch gives it what it takes.
    pub(crate) fn is_given(&self, buffers: usize, scalars: usize) -> bool {
        buffers == self.buffers.len() && scalars == self.scalars
    }
}

impl KernelMetadata for Kernel {
    fn name(&self) -> &'static str {
        "tnp"
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Kernel>()
            .cube_dim(CubeDim::new_1d(self.units))
            .info(self.key)
    }

    fn address_type(&self) -> StorageType {
        crate::code::U32.into()
    }
}

impl CubeKernel for Kernel {
    fn define(&self) -> KernelDefinition {
        let mut builder = KernelBuilder::default();
        let buffers: Vec<Memory> = (self.buffers.iter())
            .map(|&(elem, written)| {
                let ty = Type::scalar(elem);
                Memory(match written {
                    true => *builder.output_array(ty),
                    false => *builder.input_array(ty),
                })
            })
            .collect();
        for _ in 0..=self.scalars {
            builder.scalar(crate::code::U32.into());
        }
        let scope = std::mem::replace(&mut builder.scope, cubecl::ir::Scope::root(false));
        builder.scope = define_for(self.target, scope, || (self.body)(&buffers));
        builder.build(settings(self.units))
    }
}

fn settings(units: u32) -> KernelSettings {
    KernelSettings::default()
        .cube_dim(CubeDim::new_1d(units))
        .kernel_name("tnp")
}

/// A device's runtime, whichever it is: memory, launches and waiting. Panics in it come out as errors.
pub(crate) trait Driver: Send + Sync {
    fn empty(&self, bytes: usize) -> Result<Handle>;
    fn create(&self, bytes: &[u8]) -> Result<Handle>;
    /// Reads memory, after reporting what failed before.
    fn read(&self, handles: Vec<Handle>) -> Result<Vec<Vec<u8>>>;
    fn launch(
        &self,
        kernel: Kernel,
        cubes: (u32, u32),
        buffers: &[&Handle],
        scalars: &[u32],
    ) -> Result<()>;
    fn sync(&self) -> Result<()>;
    fn cleanup(&self);
    /// Bytes that the runtime holds, in use or not.
    fn reserved(&self) -> u64;
}

/// Runs what may panic inside CubeCL.
pub(crate) fn guarded<T>(what: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = (panic.downcast_ref::<String>().map(String::as_str))
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it gave no reason");
        Err(Error::device(format!(
            "the device failed at {what}: {}",
            first_line(text)
        )))
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn failed(what: &str, error: impl std::fmt::Debug) -> Error {
    let text = format!("{error:?}");
    let text: String = text.chars().take(400).collect();
    Error::device(format!("the device failed at {what}: {text}"))
}

impl<R: Runtime> Driver for ComputeClient<R> {
    fn empty(&self, bytes: usize) -> Result<Handle> {
        guarded("allocation", || Ok(ComputeClient::empty(self, bytes)))
    }

    fn create(&self, bytes: &[u8]) -> Result<Handle> {
        guarded("upload", || Ok(self.create_from_slice(bytes)))
    }

    fn read(&self, handles: Vec<Handle>) -> Result<Vec<Vec<u8>>> {
        guarded("download", || {
            self.flush()
                .map_err(|error| failed("an operation", error))?;
            let read = cubecl::future::block_on(self.read_async(handles));
            let read = read.map_err(|error| failed("download", error))?;
            Ok(read.into_iter().map(|bytes| bytes.to_vec()).collect())
        })
    }

    fn launch(
        &self,
        kernel: Kernel,
        cubes: (u32, u32),
        buffers: &[&Handle],
        scalars: &[u32],
    ) -> Result<()> {
        debug_assert_eq!(buffers.len(), kernel.buffers.len());
        debug_assert_eq!(scalars.len(), kernel.scalars);
        guarded("launch", || {
            let mut launcher = KernelLauncher::<R>::new(settings(kernel.units));
            for (&handle, &(elem, _)) in buffers.iter().zip(&kernel.buffers) {
                let ty = Type::scalar(elem);
                let length = handle.size() as usize / ty.size();
                // SAFETY: the length is the allocation's.
                let array = unsafe { ArrayArg::from_raw_parts(handle.clone(), length) };
                launcher.register_array(array, ty);
            }
            launcher.register_scalar(0u32);
            for &number in scalars {
                launcher.register_scalar(number);
            }
            // SAFETY: kernels index within what their launch says of shapes and strides, and their loops end.
            unsafe {
                launcher.launch_unchecked(CubeCount::Static(cubes.0, cubes.1, 1), kernel, self)
            };
            Ok(())
        })
    }

    fn sync(&self) -> Result<()> {
        guarded("synchronisation", || {
            self.flush()
                .map_err(|error| failed("an operation", error))?;
            cubecl::future::block_on(ComputeClient::sync(self))
                .map_err(|error| failed("synchronisation", error))
        })
    }

    fn cleanup(&self) {
        let _ = guarded("giving memory back", || {
            self.memory_cleanup();
            Ok(())
        });
    }

    fn reserved(&self) -> u64 {
        let usage = guarded("counting memory", || {
            self.memory_usage()
                .map_err(|error| failed("counting memory", error))
        });
        usage.map_or(0, |usage| usage.bytes_reserved)
    }
}

/// The number of a scalar of the launch, as a value.
pub(crate) fn given(number: usize) -> crate::code::V {
    crate::code::scalar(number + 1, crate::code::U32)
}

/// Runs a body for each number below `n`, shared among all units however many there are.
pub(crate) fn each(n: crate::code::V, units: u32, body: impl FnOnce(crate::code::V)) {
    use crate::code::{U32, count, cube, cubes, unit};
    let width = int(units.into(), U32);
    count(cube() * width + unit(), n, cubes() * width, body);
}
