//! Running combinations along an axis.
//!
//! Short lanes are done by one unit each. A long one is cut into parts: a cube combines each part, the totals of the parts are scanned in
//! turn, and then a cube scans each part from what came before it. So elements are read twice and results written once.

use tnp_backend::prim::{Binary, CumulativeOp};
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_dtype::DType;
use tnp_shape::{Dims, Layout, Strides};

use crate::code::{Memory, U32, V, cell, count, cube, cubes, int, sync_cube, truth, unit, when};
use crate::elementwise::UNITS;
use crate::gpu::{Gpu, index, one};
use crate::kernel::{Kernel, each, given};
use crate::types::{Shared, Val, choose, load, storage, store, val_cell};
use crate::{binary, cast};

/// Elements that a unit scans by itself.
const EACH: usize = 8;

fn combine(op: CumulativeOp, dtype: DType, x: Val, y: Val) -> Val {
    let op = match op {
        CumulativeOp::Sum => Binary::Add,
        CumulativeOp::Prod => Binary::Multiply,
        CumulativeOp::Max => Binary::Maximum,
        CumulativeOp::Min => Binary::Minimum,
    };
    binary::binary(op, dtype, x, y)
}

/// The dtype that values combine in: as NumPy does, 16-bit floats in float32.
fn accumulator(dtype: DType) -> DType {
    match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    }
}

/// A running combination.
pub(crate) fn cumulative(
    gpu: &Gpu,
    op: CumulativeOp,
    (axis, reverse): (usize, bool),
    dtype: DType,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let moved = last(inputs[0].tensor, axis);
    let lanes = crate::elementwise::compact(gpu, &moved)?;
    let length = ty.shape[axis];
    let scanned = scan(gpu, op, reverse, dtype, &lanes, length)?;
    one(unmoved(scanned, axis, ty))
}

/// The axis moved to the end.
pub(crate) fn last(x: &Tensor, axis: usize) -> Tensor {
    let moved = |list: &[usize]| -> Dims {
        let mut list = Dims::from_slice(list);
        let dim = list.remove(axis);
        list.push(dim);
        list
    };
    let mut strides = Strides::from_slice(x.layout.strides());
    let along = strides.remove(axis);
    strides.push(along);
    Tensor {
        buffer: x.buffer.clone(),
        layout: Layout::from_parts(moved(x.shape()), strides, x.layout.offset()),
        dtype: x.dtype,
    }
}

/// A contiguous result whose last axis is to be `axis` of the type.
pub(crate) fn unmoved(x: Tensor, axis: usize, ty: &TensorType) -> Tensor {
    let mut shape = ty.shape.clone();
    let dim = shape.remove(axis);
    shape.push(dim);
    let mut strides = Strides::from_slice(Layout::contiguous(&shape).strides());
    if let Some(along) = strides.pop() {
        strides.insert(axis, along);
    }
    Tensor {
        layout: Layout::from_parts(ty.shape.clone(), strides, x.layout.offset()),
        buffer: x.buffer,
        dtype: ty.dtype,
    }
}

/// Scans lanes that lie one after another.
pub(crate) fn scan(
    gpu: &Gpu,
    op: CumulativeOp,
    reverse: bool,
    dtype: DType,
    x: &Tensor,
    length: usize,
) -> Result<Tensor> {
    let size = x.layout.size();
    let output = gpu.fresh(&TensorType::new(x.shape(), dtype))?;
    if size == 0 {
        return Ok(output);
    }
    let lanes = size / length;
    let units = 1u32 << gpu.abilities.units.min(UNITS).ilog2();
    let by_unit = length <= 2 * EACH || lanes >= 1 << 14;
    let part = if by_unit {
        length
    } else {
        units as usize * EACH
    };
    let parts = length.div_ceil(part);
    let writer = Writer {
        op,
        reverse,
        from: x.dtype,
        dtype,
        units,
    };
    let scalars = [
        index(lanes)?,
        index(length)?,
        index(part)?,
        index(parts)?,
        index(x.layout.offset())?,
    ];
    index(size)?;
    let work = match by_unit {
        true => lanes,
        false => lanes * parts * units as usize,
    };
    let kernel = |what: &'static str, outer: &[DType], body: fn(&Writer, &[Memory])| {
        let last = outer.len() - 1;
        let outer = outer.iter().enumerate();
        let mut buffers = vec![(storage(x.dtype), false)];
        buffers.extend(outer.map(|(at, &dtype)| (storage(dtype), at == last)));
        let key = ("cumulative", what, op, reverse, x.dtype, dtype);
        Kernel::new(
            gpu.target(),
            key,
            units,
            buffers,
            scalars.len(),
            move |buffers| {
                body(&writer, buffers);
            },
        )
    };
    if by_unit {
        let kernel = kernel("lanes", &[dtype], Writer::by_unit);
        gpu.launch(kernel, work, &[x], &[&output], &scalars)?;
    } else if parts == 1 {
        let kernel = kernel("part", &[dtype], Writer::by_cube);
        gpu.launch(kernel, work, &[x], &[&output], &scalars)?;
    } else {
        let wide = accumulator(dtype);
        let totals = gpu.fresh(&TensorType::new(&[lanes, parts], wide))?;
        let total = kernel("totals", &[wide], Writer::totals);
        gpu.launch(total, work, &[x], &[&totals], &scalars)?;
        let before = scan(gpu, op, false, wide, &totals, parts)?;
        let parts = kernel("parts", &[wide, dtype], Writer::by_cube);
        gpu.launch(parts, work, &[x, &before], &[&output], &scalars)?;
    }
    Ok(output)
}

