//! `search_sorted`: where values go into a sorted array.
//!
//! Binary searches without branches, several at once, so that their cache misses overlap.

use tnp_backend::prim::Side;
use tnp_dtype::{DType, c64, c128, with_dtype};

use crate::load::{BLOCK, Loader, Scratch, Shared, first_of, for_each_offset, gather, stride_of};
use crate::simd::{level, simd_kernel};
use crate::strided::Strided;
use crate::threads::parallel_for;

/// Searches that go side by side.
const SIDE_BY_SIDE: usize = 8;

/// NumPy's order for sorting: NaN last.
pub(crate) trait Order: Copy + 'static {
    fn less(self, other: Self) -> bool;
}
macro_rules! orders {
    ($($t:ident)*; $($f:ident)*; $($z:ident)*) => {
        $(impl Order for $t {
            #[inline(always)]
            fn less(self, other: Self) -> bool { self < other }
        })*
        $(impl Order for $f {
            // A number is less than a NaN, and nothing else is.
            #[inline(always)]
            #[allow(clippy::neg_cmp_op_on_partial_ord, clippy::eq_op)]
            fn less(self, other: Self) -> bool { (self < other) | ((other != other) & (self == self)) }
        })*
        $(impl Order for $z {
            #[inline(always)]
            fn less(self, other: Self) -> bool {
                let key = |z: Self| (z.re.is_nan(), z.im.is_nan());
                key(self) < key(other)
                    || (key(self) == key(other)
                        && (self.re < other.re || ((self.re == other.re || self.re.is_nan()) && self.im < other.im)))
            }
        })*
    };
}
orders!(bool u8 i8 u16 i16 u32 i32 u64 i64; f32 f64; c64 c128);

simd_kernel! {
    /// For each of `count` values the number of elements of `sorted` that are less, or not greater when `right`.
    fn search[T: Order](sorted: *const u8, n: usize, values: *const u8, count: usize, right: bool, out: *mut i64) {
        let (sorted, values) = (sorted.cast::<T>(), values.cast::<T>());
        let mut i = 0;
        while i < count {
            let m = SIDE_BY_SIDE.min(count - i);
            // SAFETY: `i + m <= count`; every position looked at is below `n`.
            unsafe {
                let mut wanted = [*values.add(i); SIDE_BY_SIDE];
                for (k, wanted) in wanted[..m].iter_mut().enumerate() {
                    *wanted = *values.add(i + k);
                }
                let mut start = [0usize; SIDE_BY_SIDE];
                let mut len = n;
                while len > 0 {
                    let half = len.div_ceil(2);
                    for (start, &wanted) in start.iter_mut().zip(&wanted) {
                        let element = *sorted.add(*start + half - 1);
                        let before = if right { !wanted.less(element) } else { element.less(wanted) };
                        *start += if before { half } else { 0 };
                    }
                    len -= half;
                }
                for (k, &start) in start[..m].iter().enumerate() {
                    *out.add(i + k) = start as i64;
                }
            }
            i += m;
        }
    }
}

