//! Memory: the pool that gives buffers and takes them back, its limit and its statistics.
//!
//! A fresh 64 MB buffer costs more in page faults than a kernel spends filling it, so freed blocks are kept for the next
//! output of about the same size. Blocks up to [`SMALL`] bytes wait in the thread that freed them and need no lock. Larger
//! ones wait in one list per size class, eight classes to an octave, and the oldest go back to the system when more
//! than a stated share lies idle. The largest are mapped directly, aligned to and backed by huge pages.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicIsize, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Alignment of every block: a cache line, and the widest vector.
pub(crate) const ALIGNMENT: usize = 64;
/// Blocks up to this size are cached per thread, in steps of [`ALIGNMENT`].
const SMALL: usize = 1024;
const SMALL_CLASSES: usize = SMALL / ALIGNMENT;
/// How many freed blocks of one small class a thread keeps: 272 KiB in all.
const SMALL_KEPT: u16 = 32;
/// Small operations between two updates of the shared counters.
const FLUSH_EVERY: u32 = 64;
/// Blocks from this size on are mapped with huge pages.
const HUGE: usize = 4 << 20;
/// Size of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// Idle bytes that are always allowed; beyond, half of the peak of live bytes, or the one block freed last.
const IDLE_FLOOR: usize = 64 << 20;
/// Classes above [`SMALL`]: eight to an octave, up to the address space.
const CLASSES: usize = (63 - SMALL.trailing_zeros() as usize) * 8;

// Signed, because a thread may hand in its frees before another has handed in the allocations.
static LIVE: AtomicIsize = AtomicIsize::new(0);
static IDLE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static REUSES: AtomicU64 = AtomicU64::new(0);
static OS_ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

static LARGE: Mutex<IdleBlocks> = Mutex::new(IdleBlocks {
    classes: [const { VecDeque::new() }; CLASSES],
    bytes: 0,
    clock: 0,
});

thread_local! {
    static LOCAL: Local = const { Local {
        heads: [const { Cell::new(std::ptr::null_mut()) }; SMALL_CLASSES],
        lengths: [const { Cell::new(0) }; SMALL_CLASSES],
        live: Cell::new(0),
        idle: Cell::new(0),
        allocations: Cell::new(0),
        reuses: Cell::new(0),
        operations: Cell::new(0),
    } };
}

/// What the pool has done and holds; bytes are those of the blocks, which may exceed what was asked for by an eighth.
///
/// Other threads' blocks of up to 1 KiB are counted with a delay of at most 64 operations each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MemoryStats {
    /// Bytes in use by arrays.
    pub live: usize,
    /// Bytes kept for reuse.
    pub idle: usize,
    /// The most bytes that were live at once since the start or [`reset_peak`].
    pub peak: usize,
    /// Blocks ever given out.
    pub allocations: u64,
    /// How many of these had been used before.
    pub reuses: u64,
    /// How many came fresh from the system.
    pub os_allocations: u64,
}

/// The pool could not give a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory {
    /// Bytes asked for.
    pub(crate) requested: usize,
    /// Bytes live at that time.
    pub(crate) live: usize,
    /// The limit that stood in the way; `None` when the system refused.
    pub(crate) limit: Option<usize>,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unable to allocate {} bytes: ", self.requested)?;
        match self.limit {
            Some(limit) => write!(
                f,
                "{} are in use and the limit is {limit} (see `set_memory_limit`)",
                self.live
            ),
            None => f.write_str("the system has no more"),
        }
    }
}

impl std::error::Error for OutOfMemory {}

