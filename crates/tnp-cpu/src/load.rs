//! Reads small blocks of a strided input as contiguous elements of the dtype a kernel computes in.
//!
//! Kernels that fold or scan take contiguous rows of one dtype. What is not so yet is gathered and
//! converted here, a block that stays in L1 at a time.

use smallvec::SmallVec;
use tnp_dtype::DType;

use crate::cast::cast_kernel;
use crate::strided::Strided;

/// The element whose indices are all zero.
#[inline]
pub(crate) fn first_of(input: &Strided<'_>) -> *const u8 {
    input
        .ptr
        .wrapping_add(input.layout.offset() * input.dtype.itemsize())
}

/// Bytes from one element to the next along an axis.
#[inline]
pub(crate) fn stride_of(input: &Strided<'_>, axis: usize) -> isize {
    input.layout.strides()[axis] * input.dtype.itemsize() as isize
}

/// A pointer that threads may share because they write apart from each other.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) *mut u8);
// SAFETY: who makes one sees to it that the threads write different elements.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// The address `bytes` further on.
    #[inline]
    pub(crate) fn at(self, bytes: isize) -> *mut u8 {
        self.0.wrapping_offset(bytes)
    }
}

/// Elements that one block may have.
pub(crate) const BLOCK: usize = 2048;

/// A kernel that converts contiguous elements.
pub(crate) type CastFn = unsafe fn(*const u8, *mut u8, usize);

/// How to read an input: gather, then up to two conversions.
pub(crate) struct Loader {
    item: usize,
    first: Option<CastFn>,
    second: Option<CastFn>,
}

/// Room for the blocks of one thread; takes memory only when a block is first loaded.
#[derive(Default)]
pub(crate) struct Scratch {
    memory: Vec<u128>,
}

impl Scratch {
    /// Three areas of `BLOCK` of the widest elements.
    fn areas(&mut self) -> [*mut u8; 3] {
        if self.memory.capacity() == 0 {
            self.memory.reserve_exact(3 * BLOCK);
        }
        let start = self.memory.as_mut_ptr();
        [0, 1, 2].map(|i| start.wrapping_add(i * BLOCK).cast())
    }
}

impl Loader {
    /// Reads `from` as if it had been cast to `via` and then to `to`.
    pub(crate) fn new(from: DType, via: DType, to: DType) -> Loader {
        let step = |a: DType, b: DType| (a != b).then(|| cast_kernel(a, b));
        Loader {
            item: from.itemsize(),
            first: step(from, via),
            second: step(via, to),
        }
    }

    /// Bytes of an input element.
    #[inline]
    pub(crate) fn item(&self) -> usize {
        self.item
    }

    /// True when contiguous input can be used where it lies.
    #[inline]
    pub(crate) fn is_direct(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }

    /// `count` rows of `n` elements, `row_stride` and `stride` bytes apart, as one contiguous block.
    ///
    /// # Safety
    /// All those elements can be read, and `count * n <= BLOCK`. The result lives until the next load.
    pub(crate) unsafe fn load(
        &self,
        src: *const u8,
        (row_stride, count): (isize, usize),
        (stride, n): (isize, usize),
        scratch: &mut Scratch,
    ) -> *const u8 {
        debug_assert!(count * n <= BLOCK);
        let item = self.item as isize;
        let contiguous =
            (stride == item || n == 1) && (count == 1 || row_stride == n as isize * item);
        let mut at = src;
        if contiguous && self.is_direct() {
            return at;
        }
        let [gathered, once, twice] = scratch.areas();
        // SAFETY: the areas hold `BLOCK` elements of any dtype and do not overlap; the caller vouches for `src`.
        unsafe {
            if !contiguous {
                gather(src, (row_stride, count), (stride, n), self.item, gathered);
                at = gathered;
            }
            if let Some(cast) = self.first {
                cast(at, once, count * n);
                at = once;
            }
            if let Some(cast) = self.second {
                cast(at, twice, count * n);
                at = twice;
            }
        }
        at
    }
}

/// Runs a block with `T` bound to plain data of that many bytes.
macro_rules! with_item {
    ($item:expr, $t:ident => $body:expr) => {
        match $item {
            1 => {
                type $t = u8;
                $body
            }
            2 => {
                type $t = u16;
                $body
            }
            4 => {
                type $t = u32;
                $body
            }
            8 => {
                type $t = u64;
                $body
            }
            _ => {
                type $t = [u64; 2];
                $body
            }
        }
    };
}

/// Copies rows of strided elements into one contiguous block.
///
/// # Safety
/// `src` has those elements and `dst` room for them, apart from each other.
pub(crate) unsafe fn gather(
    src: *const u8,
    (row_stride, count): (isize, usize),
    (stride, n): (isize, usize),
    item: usize,
    dst: *mut u8,
) {
    if stride == item as isize {
        for r in 0..count {
            let from = src.wrapping_offset(r as isize * row_stride);
            // SAFETY: a row of `n` adjacent elements, as the caller says.
            unsafe { std::ptr::copy_nonoverlapping(from, dst.add(r * n * item), n * item) };
        }
        return;
    }
    // The shorter stride goes inside: it shares cache lines.
    let rows_inside = row_stride.unsigned_abs() < stride.unsigned_abs();
    with_item!(item, T => {
        let dst = dst.cast::<T>();
        if rows_inside {
            for i in 0..n {
                let column = src.wrapping_offset(i as isize * stride);
                for r in 0..count {
                    // SAFETY: element (r, i), as the caller says.
                    unsafe { *dst.add(r * n + i) = column.wrapping_offset(r as isize * row_stride).cast::<T>().read() };
                }
            }
        } else {
            for r in 0..count {
                let row = src.wrapping_offset(r as isize * row_stride);
                for i in 0..n {
                    // SAFETY: element (r, i), as the caller says.
                    unsafe { *dst.add(r * n + i) = row.wrapping_offset(i as isize * stride).cast::<T>().read() };
                }
            }
        }
    });
}

/// Copies contiguous elements to places `stride` bytes apart.
///
/// # Safety
/// `src` has `n` elements, `dst` those places, apart from each other.
pub(crate) unsafe fn scatter(src: *const u8, dst: *mut u8, stride: isize, n: usize, item: usize) {
    if stride == item as isize {
        // SAFETY: as the caller says.
        return unsafe { std::ptr::copy_nonoverlapping(src, dst, n * item) };
    }
    with_item!(item, T => for i in 0..n {
        // SAFETY: as the caller says.
        unsafe { *dst.wrapping_offset(i as isize * stride).cast::<T>() = src.cast::<T>().add(i).read() };
    });
}

/// Calls `body` with the byte offset of each position of a nest of `(dim, stride)` loops, the first one innermost.
/// No dimension is zero.
#[inline]
pub(crate) fn for_each_offset(axes: &[(usize, isize)], mut body: impl FnMut(isize)) {
    let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, axes.len());
    let mut offset = 0;
    'all: loop {
        body(offset);
        for (i, &(dim, stride)) in index.iter_mut().zip(axes) {
            *i += 1;
            offset += stride;
            if *i < dim {
                continue 'all;
            }
            *i = 0;
            offset -= stride * dim as isize;
        }
        return;
    }
}
