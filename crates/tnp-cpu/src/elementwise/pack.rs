//! Moving elements between strided memory and tiles, by element size: gather, repeat, transpose, scatter, stream.

use std::mem::MaybeUninit;

use crate::simd::{level, simd_kernel};

/// Bytes of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// A rectangle of elements in strided memory; steps in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) size: usize,
    pub(crate) row_step: isize,
    pub(crate) column_step: isize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// Copies a block to contiguous rows that lie `dst_step` bytes apart.
///
/// # Safety
/// Both sides hold the block, aligned to elements, and do not overlap.
pub(crate) unsafe fn pack(src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
    let size = block.size;
    // SAFETY: as the caller promises.
    unsafe {
        if block.column_step == size as isize {
            for row in 0..block.rows {
                let from = src.wrapping_offset(row as isize * block.row_step);
                let to = dst.wrapping_add(row * dst_step);
                std::ptr::copy_nonoverlapping(from, to, block.columns * size);
            }
            return;
        }
        let turned = block.row_step == size as isize && block.column_step != 0;
        if turned && block.rows > 1 && block.columns > 1 {
            return transpose(src, dst, dst_step, block);
        }
        let gather = match size {
            1 => gather::<u8>(level()),
            2 => gather::<u16>(level()),
            4 => gather::<u32>(level()),
            8 => gather::<u64>(level()),
            _ => gather::<[u64; 2]>(level()),
        };
        gather(src, dst, dst_step, block);
    }
}

simd_kernel! {
    fn gather[T: Copy](src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
        // SAFETY: as the caller of `pack` promises.
        unsafe {
            let steps = (block.row_step.unsigned_abs(), block.column_step.unsigned_abs());
            if block.rows > 1 && steps.0 != 0 && steps.0 < steps.1 {
                // Column by column, so that neighbours in memory are read together.
                for column in 0..block.columns {
                    let mut at = src.wrapping_offset(column as isize * block.column_step);
                    for row in 0..block.rows {
                        let to = dst.wrapping_add(row * dst_step).cast::<T>();
                        to.add(column).write(at.cast::<T>().read());
                        at = at.wrapping_offset(block.row_step);
                    }
                }
                return;
            }
            for row in 0..block.rows {
                let from = src.wrapping_offset(row as isize * block.row_step);
                let to = dst.wrapping_add(row * dst_step).cast::<MaybeUninit<T>>();
                let to = std::slice::from_raw_parts_mut(to, block.columns);
                gather_row(from.cast::<T>(), block.column_step, to);
            }
        }
    }
}

/// Gathers elements `step` bytes apart. Constant steps vectorise.
#[inline(always)]
unsafe fn gather_row<T: Copy>(from: *const T, step: isize, to: &mut [MaybeUninit<T>]) {
    let (size, n) = (size_of::<T>() as isize, to.len());
    // SAFETY: the caller gives as many elements as `to` has, at least one.
    unsafe {
        if step == 0 {
            let value = from.read();
            for to in to {
                to.write(value);
            }
        } else if step == 2 * size {
            // The last is read alone, for its neighbour may lie outside.
            let pairs = std::slice::from_raw_parts(from.cast::<[T; 2]>(), n - 1);
            for (to, pair) in to.iter_mut().zip(pairs) {
                to.write(pair[0]);
            }
            to[n - 1].write(from.add(2 * (n - 1)).read());
        } else if step == -size {
            let backwards = std::slice::from_raw_parts(from.wrapping_sub(n - 1), n);
            for (to, &value) in to.iter_mut().zip(backwards.iter().rev()) {
                to.write(value);
            }
        } else {
            let mut at = from.cast::<u8>();
            for to in to {
                to.write(at.cast::<T>().read());
                at = at.wrapping_offset(step);
            }
        }
    }
}