/// Writes for each element of `values`, in C order, the position (int64) at which it goes into the
/// sorted 1-D array: before equal elements, or after them.
///
/// # Safety
/// `sorted` has one axis and the dtype of `values`; the elements of both can be read; `out` has room
/// for one int64 for each value.
pub(crate) unsafe fn search_sorted(
    sorted: Strided<'_>,
    values: Strided<'_>,
    side: Side,
    out: *mut i64,
) {
    let count = values.layout.size();
    if count == 0 {
        return;
    }
    // Half-width floats are compared as float32.
    let dtype = match values.dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    };
    let kernel = match dtype {
        DType::Bool => search::<u8>(level()),
        other => {
            with_dtype!(other, T: number => search::<T>(level()), else => unreachable!("half-width floats are float32 here"))
        }
    };
    let right = matches!(side, Side::Right);
    let (n, item) = (sorted.layout.size(), sorted.dtype.itemsize());
    let step = if n == 0 { 0 } else { stride_of(&sorted, 0) };
    let mut array = first_of(&sorted);
    let mut copies = [Vec::<u128>::new(), Vec::new()];
    let mut room = |bytes: usize| {
        let copy = if copies[0].is_empty() {
            &mut copies[0]
        } else {
            &mut copies[1]
        };
        copy.resize(bytes.div_ceil(16) + 1, 0);
        copy.as_mut_ptr().cast::<u8>()
    };
    // SAFETY: copies have room for `n` elements.
    unsafe {
        if n > 1 && step != item as isize {
            let copy = room(n * item);
            gather(array, (0, 1), (step, n), item, copy);
            array = copy;
        }
        if dtype != sorted.dtype {
            let copy = room(n * dtype.itemsize());
            crate::cast::cast_kernel(sorted.dtype, dtype)(array, copy, n);
            array = copy;
        }
    }
    let loader = Loader::new(values.dtype, values.dtype, dtype);
    let (array, first, out) = (
        Shared(array.cast_mut()),
        Shared(first_of(&values).cast_mut()),
        Shared(out.cast()),
    );
    let (shape, last) = (
        values.layout.shape(),
        values.layout.ndim().saturating_sub(1),
    );
    let run = shape.last().copied().unwrap_or(1);
    let stride = if shape.is_empty() {
        0
    } else {
        stride_of(&values, last)
    };
    let outer: Vec<(usize, isize)> = (0..last)
        .rev()
        .map(|axis| (shape[axis], stride_of(&values, axis)))
        .collect();
    let mut rows = Vec::with_capacity(count / run);
    for_each_offset(&outer, |offset| rows.push(offset));
    let blocks = run.div_ceil(BLOCK);
    parallel_for(
        rows.len() * blocks,
        (4 * BLOCK / run.min(BLOCK)).max(1),
        |range| {
            let mut scratch = Scratch::default();
            for task in range {
                let (row, start) = (task / blocks, task % blocks * BLOCK);
                let m = BLOCK.min(run - start);
                // SAFETY: `m` values of a row, with results of their own.
                unsafe {
                    let from = loader.load(
                        first.at(rows[row] + start as isize * stride),
                        (0, 1),
                        (stride, m),
                        &mut scratch,
                    );
                    let to = out
                        .at(((row * run + start) * size_of::<i64>()) as isize)
                        .cast();
                    kernel(array.at(0), n, from, m, right, to);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Rng, Sample, output, random_shape, read_output};
    use crate::sort::{compare, sort};
    use std::cmp::Ordering;
    use tnp_dtype::Literal;

    #[test]
    fn as_a_linear_search() {
        let mut rng = Rng(31);
        for round in 0..20 {
            for dtype in DType::ALL {
                let unsorted = Sample::random(&mut rng, dtype, &[rng_len(round)], 8);
                let mut sorted = Sample::contiguous(&mut rng, dtype, &[rng_len(round)], 0);
                // SAFETY: as many elements as there is room for.
                unsafe { sort(unsorted.strided(), 0, sorted.buffer.as_mut_ptr().cast()) };
                let shape = random_shape(&mut rng, 3);
                let values = Sample::random(&mut rng, dtype, &shape, 8);
                let size = values.layout.size();
                for side in [Side::Left, Side::Right] {
                    let mut out = output(DType::Int64, size);
                    // SAFETY: samples own their elements, and there is room for all results.
                    unsafe {
                        search_sorted(
                            sorted.strided(),
                            values.strided(),
                            side,
                            out.as_mut_ptr().cast(),
                        )
                    };
                    let array = sorted.values();
                    for (found, value) in read_output(&out, DType::Int64, size)
                        .iter()
                        .zip(values.values())
                    {
                        let before = |&&x: &&Literal| match compare(x, value) {
                            Ordering::Less => true,
                            Ordering::Equal => matches!(side, Side::Right),
                            Ordering::Greater => false,
                        };
                        assert_eq!(
                            found.value::<i64>() as usize,
                            array.iter().filter(before).count(),
                            "{value} in {array:?}"
                        );
                    }
                }
            }
        }
    }

    fn rng_len(round: usize) -> usize {
        round * round / 2
    }
}
