//! Matrix products: strided problems, how they are split among threads, and which kernel takes a piece.
//!
//! Axes and dtypes are behind us here: a [`Problem`] is a batch of `m × k` by `k × n` matrices with one stride per direction.

mod bits;
mod block;
mod number;
pub(crate) mod pack;
mod vector;

pub(crate) use number::{Bit, Number};

use std::sync::Mutex;

use smallvec::SmallVec;

use crate::memory::OutOfMemory;
use crate::threads::{num_threads, parallel_for};

/// Multiply-adds that take about as long as handing a piece to another thread is worth.
const GRAIN: usize = 1 << 18;

/// `out[i] = a[i] · b[i]` over a batch; `out` is contiguous, batch by rows by columns.
pub(crate) struct Problem<T> {
    /// Batch axes, outermost first: size, stride in `a`, stride in `b`.
    pub(crate) batch: SmallVec<[(usize, isize, isize); 4]>,
    pub(crate) one: Product<T>,
}

/// A single product of matrices; all strides in elements.
#[derive(Clone, Copy)]
pub(crate) struct Product<T> {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    pub(crate) a: *const T,
    /// From row to row.
    pub(crate) a_rs: isize,
    /// From column to column.
    pub(crate) a_cs: isize,
    pub(crate) b: *const T,
    pub(crate) b_rs: isize,
    pub(crate) b_cs: isize,
    pub(crate) out: *mut T,
    /// From row to row; columns are neighbours.
    pub(crate) out_rs: usize,
}

// SAFETY: pieces given to threads write disjoint parts of `out` and only read the rest.
unsafe impl<T> Sync for Problem<T> {}

impl<T: Number> Problem<T> {
    /// Computes all products. No size is zero.
    ///
    /// # Safety
    /// Every element the strides reach is readable, `out` holds `batch · m · n` elements that nobody else touches.
    pub(crate) unsafe fn run(&self) -> Result<(), OutOfMemory> {
        let count: usize = self.batch.iter().map(|axis| axis.0).product();
        let one = self.one;
        let work = one.m.saturating_mul(one.n).saturating_mul(one.k);
        if count == 1 && work <= GRAIN {
            // SAFETY: as promised by the caller.
            return unsafe { one.run() };
        }
        let threads = num_threads();
        let per_thread = (work / GRAIN).clamp(1, threads);
        let (down, across) = if count >= 4 * threads {
            (1, 1)
        } else {
            one.grid(per_thread)
        };
        let (tile_m, tile_n) = (one.m.div_ceil(down), one.n.div_ceil(across));
        // Tiles start at whole vectors and register blocks.
        let tile_m = tile_m.next_multiple_of(if down > 1 { 12 } else { 1 });
        let tile_n = tile_n.next_multiple_of(if across > 1 { 64 } else { 1 });
        let (down, across) = (one.m.div_ceil(tile_m), one.n.div_ceil(tile_n));
        let tiles = down * across;
        let failure = Mutex::new(None);
        let grain = (GRAIN / (work / tiles).max(1)).max(1);
        parallel_for(count * tiles, grain, |range| {
            for index in range {
                let (matrix, tile) = (index / tiles, index % tiles);
                let row = tile / across * tile_m;
                let column = tile % across * tile_n;
                // SAFETY: tiles are disjoint and within their matrix.
                let done = unsafe { self.matrix(matrix).tile(row, column, tile_m, tile_n).run() };
                if let Err(error) = done {
                    *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                    return;
                }
            }
        });
        match failure.into_inner().unwrap_or_else(|e| e.into_inner()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The product at a position of the batch.
    fn matrix(&self, index: usize) -> Product<T> {
        let mut one = self.one;
        one.out = one.out.wrapping_add(index * one.m * one.n);
        let mut rest = index;
        for &(size, a_step, b_step) in self.batch.iter().rev() {
            let here = (rest % size) as isize;
            rest /= size;
            one.a = one.a.wrapping_offset(here * a_step);
            one.b = one.b.wrapping_offset(here * b_step);
        }
        one
    }
}

impl<T: Number> Product<T> {
    /// How many tiles down and across make `tiles` of about square shape.
    fn grid(&self, tiles: usize) -> (usize, usize) {
        let mut best = (tiles.min(self.m), 1);
        let mut smallest = usize::MAX;
        for down in 1..=tiles.min(self.m) {
            let across = (tiles / down).min(self.n);
            if down * across < tiles && down > 1 && across > 1 {
                continue;
            }
            // What a tile reads, once for each tile.
            let reads = (self.m / down + self.n / across).saturating_mul(self.k);
            if down * across == tiles && reads < smallest {
                smallest = reads;
                best = (down, across);
            }
        }
        best
    }

    fn tile(&self, row: usize, column: usize, tile_m: usize, tile_n: usize) -> Product<T> {
        Product {
            m: tile_m.min(self.m - row),
            n: tile_n.min(self.n - column),
            a: self.a.wrapping_offset(row as isize * self.a_rs),
            b: self.b.wrapping_offset(column as isize * self.b_cs),
            out: self.out.wrapping_add(row * self.out_rs + column),
            ..*self
        }
    }

    /// Computes the product on this thread.
    ///
    /// # Safety
    /// As for [`Problem::run`].
    #[inline]
    pub(crate) unsafe fn run(&self) -> Result<(), OutOfMemory> {
        let work = self.m * self.n * self.k;
        // SAFETY: passed on.
        unsafe {
            if work <= 128 {
                match self.n {
                    1 => self.tiny::<1>(),
                    2 => self.tiny::<2>(),
                    3 => self.tiny::<3>(),
                    4 => self.tiny::<4>(),
                    _ if work <= 32 => self.tiny::<1>(),
                    _ if self.m == 1 => return vector::matvec(self),
                    _ => return block::product(self),
                }
                return Ok(());
            }
            if self.n == 1 || self.m == 1 {
                return vector::matvec(self);
            }
            if work > T::OWN_LIMIT && T::library(self)? {
                return Ok(());
            }
            block::product(self)
        }
    }

    /// Plain loops over `N` columns at a time, for when the arithmetic is less than any preparation.
    #[inline]
    unsafe fn tiny<const N: usize>(&self) {
        for j in (0..self.n).step_by(N) {
            let first = self.b.wrapping_offset(j as isize * self.b_cs);
            for i in 0..self.m {
                let mut a = self.a.wrapping_offset(i as isize * self.a_rs);
                let mut b = first;
                let mut sums = [T::ZERO; N];
                for _ in 0..self.k {
                    // SAFETY: indices below `m`, `n` (a multiple of `N`) and `k`, which the caller vouches for.
                    unsafe {
                        let factor = *a;
                        for (c, sum) in sums.iter_mut().enumerate() {
                            let b = *b.wrapping_offset(c as isize * self.b_cs);
                            *sum = T::mul_add::<false>(*sum, factor, b);
                        }
                    }
                    a = a.wrapping_offset(self.a_cs);
                    b = b.wrapping_offset(self.b_rs);
                }
                // SAFETY: as above.
                unsafe {
                    self.out
                        .add(i * self.out_rs + j)
                        .cast::<[T; N]>()
                        .write_unaligned(sums)
                };
            }
        }
    }
}
