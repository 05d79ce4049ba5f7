//! How a task is cut into blocks, and what is done with each.

use std::alloc::{Layout as Memory, handle_alloc_error};
use std::cell::Cell;
use std::ops::Range;
use std::ptr::NonNull;

use smallvec::SmallVec;
use tnp_shape::LoopNest;

use super::pack::{Block, pack, scatter, stream};
use super::{Kernel, SharedFaults, Task};
use crate::cast::{CastKernel, cast_kernel};
use crate::threads::parallel_for;

/// Bytes of each operand's tile in an ordinary block: a few of them fit in the first-level cache.
const TILE: usize = 4096;
/// Bytes of a tile that is transposed: wide enough to use whole cache lines on both sides.
const SQUARE: usize = 16 * 1024;
/// Room of a tile, with an offset that keeps tiles off one another's cache sets.
const SLOT: usize = SQUARE + 320;
/// Elements of a block whose operands all lie as the kernel wants them.
const LONG: usize = 32 * 1024;
/// Rows shorter than this are packed together into one run.
const SHORT: usize = 48;
/// Bytes of a plain copy from which on it bypasses the caches, so that writing need not read the lines first. Measured:
/// a quarter faster beyond the last cache, half as fast within it. Results computed into a tile and streamed from there
/// lost at every size, and so did transposed copies.
const STREAM_FROM: usize = 32 << 20;
/// Tenths of a nanosecond of work worth handing to a thread.
const GRAIN: usize = 500_000;
/// Most operands, the output among them.
const OPERANDS: usize = 4;

/// An operand's place and steps, in bytes.
#[derive(Clone, Copy)]
struct Operand {
    first: *const u8,
    size: usize,
    /// Conversion between memory and kernel, and the element size on the kernel's side.
    cast: Option<CastKernel>,
    wide: usize,
    row_step: isize,
    column_step: isize,
}

impl Operand {
    /// Whether elements of a row are neighbours.
    fn dense(&self) -> bool {
        self.column_step == self.size as isize
    }

    /// Whether a row can be used where it lies.
    fn ready(&self) -> bool {
        self.cast.is_none() && self.dense()
    }

    /// Its part of a block.
    fn block(&self, rows: usize, columns: usize) -> Block {
        Block {
            size: self.size,
            row_step: self.row_step,
            column_step: self.column_step,
            rows,
            columns,
        }
    }
}

/// A task cut into blocks. Operand 0 is the output.
struct Plan {
    kernel: Kernel,
    operands: SmallVec<[Operand; OPERANDS]>,
    rows: usize,
    columns: usize,
    block_rows: usize,
    block_columns: usize,
    /// Whether a block must be one contiguous run, because its rows are short.
    joined: bool,
    streams: bool,
    /// Columns of a tile where all operands are used where they lie or are the same along a row; zero otherwise.
    part: usize,
    /// Sizes of the other loops and each operand's steps there, outermost first.
    outer: SmallVec<[(usize, [isize; OPERANDS]); 4]>,
}

// SAFETY: the pointers stand for memory that the task's owner shares with the threads that run it; blocks write disjoint parts.
unsafe impl Sync for Plan {}

/// Runs a task of at least one element.
///
/// # Safety
/// As for `elementwise::run`.
pub(super) unsafe fn run(task: &Task<'_>) {
    let plan = Plan::new(task);
    let blocks = plan.blocks();
    let work = plan.block_rows * plan.block_columns * task.cost.max(1);
    let grain = GRAIN.div_ceil(work.max(1));
    if blocks <= grain {
        // SAFETY: as the caller promises.
        return unsafe { plan.run(0..blocks) };
    }
    let faults = SharedFaults::new();
    parallel_for(blocks, grain, |range| {
        // SAFETY: as the caller promises; ranges are disjoint.
        unsafe { plan.run(range) };
        faults.collect();
    });
    faults.hand_over();
}

