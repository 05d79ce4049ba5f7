//! Combinations along axes, whole and running.

use tnp_array::{Array, DType, Operand, Result, bind1};
use tnp_backend::TensorType;
use tnp_backend::prim::{Axes, Binary, CumulativeOp, Prim, ReduceOp, SliceSpec, Unary};
use tnp_shape::Dims;

use super::layout::inverse;
use super::{Flows, Reads, Step, none, one};
use crate::flow::Flow;
use crate::ops;

pub(super) fn reads(op: ReduceOp, dtype: DType) -> Option<Reads> {
    if !dtype.is_inexact() {
        return None;
    }
    match op {
        ReduceOp::Sum => Some(Reads::NOTHING),
        ReduceOp::Prod => Some(Reads::inputs(1)),
        ReduceOp::Max | ReduceOp::Min => Some(Reads {
            output: true,
            ..Reads::inputs(1)
        }),
        ReduceOp::All | ReduceOp::Any => None,
    }
}

pub(super) fn vjp(op: ReduceOp, axes: &Axes, step: &Step, flow: &Flow) -> Result<Flows> {
    let input = step.ty(0);
    let back = |c: &Array| ops::cast(c, input.dtype);
    match op {
        ReduceOp::Sum => Ok(one(
            flow.map(|c| ops::unreduce(back(c)?, &input.shape, axes))?
        )),
        ReduceOp::Prod => {
            let x = ops::cast(step.x(0)?, flow.array.dtype())?;
            let spread = flow.map(|c| ops::unreduce(c, &input.shape, axes))?;
            Ok(one(spread.times(&others(&x, axes)?)?.map(back)?))
        }
        ReduceOp::Max | ReduceOp::Min => {
            let extremes = Extremes::new(step.x(0)?, step.y()?, axes)?;
            let each = ops::div(&flow.array, &extremes.count)?;
            let spread = ops::unreduce(each, &input.shape, axes)?;
            let zero = ops::number(&spread, 0.0)?;
            let taken = ops::select(&extremes.hits, spread, zero)?;
            Ok(one(flow.with(back(&taken)?).and_masked()))
        }
        ReduceOp::All | ReduceOp::Any => Ok(none(1)),
    }
}

pub(super) fn jvp(
    op: ReduceOp,
    axes: &Axes,
    prim: &Prim,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let Some(flow) = flows[0]
        .as_ref()
        .filter(|_| outputs[0].dtype().is_inexact())
    else {
        return Ok(none(1));
    };
    let dtype = outputs[0].dtype();
    let down = flow.map(|dx| ops::cast(dx, dtype))?;
    match op {
        ReduceOp::Sum => Ok(one(
            flow.map(|dx| bind1(prim, &mut [Operand::Borrowed(dx)]))?
        )),
        ReduceOp::Prod => {
            let x = ops::cast(&inputs[0], dtype)?;
            let parts = down.times(&others(&x, axes)?)?;
            Ok(one(parts.map(|parts| ops::sum(parts, axes))?))
        }
        ReduceOp::Max | ReduceOp::Min => {
            let extremes = Extremes::new(&inputs[0], &outputs[0], axes)?;
            let zero = ops::number(&down.array, 0.0)?;
            let taken = ops::select(&extremes.hits, &down.array, zero)?;
            let mean = ops::div(ops::sum(taken, axes)?, &extremes.count)?;
            Ok(one(flow.with(mean)))
        }
        ReduceOp::All | ReduceOp::Any => Ok(none(1)),
    }
}

/// Who holds the extreme; those who tie share evenly.
struct Extremes {
    hits: Array,
    /// How many share, at least one.
    count: Array,
}