/// The pool's statistics.
///
/// # Examples
/// ```
/// let stats = tnp_cpu::memory_stats();
/// assert!(stats.peak >= stats.live);
/// ```
pub fn memory_stats() -> MemoryStats {
    let _ = LOCAL.try_with(Local::flush);
    let bytes = |counter: &AtomicIsize| counter.load(Ordering::Relaxed).max(0) as usize;
    let live = bytes(&LIVE);
    MemoryStats {
        live,
        idle: bytes(&IDLE),
        peak: bytes(&PEAK).max(live),
        allocations: ALLOCATIONS.load(Ordering::Relaxed),
        reuses: REUSES.load(Ordering::Relaxed),
        os_allocations: OS_ALLOCATIONS.load(Ordering::Relaxed),
    }
}

/// Lets `peak` in [`memory_stats`] start again from what is live now.
pub fn reset_peak() {
    let _ = LOCAL.try_with(Local::flush);
    PEAK.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// Limits the bytes that arrays may use at once; `None` leaves it to the system. Operations that would exceed it fail
/// with an error. Idle blocks are given back before they stand in the way.
///
/// # Examples
/// ```
/// tnp_cpu::set_memory_limit(Some(8 << 30));
/// assert_eq!(tnp_cpu::memory_limit(), Some(8 << 30));
/// tnp_cpu::set_memory_limit(None);
/// ```
pub fn set_memory_limit(bytes: Option<usize>) {
    LIMIT.store(bytes.unwrap_or(usize::MAX), Ordering::Relaxed);
}

/// The limit that [`set_memory_limit`] set.
pub fn memory_limit() -> Option<usize> {
    Some(LIMIT.load(Ordering::Relaxed)).filter(|&limit| limit != usize::MAX)
}

/// Gives all idle blocks back to the system (of blocks up to 1 KiB those of this thread).
///
/// # Examples
/// ```
/// tnp_cpu::empty_cache();
/// ```
pub fn empty_cache() {
    let _ = LOCAL.try_with(|local| {
        local.clear();
        local.flush();
    });
    let given_back = large().trim(0, u64::MAX);
    release(given_back);
}

/// A block of memory, 64-byte aligned, that goes back to the pool when dropped. Its contents start out arbitrary.
#[derive(Debug)]
pub(crate) struct PoolBlock {
    ptr: NonNull<u8>,
    /// Zero for the block without memory.
    capacity: usize,
}

// SAFETY: a block owns its memory, and what is done through the pointer is the holder's concern.
unsafe impl Send for PoolBlock {}
// SAFETY: as above.
unsafe impl Sync for PoolBlock {}

impl PoolBlock {
    /// Start of the memory; aligned but without memory for an empty block.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    /// Usable bytes: at least what was asked for.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }
}

impl PoolBlock {
    /// Lets go of the block without giving it back: its address and capacity, for [`PoolBlock::from_raw`].
    #[inline]
    pub(crate) fn into_raw(self) -> (NonNull<u8>, usize) {
        let block = std::mem::ManuallyDrop::new(self);
        (block.ptr, block.capacity)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// The pair comes from [`PoolBlock::into_raw`] and is taken back once.
    #[inline]
    pub(crate) unsafe fn from_raw(ptr: NonNull<u8>, capacity: usize) -> PoolBlock {
        PoolBlock { ptr, capacity }
    }
}

impl Drop for PoolBlock {
    #[inline]
    fn drop(&mut self) {
        match self.capacity {
            0 => {}
            1..=SMALL => free_small(self.ptr, self.capacity),
            _ => free_large(self.ptr, self.capacity),
        }
    }
}

/// A block of at least `bytes` bytes with arbitrary contents.
#[inline]
pub(crate) fn allocate(bytes: usize) -> Result<PoolBlock, OutOfMemory> {
    take(bytes, false)
}

/// A block whose first `bytes` bytes are zero; fresh memory from the system needs no second pass.
pub(crate) fn allocate_zeroed(bytes: usize) -> Result<PoolBlock, OutOfMemory> {
    take(bytes, true)
}

#[inline]
fn take(bytes: usize, zeroed: bool) -> Result<PoolBlock, OutOfMemory> {
    if bytes == 0 {
        let ptr = NonNull::without_provenance(const { std::num::NonZero::new(ALIGNMENT).unwrap() });
        return Ok(PoolBlock { ptr, capacity: 0 });
    }
    let (block, fresh) = if bytes <= SMALL {
        take_small(bytes, zeroed)?
    } else {
        take_large(bytes, zeroed)?
    };
    if zeroed && !fresh {
        // SAFETY: the block holds at least `bytes` bytes.
        unsafe { block.as_ptr().write_bytes(0, bytes) };
    }
    Ok(block)
}

// ---- small blocks -------------------------------------------------------------------------------------------------

/// A thread's freed small blocks, linked through their first word, and its share of the counters.
struct Local {
    heads: [Cell<*mut u8>; SMALL_CLASSES],
    lengths: [Cell<u16>; SMALL_CLASSES],
    live: Cell<isize>,
    idle: Cell<isize>,
    allocations: Cell<u64>,
    reuses: Cell<u64>,
    operations: Cell<u32>,
}

impl Local {
    #[inline]
    fn pop(&self, class: usize) -> Option<NonNull<u8>> {
        let head = NonNull::new(self.heads[class].get())?;
        // SAFETY: a block in the list starts with the address of the next.
        self.heads[class].set(unsafe { head.cast::<*mut u8>().read() });
        self.lengths[class].set(self.lengths[class].get() - 1);
        Some(head)
    }

    /// False when the list is full.
    #[inline]
    fn push(&self, class: usize, ptr: NonNull<u8>) -> bool {
        let length = self.lengths[class].get();
        if length >= SMALL_KEPT {
            return false;
        }
        // SAFETY: nobody uses the block any more, and it is large enough and aligned for a pointer.
        unsafe { ptr.cast::<*mut u8>().write(self.heads[class].get()) };
        self.heads[class].set(ptr.as_ptr());
        self.lengths[class].set(length + 1);
        true
    }

    #[inline]
    fn count(&self, live: isize, idle: isize) {
        self.live.set(self.live.get() + live);
        self.idle.set(self.idle.get() + idle);
        let operations = self.operations.get() + 1;
        self.operations.set(operations);
        if operations >= FLUSH_EVERY {
            self.flush();
        }
    }

    /// Hands the counters in.
    fn flush(&self) {
        self.operations.set(0);
        let live = self.live.take();
        let now = LIVE.fetch_add(live, Ordering::Relaxed) + live;
        if now > PEAK.load(Ordering::Relaxed) {
            PEAK.fetch_max(now, Ordering::Relaxed);
        }
        IDLE.fetch_add(self.idle.take(), Ordering::Relaxed);
        ALLOCATIONS.fetch_add(self.allocations.take(), Ordering::Relaxed);
        REUSES.fetch_add(self.reuses.take(), Ordering::Relaxed);
    }

    fn clear(&self) {
        for class in 0..SMALL_CLASSES {
            let capacity = (class + 1) * ALIGNMENT;
            while let Some(ptr) = self.pop(class) {
                self.idle.set(self.idle.get() - capacity as isize);
                os_free(ptr, capacity);
            }
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.clear();
        self.flush();
    }
}

#[inline]
fn take_small(bytes: usize, zeroed: bool) -> Result<(PoolBlock, bool), OutOfMemory> {
    let class = (bytes - 1) / ALIGNMENT;
    let capacity = (class + 1) * ALIGNMENT;
    let limit = LIMIT.load(Ordering::Relaxed);
    if limit != usize::MAX {
        let _ = LOCAL.try_with(Local::flush);
        let live = LIVE.load(Ordering::Relaxed).max(0) as usize;
        if live + capacity > limit {
            return Err(refused(bytes, Some(limit)));
        }
    }
    let reused = LOCAL.try_with(|local| {
        let found = local.pop(class);
        local.allocations.set(local.allocations.get() + 1);
        if found.is_some() {
            local.reuses.set(local.reuses.get() + 1);
            local.count(capacity as isize, -(capacity as isize));
        } else {
            local.count(capacity as isize, 0);
        }
        found
    });
    match reused {
        Ok(Some(ptr)) => return Ok((PoolBlock { ptr, capacity }, false)),
        Ok(None) => {}
        // The thread is ending and its cache is gone.
        Err(_) => {
            LIVE.fetch_add(capacity as isize, Ordering::Relaxed);
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
    }
    match os_allocate(capacity, zeroed) {
        Some(ptr) => Ok((PoolBlock { ptr, capacity }, true)),
        None => {
            LIVE.fetch_sub(capacity as isize, Ordering::Relaxed);
            Err(refused(bytes, None))
        }
    }
}

#[inline]
fn free_small(ptr: NonNull<u8>, capacity: usize) {
    let kept = LOCAL.try_with(|local| {
        let kept = local.push(capacity / ALIGNMENT - 1, ptr);
        let idle = if kept { capacity as isize } else { 0 };
        local.count(-(capacity as isize), idle);
        kept
    });
    if kept.is_err() {
        LIVE.fetch_sub(capacity as isize, Ordering::Relaxed);
    }
    if kept != Ok(true) {
        os_free(ptr, capacity);
    }
}

// ---- large blocks -------------------------------------------------------------------------------------------------

/// Freed large blocks: per class the youngest last.
struct IdleBlocks {
    classes: [VecDeque<IdleBlock>; CLASSES],
    bytes: usize,
    clock: u64,
}

#[derive(Clone, Copy)]
struct IdleBlock {
    ptr: NonNull<u8>,
    freed_at: u64,
}

// SAFETY: an idle block is nobody's but the list's.
unsafe impl Send for IdleBlock {}

impl IdleBlocks {
    /// A block of this class, or of the next, whose waste is at most a quarter.
    fn pop(&mut self, class: usize) -> Option<PoolBlock> {
        let last = (class + 1).min(CLASSES - 1);
        for class in class..=last {
            if let Some(block) = self.classes[class].pop_back() {
                let capacity = class_capacity(class);
                self.bytes -= capacity;
                return Some(PoolBlock {
                    ptr: block.ptr,
                    capacity,
                });
            }
        }
        None
    }

    fn push(&mut self, ptr: NonNull<u8>, capacity: usize) {
        self.clock += 1;
        self.bytes += capacity;
        self.classes[class_of(capacity)].push_back(IdleBlock {
            ptr,
            freed_at: self.clock,
        });
    }

    /// Takes out the oldest blocks until at most `most` bytes are left, or only blocks freed at `keep` or later.
    fn trim(&mut self, most: usize, keep: u64) -> Vec<(NonNull<u8>, usize)> {
        let mut out = Vec::new();
        while self.bytes > most {
            let oldest = (0..CLASSES)
                .filter_map(|class| Some((self.classes[class].front()?.freed_at, class)))
                .filter(|&(freed_at, _)| freed_at < keep)
                .min();
            let Some((_, class)) = oldest else { break };
            let Some(block) = self.classes[class].pop_front() else {
                break;
            };
            let capacity = class_capacity(class);
            self.bytes -= capacity;
            out.push((block.ptr, capacity));
        }
        out
    }
}

fn large() -> MutexGuard<'static, IdleBlocks> {
    LARGE.lock().unwrap_or_else(|e| e.into_inner())
}

/// The class of a size above [`SMALL`]: its octave, and which eighth of it.
fn class_of(bytes: usize) -> usize {
    let below = bytes - 1;
    let octave = below.ilog2() as usize;
    let eighth = (below >> (octave - 3)) & 7;
    (octave - SMALL.trailing_zeros() as usize) * 8 + eighth
}

/// The size of a class's blocks, a multiple of [`ALIGNMENT`].
fn class_capacity(class: usize) -> usize {
    let octave = class / 8 + SMALL.trailing_zeros() as usize;
    (1 << octave) + (class % 8 + 1) * (1 << (octave - 3))
}

#[inline(never)]
fn take_large(bytes: usize, zeroed: bool) -> Result<(PoolBlock, bool), OutOfMemory> {
    // The last classes cannot be laid out; no machine has them either.
    if bytes > isize::MAX as usize / 2 {
        return Err(refused(bytes, None));
    }
    let class = class_of(bytes);
    let capacity = class_capacity(class);
    let _ = LOCAL.try_with(Local::flush);
    let limit = LIMIT.load(Ordering::Relaxed);
    let live = reserve(capacity);
    if live.saturating_add(capacity) > limit {
        LIVE.fetch_sub(capacity as isize, Ordering::Relaxed);
        return Err(refused(bytes, Some(limit)));
    }
    let reused = large().pop(class);
    if let Some(block) = reused {
        // The block may be of the next class.
        reserve(block.capacity - capacity);
        note_peak();
        IDLE.fetch_sub(block.capacity as isize, Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        REUSES.fetch_add(1, Ordering::Relaxed);
        return Ok((block, false));
    }
    if limit != usize::MAX {
        let room = limit.saturating_sub(live + capacity);
        let given_back = large().trim(room, u64::MAX);
        release(given_back);
    }
    let ptr = os_allocate(capacity, zeroed).or_else(|| {
        empty_cache();
        os_allocate(capacity, zeroed)
    });
    let Some(ptr) = ptr else {
        LIVE.fetch_sub(capacity as isize, Ordering::Relaxed);
        return Err(refused(bytes, None));
    };
    note_peak();
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    Ok((PoolBlock { ptr, capacity }, true))
}

/// Counts `bytes` as live; returns what was live before.
fn reserve(bytes: usize) -> usize {
    LIVE.fetch_add(bytes as isize, Ordering::Relaxed).max(0) as usize
}

fn note_peak() {
    let live = LIVE.load(Ordering::Relaxed);
    if live > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

#[inline(never)]
fn free_large(ptr: NonNull<u8>, capacity: usize) {
    LIVE.fetch_sub(capacity as isize, Ordering::Relaxed);
    IDLE.fetch_add(capacity as isize, Ordering::Relaxed);
    let share = IDLE_FLOOR.max(PEAK.load(Ordering::Relaxed).max(0) as usize / 2);
    let mut idle = large();
    idle.push(ptr, capacity);
    if idle.bytes > share {
        // A loop that makes and drops one large array finds it again.
        let newest = idle.clock;
        let given_back = idle.trim(share, newest);
        drop(idle);
        release(given_back);
    }
}

/// Gives blocks taken off the lists to the system; outside the lock, since unmapping takes its time.
fn release(blocks: Vec<(NonNull<u8>, usize)>) {
    for (ptr, capacity) in blocks {
        IDLE.fetch_sub(capacity as isize, Ordering::Relaxed);
        os_free(ptr, capacity);
    }
}

#[cold]
fn refused(requested: usize, limit: Option<usize>) -> OutOfMemory {
    OutOfMemory {
        requested,
        live: LIVE.load(Ordering::Relaxed).max(0) as usize,
        limit,
    }
}

// ---- the system ---------------------------------------------------------------------------------------------------

fn os_allocate(capacity: usize, zeroed: bool) -> Option<NonNull<u8>> {
    let ptr = if MAPPED && capacity >= HUGE {
        map(capacity)
    } else {
        let layout = Layout::from_size_align(capacity, ALIGNMENT).ok()?;
        // SAFETY: the capacity is not zero.
        NonNull::new(unsafe {
            if zeroed {
                alloc_zeroed(layout)
            } else {
                alloc(layout)
            }
        })
    };
    if ptr.is_some() {
        OS_ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
    ptr
}

fn os_free(ptr: NonNull<u8>, capacity: usize) {
    if MAPPED && capacity >= HUGE {
        unmap(ptr, capacity);
    } else {
        // SAFETY: allocated by `os_allocate` with this layout, which was valid then.
        unsafe {
            dealloc(
                ptr.as_ptr(),
                Layout::from_size_align_unchecked(capacity, ALIGNMENT),
            );
        }
    }
}

/// Whether the largest blocks are mapped. Not under Miri, which knows no `madvise`.
const MAPPED: bool = cfg!(all(target_os = "linux", not(miri)));

/// Zeroed pages, aligned to huge pages and marked for them.
#[cfg(all(target_os = "linux", not(miri)))]
fn map(capacity: usize) -> Option<NonNull<u8>> {
    let padded = capacity.checked_add(HUGE_PAGE)?;
    // SAFETY: an anonymous mapping touches no memory in use; what is unmapped again is part of it.
    unsafe {
        let start = libc::mmap(
            std::ptr::null_mut(),
            padded,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if start == libc::MAP_FAILED {
            return None;
        }
        let start = start.cast::<u8>();
        let before = start.align_offset(HUGE_PAGE);
        let first = start.add(before);
        // `mmap` counts in pages; classes of this size are multiples of them.
        if before > 0 {
            libc::munmap(start.cast(), before);
        }
        let after = padded - before - capacity;
        if after > 0 {
            libc::munmap(first.add(capacity).cast(), after);
        }
        // Only advice: without huge pages the block works as well.
        libc::madvise(first.cast(), capacity, libc::MADV_HUGEPAGE);
        NonNull::new(first)
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
fn unmap(ptr: NonNull<u8>, capacity: usize) {
    // SAFETY: exactly what `map` left mapped.
    unsafe { libc::munmap(ptr.as_ptr().cast(), capacity) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn map(_capacity: usize) -> Option<NonNull<u8>> {
    None
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn unmap(_ptr: NonNull<u8>, _capacity: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Held by tests that empty the cache, or that count on what is in it.
    static CACHE: Mutex<()> = Mutex::new(());

    fn fill(block: &PoolBlock, bytes: usize, value: u8) {
        // SAFETY: the block is ours and large enough.
        unsafe { block.as_ptr().write_bytes(value, bytes) };
    }

    fn bytes_of(block: &PoolBlock, bytes: usize) -> &[u8] {
        // SAFETY: the tests fill what they read.
        unsafe { std::slice::from_raw_parts(block.as_ptr(), bytes) }
    }

    #[test]
    fn classes_hold_their_sizes() {
        let mut sizes: Vec<usize> = (SMALL + 1..20_000).collect();
        sizes.extend((15..62).flat_map(|shift| {
            let power = 1usize << shift;
            [power - 1, power, power + 1, power + power / 3]
        }));
        for bytes in sizes {
            let class = class_of(bytes);
            let capacity = class_capacity(class);
            assert!(
                capacity >= bytes && capacity - bytes <= bytes / 8,
                "{bytes}"
            );
            assert_eq!(capacity % ALIGNMENT, 0);
            assert_eq!(class_of(capacity), class);
            // The next class, which may be handed out instead, wastes at most a quarter.
            assert!(class_capacity(class + 1) - bytes <= bytes / 4, "{bytes}");
        }
    }

    #[test]
    fn blocks_are_aligned_and_apart() {
        let sizes = [0, 1, 63, 64, 65, 1000, 1024, 1025, 5000, 1 << 20, 5 << 20];
        let blocks: Vec<PoolBlock> = sizes.iter().map(|&n| allocate(n).unwrap()).collect();
        for (i, (block, &bytes)) in blocks.iter().zip(&sizes).enumerate() {
            assert_eq!(block.as_ptr() as usize % ALIGNMENT, 0);
            assert!(block.capacity() >= bytes);
            fill(block, bytes, i as u8);
        }
        for (i, (block, &bytes)) in blocks.iter().zip(&sizes).enumerate() {
            assert!(bytes_of(block, bytes).iter().all(|&b| b == i as u8));
        }
        assert!(!MAPPED || blocks[10].as_ptr() as usize % HUGE_PAGE == 0);
    }

    #[test]
    fn blocks_are_reused_and_zeroed_on_request() {
        let _guard = CACHE.lock();
        for bytes in [700, 3 << 19, 11_000_001] {
            let first = allocate(bytes).unwrap();
            let address = first.as_ptr();
            fill(&first, bytes, 0xAB);
            let before = memory_stats();
            drop(first);
            let second = allocate_zeroed(bytes).unwrap();
            assert_eq!(second.as_ptr(), address, "{bytes}");
            assert!(bytes_of(&second, bytes).iter().all(|&b| b == 0));
            let after = memory_stats();
            assert!(after.reuses > before.reuses && after.allocations > before.allocations);
        }
        let fresh = allocate_zeroed(23_000_000).unwrap();
        assert!(bytes_of(&fresh, 23_000_000).iter().all(|&b| b == 0));
    }

    #[test]
    fn statistics_follow_live_and_peak() {
        const BYTES: usize = 200 << 20;
        let _guard = CACHE.lock();
        let before = memory_stats();
        let block = allocate(BYTES).unwrap();
        let during = memory_stats();
        assert!(during.live >= BYTES && during.peak >= during.live);
        assert!(during.os_allocations > before.os_allocations);
        drop(block);
        // Other tests run meanwhile, but hold far less.
        assert!(memory_stats().live < during.live - BYTES / 2);
        assert!(memory_stats().peak >= BYTES);
    }

    #[test]
    fn idle_memory_stays_within_its_share() {
        let _guard = CACHE.lock();
        let blocks: Vec<PoolBlock> = (0..40).map(|_| allocate(4 << 20).unwrap()).collect();
        let peak = memory_stats().peak;
        drop(blocks);
        let idle = large().bytes;
        assert!(idle <= IDLE_FLOOR.max(memory_stats().peak.max(peak) / 2));
        let mut idle = large();
        let (newest, held) = (idle.clock, idle.bytes);
        let out = idle.trim(0, newest);
        assert!(held == 0 || idle.bytes > 0, "the block freed last stays");
        drop(idle);
        release(out);
    }

    #[test]
    fn impossible_sizes_are_errors() {
        for bytes in [usize::MAX, isize::MAX as usize, 1 << 61] {
            let error = allocate(bytes).unwrap_err();
            assert_eq!(error.requested, bytes);
            assert_eq!(error.limit, None);
            assert!(error.to_string().contains(&bytes.to_string()));
        }
    }

    #[test]
    fn the_limit_is_kept() {
        // Far above what the tests running meanwhile need.
        const LIMIT: usize = 1 << 40;
        set_memory_limit(Some(LIMIT));
        let error = allocate(LIMIT + 1).unwrap_err();
        set_memory_limit(None);
        assert_eq!(error.limit, Some(LIMIT));
        assert!(error.to_string().contains("set_memory_limit"));
    }

    #[test]
    fn blocks_may_be_freed_by_another_thread() {
        let blocks: Vec<PoolBlock> = (1..200).map(|i| allocate(i * 37).unwrap()).collect();
        std::thread::spawn(move || drop(blocks)).join().unwrap();
        let block = allocate(100).unwrap();
        fill(&block, 100, 1);
    }

    #[test]
    fn emptying_the_cache_gives_everything_back() {
        let _guard = CACHE.lock();
        drop(allocate(300 << 20).unwrap());
        drop(
            (0..20)
                .map(|i| allocate(i * 100_000).unwrap())
                .collect::<Vec<_>>(),
        );
        assert!(memory_stats().idle >= 2_000_000);
        let before = memory_stats().peak;
        empty_cache();
        reset_peak();
        // What other tests hold meanwhile is far less.
        assert!(large().bytes < 200 << 20);
        assert!(memory_stats().peak < before);
    }
}
