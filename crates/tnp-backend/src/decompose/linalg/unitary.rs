//! QR by reflections.

use smallvec::smallvec;

use super::super::Steps;
use super::Vars;
use super::matrices::{COLUMNS, ROWS, exactly};
use crate::prim::{Binary, ReduceOp, Unary};
use crate::{Result, Var};

/// Householder's reflections (§5.2), each chosen as LAPACK does: the diagonal is real, with the sign that its element had not.
pub(super) fn qr(steps: &mut Steps, full: bool, x: Var) -> Result<Vars> {
    let (shape, dtype) = (steps.shape(x), steps.dtype(x));
    let (batch, m, n) = (shape[0], shape[1], shape[2]);
    let times = m.min(n);
    let looped = steps.count((times, false), &[x], &[], |steps, turn| {
        let (x, j) = (turn.carry[0], turn.parts[0]);
        let here = steps.reshape(j, &[1, 1, 1])?;
        let rows = steps.numbers(ROWS, m)?;
        let column = steps.at(x, COLUMNS, j)?;
        let Reflection {
            vector,
            factor,
            value,
        } = reflection(steps, column, (rows, here), j)?;
        let turned = steps.conj(factor)?;
        let x = reflect(steps, x, vector, turned)?;
        // What the reflection makes of its own column is known.
        let above = steps.less(rows, here)?;
        let at_pivot = steps.equal(rows, here)?;
        let column = steps.pick_or(above, column, 0.0)?;
        let column = steps.pick(at_pivot, value, column)?;
        let x = steps.put(x, COLUMNS, j, column)?;
        Ok(vec![x, vector, factor])
    })?;
    let [x, vectors, factors] = exactly(looped)?;
    let k = if full { m } else { times };
    let q = steps.identity([batch, m, k], dtype)?;
    let looped = steps.scan(
        (times, true),
        &[q],
        &[],
        &[vectors, factors],
        |steps, turn| {
            let (vector, factor) = (turn.parts[0], turn.parts[1]);
            Ok(vec![reflect(steps, turn.carry[0], vector, factor)?])
        },
    )?;
    let [q] = exactly(looped)?;
    let r = steps.part(x, ROWS, 0, k)?;
    let above = steps.where_sides(Binary::Less, k, n)?;
    let diagonal = steps.where_sides(Binary::Equal, k, n)?;
    let upper = steps.either(above, diagonal)?;
    let r = steps.pick_or(upper, r, 0.0)?;
    Ok(smallvec![q, r])
}

/// `1 - factor vector vectorᴴ`; its adjoint brings a column to one element, the value.
pub(super) struct Reflection {
    pub(super) vector: Var,
    pub(super) factor: Var,
    pub(super) value: Var,
}

/// The reflection for the elements of a column from one row on (§5.1; complex numbers as LAPACK's `zlarfg`).
pub(super) fn reflection(
    steps: &mut Steps,
    column: Var,
    (rows, here): (Var, Var),
    j: Var,
) -> Result<Reflection> {
    let above = steps.less(rows, here)?;
    let below = steps.less(here, rows)?;
    let head = steps.at(column, ROWS, j)?;
    let rest = steps.no(above)?;
    let rest = steps.pick_or(rest, column, 0.0)?;
    let length = steps.length(rest, ROWS)?;
    let tail = steps.pick_or(below, column, 0.0)?;
    let tail_zero = steps.is_zero(tail)?;
    let mut done = steps.fold(ReduceOp::All, tail_zero, &[ROWS])?;
    if steps.dtype(column).is_complex() {
        let im = steps.unary(Unary::Imag, head)?;
        let real = steps.is_zero(im)?;
        done = steps.both(done, real)?;
    }
    let sign = steps.re(head)?;
    let value = steps.zip(Binary::Copysign, length, sign)?;
    let value = steps.unary(Unary::Negative, value)?;
    let value = steps.pick(done, sign, value)?;
    let value_or_one = steps.or_if_zero(value, 1.0)?;
    // A column that is as it should be is left alone.
    let zero = steps.number(steps.dtype(column), 0.0)?;
    let one = steps.number(steps.dtype(column), 1.0)?;
    let difference = steps.sub(head, value)?;
    let difference = steps.pick(done, one, difference)?;
    let factor = steps.parts_with(Binary::Divide, difference, value_or_one)?;
    let factor = steps.unary(Unary::Negative, factor)?;
    let factor = steps.pick(done, zero, factor)?;
    let vector = steps.div(tail, difference)?;
    let at_head = steps.equal(rows, here)?;
    let vector = steps.pick(at_head, one, vector)?;
    Ok(Reflection {
        vector,
        factor,
        value,
    })
}

/// `x - factor vector (vectorᴴ x)`.
pub(super) fn reflect(steps: &mut Steps, x: Var, vector: Var, factor: Var) -> Result<Var> {
    let row = steps.adjoint(vector)?;
    let along = steps.product(row, x)?;
    let along = steps.mul(along, factor)?;
    let change = steps.mul(vector, along)?;
    steps.sub(x, change)
}
