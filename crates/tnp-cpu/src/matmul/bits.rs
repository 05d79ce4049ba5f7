//! The product of truth values: 64 columns to a word, "and" and "or" on words.

use super::Product;
use super::number::Bit;
use crate::memory::{OutOfMemory, allocate};
use crate::simd::{level, simd_kernel};

/// Words that a row of the output takes in registers: 512 columns.
const WORDS: usize = 8;
const COLUMNS: usize = WORDS * 64;
/// Rows that share the loads of `b`.
const ROWS: usize = 4;
/// Depth between looks whether all columns are true already.
const LOOK: usize = 64;

/// Computes a product.
///
/// # Safety
/// As for [`super::Problem::run`].
pub(super) unsafe fn product(p: &Product<Bit>) -> Result<(), OutOfMemory> {
    let scratch = allocate(p.k * WORDS * 8)?;
    let packed = scratch.as_ptr().cast::<[u64; WORDS]>();
    for column in (0..p.n).step_by(COLUMNS) {
        let n = COLUMNS.min(p.n - column);
        for row in 0..p.k {
            let from =
                p.b.wrapping_offset(row as isize * p.b_rs + column as isize * p.b_cs);
            let mut words = [0u64; WORDS];
            // SAFETY: `n` elements of a row of `b`, and row `row` of the scratch.
            unsafe {
                pack(level())(from.cast(), p.b_cs, n, &raw mut words);
                packed.add(row).write(words);
            }
        }
        for row in (0..p.m).step_by(ROWS) {
            let rows = ROWS.min(p.m - row);
            // Of the last rows, the missing ones repeat the last.
            let a: [*const u8; ROWS] = std::array::from_fn(|r| {
                let row = (row + r.min(rows - 1)) as isize;
                p.a.wrapping_offset(row * p.a_rs).cast()
            });
            let mut sums = [[0u64; WORDS]; ROWS];
            // SAFETY: `rows` rows of `a` of `k` elements, and the scratch just filled.
            unsafe { combine(level())(&raw const a, p.a_cs, packed, p.k, n, &raw mut sums) };
            for (r, sum) in sums.iter().enumerate().take(rows) {
                let out = p.out.wrapping_add((row + r) * p.out_rs + column);
                // SAFETY: `n` elements of a row of the output.
                unsafe { unpack(level())(&raw const *sum, out.cast(), n) };
            }
        }
    }
    Ok(())
}

simd_kernel! {
    /// Truth values to bits, least significant first.
    fn pack[](from: *const u8, step: isize, n: usize, to: *mut [u64; WORDS]) {
        for word in 0..n.div_ceil(64) {
            let count = 64.min(n - word * 64);
            let mut bytes = [0u8; 64];
            for (i, byte) in bytes.iter_mut().enumerate().take(count) {
                // SAFETY: an index below `n`.
                *byte = unsafe { *from.wrapping_offset((word * 64 + i) as isize * step) };
            }
            let mut bits = 0u64;
            for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
                // Each byte is 0 or 1: the multiplication moves byte `i` to bit `56 + i` without carries.
                let moved = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
                bits |= moved << (i * 8);
            }
            // SAFETY: the caller's words.
            unsafe { (*to)[word] = bits };
        }
    }
}

simd_kernel! {
    /// Bits to truth values.
    fn unpack[](from: *const [u64; WORDS], out: *mut u8, n: usize) {
        for i in 0..n {
            // SAFETY: bit `i` of the words, element `i` of the output.
            unsafe { out.add(i).write((((*from)[i / 64] >> (i % 64)) & 1) as u8) };
        }
    }
}

simd_kernel! {
    /// For each row of `a`: "or" of the rows of `b` where it is true.
    fn combine[](
        a: *const [*const u8; ROWS], step: isize, b: *const [u64; WORDS], k: usize, n: usize,
        out: *mut [[u64; WORDS]; ROWS]
    ) {
        // SAFETY: the caller's rows.
        let a = unsafe { *a };
        let full: [u64; WORDS] = std::array::from_fn(|word| match n.saturating_sub(word * 64) {
            0 => 0,
            left @ 1..64 => (1 << left) - 1,
            _ => u64::MAX,
        });
        let mut sums = [[0u64; WORDS]; ROWS];
        let mut from = 0;
        while from < k && sums != [full; ROWS] {
            let to = k.min(from + LOOK);
            for p in from..to {
                // SAFETY: an index below `k`.
                let words = unsafe { *b.add(p) };
                for r in 0..ROWS {
                    // SAFETY: as above.
                    let mask = unsafe { u64::from(*a[r].wrapping_offset(p as isize * step)) }.wrapping_neg();
                    for w in 0..WORDS {
                        sums[r][w] |= words[w] & mask;
                    }
                }
            }
            from = to;
        }
        // SAFETY: the caller's sums.
        unsafe { out.write(sums) };
    }
}
