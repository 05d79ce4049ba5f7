//! Memory shared with other CUDA libraries: lent by its address, in the order of their streams; taken over by a copy on the device.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard};

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use cubecl::server::Handle;
use tnp_backend::{Buffer, Error, Exchange, Loan, Result};
use tnp_cube::{Gpu, memory};

use crate::library::Opaque;
use crate::queue::resource;
use crate::session::Session;

/// DLPack's kind of CUDA devices (`kDLCUDA`).
pub(crate) const CUDA: c_int = 2;

/// Whose order is kept with a reader's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A stream, which waits.
    Stream(usize),
    /// The reader's own business.
    Itself,
}

/// The reader of a number of DLPack's: no number is the legacy default stream, whose handle is 1; that of a thread's default stream is 2.
pub(crate) fn reader(stream: Option<i64>) -> Result<Reader> {
    match stream {
        None => Ok(Reader::Stream(1)),
        Some(-1) => Ok(Reader::Itself),
        Some(0) => Err(Error::value(
            "dlpack: stream 0 may be the legacy or the thread's default stream of CUDA; say 1 or 2",
        )),
        Some(number) => match usize::try_from(number) {
            // A stream is an object of the driver's, and none lies in the first page of memory.
            Ok(address) if address < 3 || address >= 4096 => Ok(Reader::Stream(address)),
            _ => Err(Error::value(format!(
                "dlpack: {number} is no stream of CUDA; give 1, 2, a stream's address, or -1 for none"
            ))),
        },
    }
}

struct Shared {
    client: ComputeClient<CudaRuntime>,
    gpu: Arc<Gpu>,
    session: &'static Mutex<Session>,
}

/// How a device shares its memory.
///
/// # Errors
/// When the device has no stream for it.
pub(crate) fn of(client: &ComputeClient<CudaRuntime>, gpu: &Arc<Gpu>) -> Result<Box<dyn Exchange>> {
    let session = Session::of(gpu.device()).ok_or_else(|| {
        Error::device(format!(
            "{}: the driver gave no stream to share memory on",
            gpu.device()
        ))
    })?;
    Ok(Box::new(Shared {
        client: client.clone(),
        gpu: gpu.clone(),
        session,
    }))
}

fn locked(session: &'static Mutex<Session>) -> MutexGuard<'static, Session> {
    session.lock().unwrap_or_else(|e| e.into_inner())
}

impl Shared {
    /// Where a buffer begins; the answer comes when all that fills it has been launched.
    fn address(&self, handle: &Handle) -> Result<Opaque> {
        resource(&self.client, handle)
    }
}

impl Exchange for Shared {
    fn stream(&self) -> Result<i64> {
        let stream = locked(self.session).queue.stream();
        Ok(stream.expose_provenance() as i64)
    }

    unsafe fn lend(&self, buffer: &Buffer, stream: Option<i64>) -> Result<Loan> {
        let reader = reader(stream)?;
        buffer.check()?;
        self.gpu.settle(buffer)?;
        let address = self.address(memory(buffer)?.handle())?.expose_provenance();
        if let Reader::Stream(stream) = reader {
            let session = locked(self.session);
            // SAFETY: the caller's.
            unsafe { session.queue.comes_before(&self.client, stream)? };
        }
        let owner = Box::new(Lent {
            _buffer: buffer.clone(),
            session: self.session,
        });
        Ok(Loan { address, owner })
    }

    unsafe fn adopt(&self, address: usize, bytes: usize) -> Result<Buffer> {
        let buffer = self.gpu.allocate(bytes)?;
        if bytes == 0 {
            return Ok(buffer);
        }
        let to = self.address(memory(&buffer)?.handle())?;
        let session = locked(self.session);
        let queue = &session.queue;
        // SAFETY: the caller's; the buffer has as many bytes.
        queue.ordered(&self.client, || unsafe { queue.copy(address, to, bytes) })?;
        // The owner may give the memory back as soon as this returns.
        queue.finish()?;
        Ok(buffer)
    }
}

/// What keeps a buffer that a reader has the address of.
struct Lent {
    _buffer: Buffer,
    session: &'static Mutex<Session>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        // The reader's kernels may still be waiting on its streams, and the memory will be used again.
        locked(self.session).queue.comes_after_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_streams_are_dlpack_s() {
        for (number, wanted) in [
            (None, Reader::Stream(1)),
            (Some(1), Reader::Stream(1)),
            (Some(2), Reader::Stream(2)),
            (Some(0x7f00_1234_5678), Reader::Stream(0x7f00_1234_5678)),
            (Some(-1), Reader::Itself),
        ] {
            assert_eq!(reader(number).ok(), Some(wanted), "{number:?}");
        }
        for number in [0, 3, 4095, -2, i64::MIN] {
            let error = reader(Some(number)).expect_err("no stream");
            assert!(error.message().contains("stream"), "{error}");
        }
    }
}
