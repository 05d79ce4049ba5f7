//! Sorting along an axis, stable and with NaN last: blocks in a cube's shared memory by Batcher's bitonic network, then runs
//! merged pairwise, each element finding its place by searching the other run. Long lanes of one number each go by digits (`radix.rs`).
//!
//! What is sorted are unsigned integers in the elements' order, with each element's position; equal ones keep their order
//! because positions decide. Values are fetched at the end.

use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;

use crate::code::{
    F64, I64, Memory, U32, U64, V, cell, count, cube, cubes, int, shared, sync_cube, truth, unit,
    when, while_,
};
use crate::cumulative::{last, unmoved};
use crate::elementwise::compact;
use crate::gpu::{Gpu, index, one};
use crate::kernel::{Kernel, each, given};
use crate::radix;
use crate::types::{Val, float_bits, is_nan, is_zero, load, register, storage, store};

/// Elements of a block, two for each unit.
const BLOCK: u32 = 512;

/// Words that make up a key: 64 bits each where a part is that wide.
pub(crate) fn key_types(dtype: DType) -> Vec<cubecl::ir::ElemType> {
    let part = match register(dtype) {
        elem if elem.size() == 8 => U64,
        _ => U32,
    };
    match dtype.is_complex() {
        // Which parts are NaN goes first.
        true => vec![U32, part, part],
        false => vec![part],
    }
}

/// Unsigned integers that compare as the elements do, part by part.
pub(crate) fn keys(x: Val) -> Vec<V> {
    match x {
        Val::One(x) => vec![key(x)],
        Val::Two(re, im) => {
            let (a, b) = (is_nan(re), is_nan(im));
            let class = a.select(int(2, U32), 0) + b.select(int(1, U32), 0);
            vec![class, key(re), key(im)]
        }
    }
}

fn key(x: V) -> V {
    if x.elem() == crate::code::BOOL {
        return x.select(int(1, U32), 0);
    }
    if !x.is_float() {
        let to = if x.width() == 64 { U64 } else { U32 };
        let bits = x.cast(to);
        return match x.is_signed() {
            true => bits.xor(1i128 << (x.width() - 1)),
            false => bits,
        };
    }
    let top = 1i128 << (x.width() - 1);
    let bits = float_bits(x);
    let ordered = bits.and(top).ne(0).select(bits.not(), bits.or(top));
    // Zeros are equal whatever their sign, NaNs equal and last.
    let ordered = is_zero(x).select(ordered.like(top), ordered);
    let all = if x.elem() == F64 {
        u64::MAX as i128
    } else {
        u32::MAX as i128
    };
    is_nan(x).select(ordered.like(all), ordered)
}

/// `a < b`, the first difference deciding.
pub(crate) fn before(a: &[V], b: &[V]) -> V {
    let mut result = truth(false);
    for (&x, &y) in a.iter().zip(b).rev() {
        result = x.lt(y).or(x.eq(y).and(result));
    }
    result
}

