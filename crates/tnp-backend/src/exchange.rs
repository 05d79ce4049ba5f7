//! Memory of a device in the hands of other libraries: lent by its address, and taken over from them by a copy.

use std::any::Any;

use crate::{Buffer, Result};

/// How a device shares memory with other libraries on it; what [`Backend::exchange`](crate::Backend::exchange) gives.
///
/// Streams are numbered as DLPack numbers them for the device's kind: for CUDA 1 is the legacy default stream, 2 the default stream of
/// the thread, a larger number a stream's address; -1 means that the caller sees to the order himself, and `None` the default.
/// Source: <https://dmlc.github.io/dlpack/latest/python_spec.html>
pub trait Exchange {
    /// The stream that [`Exchange::adopt`] copies on, which whoever filled the memory is asked to put first.
    ///
    /// # Errors
    /// When the device has none to name.
    fn stream(&self) -> Result<i64>;

    /// The address of a buffer's first byte, for another library that reads it on its `stream`. What fills the buffer is done before what
    /// that stream is given from now on.
    ///
    /// # Safety
    /// The number is that of a stream of the device, which is alive.
    ///
    /// # Errors
    /// The error of the operation that was to fill the buffer, another device's buffer, a number that is never a stream's.
    unsafe fn lend(&self, buffer: &Buffer, stream: Option<i64>) -> Result<Loan>;

    /// A buffer with the bytes at an address of the device's memory; the copy is done when it returns.
    ///
    /// # Safety
    /// So many bytes lie there, and nobody writes to them meanwhile.
    ///
    /// # Errors
    /// When the memory cannot be had or the copy fails.
    unsafe fn adopt(&self, address: usize, bytes: usize) -> Result<Buffer>;
}

/// Memory that another library was lent.
pub struct Loan {
    /// Address of the first byte, on the device.
    pub address: usize,
    /// What keeps the memory. When it is dropped, the memory is given back after what the other library has asked the device for by then.
    pub owner: Box<dyn Any + Send + Sync>,
}
