//! Memory of the device: vectors of bytes that only this backend looks into, and how many of them there are.

use std::sync::Mutex;

use tnp_backend::{Buffer, Device, Error, MemoryStats, Result};

/// What a buffer of ours holds. Once it is in a buffer nobody writes to it.
struct Block(Vec<u8>);

/// The bytes of a buffer, when it is ours.
pub(crate) fn bytes(buffer: &Buffer) -> Result<&[u8]> {
    buffer.check()?;
    let block: Option<&Block> = buffer.downcast();
    block.map(|block| &block.0[..]).ok_or_else(|| {
        Error::device("a buffer of another backend was given to 'reference'; copy it with `x.to(\"reference:0\")`")
    })
}

/// An empty vector with room for as many bytes; memory that cannot be had is an error, not the end of the program.
pub(crate) fn room(bytes: usize) -> Result<Vec<u8>> {
    let mut room = Vec::new();
    room.try_reserve_exact(bytes)
        .map_err(|_| Error::memory(format!("reference:0 has no {bytes} bytes left")))?;
    Ok(room)
}

/// A buffer of these bytes.
pub(crate) fn buffer(device: Device, bytes: Vec<u8>) -> Buffer {
    count(|stats| {
        stats.allocations += 1;
        stats.live += bytes.len();
        stats.peak = stats.peak.max(stats.live);
    });
    Buffer::opaque(device, bytes.len(), Box::new(Block(bytes)))
}

impl Drop for Block {
    fn drop(&mut self) {
        count(|stats| stats.live -= self.0.len());
    }
}

static STATS: Mutex<MemoryStats> = Mutex::new(MemoryStats {
    live: 0,
    idle: 0,
    peak: 0,
    allocations: 0,
    reuses: 0,
    limit: None,
});

fn count<R>(change: impl FnOnce(&mut MemoryStats) -> R) -> R {
    change(
        &mut STATS
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()),
    )
}

/// What is held now, and was at the most.
pub(crate) fn stats() -> MemoryStats {
    count(|stats| *stats)
}

/// Lets the peak start again from now.
pub(crate) fn reset_peak() {
    count(|stats| stats.peak = stats.live);
}