impl Plan {
    fn new(task: &Task<'_>) -> Plan {
        let output = &task.output;
        let mut layouts: SmallVec<[_; OPERANDS]> = SmallVec::new();
        layouts.push(output.layout);
        layouts.extend(task.inputs.iter().map(|input| input.array.layout));
        let nest = LoopNest::new(&layouts);
        let column_axis = nest.ndim() - 1;
        let step = |k: usize, axis: usize, size: usize| nest.strides(k)[axis] * size as isize;

        let operand = |k: usize, ptr: *const u8, size: usize, cast, wide| Operand {
            first: ptr.wrapping_add(nest.offset(k) * size),
            size,
            cast,
            wide,
            row_step: 0,
            column_step: step(k, column_axis, size),
        };
        let mut operands: SmallVec<[Operand; OPERANDS]> = SmallVec::new();
        let (given, kept) = (task.given, output.dtype);
        let cast = (given != kept).then(|| cast_kernel(given, kept));
        let size = given.itemsize();
        operands.push(operand(0, output.ptr, kept.itemsize(), cast, size));
        for (k, input) in task.inputs.iter().enumerate() {
            let (kept, taken) = (input.array.dtype, input.taken_as);
            let cast = (kept != taken).then(|| cast_kernel(kept, taken));
            let (ptr, size) = (input.array.ptr, kept.itemsize());
            operands.push(operand(k + 1, ptr, size, cast, taken.itemsize()));
        }

        // An operand that takes larger steps along the columns than along another axis is read through squares of both.
        let turned = operands.iter().enumerate().find_map(|(k, operand)| {
            let along = operand.column_step.unsigned_abs();
            (0..column_axis)
                .filter(|&axis| nest.dims()[axis] > 1 && nest.strides(k)[axis] != 0)
                .min_by_key(|&axis| nest.strides(k)[axis].unsigned_abs())
                .filter(|&axis| step(k, axis, operand.size).unsigned_abs() < along.min(64))
        });
        let row_axis = turned.or(column_axis.checked_sub(1));
        let mut outer = SmallVec::new();
        for axis in 0..column_axis {
            if Some(axis) == row_axis {
                for (k, operand) in operands.iter_mut().enumerate() {
                    operand.row_step = step(k, axis, operand.size);
                }
            } else {
                let mut steps = [0; OPERANDS];
                for (k, (slot, operand)) in steps.iter_mut().zip(&operands).enumerate() {
                    *slot = step(k, axis, operand.size);
                }
                outer.push((nest.dims()[axis], steps));
            }
        }
        let mut plan = Plan {
            kernel: task.kernel,
            operands,
            rows: row_axis.map_or(1, |axis| nest.dims()[axis]),
            columns: nest.inner_len(),
            block_rows: 1,
            block_columns: 1,
            joined: false,
            streams: false,
            part: 0,
            outer,
        };
        plan.cut(turned.is_some());
        plan
    }

    /// How often the outer loops run.
    fn repeats(&self) -> usize {
        self.outer.iter().map(|(dim, _)| dim).product()
    }

    /// Chooses the size of the blocks.
    fn cut(&mut self, turned: bool) {
        let widest = (self.operands.iter())
            .map(|operand| operand.size.max(operand.wide))
            .max()
            .unwrap_or(1);
        let output = self.operands[0];
        let bytes = self.rows * self.columns * self.repeats() * output.size;
        let copies = matches!(self.kernel, Kernel::Copy);
        self.streams = copies
            && bytes >= STREAM_FROM
            && self.columns * output.size >= TILE
            && self.operands.iter().all(Operand::dense);
        if turned {
            let most = SQUARE / widest;
            let side = (most as f64).sqrt() as usize & !15;
            self.block_columns = self.columns.min(side);
            self.block_rows = self.rows.min(most / self.block_columns);
            self.joined = self.columns < SHORT;
            return;
        }
        let in_tile = TILE / widest;
        if self.columns < SHORT && self.rows > 1 {
            self.joined = true;
            self.block_columns = self.columns;
            self.block_rows = self.rows.min(in_tile / self.columns);
            return;
        }
        let ready = self.operands.iter().all(Operand::ready);
        // Few blocks, each run in parts beside the same tile of a scalar.
        let scalar = |operand: &Operand| operand.ready() || operand.column_step == 0;
        if !ready
            && self.columns > in_tile
            && self.operands[0].ready()
            && self.operands.iter().all(scalar)
        {
            self.part = 2 * in_tile;
        }
        let most = match ready || self.part != 0 {
            true => LONG,
            false => in_tile,
        };
        self.block_columns = self.columns.min(most);
        if self.block_columns == self.columns {
            self.block_rows = self.rows.min((in_tile / self.columns).max(1));
        }
    }

    /// Blocks along rows and along columns.
    fn grid(&self) -> (usize, usize) {
        (
            self.rows.div_ceil(self.block_rows),
            self.columns.div_ceil(self.block_columns),
        )
    }

    fn blocks(&self) -> usize {
        let (down, across) = self.grid();
        down * across * self.repeats()
    }

