//! Positions, scans and sorting through comparisons, sums, gather and scatter.

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};

use super::Steps;
use super::elementwise::{is_nan, not};
use crate::prim::{
    ArgReduceOp, AxisIndex, Binary, CumulativeOp, Prim, ReduceOp, ScatterOp, Side, SliceSpec,
};
use crate::{Result, Var};

/// Where an element is NaN; `None` for dtypes without one.
fn nan(steps: &mut Steps, x: Var) -> Result<Option<Var>> {
    Ok(if steps.dtype(x).is_inexact() {
        Some(is_nan(steps, x)?)
    } else {
        None
    })
}

fn logical(steps: &mut Steps, op: Binary, x: Var, y: Option<Var>) -> Result<Var> {
    y.map_or(Ok(x), |y| steps.binary(op, x, y))
}

/// Finds the extreme, then the first position that holds it (or a NaN).
pub(super) fn arg_reduce(steps: &mut Steps, op: ArgReduceOp, axis: usize, x: Var) -> Result<Var> {
    let shape = steps.shape(x);
    let extreme = match op {
        ArgReduceOp::Max => ReduceOp::Max,
        ArgReduceOp::Min => ReduceOp::Min,
    };
    let best = steps.reduce(extreme, x, axis)?;
    let others: SmallVec<[usize; 4]> = (0..shape.len()).filter(|&other| other != axis).collect();
    let best = steps.broadcast(best, &shape, &others)?;
    let equal = steps.binary(Binary::Equal, x, best)?;
    let nan = nan(steps, x)?;
    let here = logical(steps, Binary::BitwiseOr, equal, nan)?;
    let position = steps.iota(&shape, axis, DType::Int64)?;
    let beyond = steps.full(&shape, Literal::new(shape[axis] as i64))?;
    let candidates = steps.select(here, position, beyond)?;
    steps.reduce(ReduceOp::Min, candidates, axis)
}

/// Hillis and Steele's scan: log2(n) rounds, each combining with what lies 1, 2, 4 … places before.
pub(super) fn cumulative(
    steps: &mut Steps,
    op: CumulativeOp,
    (axis, reverse): (usize, bool),
    dtype: DType,
    x: Var,
) -> Result<Var> {
    let combine = match op {
        CumulativeOp::Sum => Binary::Add,
        CumulativeOp::Prod => Binary::Multiply,
        CumulativeOp::Max => Binary::Maximum,
        CumulativeOp::Min => Binary::Minimum,
    };
    let mut x = steps.cast(x, dtype)?;
    let shape = steps.shape(x);
    let n = shape[axis];
    let part = |start: usize, len: usize| Prim::Slice {
        axes: shape
            .iter()
            .enumerate()
            .map(|(i, &dim)| {
                if i == axis {
                    SliceSpec {
                        start,
                        len,
                        step: 1,
                    }
                } else {
                    SliceSpec::full(dim)
                }
            })
            .collect(),
    };
    let mut shift = 1;
    while shift < n {
        let (kept, before, after) = match reverse {
            false => (part(0, shift), part(0, n - shift), part(shift, n - shift)),
            true => (
                part(n - shift, shift),
                part(shift, n - shift),
                part(0, n - shift),
            ),
        };
        let kept = steps.push(kept, &[x])?;
        let before = steps.push(before, &[x])?;
        let after = steps.push(after, &[x])?;
        let combined = steps.binary(combine, before, after)?;
        let pieces = if reverse {
            [combined, kept]
        } else {
            [kept, combined]
        };
        x = steps.push(Prim::Concatenate { axis }, &pieces)?;
        shift *= 2;
    }
    Ok(x)
}

/// `x < y` in sort order: NaN after everything, and complex numbers with a NaN after those without.
fn before(steps: &mut Steps, x: Var, y: Var) -> Result<Var> {
    let less = steps.binary(Binary::Less, x, y)?;
    let Some(x_nan) = nan(steps, x)? else {
        return Ok(less);
    };
    let y_nan = is_nan(steps, y)?;
    let x_fine = not(steps, x_nan)?;
    let only_y = steps.binary(Binary::BitwiseAnd, x_fine, y_nan)?;
    let y_fine = not(steps, y_nan)?;
    let both_fine = steps.binary(Binary::BitwiseAnd, x_fine, y_fine)?;
    let less = steps.binary(Binary::BitwiseAnd, less, both_fine)?;
    steps.binary(Binary::BitwiseOr, less, only_y)
}