/// Scalars: lanes, length, elements of a part, parts, offset.
#[derive(Clone, Copy)]
struct Writer {
    op: CumulativeOp,
    reverse: bool,
    from: DType,
    dtype: DType,
    units: u32,
}

impl Writer {
    /// Where the `r`-th element to be scanned lies in its lane.
    fn order(&self, r: V) -> V {
        match self.reverse {
            false => r,
            true => given(1) - 1 - r,
        }
    }

    fn read(&self, buffers: &[Memory], lane: V, r: V) -> Val {
        let place = given(4) + lane * given(1) + self.order(r);
        let value = cast::cast(self.from, self.dtype, load(self.from, buffers[0], place));
        cast::cast(self.dtype, accumulator(self.dtype), value)
    }

    /// Results go to the last buffer.
    fn write(&self, buffers: &[Memory], lane: V, r: V, value: Val) {
        let place = lane * given(1) + self.order(r);
        let value = cast::cast(accumulator(self.dtype), self.dtype, value);
        store(self.dtype, buffers[buffers.len() - 1], place, value);
    }

    fn combine(&self, x: Val, y: Val) -> Val {
        combine(self.op, accumulator(self.dtype), x, y)
    }

    fn by_unit(&self, buffers: &[Memory]) {
        each(given(0), self.units, |lane| {
            let running = val_cell(self.read(buffers, lane, int(0, U32)));
            self.write(buffers, lane, int(0, U32), running.get());
            count(int(1, U32), given(1), int(1, U32), |r| {
                let next = self.combine(running.get(), self.read(buffers, lane, r));
                running.set(next);
                self.write(buffers, lane, r, next);
            });
        });
    }

    /// Runs `body` for each part of the cube, when the units' totals are added up (Hillis and Steele): those of all units up to each.
    fn each_part(&self, buffers: &[Memory], body: impl FnOnce(&Part<'_>)) {
        let totals = Shared::new(accumulator(self.dtype), self.units as usize);
        let (length, part, parts) = (given(1), given(2), given(3));
        count(cube(), given(0) * parts, cubes(), |task| {
            let lane = task / parts;
            let first = (task - lane * parts) * part;
            let end = (first + part).min(length);
            let me = unit();
            let from = first + me * EACH as u32;
            let to = (from + EACH as u32).min(end);
            let safe = from.lt(end).select(from, first);
            let total = val_cell(self.read(buffers, lane, safe));
            count(from + 1, to, int(1, U32), |r| {
                total.set(self.combine(total.get(), self.read(buffers, lane, r)));
            });
            totals.put(me, total.get());
            sync_cube();
            let mut shift = 1;
            while shift < self.units {
                let there = me.ge(shift);
                let other = totals.get(there.select(me - shift, me));
                let now = totals.get(me);
                sync_cube();
                when(there, || totals.put(me, self.combine(other, now)));
                sync_cube();
                shift *= 2;
            }
            body(&Part {
                task,
                lane,
                first,
                end,
                from,
                to,
                totals: &totals,
            });
            sync_cube();
        });
    }

    /// A cube combines a part.
    fn totals(&self, buffers: &[Memory]) {
        self.each_part(buffers, |part| {
            let last = (part.end - part.first - 1) / EACH as u32;
            when(unit().eq(last), || {
                let total = part.totals.get(last);
                store(accumulator(self.dtype), buffers[1], part.task, total);
            });
        });
    }

    /// A cube scans a part, each unit its own elements; from the totals of the parts before it, where there are any.
    fn by_cube(&self, buffers: &[Memory]) {
        let wide = accumulator(self.dtype);
        self.each_part(buffers, |part| {
            when(part.from.lt(part.end), || {
                let me = unit();
                let within = part.totals.get(me.gt(0).select(me - 1, me));
                let running = val_cell(within);
                let started = cell(me.gt(0));
                if let [_, before, _] = buffers {
                    when(part.first.gt(0), || {
                        let earlier = load(wide, *before, part.task - 1);
                        let both = self.combine(earlier, within);
                        running.set(choose(started.get(), both, earlier));
                        started.set(truth(true));
                    });
                }
                count(part.from, part.to, int(1, U32), |r| {
                    let value = self.read(buffers, part.lane, r);
                    let sum = self.combine(running.get(), value);
                    running.set(choose(started.get(), sum, value));
                    started.set(truth(true));
                    self.write(buffers, part.lane, r, running.get());
                });
            });
        });
    }
}

/// A part that a cube works on: its number among all, its lane, where it begins and ends there, what of it is the unit's, and the totals.
struct Part<'a> {
    task: V,
    lane: V,
    first: V,
    end: V,
    from: V,
    to: V,
    totals: &'a Shared,
}