    /// Runs these of the blocks, which are counted column by column, then row by row, then along the outer loops.
    unsafe fn run(&self, range: Range<usize>) {
        let (down, across) = self.grid();
        let (mut column, rest) = (range.start % across, range.start / across);
        let (mut row, mut rest) = (rest % down, rest / down);
        let mut counter: SmallVec<[usize; 4]> = SmallVec::from_elem(0, self.outer.len());
        let mut starts = [std::ptr::null::<u8>(); OPERANDS];
        for (start, operand) in starts.iter_mut().zip(&self.operands) {
            *start = operand.first;
        }
        for (index, (dim, steps)) in counter.iter_mut().zip(&self.outer).rev() {
            *index = rest % dim;
            rest /= dim;
            for (start, step) in starts.iter_mut().zip(steps) {
                *start = start.wrapping_offset(step * *index as isize);
            }
        }
        let mut tiles = Tiles::take();
        for _ in range {
            let (first_row, first_column) = (row * self.block_rows, column * self.block_columns);
            let rows = self.block_rows.min(self.rows - first_row);
            let columns = self.block_columns.min(self.columns - first_column);
            let mut here = starts;
            for (at, operand) in here.iter_mut().zip(&self.operands) {
                let down = operand.row_step * first_row as isize;
                let across = operand.column_step * first_column as isize;
                *at = at.wrapping_offset(down + across);
            }
            // SAFETY: the block lies within the operands.
            unsafe { self.block(&here, rows, columns, &mut tiles) };
            column += 1;
            if column < across {
                continue;
            }
            column = 0;
            row += 1;
            if row < down {
                continue;
            }
            row = 0;
            for (index, (dim, steps)) in counter.iter_mut().zip(&self.outer).rev() {
                *index += 1;
                let wraps = *index == *dim;
                let moved = if wraps { 1 - *dim as isize } else { 1 };
                for (start, step) in starts.iter_mut().zip(steps) {
                    *start = start.wrapping_offset(step * moved);
                }
                if !wraps {
                    break;
                }
                *index = 0;
            }
        }
        tiles.give_back();
        if self.streams {
            super::pack::end_streaming();
        }
    }

    /// Loads a block of each input, runs the kernel, stores the result.
    unsafe fn block(
        &self,
        here: &[*const u8; OPERANDS],
        rows: usize,
        columns: usize,
        tiles: &mut Tiles,
    ) {
        let output = &self.operands[0];
        let dst = here[0].cast_mut();
        if matches!(self.kernel, Kernel::Copy) {
            // SAFETY: as the caller promises.
            return unsafe { self.copy(here[1], dst, rows, columns, tiles) };
        }
        let mut inputs = [std::ptr::null(); 3];
        let mut steps = [0isize; 3];
        let mut one_run = true;
        for (k, operand) in self.operands.iter().enumerate().skip(1) {
            // SAFETY: as the caller promises.
            (inputs[k - 1], steps[k - 1]) = unsafe { self.load(k, here[k], rows, columns, tiles) };
            one_run &= steps[k - 1] == (columns * operand.wide) as isize;
        }
        if self.part != 0 {
            // SAFETY: as the caller promises; such blocks are of one row, and the output lies as the kernel wants it.
            return unsafe { self.parts(inputs, dst, columns) };
        }
        let wide_row = (columns * output.wide) as isize;
        let whole = rows == 1 || output.row_step == (columns * output.size) as isize;
        let in_place = output.ready() && (whole || !self.joined);
        let (result, result_step) = match in_place {
            true => (dst, output.row_step),
            false => (tiles.slot(0), wide_row),
        };
        // SAFETY: operands hold the block, tiles hold `rows * columns` elements of any size.
        unsafe {
            if rows == 1 || (one_run && result_step == wide_row) {
                self.kernel.call(&inputs, result, rows * columns);
            } else {
                for row in 0..rows as isize {
                    let mut at = inputs;
                    for (at, step) in at.iter_mut().zip(steps) {
                        *at = at.wrapping_offset(row * step);
                    }
                    let to = result.wrapping_offset(row * result_step);
                    self.kernel.call(&at, to, columns);
                }
            }
            if in_place {
                return;
            }
            let mut ready = result.cast_const();
            if let Some(cast) = output.cast {
                if whole && output.dense() {
                    return cast(ready, dst, rows * columns);
                }
                let narrow = tiles.slot(OPERANDS);
                cast(ready, narrow, rows * columns);
                ready = narrow;
            }
            scatter(ready, dst, output.block(rows, columns));
        }
    }

    /// A row in parts: what lies in memory moves on, the tiles of scalars stay.
    unsafe fn parts(&self, inputs: [*const u8; 3], dst: *mut u8, columns: usize) {
        let mut first = 0;
        while first < columns {
            let count = self.part.min(columns - first);
            let mut from = inputs;
            for (from, operand) in from.iter_mut().zip(&self.operands[1..]) {
                if operand.ready() {
                    *from = from.wrapping_add(first * operand.wide);
                }
            }
            let to = dst.wrapping_add(first * self.operands[0].wide);
            // SAFETY: operands hold the row, tiles `part` elements.
            unsafe { self.kernel.call(&from, to, count) };
            first += count;
        }
    }

