//! Running a program over the arrays of one call.

use std::ops::Range;

use smallvec::SmallVec;
use tnp_backend::{Arg, Device, Outputs, Result, Tensor, TensorType, Warning, warn};
use tnp_shape::Layout;

use super::folds::{self, Accumulators};
use super::line::Line;
use super::loops::{Cursor, Form, Loops, Operand};
use super::program::Program;
use super::scratch::Scratch;
use crate::backend::{fresh, fresh_like, reusable, strided, strided_mut};
use crate::elementwise::pack::{Block, end_streaming, pack, scatter, stream};
use crate::elementwise::{SharedFaults, fill};
use crate::faults::take_division_by_zero;
use crate::load::Shared;
use crate::threads::parallel_for;

/// Tenths of a nanosecond of work worth handing to a thread.
const GRAIN: usize = 500_000;
/// Elements of contiguous arrays that are worked through at once, without asking for threads.
const AT_ONCE: usize = 16 * 1024;
/// Parts that the work for few results is split into, at most.
const PARTS: usize = 64;
/// Bytes of an output from which on it bypasses the caches.
const STREAM_FROM: usize = 16 << 20;

/// Runs a program.
pub(super) fn run(
    device: Device,
    program: &Program,
    types: &[TensorType],
    inputs: &[Arg<'_>],
) -> Result<Outputs> {
    let (outputs, staged) = outputs(device, program, types, inputs)?;
    let tensors: SmallVec<[&Tensor; 8]> = inputs.iter().map(|arg| arg.tensor).collect();
    let size = program.shape.iter().product();
    // SAFETY: tensors reach live memory; outputs are fresh, or donated with their own layout and then staged.
    unsafe { run_into(program, &outputs, &staged, &tensors, size)? };
    report(program);
    Ok(outputs)
}

/// Runs a program of `size` elements into outputs that are there already.
///
/// # Safety
/// Nobody else uses the outputs; they lie apart from the inputs, but for those `staged`, which may lie where an input of the
/// same layout and element size does.
pub(super) unsafe fn run_into(
    program: &Program,
    outputs: &[Tensor],
    staged: &[bool],
    inputs: &[&Tensor],
    size: usize,
) -> Result<()> {
    if (1..=AT_ONCE).contains(&size)
        && program.folds.is_empty()
        && inputs.iter().all(|x| x.layout.is_contiguous())
    {
        let mut line = Line::new(program, size);
        for (at, x) in inputs.iter().enumerate() {
            let array = strided(x)?;
            let start = array.layout.offset() * array.dtype.itemsize();
            line.reads(at, array.ptr.wrapping_add(start));
        }
        for (at, tensor) in outputs.iter().enumerate() {
            let array = strided_mut(tensor)?;
            let start = array.layout.offset() * array.dtype.itemsize();
            line.writes(at, array.ptr.wrapping_add(start), staged[at]);
        }
        // SAFETY: everything is contiguous; the rest is the caller's promise.
        unsafe { line.run(size, false) };
        return Ok(());
    }
    let mut operands: SmallVec<[Operand<'_>; 8]> = SmallVec::new();
    let plain = program.outputs.len();
    for tensor in &outputs[..plain] {
        operands.push(written(tensor)?);
    }
    for x in inputs {
        let array = strided(x)?;
        operands.push(Operand {
            ptr: array.ptr,
            layout: array.layout,
            size: array.dtype.itemsize(),
        });
    }
    for tensor in &outputs[plain..] {
        operands.push(written(tensor)?);
    }
    // SAFETY: as the caller promises.
    unsafe {
        if size == 0 {
            return nothing(program, &outputs[plain..]);
        }
        let call = Call {
            program,
            loops: &Loops::new(program, &operands),
            staged,
            streams: streams(program, size),
        };
        call.run(size);
    }
    Ok(())
}

/// Warns of divisions by zero.
#[inline]
pub(super) fn report(program: &Program) {
    if let Some(name) = program.divides
        && take_division_by_zero()
    {
        warn(Warning::DivideByZero, name);
    }
}

fn written(tensor: &Tensor) -> Result<Operand<'_>> {
    let array = strided_mut(tensor)?;
    Ok(Operand {
        ptr: array.ptr,
        layout: array.layout,
        size: array.dtype.itemsize(),
    })
}

fn streams(program: &Program, size: usize) -> bool {
    let bytes = |dtype: &tnp_dtype::DType| dtype.itemsize() * size;
    program.outputs.iter().map(bytes).sum::<usize>() >= STREAM_FROM
}

/// Where results go: over donated inputs or into fresh memory; and which overwrite an input.
fn outputs(
    device: Device,
    program: &Program,
    types: &[TensorType],
    inputs: &[Arg<'_>],
) -> Result<(Outputs, SmallVec<[bool; 4]>)> {
    let mut outputs = Outputs::new();
    let mut staged = SmallVec::new();
    let mut left: SmallVec<[Arg<'_>; 8]> =
        inputs.iter().filter(|arg| arg.donated).copied().collect();
    for (at, ty) in types.iter().enumerate() {
        if at >= program.outputs.len() {
            outputs.push(fresh(device, ty)?);
            continue;
        }
        let reused = reusable(&left, ty);
        staged.push(reused.is_some());
        outputs.push(match reused {
            Some(tensor) => {
                left.retain(|arg| !arg.tensor.buffer.same(&tensor.buffer));
                tensor
            }
            None if ty.shape.len() < 2
                || inputs.iter().any(|arg| arg.tensor.layout.is_contiguous()) =>
            {
                fresh(device, ty)?
            }
            None => {
                let layouts: SmallVec<[&Layout; 8]> =
                    inputs.iter().map(|arg| &arg.tensor.layout).collect();
                fresh_like(device, ty, &layouts)?
            }
        });
    }
    Ok((outputs, staged))
}

/// Results of reductions over no elements.
unsafe fn nothing(program: &Program, outputs: &[Tensor]) -> Result<()> {
    for (fold, tensor) in program.folds.iter().zip(outputs) {
        let n = tensor.layout.size();
        if n == 0 {
            continue;
        }
        let to = strided_mut(tensor)?.ptr;
        // SAFETY: the tensor is fresh and contiguous; the row has room for as many of the loops' elements.
        unsafe {
            match fold.narrow {
                None => (fold.kernels.fill)(to, n),
                Some(narrow) => {
                    let mut row = vec![0u128; n];
                    (fold.kernels.fill)(row.as_mut_ptr().cast(), n);
                    narrow(row.as_ptr().cast(), to, n);
                }
            }
        }
    }
    Ok(())
}

/// What the threads of a call share.
struct Call<'a> {
    program: &'a Program,
    loops: &'a Loops,
    /// Outputs that overwrite an input: written when a block is done.
    staged: &'a [bool],
    streams: bool,
}

/// Parts of the folded loops, and the memory for their results.
#[derive(Clone, Copy)]
struct Split {
    parts: usize,
    /// Blocks of a part.
    step: usize,
    /// Elements of a row of results.
    room: usize,
    memory: Shared,
}

impl Split {
    /// Where the results of a reduction's part go; elements take 16 bytes at most.
    fn row(
        &self,
        program: &Program,
        units: usize,
        fold: usize,
        unit: usize,
        part: usize,
    ) -> *mut u8 {
        let width = program.folds[fold].kernels.dtype.itemsize();
        let before = fold * units * self.parts * self.room * 16;
        let own = (unit * self.parts + part) * self.room * width;
        self.memory.at((before + own) as isize)
    }
}

impl Call<'_> {
    unsafe fn run(&self, size: usize) {
        let units = self.loops.kept.positions();
        let blocks = self.loops.folded.positions();
        let work = size * self.program.cost;
        // How the work is split follows from sizes alone, so that results do not depend on the number of threads.
        let parts = match self.loops.form {
            Form::Whole | Form::Columns if units < 32 => (work / GRAIN).clamp(1, PARTS).min(blocks),
            _ => 1,
        };
        if parts > 1 {
            // SAFETY: as the caller promises.
            return unsafe { self.run_split(units, blocks, parts) };
        }
        if let Some(len) = self.loops.line() {
            return self.lines(len);
        }
        let grain = (GRAIN * units).div_ceil(work.max(1)).max(1);
        if units <= grain {
            // SAFETY: as the caller promises.
            return unsafe { self.share(|worker| worker.units(0..units)) };
        }
        let faults = SharedFaults::new();
        parallel_for(units, grain, |range| {
            // SAFETY: as the caller promises; ranges write disjoint parts.
            unsafe { self.share(|worker| worker.units(range)) };
            faults.collect();
        });
        faults.hand_over();
    }

    /// Few results of many elements: parts of the folded loops, then their results.
    unsafe fn run_split(&self, units: usize, blocks: usize, parts: usize) {
        let step = blocks.div_ceil(parts);
        let parts = blocks.div_ceil(step);
        let (_, columns) = self.loops.kept.largest();
        let room = match self.loops.form {
            Form::Columns => columns,
            Form::Map | Form::Rows | Form::Whole => 1,
        };
        let folds = self.program.folds.len();
        let mut memory = vec![0u128; folds * units * parts * room];
        let split = Split {
            parts,
            step,
            room,
            memory: Shared(memory.as_mut_ptr().cast()),
        };
        let faults = SharedFaults::new();
        parallel_for(units * parts, 1, |range| {
            // SAFETY: as the caller promises; each part has a row of its own.
            unsafe {
                self.share(|worker| {
                    for number in range {
                        let (unit, part) = (number / parts, number % parts);
                        let first = part * split.step;
                        let range = first..(first + split.step).min(blocks);
                        let columns = worker.fold(unit, range);
                        for fold in 0..folds {
                            let width = self.program.folds[fold].kernels.dtype.itemsize();
                            let row = split.row(self.program, units, fold, unit, part);
                            let from = worker.folds.result(fold);
                            std::ptr::copy_nonoverlapping(from, row, columns * width);
                        }
                    }
                });
            }
            faults.collect();
        });
        faults.hand_over();
        // SAFETY: the rows hold the parts' results.
        unsafe { self.share(|worker| worker.combine(units, &split)) };
    }

    /// Runs the one loop there is, in runs of whole tiles.
    fn lines(&self, len: usize) {
        let (program, loops) = (self.program, self.loops);
        let outputs = program.outputs.len();
        let tiles = len.div_ceil(program.tile);
        let faults = SharedFaults::new();
        let grain = GRAIN.div_ceil(program.tile * program.cost);
        parallel_for(tiles, grain, |range| {
            let first = range.start * program.tile;
            let count = len.min(range.end * program.tile) - first;
            let mut line = Line::new(program, count);
            for (k, start) in loops.first.iter().enumerate() {
                let at = start.wrapping_offset(loops.column[k] * first as isize);
                match k.checked_sub(outputs) {
                    None => line.writes(k, at.cast_mut(), self.staged[k] || self.streams),
                    // SAFETY: the array has that element.
                    Some(input) if loops.column[k] == 0 => unsafe { line.repeats(input, at) },
                    Some(input) => line.reads(input, at),
                }
            }
            // SAFETY: as the caller of `run` promises; ranges write disjoint parts.
            unsafe { line.run(count, self.streams) };
            faults.collect();
        });
        faults.hand_over();
    }

    /// Runs a thread's share of the work.
    unsafe fn share(&self, work: impl FnOnce(&mut Worker<'_>)) {
        let program = self.program;
        let slots = program.registers() * program.slot();
        let scratch = Scratch::take(slots + folds::bytes(program));
        let mut worker = Worker {
            call: self,
            program,
            loops: self.loops,
            registers: (0..program.registers())
                .map(|register| scratch.start().wrapping_add(register * program.slot()))
                .collect(),
            held: SmallVec::from_elem((std::ptr::null(), 0, 0), program.inputs.len()),
            folds: Accumulators::new(program, scratch.start().wrapping_add(slots)),
            slots: scratch.start(),
        };
        let (rows, columns) = self.loops.largest();
        for (at, literal) in program.constants.iter().enumerate() {
            let register = worker.registers[program.constant_register(at)];
            // SAFETY: a register has room for a tile, and no block is larger.
            unsafe { fill(register, literal.as_bytes(), rows * columns) };
        }
        work(&mut worker);
        if self.streams {
            end_streaming();
        }
        scratch.give_back();
    }
}

/// A block: where it lies in each operand, and its size.
struct Tile {
    at: SmallVec<[*const u8; 8]>,
    rows: usize,
    columns: usize,
}

/// What an input's register holds: source, rows, columns.
type Held = (*const u8, usize, usize);

/// One thread at work on a call.
struct Worker<'a> {
    call: &'a Call<'a>,
    program: &'a Program,
    loops: &'a Loops,
    registers: SmallVec<[*mut u8; 16]>,
    held: SmallVec<[Held; 8]>,
    folds: Accumulators<'a>,
    slots: *mut u8,
}

impl Worker<'_> {
    fn slot(&self, register: usize) -> *mut u8 {
        self.slots.wrapping_add(register * self.program.slot())
    }

    /// Runs these of the blocks of what is kept, each with all that is folded into it.
    unsafe fn units(&mut self, range: Range<usize>) {
        let loops = self.loops;
        let operands = loops.sizes.len();
        if loops.form == Form::Map {
            let mut cursor = Cursor::new(&loops.kept, operands, range.start);
            for _ in range {
                let (rows, columns) = cursor.extent();
                // SAFETY: as the caller promises.
                unsafe {
                    let block = self.place(&cursor.at, None, rows, columns);
                    self.compute(&block);
                    self.store(&block);
                }
                cursor.advance();
            }
            return;
        }
        let blocks = loops.folded.positions();
        let plain = operands - self.program.folds.len();
        let mut cursor = Cursor::new(&loops.kept, operands, range.start);
        for unit in range {
            // SAFETY: as the caller promises.
            unsafe {
                let results = self.fold(unit, 0..blocks);
                for number in 0..self.program.folds.len() {
                    let k = plain + number;
                    let to = loops.first[k].cast_mut().wrapping_offset(cursor.at[k]);
                    let step = match loops.form {
                        Form::Columns => loops.column[k],
                        Form::Map | Form::Rows | Form::Whole => loops.row[k],
                    };
                    let from = self.folds.result(number);
                    self.folds.store(number, from, (to, step), results);
                }
            }
            cursor.advance();
        }
    }

    /// Folds these of the folded blocks for one block of what is kept; returns how many results there are.
    unsafe fn fold(&mut self, unit: usize, range: Range<usize>) -> usize {
        let loops = self.loops;
        let program = self.program;
        let operands = loops.sizes.len();
        let kept = Cursor::new(&loops.kept, operands, unit);
        let mut folded = Cursor::new(&loops.folded, operands, range.start);
        let (kept_rows, kept_columns) = kept.extent();
        // SAFETY: as the caller promises; registers of folds hold what the block computed.
        unsafe {
            match loops.form {
                Form::Columns => self.folds.start_rows(kept_columns),
                Form::Map | Form::Rows | Form::Whole => self.folds.start(),
            }
            for _ in range {
                let (rows, columns) = folded.extent();
                let (rows, columns) = (rows * kept_rows, columns * kept_columns);
                let block = self.place(&kept.at, Some(&folded.at), rows, columns);
                self.compute(&block);
                let registers = &self.registers;
                let register = |k: usize| registers[program.folds[k].register].cast_const();
                match loops.form {
                    Form::Rows => {
                        for (number, fold) in program.folds.iter().enumerate() {
                            let row = (columns * fold.kernels.dtype.itemsize()) as isize;
                            let to = self.folds.result(number);
                            (fold.kernels.runs)(register(number), row, rows, columns, to);
                        }
                    }
                    Form::Columns => self.folds.add_rows(rows, columns, register),
                    Form::Map | Form::Whole => self.folds.add(rows * columns, register),
                }
                // After folding: an output may overwrite what is folded.
                self.store(&block);
                folded.advance();
            }
            match loops.form {
                Form::Columns => {
                    self.folds.finish_rows(kept_columns);
                    kept_columns
                }
                Form::Rows => kept_rows,
                Form::Map | Form::Whole => {
                    self.folds.finish();
                    1
                }
            }
        }
    }

    /// Combines the results of parts and writes them.
    unsafe fn combine(&mut self, units: usize, split: &Split) {
        let loops = self.loops;
        let operands = loops.sizes.len();
        let plain = operands - self.program.folds.len();
        let mut cursor = Cursor::new(&loops.kept, operands, 0);
        for unit in 0..units {
            let columns = match loops.form {
                Form::Columns => cursor.extent().1,
                Form::Map | Form::Rows | Form::Whole => 1,
            };
            for (number, fold) in self.program.folds.iter().enumerate() {
                let k = plain + number;
                let rows = split.row(self.program, units, number, unit, 0);
                let row = (split.room * fold.kernels.dtype.itemsize()) as isize;
                let to = loops.first[k].cast_mut().wrapping_offset(cursor.at[k]);
                let result = self.folds.result(number);
                // SAFETY: the parts' rows lie one after another.
                unsafe {
                    if loops.form == Form::Columns {
                        (fold.kernels.fill)(result, columns);
                        (fold.kernels.rows)(rows, row, split.parts, columns, result);
                    } else {
                        (fold.kernels.runs)(rows, 0, 1, split.parts, result);
                    }
                    self.folds
                        .store(number, result, (to, loops.column[k]), columns);
                }
            }
            cursor.advance();
        }
    }

    /// Where a block lies in each operand.
    fn place(&self, kept: &[isize], folded: Option<&[isize]>, rows: usize, columns: usize) -> Tile {
        let mut at: SmallVec<[*const u8; 8]> = SmallVec::new();
        for (k, first) in self.loops.first.iter().enumerate() {
            let more = folded.map_or(0, |at| at[k]);
            at.push(first.wrapping_offset(kept[k] + more));
        }
        Tile { at, rows, columns }
    }

    /// Computes a block: loads inputs and runs the kernels. Results lie in registers, which are the outputs' memory where that is
    /// contiguous and no input.
    unsafe fn compute(&mut self, tile: &Tile) {
        let program = self.program;
        let outputs = program.outputs.len();
        for k in 0..outputs {
            let register = program.output_register(k);
            let direct = self.whole(tile, k) && !self.call.staged[k] && !self.call.streams;
            self.registers[register] = match direct {
                true => tile.at[k].cast_mut(),
                false => self.slot(register),
            };
        }
        for input in 0..program.inputs.len() {
            let k = outputs + input;
            let from = tile.at[k];
            if self.whole(tile, k) {
                self.registers[input] = from.cast_mut();
                continue;
            }
            let slot = self.slot(input);
            self.registers[input] = slot;
            let held = (from, tile.rows, tile.columns);
            if self.held[input] != held {
                self.held[input] = held;
                let row = tile.columns * self.loops.sizes[k];
                // SAFETY: the input holds the block, the register a tile.
                unsafe { pack(from, slot, row, self.rectangle(tile, k)) };
            }
        }
        let n = tile.rows * tile.columns;
        for code in &program.codes {
            // SAFETY: registers hold `n` elements of the kernels' dtypes.
            unsafe { code.run(&self.registers, n) };
        }
    }

    /// Writes the outputs of a block that are not where they belong yet.
    unsafe fn store(&self, tile: &Tile) {
        for k in 0..self.program.outputs.len() {
            let register = self.registers[self.program.output_register(k)].cast_const();
            let to = tile.at[k].cast_mut();
            if register == to.cast_const() {
                continue;
            }
            let bytes = tile.rows * tile.columns * self.loops.sizes[k];
            // SAFETY: the output holds the block.
            unsafe {
                if !self.whole(tile, k) {
                    scatter(register, to, self.rectangle(tile, k));
                } else if self.call.streams {
                    stream(register, to, bytes);
                } else {
                    std::ptr::copy_nonoverlapping(register, to, bytes);
                }
            }
        }
    }

    /// Whether a block is one contiguous run of the operand.
    #[inline]
    fn whole(&self, tile: &Tile, k: usize) -> bool {
        let size = self.loops.sizes[k] as isize;
        (tile.columns == 1 || self.loops.column[k] == size)
            && (tile.rows == 1 || self.loops.row[k] == tile.columns as isize * size)
    }

    fn rectangle(&self, tile: &Tile, k: usize) -> Block {
        Block {
            size: self.loops.sizes[k],
            row_step: if tile.rows == 1 { 0 } else { self.loops.row[k] },
            column_step: self.loops.column[k],
            rows: tile.rows,
            columns: tile.columns,
        }
    }
}
