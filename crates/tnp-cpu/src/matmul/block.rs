//! The register-blocked product: for every integer type, bits, and small floating matrices.
//!
//! The scheme is that of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): columns of `b` are
//! packed into panels as wide as the register block, so that the inner loop reads one panel row and a few scalars.

use super::number::{Lanes, Number};
use super::{Product, pack};
use crate::memory::{OutOfMemory, allocate};
use crate::simd::{level, simd_kernel_wide};

/// Rows of the register block.
const ROWS: usize = 6;
/// Depth of a packed panel: with its width, 16 KiB, half of the first-level cache.
const DEPTH: usize = 256;
/// Bytes of a packed row of panels: the block of `DEPTH` rows stays in the second-level cache.
const WIDTH_BYTES: usize = 1024;
/// Rows of `a` taken at a time, to stay in the second-level cache as well.
const HEIGHT: usize = 120;

/// A row of panels times a block of `a`.
struct Panels<T> {
    m: usize,
    n: usize,
    k: usize,
    a: *const T,
    a_rs: isize,
    a_cs: isize,
    b: *const T,
    /// From row to row within a panel.
    b_rs: isize,
    /// From panel to panel.
    b_panel: usize,
    out: *mut T,
    out_rs: usize,
    /// Add to what `out` holds.
    add: bool,
}

/// Computes a product.
///
/// # Safety
/// As for [`super::Problem::run`].
pub(super) unsafe fn product<T: Number>(p: &Product<T>) -> Result<(), OutOfMemory> {
    let width = T::Lane::LEN;
    let kernel = panels::<T, T::Lane>(level());
    let whole = p.n - p.n % width;
    // Small and already in rows: the panels are where they are.
    let direct = p.b_cs == 1 && p.k <= DEPTH && whole > 0 && p.m <= 4 * ROWS * 4;
    let packed_from = if direct {
        let job = Panels {
            m: p.m,
            n: whole,
            k: p.k,
            a: p.a,
            a_rs: p.a_rs,
            a_cs: p.a_cs,
            b: p.b,
            b_rs: p.b_rs,
            b_panel: width,
            out: p.out,
            out_rs: p.out_rs,
            add: false,
        };
        // SAFETY: only whole panels, so every load is within a row of `b`.
        unsafe { kernel(&raw const job) };
        whole
    } else {
        0
    };
    if packed_from == p.n {
        return Ok(());
    }
    let columns = (WIDTH_BYTES / size_of::<T>()).max(width);
    let depth = DEPTH.min(p.k);
    let widest = columns.min((p.n - packed_from).next_multiple_of(width));
    let scratch = allocate(depth * widest * size_of::<T>())?;
    let packed = scratch.as_ptr().cast::<T>();
    for column in (packed_from..p.n).step_by(columns) {
        let n = columns.min(p.n - column);
        for from in (0..p.k).step_by(DEPTH) {
            let k = DEPTH.min(p.k - from);
            let b =
                p.b.wrapping_offset(from as isize * p.b_rs + column as isize * p.b_cs);
            // SAFETY: the scratch holds `k` rows of whole panels for `n` columns; `b` as the caller promises.
            unsafe { pack::panels(b, p.b_rs, p.b_cs, k, n, width, T::ZERO, packed) };
            for row in (0..p.m).step_by(HEIGHT) {
                let job = Panels {
                    m: HEIGHT.min(p.m - row),
                    n,
                    k,
                    a: p.a
                        .wrapping_offset(row as isize * p.a_rs + from as isize * p.a_cs),
                    a_rs: p.a_rs,
                    a_cs: p.a_cs,
                    b: packed,
                    b_rs: width as isize,
                    b_panel: k * width,
                    out: p.out.wrapping_add(row * p.out_rs + column),
                    out_rs: p.out_rs,
                    add: from > 0,
                };
                // SAFETY: the panels were packed just now, with zeros in the columns beyond `n`.
                unsafe { kernel(&raw const job) };
            }
        }
    }
    Ok(())
}

simd_kernel_wide! {
    /// All register blocks of a row of panels.
    fn panels<S>[T: Number, L: Lanes<T>](job: *const Panels<T>) {
        // SAFETY: the job lives in the caller's frame.
        let job = unsafe { &*job };
        let mut column = 0;
        while column < job.n {
            let b = job.b.wrapping_add(column / L::LEN * job.b_panel);
            let columns = L::LEN.min(job.n - column);
            let mut row = 0;
            while row < job.m {
                let rows = ROWS.min(job.m - row);
                // SAFETY: rows and columns within the job.
                unsafe {
                    // A constant per instruction set: the branch is decided when compiled.
                    if S::FMA {
                        register_block::<T, L, true>(job, b, row, rows, column, columns);
                    } else {
                        register_block::<T, L, false>(job, b, row, rows, column, columns);
                    }
                }
                row += ROWS;
            }
            column += L::LEN;
        }
    }
}

/// `ROWS` rows by one panel. Of the last rows, the missing ones repeat the last and are not stored.
#[inline(always)]
unsafe fn register_block<T: Number, L: Lanes<T>, const FMA: bool>(
    job: &Panels<T>,
    b: *const T,
    row: usize,
    rows: usize,
    column: usize,
    columns: usize,
) {
    let a: [*const T; ROWS] = std::array::from_fn(|r| {
        job.a
            .wrapping_offset((row + r.min(rows - 1)) as isize * job.a_rs)
    });
    let mut sums = [L::ZERO; ROWS];
    let mut b = b;
    let mut at = 0isize;
    for _ in 0..job.k {
        // SAFETY: row `at / a_cs` of the panel and that element of each row of `a`.
        unsafe {
            let lane = L::load(b);
            for r in 0..ROWS {
                sums[r] = sums[r].mul_add_scalar::<FMA>(*a[r].wrapping_offset(at), lane);
            }
        }
        b = b.wrapping_offset(job.b_rs);
        at += job.a_cs;
    }
    for (r, sum) in sums.into_iter().enumerate().take(rows) {
        let out = job.out.wrapping_add((row + r) * job.out_rs + column);
        // SAFETY: `columns` elements of a row of the output.
        unsafe {
            if columns == L::LEN {
                let sum = if job.add { L::load(out).add(sum) } else { sum };
                sum.store(out);
            } else {
                for c in 0..columns {
                    let old = if job.add { *out.add(c) } else { T::ZERO };
                    out.add(c).write(old.add(sum.get(c)));
                }
            }
        }
    }
}
