//! `where`: a choice between two arrays by a third of truth values, by the size of an element.

use crate::binary::by_runs;
use crate::simd::{level, simd_kernel};

/// Computes `dst[i] = if condition[i] { a[i] } else { b[i] }` for `i < n` over contiguous, aligned elements.
///
/// `dst` may equal any of the three; otherwise it does not overlap them.
pub(crate) type SelectKernel =
    unsafe fn(condition: *const u8, a: *const u8, b: *const u8, dst: *mut u8, n: usize);

/// Bits to choose from. A choice written as `if` becomes a choice of addresses and a load for each element; masks
/// become vectors.
trait Bits: Copy {
    fn choose(condition: u8, a: Self, b: Self) -> Self;
}

macro_rules! bits {
    ($($t:ty),*) => {$(
        impl Bits for $t {
            #[inline(always)]
            fn choose(condition: u8, a: Self, b: Self) -> Self {
                let mask = <$t>::from(condition == 0).wrapping_sub(1);
                (a & mask) | (b & !mask)
            }
        }
    )*};
}

bits!(u8, u16, u32, u64);

impl Bits for [u64; 2] {
    #[inline(always)]
    fn choose(condition: u8, a: Self, b: Self) -> Self {
        [0, 1].map(|half| u64::choose(condition, a[half], b[half]))
    }
}

simd_kernel! {
    fn select[T: Bits](condition: *const u8, a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
        let here = dst.cast_const();
        let in_place = condition == here || a == here || b == here;
        let (a, b) = (a.cast::<T>(), b.cast::<T>());
        // SAFETY: the caller gives `n` aligned elements of each.
        unsafe {
            by_runs::<T>(in_place, dst.cast(), n, |first, count, out| {
                let condition = std::slice::from_raw_parts(condition.add(first), count);
                let a = std::slice::from_raw_parts(a.add(first), count);
                let b = std::slice::from_raw_parts(b.add(first), count);
                for (((out, &c), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
                    out.write(T::choose(c, a, b));
                }
            });
        }
    }
}

/// The loop for elements of `size` bytes: 1, 2, 4, 8 or 16.
pub(crate) fn select_kernel(size: usize) -> SelectKernel {
    match size {
        1 => select::<u8>(level()),
        2 => select::<u16>(level()),
        4 => select::<u32>(level()),
        8 => select::<u64>(level()),
        _ => select::<[u64; 2]>(level()),
    }
}
