//! `count_nonzero` and `nonzero`: how many elements are true, and where.

use tnp_dtype::DType;

use crate::load::{BLOCK, Loader, Scratch, first_of, for_each_offset, stride_of};
use crate::simd::{level, simd_kernel};
use crate::strided::Strided;

simd_kernel! {
    /// Counts the true ones of `n` bools.
    fn count_true[](bools: *const u8, n: usize) -> usize {
        let mut total = 0;
        let mut i = 0;
        while i < n {
            // Sums of up to 255 fit a byte, so that 32 lanes add at once.
            let m = (n - i).min(255 * 32);
            let mut lanes = [0u8; 32];
            let whole = m / 32;
            for chunk in 0..whole {
                for (j, lane) in lanes.iter_mut().enumerate() {
                    // SAFETY: `i + m <= n`.
                    *lane = lane.wrapping_add(unsafe { *bools.add(i + chunk * 32 + j) });
                }
            }
            total += lanes.iter().map(|&lane| lane as usize).sum::<usize>();
            for j in whole * 32..m {
                // SAFETY: as above.
                total += unsafe { *bools.add(i + j) } as usize;
            }
            i += m;
        }
        total
    }
}

simd_kernel! {
    /// Writes `base` plus the position of each true one of `n` bools; gives their number.
    fn true_places[](bools: *const u8, n: usize, base: i64, out: *mut i64) -> usize {
        let mut found = 0;
        let mut i = 0;
        // SAFETY: all reads are below `n`; the caller gives room for as many places as there are true ones.
        unsafe {
            while i + 8 <= n {
                // Each bool is the lowest bit of its byte: a word's set bits are its true ones.
                let mut word = u64::from_le(bools.add(i).cast::<u64>().read_unaligned());
                while word != 0 {
                    *out.add(found) = base + (i + (word.trailing_zeros() / 8) as usize) as i64;
                    found += 1;
                    word &= word - 1;
                }
                i += 8;
            }
            while i < n {
                if *bools.add(i) != 0 {
                    *out.add(found) = base + i as i64;
                    found += 1;
                }
                i += 1;
            }
        }
        found
    }
}

/// Calls `body` with blocks of bools in C order: `(row, start, bools, count)`, `row` counting runs along the last axis.
unsafe fn for_each_block(
    input: &Strided<'_>,
    mut body: impl FnMut(usize, usize, *const u8, usize),
) {
    let layout = input.layout;
    if layout.size() == 0 {
        return;
    }
    let loader = Loader::new(input.dtype, DType::Bool, DType::Bool);
    let mut scratch = Scratch::default();
    let shape = layout.shape();
    let last = shape.len().saturating_sub(1);
    let (run, stride) = shape
        .last()
        .map_or((1, 0), |&dim| (dim, stride_of(input, last)));
    let outer: Vec<(usize, isize)> = (0..last)
        .rev()
        .map(|axis| (shape[axis], stride_of(input, axis)))
        .collect();
    let first = first_of(input);
    let mut row = 0;
    for_each_offset(&outer, |offset| {
        let from = first.wrapping_offset(offset);
        if loader.is_direct() && stride == 1 {
            body(row, 0, from, run);
        } else {
            for start in (0..run).step_by(BLOCK) {
                let count = BLOCK.min(run - start);
                let at = from.wrapping_offset(start as isize * stride);
                // SAFETY: a block of the row, which the caller vouches for.
                let block = unsafe { loader.load(at, (0, 1), (stride, count), &mut scratch) };
                body(row, start, block, count);
            }
        }
        row += 1;
    });
}

/// The number of elements that are not zero.
///
/// # Safety
/// The elements can be read.
pub(crate) unsafe fn count_nonzero(input: Strided<'_>) -> usize {
    let count = count_true(level());
    let mut total = 0;
    if input.layout.is_contiguous() {
        // One run, however many axes it has.
        let flat = tnp_shape::Layout::from_parts(
            [input.layout.size()].into_iter().collect(),
            [1].into_iter().collect(),
            input.layout.offset(),
        );
        let flat = Strided {
            layout: &flat,
            ..input
        };
        // SAFETY: as the caller says.
        unsafe { for_each_block(&flat, |_, _, bools, n| total += count(bools, n)) };
    } else {
        // SAFETY: as the caller says.
        unsafe { for_each_block(&input, |_, _, bools, n| total += count(bools, n)) };
    }
    total
}

/// Writes the indices (int64) of the elements that are not zero, in C order, one array for each axis.
///
/// # Safety
/// The elements can be read; there is an output for each axis, with room for all that are not zero.
pub(crate) unsafe fn nonzero(input: Strided<'_>, outputs: &[*mut i64]) {
    let places = true_places(level());
    let shape = input.layout.shape();
    let Some((&last, outer)) = outputs.split_last() else {
        return;
    };
    let mut done = 0;
    // SAFETY: as the caller says; `done` stays below the number of true elements.
    unsafe {
        for_each_block(&input, |row, start, bools, n| {
            let found = places(bools, n, start as i64, last.add(done));
            let mut place = row;
            for (axis, &out) in outer.iter().enumerate().rev() {
                let index = (place % shape[axis]) as i64;
                place /= shape[axis];
                std::slice::from_raw_parts_mut(out.add(done), found).fill(index);
            }
            done += found;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Rng, Sample, indices, output, random_shape, read_output};

    #[test]
    fn as_a_walk_over_all_elements() {
        let mut rng = Rng(41);
        for _ in 0..20 {
            for dtype in DType::ALL {
                let shape = random_shape(&mut rng, 4);
                let mut sample = Sample::random(&mut rng, dtype, &shape, 1);
                // About half of the elements zero.
                for element in bytemuck::cast_slice_mut::<u128, u8>(&mut sample.buffer)
                    .chunks_exact_mut(dtype.itemsize())
                {
                    if rng.below(2) == 0 {
                        element.fill(0);
                    }
                }
                let expected: Vec<Vec<usize>> = indices(&shape)
                    .zip(sample.values())
                    .filter(|(_, value)| value.cast(DType::Bool).value::<bool>())
                    .map(|(index, _)| index)
                    .collect();
                let size = expected.len();
                // SAFETY: the sample owns its elements.
                assert_eq!(unsafe { count_nonzero(sample.strided()) }, size);
                let mut outputs: Vec<_> =
                    shape.iter().map(|_| output(DType::Int64, size)).collect();
                let pointers: Vec<*mut i64> = outputs
                    .iter_mut()
                    .map(|out| out.as_mut_ptr().cast())
                    .collect();
                // SAFETY: as above, with room for `size` indices of each axis.
                unsafe { nonzero(sample.strided(), &pointers) };
                for (axis, out) in outputs.iter().enumerate() {
                    let found: Vec<usize> = read_output(out, DType::Int64, size)
                        .iter()
                        .map(|i| i.value::<i64>() as usize)
                        .collect();
                    let wanted: Vec<usize> = expected.iter().map(|index| index[axis]).collect();
                    assert_eq!(found, wanted, "axis {axis} of {dtype} {:?}", sample.layout);
                }
            }
        }
    }
}
