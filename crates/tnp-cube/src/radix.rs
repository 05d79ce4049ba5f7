//! Sorting long lanes by the digits of their keys, from the last to the first: a pass counts each digit's elements tile by tile, adds the
//! counts up, and puts every element in its place. Each pass keeps the order of equal digits, so the sort is stable.
//!
//! Source: N. Satish, M. Harris and M. Garland, "Designing efficient sorting algorithms for manycore GPUs", IPDPS 2009.

use cubecl::ir::ElemType;
use tnp_backend::prim::CumulativeOp;
use tnp_backend::{Result, Tensor, TensorType};
use tnp_dtype::DType;

use crate::code::{
    Memory, U32, U64, V, cell, count, cube, cubes, int, shared, sync_cube, unit, when,
};
use crate::cumulative::scan;
use crate::gpu::{Gpu, index};
use crate::kernel::{Kernel, each, given};
use crate::sort::{key_types, keys};
use crate::types::{load, storage};

/// Bits of a digit, and how many values it has.
const DIGIT: u32 = 4;
const VALUES: u32 = 1 << DIGIT;
/// Units of a cube, and consecutive elements that each of them takes.
const UNITS: u32 = 256;
const EACH: u32 = 8;
/// Elements of a tile.
const TILE: u32 = UNITS * EACH;
/// Bytes that the units of a cube share: numbers for each digit and unit, for each unit, and for each digit.
const SHARED: usize = 4 * (VALUES * UNITS + UNITS + VALUES) as usize;
/// Lanes from this length on are sorted here: shorter ones take fewer passes when their blocks are merged.
const FROM: usize = 8 * TILE as usize;

/// Whether lanes of this length and dtype are sorted here. Complex numbers have keys of several parts, too many digits; and there are devices
/// that have just less memory for a cube than this takes.
pub(crate) fn takes(gpu: &Gpu, dtype: DType, length: usize) -> bool {
    let abilities = &gpu.abilities;
    let fits = abilities.units >= UNITS && abilities.shared >= SHARED;
    length >= FROM && fits && !dtype.is_complex()
}

/// Bits of a dtype's key that differ between elements: how many, and below which.
fn significant(dtype: DType) -> (u32, u32) {
    match dtype {
        DType::Bool => (1, 0),
        // In float32, to which they are widened, their last bits are all alike.
        DType::Float16 => (19, 13),
        DType::BFloat16 => (16, 16),
        other => (8 * other.itemsize() as u32, 0),
    }
}

/// An element's key in its significant bits.
fn narrowed(dtype: DType, key: V) -> V {
    let (bits, below) = significant(dtype);
    let is_widened = dtype.is_signed_integer() && bits < key.width();
    let key = match is_widened {
        // Its zero is in the middle of 32 bits.
        true => key - ((1i128 << (key.width() - 1)) - (1i128 << (bits - 1))),
        false => key,
    };
    key.shr(below)
}

/// Positions that sort lanes which lie one after another, as uint32.
pub(crate) fn order(gpu: &Gpu, lanes: &Tensor, length: usize) -> Result<Tensor> {
    let (size, dtype) = (lanes.layout.size(), lanes.dtype);
    let word = key_types(dtype)[0];
    let key_dtype = match word {
        U64 => DType::UInt64,
        _ => DType::UInt32,
    };
    let fresh = |dtype: DType| gpu.fresh(&TensorType::new(&[size], dtype));
    let (mut sorted, mut positions) = (fresh(key_dtype)?, fresh(DType::UInt32)?);
    let buffers = vec![(storage(dtype), false), (word, true), (U32, true)];
    let kernel = Kernel::new(gpu.target(), ("radix keys", dtype), UNITS, buffers, 3, {
        move |buffers: &[Memory]| {
            each(given(0), UNITS, |i| {
                let key = keys(load(dtype, buffers[0], given(2) + i))[0];
                buffers[1].put(i, narrowed(dtype, key));
                buffers[2].put(i, i - i / given(1) * given(1));
            });
        }
    });
    let scalars = [index(size)?, index(length)?, index(lanes.layout.offset())?];
    gpu.launch(kernel, size, &[lanes], &[&sorted, &positions], &scalars)?;
    let tiles = length.div_ceil(TILE as usize);
    let counts = VALUES as usize * tiles;
    let work = size / length * tiles * UNITS as usize;
    for shift in (0..significant(dtype).0).step_by(DIGIT as usize) {
        let scalars = [index(size / length)?, index(length)?, index(tiles)?, shift];
        let ty = TensorType::new(&[size / length, counts], DType::UInt32);
        let counted = gpu.fresh(&ty)?;
        let buffers = vec![(word, false), (U32, true)];
        let kernel = Kernel::new(gpu.target(), ("radix count", word), UNITS, buffers, 4, {
            move |buffers: &[Memory]| count_digits(word, buffers)
        });
        gpu.launch(kernel, work, &[&sorted], &[&counted], &scalars)?;
        let ends = scan(
            gpu,
            CumulativeOp::Sum,
            false,
            DType::UInt32,
            &counted,
            counts,
        )?;
        let (next, moved) = (fresh(key_dtype)?, fresh(DType::UInt32)?);
        let buffers = vec![
            (word, false),
            (U32, false),
            (U32, false),
            (word, true),
            (U32, true),
        ];
        let kernel = Kernel::new(gpu.target(), ("radix place", word), UNITS, buffers, 4, {
            move |buffers: &[Memory]| place(word, buffers)
        });
        let inputs = [&sorted, &positions, &ends];
        gpu.launch(kernel, work, &inputs, &[&next, &moved], &scalars)?;
        (sorted, positions) = (next, moved);
    }
    Ok(positions)
}

