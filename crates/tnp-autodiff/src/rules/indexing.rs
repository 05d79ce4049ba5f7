//! Reading and writing parts of arrays: a gather goes back as a scatter that adds, a scatter as a gather.

use smallvec::SmallVec;
use tnp_array::{Array, Error, Literal, Operand, Result, bind1};
use tnp_backend::TensorType;
use tnp_backend::prim::{AxisIndex, Binary, Prim, ScatterOp};

use super::reduce::{recurrence, shift};
use super::{Flows, Reads, Step, none, one};
use crate::flow::{Flow, or_zeros};
use crate::ops;

pub(super) fn dynamic_slice(step: &Step, flow: &Flow) -> Result<Flows> {
    let starts: Result<Vec<&Array>> = (1..step.inputs.len()).map(|at| step.x(at)).collect();
    let zeros = ops::zeros(&flow.array, step.ty(0))?;
    let back = update_slice(zeros, &flow.array, &starts?)?;
    let mut flows = none(step.inputs.len());
    flows[0] = Some(flow.with(back).and_masked());
    Ok(flows)
}

fn update_slice(x: Array, update: &Array, starts: &[&Array]) -> Result<Array> {
    let mut inputs: SmallVec<[Operand<'_>; 6]> = SmallVec::new();
    inputs.push(Operand::Owned(x));
    inputs.push(Operand::Borrowed(update));
    inputs.extend(starts.iter().map(|&start| Operand::Borrowed(start)));
    bind1(&Prim::DynamicUpdateSlice, &mut inputs)
}

pub(super) fn dynamic_update_slice(step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let starts: Result<Vec<&Array>> = (2..step.inputs.len()).map(|at| step.x(at)).collect();
    let starts = starts?;
    let mut flows = none(step.inputs.len());
    if wanted[0] {
        let hole = ops::zeros(&flow.array, step.ty(1))?;
        let back = update_slice(flow.array.clone(), &hole, &starts)?;
        flows[0] = Some(flow.with(back).and_masked());
    }
    if wanted[1] {
        let prim = Prim::DynamicSlice {
            sizes: step.ty(1).shape.clone(),
        };
        let mut inputs: SmallVec<[Operand<'_>; 5]> = SmallVec::new();
        inputs.push(Operand::Borrowed(&flow.array));
        inputs.extend(starts.iter().map(|&start| Operand::Borrowed(start)));
        flows[1] = Some(flow.with(bind1(&prim, &mut inputs)?));
    }
    Ok(flows)
}

/// Where a gather or scatter reads or writes.
struct Place<'a> {
    axes: &'a SmallVec<[AxisIndex; 4]>,
    index_axes_at: usize,
    indices: Vec<&'a Array>,
}

impl<'a> Place<'a> {
    /// Of a primitive whose index arrays are given.
    fn new(prim: &'a Prim, indices: Vec<&'a Array>) -> Result<Place<'a>> {
        if let Prim::Gather {
            axes,
            index_axes_at,
        }
        | Prim::Scatter {
            op: _,
            axes,
            index_axes_at,
        } = prim
        {
            return Ok(Place {
                axes,
                index_axes_at: *index_axes_at,
                indices,
            });
        }
        Err(Error::scope(format!("{}: no indexing", prim.name())))
    }

    fn gather(&self, x: &Array) -> Result<Array> {
        let prim = Prim::Gather {
            axes: self.axes.clone(),
            index_axes_at: self.index_axes_at,
        };
        let mut inputs: SmallVec<[Operand<'_>; 5]> = SmallVec::new();
        inputs.push(Operand::Borrowed(x));
        inputs.extend(self.indices.iter().map(|&index| Operand::Borrowed(index)));
        bind1(&prim, &mut inputs)
    }

    fn scatter(&self, op: ScatterOp, x: Array, update: &Array) -> Result<Array> {
        let prim = Prim::Scatter {
            op,
            axes: self.axes.clone(),
            index_axes_at: self.index_axes_at,
        };
        let mut inputs: SmallVec<[Operand<'_>; 6]> = SmallVec::new();
        inputs.push(Operand::Owned(x));
        inputs.extend(self.indices.iter().map(|&index| Operand::Borrowed(index)));
        inputs.push(Operand::Borrowed(update));
        bind1(&prim, &mut inputs)
    }

    /// Whether an element may be named twice; slices never do.
    fn may_repeat(&self) -> bool {
        !self.indices.is_empty()
    }

    /// True for the updates that stay: the last of those that write one element.
    fn lasting(&self, beside: &Array, x: &TensorType, update: &TensorType) -> Result<Array> {
        let size = update.size();
        let numbers = ops::reshape(ops::iota(beside, &[size], 0)?, &update.shape)?;
        let none = ops::full(beside, Literal::new(-1i64), &x.shape)?;
        let written = self.scatter(ScatterOp::Set, none, &numbers)?;
        ops::equal(self.gather(&written)?, numbers)
    }
}

pub(super) fn gather(step: &Step, flow: &Flow) -> Result<Flows> {
    let indices: Result<Vec<&Array>> = (1..step.inputs.len()).map(|at| step.x(at)).collect();
    let place = Place::new(&step.prim, indices?)?;
    let zeros = ops::zeros(&flow.array, step.ty(0))?;
    let back = place.scatter(ScatterOp::Add, zeros, &flow.array)?;
    let mut flows = none(step.inputs.len());
    flows[0] = Some(flow.with(back).and_masked());
    Ok(flows)
}

pub(super) fn scatter_reads(op: ScatterOp, inputs: usize) -> Reads {
    // The index arrays lie between the array and the update.
    let indices = (1..inputs - 1).fold(0, |bits, at| bits | (1 << at));
    match op {
        ScatterOp::Set | ScatterOp::Add => Reads::inputs(indices),
        ScatterOp::Multiply => Reads::from(0),
        ScatterOp::Minimum | ScatterOp::Maximum => Reads {
            output: true,
            ..Reads::from(0)
        },
    }
}

pub(super) fn scatter(op: ScatterOp, step: &Step, wanted: &[bool], flow: &Flow) -> Result<Flows> {
    let last = step.inputs.len() - 1;
    let indices: Result<Vec<&Array>> = (1..last).map(|at| step.x(at)).collect();
    let place = Place::new(&step.prim, indices?)?;
    let c = &flow.array;
    let mut flows = none(step.inputs.len());
    match op {
        ScatterOp::Set => {
            if wanted[0] {
                let hole = ops::zeros(c, step.ty(last))?;
                let rest = place.scatter(ScatterOp::Set, c.clone(), &hole)?;
                flows[0] = Some(flow.with(rest).and_masked());
            }
            if wanted[last] {
                let mut taken = flow.with(place.gather(c)?);
                if place.may_repeat() {
                    let lasting = place.lasting(c, step.ty(0), step.ty(last))?;
                    let zero = ops::number(&taken.array, 0.0)?;
                    taken.array = ops::select(lasting, taken.array, zero)?;
                    taken.masked = true;
                }
                flows[last] = Some(taken);
            }
        }
        ScatterOp::Add => {
            flows[0] = Some(flow.clone());
            if wanted[last] {
                flows[last] = Some(flow.with(place.gather(c)?));
            }
        }
        ScatterOp::Multiply => {
            let [by_x, by_update] = factors(&place, step.x(0)?, step.x(last)?)?;
            if wanted[0] {
                flows[0] = Some(flow.times(&by_x)?);
            }
            if wanted[last] {
                flows[last] = Some(flow.with(place.gather(c)?).times(&by_update)?);
            }
        }
        ScatterOp::Minimum | ScatterOp::Maximum => {
            let shares = Shares::new(&place, step.x(0)?, step.x(last)?, step.y()?)?;
            let zero = |x: &Array| ops::number(x, 0.0);
            let each = flow.over(&shares.count)?;
            if wanted[0] {
                let own = ops::select(&shares.own, &each.array, zero(&each.array)?)?;
                flows[0] = Some(flow.with(own).and_masked());
            }
            if wanted[last] {
                let there = place.gather(&each.array)?;
                let zero = zero(&there)?;
                let update = ops::select(&shares.update, there, zero)?;
                flows[last] = Some(flow.with(update).and_masked());
            }
        }
    }
    Ok(flows)
}

/// Partial derivatives of a scatter that multiplies: by the array, the product of its updates; by an update, the product of
/// the array and the other updates of that element.
fn factors(place: &Place<'_>, x: &Array, update: &Array) -> Result<[Array; 2]> {
    let ones = ops::number(x, 1.0)?;
    let by_x = place.scatter(ScatterOp::Multiply, ones, update)?;
    let mut by_update = place.gather(x)?;
    if place.may_repeat() {
        by_update = ops::mul(by_update, others(place, x, update)?)?;
    }
    Ok([by_x, by_update])
}

/// For each update the product of all others that go to its element. Dividing the whole by it would be undefined where it is
/// zero, and its derivative too; so the updates are put in the order of their elements, and each gets the product of those
/// before it and of those after it, as far as they share its element.
fn others(place: &Place<'_>, x: &Array, update: &Array) -> Result<Array> {
    let line = [update.size()];
    let elements = ops::reshape(ops::iota(x, &[x.size()], 0)?, x.shape())?;
    let targets = ops::reshape(place.gather(&elements)?, &line)?;
    let order = super::sort::order(&targets, 0)?;
    let targets = ops::take_along(&targets, &order, 0)?;
    let sorted = ops::take_along(&ops::reshape(update, &line)?, &order, 0)?;
    let run = |reverse: bool| -> Result<Array> {
        let same = ops::equal(&targets, shift(&targets, 0, 1, reverse, -1.0)?)?;
        let next = shift(&sorted, 0, 1, reverse, 0.0)?;
        let (zero, one) = (ops::number(&sorted, 0.0)?, ops::number(&sorted, 1.0)?);
        let factor = ops::select(&same, next, &zero)?;
        recurrence(factor, ops::select(&same, zero, one)?, 0, reverse)
    };
    let product = ops::mul(run(false)?, run(true)?)?;
    let back = super::sort::order(&order, 0)?;
    ops::reshape(ops::take_along(&product, &back, 0)?, update.shape())
}

/// Who holds the extreme in a scatter that takes the smaller or larger; those who tie share evenly.
struct Shares {
    own: Array,
    update: Array,
    /// How many share, at least one.
    count: Array,
}

impl Shares {
    fn new(place: &Place<'_>, x: &Array, update: &Array, y: &Array) -> Result<Shares> {
        let own = ops::equal(x, y)?;
        let hits = ops::equal(update, place.gather(y)?)?;
        let counted = place.scatter(
            ScatterOp::Add,
            ops::cast(&own, y.dtype())?,
            &ops::cast(&hits, y.dtype())?,
        )?;
        // Nobody equals a NaN.
        let count = ops::bi(Binary::Maximum, &counted, ops::number(&counted, 1.0)?)?;
        Ok(Shares {
            own,
            update: hits,
            count,
        })
    }
}

pub(super) fn scatter_jvp(
    op: ScatterOp,
    prim: &Prim,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let last = inputs.len() - 1;
    if flows[0].is_none() && flows[last].is_none() {
        return Ok(none(1));
    }
    let (x, update) = (&inputs[0], &inputs[last]);
    let place = Place::new(prim, inputs[1..last].iter().collect())?;
    match op {
        // The last of several that write one element stays in the tangent as in the value.
        ScatterOp::Set | ScatterOp::Add => {
            let dx = or_zeros(flows[0].as_ref(), x, &x.ty())?;
            let du = or_zeros(flows[last].as_ref(), update, &update.ty())?;
            Ok(one(Flow::plain(place.scatter(op, dx, &du)?)))
        }
        ScatterOp::Multiply => {
            let [by_x, by_update] = factors(&place, x, update)?;
            let mut sum = None;
            if let Some(dx) = &flows[0] {
                Flow::accumulate(&mut sum, dx.times(&by_x)?)?;
            }
            if let Some(du) = &flows[last] {
                let each = du.times(&by_update)?;
                let zeros = ops::zeros(x, &x.ty())?;
                let added = place.scatter(ScatterOp::Add, zeros, &each.array)?;
                Flow::accumulate(&mut sum, each.with(added))?;
            }
            Ok(sum.map_or_else(|| none(1), one))
        }
        ScatterOp::Minimum | ScatterOp::Maximum => {
            let shares = Shares::new(&place, x, update, &outputs[0])?;
            let zero = ops::zeros(x, &x.ty())?;
            let own = match &flows[0] {
                Some(dx) => ops::select(&shares.own, &dx.array, zero)?,
                None => zero,
            };
            let total = match &flows[last] {
                Some(du) => {
                    let nothing = ops::number(update, 0.0)?;
                    let hits = ops::select(&shares.update, &du.array, nothing)?;
                    place.scatter(ScatterOp::Add, own, &hits)?
                }
                None => own,
            };
            Ok(one(Flow::plain(ops::div(total, &shares.count)?)))
        }
    }
}
