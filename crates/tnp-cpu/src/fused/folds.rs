//! Accumulators of a region's reductions: partial results combined in pairs, or rows of them in levels.

use crate::load::scatter;

use super::program::{Fold, Program};

/// Rows added up before their sum moves one level up, so that no chain of additions gets long.
const LEVEL_ROWS: usize = 64;
const LEVELS: usize = 3;
/// Partial results that wait to be combined: a binary counter of any number of blocks.
const STACK: usize = usize::BITS as usize;
/// Bytes of the widest element.
const WIDEST: usize = 16;

/// The accumulators of one result, or of one row of results, of each reduction.
pub(super) struct Accumulators<'a> {
    folds: &'a [Fold],
    memory: *mut u8,
    /// Elements of a row.
    room: usize,
    /// Blocks folded so far.
    blocks: usize,
    filled: [usize; LEVELS],
}

/// Bytes that the accumulators of a program need.
pub(super) fn bytes(program: &Program) -> usize {
    program.folds.len() * each(program.tile)
}

/// Bytes for one reduction: its levels, or its stack, and a row to convert results in.
fn each(room: usize) -> usize {
    (LEVELS + 1) * (room.max(STACK)) * WIDEST
}

impl<'a> Accumulators<'a> {
    /// Accumulators in memory of [`bytes`] bytes.
    pub(super) fn new(program: &'a Program, memory: *mut u8) -> Accumulators<'a> {
        Accumulators {
            folds: &program.folds,
            memory,
            room: program.tile,
            blocks: 0,
            filled: [0; LEVELS],
        }
    }

    fn level(&self, fold: usize, level: usize) -> *mut u8 {
        let width = self.folds[fold].kernels.dtype.itemsize();
        let start = fold * each(self.room) + level * self.room.max(STACK) * width;
        self.memory.wrapping_add(start)
    }

    /// Room for a row of results on their way out.
    fn aside(&self, fold: usize) -> *mut u8 {
        self.level(fold, LEVELS)
    }

    /// Starts on a row of `columns` results.
    ///
    /// # Safety
    /// The memory is live and has the room; `columns` is at most a tile.
    pub(super) unsafe fn start_rows(&mut self, columns: usize) {
        self.filled = [0; LEVELS];
        for (number, fold) in self.folds.iter().enumerate() {
            // SAFETY: a level has room for a tile.
            unsafe { (fold.kernels.fill)(self.level(number, 0), columns) };
        }
    }

    /// Folds the rows of a block into the row of results.
    ///
    /// # Safety
    /// `register(k)` holds `rows * columns` elements of reduction `k`'s dtype.
    pub(super) unsafe fn add_rows(
        &mut self,
        rows: usize,
        columns: usize,
        register: impl Fn(usize) -> *const u8,
    ) {
        let mut done = 0;
        while done < rows {
            // SAFETY: as the caller promises; levels have room for a tile.
            unsafe {
                let count = (LEVEL_ROWS - self.filled[0]).min(rows - done);
                for (number, fold) in self.folds.iter().enumerate() {
                    let row = columns * fold.kernels.dtype.itemsize();
                    let from = register(number).wrapping_add(done * row);
                    let acc = self.level(number, 0);
                    (fold.kernels.rows)(from, row as isize, count, columns, acc);
                }
                self.filled[0] += count;
                done += count;
                if self.filled[0] == LEVEL_ROWS {
                    self.carry(columns);
                }
            }
        }
    }

    /// Moves full levels up.
    unsafe fn carry(&mut self, columns: usize) {
        for level in 0..LEVELS - 1 {
            if self.filled[level] < LEVEL_ROWS {
                return;
            }
            // SAFETY: levels have room for a tile; those filled hold sums.
            unsafe { self.lift(level, columns) };
        }
        // The last level takes any number.
        self.filled[LEVELS - 1] = self.filled[LEVELS - 1].min(LEVEL_ROWS - 1);
    }

    /// Adds a level to the next, and clears it.
    unsafe fn lift(&mut self, level: usize, columns: usize) {
        for (number, fold) in self.folds.iter().enumerate() {
            let (from, to) = (self.level(number, level), self.level(number, level + 1));
            // SAFETY: as above.
            unsafe {
                if self.filled[level + 1] == 0 {
                    (fold.kernels.fill)(to, columns);
                }
                (fold.kernels.rows)(from, 0, 1, columns, to);
                (fold.kernels.fill)(from, columns);
            }
        }
        self.filled[level + 1] += 1;
        self.filled[level] = 0;
    }

    /// The row of results: where reduction `k`'s lies is `result(k)`.
    ///
    /// # Safety
    /// Rows were started.
    pub(super) unsafe fn finish_rows(&mut self, columns: usize) {
        for level in (1..LEVELS).rev() {
            if self.filled[level] > 0 {
                for (number, fold) in self.folds.iter().enumerate() {
                    let (from, to) = (self.level(number, level), self.level(number, 0));
                    // SAFETY: a filled level holds sums.
                    unsafe { (fold.kernels.rows)(from, 0, 1, columns, to) };
                }
            }
        }
    }

    /// Starts on one result.
    pub(super) fn start(&mut self) {
        self.blocks = 0;
    }

    /// Folds a block of `n` elements, combining results of equally many blocks in pairs.
    ///
    /// # Safety
    /// `register(k)` holds `n` elements of reduction `k`'s dtype.
    pub(super) unsafe fn add(&mut self, n: usize, register: impl Fn(usize) -> *const u8) {
        let top = self.blocks.count_ones() as usize;
        self.blocks += 1;
        let carries = self.blocks.trailing_zeros() as usize;
        for (number, fold) in self.folds.iter().enumerate() {
            let width = fold.kernels.dtype.itemsize();
            let stack = self.level(number, 0);
            let mut to = stack.wrapping_add(top * width);
            // SAFETY: as the caller promises; the stack has as many entries as the counter has bits.
            unsafe {
                (fold.kernels.runs)(register(number), 0, 1, n, to);
                for _ in 0..carries {
                    to = to.wrapping_sub(width);
                    (fold.kernels.runs)(to, 0, 1, 2, to);
                }
            }
        }
    }

    /// The one result, left where rows of results lie.
    ///
    /// # Safety
    /// At least one block was added.
    pub(super) unsafe fn finish(&mut self) {
        let top = self.blocks.count_ones() as usize;
        for (number, fold) in self.folds.iter().enumerate() {
            let width = fold.kernels.dtype.itemsize();
            let stack = self.level(number, 0);
            for left in (1..top).rev() {
                let to = stack.wrapping_add((left - 1) * width);
                // SAFETY: entries below `top` hold partial results.
                unsafe { (fold.kernels.runs)(to, 0, 1, 2, to) };
            }
        }
    }

    /// Where reduction `number`'s results lie.
    pub(super) fn result(&self, number: usize) -> *mut u8 {
        self.level(number, 0)
    }

    /// Writes results of a reduction as its own dtype, `step` bytes apart.
    ///
    /// # Safety
    /// `results` holds `n` elements, at most a tile; `to` has the places.
    pub(super) unsafe fn store(
        &self,
        number: usize,
        results: *const u8,
        (to, step): (*mut u8, isize),
        n: usize,
    ) {
        let fold = &self.folds[number];
        let size = fold.dtype.itemsize();
        let step = if n == 1 { size as isize } else { step };
        // SAFETY: as the caller promises.
        unsafe {
            match fold.narrow {
                None => scatter(results, to, step, n, size),
                Some(narrow) => {
                    let aside = self.aside(number);
                    narrow(results, aside, n);
                    scatter(aside, to, step, n, size);
                }
            }
        }
    }
}
