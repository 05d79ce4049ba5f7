//! `Buffer`: reference-counted memory of one device, with the error of the operation that failed to fill it.

use std::any::Any;
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::{Device, Error, Result};

/// Bytes that fit inside the buffer's own allocation, sixteen float64 numbers: a small array costs one allocation, not two.
pub const INLINE_BYTES: usize = 128;

/// Memory on a device, shared by reference counting and immutable once shared.
#[derive(Clone)]
pub struct Buffer(Arc<Inner>);

struct Inner {
    device: Device,
    /// Whether [`FAILURES`] has an error of this buffer. An array is small: a pointer for what hardly ever
    /// happens would be a twelfth of it.
    failed: AtomicBool,
    bytes: usize,
    storage: Storage,
}

/// Why buffers could not be filled, by the address of their `Inner`.
static FAILURES: Mutex<BTreeMap<usize, Error>> = Mutex::new(BTreeMap::new());

fn failures() -> MutexGuard<'static, BTreeMap<usize, Error>> {
    FAILURES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Inner {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Drop for Inner {
    #[inline]
    fn drop(&mut self) {
        if *self.failed.get_mut() {
            let failure = failures().remove(&self.address());
            drop(failure);
        }
    }
}

enum Storage {
    Inline(UnsafeCell<[u64; INLINE_BYTES / 8]>),
    Host(HostMemory),
    Opaque(Box<dyn Any + Send + Sync>),
}

// SAFETY: inline bytes are written only through a unique handle or before the buffer is shared (see `host_ptr_mut`);
// host memory is plain bytes whose release function is `Send` by contract of `HostMemory::from_raw_parts`.
unsafe impl Send for Inner {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for Inner {}

/// Host memory with the function that gives it back.
pub struct HostMemory {
    ptr: NonNull<u8>,
    writable: bool,
    lent: bool,
    release: unsafe fn(NonNull<u8>, usize),
    token: usize,
}

impl HostMemory {
    /// Takes over host memory; `release(ptr, token)` is called once when nobody holds it any more.
    ///
    /// # Safety
    /// `ptr` must stay valid (for writes too when `writable`) until `release` is called, which may happen on any thread.
    pub unsafe fn from_raw_parts(
        ptr: NonNull<u8>,
        writable: bool,
        release: unsafe fn(NonNull<u8>, usize),
        token: usize,
    ) -> HostMemory {
        HostMemory {
            ptr,
            writable,
            lent: false,
            release,
            token,
        }
    }

    /// Takes over the memory of a `Vec` without copying.
    pub fn from_vec<T: Copy + Send + Sync + 'static>(vec: Vec<T>) -> HostMemory {
        unsafe fn release<T>(ptr: NonNull<u8>, capacity: usize) {
            // SAFETY: pointer and capacity come from a `Vec<T>` that was taken apart below; `T: Copy` needs no drop.
            drop(unsafe { Vec::from_raw_parts(ptr.as_ptr().cast::<T>(), 0, capacity) });
        }
        let mut vec = std::mem::ManuallyDrop::new(vec);
        let ptr =
            NonNull::new(vec.as_mut_ptr().cast::<u8>()).expect("a Vec's pointer is never null");
        HostMemory {
            ptr,
            writable: true,
            lent: false,
            release: release::<T>,
            token: vec.capacity(),
        }
    }

    /// Pointer to the first byte.
    pub fn as_ptr(&self) -> *const u8 {
        self.ptr.as_ptr()
    }

    /// Borrows memory that `owner` keeps alive and that nobody may change meanwhile; never written to.
    ///
    /// # Safety
    /// `ptr` must be valid for reads, and its bytes unchanged, as long as `owner` lives.
    pub unsafe fn foreign(ptr: NonNull<u8>, owner: Box<dyn Any + Send + Sync>) -> HostMemory {
        unsafe fn release(_: NonNull<u8>, token: usize) {
            // SAFETY: the token is the box taken apart below, given back once.
            drop(unsafe { Box::from_raw(token as *mut Box<dyn Any + Send + Sync>) });
        }
        HostMemory {
            ptr,
            writable: false,
            lent: false,
            release,
            token: Box::into_raw(Box::new(owner)).expose_provenance(),
        }
    }
}

impl HostMemory {
    /// Says that the owner of borrowed memory may write to it between operations: whoever keeps a value has to copy it first.
    pub fn lent(mut self) -> HostMemory {
        self.lent = true;
        self
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        // SAFETY: called once, with the pair given at construction.
        unsafe { (self.release)(self.ptr, self.token) }
    }
}

impl Buffer {
    /// A zeroed buffer of up to [`INLINE_BYTES`] bytes inside the handle's own allocation.
    #[inline]
    pub fn inline(device: Device, bytes: usize) -> Buffer {
        debug_assert!(bytes <= INLINE_BYTES);
        Buffer::with_storage(
            device,
            bytes,
            Storage::Inline(UnsafeCell::new([0; INLINE_BYTES / 8])),
        )
    }

    /// A buffer over host memory, filled already: it is read in place without asking the backend.
    #[inline]
    pub fn host(device: Device, bytes: usize, memory: HostMemory) -> Buffer {
        Buffer::with_storage(device, bytes, Storage::Host(memory))
    }

    /// A buffer whose memory only its backend understands.
    pub fn opaque(device: Device, bytes: usize, memory: Box<dyn Any + Send + Sync>) -> Buffer {
        Buffer::with_storage(device, bytes, Storage::Opaque(memory))
    }

    #[inline]
    fn with_storage(device: Device, bytes: usize, storage: Storage) -> Buffer {
        Buffer(Arc::new(Inner {
            device,
            bytes,
            storage,
            failed: AtomicBool::new(false),
        }))
    }

    /// The device the memory belongs to.
    #[inline]
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Size in bytes.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// Pointer to the memory when the host can read it in place.
    #[inline]
    pub fn host_ptr(&self) -> Option<*const u8> {
        match &self.0.storage {
            Storage::Inline(words) => Some(words.get().cast::<u8>()),
            Storage::Host(memory) => Some(memory.ptr.as_ptr()),
            Storage::Opaque(_) => None,
        }
    }

    /// Copies bytes from `offset` on, where the host can read them in place and there are as many; else it does nothing and says so.
    #[inline]
    pub(crate) fn read(&self, offset: usize, out: &mut [u8]) -> bool {
        let fits = offset
            .checked_add(out.len())
            .is_some_and(|end| end <= self.0.bytes);
        let Some(from) = self.host_ptr().filter(|_| fits) else {
            return false;
        };
        // SAFETY: the range lies inside the buffer, which nobody writes while it is shared.
        unsafe { std::ptr::copy_nonoverlapping(from.add(offset), out.as_mut_ptr(), out.len()) };
        true
    }

    /// Pointer for writing; `None` for device memory and for memory borrowed read-only.
    ///
    /// Writing through it is sound only while this handle is the only one ([`Buffer::is_unique`]), or for a backend that was told so ([`crate::Arg::donated`]).
    #[inline]
    pub fn host_ptr_mut(&self) -> Option<*mut u8> {
        match &self.0.storage {
            Storage::Inline(words) => Some(words.get().cast::<u8>()),
            Storage::Host(memory) if memory.writable => Some(memory.ptr.as_ptr()),
            Storage::Host(_) | Storage::Opaque(_) => None,
        }
    }

    /// True when somebody else owns the memory and may write to it between operations.
    #[inline]
    pub fn is_lent(&self) -> bool {
        matches!(&self.0.storage, Storage::Host(memory) if memory.lent)
    }

    /// The backend's own memory object, when this is an opaque buffer of that type.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        match &self.0.storage {
            Storage::Opaque(memory) => memory.downcast_ref(),
            Storage::Inline(_) | Storage::Host(_) => None,
        }
    }

    /// True when nobody else holds the buffer.
    #[inline]
    pub fn is_unique(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some()
    }

    /// True when both handles are of the same memory.
    #[inline]
    pub fn same(&self, other: &Buffer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Bytes of the handle itself, for statistics on overhead.
    pub const fn header_bytes() -> usize {
        size_of::<Inner>() + 2 * size_of::<usize>()
    }

    /// Records that the operation that was to fill this buffer failed; the first failure stays.
    pub fn fail(&self, error: Error) {
        failures().entry(self.0.address()).or_insert(error);
        self.0.failed.store(true, Ordering::Release);
    }

    /// The error of the operation that failed to fill this buffer, if one did.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.0.failed.load(Ordering::Acquire) {
            return self.failure();
        }
        Ok(())
    }

    #[cold]
    fn failure(&self) -> Result<()> {
        match failures().get(&self.0.address()) {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes on {})", self.0.bytes, self.0.device)
    }
}