/// Each element's rank along the axis: how many come before it, equal ones in order. Quadratic in the axis.
fn ranks(steps: &mut Steps, axis: usize, x: Var) -> Result<Var> {
    let shape = steps.shape(x);
    let mut pairs = shape.clone();
    pairs.insert(axis, shape[axis]);
    // In the square, `mine` varies along `axis + 1` and `other` along `axis`.
    let mine_dims: SmallVec<[usize; 4]> =
        (0..shape.len()).map(|i| i + (i >= axis) as usize).collect();
    let other_dims: SmallVec<[usize; 4]> =
        (0..shape.len()).map(|i| i + (i > axis) as usize).collect();
    let mine = steps.broadcast(x, &pairs, &mine_dims)?;
    let other = steps.broadcast(x, &pairs, &other_dims)?;
    let sooner = before(steps, other, mine)?;
    let later = before(steps, mine, other)?;
    let either = steps.binary(Binary::BitwiseOr, sooner, later)?;
    let tie = not(steps, either)?;
    let my_place = steps.iota(&pairs, axis + 1, DType::Int64)?;
    let other_place = steps.iota(&pairs, axis, DType::Int64)?;
    let first = steps.binary(Binary::Less, other_place, my_place)?;
    let tie = steps.binary(Binary::BitwiseAnd, tie, first)?;
    let counted = steps.binary(Binary::BitwiseOr, sooner, tie)?;
    let counted = steps.cast(counted, DType::Int64)?;
    steps.reduce(ReduceOp::Sum, counted, axis)
}

/// Index arrays of every axis but one, which another array gives.
fn along(steps: &mut Steps, axis: usize, positions: Var) -> Result<SmallVec<[Var; 4]>> {
    let shape = steps.shape(positions);
    (0..shape.len())
        .map(|i| {
            if i == axis {
                Ok(positions)
            } else {
                steps.iota(&shape, i, DType::Int64)
            }
        })
        .collect()
}

fn place(steps: &mut Steps, axis: usize, ranks: Var, values: Var) -> Result<Var> {
    let shape = steps.shape(values);
    let dtype = steps.dtype(values);
    let target = steps.full(&shape, Literal::zero(dtype))?;
    let mut inputs: SmallVec<[Var; 4]> = SmallVec::from_slice(&[target]);
    inputs.extend(along(steps, axis, ranks)?);
    inputs.push(values);
    let axes = SmallVec::from_elem(AxisIndex::Index, shape.len());
    steps.push(
        Prim::Scatter {
            op: ScatterOp::Set,
            axes,
            index_axes_at: 0,
        },
        &inputs,
    )
}

pub(super) fn sort(steps: &mut Steps, axis: usize, x: Var) -> Result<Var> {
    let ranks = ranks(steps, axis, x)?;
    place(steps, axis, ranks, x)
}

pub(super) fn argsort(steps: &mut Steps, axis: usize, x: Var) -> Result<Var> {
    let ranks = ranks(steps, axis, x)?;
    let shape = steps.shape(x);
    let positions = steps.iota(&shape, axis, DType::Int64)?;
    place(steps, axis, ranks, positions)
}

/// Counts the sorted elements that come before each value.
pub(super) fn search_sorted(
    steps: &mut Steps,
    side: Side,
    sorted: Var,
    values: Var,
) -> Result<Var> {
    let n = steps.shape(sorted)[0];
    let mut pairs = steps.shape(values);
    let value_dims: SmallVec<[usize; 4]> = (1..=pairs.len()).collect();
    pairs.insert(0, n);
    let element = steps.broadcast(sorted, &pairs, &[0])?;
    let value = steps.broadcast(values, &pairs, &value_dims)?;
    let counted = match side {
        Side::Left => before(steps, element, value)?,
        Side::Right => {
            let after = before(steps, value, element)?;
            not(steps, after)?
        }
    };
    let counted = steps.cast(counted, DType::Int64)?;
    steps.reduce(ReduceOp::Sum, counted, 0)
}

/// Each element that is not zero writes its flat position at its running number; the rest write to one place too many.
pub(super) fn nonzero(steps: &mut Steps, size: usize, x: Var) -> Result<SmallVec<[Var; 1]>> {
    let shape = steps.shape(x);
    let total: usize = shape.iter().product();
    let truth = steps.cast(x, DType::Bool)?;
    let truth = steps.reshape(truth, &[total])?;
    let ones = steps.cast(truth, DType::Int64)?;
    let running = cumulative(steps, CumulativeOp::Sum, (0, false), DType::Int64, ones)?;
    let one = steps.like(running, 1.0)?;
    let number = steps.binary(Binary::Subtract, running, one)?;
    let spare = steps.full(&[total], Literal::new(size as i64))?;
    let number = steps.binary(Binary::Minimum, number, spare)?;
    let target = steps.select(truth, number, spare)?;
    let flat = steps.iota(&[total], 0, DType::Int64)?;
    let places = steps.full(&[size + 1], Literal::new(0i64))?;
    let scatter = Prim::Scatter {
        op: ScatterOp::Set,
        axes: SmallVec::from_slice(&[AxisIndex::Index]),
        index_axes_at: 0,
    };
    let found = steps.push(scatter, &[places, target, flat])?;
    let found = steps.push(
        Prim::Slice {
            axes: SmallVec::from_slice(&[SliceSpec::full(size)]),
        },
        &[found],
    )?;
    let mut outputs = SmallVec::new();
    let mut step = total;
    for &dim in &shape {
        step /= dim.max(1);
        let (step, dim) = (step.max(1) as i64, dim.max(1) as i64);
        let step = steps.full(&[size], Literal::new(step))?;
        let dim = steps.full(&[size], Literal::new(dim))?;
        let coordinate = steps.binary(Binary::FloorDivide, found, step)?;
        outputs.push(steps.binary(Binary::Remainder, coordinate, dim)?);
    }
    Ok(outputs)
}
