//! A backend whose work is done later, as a GPU's is: `execute` only queues, and failures surface in the buffers' error cells.
//!
//! It computes on the CPU when something is read or awaited. Its memory is opaque to the host, so nothing above can look
//! into it by accident.

use std::sync::{Mutex, OnceLock, PoisonError};

use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, Backend, Buffer, Device, DeviceInfo, Error, Exchange, Loan, Outputs, Result, Tensor,
    TensorType, compact, register, run,
};
use tnp_dtype::DType;

use crate::counting::{absent, cpu};

/// The device `deferred:0`; registers the backend on first use.
///
/// # Errors
/// When the CPU backend is not linked.
pub fn device() -> Result<Device> {
    static REGISTERED: OnceLock<Result<Device>> = OnceLock::new();
    REGISTERED
        .get_or_init(|| {
            let deferred = Deferred {
                cpu: cpu()?,
                state: Mutex::default(),
            };
            register(Box::leak(Box::new(deferred)))?;
            Device::new("deferred", 0)
        })
        .clone()
}

/// DLPack's kind for devices that it has no name for (`kDLExtDev`), and the number.
pub const PLACE: (i32, i32) = (12, 0);
/// The only stream there is.
const STREAM: i64 = 7;

/// Lends the device's memory, which lies where its `Vec` has it.
struct Lender;

impl Exchange for Lender {
    fn stream(&self) -> Result<i64> {
        Ok(STREAM)
    }

    unsafe fn lend(&self, buffer: &Buffer, stream: Option<i64>) -> Result<Loan> {
        if stream.is_some_and(|stream| ![STREAM, -1].contains(&stream)) {
            return Err(Error::value(format!("deferred: {stream:?} is no stream")));
        }
        // Reading is what makes the device do its work.
        buffer.device().backend().download(buffer, 0, &mut [])?;
        let address = lock(&memory(buffer)?.0).as_ptr().expose_provenance();
        let owner = Box::new(buffer.clone());
        Ok(Loan { address, owner })
    }

    unsafe fn adopt(&self, address: usize, bytes: usize) -> Result<Buffer> {
        let from = std::ptr::with_exposed_provenance::<u8>(address);
        // SAFETY: the caller's; this device's memory is the host's.
        let content = unsafe { std::slice::from_raw_parts(from, bytes) };
        let device = device()?;
        device.backend().upload(device.index(), content)
    }
}

struct Deferred {
    cpu: &'static dyn Backend,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: Vec<Job>,
    unreported: Option<Error>,
}

struct Job {
    prim: Prim,
    inputs: Vec<Tensor>,
    outputs: Vec<Buffer>,
}

/// Device memory: empty until what fills it has run.
#[derive(Default)]
struct Memory(Mutex<Vec<u8>>);

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn memory(buffer: &Buffer) -> Result<&Memory> {
    buffer
        .downcast()
        .ok_or_else(|| Error::device("a buffer of another backend was given to 'deferred'"))
}

/// An empty vector with room for as many bytes.
fn room(bytes: usize) -> Result<Vec<u8>> {
    let mut memory = Vec::new();
    let lacking = |_| Error::memory(format!("{bytes} bytes cannot be had"));
    memory.try_reserve_exact(bytes).map_err(lacking)?;
    Ok(memory)
}

impl Deferred {
    /// There is one device.
    fn check(&self, index: usize) -> Result<()> {
        match index {
            0 => Ok(()),
            _ => Err(absent(self.name(), index)),
        }
    }

    fn buffer(&self, bytes: Vec<u8>, size: usize) -> Result<Buffer> {
        let device = Device::new(self.name(), 0)?;
        Ok(Buffer::opaque(
            device,
            size,
            Box::new(Memory(Mutex::new(bytes))),
        ))
    }

    fn finish(&self) {
        let mut state = lock(&self.state);
        for job in std::mem::take(&mut state.queue) {
            // A failed input was reported, or will be, where it failed.
            let failed_input = job
                .inputs
                .iter()
                .find_map(|input| input.buffer.check().err());
            let Err(error) = failed_input.map_or_else(|| self.work(&job), Err) else {
                continue;
            };
            if job.inputs.iter().all(|input| input.buffer.check().is_ok()) {
                state.unreported.get_or_insert_with(|| error.clone());
            }
            for buffer in &job.outputs {
                buffer.fail(error.clone());
            }
        }
    }

    fn work(&self, job: &Job) -> Result<()> {
        let device = Device::new("cpu", 0)?;
        let mut inputs = Vec::new();
        for input in &job.inputs {
            let buffer = self.cpu.upload(0, &lock(&memory(&input.buffer)?.0))?;
            inputs.push(Tensor {
                buffer,
                ..input.clone()
            });
        }
        let arguments: Vec<Arg<'_>> = inputs.iter().map(Arg::borrowed).collect();
        for (buffer, result) in job.outputs.iter().zip(run(device, &job.prim, &arguments)?) {
            let result = compact(&result)?;
            let mut bytes = vec![0; result.ty().bytes()];
            let start = result.layout.offset() * result.dtype.itemsize();
            self.cpu.download(&result.buffer, start, &mut bytes)?;
            *lock(&memory(buffer)?.0) = bytes;
        }
        Ok(())
    }
}

impl Backend for Deferred {
    fn name(&self) -> &str {
        "deferred"
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            device: Device::new(self.name(), 0)?,
            description: "the CPU, later".to_owned(),
            memory: None,
            physical: false,
        }])
    }

    fn place(&self, index: usize) -> Option<(i32, i32)> {
        (index == 0).then_some(PLACE)
    }

    fn exchange(&self, index: usize) -> Result<Box<dyn Exchange>> {
        self.check(index)?;
        Ok(Box::new(Lender))
    }

    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer> {
        self.check(index)?;
        let mut memory = room(bytes)?;
        memory.resize(bytes, 0);
        self.buffer(memory, bytes)
    }

    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer> {
        self.check(index)?;
        let mut memory = room(bytes.len())?;
        memory.extend_from_slice(bytes);
        self.buffer(memory, bytes.len())
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        self.finish();
        if let Err(error) = buffer.check() {
            lock(&self.state).unreported = None;
            return Err(error);
        }
        let bytes = lock(&memory(buffer)?.0);
        let end = offset.checked_add(out.len());
        let part = end.and_then(|end| bytes.get(offset..end));
        out.copy_from_slice(
            part.ok_or_else(|| Error::index("download: past the end of a buffer"))?,
        );
        Ok(())
    }

    fn supports(&self, prim: &Prim, inputs: &[DType]) -> bool {
        self.cpu.supports(prim, inputs)
    }

    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        self.check(index)?;
        for arg in inputs {
            memory(&arg.tensor.buffer)?;
        }
        let mut results = Outputs::new();
        for ty in outputs {
            let buffer = self.buffer(room(ty.bytes())?, ty.bytes())?;
            results.push(Tensor::contiguous(buffer, &ty.shape, ty.dtype));
        }
        lock(&self.state).queue.push(Job {
            prim: prim.clone(),
            inputs: inputs.iter().map(|arg| arg.tensor.clone()).collect(),
            outputs: results.iter().map(|tensor| tensor.buffer.clone()).collect(),
        });
        Ok(results)
    }

    fn sync(&self, _: usize) -> Result<()> {
        self.finish();
        lock(&self.state).unreported.take().map_or(Ok(()), Err)
    }
}
