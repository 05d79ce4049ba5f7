//! Positions of extremes along an axis: the first largest or smallest, or the first NaN.

use tnp_backend::prim::{ArgReduceOp, Binary};
use tnp_backend::{Arg, Outputs, Result, TensorType};
use tnp_dtype::DType;

use crate::binary;
use crate::code::{I64, Memory, U32, V, cell, count, cube, cubes, int, sync_cube, unit, when};
use crate::elementwise::{UNITS, coalesce, place};
use crate::gpu::{Gpu, index, one, step};
use crate::kernel::{Kernel, each, given};
use crate::types::{Shared, Val, choose, is_nan, load, storage, val_cell};

/// A candidate that is at least as far along the axis wins only by being strictly better.
fn better(op: ArgReduceOp, dtype: DType, new: Val, old: Val) -> V {
    let op = match op {
        ArgReduceOp::Max => Binary::Greater,
        ArgReduceOp::Min => Binary::Less,
    };
    let beats = binary::binary(op, dtype, new, old).one();
    if !dtype.is_inexact() {
        return beats;
    }
    let nan = |x: Val| match x {
        Val::One(x) => is_nan(x),
        Val::Two(x, y) => is_nan(x).or(is_nan(y)),
    };
    let (new, old) = (nan(new), nan(old));
    old.not().and(new.or(beats))
}

/// Scalars: results, length, stride of the axis, sizes of the other axes, offset and strides.
pub(crate) fn arg_reduce(
    gpu: &Gpu,
    op: ArgReduceOp,
    axis: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let x = inputs[0].tensor;
    let (mut shape, mut strides) = (x.shape().to_vec(), x.layout.strides().to_vec());
    let length = shape.remove(axis);
    let along = strides.remove(axis);
    let loops = coalesce(&shape, &[&strides]);
    let rank = loops.shape.len();
    let results = ty.size();
    let mut scalars = vec![index(results)?, index(length)?, step(along)];
    for &dim in &loops.shape {
        scalars.push(index(dim)?);
    }
    scalars.push(index(x.layout.offset())?);
    scalars.extend(loops.strides[0].iter().map(|&stride| step(stride)));
    index(x.buffer.bytes() / storage(x.dtype).size())?;

    let output = gpu.fresh(ty)?;
    let dtype = x.dtype;
    let by_unit = length <= 64 || results >= 1 << 14;
    let units = 1u32 << gpu.abilities.units.min(UNITS).ilog2();
    let body = move |buffers: &[Memory]| {
        let best = |o: V, from: V, step: u32| {
            let start = place(o, rank, 3, 4 + rank, given(3 + rank));
            let at = |r: V| load(dtype, buffers[0], start + r * given(2));
            let value = val_cell(at(from));
            let position = cell(from);
            count(from + step, given(1), int(step.into(), U32), |r| {
                let new = at(r);
                let wins = better(op, dtype, new, value.get());
                value.set(choose(wins, new, value.get()));
                position.set(wins.select(r, position.get()));
            });
            (value.get(), position.get())
        };
        if by_unit {
            each(given(0), units, |o| {
                let (_, position) = best(o, int(0, U32), 1);
                buffers[1].put(o, position.cast(I64));
            });
            return;
        }
        let values = Shared::new(dtype, units as usize);
        let positions = Shared::new(DType::UInt32, units as usize);
        count(cube(), given(0), cubes(), |o| {
            let me = unit();
            // Units without an element of their own repeat the first.
            let from = me.lt(given(1)).select(me, 0);
            let (value, position) = best(o, from, units);
            values.put(me, value);
            positions.put(me, Val::One(position));
            sync_cube();
            let mut half = units / 2;
            while half > 0 {
                when(me.lt(half), || {
                    let (mine, other) = (values.get(me), values.get(me + half));
                    let (here, there) = (positions.get(me).one(), positions.get(me + half).one());
                    let wins = better(op, dtype, other, mine);
                    let loses = better(op, dtype, mine, other);
                    let tie = wins.or(loses).not().and(there.lt(here));
                    let wins = wins.or(tie);
                    values.put(me, choose(wins, other, mine));
                    positions.put(me, Val::One(wins.select(there, here)));
                });
                sync_cube();
                half /= 2;
            }
            when(me.eq(0), || {
                let position = positions.get(int(0, U32)).one();
                buffers[1].put(o, position.cast(I64));
            });
            sync_cube();
        });
    };
    let buffers = vec![(storage(dtype), false), (storage(DType::Int64), true)];
    let key = ("arg_reduce", op, dtype, rank, by_unit);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    let work = if by_unit {
        results
    } else {
        results * units as usize
    };
    gpu.launch(kernel, work, &[x], &[&output], &scalars)?;
    one(output)
}