impl Extremes {
    fn new(x: &Array, y: &Array, axes: &Axes) -> Result<Extremes> {
        let x = ops::cast(x, y.dtype())?;
        let hits = ops::equal(&x, ops::unreduce(y, x.shape(), axes)?)?;
        // Counted in float64: half-width floats lose count at 2048.
        let counted = ops::sum(ops::cast(&hits, DType::Float64)?, axes)?;
        // Nobody equals a NaN.
        let count = ops::bi(Binary::Maximum, &counted, ops::number(&counted, 1.0)?)?;
        Ok(Extremes {
            hits,
            count: ops::cast(count, y.dtype())?,
        })
    }
}

/// For each element the product of all others over the axes: of those before it and those after, so that zeros need no
/// division.
fn others(x: &Array, axes: &Axes) -> Result<Array> {
    let kept: Axes = (0..x.ndim()).filter(|axis| !axes.contains(axis)).collect();
    let order: Axes = kept.iter().chain(axes).copied().collect();
    let moved = ops::transpose(x, &order)?;
    let mut flat: Dims = kept.iter().map(|&axis| x.shape()[axis]).collect();
    flat.push(axes.iter().map(|&axis| x.shape()[axis]).product());
    let line = ops::reshape(&moved, &flat)?;
    let axis = kept.len();
    let before = exclusive(&line, axis, false)?;
    let after = exclusive(&line, axis, true)?;
    let product = ops::reshape(ops::mul(before, after)?, moved.shape())?;
    ops::transpose(product, &inverse(&order))
}

/// The running product along an axis without the element itself.
fn exclusive(x: &Array, axis: usize, reverse: bool) -> Result<Array> {
    let prim = Prim::Cumulative {
        op: CumulativeOp::Prod,
        axis,
        reverse,
        dtype: x.dtype(),
    };
    bind1(
        &prim,
        &mut [Operand::Owned(shift(x, axis, 1, reverse, 1.0)?)],
    )
}

/// Each element moved `by` places along an axis, towards the end, or towards the start in reverse.
pub(super) fn shift(x: &Array, axis: usize, by: usize, reverse: bool, fill: f64) -> Result<Array> {
    let len = x.shape()[axis];
    let by = by.min(len);
    let kept = SliceSpec {
        start: if reverse { by } else { 0 },
        len: len - by,
        step: 1,
    };
    let part = ops::slice_axis(x, axis, kept)?;
    let mut low = Dims::from_elem(0, x.ndim());
    let mut high = low.clone();
    if reverse {
        high[axis] = by;
    } else {
        low[axis] = by;
    }
    let fill = tnp_array::Literal::new(fill).cast(x.dtype());
    let border = ops::full(x, fill, &[])?;
    bind1(
        &Prim::Pad { low, high },
        &mut [Operand::Owned(part), Operand::Owned(border)],
    )
}

/// `h[k] = a[k] h[k-1] + b[k]` along an axis, by doubling (Hillis and Steele 1986): about log2(n) steps of whole arrays, exact at
/// zeros and differentiable as often as one likes.
pub(super) fn recurrence(a: Array, b: Array, axis: usize, reverse: bool) -> Result<Array> {
    let len = b.shape()[axis];
    let (mut a, mut h) = (a, b);
    let mut by = 1;
    while by < len {
        let earlier = ops::mul(&a, shift(&h, axis, by, reverse, 0.0)?)?;
        h = ops::add(h, earlier)?;
        if by * 2 < len {
            let product = ops::mul(&a, shift(&a, axis, by, reverse, 1.0)?)?;
            a = product;
        }
        by *= 2;
    }
    Ok(h)
}

pub(super) fn cumulative_reads(op: CumulativeOp, dtype: DType) -> Option<Reads> {
    if !dtype.is_inexact() {
        return None;
    }
    match op {
        CumulativeOp::Sum => Some(Reads::NOTHING),
        CumulativeOp::Prod => Some(Reads::inputs(1)),
        CumulativeOp::Max | CumulativeOp::Min => Some(Reads {
            output: true,
            ..Reads::inputs(1)
        }),
    }
}

