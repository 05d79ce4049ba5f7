//! Memory of a device as buffers hold it, and its accounts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cubecl::server::Handle;
use smallvec::SmallVec;
use tnp_backend::{Buffer, Error, MemoryStats, Result};

use crate::faults::Fault;
use crate::kernel::Driver;

/// Sizes are rounded up to this: copies go by whole words.
const GRAIN: usize = 16;
/// How much more is asked of the device at a time, as far as accounts go.
const STRIDE: usize = 64 << 20;

/// Asks a driver how many bytes of a device nobody uses.
pub type FreeMemory = Box<dyn Fn() -> Option<u64> + Send + Sync>;

/// What a device's memory is used for.
pub(crate) struct Account {
    live: AtomicUsize,
    peak: AtomicUsize,
    allocations: AtomicU64,
    /// `usize::MAX` for none.
    limit: AtomicUsize,
    /// The largest single allocation, and all there is, where known.
    largest: usize,
    memory: Option<u64>,
    /// The driver's word for what is left, and up to which use it was asked: runtimes fail late when there is no more.
    free: Option<FreeMemory>,
    granted: AtomicUsize,
}

impl Account {
    pub(crate) fn new(largest: usize, memory: Option<u64>, free: Option<FreeMemory>) -> Account {
        Account {
            live: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            allocations: AtomicU64::new(0),
            limit: AtomicUsize::new(usize::MAX),
            largest,
            memory,
            free,
            granted: AtomicUsize::new(0),
        }
    }

    /// Counts bytes in, or says why they cannot be had.
    fn take(&self, bytes: usize) -> Result<()> {
        if bytes > self.largest {
            return Err(Error::memory(format!(
                "Unable to allocate {bytes} bytes: the device's largest buffer has {}",
                self.largest
            )));
        }
        let before = self.live.fetch_add(bytes, Ordering::Relaxed);
        let now = before + bytes;
        let limit = self.limit.load(Ordering::Relaxed);
        let all = self.memory.map_or(usize::MAX, |memory| memory as usize);
        if now > limit.min(all) {
            self.live.fetch_sub(bytes, Ordering::Relaxed);
            let (what, bound) = match limit < all {
                true => ("the memory limit is", limit),
                false => ("the device has", all),
            };
            return Err(Error::memory(format!(
                "Unable to allocate {bytes} bytes: {before} are in use, {what} {bound}"
            )));
        }
        if let Err(free) = self.ask(now) {
            self.live.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Error::memory(format!(
                "Unable to allocate {bytes} bytes: {before} are in use, the device has {free} left"
            )));
        }
        self.peak.fetch_max(now, Ordering::Relaxed);
        self.allocations.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the device has memory for so many live bytes; else what it has left.
    fn ask(&self, live: usize) -> std::result::Result<(), u64> {
        let granted = self.granted.load(Ordering::Relaxed);
        if live <= granted {
            return Ok(());
        }
        if let Some(free) = self.free.as_ref().and_then(|free| free())
            && (live - granted) as u64 > free
        {
            return Err(free);
        }
        let granted = live.saturating_add(STRIDE) / STRIDE * STRIDE;
        self.granted.fetch_max(granted, Ordering::Relaxed);
        Ok(())
    }

    /// Idle memory was given back: what is used beyond now has to be asked for again.
    pub(crate) fn given_back(&self) {
        let live = self.live.load(Ordering::Relaxed);
        self.granted.store(live, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self, reserved: u64) -> MemoryStats {
        let live = self.live.load(Ordering::Relaxed);
        let limit = self.limit.load(Ordering::Relaxed);
        MemoryStats {
            live,
            idle: (reserved as usize).saturating_sub(live),
            peak: self.peak.load(Ordering::Relaxed),
            allocations: self.allocations.load(Ordering::Relaxed),
            reuses: 0,
            limit: (limit != usize::MAX).then_some(limit),
        }
    }

    pub(crate) fn reset_peak(&self) {
        let live = self.live.load(Ordering::Relaxed);
        self.peak.store(live, Ordering::Relaxed);
    }

    pub(crate) fn set_limit(&self, bytes: Option<usize>) {
        self.limit
            .store(bytes.unwrap_or(usize::MAX), Ordering::Relaxed);
    }
}

/// Memory of a device, given back when dropped.
pub struct CubeMemory {
    handle: Handle,
    bytes: usize,
    account: Arc<Account>,
    /// What may have gone wrong in computing it, not known yet.
    faults: Mutex<SmallVec<[Arc<Fault>; 1]>>,
}

impl CubeMemory {
    /// Memory with arbitrary contents.
    pub(crate) fn empty(
        driver: &dyn Driver,
        account: &Arc<Account>,
        bytes: usize,
    ) -> Result<CubeMemory> {
        let bytes = rounded(bytes)?;
        account.take(bytes)?;
        CubeMemory::own(driver.empty(bytes), account, bytes)
    }

