//! `Scratch`: memory of a thread for tiles, kept from call to call.

use std::alloc::{Layout as Memory, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

thread_local! {
    static SPARE: Cell<Option<Scratch>> = const { Cell::new(None) };
}

/// Scratch memory.
pub(super) struct Scratch {
    memory: NonNull<u8>,
    layout: Memory,
}

impl Scratch {
    /// Memory of at least so many bytes, aligned to a cache line, with whatever is in it.
    pub(super) fn take(bytes: usize) -> Scratch {
        if let Some(spare) = SPARE.take()
            && spare.layout.size() >= bytes
        {
            return spare;
        }
        let layout = Memory::from_size_align(bytes.next_power_of_two().max(1 << 16), 64)
            .unwrap_or_else(|_| panic!("the tiles of a region fit in memory"));
        // SAFETY: the size is not zero.
        let memory = unsafe { std::alloc::alloc(layout) };
        let Some(memory) = NonNull::new(memory) else {
            handle_alloc_error(layout)
        };
        Scratch { memory, layout }
    }

    #[inline]
    pub(super) fn start(&self) -> *mut u8 {
        self.memory.as_ptr()
    }

    /// Keeps the memory for the next call.
    pub(super) fn give_back(self) {
        SPARE.set(Some(self));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `take`.
        unsafe { std::alloc::dealloc(self.memory.as_ptr(), self.layout) }
    }
}