/// `dst[row][column] = src[column][row]`: the columns of the source are contiguous.
unsafe fn transpose(src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
    // SAFETY: as the caller of `pack` promises.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if level() >= crate::simd::Level::Avx2 && (block.size == 4 || block.size == 8) {
            let squares = match block.size {
                4 => avx::squares_of_4,
                _ => avx::squares_of_8,
            };
            let side = 32 / block.size;
            let (tall, wide) = (block.rows / side * side, block.columns / side * side);
            let whole = Block {
                rows: tall,
                columns: wide,
                ..block
            };
            squares(src, dst, dst_step, whole);
            let right = Block {
                columns: block.columns - wide,
                ..block
            };
            let from = src.wrapping_offset(wide as isize * block.column_step);
            transpose_plain::<u8>(from, dst.wrapping_add(wide * block.size), dst_step, right);
            let below = Block {
                rows: block.rows - tall,
                columns: wide,
                ..block
            };
            let from = src.wrapping_add(tall * block.size);
            let to = dst.wrapping_add(tall * dst_step);
            return transpose_plain::<u8>(from, to, dst_step, below);
        }
        transpose_plain::<u8>(src, dst, dst_step, block);
    }
}

/// Without vectors, eight by eight; the element type follows from the size.
unsafe fn transpose_plain<T: Copy>(src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
    const SIDE: usize = 8;
    // SAFETY: as the caller of `pack` promises.
    unsafe {
        match (size_of::<T>(), block.size) {
            (1, 2) => return transpose_plain::<u16>(src, dst, dst_step, block),
            (1, 4) => return transpose_plain::<u32>(src, dst, dst_step, block),
            (1, 8) => return transpose_plain::<u64>(src, dst, dst_step, block),
            (1, 16) => return transpose_plain::<[u64; 2]>(src, dst, dst_step, block),
            _ => {}
        }
        for top in (0..block.rows).step_by(SIDE) {
            let bottom = block.rows.min(top + SIDE);
            for column in 0..block.columns {
                let from = src.wrapping_offset(column as isize * block.column_step);
                for row in top..bottom {
                    let to = dst.wrapping_add(row * dst_step).cast::<T>();
                    to.add(column).write(from.cast::<T>().add(row).read());
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx {
    use std::arch::x86_64::*;

    use super::Block;

    /// Squares of eight by eight elements of four bytes; rows and columns are multiples of eight.
    #[target_feature(enable = "avx2")]
    pub(crate) unsafe fn squares_of_4(src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
        let step = block.column_step;
        for left in (0..block.columns).step_by(8) {
            for top in (0..block.rows).step_by(8) {
                let from = (src.wrapping_offset(left as isize * step)).wrapping_add(top * 4);
                let to = dst.wrapping_add(top * dst_step + left * 4);
                // SAFETY: the square lies within the block.
                unsafe {
                    let c: [__m256; 8] = std::array::from_fn(|i| {
                        _mm256_loadu_ps(from.wrapping_offset(i as isize * step).cast())
                    });
                    // Pairs change places, then quadruples, then halves.
                    let p: [__m256; 8] = std::array::from_fn(|i| match i % 2 {
                        0 => _mm256_unpacklo_ps(c[i], c[i + 1]),
                        _ => _mm256_unpackhi_ps(c[i - 1], c[i]),
                    });
                    let quad = |i: usize| {
                        let (a, b) = (p[i], p[i + 2]);
                        (
                            _mm256_shuffle_ps::<0x44>(a, b),
                            _mm256_shuffle_ps::<0xee>(a, b),
                        )
                    };
                    let ((q0, q1), (q2, q3)) = (quad(0), quad(1));
                    let ((q4, q5), (q6, q7)) = (quad(4), quad(5));
                    for (i, (near, far)) in [(q0, q4), (q1, q5), (q2, q6), (q3, q7)]
                        .into_iter()
                        .enumerate()
                    {
                        let upper = _mm256_permute2f128_ps::<0x20>(near, far);
                        let lower = _mm256_permute2f128_ps::<0x31>(near, far);
                        _mm256_storeu_ps(to.wrapping_add(i * dst_step).cast(), upper);
                        _mm256_storeu_ps(to.wrapping_add((i + 4) * dst_step).cast(), lower);
                    }
                }
            }
        }
    }

    /// Squares of four by four elements of eight bytes; rows and columns are multiples of four.
    #[target_feature(enable = "avx2")]
    pub(crate) unsafe fn squares_of_8(src: *const u8, dst: *mut u8, dst_step: usize, block: Block) {
        let step = block.column_step;
        for left in (0..block.columns).step_by(4) {
            for top in (0..block.rows).step_by(4) {
                let from = (src.wrapping_offset(left as isize * step)).wrapping_add(top * 8);
                let to = dst.wrapping_add(top * dst_step + left * 8);
                // SAFETY: the square lies within the block.
                unsafe {
                    let c: [__m256d; 4] = std::array::from_fn(|i| {
                        _mm256_loadu_pd(from.wrapping_offset(i as isize * step).cast())
                    });
                    let even = (
                        _mm256_unpacklo_pd(c[0], c[1]),
                        _mm256_unpacklo_pd(c[2], c[3]),
                    );
                    let odd = (
                        _mm256_unpackhi_pd(c[0], c[1]),
                        _mm256_unpackhi_pd(c[2], c[3]),
                    );
                    for (i, (near, far)) in [even, odd].into_iter().enumerate() {
                        let upper = _mm256_permute2f128_pd::<0x20>(near, far);
                        let lower = _mm256_permute2f128_pd::<0x31>(near, far);
                        _mm256_storeu_pd(to.wrapping_add(i * dst_step).cast(), upper);
                        _mm256_storeu_pd(to.wrapping_add((i + 2) * dst_step).cast(), lower);
                    }
                }
            }
        }
    }
}

/// Copies contiguous rows of a tile to a block of strided memory.
///
/// # Safety
/// As for [`pack`], the other way round.
pub(crate) unsafe fn scatter(tile: *const u8, dst: *mut u8, block: Block) {
    let row_bytes = block.columns * block.size;
    for row in 0..block.rows {
        let from = tile.wrapping_add(row * row_bytes);
        let to = dst.wrapping_offset(row as isize * block.row_step);
        // SAFETY: as the caller promises.
        unsafe {
            if block.column_step == block.size as isize {
                std::ptr::copy_nonoverlapping(from, to, row_bytes);
                continue;
            }
            match block.size {
                1 => scatter_row::<u8>(from, to, block),
                2 => scatter_row::<u16>(from, to, block),
                4 => scatter_row::<u32>(from, to, block),
                8 => scatter_row::<u64>(from, to, block),
                _ => scatter_row::<[u64; 2]>(from, to, block),
            }
        }
    }
}

unsafe fn scatter_row<T: Copy>(from: *const u8, mut to: *mut u8, block: Block) {
    for column in 0..block.columns {
        // SAFETY: as the caller of `scatter` promises.
        unsafe { to.cast::<T>().write(from.cast::<T>().add(column).read()) };
        to = to.wrapping_offset(block.column_step);
    }
}

/// Copies without leaving the output in the caches. [`end_streaming`] makes it visible to other threads.
///
/// # Safety
/// Both sides hold the bytes and do not overlap.
pub(crate) unsafe fn stream(src: *const u8, dst: *mut u8, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as the caller promises; every x86-64 has these instructions.
    unsafe {
        use std::arch::x86_64::{_mm_loadu_si128, _mm_stream_si128};
        let head = dst.align_offset(LINE).min(bytes);
        let done = head + ((bytes - head) & !(LINE - 1));
        std::ptr::copy_nonoverlapping(src, dst, head);
        for line in (head..done).step_by(LINE) {
            for part in (0..LINE).step_by(16) {
                let value = _mm_loadu_si128(src.add(line + part).cast());
                _mm_stream_si128(dst.add(line + part).cast(), value);
            }
        }
        std::ptr::copy_nonoverlapping(src.add(done), dst.add(done), bytes - done);
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: as the caller promises.
    unsafe {
        std::ptr::copy_nonoverlapping(src, dst, bytes);
    }
}

/// Orders streamed writes before whatever this thread publishes next.
pub(crate) fn end_streaming() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Writes one element `n` times.
///
/// # Safety
/// `dst` has room for `n` aligned elements of `element.len()` bytes: 1, 2, 4, 8 or 16.
pub(crate) unsafe fn fill(dst: *mut u8, element: &[u8], n: usize) {
    let Some(&first) = element.first().filter(|_| n > 0) else {
        return;
    };
    let size = element.len();
    // SAFETY: as the caller promises. The first element, aligned where it lies, is repeated by a gather with step zero.
    unsafe {
        if element.iter().all(|&byte| byte == first) {
            return std::ptr::write_bytes(dst, first, n * size);
        }
        std::ptr::copy_nonoverlapping(element.as_ptr(), dst, size);
        if n > 1 {
            let block = Block {
                size,
                row_step: 0,
                column_step: 0,
                rows: 1,
                columns: n - 1,
            };
            pack(dst, dst.add(size), 0, block);
        }
    }
}
