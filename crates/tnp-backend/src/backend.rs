//! `trait Backend`: what a device has to know; small, object-safe, and all a backend crate implements.

use tnp_dtype::DType;

use crate::prim::Prim;
use crate::{
    Arg, Buffer, Compiled, DeviceInfo, Error, Exchange, Explanation, Graph, Inputs, Outputs,
    Result, TensorType, Unfused,
};

/// Memory of a device as its backend counts it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Held by arrays now.
    pub live: usize,
    /// Kept for reuse.
    pub idle: usize,
    /// The most `live` has been since [`Backend::reset_peak`].
    pub peak: usize,
    /// Blocks handed out so far.
    pub allocations: u64,
    /// Of those, how many came from what was kept for reuse.
    pub reuses: u64,
    /// What `live` may not exceed, where there is a limit.
    pub limit: Option<usize>,
}

/// A kind of device and the code that computes on it.
///
/// The chapter "Writing a backend" of the book builds one up, and `tnp_testing::backend_tests!` holds it to everything said here. In every
/// method a device number that [`Backend::devices`] does not list is an `Err` of kind [`Device`](crate::ErrorKind::Device), nothing panics, and
/// calls come from several threads at once.
///
/// Only `name`, `devices`, `allocate`, `upload`, `download`, `supports` and `execute` are needed; a primitive that
/// `supports` refuses is run through its decomposition, so a backend may implement the core alone
/// ([`crate::is_core`]). Layout primitives (transpose, slice, broadcast, a reshape that needs no copy) never reach a
/// backend: they are views.
pub trait Backend: Send + Sync {
    /// The name in `cpu:0`: short, lower case, its own.
    fn name(&self) -> &str;

    /// The devices on this machine, numbered from 0. A missing driver is an `Err`, which listings take as no device. Whoever lists devices
    /// calls this, whether they mean this backend or not: it looks for the driver before it touches it, prints nothing, and is quick the second time.
    ///
    /// # Errors
    /// When the driver or library is missing; the message says what to install.
    fn devices(&self) -> Result<Vec<DeviceInfo>>;

    /// Whether the backend works on the host's own memory, whoever allocated it ([`Buffer::host`]). Then an array takes over the memory of a
    /// `Vec`, of a mapped file or of another library as it lies; else it is copied to the device.
    fn is_host(&self) -> bool {
        false
    }

    /// DLPack's kind and number of a device whose memory other libraries can use where it lies, without starting the device; `None` where
    /// they cannot. Source: <https://dmlc.github.io/dlpack/latest/c_api.html>
    fn place(&self, index: usize) -> Option<(i32, i32)> {
        let _ = index;
        self.is_host().then_some((1, 0))
    }

    /// How other libraries are lent the device's memory, where [`Backend::place`] names it and the host cannot read it in place.
    ///
    /// # Errors
    /// When they cannot be, or the device cannot be started.
    fn exchange(&self, index: usize) -> Result<Box<dyn Exchange>> {
        Err(Error::unsupported(format!(
            "other libraries cannot use the memory of {}:{index} where it lies; copy it with `x.to(\"cpu:0\")`",
            self.name()
        )))
    }

    /// Memory whose content is not defined yet; no bytes are a buffer too.
    ///
    /// # Errors
    /// When the memory cannot be had: kind [`Memory`](crate::ErrorKind::Memory), and the backend works on.
    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer>;

    /// Memory filled with bytes from the host.
    ///
    /// # Errors
    /// When the memory cannot be had or the transfer fails.
    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer>;

    /// Copies bytes of a buffer, from `offset` on, to the host; waits for what fills the buffer.
    ///
    /// # Errors
    /// The error of the operation that was to fill the buffer ([`Buffer::check`]), a range past its end, a buffer of another backend.
    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()>;

    /// Whether the backend runs this primitive on inputs of these dtypes itself; else its decomposition is run, and where it has none the
    /// operation is an error. A primitive without inputs has its dtype in itself. Asked for each eager operation: it has to be quick.
    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool;

    /// Runs one primitive. `outputs` are the types [`crate::prim::infer`] gave: the results must have them, with strides
    /// of the backend's choice. Inputs may have any strides. A donated input's buffer may be returned, overwritten.
    ///
    /// A backend that works asynchronously returns buffers that are not filled yet, and puts what fails later into them ([`Buffer::fail`]): whatever
    /// derives from them returns that error.
    ///
    /// # Errors
    /// When memory runs out, an index is out of bounds (kind [`Index`](crate::ErrorKind::Index): "index 7 is out of bounds for axis 1 with size 4"),
    /// or the device fails. Inputs that were not donated are then as they were.
    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs>;

    /// Prepares a graph for repeated runs. The default simplifies and plans it and runs one primitive at a time; a backend that
    /// can run fused regions returns a [`Compiled`] with its own [`crate::Fuser`].
    ///
    /// # Errors
    /// When the backend cannot compile it.
    fn compile(&self, device: crate::Device, graph: &Graph) -> Result<Box<dyn Executable>> {
        Ok(Box::new(Compiled::new(device, graph, &Unfused)?))
    }

    /// Waits until all that was asked for is done.
    ///
    /// # Errors
    /// The first failure that no read has reported yet; it is reported once, and the device works on.
    fn sync(&self, index: usize) -> Result<()> {
        let _ = index;
        Ok(())
    }

    /// Statistics of a device's memory.
    fn memory_stats(&self, index: usize) -> MemoryStats {
        let _ = index;
        MemoryStats::default()
    }

    /// Lets `peak` in the statistics start again from what is live now.
    fn reset_peak(&self, index: usize) {
        let _ = index;
    }

    /// Gives memory kept for reuse back to the system.
    fn empty_cache(&self, index: usize) {
        let _ = index;
    }

    /// Sets or lifts the limit on live memory.
    ///
    /// # Errors
    /// When the backend has no such limit.
    fn set_memory_limit(&self, index: usize, bytes: Option<usize>) -> Result<()> {
        let _ = (index, bytes);
        Err(Error::unsupported(format!(
            "set_memory_limit: backend '{}' has no limit to set",
            self.name()
        )))
    }

    /// Sets the number of logical devices, where the backend can pretend to several.
    ///
    /// # Errors
    /// When it cannot.
    fn set_logical_devices(&self, count: usize) -> Result<()> {
        Err(Error::unsupported(format!(
            "set_logical_devices: backend '{}' has a fixed number of devices, {count} cannot be set",
            self.name()
        )))
    }
}

/// A graph made ready for a device.
pub trait Executable: Send + Sync {
    /// Runs it on inputs of the graph's input types, on its device. An input whose buffer nobody else holds is given up: it may be
    /// overwritten, and is dropped after its last use.
    ///
    /// # Errors
    /// Those of the steps, and inputs of other types.
    fn run(&self, inputs: Inputs) -> Result<Outputs>;

    /// What a run costs, step by step.
    fn explain(&self) -> Explanation;
}
