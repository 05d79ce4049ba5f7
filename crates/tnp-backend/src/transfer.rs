//! Copies between devices, and their count.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Device, Result, Tensor, compact};

/// Copies between devices, and from a device's own memory to the program's, since the program began or since [`reset_transfer_stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferStats {
    /// Number of copies.
    pub copies: u64,
    /// Bytes they moved.
    pub bytes: u64,
}

static COPIES: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// Copies between devices and to the program's memory so far, so that a hidden copy in a loop can be seen.
pub fn transfer_stats() -> TransferStats {
    TransferStats {
        copies: COPIES.load(Ordering::Relaxed),
        bytes: BYTES.load(Ordering::Relaxed),
    }
}

/// Starts counting again from zero.
pub fn reset_transfer_stats() {
    COPIES.store(0, Ordering::Relaxed);
    BYTES.store(0, Ordering::Relaxed);
}

/// Counts a copy that was made elsewhere (an import that could not borrow, say).
pub fn count_transfer(bytes: usize) {
    COPIES.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// The elements of a compact tensor, as bytes. From memory that the host cannot read in place this is a copy, and counted.
///
/// # Errors
/// When what computes the tensor failed, or the transfer does.
///
/// # Panics
/// When `out` has not the size of the elements.
pub fn download(x: &Tensor, out: &mut [u8]) -> Result<()> {
    assert_eq!(
        out.len(),
        x.ty().bytes(),
        "as many bytes as the elements have"
    );
    x.buffer.check()?;
    let start = x.layout.offset() * x.dtype.itemsize();
    // Where the host reads in place there is nothing to ask a backend.
    if !x.buffer.read(start, out) {
        x.device().backend().download(&x.buffer, start, out)?;
        if !out.is_empty() {
            count_transfer(out.len());
        }
    }
    Ok(())
}

/// The tensor on a device: itself when it is there already, else one counted copy of its elements.
///
/// # Errors
/// When memory runs out or the transfer fails.
pub fn transfer(x: &Tensor, device: Device) -> Result<Tensor> {
    if x.device() == device {
        return Ok(x.clone());
    }
    let x = compact(x)?;
    let bytes = x.ty().bytes();
    let start = x.layout.offset() * x.dtype.itemsize();
    let mut host = vec![0u8; bytes];
    x.device().backend().download(&x.buffer, start, &mut host)?;
    let buffer = device.backend().upload(device.index(), &host)?;
    count_transfer(bytes);
    Ok(Tensor::contiguous(buffer, x.shape(), x.dtype))
}
