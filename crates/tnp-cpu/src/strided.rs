//! `Strided`: a kernel's view of an input, raw memory with a dtype and a layout.

use tnp_dtype::{DType, Element};
use tnp_shape::Layout;

/// An input of a kernel. Who makes one vouches that every element the layout reaches lies in live memory and is initialised.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a> {
    /// Start of the buffer; the layout's offset is not yet added.
    pub(crate) ptr: *const u8,
    pub(crate) dtype: DType,
    pub(crate) layout: &'a Layout,
}

impl Strided<'_> {
    /// Address of the first element.
    ///
    /// # Safety
    /// The buffer holds the element at the layout's offset (or the array is empty and the address is not read).
    #[inline]
    pub(crate) unsafe fn first<T: Element>(&self) -> *const T {
        debug_assert_eq!(self.dtype, T::DTYPE);
        self.ptr.cast::<T>().wrapping_add(self.layout.offset())
    }
}

// SAFETY: a view for reading; the memory behind it is not written while it lives.
unsafe impl Send for Strided<'_> {}
// SAFETY: as above.
unsafe impl Sync for Strided<'_> {}