/// Positions that sort lanes which lie one after another, as uint32.
pub(crate) fn order(gpu: &Gpu, lanes: &Tensor, length: usize) -> Result<Tensor> {
    let size = lanes.layout.size();
    let dtype = lanes.dtype;
    let parts = key_types(dtype);
    index(size)?;
    if radix::takes(gpu, dtype, length) {
        return radix::order(gpu, lanes, length);
    }
    let fresh_keys = || -> Result<Vec<Tensor>> {
        let words = |elem: &cubecl::ir::ElemType| match elem.size() {
            8 => DType::UInt64,
            _ => DType::UInt32,
        };
        let mut all = Vec::new();
        for elem in &parts {
            all.push(gpu.fresh(&TensorType::new(&[size], words(elem)))?);
        }
        all.push(gpu.fresh(&TensorType::new(&[size], DType::UInt32))?);
        Ok(all)
    };
    let mut sorted = fresh_keys()?;
    let units = BLOCK / 2;
    let blocks = length.div_ceil(BLOCK as usize);
    let mut buffers = vec![(storage(dtype), false)];
    let types: Vec<_> = parts.iter().copied().chain([U32]).collect();
    buffers.extend(types.iter().map(|&elem| (elem, true)));
    let scalars = [
        index(size / length)?,
        index(length)?,
        index(blocks)?,
        index(lanes.layout.offset())?,
    ];
    let kernel = Kernel::new(gpu.target(), ("sort blocks", dtype), units, buffers, 4, {
        let types = types.clone();
        move |buffers: &[Memory]| sort_blocks(dtype, &types, buffers)
    });
    let outputs: Vec<&Tensor> = sorted.iter().collect();
    let work = size / length * blocks * units as usize;
    gpu.launch(kernel, work, &[lanes], &outputs, &scalars)?;
    let mut run = BLOCK as usize;
    while run < length {
        let merged = fresh_keys()?;
        let mut buffers: Vec<_> = types.iter().map(|&elem| (elem, false)).collect();
        buffers.extend(types.iter().map(|&elem| (elem, true)));
        let count = types.len();
        let units = gpu.abilities.units.min(256);
        let kernel = Kernel::new(gpu.target(), ("sort merge", &types), units, buffers, 3, {
            move |buffers: &[Memory]| merge(units, buffers.split_at(count))
        });
        let inputs: Vec<&Tensor> = sorted.iter().collect();
        let outputs: Vec<&Tensor> = merged.iter().collect();
        let scalars = [index(size)?, index(length)?, index(run)?];
        gpu.launch(kernel, size, &inputs, &outputs, &scalars)?;
        sorted = merged;
        run *= 2;
    }
    Ok(sorted.remove(parts.len()))
}

/// Scalars: lanes, length, blocks of a lane, offset.
fn sort_blocks(dtype: DType, types: &[cubecl::ir::ElemType], buffers: &[Memory]) {
    let (x, outputs) = (buffers[0], &buffers[1..]);
    let tile: Vec<Memory> = types
        .iter()
        .map(|&elem| shared(elem, BLOCK as usize))
        .collect();
    let (lanes, length, blocks) = (given(0), given(1), given(2));
    count(cube(), lanes * blocks, cubes(), |task| {
        let lane = task / blocks;
        let first = (task - lane * blocks) * BLOCK;
        let me = unit();
        for half in 0..2u32 {
            let slot = me + half * (BLOCK / 2);
            let at = first + slot;
            let inside = at.lt(length);
            let place = given(3) + lane * length + inside.select(at, 0);
            let mut all = keys(load(dtype, x, place));
            // Positions beyond the lane decide last, so what is beyond comes last.
            all.push(at);
            for (&memory, value) in tile.iter().zip(all) {
                let most = if value.elem() == U64 {
                    u64::MAX as i128
                } else {
                    u32::MAX as i128
                };
                let padded = match value.0 == at.0 {
                    true => value,
                    false => inside.select(value, most),
                };
                memory.put(slot, padded);
            }
        }
        sync_cube();
        let (size, stride) = (cell(int(2, U32)), cell(int(1, U32)));
        while_(
            || size.get().le(BLOCK),
            || {
                let step = stride.get();
                let low = me.and(step - 1);
                let a = (me - low) * 2 + low;
                let b = a + step;
                let ascending = a.and(size.get()).eq(0);
                let left: Vec<V> = tile.iter().map(|memory| memory.at(a)).collect();
                let right: Vec<V> = tile.iter().map(|memory| memory.at(b)).collect();
                let swap = before(&right, &left).eq_truth(ascending);
                when(swap, || {
                    for ((&memory, &x), &y) in tile.iter().zip(&left).zip(&right) {
                        memory.put(a, y);
                        memory.put(b, x);
                    }
                });
                sync_cube();
                // Half the distance, or the next size from its half on.
                let last = step.eq(1);
                stride.set(last.select(size.get(), step.shr(1)));
                size.set(last.select(size.get().shl(1), size.get()));
            },
        );
        for half in 0..2u32 {
            let slot = me + half * (BLOCK / 2);
            let at = first + slot;
            when(at.lt(length), || {
                for (&memory, &output) in tile.iter().zip(outputs) {
                    output.put(lane * length + at, memory.at(slot));
                }
            });
        }
        sync_cube();
    });
}