    /// Memory filled from the host.
    pub(crate) fn filled(
        driver: &dyn Driver,
        account: &Arc<Account>,
        content: &[u8],
    ) -> Result<CubeMemory> {
        let bytes = rounded(content.len())?;
        account.take(bytes)?;
        let handle = match bytes == content.len() {
            true => driver.create(content),
            false => {
                let mut padded = content.to_vec();
                padded.resize(bytes, 0);
                driver.create(&padded)
            }
        };
        CubeMemory::own(handle, account, bytes)
    }

    fn own(handle: Result<Handle>, account: &Arc<Account>, bytes: usize) -> Result<CubeMemory> {
        match handle {
            Ok(handle) => Ok(CubeMemory {
                handle,
                bytes,
                account: account.clone(),
                faults: Mutex::default(),
            }),
            Err(error) => {
                account.live.fetch_sub(bytes, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// CubeCL's name for it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The part of it that holds bytes `from .. to`, widened to whole words, and where it begins.
    pub(crate) fn part(&self, from: usize, to: usize) -> (Handle, usize) {
        let start = from / GRAIN * GRAIN;
        let end = to.next_multiple_of(GRAIN).min(self.bytes);
        let part = (self.handle.clone())
            .offset_start(start as u64)
            .offset_end((self.bytes - end) as u64);
        (part, start)
    }

    /// What may have gone wrong in computing it.
    pub(crate) fn faults(&self) -> SmallVec<[Arc<Fault>; 1]> {
        let mut faults = self.faults.lock().unwrap_or_else(|e| e.into_inner());
        faults.retain(|fault| !fault.is_harmless());
        faults.clone()
    }

    /// Adds what may have gone wrong.
    pub(crate) fn may_fail(&self, more: impl IntoIterator<Item = Arc<Fault>>) {
        let mut faults = self.faults.lock().unwrap_or_else(|e| e.into_inner());
        for fault in more {
            if !faults.iter().any(|known| Arc::ptr_eq(known, &fault)) {
                faults.push(fault);
            }
        }
    }
}

impl Drop for CubeMemory {
    fn drop(&mut self) {
        self.account.live.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn rounded(bytes: usize) -> Result<usize> {
    bytes
        .max(1)
        .checked_next_multiple_of(GRAIN)
        .ok_or_else(|| Error::memory(format!("Unable to allocate {bytes} bytes")))
}

/// The device memory of a buffer.
///
/// # Errors
/// When the buffer is another backend's.
pub fn memory(buffer: &Buffer) -> Result<&CubeMemory> {
    buffer.downcast::<CubeMemory>().ok_or_else(|| {
        Error::device(format!(
            "a buffer of {} was given to a GPU; copy it with `x.to(&device)`",
            buffer.device()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_has_no_more_is_an_error() {
        let left = Arc::new(AtomicU64::new(300 << 20));
        let free = {
            let left = left.clone();
            move || Some(left.load(Ordering::Relaxed))
        };
        let account = Account::new(usize::MAX, Some(1 << 30), Some(Box::new(free)));
        account.take(100 << 20).expect("there is enough");
        left.store(200 << 20, Ordering::Relaxed);
        let error = account.take(400 << 20).expect_err("200 MiB are left");
        assert!(error.message().contains("209715200 left"), "{error}");
        assert_eq!(account.stats(0).live, 100 << 20);
        account.take(150 << 20).expect("there is enough");
        // What was had once is had again, until it is given back.
        left.store(0, Ordering::Relaxed);
        account.live.fetch_sub(150 << 20, Ordering::Relaxed);
        account.take(150 << 20).expect("the runtime kept it");
        account.live.fetch_sub(150 << 20, Ordering::Relaxed);
        account.given_back();
        account.take(150 << 20).expect_err("none is left");
    }
}