fn running(op: CumulativeOp, x: &Array, axis: usize, reverse: bool) -> Result<Array> {
    let prim = Prim::Cumulative {
        op,
        axis,
        reverse,
        dtype: x.dtype(),
    };
    bind1(&prim, &mut [Operand::Borrowed(x)])
}

pub(super) fn cumulative_vjp(
    op: CumulativeOp,
    axis: usize,
    reverse: bool,
    step: &Step,
    flow: &Flow,
) -> Result<Flows> {
    let input = step.ty(0);
    let back = |c: &Array| ops::cast(c, input.dtype);
    match op {
        CumulativeOp::Sum => {
            Ok(one(flow.map(|c| {
                back(&running(CumulativeOp::Sum, c, axis, !reverse)?)
            })?))
        }
        // y[k] = x[k] y[k-1], so the cotangents that reach y[k] are s[k] = c[k] + x[k+1] s[k+1].
        CumulativeOp::Prod => {
            let x = ops::cast(step.x(0)?, flow.array.dtype())?;
            let next = shift(&x, axis, 1, !reverse, 0.0)?;
            let reaching = recurrence(next, flow.array.clone(), axis, !reverse)?;
            let before = exclusive(&x, axis, reverse)?;
            Ok(one(flow.with(reaching).times(&before)?.map(back)?))
        }
        CumulativeOp::Max | CumulativeOp::Min => {
            let at = holders(op, step.x(0)?, step.y()?, axis, reverse)?;
            let ty = TensorType::new(&input.shape, flow.array.dtype());
            let taken = flow.map(|c| back(&ops::add_along(c, &at, axis, &ty)?))?;
            Ok(one(taken.and_masked()))
        }
    }
}

pub(super) fn cumulative_jvp(
    op: CumulativeOp,
    axis: usize,
    reverse: bool,
    prim: &Prim,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let Some(flow) = flows[0]
        .as_ref()
        .filter(|_| outputs[0].dtype().is_inexact())
    else {
        return Ok(none(1));
    };
    let dtype = outputs[0].dtype();
    let down = flow.map(|dx| ops::cast(dx, dtype))?;
    match op {
        CumulativeOp::Sum => Ok(one(
            flow.map(|dx| bind1(prim, &mut [Operand::Borrowed(dx)]))?
        )),
        CumulativeOp::Prod => {
            let x = ops::cast(&inputs[0], dtype)?;
            let driven = down.times(&exclusive(&x, axis, reverse)?)?;
            let dy = recurrence(x, driven.array.clone(), axis, reverse)?;
            Ok(one(driven.with(dy)))
        }
        CumulativeOp::Max | CumulativeOp::Min => {
            let at = holders(op, &inputs[0], &outputs[0], axis, reverse)?;
            Ok(one(down.map(|dx| ops::take_along(dx, &at, axis))?))
        }
    }
}

/// For each place along the axis, where the extreme so far stands: at the first of equal ones.
fn holders(op: CumulativeOp, x: &Array, y: &Array, axis: usize, reverse: bool) -> Result<Array> {
    let x = ops::cast(x, y.dtype())?;
    let earlier = shift(y, axis, 1, reverse, 0.0)?;
    let stays = match op {
        CumulativeOp::Min => ops::bi(Binary::GreaterEqual, &x, &earlier)?,
        CumulativeOp::Max | CumulativeOp::Sum | CumulativeOp::Prod => {
            ops::bi(Binary::LessEqual, &x, &earlier)?
        }
    };
    let numbers = ops::iota(&x, x.shape(), axis)?;
    let len = x.shape()[axis] as i64;
    let first = if reverse { len - 1 } else { 0 };
    let first = ops::full(&x, tnp_array::Literal::new(first), x.shape())?;
    // A place that takes over, or the first one.
    let new = ops::un(Unary::LogicalNot, &stays)?;
    let at = ops::select(new, &numbers, &first)?;
    let op = if reverse {
        CumulativeOp::Min
    } else {
        CumulativeOp::Max
    };
    running(op, &at, axis, reverse)
}
