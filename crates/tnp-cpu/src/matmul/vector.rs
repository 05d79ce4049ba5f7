//! Products with a vector: sums along rows, sums of rows, and the inner product.

use super::number::{Lanes, Number};
use super::{Product, pack};
use crate::memory::{OutOfMemory, allocate};
use crate::simd::{level, simd_kernel};
use crate::threads::parallel_for;

/// Elements of an inner product that are summed in one go; partial sums are added in pairs, so the result does not
/// depend on the number of threads and its error grows with the logarithm of the length.
const RUN: usize = 1 << 14;

/// A product with `m == 1` or `n == 1`.
///
/// # Safety
/// As for [`super::Problem::run`].
pub(super) unsafe fn matvec<T: Number>(p: &Product<T>) -> Result<(), OutOfMemory> {
    // As rows times a vector, whichever operand the rows are in.
    let rows = if p.n == 1 {
        Rows {
            m: p.m,
            k: p.k,
            a: p.a,
            row: p.a_rs,
            column: p.a_cs,
            x: p.b,
            x_step: p.b_rs,
        }
    } else {
        Rows {
            m: p.n,
            k: p.k,
            a: p.b,
            row: p.b_cs,
            column: p.b_rs,
            x: p.a,
            x_step: p.a_cs,
        }
    };
    let out_step = if p.n == 1 { p.out_rs } else { 1 };
    // SAFETY: passed on.
    unsafe { rows.run(p.out, out_step) }
}

/// `out[i] = Σ_j a[i, j] · x[j]`.
struct Rows<T> {
    m: usize,
    k: usize,
    a: *const T,
    row: isize,
    column: isize,
    x: *const T,
    x_step: isize,
}

impl<T: Number> Rows<T> {
    unsafe fn run(&self, out: *mut T, out_step: usize) -> Result<(), OutOfMemory> {
        // SAFETY: the scratch holds what is copied; all else as the caller promises.
        unsafe {
            let by_columns = self.row == 1 && self.column != 1 && self.m >= T::Lane::LEN;
            if by_columns && out_step == 1 {
                let x = self.x;
                sums_of_rows::<T>(level())(
                    self.a,
                    self.column,
                    x,
                    self.x_step,
                    self.k,
                    out,
                    self.m,
                );
                return Ok(());
            }
            let mut x = self.x;
            let x_copy = match self.x_step {
                1 => None,
                step => {
                    let copy = allocate(self.k * size_of::<T>())?;
                    x = copy.as_ptr().cast();
                    pack::contiguous(self.x, &[(self.k, step)], copy.as_ptr().cast::<T>(), |v| v);
                    Some(copy)
                }
            };
            if self.m == 1 && self.column == 1 {
                out.write(inner(self.a, x, self.k));
            } else if self.column == 1 {
                sums_along_rows::<T>(level())(self.a, self.row, x, self.k, out, out_step, self.m);
            } else {
                let scratch = allocate(self.k * size_of::<T>())?;
                let gathered = scratch.as_ptr().cast::<T>();
                for i in 0..self.m {
                    let row = self.a.wrapping_offset(i as isize * self.row);
                    pack::contiguous(row, &[(self.k, self.column)], gathered, |v| v);
                    out.add(i * out_step).write(inner(gathered, x, self.k));
                }
            }
            drop(x_copy);
            Ok(())
        }
    }
}

struct Shared<T>(*const T, *const T);
// SAFETY: only read.
unsafe impl<T> Sync for Shared<T> {}

/// The inner product of two contiguous vectors.
unsafe fn inner<T: Number>(a: *const T, b: *const T, n: usize) -> T {
    let kernel = run_of_inner::<T>(level());
    if n <= RUN {
        // SAFETY: as the caller promises.
        return unsafe { kernel(a, b, n) };
    }
    let runs = n.div_ceil(RUN);
    let mut partial: Vec<std::sync::OnceLock<T>> = Vec::new();
    partial.resize_with(runs, std::sync::OnceLock::new);
    let shared = Shared(a, b);
    let (shared, slots) = (&shared, &partial);
    parallel_for(runs, 8, |range| {
        for run in range {
            let start = run * RUN;
            // SAFETY: a part of the vectors.
            let sum =
                unsafe { kernel(shared.0.add(start), shared.1.add(start), RUN.min(n - start)) };
            let _ = slots[run].set(sum);
        }
    });
    let sums: Vec<T> = partial
        .iter()
        .filter_map(|slot| slot.get().copied())
        .collect();
    pairwise(&sums)
}

fn pairwise<T: Number>(values: &[T]) -> T {
    match *values {
        [] => T::ZERO,
        [one] => one,
        _ => {
            let (left, right) = values.split_at(values.len() / 2);
            pairwise(left).add(pairwise(right))
        }
    }
}

macro_rules! fused {
    ($s:ident, $f:ident :: <$($t:ty),*> ($($a:expr),*)) => {
        // A constant per instruction set: the branch is decided when compiled.
        if $s::FMA { $f::<$($t,)* true>($($a),*) } else { $f::<$($t,)* false>($($a),*) }
    };
}

simd_kernel! {
    /// The inner product of two runs.
    fn run_of_inner<S>[T: Number](a: *const T, b: *const T, n: usize) -> T {
        // SAFETY: as the caller promises.
        unsafe { fused!(S, inner_loop::<T>(a, b, n)) }
    }
}