/// A tile that a cube works on: where its lane begins, its number in the lane, and which elements of the lane are its own.
struct Tile {
    lane: V,
    base: V,
    number: V,
    first: V,
    end: V,
}

impl Tile {
    /// Elements of the running unit, in the lane.
    fn mine(&self) -> (V, V) {
        let from = self.first + unit() * EACH;
        (from, (from + EACH).min(self.end))
    }

    /// Where the count of the unit's digit stands: digits of a lane one after another, each with a count for every tile.
    fn counted(&self) -> V {
        (self.lane * VALUES + unit()) * given(2) + self.number
    }
}

/// Runs `body` for each tile of the cube. Scalars: lanes, length of a lane, tiles of a lane, bits below the digit.
fn each_tile(body: impl FnOnce(&Tile)) {
    let (lanes, length, tiles) = (given(0), given(1), given(2));
    count(cube(), lanes * tiles, cubes(), |task| {
        let lane = task / tiles;
        let number = task - lane * tiles;
        let first = number * TILE;
        body(&Tile {
            lane,
            base: lane * length,
            number,
            first,
            end: (first + TILE).min(length),
        });
        sync_cube();
    });
}

fn digit(key: V) -> V {
    let shift = given(3).cast(key.elem());
    key.shr(shift)
        .and(int(i128::from(VALUES - 1), key.elem()))
        .cast(U32)
}

/// What the units of a cube share: for each digit and unit one number, and for each unit another.
#[derive(Clone, Copy)]
struct Tally {
    cells: Memory,
    totals: Memory,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            cells: shared(U32, (VALUES * UNITS) as usize),
            totals: shared(U32, UNITS as usize),
        }
    }

    fn cell_of(digit: V) -> V {
        digit * UNITS + unit()
    }

    /// Counts digits, and adds up: each number becomes how many elements of the tile come before the unit's first with that digit.
    fn fill(self, keys: Memory, tile: &Tile) {
        let (cells, totals, me) = (self.cells, self.totals, unit());
        count(
            me,
            int((VALUES * UNITS).into(), U32),
            int(UNITS.into(), U32),
            |at| {
                cells.put(at, int(0, U32));
            },
        );
        sync_cube();
        let (from, to) = tile.mine();
        count(from, to, int(1, U32), |r| {
            let at = Tally::cell_of(digit(keys.at(tile.base + r)));
            cells.put(at, cells.at(at) + 1);
        });
        sync_cube();
        let own = me * VALUES;
        let total = cell(int(0, U32));
        count(own, own + VALUES, int(1, U32), |at| {
            total.set(total.get() + cells.at(at));
        });
        totals.put(me, total.get());
        sync_cube();
        let mut shift = 1;
        while shift < UNITS {
            let there = me.ge(shift);
            let other = totals.at(there.select(me - shift, me));
            let now = totals.at(me);
            sync_cube();
            totals.put(me, there.select(now + other, now));
            sync_cube();
            shift *= 2;
        }
        let running = cell(totals.at(me) - total.get());
        count(own, own + VALUES, int(1, U32), |at| {
            let here = cells.at(at);
            cells.put(at, running.get());
            running.set(running.get() + here);
        });
        sync_cube();
    }

    /// For the unit whose number is a digit: elements of the tile with a lower one, and with this one.
    fn of_digit(self, tile: &Tile) -> (V, V) {
        let me = unit();
        let start = self.cells.at(me * UNITS);
        let is_last = me.ge(VALUES - 1);
        let next = self.cells.at(is_last.select(me, me + 1) * UNITS);
        let end = is_last.select(tile.end - tile.first, next);
        (start, end - start)
    }
}

/// Buffers: keys, counts.
fn count_digits(word: ElemType, buffers: &[Memory]) {
    debug_assert_eq!(buffers[0].elem(), word);
    let tally = Tally::new();
    each_tile(|tile| {
        tally.fill(buffers[0], tile);
        when(unit().lt(VALUES), || {
            let (_, many) = tally.of_digit(tile);
            buffers[1].put(tile.counted(), many);
        });
    });
}

/// Buffers: keys, positions, counts added up, and where keys and positions go.
fn place(word: ElemType, buffers: &[Memory]) {
    debug_assert_eq!(buffers[3].elem(), word);
    let tally = Tally::new();
    let bases = shared(U32, VALUES as usize);
    each_tile(|tile| {
        tally.fill(buffers[0], tile);
        when(unit().lt(VALUES), || {
            let (start, many) = tally.of_digit(tile);
            // Where the tile's first element of the digit goes, less its number in the tile; it may pass below zero and back.
            bases.put(unit(), buffers[2].at(tile.counted()) - many - start);
        });
        sync_cube();
        let (from, to) = tile.mine();
        count(from, to, int(1, U32), |r| {
            let key = buffers[0].at(tile.base + r);
            let value = digit(key);
            let at = Tally::cell_of(value);
            let rank = tally.cells.at(at);
            tally.cells.put(at, rank + 1);
            let target = tile.base + bases.at(value) + rank;
            buffers[3].put(target, key);
            buffers[4].put(target, buffers[1].at(tile.base + r));
        });
    });
}
