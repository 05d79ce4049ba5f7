//! The stream that NVIDIA's libraries work on, and its order among the kernels that CubeCL launches on a stream of its own.

use std::ffi::c_int;

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use cubecl::server::Handle;
use cudarc::driver::result::{device, event, primary_ctx, stream};
use cudarc::driver::{DriverError, sys};
use tnp_backend::{Error, Result, Tensor};
use tnp_cube::memory;

use crate::library::{Address, Opaque};

/// A function of the driver that takes a context and an event.
type OfContext = unsafe extern "C" fn(sys::CUcontext, sys::CUevent) -> c_int;

/// Events of all that a context does.
struct Across {
    record: OfContext,
    wait: OfContext,
}

/// A device's stream for libraries. It is used by one thread at a time.
pub(crate) struct Queue {
    context: sys::CUcontext,
    stream: sys::CUstream,
    before: sys::CUevent,
    after: sys::CUevent,
    /// Absent before CUDA 12.5: then the host waits.
    across: Option<Across>,
}

// SAFETY: contexts, streams and events may be used from any thread.
unsafe impl Send for Queue {}

/// Makes a context the thread's own until dropped.
struct Current;

impl Current {
    fn new(context: sys::CUcontext) -> Result<Current> {
        // SAFETY: the context is the device's, and stays as long as the program.
        unsafe { sys::cuCtxPushCurrent_v2(context) }
            .result()
            .map_err(refused)?;
        Ok(Current)
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let mut last = std::ptr::null_mut();
        // SAFETY: takes back what `new` did on this thread.
        let _ = unsafe { sys::cuCtxPopCurrent_v2(&mut last) };
    }
}

fn refused(error: DriverError) -> Error {
    Error::device(format!("cuda: the driver failed: {error}"))
}

impl Queue {
    /// A stream on the context that CubeCL has for a device, which is the primary one.
    pub(crate) fn new(number: usize) -> Result<Queue> {
        let device = device::get(number as i32).map_err(refused)?;
        // SAFETY: the device is the driver's; its context is never given back.
        let context = unsafe { primary_ctx::retain(device) }.map_err(refused)?;
        let _current = Current::new(context)?;
        let untimed = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING;
        Ok(Queue {
            context,
            stream: stream::create(stream::StreamKind::NonBlocking).map_err(refused)?,
            before: event::create(untimed).map_err(refused)?,
            after: event::create(untimed).map_err(refused)?,
            across: Across::found(),
        })
    }

    /// The stream, for a library's handle.
    pub(crate) fn stream(&self) -> Opaque {
        self.stream.cast()
    }