    /// A block of an input as the kernel takes it: the first row, and the step from row to row.
    unsafe fn load(
        &self,
        k: usize,
        src: *const u8,
        rows: usize,
        columns: usize,
        tiles: &mut Tiles,
    ) -> (*const u8, isize) {
        let operand = &self.operands[k];
        let row = (columns * operand.size) as isize;
        let step = if rows == 1 { row } else { operand.row_step };
        let whole = operand.dense() && step == row;
        if operand.ready() && (whole || !self.joined) {
            return (src, step);
        }
        let (columns, whole) = match self.part {
            0 => (columns, whole),
            part => (part, false),
        };
        // Rows that are all the same are packed once.
        let repeats = rows > 1 && operand.row_step == 0 && !self.joined;
        let packed = if repeats { 1 } else { rows };
        let tile = tiles.slot(k);
        let tile_step = match repeats {
            true => 0,
            false => (columns * operand.wide) as isize,
        };
        let key = (src, packed, columns);
        if tiles.holds[k] == key {
            return (tile, tile_step);
        }
        tiles.holds[k] = key;
        let block = operand.block(packed, columns);
        // SAFETY: the source holds the block, each tile as many elements.
        unsafe {
            match operand.cast {
                Some(cast) if whole || (packed == 1 && operand.dense()) => {
                    cast(src, tile, packed * columns);
                }
                Some(cast) => {
                    let narrow = tiles.slot(OPERANDS + k);
                    pack(src, narrow, columns * operand.size, block);
                    cast(narrow, tile, packed * columns);
                }
                None => pack(src, tile, columns * operand.size, block),
            }
        }
        (tile, tile_step)
    }

    /// A block of a copy: straight from source to output where the output's rows are contiguous.
    unsafe fn copy(
        &self,
        src: *const u8,
        dst: *mut u8,
        rows: usize,
        columns: usize,
        tiles: &mut Tiles,
    ) {
        let (output, input) = (&self.operands[0], &self.operands[1]);
        let row_bytes = columns * output.size;
        let block = input.block(rows, columns);
        // SAFETY: source and output hold the block, the tile as many elements.
        unsafe {
            if src == dst.cast_const() {
                // Only an array of the same layout may lie there.
            } else if self.streams {
                for row in 0..rows as isize {
                    let to = dst.wrapping_offset(row * output.row_step);
                    stream(src.wrapping_offset(row * input.row_step), to, row_bytes);
                }
            } else if output.dense() {
                pack(src, dst, output.row_step as usize, block);
            } else {
                let tile = tiles.slot(1);
                pack(src, tile, row_bytes, block);
                scatter(tile, dst, output.block(rows, columns));
            }
        }
    }
}

thread_local! {
    static SPARE: Cell<Option<Tiles>> = const { Cell::new(None) };
}

/// What a tile holds: source, rows, columns.
type Held = (*const u8, usize, usize);
const NOTHING: Held = (std::ptr::null(), 0, 0);

/// Scratch memory of a thread: a tile for each operand on the kernel's side and one on the memory's.
struct Tiles {
    memory: NonNull<u8>,
    /// What the tiles on the kernel's side hold.
    holds: [Held; OPERANDS],
}

impl Tiles {
    const MEMORY: Memory = match Memory::from_size_align(2 * OPERANDS * SLOT, 64) {
        Ok(memory) => memory,
        Err(_) => panic!("a small power of two"),
    };

    fn take() -> Tiles {
        let mut tiles = SPARE.take().unwrap_or_else(|| {
            // SAFETY: the size is not zero.
            let memory = unsafe { std::alloc::alloc(Tiles::MEMORY) };
            let Some(memory) = NonNull::new(memory) else {
                handle_alloc_error(Tiles::MEMORY)
            };
            Tiles {
                memory,
                holds: [NOTHING; OPERANDS],
            }
        });
        tiles.holds = [NOTHING; OPERANDS];
        tiles
    }

    fn give_back(self) {
        SPARE.set(Some(self));
    }

    fn slot(&self, k: usize) -> *mut u8 {
        debug_assert!(k < 2 * OPERANDS);
        self.memory.as_ptr().wrapping_add(k * SLOT)
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `take`.
        unsafe { std::alloc::dealloc(self.memory.as_ptr(), Tiles::MEMORY) }
    }
}