/// Scalars: elements, length of a lane, length of a sorted run.
fn merge(units: u32, (inputs, outputs): (&[Memory], &[Memory])) {
    each(given(0), units, |i| {
        let (length, run) = (given(1), given(2));
        let lane = i / length;
        let base = lane * length;
        let at = i - base;
        let block = at / run;
        let mine = block * run;
        let left = block.and(1).eq(0);
        let other = left.select(mine + run, mine - run.min(mine));
        let other_start = other.min(length);
        let other_end = (other_start + run).min(length);
        let my_keys: Vec<V> = inputs.iter().map(|memory| memory.at(i)).collect();
        // How many of the other run come before: positions tell equal keys apart.
        let (low, high) = (cell(other_start), cell(other_end));
        while_(
            || low.get().lt(high.get()),
            || {
                let middle = (low.get() + high.get()).shr(1);
                let there: Vec<V> = inputs
                    .iter()
                    .map(|memory| memory.at(base + middle))
                    .collect();
                let comes = before(&there, &my_keys);
                low.set(comes.select(middle + 1, low.get()));
                high.set(comes.select(high.get(), middle));
            },
        );
        let rank = low.get() - other_start;
        let target = base + left.select(mine, other_start.min(mine)) + (at - mine) + rank;
        for (&memory, &key) in outputs.iter().zip(&my_keys) {
            memory.put(target, key);
        }
    });
}

/// The positions of sorted elements.
pub(crate) fn argsort(
    gpu: &Gpu,
    axis: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let output = gpu.fresh(&TensorType::new(
        last(inputs[0].tensor, axis).shape(),
        DType::Int64,
    ))?;
    if ty.size() > 0 {
        let lanes = compact(gpu, &last(inputs[0].tensor, axis))?;
        let order = order(gpu, &lanes, ty.shape[axis])?;
        let units = gpu.abilities.units.min(256);
        let buffers = vec![(U32, false), (I64, true)];
        let kernel = Kernel::new(gpu.target(), "argsort", units, buffers, 1, move |buffers| {
            each(given(0), units, |i| {
                buffers[1].put(i, buffers[0].at(i).cast(I64))
            });
        });
        let size = ty.size();
        gpu.launch(kernel, size, &[&order], &[&output], &[index(size)?])?;
    }
    one(unmoved(output, axis, ty))
}

/// Sorted elements.
pub(crate) fn sort(gpu: &Gpu, axis: usize, inputs: &[Arg<'_>], ty: &TensorType) -> Result<Outputs> {
    let lanes = last(inputs[0].tensor, axis);
    let output = gpu.fresh(&TensorType::new(lanes.shape(), ty.dtype))?;
    if ty.size() > 0 {
        let lanes = compact(gpu, &lanes)?;
        let length = ty.shape[axis];
        let order = order(gpu, &lanes, length)?;
        let dtype = ty.dtype;
        let units = gpu.abilities.units.min(256);
        let buffers = vec![
            (storage(dtype), false),
            (U32, false),
            (storage(dtype), true),
        ];
        let kernel = Kernel::new(gpu.target(), ("sort fetch", dtype), units, buffers, 3, {
            move |buffers: &[Memory]| {
                each(given(0), units, |i| {
                    let lane = i / given(1);
                    let from = given(2) + lane * given(1) + buffers[1].at(i);
                    store(dtype, buffers[2], i, load(dtype, buffers[0], from));
                });
            }
        });
        let size = ty.size();
        let scalars = [index(size)?, index(length)?, index(lanes.layout.offset())?];
        gpu.launch(kernel, size, &[&lanes, &order], &[&output], &scalars)?;
    }
    one(unmoved(output, axis, ty))
}