    /// Runs `body` with the device's context current: libraries allocate on it.
    pub(crate) fn inside<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let _current = Current::new(self.context)?;
        body()
    }

    /// Runs `body`, which puts work on the stream, after all that was launched before and before all that is launched later.
    ///
    /// CubeCL keeps its stream to itself, and it does not wait for the default one; so the order is the context's: our stream waits for
    /// all that the context was given, and what it is given later waits for ours. Where that cannot be said, the host waits.
    /// Addresses are asked for before: the answer comes when CubeCL's thread has launched what was launched earlier. The tensors
    /// outlive `body`, and memory that is given back after it is used again only by what waits.
    pub(crate) fn ordered<T>(
        &self,
        client: &ComputeClient<CudaRuntime>,
        body: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let _current = Current::new(self.context)?;
        if !self.waits() {
            synced(client)?;
        }
        let outcome = body();
        // After an error too: some of the work may have been put there.
        if !self.is_waited_for() {
            self.finish()?;
        }
        outcome
    }

    /// Waits until the stream has done its work.
    pub(crate) fn finish(&self) -> Result<()> {
        // SAFETY: the stream is ours and alive.
        unsafe { stream::synchronize(self.stream) }.map_err(refused)
    }

    /// What the context was given comes before what a stream of another library is given from now on.
    ///
    /// # Safety
    /// The number is the address of a stream of the context's device, or that of a default stream.
    pub(crate) unsafe fn comes_before(
        &self,
        client: &ComputeClient<CudaRuntime>,
        stream: usize,
    ) -> Result<()> {
        let _current = Current::new(self.context)?;
        let stream: sys::CUstream = std::ptr::with_exposed_provenance_mut(stream);
        let waits = |across: &Across| {
            // SAFETY: context and event are alive and of one device; the stream is the caller's word.
            unsafe {
                (across.record)(self.context, self.before) == 0
                    && stream::wait_event(
                        stream,
                        self.before,
                        sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT,
                    )
                    .is_ok()
            }
        };
        match self.across.as_ref().is_some_and(waits) {
            true => Ok(()),
            false => synced(client),
        }
    }

    /// What the context is given from now on comes after all it was given, on any stream.
    pub(crate) fn comes_after_all(&self) {
        let Ok(_current) = Current::new(self.context) else {
            return;
        };
        let waits = |across: &Across| {
            // SAFETY: context and event are alive and of one device.
            unsafe {
                (across.record)(self.context, self.before) == 0
                    && (across.wait)(self.context, self.before) == 0
            }
        };
        if !self.across.as_ref().is_some_and(waits) {
            // SAFETY: waits for the current context, ours. What failed is told at the next operation.
            let _ = unsafe { sys::cuCtxSynchronize() };
        }
    }

    /// Copies bytes within the device, on the stream.
    ///
    /// # Safety
    /// So many bytes can be read at one place and written at the other.
    pub(crate) unsafe fn copy(&self, from: usize, to: Address, bytes: usize) -> Result<()> {
        let (from, to) = (from as u64, to.expose_provenance() as u64);
        // SAFETY: the caller's.
        let status = unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes, self.stream) };
        status.result().map_err(refused)
    }

    /// Whether the stream waits for what the context was given.
    fn waits(&self) -> bool {
        let Some(across) = &self.across else {
            return false;
        };
        // SAFETY: context, event and stream are alive and of one device.
        unsafe {
            (across.record)(self.context, self.before) == 0
                && stream::wait_event(
                    self.stream,
                    self.before,
                    sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT,
                )
                .is_ok()
        }
    }

    /// Whether what the context is given from now on waits for the stream.
    fn is_waited_for(&self) -> bool {
        let Some(across) = &self.across else {
            return false;
        };
        // SAFETY: as for `waits`.
        unsafe {
            event::record(self.after, self.stream).is_ok()
                && (across.wait)(self.context, self.after) == 0
        }
    }

    /// Writes zeros to rows of 32-bit words, so many bytes apart.
    pub(crate) fn zero(&self, rows: &Words, base: Address) -> Result<()> {
        let from = base.wrapping_byte_add(rows.offset).expose_provenance() as u64;
        // SAFETY: the caller's rows lie in memory of the device.
        let status = unsafe {
            sys::cuMemsetD2D32Async(from, rows.pitch, 0, rows.width, rows.height, self.stream)
        };
        status.result().map_err(refused)
    }
}

/// Rows of 32-bit words: bytes to the first, bytes from one to the next, words of each, rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Words {
    pub(crate) offset: usize,
    pub(crate) pitch: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Across {
    /// The driver's functions, where it has them.
    fn found() -> Option<Across> {
        // SAFETY: the driver is there; the types are those of cuda.h.
        unsafe {
            let driver = sys::culib();
            Some(Across {
                record: *driver.get::<OfContext>(b"cuCtxRecordEvent\0").ok()?,
                wait: *driver.get::<OfContext>(b"cuCtxWaitEvent\0").ok()?,
            })
        }
    }
}

/// Waits until CubeCL's stream has done its work.
fn synced(client: &ComputeClient<CudaRuntime>) -> Result<()> {
    cubecl::future::block_on(client.sync())
        .map_err(|error| Error::device(format!("cuda: an earlier operation failed: {error:?}")))
}

/// Where memory lies on the device.
pub(crate) fn resource(client: &ComputeClient<CudaRuntime>, handle: &Handle) -> Result<Address> {
    let resource = client.get_resource(handle.clone()).map_err(|error| {
        Error::device(format!(
            "cuda: memory of an operand is not there: {error:?}"
        ))
    })?;
    let start = resource.resource().ptr as usize;
    Ok(std::ptr::with_exposed_provenance_mut(start))
}

/// Where a tensor's first element lies on the device.
pub(crate) fn address(client: &ComputeClient<CudaRuntime>, x: &Tensor) -> Result<Address> {
    let start = resource(client, memory(&x.buffer)?.handle())?;
    Ok(start.wrapping_byte_add(x.layout.offset() * x.dtype.itemsize()))
}