#[inline(always)]
unsafe fn inner_loop<T: Number, const FMA: bool>(a: *const T, b: *const T, n: usize) -> T {
    // SAFETY: as the caller promises. `None` is a constant of the type.
    if let Some(sum) = unsafe { T::inner::<FMA>(a, b, n) } {
        return sum;
    }
    let mut sums = T::Wide::ZERO;
    let whole = n - n % T::Wide::LEN;
    let mut i = 0;
    // SAFETY: indices below `n`.
    unsafe {
        while i < whole {
            sums = sums.mul_add::<FMA>(T::Wide::load(a.add(i)), T::Wide::load(b.add(i)));
            i += T::Wide::LEN;
        }
        let mut rest = T::ZERO;
        while i < n {
            rest = T::mul_add::<FMA>(rest, *a.add(i), *b.add(i));
            i += 1;
        }
        through_memory(sums).sum().add(rest)
    }
}

/// Hides how sums are added up from the vectoriser, which otherwise fits the loop that makes them to the (narrower) last steps.
#[inline(always)]
fn through_memory<L>(sums: L) -> L {
    std::hint::black_box(sums)
}

simd_kernel! {
    /// `out[i] = Σ_j a[i, j] · x[j]` with contiguous rows and `x`.
    fn sums_along_rows<S>[T: Number](
        a: *const T, row: isize, x: *const T, k: usize, out: *mut T, out_step: usize, m: usize
    ) {
        let mut i = 0;
        while i + 4 <= m {
            // SAFETY: four rows below `m`.
            let sums: [T; 4] = unsafe {
                fused!(S, four_rows::<T>(a.wrapping_offset(i as isize * row), row, x, k))
            };
            for (r, sum) in sums.into_iter().enumerate() {
                // SAFETY: below `m`.
                unsafe { out.add((i + r) * out_step).write(sum) };
            }
            i += 4;
        }
        while i < m {
            // SAFETY: a row below `m`.
            unsafe {
                let row = a.wrapping_offset(i as isize * row);
                out.add(i * out_step).write(fused!(S, inner_loop::<T>(row, x, k)));
            }
            i += 1;
        }
    }
}

/// Four rows share the loads of `x`.
#[inline(always)]
unsafe fn four_rows<T: Number, const FMA: bool>(
    a: *const T,
    row: isize,
    x: *const T,
    k: usize,
) -> [T; 4] {
    let rows: [*const T; 4] = std::array::from_fn(|r| a.wrapping_offset(r as isize * row));
    // SAFETY: four rows of `k` elements; whether there is an inner product is a constant of the type.
    if unsafe { T::inner::<FMA>(a, x, 0) }.is_some() {
        let mut sums = [T::ZERO; 4];
        for r in 0..4 {
            // SAFETY: as above.
            sums[r] = unsafe { inner_loop::<T, FMA>(rows[r], x, k) };
        }
        return sums;
    }
    let mut sums = [T::Lane::ZERO; 4];
    let whole = k - k % T::Lane::LEN;
    let mut j = 0;
    // SAFETY: indices below `k`.
    unsafe {
        while j < whole {
            let lane = T::Lane::load(x.add(j));
            for r in 0..4 {
                sums[r] = sums[r].mul_add::<FMA>(T::Lane::load(rows[r].add(j)), lane);
            }
            j += T::Lane::LEN;
        }
        let sums = through_memory(sums);
        // No closures here: what is not inlined is compiled for the baseline.
        let mut totals = [T::ZERO; 4];
        for r in 0..4 {
            let mut rest = T::ZERO;
            for j in whole..k {
                rest = T::mul_add::<FMA>(rest, *rows[r].add(j), *x.add(j));
            }
            totals[r] = sums[r].sum().add(rest);
        }
        totals
    }
}

simd_kernel! {
    /// `out = Σ_j x[j] · a[j]` over rows `a[j]` of `n` contiguous elements, `row` apart.
    fn sums_of_rows<S>[T: Number](
        a: *const T, row: isize, x: *const T, x_step: isize, k: usize, out: *mut T, n: usize
    ) {
        // Part by part of a size that stays in the first-level cache while the rows stream by.
        let part = 16384 / size_of::<T>();
        let mut column = 0;
        while column < n {
            let columns = part.min(n - column);
            // SAFETY: columns below `n`.
            unsafe {
                fused!(S, add_rows::<T>(
                    a.wrapping_add(column), row, x, x_step, k, out.add(column), columns
                ));
            }
            column += columns;
        }
    }
}

#[inline(always)]
unsafe fn add_rows<T: Number, const FMA: bool>(
    a: *const T,
    row: isize,
    x: *const T,
    x_step: isize,
    k: usize,
    out: *mut T,
    n: usize,
) {
    let mut j = 0;
    while j < k {
        let rows = 4.min(k - j);
        // SAFETY: rows below `k`; the missing ones of the last four repeat the last, with a factor of zero rows never read back.
        unsafe {
            let at = |r: usize| (j + r.min(rows - 1)) as isize;
            let source: [*const T; 4] = std::array::from_fn(|r| a.wrapping_offset(at(r) * row));
            let factor: [T; 4] = std::array::from_fn(|r| *x.wrapping_offset(at(r) * x_step));
            let whole = if rows == 4 { n - n % T::Lane::LEN } else { 0 };
            let mut i = 0;
            while i < whole {
                let mut sum = if j == 0 {
                    T::Lane::ZERO
                } else {
                    T::Lane::load(out.add(i))
                };
                for r in 0..4 {
                    sum = sum.mul_add_scalar::<FMA>(factor[r], T::Lane::load(source[r].add(i)));
                }
                sum.store(out.add(i));
                i += T::Lane::LEN;
            }
            while i < n {
                let mut sum = if j == 0 { T::ZERO } else { *out.add(i) };
                for r in 0..rows {
                    sum = T::mul_add::<FMA>(sum, factor[r], *source[r].add(i));
                }
                out.add(i).write(sum);
                i += 1;
            }
        }
        j += rows;
    }
}
